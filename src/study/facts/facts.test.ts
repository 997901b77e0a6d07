import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../exchange/random.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import type { Scenario } from '../../exchange/scenarios/scenario.ts';
import type { Bar } from './candles.ts';
import { type CardRow, cardPassed, FACTS, factsFrom, realismCard, type Verdict, verdictOf } from './facts.ts';
import { Observation, type Sighting } from './observation.ts';
import {
  measureRecordings,
  RECORDINGS_FOLDER,
  type Recording,
  recordings,
  recordingsPresent,
  swap,
} from './recordings.ts';
import { type Estimate, intervalsOf, joined } from './resampling.ts';
import { estimate, type Seen, watch } from './simulated.ts';
import { autocorrelation, kurtosis, mean, quantile, tailExponent } from './statistics.ts';

test('the statistics find what is known to be there', () => {
  const random = new Random(1);
  const normal = Array.from({ length: 50_000 }, () => random.normal());
  assert.ok(Math.abs(kurtosis(normal) - 3) < 0.15);
  assert.ok(Math.abs(autocorrelation(normal, 1)) < 0.02);
  const laplace = normal.map(() => random.exponential(1) * (random.chance(0.5) ? 1 : -1));
  assert.ok(Math.abs(kurtosis(laplace) - 6) < 0.7);
  const pareto = normal.map(() => random.pareto(1.5));
  assert.ok(Math.abs(tailExponent(pareto, 0.05) - 1.5) < 0.15);
  let last = 0;
  const remembering = normal.map((noise) => (last = 0.6 * last + noise));
  assert.ok(Math.abs(autocorrelation(remembering, 1) - 0.6) < 0.02);
});

test('a quantile is what stands there when the values are sorted', () => {
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double(), fc.constant(Number.NaN));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const sorted = Float64Array.from(values).sort();
        const expected = sorted[Math.min(values.length - 1, Math.floor(share * values.length))]!;
        // 0 and −0 are one number here
        assert.equal(quantile(values, share) + 0, expected + 0);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a range is what the recordings give: every figure of theirs that counts lies in it, and it ends where theirs end', () => {
  for (const { name, low, high } of FACTS) {
    assert.ok(low <= high, name);
    const speaking = recordings().filter(({ intervals }) => intervals[name] !== undefined);
    assert.ok(speaking.length > 0, name);
    const lowest = Math.min(...speaking.map(({ intervals }) => intervals[name]![0]));
    const highest = Math.max(...speaking.map(({ intervals }) => intervals[name]![1]));
    assert.ok(low >= lowest, `${name}: ${low} is below what any recording gives, ${lowest}`);
    // likeness to the real day's hours has no upper limit
    if (name !== 'day_profile') assert.ok(high <= highest, `${name}: ${high} is above ${highest}`);
  }
  const outside = recordings().flatMap(({ name, figures }) =>
    FACTS.filter(({ name: fact, low, high }) => {
      const figure = figures[fact];
      return figure !== undefined && (figure < low || figure > high);
    }).map((fact) => `${name} ${fact.name}`),
  );
  // queues of other venues and the market of 2020 do not speak of these
  assert.deepEqual(outside.sort(), [
    'btc-2020 orders_per_second',
    'btc-2023 touch_to_behind',
    'btc-2024 touch_to_behind',
    'btcusd-2024 touch_to_behind',
    'eth-2024 touch_to_behind',
  ]);
});

test('resampling knows its error: of a mean of independent draws it is the textbook’s, of one that persists it is larger', () => {
  const random = new Random(5);
  const error = (persistence: number): number => {
    let last = 0;
    const spreads = Array.from({ length: 6001 }, () => {
      last = persistence * last + Math.sqrt(1 - persistence ** 2) * random.normal();
      return last;
    });
    const seen: Sighting = {
      instrument: new Observation(swap('BTC-USDT-SWAP', '0.01', '0.01')).instrument,
      from: 100,
      middles: spreads.map(() => 1),
      spreads,
      changes: [],
      touches: [],
      behind: [],
      spans: [],
      orderAt: [],
      orderSize: [],
      orderSign: [],
    };
    const [low, high] = intervalsOf(seen, (one) => ({ mean: mean(one.spreads) })).mean!;
    return (high - low) / 3.92;
  };
  const independent = error(0);
  assert.ok(independent > 0.6 / Math.sqrt(6000) && independent < 1.4 / Math.sqrt(6000), `${independent}`);
  // a tenth of a second to the next, persistence 0.98: a hundred times fewer independent ones
  const persistent = error(0.98);
  assert.ok(persistent > 5 / Math.sqrt(6000) && persistent < 15 / Math.sqrt(6000), `${persistent}`);
});

