import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BookFrame } from '../book/frame.ts';
import { OrderBook } from '../book/order-book.ts';
import { BookEvent, FeedEvent, TradeEvent } from '../events.ts';
import { Market, type MarketConfig } from '../market.ts';
import { frameOf, type Level } from '../testing/books.ts';
import { SILENT } from '../testing/opinions.ts';
import { BTC } from '../testing/specs.ts';
import { lots, ms, opposite, type Side, ticks, us } from '../units.ts';
import { DecayingMoments, DecayingSum } from './decay.ts';
import type { Detector } from './detector.ts';
import { Microstructure } from './microstructure.ts';
import { OrderFlow } from './order-flow.ts';
import { Signal } from './signal.ts';

const seed = 20261122;
const close = (actual: number, wanted: number, tolerance = 1e-9): void =>
  assert.ok(
    Math.abs(actual - wanted) <= tolerance * Math.max(1, Math.abs(wanted)),
    `${actual} is not ${wanted}`,
  );

const trade = (side: Side, size: number, at: number, price = 1000): TradeEvent =>
  new TradeEvent(us(at), 0, ms(0), ticks(price), lots(size), side);

// --- forgetting -----------------------------------------------------------------------------------------------------

test('a decaying sum is Σ v·2^(−Δt/h)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000_000 }), fc.integer({ min: -1000, max: 1000 })), {
        maxLength: 60,
      }),
      fc.integer({ min: 1000, max: 10_000_000 }),
      (steps, halfLife) => {
        const sum = new DecayingSum(halfLife);
        const added: [number, number][] = [];
        let at = 1_700_000_000_000_000;
        for (const [gap, value] of steps) {
          at += gap;
          sum.add(value, at);
          added.push([at, value]);
        }
        const now = at + 12_345;
        close(
          sum.valueAt(now),
          added.reduce((total, [then, value]) => total + value * 2 ** (-(now - then) / halfLife), 0),
        );
      },
    ),
    { seed, numRuns: 500 },
  );
});

test('a clock that steps back takes nothing away and adds nothing', () => {
  const sum = new DecayingSum(1000);
  sum.add(8, 5000);
  sum.add(8, 4000);
  assert.equal(sum.valueAt(3000), 16);
  close(sum.valueAt(6000), 8);
});

test('decaying moments are the weighted integrals over what stood when', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 50 })), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.integer({ min: 50, max: 500 }),
      (steps, halfLife) => {
        const moments = new DecayingMoments(halfLife);
        const spans: [number, number, number][] = [];
        let at = 1000;
        for (const [span, value] of steps) {
          moments.set(value, at);
          spans.push([at, at + span, value]);
          at += span;
        }
        moments.advance(at);
        // midpoint rule: the weight is smooth, 8 slices a unit of time are enough for 1e-6
        let weight = 0;
        let first = 0;
        let second = 0;
        for (const [from, to, value] of spans) {
          const slices = (to - from) * 8;
          for (let i = 0; i < slices; i++) {
            const then = from + ((to - from) * (i + 0.5)) / slices;
            const w = 2 ** (-(at - then) / halfLife) / 8;
            weight += w;
            first += w * value;
            second += w * value * value;
          }
        }
        const mean = first / weight;
        close(moments.mean, mean, 1e-6);
        close(moments.deviation, Math.sqrt(Math.max(0, second / weight - mean * mean)), 1e-3);
        close(moments.filled, 1 - 2 ** (-(at - 1000) / halfLife), 1e-9);
      },
    ),
    { seed, numRuns: 100 },
  );
});

// --- order flow -----------------------------------------------------------------------------------------------------

const FOREVER_MS = 1e15;
const flowConfig = { halfLifeMs: FOREVER_MS, threshold: 0.15, nearTicks: 50 };

/** A random walk of a book: every step sets some levels around a wandering price, never crossed. */
const bookPath = fc
  .array(
    fc.record({
      shift: fc.integer({ min: -3, max: 3 }),
      spread: fc.integer({ min: 1, max: 4 }),
      bids: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
      asks: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
      trades: fc.array(fc.tuple(fc.constantFrom<Side>('buy', 'sell'), fc.integer({ min: 1, max: 50 })), {
        maxLength: 3,
      }),
    }),
    { minLength: 2, maxLength: 40 },
  )
  .map((steps) => {
    let mid = 10_000;
    return steps.map(({ shift, spread, bids, asks, trades }) => {
      mid += shift;
      const low = mid;
      const high = mid + spread;
      return {
        bids: bids.map((size, i): Level => [low - i, size]),
        asks: asks.map((size, i): Level => [high + i, size]),
        trades,
      };
    });
  });
