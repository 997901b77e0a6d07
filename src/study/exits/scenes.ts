import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { OrderBook } from '../../core/book/order-book.ts';
import { Microstructure } from '../../core/brain/microstructure.ts';
import { AverageTrueRange, RollingVolatility } from '../../core/candles/indicators.ts';
import { EventKind } from '../../core/events.ts';
import { bookLevels, type LevelRule } from '../../core/exits/levels.ts';
import { Instrument, type InstrumentSpec } from '../../core/instrument.ts';
import { Random } from '../../exchange/random.ts';
import { DEFAULT_SCENARIO } from '../../exchange/scenarios/scenario.ts';
import { SeenDecimals } from '../../tape/specs.ts';
import { SIMULATED_FROM, Simulation } from '../simulate.ts';
import type { Bars } from './paired.ts';
import { candleScene, type FigureSettings, type Known, type Scene } from './scene.ts';

/** Real candles: CSV with `ts,open,high,low,close,volume`, gzip. The tick size is that of the most decimals seen. */
export function readCandles(path: string, instId: string, settings: FigureSettings): Scene {
  const rows = gunzipSync(readFileSync(path))
    .toString()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  const seen = new SeenDecimals();
  for (const row of rows) for (const price of row.slice(1, 5)) seen.see(price, '1');
  const instrument = new Instrument(seen.toSpec(instId));
  const column = (at: number): Float64Array =>
    Float64Array.from(rows, (row) => instrument.parsePrice(row[at]!));
  const bars: Bars = { open: column(1), high: column(2), low: column(3), close: column(4) };
  const openAt = Float64Array.from(rows, (row) => Number(row[0]));
  return candleScene(instId, instrument, openAt, bars, settings);
}

/** What the returns of a made-up path have beside chance. */
export const PATHS = ['martingale', 'momentum', 'reversion'] as const;
export type PathKind = (typeof PATHS)[number];

const MADE_UP: InstrumentSpec = {
  instId: 'MADE-UP-SWAP',
  instType: 'SWAP',
  ctType: 'linear',
  tickSz: '0.1',
  lotSz: '0.01',
  minSz: '0.01',
  ctVal: '0.01',
  ctMult: '1',
  settleCcy: 'USDT',
};
const BAR_MS = 300_000;
/** Moves within a bar, so that its high and low are those of a path. */
const STEPS = 200;

/**
 * Five-minute bars of a made-up price. All kinds have the same clustered volatility: its logarithm is an autoregression
 * about 20 bp a bar, half forgotten after four hours, of deviation 0.5. Beside it
 *
 * - `martingale`: nothing. Whatever the exits, a trade's expected result is its costs, so this says what the following of
 *   trades itself adds or takes away;
 * - `momentum`: a drift that changes slowly, half forgotten after two hours, of deviation 5 % of the volatility a bar;
 * - `reversion`: the price is drawn to a level that itself wanders; half of the way in six hours.
 */
