/**
 * How fast orders are matched: `npx node bench/matching.ts`; `--twin` instead holds a million random commands against the
 * naive book of the tests.
 *
 * Three million commands are made beforehand, from a seed: 9 % new, 3 % immediate-or-cancel, 6 % cancel, 82 % move to
 * another price, about a thousand live orders. `nodejs-order-book` gets the very same ones in the same run. They are
 * played once on both, and every fill (command, maker, price, size) must agree; then each is timed, interleaved, and
 * the medians are printed. One process, one thread. Both books name an order themselves when it rests: ours by slot, the other by
 * the id it was given, so that both carry the table from order to name that a real caller needs.
 */
import assert from 'node:assert/strict';
import { cpus } from 'node:os';
import { OrderBook as OtherBook } from 'nodejs-order-book';
import { ASK, BID, type BookSide } from '../src/core/book/frame.ts';
import { Kind, OrderBook } from '../src/exchange/matching/order-book.ts';
import { Random } from '../src/exchange/random.ts';
import { compareWithTwin } from '../src/exchange/testing/naive-book.ts';

type Side = Parameters<OtherBook['limit']>[0]['side'];
type Life = NonNullable<Parameters<OtherBook['limit']>[0]['timeInForce']>;

const COMMANDS = 3_000_000;
const ROUNDS = 3;
const LIVE = 1000;
const MIDDLE = 600_000;

const PLACE = 0;
const TAKE = 1;
const CANCEL = 2;
const MOVE = 3;

interface Commands {
  readonly kind: Uint8Array;
  /** Number of the order concerned. */
  readonly order: Int32Array;
  readonly side: Uint8Array;
  readonly price: Int32Array;
  readonly size: Int32Array;
  readonly orders: number;
}

/** The market order flow: prices around a middle that wanders; a move stays near the touch and seldom crosses it. */
function make(count: number, seed: number): Commands {
  const random = new Random(seed);
  const commands = {
    kind: new Uint8Array(count),
    order: new Int32Array(count),
    side: new Uint8Array(count),
    price: new Int32Array(count),
    size: new Int32Array(count),
    orders: 0,
  };
  // played along on a book of ours, so that only live orders are canceled and moved
  const book = new OrderBook(MIDDLE);
  const slots: number[] = [];
  const sides: BookSide[] = [];
  const sizes: number[] = [];
  const live: number[] = [];
  const placeInLive: number[] = [];
  const drop = (order: number): void => {
    const at = placeInLive[order]!;
    const last = live.pop()!;
    if (last !== order) {
      live[at] = last;
      placeInLive[last] = at;
    }
    placeInLive[order] = -1;
  };
  const settle = (): void => {
    const { matches } = book;
    for (let i = 0; i < matches.count; i++)
      if (matches.remaining[i] === 0) drop(matches.tag[i]!);
      else sizes[matches.tag[i]!] = matches.remaining[i]!;
    matches.count = 0;
  };
  const rest = (order: number, slot: number): void => {
    slots[order] = slot;
    if (slot < 0) return;
    sizes[order] = book.sizeOf(slot);
    placeInLive[order] = live.length;
    live.push(order);
  };
  let middle = MIDDLE;
  let orders = 0;
  for (let i = 0; i < count; i++) {
    middle += random.chance(0.01) ? random.below(3) - 1 : 0;
    const side = random.chance(0.5) ? BID : ASK;
    const away = 1 + Math.floor(random.exponential(60)) - (random.chance(0.004) ? 4 : 0);
    const choice = live.length < LIVE / 2 ? 0 : random.uniform();
    // nine in a hundred are new and six are canceled; takers eat the rest
    const kind = choice < 0.09 ? PLACE : choice < 0.12 ? TAKE : choice < 0.18 ? CANCEL : MOVE;
    commands.kind[i] = kind;
    if (kind === PLACE || kind === TAKE) {
      const order = orders++;
      const price =
        kind === TAKE ? middle + (side === BID ? 40 : -40) : middle + (side === BID ? -away : away);
      const size = 1 + random.below(100);
      commands.order[i] = order;
      commands.side[i] = side;
      commands.price[i] = price;
      commands.size[i] = size;
      sides[order] = side;
      const slot = book.place(0, side, kind === TAKE ? Kind.ioc : Kind.limit, price, size, order);
      settle();
      rest(order, slot);
      if (live.length > LIVE * 1.1) i = shrink(i);
    } else {
      const order = live[random.below(live.length)]!;
      commands.order[i] = order;
      if (kind === CANCEL) {
        book.cancel(slots[order]!);
        drop(order);
      } else {
        const own = sides[order]!;
        let price = middle + (own === BID ? -away : away);
        // the other book sends an order to the back of its queue even when nothing about it changes, OKX and ours do not
        if (price === book.priceOf(slots[order]!)) price += own === BID ? -1 : 1;
        commands.side[i] = own;
        commands.price[i] = price;
        commands.size[i] = sizes[order]!;
        drop(order);
        const slot = book.amend(slots[order]!, Kind.limit, price, sizes[order]!);
        settle();
        rest(order, slot);
      }
    }
  }
  /** Keeps the number of live orders near a thousand. */
  function shrink(at: number): number {
    if (at + 1 >= count) return at;
    const order = live[random.below(live.length)]!;
    commands.kind[at + 1] = CANCEL;
    commands.order[at + 1] = order;
    book.cancel(slots[order]!);
    drop(order);
    return at + 1;
  }
  return { ...commands, orders };
}

