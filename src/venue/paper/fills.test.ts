import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventKind } from '../../core/events.ts';
import { formatMoney, parseMoney } from '../../core/instrument.ts';
import { generator, type Level } from '../../core/testing/books.ts';
import { lots, type Side, signOf, ticks } from '../../core/units.ts';
import { Bench, CHANCY, OPEN_AT_MS, session } from './testing/bench.ts';

const seed = 20261122;
const lot = fc.integer({ min: 1, max: 2 ** 31 });
const RICH = { startBalance: parseMoney('100000000') };

// --- taking ---------------------------------------------------------------------------------------------------------

/** The naive twin of a taker: sorts the levels and takes them. */
function naiveTake(levels: readonly Level[], side: Side, size: number, limit: number): Level[] {
  const taken: Level[] = [];
  let left = size;
  for (const [price, there] of [...levels].sort(([a], [b]) => signOf(side) * (a - b))) {
    if (signOf(side) * (price - limit) > 0 || left === 0) break;
    taken.push([price, Math.min(there, left)]);
    left -= Math.min(there, left);
  }
  return taken;
}

/** A book around 600,000: up to five levels a side. */
function randomBook(random: () => number): { bids: Level[]; asks: Level[] } {
  const side = (sign: number): Level[] => {
    const levels = new Map<number, number>();
    for (let i = 0; i < 5; i++)
      levels.set(600_000 + sign * (1 + Math.floor(random() * 12)), 1 + Math.floor(random() * 60));
    return [...levels];
  };
  return { bids: side(-1), asks: side(1) };
}

test('a taker gets what a list of the levels gives, level by level', () => {
  fc.assert(
    fc.property(lot, (chance) => {
      const random = generator(chance);
      const bench = new Bench(RICH);
      const { bids, asks } = randomBook(random);
      bench.book(bids, asks);
      const side: Side = random() < 0.5 ? 'buy' : 'sell';
      const size = 1 + Math.floor(random() * 200);
      const limit = 600_000 + signOf(side) * Math.floor(random() * 14);
      const type = random() < 0.5 ? 'ioc' : 'fok';
      const id = bench.send({ side, type, size: lots(size), price: ticks(limit) });
      bench.wait();
      const expected = naiveTake(side === 'buy' ? asks : bids, side, size, limit);
      const total = expected.reduce((sum, [, each]) => sum + each, 0);
      const fills = bench.fills(id).map(({ price, size: each }): Level => [price, each]);
      assert.deepEqual(fills, type === 'fok' && total < size ? [] : expected);
      assert.equal(bench.states(id).at(-1), total === size ? 'filled' : 'canceled');
    }),
    { seed, numRuns: 500 },
  );
});

test('what we took of a level is gone while it stands; what comes on top can be had; a new level is new', () => {
  const bench = new Bench(RICH);
  const take = (size: number): number => {
    const id = bench.send({ type: 'ioc', size: lots(size), price: ticks(600_002) });
    bench.wait();
    return bench.filled(id);
  };
  const show = (size: number): void =>
    bench.at(bench.ms + 1).book([[600_000, 50]], size > 0 ? [[600_002, size]] : []);
  show(50);
  assert.equal(take(30), 30);
  assert.equal(take(30), 20);
  assert.equal(take(30), 0);
  show(60);
  assert.equal(take(30), 10);
  // others took, or withdrew, half of what we had taken already
  show(30);
  assert.equal(take(30), 0);
  show(45);
  assert.equal(take(30), 15);
  show(0);
  show(40);
  assert.equal(take(30), 30);
});

test('without self-impact the level is there again for the next order', () => {
  const bench = new Bench({ ...RICH, selfImpact: false });
  bench.book([[600_000, 50]], [[600_002, 50]]);
  for (let i = 0; i < 3; i++) {
    const id = bench.send({ type: 'ioc', size: lots(40), price: ticks(600_002) });
    bench.wait();
    assert.equal(bench.filled(id), 40);
  }
});

