import { type BarrierRule, type Barriers, barrierOutcome, barriersOf } from './barriers.ts';
import { type Bucket, type Calibration, calibration, ENTRIES_MIN, type Predictions } from './calibration.ts';
import { DRAWING, type Figure, plain } from './figures.ts';
import {
  type Chance,
  type Information,
  independentStretches,
  information,
  type Pairs,
} from './information.ts';
import type {
  Chart,
  Grader,
  GraderMaker,
  GradingContext,
  LeakCheck,
  Section,
  SectionTable,
} from './section.ts';
import { SignalTrack } from './signal-track.ts';

/** Looks into the future, ms. */
export const HORIZONS_MS = [1_000, 5_000, 10_000, 30_000, 60_000];
/** Between two looks at the brain, ms. */
const EVERY_MS = 1_000;
/** Stretches drawn together hold at least so many horizons, so that what overlaps stays together. */
const HORIZONS_A_PART = 3;
const PART_MIN_MS = 60_000;

/** Grades what every detector and the fused signal say of the price to come: labels are not needed. */
export const gradeSignal: GraderMaker = (context) => new SignalGrader(context);

export interface Played {
  readonly instrument: string;
  readonly track: Pick<SignalTrack, 'names' | 'samples' | 'path' | 'fitted'>;
  /** Counts the recordings: instruments of one share their stretches of time, because they move together. */
  readonly recording: number;
}

/** A source of scores: a detector, or the signal. */
interface Speaker {
  readonly name: string;
  readonly scoreOf: (sample: SignalTrack['samples'][number]) => number;
}

class SignalGrader implements Grader {
  private readonly context: GradingContext;
  private readonly tracks: Played[] = [];
  private recordings = 0;

  constructor(context: GradingContext) {
    this.context = context;
  }

  watch(instrument: { readonly id: string }): readonly SignalTrack[] {
    const track = new SignalTrack({ everyMs: EVERY_MS, ...this.context });
    this.tracks.push({ instrument: instrument.id, track, recording: this.recordings });
    return [track];
  }

  played(): void {
    this.recordings += 1;
  }

  section(): Section | null {
    const tracks = this.tracks.filter(({ track }) => track.samples.length > 0);
    if (tracks.length === 0) return null;
    const speakers = speakersOf(tracks[0]!.track);
    const coefficients = speakers.map((speaker) => ({
      speaker,
      horizons: HORIZONS_MS.map((horizonMs) => information(pairsOf(tracks, speaker, horizonMs))),
    }));
    const trades = tradesOf(tracks, this.context);
    const { predictions, notKnown, moments, stretchMs } = predictionsOf(tracks, trades, this.context.feesBp);
    const graded = calibration(predictions, DRAWING, whyFew(tracks, trades, predictions.confidence.length));
    const fitted = tracks.every(({ track }) => track.fitted?.whyNot === '');
    return {
      name: 'signal',
      question: `Does a high confidence reach its target (${trades.words}) before its stop more often, is it what it says, and does it pay its costs?`,
      notes: [
        `Looked at once a second: ${moments} moments of ${tracks.map(({ instrument }) => instrument).join(', ')}. Target and stop of each: ${trades.words}, entered and left by taking at the touch.`,
        ...new Set(tracks.map(({ track }) => meaningOf(track))),
        `${predictions.confidence.length} moments had a direction and an outcome; ${notKnown} had none: no direction, target or stop not known yet, or too near the end. Neighbouring moments share most of their future: intervals come of stretches of ${Math.round(stretchMs / 1000)} s drawn together, ${TRADES_A_PART} times what a trade usually lasts, so a short tape has none.`,
        'Information coefficient: rank correlation of the score with the move of the middle price after it. By chance: the same with the score moved along the recording, by 5 to 95 % of it.',
        'Nothing here is out of sample by itself: name a tape that nothing was tuned on.',
      ],
      figures: [
        ...figuresOf(graded, fitted, trades.own),
        ...coefficients.map(({ speaker, horizons }) => ({
          name: `information coefficient at 10 s: ${speaker.name}`,
          unit: '' as const,
          figure: horizons[2]!.coefficient,
          rivals: [{ name: 'chance', figure: chanceFigure(horizons[2]!) }],
          better: null,
          goal: '',
        })),
      ],
      charts: chartsOf(coefficients, graded),
      tables: [coefficientTable(coefficients), bucketTable(graded)],
      checks: signalChecks(tracks),
    };
  }
}

