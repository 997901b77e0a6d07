/**
 * How far each queue model is from the truth, and how far from each other where nobody knows it.
 * `npx node bench/queue.ts [MINUTES OF SIMULATED BOOK, 0 = none]` prints the tables of docs/decisions/0010-queue-model.md.
 *
 * 1. Real books order by order (LOBSTER's sample of Nasdaq, Bitfinex): of each lot that is canceled in a queue, how much stood
 *    before a place in it, and how much each model says.
 * 2. The embedded exchange, seeds from 1000: real orders of one lot in its book, beside the same orders on paper.
 * 3. Recordings without order ids: how often, and how soon, each model fills the same orders.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ASK, BID, type BookFrame } from '../src/core/book/frame.ts';
import { OrderBook } from '../src/core/book/order-book.ts';
import type { Approved, OrderCommand, Place } from '../src/core/commands.ts';
import { EventKind, type MarketEvent } from '../src/core/events.ts';
import { Instrument, type InstrumentSpec, parseMoney } from '../src/core/instrument.ts';
import { lots, type Side, ticks, type Us, us } from '../src/core/units.ts';
import type { Order } from '../src/exchange/accounts/order.ts';
import { loadScenario } from '../src/exchange/scenarios/load.ts';
import { localCredentials } from '../src/exchange/server.ts';
import { type BookFeed, SIMULATED_FROM, Simulation } from '../src/study/simulate.ts';
import { importBinance } from '../src/tape/import-binance.ts';
import { readTape } from '../src/tape/reader.ts';
import { PaperMatcher } from '../src/venue/paper/matcher.ts';
import { followQueue, joinQueue, type QueueModel } from '../src/venue/paper/queue.ts';
import type { VenueEvent } from '../src/venue/venue.ts';

const DATA = new URL('../../shared/data/', import.meta.url).pathname;
const SEEDS = [1000, 1001, 1002];
/** Between two orders, and how long each waits, ms. */
const EVERY_MS = 1000;
const PATIENCE_MS = 30_000;

const MODELS: readonly (readonly [string, QueueModel])[] = [
  ['trades_only', { kind: 'tradesOnly' }],
  ['behind_first', { kind: 'behindFirst' }],
  ['power 3', { kind: 'power', exponent: 3 }],
  ['power 2', { kind: 'power', exponent: 2 }],
  ['power 1', { kind: 'power', exponent: 1 }],
  ['log', { kind: 'log' }],
  ['ahead_first', { kind: 'aheadFirst' }],
];

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

