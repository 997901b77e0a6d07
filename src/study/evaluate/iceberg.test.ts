import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { BID } from '../../core/book/frame.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { BTC } from '../../core/testing/specs.ts';
import { lots, ticks, us } from '../../core/units.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { SIMULATED_FROM } from '../simulate.ts';
import { gradeIceberg, leftAt } from './iceberg.ts';
import { fitLogistic, lifetimesOf } from './iceberg-fit.ts';
import { play, simulationSource } from './play.ts';

const context = {
  brain: brainConfig(loadSettings(undefined).brain),
  ...{ feesBp: 10, barMs: 60_000, atrPeriod: 14, seed: 1, barriersAsked: false, confidenceThreshold: 0.6 },
  barriers: { unit: 'bp', target: 5, stop: 5, limitMs: 60_000 },
} as const;

test('icebergs of a simulated market are found and their sizes told, better than by the rule that bots ship', () => {
  const labels: Label[] = [];
  const scenario = loadScenario('manipulated');
  const symbols = ['BTC-USDT-SWAP'];
  const source = simulationSource(
    { seed: 41, scenario, symbols, feed: 'books-l2-tbt', from: SIMULATED_FROM },
    8,
    (label) => labels.push(label),
  );
  const grader = gradeIceberg(context);
  const played = play(source, brainConfig(loadSettings(undefined).brain), (instrument, book) =>
    grader.watch(instrument, book),
  );
  grader.played(played, [labels]);
  const section = grader.section()!;
  const figure = (name: string) => section.figures.find((each) => each.name.startsWith(name))!;
  const area = figure('PR-AUC');
  assert.ok(area.figure.value! > 0.4, `PR-AUC ${area.figure.value}`);
  assert.ok(area.figure.value! > 2 * (area.rivals[0]!.figure.value ?? 0));
  const inside = figure('size left within').figure.value!;
  assert.ok(inside >= 0 && inside <= 1);
  assert.ok(figure('median error of the size left').figure.value! > 0);
  const kinds = section.tables.find(({ title }) => title.startsWith('By kind'))!;
  const [all] = kinds.rows;
  const every = kinds.rows.at(-1)!;
  // labels that showed nothing are counted in the last row alone
  assert.ok((every[1] as number) >= (all![1] as number));
  assert.ok((all![1] as number) > 0);
});

/** Twelve icebergs, so far apart, each said to be left with a little more than it is. */
function figuresOfTwelve(everyMs: number) {
  const start = 1_800_000_000_000;
  const grader = gradeIceberg(context);
  const observers = grader.watch(BTC, new OrderBook());
  const labels = Array.from({ length: 12 }, (_, i): Label => {
    const [from, price] = [start + i * everyMs, 1000 + i];
    const order = { side: 'buy', price, from, to: from + 5000, size: 10, traded: 0 } as const;
    return {
      ...{ kind: 'iceberg_sliced', instrument: BTC.id, from, to: from + 5000, side: 'buy', prices: [price] },
      ...{ size: 100, participant: 'p', parameters: { refills: 5 }, trades: [] },
      orders: [{ ...order, id: i + 1 } as Label['orders'][number]],
    };
  });
  for (const [i, { from, prices }] of labels.entries()) {
    const place = { low: ticks(prices[0]!), high: ticks(prices[0]!), size: lots(101 + i) };
    const at = us((from + 1000) * 1000);
    for (const observer of observers)
      observer.finding?.({
        ...{ kind: 'iceberg', id: i, pattern: 'refilled', side: BID, likelihood: 0.9 },
        ...{ ...place, since: us(from * 1000), at },
      });
  }
  const until = start + 12 * everyMs;
  const span = { from: us(start * 1000), to: us(until * 1000), frames: 1, trades: 0, changes: 1, aheadMs: 0 };
  grader.played({ events: 1, spans: [span] }, [labels]);
  const { figures } = grader.section()!;
  return (name: string) => figures.find((each) => each.name.startsWith(name))!.figure;
}

test('intervals of sizes told come of stretches: many icebergs of one stretch have none, as many far apart have', () => {
  const near = figuresOfTwelve(20_000)('median error of the size left');
  assert.ok(near.value! > 0, near.why);
  assert.equal(near.low, null);
  const apart = figuresOfTwelve(600_000);
  const { value, low, high } = apart('median error of the size left');
  assert.equal(value, near.value);
  assert.ok(low! < value! && value! < high!);
  // none lies within an interval of nothing: the exact bound of 0 in 12
  const within = apart('size left within');
  assert.equal(within.value, 0);
  assert.ok(Math.abs((1 - within.high!) ** 12 - 0.025) < 1e-9);
});

test('left of an iceberg is its whole less what has traded and what stands, whole orders as they stand', () => {
  const order = { role: 'peak', side: 'buy', price: 1000, size: 10 } as const;
  const label: Pick<Label, 'size' | 'orders'> = {
    size: 35,
    orders: [
      { ...order, id: 1, from: 100, to: 200, traded: 10, ended: 'filled' },
      { ...order, id: 2, from: 200, to: 300, traded: 4, ended: 'canceled' },
      { ...order, id: 3, from: 400, to: 500, traded: 3, ended: 'canceled' },
      { ...order, id: 4, from: 600, to: 700, traded: 10, ended: 'filled' },
      { ...order, id: 5, from: 700, to: 800, traded: 10, ended: 'filled' },
    ],
  };
  const times = [99, 100, 199, 200, 300, 399, 400, 500, 650, 750, 900];
  //  before, first, and the second in its place, withdrawn with six untraded, the third, withdrawn, the last two
  const left = [35, 25, 25, 15, 21, 21, 11, 18, 8, 0, 0];
  assert.deepEqual(
    times.map((at) => leftAt(label, at)),
    left,
  );
});

test('the fit finds the weights that data were drawn with', () => {
  const weights = [-1, 2, -0.5];
  let state = 1;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const rows = Array.from({ length: 20_000 }, () => {
    const features = Float64Array.of(1, 2 * random() - 1, 4 * random() - 2);
    const sum = features.reduce((total, each, i) => total + each * weights[i]!, 0);
    return { features, true: random() < 1 / (1 + Math.exp(-sum)) };
  });
  fitLogistic(rows, 1e-6).forEach((weight, i) => {
    assert.ok(Math.abs(weight - weights[i]!) < 0.12, `weight ${i} is ${weight}`);
  });
});

test('lifetimes count who reached a number of orders after being found, and who ended there', () => {
  const found = [
    { from: 1, to: 1 },
    { from: 1, to: 1 },
    { from: 1, to: 2 },
    { from: 3, to: 5 },
  ];
  const { reached, ended } = lifetimesOf(found, 4);
  // one more was reached at each than were counted; who was found at the third says nothing of the first two
  assert.deepEqual(
    reached.slice(0, 4).map((each) => Math.round(each)),
    [4, 2, 2, 3],
  );
  assert.deepEqual(
    ended.slice(0, 4).map((each) => Math.round(each)),
    [2, 1, 0, 1],
  );
});
