import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { LABEL_KINDS } from '../exchange/scenarios/label.ts';
import { loadScenario } from '../exchange/scenarios/load.ts';
import { SIMULATED_FROM } from './simulate.ts';
import { simulateToFiles } from './simulation-files.ts';
import { type Told, type ToldOrder, toldIn } from './testing/labels.ts';

/**
 * What the labels say, against the raw frames alone, read by the plainest reader there is: levels in maps, decimals as
 * numbers. The frames are `books-l2-tbt`, one state every 10 ms.
 */
const MINUTES = 15;
const SYMBOL = 'BTC-USDT-SWAP';
const TICK = 0.1;
/** Contracts of an ordinary queue at the best price: crowd.ts, ORDINARY_QUEUE of one contract each. */
const QUEUE = 800;
/** Its figures of icebergs are those of this run. */
const DOCUMENT = readFileSync(new URL('../../docs/labels.md', import.meta.url), 'utf8');

interface Print {
  readonly at: number;
  readonly side: string;
  readonly price: string;
  readonly size: number;
}
type Levels = Map<string, { readonly price: number; readonly size: number; readonly orders: number }>;

let labels: Told[] = [];
const prints: Print[] = [];
/** What did not fit, one line each. */
const wrong: string[] = [];
/** Large lone orders that came in behind the best price: time, side and price. */
const walls: { readonly at: number; readonly side: string; readonly price: string; readonly size: number }[] =
  [];
/** Middle price by time, each 10 ms that it was told. */
const middles: [at: number, middle: number][] = [];

const root = mkdtempSync(join(tmpdir(), 'labels-'));
after(() => rmSync(root, { recursive: true }));

before(async () => {
  const folder = join(root, 'out');
  const base = loadScenario('manipulated');
  const icebergs = { ...base.icebergs, native_per_hour: 60, sliced_per_hour: 90, following_per_hour: 60 };
  const stopRuns = { per_hour: 60, queue_multiple: 4 };
  const scenario = { ...base, icebergs, stop_runs: stopRuns, value: { ...base.value, news_per_hour: 12 } };
  await simulateToFiles(
    { seed: 21, scenario, symbols: [SYMBOL], feed: 'books-l2-tbt', from: SIMULATED_FROM },
    MINUTES,
    folder,
  );
  labels = toldIn(folder);
  read(readFileSync(join(folder, 'raw.jsonl'), 'utf8'));
});

