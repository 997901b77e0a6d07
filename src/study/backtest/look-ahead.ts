import { type Us, us } from '../../core/units.ts';
import type { FillReport, LookAhead } from '../report/report-data.ts';
import type { TracedOpinion } from './look-ahead-opinions.ts';
import { ANOTHER_DATE_MS } from './look-ahead-telling.ts';
import type { Outcome } from './outcome.ts';
import type { PlayOptions } from './play.ts';
import type { TracedDecision } from './trips.ts';

/** How a repeated run differs from the whole one. */
export type Variation = Pick<PlayOptions, 'until' | 'delayMs' | 'movedMs'>;

/** What is compared of a run. */
export type Compared = Pick<Outcome, 'traced' | 'opinions' | 'fills' | 'to'>;

/** An account's whole run, and its repetitions. */
export interface Repeated {
  readonly whole: Compared;
  readonly variations: readonly Variation[];
  /** What the variations came to, in their order. */
  readonly varied: readonly Compared[];
}

/** Longer than any latency, and no multiple of a bar's length, so that bars end between what was told before. */
const DELAY_MS = 1_700;
/** Moments at which the data are cut off, at most. */
const CUTS_MAX = 24;
/** Share of them at which nothing was decided: who is silent about what would lose shows only there. */
const QUIET_SHARE = 1 / 3;
/** Of the others so many refused decisions, where entries are few. */
const REFUSED_MAX = 6;
/** Time that all repetitions may take together, in whole runs; a run that is cut off half-way counts half. */
export const REPEATS_MAX = 10;

/**
 * The runs that `judgeLookAhead` asks for beside the whole one, which went from `from` to `to`, ms: everything told later, and
 * the data cut off at the very event of a decision. Whoever decided by what lies any distance ahead, a single bar, cannot
 * decide so there; a cut elsewhere shows only what reaches across it. And whoever is *silent* because of what lies ahead is
 * not so where the data end: so they are cut off where the strategies fell silent, or the signal where it leads, and at times
 * between, as well. What is cut off is told at another date: no table of prices by their time, wherever it was kept, helps.
 */
export function variationsOf(
  { traced, opinions }: Pick<Outcome, 'traced' | 'opinions'>,
  from: number,
  to: number,
): Variation[] {
  const entered = timesOf(traced.filter((decision) => decision.entered));
  const refused = timesOf(traced.filter((decision) => !decision.entered));
  const silenced = (['strategies', 'signal'] as const)
    .map((one) => timesOf(opinions.filter(({ voice, direction }) => voice === one && direction === 'none')))
    .filter(({ length }) => length > 0);
  const cost = (times: readonly number[]): number =>
    times.reduce((sum, at) => sum + shareUntil(us(at), from, to), 0);
  for (let count = CUTS_MAX; ; count--) {
    const quiet = entered.length === 0 ? 0 : Math.floor(count * QUIET_SHARE);
    const cuts = silenced.flatMap((times) => spread(times, Math.ceil(quiet / (silenced.length + 1))));
    cuts.push(...between(entered[0]! / 1000, to, quiet - cuts.length));
    cuts.push(...spread(entered, count - cuts.length));
    cuts.push(...spread(refused, Math.min(REFUSED_MAX, count - cuts.length)));
    if (count > 1 && cost(cuts) > REPEATS_MAX - 1) continue;
    const moments = timesOf(cuts.map((at) => ({ at })));
    // at another date, and the shortest first: a table that was kept of an earlier run knows nothing of what comes
    return [{ delayMs: DELAY_MS }, ...moments.map((at) => ({ until: us(at), movedMs: ANOTHER_DATE_MS }))];
  }
}

/** How much of a run from `from` to `to`, ms, lies before `until`, 0…1. */
export const shareUntil = (until: Us | undefined, from: number, to: number): number =>
  until === undefined || to === from ? 1 : (until / 1000 - from) / (to - from);

/**
 * Whether the run knew anything before it could. It was repeated on data that end with the event on which it decided, or
 * before the next one: what was decided and said until then must be what it was in the whole run, because the past cannot
 * depend on what comes. And it was repeated with everything told later, to the engine and the venue alike: all decisions must
 * then come later by as much, to the first that different fills explain.
 */
export function judgeLookAhead(accounts: readonly Repeated[]): LookAhead {
  const cuts = { decided: 0, quiet: 0 };
  let late = 0;
  for (const { whole, variations, varied } of accounts) {
    const decided = new Set<number>(whole.traced.map(({ at }) => at));
    for (const [index, { until, delayMs, movedMs }] of variations.entries()) {
      const run = atItsDate(varied[index]!, movedMs);
      if (until !== undefined) {
        const difference = cutDifference(whole, run, until);
        if (difference !== '')
          return {
            verdict: 'suspected',
            detail: `with the data cut off at ${timeOf(until)}${movedMs === undefined ? '' : ' and told as of 28 years later'}: ${difference}`,
          };
        cuts[decided.has(until) ? 'decided' : 'quiet']++;
      }
      if (delayMs !== undefined) {
        const { same, difference } = delayDifference(whole, run, delayMs);
        if (difference !== '')
          return {
            verdict: 'suspected',
            detail: `with everything told ${delayMs} ms later: ${difference}; it does not wait for what it is said to be made of`,
          };
        late += same;
      }
    }
  }
  const decisions = accounts.flatMap(({ whole }) => whole.traced);
  const entered = decisions.filter((decision) => decision.entered).length;
  if (entered === 0)
    return {
      verdict: 'nothingToCheck',
      detail: `nothing was entered (${decisions.length} decisions, all refused): what a strategy knows shows in what it does`,
    };
  return {
    verdict: 'passed',
    detail: `${decisions.length} decisions, ${entered} of them to enter; the same ones on data that end with the event of a decision, at ${cuts.decided} of them, no other, and no other opinion, on data that end at ${cuts.quiet} moments between, all of it told as of 28 years later; with everything told ${DELAY_MS} ms later, ${late === decisions.length ? 'all' : `the first ${late}`} came exactly so much later${late === decisions.length ? '' : ', the others after different fills'}`,
  };
}

