/**
 * Recordings that weights in `src/core/brain` were fitted on or chosen by, as their files are called; beside the weights of spoof and
 * iceberg stands what was planted over them there. A new one that is looked at while building belongs here.
 */
export const TUNED_ON: readonly string[] = [
  'usdm_btcusdt_20230404',
  'usdm_btcusdt_20230405',
  'usdm_ethusdt_20240718',
  'usdm_ethusdt_20240719',
];

/** Of a tape's source: which of them it is of, planted over or not. */
export const tunedOn = (source: string): readonly string[] =>
  TUNED_ON.filter((name) => source.includes(name));
