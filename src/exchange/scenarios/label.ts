/** Kinds of planted events; docs/labels.md says what each does and tells. */
export const LABEL_KINDS = [
  'parent',
  'flow',
  'informed',
  'iceberg_native',
  'iceberg_sliced',
  'iceberg_following',
  'spoof_wall',
  'spoof_layering',
  'spoof_flicker',
  'spoof_slow_pull',
  'stop_run',
  'news',
  'regime',
  'honest_large_order',
  'requoting_maker',
] as const;
export type LabelKind = (typeof LABEL_KINDS)[number];

/** An order that a planted participant rested. Visible in the book from `from` until just before `to`, as far as not traded. */
export interface PlantedOrder {
  /** Counts the participant's orders from 1. */
  readonly id: number;
  readonly role: 'peak' | 'decoy' | 'genuine' | 'quote';
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly traded: number;
  /** `open`: the run was over first. */
  readonly ended: 'filled' | 'canceled' | 'open';
}

/** A market order of a planted participant: what it took, at once, from the price `first` to `last`. */
export interface PlantedTrade {
  readonly at: number;
  readonly role: 'slice' | 'informed' | 'push' | 'stop';
  readonly side: 'buy' | 'sell';
  readonly size: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Something that was planted, told when it is over: what a detector should have found. Times are the exchange's, ms;
 * prices ticks, sizes lots.
 */
export interface Label {
  readonly kind: LabelKind;
  readonly instrument: string;
  readonly from: number;
  readonly to: number;
  /** The side of the order that catches the eye; of news and regimes the direction, null when there is none. */
  readonly side: 'buy' | 'sell' | null;
  /** Where orders stood, or what was crossed; empty when that is not the point. */
  readonly prices: readonly number[];
  /** The whole that was shown or meant; 0 when that is not the point. */
  readonly size: number;
  /** Every order it rested, and every market order it sent, in order of time. */
  readonly orders: readonly PlantedOrder[];
  readonly trades: readonly PlantedTrade[];
  /** Who: the same name is the same participant, on every instrument. */
  readonly participant: string;
  /** What else is known: by kind, see `docs/labels.md`. */
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
}

/** Parameters that are sizes: lots here, contracts in the file. */
export const SIZE_PARAMETERS: ReadonlySet<string> = new Set([
  'traded',
  'peak',
  'hidden',
  'decoyTraded',
  'genuineSize',
  'genuineTraded',
  'stopLots',
]);

export type LabelSink = (label: Label) => void;
