import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID } from '../../core/book/frame.ts';
import { Exchange } from '../exchange.ts';
import type { Label } from './label.ts';
import { loadScenario } from './load.ts';
import { REGIMES } from './scenario.ts';

const START = 1_795_340_400_000;

/** What a scenario is like, from a quarter of an hour of its main instrument's book and trades. */
function character(name: string, seed = 31) {
  const listed = loadScenario(name);
  const scenario = { ...listed, instruments: listed.instruments.slice(0, 1) };
  const exchange = new Exchange(seed, START, null, scenario);
  const market = exchange.market(scenario.instruments[0]!)!;
  const seconds = 900;
  const moves: number[] = [];
  const spreads: number[] = [];
  const touches: number[] = [];
  let trades = 0;
  exchange.observe({
    traded: (from) => {
      if (from === market) trades += 1;
    },
    stepped: () => undefined,
    orderChanged: () => undefined,
    algoChanged: () => undefined,
    balanceChanged: () => undefined,
  });
  let before = market.middle;
  for (let i = 1; i <= seconds; i++) {
    exchange.advance(START + i * 1000);
    const { book, middle, listing } = market;
    moves.push(10_000 * Math.log(middle / before));
    before = middle;
    spreads.push(book.best(ASK) - book.best(BID));
    touches.push(book.sizeAt(book.best(BID)) / listing.unitLots);
  }
  const median = (values: number[]): number => values.sort((one, other) => one - other)[values.length >> 1]!;
  const perMinute = Math.sqrt((60 * moves.reduce((sum, move) => sum + move * move, 0)) / seconds);
  return { spread: median(spreads), touch: median(touches), tradesPerSecond: trades / seconds, perMinute };
}

test('each scenario is the market that its description promises, beside btc-like', () => {
  const btc = character('btc-like');
  const ether = character('eth-like');
  const thin = character('thin-alt');
  const quiet = character('quiet');
  const volatile = character('volatile');
  const all = JSON.stringify({ btc, ether, thin, quiet, volatile });
  assert.equal(btc.spread, 1, all);
  assert.equal(ether.spread, 1, all);
  assert.ok(ether.touch < btc.touch && ether.tradesPerSecond > 2, all);
  assert.ok(thin.spread >= 5, all);
  assert.ok(thin.touch < btc.touch / 2 && thin.tradesPerSecond < btc.tradesPerSecond / 5, all);
  assert.ok(quiet.perMinute < btc.perMinute / 1.5 && quiet.tradesPerSecond < btc.tradesPerSecond / 2, all);
  assert.ok(volatile.perMinute > btc.perMinute * 1.5, all);
});

test('a flickering order stands 30 to 150 ms and is away 30 to 150 ms; after one that was filled the next is there when it would have gone', () => {
  const labels: Label[] = [];
  const listed = loadScenario('manipulated');
  const spoofers = { ...listed.spoofers, flicker_per_hour: 3000, queue_multiple: 1, mean_seconds: 20 };
  const scenario = { ...listed, instruments: ['BTC-USDT-SWAP' as const], spoofers };
  const exchange = new Exchange(1, START, null, scenario, (label) => labels.push(label));
  exchange.advance(START + 120_000);
  exchange.world.finish();
  const within = (time: number): boolean => time >= 30 && time <= 150;
  const count = { canceled: 0, filled: 0, open: 0 };
  for (const { kind, orders } of labels) {
    if (kind !== 'spoof_flicker') continue;
    const decoys = orders.filter(({ role }) => role === 'decoy');
    for (const [i, { from, to, ended }] of decoys.slice(0, -1).entries()) {
      const next = decoys[i + 1]!.from;
      const told = `came ${from}, ${ended} ${to}, again ${next}`;
      if (ended === 'filled') assert.ok(within(next - from) && to <= next, told);
      else assert.ok(within(to - from) && within(next - to), told);
      count[ended] += 1;
    }
  }
  assert.ok(count.canceled > 1000 && count.filled > 30, JSON.stringify(count));
});