/** What a run at another date came to, at the whole run's. */
function atItsDate(run: Compared, movedMs = 0): Compared {
  if (movedMs === 0) return run;
  const back = <T extends { readonly at: number }>(all: readonly T[], moved: number): T[] =>
    all.map((each) => ({ ...each, at: each.at - moved }));
  return {
    traced: back(run.traced, movedMs * 1000),
    opinions: back(run.opinions, movedMs * 1000),
    fills: back(run.fills, movedMs),
    to: run.to - movedMs,
  };
}

/** Times, each once, in their order. */
const timesOf = (decisions: readonly { readonly at: number }[]): number[] =>
  [...new Set(decisions.map(({ at }) => at))].sort((a, b) => a - b);

/** `count` moments, µs, evenly from `from` to `to`, ms. */
const between = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.round((from + ((i + 0.5) * (to - from)) / count) * 1000));

/** At most `count` of `all`, evenly from their beginning to their end. */
const spread = (all: readonly number[], count: number): number[] =>
  all.length <= count
    ? [...all]
    : Array.from({ length: count }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / count)]!);

/** What the cut run decided or said otherwise, in words; empty if nothing. */
function cutDifference(whole: Compared, cut: Compared, until: Us): string {
  // a timer that was due after the last event it was told had no occasion to go off
  const told = Math.min(until, Math.round(cut.to * 1000));
  const [all, within] = [whole, cut].map(({ traced }) => traced.filter(({ at }) => at <= told));
  for (let i = 0; i < Math.max(all!.length, within!.length); i++) {
    const [before, after] = [all![i], within![i]];
    if (before?.what === after?.what && before?.at === after?.at) continue;
    return `the whole run decided ${tell(before)}, the cut one ${tell(after)}`;
  }
  const opinions = [whole, cut].map(({ opinions }) => opinions.filter(({ at }) => at <= told));
  for (let i = 0; i < Math.max(opinions[0]!.length, opinions[1]!.length); i++) {
    const [before, after] = [opinions[0]![i], opinions[1]![i]];
    if (
      before?.direction === after?.direction &&
      before?.at === after?.at &&
      before?.symbol === after?.symbol &&
      before?.voice === after?.voice &&
      before?.name === after?.name
    )
      continue;
    return `the whole run heard ${say(before)}, the cut one ${say(after)}`;
  }
  return '';
}

/** How many decisions of the delayed run are the whole run's, later by the delay; what was otherwise without a reason, in words. */
function delayDifference(
  whole: Compared,
  delayed: Compared,
  delayMs: number,
): { readonly same: number; readonly difference: string } {
  const count = Math.max(whole.traced.length, delayed.traced.length);
  for (let i = 0; i < count; i++) {
    const [known, late] = [whole.traced[i], delayed.traced[i]];
    const due = known === undefined ? Number.POSITIVE_INFINITY : known.at + delayMs * 1000;
    if (late?.at === due && late.what === known?.what) continue;
    // the same opinion at its time: what the account made of it is a matter of its past, such as where its day began
    const opinion = late?.at === due && late.opinion === known?.opinion;
    const at = Math.min(due, late?.at ?? Number.POSITIVE_INFINITY);
    if (opinion || !sameFills(whole.fills, delayed.fills, delayMs, at / 1000))
      return { same: i, difference: '' };
    return { same: i, difference: `the whole run decided ${tell(known)}, the delayed one ${tell(late)}` };
  }
  return { same: count, difference: '' };
}

/** Whether both runs had filled the same until `until`, ms of the delayed run. */
function sameFills(
  whole: readonly FillReport[],
  delayed: readonly FillReport[],
  delayMs: number,
  until: number,
): boolean {
  const words = (fills: readonly FillReport[], shift: number): string[] =>
    fills
      .filter(({ at }) => at + shift <= until)
      .map(({ symbol, at, side, price, size }) => `${symbol} ${at + shift} ${side} ${price} ${size}`);
  const [some, others] = [words(whole, delayMs), words(delayed, 0)];
  return some.length === others.length && some.every((word, i) => word === others[i]);
}

const say = (opinion: TracedOpinion | undefined): string =>
  opinion === undefined
    ? 'nothing new'
    : `${opinion.voice}, ${opinion.symbol} ${opinion.direction}${opinion.name === '' ? '' : ` (${opinion.name})`} at ${timeOf(opinion.at)}`;

const tell = (decision: TracedDecision | undefined): string =>
  decision === undefined ? 'nothing' : `${decision.what} at ${timeOf(decision.at)}`;

const timeOf = (at: number): string => new Date(at / 1000).toISOString();
