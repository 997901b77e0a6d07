import { ASK, BID, type BookSide } from '../../book/frame.ts';
import { NO_PRICE } from '../../book/ladder.ts';
import type { OrderBook } from '../../book/order-book.ts';

/**
 * Order flow imbalance of the last frame over the best levels, lots, positive = pressure up: at each level what
 * `touch-flow.ts` says of the best one (the m-th best price now against the m-th best before), then their mean with weights
 * 1/√m. 0 after a snapshot; a level that one of the two books does not have counts nothing.
 *
 * Source: Xu, Gould, Howison, "Multi-Level Order-Flow Imbalance in a Limit Order Book", Market Microstructure and Liquidity
 * 4, 2018; one number of it as the integrated OFI of Cont, Cucuringu, Zhang, "Cross-impact of order flow imbalance in
 * equity markets", Quantitative Finance 23, 2023. Ours differs: their weights are the first principal component, ours are
 * fixed, and the same everywhere. With ten levels they explained more of the move of the same window than the principal
 * component in 12 of 15 cases (Binance BTC 2023 and ETH July 2024, a simulated market; 0.1 to 10 s), and at 1 s 0.47 in the
 * mean against 0.46, and 0.43 at the touch alone. Where many layer and pull (simulated, dozens an hour) the levels behind
 * tell less than the touch does.
 */
export class LevelFlow {
  /** Lots at a level of one side, the mean with the same weights, as of the last frame. */
  depth = 0;
  private readonly weights: Float64Array;
  /** Of the book before: ticks and lots, best first. */
  private readonly prices: readonly [Float64Array, Float64Array];
  private readonly sizes: readonly [Float64Array, Float64Array];

  constructor(levels: number) {
    const raw = Float64Array.from({ length: levels }, (_, m) => 1 / Math.sqrt(m + 1));
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    this.weights = raw.map((weight) => weight / total);
    this.prices = [new Float64Array(levels), new Float64Array(levels)];
    this.sizes = [new Float64Array(levels), new Float64Array(levels)];
  }

  /** Call once for each frame that the book took, two-sided or not. */
  take(book: OrderBook): number {
    this.depth = 0;
    const bids = this.grownBy(book, BID);
    const asks = this.grownBy(book, ASK);
    return book.changes.snapshot ? 0 : bids - asks;
  }

  reset(): void {
    for (const prices of this.prices) prices.fill(NO_PRICE);
    this.depth = 0;
  }

  private grownBy(book: OrderBook, side: BookSide): number {
    const ladder = book.ladder(side);
    const { weights } = this;
    const count = ladder.top(weights.length);
    const { topPrices, topSizes } = ladder;
    const prices = this.prices[side];
    const sizes = this.sizes[side];
    const sign = side === BID ? 1 : -1;
    let grown = 0;
    let { depth } = this;
    for (let m = 0; m < count; m++) {
      const before = prices[m]!;
      const price = topPrices[m]!;
      const size = topSizes[m]!;
      if (before !== NO_PRICE) {
        const better = (price - before) * sign;
        if (better >= 0) grown += weights[m]! * size;
        if (better <= 0) grown -= weights[m]! * sizes[m]!;
      }
      depth += (weights[m]! * size) / 2;
      prices[m] = price;
      sizes[m] = size;
    }
    // levels that the book before had and this one has not
    for (let m = count; m < weights.length && prices[m] !== NO_PRICE; m++) prices[m] = NO_PRICE;
    this.depth = depth;
    return grown;
  }
}
