import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import type { Finding } from '../../core/brain/finding.ts';
import { us } from '../../core/units.ts';
import type { Label, LabelKind } from '../../exchange/scenarios/label.ts';
import { type Candidate, Findings, foundAt } from './findings.ts';
import { grade } from './grade.ts';
import { type MatchRule, match } from './match.ts';

const seed = 20261122;
/** ms. */
const START = 1_800_000_000_000;

const rule: MatchRule = {
  wanted: ['spoof_wall', 'spoof_layering'],
  innocent: ['honest_large_order', 'requoting_maker'],
  ignored: ['iceberg_native'],
  toleranceTicks: 1,
  graceMs: 1000,
  slackMs: 100,
  mergeMs: 0,
};
const span = { from: us(START * 1000), to: us((START + 3_600_000) * 1000) };

const labelOf = (from: number, to: number, price: number, more: Partial<Label> = {}): Label => ({
  kind: 'spoof_wall',
  instrument: 'X',
  from: START + from,
  to: START + to,
  side: 'buy',
  prices: [price],
  size: 10,
  orders: [],
  trades: [],
  participant: 'p',
  parameters: {},
  ...more,
});

/** `told`: ms after the start and the likelihood then. */
function candidates(
  ...list: { side?: BookSide; low: number; high?: number; since?: number; told: [number, number][] }[]
): Candidate[] {
  const findings = new Findings();
  list.forEach(({ side = BID, low, high = low, since, told }, i) => {
    for (const [at, likelihood] of told)
      findings.take({
        ...{ kind: 'spoof', id: i + 1, pattern: 'wall', side, low, high, size: 5, likelihood },
        since: us((START + (since ?? told[0]![0])) * 1000),
        at: us((START + at) * 1000),
      } satisfies Finding);
  });
  return findings.all();
}
const verdicts = (found: readonly Candidate[], labels: readonly Label[]): string[] =>
  match(found, labels, rule, span).alarms.map(({ verdict }) => verdict);

test('a candidate is the most that was said, found when it was first said so surely', () => {
  const [one] = candidates({
    low: 5,
    told: [
      [0, 0.2],
      [100, 0.6],
      [200, 0.6],
      [300, 0.9],
    ],
  });
  assert.equal(one!.likelihood, 0.9);
  assert.equal(one!.told.length, 3);
  assert.equal(foundAt(one!.told, 0.5), (START + 100) * 1000);
  assert.equal(foundAt(one!.told, 0.95), null);
  assert.equal(one!.until, (START + 300) * 1000);
});

test('side, price and time must agree: at the edge of each it still does', () => {
  const label = [labelOf(1000, 2000, 100)];
  const of = (low: number, at: number, side: BookSide = BID): string =>
    verdicts(candidates({ low, side, told: [[at, 0.5]] }), label)[0]!;
  assert.equal(of(100, 1500), 'hit');
  assert.equal(of(101, 1500), 'hit');
  assert.equal(of(99, 1500), 'hit');
  assert.equal(of(102, 1500), 'false');
  assert.equal(of(100, 1500, ASK), 'false');
  assert.equal(of(100, 900), 'hit');
  assert.equal(of(100, 899), 'false');
  assert.equal(of(100, 3000), 'hit');
  assert.equal(of(100, 3001), 'false');
});

test('a finding wider than its label by far names no place: it is of none', () => {
  const wall = [labelOf(0, 2000, 500)];
  const of = (width: number, label: readonly Label[]): string =>
    verdicts(candidates({ low: 500 - width, high: 500, told: [[100, 0.5]] }), label)[0]!;
  // 2 × (span + tolerance) + 10
  assert.equal(of(12, wall), 'hit');
  assert.equal(of(13, wall), 'false');
  const layers = [labelOf(0, 2000, 0, { prices: [348, 500] })];
  assert.equal(of(316, layers), 'hit');
  assert.equal(of(317, layers), 'false');
  const ignored = [labelOf(0, 2000, 500, { kind: 'iceberg_native' })];
  assert.deepEqual(
    [verdicts(candidates({ low: 500, told: [[100, 0.5]] }), ignored), of(1e6, ignored)],
    [[], 'false'],
  );
});

