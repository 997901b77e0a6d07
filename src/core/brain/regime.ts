import type { OrderBook } from '../book/order-book.ts';
import type { Candle } from '../candles/candle-series.ts';
import type { TradeEvent } from '../events.ts';
import type { Us } from '../units.ts';
import type { Detector } from './detector.ts';
import { TREND_HALF_LIVES } from './regime/features.ts';
import { REGIMES, type RegimeModel, type RegimeName, TREND_DOWN, TREND_UP } from './regime/model.ts';
import { mostProbable, RegimeReader, WARM_UP_SECONDS } from './regime/reader.ts';
import { Second } from './regime/second.ts';
import { REGIME_MODEL } from './regime/weights.ts';

/** A longer silence is not a quiet market but one that was not seen. */
const SILENCE_SECONDS_MAX = 60;
const SECOND_US = 1_000_000;

/** What the seconds of a market are told to, besides the regime: whoever fits one. Lent for the call. */
export type SecondSink = (second: Second, at: Us) => void;

/**
 * Regime (row B6): is the market ranging, trending up, trending down, or volatile? A probability of each, filtered: from the
 * past alone.
 *
 * Once a second the market's activity and moves since the last look become features without a unit (`regime/features.ts`:
 * volatility and pace against what is usual here, the trend's t-statistic over half-lives of 15 s to 8 min, the takers'
 * side), a multinomial logistic model turns them into odds, and a hidden Markov filter over the four regimes holds these
 * against what it believed before (`regime/model.ts`). Three such readings, of features that remember 1, 4 and 8 minutes; the
 * last is the detector's own word.
 *
 * What volatility is usual here cannot be known from minutes. Candles reach further back: an engine fetches five hours of them at
 * start. Where they go back four hours or more, weights are used that were fitted with them; else those for what was seen
 * alone. `usualFromCandles` of the figures says which.
 *
 * The weights are fitted on labelled simulated markets (`regime/weights.ts`, by `bench/fit-regime.ts`): what these regimes are
 * is what that simulator calls so. On a real market nobody knows the truth, and none was used.
 *
 * Score: P(trend up) − P(trend down), −1…1. Likelihood: 1 − entropy / log 4, how decided the filter is; both 0 before five
 * minutes were seen.
 */
export class Regime implements Detector {
  readonly name = 'regime';
  score = 0;
  likelihood = 0;
  private readonly book: OrderBook;
  private readonly reader: RegimeReader;
  private readonly second = new Second();
  private readonly told: SecondSink | null;
  /** The whole second that is being added up, since 1970; 0 before the first frame. */
  private current = 0;
  /** Ticks: at the last frame, and where this second began. */
  private mid = 0;
  private beganAt = 0;
  /** The last print, to tell orders apart. */
  private printAt = 0;
  private printSide = '';

  constructor(book: OrderBook, model: RegimeModel = REGIME_MODEL, told: SecondSink | null = null) {
    this.book = book;
    this.told = told;
    this.reader = new RegimeReader(model);
  }

  onTrade({ side, exchangeAt }: TradeEvent): void {
    if (exchangeAt === this.printAt && side === this.printSide) return;
    this.printAt = exchangeAt;
    this.printSide = side;
    if (side === 'buy') this.second.bought += 1;
    else this.second.sold += 1;
  }

  onBook(at: Us): void {
    const { book, second } = this;
    if (!book.twoSided) return;
    const { mid } = book;
    const now = Math.floor(at / SECOND_US);
    if (this.current === 0 || now - this.current > SILENCE_SECONDS_MAX) {
      if (this.current > 0) this.reset();
      this.current = now;
      this.mid = mid;
      this.beganAt = mid;
      return;
    }
    const move = mid - this.mid;
    if (move !== 0) {
      second.moves += 1;
      second.path += Math.abs(move);
      second.squares += move * move;
      this.mid = mid;
    }
    // the first frame of a new second ends the old one; the book was silent in those between
    while (this.current < now) {
      second.net = mid - this.beganAt;
      this.beganAt = mid;
      this.current += 1;
      this.step(at);
    }
  }

