import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ASK, BID } from '../../core/book/frame.ts';
import { Exchange } from '../exchange.ts';

/** Top 50 levels of the real BTC-USDT-SWAP at 10 Hz, May 2025: 24 quiet seconds, contracts and dollars. */
const CAPTURE = new URL(
  '../../../../shared/data/okx-btc-swap-l2-2025/okx-top50-snapshots-BTC-USDT-SWAP-20250513-part1.jsonl.gz',
  import.meta.url,
);
const DEPTH = 50;
type Level = readonly [price: number, size: number];
interface Snapshot {
  readonly asks: readonly Level[];
  readonly bids: readonly Level[];
}

function* real(): Generator<Snapshot> {
  for (const line of gunzipSync(readFileSync(CAPTURE)).toString().split('\n')) {
    if (line === '') continue;
    const row = JSON.parse(line) as { asks: string[][]; bids: string[][] };
    const levels = (rows: string[][]): Level[] => rows.map(([price, size]) => [Number(price), Number(size)]);
    yield { asks: levels(row.asks), bids: levels(row.bids) };
  }
}

function* ours(seconds: number): Generator<Snapshot> {
  const exchange = new Exchange(7, 1_795_340_400_000);
  const { book, instrument } = exchange.markets[0]!;
  for (let i = 0; i < seconds * 10; i++) {
    exchange.advance(exchange.now + 100);
    const side = (which: typeof BID | typeof ASK): Level[] => {
      const levels: Level[] = [];
      for (let price = book.best(which); levels.length < DEPTH; price = book.behind(which, price))
        levels.push([instrument.priceToNumber(price), book.sizeAt(price) * instrument.lotSize]);
      return levels;
    };
    yield { asks: side(ASK), bids: side(BID) };
  }
}

/** Medians of what an eye sees first in a book. */
function traits(snapshots: Iterable<Snapshot>): Record<string, number> {
  const seen: Record<string, number[]> = { spreadTicks: [], touch: [], behind: [], span: [], changes: [] };
  let before = new Map<number, number>();
  for (const { asks, bids } of snapshots) {
    seen.spreadTicks!.push(Math.round((asks[0]![0] - bids[0]![0]) * 10));
    seen.touch!.push(asks[0]![1], bids[0]![1]);
    seen.behind!.push(...asks.slice(1).map(([, size]) => size));
    seen.span!.push(asks[DEPTH - 1]![0] - asks[0]![0]);
    const now = new Map([...asks, ...bids.map(([price, size]): Level => [price, -size])]);
    let changes = 0;
    for (const [price, size] of now) if (before.get(price) !== size) changes += 1;
    for (const price of before.keys()) if (!now.has(price)) changes += 1;
    if (before.size > 0) seen.changes!.push(changes);
    before = now;
  }
  const median = (values: number[]): number => values.sort((one, other) => one - other)[values.length >> 1]!;
  return Object.fromEntries(Object.entries(seen).map(([name, values]) => [name, median(values)]));
}

test('the book looks like the real one: spread, queues, thinness behind, density and bustle within a factor of three', {
  skip: existsSync(CAPTURE) ? false : 'the capture of the real book is not on this machine',
}, () => {
  const truth = traits(real());
  const model = traits(ours(300));
  assert.equal(model.spreadTicks, truth.spreadTicks);
  for (const [name, value] of Object.entries(truth)) {
    const ratio = model[name]! / value;
    assert.ok(ratio > 1 / 3 && ratio < 3, `${name}: ${model[name]} here, ${value} in truth`);
  }
});
