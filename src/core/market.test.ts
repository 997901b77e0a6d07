import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BookEvent, CandleEvent, FeedEvent } from './events.ts';
import { Market } from './market.ts';
import { frameOf } from './testing/books.ts';
import { DESK_CONFIG } from './testing/desk.ts';
import { BTC } from './testing/specs.ts';
import { lots, ms, ticks, us, usToMs } from './units.ts';

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

test('what volatility is usual comes of candles: those of before the feed, told again when the past is mended, kept when it is lost', () => {
  const market = new Market(DESK_CONFIG.market, BTC);
  const { regime } = market.brain;
  const MINUTE = 60_000;
  const tell = (minute: number) => {
    const openAt = ms(usToMs(AT) - minute * MINUTE);
    market.onCandle(
      new CandleEvent(AT, 0, openAt, ticks(100), ticks(104), ticks(97), ticks(101), lots(1), true),
    );
  };
  for (let minute = 300; minute > 60; minute--) if (minute !== 100) tell(minute);
  assert.ok(!regime.usualFromCandles, 'a minute less than four hours');
  tell(100);
  assert.ok(regime.usualFromCandles, 'the hole is filled');
  market.onFeed(new FeedEvent(AT, 0, false, 'gap'));
  assert.ok(regime.usualFromCandles);
  assert.match(regime.evidence(), /0 seconds seen/);
});

test('candles that are told again for a mended past count once for what is usual', () => {
  const market = new Market(DESK_CONFIG.market, BTC);
  const tell = (minute: number) => {
    const openAt = ms(usToMs(AT) - minute * 60_000);
    market.onCandle(
      new CandleEvent(AT, 0, openAt, ticks(100), ticks(104), ticks(97), ticks(101), lots(1), true),
    );
  };
  // two hours and a half, with holes that are filled one after the other: four hours would be enough
  for (let minute = 150; minute > 0; minute--) if (minute % 30 !== 10) tell(minute);
  for (let minute = 150; minute > 0; minute--) if (minute % 30 === 10) tell(minute);
  assert.equal(market.candles.closed.length, 150);
  assert.ok(!market.brain.regime.usualFromCandles);
});
