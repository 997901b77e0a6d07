import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../exchange/random.ts';
import { Microprice } from './microprice.ts';

/** Bucket b of ten: bids hold the share (b + ½)/10 of the touch. */
const bidOf = (bucket: number): number => 10 * bucket + 5;
const BUCKETS = 10;
const UP = (bucket: number): number => 0.02 + 0.012 * bucket;

/**
 * A chain that is known: from bucket b the mid goes up one tick with UP(b), down with UP(9 − b), and the bucket is drawn anew
 * next to the middle; else the bucket walks one step or stays.
 */
function step(bucket: number, random: Random): readonly [bucket: number, move: number] {
  const draw = random.uniform();
  if (draw < UP(bucket)) return [3 + random.below(3), 1];
  if (draw < UP(bucket) + UP(BUCKETS - 1 - bucket)) return [4 + random.below(3), -1];
  const walk = random.below(3) - 1;
  return [Math.max(0, Math.min(BUCKETS - 1, bucket + walk)), 0];
}

/** Expected total move from each bucket: Σ Pᵏ r by going through the definition of the chain, no matrix inverted. */
function expectedMoves(): number[] {
  const transition = Array.from({ length: BUCKETS }, (_, b) => {
    const row = new Array<number>(BUCKETS).fill(0);
    const [up, down] = [UP(b), UP(BUCKETS - 1 - b)];
    for (const to of [3, 4, 5]) row[to]! += up / 3;
    for (const to of [4, 5, 6]) row[to]! += down / 3;
    for (const walk of [-1, 0, 1]) row[Math.max(0, Math.min(BUCKETS - 1, b + walk))]! += (1 - up - down) / 3;
    return row;
  });
  let expected = transition.map((_, b) => UP(b) - UP(BUCKETS - 1 - b));
  const total = [...expected];
  for (let round = 0; round < 5000; round++) {
    expected = transition.map((row) => row.reduce((sum, p, to) => sum + p * expected[to]!, 0));
    expected.forEach((value, b) => {
      total[b]! += value;
    });
  }
  return total;
}

function learned(frames: number, seed: number, tick = 1): Microprice {
  const random = new Random(seed);
  const microprice = new Microprice();
  let [bucket, mid] = [5, 10_000];
  for (let i = 0; i < frames; i++) {
    microprice.observe(bidOf(bucket), 100 - bidOf(bucket), tick, mid * tick);
    const [next, move] = step(bucket, random);
    bucket = next;
    mid += move;
  }
  return microprice;
}

test('of a known chain it finds the expected moves', () => {
  const wanted = expectedMoves();
  assert.ok(wanted[9]! > 0.5 && Math.abs(wanted[9]! + wanted[0]!) < 1e-6, `${wanted}`);
  // forgetting keeps some 20,000 frames: the mean of several learners is what it converges to
  const learners = Array.from({ length: 20 }, (_, i) => learned(60_000, 70 + i));
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const found =
      learners.reduce((sum, each) => sum + each.adjustment(bidOf(bucket), 100 - bidOf(bucket), 1), 0) / 20;
    assert.ok(Math.abs(found - wanted[bucket]!) < 0.03, `bucket ${bucket}: ${found}, not ${wanted[bucket]}`);
  }
});

test('it is a martingale where the weighted mid is none', () => {
  const microprice = learned(60_000, 3);
  const random = new Random(4);
  const drift = new Float64Array(BUCKETS);
  const weightedDrift = new Float64Array(BUCKETS);
  const visits = new Float64Array(BUCKETS);
  let bucket = 5;
  const price = (b: number): number => microprice.adjustment(bidOf(b), 100 - bidOf(b), 1);
  const weighted = (b: number): number => (2 * bidOf(b)) / 100 / 2 - 0.5;
  for (let i = 0; i < 400_000; i++) {
    const [next, move] = step(bucket, random);
    visits[bucket]! += 1;
    drift[bucket]! += move + price(next) - price(bucket);
    weightedDrift[bucket]! += move + weighted(next) - weighted(bucket);
    bucket = next;
  }
  let worst = 0;
  let worstWeighted = 0;
  for (let b = 0; b < BUCKETS; b++) {
    worst = Math.max(worst, Math.abs(drift[b]! / visits[b]!));
    worstWeighted = Math.max(worstWeighted, Math.abs(weightedDrift[b]! / visits[b]!));
  }
  assert.ok(worst < 0.015, `drifts ${worst} ticks a step`);
  assert.ok(worstWeighted > 3 * worst, `the weighted mid ${worstWeighted}`);
});

test('before it has seen enough moves it says nothing; an even book is expected nowhere; a gap is no transition', () => {
  const microprice = new Microprice();
  for (let i = 0; i < 1200; i++) microprice.observe(90, 10, 1, 1000);
  assert.equal(microprice.ready, false);
  assert.equal(microprice.adjustment(90, 10, 1), 0);
  const known = learned(60_000, 9);
  assert.equal(known.ready, true);
  assert.equal(known.adjustment(50, 50, 1), 0);
  assert.equal(known.adjustment(95, 5, 1), -known.adjustment(5, 95, 1));
  // each life of the feed stands elsewhere; told of the gap, nothing moved
  const gapped = new Microprice();
  for (let i = 0; i < 3000; i++) {
    gapped.interrupt();
    gapped.observe(90, 10, 1, 1000 + i);
  }
  assert.equal(gapped.ready, false);
});

test('the same market in ticks that are forty times finer has forty times the adjustment', () => {
  const [plain, fine] = [learned(20_000, 5), learned(20_000, 5, 40)];
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const [bid, ask] = [bidOf(bucket), 100 - bidOf(bucket)];
    const wanted = 40 * plain.adjustment(bid, ask, 1);
    assert.ok(Math.abs(fine.adjustment(bid, ask, 40) - wanted) < 1e-6);
  }
});

test('where queues say nothing of heavy-tailed moves, or far less than they seem to, it is hardly ever worse than the mid', () => {
  // `push`: how far the lean decides the side of a move; it outlasts moves, so the chain counts it again and again
  for (const push of [0, 0.15])
    for (const seed of [1, 2, 3]) {
      const random = new Random(seed);
      const microprice = new Microprice();
      let [bid, mid] = [50, 100_000];
      let own = 0;
      let none = 0;
      for (let i = 0; i < 60_000; i++) {
        if (random.chance(0.002)) bid = 1 + random.below(99);
        microprice.observe(bid, 100 - bid, 1, mid);
        if (!random.chance(0.03)) continue;
        const up = random.chance(0.5 + (push * (bid - 50)) / 100);
        const move = (up ? 1 : -1) * Math.ceil(random.exponential(3) ** 2);
        if (microprice.ready) {
          own += (move - microprice.adjustment(bid, 100 - bid, 1)) ** 2;
          none += move ** 2;
        }
        mid += move;
      }
      assert.ok(own < 1.05 * none, `push ${push}, seed ${seed}: ${own / none} of the mid’s`);
    }
});
