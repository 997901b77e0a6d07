import { settingsHash } from '../../config/load.ts';
import type { Settings } from '../../config/schema.ts';
import type { CandleOpinion } from '../../core/opinion.ts';
import type { Us } from '../../core/units.ts';
import type { ReportData } from '../report/report-data.ts';
import { type AccountPlan, accountsOf } from './accounts.ts';
import { judgeLookAhead, REPEATS_MAX, shareUntil, type Variation, variationsOf } from './look-ahead.ts';
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
  const playAll = (tasks: readonly Task[]): Outcome[] =>
    tasks.map(({ account, variation }) =>
      outcomeOf(play(study.tapes, settings, account, { ...own, ...variation })),
    );
  const whole = playAll(study.tasks);
  return study.result(whole, playAll(study.repetitions(whole)));
}

/** The same, bit for bit, in other threads. `signal` ends it with what the signal was aborted with. */
export async function backtestInWorkers(
  paths: readonly string[],
  settings: Settings,
  options: BacktestOptions,
  { workers, signal, progress }: WorkerOptions,
): Promise<BacktestResult> {
  const study = new Study(Tapes.open(paths), settings, options);
  const { tasks } = study;
  const { survey } = study.tapes;
  const events = eventsOf(tasks);
  const most = events * (options.check ? 1 + REPEATS_MAX : 1);
  const whole = await playInWorkers({ survey, settings, tasks }, workers, signal, (word) =>
    progress?.({ ...word, total: most }),
  );
  const repetitions = study.repetitions(whole);
  const varied = await playInWorkers({ survey, settings, tasks: repetitions }, workers, signal, (word) =>
    progress?.({ ...word, done: events + word.done, total: events + word.total }),
  );
  return study.result(whole, varied);
}

/** What there is to play for a backtest, and how its parts make the result. */
class Study {
  readonly tapes: Tapes;
  /** The whole run of each account. */
  readonly tasks: readonly Task[];
  private readonly settings: Settings;
  private readonly options: BacktestOptions;
  private readonly accounts: readonly AccountPlan[];

  constructor(tapes: Tapes, settings: Settings, options: BacktestOptions) {
    this.tapes = tapes;
    this.settings = settings;
    this.options = options;
    this.accounts = accountsOf(tapes, settings, options.symbols, options.separate === true);
    this.tasks = this.accounts.map((account) => ({ account, variation: {}, events: account.events }));
  }

  /** What a check plays beside the whole run: where it cuts the data off depends on what was decided there. */
  repetitions(whole: readonly Outcome[]): Task[] {
    return this.variations(whole).flatMap((variations, i) => {
      const account = this.accounts[i]!;
      return variations.map((variation) => ({
        account,
        variation,
        events: Math.round(account.events * shareUntil(variation.until, account.from, account.to)),
      }));
    });
  }

  /** `varied`: of all repetitions, in their order. */
  result(whole: readonly Outcome[], varied: readonly Outcome[]): BacktestResult {
    const { accounts, tapes, settings, options } = this;
    const rest = [...varied];
    const lookAhead = options.check
      ? judgeLookAhead(
          this.variations(whole).map((variations, i) => ({
            whole: whole[i]!,
            variations,
            varied: rest.splice(0, variations.length),
          })),
        )
      : NOT_CHECKED;
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

  /** For each account. */
  private variations(whole: readonly Outcome[]): Variation[][] {
    return this.accounts.map(({ from, to }, i) =>
      this.options.check ? variationsOf(whole[i]!, from, to) : [],
    );
  }
}

const eventsOf = (tasks: readonly Task[]): number => tasks.reduce((sum, { events }) => sum + events, 0);
