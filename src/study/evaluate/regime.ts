import type { OrderBook } from '../../core/book/order-book.ts';
import type { Brain } from '../../core/brain/brain.ts';
import { REGIMES } from '../../core/brain/regime/model.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { Us } from '../../core/units.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { type Figure, plain, withheld } from './figures.ts';
import { onOurClock } from './labels.ts';
import { type Observer, type PlayedMarket, watching } from './play.ts';
import {
  balancedFigure,
  delayFigure,
  median,
  type RegimeScore,
  type RegimeWords,
  scoreOf,
  truthAt,
} from './regime-truth.ts';
import { AdxAtr } from './rivals/adx-atr.ts';
import type { Grader, GraderMaker, LeakCheck, Section, SectionFigure, SectionTable } from './section.ts';

/** Grades the regime detector (B6) against labelled regimes; without them, tells what it said and why that is not graded. */
export const gradeRegime: GraderMaker = () => new RegimeGrader();

const RIVAL = 'ADX and ATR';
const BUCKETS = 10;

/** What the detector and its rival said, once a second. */
class RegimeTrack implements Observer {
  readonly at: number[] = [];
  readonly said: number[] = [];
  readonly rival: number[] = [];
  /** Of what was said. */
  readonly probability: number[] = [];
  /** Words that were said knowing from candles what is usual here. */
  fromCandles = 0;
  private readonly adx: AdxAtr;
  private second = 0;

  constructor(adx: AdxAtr) {
    this.adx = adx;
  }

  frame({ regime }: Brain, book: OrderBook, at: Us): void {
    const second = Math.floor(at / 1_000_000);
    if (second === this.second || !book.valid || !book.twoSided) return;
    this.second = second;
    const word = regime.regime === null ? -1 : REGIMES.indexOf(regime.regime);
    this.at.push(at / 1000);
    this.said.push(word);
    this.rival.push(this.adx.word);
    this.probability.push(word < 0 ? 0 : regime.probabilities[word]!);
    if (word >= 0 && regime.usualFromCandles) this.fromCandles += 1;
  }
}

interface Played {
  readonly instrument: string;
  readonly words: RegimeWords;
  readonly rival: RegimeWords;
  readonly probability: readonly number[];
  readonly fromCandles: number;
  /** False: nobody knows what was so. */
  readonly labelled: boolean;
}

class RegimeGrader implements Grader {
  private fresh: { readonly instrument: string; readonly track: RegimeTrack }[] = [];
  private readonly all: Played[] = [];
  private tapes = 0;

  watch({ id }: Instrument, book: OrderBook): readonly Observer[] {
    const adx = new AdxAtr(book);
    const track = new RegimeTrack(adx);
    this.fresh.push({ instrument: id, track });
    return [watching(adx), track];
  }

  played({ spans }: PlayedMarket, labels: readonly (readonly Label[])[] | null): void {
    const tape = String(this.tapes++);
    this.fresh.splice(0).forEach(({ instrument, track }, i) => {
      const own = onOurClock(
        (labels?.[i] ?? []).filter(({ kind }) => kind === 'regime'),
        spans[i]!.aheadMs,
      );
      const { at, said, rival, probability, fromCandles } = track;
      const truth = at.map((time) => truthAt(own, time));
      this.all.push({
        instrument,
        words: { tape, at, said, truth, labels: own },
        rival: { tape, at, said: rival, truth, labels: own },
        probability,
        fromCandles,
        labelled: labels !== null,
      });
    });
  }

