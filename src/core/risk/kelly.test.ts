import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generator } from '../testing/books.ts';
import { growth, type KellyConfig, kelly, kellyRisk, shrunkKelly } from './kelly.ts';
import { NO_RECORD, type TrackRecord } from './track-record.ts';

const seed = 20261122;
const config: KellyConfig = {
  fraction: 0.5,
  priorTrades: 100,
  tradesMin: 30,
  riskMin: 0.0025,
  riskMax: 0.02,
};
/** A record with this payoff: winners gain `payoff` %, losers lose 1 %. */
const recordOf = (wins: number, losses: number, payoff: number): TrackRecord => ({
  wins,
  losses,
  winSum: wins * payoff * 0.01,
  lossSum: losses * 0.01,
});

test('the growth curve peaks at Kelly’s fraction', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      fc.double({ min: 0.2, max: 5, noNaN: true }),
      (p, payoff) => {
        const best = kelly(p, payoff);
        fc.pre(best > 0);
        const peak = growth(best, p, payoff);
        for (let f = 0; f < 0.999; f += 0.001) assert.ok(growth(f, p, payoff) <= peak + 1e-12, `${f}`);
        assert.ok(peak > 0 && growth(Math.min(0.9999, 2.5 * best), p, payoff) < peak);
      },
    ),
    { seed, numRuns: 300 },
  );
});

test('half of Kelly keeps three quarters of its growth where the edge is small', () => {
  const [p, payoff] = [0.52, 1];
  const f = kelly(p, payoff);
  const kept = growth(f / 2, p, payoff) / growth(f, p, payoff);
  assert.ok(Math.abs(kept - 0.75) < 0.001, `${kept}`);
});

test('shrinkage is the posterior mean under a Beta prior centred on break-even', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0.2, max: 5, noNaN: true }),
      fc.integer({ min: 0, max: 1000 }),
      (wins, losses, payoff, priorTrades) => {
        const breakEven = 1 / (1 + payoff);
        const posterior = (wins + priorTrades * breakEven) / (wins + losses + priorTrades);
        const shrunk = shrunkKelly({ ...config, priorTrades }, recordOf(wins, losses, payoff));
        assert.ok(Math.abs(shrunk - kelly(posterior, payoff)) < 1e-9);
      },
    ),
    { seed, numRuns: 1000 },
  );
});

test('few trades, no edge or a losing record risk the least there is; a good one never more than the most', () => {
  for (const record of [
    NO_RECORD,
    recordOf(3, 0, 2), // nobody knows what its losses will be
    recordOf(0, 3, 2),
    recordOf(2, 1, 2),
    recordOf(25, 4, 3),
    recordOf(100, 200, 2), // break-even
    recordOf(100, 300, 2),
  ])
    assert.equal(kellyRisk(config, record), config.riskMin, JSON.stringify(record));
  assert.equal(kellyRisk(config, recordOf(9000, 1000, 5)), config.riskMax);
});

test('the same hit rate over more trades allows more, never less', () => {
  let before = 0;
  for (let trades = 30; trades <= 5000; trades += 10) {
    const risk = kellyRisk({ ...config, riskMax: 1 }, recordOf(0.4 * trades, 0.6 * trades, 2));
    assert.ok(risk >= before);
    before = risk;
  }
  // p = 0.4 at 2 : 1 is f* = 0.1; half of it, shrunk by 5000 / 5100
  assert.ok(Math.abs(before - (0.05 * 5000) / 5100) < 1e-12);
});

test('with a win rate that is only estimated, shrinkage grows faster than the plug-in, over seeds', () => {
  // true win rates spread by five points about break-even; each is estimated from so few trades
  const payoff = 2;
  const outcomes: string[] = [];
  for (const trades of [10, 30, 100, 300]) {
    let better = 0;
    let shrunkSum = 0;
    let pluginSum = 0;
    const seeds = 40;
    for (let s = 1; s <= seeds; s++) {
      const random = generator(s * 7919 + trades);
      // four draws summed are near enough to normal here, deviation 1
      const normal = (): number => (random() + random() + random() + random() - 2) * Math.sqrt(3);
      let shrunk = 0;
      let plugin = 0;
      for (let strategy = 0; strategy < 400; strategy++) {
        const p = Math.min(0.95, Math.max(0.05, 1 / 3 + 0.05 * normal()));
        let wins = 0;
        for (let i = 0; i < trades; i++) if (random() < p) wins++;
        const record = recordOf(wins, trades - wins, payoff);
        const bounded = (f: number): number => Math.min(0.99, Math.max(0, f));
        shrunk += growth(bounded(shrunkKelly(config, record)), p, payoff);
        plugin += growth(bounded(shrunkKelly({ ...config, priorTrades: 0 }, record)), p, payoff);
      }
      if (shrunk > plugin) better++;
      shrunkSum += shrunk;
      pluginSum += plugin;
    }
    const outcome = `${trades} trades: better in ${better} of ${seeds} seeds, mean log growth a bet ${(shrunkSum / seeds / 400).toExponential(2)} against ${(pluginSum / seeds / 400).toExponential(2)}`;
    outcomes.push(outcome);
    assert.ok(better >= (trades <= 100 ? seeds : 0.9 * seeds), outcome);
  }
  console.log(outcomes.join('\n'));
});