/** The plainest reader of regimes: net move and roughness of five minutes of the middle price, nothing else. */
function guess(middles: readonly number[]): string {
  const moves = middles.slice(1).map((middle, i) => 10_000 * Math.log(middle / middles[i]!));
  const roughness = Math.sqrt(moves.reduce((sum, move) => sum + move * move, 0));
  const net = moves.reduce((sum, move) => sum + move, 0);
  if (roughness > 26) return 'volatile';
  if (Math.abs(net) < 1.1 * roughness) return 'range';
  return net > 0 ? 'trend_up' : 'trend_down';
}

test('in the scenario regimes, five minutes of the middle price tell the regime that the label tells', () => {
  const SECONDS = 300;
  const seen = new Map<string, boolean[]>();
  for (const seed of [1, 2]) {
    const labels: Label[] = [];
    const scenario = { ...loadScenario('regimes'), instruments: ['BTC-USDT-SWAP' as const] };
    const exchange = new Exchange(seed, START, null, scenario, (label) => labels.push(label));
    const market = exchange.markets[0]!;
    const middles = [market.middle];
    for (let i = 1; i <= 4 * 3600; i++) {
      exchange.advance(START + i * 1000);
      middles.push(market.middle);
    }
    exchange.world.finish();
    for (const { kind, from, to, parameters } of labels) {
      if (kind !== 'regime') continue;
      const last = Math.floor((to - START) / 1000) - SECONDS;
      for (let at = Math.max(0, Math.ceil((from - START) / 1000)); at <= last; at += SECONDS) {
        const name = String(parameters.name);
        if (!seen.has(name)) seen.set(name, []);
        seen.get(name)!.push(guess(middles.slice(at, at + SECONDS + 1)) === name);
      }
    }
  }
  const shares = [...seen].map(([name, right]) => {
    const share = right.filter(Boolean).length / right.length;
    return { name, share, of: right.length };
  });
  const told = JSON.stringify(shares);
  assert.equal(shares.length, 4, told);
  assert.ok(shares.every(({ name }) => (REGIMES as readonly string[]).includes(name)));
  // chance would be a quarter
  for (const { share, of } of shares) assert.ok(of >= 8 && share >= 0.7, told);
  assert.ok(shares.reduce((sum, { share }) => sum + share, 0) / 4 > 0.85, told);
});

test('Ether is in the regime that its label says: its drift is the regime’s, not the sum of two', () => {
  const drifts = { trend_up: [] as number[], trend_down: [] as number[] };
  for (const seed of [1, 2]) {
    const labels: Label[] = [];
    const scenario = { ...loadScenario('regimes'), instruments: ['ETH-USDT-SWAP' as const] };
    const exchange = new Exchange(seed, START, null, scenario, (label) => labels.push(label));
    const market = exchange.market('ETH-USDT-SWAP')!;
    const logs = [Math.log(market.middle)];
    for (let i = 1; i <= 2 * 3600; i++) {
      exchange.advance(START + i * 1000);
      logs.push(Math.log(market.middle));
    }
    exchange.world.finish();
    for (const { kind, instrument, from, to, parameters } of labels) {
      const name = String(parameters.name);
      if (
        kind !== 'regime' ||
        instrument !== 'ETH-USDT-SWAP' ||
        (name !== 'trend_up' && name !== 'trend_down')
      )
        continue;
      const begin = Math.max(0, Math.ceil((from - START) / 1000));
      const end = Math.floor((to - START) / 1000);
      if (end - begin > 240) drifts[name].push((10_000 * (logs[end]! - logs[begin]!) * 60) / (end - begin));
    }
  }
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const told = JSON.stringify(drifts);
  assert.ok(drifts.trend_up.length > 1 && drifts.trend_down.length > 1, told);
  assert.ok(Math.abs(mean(drifts.trend_up) - 8) < 3 && Math.abs(mean(drifts.trend_down) + 8) < 3, told);
});