test('a place counts from when something stood there', () => {
  const order = { id: 1, role: 'decoy', side: 'buy', size: 1, traded: 0, ended: 'canceled' } as const;
  const moving = labelOf(0, 10_000, 0, {
    orders: [
      { ...order, price: 100, from: START, to: START + 5000 },
      { ...order, price: 200, from: START + 5000, to: START + 10_000 },
      { ...order, role: 'genuine', side: 'sell', price: 300, from: START, to: START + 10_000 },
    ],
  });
  const of = (low: number, at: number, side: BookSide = BID): string =>
    verdicts(candidates({ low, side, told: [[at, 0.5]] }), [moving])[0]!;
  assert.equal(of(200, 6000), 'hit');
  assert.equal(of(200, 1000), 'false');
  assert.equal(of(300, 6000, ASK), 'false');
});

test('what was held likely all along was not found by the label', () => {
  const label = [labelOf(1000, 2000, 100)];
  const early = candidates({
    low: 100,
    told: [
      [0, 0.9],
      [1500, 0.9],
    ],
  });
  assert.deepEqual(verdicts(early, label), ['false']);
  const surer = candidates({
    low: 100,
    told: [
      [0, 0.5],
      [1500, 0.9],
    ],
  });
  assert.deepEqual(verdicts(surer, label), ['hit']);
});

test('who is sure only after the grace was no surer for it: a hit of what was said in time, a false alarm of the rest', () => {
  const label = [labelOf(1000, 2000, 100)];
  const late = candidates({
    low: 100,
    told: [
      [1500, 0.001],
      [2500, 0.2],
      [600_000, 0.99],
    ],
  });
  const matched = match(late, label, rule, span);
  assert.deepEqual(
    matched.alarms.map(({ verdict, likelihood }) => [verdict, likelihood]),
    [
      ['false', 0.99],
      ['hit', 0.2],
    ],
  );
  const { fixed } = grade([matched], { threshold: 0.9 });
  assert.deepEqual([fixed!.recall.value, fixed!.precision.value], [0, 0]);
  assert.equal(foundAt(matched.alarms[1]!.told, 0.9), null);
});

test('several findings of one label are one hit, the surest; the others count neither way', () => {
  const label = [labelOf(0, 5000, 100, { prices: [100, 110, 120] })];
  const found = candidates(
    { low: 100, told: [[1000, 0.4]] },
    { low: 110, told: [[2000, 0.8]] },
    { low: 120, told: [[3000, 0.6]] },
  );
  assert.deepEqual(verdicts(found, label), ['hit', 'again', 'again']);
  const grades = grade([match(found, label, rule, span)]);
  assert.equal(grades.prAuc.value, 1);
  assert.equal(grades.budgets[0]!.delayMedianMs.value, 2000);
  const { fixed } = grade([match(found, label, rule, span)], { threshold: 0.5 });
  assert.deepEqual([fixed!.precision.value, fixed!.precisionWithRepeats.value], [1, 0.5]);
  assert.ok(Math.abs(fixed!.repeatsPerHour.value! - 1) < 1e-9);
});

test('alarms that overlap in time and place are one, found when the first of them was', () => {
  const found = candidates(
    {
      low: 100,
      told: [
        [0, 0.3],
        [3000, 0.5],
      ],
    },
    { low: 101, told: [[2000, 0.9]] },
    { low: 101, told: [[4000, 0.2]] },
    { low: 101, side: ASK, told: [[2000, 0.1]] },
  );
  const { alarms } = match(found, [], rule, span);
  assert.deepEqual(
    alarms.map(({ likelihood }) => likelihood),
    [0.9, 0.2, 0.1],
  );
  assert.equal(foundAt(alarms[0]!.told, 0.3), START * 1000);
});

test('false alarms at look-alikes are told by kind; at what is ignored they are none', () => {
  const labels = [
    labelOf(0, 1000, 500, { kind: 'honest_large_order' }),
    labelOf(0, 1000, 600, { kind: 'iceberg_native' }),
    labelOf(0, 1000, 700, { kind: 'honest_large_order' }),
  ];
  const found = candidates({ low: 500, told: [[500, 0.7]] }, { low: 600, told: [[500, 0.7]] });
  const matched = match(found, labels, rule, span);
  assert.deepEqual(
    matched.alarms.map(({ verdict, innocent }) => [verdict, innocent]),
    [['false', 0]],
  );
  const grades = grade([matched], { threshold: 0.5 });
  assert.deepEqual(
    grades.lookAlikes.map(({ kind, labels: count, found: mistaken }) => [kind, count, mistaken]),
    [['honest_large_order', 2, 1]],
  );
  assert.equal(grades.prAuc.value, null);
  assert.match(grades.prAuc.why, /nothing/);
});

