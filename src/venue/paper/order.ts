import type { Place } from '../../core/commands.ts';

/** One of our orders at the paper venue. */
export interface PaperOrder {
  readonly place: Place;
  readonly venueOrderId: string;
  /** Lots. */
  filled: number;
  /** While it rests: what was displayed before ours at its price and has not gone yet, lots. */
  ahead: number;
}