/** Why hardly any trade has an outcome, where that is no secret: none is known to its end on a tape that ends before it may. */
function whyFew(tracks: readonly Played[], { limitMs, of }: Trades, known: number): string {
  const seconds = tracks.map(({ track: { path, samples } }) => {
    const first = samples.find((sample) => of(sample) !== null)?.at ?? path.until;
    return { shown: (path.until - samples[0]!.at) / 1e6, left: (path.until - first) / 1e6 };
  });
  const left = Math.max(...seconds.map((each) => each.left));
  if (left * 1000 > limitMs + ENTRIES_MIN * EVERY_MS) return '';
  const shown = Math.max(...seconds.map((each) => each.shown));
  return `${known} entries: of the tape's ${Math.round(shown)} s there are ${Math.round(left)} s left once a target and a stop are known, and a trade may last ${limitMs / 1000} s; what is not known to its end is left out. Name a longer tape, or ask for shorter trades such as --barriers 3:3:bp:60`;
}

/** What its confidence is. */
function meaningOf({ fitted }: Played['track']): string {
  if (fitted === null)
    return 'The confidence is a prior stated by hand and not yet a probability: its calibration error says how far it is from one.';
  if (fitted.whyNot === '') return 'The confidence is that of a fitted model.';
  return `The confidence is that of a fitted model, but no probability here: ${fitted.whyNot}.`;
}

/** The trades that are graded. */
interface Trades {
  /** True: they are the signal's own, of which it also knows the odds of a price without drift. */
  readonly own: boolean;
  readonly words: string;
  readonly limitMs: number;
  readonly of: (sample: SignalTrack['samples'][number]) => Barriers | null;
}

/** A fitted signal speaks of trades of its own; a prior is given some. */
function tradesOf(
  tracks: readonly Played[],
  { barriers, barriersAsked }: Pick<GradingContext, 'barriers' | 'barriersAsked'>,
): Trades {
  const limits = tracks.map(({ track }) => track.fitted?.limitMs ?? 0);
  const limitMs = Math.max(...limits);
  if (!barriersAsked && limits.every((each) => each > 0))
    return {
      own: true,
      words: `its own, as the engine would place them, within ${limitMs / 1000} s`,
      limitMs,
      of: ({ stake }) =>
        stake === null ? null : { target: stake.target, stop: stake.stop, limitUs: limitMs * 1000 },
    };
  return {
    own: false,
    words: describe(barriers),
    limitMs: barriers.limitMs,
    of: ({ mid, atr }) => barriersOf(barriers, mid, atr),
  };
}

const describe = ({ unit, target, stop, limitMs }: BarrierRule): string =>
  `${target} / ${stop} ${unit === 'bp' ? 'bp' : 'ATR'} within ${limitMs / 1000} s`;

const partMs = (horizonMs: number): number => Math.max(PART_MIN_MS, HORIZONS_A_PART * horizonMs);
/** Stretches of trades hold so many of what a trade usually lasts: most end long before their time is up. */
const TRADES_A_PART = 3;

function speakersOf({ names }: Played['track']): Speaker[] {
  return [
    ...names.map((name, i): Speaker => ({ name, scoreOf: ({ scores }) => scores[i]! })),
    {
      name: 'signal',
      scoreOf: ({ evidence }) => evidence,
    },
  ];
}

/** Scores and the moves after them. */
function pairsOf(
  tracks: readonly Played[],
  { scoreOf }: Speaker,
  horizonMs: number,
  reversed = false,
): Pairs {
  const partOf = partsOf(tracks, partMs(horizonMs));
  return {
    series: tracks.map((played) => {
      const { samples, path } = played.track;
      const told = samples
        .map((sample) => ({ sample, after: path.midAt(sample.at + horizonMs * 1000) }))
        .filter(({ after }) => !Number.isNaN(after));
      const score = told.map(({ sample }) => scoreOf(sample));
      return {
        score: reversed ? score.reverse() : score,
        move: told.map(({ sample, after }) => Math.log(after / sample.mid)),
        part: told.map(({ sample }) => partOf(played, sample.at)),
      };
    }),
  };
}

