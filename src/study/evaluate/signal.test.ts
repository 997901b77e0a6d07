import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { BookEvent, FeedEvent, type MarketEvent, TradeEvent } from '../../core/events.ts';
import { frameOf } from '../../core/testing/books.ts';
import { BTC } from '../../core/testing/specs.ts';
import { lots, ms, ticks, us } from '../../core/units.ts';
import { Random } from '../../exchange/random.ts';
import { TouchPath } from './barriers.ts';
import type { Figure } from './figures.ts';
import { type MarketSource, play } from './play.ts';
import type { GradingContext, Section } from './section.ts';
import { gradeSignal, signalChecks } from './signal.ts';
import type { Sample } from './signal-track.ts';

const seed = 20261122;
const START = 1_800_000_000_000;
const CONTEXT: GradingContext = {
  brain: brainConfig(loadSettings(undefined).brain),
  feesBp: 10,
  barriers: { unit: 'bp', target: 2.5, stop: 2.5, limitMs: 120_000 },
  ...{ barriersAsked: false, confidenceThreshold: 0.6, barMs: 60_000, atrPeriod: 14, seed },
};
const PRICE = 100_000;

/**
 * A touch one tick wide whose middle price makes a step of ten ticks now and then; `knowing`: how often to the side whose
 * queue is the thinner. A frame every 200 ms, a trade before each.
 */
function marketOf(minutes: number, knowing: number, random: Random): MarketSource {
  return {
    instruments: [BTC],
    *play(emit) {
      emit(new FeedEvent(us(START * 1000), 0, true, ''));
      let bid = PRICE;
      let leaning: 1 | -1 = 1;
      const frames = minutes * 300;
      for (let i = 0; i < frames; i++) {
        const at = START + i * 200;
        if (i % 20 === 0 && i > 0) {
          const right = random.chance(knowing);
          bid += (right ? leaning : -leaning) * 10;
          leaning = random.chance(0.5) ? 1 : -1;
        }
        const side = random.chance(0.5) ? 'buy' : 'sell';
        emit(new TradeEvent(us(at * 1000), 0, ms(at), ticks(bid), lots(5), side));
        const [heavy, light] = [400 + random.below(100), 20 + random.below(20)];
        const sizes = leaning > 0 ? [heavy, light] : [light, heavy];
        const frame = frameOf(true, [[bid, sizes[0]!]], [[bid + 1, sizes[1]!]], at);
        emit(new BookEvent(us(at * 1000), 0, frame) satisfies MarketEvent);
        if (i % 1000 === 0) yield i / frames;
      }
    },
  };
}

function sectionOf(source: MarketSource, context = CONTEXT): Section {
  const grader = gradeSignal(context);
  grader.played(
    play(source, brainConfig(loadSettings(undefined).brain), (instrument, book) =>
      grader.watch(instrument, book),
    ),
    null,
  );
  return grader.section()!;
}

const figure = ({ figures }: Section, name: string): Figure =>
  figures.find((one) => one.name === name)!.figure;
const COEFFICIENT = 'information coefficient at 10 s: microstructure';

test('a score that knows the next step is told to know it, beyond chance, most at the horizon of the step', () => {
  const section = sectionOf(marketOf(40, 0.9, new Random(seed)));
  const told = figure(section, COEFFICIENT);
  const chance = section.figures.find(({ name }) => name === COEFFICIENT)!.rivals[0]!.figure;
  assert.ok(told.low! > chance.high!, `${told.value} [${told.low}], chance to ${chance.high}`);
  const [byHorizon] = section.tables;
  const row = byHorizon!.rows.find(([name]) => name === 'microstructure')!;
  const at = (column: number): number => (row[column] as Figure).value!;
  // steps come every 4 s: 5 s ahead there is one that is known, 60 s ahead one of fifteen
  assert.ok(
    at(2) > 0.5 && at(2) > at(1) && at(2) > 2 * at(5),
    `${row.slice(1, 6).map((cell) => (cell as Figure).value)}`,
  );
  for (const { verdict, name } of section.checks) assert.notEqual(verdict, 'leaks', name);
});

test('where nothing can be known nothing is told to be', () => {
  const section = sectionOf(marketOf(40, 0.5, new Random(seed, 1)));
  const told = figure(section, COEFFICIENT);
  assert.ok(told.low! <= 0 && told.high! >= 0, `${told.low} to ${told.high}`);
  // three steps of ten ticks to either side, in a walk without drift
  const reached = figure(section, 'target reached before the stop');
  assert.ok(reached.low! < 0.5 && reached.high! > 0.5, `${reached.low} to ${reached.high}`);
  const surest = section.figures.find(({ name }) => name.startsWith('return of the surest tenth'))!;
  const chance = surest.rivals.find(({ name }) => name === 'confidences of other moments')!.figure;
  assert.ok(surest.figure.value! >= chance.low! - 0.5 && surest.figure.value! <= chance.high! + 0.5);
  for (const { verdict, name } of section.checks) assert.notEqual(verdict, 'leaks', name);
});

