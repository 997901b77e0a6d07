import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../exchange/random.ts';
import { bucketsOf, calibration } from './calibration.ts';

const seed = 20261122;
const quick = { resamples: 200, seed };

/** Of `count` entries; `chance` says how probable the target really is where `p` is said. */
function said(count: number, chance: (p: number) => number, random: Random) {
  const confidence: number[] = [];
  const reached: number[] = [];
  for (let i = 0; i < count; i++) {
    confidence.push(random.uniform());
    reached.push(random.chance(chance(confidence[i]!)) ? 1 : 0);
  }
  const returnBp = reached.map((hit) => (hit === 1 ? 10 : -10));
  return { confidence, reached, returnBp, part: reached.map((_, i) => Math.floor(i / 50)) };
}

test('Brier score, log loss and calibration error are what their definitions give', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean()), { minLength: 100, maxLength: 160 }),
      (entries) => {
        const confidence = entries.map(([step]) => step / 20);
        const reached = entries.map(([, hit]) => (hit ? 1 : 0));
        const of = calibration(
          { confidence, reached, returnBp: reached, part: reached.map(() => 0) },
          { resamples: 1, seed },
        );
        const mean = (values: number[]): number =>
          values.reduce((sum, each) => sum + each, 0) / values.length;
        const brier = mean(entries.map((_, i) => (confidence[i]! - reached[i]!) ** 2));
        assert.ok(Math.abs(of.brier.value! - brier) < 1e-12);
        const loss = mean(
          entries.map((_, i) => {
            const given = reached[i] === 1 ? confidence[i]! : 1 - confidence[i]!;
            return -Math.log(Math.min(1 - 1e-6, Math.max(1e-6, given)));
          }),
        );
        assert.ok(Math.abs(of.logLoss.value! - loss) < 1e-9);
        const buckets = bucketsOf(confidence);
        let error = 0;
        for (const bucket of new Set(buckets)) {
          const own = confidence.map((_, i) => i).filter((i) => buckets[i] === bucket);
          error +=
            (own.length / confidence.length) *
            Math.abs(mean(own.map((i) => confidence[i]!)) - mean(own.map((i) => reached[i]!)));
        }
        assert.ok(Math.abs(of.error.value! - error) < 1e-12);
        assert.equal(
          of.buckets.reduce((sum, { count }) => sum + count, 0),
          entries.length,
        );
        assert.ok(Math.abs(of.edgeBp.value! - of.baseRate.value!) < 1e-12);
      },
    ),
    { seed, numRuns: 200 },
  );
});

test('ten buckets of equal count; equal confidences are never parted', () => {
  const random = new Random(seed);
  const counts = new Array<number>(10).fill(0);
  for (const bucket of bucketsOf(Array.from({ length: 1000 }, () => random.uniform()))) counts[bucket]! += 1;
  assert.deepEqual(counts, new Array<number>(10).fill(100));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 80 }), (values) => {
      const buckets = bucketsOf(values);
      for (let i = 0; i < values.length; i++)
        for (let j = 0; j < i; j++) {
          if (values[i] === values[j]) assert.equal(buckets[i], buckets[j]);
          if (values[i]! < values[j]!) assert.ok(buckets[i]! <= buckets[j]!);
        }
      const used = new Set(buckets);
      assert.equal(Math.max(...used), used.size - 1, 'none is empty');
    }),
    { seed, numRuns: 300 },
  );
});

test('a calibrated confidence: error as small as chance makes it, every bucket’s interval about its confidence', () => {
  const of = calibration(
    said(20_000, (p) => p, new Random(seed, 1)),
    quick,
  );
  assert.ok(of.error.value! < 2 * of.errorByChance!, `${of.error.value} by chance ${of.errorByChance}`);
  const held = of.buckets.filter(
    ({ confidence, reached }) => reached.low! <= confidence && reached.high! >= confidence,
  );
  assert.ok(held.length >= 8, `${held.length} of 10`);
  // E(p−y)² of uniform p is 1/6, of the base rate 1/4, of confidences put elsewhere 1/3
  assert.ok(Math.abs(of.brier.value! - 1 / 6) < 0.005, `${of.brier.value}`);
  assert.ok(Math.abs(of.brierOfBaseRate.value! - 1 / 4) < 0.002);
  assert.ok(Math.abs(of.brierShuffled.value! - 1 / 3) < 0.005);
  const gain = of.brierOfBaseRate.value! - of.brier.value!;
  assert.ok(Math.abs(of.brierGain.value! - gain) < 1e-12 && of.brierGain.low! > 0);
  assert.ok(of.logLoss.value! < of.logLossOfBaseRate.value!);
  // of the surest tenth 95 % reach it: 10 · (0.95 − 0.05)
  assert.ok(Math.abs(of.surestEdgeBp.value! - 9) < 0.35, `${of.surestEdgeBp.value}`);
  assert.ok(of.surestEdgeBp.value! > of.surestByChance!.high);
});

