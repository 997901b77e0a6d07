import type { AccountReport, FillReport, InstrumentReport, TradeReport } from '../report/report-data.ts';
import type { Desk } from './desk.ts';
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
  readonly refused: ReadonlyMap<string, number>;
  /** Every decision and order in the order they were made. */
  readonly traced: readonly TracedDecision[];
  readonly signals: readonly SignalSummary[];
  readonly events: number;
  /** Of the first and the last event, ms; both 0 where there were none. */
  readonly from: number;
  readonly to: number;
  /** Wall clock, s. */
  readonly elapsed: number;
}

export function outcomeOf({ desk, tallies, events, from, to, elapsed }: Played): Outcome {
  const { trades, fills, entered, refused, traced } = desk.trips;
  return {
    account: desk.report(),
    instruments: instrumentsOf(desk),
    trades,
    fills,
    entered,
    refused,
    traced,
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
  }));
