import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BookFrame } from '../book/frame.ts';
import { OrderBook } from '../book/order-book.ts';
import { frameOf } from '../testing/books.ts';
import { bookPath, framesOf, tradeOf } from '../testing/paths.ts';
import { type Side, us } from '../units.ts';
import { OrderFlow, type OrderFlowConfig } from './order-flow.ts';

const seed = 20261122;
const close = (actual: number, wanted: number, tolerance = 1e-9): void =>
  assert.ok(
    Math.abs(actual - wanted) <= tolerance * Math.max(1, Math.abs(wanted)),
    `${actual} is not ${wanted}`,
  );

const FOREVER_MS = 1e15;
const flowConfig: OrderFlowConfig = {
  halfLifeMs: FOREVER_MS,
  threshold: 0.15,
  nearTicks: 50,
  levels: 10,
  parentHalfLifeMs: 15_000,
  usualHalfLifeMs: 120_000,
};

test('order flow imbalance at the touch is that of the definition, from best quotes alone', () => {
  fc.assert(
    fc.property(bookPath, (path) => {
      const book = new OrderBook();
      const flow = new OrderFlow(flowConfig, book);
      framesOf(path).forEach((frame, i) => {
        book.apply(frame);
        flow.onBook(us(i * 100_000));
      });
      flow.reading(us(path.length * 100_000));
      let wanted = 0;
      for (let i = 1; i < path.length; i++) {
        const [[bidBefore, bidSizeBefore], [askBefore, askSizeBefore]] = [
          path[i - 1]!.bids[0]!,
          path[i - 1]!.asks[0]!,
        ];
        const [[bid, bidSize], [ask, askSize]] = [path[i]!.bids[0]!, path[i]!.asks[0]!];
        // Cont, Kukanov, Stoikov 2014, equation for e_n
        const demand = bid > bidBefore ? bidSize : bid < bidBefore ? -bidSizeBefore : bidSize - bidSizeBefore;
        const supply = ask < askBefore ? askSize : ask > askBefore ? -askSizeBefore : askSize - askSizeBefore;
        wanted += demand - supply;
      }
      close(flow.figures().orderFlowImbalanceLots!, wanted, 1e-6);
    }),
    { seed, numRuns: 300 },
  );
});

test('passive flow is what was added less what was cancelled, with what trades took put back', () => {
  const book = new OrderBook();
  const flow = new OrderFlow(flowConfig, book);
  const show = (frame: BookFrame): void => {
    book.apply(frame);
    flow.onBook(us(0));
  };
  const passive = (): number => {
    flow.reading(us(0));
    return Math.round(flow.figures().passiveFlowLots!);
  };
  show(frameOf(true, [[100, 50]], [[101, 50]]));
  // a taker sells 20 into the bid: the bid shrinks by as much, nobody cancelled anything
  flow.onTrade(tradeOf('sell', 20, 0));
  show(frameOf(false, [[100, 30]], []));
  assert.equal(passive(), 0);
  // 15 cancelled at the ask: leaning up
  show(frameOf(false, [], [[101, 35]]));
  assert.equal(passive(), 15);
  // 10 added to the bid, while a taker buys 5 of the ask
  flow.onTrade(tradeOf('buy', 5, 0));
  show(frameOf(false, [[100, 40]], [[101, 30]]));
  assert.equal(passive(), 25);
  // far away from the touch nothing counts
  show(frameOf(false, [[20, 1000]], [[900, 1000]]));
  assert.equal(passive(), 25);
});

test('a snapshot is a new book, not flow', () => {
  const book = new OrderBook();
  const flow = new OrderFlow(flowConfig, book);
  for (const frame of [
    frameOf(true, [[100, 5]], [[101, 9]]),
    frameOf(true, [[200, 500]], [[201, 1]]),
    frameOf(true, [[50, 1]], [[60, 777]]),
  ]) {
    book.apply(frame);
    flow.onBook(us(0));
  }
  flow.reading(us(0));
  const { orderFlowImbalanceLots, passiveFlowLots } = flow.figures();
  assert.deepEqual([orderFlowImbalanceLots, passiveFlowLots, flow.score], [0, 0, 0]);
});

test('volume imbalance is the decayed (buy − sell) / (buy + sell), the delta the plain sum', () => {
  const halfLifeMs = 10_000;
  const book = new OrderBook();
  const flow = new OrderFlow({ ...flowConfig, halfLifeMs }, book);
  const trades: [Side, number, number][] = [
    ['buy', 10, 0],
    ['sell', 30, 5_000_000],
    ['buy', 8, 5_000_000],
    ['buy', 4, 17_000_000],
  ];
  for (const [side, size, at] of trades) flow.onTrade(tradeOf(side, size, at));
  const now = 20_000_000;
  flow.reading(us(now));
  const sum = (which: Side): number =>
    trades
      .filter(([side]) => side === which)
      .reduce((total, [, size, at]) => total + size * 2 ** (-(now - at) / (halfLifeMs * 1000)), 0);
  close(flow.volumeImbalance, (sum('buy') - sum('sell')) / (sum('buy') + sum('sell')));
  assert.equal(flow.cumulativeDelta, 10 - 30 + 8 + 4);
});

test('sides drawn by lot give no imbalance on average', () => {
  let total = 0;
  const rounds = 400;
  const coin = fc.sample(fc.boolean(), { seed, numRuns: rounds * 50 });
  for (let round = 0; round < rounds; round++) {
    const flow = new OrderFlow(flowConfig, new OrderBook());
    for (let i = 0; i < 50; i++) flow.onTrade(tradeOf(coin[round * 50 + i] ? 'buy' : 'sell', 1 + (i % 7), i));
    flow.reading(us(50));
    total += flow.volumeImbalance;
  }
  // 50 weighted coins have a deviation of about 0.16; 400 such means one of 0.008
  assert.ok(Math.abs(total / rounds) < 0.03, `mean imbalance ${total / rounds}`);
});

test('below the threshold the score is exactly none, from it on it is not', () => {
  const scoreOf = (bought: number, sold: number): number => {
    const flow = new OrderFlow(flowConfig, new OrderBook());
    flow.onTrade(tradeOf('buy', bought, 0));
    flow.onTrade(tradeOf('sell', sold, 0));
    flow.reading(us(0));
    return flow.score;
  };
  // 0.6 × 24 % = 14.4 %
  assert.equal(scoreOf(62, 38), 0);
  // 0.6 × 26 % = 15.6 %
  close(scoreOf(63, 37), 0.156);
  close(scoreOf(37, 63), -0.156);
});
