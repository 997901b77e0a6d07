/** Orders with a bias planted in them: the summary tells how much, and says no more than so many orders can show. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generator } from '../../core/testing/books.ts';
import { us } from '../../core/units.ts';
import { type OrderSummary, summarize } from './bias.ts';
import type { OrderKind, OrderParity, Outcome } from './orders.ts';

const outcome = (filled: boolean): Outcome => ({
  filled: filled ? 10 : 0,
  price: filled ? 100 : null,
  at: filled ? us(1) : null,
  end: '',
});

function order(
  kind: OrderKind,
  maker: boolean,
  { priceBp = 0, laterMs = 0, there = true, here = true } = {},
): OrderParity {
  const both = there && here;
  return {
    clientOrderId: '',
    symbol: 'X',
    kind,
    maker,
    from: us(0),
    venue: outcome(there),
    paper: outcome(here),
    priceBp: both ? priceBp : null,
    laterMs: both ? laterMs : null,
  };
}

function only(orders: readonly OrderParity[]): OrderSummary {
  const [summary, ...others] = summarize(orders);
  assert.equal(others.length, 0);
  return summary!;
}

const roughly = (value: number | null, expected: number, within: number): void =>
  assert.ok(Math.abs(value! - expected) <= within, `${value} where ${expected} ± ${within} was expected`);

/** Normal, from the sum of twelve. */
const normal = (random: () => number): number =>
  Array.from({ length: 12 }, random).reduce((sum, each) => sum + each, -6);

test('each kind of order by itself, under its own name', () => {
  const names = summarize([
    order('entry', false),
    order('entry', true),
    order('stopLoss', false),
    order('takeProfit', false),
    order('close', false),
    order('entry', true),
  ]).map(({ name, orders }) => [name, orders]);
  assert.deepEqual(names, [
    ['market entry', 1],
    ['post-only entry', 2],
    ['stop', 1],
    ['target', 1],
    ['market close', 1],
  ]);
});

test('the mean with the interval that the textbook gives for as many independent orders', () => {
  const random = generator(7);
  const orders = Array.from({ length: 400 }, () =>
    order('stopLoss', false, { priceBp: 0.5 + 2 * normal(random), laterMs: 9 + 3 * normal(random) }),
  );
  const { priceBp, laterMs, meaning } = only(orders);
  const values = orders.map((each) => each.priceBp!);
  const mean = values.reduce((sum, value) => sum + value, 0) / 400;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 399);
  roughly(priceBp!.mean, mean, 1e-12);
  roughly(priceBp!.low, mean - (1.96 * deviation) / 20, 0.05);
  roughly(priceBp!.high, mean + (1.96 * deviation) / 20, 0.05);
  roughly(laterMs!.mean, 9, 0.5);
  assert.match(
    meaning,
    /^price too kind: on paper each stop is 0\.\d\d bp of its value better than there; fills: the same in all 400$/,
  );
});

test('a price bias is harsh, kind or not to be seen; one order says nothing', () => {
  const alternating = (mean: number): OrderParity[] =>
    Array.from({ length: 60 }, (_, index) =>
      order('takeProfit', false, { priceBp: mean + (index % 2 === 0 ? 1 : -1) }),
    );
  assert.match(only(alternating(-1)).meaning, /^price too harsh: on paper each target is 1\.00 bp .* worse/);
  assert.match(only(alternating(0)).meaning, /^price: no bias that 60 orders can show/);
  const one = only([order('close', false, { priceBp: 3 })]);
  assert.deepEqual([one.priceBp!.mean, one.priceBp!.low], [3, null]);
  assert.match(one.meaning, /^price: one order says nothing of a bias/);
});

test('fill rates: what fills on one side alone, as a share of all', () => {
  const waiting = [
    ...Array.from({ length: 40 }, () => order('entry', true)),
    ...Array.from({ length: 40 }, () => order('entry', true, { there: false })),
    ...Array.from({ length: 10 }, () => order('entry', true, { here: false })),
    ...Array.from({ length: 10 }, () => order('entry', true, { here: false, there: false })),
  ];
  // in no order that says anything
  const random = generator(3);
  const shuffled = waiting.map((each) => [random(), each] as const).sort(([a], [b]) => a - b);
  const { both, venueOnly, paperOnly, neither, fillRate, meaning } = only(shuffled.map(([, each]) => each));
  assert.deepEqual([both, venueOnly, paperOnly, neither], [40, 10, 40, 10]);
  assert.deepEqual([fillRate.venue, fillRate.paper], [0.5, 0.8]);
  roughly(fillRate.difference.mean, 0.3, 1e-12);
  // of 100 differences: 40 of +1, 10 of −1, 50 of 0
  const error = Math.sqrt((0.5 - 0.3 ** 2) / 100);
  roughly(fillRate.difference.low, 0.3 - 1.96 * error, 0.04);
  roughly(fillRate.difference.high, 0.3 + 1.96 * error, 0.04);
  assert.match(meaning, /; fills too kind to who waits: 30 % more of the orders fill on paper$/);
});
