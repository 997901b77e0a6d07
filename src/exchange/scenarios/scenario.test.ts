import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ASK, BID } from '../../core/book/frame.ts';
import { Exchange } from '../exchange.ts';
import { Kind } from '../matching/order-book.ts';
import { LABEL_KINDS, type Label } from './label.ts';
import { loadScenario, parseScenario, ScenarioError, scenarioNames } from './load.ts';
import { scenarioTemplate } from './publish.ts';
import { DEFAULT_SCENARIO } from './scenario.ts';

const START = 1_795_340_400_000;

test('every shipped scenario loads, and btc-like is the file that the schema writes', () => {
  const wanted = [
    'btc-like',
    'empty',
    'eth-like',
    'manipulated',
    'quiet',
    'range',
    'regimes',
    'thin-alt',
    'trend',
    'volatile',
  ];
  assert.deepEqual(scenarioNames(), wanted);
  for (const name of wanted) loadScenario(name);
  assert.deepEqual(loadScenario('btc-like'), DEFAULT_SCENARIO);
  const file = new URL('../../../config/scenarios/btc-like.yaml', import.meta.url);
  assert.equal(readFileSync(file, 'utf8'), scenarioTemplate(), 'run npx node scripts/write-scenario.ts');
});

test('what a scenario does not know is refused with place and the nearest name', () => {
  const refused = (text: string): string => {
    try {
      parseScenario(text, 'mine.yaml');
    } catch (error) {
      assert.ok(error instanceof ScenarioError);
      return error.message;
    }
    return 'accepted';
  };
  assert.match(refused('spoofers:\n  wal_per_hour: 3\n'), /^mine.yaml:2: .*did you mean "wall_per_hour"\?/);
  assert.match(refused('spoofer: {}\n'), /mine.yaml:1: .*did you mean "spoofers"\?/);
  assert.match(refused('value:\n  volatility: -1\n'), /mine.yaml:2: value.volatility: must be at least 0/);
  assert.match(refused('value:\n  regimes: [{ name: range, weigt: 2 }]\n'), /did you mean "weight"\?/);
  assert.match(refused('instruments: [DOGE-USDT-SWAP]\n'), /instruments/);
  assert.match(refused('value: {\n'), /^mine.yaml: /);
  assert.throws(() => loadScenario('btc-lke'), /did you mean "btc-like"\?/);
  assert.throws(() => loadScenario('./no-such.yaml'), /no such scenario file/);
});

test('the empty market stays empty, stands still, and is the writer’s own', () => {
  const exchange = new Exchange(3, START, null, loadScenario('empty'));
  const market = exchange.market('BTC-USDT-SWAP')!;
  const { last } = market;
  exchange.advance(START + 60_000);
  assert.ok(Number.isNaN(market.book.best(BID)) && Number.isNaN(market.book.best(ASK)));
  assert.equal(market.last, last);
  assert.equal(market.trades.length, 0);
  market.execute(1, BID, Kind.limit, last - 5, 10, 1);
  exchange.advance(START + 120_000);
  assert.equal(market.book.best(BID), last - 5);
  assert.equal(market.book.sizeAt(last - 5), 10);
});

test('a manipulated market plants every kind, labels it with time, side and size, and takes all planted orders away', () => {
  const labels: Label[] = [];
  const scenario = { ...loadScenario('manipulated'), instruments: ['BTC-USDT-SWAP' as const] };
  const news = { ...scenario, value: { ...scenario.value, news_per_hour: 20 } };
  const exchange = new Exchange(11, START, null, news, (label) => labels.push(label));
  exchange.advance(START + 30 * 60_000);
  exchange.world.finish();
  const kinds = new Set(labels.map(({ kind }) => kind));
  assert.deepEqual([...kinds].sort(), [...LABEL_KINDS].sort());
  for (const label of labels) {
    assert.ok(label.from <= label.to && label.to <= exchange.now, JSON.stringify(label));
    assert.ok(Number.isInteger(label.size) && label.size >= 0, JSON.stringify(label));
    if (label.kind.startsWith('spoof') || label.kind.startsWith('iceberg')) {
      assert.ok(label.size > 0 && label.side !== null && label.participant !== '', JSON.stringify(label));
    }
  }
  // a wall is not for trading; a jump of the price catches some
  const walls = labels.filter(({ kind }) => kind === 'spoof_wall');
  const traded = walls.reduce((sum, { parameters }) => sum + Number(parameters.decoyTraded), 0);
  const shown = walls.reduce((sum, { size }) => sum + size, 0);
  assert.ok(traded < shown / 5, `${traded} of ${shown} traded`);
  const { book } = exchange.markets[0]!;
  for (const side of [BID, ASK] as const)
    for (let price = book.best(side); !Number.isNaN(price); price = book.behind(side, price))
      for (let slot = book.firstAt(price); slot >= 0; slot = book.after(slot))
        assert.ok(book.tagOf(slot) < 6, 'a planted order was left behind');
});

test('a parent takes the share of the volume that its label says', () => {
  const labels: Label[] = [];
  const quiet = loadScenario('quiet');
  const scenario = parseScenario(
    'parents: { per_hour: 120, participation_min: 0.1, participation_max: 0.1, mean_seconds: 240 }',
    'test',
  );
  let volume = 0;
  const trades: [at: number, size: number][] = [];
  const exchange = new Exchange(
    5,
    START,
    null,
    { ...quiet, takers: scenario.takers, parents: scenario.parents, instruments: ['BTC-USDT-SWAP'] },
    (label) => labels.push(label),
  );
  exchange.observe({
    traded: (_market, { at, size }) => {
      volume += size;
      trades.push([at, size]);
    },
    stepped: () => undefined,
    orderChanged: () => undefined,
    algoChanged: () => undefined,
    balanceChanged: () => undefined,
  });
  exchange.advance(START + 30 * 60_000);
  assert.ok(volume > 0);
  const parents = labels.filter(
    ({ kind, parameters, from, to }) =>
      kind === 'parent' && parameters.complete === true && to - from > 120_000 && from > START,
  );
  assert.ok(parents.length > 3, `${parents.length} parents`);
  const shares = parents.map(({ from, to, size }) => {
    const all = trades.reduce((sum, [at, lots]) => (at > from && at <= to ? sum + lots : sum), 0);
    return size / all;
  });
  // a slice waits for the volume that it follows, and takes no more than stands there
  for (const share of shares) assert.ok(share > 0.05 && share < 0.13, `share ${share}`);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  assert.ok(mean > 0.08 && mean < 0.11, `mean share ${mean}`);
});