test('what the ends of the recording cut in two, and what nobody could find, counts neither way', () => {
  const labels = [
    labelOf(-500, 1000, 500),
    labelOf(0, 1000, 600, { parameters: { complete: false } }),
    labelOf(0, 1000, 700, { size: 1 }),
    labelOf(0, 1000, 800),
  ];
  const found = candidates(
    ...[500, 600, 700, 800].map((low) => ({ low, told: [[500, 0.7]] as [number, number][] })),
  );
  const hopeless = { why: 'too small', is: ({ size }: Label) => size === 1 };
  const matched = match(found, labels, { ...rule, hopeless }, span);
  assert.deepEqual(
    matched.alarms.map(({ verdict, candidate }) => [verdict, candidate.low]),
    [['hit', 800]],
  );
  assert.equal(matched.wanted.length, 1);
});

test('none found of fifty is no proof that none can be: the interval is that of the exact binomial', () => {
  const labels = Array.from({ length: 50 }, (_, i) => labelOf(i * 1000, i * 1000 + 500, 100));
  const none = candidates({ low: 900, told: [[100, 0.9]] });
  const { fixed } = grade([match(none, labels, rule, span)], { threshold: 0.5 });
  const { value, low, high } = fixed!.recall;
  assert.deepEqual([value, low], [0, 0]);
  // the chance of none in fifty where so many can be found is 2.5 %
  assert.ok(Math.abs((1 - high!) ** 50 - 0.025) < 1e-9, `${high}`);
  const all = candidates(
    ...labels.map((_, i) => ({ low: 100, told: [[i * 1000 + 10, 0.9]] as [number, number][] })),
  );
  const { recall } = grade([match(all, labels, rule, span)], { threshold: 0.5 }).fixed!;
  assert.ok(recall.value === 1 && recall.high === 1 && Math.abs(recall.low! ** 50 - 0.025) < 1e-9);
});

const anyLabel = fc
  .tuple(
    fc.integer({ min: 0, max: 60_000 }),
    fc.integer({ min: 0, max: 5000 }),
    fc.integer({ min: 100, max: 110 }),
    fc.constantFrom<LabelKind>('spoof_wall', 'spoof_layering', 'honest_large_order', 'iceberg_native'),
  )
  .map(([from, length, price, kind]) => labelOf(from, from + length, price, { kind }));
const anyCandidate = fc.record({
  side: fc.constantFrom<BookSide>(BID, BID, ASK),
  low: fc.integer({ min: 100, max: 110 }),
  since: fc.integer({ min: 0, max: 60_000 }),
  told: fc
    .array(fc.tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 8 })), {
      minLength: 1,
      maxLength: 3,
    })
    .map((steps) => steps.sort((a, b) => a[0] - b[0])),
});

test('the curve is the matching made anew at every threshold', () => {
  fc.assert(
    fc.property(
      fc.array(anyLabel, { maxLength: 12 }),
      fc.array(anyCandidate, { maxLength: 30 }),
      (labels, list) => {
        const all = candidates(
          ...list.map(({ since, told, ...rest }) => ({
            ...rest,
            since,
            told: told.map(([after, step]): [number, number] => [since + after, step / 8]),
          })),
        );
        const whole = match(all, labels, rule, span);
        const wanted = labels.filter(({ kind }) => rule.wanted.includes(kind)).length;
        const { curve } = grade([whole], { drawing: { resamples: 1, seed } });
        for (const { threshold, hits, falses, recall } of curve) {
          const above = all
            .filter(({ likelihood }) => likelihood >= threshold)
            .map((each) => ({ ...each, told: each.told.filter((one) => one.likelihood >= threshold) }));
          const { alarms } = match(above, labels, rule, span);
          const count = (wantedVerdict: string): number =>
            alarms.filter(({ verdict }) => verdict === wantedVerdict).length;
          assert.equal(hits, count('hit'));
          assert.equal(falses, count('false'));
          if (wanted > 0) assert.equal(recall, hits / wanted);
          assert.ok(hits <= wanted);
        }
      },
    ),
    { seed, numRuns: 500 },
  );
});
