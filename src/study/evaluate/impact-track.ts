import { ASK, BID } from '../../core/book/frame.ts';
import type { OrderBook } from '../../core/book/order-book.ts';
import type { Brain } from '../../core/brain/brain.ts';
import type { Us } from '../../core/units.ts';
import type { Random } from '../../exchange/random.ts';
import type { Observer } from './play.ts';

/** Between two forecasts, and between two looks at the gauges, µs. */
const EVERY_US = 1_000_000;
/** How long an order is on its way, ms, drawn evenly. */
const ON_ITS_WAY_MS = [100, 300] as const;
/** Its size, in usual queues at the touch, drawn evenly on the logarithm. */
const QUEUES = [0.1, 20] as const;

/** What a market order was forecast to cost, and what it would have cost when it arrived, bp of the mid at the forecast. */
export interface CostForecast {
  readonly at: Us;
  /** In usual queues. */
  readonly queues: number;
  readonly forecastBp: number;
  /** Half the spread at that moment. */
  readonly halfSpreadBp: number;
  /** Against the mid as it stood at the arrival: what the book took, without what the price moved meanwhile. */
  paidBp: number;
  /** Against the mid as it stood at the forecast: that move included. */
  shortfallBp: number;
}

/** The gauges at one moment. */
export interface Gauges {
  readonly at: Us;
  /** Ticks. */
  readonly mid: number;
  readonly vpin: number;
  /** Root mean square move of a bar, ticks. */
  readonly volatility: number;
  /** Lots a second, of late. */
  readonly volume: number;
}

/** Kyle's lambda of one whole window of bars, with half its interval. */
export interface Lambda {
  readonly slope: number;
  readonly halfWidth: number;
}

interface OnItsWay {
  readonly forecast: CostForecast;
  readonly buys: boolean;
  readonly size: number;
  readonly mid: number;
  readonly due: number;
}

/** Forecasts costs once a second and waits for what comes; notes the gauges; and lambda each time its window is new. */
export class ImpactTrack implements Observer {
  readonly forecasts: CostForecast[] = [];
  /** Orders that the visible book could not bear, at the forecast or on arrival. */
  tooLarge = 0;
  readonly gauges: Gauges[] = [];
  readonly lambdas: Lambda[] = [];
  private readonly random: Random;
  private readonly windowUs: number;
  private readonly onTheirWay: OnItsWay[] = [];
  private next = 0;
  private windowFrom = 0;

  /** `windowMs`: of the regression for lambda. */
  constructor(random: Random, windowMs: number) {
    this.random = random;
    this.windowUs = windowMs * 1000;
  }

  lost(): void {
    this.onTheirWay.length = 0;
    this.windowFrom = 0;
  }

  frame({ impact }: Brain, book: OrderBook, at: Us): void {
    if (!book.valid || !book.twoSided) return this.lost();
    const { mid } = book;
    this.arrive(book, at, mid);
    if (this.windowFrom === 0) this.windowFrom = at;
    // a second more, so that the first bar of the window, which nobody saw the beginning of, is not in it
    if (at >= this.windowFrom + this.windowUs + EVERY_US) {
      const { slope, halfWidth } = impact.lambda;
      if (Number.isFinite(halfWidth)) this.lambdas.push({ slope, halfWidth });
      this.windowFrom = at;
    }
    if (at < this.next) return;
    this.next = (Math.floor(at / EVERY_US) + 1) * EVERY_US;
    this.gauges.push({
      ...{ at, mid, vpin: impact.vpin, volatility: impact.barDeviationTicks, volume: impact.volumeRate },
    });
    const { random } = this;
    const queues = QUEUES[0] * (QUEUES[1] / QUEUES[0]) ** random.uniform();
    const buys = random.chance(0.5);
    const due = at + 1000 * (ON_ITS_WAY_MS[0] + random.uniform() * (ON_ITS_WAY_MS[1] - ON_ITS_WAY_MS[0]));
    const size = Math.max(1, Math.round(queues * impact.usualTouchDepth));
    const forecastBp = impact.costBp(buys ? 'buy' : 'sell', size);
    if (!Number.isFinite(forecastBp)) {
      this.tooLarge += 1;
      return;
    }
    const forecast: CostForecast = {
      ...{ at, queues, forecastBp, halfSpreadBp: (book.spread / 2 / mid) * 10_000 },
      ...{ paidBp: Number.NaN, shortfallBp: Number.NaN },
    };
    this.onTheirWay.push({ forecast, buys, size, mid, due });
  }

  /**
   * Orders whose time has come meet the book of the first frame after it: the frame before would be up to a tenth of a second
   * old.
   */
  private arrive(book: OrderBook, at: number, mid: number): void {
    for (let i = this.onTheirWay.length - 1; i >= 0; i--) {
      const { forecast, buys, size, mid: before, due } = this.onTheirWay[i]!;
      if (at < due) continue;
      this.onTheirWay.splice(i, 1);
      const price = meanPrice(book, buys, size);
      if (Number.isNaN(price)) {
        this.tooLarge += 1;
        continue;
      }
      const sign = buys ? 1 : -1;
      forecast.paidBp = ((sign * (price - mid)) / mid) * 10_000;
      forecast.shortfallBp = ((sign * (price - before)) / before) * 10_000;
      this.forecasts.push(forecast);
    }
  }
}

/** What `size` lots cost on average, ticks, level by level; `NaN` where the visible book does not hold as much. */
function meanPrice(book: OrderBook, buys: boolean, size: number): number {
  const ladder = book.ladder(buys ? ASK : BID);
  let left = size;
  let paid = 0;
  for (let price: number = ladder.best; price !== 0; price = ladder.next(price)) {
    const taken = Math.min(left, ladder.sizeAt(price));
    paid += taken * price;
    left -= taken;
    if (left === 0) return paid / size;
  }
  return Number.NaN;
}