type Path = typeof bookPath extends fc.Arbitrary<infer T> ? T : never;

/** The frames that lead from each book of a path to the next: a snapshot, then updates with deletions. */
function framesOf(path: Path): BookFrame[] {
  const difference = (before: readonly Level[], after: readonly Level[]): Level[] => [
    ...before
      .filter(([price]) => !after.some(([other]) => other === price))
      .map(([price]): Level => [price, 0]),
    ...after,
  ];
  return path.map(({ bids, asks }, i) =>
    i === 0
      ? frameOf(true, bids, asks)
      : frameOf(false, difference(path[i - 1]!.bids, bids), difference(path[i - 1]!.asks, asks)),
  );
}

test('order flow imbalance at the touch is that of the definition, from best quotes alone', () => {
  fc.assert(
    fc.property(bookPath, (path) => {
      const flow = new OrderFlow(flowConfig);
      const book = new OrderBook();
      framesOf(path).forEach((frame, i) => {
        book.apply(frame);
        flow.onBook(book, us(i * 100_000));
      });
      flow.read(book, us(path.length * 100_000));
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
  const flow = new OrderFlow(flowConfig);
  const book = new OrderBook();
  const show = (frame: BookFrame): void => {
    book.apply(frame);
    flow.onBook(book, us(0));
  };
  const passive = (): number => {
    flow.read(book, us(0));
    return Math.round(flow.figures().passiveFlowLots!);
  };
  show(frameOf(true, [[100, 50]], [[101, 50]]));
  // a taker sells 20 into the bid: the bid shrinks by as much, nobody cancelled anything
  flow.onTrade(trade('sell', 20, 0));
  show(frameOf(false, [[100, 30]], []));
  assert.equal(passive(), 0);
  // 15 cancelled at the ask: leaning up
  show(frameOf(false, [], [[101, 35]]));
  assert.equal(passive(), 15);
  // 10 added to the bid, while a taker buys 5 of the ask
  flow.onTrade(trade('buy', 5, 0));
  show(frameOf(false, [[100, 40]], [[101, 30]]));
  assert.equal(passive(), 25);
  // far away from the touch nothing counts
  show(frameOf(false, [[20, 1000]], [[900, 1000]]));
  assert.equal(passive(), 25);
});

test('a snapshot is a new book, not flow', () => {
  const flow = new OrderFlow(flowConfig);
  const book = new OrderBook();
  for (const frame of [
    frameOf(true, [[100, 5]], [[101, 9]]),
    frameOf(true, [[200, 500]], [[201, 1]]),
    frameOf(true, [[50, 1]], [[60, 777]]),
  ]) {
    book.apply(frame);
    flow.onBook(book, us(0));
  }
  flow.read(book, us(0));
  const { orderFlowImbalanceLots, passiveFlowLots } = flow.figures();
  assert.deepEqual([orderFlowImbalanceLots, passiveFlowLots, flow.score], [0, 0, 0]);
});

test('volume imbalance is the decayed (buy − sell) / (buy + sell), the delta the plain sum', () => {
  const halfLifeMs = 10_000;
  const flow = new OrderFlow({ ...flowConfig, halfLifeMs });
  const book = new OrderBook();
  const trades: [Side, number, number][] = [
    ['buy', 10, 0],
    ['sell', 30, 5_000_000],
    ['buy', 8, 5_000_000],
    ['buy', 4, 17_000_000],
  ];
  for (const [side, size, at] of trades) flow.onTrade(trade(side, size, at));
  const now = 20_000_000;
  flow.read(book, us(now));
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
    const flow = new OrderFlow(flowConfig);
    for (let i = 0; i < 50; i++) flow.onTrade(trade(coin[round * 50 + i] ? 'buy' : 'sell', 1 + (i % 7), i));
    flow.read(new OrderBook(), us(50));
    total += flow.volumeImbalance;
  }
  // 50 weighted coins have a deviation of about 0.16; 400 such means one of 0.008
  assert.ok(Math.abs(total / rounds) < 0.03, `mean imbalance ${total / rounds}`);
});

test('below the threshold the score is exactly none, from it on it is not', () => {
  const scoreOf = (bought: number, sold: number): number => {
    const flow = new OrderFlow(flowConfig);
    flow.onTrade(trade('buy', bought, 0));
    flow.onTrade(trade('sell', sold, 0));
    flow.read(new OrderBook(), us(0));
    return flow.score;
  };
  // 0.6 × 24 % = 14.4 %
  assert.equal(scoreOf(62, 38), 0);
  // 0.6 × 26 % = 15.6 %
  close(scoreOf(63, 37), 0.156);
  close(scoreOf(37, 63), -0.156);
});

// --- microstructure -------------------------------------------------------------------------------------------------

const microConfig = { halfLifeMs: 1000, levels: 3 };
function readMicro(bids: readonly Level[], asks: readonly Level[]): Microstructure {
  const micro = new Microstructure(microConfig);
  const book = new OrderBook();
  book.apply(frameOf(true, bids, asks));
  micro.onBook(book, us(0));
  micro.read(book, us(60_000_000));
  return micro;
}

test('microprice, tilt and weighted depth by hand', () => {
  const micro = readMicro(
    [
      [100, 30],
      [99, 20],
      [97, 30],
      [90, 999],
    ],
    [
      [104, 10],
      [105, 10],
      [106, 15],
    ],
  );
  // (104·30 + 100·10) / 40
  close(micro.microprice, 103);
  close(micro.microTilt, 0.5);
  // bids 30 + 20/2 + 30/3 = 50, asks 10 + 10/2 + 15/3 = 20; the fourth level is not looked at
  close(micro.depthImbalance, 30 / 70);
  close(micro.score, (30 / 70 + 0.5) / 2);
  close(micro.likelihood, 1, 1e-9);
});

test('the microprice lies between bid and ask and nearer the thinner side', () => {
  fc.assert(
    fc.property(bookPath, (path) => {
      for (const { bids, asks } of path) {
        const micro = readMicro(bids, asks);
        assert.ok(micro.microprice > bids[0]![0] && micro.microprice < asks[0]![0]);
        const mid = (bids[0]![0] + asks[0]![0]) / 2;
        assert.equal(Math.sign(micro.microprice - mid), Math.sign(bids[0]![1] - asks[0]![1]));
        for (const value of [micro.score, micro.depthImbalance, micro.microTilt])
          assert.ok(Math.abs(value) <= 1);
      }
    }),
    { seed, numRuns: 200 },
  );
});

test('a wide spread costs trust, by how unusual it is; a grid that never moved does not make it infinite', () => {
  const micro = new Microstructure({ halfLifeMs: 60_000, levels: 3 });
  const book = new OrderBook();
  const show = (ask: number, at: number): number => {
    book.apply(frameOf(true, [[100, 10]], [[ask, 10]]));
    micro.onBook(book, us(at));
    micro.read(book, us(at));
    return micro.likelihood;
  };
  let at = 0;
  let usual = 0;
  for (; at < 600_000_000; at += 100_000) usual = show(101, at);
  close(usual, 1, 0.01);
  const two = show(102, at);
  const ten = show(110, at + 1);
  assert.ok(two < usual && two > 0.2, `two ticks after a long calm: ${two}`);
  assert.ok(ten < two && ten > 0);
});

test('a one-sided book says nothing', () => {
  const micro = new Microstructure(microConfig);
  const book = new OrderBook();
  book.apply(frameOf(true, [[100, 5]], []));
  micro.onBook(book, us(0));
  micro.read(book, us(1_000_000));
  assert.deepEqual([micro.score, micro.likelihood], [0, 0]);
});

// --- the market as a whole ------------------------------------------------------------------------------------------

const marketConfig: MarketConfig = {
  orderFlow: { halfLifeMs: 10_000, threshold: 0.15, nearTicks: 50 },
  microstructure: { halfLifeMs: 60_000, levels: 10 },
  bar: '1m',
  atrPeriod: 14,
  volatilityWindow: 60,
  volatilityWindowLong: 480,
  strategies: () => SILENT,
  lead: 'signal',
  quotes: 'book',
  assumedSpreadBp: 1,
};

function play(path: Path, mirrored: boolean, look: (market: Market) => void): void {
  const market = new Market(marketConfig, BTC);
  market.onFeed(new FeedEvent(us(0), 0, true, ''));
  const mirror = (levels: readonly Level[]): Level[] => levels.map(([price, size]) => [20_000 - price, size]);
  const frames = mirrored
    ? framesOf(path.map((step) => ({ ...step, bids: mirror(step.asks), asks: mirror(step.bids) })))
    : framesOf(path);
  path.forEach(({ trades }, i) => {
    const at = i * 100_000;
    for (const [side, size] of trades) market.onTrade(trade(mirrored ? opposite(side) : side, size, at));
    market.onBook(new BookEvent(us(at), 0, frames[i]!));
    look(market);
  });
}

test('the mirrored market gives the mirrored reading: every score, the evidence and the direction', () => {
  fc.assert(
    fc.property(bookPath, (path) => {
      const readings: {
        scores: number[];
        likelihoods: number[];
        evidence: number;
        confidence: number;
        direction: string;
      }[] = [];
      const look = (market: Market) => {
        const { detectors, signal } = market;
        readings.push({
          scores: detectors.map(({ score }) => score),
          likelihoods: detectors.map(({ likelihood }) => likelihood),
          evidence: signal.evidence,
          confidence: signal.confidence,
          direction: signal.direction,
        });
      };
      play(path, false, look);
      const half = readings.length;
      play(path, true, look);
      for (let i = 0; i < half; i++) {
        const [one, other] = [readings[i]!, readings[half + i]!];
        one.scores.forEach((score, d) => {
          close(other.scores[d]!, -score, 1e-12);
          close(other.likelihoods[d]!, one.likelihoods[d]!, 1e-12);
        });
        close(other.evidence, -one.evidence, 1e-12);
        close(other.confidence, one.confidence, 1e-12);
        const opposites: Record<string, string> = { long: 'short', short: 'long', none: 'none' };
        if (Math.abs(one.evidence) > 1e-12) assert.equal(other.direction, opposites[one.direction]);
      }
    }),
    { seed, numRuns: 200 },
  );
});

test('scores stay within −1…1, likelihoods and confidence within 0…1', () => {
  fc.assert(
    fc.property(bookPath, (path) => {
      play(path, false, ({ detectors, signal }) => {
        for (const { score, likelihood } of detectors) {
          assert.ok(Math.abs(score) <= 1);
          assert.ok(likelihood >= 0 && likelihood <= 1);
        }
        assert.ok(signal.confidence >= 0 && signal.confidence <= 1);
      });
    }),
    { seed, numRuns: 200 },
  );
});

test('a market that is not live is forgotten: no signal, no figure left over', () => {
  const market = new Market(marketConfig, BTC);
  const fresh = market.detectors.map((detector) => detector.figures());
  market.onFeed(new FeedEvent(us(0), 0, true, ''));
  for (let i = 0; i < 50; i++) market.onTrade(trade('buy', 10, i));
  market.onBook(new BookEvent(us(100), 0, frameOf(true, [[100, 50]], [[101, 1]])));
  market.onBook(new BookEvent(us(200_000), 0, frameOf(false, [[100, 90]], [])));
  assert.equal(market.signal.direction, 'long');
  market.onFeed(new FeedEvent(us(300_000), 0, false, 'gap'));
  assert.deepEqual([market.signal.direction, market.signal.confidence], ['none', 0]);
  assert.equal(market.book.valid, false);
  assert.deepEqual(
    market.detectors.map((detector) => detector.figures()),
    fresh,
  );
});

class Fixed implements Detector {
  readonly name: string;
  readonly score: number;
  readonly likelihood: number;
  constructor(name: string, score: number, likelihood: number) {
    this.name = name;
    this.score = score;
    this.likelihood = likelihood;
  }
  onBook(): void {}
  onTrade(): void {}
  read(): void {}
  reset(): void {}
  figures(): Record<string, number> {
    return {};
  }
  evidence(): string {
    return 'as told';
  }
}
const signalOf = (flow: number, micro: number, likelihood = 1): Signal => {
  const signal = new Signal([
    new Fixed('order flow', flow, likelihood),
    new Fixed('microstructure', micro, likelihood),
  ]);
  signal.combine();
  return signal;
};

test('confidence grows with the evidence, the direction is its sign, nothing gives none', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (flow, micro, likelihood, more) => {
        const one = signalOf(flow, micro, likelihood);
        const other = signalOf(flow, micro, Math.min(1, likelihood + more));
        assert.ok(other.confidence >= one.confidence - 1e-15);
        assert.ok(one.confidence >= 0 && one.confidence <= 1);
        assert.equal(one.direction, one.evidence > 0 ? 'long' : one.evidence < 0 ? 'short' : 'none');
        close(signalOf(-flow, -micro, likelihood).confidence, one.confidence, 1e-12);
      },
    ),
    { seed, numRuns: 1000 },
  );
  assert.deepEqual([signalOf(0, 0).direction, signalOf(0, 0).confidence], ['none', 0]);
  // doubtful detectors cannot shout
  assert.equal(signalOf(1, 1, 0).confidence, 0);
});

test('reasons name the weightiest first', () => {
  const reasons = signalOf(0.1, 1).reasons();
  assert.match(reasons[0]!, /^microstructure \+0\.40: as told$/);
  assert.match(reasons[1]!, /^order flow \+0\.06: as told$/);
});