/** Numbers the stretches of time of all recordings, one after the other, without a hole where a feed was silent. */
function partsOf(tracks: readonly Played[], lengthMs: number): (played: Played, at: number) => number {
  const lengthUs = lengthMs * 1000;
  const key = (recording: number, at: number): string => `${recording} ${Math.floor(at / lengthUs)}`;
  const numbers = new Map<string, number>();
  const all = tracks.flatMap(({ recording, track }) =>
    track.samples.map(({ at }) => ({ recording, at: Math.floor(at / lengthUs) * lengthUs })),
  );
  all.sort((a, b) => a.recording - b.recording || a.at - b.at);
  for (const { recording, at } of all) {
    const name = key(recording, at);
    if (!numbers.has(name)) numbers.set(name, numbers.size);
  }
  return ({ recording }, at) => numbers.get(key(recording, at))!;
}

function predictionsOf(
  tracks: readonly Played[],
  trades: Trades,
  feesBp: number,
): { predictions: Predictions; notKnown: number; moments: number; stretchMs: number } {
  const entries: {
    said: number;
    reached: number;
    returnBp: number;
    costBp: number;
    acts: boolean;
    played: Played;
    at: number;
    lastedMs: number;
    odds: number;
  }[] = [];
  let moments = 0;
  for (const played of tracks) {
    const { samples, path } = played.track;
    moments += samples.length;
    for (const sample of samples) {
      const { at, lean, acts, confidence: said, stake } = sample;
      const barriers = trades.of(sample);
      if (lean === 'none' || barriers === null) continue;
      const result = barrierOutcome(path, at, lean, barriers);
      if (result === null) continue;
      const { outcome, returnBp } = result;
      entries.push({
        ...{ said, reached: outcome === 'target' ? 1 : 0, returnBp, acts },
        ...{ costBp: stake?.costBp ?? feesBp, played, at, lastedMs: (result.at - at) / 1000 },
        odds: stake?.chance ?? Number.NaN,
      });
    }
  }
  const lasted = Float64Array.from(entries, ({ lastedMs }) => lastedMs).sort();
  const stretchMs = Math.max(PART_MIN_MS, TRADES_A_PART * (lasted[lasted.length >> 1] ?? 0));
  const partOf = partsOf(tracks, stretchMs);
  const parts = new Map(entries.map((entry) => [entry, partOf(entry.played, entry.at)]));
  const names = [...new Set(tracks.map(({ instrument }) => instrument))];
  entries.sort((a, b) => parts.get(a)! - parts.get(b)!);
  return {
    stretchMs,
    predictions: {
      confidence: entries.map(({ said }) => said),
      reached: entries.map(({ reached }) => reached),
      returnBp: entries.map(({ returnBp }) => returnBp),
      costBp: entries.map(({ costBp }) => costBp),
      acts: entries.map(({ acts }) => acts),
      part: dense(entries.map((entry) => parts.get(entry)!)),
      instrument: entries.map(({ played }) => names.indexOf(played.instrument)),
      ...(trades.own ? { odds: entries.map(({ odds }) => odds) } : {}),
    },
    notKnown: moments - entries.length,
    moments,
  };
}

/** The same stretches, numbered without a hole: of some nothing is known. */
function dense(part: readonly number[]): number[] {
  let number = -1;
  return part.map((each, i) => {
    if (i === 0 || each !== part[i - 1]) number += 1;
    return number;
  });
}

/** What knows nothing must find nothing: of every score, and of the takers. */
export const signalChecks = (tracks: readonly Played[]): LeakCheck[] => [
  ...speakersOf(tracks[0]!.track).map((speaker) => backwards(tracks, speaker)),
  takersByLot(tracks),
];

/** Scores told backwards: what comes last is said first. Their memory is the same, of what comes they can know nothing. */
function backwards(tracks: readonly Played[], speaker: Speaker): LeakCheck {
  return verdictOf(
    `${speaker.name}: scores told backwards`,
    pairsOf(tracks, speaker, 10_000),
    pairsOf(tracks, speaker, 10_000, true),
    'Information coefficient at 10 s with each instrument’s scores in reversed order of time; chance: the reversed scores moved along the recording.',
  );
}

/**
 * Takers' volume and the move of the same second: that flow explains the present move is the surest thing there is, so its
 * coefficient says that times are told right; with the takers' sides drawn by lot nothing may be left of it.
 */
