import { formatMoney, parseMoney } from '../../core/instrument.ts';
import { money } from '../../core/units.ts';
import { DAY_MS, dailyReturns } from '../metrics/daily.ts';
import { DAYS_MIN, GROWTH_DAYS_MIN, TRADES_MIN } from '../metrics/figure.ts';
import { DAYS_A_YEAR, sharpe } from '../metrics/returns.ts';
import { CandleIndex } from './candles.ts';
import type { AccountReport, FillReport, InstrumentReport, ReportData } from './report-data.ts';

/**
 * `impossible`: the market or arithmetic forbids it, the figures are worthless. `suspect`: it can be, but every such result
 * we know of was a fault. `caution`: true perhaps, and not to be relied on.
 */
export type FindingLevel = 'impossible' | 'suspect' | 'caution';

/** A reason not to believe the result, for the top of the report and for `--json`. */
export interface Finding {
  readonly level: FindingLevel;
  /** Stable, for machines. */
  readonly code: FindingCode;
  /** One line. */
  readonly title: string;
  /** What was seen, with numbers, and what it usually means. */
  readonly detail: string;
}

export type FindingCode =
  | 'lookAhead'
  | 'books'
  | 'fillOutside'
  | 'fillWithoutMarket'
  | 'volume'
  | 'beforeWarm'
  | 'outsideRun'
  | 'negativeLatency'
  | 'growth'
  | 'sharpe'
  | 'allWon'
  | 'noCosts'
  | 'ruin'
  | 'oneTrade'
  | 'fewTrades'
  | 'neverTraded'
  | 'fewDays'
  | 'share'
  | 'noFunding'
  | 'noLatency'
  | 'noSpread'
  | 'lowFees'
  | 'unknownCurrency';

/** Growth a year that no record of such trading has ever kept: +300 %; and half as much again in less than a quarter is no claim. */
const GROWTH_A_YEAR_MAX = 3;
const GROWTH_MIN = 0.5;
/** No venue’s ordinary account takes for less; OKX’s base tier pays 5 bp. As a fraction. */
const TAKER_FEE_LOW = 0.0001;
/** The best audited records of liquid markets stay below it. */
const SHARPE_MAX = 5;
/** Share of a bar's volume beyond which the market would have moved against us. */
const VOLUME_SHARE_MAX = 0.1;
/** How far outside its candle a fill from a book may lie, as a fraction of the price, before it is a fault. */
const BOOK_SLACK = 0.01;
/** Share of the whole profit that one trade may have made. */
const ONE_TRADE_MAX = 0.5;

/** A size in coins that is plenty of one is less than one lot of another. */
const SIZE_MEND = ' (position.base_unit: quote sizes by value)';

const ORDER: readonly FindingLevel[] = ['impossible', 'suspect', 'caution'];

/** Everything about the run that cannot be, hardly is, or is too little to go by; the worst first. */
export function sanity(data: ReportData): Finding[] {
  const findings = [
    ...lookAhead(data),
    ...data.accounts.flatMap((account) => books(account, data)),
    ...fillFindings(data),
    ...times(data),
    ...data.accounts.flatMap((account) => returnsOf(account)),
    ...length(data),
    ...currencies(data),
    ...tradeFindings(data),
    ...neverTraded(data),
    ...costs(data),
  ];
  return findings.sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
}

function lookAhead({ lookAhead: { verdict, detail } }: ReportData): Finding[] {
  if (verdict !== 'suspected') return [];
  return [
    {
      level: 'impossible',
      code: 'lookAhead',
      title: 'The strategy seems to know the future',
      detail: `Past decisions changed when later data was withheld or delayed. ${detail}`,
    },
  ];
}

/** Money is exact here, so the books must close to the last digit. */
function books(account: AccountReport, data: ReportData): Finding[] {
  const found: Finding[] = [];
  const report = (detail: string): void => {
    found.push({
      level: 'impossible',
      code: 'books',
      title: `The ${account.currency} account does not add up`,
      detail,
    });
  };
  const { startBalance, realized, fees, funding, liquidations, balance } = account;
  const sum = [startBalance, realized, fees, funding, liquidations].reduce(
    (total, text) => total + parseMoney(text),
    0n,
  );
  if (sum !== parseMoney(balance))
    report(
      `Start ${startBalance} + realised ${realized} + fees ${fees} + funding ${funding} + liquidations ${liquidations} is ${formatMoney(money(sum))}, the balance says ${balance}.`,
    );
  if (account.openPositions > 0) return found;
  const nets = data.trades
    .filter(({ symbol }) => account.symbols.includes(symbol))
    .reduce((total, { net }) => total + parseMoney(net), parseMoney(liquidations) as bigint);
  const change = parseMoney(balance) - parseMoney(startBalance);
  if (nets !== change)
    report(
      `The trades come to ${formatMoney(money(nets))}, the balance changed by ${formatMoney(money(change))}, and no position is open.`,
    );
  const end = account.equity.equity.at(-1);
  if (end !== undefined && Math.abs(end - Number(balance)) > 1e-6 * Math.max(1, Math.abs(end)))
    report(`Equity ends at ${end}, the balance at ${balance}, and no position is open.`);
  return found;
}

