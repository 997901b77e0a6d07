import type { AccountReport, FillReport, InstrumentReport, TradeReport } from '../report/report-data.ts';
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
export declare function outcomeOf({ desk, tallies, events, from, to, elapsed }: Played): Outcome;