/** A middle price that walks, and a score of each second, made of all moves of the next 10 s. */
function checkOf(seconds: number, scoreOf: (moves: Float64Array, second: number) => number) {
  const random = new Random(seed, 11);
  const path = new TouchPath();
  const mids = new Float64Array(seconds + 11).fill(PRICE);
  for (let i = 0; i < mids.length; i++) {
    if (i > 0) mids[i] = mids[i - 1]! + Math.round(5 * random.normal());
    path.push(us((START + i * 1000) * 1000), ticks(mids[i]!), ticks(mids[i]! + 1));
  }
  const moves = Float64Array.from({ length: seconds }, (_, i) => mids[i + 10]! - mids[i]!);
  const samples = Array.from(
    moves,
    (_, i): Sample => ({
      ...{ at: us((START + i * 1000) * 1000), scores: [scoreOf(moves, i)], likelihoods: [1], evidence: 0 },
      ...{ lean: 'none', acts: false, confidence: 0, stake: null, atr: null },
      ...{ mid: mids[i]! + 0.5, flow: 0, flowByLot: 0 },
    }),
  );
  const track = { names: ['one'], samples, path, fitted: null };
  return signalChecks([{ instrument: BTC.id, track, recording: 0 }])[0]!;
}

test('a score that told backwards still knows the future leaks', () => {
  const { verdict, spoiled } = checkOf(1200, (moves, i) => moves[moves.length - 1 - i]!);
  assert.equal(verdict, 'leaks');
  assert.ok(spoiled! > 0.9);
});

test('a score too slow for its tape is not judged, and the reason has its stretches; on a longer tape it is', () => {
  const slow = (_: Float64Array, i: number): number => Math.sin(i / 40) + Math.sin(i / 23);
  const { verdict, detail } = checkOf(600, (_, i) => i);
  assert.equal(verdict, 'unknown');
  assert.match(
    detail,
    /Too short for a score this slow: \d stretches know nothing of each other, at least 20 wanted/,
  );
  assert.equal(checkOf(3600, slow).verdict, 'holds');
});

test('a market that was never two-sided has no section', () => {
  const grader = gradeSignal(CONTEXT);
  const source: MarketSource = {
    instruments: [BTC],
    *play(emit) {
      emit(new BookEvent(us(1), 0, frameOf(true, [[100, 5]], [])));
      yield 1;
    },
  };
  grader.played(
    play(source, brainConfig(loadSettings(undefined).brain), (instrument, book) =>
      grader.watch(instrument, book),
    ),
    null,
  );
  assert.equal(grader.section(), null);
});

test('on a tape shorter than a trade may last the reason names both, and the trades to ask for', () => {
  const barriers = { ...CONTEXT.barriers, limitMs: 1_800_000 };
  const short = marketOf(20, 0.5, new Random(seed, 2));
  for (const name of ['Brier score', 'expected calibration error']) {
    const { value, why } = figure(sectionOf(short, { ...CONTEXT, barriers }), name);
    assert.equal(value, null);
    assert.match(why, /tape's 1200 s there are 1\d{3} s left.*a trade may last 1800 s.*--barriers 3:3:bp:60/);
  }
  assert.notEqual(figure(sectionOf(short), 'Brier score').value, null);
});

test('a tape longer than a trade may last can still end too early: what is left counts from the first target and stop', () => {
  // an average true range is known from the sixteenth minute on: of 20 minutes 4 are left for trades of 10
  const barriers = { ...CONTEXT.barriers, unit: 'atr' as const, limitMs: 600_000 };
  const section = sectionOf(marketOf(20, 0.5, new Random(seed, 3)), { ...CONTEXT, barriers });
  const { why } = figure(section, 'Brier score');
  const left = Number(/there are (\d+) s left/.exec(why)?.[1]);
  assert.ok(left > 200 && left < 360, why);
});

test('stretches are three times what a trade usually lasts, a minute at least: too few of them give no interval', () => {
  const lasting = (seconds: number) => {
    // out of reach: every trade lasts to its limit
    const barriers = { unit: 'bp', target: 5000, stop: 5000, limitMs: seconds * 1000 } as const;
    const section = sectionOf(marketOf(15, 0.5, new Random(seed, 4)), { ...CONTEXT, barriers });
    const stretch = /stretches of (\d+) s drawn together/.exec(section.notes.join('\n'))?.[1];
    return { stretch: Number(stretch), low: figure(section, 'Brier score').low };
  };
  assert.equal(lasting(10).stretch, 60);
  const eight = lasting(35);
  assert.equal(eight.stretch, 105);
  assert.notEqual(eight.low, null);
  const fewer = lasting(60);
  assert.equal(fewer.stretch, 180);
  assert.equal(fewer.low, null);
});