function print(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`\n${title}\n`);
  console.log(`| ${head.join(' | ')} |`);
  console.log(`|${head.map(() => '---').join('|')}|`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

// --- 1. real books order by order -----------------------------------------------------------------------------------

/** Of all places in queues where something was canceled: lots that went, that went before the place, and what models say. */
class Cancels {
  events = 0;
  gone = 0;
  before = 0;
  readonly said = MODELS.map(() => 0);
  readonly missed = MODELS.map(() => 0);

  /** `queue`: sizes in order of time; the one at `at` loses `size`. */
  observe(queue: readonly number[], at: number, size: number): void {
    const shown = queue.reduce((sum, each) => sum + each, 0);
    if (queue.length < 2) return;
    this.events++;
    let ahead = 0;
    for (let place = 1; place < queue.length; place++) {
      ahead += queue[place - 1]!;
      const truth = at < place ? size : 0;
      this.gone += size;
      this.before += truth;
      MODELS.forEach(([, model], i) => {
        const mine = { ...joinQueue(ahead), shown };
        followQueue(mine, model, shown - size);
        this.said[i]! += ahead - mine.ahead;
        this.missed[i]! += Math.abs(ahead - mine.ahead - truth);
      });
    }
  }

  row(name: string): string[] {
    return [
      name,
      `${this.events}`,
      percent(this.before, this.gone),
      ...this.said.map((each) => percent(each, this.gone)),
    ];
  }

  missedRow(name: string): string[] {
    return [name, '', '', ...this.missed.map((each) => percent(each, this.gone))];
  }
}

interface Waiting {
  readonly id: string;
  size: number;
}

/** Nasdaq, AAPL: executions are told apart from cancellations. What stood before the file began is one block in front. */
function lobster(): Cancels {
  const folder = join(DATA, 'lobster-aapl');
  const lines = (part: string): string[][] => {
    const file = readdirSync(folder).find((name) => name.includes(part))!;
    return gunzipSync(readFileSync(join(folder, file)))
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split(','));
  };
  const books = lines('orderbook');
  const shownAt = (row: number, price: string): number => {
    const levels = books[row];
    if (levels === undefined) return 0;
    for (let i = 0; i < levels.length; i += 2) if (levels[i] === price) return Number(levels[i + 1]);
    return 0;
  };
  const cancels = new Cancels();
  const queues = new Map<string, Waiting[]>();
  lines('message').forEach(([, type, id, size, price, direction], row) => {
    const key = `${direction}:${price}`;
    let queue = queues.get(key);
    if (queue === undefined) {
      const before = shownAt(row - 1, price!);
      queue = before > 0 ? [{ id: '', size: before }] : [];
      queues.set(key, queue);
    }
    const amount = Number(size);
    if (type === '1') queue.push({ id: id!, size: amount });
    else if (type === '2' || type === '3' || type === '4') {
      let at = queue.findIndex((each) => each.id === id);
      if (at < 0) at = queue.findIndex((each) => each.id === '');
      if (at < 0) return;
      if (type !== '4')
        cancels.observe(
          queue.map((each) => each.size),
          at,
          Math.min(amount, queue[at]!.size),
        );
      queue[at]!.size -= amount;
      if (queue[at]!.size <= 0) queue.splice(at, 1);
    }
  });
  return cancels;
}

/**
 * Bitfinex: no trades are told, so only what leaves behind the best price counts, which nothing but a cancellation can do;
 * nor does the worst price in view, where orders leave because the view is full.
 */
function bitfinex(): Cancels {
  const folder = join(DATA, 'bitfinex-l3');
  const [file] = readdirSync(folder).filter((name) => name.endsWith('.gz'));
  const lines = gunzipSync(readFileSync(join(folder, file!)))
    .toString()
    .trim()
    .split('\n');
  const sides = [new Map<number, Waiting[]>(), new Map<number, Waiting[]>()] as const;
  const where = new Map<string, readonly [0 | 1, number]>();
  const cancels = new Cancels();
  const take = ([id, price, amount]: [number, number, number]): void => {
    const key = `${id}`;
    const known = where.get(key);
    if (price === 0) {
      if (known === undefined) return;
      const [side, at] = known;
      const queue = sides[side].get(at)!;
      const index = queue.findIndex((each) => each.id === key);
      const prices = [...sides[side].keys()];
      if (at !== Math.min(...prices) && at !== Math.max(...prices))
        cancels.observe(
          queue.map((each) => each.size),
          index,
          queue[index]!.size,
        );
      queue.splice(index, 1);
      if (queue.length === 0) sides[side].delete(at);
      where.delete(key);
      return;
    }
    const side = amount > 0 ? 0 : 1;
    const size = Math.round(Math.abs(amount) * 1e8);
    if (known !== undefined && known[1] === price) {
      const order = sides[side].get(price)!.find((each) => each.id === key)!;
      order.size = size;
      return;
    }
    if (known !== undefined) take([id, 0, 1]);
    const queue = sides[side].get(price) ?? [];
    sides[side].set(price, queue);
    queue.push({ id: key, size });
    where.set(key, [side, price]);
  };
  for (const line of lines) {
    const message = JSON.parse(line) as unknown;
    if (!Array.isArray(message) || !Array.isArray(message[1])) continue;
    const body = message[1] as [number, number, number] | [number, number, number][];
    if (Array.isArray(body[0])) for (const each of body as [number, number, number][]) take(each);
    else take(body as [number, number, number]);
  }
  return cancels;
}

// --- the same orders with every model -------------------------------------------------------------------------------

