import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { Brain } from '../../core/brain/brain.ts';
import { frameOf, type Level } from '../../core/testing/books.ts';
import { tradeOf } from '../../core/testing/paths.ts';
import { us } from '../../core/units.ts';
import { Random } from '../../exchange/random.ts';
import { agreements, gradeImpact } from './impact.ts';
import type { Section } from './section.ts';

const SPAN = { ...{ from: us(0), to: us(0), frames: 1, trades: 0, changes: 1 }, aheadMs: 1 };
const FROM = 1_700_000_000_000_000;

/** Levels of 10 lots a side, one tick apart; `shift`: where the middle is at a frame. */
function graded(seconds: number, shift: (frame: number) => number, levels = 30, bars?: number): Section {
  const book = new OrderBook();
  const settings = brainConfig(loadSettings(undefined).brain);
  const impact = { ...settings.impact, ...(bars === undefined ? {} : { bars }) };
  const config = { ...settings, impact };
  const brain = new Brain(config, book);
  const grader = gradeImpact({ seed: 3, brain: config } as never);
  const [observer] = grader.watch({} as never, book);
  const random = new Random(9);
  for (let i = 0; i < seconds * 10; i++) {
    const at = us(FROM + i * 100_000);
    const middle = 10_000 + shift(i);
    const side = (sign: number): Level[] =>
      Array.from({ length: levels }, (_, m): Level => [middle + sign * (m + 1), 10]);
    brain.onTrade(tradeOf(random.chance(0.5) ? 'buy' : 'sell', 1 + random.below(20), at - 1));
    book.apply(frameOf(true, side(-1), side(1)));
    brain.onBook(at);
    observer!.frame?.(brain, book, at);
  }
  grader.played({ events: 1, spans: [SPAN] }, null);
  return grader.section()!;
}

const figure = ({ figures }: Section, name: RegExp) => figures.find((one) => name.test(one.name))!;

test('where the book stands still the forecast is exact, and its rivals are as wrong as by hand', () => {
  const section = graded(900, () => 0);
  assert.ok(figure(section, /forecast cost/).figure.value! < 1e-9);
  assert.ok(figure(section, /shortfall/).figure.value! < 1e-9);
  const [table] = section.tables;
  for (const [size, orders, cost, own, mean] of table!.rows) {
    if (orders === 0) continue;
    assert.ok((own as number) < 1e-9, `${size}`);
    // spread 2 ticks at 10 000: half of it is 1 bp, and whoever takes more than the first level pays more
    assert.ok(Math.abs((mean as number) - ((cost as number) - 1)) < 1e-9, `${size}: ${mean} of ${cost}`);
  }
  const largest = table!.rows.at(-1)!;
  // between 10 and 20 queues of 10 lots cost between 5.5 and 10.5 ticks on average
  assert.ok((largest[2] as number) > 5.5 && (largest[2] as number) < 10.5);
});

test('what the price moves meanwhile is in the shortfall and not in the cost', () => {
  const random = new Random(4);
  let at = 0;
  const section = graded(900, () => {
    at += random.chance(0.5) ? 2 : -2;
    return at;
  });
  assert.ok(figure(section, /forecast cost/).figure.value! < 0.01);
  assert.ok(figure(section, /shortfall/).figure.value! > 0.3);
});

test('windows of lambda share no bar, and agree as often as their intervals allow where nothing changes', () => {
  const random = new Random(8);
  let at = 0;
  const walk = (): number => {
    at += random.chance(0.5) ? 1 : -1;
    return at;
  };
  const section = graded(2 * 3600, walk, 2);
  const { value } = figure(section, /lambda agrees/).figure;
  // 12 pairs: a deviation of 6.3 % about 95 %
  assert.ok(value! > 0.8, `${value}`);
  // an interval is told of eight pairs and more: of 20 minutes there is one with the settings, nine of windows of a minute
  assert.equal(figure(graded(1200, walk, 2), /lambda agrees/).figure.low, null);
  const short = graded(1200, walk, 2, 60);
  assert.notEqual(figure(short, /lambda agrees/).figure.low, null);
  assert.ok(short.notes.some((note) => note.includes('windows of 60 bars')));
});

test('a window of lambda that is off spoils one pair, not two', () => {
  const lambdas = Array.from({ length: 13 }, (_, i) => ({ slope: i === 5 ? 9 : 1, halfWidth: 0.5 }));
  assert.deepEqual(agreements(lambdas), [1, 1, 0, 1, 1, 1]);
});
