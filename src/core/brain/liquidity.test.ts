import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BID, type BookFrame } from '../book/frame.ts';
import { OrderBook } from '../book/order-book.ts';
import { frameOf, generator, type Level } from '../testing/books.ts';
import { bookPath, framesOf, tradeOf } from '../testing/paths.ts';
import { us } from '../units.ts';
import { NO_SUSPICION, type Suspicion } from './finding.ts';
import { Liquidity, type LiquidityConfig } from './liquidity.ts';

const config: LiquidityConfig = { halfLifeMs: 60_000, withdrawalMs: 500, levelMultiple: 4 };
const seed = 20261122;

test('depths, imbalance and concentration are those of the listed book', () => {
  fc.assert(
    fc.property(bookPath, (path) => {
      const book = new OrderBook();
      const liquidity = new Liquidity(config, book, NO_SUSPICION);
      framesOf(path).forEach((frame, i) => {
        book.apply(frame);
        liquidity.onBook(us(i * 100_000));
        liquidity.reading(us(i * 100_000));
        const { bids, asks } = path[i]!;
        const sum = (levels: readonly Level[], count: number): number =>
          levels.slice(0, count).reduce((total, [, size]) => total + size, 0);
        const evenness = (levels: readonly Level[]): number =>
          levels.reduce((total, [, size]) => total + (size / sum(levels, 20)) ** 2, 0);
        const figures = liquidity.figures();
        for (const [count, name] of [
          [3, '3'],
          [10, '10'],
          [20, '20'],
        ] as const) {
          assert.equal(figures[`bidDepth${name}Lots`], sum(bids, count));
          assert.equal(figures[`askDepth${name}Lots`], sum(asks, count));
          const lean = (sum(bids, count) - sum(asks, count)) / (sum(bids, count) + sum(asks, count));
          assert.equal(figures[`imbalance${name}`], lean);
        }
        assert.ok(Math.abs(figures.concentration! - (evenness(bids) + evenness(asks)) / 2) < 1e-12);
      });
    }),
    { seed, numRuns: 200 },
  );
});

/** A book of 25 levels a side whose sizes wander a little, 100 ms a frame; `script` may change what is shown. */
class Scene {
  readonly book = new OrderBook();
  readonly liquidity: Liquidity;
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  at = 1_000_000_000;
  private readonly random = generator(5);
  private begun = false;

  private readonly lot: number;
  private readonly tick: number;

  /** Shown in lots and ticks that are so many times finer. */
  constructor(suspicion: Suspicion = NO_SUSPICION, lot = 1, tick = 1) {
    this.lot = lot;
    this.tick = tick;
    this.liquidity = new Liquidity(config, this.book, suspicion);
    for (let k = 0; k < 25; k++) {
      this.bids.set(1000 - k, 100);
      this.asks.set(1001 + k, 100);
    }
  }

  frames(count: number): void {
    for (let i = 0; i < count; i++) {
      for (const side of [this.bids, this.asks])
        for (const [price, size] of side)
          if (size > 0 && size < 300 && this.random() < 0.3)
            side.set(price, Math.max(60, Math.min(140, size + Math.round((this.random() - 0.5) * 30))));
      this.show();
    }
  }

  show(): void {
    const told = (side: Map<number, number>): Level[] =>
      [...side].map(([price, size]) => [price * this.tick, size * this.lot]);
    const frame: BookFrame = frameOf(!this.begun, told(this.bids), told(this.asks));
    this.begun = true;
    this.at += 100_000;
    this.book.apply(frame);
    this.liquidity.onBook(us(this.at));
    this.liquidity.reading(us(this.at));
  }

  /** The next book comes as a snapshot. */
  snapshot(): void {
    this.begun = false;
    this.show();
  }

  scale(side: Map<number, number>, by: number): void {
    for (const [price, size] of side) side.set(price, Math.round(size * by));
  }
}

test('half of the bids cancelled is a withdrawal of bids, and pressure down', () => {
  const scene = new Scene();
  scene.frames(1200);
  const { liquidity } = scene;
  const before = liquidity.figures();
  assert.ok(Math.abs(before.bidWithdrawalZ!) < 4 && Math.abs(before.askWithdrawalZ!) < 4);
  scene.scale(scene.bids, 0.5);
  scene.show();
  const after = liquidity.figures();
  assert.ok(after.bidWithdrawalZ! > 8, `${after.bidWithdrawalZ}`);
  assert.ok(Math.abs(after.askWithdrawalZ!) < 4);
  assert.ok(liquidity.score < -0.5);
  assert.match(liquidity.evidence(), /bids are being withdrawn/);
});

test('half of the bids taken by sellers is no withdrawal, in one frame or in two', () => {
  for (const frames of [1, 2]) {
    const scene = new Scene();
    scene.frames(1200);
    // a taker works through the best of the bids: the exchange tells of every price
    for (let k = 0; k < 10; k++) {
      const price = 1000 - k;
      const trade = tradeOf('sell', scene.bids.get(price)!, scene.at + 50_000, price);
      scene.liquidity.onTrade(trade);
      scene.bids.set(price, 0);
      if (frames === 2 && k === 7) scene.show();
    }
    scene.show();
    assert.ok(Math.abs(scene.liquidity.bids.withdrawalZ) < 4, `${scene.liquidity.bids.withdrawalZ}`);
    scene.frames(3);
    assert.ok(Math.abs(scene.liquidity.bids.withdrawalZ) < 4, `${scene.liquidity.bids.withdrawalZ}`);
  }
});

