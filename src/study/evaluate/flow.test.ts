import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { Brain } from '../../core/brain/brain.ts';
import { frameOf } from '../../core/testing/books.ts';
import { tradeOf } from '../../core/testing/paths.ts';
import { us } from '../../core/units.ts';
import { Random } from '../../exchange/random.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { areaUnderCurve, coinWidth, gradeFlow } from './flow.ts';
import type { Section } from './section.ts';

const SPAN = { ...{ from: us(0), to: us(0), frames: 1, trades: 0, changes: 1 }, aheadMs: 1 };
const FROM_MS = 1_700_000_000_000;
const PARENTS = 14;
const LIFE_MS = 90_000;
const EVERY_MS = 180_000;

const labelOf = (from: number, side: 'buy' | 'sell'): Label => ({
  ...{
    kind: 'parent',
    instrument: 'X',
    from,
    to: from + LIFE_MS,
    side,
    prices: [],
    size: 1,
    participant: 'p',
  },
  ...{ parameters: { participation: 0.1 }, orders: [], trades: [] },
});

/** A crowd by lot, and every three minutes somebody who takes little and often for a minute and a half. */
function graded(relabel: (label: Label, index: number) => Label): Section {
  const random = new Random(5);
  const book = new OrderBook();
  const brain = new Brain(brainConfig(loadSettings(undefined).brain), book);
  const grader = gradeFlow({ seed: 1 } as never);
  const [observer] = grader.watch({} as never, book);
  const labels = Array.from({ length: PARENTS }, (_, i) =>
    labelOf(FROM_MS + 120_000 + i * EVERY_MS, random.chance(0.5) ? 'buy' : 'sell'),
  );
  const until = FROM_MS + 120_000 + PARENTS * EVERY_MS;
  let mid = 10_000;
  for (let at = FROM_MS; at < until; at += 100) {
    const trade = (side: 'buy' | 'sell', size: number, later: number): void => {
      const event = tradeOf(side, size, (at + later) * 1000);
      observer!.trade?.(event);
      brain.onTrade(event);
    };
    for (let k = 0; k < random.poisson(0.4); k++)
      trade(random.chance(0.5) ? 'buy' : 'sell', Math.ceil(Math.exp(2 * random.normal())), 10 + 10 * k);
    const working = labels.find(({ from, to }) => from <= at && at < to);
    if (working && random.chance(0.2)) trade(working.side!, 2, 95);
    const before = mid;
    if (random.chance(0.1)) mid += random.chance(0.5) ? 1 : -1;
    const gone = (price: number): [number, number][] =>
      mid === before || at === FROM_MS ? [] : [[price, 0]];
    book.apply(frameOf(at === FROM_MS, [...gone(before), [mid, 50]], [...gone(before + 1), [mid + 1, 50]]));
    brain.onBook(us((at + 99) * 1000));
    observer!.frame?.(brain, book, us((at + 99) * 1000));
  }
  grader.played({ events: 1, spans: [SPAN] }, [labels.map(relabel)]);
  return grader.section()!;
}

const signAlone = ({ figures }: Section): number => figures[0]!.figure.value!;

test('a sign that is there is graded as found, its opposite as wrong, and labels elsewhere as a coin', () => {
  const section = graded((label) => label);
  assert.ok(signAlone(section) > 0.95, `${signAlone(section)}`);
  assert.equal(section.figures[0]!.figure.value, section.figures[1]!.figure.value, 'nobody is contested');
  const flipped = graded((label) => ({ ...label, side: label.side === 'buy' ? 'sell' : 'buy' }));
  assert.ok(Math.abs(signAlone(flipped) - (1 - signAlone(section))) < 1e-12);
  const { rows } = section.tables[0]!;
  assert.equal(rows[2]![1], PARENTS, 'all are in the row of a tenth');
  assert.equal(rows[0]![1], 0);
});

test('all right is no certainty: of so few the truth may be less', () => {
  const { figure, name } = graded((label) => label).figures[0]!;
  assert.match(name, /parentImbalance/);
  assert.equal(figure.value, 1);
  // Clopper and Pearson: what is right with a chance of p is right n times out of n with pⁿ
  assert.ok(Math.abs(figure.low! ** PARENTS - 0.025) < 1e-9, `${figure.low}`);
  assert.equal(figure.high, 1);
});

test('what the detector’s score says of parents stands by itself, not among the rivals', () => {
  const { figures } = graded((label) => label);
  const own = figures.filter(({ name }) => name.startsWith('the detector’s score: sign of a parent'));
  assert.equal(own.length, 2);
  for (const { rivals } of figures) assert.ok(!rivals.some(({ name }) => name.includes('score')));
  assert.ok(own[0]!.figure.value !== null);
});

test('a parent is not asked for after its end, and is contested by one of the other side', () => {
  const short = graded((label) => ({ ...label, to: label.from + 59_000 }));
  assert.equal(short.figures[0]!.figure.value, null);
  const against = graded((label, i) => ({
    ...labelOf(FROM_MS + 120_000, i % 2 === 0 ? 'buy' : 'sell'),
    participant: label.participant,
  }));
  assert.equal(against.figures[0]!.figure.value, null, 'everybody is contested');
  assert.equal(against.figures[1]!.figure.value, 0.5, 'half of them are right');
});

test('without labels it says so and still tells what flow explains', () => {
  const book = new OrderBook();
  const grader = gradeFlow({ seed: 1 } as never);
  const brain = new Brain(brainConfig(loadSettings(undefined).brain), book);
  const [observer] = grader.watch({} as never, book);
  for (let i = 0; i < 400; i++) {
    book.apply(frameOf(i === 0, [[100, 50 + (i % 7)]], [[101, 50]]));
    observer!.frame?.(brain, book, us(FROM_MS * 1000 + i * 100_000));
  }
  grader.played({ events: 400, spans: [SPAN] }, null);
  const section = grader.section()!;
  assert.match(section.notes[0]!, /cannot be graded/);
  assert.equal(section.figures[0]!.figure.value, null);
  assert.equal(section.tables.length, 1);
});

test('chance is as wide as stretches allow in which all are right or wrong together', () => {
  const said = (stretches: number, each: number) =>
    Array.from({ length: stretches * each }, (_, i) => ({
      right: Math.floor(i / each) % 2,
      stretch: `${Math.floor(i / each)}`,
    }));
  // one in each stretch: that of independent draws; four in each that share their luck: that of a quarter as many
  assert.ok(Math.abs(coinWidth(said(40, 1))! - 1.96 * Math.sqrt(0.25 / 40)) < 1e-12);
  assert.ok(Math.abs(coinWidth(said(40, 4))! - 1.96 * Math.sqrt(0.25 / 40)) < 1e-12);
  assert.equal(coinWidth(said(7, 10)), null, 'of too few stretches nobody knows');
  assert.equal(coinWidth(said(19, 1)), null);
});

test('the area under the curve is the chance that one that is there is larger', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), { minLength: 1, maxLength: 40 }),
      (values) => {
        let larger = 0;
        let pairs = 0;
        for (const [one, there] of values)
          for (const [other, too] of values)
            if (there && !too) {
              pairs += 1;
              larger += one > other ? 1 : one === other ? 0.5 : 0;
            }
        const area = areaUnderCurve(
          values.map(([value]) => value),
          values.map(([, there]) => there),
        );
        if (pairs === 0) assert.ok(Number.isNaN(area));
        else assert.ok(Math.abs(area - larger / pairs) < 1e-12);
      },
    ),
    { seed: 20261122, numRuns: 500 },
  );
});
