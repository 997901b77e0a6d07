import { ASK, BID, type BookSide } from '../../book/frame.ts';
import { NO_PRICE } from '../../book/ladder.ts';
import type { OrderBook } from '../../book/order-book.ts';
import type { TradeEvent } from '../../events.ts';
import type { Us } from '../../units.ts';
import { Scale } from './scale.ts';
import { CAPACITY, ENDED, STANDING, Walls } from './walls.ts';

export const FEATURES = [
  'large', 'total', 'rarity', 'life', 'lifeMs', 'traded', 'atOnce', 'pulls', 'approach', 'least', 'toward',
  'opposed', 'unopposed', 'siblings', 'together', 'siblingRarity', 'returns', 'returnRarity', 'moves', 'twins', 'twinsBefore', 'skew',
  'single', 'crowd', 'distance', 'open',
  'slope', 'oppMoved','sideMoved',
] as const;

export type Study = (f: Float64Array, c: { side: BookSide; since: number; from: number; to: number; low: number; high: number; size: number; id: number }) => void;

const BUCKETS = 4;
export class SpoofLab {
  readonly walls = new Walls();
  private readonly book: OrderBook;
  private readonly study: Study;
  readonly sizes: Scale[] = Array.from({ length: BUCKETS }, () => new Scale(20000));
  readonly distances = new Scale(40000);
  readonly lives = new Scale(2000);
  readonly larges = new Scale(2000);
  readonly groups = new Scale(2000);
  readonly chains = new Scale(2000);
  private readonly bounds = new Float64Array(BUCKETS - 1);
  private readonly entry = new Float64Array(BUCKETS);
  private readonly top = new Float64Array(BUCKETS);
  private readonly slopes = new Float64Array(BUCKETS);
  private typicalLife = 0;
  private frame = 0;
  private refreshed = 0;
  private ready = false;
  private readonly taken = [0, 0];
  private readonly tookBefore = [0, 0];
  private openedShare = 0;
  private prevBest = [0, 0];
  private prevPrevBest = [0, 0];
  private lastAt = 0;
  share: number;
  readonly f = new Float64Array(FEATURES.length);
  private cluster = new Int16Array(CAPACITY);
  private id = 0;
  stats = { births: 0, evict: 0, alive: 0, frames: 0, changes: 0 };

  constructor(book: OrderBook, study: Study, share = 0.04) {
    this.book = book;
    this.study = study;
    this.share = share;
  }

  onTrade(e: TradeEvent): void {
    const side = e.side === 'buy' ? ASK : BID;
    this.taken[side]! += e.size;
    if (this.walls.count > 0) {
      const slot = this.walls.find(side, e.price);
      if (slot >= 0) this.walls.traded[slot]! += e.size;
    }
  }

  onBook(at: Us): void {
    const { book, walls } = this;
    const { changes } = book;
    if (!book.twoSided) return;
    this.frame++;
    if (changes.snapshot) { walls.clear(); this.lastAt = at; return; }
    const n = changes.count;
    this.stats.frames++; this.stats.changes += n;
    // removals first
    if (walls.count > 0)
      for (let i = 0; i < n; i++) {
        const lost = changes.oldSize[i]! - changes.newSize[i]!;
        if (lost <= 0) continue;
        const slot = walls.find(changes.side[i] as BookSide, changes.price[i]!);
        if (slot >= 0 && walls.state[slot] === STANDING) this.shrink(slot, lost, changes.newSize[i]!, at);
      }
    for (let i = 0; i < n; i++) {
      const added = changes.newSize[i]! - changes.oldSize[i]!;
      if (added <= 0) continue;
      const side = changes.side[i] as BookSide;
      const price = changes.price[i]!;
      const distance = side === BID ? book.bestBid - price : price - book.bestAsk;
      if (distance < 0) continue;
      const bucket = this.bucketOf(distance);
      this.sizes[bucket]!.add(added);
      this.distances.add(distance + 1);
      if (this.ready && added >= this.entry[bucket]!) this.grow(side, price, added, distance, bucket, changes.newOrders[i]! > 0 ? Math.max(1, changes.newOrders[i]! - changes.oldOrders[i]!) : 0, at);
    }
    this.follow(at);
    this.judge(at);
    const o = (this.taken[0]! > 0 ? 0.5 : 0) + (this.taken[1]! > 0 ? 0.5 : 0);
    this.openedShare += (o - this.openedShare) * 0.002;
    this.tookBefore[0] = this.taken[0]!; this.tookBefore[1] = this.taken[1]!;
    this.taken[0] = 0; this.taken[1] = 0;
    this.prevPrevBest[0] = this.prevBest[0]!; this.prevPrevBest[1] = this.prevBest[1]!;
    this.prevBest[0] = book.bestBid; this.prevBest[1] = book.bestAsk;
    this.lastAt = at;
    if (this.frame - this.refreshed >= 64) this.refresh();
  }

