import { z } from 'zod';

/**
 * What a market is made of. Every key has a default, and the defaults together are the scenario `btc-like`; a file
 * says only what is different. Rates `…_per_hour` are per instrument; times are seconds of the market.
 */

const number = (fallback: number, low: number, high: number, text: string) =>
  z
    .number()
    .min(low, `must be at least ${low}`)
    .max(high, `must be at most ${high}`)
    .default(fallback)
    .describe(text);
const section = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape).prefault({} as never);

export const INSTRUMENTS = ['BTC-USDT-SWAP', 'ETH-USDT-SWAP', 'BTC-USD-SWAP'] as const;
export const REGIMES = ['calm', 'ordinary', 'trend_up', 'trend_down', 'range', 'volatile'] as const;

const regime = z.strictObject({
  name: z.enum(REGIMES),
  weight: number(1, 0, 1000, 'How often it is entered, relative to the others.'),
  volatility: number(1, 0, 20, 'Multiple of the ordinary volatility.'),
  drift_bp_per_minute: number(0, -100, 100, 'Where it goes, basis points a minute.'),
  range_seconds: number(0, 0, 86_400, 'How fast it comes back to where the regime began; 0 for not at all.'),
  mean_seconds: number(600, 1, 86_400, 'How long it lasts, in the mean.'),
});

const lasting = (
  name: (typeof REGIMES)[number],
  weight: number,
  volatility: number,
  meanSeconds: number,
  more: Partial<z.infer<typeof regime>> = {},
): z.infer<typeof regime> => ({
  name,
  weight,
  volatility,
  drift_bp_per_minute: 0,
  range_seconds: 0,
  mean_seconds: meanSeconds,
  ...more,
});

const value = section({
  volatility: number(0.46, 0, 10, 'Ordinary volatility, annualised.'),
  jumps_per_second: number(0.45, 0.001, 100, 'Pieces of small news.'),
  leak_share: number(0.3, 0, 1, 'Share of them that the informed know before.'),
  leak_seconds: number(0.8, 0.01, 600, 'How long before, in the mean.'),
  tide_bp_per_minute: number(1.2, 0, 100, 'Deviation of the drift that funds feel.'),
  news_per_hour: number(0.25, 0, 3600, 'Big news.'),
  news_bp: number(12, 0, 1000, 'Mean size of a big news jump, basis points.'),
  regimes: z
    .array(regime)
    .min(1)
    .default([
      lasting('ordinary', 0.25, 1, 900),
      lasting('calm', 0.2, 0.85, 1200),
      lasting('range', 0.15, 0.9, 900, { range_seconds: 240 }),
      lasting('trend_up', 0.15, 0.9, 600, { drift_bp_per_minute: 2.5 }),
      lasting('trend_down', 0.15, 0.9, 600, { drift_bp_per_minute: -2.5 }),
      lasting('volatile', 0.1, 1.6, 300),
    ])
    .describe('The first is where nothing is drawn yet; the next one is drawn by weight when one ends.'),
});

const crowd = section({
  background: number(1, 0, 5, 'Orders behind the best prices: multiple of the ordinary 2 × 960; 0 for none.'),
  makers: number(
    1,
    0,
    5,
    'Length of the queues at the best prices: multiple of the ordinary 32; 0 for none.',
  ),
  spread_ticks: number(1, 1, 50, 'Ticks between the best prices, nine times of ten; else twice as many.'),
});

const takers = section({
  per_second: number(4.2, 0, 1000, 'Market orders when nothing happens, main instrument.'),
  burst: number(2, 0, 1000, 'Market orders that follow a jump of one basis point, in its direction.'),
  informed_per_second: number(
    8,
    0,
    1000,
    'Market orders of those who know a coming move of one basis point.',
  ),
  memory_exponent: number(
    1.5,
    1.05,
    5,
    'Tail of the lengths of parents: signs then remember with lag^(1 − it).',
  ),
});

const parents = section({
  per_hour: number(6, 0, 3600, 'Large orders worked off over minutes.'),
  participation_min: number(0.02, 0.001, 1, 'Share of the traded volume that they are.'),
  participation_max: number(0.2, 0.001, 1, 'The same, upper end.'),
  mean_seconds: number(180, 1, 86_400, 'How long they take, in the mean.'),
});

const icebergs = section({
  native_per_hour: number(4, 0, 3600, 'Refilled by the exchange at once, same size.'),
  sliced_per_hour: number(4, 0, 3600, 'Refilled by hand, later, size about the same.'),
  following_per_hour: number(
    4,
    0,
    3600,
    'As OKX’s iceberg algo: each slice at the best price of the moment.',
  ),
  peak_min: number(0.01, 0.001, 1, 'Shown share of the whole.'),
  peak_max: number(0.2, 0.001, 1, 'The same, upper end.'),
  queue_multiple: number(2, 0.01, 1000, 'Whole size, in ordinary queues at the best price.'),
  mean_seconds: number(90, 1, 86_400, 'How long they stay at most, in the mean.'),
});

const spoofers = section({
  wall_per_hour: number(1, 0, 3600, 'One large order that vanishes.'),
  layering_per_hour: number(1, 0, 3600, 'Several orders on successive levels that vanish together.'),
  flicker_per_hour: number(1, 0, 3600, 'One order that comes and goes many times a second.'),
  slow_pull_per_hour: number(1, 0, 3600, 'A wall that is taken away piece by piece.'),
  queue_multiple: number(2, 0.01, 100, 'Size shown, in ordinary queues at the best price.'),
  mean_seconds: number(4, 0.1, 600, 'How long one lasts, in the mean.'),
});

const stopRuns = section({
  per_hour: number(1, 0, 3600, 'Pushes through the extreme of the last minute, with stops behind it.'),
  queue_multiple: number(3, 0.1, 100, 'Lots spent on the push, in ordinary queues at the best price.'),
});

const lookAlikes = section({
  honest_per_hour: number(6, 0, 3600, 'Large orders that mean it and are withdrawn in the end.'),
  requoting_per_hour: number(6, 0, 3600, 'Makers who place and replace large quotes on both sides.'),
  queue_multiple: number(2, 0.01, 100, 'Size shown, in ordinary queues at the best price.'),
});

export const scenarioSchema = z.strictObject({
  description: z.string().default('A Bitcoin perpetual on an ordinary day.').describe('For people.'),
  instruments: z
    .array(z.enum(INSTRUMENTS))
    .min(1)
    .default([...INSTRUMENTS])
    .describe('Which instruments are listed, the main one first.'),
  value,
  crowd,
  takers,
  parents,
  icebergs,
  spoofers,
  stop_runs: stopRuns,
  look_alikes: lookAlikes,
});

export type Scenario = z.infer<typeof scenarioSchema>;
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type ValueTerms = Scenario['value'];
export type Regime = ValueTerms['regimes'][number];

/** `btc-like`. */
export const DEFAULT_SCENARIO: Scenario = scenarioSchema.parse({});
