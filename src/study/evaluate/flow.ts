import type { Label } from '../../exchange/scenarios/label.ts';
import { type Figure, PARTS_MIN, plain, shareFigure } from './figures.ts';
import { BIN_US, explained, FlowTrack } from './flow-track.ts';
import { onOurClock } from './labels.ts';
import { groupedMean } from './parts.ts';
import type { PlayedMarket } from './play.ts';
import type { Chart, Grader, GraderMaker, LeakCheck, Section, SectionTable } from './section.ts';

/**
 * Grades order flow (B1): has it the sign of a hidden parent, how soon and at what share of the volume; and how much of the
 * price's move does flow explain in its own window and in the next.
 */
export const gradeFlow: GraderMaker = () => new FlowGrader();

/** Seconds since a parent began. */
const SECONDS = [10, 20, 30, 45, 60, 120] as const;
/** Shares of everyone's volume, as aimed at; the one that the goal speaks of is the third. */
const SHARES = [
  [0.02, 0.04],
  [0.04, 0.07],
  [0.07, 0.14],
  [0.14, 1],
] as const;
const TENTH = 2;
/** A parent of the other side that ended so long ago or less still shows, ms. */
const LINGERS_MS = 30_000;
/** Windows of the R², in bins of a tenth of a second. */
const WINDOWS = [1, 10, 50, 100] as const;
/** How far labels are moved for the leak check, ms: longer than nearly every parent. */
const MOVED_MS = 900_000;
const MINUTE_BINS = 600;
/** Stretches that intervals draw together, ms. */
const PART_MS = 300_000;

interface Voice {
  readonly name: string;
  /** Positive = buyers, by the end of a bin. */
  readonly at: (track: FlowTrack, bin: number) => number;
}

const lastMinute = (pick: (track: FlowTrack) => readonly number[]) => {
  return (track: FlowTrack, bin: number): number => {
    const flow = pick(track);
    let sum = 0;
    for (let i = Math.max(0, bin - MINUTE_BINS + 1); i <= bin; i++) sum += flow[i]!;
    return sum;
  };
};

/** What the detector measures of parents besides its score; who asks the brain for a direction is told the score. */
const OURS: Voice = { name: 'who keeps coming (parentImbalance)', at: ({ parent }, bin) => parent[bin]! };
const RIVALS: readonly Voice[] = [
  { name: 'volume bought less sold, 60 s', at: lastMinute(({ volume }) => volume) },
  { name: 'OFI at the touch, 60 s', at: lastMinute(({ touch }) => touch) },
  { name: 'orders counted, 60 s', at: lastMinute(({ orders }) => orders) },
];
const ALSO: Voice = { name: 'the detector’s score', at: ({ score }, bin) => score[bin]! };
const VOICES: readonly Voice[] = [OURS, ...RIVALS, ALSO];

interface Parent {
  /** Its tape, and the stretch of time in which it began: parents of one, in whatever market, share their luck. */
  readonly stretch: string;
  readonly share: number;
  readonly sign: number;
  readonly label: Label;
  readonly track: FlowTrack;
  /** Every parent of this market, itself too. */
  readonly all: readonly Label[];
}

/** A market's flow, and which tape it is of. */
interface Taped {
  readonly track: FlowTrack;
  readonly tape: number;
}

class FlowGrader implements Grader {
  private readonly tracks: Taped[] = [];
  private tapes = 0;
  private fresh: FlowTrack[] = [];
  private readonly parents: Parent[] = [];
  private readonly labelled: { readonly track: FlowTrack; readonly all: readonly Label[] }[] = [];

  watch(): readonly FlowTrack[] {
    const track = new FlowTrack();
    this.fresh.push(track);
    return [track];
  }

  played({ spans }: PlayedMarket, labels: readonly (readonly Label[])[] | null): void {
    const { fresh, tapes: tape } = this;
    this.fresh = [];
    this.tapes += 1;
    fresh.forEach((track, i) => {
      this.tracks.push({ track, tape });
      const all = onOurClock(labels?.[i] ?? [], spans[i]!.aheadMs).filter(({ kind }) => kind === 'parent');
      if (labels !== null) this.labelled.push({ track, all });
      for (const label of all) {
        const share = Number(label.parameters.participation);
        const stretch = `${tape} ${Math.floor(label.from / PART_MS)}`;
        this.parents.push({ stretch, share, sign: label.side === 'buy' ? 1 : -1, label, track, all });
      }
    });
  }

