import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import type { OrderBook } from '../../core/book/order-book.ts';
import type { Brain } from '../../core/brain/brain.ts';
import type { Instrument } from '../../core/instrument.ts';
import { us } from '../../core/units.ts';
import { Random } from '../../exchange/random.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { BROKE, HELD, NOT_REACHED } from '../exits/levels-hold.ts';
import { SIMULATED_FROM } from '../simulate.ts';
import { areaUnderCurve } from './flow.ts';
import { Levels } from './level-grades.ts';
import { type Fate, LevelTrack } from './level-track.ts';
import { gradeLiquidity } from './liquidity.ts';
import type { Parted } from './parts.ts';
import { type PlayedMarket, play, simulationSource } from './play.ts';
import type { GradingContext } from './section.ts';
import { parting, Trail } from './trail.ts';
import { Withdrawals } from './withdrawal-grades.ts';
import { type Cell, SHARES } from './withdrawal-track.ts';

const seed = 20261122;
const brain = brainConfig(loadSettings(undefined).brain);
const context: GradingContext = {
  brain,
  ...{ feesBp: 10, barMs: 60_000, atrPeriod: 14, seed, barriersAsked: false, confidenceThreshold: 0.6 },
  barriers: { unit: 'bp', target: 5, stop: 5, limitMs: 60_000 },
};
const market = (minutes: number) =>
  simulationSource(
    {
      ...{ seed: 45, scenario: loadScenario('quiet'), symbols: ['BTC-USDT-SWAP'], feed: 'books' },
      from: SIMULATED_FROM,
    },
    minutes,
    () => undefined,
  );

test('withdrawals laid over a tape are seen, the depth of five sees less of them, and what is played stays as it is', () => {
  const grader = gradeLiquidity(context);
  const [alone, watched] = [new Trail(), new Trail()];
  play(market(12), brain, () => [alone]);
  grader.played(
    play(market(12), brain, (instrument, book) => [watched, ...grader.watch(instrument, book)]),
    null,
  );
  const { frames, different } = parting(alone, watched, Number.POSITIVE_INFINITY);
  assert.ok(frames > 7000 && different === 0, 'the withdrawals are in books of their own');
  const { figures, tables, notes } = grader.section()!;
  assert.ok(notes.some((note) => note.includes('for levels of 5 minutes')));
  const rows = tables[0]!.rows;
  const count = rows.slice(0, 3).reduce((sum, row) => sum + (row[2] as number), 0);
  // one in 20 s, from the second minute on
  assert.ok(count > 20 && count < 45, `${count} laid over`);
  for (const share of SHARES) {
    const found = figures.find(({ name }) => name === `a side withdrawn at once by ${100 * share} %: AUC`)!;
    assert.ok(found.figure.value! > 0.9, `${found.name} ${found.figure.value}`);
    assert.ok(share === 0.8 || found.figure.value! > found.rivals[0]!.figure.value! + 0.05);
  }
  const delay = figures.find(({ name }) => name.includes('median delay'))!.figure.value!;
  assert.ok(delay >= 0 && delay < 300, `${delay} ms`);
});

const cell = fc.record({
  part: fc.integer({ min: 0, max: 9 }),
  share: fc.constantFrom(0, 0, 0, ...SHARES),
  own: fc.integer({ min: 0, max: 12 }),
  rival: fc.integer({ min: -3, max: 3 }),
});
const cellsOf = (
  made: readonly { part: number; share: number; own: number; rival: number }[],
): Parted<Cell>[] =>
  made.map((each, i) => ({
    ...{ ...each, at: i },
    ownRises: [{ score: each.own, after: 0 }],
    rivalRises: [{ score: each.rival, after: 0 }],
  }));