const PAPER = {
  startBalance: parseMoney('1000000000000'),
  fees: { maker: '0', taker: '0' },
  orderLatency: { kind: 'constant', ms: 0 },
  answerLatency: { kind: 'constant', ms: 0 },
  seed: 1,
  selfImpact: true,
  maintenanceRate: 0,
} as const;

interface Sent {
  readonly at: Us;
  readonly side: Side;
  readonly price: number;
  /** By model: when it filled; null = it did not. */
  readonly filledAt: (Us | null)[];
  rejected: boolean;
}

/** One lot at the best price, at regular times, on alternating sides, in one paper venue a model. */
class Panel {
  readonly sent: Sent[] = [];
  readonly matchers: readonly PaperMatcher[];
  readonly book = new OrderBook();
  private readonly waiting: { readonly id: number; readonly until: Us }[] = [];
  private nextAt = 0;

  constructor(instrument: Instrument) {
    this.matchers = MODELS.map(([, queue]) => new PaperMatcher({ ...PAPER, queue }, [instrument]));
  }

  /** Gives the order that was sent upon this event, if any. */
  market(event: MarketEvent): Sent | null {
    if (event.kind === EventKind.book) this.book.apply(event.frame);
    for (const [i, matcher] of this.matchers.entries()) matcher.market(event, (told) => this.hear(i, told));
    while (this.waiting.length > 0 && this.waiting[0]!.until <= event.at)
      this.cancel(this.waiting.shift()!.id, event.at);
    if (event.kind !== EventKind.book || event.at < this.nextAt || !this.book.twoSided) return null;
    this.nextAt = event.at + EVERY_MS * 1000;
    return this.send(event.at);
  }

  private send(at: Us): Sent {
    const id = this.sent.length;
    const side: Side = id % 2 === 0 ? 'buy' : 'sell';
    const price = side === 'buy' ? this.book.bestBid : this.book.bestAsk;
    const sent: Sent = { at, side, price, filledAt: MODELS.map(() => null), rejected: false };
    this.sent.push(sent);
    const place: Place = {
      kind: 'place',
      instrument: 0,
      clientOrderId: `q${id}`,
      side,
      type: 'postOnly',
      size: lots(1),
      price: ticks(price),
      reduceOnly: false,
      leverage: 1,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      purpose: 'entry',
    };
    this.waiting.push({ id, until: us(at + PATIENCE_MS * 1000) });
    this.submit(place, at);
    return sent;
  }

  private cancel(id: number, at: Us): void {
    this.submit({ kind: 'cancel', instrument: 0, clientOrderId: `q${id}`, target: 'order' }, at);
  }

  private submit(command: OrderCommand, at: Us): void {
    this.matchers.forEach((matcher, i) => {
      matcher.submit(command as Approved<OrderCommand>, at);
      matcher.advance(at, (told) => this.hear(i, told));
    });
  }

  private hear(model: number, event: VenueEvent): void {
    if (event.kind !== EventKind.fill && event.kind !== EventKind.order) return;
    const order = this.sent[Number(event.clientOrderId.slice(1))]!;
    if (event.kind === EventKind.fill) order.filledAt[model] = event.at;
    else if (event.state === 'rejected' || event.reason.startsWith('31')) order.rejected = true;
  }
}

function summary<T extends Sent>(
  orders: readonly T[],
  of: (order: T) => Us | null,
): { rate: number; seconds: number } {
  let filled = 0;
  let waited = 0;
  for (const order of orders) {
    const at = of(order);
    if (at === null) continue;
    filled++;
    waited += (at - order.at) / 1e6;
  }
  return { rate: filled / orders.length, seconds: waited / filled };
}

// --- 2. the embedded exchange ---------------------------------------------------------------------------------------

interface Truth {
  readonly order: Order;
  filledAt: Us | null;
}