function read(raw: string): void {
  const book: Record<'buy' | 'sell', Levels> = { buy: new Map(), sell: new Map() };
  const all = labels.flatMap(({ participant, orders }) => orders.map((order) => ({ participant, order })));
  const comes = Map.groupBy(all, ({ order }) => order.from);
  const goes = Map.groupBy(all, ({ order }) => order.to);
  const live = new Set(all.filter(({ order }) => order.from < SIMULATED_FROM && order.to > SIMULATED_FROM));
  /** Only the best 400 levels are published. */
  const inView = ({ side, price }: ToldOrder): boolean => {
    if (book[side].size < 400) return true;
    return side === 'buy' ? Number(price) >= lowest('buy') : Number(price) <= highest('sell');
  };
  const lowest = (side: 'buy' | 'sell'): number => {
    let found = Number.POSITIVE_INFINITY;
    for (const { price } of book[side].values()) if (price < found) found = price;
    return found;
  };
  const highest = (side: 'buy' | 'sell'): number => {
    let found = Number.NEGATIVE_INFINITY;
    for (const { price } of book[side].values()) if (price > found) found = price;
    return found;
  };
  const was = new Map<string, { readonly size: number; readonly orders: number }>();

  /** Everything of one moment has been read: `was` holds the levels that changed, as they were before. */
  const look = (at: number): void => {
    const best = { buy: highest('buy'), sell: lowest('sell') };
    middles.push([at, (best.buy + best.sell) / 2]);
    for (const entry of goes.get(at) ?? []) {
      live.delete(entry);
      const { order } = entry;
      const key = `${order.side} ${order.price}`;
      const left = Number(order.size) - Number(order.traded);
      const stood = was.get(key) ?? book[order.side].get(order.price);
      if (order.ended === 'canceled' && order.from >= SIMULATED_FROM && order.from < at)
        if ((stood === undefined || stood.size < left - 1e-9) && inView(order))
          wrong.push(`${entry.participant} ${order.id}: ${left} was not there to be canceled at ${at}`);
    }
    for (const entry of comes.get(at) ?? []) {
      const { order } = entry;
      if (order.to > at) live.add(entry);
      const level = book[order.side].get(order.price);
      const earlier = was.get(`${order.side} ${order.price}`)?.size ?? 0;
      const behind = Math.abs(Number(order.price) - best[order.side]) / TICK;
      // near the best price the crowd comes and goes in the same moment
      const risen = (level?.size ?? 0) - earlier;
      if (order.to > at && behind > 4 && order.role === 'decoy' && risen < 0.9 * Number(order.size) - 1e-9)
        wrong.push(
          `${entry.participant} ${order.id}: ${order.size} came at ${at}, the level rose by ${risen}`,
        );
    }
    for (const { participant, order } of live) {
      const level = book[order.side].get(order.price);
      const least = Number(order.size) - Number(order.traded);
      if ((level === undefined || level.size < least - 1e-9) && inView(order))
        wrong.push(`${participant} ${order.id}: ${least} of ${order.size} not at ${order.price} at ${at}`);
    }
    for (const [key, old] of was) {
      const [side, price] = key.split(' ') as ['buy' | 'sell', string];
      const level = book[side].get(price);
      if (level === undefined || level.size - old.size < 0.9 * QUEUE || level.orders - old.orders !== 1)
        continue;
      if (Math.abs(Number(price) - best[side]) / TICK < 4.5) continue;
      walls.push({ at, side, price, size: level.size - old.size });
    }
    was.clear();
  };

  let now = 0;
  for (const line of raw.split('\n')) {
    if (!line.includes('"data":[')) continue;
    const { data } = JSON.parse(line) as {
      data: { arg?: { channel: string }; data?: Record<string, unknown>[] };
    };
    const message = typeof data === 'string' ? (JSON.parse(data) as typeof data) : data;
    const channel = message.arg?.channel;
    const row = message.data?.[0];
    if (row === undefined) continue;
    if (channel === 'trades')
      for (const { ts, side, px, sz } of message.data as Record<string, string>[])
        prints.push({ at: Number(ts), side: side!, price: px!, size: Number(sz) });
    if (channel !== 'books-l2-tbt') continue;
    const at = Number(row.ts);
    if (now !== 0 && at > now) {
      look(now);
      // moments in which nothing changed are not told, yet something may have been labelled with them
      for (let still = now + 10; still < at; still += 10)
        if (goes.has(still) || comes.has(still)) look(still);
    }
    now = at;
    for (const [side, levels] of [
      ['buy', row.bids],
      ['sell', row.asks],
    ] as const)
      for (const [price, size, , orders] of levels as string[][]) {
        const key = `${side} ${price}`;
        if (!was.has(key)) was.set(key, book[side].get(price!) ?? { size: 0, orders: 0 });
        if (size === '0') book[side].delete(price!);
        else book[side].set(price!, { price: Number(price), size: Number(size), orders: Number(orders) });
      }
  }
}

const ofKind = (...kinds: string[]): Told[] => labels.filter(({ kind }) => kinds.includes(kind));
const inRun = ({ from, parameters }: Told): boolean => from >= SIMULATED_FROM && parameters.complete === true;

test('every kind is there', () => {
  const seen = new Set(labels.map(({ kind }) => kind));
  assert.deepEqual([...seen].sort(), [...LABEL_KINDS].sort());
});

