import { assert } from '../../core/assert.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import type { RegimeFeatures } from '../../core/brain/regime/features.ts';
import type { Second } from '../../core/brain/regime/second.ts';
import { Regime } from '../../core/brain/regime.ts';
import { CandleSeries } from '../../core/candles/candle-series.ts';
import { EventKind } from '../../core/events.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import type { MarketSource } from '../evaluate/play.ts';
import { truthAt } from '../evaluate/regime-truth.ts';

/** A market as the regime detector's seconds, with the truth of each. */
export interface RecordedMarket {
  readonly instrument: string;
  readonly seed: number;
  readonly scenario: string;
  /** `WIDTH` numbers a second. */
  readonly rows: Float64Array;
  /** `CANDLE_WIDTH` numbers for each closed candle, in the order in which they came. */
  readonly candles: Float64Array;
  /** By `REGIMES`; −1 where the label says something else or nothing. */
  readonly truth: Int8Array;
  readonly labels: readonly Label[];
}

export const WIDTH = 7;
/** How many seconds were there before it came; highest less lowest price, ticks; length, ms. */
const CANDLE_WIDTH = 3;

/** Of the simulated exchange's candles. */
const BAR_MS = 60_000;

/** Plays a labelled market, all instruments at once; `labels` are complete when it is over. */
export function recordSeconds(
  source: MarketSource,
  labels: () => readonly Label[],
  scenario: string,
  seed: number,
): RecordedMarket[] {
  const seats = source.instruments.map(() => {
    const book = new OrderBook();
    const rows: number[] = [];
    const regime = new Regime(book, undefined, (second, at) => {
      const { net, moves, path, squares, bought, sold } = second;
      rows.push(at, net, moves, path, squares, bought, sold);
    });
    const candles: number[] = [];
    const series = new CandleSeries(BAR_MS, {
      closed: ({ high, low }) => candles.push(rows.length / WIDTH, high - low, BAR_MS),
      // the simulated exchange tells of every candle once, in order
      restart: () => assert(false, 'a candle of the past came late'),
    });
    return { book, rows, candles, series, regime };
  });
  const take: Parameters<MarketSource['play']>[0] = (event) => {
    const { book, series, regime } = seats[event.instrument]!;
    if (event.kind === EventKind.book) {
      book.apply(event.frame);
      regime.onBook(event.at);
    } else if (event.kind === EventKind.trade) regime.onTrade(event);
    else if (event.kind === EventKind.candle) series.candle(event);
  };
  for (const _ of source.play(take));
  return source.instruments.map(({ id }, i) => {
    const rows = Float64Array.from(seats[i]!.rows);
    const candles = Float64Array.from(seats[i]!.candles);
    const own = labels().filter((label) => label.kind === 'regime' && label.instrument === id);
    const truth = new Int8Array(rows.length / WIDTH);
    for (let s = 0; s < truth.length; s++) truth[s] = truthAt(own, rows[s * WIDTH]! / 1000);
    return { instrument: id, seed, scenario, rows, candles, truth, labels: own };
  });
}

/** The recorded second, into `into`. */
export function secondAt({ rows }: RecordedMarket, index: number, into: Second): Second {
  const at = index * WIDTH;
  into.net = rows[at + 1]!;
  into.moves = rows[at + 2]!;
  into.path = rows[at + 3]!;
  into.squares = rows[at + 4]!;
  into.bought = rows[at + 5]!;
  into.sold = rows[at + 6]!;
  return into;
}

/** Tells a recorded market's candles when they came. */
export class CandleTeller {
  private readonly candles: Float64Array;
  private readonly features: RegimeFeatures;
  private next = 0;

  constructor({ candles }: RecordedMarket, features: RegimeFeatures) {
    this.candles = candles;
    this.features = features;
  }

  /** Those that were there when second `index` was over. */
  before(index: number): void {
    const { candles } = this;
    for (; this.next < candles.length && candles[this.next]! <= index; this.next += CANDLE_WIDTH)
      this.features.candle(candles[this.next + 1]!, candles[this.next + 2]!);
  }
}
