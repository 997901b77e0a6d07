import { join } from 'node:path';
import { EventKind, type MarketEvent } from '../../../core/events.ts';
import { Instrument } from '../../../core/instrument.ts';
import { readTape } from '../../../tape/reader.ts';
import { plantsToldIn } from '../../testing/labels.ts';

/** One order in ticks and lots. */
interface Order {
  readonly name: string;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly ended: string;
  readonly fills: readonly { readonly at: number; readonly size: number; readonly place: string }[];
}

interface Frame {
  readonly at: number;
  readonly exchangeAt: number;
  readonly snapshot: boolean;
  readonly ids: string;
  readonly levels: readonly (readonly [side: 'buy' | 'sell', price: number, size: number, orders: number])[];
}
interface Print {
  readonly at: number;
  readonly exchangeAt: number;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly size: number;
}
type Row = { readonly frame: Frame } | { readonly print: Print } | { readonly other: string };

/** What one instrument's tape says, copied. */
function rowsOf(each: (take: (event: MarketEvent) => void) => void): Map<number, Row[]> {
  const rows = new Map<number, Row[]>();
  each((event) => {
    const list = rows.get(event.instrument) ?? [];
    if (list.length === 0) rows.set(event.instrument, list);
    list.push(rowOf(event));
  });
  return rows;
}

function rowOf(event: MarketEvent): Row {
  if (event.kind === EventKind.book) {
    const { frame, at } = event;
    const levels: [side: 'buy' | 'sell', price: number, size: number, orders: number][] = [];
    for (let i = 0; i < frame.count; i++)
      levels.push([frame.side[i] === 0 ? 'buy' : 'sell', frame.price[i]!, frame.size[i]!, frame.orders[i]!]);
    const { exchangeAt, snapshot, prevSeqId, seqId } = frame;
    return { frame: { at, exchangeAt, snapshot, ids: `${prevSeqId} ${seqId}`, levels } };
  }
  if (event.kind === EventKind.trade) {
    const { at, exchangeAt, side, price, size } = event;
    return { print: { at, exchangeAt, side, price, size } };
  }
  return { other: JSON.stringify(event) };
}

/** One side of a book, kept the plainest way. */
class Side {
  readonly levels = new Map<number, { readonly size: number; readonly orders: number }>();
  private readonly buy: boolean;
  constructor(buy: boolean) {
    this.buy = buy;
  }

  set(price: number, size: number, orders: number): void {
    if (size === 0) this.levels.delete(price);
    else this.levels.set(price, { size, orders });
  }

  best(): number | null {
    let best: number | null = null;
    for (const price of this.levels.keys())
      if (best === null || (this.buy ? price > best : price < best)) best = price;
    return best;
  }

  /** The best `depth` levels. */
  seen(depth: number): Map<number, { readonly size: number; readonly orders: number }> {
    if (this.levels.size <= depth) return this.levels;
    const prices = [...this.levels].sort(([a], [b]) => (this.buy ? b - a : a - b));
    return new Map(prices.slice(0, depth));
  }
}

class Book {
  readonly buy = new Side(true);
  readonly sell = new Side(false);

  apply({ snapshot, levels }: Frame): void {
    if (snapshot) for (const side of [this.buy, this.sell]) side.levels.clear();
    for (const [side, price, size, orders] of levels) this[side].set(price, size, orders);
  }
}

export interface Findings {
  /** What did not fit, one line each. */
  readonly wrong: readonly string[];
  readonly frames: number;
  readonly prints: number;
  /** Prints that are planted, wholly or in part. */
  readonly added: number;
  readonly orders: number;
}

export interface Expected {
  /** Levels a side that the feed shows. */
  readonly depth: number;
  readonly countsOrders: boolean;
  /** Whole books are compared every so many frames; in between what changed, and wherever something is planted. */
  readonly wholeEvery: number;
}

/**
 * Holds a planted tape against the one that it was laid over and against its labels alone, read in the plainest way: no book
 * of ours, no plan, only levels in maps. What `labels.jsonl` tells, laid over what was, must be what is told: every state
 * of the book and every trade.
 */
export function against(
  original: (take: (event: MarketEvent) => void) => void,
  folder: string,
  expected: (instrument: string) => Expected,
): Findings {
  const path = join(folder, 'market.tape');
  const tape = readTape(path);
  const specs = tape.instruments;
  tape.close();
  const before = rowsOf(original);
  const after = rowsOf((take) => readTape(path).forEach(take));
  const labels = plantsToldIn(folder);
  const wrong: string[] = [];
  let [frames, prints, added, count] = [0, 0, 0, 0];
  specs.forEach((spec, index) => {
    const instrument = new Instrument(spec);
    const orders = labels
      .filter((label) => label.instrument === spec.instId)
      .flatMap(({ participant, orders }) =>
        orders.map(
          ({ id, price, size, traded, fills, ...rest }): Order => ({
            ...rest,
            name: `${participant} ${id}`,
            price: instrument.parsePrice(price),
            size: instrument.parseSize(size),
            fills: fills.map((fill) => ({ ...fill, size: instrument.parseSize(fill.size) })),
          }),
        ),
      );
    const one = new Comparison(
      before.get(index) ?? [],
      after.get(index) ?? [],
      orders,
      expected(spec.instId),
    );
    one.run();
    wrong.push(...one.wrong.map((text) => `${spec.instId}: ${text}`));
    frames += one.frames;
    prints += one.prints;
    added += one.added;
    count += orders.length;
  });
  return { wrong, frames, prints, added, orders: count };
}

