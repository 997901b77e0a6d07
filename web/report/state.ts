/** What a person has chosen to look at. */
import { createSignal } from 'solid-js';
import type { TradeReport } from '../../src/study/report/report-data.ts';

/** Empty: any. */
export interface TradeFilter {
  readonly symbol: string;
  readonly direction: string;
  readonly exitReason: string;
  readonly strategy: string;
  readonly result: '' | 'won' | 'lost';
  readonly hour: string;
  readonly weekday: string;
  readonly month: string;
  readonly words: string;
}

export const ANY: TradeFilter = {
  symbol: '',
  direction: '',
  exitReason: '',
  strategy: '',
  result: '',
  hour: '',
  weekday: '',
  month: '',
  words: '',
};

const [filter, setFilter] = createSignal<TradeFilter>(ANY);
/** Index into the account's trades; null: none chosen. */
const [chosen, setChosen] = createSignal<number | null>(null);

export { chosen, filter, setChosen, setFilter };

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** As the tables by hour, weekday and month count: entries by hour and weekday, exits by month, UTC. */
export function passes(trade: TradeReport, wanted: TradeFilter): boolean {
  const opened = new Date(trade.openedAt);
  const net = Number(trade.net);
  return (
    (wanted.symbol === '' || trade.symbol === wanted.symbol) &&
    (wanted.direction === '' || trade.direction === wanted.direction) &&
    (wanted.exitReason === '' || trade.exitReason === wanted.exitReason) &&
    (wanted.strategy === '' || trade.strategy === wanted.strategy) &&
    (wanted.result === '' || (wanted.result === 'won' ? net > 0 : net < 0)) &&
    (wanted.hour === '' || opened.toISOString().slice(11, 13) === wanted.hour) &&
    (wanted.weekday === '' || WEEKDAYS[opened.getUTCDay()] === wanted.weekday) &&
    (wanted.month === '' || new Date(trade.closedAt - 1).toISOString().startsWith(wanted.month)) &&
    (wanted.words === '' || wordsOf(trade).includes(wanted.words.toLowerCase()))
  );
}

const wordsOf = ({ symbol, strategy, exitReason, reasons }: TradeReport): string =>
  [symbol, strategy, exitReason, ...reasons].join(' ').toLowerCase();