test('every labelled order stands in the book from its first moment to its last, and what was canceled was there', () => {
  assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} wrong`);
});

test('what a labelled order traded was printed at its price, against its side, and a filled one ends with a print', () => {
  let seen = 0;
  for (const { participant, orders } of labels)
    for (const { id, side, price, from, to, traded, ended } of orders) {
      if (Number(traded) === 0 || from < SIMULATED_FROM) continue;
      seen += 1;
      const own = prints.filter(
        (print) => print.price === price && print.side !== side && print.at >= from && print.at <= to,
      );
      const volume = own.reduce((sum, { size }) => sum + size, 0);
      assert.ok(volume > Number(traded) - 1e-9, `${participant} ${id}: ${traded} of ${volume} printed`);
      if (ended === 'filled') assert.equal(own.at(-1)?.at, to, `${participant} ${id}: ends without a print`);
    }
  assert.ok(seen > 100, `${seen} orders`);
});

test('every labelled market order is a run of prints: time, side, size to the lot, first and last price', () => {
  const at = Map.groupBy(prints, (print) => print.at);
  let seen = 0;
  for (const { participant, trades } of labels)
    for (const taken of trades) {
      if (taken.at <= SIMULATED_FROM) continue;
      seen += 1;
      const moment = at.get(taken.at) ?? [];
      const found = moment.some((first, i) => {
        if (first.side !== taken.side || first.price !== taken.first) return false;
        for (let sum = 0, last = i; last < moment.length; last++) {
          if (moment[last]!.side !== taken.side) return false;
          sum += moment[last]!.size;
          if (Math.abs(sum - Number(taken.size)) < 1e-9) return moment[last]!.price === taken.last;
        }
        return false;
      });
      assert.ok(found, `${participant}: ${JSON.stringify(taken)} in ${JSON.stringify(moment)}`);
    }
  assert.ok(seen > 2000, `${seen} market orders`);
});

test('spoofers do what their name says', () => {
  const decoys = ({ orders }: Told): ToldOrder[] => orders.filter(({ role }) => role === 'decoy');
  const gone = (orders: readonly ToldOrder[]): Set<number> =>
    new Set(orders.filter(({ ended }) => ended === 'canceled').map(({ to }) => to));
  for (const label of ofKind('spoof_wall').filter(inRun)) {
    assert.equal(decoys(label).length, 1);
    assert.equal(Number(decoys(label)[0]!.size), Number(label.size));
  }
  for (const label of ofKind('spoof_layering').filter(inRun)) {
    const levels = decoys(label);
    assert.ok(
      levels.length >= 4 &&
        levels.length <= 8 &&
        new Set(levels.map(({ price }) => price)).size === levels.length,
    );
    assert.ok(gone(levels).size <= 1, 'gone together');
  }
  for (const label of ofKind('spoof_slow_pull').filter(inRun)) {
    assert.equal(new Set(decoys(label).map(({ price }) => price)).size, 1);
    if (label.parameters.endedBy === 'time' && label.parameters.decoyTraded === '0')
      assert.ok(gone(decoys(label)).size >= 4, 'one after the other');
  }
  for (const label of ofKind('spoof_flicker').filter(inRun)) {
    // the last one goes with its owner; characters.test.ts looks at many
    for (const { from, to } of decoys(label).slice(0, -1)) assert.ok(to - from <= 150, `${to - from} ms`);
    assert.deepEqual(
      new Set(label.prices.map(Number)),
      new Set(decoys(label).map(({ price }) => Number(price))),
      'every place it was shown at is told',
    );
  }
  for (const label of ofKind('spoof_wall', 'spoof_layering', 'spoof_flicker', 'spoof_slow_pull')) {
    const genuine = label.orders.filter(({ role }) => role === 'genuine');
    assert.ok(genuine.length <= 1 && genuine.every(({ side }) => side !== label.side));
    assert.ok(decoys(label).every(({ side }) => side === label.side));
  }
});

const middleAt = (at: number): number => middles.findLast(([then]) => then <= at)![1];

test('an iceberg’s traded size is the sum of its orders, and each refill comes after a fill, as its kind does it', () => {
  const waits = { iceberg_native: [0, 10], iceberg_sliced: [20, 420], iceberg_following: [10, 120] } as const;
  for (const [kind, [least, most]] of Object.entries(waits)) {
    let refills = 0;
    let waited = 0;
    for (const { orders, parameters, participant } of ofKind(kind).filter(inRun)) {
      const traded = orders.reduce((sum, order) => sum + Number(order.traded), 0);
      assert.ok(Math.abs(traded - Number(parameters.traded)) < 1e-9);
      for (let i = 1; i < orders.length; i++) {
        const [one, next] = [orders[i - 1]!, orders[i]!];
        if (one.ended !== 'filled') continue;
        refills += 1;
        const gap = next.from - one.to;
        if (kind !== 'iceberg_following') assert.equal(next.price, one.price);
        assert.ok(gap >= least, `${participant}: ${gap} ms`);
        if (gap <= most) continue;
        waited += 1;
        // it waits longer only where the price has gone through its own, and not a moment after that is over
        const middle = middleAt(next.from - 10);
        const through = one.side === 'buy' ? middle < Number(one.price) : middle > Number(one.price);
        assert.ok(
          through,
          `${participant}: refilled after ${gap} ms at ${one.price}, the middle was ${middle}`,
        );
      }
    }
    assert.ok(waited < refills, `${kind}: none of ${refills} refills was prompt`);
    assert.ok(refills > 12, `${kind}: ${refills} refills`);
    if (kind !== 'iceberg_following')
      assert.ok(DOCUMENT.includes(`\`${kind}\` ${waited} of ${refills}`), `${kind} ${waited} of ${refills}`);
  }
});