test('a recording put together anew is as long, goes on where it stopped, and keeps each order in its second', () => {
  const seconds = 40;
  const middles = Array.from({ length: seconds * 10 + 1 }, (_, i) => 1000 + i);
  const seen: Sighting = {
    instrument: new Observation(swap('BTC-USDT-SWAP', '0.01', '0.01')).instrument,
    from: 5000,
    middles,
    spreads: middles.map((_, i) => i),
    changes: [],
    touches: [],
    behind: [],
    spans: [],
    orderAt: Array.from({ length: seconds }, (_, i) => 5000 + i * 1000 + 500),
    orderSize: Array.from({ length: seconds }, (_, i) => i),
    orderSign: Array.from({ length: seconds }, () => 1),
  };
  const again = joined(seen, [30, 0, 30, 10], 10, seconds);
  assert.equal(again.middles.length, middles.length);
  assert.deepEqual(again.orderSize.slice(0, 12), [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 0, 1]);
  assert.deepEqual(again.orderAt, seen.orderAt);
  for (let i = 1; i < again.middles.length; i++)
    assert.ok(Math.abs(again.middles[i]! / again.middles[i - 1]! - 1) < 0.0011, 'no jump at a seam');
});

test('the kept figures are those of the recordings', {
  skip: recordingsPresent ? false : 'the recordings are not on this machine',
}, async () => {
  const again = await measureRecordings(RECORDINGS_FOLDER, false);
  const withoutIntervals = (list: readonly Recording[]) =>
    list.map(({ intervals: _, halves, ...rest }) => ({
      ...rest,
      halves: halves?.map(({ figures }) => figures),
    }));
  assert.deepEqual(withoutIntervals(again), withoutIntervals(recordings()));
  // bars are cut into their days, which takes no time
  const bars = (list: readonly Recording[]): readonly Recording[] =>
    list.filter(({ intervals }) => intervals.day_shape !== undefined);
  assert.ok(bars(again).length === 4);
  assert.deepEqual(bars(again), bars(recordings()));
});

const btcLike = loadScenario('btc-like');
const seenOf = (seed: number, scenario: Scenario, minutes: number): Seen =>
  watch(seed, scenario, 'BTC-USDT-SWAP', minutes);
const namesOf = (seen: Seen, which: Verdict): string[] =>
  realismCard(estimate(seen), [])
    .filter(({ verdict }) => verdict === which)
    .map(({ fact }) => fact.name);
const ordinary = seenOf(1001, btcLike, 30);

test('the btc-like market passes its card, seed by seed', () => {
  for (const seen of [ordinary, seenOf(1002, btcLike, 30)]) {
    const card = realismCard(estimate(seen), []);
    const told = card
      .filter(({ verdict }) => verdict !== 'ok')
      .map(({ fact, verdict, simulated }) => `${verdict} ${fact.name} ${simulated}`);
    assert.ok(cardPassed(card) && told.length <= 2, told.join(', '));
  }
});

test('a figure fails when chance is no excuse for where it lies, and amounts are compared by ratio', () => {
  const fact = { low: 1, high: 2, byRatio: false };
  assert.equal(verdictOf(fact, 1, [0.9, 1.1]), 'ok');
  // 1.96 deviations are 0.1
  assert.equal(verdictOf(fact, 2.2, [2.1, 2.3]), 'chance');
  assert.equal(verdictOf(fact, 2.21, [2.11, 2.31]), 'FAIL');
  assert.equal(verdictOf(fact, 0.8, [0.7, 0.9]), 'chance');
  assert.equal(verdictOf(fact, 0.79, [0.69, 0.89]), 'FAIL');
  assert.equal(verdictOf(fact, 2.001, [2.001, 2.001]), 'FAIL');
  // four times what it may be, and chance halves or doubles it: 4 deviations of a ratio are 4.1 times
  const amount = { ...fact, byRatio: true };
  assert.equal(verdictOf(amount, 8, [4, 16]), 'chance');
  assert.equal(verdictOf(amount, 8.5, [4.25, 17]), 'FAIL');
  assert.equal(verdictOf(fact, Number.NaN, [1, 2]), 'short');
  assert.equal(verdictOf(fact, undefined, undefined), 'short');
});

test('a card holds with four facts that plead chance and not with five, nor with one that fails or cannot be said', () => {
  const card = (...verdicts: Verdict[]): CardRow[] =>
    FACTS.map((fact, i) => ({
      fact,
      simulated: 1,
      interval: [1, 1],
      verdict: verdicts[i] ?? 'ok',
      real: {},
    }));
  const pleas = (count: number): Verdict[] => new Array<Verdict>(count).fill('chance');
  assert.ok(cardPassed(card()));
  assert.ok(cardPassed(card(...pleas(4))));
  assert.ok(!cardPassed(card(...pleas(5))));
  assert.ok(!cardPassed(card(...pleas(FACTS.length))));
  assert.ok(!cardPassed(card('FAIL')));
  assert.ok(!cardPassed(card('short')));
});