  /** A candle closed, or is told of from before, in order. */
  onCandle({ high, low }: Readonly<Candle>, lengthMs: number): void {
    this.reader.features.candle(high - low, lengthMs);
  }

  /** All candles will be told again, from the oldest. */
  forgetCandles(): void {
    this.reader.features.forgetCandles();
  }

  /** All is brought up to date once a second, by a frame. */
  reading(_now: Us): this {
    return this;
  }

  /** The most probable regime; null before there is a word. */
  get regime(): RegimeName | null {
    return this.reader.ready ? REGIMES[mostProbable(this.reader.probabilities)]! : null;
  }

  /** Whether candles say what volatility is usual here; else what was seen alone. */
  get usualFromCandles(): boolean {
    return this.reader.features.knowsPast;
  }

  /** By `REGIMES`: the longest horizon's; before there is a word they mean nothing. */
  get probabilities(): Readonly<Float64Array> {
    return this.reader.probabilities;
  }

  figures(): Record<string, number> {
    const { ready, features, horizons } = this.reader;
    const usualFromCandles = this.usualFromCandles ? 1 : 0;
    if (!ready) return { secondsSeen: features.count, usualFromCandles };
    const all: [string, number][] = [['usualFromCandles', usualFromCandles]];
    for (const { name, filter } of horizons)
      REGIMES.forEach((regime, k) => {
        all.push([`${regime}: ${name}`, filter.probabilities[k]!]);
      });
    all.push(['volatilityTicksPerMinute', features.deviation * Math.sqrt(60)]);
    TREND_HALF_LIVES.forEach((seconds, h) => {
      all.push([`trendT${seconds}s`, features.trend[h]!]);
    });
    return Object.fromEntries(all);
  }

  evidence(): string {
    const { ready, features, probabilities } = this.reader;
    if (!ready)
      return `${features.count} seconds seen of the ${WARM_UP_SECONDS} that a word on the regime takes`;
    const first = mostProbable(probabilities);
    const percent = (k: number): string => `${(probabilities[k]! * 100).toFixed(0)} %`;
    const others = REGIMES.map((name, k) => ({ name, k }))
      .filter(({ k }) => k !== first)
      .sort((a, b) => probabilities[b.k]! - probabilities[a.k]!)
      .map(({ name, k }) => `${name} ${percent(k)}`);
    const t = features.trend[2]!;
    return `${REGIMES[first]} ${percent(first)} (${others.join(', ')}); trend of a minute t = ${t >= 0 ? '+' : '−'}${Math.abs(t).toFixed(1)}, ${(features.deviation * Math.sqrt(60)).toFixed(0)} ticks a minute; what is usual is known from ${this.usualFromCandles ? 'candles' : 'what was seen'}`;
  }

  /** Candles are not forgotten: what is usual outlives a lost connection, and whoever has them tells when they change. */
  reset(): void {
    this.reader.reset();
    this.second.clear();
    this.current = 0;
    this.mid = 0;
    this.beganAt = 0;
    this.printAt = 0;
    this.printSide = '';
    this.score = 0;
    this.likelihood = 0;
  }

  private step(at: Us): void {
    const { second, reader } = this;
    this.told?.(second, at);
    reader.step(second);
    second.clear();
    if (!reader.ready) return;
    const { probabilities } = reader;
    this.score = probabilities[TREND_UP]! - probabilities[TREND_DOWN]!;
    let entropy = 0;
    for (let k = 0; k < probabilities.length; k++) {
      const p = probabilities[k]!;
      if (p > 0) entropy -= p * Math.log(p);
    }
    this.likelihood = Math.max(0, 1 - entropy / Math.log(REGIMES.length));
  }
}