/** Every fill, as numbers in a row; null while timing. */
type Fills = number[] | null;

function playOurs(commands: Commands, fills: Fills): number {
  const book = new OrderBook(MIDDLE);
  const slots = new Int32Array(commands.orders).fill(-1);
  const { matches } = book;
  let traded = 0;
  for (let i = 0; i < COMMANDS; i++) {
    const order = commands.order[i]!;
    const kind = commands.kind[i]!;
    matches.count = 0;
    if (kind === CANCEL) book.cancel(slots[order]!);
    else if (kind === MOVE)
      slots[order] = book.amend(slots[order]!, Kind.limit, commands.price[i]!, commands.size[i]!);
    else {
      const life = kind === TAKE ? Kind.ioc : Kind.limit;
      const side = commands.side[i] as BookSide;
      slots[order] = book.place(0, side, life, commands.price[i]!, commands.size[i]!, order);
    }
    for (let at = 0; at < matches.count; at++) {
      traded += matches.size[at]!;
      fills?.push(i, matches.tag[at]!, matches.price[at]!, matches.size[at]!);
    }
  }
  return traded;
}

function playOther(commands: Commands, fills: Fills): number {
  const book = new OtherBook();
  const ids = Array.from({ length: commands.orders }, (_, order) => String(order));
  const sizes = new Int32Array(commands.orders);
  let traded = 0;
  for (let i = 0; i < COMMANDS; i++) {
    const order = commands.order[i]!;
    const id = ids[order]!;
    const kind = commands.kind[i]!;
    if (kind === CANCEL) {
      assert(book.cancel(id) !== undefined, `command ${i}: order ${id} is not there`);
      continue;
    }
    sizes[order] = commands.size[i]!;
    const result =
      kind === MOVE
        ? book.modify(id, { price: commands.price[i]!, size: commands.size[i]! })
        : book.limit({
            id,
            side: (commands.side[i] === BID ? 'buy' : 'sell') as Side,
            size: commands.size[i]!,
            price: commands.price[i]!,
            timeInForce: (kind === TAKE ? 'IOC' : 'GTC') as Life,
          });
    assert(result.err === null, `command ${i}: ${result.err?.message}`);
    for (const done of result.done) {
      if (done.id === id || !('price' in done)) continue;
      const size = sizes[Number(done.id)]!;
      sizes[Number(done.id)] = 0;
      traded += size;
      fills?.push(i, Number(done.id), done.price, size);
    }
    const { partial } = result;
    if (partial !== null && partial.id !== id) {
      const size = sizes[Number(partial.id)]! - partial.size;
      sizes[Number(partial.id)] = partial.size;
      traded += size;
      fills?.push(i, Number(partial.id), partial.price, size);
    }
    if (partial !== null && partial.id === id) sizes[order] = partial.size;
  }
  return traded;
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1]!;
const millions = (value: number): string => `${(value / 1e6).toFixed(3)} M`;

function twin(): void {
  const from = performance.now();
  let trades = 0;
  for (let seed = 1; seed <= 200; seed++) trades += compareWithTwin(seed, 5000, 15);
  for (let seed = 1000; seed < 1010; seed++) trades += compareWithTwin(seed, 2000, 60_000);
  const seconds = (performance.now() - from) / 1000;
  console.log(
    `1020000 random commands, ${trades} trades and removals: equal to the naive book (${seconds.toFixed(1)} s)`,
  );
}

function compare(): void {
  const commands = make(COMMANDS, 7);
  const counts = [0, 0, 0, 0];
  for (const kind of commands.kind) counts[kind]! += 1;
  const share = (kind: number): string => `${((100 * counts[kind]!) / COMMANDS).toFixed(1)} %`;
  console.log(
    `${COMMANDS} commands: ${share(PLACE)} new, ${share(TAKE)} IOC, ${share(CANCEL)} cancel, ${share(MOVE)} move`,
  );
  const ours: number[] = [];
  const others: number[] = [];
  play(playOurs, commands, ours);
  play(playOther, commands, others);
  assert.deepEqual(ours, others);
  console.log(`${ours.length / 4} fills, equal in both books`);

  const speeds = { ours: [] as number[], others: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    speeds.ours.push(play(playOurs, commands, null));
    speeds.others.push(play(playOther, commands, null));
  }
  const [one, other] = [median(speeds.ours), median(speeds.others)];
  console.log(`this order book:   ${millions(one)} commands/s`);
  console.log(`nodejs-order-book: ${millions(other)} commands/s`);
  console.log(`ratio ${(one / other).toFixed(1)}; medians of ${ROUNDS} rounds`);
  console.log(`node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, one thread`);
}

/** Commands a second. */
function play(on: typeof playOurs, commands: Commands, fills: Fills): number {
  const from = performance.now();
  on(commands, fills);
  return COMMANDS / ((performance.now() - from) / 1000);
}

if (process.argv.includes('--twin')) twin();
else compare();
