import { stringify } from 'yaml';
import { defaultSettings, settingsHash } from '../../config/load.ts';
import type { Settings } from '../../config/schema.ts';
import { buyAndHold } from '../metrics/buy-and-hold.ts';
import { codeIdentity } from '../report/code-identity.ts';
import type { InstrumentReport, LookAhead, MarketModel, ReportData } from '../report/report-data.ts';
import { type Desk, type MarketKind, marketKind } from './desk.ts';
import type { Played } from './play.ts';
import type { Tapes } from './tapes.ts';

export const NOT_CHECKED: LookAhead = {
  verdict: 'notChecked',
  detail: 'run with --check to have the run repeated on truncated and delayed data',
};

/** A run as its report tells it. `command`: as typed. */
export function reportDataOf(
  tapes: Tapes,
  settings: Settings,
  played: Played,
  command: string,
  lookAhead: LookAhead,
): ReportData {
  const { desks } = played;
  const candles = desks.flatMap((desk) => desk.candles()).filter(({ openAt }) => openAt.length > 0);
  const instruments = desks.flatMap((desk) => instrumentsOf(desk));
  const takerFee = Number(settings.paper.taker_fee);
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
    market: marketOf(tapes, settings, desks),
    from: played.from,
    to: played.to,
    instruments,
    accounts: desks.map((desk) => {
      const account = desk.report();
      const mine = instruments.filter(({ symbol }) => account.symbols.includes(symbol));
      const start = Number(account.startBalance);
      return {
        ...account,
        benchmark: buyAndHold(account.equity.at, candles, mine, start, takerFee),
      };
    }),
    trades: desks.flatMap((desk) => desk.trips.trades).sort((a, b) => a.closedAt - b.closedAt),
    fills: desks.flatMap((desk) => desk.trips.fills).sort((a, b) => a.at - b.at),
    candles,
    decisions: {
      entered: desks.reduce((sum, { trips }) => sum + trips.entered, 0),
      refused: refusals(desks),
    },
    lookAhead,
  };
}

function instrumentsOf(desk: Desk): InstrumentReport[] {
  return desk.instruments.map((instrument, index) => ({
    symbol: instrument.id,
    currency: desk.currency,
    inverse: instrument.inverse,
    tickSize: instrument.spec.tickSz,
    priceDecimals: instrument.priceDecimals,
    contract: `${instrument.spec.ctVal} × ${instrument.spec.ctMult}, lot ${instrument.spec.lotSz}`,
    warmAt: desk.warmAt[index]!,
  }));
}

function refusals(desks: readonly Desk[]): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { trips } of desks)
    for (const [reason, count] of trips.refused) counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

function marketOf(tapes: Tapes, settings: Settings, desks: readonly Desk[]): MarketModel {
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
            `beyond ${paper.volume_share_max * 100} % of the volume of a bar or trade, its worst price`,
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
      `one account for ${desks.map((desk) => `${desk.instruments.length} in ${desk.currency}`).join(', ')}; cross margin`,
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
