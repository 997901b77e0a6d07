import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BookEvent, FeedEvent } from './events.ts';
import { Market } from './market.ts';
import { frameOf } from './testing/books.ts';
import { DESK_CONFIG } from './testing/desk.ts';
import { BTC } from './testing/specs.ts';
import { us } from './units.ts';

const AT = us(1_800_000_000_000_000);

test('the quote is the touch of a book that is whole, and nothing else', () => {
  const market = new Market(DESK_CONFIG.market, BTC);
  const show = (...frame: Parameters<typeof frameOf>) =>
    market.onBook(new BookEvent(AT, 0, frameOf(...frame)));
  const touch = () => (market.quote.firm ? [market.quote.bid, market.quote.ask] : null);
  assert.equal(touch(), null, 'before the first snapshot');
  show(true, [[600_000, 100]], [[600_002, 100]]);
  assert.deepEqual(touch(), [600_000, 600_002]);
  assert.deepEqual([market.quote.mid, market.quote.spread, market.quote.at], [600_001, 2, AT]);
  show(false, [], [[600_002, 0]]);
  assert.equal(touch(), null, 'one-sided');
  show(false, [], [[599_999, 5]]);
  assert.equal(touch(), null, 'crossed');
  show(true, [[600_000, 1]], [[600_001, 1]]);
  assert.deepEqual(touch(), [600_000, 600_001]);
  market.onFeed(new FeedEvent(AT, 0, false, 'gap'));
  assert.equal(touch(), null, 'the feed does not vouch for it');
  market.onFeed(new FeedEvent(AT, 0, true, ''));
  assert.deepEqual(touch(), [600_000, 600_001], 'it does again');
});
