import { settingsHash } from '../../config/load.ts';
import type { Settings } from '../../config/schema.ts';
import type { CandleOpinion } from '../../core/opinion.ts';
import type { Us } from '../../core/units.ts';
import type { ReportData } from '../report/report-data.ts';
import { type AccountPlan, accountsOf } from './accounts.ts';
import { judgeLookAhead, type Variation, variationsOf } from './look-ahead.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { type KnownData, play } from './play.ts';
import { NOT_CHECKED, reportDataOf } from './report-data.ts';
import type { SignalSummary } from './signal-tally.ts';
import { Tapes } from './tapes.ts';
import { playInWorkers } from './workers.ts';

export interface BacktestOptions {
  /** Only these of the tapes' instruments; null takes all. */
  readonly symbols: readonly string[] | null;
  /** As typed, for the report. */
  readonly command: string;
  /** Also repeat the run on truncated and delayed data. */
  readonly check: boolean;
  /** Every instrument trades from an account of its own, instead of one account for each currency. */
  readonly separate?: boolean;
}

export interface BacktestResult {
  readonly data: ReportData;
  readonly configHash: string;
  readonly events: number;
  /** Of one thread. */
  readonly eventsPerSecond: number;
  readonly signals: readonly SignalSummary[];
}

/** One run of one account: independent of all others. */
export interface Task {
  readonly account: AccountPlan;
  readonly variation: Variation;
  /** How many events it will be told, of a run that is cut off about how many. */
  readonly events: number;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Of an event told just now. */
  readonly at: Us;
}

export interface WorkerOptions {
  /** So many threads at most. The result is the same whatever the number. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: Progress) => void;
}

/** Tapes through the engine and the paper venue, and what came of it, in this thread. See `play`. */
export function backtest(
  paths: readonly string[],
  settings: Settings,
  options: BacktestOptions & { readonly strategies?: (known: KnownData) => CandleOpinion },
): BacktestResult {
  const study = new Study(Tapes.open(paths), settings, options);
  const { strategies } = options;
  const own = strategies === undefined ? {} : { strategies };
  const outcomes = study.tasks.map(({ account, variation }) =>
    outcomeOf(play(study.tapes, settings, account, { ...own, ...variation })),
  );
  return study.result(outcomes);
}

/** The same, bit for bit, in other threads. `signal` ends it with what the signal was aborted with. */
export async function backtestInWorkers(
  paths: readonly string[],
  settings: Settings,
  options: BacktestOptions,
  { workers, signal, progress }: WorkerOptions,
): Promise<BacktestResult> {
  const study = new Study(Tapes.open(paths), settings, options);
  const job = { survey: study.tapes.survey, settings, tasks: study.tasks };
  return study.result(await playInWorkers(job, workers, signal, progress));
}

/** What there is to play for a backtest, and how its parts make the result. */
class Study {
  readonly tapes: Tapes;
  /** The whole run's accounts, then those of each variation. */
  readonly tasks: readonly Task[];
  private readonly settings: Settings;
  private readonly options: BacktestOptions;
  private readonly accounts: readonly AccountPlan[];
  private readonly variations: readonly Variation[];

  constructor(tapes: Tapes, settings: Settings, options: BacktestOptions) {
    this.tapes = tapes;
    this.settings = settings;
    this.options = options;
    this.accounts = accountsOf(tapes, settings, options.symbols, options.separate === true);
    const told = this.accounts.filter(({ events }) => events > 0);
    const from = told.reduce((least, account) => Math.min(least, account.from), told[0]?.from ?? 0);
    const to = told.reduce((most, account) => Math.max(most, account.to), 0);
    this.variations = options.check ? variationsOf(from, to) : [];
    this.tasks = [{}, ...this.variations].flatMap((variation: Variation) => {
      const share = variation.until === undefined ? 1 : (variation.until / 1000 - from) / (to - from);
      return this.accounts.map((account) => ({
        account,
        variation,
        events: Math.round(account.events * share),
      }));
    });
  }

  /** `outcomes` of all tasks, in their order. */
  result(outcomes: readonly Outcome[]): BacktestResult {
    const { accounts, variations, tapes, settings, options } = this;
    const count = accounts.length;
    const whole = outcomes.slice(0, count);
    const varied = variations.map((_, i) => outcomes.slice((i + 1) * count, (i + 2) * count));
    const lookAhead = options.check ? judgeLookAhead(whole, variations, varied) : NOT_CHECKED;
    const events = whole.reduce((sum, each) => sum + each.events, 0);
    const elapsed = whole.reduce((sum, each) => sum + each.elapsed, 0);
    return {
      data: reportDataOf(tapes, settings, accounts, whole, options, lookAhead),
      configHash: settingsHash(settings),
      events,
      eventsPerSecond: Math.round(events / elapsed),
      signals: whole.flatMap(({ signals }) => signals),
    };
  }
}