function fillFindings(data: ReportData): Finding[] {
  const found: Finding[] = [];
  const outside: string[] = [];
  const nowhere: string[] = [];
  const beyond: string[] = [];
  const large: string[] = [];
  let largest = 0;
  // a book offers prices and sizes that its candle, made of trades, never saw: there only gross faults are told from candles
  const isBooks = data.market.from.includes('books');
  for (const { symbol, tickSize } of data.instruments) {
    const fills = data.fills.filter((fill) => fill.symbol === symbol);
    const columns = data.candles.find((candles) => candles.symbol === symbol);
    const index = columns === undefined ? null : new CandleIndex(columns);
    const slack = Number(tickSize) / 2 + (isBooks ? BOOK_SLACK : 0) * (columns?.close[0] ?? 0);
    const taken = new Map<number, number>();
    for (const fill of fills) {
      const range = fill.allowed ?? index?.around(fill.at) ?? null;
      if (range === null) {
        if (index !== null && !isBooks) nowhere.push(told(fill));
        continue;
      }
      if (fill.price < range.low - slack || fill.price > range.high + slack)
        outside.push(`${told(fill)}, where the market was between ${range.low} and ${range.high}`);
      if (fill.allowed !== null && fill.size > fill.allowed.volume * (1 + 1e-9))
        beyond.push(`${told(fill)}, where ${fill.allowed.volume} was to be had`);
      const bar = index?.at(fill.at) ?? -1;
      if (bar >= 0 && !isBooks) taken.set(bar, (taken.get(bar) ?? 0) + fill.size);
    }
    for (const [bar, size] of taken) {
      const volume = columns!.volume[bar]!;
      const when = `${symbol} ${time(columns!.openAt[bar]!)}: ${round(size)} of ${round(volume)} contracts traded`;
      if (size > volume * (1 + 1e-9)) beyond.push(when);
      else if (size > volume * VOLUME_SHARE_MAX) {
        large.push(when);
        largest = Math.max(largest, size / volume);
      }
    }
  }
  if (outside.length > 0)
    found.push({
      level: 'impossible',
      code: 'fillOutside',
      title: `${count(outside.length, 'fill')} at prices the market did not have`,
      detail: `${listed(outside)}. No order could have filled there.`,
    });
  if (beyond.length > 0)
    found.push({
      level: 'impossible',
      code: 'volume',
      title: `More filled than was traded, ${count(beyond.length, 'time')}`,
      detail: `${listed(beyond)}. Use a smaller size or a more liquid instrument.`,
    });
  if (nowhere.length > 0)
    found.push({
      level: 'impossible',
      code: 'fillWithoutMarket',
      title: `${count(nowhere.length, 'fill')} at times without any market data`,
      detail: `${listed(nowhere)}.`,
    });
  if (large.length > 0)
    found.push({
      level: 'caution',
      code: 'share',
      title: `Up to ${(largest * 100).toFixed(0)} % of a bar's volume was ours`,
      detail: `In ${count(large.length, 'bar')} the fills took more than ${VOLUME_SHARE_MAX * 100} % of what traded: ${listed(large)}. The real market would have moved against them; the backtest's did not.`,
    });
  return found;
}

function times(data: ReportData): Finding[] {
  const found: Finding[] = [];
  const warm = new Map(data.instruments.map(({ symbol, warmAt }) => [symbol, warmAt]));
  const early = data.trades.filter(({ symbol, openedAt }) => openedAt < (warm.get(symbol) ?? -Infinity));
  if (early.length > 0) {
    const { symbol, openedAt } = early[0]!;
    found.push({
      level: 'impossible',
      code: 'beforeWarm',
      title: `${count(early.length, 'trade')} before the indicators were warm`,
      detail: `The first: ${symbol} at ${time(openedAt)}, while ${symbol} was warm from ${time(warm.get(symbol)!)} on. Figures of a window that is not full were taken for signals.`,
    });
  }
  const outside = data.trades.filter(
    ({ openedAt, closedAt }) => openedAt < data.from || closedAt > data.to || closedAt < openedAt,
  );
  if (outside.length > 0) {
    const { symbol, openedAt, closedAt } = outside[0]!;
    found.push({
      level: 'impossible',
      code: 'outsideRun',
      title: `${count(outside.length, 'trade')} outside the time of the run`,
      detail: `The first: ${symbol} from ${time(openedAt)} to ${time(closedAt)}; the run goes from ${time(data.from)} to ${time(data.to)}.`,
    });
  }
  const { latencyMsMin } = data.market;
  if (latencyMsMin < 0)
    found.push({
      level: 'impossible',
      code: 'negativeLatency',
      title: 'Orders arrived before they were sent',
      detail: `The shortest latency is ${latencyMsMin} ms.`,
    });
  else if (latencyMsMin === 0 && data.fills.length > 0)
    found.push({
      level: 'caution',
      code: 'noLatency',
      title: 'Orders took no time to arrive',
      detail: 'Fills at the price that caused the decision are a gift no venue makes. Set a latency.',
    });
  return found;
}