class Comparison {
  readonly wrong: string[] = [];
  frames = 0;
  prints = 0;
  added = 0;
  private readonly was = new Book();
  private readonly is = new Book();
  private readonly before: readonly Row[];
  private readonly after: readonly Row[];
  private readonly orders: readonly Order[];
  private readonly expected: Expected;
  private readonly extra = new Map<string, number>();
  /** Trades of takers of their own at a price that was not the best one in the last message. */
  private readonly doubtful: { readonly side: 'buy' | 'sell'; readonly print: Print }[] = [];
  /** The worst price that really traded since the last message: what was better is gone, whatever that said. */
  private readonly since: Record<'buy' | 'sell', number | null> = { buy: null, sell: null };

  constructor(before: readonly Row[], after: readonly Row[], orders: readonly Order[], expected: Expected) {
    this.before = before;
    this.after = after;
    this.orders = orders;
    this.expected = expected;
  }

  run(): void {
    for (const order of this.orders) this.checkOrder(order);
    let place = 0;
    for (const row of this.after) {
      const old = this.before[place];
      if ('print' in row) {
        this.prints += 1;
        if (old !== undefined && 'print' in old && samePlace(old.print, row.print)) {
          const more = row.print.size - old.print.size;
          if (more >= 0) {
            if (more > 0) this.add(row.print, more, true);
            this.checkPassed(row.print);
            const hit = row.print.side === 'buy' ? 'sell' : 'buy';
            this.since[hit] = worse(hit, this.since[hit], row.print.price);
            place += 1;
            continue;
          }
        }
        this.add(row.print, row.print.size, false);
      } else if (old === undefined) this.wrong.push('the planted tape goes on');
      else if ('frame' in row && 'frame' in old) {
        this.frames += 1;
        place += 1;
        this.compare(old.frame, row.frame);
      } else if ('other' in row && 'other' in old && row.other === old.other) place += 1;
      else {
        this.wrong.push(`row ${place} became another: ${JSON.stringify(old).slice(0, 200)}`);
        return;
      }
    }
    if (place !== this.before.length) this.wrong.push(`${this.before.length - place} rows are missing`);
    const told = new Map<string, number>();
    for (const { side, price, fills } of this.orders)
      for (const { at, size } of fills) {
        const key = `${at} ${side === 'buy' ? 'sell' : 'buy'} ${price}`;
        told.set(key, (told.get(key) ?? 0) + size);
      }
    for (const key of new Set([...told.keys(), ...this.extra.keys()]))
      if (told.get(key) !== this.extra.get(key))
        this.wrong.push(`${key}: labels tell of ${told.get(key)} lots, ${this.extra.get(key)} were added`);
  }

  private checkOrder({ name, size, from, to, ended, fills }: Order): void {
    const traded = fills.reduce((sum, fill) => sum + fill.size, 0);
    const bad =
      from > to ||
      traded > size ||
      (ended === 'filled') !== (traded === size) ||
      (ended === 'filled' && fills.at(-1)!.at !== to) ||
      fills.some(({ at, size }) => at < from || at > to || size <= 0);
    if (bad) this.wrong.push(`${name} does not add up: ${JSON.stringify({ size, from, to, ended, fills })}`);
  }

  private add(print: Print, size: number, real: boolean): void {
    this.added += 1;
    const key = `${print.exchangeAt} ${print.side} ${print.price}`;
    this.extra.set(key, (this.extra.get(key) ?? 0) + size);
    if (real) return;
    // nobody trades at a price while a better one stands, as far as the last book tells
    const side = print.side === 'buy' ? 'sell' : 'buy';
    const alone = this.orders.some(
      (order) =>
        order.side === side &&
        order.price === print.price &&
        order.fills.some(({ at, place }) => at === print.exchangeAt && place === 'alone'),
    );
    const best = worse(side, this.was[side].best(), this.since[side]);
    if (alone && isBetter(side, best, print.price)) this.doubtful.push({ side, print });
  }

  /** The market may have moved to where the next message, of the same moment, has it. */
  private judge(at: number): void {
    for (const { side, print } of this.doubtful) {
      const best = this.was[side].best();
      if (print.exchangeAt < at || isBetter(side, best, print.price))
        this.wrong.push(`${side} ${print.price} traded at ${print.exchangeAt} while ${best} stood`);
    }
    this.doubtful.length = 0;
  }