test('the area is that of ranks, whatever the stretches; the recall keeps the budget of false alarms', () => {
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 80 }), fc.constantFrom(...SHARES), (made, share) => {
      const cells = cellsOf(made);
      const grades = new Withdrawals(cells, 10);
      const asked = cells.filter((each) => each.share === 0 || each.share === share);
      for (const voice of ['own', 'rival'] as const) {
        const ranks = areaUnderCurve(
          asked.map((each) => each[voice]),
          asked.map((each) => each.share > 0),
        );
        const { value } = grades.area(voice, share);
        if (Number.isNaN(ranks)) assert.equal(value, null);
        else assert.ok(Math.abs(value! - ranks) < 1e-12);
      }
    }),
    { seed },
  );
  // an hour of one side with 20 loud seconds: twelve of them are allowed
  const ordinary = Array.from({ length: 3600 }, (_, i) => ({ part: i % 10, share: 0, own: 0, rival: i }));
  for (let i = 0; i < 20; i++) ordinary[i * 7]!.own = 10 + i;
  const begun = [5, 17.5, 30].map((own) => ({ part: 0, share: 0.5, own, rival: 0 }));
  const { figure, rivals } = new Withdrawals(cellsOf([...ordinary, ...begun]), 10).figures()[4]!;
  assert.equal(figure.value, 2 / 3, 'what lies above the 13th loudest');
  assert.equal(rivals[0]!.figure.value, 0);
});

test('levels at which the price turns hold, and those by chance do not', () => {
  const track = new LevelTrack();
  // up and down between 100,000 and 100,300 within 100 s, the levels at the turns told all the time
  for (let i = 0; i < 36_000; i++) {
    const phase = (i % 1000) / 500;
    const bid = 100_000 + Math.round(300 * (phase < 1 ? phase : 2 - phase));
    const level = (price: number) => ({ strongest: () => ({ price, size: 1, ageSeconds: 60 }) });
    track.frame(
      { liquidity: { bids: level(100_000), asks: level(100_301) } } as unknown as Brain,
      { valid: true, twoSided: true, bestBid: bid, bestAsk: bid + 1 } as OrderBook,
      us(1e9 + i * 100_000),
    );
  }
  const fates = track.fates(new Random(1)).map((fate) => ({ ...fate, part: 0 }));
  assert.ok(fates.length > 1000);
  const [told, gain] = new Levels(fates, 1).figures();
  assert.equal(told!.figure.value, 1);
  assert.ok(told!.rivals[0]!.figure.value! < 0.6, `by chance ${told!.rivals[0]!.figure.value}`);
  assert.equal(gain!.figure.value, 1 - told!.rivals[0]!.figure.value!);
});

test('a level is asked for nothing that lies beyond a hole in the tape, or in the minutes before its own', () => {
  const frame = (track: LevelTrack, i: number): void =>
    track.frame(
      {
        liquidity: {
          bids: { strongest: () => ({ price: 99_000, size: 1, ageSeconds: 1 }) },
          asks: { strongest: () => null },
        },
      } as unknown as Brain,
      { valid: true, twoSided: true, bestBid: 100_000, bestAsk: 100_001 } as OrderBook,
      us(1e9 + i * 100_000),
    );
  const whole = new LevelTrack();
  for (let i = 0; i < 6000; i++) frame(whole, i);
  // five minutes of memory before, three minutes of future after
  assert.equal(whole.fates(new Random(1)).length, 24);
  const torn = new LevelTrack();
  for (let i = 0; i < 6000; i++) {
    if (i === 3500) torn.lost();
    frame(torn, i);
  }
  assert.deepEqual(torn.fates(new Random(1)), []);
});

test('shares are of what was reached, by age', () => {
  const fate = (ageSeconds: number, told: number, placebos: number[]): Parted<Fate> => ({
    ...{ at: 0, part: 0, ageSeconds, told, mirrored: BROKE, placebos },
  });
  const levels = new Levels(
    [
      fate(10, HELD, [HELD, BROKE, BROKE, NOT_REACHED]),
      fate(10, NOT_REACHED, [BROKE, NOT_REACHED, NOT_REACHED, NOT_REACHED]),
      fate(40, BROKE, [HELD, NOT_REACHED, NOT_REACHED, NOT_REACHED]),
    ],
    1,
  );
  const [told] = levels.figures();
  assert.equal(told!.figure.value, 1 / 2);
  assert.deepEqual(
    told!.rivals.map(({ figure }) => figure.value),
    [2 / 5, 0],
  );
  const rows = levels.table().rows.map((row) => row.slice(1, 3));
  assert.deepEqual(rows, [
    [2, 1],
    [1, 1],
    [0, 0],
  ]);
});