function returnsOf(account: AccountReport): Finding[] {
  const found: Finding[] = [];
  const { at, equity } = account.equity;
  if (at.length < 2) return found;
  const days = (at.at(-1)! - at[0]!) / DAY_MS;
  const growth = equity.at(-1)! / equity[0]!;
  // annual figures are shown from a quarter on: from there on they are what is judged
  const reasonable = Math.max(
    (1 + GROWTH_A_YEAR_MAX) ** (days / DAYS_A_YEAR),
    days < GROWTH_DAYS_MIN ? 1 + GROWTH_MIN : 1,
  );
  if (growth > reasonable)
    found.push({
      level: 'suspect',
      code: 'growth',
      title: `${percent(growth - 1)} in ${days.toFixed(0)} days (${account.currency})`,
      detail: `Beyond reason: more than ${percent(GROWTH_A_YEAR_MAX)} a year has not been kept by anyone. Look for prices from the future, missing costs, or a position larger than the market.`,
    });
  const lowest = equity.reduce((least, value) => Math.min(least, value), equity[0]!);
  if (lowest <= 0)
    found.push({
      level: 'suspect',
      code: 'ruin',
      title: `The ${account.currency} account was worth nothing at its lowest`,
      detail: `Equity fell to ${round(lowest)}. The venue would have liquidated before; whatever came after did not happen.`,
    });
  const returns = dailyReturns(account.equity).map(({ value }) => value);
  const ratio = sharpe(returns);
  if (returns.length >= DAYS_MIN && ratio > SHARPE_MAX)
    found.push({
      level: 'suspect',
      code: 'sharpe',
      title: `Sharpe ratio ${ratio.toFixed(1)} (${account.currency})`,
      detail: `Above ${SHARPE_MAX} over ${returns.length} days. Market makers beside the matching engine get there; other results of this kind were faults of the backtest.`,
    });
  return found;
}

function length({ accounts }: ReportData): Finding[] {
  const days = accounts.reduce((most, { equity }) => Math.max(most, dailyReturns(equity).length), 0);
  if (days >= DAYS_MIN) return [];
  return [
    {
      level: 'caution',
      code: 'fewDays',
      title: `Only ${count(days, 'day')}`,
      detail: `Ratios of daily returns need at least ${DAYS_MIN} and are not shown. One kind of market is all that was seen.`,
    },
  ];
}

/** Where others traded: what a portfolio's figures are silently without. */
function neverTraded(data: ReportData): Finding[] {
  if (data.fills.length === 0) return [];
  const traded = new Set(data.fills.map(({ symbol }) => symbol));
  return data.instruments
    .filter(({ symbol }) => !traded.has(symbol))
    .map((instrument) => ({
      level: 'caution',
      code: 'neverTraded',
      title: `${instrument.symbol} was never traded`,
      detail: `${whyNoFill(instrument, data)}. The figures are those of ${count(traded.size, 'instrument')} of ${data.instruments.length}.`,
    }));
}

const whyNoTrade = (data: ReportData): string =>
  data.instruments
    .map((instrument) => {
      const isOpen = data.fills.some(({ symbol }) => symbol === instrument.symbol);
      return `${instrument.symbol}: ${isOpen ? 'its position is still open at the end' : whyNoFill(instrument, data)}.`;
    })
    .join(' ');

/** Why no entry of an instrument ever filled: refusals, then what was not warm. */
function whyNoFill({ symbol, warmUp }: InstrumentReport, { decisions }: ReportData): string {
  const refused = decisions.refused.filter((refusal) => refusal.symbol === symbol);
  if (refused.length > 0) {
    const told = refused.map(({ reason, count: times, example }) => {
      const mend = reason === 'size' && example.includes('at least') ? SIZE_MEND : '';
      return `${times} ${times === 1 ? 'entry' : 'entries'} refused as ${reason}: ${example}${mend}`;
    });
    return listed(told);
  }
  const seen = count(warmUp.candles, 'closed candle');
  if (warmUp.missing.length > 0) {
    const missing = warmUp.missing.map(({ name, candles }) => `${name} takes ${warmUp.candles + candles}`);
    return `not warm: ${seen} seen, ${missing.join(', ')}`;
  }
  return `nothing proposed an entry that filled, after ${seen}`;
}

