import { RETURNS_MIN } from '../../core/candles/indicators.ts';
import type { Market } from '../../core/market.ts';
import type {
  AccountReport,
  FillReport,
  InstrumentReport,
  RefusalReport,
  TradeReport,
} from '../report/report-data.ts';
import type { Desk } from './desk.ts';
import type { TracedOpinion } from './look-ahead-opinions.ts';
import type { Played } from './play.ts';
import type { SignalSummary } from './signal-tally.ts';
import type { TracedDecision } from './trips.ts';

/** What a run of one account came to: plain data, for it may have been played in another thread. */
export interface Outcome {
  readonly account: AccountReport;
  readonly instruments: readonly InstrumentReport[];
  readonly trades: readonly TradeReport[];
  readonly fills: readonly FillReport[];
  readonly entered: number;
  readonly refused: readonly RefusalReport[];
  /** Every decision in the order they were made. */
  readonly traced: readonly TracedDecision[];
  /** Every change of what was said, by the strategies and by the signal where it leads. */
  readonly opinions: readonly TracedOpinion[];
  readonly signals: readonly SignalSummary[];
  readonly events: number;
  /** Of the first and the last event, ms; both 0 where there were none. */
  readonly from: number;
  readonly to: number;
  /** Wall clock, s. */
  readonly elapsed: number;
}

export function outcomeOf({ desk, tallies, opinions, events, from, to, elapsed }: Played): Outcome {
  const { trades, fills, entered, refused, traced } = desk.trips;
  return {
    account: desk.report(),
    instruments: instrumentsOf(desk),
    trades,
    fills,
    entered,
    refused,
    traced,
    opinions,
    signals: tallies.map((tally) => tally.summary()),
    events,
    from,
    to,
    elapsed,
  };
}

const instrumentsOf = (desk: Desk): InstrumentReport[] =>
  desk.instruments.map((instrument, index) => ({
    symbol: instrument.id,
    currency: desk.currency,
    inverse: instrument.inverse,
    tickSize: instrument.spec.tickSz,
    priceDecimals: instrument.priceDecimals,
    contract: `${instrument.spec.ctVal} × ${instrument.spec.ctMult}, lot ${instrument.spec.lotSz}`,
    warmAt: desk.warmAt[index]!,
    warmUp: warmUpOf(desk.marketOf(index)),
  }));

/** Without volatility no exit is placed; without its candles a strategy that leads says nothing. */
function warmUpOf(market: Market): InstrumentReport['warmUp'] {
  const candles = market.candles.closed.length;
  const missing: { name: string; candles: number }[] = [];
  if (market.volatility.daily === null)
    missing.push({ name: 'volatility', candles: RETURNS_MIN + 1 - candles });
  if (market.proposalOfSignal === null)
    for (const { name, candlesMissing } of market.strategies.parts())
      if (candlesMissing > 0) missing.push({ name, candles: candlesMissing });
  return { candles, missing };
}