test('levels are looked at every five seconds, whether or not the look before found one', () => {
  const track = new LevelTrack();
  const steps = 12_000;
  // far enough away to be told for 0.7 s of each 13.7 s
  const far = (step: number): boolean => step % 137 >= 130;
  const brainAt = (step: number) =>
    ({
      liquidity: {
        bids: { strongest: () => ({ price: 100_000 - (far(step) ? 20 : 3), size: 1, ageSeconds: 1 }) },
        asks: { strongest: () => null },
      },
    }) as unknown as Brain;
  for (let i = 0; i < steps; i++)
    track.frame(
      brainAt(i),
      { valid: true, twoSided: true, bestBid: 100_000, bestAsk: 100_001 } as OrderBook,
      us(1e9 + i * 100_000),
    );
  const told = track.fates(new Random(1)).map(({ at }) => (at - 1e9) / 100_000);
  // those with five minutes before and three after them
  const looks = Array.from({ length: steps / 50 }, (_, i) => i * 50).filter((i) => i >= 3000 && i < 10_200);
  assert.deepEqual(told, looks.filter(far));
});

test('what is told in wild moments is held against calm ones too, where as many deviations are less than a basis point', () => {
  const track = new LevelTrack();
  const random = new Random(3);
  let bid = 100_000;
  for (let i = 0; i < 36_000; i++) {
    const wild = i < 18_000;
    bid += (random.chance(0.5) ? 1 : -1) * (wild ? 10 : 1);
    const level = { price: bid - 12, size: 1, ageSeconds: 1 };
    track.frame(
      {
        liquidity: { bids: { strongest: () => (wild ? level : null) }, asks: { strongest: () => null } },
      } as unknown as Brain,
      { valid: true, twoSided: true, bestBid: bid, bestAsk: bid + 1 } as OrderBook,
      us(1e9 + i * 100_000),
    );
  }
  const placebos = track.fates(new Random(1)).flatMap((fate) => fate.placebos);
  const reached = placebos.filter((each) => each !== NOT_REACHED).length / placebos.length;
  assert.ok(reached > 0.9, `${reached} of the levels by chance reached, all of them a second of moves away`);
});

test('an interval takes eight stretches in which a level was reached', () => {
  const interval = (reached: number, parts: number): (number | null)[] => {
    const fates = Array.from({ length: 60 }, (_, i): Parted<Fate> => {
      const held = i % 3 === 0 ? HELD : BROKE;
      const placebos = [HELD, BROKE, BROKE, BROKE];
      return { ...{ at: 0, part: i % reached, ageSeconds: 1, told: held, mirrored: BROKE }, placebos };
    });
    return new Levels(fates, parts).figures().map(({ figure }) => figure.low);
  };
  for (const low of interval(7, 12)) assert.equal(low, null);
  for (const low of interval(8, 12)) assert.notEqual(low, null);
});

test('minutes of one tape are not those of another: nine short tapes have as many stretches', () => {
  const grader = gradeLiquidity(context);
  for (let tape = 0; tape < 9; tape++) {
    const levels = grader.watch({} as Instrument, {} as OrderBook).at(-1)!;
    const from = 1e9;
    // up and down between the levels that are told, ten minutes long, at the same time in each
    for (let i = 0; i < 6000; i++) {
      const phase = (i % 1000) / 500;
      const bid = 100_000 + Math.round(300 * (phase < 1 ? phase : 2 - phase));
      const level = (price: number) => ({ strongest: () => ({ price, size: 1, ageSeconds: 60 }) });
      levels.frame!(
        { liquidity: { bids: level(100_000), asks: level(100_301) } } as unknown as Brain,
        { valid: true, twoSided: true, bestBid: bid, bestAsk: bid + 1 } as OrderBook,
        us(from + i * 100_000),
      );
    }
    grader.played({ spans: [{ from, to: from + 600e6 }] } as unknown as PlayedMarket, null);
  }
  const against = grader
    .section()!
    .figures.find(({ rivals }) => rivals.some(({ figure }) => figure.low !== null));
  assert.ok(against !== undefined, 'eight stretches have an interval, one has none');
});