  section(): Section | null {
    const tracks = this.tracks.filter(({ track }) => track.mid.length > WINDOWS[0] * 3);
    if (tracks.length === 0) return null;
    const { parents } = this;
    return {
      name: 'order flow',
      question:
        'Does it have the sign of a large order that somebody works off in many small ones, and how much of the price’s move does flow explain?',
      notes: [
        ...(parents.length === 0
          ? ['No parent order is labelled on these recordings: its sign cannot be graded here.']
          : [
              `${parents.length} parents; a parent counts at so many seconds after its start if it was still at work then. Share: of everyone’s volume, as it was aimed at.`,
              'Alone: no parent of the other side was at work then or in the 30 s before. Where one was, there is no one sign to be had; these count as well in “all”.',
              'Graded is `parentImbalance`, the figure of the detector that is about parents. Its score is of the pressure of the moment and no word on parents: how often that has their sign is told beside it; a score of 0 counts as half right.',
              'The crowd’s own parents (labels `flow`) are as real and are not counted as right: what chance gives is one half.',
            ]),
        `R²: squared correlation of what flowed in a window with the move of the middle price in the same window, and in the next one; mean of ${tracks.length} markets. The first explains, the second would predict.`,
        'Intervals: of parents, stretches of 5 minutes drawn anew with all that began in one, in whatever market of the tape; of R², tapes.',
      ],
      figures: [...(parents.length === 0 ? [] : this.signFigures()), ...this.r2Figures(tracks)],
      charts: parents.length === 0 ? [] : [this.signChart()],
      tables: [
        ...(parents.length === 0 ? [] : [this.signTable(false), this.signTable(true)]),
        this.r2Table(tracks),
      ],
      checks: parents.length === 0 ? [] : [this.moved()],
    };
  }

  private signFigures(): Section['figures'] {
    const figures = [true, false].map((alone) => ({
      name: `who keeps coming (parentImbalance): sign of a parent of 7 to 14 % right 60 s after its start, ${alone ? 'alone' : 'all'}`,
      unit: 'share' as const,
      figure: this.right(OURS, 60, TENTH, alone),
      rivals: RIVALS.map((voice) => ({
        name: voice.name,
        figure: this.right(voice, 60, TENTH, alone),
      })),
      better: 'higher' as const,
      goal: 'at least 90 %',
    }));
    const scores = [true, false].map((alone) => ({
      name: `${ALSO.name}: sign of a parent of 7 to 14 % right 60 s after its start, ${alone ? 'alone' : 'all'}`,
      unit: 'share' as const,
      figure: this.right(ALSO, 60, TENTH, alone),
      rivals: [],
      better: null,
      goal: '',
    }));
    return [
      ...figures,
      ...scores,
      {
        name: 'a parent of 7 % or more is at work or none is: told apart by the size of parentImbalance (AUC)',
        unit: '',
        figure: plain(this.presence(OURS), 'no such moments'),
        rivals: RIVALS.map((voice) => ({
          name: voice.name,
          figure: plain(this.presence(voice), 'no such moments'),
        })),
        better: 'higher',
        goal: '',
      },
    ];
  }

  /** Share of parents whose sign is right so many seconds after their start. */
  private right(voice: Voice, seconds: number, share: number | null, alone: boolean, movedMs = 0): Figure {
    const said = this.said(voice, seconds, share, alone, movedMs);
    const right = said.reduce((sum, each) => sum + each.right, 0);
    const values = said.map(({ right: value, stretch: group }) => ({ value, group }));
    const figure = groupedMean(values, 'no such parent');
    return shareFigure(figure, right, said.length);
  }

