/** What a stop or target gets, beside a book that everybody else's orders have really moved and paper has not been shown yet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMoney } from '../../core/instrument.ts';
import { generator, type Level } from '../../core/testing/books.ts';
import { lots, type Side, signOf, ticks } from '../../core/units.ts';
import { Bench } from './testing/bench.ts';

const seed = 20261122;
const chance = fc.integer({ min: 1, max: 2 ** 31 });
const RICH = { startBalance: parseMoney('100000000') };

/** Levels of a side, best first; `sign` is where the worse ones are. */
function side(random: () => number, best: number, sign: number, count: number): Level[] {
  let price = best;
  return Array.from({ length: count }, () => {
    const level: Level = [price, 1 + Math.floor(random() * 60)];
    price += sign * (1 + Math.floor(random() * 4));
    return level;
  });
}

/** Takes from the levels as they are; gives what was taken. */
function takeFrom(levels: Level[], size: number): Level[] {
  const taken: Level[] = [];
  for (let left = size; left > 0 && levels.length > 0; ) {
    const [price, there] = levels[0]!;
    const part = Math.min(left, there);
    taken.push([price, part]);
    left -= part;
    if (part === there) levels.shift();
    else levels[0] = [price, there - part];
  }
  return taken;
}

/** A position of 20 lots whose stop and target stand so many ticks away; its side closes with the other. */
function held(entry: Side, random: () => number, stop: number, target: number) {
  const bench = new Bench(RICH);
  const sign = signOf(entry);
  bench.book([[599_999, 10_000]], [[600_001, 10_000]]);
  bench.send({
    side: entry,
    size: lots(20),
    stopLoss: ticks(600_000 - sign * stop),
    takeProfit: ticks(600_000 + sign * target),
    protectionId: 'p1',
  });
  bench.wait();
  const bids = side(random, 599_999, -1, 12);
  const asks = side(random, 600_000, 1, 12);
  bench.book(bids, asks);
  return { bench, bids, asks, sign };
}

const got = (bench: Bench): Level[] => bench.fills('p1').map(({ price, size }): Level => [price, size]);

test('a stop gets what a sweep has left of the book: none of the levels that the sweep took', () => {
  let triggered = 0;
  fc.assert(
    fc.property(chance, fc.constantFrom<Side>('buy', 'sell'), (lot, entry) => {
      const random = generator(lot);
      // the stop is where the sweep ends
      const { bids, asks } = held(entry, generator(lot), 1_000, 1_000);
      const theirs = entry === 'buy' ? bids : asks;
      const sweep = takeFrom(theirs, 1 + Math.floor(random() * 200));
      const last = sweep.at(-1)![0];
      const { bench } = held(entry, generator(lot), signOf(entry) * (600_000 - last), 1_000);
      if (last === (entry === 'buy' ? 599_999 : 600_000)) return;
      bench.ms += 40;
      for (const [price, size] of sweep) bench.trade(entry === 'buy' ? 'sell' : 'buy', price, size);
      bench.wait();
      const expected = takeFrom(theirs, 20);
      if (expected.reduce((sum, [, size]) => sum + size, 0) < 20) return;
      triggered++;
      assert.deepEqual(got(bench), expected);
      assert.equal(bench.fills('p1')[0]!.purpose, 'stopLoss');
    }),
    { seed, numRuns: 400 },
  );
  assert.ok(triggered > 200, `${triggered} stops`);
});

test('a target gets the book where the market has gone to, whoever’s trade told of it', () => {
  fc.assert(
    fc.property(
      chance,
      fc.constantFrom<Side>('buy', 'sell'),
      fc.constantFrom<Side>('buy', 'sell'),
      (lot, entry, taker) => {
        const { bench, bids, asks, sign } = held(entry, generator(lot), 1_000, 30);
        // everybody has moved his orders, and nobody was told but by one small trade at the new touch
        const jump = sign * 40;
        const moved = (levels: Level[]): Level[] => levels.map(([price, size]) => [price + jump, size]);
        const met = moved(taker === 'buy' ? asks : bids);
        bench.ms += 40;
        bench.trade(taker, met[0]![0], 1);
        bench.wait();
        assert.deepEqual(got(bench), takeFrom(moved(entry === 'buy' ? bids : asks), 20));
        assert.equal(bench.fills('p1')[0]!.purpose, 'takeProfit');
      },
    ),
    { seed, numRuns: 100 },
  );
});

test('a trade of the other side at a price of ours says that our orders there are gone', () => {
  const bench = new Bench(RICH);
  bench.book([[600_000, 500]], [[600_002, 500]]);
  bench.send({ stopLoss: ticks(599_000), takeProfit: ticks(610_000), protectionId: 'p1' });
  bench.wait();
  bench.trade('buy', 598_900, 1);
  bench.wait();
  // 598,900 was offered: nobody bids that, let alone 600,000; no level is left, so the book is moved there as it was
  assert.deepEqual(got(bench), [[598_898, 10]]);
});

test('a stop is closed in whole where the book shown ends before the trade that set it off', () => {
  const bench = new Bench(RICH);
  bench.book(
    [
      [600_000, 4],
      [599_998, 500],
    ],
    [[600_002, 500]],
  );
  bench.send({ stopLoss: ticks(599_000), takeProfit: ticks(610_000), protectionId: 'p1' });
  bench.wait();
  bench.trade('sell', 598_700, 1);
  bench.wait();
  assert.deepEqual(got(bench), [
    [598_700, 4],
    [598_698, 6],
  ]);
  assert.match(bench.fills('p1')[0]!.why, /moved to where that trade was/);
});