  section(): Section | null {
    const graded = this.all.filter(({ words }) =>
      words.truth.some((is, i) => is >= 0 && words.said[i]! >= 0),
    );
    if (this.all.length === 0) return null;
    if (graded.length === 0) return ungraded(this.all);
    const own = graded.map(({ words }) => words);
    const rivals = graded.map(({ rival }) => rival);
    const [score, rival] = [scoreOf(own), scoreOf(rivals)];
    const { low, high } = chanceOf(own);
    const occurred = score.recalls.filter((recall) => !Number.isNaN(recall)).length;
    const always = plain(1 / occurred, '');
    const said = own.reduce((sum, { said }) => sum + said.filter((word) => word >= 0).length, 0);
    const fromCandles = graded.reduce((sum, each) => sum + each.fromCandles, 0) / said;
    const rivalOf = (figure: Figure) => [{ name: RIVAL, figure }];
    return {
      ...QUESTION,
      notes: [
        `${graded.length} markets, looked at once a second from its first word on (five minutes; the rival’s from its own): ${score.hours.toFixed(1)} hours in regimes that it has a word for.`,
        `What volatility is usual: known from candles that go back before the tape in ${(100 * fromCandles).toFixed(0)} % of what was said, else from what was seen of it.`,
        `Balanced accuracy: mean of the shares found of each regime that occurred, ${occurred} of them; always naming the same one has ${(1 / occurred).toFixed(2)}.`,
        'Delay: from a change of regime until it is first named; one that was over first was missed and counts as infinitely late. A false alarm: the word changes to one that is not so; one may still be named that has just ended.',
        `${RIVAL}: one-minute candles of the mid, thresholds and period fitted on the seeds that the detector was fitted on.`,
        'Regimes of the simulated market are what its makers call so. In btc-like they overlap: nobody can tell them well.',
      ],
      figures: [
        {
          name: 'balanced accuracy',
          unit: '',
          figure: balancedFigure(own),
          rivals: [...rivalOf(balancedFigure(rivals)), { name: 'always the same', figure: always }],
          better: 'higher',
          goal: 'at least 0.85',
        },
        {
          name: 'median delay',
          unit: 's',
          figure: delayFigure(own),
          rivals: rivalOf(delayFigure(rivals)),
          better: 'lower',
          goal: 'at most 60 s',
        },
        {
          name: 'changes of regime missed',
          unit: 'share',
          figure: missedFigure(score),
          rivals: rivalOf(missedFigure(rival)),
          better: 'lower',
          goal: '',
        },
        {
          name: 'mean time between false alarms',
          unit: 's',
          figure: betweenFigure(score),
          rivals: rivalOf(betweenFigure(rival)),
          better: 'higher',
          goal: '',
        },
        {
          name: 'calibration error of the probability of what it names',
          unit: '',
          figure: plain(calibrationOf(graded).error, 'nothing was said'),
          rivals: [],
          better: 'lower',
          goal: '',
        },
        ...saidFigures(this.all),
      ],
      charts: [
        {
          title: 'Probability of the regime that is named, and how often it was so',
          x: { name: 'probability', scale: 'linear', from: 0.2, to: 1 },
          y: { name: 'share right', scale: 'linear', from: 0, to: 1 },
          series: [
            {
              name: 'regime',
              style: 'points',
              points: calibrationOf(graded).buckets.map(({ said, right }) => [said, right] as const),
              bands: [],
            },
            {
              name: 'as it should be',
              style: 'dashed',
              points: [
                [0.2, 0.2],
                [1, 1],
              ],
              bands: [],
            },
          ],
        },
      ],
      tables: [confusionTable(score), marketTable(graded)],
      checks: [backwards(own, score.balanced, low, high)],
    };
  }
}

const QUESTION = {
  name: 'regime',
  question:
    'Is the regime that it names the one that the market is in, how soon after a change does it say so, and how often is it wrong anew?',
} as const;

/** Where nothing can be held against the truth: why, and what was said all the same. */
function ungraded(all: readonly Played[]): Section {
  const why = whyUngraded(all);
  const none = (
    name: string,
    unit: SectionFigure['unit'],
    better: 'higher' | 'lower',
    goal: string,
  ): SectionFigure => ({ ...{ name, unit, better, goal }, figure: withheld(why), rivals: [] });
  return {
    ...QUESTION,
    notes: [
      `Nothing is graded here: ${why}.`,
      'What it said, and how often, says nothing of whether it was so: only regimes that are labelled can, as in `hunter simulate --scenario regimes`.',
    ],
    figures: [
      none('balanced accuracy', '', 'higher', 'at least 0.85'),
      none('median delay', 's', 'lower', 'at most 60 s'),
      ...saidFigures(all),
    ],
    charts: [],
    tables: [],
    checks: [],
  };
}

function whyUngraded(all: readonly Played[]): string {
  if (!all.some(({ labelled }) => labelled)) return 'no labels: nobody knows which regime was so';
  if (!all.some(({ words }) => words.truth.some((is) => is >= 0)))
    return 'no label names a range, a trend or a volatile market';
  return 'not one word was said while a labelled regime lasted: the first comes after some five minutes';
}

/** What was said, whatever was so: nobody has to know the truth for it. */
function saidFigures(all: readonly Played[]): SectionFigure[] {
  const counts = REGIMES.map(() => 0);
  let [moments, words, changes, probabilities] = [0, 0, 0, 0];
  for (const { words: told, probability } of all) {
    let last = -1;
    moments += told.said.length;
    told.said.forEach((word, i) => {
      if (word < 0) return;
      words += 1;
      counts[word]! += 1;
      probabilities += probability[i]!;
      if (last >= 0 && word !== last) changes += 1;
      last = word;
    });
  }
  const absent = 'no word was said: the first comes after some five minutes';
  const figure = (name: string, unit: SectionFigure['unit'], value: number): SectionFigure => ({
    ...{ name, unit, figure: plain(value, absent), rivals: [], better: null, goal: '' },
  });
  return [
    figure('time that it had a word', 'share', words / moments),
    ...REGIMES.map((name, word) => figure(`of that, ${name}`, 'share', counts[word]! / words)),
    figure('changes of the word', 'per hour', changes / (words / 3600)),
    figure('mean probability of the word', '', probabilities / words),
  ];
}

