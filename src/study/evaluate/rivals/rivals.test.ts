import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { brainConfig } from '../../../config/brain.ts';
import { loadSettings } from '../../../config/load.ts';
import { ASK, BID } from '../../../core/book/frame.ts';
import { OrderBook } from '../../../core/book/order-book.ts';
import type { Finding } from '../../../core/brain/finding.ts';
import { EventKind, TradeEvent } from '../../../core/events.ts';
import { frameOf, type Level } from '../../../core/testing/books.ts';
import { lots, ms, ticks, us } from '../../../core/units.ts';
import { Random } from '../../../exchange/random.ts';
import { importBinance } from '../../../tape/import-binance.ts';
import { readTape } from '../../../tape/reader.ts';
import { play, tapeSource, watching } from '../play.ts';
import { RunningQuantile } from './running-quantile.ts';
import { TradedBeyond } from './traded-beyond.ts';
import { WALL_VANISHES, WallVanishes } from './wall-vanishes.ts';

const CAPTURE = new URL(
  '../../../../../shared/data/binance-l2-raw/usdm_btcusdt_20240808.gz',
  import.meta.url,
);
const root = mkdtempSync(join(tmpdir(), 'rivals-'));
after(() => rmSync(root, { recursive: true }));

test('on the real capture they fire as often as published for such rules: 259 and 4.4 a minute', {
  skip: existsSync(CAPTURE) ? false : 'no capture of Binance beside the repository',
}, async () => {
  const tape = join(root, 'binance.tape');
  await importBinance([CAPTURE.pathname], tape);
  const threshold = quantileOfTape(tape);
  const counts = { walls: 0, causal: 0, icebergs: 0 };
  const { spans } = play(tapeSource(tape), brainConfig(loadSettings(undefined).brain), (_, book) => [
    watching(new WallVanishes(WALL_VANISHES, book, () => (counts.walls += 1), threshold)),
    watching(new WallVanishes(WALL_VANISHES, book, () => (counts.causal += 1))),
    watching(new TradedBeyond(book, () => (counts.icebergs += 1))),
  ]);
  const minutes = (spans[0]!.to - spans[0]!.from) / 6e7;
  const near = (count: number, wanted: number, tolerance: number): void =>
    assert.ok(
      Math.abs(count / minutes / wanted - 1) < tolerance,
      `${count / minutes} a minute, ${wanted} published`,
    );
  near(counts.walls, 259, 0.05);
  // what is seen so far instead of the whole: the threshold of the first minutes is another
  near(counts.causal, 259, 0.5);
  near(counts.icebergs, 4.4, 0.1);
});

/** p99 of the sizes that level changes within 10 bp left, over the whole tape. */
function quantileOfTape(path: string): number {
  const book = new OrderBook();
  const sizes: number[] = [];
  readTape(path).forEach((event) => {
    if (event.kind !== EventKind.book) return;
    book.apply(event.frame);
    const { changes } = book;
    if (changes.snapshot || !book.twoSided) return;
    for (let i = 0; i < changes.count; i++)
      if (changes.newSize[i]! > 0 && Math.abs(changes.price[i]! - book.mid) <= book.mid / 1000)
        sizes.push(changes.newSize[i]!);
  });
  return Float64Array.from(sizes).sort()[Math.floor(0.99 * sizes.length)]!;
}

test('a running quantile is that of the sorted values, to 2 %', () => {
  const random = new Random(20261122);
  const running = new RunningQuantile(0.99);
  assert.ok(Number.isNaN(running.value));
  const values: number[] = [];
  for (let i = 0; i < 20_000; i++) {
    values.push(Math.ceil(random.pareto(1.2) * 10));
    running.add(values.at(-1)!);
  }
  const sorted = Float64Array.from(values).sort();
  const wanted = sorted[Math.floor(0.99 * values.length)]!;
  assert.ok(
    running.value <= wanted * 1.001 && running.value >= wanted / 1.021,
    `${running.value} of ${wanted}`,
  );
});

class Scene {
  readonly book = new OrderBook();
  readonly told: Finding[] = [];
  readonly wall = new WallVanishes(WALL_VANISHES, this.book, (finding) => this.told.push(finding), 100);
  readonly refill = new TradedBeyond(this.book, (finding) => this.told.push(finding));

  frame(at: number, bids: Level[], asks: Level[], snapshot = false): void {
    this.book.apply(frameOf(snapshot, bids, asks));
    this.wall.onBook(us(at * 1000));
    this.refill.onBook(us(at * 1000));
  }

  trade(at: number, side: 'buy' | 'sell', price: number, size: number): void {
    const event = new TradeEvent(us(at * 1000), 0, ms(at), ticks(price), lots(size), side);
    this.wall.onTrade(event);
    this.refill.onTrade(event);
  }
}

test('a wall that came and went fires; one that traded, stayed or stood far away does not', () => {
  const scene = new Scene();
  scene.frame(0, [[10_000, 50]], [[10_001, 50]], true);
  const level = 9_995;
  scene.frame(100, [[level, 120]], []);
  scene.frame(200, [[level, 10]], []);
  assert.deepEqual(
    scene.told.map(({ side, low, size, likelihood }) => [side, low, size, likelihood]),
    [[BID, level, 120, 120 / 220]],
  );
  scene.frame(300, [[level, 120]], []);
  scene.trade(350, 'sell', level, 13);
  scene.frame(400, [[level, 0]], []);
  scene.frame(500, [[level, 120]], []);
  scene.frame(2501, [[level, 0]], []);
  scene.frame(2600, [[9_980, 120]], []);
  scene.frame(2700, [[9_980, 0]], []);
  assert.equal(scene.told.length, 1);
});

test('more traded at the best price than stood there, and something there again, fires', () => {
  const scene = new Scene();
  scene.frame(0, [[100, 50]], [[101, 20]], true);
  scene.trade(50, 'buy', 101, 15);
  scene.trade(60, 'buy', 101, 10);
  scene.frame(100, [], [[101, 15]]);
  assert.deepEqual(
    scene.told.map(({ side, low, size }) => [side, low, size]),
    [[ASK, 101, 5]],
  );
  scene.trade(150, 'buy', 101, 15);
  scene.frame(200, [], [[101, 7]]);
  scene.trade(250, 'buy', 101, 30);
  scene.frame(
    300,
    [],
    [
      [101, 0],
      [102, 9],
    ],
  );
  assert.equal(scene.told.length, 1);
});