/** Limits are amounts of the settlement currency: without one nobody knows what they allow. */
function currencies({ accounts }: ReportData): Finding[] {
  const unknown = accounts.filter(({ currency }) => currency === '').flatMap(({ symbols }) => symbols);
  if (unknown.length === 0) return [];
  return [
    {
      level: 'caution',
      code: 'unknownCurrency',
      title: 'Amounts are in an unknown currency',
      detail: `The tape names no settlement currency for ${count(unknown.length, 'instrument')} (${listed(unknown)}): the balance and limits such as risk.notional_max mean nothing there. Import again with --instruments that name it.`,
    },
  ];
}

function tradeFindings(data: ReportData): Finding[] {
  const { trades, accounts } = data;
  const found: Finding[] = [];
  if (trades.length < TRADES_MIN)
    found.push({
      level: 'caution',
      code: 'fewTrades',
      title: trades.length === 0 ? 'No trade was closed' : `Only ${count(trades.length, 'trade')}`,
      detail: `Averages of fewer than ${TRADES_MIN} trades are chance and are not shown.${trades.length === 0 ? ` ${whyNoTrade(data)}` : ''}`,
    });
  if (trades.length >= TRADES_MIN && trades.every(({ net }) => Number(net) > 0))
    found.push({
      level: 'suspect',
      code: 'allWon',
      title: `All ${trades.length} trades won`,
      detail:
        'Nobody is always right. Look for exits that fill at the best price of a bar, losses that are left open, or prices from the future.',
    });
  for (const { currency, symbols } of accounts) {
    const nets = trades.filter(({ symbol }) => symbols.includes(symbol)).map(({ net }) => Number(net));
    const total = nets.reduce((sum, net) => sum + net, 0);
    const best = nets.reduce((most, net) => Math.max(most, net), 0);
    if (nets.length >= 2 && total > 0 && best > total * ONE_TRADE_MAX)
      found.push({
        level: 'caution',
        code: 'oneTrade',
        title: `One trade made ${percent(best / total)} of the profit (${currency})`,
        detail: `${round(best)} of ${round(total)} ${currency} came from one of ${nets.length} trades; without it the result is ${round(total - best)}.`,
      });
  }
  return found;
}

function costs({ market, fills, trades }: ReportData): Finding[] {
  const found: Finding[] = [];
  const paid = fills.reduce((sum, { fee }) => sum - Number(fee), 0);
  if (fills.length > 0 && (market.takerFee <= 0 || paid === 0))
    found.push({
      level: 'suspect',
      code: 'noCosts',
      title: 'Trading cost nothing',
      detail: `The taker fee is ${market.takerFee * 10_000} bp and ${count(fills.length, 'fill')} paid ${round(paid)} in all. Most strategies that win without costs lose with them.`,
    });
  else if (fills.length > 0 && market.takerFee < TAKER_FEE_LOW)
    found.push({
      level: 'caution',
      code: 'lowFees',
      title: `The taker fee is ${market.takerFee * 10_000} bp`,
      detail:
        'No ordinary account trades as cheaply; OKX’s base tier takes 5 bp. Say which tier it is, or set `paper.taker_fee`.',
    });
  if (fills.length > 0 && market.assumedSpreadBp === 0)
    found.push({
      level: 'caution',
      code: 'noSpread',
      title: 'There was no spread to pay',
      detail: 'Buying and selling at one price is a gift on every trade. Set `market.assumed_spread_bp`.',
    });
  const overnight = trades.filter(({ openedAt, closedAt }) => fundingTimes(openedAt, closedAt) > 0);
  if (!market.funding.charged && overnight.length > 0)
    found.push({
      level: 'caution',
      code: 'noFunding',
      title: 'Funding was not charged',
      detail: `${count(overnight.length, 'trade')} of ${trades.length} were held over a funding time (every 8 hours): ${market.funding.why}.`,
    });
  return found;
}

/** How often 00:00, 08:00 and 16:00 UTC lie in (from, to]. */
const fundingTimes = (from: number, to: number): number =>
  Math.floor(to / (8 * 3_600_000)) - Math.floor(from / (8 * 3_600_000));

const told = ({ symbol, at, side, size, price }: FillReport): string =>
  `${symbol} ${time(at)}: ${side} ${round(size)} at ${price}`;
const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
const round = (value: number): string => String(Number(value.toPrecision(6)));
const percent = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value * 100).toFixed(0)} %`;
const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
const listed = (items: readonly string[]): string =>
  items.length <= 3 ? items.join('; ') : `${items.slice(0, 3).join('; ')}; and ${items.length - 3} more`;