function simulated(minutes: number, scenario: string, feed: BookFeed): string[][] {
  const orders: (Sent & { truth: Us | null })[] = [];
  const off = MODELS.map(() => ({ signed: 0, absolute: 0 }));
  let looks = 0;
  for (const seed of SEEDS) {
    const truths = new Map<Sent, Truth>();
    const symbol = 'BTC-USDT-SWAP';
    let panel: Panel | null = null;
    /** On paper we are not in the market: what is ours is taken out of what the feed shows. */
    const withoutUs = (frame: BookFrame): void => {
      for (const { side, price, size } of account.orders.values())
        for (let i = 0; i < frame.count; i++)
          if (frame.price[i] === price && frame.side[i] === (side === 'buy' ? BID : ASK))
            frame.size[i]! -= size;
    };
    const due: Sent[] = [];
    const simulation = new Simulation({
      seed,
      scenario: { ...loadScenario(scenario), instruments: [symbol] },
      symbols: [symbol],
      feed,
      from: SIMULATED_FROM,
      event: (event) => {
        if (event.kind === EventKind.book) withoutUs(event.frame);
        const sent = panel?.market(event) ?? null;
        if (sent !== null) due.push(sent);
      },
    });
    const { exchange } = simulation;
    const account = exchange.open('1', localCredentials(seed));
    account.credit('USDT', parseMoney('1000000000000'));
    const market = exchange.market(symbol)!;
    panel = new Panel(new Instrument(simulation.specs[0]!));
    simulation.begin();
    const waiting: { readonly sent: Sent; readonly truth: Truth }[] = [];
    const until = SIMULATED_FROM + minutes * 60_000;
    for (let now = simulation.now; now < until; now += 10) {
      simulation.advance(now + 10);
      for (const sent of due.splice(0)) {
        const placed = exchange.orders.place(account, {
          market,
          side: sent.side,
          type: 'post_only',
          size: 1,
          price: sent.price,
          clientId: '',
          tag: '',
          reduceOnly: false,
          attachments: [],
        });
        exchange.followUp();
        // the book moved on between the last frame and now
        if (!placed.ok || placed.value.state === 'canceled') continue;
        const truth = { order: placed.value, filledAt: null };
        truths.set(sent, truth);
        waiting.push({ sent, truth });
      }
      for (let i = waiting.length - 1; i >= 0; i--) {
        const { sent, truth } = waiting[i]!;
        const at = us(simulation.now * 1000);
        if (truth.order.state === 'filled') truth.filledAt = at;
        else if (at < sent.at + PATIENCE_MS * 1000) continue;
        else exchange.orders.cancel(account, truth.order, '1');
        waiting.splice(i, 1);
      }
      if (simulation.now % 1000 !== 0) continue;
      // where do we stand, and where do the models believe that we stand?
      const believed = panel.matchers.map(
        (matcher) => new Map(matcher.restingOrders.map((order) => [order.place.clientOrderId, order.queue])),
      );
      for (const { sent, truth } of waiting) {
        const id = `q${panel.sent.indexOf(sent)}`;
        const places = believed.map((each) => each.get(id));
        if (truth.order.slot < 0 || places.some((each) => each === undefined)) continue;
        let ahead = 0;
        for (
          let slot = market.book.firstAt(sent.price);
          slot !== truth.order.slot && slot >= 0;
          slot = market.book.after(slot)
        )
          if (market.book.ownerOf(slot) !== account.number) ahead += market.book.sizeOf(slot);
        const first = places[0]!.atFirst;
        if (first === 0) continue;
        looks++;
        places.forEach((each, i) => {
          off[i]!.signed += (each!.ahead - ahead) / first;
          off[i]!.absolute += Math.abs(each!.ahead - ahead) / first;
        });
      }
    }
    for (const [sent, truth] of truths)
      if (sent.at + PATIENCE_MS * 1000 <= until * 1000) orders.push({ ...sent, truth: truth.filledAt });
  }
  const truth = summary(orders, ({ truth: at }) => at);
  const rows = [
    ['the truth', `${orders.length}`, percent(truth.rate, 1), '', truth.seconds.toFixed(2), '', '', '', ''],
  ];
  MODELS.forEach(([name], i) => {
    const model = summary(orders, ({ filledAt }) => filledAt[i]!);
    const missed = orders.filter(({ truth: at, filledAt }) => at !== null && filledAt[i] === null).length;
    const invented = orders.filter(({ truth: at, filledAt }) => at === null && filledAt[i] !== null).length;
    rows.push([
      name,
      '',
      percent(model.rate, 1),
      `${(100 * (model.rate - truth.rate)).toFixed(1)}`,
      model.seconds.toFixed(2),
      `${missed}`,
      `${invented}`,
      percent(off[i]!.signed, looks),
      percent(off[i]!.absolute, looks),
    ]);
  });
  return rows;
}

