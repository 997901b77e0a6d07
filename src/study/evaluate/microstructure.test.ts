import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { Brain } from '../../core/brain/brain.ts';
import { frameOf, type Level } from '../../core/testing/books.ts';
import { us } from '../../core/units.ts';
import { Random } from '../../exchange/random.ts';
import { gradeMicrostructure } from './microstructure.ts';
import type { GradingContext } from './section.ts';

const context: GradingContext = {
  brain: brainConfig(loadSettings(undefined).brain),
  feesBp: 10,
  barriers: { unit: 'bp', target: 5, stop: 5, limitMs: 60_000 },
  barriersAsked: false,
  confidenceThreshold: 0.6,
  barMs: 60_000,
  atrPeriod: 14,
  seed: 1,
};

/** A touch whose heavier side tends to be left by the mid; every 100 ms a frame. */
function marketOf(frames: number, look: (brain: Brain, book: OrderBook, at: number) => void): void {
  const random = new Random(77);
  const book = new OrderBook();
  const brain = new Brain(brainConfig(loadSettings(undefined).brain), book);
  let bid = 10_000;
  let share = 0.5;
  for (let i = 0; i < frames; i++) {
    const gone: Level[][] = i === 0 ? [[], []] : [[[bid, 0]], [[bid + 1, 0]]];
    share = Math.min(0.98, Math.max(0.02, share + 0.15 * random.normal()));
    if (random.chance(0.15)) {
      bid += random.chance(share) ? 1 : -1;
      share = 0.5 + 0.1 * random.normal();
    }
    const size = Math.round(1000 * share);
    book.apply(frameOf(i === 0, [...gone[0]!, [bid, size]], [...gone[1]!, [bid + 1, 1000 - size]]));
    const at = 1_700_000_000_000_000 + i * 100_000;
    brain.onBook(us(at));
    look(brain, book, at);
  }
}

test('errors and shares are those of going through all frames again and again', () => {
  const grader = gradeMicrostructure(context);
  const seen: { at: number; mid: number; micro: number; weighted: number; tilt: number; ready: boolean }[] =
    [];
  let watch: ReturnType<typeof grader.watch> | null = null;
  marketOf(9000, (brain, book, at) => {
    watch ??= grader.watch({} as never, book);
    for (const observer of watch) observer.frame?.(brain, book, us(at));
    const { microprice, microTilt, estimated } = brain.microstructure;
    const { mid, spread } = book;
    seen.push({
      at,
      mid,
      micro: microprice,
      weighted: mid + (microTilt * spread) / 2,
      tilt: microTilt,
      ready: estimated,
    });
  });
  const section = grader.section()!;
  const figure = (name: string) => section.figures.find((each) => each.name === name)!;

  const laterOf: Record<string, (i: number) => number | undefined> = {
    'after the next change': (i) => seen.slice(i + 1).find(({ mid }) => mid !== seen[i]!.mid)?.mid,
    '1 s later': (i) => seen[i + 10]?.mid,
    '5 s later': (i) => seen[i + 50]?.mid,
  };
  for (const [name, later] of Object.entries(laterOf)) {
    const sums = { micro: 0, weighted: 0, mid: 0 };
    for (const [i, { mid, micro, weighted, ready }] of seen.entries()) {
      const truth = later(i);
      if (!ready || truth === undefined) continue;
      sums.micro += (truth - micro) ** 2;
      sums.weighted += (truth - weighted) ** 2;
      sums.mid += (truth - mid) ** 2;
    }
    const { figure: found, rivals } = figure(`error against the mid’s, ${name}`);
    assert.ok(Math.abs(found.value! - sums.micro / sums.mid) < 1e-9, `${name}: ${found.value}`);
    assert.ok(Math.abs(rivals[0]!.figure.value! - sums.weighted / sums.mid) < 1e-9);
    // the market was made so that the touch tells: an estimate of it must know more than the mid
    assert.ok(found.value! < 0.99, `${name}: ${found.value}`);
  }
  const changes = seen.flatMap(({ mid }, i) => (i > 0 && mid !== seen[i - 1]!.mid ? [i] : []));
  const right = changes.filter((i) => (seen[i]!.mid - seen[i - 1]!.mid) * seen[i - 1]!.tilt > 0);
  assert.equal(
    figure('queue imbalance right about the next change').figure.value,
    right.length / changes.length,
  );
});

test('nothing is said of a market whose mid never moved', () => {
  assert.equal(gradeMicrostructure(context).section(), null);
});
