import { AverageTrueRange, RollingVolatility } from '../../core/candles/indicators.ts';
import type { ExitContext } from '../../core/exits/exits.ts';
import type { Instrument } from '../../core/instrument.ts';
import { lots, ms, type Ticks, ticks } from '../../core/units.ts';
import type { Bars, Entry } from './paired.ts';

/** What is known before a bar opens. */
export type Known = Pick<
  ExitContext,
  'atr' | 'sigma' | 'sigmaLong' | 'spread' | 'imbalance' | 'supports' | 'resistances'
>;

/** One market's past, and what could be known at each of its moments. */
export interface Scene {
  readonly name: string;
  readonly instrument: Instrument;
  readonly bars: Bars;
  /** When each bar opened, ms. */
  readonly openAt: Float64Array;
  /** First bar at whose open everything is known. */
  readonly firstBar: number;
  known(bar: number): Known;
}

export interface FigureSettings {
  readonly atrPeriod: number;
  readonly volatilityWindow: number;
  readonly volatilityWindowLong: number;
  /** Support and resistance are the extremes of so many bars. */
  readonly levelBars: number;
}

/** A scene of candles alone: no book, so the imbalance counts as even and the spread is one tick. */
export function candleScene(
  name: string,
  instrument: Instrument,
  openAt: Float64Array,
  bars: Bars,
  settings: FigureSettings,
): Scene {
  const count = openAt.length;
  const atr = new Float64Array(count).fill(Number.NaN);
  const sigma = new Float64Array(count).fill(Number.NaN);
  const sigmaLong = new Float64Array(count).fill(Number.NaN);
  const range = new AverageTrueRange(settings.atrPeriod);
  const barMs = openAt[1]! - openAt[0]!;
  const volatility = new RollingVolatility(settings.volatilityWindow, barMs);
  const volatilityLong = new RollingVolatility(settings.volatilityWindowLong, barMs);
  // a slow level of few bars is none
  const firstBar = 1 + Math.max(settings.atrPeriod, settings.levelBars, settings.volatilityWindowLong);
  for (let bar = 0; bar < count; bar++) {
    // at the open of this bar only those before it are known
    atr[bar] = range.value ?? Number.NaN;
    sigma[bar] = volatility.perBar ?? Number.NaN;
    sigmaLong[bar] = volatilityLong.perBar ?? Number.NaN;
    const candle = {
      openAt: ms(openAt[bar]!),
      open: ticks(bars.open[bar]!),
      high: ticks(bars.high[bar]!),
      low: ticks(bars.low[bar]!),
      close: ticks(bars.close[bar]!),
      volume: lots(0),
    };
    range.update(candle);
    volatility.update(candle);
    volatilityLong.update(candle);
  }
  return {
    name,
    instrument,
    bars,
    openAt,
    firstBar,
    known: (bar) => {
      const [support, resistance] = extremes(bars, bar, settings.levelBars);
      return {
        atr: atr[bar]!,
        sigma: sigma[bar]!,
        sigmaLong: sigmaLong[bar]!,
        spread: 1,
        imbalance: 0,
        supports: [support],
        resistances: [resistance],
      };
    },
  };
}

/** Lowest low and highest high of the `count` bars before `bar`. */
export function extremes(bars: Bars, bar: number, count: number): readonly [low: Ticks, high: Ticks] {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let at = bar - count; at < bar; at++) {
    low = Math.min(low, bars.low[at]!);
    high = Math.max(high, bars.high[at]!);
  }
  return [ticks(low), ticks(high)];
}

/** A close beyond the extremes of the bars before: entered at the next open, with the break. */
export function breakouts(scene: Scene, window: number, pause: number, barsMax: number): Entry[] {
  return entries(scene, pause, barsMax, (bar) => {
    const [low, high] = extremes(scene.bars, bar - 1, window);
    const close = scene.bars.close[bar - 1]!;
    return close > high ? 'long' : close < low ? 'short' : null;
  });
}

/** A close outside the Bollinger band: entered at the next open, against the move. */
export function fades(scene: Scene, window: number, width: number, pause: number, barsMax: number): Entry[] {
  const { close } = scene.bars;
  return entries(scene, pause, barsMax, (bar) => {
    let sum = 0;
    let squares = 0;
    // about the first of them: prices are large and their differences small
    const origin = close[bar - window]!;
    for (let at = bar - window; at < bar; at++) {
      const value = close[at]! - origin;
      sum += value;
      squares += value * value;
    }
    const mean = sum / window;
    const deviation = Math.sqrt(Math.max(0, squares / window - mean * mean));
    const distance = close[bar - 1]! - origin - mean;
    return distance > width * deviation ? 'short' : distance < -width * deviation ? 'long' : null;
  });
}

/** As many long and short entries as `like` has, at bars drawn without bias. */
export function randomEntries(
  scene: Scene,
  like: readonly Entry[],
  barsMax: number,
  below: (bound: number) => number,
): Entry[] {
  const bars = scene.openAt.length - barsMax - scene.firstBar;
  return like
    .map(({ direction }) => ({ bar: scene.firstBar + below(bars), direction }))
    .sort((one, other) => one.bar - other.bar);
}

function entries(
  scene: Scene,
  pause: number,
  barsMax: number,
  signal: (bar: number) => Entry['direction'] | null,
): Entry[] {
  const found: Entry[] = [];
  const last = scene.openAt.length - barsMax;
  for (let bar = scene.firstBar + 1; bar <= last; bar++) {
    const direction = signal(bar);
    if (direction === null) continue;
    found.push({ bar, direction });
    bar += pause - 1;
  }
  return found;
}