// --- 3. recordings --------------------------------------------------------------------------------------------------

function recorded(tape: string): { readonly name: string; readonly sent: readonly Sent[] }[] {
  const names = readTape(tape).instruments;
  return names.flatMap((spec: InstrumentSpec, index: number) => {
    const panel = new Panel(new Instrument(spec));
    let last = 0;
    readTape(tape).forEach((event) => {
      if (event.instrument !== index) return;
      event.instrument = 0;
      panel.market(event);
      last = event.at;
    });
    const sent = panel.sent.filter(({ at, rejected }) => !rejected && at + PATIENCE_MS * 1000 <= last);
    return sent.length < 30 ? [] : [{ name: spec.instId, sent }];
  });
}

// --- all of it ------------------------------------------------------------------------------------------------------

console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}; orders every ${EVERY_MS} ms, patience ${PATIENCE_MS} ms`,
);
if (existsSync(join(DATA, 'lobster-aapl'))) {
  const cases = [
    ['Nasdaq AAPL', lobster()],
    ['Bitfinex BTC/USD, behind the best price', bitfinex()],
  ] as const;
  print(
    'Of the lots that are canceled in a queue, the share that stood before a place in it',
    ['book', 'cancels', 'truth', ...MODELS.map(([name]) => name)],
    cases.map(([name, cancels]) => cancels.row(name)),
  );
  print(
    'Mean absolute error of that share, cancellation by cancellation',
    ['book', '', '', ...MODELS.map(([name]) => name)],
    cases.map(([name, cancels]) => cancels.missedRow(name)),
  );
}
const minutes = Number(process.argv[2] ?? 10);
if (minutes > 0)
  for (const [scenario, feed] of [
    ['btc-like', 'books'],
    ['btc-like', 'books-l2-tbt'],
    ['thin-alt', 'books'],
  ] as const)
    print(
      `The embedded exchange, ${scenario}, ${feed}, seeds ${SEEDS.join(', ')}, ${minutes} minutes each`,
      [
        '',
        'orders',
        'filled',
        'bias, points',
        'after, s',
        'missed',
        'invented',
        'lots ahead: bias',
        'mean error',
      ],
      simulated(minutes, scenario, feed),
    );
if (existsSync(join(DATA, 'binance-l2-raw'))) {
  const folder = mkdtempSync(join(tmpdir(), 'queue-'));
  try {
    const sources: readonly (readonly [string, string[], typeof importBinance])[] = [
      ['Binance USD-M 2024', ['binance-l2-raw/usdm_btcusdt_20240808.gz'], importBinance],
      ['Binance USD-M 2024', ['binance-l2-raw/usdm_ethusdt_20240718.gz'], importBinance],
      ['Binance COIN-M 2024', ['binance-l2-raw/cm_btcusd_perp_20240808.gz'], importBinance],
      ['Binance spot 2024', ['binance-l2-raw/spot_btcusdt_20240808.gz'], importBinance],
    ];
    const rows: string[][] = [];
    for (const [where, files, load] of sources) {
      const tape = join(folder, `${rows.length}.tape`);
      await load(
        files.map((file) => join(DATA, file)),
        tape,
      );
      for (const { name, sent } of recorded(tape)) {
        const all = MODELS.map((_, i) => summary(sent, ({ filledAt }) => filledAt[i]!));
        rows.push([`${where} ${name}`, `${sent.length}`, ...all.map(({ rate }) => percent(rate, 1))]);
        rows.push(['… after, s', '', ...all.map(({ seconds }) => seconds.toFixed(2))]);
      }
    }
    print('Recordings: filled within the patience', ['', 'orders', ...MODELS.map(([name]) => name)], rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
