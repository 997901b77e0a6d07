import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BookEvent, FeedEvent } from '../events.ts';
import { Market, type MarketConfig } from '../market.ts';
import { frameOf, type Level } from '../testing/books.ts';
import { DESK_CONFIG } from '../testing/desk.ts';
import { bookPath, framesOf, type Path, tradeOf } from '../testing/paths.ts';
import { BTC } from '../testing/specs.ts';
import { opposite, us } from '../units.ts';
import type { Detector } from './detector.ts';
import { Signal } from './fusion/signal.ts';

const seed = 20261122;
const close = (actual: number, wanted: number, tolerance = 1e-9): void =>
  assert.ok(
    Math.abs(actual - wanted) <= tolerance * Math.max(1, Math.abs(wanted)),
    `${actual} is not ${wanted}`,
  );

const marketConfig: MarketConfig = {
  ...DESK_CONFIG.market,
  brain: { ...DESK_CONFIG.market.brain, microstructure: { halfLifeMs: 60_000, levels: 10 } },
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
    // at the touch that was last shown
    const { bids, asks } = path[Math.max(0, i - 1)]!;
    for (const [side, size] of trades) {
      const price = (side === 'buy' ? asks : bids)[0]![0];
      market.onTrade(
        mirrored ? tradeOf(opposite(side), size, at, 20_000 - price) : tradeOf(side, size, at, price),
      );
    }
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
        const { detectors, signal } = market.brain;
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
      play(path, false, ({ brain: { detectors, signal } }) => {
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
  const fresh = market.brain.detectors.map((detector) => detector.figures());
  market.onFeed(new FeedEvent(us(0), 0, true, ''));
  for (let i = 0; i < 50; i++) market.onTrade(tradeOf('buy', 10, i));
  market.onBook(new BookEvent(us(100), 0, frameOf(true, [[100, 50]], [[101, 1]])));
  market.onBook(new BookEvent(us(200_000), 0, frameOf(false, [[100, 90]], [])));
  assert.equal(market.brain.signal.direction, 'long');
  market.onFeed(new FeedEvent(us(300_000), 0, false, 'gap'));
  assert.deepEqual([market.brain.signal.direction, market.brain.signal.confidence], ['none', 0]);
  assert.equal(market.book.valid, false);
  assert.deepEqual(
    market.brain.detectors.map((detector) => detector.figures()),
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
  reading(): this {
    return this;
  }
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
  signal.combine(us(0));
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