test('one large order that goes, or a price that moves on with its quotes, is no withdrawal', () => {
  const scene = new Scene();
  scene.bids.set(992, 5000);
  scene.frames(1200);
  scene.bids.set(992, 100);
  scene.show();
  assert.ok(scene.liquidity.bids.withdrawalZ < 1, `${scene.liquidity.bids.withdrawalZ}`);
  // both sides one tick up a frame: the lowest bid goes, a higher one comes
  for (let up = 1; up <= 12; up++) {
    const [gone, come] = [976 + up - 1, 1000 + up];
    scene.bids.set(gone, 0).set(come, 100);
    scene.asks.set(1001 + up - 1, 0).set(1025 + up, 100);
    scene.show();
    const { bids, asks } = scene.liquidity;
    assert.ok(Math.abs(bids.withdrawalZ) < 4 && Math.abs(asks.withdrawalZ) < 4);
  }
});

test('bit by bit within a window it is a withdrawal too; a new book is none', () => {
  const scene = new Scene();
  scene.frames(1200);
  let most = 0;
  for (let step = 0; step < 5; step++) {
    for (const [price, size] of scene.bids)
      if (price % 5 === step) scene.bids.set(price, Math.round(size * 0.6));
    scene.show();
    most = Math.max(most, scene.liquidity.bids.withdrawalZ);
  }
  assert.ok(most > 4, `${most}`);
  const other = new Scene();
  other.frames(1200);
  other.scale(other.bids, 0.5);
  other.snapshot();
  assert.ok(Math.abs(other.liquidity.bids.withdrawalZ) < 1, `${other.liquidity.bids.withdrawalZ}`);
});

test('however large lots, ticks or prices are, a withdrawal is as unusual', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 50 }), fc.integer({ min: 1, max: 9 }), (lot, tick) => {
      const [plain, scaled] = [new Scene(), new Scene(NO_SUSPICION, lot, tick)];
      for (const scene of [plain, scaled]) {
        scene.frames(100);
        scene.scale(scene.asks, 0.5);
        scene.show();
      }
      assert.ok(plain.liquidity.asks.withdrawalZ > 1);
      assert.equal(scaled.liquidity.asks.withdrawalZ, plain.liquidity.asks.withdrawalZ);
    }),
    { seed, numRuns: 20 },
  );
});

test('support and resistance are the largest standing levels, with the time since they are large', () => {
  const scene = new Scene();
  scene.frames(600);
  assert.equal(scene.liquidity.figures().supportTicks, undefined);
  scene.bids.set(993, 2000);
  scene.asks.set(1010, 900);
  scene.show();
  const began = scene.at;
  scene.frames(250);
  scene.bids.set(990, 1500);
  scene.show();
  const figures = scene.liquidity.figures();
  assert.deepEqual([figures.supportTicks, figures.resistanceTicks], [993, 1010]);
  assert.deepEqual([figures.supportLots, figures.resistanceLots], [2000, 900]);
  assert.equal(figures.supportAgeSeconds, (scene.at - began) / 1e6);
  // a level that shrinks to the ordinary is none any more, and is new when it comes back
  scene.bids.set(993, 100);
  scene.show();
  assert.equal(scene.liquidity.figures().supportTicks, 990);
  scene.bids.set(993, 2000);
  scene.show();
  assert.equal(scene.liquidity.figures().supportTicks, 993);
  assert.equal(scene.liquidity.figures().supportAgeSeconds, 0);
});

test('what is suspected does not count, and costs trust', () => {
  const doubted: Suspicion = { any: true, at: (side, price) => (side === BID && price === 995 ? 0.9 : 0) };
  const [believing, doubting] = [new Scene(), new Scene(doubted)];
  for (const scene of [believing, doubting]) {
    scene.frames(600);
    scene.bids.set(995, 3000);
    scene.show();
    scene.frames(100);
  }
  const [one, other] = [believing.liquidity, doubting.liquidity];
  assert.equal(one.figures().supportTicks, 995);
  const [lean, leanLess] = [one.figures().imbalance20!, other.figures().imbalance20!];
  assert.ok(lean > 0.4 && leanLess < 0.1, `${lean} ${leanLess}`);
  assert.ok(other.score < one.score - 0.15);
  assert.ok(other.likelihood < 0.7 * one.likelihood);
  assert.equal(other.figures().suspectedLots, 2700);
  assert.ok(Math.abs(other.figures().supportLots! - 0.1 * 3000) < 1e-6);
});

test('a reset forgets, a one-sided book says nothing', () => {
  const scene = new Scene();
  const fresh = scene.liquidity.figures();
  scene.bids.set(993, 2000);
  scene.frames(300);
  scene.liquidity.reset();
  assert.deepEqual(scene.liquidity.figures(), fresh);
  for (const price of scene.bids.keys()) scene.bids.set(price, 0);
  scene.show();
  assert.deepEqual([scene.liquidity.score, scene.liquidity.likelihood], [0, 0]);
});