  /** A real trade at a worse price than a planted order's cannot be while that stands. */
  private checkPassed({ exchangeAt, side, price }: Print): void {
    for (const order of this.orders) {
      if (order.side === side || exchangeAt <= order.from || exchangeAt >= order.to) continue;
      if (order.side === 'buy' ? price < order.price : price > order.price)
        this.wrong.push(`${order.name} at ${order.price} was passed by a trade at ${price} at ${exchangeAt}`);
    }
  }

  private compare(old: Frame, now: Frame): void {
    const { was, is, wrong, expected } = this;
    const at = now.exchangeAt;
    if (old.at !== now.at || old.exchangeAt !== at || old.snapshot !== now.snapshot || old.ids !== now.ids)
      wrong.push(`the message of ${at} is not the one that it was`);
    const crossed = (book: Book): boolean => {
      const [bid, ask] = [book.buy.best(), book.sell.best()];
      return bid !== null && ask !== null && bid >= ask;
    };
    was.apply(old);
    is.apply(now);
    this.judge(at);
    this.since.buy = null;
    this.since.sell = null;
    for (const [side, price, size] of now.levels)
      if (!(size >= 0)) wrong.push(`${size} lots at ${side} ${price} at ${at}`);
    const planted = this.standing(at);
    const whole = this.frames % expected.wholeEvery === 0 || expected.depth !== Number.POSITIVE_INFINITY;
    if (whole && crossed(is) && !crossed(was)) wrong.push(`crossed at ${at}`);
    for (const side of ['buy', 'sell'] as const) {
      const here = planted[side];
      const levelOf = (price: number) => {
        const real = was[side].levels.get(price);
        const more = here.get(price);
        if (real === undefined && more === undefined) return undefined;
        const orders = (real?.orders ?? 0) + (expected.countsOrders ? (more?.orders ?? 0) : 0);
        return { size: (real?.size ?? 0) + (more?.size ?? 0), orders };
      };
      if (whole) {
        const all = new Side(side === 'buy');
        for (const price of new Set([...was[side].levels.keys(), ...here.keys()])) {
          const { size, orders } = levelOf(price)!;
          all.set(price, size, orders);
        }
        const cut = was[side].levels.size > expected.depth ? Number.POSITIVE_INFINITY : expected.depth;
        const seen = all.seen(cut);
        if (seen.size !== is[side].levels.size)
          wrong.push(`${side} at ${at}: ${is[side].levels.size} levels, not ${seen.size}`);
        for (const [price, level] of seen) this.same(side, price, level, at);
      } else {
        const touched = new Set(here.keys());
        for (const { levels } of [old, now])
          for (const [of, price] of levels) if (of === side) touched.add(price);
        for (const { side: of, price, from, to } of this.orders)
          if (of === side && from <= at && to >= at - 2000) touched.add(price);
        for (const price of touched) this.same(side, price, levelOf(price), at);
        const best = [...here.keys()];
        const other = is[side === 'buy' ? 'sell' : 'buy'].best();
        if (other !== null && best.some((price) => (side === 'buy' ? price >= other : price <= other)))
          wrong.push(`planted ${side} crosses ${other} at ${at}`);
      }
    }
  }

  private same(
    side: 'buy' | 'sell',
    price: number,
    wanted: { size: number; orders: number } | undefined,
    at: number,
  ): void {
    const found = this.is[side].levels.get(price);
    if (found?.size === wanted?.size && found?.orders === wanted?.orders) return;
    this.wrong.push(`${side} ${price} at ${at}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  }

  /** What the labels say stands at a moment. */
  private standing(at: number) {
    const standing = {
      buy: new Map<number, { size: number; orders: number }>(),
      sell: new Map<number, { size: number; orders: number }>(),
    };
    for (const { side, price, size, from, to, fills } of this.orders) {
      if (from > at || at >= to) continue;
      const left = fills.reduce((rest, fill) => (fill.at <= at ? rest - fill.size : rest), size);
      const level = standing[side].get(price) ?? { size: 0, orders: 0 };
      standing[side].set(price, { size: level.size + left, orders: level.orders + 1 });
    }
    return standing;
  }
}

const isBetter = (side: 'buy' | 'sell', a: number | null, b: number): boolean =>
  a !== null && (side === 'buy' ? a > b : a < b);

/** The worse of two prices of a side; the one that there is. */
function worse(side: 'buy' | 'sell', a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return side === 'buy' ? Math.min(a, b) : Math.max(a, b);
}

/** A print of the planted tape that may be this real one, grown. */
const samePlace = (old: Print, now: Print): boolean =>
  old.exchangeAt === now.exchangeAt && old.side === now.side && old.price === now.price && old.at === now.at;
