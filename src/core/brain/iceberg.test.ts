import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID } from '../book/frame.ts';
import { evenNumbers, MIRROR, normal, OrderMarket, type RestingOrder } from '../testing/order-market.ts';
import { us } from '../units.ts';
import type { Finding } from './finding.ts';
import { Iceberg } from './iceberg.ts';

const seed = 20261122;
const CONFIG = { toldFrom: 0.1, halfLifeMs: 30_000 };
const PRICE = 10_000;
const PEAK = 12_345;
/** From here on an iceberg counts as found; the grading's threshold. */
const FOUND = 0.6;

/** An ordinary market about `PRICE`: orders of all sizes come, go and trade; what a script does happens in between. */
class Scene {
  readonly market: OrderMarket;
  readonly iceberg: Iceberg;
  readonly findings: Finding[] = [];
  /** Evidence of the two orders that a following chain began with. */
  readonly pairs: number[] = [];
  readonly random: () => number;
  /** Prices where ordinary orders come, and how many each second. */
  private bid = PRICE;
  private readonly stepMs: number;
  private readonly crowd: RestingOrder[] = [];

  constructor({ mirrored = false, stepMs = 10, chance = seed, counts = true } = {}) {
    this.random = evenNumbers(chance);
    this.stepMs = stepMs;
    this.market = new OrderMarket(mirrored, counts);
    this.iceberg = new Iceberg(
      CONFIG,
      this.market.book,
      (finding) => this.findings.push({ ...finding }),
      (pattern, chains, chain) => {
        if (pattern === 'following' && chains.orders[chain] === 2)
          this.pairs.push(chains.totalEvidence(chain));
      },
    );
    this.market.detector = this.iceberg;
    for (let i = 0; i < 10; i++) for (const side of [BID, ASK] as const) this.come(side);
    this.market.frame();
    this.pass(3000);
  }

  get found(): number {
    return this.findings.reduce((most, { likelihood }) => Math.max(most, likelihood), 0);
  }

  get last(): Finding {
    return this.findings.at(-1)!;
  }

  /** So many frames go by; `step` acts in each before it is told. */
  pass(frames: number, step: () => void = () => undefined): void {
    for (let i = 0; i < frames; i++) {
      for (let ms = 0; ms < this.stepMs; ms += 10) {
        this.crowdActs();
        step();
      }
      this.market.frame(this.stepMs);
    }
  }

  /** The crowd goes to another best bid; its orders at the old prices are gone. */
  moveTo(bid: number): void {
    this.bid = bid;
    for (const order of this.crowd.splice(0)) this.market.cancel(order);
    for (let i = 0; i < 5; i++) for (const side of [BID, ASK] as const) this.come(side);
  }

  private crowdActs(): void {
    const { random, market, crowd } = this;
    for (const side of [BID, ASK] as const) {
      if (random() < 0.06) this.come(side);
      // the longer the queue the sooner somebody leaves it
      if (random() < 0.004 * market.at(side).length) this.go(side);
      if (random() < 0.04) {
        for (const order of market.take(side, Math.ceil(2000 * -Math.log(1 - random())))) {
          const at = crowd.indexOf(order);
          if (at >= 0) crowd.splice(at, 1);
        }
        if (market.at(side, this.priceOf(side)).length < 3) this.come(side);
      }
    }
  }

  private priceOf(side: typeof BID | typeof ASK): number {
    return side === BID ? this.bid : this.bid + 1;
  }

  private come(side: typeof BID | typeof ASK): void {
    const size = Math.max(1, Math.round(1500 * Math.exp(1.1 * normal(this.random))));
    this.crowd.push(this.market.add(side, this.priceOf(side), size));
  }

  private go(side: typeof BID | typeof ASK): void {
    const own = this.crowd.filter((order) => order.side === side);
    if (own.length < 4) return;
    const order = own[Math.floor(this.random() * own.length)]!;
    this.crowd.splice(this.crowd.indexOf(order), 1);
    this.market.cancel(order);
  }
}

/** Shows `peak` at the best bid until so many were traded; each comes `delay` frames after the last one was filled. */
function showing(
  scene: Scene,
  peaks: number,
  { delay = 0, vary = 0, follow = false } = {},
): { step: () => void; shown: () => number } {
  const { market } = scene;
  let order: RestingOrder | null = null;
  let shown = 0;
  let wait = 0;
  const step = (): void => {
    if (order !== null && follow && market.stands(order) && market.best(BID) !== order.price) {
      market.cancel(order);
      wait = delay;
      order = null;
      shown -= 1;
    }
    if (order !== null && !market.stands(order)) {
      order = null;
      wait = delay;
    }
    if (order !== null || shown === peaks || wait-- > 0) return;
    const size = Math.round(PEAK * (1 - vary + 2 * vary * scene.random()));
    order = market.add(BID, follow ? market.best(BID) : PRICE, size);
    shown += 1;
  };
  return { step, shown: () => shown };
}