test('a second recording of the same market passes: each half of each recording, where the other half speaks', () => {
  let asked = 0;
  let outside = 0;
  for (const recording of recordings()) {
    if (recording.halves === undefined) continue;
    for (const [one, other] of [recording.halves, recording.halves.toReversed()] as [Estimate, Estimate][]) {
      const half = { ...recording, ...one };
      // queues of other venues do not speak of all
      const spoken = new Set(factsFrom([half]).map(({ name }) => name));
      const verdictsBy = (speaking: readonly Recording[]): Verdict[] =>
        factsFrom(speaking)
          .filter(({ name }) => spoken.has(name))
          .map((fact) => verdictOf(fact, other.figures[fact.name], other.intervals[fact.name]));
      // alone: nothing fails, though one figure in five lies outside what minutes of the same market gave
      const alone = verdictsBy([half]);
      assert.ok(!alone.includes('FAIL'), recording.name);
      asked += alone.length;
      outside += alone.filter((verdict) => verdict === 'chance').length;
      // among the other recordings, as the card has it
      const among = verdictsBy(recordings().map((each) => (each.name === recording.name ? half : each)));
      assert.ok(!among.includes('FAIL'), recording.name);
      assert.ok(among.filter((verdict) => verdict === 'chance').length <= 4, `${recording.name}: ${among}`);
    }
  }
  assert.ok(asked > 250 && outside > 40 && outside < 70, `${outside} of ${asked}`);
});

/** The same run with one property taken away; everything that is not named stays as it was. */
const SHAMS: readonly (readonly [
  what: string,
  sham: (seen: Seen, random: Random) => Seen,
  fails: readonly string[],
])[] = [
  [
    'orders that know nothing of each other: signs by the coin, at any time, of sizes without a tail',
    ({ sighting, ...rest }, random) => {
      const { orderAt } = sighting;
      const from = orderAt[0]!;
      const span = orderAt.at(-1)! - from;
      return {
        ...rest,
        sighting: {
          ...sighting,
          orderAt: orderAt
            .map(() => from + Math.floor(random.uniform() * span))
            .sort((one, two) => one - two),
          orderSign: orderAt.map(() => (random.chance(0.5) ? 1 : -1)),
          orderSize: orderAt.map(() => Math.ceil(random.exponential(1000))),
        },
      };
    },
    [
      'sign_memory_1',
      'burstiness',
      'size_tail',
      'size_p99_to_median',
      'flow_r2_same_1s',
      'volume_volatility_1s',
    ],
  ],
  [
    'Gaussian returns',
    ({ sighting, ...rest }, random) => {
      const { middles } = sighting;
      const moves = middles.slice(1).map((middle, i) => Math.log(middle / middles[i]!));
      const deviation = Math.sqrt(mean(moves.map((move) => move * move)));
      const walk = new Array<number>(middles.length).fill(Math.log(middles[0]!));
      for (let i = 1; i < walk.length; i++) walk[i] = walk[i - 1]! + deviation * random.normal();
      return {
        ...rest,
        sighting: {
          ...sighting,
          middles: walk.map(Math.exp),
        },
      };
    },
    ['kurtosis_1s', 'move_1s_median', 'flow_r2_same_1s', 'volume_volatility_1s'],
  ],
  [
    'a book as deep behind the best price as at it, that stands still',
    ({ sighting, ...rest }) => ({
      ...rest,
      sighting: {
        ...sighting,
        behind: sighting.behind.map((_, i) => sighting.touches[i % sighting.touches.length]!),
        spans: sighting.spans.map(() => 49),
        changes: sighting.changes.map(() => 1),
        spreads: sighting.spreads.map(() => 2),
      },
    }),
    [
      'touch_to_behind',
      'span_50_levels',
      'level_changes_median',
      'level_changes_p90',
      'spread_median',
      'spread_p90',
      'spread_mean',
    ],
  ],
  [
    'minutes that forget each other, on a day whose hours are those of the other side of the earth',
    ({ sighting, minutes, hours }, random) => ({
      // its book and trades are not asked about
      sighting: joined(sighting, [0], 120, 30 * 60),
      minutes: mixed(minutes, random),
      hours: hours.map((bar) => ({ ...bar, openAt: bar.openAt + 12 * 3_600_000 })),
    }),
    ['bar_volatility_memory_1m', 'day_profile'],
  ],
];

/** The same bars in any order. */
function mixed(bars: readonly Bar[], random: Random): Bar[] {
  const left = [...bars];
  return bars.map(({ openAt }) => ({ ...left.splice(random.below(left.length), 1)[0]!, openAt }));
}

for (const [what, sham, fails] of SHAMS)
  test(`the card is no rubber stamp: ${what}`, () => {
    const failed = namesOf(sham(ordinary, new Random(8)), 'FAIL');
    for (const name of fails)
      assert.ok(failed.includes(name), `${name} does not fail; ${failed.join(', ')} do`);
  });

test('nor for markets of our own that are not like Bitcoin', () => {
  assert.ok(namesOf(seenOf(1, loadScenario('volatile'), 15), 'FAIL').includes('move_10s_median'));
  const thin = watch(1, loadScenario('thin-alt'), 'ETH-USDT-SWAP', 15);
  assert.ok(namesOf(thin, 'FAIL').includes('spread_median'));
});
