import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { lots, type Money, money } from '../core/units.ts';
import type { Account, Bill, PositionMode } from './accounts/account.ts';
import type { ClosedPosition, Holding, MarginMode, PositionSide } from './accounts/holding.ts';
import type { Fill, Order } from './accounts/order.ts';
import { read, write } from './accounts/written.ts';
import type { Algo } from './algos/algo.ts';
import type { Exchange } from './exchange.ts';
import { type Candle, CandleBook } from './history/candles.ts';
import type { Market } from './market/market.ts';
import type { Remembered } from './market/world.ts';

const VERSION = 3;

/** What a holding carries besides its position. */
type Figures = Pick<
  Holding,
  | 'leverage'
  | 'margin'
  | 'pnl'
  | 'fee'
  | 'funding'
  | 'penalty'
  | 'openedSize'
  | 'openedValue'
  | 'closedSize'
  | 'closedValue'
  | 'largest'
  | 'lastClose'
  | 'tradeId'
  | 'openedAt'
  | 'updatedAt'
>;

interface SavedHolding {
  readonly instId: string;
  readonly mode: MarginMode;
  readonly positionSide: PositionSide;
  readonly size: number;
  readonly cost: Money;
  readonly figures: Figures;
}

interface SavedAccount {
  readonly uid: string;
  readonly positionMode: PositionMode;
  readonly cash: [string, Money][];
  readonly holdings: SavedHolding[];
  readonly orders: Order[];
  readonly algos: Algo[];
  readonly switches: [string, number][];
  readonly pastOrders: Order[];
  readonly pastAlgos: Algo[];
  readonly fills: Fill[];
  readonly bills: Bill[];
  readonly pastPositions: ClosedPosition[];
}

interface SavedHouse {
  readonly fees: [string, Money][];
  readonly insurance: [string, Money][];
  readonly cash: [string, Money][];
  readonly positions: [instId: string, size: number, cost: Money][];
}

interface Saved {
  readonly version: number;
  readonly clock: number;
  readonly prices: Record<string, number>;
  readonly funding: Record<string, number>;
  readonly house: SavedHouse;
  readonly accounts: SavedAccount[];
}

/** Candles by instrument and bar: written once a minute, beside the state. */
type SavedCandles = Record<string, Record<string, { closed: number[][]; building: number[] }>>;

/**
 * The exchange's memory: one file, replaced in one step, so that a kill or a power cut at any moment leaves either the state
 * before or the state after. The candles, which are much and can be lost for a minute, have a file of their own.
 */
export class StateFile {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  private get candlePath(): string {
    return `${this.path}.candles`;
  }

  /** Null when there is none yet. Throws when there is one that cannot be read: money may be in it. */
  load(): { saved: Saved; remembered: Remembered } | null {
    if (!existsSync(this.path)) return null;
    const text = readFileSync(this.path, 'utf8');
    let saved: Saved;
    try {
      saved = read(text) as Saved;
    } catch (error) {
      throw new Error(
        `exchange state ${this.path} is not readable (${(error as Error).message}): move it away to begin anew`,
      );
    }
    if (saved.version !== VERSION)
      throw new Error(
        `exchange state ${this.path} has version ${saved.version}, this is ${VERSION}: move it away to begin anew`,
      );
    return { saved, remembered: { clock: saved.clock, prices: saved.prices, candles: this.loadCandles() } };
  }

  save(exchange: Exchange): void {
    replace(this.path, describe(exchange));
  }

  saveCandles(exchange: Exchange): void {
    const all: SavedCandles = {};
    for (const market of exchange.markets) {
      const bars: SavedCandles[string] = {};
      for (const { bar, closed, building } of market.candles.series)
        if (bar !== '1s') bars[bar] = { closed: closed.map(flat), building: flat(building) };
      all[market.instrument.id] = bars;
    }
    replace(this.candlePath, JSON.stringify(all));
  }

  private loadCandles(): Map<string, CandleBook> {
    const books = new Map<string, CandleBook>();
    if (!existsSync(this.candlePath)) return books;
    try {
      const all = JSON.parse(readFileSync(this.candlePath, 'utf8')) as SavedCandles;
      for (const [instId, bars] of Object.entries(all)) {
        const first = Object.values(bars)[0]!.building;
        const book = new CandleBook(first[0]!, first[4]!);
        for (const series of book.series) {
          const saved = bars[series.bar];
          if (saved === undefined) continue;
          series.closed.push(...saved.closed.map(round));
          series.building = round(saved.building);
        }
        books.set(instId, book);
      }
      return books;
    } catch (error) {
      // a picture of the past, not anybody's money: it can be drawn again
      console.warn(`${this.candlePath} is not readable (${(error as Error).message}): the past is made anew`);
      return new Map();
    }
  }
}