test('an iceberg that is refilled at once is found, at its price and side, as native', () => {
  const scene = new Scene();
  scene.pass(10_000, showing(scene, 8).step);
  const first = scene.findings.find(({ likelihood, side }) => likelihood >= FOUND && side === BID);
  assert.ok(first !== undefined, `likelihood ${scene.found}`);
  assert.deepEqual([first.kind, first.pattern, first.low, first.high], ['iceberg', 'native', PRICE, PRICE]);
  assert.ok(first.since <= first.at);
  assert.ok(scene.found > 0.9, `likelihood ${scene.found}`);
});

test('one that is refilled by hand, later and with sizes a tenth off, is found as sliced', () => {
  const scene = new Scene();
  scene.pass(15_000, showing(scene, 15, { delay: 12, vary: 0.1 }).step);
  const first = scene.findings.find(({ likelihood, side }) => likelihood >= FOUND && side === BID);
  assert.ok(first !== undefined, `likelihood ${scene.found}`);
  assert.deepEqual([first.pattern, first.low], ['sliced', PRICE]);
});

test('one that follows the best price is found where it is', () => {
  const scene = new Scene();
  const { step } = showing(scene, 40, { delay: 4, vary: 0.1, follow: true });
  for (let i = 0; i < 25; i++) {
    scene.pass(250, step);
    scene.moveTo(PRICE + 20 * (1 + (i % 7)));
  }
  const found = scene.findings.filter(
    ({ likelihood, pattern }) => likelihood >= FOUND && pattern === 'following',
  );
  assert.ok(found.length > 0, `likelihood ${scene.found}`);
  assert.equal(found[0]!.side, BID);
});

test('at ten frames a second a native one is found where the market has left it and comes back', () => {
  const scene = new Scene({ stepMs: 100 });
  const { step } = showing(scene, 30);
  for (let i = 0; i < 12; i++) {
    scene.pass(30, step);
    // away, so that it stands alone, and then taken there
    scene.moveTo(PRICE + 40);
    scene.pass(10, step);
    scene.moveTo(PRICE - 40);
    for (const order of scene.market.at(BID)) if (order.price > PRICE) scene.market.cancel(order);
    scene.market.take(BID, PEAK * 2 + 777);
    scene.pass(10, step);
    scene.moveTo(PRICE);
  }
  assert.ok(scene.found >= FOUND, `likelihood ${scene.found}`);
});

/** Chance repeats sizes now and then: what is asked is how often that is taken for an iceberg, over several markets. */
const SEEDS = [1, 2, 3, 4, 5, 6];
const alarmsOf = ({ findings }: Scene): number =>
  new Set(findings.filter(({ likelihood }) => likelihood >= FOUND).map(({ id }) => id)).size;

test('an ordinary market, whose makers refill too, raises no more than one alarm in four minutes', () => {
  let alarms = 0;
  for (const chance of SEEDS) {
    const scene = new Scene({ chance });
    scene.pass(15_000);
    alarms += alarmsOf(scene);
  }
  // 18 minutes with the 3,000 frames before
  assert.ok(alarms <= 4, `${alarms} alarms`);
});

test('a maker who takes out and places anew the same size, untraded, is none', () => {
  for (const chance of SEEDS) {
    const scene = new Scene({ chance });
    let quote: RestingOrder | null = null;
    scene.pass(4000, () => {
      if (scene.random() > 0.03) return;
      if (quote !== null) scene.market.cancel(quote);
      quote = scene.market.add(BID, PRICE - 5, PEAK);
    });
    const there = scene.findings.filter(({ low, likelihood }) => low === PRICE - 5 && likelihood >= FOUND);
    assert.deepEqual(there, []);
  }
});

test('a level that is swept and filled anew by others is none', () => {
  let alarms = 0;
  for (const chance of SEEDS) {
    const scene = new Scene({ chance });
    for (let i = 0; i < 20; i++) {
      scene.pass(100);
      const standing = scene.market.at(BID, PRICE).reduce((sum, { left }) => sum + left, 0);
      scene.market.take(BID, standing);
      scene.moveTo(PRICE);
    }
    alarms += alarmsOf(scene);
  }
  // 120 sweeps
  assert.ok(alarms <= 2, `${alarms} alarms`);
});

test('an order that the price leaves and comes back to has not come back', () => {
  const scene = new Scene();
  scene.market.add(BID, PRICE - 30, PEAK);
  for (let i = 0; i < 20; i++) {
    scene.moveTo(PRICE - 30);
    scene.pass(20);
    scene.moveTo(PRICE + 10);
    scene.pass(20);
  }
  const there = scene.findings.filter(({ low }) => low === PRICE - 30);
  assert.ok(there.every(({ likelihood }) => likelihood < FOUND));
});

test('likelihood only rises with the telling of an id; ids count up; what is told is a probability', () => {
  const scene = new Scene();
  scene.pass(6000, showing(scene, 10).step);
  const last = new Map<number, number>();
  let highest = 0;
  assert.ok(scene.findings.length > 0);
  for (const { id, likelihood, size, sizeLow, sizeHigh } of scene.findings) {
    assert.ok(likelihood > (last.get(id) ?? 0) && likelihood <= 1);
    assert.ok(sizeLow! <= size && size <= sizeHigh!);
    if (!last.has(id)) assert.equal(id, ++highest);
    last.set(id, likelihood);
  }
});

