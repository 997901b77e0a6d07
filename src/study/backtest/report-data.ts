import { stringify } from 'yaml';
import { defaultSettings, settingsHash } from '../../config/load.ts';
import type { Settings } from '../../config/schema.ts';
import { barToMs } from '../../core/candles/candle-series.ts';
import { buyAndHold } from '../metrics/buy-and-hold.ts';
import { codeIdentity } from '../report/code-identity.ts';
import type { LookAhead, MarketModel, RefusalReport, ReportData } from '../report/report-data.ts';
import type { AccountPlan } from './accounts.ts';
import type { BacktestOptions } from './backtest.ts';
import { candlesOf } from './candle-keeper.ts';
import { type MarketKind, marketKind } from './desk.ts';
import type { Outcome } from './outcome.ts';
import type { Tapes } from './tapes.ts';

export const NOT_CHECKED: LookAhead = {
  verdict: 'notChecked',
  detail: 'run with --check to have the run repeated on truncated and delayed data',
};

/** The accounts of a run as their report tells them. */
export function reportDataOf(
  tapes: Tapes,
  settings: Settings,
  accounts: readonly AccountPlan[],
  outcomes: readonly Outcome[],
  { command, separate = false }: Pick<BacktestOptions, 'command' | 'separate'>,
  lookAhead: LookAhead,
): ReportData {
  const places = accounts.flatMap((account) => account.instruments);
  const candles = candlesOf(tapes, places, barToMs(settings.market.bar)).filter(
    ({ openAt }) => openAt.length > 0,
  );
  const instruments = outcomes.flatMap((outcome) => outcome.instruments);
  const takerFee = Number(settings.paper.taker_fee);
  const told = outcomes.filter(({ events }) => events > 0);
  return {
    version: 1,
    run: {
      command,
      settings: stringify(settings),
      settingsHash: settingsHash(settings),
      changed: changes(settings, defaultSettings()),
      data: tapes.files,
      seed: settings.paper.latency === 'constant' ? null : `${settings.paper.seed}`,
      code: codeIdentity(),
    },
    sample: { kind: 'inSample', trials: null, note: '' },
    market: marketOf(tapes, settings, outcomes, separate),
    from: told.reduce((least, { from }) => Math.min(least, from), told[0]?.from ?? 0),
    to: told.reduce((most, { to }) => Math.max(most, to), 0),
    instruments,
    accounts: outcomes.map(({ account }) => {
      const mine = instruments.filter(({ symbol }) => account.symbols.includes(symbol));
      const start = Number(account.startBalance);
      return {
        ...account,
        benchmark: buyAndHold(account.equity.at, candles, mine, start, takerFee),
      };
    }),
    trades: outcomes.flatMap(({ trades }) => trades).sort((a, b) => a.closedAt - b.closedAt),
    fills: outcomes.flatMap(({ fills }) => fills).sort((a, b) => a.at - b.at),
    candles,
    decisions: {
      entered: outcomes.reduce((sum, { entered }) => sum + entered, 0),
      refused: refusals(outcomes),
    },
    lookAhead,
  };
}

/** A symbol trades from one account only, so nothing is there twice. */
const refusals = (outcomes: readonly Outcome[]): RefusalReport[] =>
  outcomes
    .flatMap(({ refused }) => refused)
    .sort((a, b) => b.count - a.count || compare(a.symbol, b.symbol) || compare(a.reason, b.reason));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function marketOf(
  tapes: Tapes,
  settings: Settings,
  outcomes: readonly Outcome[],
  separate: boolean,
): MarketModel {
  const { paper, market } = settings;
  const kinds = new Set(tapes.holdings.map(marketKind));
  const bars = [...new Set(tapes.holdings.map(({ bar }) => bar).filter((bar) => bar !== ''))].join(', ');
  const words: Record<MarketKind, string> = {
    books: 'books',
    trades: 'trades',
    candles: `${bars} candles`,
    nothing: 'nothing',
  };
  const fundings = tapes.holdings.reduce((sum, { fundings: count }) => sum + count, 0);
  const withoutBook = kinds.has('candles') || kinds.has('trades');
  return {
    from: [...kinds].map((kind) => words[kind]).join(', '),
    makerFee: Number(paper.maker_fee),
    takerFee: Number(paper.taker_fee),
    assumedSpreadBp: withoutBook ? market.assumed_spread_bp : null,
    latencyMsMin: leastLatency(paper),
    funding:
      fundings > 0
        ? { charged: true, why: `${fundings} rates on the tape` }
        : { charged: false, why: 'no funding rates on the tape' },
    assumptions: [
      ...(kinds.has('books')
        ? [
            `queue: ${paper.queue}; what we took from a level ${paper.self_impact ? 'stays taken while the level stands' : 'is there again at once'}`,
          ]
        : []),
      ...(withoutBook
        ? [
            `spread of ${market.assumed_spread_bp} bp around every price`,
            `beyond ${paper.volume_share_max * 100} % of a candle’s volume its worst price; of a trade no more than was traded`,
          ]
        : []),
      ...(kinds.has('candles')
        ? [
            'orders meet the open of the candle they arrive in',
            paper.intrabar === 'pessimistic'
              ? 'a candle that reached stop and target: the stop came first'
              : 'a candle that reached stop and target: whichever is nearer to its open came first',
          ]
        : []),
      `latency ${paper.latency}: order ${paper.order_latency_ms} ms, answer ${paper.answer_latency_ms} ms`,
      separate
        ? 'every instrument has an account of its own; cross margin'
        : `one account for ${outcomes.map(({ account }) => `${account.symbols.length} in ${account.currency}`).join(', ')}; cross margin`,
    ],
  };
}

/** One order in a hundred is faster, ms. Below the median of a log-normal by 2.33 of its sigmas. */
const leastLatency = (paper: Settings['paper']): number =>
  paper.latency === 'log_normal'
    ? paper.order_latency_ms * Math.exp(-2.326 * paper.latency_sigma)
    : paper.order_latency_ms;

/** Keys whose value is not the default's. */
function changes(settings: Settings, defaults: Settings): { key: string; value: string; default: string }[] {
  const found: { key: string; value: string; default: string }[] = [];
  const walk = (here: unknown, there: unknown, path: string): void => {
    if (isGroup(here) && isGroup(there)) {
      for (const key of Object.keys(here)) walk(here[key], there[key], path === '' ? key : `${path}.${key}`);
      return;
    }
    const [value, usual] = [JSON.stringify(here), JSON.stringify(there)];
    if (value !== usual) found.push({ key: path, value, default: usual });
  };
  walk(settings, defaults, '');
  return found;
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