function takersByLot(tracks: readonly Played[]): LeakCheck {
  const partOf = partsOf(tracks, partMs(EVERY_MS));
  const of = (flowOf: (sample: SignalTrack['samples'][number]) => number): Pairs => ({
    series: tracks.map((played) => {
      const { samples } = played.track;
      const told = samples
        .slice(1)
        .map((sample, i) => ({ sample, before: samples[i]! }))
        .filter(({ sample, before }) => sample.at - before.at < 2 * EVERY_MS * 1000);
      return {
        score: told.map(({ sample }) => flowOf(sample)),
        move: told.map(({ sample, before }) => Math.log(sample.mid / before.mid)),
        part: told.map(({ sample }) => partOf(played, sample.at)),
      };
    }),
  });
  return verdictOf(
    'takers’ sides drawn by lot',
    of(({ flow }) => flow),
    of(({ flowByLot }) => flowByLot),
    'Rank correlation of the takers’ volume, bought less sold, with the move of the middle price in the same second; chance: each second’s volume with its sign drawn by lot.',
    'signs',
  );
}

/**
 * Of fewer stretches that know nothing of each other the band of chance is itself chance. With as many, twice its half width is
 * 3.9 deviations, which Student's t of 19 degrees passes once in a thousand: of nine checks of a tape one in a hundred.
 */
const STRETCHES_MIN = 20;

function verdictOf(
  name: string,
  honest: Pairs,
  spoiled: Pairs,
  detail: string,
  by: Chance = 'moved',
): LeakCheck {
  const { coefficient, chance } = information(spoiled, DRAWING, by);
  const { value } = coefficient;
  const stretches = Math.floor(independentStretches(spoiled));
  const isShort = value !== null && stretches < STRETCHES_MIN;
  // one in twenty lies outside by chance: only what is far outside is a leak
  const room = chance === null ? 0 : (chance.high - chance.low) / 2;
  return {
    ...{ name, honest: information(honest).coefficient.value, spoiled: value, chance },
    verdict:
      value === null || chance === null || isShort
        ? 'unknown'
        : value > chance.high + room || value < chance.low - room
          ? 'leaks'
          : 'holds',
    detail: `${detail} More than half the width of chance outside it counts as a leak.${isShort ? ` Too short for a score this slow: ${stretches} stretches know nothing of each other, at least ${STRETCHES_MIN} wanted.` : ''}`,
  };
}

function chanceFigure({ chance }: Information): Figure {
  if (chance === null) return plain(Number.NaN, 'too short a tape to say');
  return { value: (chance.low + chance.high) / 2, low: chance.low, high: chance.high, why: '' };
}

function figuresOf(graded: Calibration, fitted: boolean, hasOdds: boolean): Section['figures'] {
  const odds = (figure: Figure) => (hasOdds ? [{ name: 'odds of a price without drift', figure }] : []);
  return [
    {
      name: 'expected calibration error',
      unit: '',
      figure: graded.error,
      rivals: [
        {
          name: 'a calibrated one, by chance',
          figure: plain(graded.errorByChance ?? Number.NaN, 'too few entries'),
        },
        ...odds(graded.errorOfOdds),
      ],
      better: 'lower',
      goal: fitted ? 'at most 0.03' : 'at most 0.03, once it is fitted',
    },
    {
      name: 'Brier score',
      unit: '',
      figure: graded.brier,
      rivals: [
        { name: 'base rate said each time', figure: graded.brierOfBaseRate },
        { name: 'base rate of each instrument said each time', figure: graded.brierOfOwnBaseRate },
        ...odds(graded.brierOfOdds),
        { name: 'confidences of other moments', figure: graded.brierShuffled },
      ],
      better: 'lower',
      goal: 'below all of them',
    },
    {
      name: 'Brier score of the base rate less its own',
      unit: '',
      figure: graded.brierGain,
      rivals: [],
      better: 'higher',
      goal: 'above 0',
    },
    {
      name: 'log loss',
      unit: '',
      figure: graded.logLoss,
      rivals: [{ name: 'base rate said each time', figure: graded.logLossOfBaseRate }],
      better: 'lower',
      goal: 'below it',
    },
    {
      name: 'target reached before the stop',
      unit: 'share',
      figure: graded.baseRate,
      rivals: [],
      better: null,
      goal: '',
    },
    {
      name: 'return of the surest tenth, fees not paid',
      unit: 'bp',
      figure: graded.surestEdgeBp,
      rivals: [
        { name: 'all entries', figure: graded.edgeBp },
        {
          name: 'confidences of other moments',
          figure:
            graded.surestByChance === null
              ? plain(Number.NaN, 'too short a tape to say')
              : {
                  value: (graded.surestByChance.low + graded.surestByChance.high) / 2,
                  ...graded.surestByChance,
                  why: '',
                },
        },
      ],
      better: 'higher',
      goal: '',
    },
    {
      name: 'share of the moments that it would trade at',
      unit: 'share',
      figure: plain(graded.acted / graded.count, 'no entry'),
      rivals: [],
      better: null,
      goal: '',
    },
    {
      name: 'return of what it would trade, all costs paid',
      unit: 'bp',
      figure: graded.actedNetBp,
      rivals: [],
      better: 'higher',
      goal: 'above 0, or nothing traded',
    },
  ];
}

