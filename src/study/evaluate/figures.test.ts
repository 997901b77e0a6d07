import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figureOf, shareFigure } from './figures.ts';
import { dot } from './parts.ts';
import { shown } from './text.ts';

const PARTS = 20;
/** So many hits and so much asked in each of twenty stretches. */
const share = (hits: readonly number[], asked: readonly number[]) => {
  const full = (of: readonly number[]) => Float64Array.from({ length: PARTS }, (_, i) => of[i] ?? 0);
  return figureOf(PARTS, (w) => dot(w, full(hits)) / dot(w, full(asked)), 'nothing asked');
};

test('stretches with nothing in them do not count: a share of one stretch of twenty has no interval', () => {
  const { value, low, high, why } = share([2], [3]);
  assert.deepEqual({ value, low, high }, { value: 2 / 3, low: null, high: null });
  assert.equal(why, 'too few to draw from: 1');
  assert.equal(shown({ value, low, high, why }, 'share'), '66.7 % (no interval: too few to draw from: 1)');
});

test('seven stretches with something have no interval, eight have one', () => {
  const of = (count: number) =>
    share(
      Array.from({ length: count }, (_, i) => i % 2),
      new Array<number>(count).fill(1),
    );
  assert.match(of(7).why, /: 7$/);
  const { value, low, high, why } = of(8);
  assert.ok(low! < value! && value! < high!);
  assert.equal(why, '');
});

test('a stretch whose share is that of the whole holds something all the same', () => {
  const { why } = share(new Array<number>(5).fill(1), new Array<number>(5).fill(2));
  assert.match(why, /: 5$/);
});

test('what needs several stretches to exist counts each that it would be another without', () => {
  // the mean of two groups' shares, which no stretch alone has
  const [one, other] = [new Float64Array(PARTS), new Float64Array(PARTS)];
  for (let i = 0; i < 10; i++) (i % 2 === 0 ? one : other)[i] = i + 1;
  const { why, low } = figureOf(PARTS, (w) => dot(w, one) / dot(w, other), 'none');
  assert.equal(why, '');
  assert.notEqual(low, null);
});

test('what is the same however it is drawn has no interval', () => {
  const { value, low, why } = share(new Array<number>(PARTS).fill(1), new Array<number>(PARTS).fill(4));
  assert.deepEqual({ value, low, why }, { value: 0.25, low: null, why: 'the same in every drawing' });
});

test('a share of none or of all has the exact interval of independent draws, and no reason why not', () => {
  const figure = shareFigure(share([], [50]), 0, 50);
  assert.equal(figure.low, 0);
  // 0.975 of fifty draws miss a share as high as this
  assert.ok(Math.abs((1 - figure.high!) ** 50 - 0.025) < 1e-12);
  assert.equal(figure.why, '');
});
