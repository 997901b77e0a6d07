import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BookFrame } from '../../core/book/frame.ts';
import {
  BookEvent,
  CandleEvent,
  FundingEvent,
  MarkEvent,
  type MarketEvent,
  TradeEvent,
} from '../../core/events.ts';
import { lots, ms, ticks, us } from '../../core/units.ts';
import { ANOTHER_DATE_MS, retell } from './look-ahead-telling.ts';

/** Every kind that carries a stamp of the exchange's beside our own clock's. */
const all = (): MarketEvent[] => {
  const frame = new BookFrame();
  frame.exchangeAt = ms(1000);
  const price = ticks(5);
  return [
    new BookEvent(us(1_003_001), 0, frame),
    new TradeEvent(us(1_003_001), 0, ms(1000), price, lots(1), 'buy'),
    new CandleEvent(us(1_003_001), 0, ms(1000), price, price, price, price, lots(1), true),
    new MarkEvent(us(1_003_001), 0, ms(1000), price),
    new FundingEvent(us(1_003_001), 0, '0.0001', ms(1000)),
  ];
};
const stampOf = (event: MarketEvent): number => {
  if ('frame' in event) return event.frame.exchangeAt;
  if ('exchangeAt' in event) return event.exchangeAt;
  return 'openAt' in event ? event.openAt : 'fundingAt' in event ? event.fundingAt : Number.NaN;
};

test('told later, an event keeps the exchange’s stamp, and funding is due later', () => {
  for (const event of all()) {
    retell(event, { delayMs: 1700 });
    assert.equal(event.at, 2_703_001);
    assert.equal(stampOf(event), 'fundingAt' in event ? 2700 : 1000);
  }
});

test('at another date every stamp has moved by as much', () => {
  for (const event of all()) {
    retell(event, { movedMs: 86_400_000 });
    assert.equal(event.at, 86_401_003_001);
    assert.equal(stampOf(event), 86_401_000);
  }
  const unknown = new FundingEvent(us(1000), 0, '0.0001', ms(0));
  retell(unknown, { movedMs: 86_400_000 });
  assert.equal(unknown.fundingAt, 0, 'what is not known stays so');
});

test('the other date is the same day of week, month and year at the same hour, from 2015 to 2070', () => {
  for (let at = Date.UTC(2015, 0, 1, 8); at < Date.UTC(2070, 0, 1); at += 86_400_000) {
    const [one, other] = [new Date(at), new Date(at + ANOTHER_DATE_MS)];
    const words = (date: Date): string => date.toUTCString().replace(/\d{4}/, '');
    assert.equal(words(one), words(other));
  }
});