  private refresh(): void {
    this.refreshed = this.frame;
    this.distances.forget();
    for (let b = 0; b < BUCKETS - 1; b++) this.bounds[b] = this.distances.upper(1 - (b + 1) / BUCKETS);
    let least = 1e9;
    for (let b = 0; b < BUCKETS; b++) {
      const s = this.sizes[b]!;
      s.forget();
      this.entry[b] = b === BUCKETS - 1 ? Infinity : s.upper(this.share);
      this.top[b] = s.upper(0.01);
      this.slopes[b] = Math.log(Math.max(1.1, s.upper(0.01) / Math.max(1, s.upper(0.1))));
      if (b < BUCKETS - 1) least = Math.min(least, s.count);
    }
    for (const s of [this.lives, this.larges, this.groups, this.chains]) s.forget();
    this.typicalLife = this.lives.upper(0.5);
    this.ready = this.distances.count >= 2000;
  }

  private bucketOf(distance: number): number {
    const d = distance + 1;
    return d < this.bounds[0]! ? 0 : d < this.bounds[1]! ? 1 : d < this.bounds[2]! ? 2 : 3;
  }

  private shrink(slot: number, lost: number, now: number, at: number): void {
    const { walls: w } = this;
    const fresh = w.traded[slot]! - w.settled[slot]!;
    const byTrade = Math.min(lost, fresh);
    w.settled[slot]! += byTrade;
    const gone = lost - byTrade;
    let left = w.left[slot]! - byTrade;
    if (gone >= 0.9 * left || gone >= 0.05 * w.size[slot]!) {
      left -= gone;
      w.pulls[slot]! += 1;
      w.lastPull[slot] = gone;
    }
    left = Math.min(left, now);
    w.left[slot] = left;
    if (left <= 0.12 * w.size[slot]!) {
      w.state[slot] = ENDED;
      w.endedAt[slot] = at;
      w.endedFrame[slot] = this.frame;
      const side = w.side[slot]!;
      w.endDistance[slot] = side === BID ? this.book.bestBid - w.price[slot]! : w.price[slot]! - this.book.bestAsk;
      w.opposed[slot] = this.taken[1 - side]! > 0 ? 1 : 0;
    }
  }