test('a mirrored market gives the mirrored findings and reading', () => {
  const play = (mirrored: boolean): Scene => {
    const scene = new Scene({ mirrored });
    scene.pass(4000, showing(scene, 8).step);
    return scene;
  };
  const one = play(false);
  const other = play(true);
  assert.ok(one.findings.length > 0);
  assert.deepEqual(
    other.findings,
    one.findings.map((finding) => ({
      ...finding,
      side: finding.side === BID ? ASK : BID,
      low: MIRROR - finding.high,
      high: MIRROR - finding.low,
    })),
  );
  assert.equal(other.iceberg.likelihood, one.iceberg.likelihood);
  assert.ok(Math.abs(other.iceberg.score + one.iceberg.score) < 1e-12);
});

test('where the price leaves an iceberg and comes back, the mirrored market is read alike too', () => {
  const play = (mirrored: boolean): Scene => {
    const scene = new Scene({ mirrored });
    const { step } = showing(scene, 40, { delay: 12, vary: 0.1 });
    for (let i = 0; i < 12; i++) {
      scene.pass(300, step);
      // the other side's best price goes beyond it: nobody can stand there, and its refill waits
      scene.market.take(BID, scene.market.at(BID).reduce((sum, { left }) => sum + left, 0) - 1);
      scene.moveTo(PRICE - 40);
      scene.pass(60);
      scene.moveTo(PRICE);
    }
    return scene;
  };
  const [one, other] = [play(false), play(true)];
  assert.ok(one.findings.some(({ low }) => low === PRICE));
  assert.deepEqual(
    other.findings.map(({ likelihood }) => likelihood),
    one.findings.map(({ likelihood }) => likelihood),
  );
});

test('where orders are not counted a pair of like orders must say more to begin a chain', () => {
  const pairsOf = (counts: boolean): number[] =>
    SEEDS.flatMap((chance) => {
      const scene = new Scene({ chance, counts });
      const { step } = showing(scene, 60, { delay: 3, vary: 0.1, follow: true });
      scene.pass(4000, step);
      return scene.pairs;
    });
  const [counted, uncounted] = [pairsOf(true), pairsOf(false)];
  assert.ok(Math.min(...counted) < 0.7, `${Math.min(...counted)}`);
  assert.ok(uncounted.length > 0);
  // odds of two to one, the evidence that a chain at one price begins with
  assert.ok(Math.min(...uncounted) >= 0.7, `${Math.min(...uncounted)}`);
});

test('a hidden bid holds the market up, is forgotten by and by, and told in words', () => {
  const scene = new Scene();
  const { iceberg, market } = scene;
  const { step } = showing(scene, 30);
  for (let i = 0; i < 100 && iceberg.likelihood < 0.9; i++) scene.pass(100, step);
  assert.ok(iceberg.score > 0 && iceberg.score <= 1);
  assert.match(iceberg.evidence(), /^a bid came back \d+ times with about \d+ lots.* \d+ lots not shown yet/);
  const { suspected, side, priceTicks, remainingLots, remainingLotsLow, remainingLotsHigh } =
    iceberg.figures();
  assert.ok(suspected! >= 1);
  assert.deepEqual([side, priceTicks], [1, PRICE]);
  assert.ok(remainingLotsLow! <= remainingLots! && remainingLots! <= remainingLotsHigh!);
  const { likelihood } = iceberg;
  iceberg.reading(us(market.now + 60_000_000));
  assert.ok(iceberg.likelihood < likelihood / 2);
  iceberg.reading(us(market.now + 600_000_000));
  assert.deepEqual([iceberg.likelihood, iceberg.score, iceberg.figures().suspected], [0, 0, 0]);
});

test('a gap is forgotten: nothing that was due before it is news after it', () => {
  const scene = new Scene();
  scene.pass(3000, showing(scene, 6).step);
  scene.iceberg.reset();
  const fresh = new Iceberg(CONFIG, scene.market.book, () => undefined);
  assert.deepEqual(scene.iceberg.figures(), fresh.figures());
  assert.deepEqual([scene.iceberg.score, scene.iceberg.likelihood], [0, 0]);
});

test('memory is bounded: what it holds is as large after an hour as at the beginning', () => {
  const scene = new Scene();
  const { book: _book, ...own } = scene.iceberg as unknown as Record<string, unknown>;
  const before = held(own);
  const { step } = showing(scene, 1000, { delay: 2, vary: 0.1, follow: true });
  for (let i = 0; i < 300; i++) {
    scene.moveTo(PRICE + ((i * 37) % 900) - 450);
    scene.pass(40, step);
  }
  assert.equal(held(own), before);
});

/** Elements of all arrays that can be reached, and objects. */
function held(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null || seen.has(value)) return 0;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let total = 1;
  for (const each of Object.values(value)) total += held(each, seen);
  return total;
}