/** In one step and for good: after a power cut the file is the old one or the new one, whole. */
function replace(path: string, text: string): void {
  const next = `${path}.next`;
  const file = openSync(next, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

const flat = (candle: Candle): number[] => [
  candle.openAt,
  candle.open,
  candle.high,
  candle.low,
  candle.close,
  candle.volume,
  candle.notional,
];

const round = (row: number[]): Candle => ({
  openAt: row[0]!,
  open: row[1]!,
  high: row[2]!,
  low: row[3]!,
  close: row[4]!,
  volume: row[5]!,
  notional: row[6]!,
});

function describe(exchange: Exchange): string {
  const { clearing, markets } = exchange;
  const each = (value: (market: (typeof markets)[number]) => number): Record<string, number> =>
    Object.fromEntries(markets.map((market) => [market.instrument.id, value(market)]));
  const house: SavedHouse = {
    fees: [...clearing.fees],
    insurance: [...clearing.insurance],
    cash: [...clearing.houseCash],
    positions: [...clearing.housePositions].map(([instId, { size, cost }]) => [instId, size, cost]),
  };
  return `{"version":${VERSION},"clock":${exchange.now},
"prices":${JSON.stringify(each(({ last }) => last))},
"funding":${JSON.stringify(each(({ funding }) => funding.nextAt))},
"house":${write(house)},
"accounts":[${exchange.accounts.map(describeAccount).join(',\n')}]}
`;
}

const figuresOf = (holding: Holding): Figures => ({
  leverage: holding.leverage,
  margin: holding.margin,
  pnl: holding.pnl,
  fee: holding.fee,
  funding: holding.funding,
  penalty: holding.penalty,
  openedSize: holding.openedSize,
  openedValue: holding.openedValue,
  closedSize: holding.closedSize,
  closedValue: holding.closedValue,
  largest: holding.largest,
  lastClose: holding.lastClose,
  tradeId: holding.tradeId,
  openedAt: holding.openedAt,
  updatedAt: holding.updatedAt,
});

/** The finished things were turned into text when they finished. */
function describeAccount(account: Account): string {
  const holdings: SavedHolding[] = [...account.holdings.values()].map((holding) => ({
    instId: holding.instId,
    mode: holding.mode,
    positionSide: holding.positionSide,
    size: holding.size,
    cost: holding.position.cost,
    figures: figuresOf(holding),
  }));
  return `{"uid":${JSON.stringify(account.uid)},"positionMode":"${account.positionMode}",
"cash":${write([...account.cash])},
"holdings":${write(holdings)},
"orders":${write([...account.orders.values()])},
"algos":${write([...account.algos.values()])},
"switches":${write([...account.switches])},
"pastOrders":${account.pastOrders.text},
"pastAlgos":${account.pastAlgos.text},
"fills":${account.fills.text},
"bills":${account.bills.text},
"pastPositions":${account.pastPositions.text}}`;
}

function marketOf(exchange: Exchange, instId: string): Market {
  const market = exchange.market(instId);
  if (market === undefined)
    throw new Error(
      `exchange state holds ${instId}, which this scenario does not list: start a scenario that does, or move the state away`,
    );
  return market;
}

/** Puts everything back: the resting orders into the books that the crowd has just made anew. */
export function restore(exchange: Exchange, saved: Saved): void {
  const { clearing } = exchange;
  for (const [pot, entries] of [
    [clearing.fees, saved.house.fees],
    [clearing.insurance, saved.house.insurance],
    [clearing.houseCash, saved.house.cash],
  ] as const)
    for (const [currency, amount] of entries) pot.set(currency, money(amount));
  for (const [instId, size, cost] of saved.house.positions)
    clearing.restoreHouse(marketOf(exchange, instId), size, cost);
  for (const { funding, instrument } of exchange.markets) {
    const nextAt = saved.funding[instrument.id];
    if (nextAt !== undefined) funding.resume(nextAt);
  }
  for (const one of saved.accounts) {
    const account = exchange.accounts.find(({ uid }) => uid === one.uid);
    if (account === undefined)
      throw new Error(`exchange state holds account ${one.uid}, which was not opened`);
    restoreAccount(exchange, account, one);
  }
}

function restoreAccount(exchange: Exchange, account: Account, saved: SavedAccount): void {
  account.positionMode = saved.positionMode;
  account.cash.clear();
  for (const [currency, amount] of saved.cash) account.cash.set(currency, money(amount));
  for (const from of saved.holdings) {
    const holding = account.holding(marketOf(exchange, from.instId), from.mode, from.positionSide);
    holding.position.size = lots(from.size);
    holding.position.cost = from.cost;
    Object.assign(holding, from.figures);
  }
  for (const order of saved.pastOrders) account.pastOrders.add(order);
  for (const algo of saved.pastAlgos) account.pastAlgos.add(algo);
  for (const fill of saved.fills) account.fills.add(fill);
  for (const bill of saved.bills) account.bills.add(bill);
  for (const position of saved.pastPositions) account.pastPositions.add(position);
  for (const [tag, at] of saved.switches) account.switches.set(tag, at);
  for (const algo of saved.algos) account.algos.set(algo.id, algo);
  for (const order of saved.orders) {
    account.orders.set(order.id, order);
    exchange.orders.restore(order, account.number, marketOf(exchange, order.instId));
  }
}
