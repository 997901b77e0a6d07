import { type Us, us } from '../../core/units.ts';
import type { LookAhead } from '../report/report-data.ts';
import type { Outcome } from './outcome.ts';
import type { PlayOptions } from './play.ts';
import type { TracedDecision } from './trips.ts';

/** How a repeated run differs from the whole one. */
export type Variation = Pick<PlayOptions, 'until' | 'delayMs'>;

/** Shares of the run's time after which it is cut off. */
const CUTS = [0.2, 0.4, 0.6, 0.8] as const;
/** Longer than any latency, and no part of any bar. */
const DELAY_MS = 1_700;

/** The runs that `judgeLookAhead` asks for beside the whole one, of which these are the times, ms. */
export const variationsOf = (from: number, to: number): Variation[] => [
  ...CUTS.map((share) => ({ until: us(Math.floor((from + (to - from) * share) * 1000)) })),
  { delayMs: DELAY_MS },
];

/**
 * Whether the run knew anything before it could. It was repeated on data that end early: what was decided until then must be
 * what the whole run decided, because the past cannot depend on what comes. And it was repeated with everything told later:
 * the first decision must then come later too, by as much, because before that there is nothing to decide on.
 *
 * `varied` are the accounts of the `variationsOf` the whole run, in their order.
 */
export function judgeLookAhead(
  whole: readonly Outcome[],
  variations: readonly Variation[],
  varied: readonly (readonly Outcome[])[],
): LookAhead {
  const known = decisionsOf(whole);
  for (const [index, { until }] of variations.entries()) {
    if (until === undefined) continue;
    const difference = firstDifference(
      known.filter(({ at }) => at <= until),
      decisionsOf(varied[index]!),
      until,
    );
    if (difference !== '')
      return {
        verdict: 'suspected',
        detail: `with the data cut off at ${new Date(until / 1000).toISOString()}: ${difference}`,
      };
  }
  const delayed = decisionsOf(varied.at(-1)!);
  const [first, late] = [known[0], delayed[0]];
  if (first !== undefined && late !== undefined && late.at < first.at + DELAY_MS * 1000)
    return {
      verdict: 'suspected',
      detail: `with everything told ${DELAY_MS} ms later, the first decision comes ${(late.at - first.at) / 1000} ms later: it does not wait for what it is said to be made of`,
    };
  return {
    verdict: 'passed',
    detail: `${known.length} decisions; the same ones on data cut off at ${CUTS.map((share) => `${share * 100} %`).join(', ')} of the run, and none earlier than its data when those came ${DELAY_MS} ms later`,
  };
}

const decisionsOf = (accounts: readonly Outcome[]): TracedDecision[] =>
  accounts.flatMap(({ traced }) => traced).sort((a, b) => a.at - b.at);

function firstDifference(
  whole: readonly TracedDecision[],
  cut: readonly TracedDecision[],
  until: Us,
): string {
  const within = cut.filter(({ at }) => at <= until);
  for (let i = 0; i < Math.max(whole.length, within.length); i++) {
    const [before, after] = [whole[i], within[i]];
    if (before?.what === after?.what && before?.at === after?.at) continue;
    return `the whole run decided ${tell(before)}, the cut one ${tell(after)}`;
  }
  return '';
}

const tell = (decision: TracedDecision | undefined): string =>
  decision === undefined ? 'nothing' : `${decision.what} at ${new Date(decision.at / 1000).toISOString()}`;
