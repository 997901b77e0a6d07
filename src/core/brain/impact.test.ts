import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../exchange/random.ts';
import { OrderBook } from '../book/order-book.ts';
import { frameOf, type Level } from '../testing/books.ts';
import { tradeOf } from '../testing/paths.ts';
import { us } from '../units.ts';
import { Impact, type ImpactConfig } from './impact.ts';

const config: ImpactConfig = { barMs: 1000, bars: 300, halfLifeMs: 10_000, buckets: 50, bucketSeconds: 5 };
const seed = 20261122;

const side = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 30 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map((steps) => {
    let away = 0;
    return steps.map(([gap, size]): Level => {
      away += gap;
      return [away, size];
    });
  });

test('the cost of an order is that of buying its lots one after the other', () => {
  fc.assert(
    fc.property(side, side, fc.integer({ min: 1, max: 120 }), (below, above, size) => {
      const book = new OrderBook();
      const bids = below.map(([away, lots]): Level => [10_000 - away, lots]);
      const asks = above.map(([away, lots]): Level => [10_000 + away, lots]);
      book.apply(frameOf(true, bids, asks));
      const impact = new Impact(config, book);
      const mid = (bids[0]![0] + asks[0]![0]) / 2;
      for (const [taker, levels] of [
        ['buy', asks],
        ['sell', bids],
      ] as const) {
        const lots = levels.flatMap(([price, many]) => new Array<number>(many).fill(price)).slice(0, size);
        const cost = impact.costBp(taker, size);
        if (lots.length < size) assert.equal(cost, Number.POSITIVE_INFINITY);
        else {
          const mean = lots.reduce((sum, price) => sum + Math.abs(price - mid), 0) / size;
          assert.ok(Math.abs(cost - (mean / mid) * 10_000) < 1e-9);
        }
      }
    }),
    { seed, numRuns: 300 },
  );
});

/** A market whose mid moves by lambda ticks for each lot that takers buy, and by chance. */
function played(lambda: number, random: Random, noise: number, seconds: number): Impact {
  const book = new OrderBook();
  const impact = new Impact(config, book);
  let value = 100_000;
  let bid = 0;
  let sign = 1;
  for (let step = 0; step < seconds * 10; step++) {
    const at = 1_700_000_000_000_000 + step * 100_000;
    if (random.chance(0.1)) sign = -sign;
    if (step > 0 && random.chance(0.5)) {
      const size = 1 + random.below(40);
      impact.onTrade(tradeOf(sign > 0 ? 'buy' : 'sell', size, at - 5000));
      value += sign * lambda * size;
    }
    value += noise * random.normal();
    const next = Math.round(value);
    const gone: Level[] = step === 0 || next === bid ? [] : [[bid, 0]];
    const goneAsk: Level[] = step === 0 || next === bid ? [] : [[bid + 1, 0]];
    bid = next;
    book.apply(frameOf(step === 0, [...gone, [bid, 50]], [...goneAsk, [bid + 1, 50]]));
    impact.onBook(us(at));
    impact.reading(us(at));
  }
  return impact;
}

test('a known lambda is found, and lies within the interval 95 % of the time', () => {
  const runs = 300;
  let covered = 0;
  let sum = 0;
  for (let run = 0; run < runs; run++) {
    const { lambda } = played(0.2, new Random(900 + run), 3, 301);
    sum += lambda.slope;
    if (Math.abs(lambda.slope - 0.2) <= lambda.halfWidth) covered++;
  }
  assert.ok(Math.abs(sum / runs - 0.2) < 0.003, `mean lambda ${sum / runs}`);
  // 300 fair runs have a deviation of 1.3 %
  assert.ok(covered / runs > 0.91 && covered / runs < 0.985, `covered ${covered / runs}`);
});

test('where flow moves nothing, the interval holds 0 and nothing is trusted', () => {
  let trusted = 0;
  for (let run = 0; run < 100; run++) {
    const impact = played(0, new Random(1700 + run), 3, 200);
    if (impact.likelihood > 0) trusted++;
  }
  // one side of a 95 % interval: 2.5 of 100
  assert.ok(trusted <= 8, `${trusted} of 100`);
});

test('flow that went one way gives its sign, R² and costs are told, a reset forgets', () => {
  const impact = played(0.5, new Random(3), 1, 301);
  const before = impact.figures();
  assert.ok(before.lambdaR2! > 0.8 && before.lambdaR2! <= 1);
  // the mid is half a tick away from the 50 lots that stand there; no more is for sale
  assert.ok(before.usualTouchLots! > 49.99 && before.usualTouchLots! < 50.01);
  assert.ok(impact.costBp('buy', 50) > 0.03 && impact.costBp('buy', 50) < 0.1);
  assert.equal(before.buyCost5TouchesBp, undefined);
  const at = 1_700_000_000_000_000 + 302_000_000;
  impact.onTrade(tradeOf('sell', 3000, at));
  assert.ok(impact.reading(us(at)).score < -0.5);
  impact.reset();
  assert.deepEqual([impact.score, impact.likelihood, impact.figures().lambdaTicksPerLot], [0, 0, 0]);
});
