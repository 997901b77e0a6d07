import type { Place } from '../../core/commands.ts';
import type { Us } from '../../core/units.ts';
import type { QueuePlace } from './queue.ts';

/** One of our orders at the paper venue. */
export interface PaperOrder {
  /** As it stands: another one after each amendment. */
  place: Place;
  readonly venueOrderId: string;
  /** When we sent it and when it arrived; the same for the venue's own. */
  readonly sentAt: Us;
  readonly arrivedAt: Us;
  /** Lots. */
  filled: number;
  /** While it rests: where among the others at its price. */
  queue: QueuePlace;
}