const missedFigure = ({ delays }: RegimeScore): Figure =>
  plain(
    delays.filter((delay) => delay === Number.POSITIVE_INFINITY).length / delays.length,
    'no change of regime',
  );

const betweenFigure = ({ falseAlarms, hours }: RegimeScore): Figure =>
  plain((hours * 3600) / falseAlarms, 'no false alarm');

/** Buckets of like probability, and the mean distance of what was said from what was so. */
function calibrationOf(all: readonly Played[]): {
  readonly error: number;
  readonly buckets: readonly { readonly said: number; readonly right: number; readonly count: number }[];
} {
  const pairs: [number, number][] = [];
  for (const { words, probability } of all)
    words.said.forEach((word, i) => {
      const is = words.truth[i]!;
      if (word >= 0 && is >= 0) pairs.push([probability[i]!, word === is ? 1 : 0]);
    });
  pairs.sort((a, b) => a[0] - b[0]);
  const buckets = Array.from({ length: BUCKETS }, (_, b) => {
    const own = pairs.slice(
      Math.floor((b * pairs.length) / BUCKETS),
      Math.floor(((b + 1) * pairs.length) / BUCKETS),
    );
    const mean = (which: 0 | 1): number => own.reduce((sum, pair) => sum + pair[which], 0) / own.length;
    return { said: mean(0), right: mean(1), count: own.length };
  }).filter(({ count }) => count > 0);
  const error =
    buckets.reduce((sum, { said, right, count }) => sum + count * Math.abs(said - right), 0) / pairs.length;
  return { error, buckets };
}

function confusionTable({ confusion, recalls }: RegimeScore): SectionTable {
  return {
    title: 'What was so, and the share of its time in which it was called …',
    columns: ['so', ...REGIMES, 'hours'],
    rows: confusion.map((row, is) => {
      const seconds = row.reduce((sum, count) => sum + count, 0);
      const shares = Number.isNaN(recalls[is]!) ? row.map(() => null) : row.map((count) => count / seconds);
      return [REGIMES[is]!, ...shares, seconds / 3600];
    }),
  };
}

function marketTable(graded: readonly Played[]): SectionTable {
  const instruments = [...new Set(graded.map(({ instrument }) => instrument))];
  return {
    title: 'By instrument',
    columns: [
      'instrument',
      'balanced accuracy',
      `${RIVAL}’s`,
      'median delay, s',
      `${RIVAL}’s`,
      'false alarms an hour',
      `${RIVAL}’s`,
      'calibration error',
    ],
    rows: instruments.map((instrument) => {
      const own = graded.filter((played) => played.instrument === instrument);
      const scores = [own.map(({ words }) => words), own.map(({ rival }) => rival)].map((all) =>
        scoreOf(all),
      );
      const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
      return [
        instrument,
        ...scores.map(({ balanced }) => finite(balanced)),
        ...scores.map(({ delays }) => finite(median(delays))),
        ...scores.map(({ falseAlarms, hours }) => finite(falseAlarms / hours)),
        finite(calibrationOf(own).error),
      ];
    }),
  };
}

/** The same words, later by so many of so many shares of the recording, what falls off its end put to its beginning. */
function rotated(words: RegimeWords, share: number): RegimeWords {
  const { said } = words;
  const by = Math.round(share * said.length);
  return { ...words, said: [...said.slice(by), ...said.slice(0, by)] };
}

const ROTATIONS = 19;

/** What words that know nothing of the moment have, but come and go as these do: the middle 95 % over rotations. */
function chanceOf(all: readonly RegimeWords[]): { readonly low: number; readonly high: number } {
  const reached = Array.from(
    { length: ROTATIONS },
    (_, k) =>
      // each market by another share, or their truths, which are shared, would turn together
      scoreOf(all.map((words, i) => rotated(words, ((k + 1) / (ROTATIONS + 1) + i * 0.381_966) % 1)))
        .balanced,
  ).sort((a, b) => a - b);
  return { low: reached[0]!, high: reached[reached.length - 1]! };
}

function backwards(all: readonly RegimeWords[], honest: number, low: number, high: number): LeakCheck {
  const spoiled = scoreOf(all.map((words) => ({ ...words, said: [...words.said].reverse() }))).balanced;
  const hours = all.reduce((sum, { at }) => sum + at.length / 3600, 0);
  const known = hours >= 4;
  return {
    name: 'words told backwards in time',
    honest,
    spoiled,
    chance: known ? { low, high } : null,
    verdict: !known ? 'unknown' : spoiled > high ? 'leaks' : 'holds',
    detail: `Balanced accuracy of the words of each market in reverse; chance: the words turned about by ${ROTATIONS} shares of the recording.`,
  };
}