  private grow(side: BookSide, price: number, size: number, distance: number, bucket: number, orders: number, at: number): void {
    const { walls: w } = this;
    const old = w.find(side, price);
    if (old >= 0 && w.state[old] === STANDING) {
      if (w.left[old]! >= size) return;
      w.close(old);
    }
    if (w.count === CAPACITY) { this.stats.evict++; this.evict(); }
    this.stats.births++;
    const s = w.open(side, price);
    w.size[s] = size; w.left[s] = size; w.large[s] = size / this.top[bucket]!;
    w.settled[s] = 0; w.traded[s] = 0; w.orders[s] = orders;
    w.bornAt[s] = at; w.bornFrame[s] = this.frame; w.bornDistance[s] = distance; w.leastDistance[s] = distance;
    w.bornOpposite[s] = side === BID ? this.book.bestAsk : this.book.bestBid;
    w.pulls[s] = 0; w.lastPull[s] = 0; w.siblings[s] = 0; w.twins[s] = 0; w.returns[s] = 0; w.moves[s] = 0;
    w.since[s] = at; w.tradedBefore[s] = 0; w.twinsBefore[s] = 0; w.finding[s] = 0; w.told[s] = 0;
    w.opposed[s] = 0;
    let best = -1; let bestGap = Infinity;
    for (let i = 0; i < w.count; i++) {
      const o = w.used[i]!;
      if (o === s) continue;
      if (w.bornFrame[o]! >= this.frame - 1 && w.state[o] !== 0) {
        const ratio = w.size[o]! / size;
        if (ratio > 0.8 && ratio < 1.25) {
          if (w.side[o] === side) { w.siblings[o]! += 1; w.siblings[s]! += 1; }
          else { w.twins[o]! += 1; w.twins[s]! += 1; }
        }
      }
      if (w.state[o] === ENDED && w.side[o] === side && w.finding[o]! >= 0) {
        const ratio = w.size[o]! / size;
        if (ratio > 0.95 && ratio < 1.05) {
          const gap = Math.abs(ratio - 1) + Math.abs(this.frame - w.endedFrame[o]!) * 1e-3;
          if (gap < bestGap) { bestGap = gap; best = o; }
        }
      }
    }
    if (best >= 0) {
      const moved = this.frame - w.endedFrame[best]! <= 0;
      w.returns[s] = w.returns[best]! + (moved ? 0 : 1);
      w.moves[s] = w.moves[best]! + (moved ? 1 : 0);
      w.since[s] = w.since[best]!;
      w.tradedBefore[s] = w.tradedBefore[best]! + w.traded[best]! / w.size[best]!;
      w.twinsBefore[s] = w.twinsBefore[best]! + (w.twins[best]! > 0 ? 1 : 0);
      w.finding[s] = Math.abs(w.finding[best]!);
      w.finding[best] = -Math.abs(w.finding[best]!) || -1e9; // consumed
    }
  }

  private evict(): void {
    const { walls: w } = this;
    let worst = w.used[0]!;
    for (let i = 1; i < w.count; i++) if (w.large[w.used[i]!]! < w.large[worst]!) worst = w.used[i]!;
    w.close(worst);
  }

  private follow(at: number): void {
    const { walls: w, book } = this;
    this.stats.alive += w.count;
    for (let i = 0; i < w.count; i++) {
      const s = w.used[i]!;
      if (w.state[s] !== STANDING) continue;
      const d = w.side[s] === BID ? book.bestBid - w.price[s]! : w.price[s]! - book.bestAsk;
      if (d < w.leastDistance[s]!) w.leastDistance[s] = d;
      if (at - w.bornAt[s]! > 300e6) { w.close(s); i--; }
    }
  }

  /** judged: finding flagged with told=-1 until closed after memory time */
  private judge(at: number): void {
    const { walls: w } = this;
    for (let i = 0; i < w.count; i++) {
      const s = w.used[i]!;
      if (w.state[s] !== ENDED) continue;
      if (w.told[s]! >= 0 && w.endedFrame[s]! < this.frame && at - w.endedAt[s]! >= 50_000) this.score(s);
      const memory = Math.max(3 * (w.endedAt[s]! - w.bornAt[s]!), 300_000);
      if (w.told[s]! < 0 && at - w.endedAt[s]! > Math.min(memory, 5e6)) { w.close(s); i--; }
    }
  }

