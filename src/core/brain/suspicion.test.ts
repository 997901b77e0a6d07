import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID } from '../book/frame.ts';
import { WalledMarket } from '../testing/walled-market.ts';
import { Brain, type BrainConfig } from './brain.ts';
import { NO_SUSPICION } from './finding.ts';
import { Liquidity } from './liquidity.ts';
import { Microstructure } from './microstructure.ts';

const config: BrainConfig = {
  orderFlow: {
    ...{ halfLifeMs: 10_000, threshold: 0.15, nearTicks: 50, levels: 10 },
    ...{ parentHalfLifeMs: 15_000, usualHalfLifeMs: 120_000 },
  },
  spoof: { halfLifeMs: 60_000, tellFrom: 0.001 },
  liquidity: { halfLifeMs: 60_000, withdrawalMs: 500, levelMultiple: 4 },
  iceberg: { toldFrom: 0.1, halfLifeMs: 30_000 },
  microstructure: { halfLifeMs: 60_000, levels: 20 },
  impact: { barMs: 1000, bars: 300, halfLifeMs: 10_000, buckets: 50, bucketSeconds: 5 },
};
/** Frames until the market is known. */
const KNOWN = 800;

/** A brain, and beside it two detectors of depth that suspect nothing. */
function watched() {
  let onBook: (at: Parameters<Brain['onBook']>[0]) => void = () => undefined;
  let onTrade: Brain['onTrade'] = () => undefined;
  const market = new WalledMarket({ onBook: (at) => onBook(at), onTrade: (event) => onTrade(event) });
  const brain = new Brain(config, market.book);
  const micro = new Microstructure(config.microstructure, market.book, NO_SUSPICION);
  const liquidity = new Liquidity(config.liquidity, market.book, NO_SUSPICION);
  onBook = (at) => {
    brain.onBook(at);
    for (const each of [micro, liquidity]) {
      each.onBook(at);
      each.reading(at);
    }
  };
  onTrade = (event) => {
    brain.onTrade(event);
    for (const each of [micro, liquidity]) each.onTrade(event);
  };
  market.run(KNOWN);
  return { market, brain, micro, liquidity };
}

for (const side of [BID, ASK] as const) {
  const name = side === BID ? 'bids' : 'asks';
  const sign = side === BID ? 1 : -1;

  test(`${name} layered to be pulled: imbalance, support and score of the whole brain believe less of them`, () => {
    const { market, brain, micro, liquidity } = watched();
    const prices = [6, 8, 10, 12, 14].map((distance) => market.price(side, distance));
    for (const price of prices) market.plant(side, price, 800);
    market.run(3);
    const level = (of: Liquidity) => (side === BID ? of.bids : of.asks);
    assert.ok(level(brain.liquidity).suspected > 0.2 * 5 * 800, `${level(brain.liquidity).suspected} lots`);
    assert.equal((side === BID ? brain.liquidity.asks : brain.liquidity.bids).suspected, 0);
    assert.ok(sign * micro.depthImbalance > sign * brain.microstructure.depthImbalance + 0.05);
    assert.ok(sign * liquidity.score > sign * brain.liquidity.score + 0.02);
    assert.ok(brain.liquidity.likelihood < 0.9 * liquidity.likelihood);
    const [doubted, believed] = [level(brain.liquidity).strongest(), level(liquidity).strongest()];
    assert.ok(believed !== null && believed.size >= 800);
    assert.ok(doubted === null || doubted.size < 0.8 * believed.size);

    for (const price of prices) market.plant(side, price, 0);
    market.run(3);
    assert.equal(brain.microstructure.depthImbalance, micro.depthImbalance);
    assert.equal(level(brain.liquidity).depth20, level(liquidity).depth20);
  });
}

test('who suspects nobody changes nothing: a crowd without walls is read alike', () => {
  const { market, brain, micro, liquidity } = watched();
  for (let i = 0; i < 100; i++) {
    market.run(1);
    assert.ok(Math.abs(brain.microstructure.depthImbalance - micro.depthImbalance) < 0.02);
    assert.ok(Math.abs(brain.liquidity.score - liquidity.score) < 0.02);
  }
});
