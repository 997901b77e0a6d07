import { NO_PRICE } from '../../book/ladder.ts';
import type { OrderBook } from '../../book/order-book.ts';

/**
 * Order flow imbalance of the last frame at the touch, lots, positive = pressure up: bid size if the bid did not fall,
 * minus the previous bid size if it did not rise; mirrored for the ask. 0 after a snapshot and for a one-sided book.
 * Source: Cont, Kukanov, Stoikov, "The Price Impact of Order Book Events", Journal of Financial Econometrics 12(1), 2014,
 * e_n; ours differs in that a frame is taken for an event: what came and went inside one is not seen.
 */
export function touchFlow(book: OrderBook): number {
  const { bestBid, bestAsk, previousBid, previousAsk } = book;
  if (book.changes.snapshot || !book.twoSided || previousBid === NO_PRICE || previousAsk === NO_PRICE)
    return 0;
  let flow = 0;
  if (bestBid >= previousBid) flow += book.bids.sizeAt(bestBid);
  if (bestBid <= previousBid) flow -= book.previousBidSize;
  if (bestAsk <= previousAsk) flow -= book.asks.sizeAt(bestAsk);
  if (bestAsk >= previousAsk) flow += book.previousAskSize;
  return flow;
}