  private score(s: number): void {
    const { walls: w, cluster, f } = this;
    let n = 0;
    let total = 0, traded = 0, low = Infinity, high = -Infinity, pulls = 0, siblings = 0, twins = 0, returns = 0, moves = 0, twinsBefore = 0;
    let since = Infinity, lastPull = 0, orders = 0, unknown = 0, id = 0, large = 0, opposed = 0, appr = 0, least = 0;
    const side = w.side[s] as BookSide;
    for (let i = 0; i < w.count; i++) {
      const o = w.used[i]!;
      if (w.state[o] !== ENDED || w.told[o]! < 0 || w.side[o] !== side) continue;
      if (Math.abs(w.bornFrame[o]! - w.bornFrame[s]!) > 1 || Math.abs(w.endedFrame[o]! - w.endedFrame[s]!) > 1) continue;
      const r = w.size[o]! / w.size[s]!;
      if (r < 0.8 || r > 1.25) continue;
      cluster[n++] = o;
      total += w.size[o]!;
      traded += w.traded[o]!;
      low = Math.min(low, w.price[o]!); high = Math.max(high, w.price[o]!);
      pulls = Math.max(pulls, w.pulls[o]!);
      siblings = Math.max(siblings, w.siblings[o]!); twins = Math.max(twins, w.twins[o]!);
      returns = Math.max(returns, w.returns[o]!); moves = Math.max(moves, w.moves[o]!);
      twinsBefore = Math.max(twinsBefore, w.twinsBefore[o]!);
      traded += w.tradedBefore[o]! * w.size[o]! / (1 + w.returns[o]! + w.moves[o]!);
      since = Math.min(since, w.since[o]!);
      lastPull += w.lastPull[o]!;
      if (w.orders[o] === 0) unknown = 1; else orders += w.orders[o]!;
      if (w.finding[o]! !== 0 && Math.abs(w.finding[o]!) < 1e9) id = Math.max(id, Math.abs(w.finding[o]!));
      large = Math.max(large, w.large[o]!);
      opposed = Math.max(opposed, w.opposed[o]!);
      const a = 1 - Math.max(0, w.endDistance[o]!) / Math.max(1, w.bornDistance[o]!);
      appr = Math.max(appr, a);
      const l = w.endDistance[o]! <= w.leastDistance[o]! ? 1 : 0;
      least = Math.max(least, l);
    }
    if (id === 0) id = ++this.id;
    const life = (w.endedAt[s]! - w.bornAt[s]!) / 1000 + 1;
    const tradedShare = Math.min(1, traded / total);
    const x = large * n;
    const born = w.bornDistance[s]!;
    let k = 0;
    f[k++] = Math.log(large);
    f[k++] = Math.log(x);
    f[k++] = -Math.log(this.larges.shareFrom(x * 64 + 1));
    f[k++] = Math.log(life / Math.max(1, this.typicalLife));
    f[k++] = Math.log(life);
    f[k++] = tradedShare;
    f[k++] = Math.min(1, lastPull / total);
    f[k++] = Math.log(Math.max(1, pulls));
    f[k++] = Math.max(0, appr);
    f[k++] = least && appr > 0 ? 1 : 0;
    const prev = this.prevBest[side]!;
    f[k++] = (w.endedFrame[s] === this.frame - 1 ? 0 : 0);
    const p0 = Math.min(0.98, Math.max(0.002, this.openedShare));
    f[k++] = opposed ? -Math.log(p0) : 0;
    f[k++] = opposed ? 0 : -Math.log(1 - p0);
    f[k++] = Math.log(1 + siblings);
    f[k++] = Math.log(n);
    f[k++] = -Math.log(this.groups.shareFrom(n));
    f[k++] = Math.log(1 + returns);
    f[k++] = -Math.log(this.chains.shareFrom(1 + returns + moves));
    f[k++] = Math.log(1 + moves);
    f[k++] = twins > 0 ? 1 : 0;
    f[k++] = Math.min(1, twinsBefore / Math.max(1, returns + moves));
    const bids = this.book.depth(BID, 20), asks = this.book.depth(ASK, 20);
    const same = side === BID ? bids : asks, other = side === BID ? asks : bids;
    f[k++] = (same + total - other) / (same + total + other) - (same - other) / (same + other);
    f[k++] = unknown ? 0 : orders === n ? 1 : 0;
    f[k++] = unknown ? 0 : Math.log(orders / n);
    f[k++] = Math.log((1 + born) / Math.max(1, this.bounds[1]!));
    f[k++] = prev > 0 ? 0 : 0;
    f[k++] = this.slopes[this.bucketOf(born)]!;
    const opp = side === BID ? this.prevPrevBest[ASK]! - 0 : -this.prevPrevBest[BID]!;
    f[k++] = side === BID ? Math.sign(this.prevBest[ASK]! - w.bornOpposite[s]!) : Math.sign(w.bornOpposite[s]! - this.prevBest[BID]!);
    f[k++] = opp > 0 ? 0 : 0;
    if (tradedShare < 0.9 || n > 1) this.study(f, { side, since, from: w.bornAt[s]!, to: w.endedAt[s]!, low, high, size: total, id });
    this.lives.add(life);
    if (tradedShare < 0.5) {
      this.larges.add(x * 64 + 1);
      this.groups.add(n);
      this.chains.add(1 + returns + moves);
    }
    for (let i = 0; i < n; i++) { w.told[cluster[i]!] = -1; if (w.finding[cluster[i]!]! >= 0) w.finding[cluster[i]!] = id; }
  }

  reset(): void { this.walls.clear(); }
}