  /** Of each parent 1 where the sign was right, 0 where it was wrong, a half where there was none. */
  private said(
    voice: Voice,
    seconds: number,
    share: number | null,
    alone: boolean,
    movedMs = 0,
  ): readonly { readonly right: number; readonly stretch: string }[] {
    const [least, most] = share === null ? [0, 1] : SHARES[share]!;
    const found: { right: number; stretch: string }[] = [];
    for (const parent of this.parents) {
      const { label, track } = parent;
      const at = label.from + seconds * 1000;
      if (parent.share < least || parent.share >= most || at > label.to) continue;
      if (alone && contested(parent, at)) continue;
      const bin = track.binOf(movedMs === 0 ? at * 1000 : wrapped(track, at * 1000, movedMs * 1000));
      if (bin < 0) continue;
      const value = voice.at(track, bin) * parent.sign;
      found.push({ right: value > 0 ? 1 : value < 0 ? 0 : 0.5, stretch: parent.stretch });
    }
    return found;
  }

  /** Chance that the imbalance is larger with a parent at work for 30 s than with none: at each tenth second. */
  private presence(voice: Voice): number {
    const values: number[] = [];
    const there: boolean[] = [];
    for (const { track, all } of this.labelled)
      for (let bin = MINUTE_BINS * 2; bin < track.mid.length; bin += 100) {
        const at = (track.from + (bin + 1) * BIN_US) / 1000;
        const near = all.filter(({ from, to }) => from < at && to > at - 120_000);
        const working = near.some(
          ({ from, to, parameters }) =>
            from < at - LINGERS_MS && to > at && Number(parameters.participation) >= SHARES[TENTH]![0],
        );
        if (!working && near.length > 0) continue;
        values.push(Math.abs(voice.at(track, bin)));
        there.push(working);
      }
    return areaUnderCurve(values, there);
  }

  private signTable(alone: boolean): SectionTable {
    return {
      title: `Sign right, by share of the volume and seconds since the start, ${alone ? 'no parent of the other side at work' : 'all parents'}`,
      columns: [
        'share',
        'parents',
        ...SECONDS.map((each) => `${each} s`),
        ...[...RIVALS, ALSO].map(({ name }) => `60 s: ${name}`),
      ],
      rows: [...SHARES.keys(), null].map((share) => [
        share === null ? 'any' : shareText(SHARES[share]!),
        this.said(OURS, SECONDS[0], share, alone).length,
        ...SECONDS.map((seconds) => this.right(OURS, seconds, share, alone)),
        ...[...RIVALS, ALSO].map((voice) => this.right(voice, 60, share, alone)),
      ]),
    };
  }

  private signChart(): Chart {
    return {
      title: 'Sign of a parent of 7 to 14 %, all of them',
      x: { name: 'seconds since its start', scale: 'linear', from: 0, to: null },
      y: { name: 'share right', scale: 'linear', from: 0, to: 1 },
      series: VOICES.map((voice) => {
        const told = SECONDS.map((seconds) => [seconds, this.right(voice, seconds, TENTH, false)] as const);
        const known = told.filter(([, { value }]) => value !== null);
        return {
          name: voice.name,
          style: voice === OURS ? ('line' as const) : ('dashed' as const),
          points: known.map(([seconds, { value }]) => [seconds, value!] as const),
          bands:
            voice === OURS
              ? known.map(([, { low, high, value }]) => [low ?? value!, high ?? value!] as const)
              : [],
        };
      }),
    };
  }

  private r2Figures(tracks: readonly Taped[]): Section['figures'] {
    return [false, true].map((ahead) => ({
      name: `R² of flow over ten levels and the move of the ${ahead ? 'next' : 'same'} second`,
      unit: '' as const,
      figure: meanOf(tracks, ({ levels, mid }) => explained(levels, mid, 10, ahead)),
      rivals: [
        {
          name: 'at the touch',
          figure: meanOf(tracks, ({ touch, mid }) => explained(touch, mid, 10, ahead)),
        },
        {
          name: 'takers’ volume',
          figure: meanOf(tracks, ({ volume, mid }) => explained(volume, mid, 10, ahead)),
        },
      ],
      better: ahead ? null : ('higher' as const),
      goal: '',
    }));
  }

