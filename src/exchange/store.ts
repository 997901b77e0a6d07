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
import type { FundingState } from './market/funding.ts';
import { type Market, type MarketPast, TRADES_KEPT } from './market/market.ts';
import type { Trade } from './market/trade.ts';
import type { Remembered } from './market/world.ts';

const VERSION = 4;

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
  readonly funding: Record<string, FundingState>;
  readonly recent: Record<string, SavedRecent>;
  readonly house: SavedHouse;
  readonly accounts: SavedAccount[];
}

/** What is newer than the file of the past, bars of a minute and trades. */
interface SavedRecent {
  readonly minutes: number[][];
  readonly trades: Trade[];
}

/** Of one instrument: candles by bar, and the newest trades. */
interface SavedPast {
  readonly bars: Record<string, { closed: number[][]; building: number[] }>;
  readonly trades: Trade[];
}

/** How far the file of the past reaches: the minute that was building, and the last trade. */
interface Reach {
  readonly openAt: number;
  readonly tradeId: number;
}

/**
 * The exchange's memory: one file, replaced in one step, so that a kill or a power cut at any moment leaves either the state
 * before or the state after. Candles and trades are much: they have a file of their own that is written seldom, and the state
 * carries what came since then.
 */
export class StateFile {
  private readonly path: string;
  private readonly reach = new Map<string, Reach>();

  constructor(path: string) {
    this.path = path;
  }

  private get pastPath(): string {
    return `${this.path}.past`;
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
    return { saved, remembered: { clock: saved.clock, prices: saved.prices, markets: this.loadPast(saved) } };
  }

  save(exchange: Exchange): void {
    replace(this.path, describe(exchange, this.reach));
  }

  /** To be called right after `save`: a past that is newer than the state would be lived through twice. */
  savePast(exchange: Exchange): void {
    const all: Record<string, SavedPast> = {};
    const reach = new Map<string, Reach>();
    for (const { candles, trades, instrument } of exchange.markets) {
      const bars: SavedPast['bars'] = {};
      for (const { bar, closed, building } of candles.series)
        bars[bar] = { closed: closed.map(flat), building: flat(building) };
      all[instrument.id] = { bars, trades: trades.slice(-TRADES_KEPT) };
      const { openAt } = candles.of('1m')!.building;
      reach.set(instrument.id, { openAt, tradeId: trades.at(-1)?.tradeId ?? 0 });
    }
    replace(this.pastPath, JSON.stringify(all));
    for (const [instId, each] of reach) this.reach.set(instId, each);
  }

  private loadPast(saved: Saved): Map<string, MarketPast> {
    const written = this.readPast();
    const markets = new Map<string, MarketPast>();
    for (const [instId, recent] of Object.entries(saved.recent)) {
      const minutes = recent.minutes.map(round);
      const past = written[instId];
      const candles =
        past === undefined ? new CandleBook(minutes[0]!.openAt, minutes[0]!.open) : bookOf(past);
      candles.resume(minutes);
      const old = past?.trades ?? [];
      const lastId = old.at(-1)?.tradeId ?? 0;
      const trades = recent.trades.filter(({ tradeId }) => tradeId > lastId);
      const seconds = candles.of('1s')!;
      for (const { at, price, size } of trades) {
        seconds.rollTo(at);
        seconds.trade(price, size);
      }
      markets.set(instId, { candles, trades: [...old, ...trades].slice(-TRADES_KEPT) });
    }
    return markets;
  }

  private readPast(): Record<string, SavedPast> {
    if (!existsSync(this.pastPath)) return {};
    try {
      return JSON.parse(readFileSync(this.pastPath, 'utf8')) as Record<string, SavedPast>;
    } catch (error) {
      // a picture of the past, not anybody's money: it can be drawn again
      console.warn(`${this.pastPath} is not readable (${(error as Error).message}): the past is made anew`);
      return {};
    }
  }
}

function bookOf({ bars }: SavedPast): CandleBook {
  const [openAt, , , , close] = bars['1m']!.building;
  const book = new CandleBook(openAt!, close!);
  for (const series of book.series) {
    const { closed, building } = bars[series.bar]!;
    series.closed.push(...closed.map(round));
    series.building = round(building);
  }
  return book;
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

/** What a market has that is newer than the file of the past. */
function recentOf({ candles, trades }: Market, reach: Reach = { openAt: 0, tradeId: 0 }): SavedRecent {
  const { closed, building } = candles.of('1m')!;
  const first = closed.findLastIndex(({ openAt }) => openAt < reach.openAt) + 1;
  const since = trades.findLastIndex(({ tradeId }) => tradeId <= reach.tradeId) + 1;
  return {
    minutes: [...closed.slice(first), building].map(flat),
    trades: trades.slice(since).slice(-TRADES_KEPT),
  };
}

function describe(exchange: Exchange, reach: ReadonlyMap<string, Reach>): string {
  const { clearing, markets } = exchange;
  const each = <T>(value: (market: Market) => T): Record<string, T> =>
    Object.fromEntries(markets.map((market) => [market.instrument.id, value(market)]));
  const house: SavedHouse = {
    fees: [...clearing.fees],
    insurance: [...clearing.insurance],
    cash: [...clearing.houseCash],
    positions: [...clearing.housePositions].map(([instId, { size, cost }]) => [instId, size, cost]),
  };
  return `{"version":${VERSION},"clock":${exchange.now},
"prices":${JSON.stringify(each(({ last }) => last))},
"funding":${JSON.stringify(each(({ funding }) => funding.state))},
"recent":${JSON.stringify(each((market) => recentOf(market, reach.get(market.instrument.id))))},
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

/** A state is of more accounts than were opened: there is money in it that would be lost. */
export class UnopenedAccount extends Error {
  override readonly name = 'UnopenedAccount';
  /** Of the state. */
  readonly count: number;

  constructor(uid: string, count: number) {
    super(`exchange state holds account ${uid}, which was not opened`);
    this.count = count;
  }
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
    const before = saved.funding[instrument.id];
    if (before !== undefined) funding.resume(before);
  }
  for (const one of saved.accounts) {
    const account = exchange.accounts.find(({ uid }) => uid === one.uid);
    if (account === undefined) throw new UnopenedAccount(one.uid, saved.accounts.length);
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