type Coefficients = readonly { readonly speaker: Speaker; readonly horizons: readonly Information[] }[];

const bandOf = ({ low, high, value }: Figure): readonly [number, number] => [low ?? value!, high ?? value!];

function chartsOf(coefficients: Coefficients, graded: Calibration): Chart[] {
  const known = (buckets: readonly Bucket[]) => buckets.filter(({ reached }) => reached.value !== null);
  const buckets = known(graded.buckets);
  return [
    {
      title: 'Calibration: what was said against what came',
      x: { name: 'confidence', scale: 'linear', from: 0, to: 1 },
      y: { name: 'share that reached the target', scale: 'linear', from: 0, to: 1 },
      series: [
        {
          name: 'calibrated',
          style: 'dashed',
          points: [
            [0, 0],
            [1, 1],
          ],
          bands: [],
        },
        {
          name: 'signal, ten buckets',
          style: 'points',
          points: buckets.map(({ confidence, reached }) => [confidence, reached.value!]),
          bands: buckets.map(({ reached }) => bandOf(reached)),
        },
      ],
    },
    {
      title: 'Edge against cost, by confidence',
      x: { name: 'confidence', scale: 'linear', from: null, to: null },
      y: { name: 'mean return, bp', scale: 'linear', from: null, to: null },
      series: [
        {
          name: 'fees and impact',
          style: 'dashed',
          points: buckets.map(({ confidence, costBp }) => [confidence, costBp]),
          bands: [],
        },
        {
          name: 'return from touch to touch, spread paid',
          style: 'line',
          points: buckets.map(({ confidence, edgeBp }) => [confidence, edgeBp.value!]),
          bands: buckets.map(({ edgeBp }) => bandOf(edgeBp)),
        },
      ],
    },
    {
      title: 'Information coefficient by horizon',
      x: { name: 'seconds ahead', scale: 'log', from: null, to: null },
      y: { name: 'rank correlation with the move', scale: 'linear', from: null, to: null },
      series: coefficients.map(({ speaker, horizons }) => {
        const told = horizons
          .map(({ coefficient }, i) => ({ coefficient, seconds: HORIZONS_MS[i]! / 1000 }))
          .filter(({ coefficient }) => coefficient.value !== null);
        return {
          name: speaker.name,
          style: 'line' as const,
          points: told.map(({ coefficient, seconds }) => [seconds, coefficient.value!] as const),
          bands: told.map(({ coefficient }) => bandOf(coefficient)),
        };
      }),
    },
  ];
}

function coefficientTable(coefficients: Coefficients): SectionTable {
  return {
    title:
      'Information coefficient by horizon, with its interval, and the middle 95 % of what chance gives at 10 s',
    columns: ['', ...HORIZONS_MS.map((each) => `${each / 1000} s`), 'chance at 10 s'],
    rows: coefficients.map(({ speaker, horizons }) => [
      speaker.name,
      ...horizons.map(({ coefficient }) => coefficient),
      chanceFigure(horizons[2]!),
    ]),
  };
}

function bucketTable(graded: Calibration): SectionTable {
  return {
    title: 'By confidence',
    columns: [
      'confidence',
      'mean',
      'entries',
      'reached the target',
      'return, bp',
      'costs, bp',
      'after costs, bp',
    ],
    units: ['', '', '', 'share', '', '', ''],
    rows: graded.buckets.map(({ from, to, confidence, count, reached, edgeBp, costBp, netBp }) => [
      `${from.toFixed(3)} to ${to.toFixed(3)}`,
      confidence,
      count,
      reached,
      edgeBp,
      costBp,
      netBp,
    ]),
  };
}