  private r2Table(tracks: readonly Taped[]): SectionTable {
    const flows = [
      ['OFI at the touch', ({ touch }: FlowTrack) => touch],
      ['OFI over ten levels', ({ levels }: FlowTrack) => levels],
      ['takers’ volume', ({ volume }: FlowTrack) => volume],
    ] as const;
    return {
      title: 'R² of flow and the move of the middle price, by length of the window',
      columns: ['', ...WINDOWS.flatMap((bins) => [`${bins / 10} s`, `next ${bins / 10} s`])],
      rows: flows.map(([name, pick]) => [
        name,
        ...WINDOWS.flatMap((bins) =>
          [false, true].map((ahead) =>
            meanOf(tracks, (track) => explained(pick(track), track.mid, bins, ahead)),
          ),
        ),
      ]),
    };
  }

  /** Labels moved by a quarter of an hour, around the end of the recording to its beginning: nothing may be right but by chance. */
  private moved(): LeakCheck {
    const honest = this.right(OURS, 60, null, false);
    const spoiled = this.said(OURS, 60, null, false, MOVED_MS);
    const value = spoiled.reduce((sum, { right }) => sum + right, 0) / spoiled.length;
    const width = coinWidth(spoiled);
    const chance = width === null ? null : { low: 0.5 - width, high: 0.5 + width };
    return {
      name: 'parents moved by a quarter of an hour',
      ...{ honest: honest.value, spoiled: Number.isNaN(value) ? null : value, chance },
      verdict:
        width === null || chance === null ? 'unknown' : value > chance.high + width / 2 ? 'leaks' : 'holds',
      detail:
        'Share of parents of any size whose sign is right 60 s after their start, read a quarter of an hour later; chance: that of a coin for each stretch of 5 minutes, in which parents share their luck.',
    };
  }
}

const COINS_MIN = 20;

/**
 * Half the 95 % interval of a share that is one half: what began in one stretch (of whatever market of the tape) may be right or wrong
 * together. Null of too little. Source: Liang and Zeger, Biometrika 73, 1986, with the mean that chance gives.
 */
export function coinWidth(
  said: readonly { readonly right: number; readonly stretch: string }[],
): number | null {
  const stretches = [...Map.groupBy(said, ({ stretch }) => stretch).values()];
  if (said.length < COINS_MIN || stretches.length < PARTS_MIN) return null;
  const surplus = (each: typeof said): number => each.reduce((sum, { right }) => sum + right - 0.5, 0);
  const variance = stretches.reduce((sum, each) => sum + surplus(each) ** 2, 0);
  return (1.96 * Math.sqrt(variance)) / said.length;
}

const shareText = ([least, most]: readonly [number, number]): string =>
  `${(least * 100).toFixed(0)} to ${(most * 100).toFixed(0)} %`;

/** Was somebody of the other side at work at `at` (ms), or shortly before? */
const contested = ({ label, all }: Parent, at: number): boolean =>
  all.some(({ side, from, to }) => side !== label.side && from < at && to > at - LINGERS_MS);

function wrapped(track: FlowTrack, at: number, by: number): number {
  const length = track.mid.length * BIN_US;
  return track.from + ((at - track.from + by) % length);
}

/** Of the markets; those of one tape move together and are drawn together. */
function meanOf(tracks: readonly Taped[], of: (track: FlowTrack) => number): Figure {
  const values = tracks.map(({ track, tape: group }) => ({ group, value: of(track) }));
  return groupedMean(
    values.filter(({ value }) => !Number.isNaN(value)),
    'too short',
  );
}

/** Chance that a value of those that are `there` is larger than one of the others; equal ones count half. */
export function areaUnderCurve(values: ArrayLike<number>, there: ArrayLike<boolean>): number {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => values[a]! - values[b]!,
  );
  let positives = 0;
  let rankSum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to += 1;
    for (let i = from; i < to; i++)
      if (there[order[i]!]) {
        positives += 1;
        rankSum += (from + to + 1) / 2;
      }
    from = to;
  }
  const negatives = order.length - positives;
  return positives > 0 && negatives > 0
    ? (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
    : Number.NaN;
}