test('a confidence that shouts: its error is found', () => {
  const of = calibration(
    said(20_000, (p) => 0.5 + (p - 0.5) / 3, new Random(seed, 2)),
    quick,
  );
  // the mean of |p − 0.5| · 2/3 over uniform p
  assert.ok(Math.abs(of.error.value! - 1 / 6) < 0.01, `${of.error.value}`);
  assert.ok(of.error.low! > of.errorByChance!);
});

test('a confidence that knows nothing: no better than put to other moments, its surest no better than chance', () => {
  const of = calibration(
    said(10_000, () => 0.4, new Random(seed, 4)),
    quick,
  );
  assert.ok(Math.abs(of.brier.value! - of.brierShuffled.value!) < 0.005);
  assert.ok(of.brier.value! > of.brierOfBaseRate.value! && of.brierGain.high! < 0);
  const { low, high } = of.surestByChance!;
  assert.ok(of.surestEdgeBp.value! >= low && of.surestEdgeBp.value! <= high);
});

test('costs and what would be traded are counted as they are', () => {
  const all = said(1000, (p) => p, new Random(seed, 5));
  const costBp = all.returnBp.map((_, i) => 3 + (i % 2));
  const acts = Array.from(all.confidence, (p) => p > 0.8);
  const of = calibration({ ...all, costBp, acts }, quick);
  const traded = costBp.map((_, i) => i).filter((i) => acts[i]);
  assert.equal(of.acted, traded.length);
  const net = traded.reduce((sum, i) => sum + all.returnBp[i]! - costBp[i]!, 0) / traded.length;
  assert.ok(Math.abs(of.actedNetBp.value! - net) < 1e-9);
  for (const { edgeBp, netBp, costBp: cost } of of.buckets)
    assert.ok(Math.abs(edgeBp.value! - netBp.value! - cost) < 1e-9 && cost >= 3 && cost <= 4);
  const idle = calibration(all, quick);
  assert.deepEqual([idle.acted, idle.actedNetBp.value], [0, null]);
});

test('too few entries are said', () => {
  const of = calibration({ confidence: [0.5], reached: [1], returnBp: [1], part: [0] });
  assert.match(of.error.why, /not enough: 1 entries/);
  assert.deepEqual(of.buckets, []);
});

test('confidences have no other moments where an instrument has few stretches', () => {
  const all = said(1000, (p) => p, new Random(seed, 6));
  for (const stretches of [1, 3]) {
    const of = calibration({ ...all, part: all.part.map((part) => Math.min(part, stretches - 1)) }, quick);
    assert.equal(of.brierShuffled.value, null, `${stretches} stretches`);
    assert.match(of.brierShuffled.why, /too short a tape/);
    assert.equal(of.surestByChance, null);
  }
  // of two instruments one has a single stretch: at its own moment it would be its own rival
  const instrument = all.part.map((part, i) => (part === 0 && i % 2 === 0 ? 1 : 0));
  assert.equal(calibration({ ...all, instrument }, quick).brierShuffled.value, null);
});

test('what differs between instruments alone beats the base rate of all, and nothing else', () => {
  const random = new Random(seed, 7);
  const instrument = Array.from({ length: 8000 }, (_, i) => i % 2);
  const confidence = instrument.map((one) => (one === 0 ? 0.2 : 0.6));
  const reached = confidence.map((p) => (random.chance(p) ? 1 : 0));
  const part = instrument.map((_, i) => Math.floor(i / 200));
  const of = calibration(
    { confidence, reached, returnBp: reached, part, instrument, odds: reached.map(() => 0.3) },
    quick,
  );
  // p(1 − p) of 0.2 and of 0.6, against 0.4 said of both
  assert.ok(Math.abs(of.brierOfOwnBaseRate.value! - 0.2) < 0.006, `${of.brierOfOwnBaseRate.value}`);
  assert.ok(Math.abs(of.brierOfBaseRate.value! - 0.24) < 0.006);
  assert.ok(of.brierGain.low! > 0);
  assert.ok(of.brier.value! >= of.brierOfOwnBaseRate.value!);
  // put elsewhere within the instrument it is what it was
  assert.ok(Math.abs(of.brierShuffled.value! - of.brier.value!) < 1e-12);
  // 0.3 where 0.4 is right: 0.24 + 0.1²
  assert.ok(Math.abs(of.brierOfOdds.value! - 0.25) < 0.006, `${of.brierOfOdds.value}`);
  assert.ok(Math.abs(of.errorOfOdds.value! - 0.1) < 0.02);
  assert.match(
    calibration({ confidence, reached, returnBp: reached, part }, quick).brierOfOdds.why,
    /nothing else/,
  );
});
