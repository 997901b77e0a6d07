import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../exchange/random.ts';
import { barrierOutcome, TouchPath } from './barriers.ts';

const seed = 20261122;
const STEP_US = 100_000;
const PRICE = 1_000_000;

/** A walk of one tick a step; up with probability `up`. */
function walk(steps: number, up: number, spread: number, random: Random): TouchPath {
  const path = new TouchPath();
  let bid = PRICE;
  for (let i = 0; i < steps; i++) {
    path.push(i * STEP_US, bid, bid + spread);
    bid += random.chance(up) ? 1 : -1;
  }
  return path;
}

/** Gambler's ruin: the chance to gain `gain` before losing `loss`, in single steps. */
function firstPassage(gain: number, loss: number, up: number): number {
  if (up === 0.5) return loss / (gain + loss);
  const odds = (1 - up) / up;
  return (1 - odds ** loss) / (1 - odds ** (gain + loss));
}

interface Odds {
  readonly targets: number;
  readonly steps: number;
  readonly count: number;
}

/** Independent walks: from each one trade. */
function trades(
  direction: 'long' | 'short',
  up: number,
  spread: number,
  target: number,
  stop: number,
  count: number,
): Odds {
  const random = new Random(seed, target * 100 + stop);
  let targets = 0;
  let steps = 0;
  for (let i = 0; i < count; i++) {
    const path = walk(1500, up, spread, random);
    const result = barrierOutcome(path, 0, direction, { target, stop, limitUs: 1499 * STEP_US });
    assert.ok(result !== null && result.outcome !== 'time');
    if (result.outcome === 'target') targets += 1;
    steps += result.at / STEP_US;
  }
  return { targets, steps, count };
}

function near(share: number, wanted: number, count: number): void {
  const deviation = Math.sqrt((wanted * (1 - wanted)) / count);
  assert.ok(Math.abs(share - wanted) < 4 * deviation, `${share}, odds say ${wanted} ± ${deviation}`);
}

test('a driftless walk: the odds of target before stop are stop / (target + stop), the mean time their product', () => {
  for (const [target, stop] of [
    [5, 5],
    [10, 5],
    [3, 12],
  ] as const) {
    const { targets, steps, count } = trades('long', 0.5, 0, target, stop, 2000);
    near(targets / count, firstPassage(target, stop, 0.5), count);
    const time = target * stop;
    assert.ok(
      Math.abs(steps / count - time) < (4 * time) / Math.sqrt(count / 2),
      `${steps / count} steps, ${time} wanted`,
    );
  }
});

test('a drifting walk: gambler’s ruin, for a long and mirrored for a short', () => {
  for (const up of [0.53, 0.45])
    for (const [target, stop] of [
      [6, 6],
      [12, 6],
    ] as const) {
      const long = trades('long', up, 0, target, stop, 1500);
      near(long.targets / long.count, firstPassage(target, stop, up), long.count);
      const short = trades('short', up, 0, target, stop, 1500);
      near(short.targets / short.count, firstPassage(target, stop, 1 - up), short.count);
    }
});

test('the spread is paid: the target is farther by it and the stop nearer', () => {
  const { targets, count } = trades('long', 0.5, 3, 9, 9, 2000);
  near(targets / count, firstPassage(12, 6, 0.5), count);
});

test('the mirrored market gives a short what it gave the long', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 5, maxLength: 80 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 60 }),
      (moves, target, stop, limit) => {
        const one = new TouchPath();
        const other = new TouchPath();
        let price = PRICE;
        moves.forEach((move, i) => {
          price += move;
          one.push(i * STEP_US, price, price + 1);
          other.push(i * STEP_US, 2 * PRICE - price - 1, 2 * PRICE - price);
        });
        const barriers = { target, stop, limitUs: limit * STEP_US };
        const long = barrierOutcome(one, 0, 'long', barriers);
        const short = barrierOutcome(other, 0, 'short', barriers);
        assert.equal(long?.outcome, short?.outcome);
        assert.equal(long?.at, short?.at);
        // of different entry prices, so the basis points differ in the sixth digit
        if (long !== null) assert.ok(Math.abs(long.returnBp - short!.returnBp) < 1e-4);
        if (limit < moves.length) assert.notEqual(long, null);
        else assert.equal(long, null);
      },
    ),
    { seed, numRuns: 500 },
  );
});

test('time is up: out at the touch that stands then, whenever that was last told', () => {
  const path = new TouchPath();
  path.push(0, 1000, 1001);
  path.push(5, 1003, 1004);
  path.push(20, 1009, 1010);
  path.push(30, 900, 901);
  const out = barrierOutcome(path, 0, 'long', { target: 100, stop: 50, limitUs: 15 });
  assert.deepEqual([out!.outcome, out!.at], ['time', 15]);
  assert.ok(Math.abs(out!.returnBp - (2 / 1001) * 10_000) < 1e-9);
  // entered between two changes, at what stood
  assert.equal(
    barrierOutcome(path, 7, 'short', { target: 100, stop: 50, limitUs: 8 })!.returnBp,
    (-1 / 1003) * 10_000,
  );
});

test('what is not known to the end of its time is no outcome, even if a barrier was met', () => {
  const path = new TouchPath();
  path.push(0, 100, 101);
  path.push(10, 200, 201);
  path.push(20, 200, 201);
  const barriers = { target: 5, stop: 5, limitUs: 20 };
  assert.equal(barrierOutcome(path, 0, 'long', barriers)?.outcome, 'target');
  assert.equal(barrierOutcome(path, 5, 'long', barriers), null);
  assert.equal(barrierOutcome(path, -1, 'long', barriers), null);
  path.lose(25);
  path.push(40, 200, 201);
  path.push(80, 200, 201);
  assert.equal(barrierOutcome(path, 10, 'long', barriers), null);
  assert.equal(barrierOutcome(path, 30, 'long', barriers), null);
  assert.equal(barrierOutcome(path, 45, 'long', barriers)?.outcome, 'time');
  assert.ok(Number.isNaN(path.midAt(30)));
  assert.equal(path.midAt(41), 200.5);
  assert.ok(Number.isNaN(path.midAt(81)));
});
