import { settingsHash } from '../../config/load.ts';
import type { Settings } from '../../config/schema.ts';
import type { ReportData } from '../report/report-data.ts';
import { checkLookAhead } from './look-ahead.ts';
import { type PlayOptions, play } from './play.ts';
import { NOT_CHECKED, reportDataOf } from './report-data.ts';
import type { SignalSummary } from './signal-tally.ts';
import { Tapes } from './tapes.ts';

export interface BacktestOptions extends Pick<PlayOptions, 'symbols' | 'strategies'> {
  /** As typed, for the report. */
  readonly command: string;
  /** Also repeat the run on truncated and delayed data. */
  readonly check: boolean;
}

export interface BacktestResult {
  readonly data: ReportData;
  readonly configHash: string;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly signals: readonly SignalSummary[];
}

/** Tapes through the engine and the paper venue, and what came of it. See `play`. */
export function backtest(
  paths: readonly string[],
  settings: Settings,
  options: BacktestOptions,
): BacktestResult {
  const tapes = new Tapes(paths);
  const played = play(tapes, settings, options);
  const lookAhead = options.check
    ? checkLookAhead((variation) => play(tapes, settings, { ...options, ...variation }), played)
    : NOT_CHECKED;
  return {
    data: reportDataOf(tapes, settings, played, options.command, lookAhead),
    configHash: settingsHash(settings),
    events: played.events,
    eventsPerSecond: Math.round(played.events / played.elapsed),
    signals: played.tallies.map((tally) => tally.summary()),
  };
}
