import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OrderBook } from '../book/order-book.ts';
import { frameOf, generator } from '../testing/books.ts';
import { tradeOf } from '../testing/paths.ts';
import { type Us, us } from '../units.ts';
import { RANGE, REGIMES, TREND_DOWN, TREND_UP } from './regime/model.ts';
import { WARM_UP_SECONDS } from './regime/reader.ts';
import { Regime } from './regime.ts';

const seed = 20261122;
const START = 1_800_000_000_000_000;
const STEP_US = 100_000;

interface Step {
  /** Ticks that the mid moves by. */
  readonly move: number;
  /** Takers that came since the last step, above 0 buyers. */
  readonly takers: number;
}

interface Playing {
  readonly scale?: number;
  readonly mirrored?: boolean;
  readonly look?: (regime: Regime, step: number) => void;
}

/** A market of one level a side, a frame every 100 ms. */
function play(steps: readonly Step[], { scale = 1, mirrored = false, look }: Playing = {}): Regime {
  const book = new OrderBook();
  const regime = new Regime(book);
  const sign = mirrored ? -1 : 1;
  let mid = 1_000_000;
  let last = Number.NaN;
  steps.forEach(({ move, takers }, i) => {
    const at = START + i * STEP_US;
    for (let n = 0; n < Math.abs(takers); n++) {
      const trade = tradeOf(sign * takers > 0 ? 'buy' : 'sell', 7 * scale, at);
      trade.exchangeAt = (at / 1000 + n) as typeof trade.exchangeAt;
      regime.onTrade(trade);
    }
    mid += sign * move * scale;
    if (mid !== last)
      book.apply(frameOf(true, [[mid - scale, 50 * scale]], [[mid + scale, 50 * scale]], at / 1000));
    last = mid;
    regime.onBook(us(at));
    look?.(regime.reading(at as Us), i);
  });
  return regime;
}

/** A walk that stands still in most steps; `drift` in ticks a step. */
function walk(count: number, drift: number, lean: number, random: () => number): Step[] {
  let owed = 0;
  return Array.from({ length: count }, () => {
    owed += drift;
    const whole = Math.trunc(owed);
    owed -= whole;
    const jump = random() < 0.2 ? Math.round((random() - 0.5) * 40) : 0;
    const takers = random() < 0.4 ? (random() < 0.5 + lean ? 1 : -1) : 0;
    return { move: whole + jump, takers };
  });
}

const SECONDS = 330;
/** Seed, drift and lean of a walk. */
const walks = fc.tuple(
  fc.nat(),
  fc.double({ min: -3, max: 3, noNaN: true }),
  fc.double({ min: -0.4, max: 0.4, noNaN: true }),
);
const walkOf = ([key, drift, lean]: readonly [number, number, number]): Step[] =>
  walk(SECONDS * 10, drift, lean, generator(key));

test('the mirrored market has the mirrored regime', () => {
  fc.assert(
    fc.property(walks, (drawn) => {
      const steps = walkOf(drawn);
      const one = play(steps);
      const other = play(steps, { mirrored: true });
      assert.ok(Math.abs(one.score + other.score) < 1e-9);
      assert.ok(Math.abs(one.likelihood - other.likelihood) < 1e-9);
      assert.ok(Math.abs(one.probabilities[TREND_UP]! - other.probabilities[TREND_DOWN]!) < 1e-9);
      assert.ok(Math.abs(one.probabilities[RANGE]! - other.probabilities[RANGE]!) < 1e-9);
    }),
    { seed, numRuns: 15 },
  );
});

test('a market of ten times the ticks and ten times the lots has the same regime', () => {
  fc.assert(
    fc.property(walks, (drawn) => {
      const steps = walkOf(drawn);
      const one = play(steps);
      const other = play(steps, { scale: 10 });
      REGIMES.forEach((_, k) => {
        assert.ok(Math.abs(one.probabilities[k]! - other.probabilities[k]!) < 1e-5);
      });
    }),
    { seed, numRuns: 15 },
  );
});

test('what was said stands, whatever comes after: nothing of the future is in it', () => {
  const random = generator(seed);
  const past = walk(4500, 1, 0.2, random);
  const ends = [walk(1500, 4, 0.4, random), walk(1500, -4, -0.4, random), []];
  const told = ends.map((end) => {
    const words: number[] = [];
    play([...past, ...end], { look: ({ score, likelihood }) => words.push(score, likelihood) });
    return words.slice(0, 2 * past.length);
  });
  assert.ok(told[0]!.some((word) => word !== 0));
  assert.deepEqual(told[1], told[0]);
  assert.deepEqual(told[2], told[0]);
});

test('probabilities are such: they sum to one; nothing is said before five minutes; a forgotten market is a new one', () => {
  const steps = walk(4000, 0.5, 0.1, generator(3));
  let spoke = -1;
  const regime = play(steps, {
    look: ({ probabilities, score, likelihood, regime: word }, i) => {
      const sum = probabilities.reduce((all, each) => all + each, 0);
      assert.ok(Math.abs(sum - 1) < 1e-9);
      assert.ok(Math.abs(score) <= 1 && likelihood >= 0 && likelihood <= 1);
      if (word === null) assert.deepEqual([score, likelihood], [0, 0]);
      else if (spoke < 0) spoke = i;
    },
  });
  assert.equal(spoke, WARM_UP_SECONDS * 10);
  assert.match(regime.evidence(), /trend of a minute t = /);
  regime.reset();
  assert.deepEqual(regime.figures(), new Regime(new OrderBook()).figures());
  assert.equal(regime.regime, null);
});

test('a market not seen for more than a minute is begun anew; one silent for half of one is not', () => {
  const look = (silenceSeconds: number): string | null => {
    const book = new OrderBook();
    const regime = new Regime(book);
    book.apply(frameOf(true, [[100, 5]], [[102, 5]]));
    for (let i = 0; i < 4000; i++) regime.onBook(us(START + i * STEP_US));
    regime.onBook(us(START + 400_000_000 + silenceSeconds * 1_000_000));
    return regime.regime;
  };
  assert.notEqual(look(30), null);
  assert.equal(look(90), null);
});

test('prices that go one way with the takers are a trend that way, prices that stay about are none', () => {
  const random = generator(11);
  const calm = walk(9000, 0, 0, random);
  const up = play([...calm, ...walk(3000, 1.5, 0.35, random)]);
  assert.equal(up.regime, 'trend up', up.evidence());
  assert.ok(up.score > 0.5);
  const down = play([...calm, ...walk(3000, -1.5, -0.35, random)]);
  assert.equal(down.regime, 'trend down', down.evidence());
  const none = play([...calm, ...walk(3000, 0, 0, random)]);
  assert.ok(Math.abs(none.score) < 0.5, none.evidence());
});