test('what was taken out of the touch is not there for fill-or-kill, and does not stop a post-only', () => {
  const bench = new Bench(RICH);
  bench.book(
    [[600_000, 50]],
    [
      [600_002, 50],
      [600_005, 50],
    ],
  );
  bench.send({ type: 'ioc', size: lots(50), price: ticks(600_002) });
  bench.wait();
  const kill = bench.send({ type: 'fok', size: lots(60), price: ticks(600_005) });
  const maker = bench.send({ type: 'postOnly', size: lots(5), price: ticks(600_002) });
  bench.wait();
  assert.deepEqual([bench.filled(kill), bench.states(maker)], [0, ['live']]);
});

// --- waiting --------------------------------------------------------------------------------------------------------

test('two of ours at one price share a trade; the better price, then the earlier order, comes first', () => {
  const bench = new Bench(RICH);
  bench.book([[600_000, 50]], [[600_006, 50]]);
  const late = bench.send({ type: 'postOnly', size: lots(10), price: ticks(600_000) });
  const later = bench.send({ type: 'postOnly', size: lots(10), price: ticks(600_000) });
  const better = bench.send({ type: 'postOnly', size: lots(10), price: ticks(600_003) });
  bench.wait();
  // at 600,000: 50 stood before both of ours, and the better one takes what went through it
  bench.trade('sell', 600_000, 67);
  bench.wait();
  assert.deepEqual(
    [better, late, later].map((id) => bench.filled(id)),
    [10, 7, 0],
  );
});

test('a book that came through us fills us once, however often it is shown', () => {
  const bench = new Bench(RICH);
  bench.book([[600_000, 50]], [[600_006, 50]]);
  const first = bench.send({ type: 'postOnly', size: lots(30), price: ticks(600_003) });
  const second = bench.send({ type: 'postOnly', size: lots(30), price: ticks(600_003) });
  bench.wait();
  for (let i = 0; i < 5; i++) bench.at(bench.ms + 10).book([[599_990, 50]], [[600_001, 40]]);
  bench.wait();
  assert.deepEqual([bench.filled(first), bench.filled(second)], [30, 10]);
});

test('a trade told after the book that shows it fills those who waited there before, and nobody else', () => {
  for (const [price, filled] of [
    [600_000, 10],
    [599_995, 15],
  ] as const) {
    const bench = new Bench(RICH);
    const show = (at: number, size: number): void => {
      const bids: Level[] = [[599_990, 5]];
      if (size > 0) bids.push([600_000, size]);
      bench.at(at).book(bids, [[600_006, 50]]);
    };
    show(0, 50);
    const early = bench.send({ type: 'postOnly', size: lots(15), price: ticks(600_000) });
    bench.wait();
    show(200, 50);
    const late = bench.send({ type: 'postOnly', size: lots(15), price: ticks(600_000) });
    bench.wait(30);
    show(300, 0);
    // stamped between the two books, heard after the second
    bench.at(310).trade('sell', price, 60, 250);
    // older than both: nobody knows where it belongs
    bench.trade('sell', price, 60, 150);
    bench.wait();
    assert.deepEqual([bench.filled(early), bench.filled(late)], [filled, 0]);
  }
});

test('a trade older than the books, such as the one that a feed begins with, sets no stop off', () => {
  const bench = new Bench(RICH);
  const show = (at: number): void => bench.at(at).book([[600_000, 50]], [[600_002, 50]]);
  show(0);
  bench.send({ stopLoss: ticks(599_000), takeProfit: ticks(610_000), protectionId: 'p1' });
  bench.wait();
  bench.trade('sell', 598_000, 1, -5000);
  show(200);
  show(300);
  bench.trade('sell', 598_000, 1, 200);
  assert.equal(bench.matcher.positions[0]!.size, 10);
  bench.trade('sell', 598_000, 1, 250);
  assert.equal(bench.matcher.positions[0]!.size, 0);
});