export function makePath(kind: PathKind, seed: number, count: number, settings: FigureSettings): Scene {
  const random = new Random(seed, 77);
  const instrument = new Instrument(MADE_UP);
  const bars: Bars = {
    open: new Float64Array(count),
    high: new Float64Array(count),
    low: new Float64Array(count),
    close: new Float64Array(count),
  };
  const openAt = Float64Array.from({ length: count }, (_, bar) => bar * BAR_MS);
  const volatilityKept = 0.5 ** (1 / 48);
  const driftKept = 0.5 ** (1 / 24);
  const pull = 1 - 0.5 ** (1 / 72);
  let heat = 0;
  let drift = 0;
  let price = Math.log(600_000);
  let level = price;
  for (let bar = 0; bar < count; bar++) {
    heat = volatilityKept * heat + 0.5 * Math.sqrt(1 - volatilityKept ** 2) * random.normal();
    drift = driftKept * drift + 0.05 * Math.sqrt(1 - driftKept ** 2) * random.normal();
    // the mean of a log-normal volatility is 20 bp
    const sigma = 0.002 * Math.exp(heat - 0.125);
    // a martingale in price, not in its logarithm
    let mean = -(sigma * sigma) / 2;
    if (kind === 'momentum') mean += drift * sigma;
    if (kind === 'reversion') mean += pull * (level - price);
    level += 0.0005 * random.normal();
    let high = price;
    let low = price;
    bars.open[bar] = Math.round(Math.exp(price));
    for (let step = 0; step < STEPS; step++) {
      price += mean / STEPS + (sigma / Math.sqrt(STEPS)) * random.normal();
      if (price > high) high = price;
      if (price < low) low = price;
    }
    bars.high[bar] = Math.round(Math.exp(high));
    bars.low[bar] = Math.round(Math.exp(low));
    bars.close[bar] = Math.round(Math.exp(price));
  }
  return candleScene(kind, instrument, openAt, bars, settings);
}

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/**
 * The embedded exchange's market in virtual time, as bars of one second with what its book said at the start of each; range
 * and volatility are those of one-minute candles, as the engine takes them.
 */
export function simulateBook(
  seed: number,
  minutes: number,
  rule: LevelRule,
  imbalance: { readonly halfLifeMs: number; readonly levels: number },
  settings: FigureSettings,
): Scene {
  const symbol = 'BTC-USDT-SWAP';
  const count = minutes * 60;
  const bars: Bars = {
    open: new Float64Array(count),
    high: new Float64Array(count),
    low: new Float64Array(count),
    close: new Float64Array(count),
  };
  const book = new OrderBook();
  const microstructure = new Microstructure(imbalance, book);
  const range = new AverageTrueRange(settings.atrPeriod);
  const volatility = new RollingVolatility(settings.volatilityWindow, MINUTE_MS);
  const volatilityLong = new RollingVolatility(settings.volatilityWindowLong, MINUTE_MS);
  let second = -1;
  const simulation = new Simulation({
    seed,
    scenario: DEFAULT_SCENARIO,
    symbols: [symbol],
    feed: 'books',
    from: SIMULATED_FROM,
    event: (event) => {
      if (event.kind === EventKind.book) {
        book.apply(event.frame);
        microstructure.onBook(event.at);
        microstructure.reading(event.at);
      } else if (event.kind === EventKind.trade) {
        if (second < 0) return;
        if (event.price > bars.high[second]!) bars.high[second] = event.price;
        if (event.price < bars.low[second]!) bars.low[second] = event.price;
      } else if (event.kind === EventKind.candle && event.closed) {
        range.update(event);
        volatility.update(event);
        volatilityLong.update(event);
      }
    },
  });
  simulation.begin();
  // a minute for the market to find itself
  const from = SIMULATED_FROM + 60_000;
  simulation.advance(from);
  const known: Known[] = [];
  for (second = 0; second < count; second++) {
    // entered at the mid; what crossing the spread costs is the slippage's part
    const mid = Math.round(book.mid);
    bars.open[second] = mid;
    bars.high[second] = mid;
    bars.low[second] = mid;
    const { value: atr } = range;
    known.push({
      atr,
      sigma: volatility.perBar,
      sigmaLong: volatilityLong.perBar,
      spread: book.spread,
      imbalance: microstructure.depthImbalance,
      ...bookLevels(book, rule),
    });
    simulation.advance(from + (second + 1) * SECOND_MS);
    bars.close[second] = Math.round(book.mid);
  }
  return {
    name: `simulated ${symbol}`,
    instrument: new Instrument(simulation.specs[0]!),
    bars,
    openAt: Float64Array.from({ length: count }, (_, at) => from + at * SECOND_MS),
    // a slow level of few minutes is none
    firstBar: 60 * (2 + Math.max(settings.atrPeriod, settings.volatilityWindowLong)),
    known: (bar) => known[bar]!,
  };
}
