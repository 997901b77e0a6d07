import type { TradeReport } from '../report/report-data.ts';
import { estimated, type Figure, TRADES_MIN, tooFew } from './figure.ts';
import { mean } from './returns.ts';
import { expectancy, profitFactor } from './trades.ts';

/** The trades that have something in common. Sums are facts; the expectancy is an estimate, withheld when there are few. */
export interface Group {
  readonly key: string;
  readonly trades: number;
  readonly wins: number;
  readonly net: number;
  readonly fees: number;
  readonly funding: number;
  readonly averageHeldMs: number;
  /** Gross profit ÷ gross loss; null without a loss. */
  readonly profitFactor: number | null;
  readonly expectancy: Figure;
  /** Mean R of those that had a stop; null without any. */
  readonly averageR: number | null;
}

export interface Groups {
  readonly exitReason: readonly Group[];
  readonly strategy: readonly Group[];
  readonly symbol: readonly Group[];
  readonly direction: readonly Group[];
  /** UTC hour of the entry, `00` to `23`. */
  readonly hour: readonly Group[];
  /** UTC weekday of the entry, `Mon` to `Sun`. */
  readonly weekday: readonly Group[];
  /** UTC month of the exit, `2022-05`: where the money was booked. Midnight belongs to the day that ends. */
  readonly month: readonly Group[];
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const WEEK = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What the money texts of a trade are as numbers: for statistics, not for balances. */
export interface TradeNumbers {
  readonly trade: TradeReport;
  readonly net: number;
  readonly fees: number;
  readonly funding: number;
  /** Net ÷ initial risk; null without a stop. */
  readonly r: number | null;
}

export function tradeNumbers(trade: TradeReport): TradeNumbers {
  const net = Number(trade.net);
  const risk = trade.initialRisk === null ? 0 : Number(trade.initialRisk);
  return {
    trade,
    net,
    fees: Number(trade.fees),
    funding: Number(trade.funding),
    r: risk > 0 ? net / risk : null,
  };
}

export function groupsOf(trades: readonly TradeNumbers[]): Groups {
  const by = (keyOf: (trade: TradeReport) => string): Group[] => group(trades, keyOf);
  const largest = (groups: Group[]): Group[] => groups.sort((a, b) => b.trades - a.trades || order(a, b));
  return {
    exitReason: largest(by(({ exitReason }) => exitReason)),
    strategy: largest(by(({ strategy }) => strategy)),
    symbol: by(({ symbol }) => symbol).sort(order),
    direction: by(({ direction }) => direction).sort(order),
    hour: by(({ openedAt }) => new Date(openedAt).toISOString().slice(11, 13)).sort(order),
    weekday: by(({ openedAt }) => WEEKDAYS[new Date(openedAt).getUTCDay()]!).sort(
      (a, b) => WEEK.indexOf(a.key) - WEEK.indexOf(b.key),
    ),
    month: by(({ closedAt }) => new Date(closedAt - 1).toISOString().slice(0, 7)).sort(order),
  };
}

const order = (a: Group, b: Group): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

function group(trades: readonly TradeNumbers[], keyOf: (trade: TradeReport) => string): Group[] {
  const members = new Map<string, TradeNumbers[]>();
  for (const numbers of trades) {
    const key = keyOf(numbers.trade);
    const known = members.get(key);
    if (known === undefined) members.set(key, [numbers]);
    else known.push(numbers);
  }
  return [...members].map(([key, list]) => groupOf(key, list));
}

function groupOf(key: string, members: readonly TradeNumbers[]): Group {
  const nets = members.map(({ net }) => net);
  const multiples = members.flatMap(({ r }) => (r === null ? [] : [r]));
  const factor = profitFactor(nets);
  const sum = (take: (numbers: TradeNumbers) => number): number =>
    members.reduce((total, numbers) => total + take(numbers), 0);
  return {
    key,
    trades: members.length,
    wins: nets.filter((net) => net > 0).length,
    net: sum(({ net }) => net),
    fees: sum(({ fees }) => fees),
    funding: sum(({ funding }) => funding),
    averageHeldMs: mean(members.map(({ trade }) => trade.closedAt - trade.openedAt)),
    profitFactor: Number.isFinite(factor) ? factor : null,
    expectancy:
      nets.length < TRADES_MIN ? tooFew(nets.length, TRADES_MIN, 'trade') : estimated(nets, expectancy, ''),
    averageR: multiples.length === 0 ? null : mean(multiples),
  };
}