test('a level that the book does not reach is not an empty one', () => {
  const bench = new Bench(RICH);
  const deep: Level[] = [
    [600_000, 50],
    [599_990, 50],
  ];
  bench.book(deep, [[600_006, 50]]);
  const id = bench.send({ type: 'postOnly', size: lots(10), price: ticks(599_980) });
  bench.wait();
  // the market comes down to us: 80 were there before we could see it
  bench.book(
    [
      [599_985, 5],
      [599_980, 80],
      [599_970, 9],
    ],
    [[599_990, 50]],
  );
  bench.trade('sell', 599_980, 85);
  bench.wait();
  assert.equal(bench.filled(id), 5);
});

test('random makers: no fill without a cause, none at another price, none beyond what was traded and shown', () => {
  const models = [
    { kind: 'tradesOnly' },
    { kind: 'behindFirst' },
    { kind: 'power', exponent: 2 },
    { kind: 'log' },
    { kind: 'aheadFirst' },
  ] as const;
  let fills = 0;
  fc.assert(
    fc.property(lot, fc.constantFrom(...models), (chance, queue) => {
      const random = generator(chance);
      const bench = new Bench({ ...RICH, queue });
      const prices = new Map<string, number>();
      /** By price: what came there, or lower, that could have filled a buyer waiting there. */
      const traded: Level[] = [];
      let asks: Level[] = [];
      let heard = 0;
      let shownBelow = 0;
      let budget = 0;
      bench.book(
        [
          [599_999, 50],
          [599_000, 1],
        ],
        [[600_001, 50]],
      );
      for (let i = 0; i < 60; i++) {
        bench.at(bench.ms + 40);
        const what = random();
        if (what < 0.25) {
          const price = 599_996 + Math.floor(random() * 5);
          prices.set(
            bench.send({ type: 'postOnly', size: lots(1 + Math.floor(random() * 40)), price: ticks(price) }),
            price,
          );
        } else if (what < 0.6) {
          const size = 1 + Math.floor(random() * 60);
          const price = 599_995 + Math.floor(random() * 6);
          traded.push([price, size]);
          budget += size;
          bench.trade('sell', price, size);
        } else {
          const bid = 599_993 + Math.floor(random() * 7);
          asks = [[bid + 1 + Math.floor(random() * 2), 1 + Math.floor(random() * 30)]];
          bench.book(
            [
              [bid, 1 + Math.floor(random() * 90)],
              [599_000, 1],
            ],
            asks,
          );
          // all that was ever displayed where a waiting buyer would have met it
          const [[price, size]] = asks as [Level];
          if (price <= 600_000) shownBelow += size;
        }
        bench.wait(1);
      }
      bench.wait();
      for (const fill of bench.fills()) {
        fills++;
        heard += fill.size;
        const price = prices.get(fill.clientOrderId)!;
        assert.equal(fill.price, price);
        const tradeReached = traded.some(([at]) => at <= price);
        assert.ok(tradeReached || shownBelow > 0, 'nothing happened at that price');
        assert.match(fill.why, /; rested \d+\.\d ms$/);
      }
      assert.ok(heard <= budget + shownBelow, `${heard} filled of ${budget} traded and ${shownBelow} shown`);
    }),
    { seed, numRuns: 300 },
  );
  assert.ok(fills > 500, `only ${fills} fills`);
});

// --- everything -----------------------------------------------------------------------------------------------------

