import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generator } from '../../core/testing/books.ts';
import {
  followQueue,
  joinQueue,
  lateTradeInQueue,
  type QueueModel,
  type QueuePlace,
  tradeInQueue,
} from './queue.ts';

const seed = 20261122;
const MODELS = {
  tradesOnly: { kind: 'tradesOnly' },
  behindFirst: { kind: 'behindFirst' },
  power3: { kind: 'power', exponent: 3 },
  power1: { kind: 'power', exponent: 1 },
  log: { kind: 'log' },
  aheadFirst: { kind: 'aheadFirst' },
} as const satisfies Record<string, QueueModel>;

test('worked: 60 before us, 40 behind, 50 go', () => {
  const after = (model: QueueModel): number => {
    const place: QueuePlace = { ...joinQueue(60), shown: 100 };
    followQueue(place, model, 50);
    return Math.round(place.ahead * 1000) / 1000;
  };
  assert.equal(after(MODELS.tradesOnly), 60);
  assert.equal(after(MODELS.behindFirst), 50);
  assert.equal(after(MODELS.power1), 30);
  // 27/(27 + 8) of them stood before us: 38.571
  assert.equal(after(MODELS.power3), 21.429);
  // ln 41 / (ln 41 + ln 61) of them behind: 23.731
  assert.equal(after(MODELS.log), 33.731);
  assert.equal(after(MODELS.aheadFirst), 10);
});

test('what traded is not taken for canceled as well', () => {
  for (const model of Object.values(MODELS)) {
    const place = joinQueue(100);
    followQueue(place, model, 140);
    assert.equal(tradeInQueue(place, 30), 0);
    followQueue(place, model, 110);
    assert.equal(place.ahead, 70, model.kind);
    // a trade larger than what is before us comes as far as us
    assert.equal(tradeInQueue(place, 75), 5);
  }
});

test('where the book does not reach, nothing is known; what comes into view stands before us', () => {
  for (const model of Object.values(MODELS)) {
    const place = joinQueue(null);
    followQueue(place, model, null);
    assert.equal(tradeInQueue(place, 1000), 0);
    followQueue(place, model, 80);
    assert.deepEqual([place.atFirst, place.ahead], [80, 80]);
    followQueue(place, model, null);
    assert.equal(place.ahead, 80);
    assert.equal(tradeInQueue(place, 85), 5);
  }
});

/** What a feed shows of a level: a trade, or the size there now. */
type Shown = { readonly traded: number; readonly late: boolean } | { readonly size: number };

const flow = fc.array(
  fc.oneof(
    fc.record({ traded: fc.integer({ min: 1, max: 40 }), late: fc.boolean() }),
    fc.record({ size: fc.integer({ min: 0, max: 200 }) }),
  ),
  { minLength: 1, maxLength: 60 },
);

/** Lots reached after each step, in all, and what stands before us. */
function follow(
  model: QueueModel,
  first: number,
  steps: readonly Shown[],
): { reached: number; place: QueuePlace }[] {
  const place = joinQueue(first);
  let reached = 0;
  return steps.map((step) => {
    if ('traded' in step)
      reached += step.late ? lateTradeInQueue(place, model, step.traded) : tradeInQueue(place, step.traded);
    else followQueue(place, model, step.size);
    return { reached, place: { ...place } };
  });
}

test('whatever happens, the pessimists fill no sooner than the optimists, and nobody is behind what is displayed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 150 }), flow, (first, steps) => {
      const { tradesOnly, behindFirst, aheadFirst, ...between } = MODELS;
      const paths = (model: QueueModel) => follow(model, first, steps);
      const [worst, behind, best] = [paths(tradesOnly), paths(behindFirst), paths(aheadFirst)];
      for (const model of Object.values(between))
        paths(model).forEach(({ place: { ahead, shown }, reached }, i) => {
          const tolerance = 1e-9;
          assert.ok(behind[i]!.place.ahead <= worst[i]!.place.ahead);
          assert.ok(ahead <= behind[i]!.place.ahead + tolerance, `${model.kind} behind behindFirst`);
          assert.ok(best[i]!.place.ahead <= ahead + tolerance, `${model.kind} before aheadFirst`);
          assert.ok(worst[i]!.reached <= behind[i]!.reached);
          assert.ok(behind[i]!.reached <= reached + tolerance && reached <= best[i]!.reached + tolerance);
          if ('size' in steps[i]!) assert.ok(ahead <= shown);
          assert.ok(ahead >= 0);
        });
    }),
    { seed, numRuns: 1000 },
  );
});

/** The naive twin: a queue lot by lot, ours among them, and somebody who decides which lots are canceled. */
class NaiveQueue {
  private before: number;
  private after = 0;
  constructor(first: number) {
    this.before = first;
  }
  get size(): number {
    return this.before + this.after;
  }
  get ahead(): number {
    return this.before;
  }
  add(): void {
    this.after++;
  }
  trade(): void {
    if (this.before > 0) this.before--;
    else if (this.after > 0) this.after--;
  }
  cancel(fromAhead: boolean): void {
    if (fromAhead ? this.before > 0 : this.after === 0) this.before -= this.before > 0 ? 1 : 0;
    else this.after--;
  }
}

type Chooser = (queue: NaiveQueue, random: () => number) => boolean;

/** A day in a queue: trades are told before the book that shows them, or after it. Gives model − truth, in lots. */
function errorOf(model: QueueModel, lot: number, chooser: Chooser): number {
  const random = generator(lot);
  const queue = new NaiveQueue(60);
  for (let i = 0; i < 40; i++) queue.add();
  const place = joinQueue(60);
  place.shown = 100;
  let error = 0;
  for (let i = 0; i < 60 && queue.ahead > 5; i++) {
    const chance = random();
    if (chance < 0.15) {
      queue.trade();
      tradeInQueue(place, 1);
      continue;
    }
    if (chance < 0.3) {
      queue.trade();
      followQueue(place, model, queue.size);
      lateTradeInQueue(place, model, 1);
      continue;
    }
    if (chance < 0.5) queue.add();
    else if (queue.size > 0) queue.cancel(chooser(queue, random));
    followQueue(place, model, queue.size);
    error = place.ahead - queue.ahead;
  }
  return error;
}

test('where cancellations really come from behind, or from ahead, that model is exact', () => {
  for (let lot = 1; lot <= 300; lot++) {
    assert.equal(
      errorOf(MODELS.behindFirst, lot, () => false),
      0,
    );
    assert.equal(
      errorOf(MODELS.aheadFirst, lot, () => true),
      0,
    );
  }
});

test('where every lot is as likely to go, power 1 is right on average, the bounds are not', () => {
  const uniform: Chooser = (queue, random) => random() * queue.size < queue.ahead;
  const bias = (model: QueueModel): { mean: number; error: number } => {
    const errors = Array.from({ length: 3000 }, (_, i) => errorOf(model, i * 7919 + 1, uniform));
    const mean = errors.reduce((sum, each) => sum + each, 0) / errors.length;
    const variance = errors.reduce((sum, each) => sum + (each - mean) ** 2, 0) / errors.length;
    return { mean, error: Math.sqrt(variance / errors.length) };
  };
  const right = bias(MODELS.power1);
  assert.ok(Math.abs(right.mean) < 4 * right.error, `power 1 is off by ${right.mean} ± ${right.error} lots`);
  assert.ok(bias(MODELS.behindFirst).mean > 1);
  assert.ok(bias(MODELS.aheadFirst).mean < -1);
});