test('a flow is told when twenty of its slices or more took something, whether or not it was over', () => {
  const flows = ofKind('flow');
  for (const { trades, parameters, participant } of flows) {
    assert.equal(parameters.slices, trades.length, participant);
    assert.ok(
      trades.length >= 20,
      `${participant}: ${trades.length} slices, complete ${parameters.complete}`,
    );
  }
  assert.deepEqual(new Set(flows.map(({ parameters }) => parameters.complete)), new Set([true, false]));
});

test('a parent’s share of all prints is the one that it reached', () => {
  for (const { from, to, size, parameters, participant } of ofKind('parent', 'flow').filter(inRun)) {
    const all = prints.reduce((sum, { at, size: lots }) => (at > from && at <= to ? sum + lots : sum), 0);
    const share = Number(size) / all;
    const error = Math.abs(share - Number(parameters.reached));
    assert.ok(
      error < 0.02 + 0.1 * share,
      `${participant}: ${share} of the prints, ${parameters.reached} told`,
    );
  }
});

test('news moves the middle by what is told, and the stop run’s extreme is crossed when it says so', () => {
  const news = ofKind('news').filter(({ from }) => from > SIMULATED_FROM + 100);
  let unstopped = 0;
  for (const { from, prices, parameters } of news) {
    const [was, is] = [middleAt(from - 10), middleAt(from)];
    // a middle between two ticks is told as the upper one
    assert.ok(
      Math.abs(was - Number(prices[0])) < 0.06 && Math.abs(is - Number(prices[1])) < 0.06,
      `${was} ${is} ${prices}`,
    );
    const moved = 10_000 * Math.log(is / was);
    // whoever stands in the way with a large order is traded away first
    const stopped = labels.some(({ orders }) =>
      orders.some((one) => one.from < from && one.to >= from && Math.abs(Number(one.price) - is) < 3 * TICK),
    );
    assert.ok(
      stopped || Math.abs(moved - Number(parameters.moveBp)) < 3,
      `${moved} bp of ${parameters.moveBp} at ${from}`,
    );
    unstopped += stopped ? 0 : 1;
  }
  assert.ok(unstopped > 0);
  const crossed = ofKind('stop_run').filter((label) => inRun(label) && label.parameters.crossed === true);
  for (const { prices, side, parameters } of crossed) {
    const at = Number(parameters.crossedAt);
    const middle = middleAt(at);
    assert.ok(
      side === 'buy' ? middle > Number(prices[0]) : middle < Number(prices[0]),
      `${middle} ${prices}`,
    );
  }
  assert.ok(news.length > 0 && crossed.length > 0, `${news.length} news, ${crossed.length} crossings`);
});

test('no large lone order comes in behind the best price unlabelled', () => {
  const known = new Set(
    labels.flatMap(({ orders }) => orders.map(({ side, price, from }) => `${from} ${side} ${price}`)),
  );
  const unknown = walls.filter(({ at, side, price }) => !known.has(`${at} ${side} ${price}`));
  assert.deepEqual(unknown, []);
  assert.ok(walls.length > 20, `${walls.length} walls`);
});
