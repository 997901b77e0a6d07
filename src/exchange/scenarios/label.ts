/** Kinds of planted events; docs/labels.md says what each does and tells. */
export const LABEL_KINDS = [
  'parent',
  'iceberg_native',
  'iceberg_sliced',
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
  /** Who: the same name is the same participant. */
  readonly participant: string;
  /** What else is known: by kind, see `docs/labels.md`. */
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
}

export type LabelSink = (label: Label) => void;