test('no taker pays worse than its limit, or better than the book of its arrival had', () => {
  let checked = 0;
  fc.assert(
    fc.property(lot, (chance) => {
      const bench = session(chance, () => undefined);
      for (const event of bench.events) {
        if (event.kind !== EventKind.fill || event.maker) continue;
        const sign = signOf(event.side);
        const book = bench.shown.findLast(({ at }) => OPEN_AT_MS + at < event.exchangeAt);
        if (book === undefined) continue;
        const best = event.side === 'buy' ? book.ask : book.bid;
        // a stop fills at a trade's price, which may be better than a book that has not heard of it
        if (event.purpose === 'entry' || event.purpose === 'close') {
          checked++;
          assert.ok(sign * (event.price - best) >= 0, `${event.price} where ${best} was the best`);
        }
        const limit = bench.placed.get(event.clientOrderId);
        if (limit !== undefined && limit.price > 0) assert.ok(sign * (limit.price - event.price) >= 0);
      }
    }),
    { seed, numRuns: 100 },
  );
  assert.ok(checked > 300, `only ${checked} checked`);
});

test('same inputs, same bytes; another seed, other latencies', () => {
  const told = (chance: number, ofSeed: number): string => {
    const bench = session(chance, () => undefined, { ...CHANCY, seed: ofSeed });
    return JSON.stringify([bench.events, bench.matcher.save()], (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
  };
  for (const chance of [1, 77, 123_456]) {
    assert.equal(told(chance, 1), told(chance, 1));
    assert.notEqual(told(chance, 1), told(chance, 2));
  }
});

test('whatever the latencies, answers come in the order of what they answer', () => {
  for (let chance = 1; chance <= 40; chance++) {
    const bench = session(chance, () => undefined, CHANCY);
    let exchangeAt = 0;
    for (const event of bench.events) {
      if (event.kind !== EventKind.fill) continue;
      assert.ok(event.exchangeAt >= exchangeAt);
      assert.ok(event.at >= event.exchangeAt * 1000 + 3000);
      exchangeAt = event.exchangeAt;
    }
  }
});

test('a fill says what it met: level and lots, queue, and how long it took', () => {
  const bench = new Bench(RICH);
  bench.book(
    [[600_000, 50]],
    [
      [600_002, 20],
      [600_004, 50],
    ],
  );
  const taker = bench.send({ size: lots(30) });
  const maker = bench.send({ type: 'postOnly', size: lots(5), price: ticks(600_000) });
  bench.wait();
  bench.at(1020).trade('sell', 600_000, 20);
  bench.trade('sell', 600_000, 33);
  bench.wait();
  assert.deepEqual(
    bench.fills(taker).map(({ why }) => why),
    [
      'took the touch of the book: 20 of 20 lots; 20.0 ms on its way',
      'took level 2 of the book: 10 of 50 lots; 20.0 ms on its way',
    ],
  );
  assert.deepEqual(
    bench.fills(maker).map(({ why }) => why),
    [
      'the queue ahead of us was traded away: 50 lots when we came, 30 before this trade of 33; rested 1000.0 ms',
    ],
  );
});

test('a taker pays the taker’s fee, a maker the maker’s, to the last digit', () => {
  const bench = new Bench(RICH);
  bench.book([[600_000, 50]], [[600_002, 50]]);
  const taker = bench.send({ size: lots(20) });
  const maker = bench.send({ type: 'postOnly', size: lots(3), price: ticks(600_000) });
  bench.wait();
  bench.trade('sell', 600_000, 99);
  bench.wait();
  // 0.002 BTC at 60,000.2 and 0.0003 BTC at 60,000
  assert.deepEqual(
    [...bench.fills(taker), ...bench.fills(maker)].map(({ fee }) => formatMoney(fee)),
    ['-0.0600002', '-0.0036'],
  );
});

test('an order that still rests is found, however many came and went since', () => {
  const bench = new Bench(RICH);
  bench.book([[600_000, 50]], [[600_002, 50]]);
  const old = bench.send({ type: 'postOnly', size: lots(5), price: ticks(599_000) });
  bench.wait();
  const gone = bench.send({ type: 'ioc', price: ticks(599_000) });
  for (let i = 0; i < 600; i++) bench.send({ type: 'ioc', price: ticks(599_000) });
  bench.wait();
  assert.equal(bench.matcher.find(old)?.state, 'live');
  assert.equal(bench.matcher.find(gone), null);
});
