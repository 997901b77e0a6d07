import type { LiquidityConfig } from '../../core/brain/liquidity.ts';
import { Random } from '../../exchange/random.ts';
import { PARTS_MIN } from './figures.ts';
import { Levels } from './level-grades.ts';
import { type Fate, LevelTrack, PLACEBOS } from './level-track.ts';
import type { Parted } from './parts.ts';
import type { Observer, PlayedMarket } from './play.ts';
import type { Grader, GraderMaker, Section, SectionTable } from './section.ts';
import { BUDGET, Withdrawals } from './withdrawal-grades.ts';
import {
  type Cell,
  LASTS_US,
  type Manner,
  MORE_US,
  PAUSE_US,
  SHARES,
  WithdrawalTrack,
} from './withdrawal-track.ts';

/**
 * Grades liquidity (B2): does it see one side of the book withdrawn, laid over the tape at known times, sooner and surer than the
 * depth of the best five levels does; and does the price turn at the supports and resistances that it tells more often than at
 * levels as far away that nobody told.
 */
export const gradeLiquidity: GraderMaker = ({ seed, brain }) => new LiquidityGrader(seed, brain.liquidity);

/** Ways in which a side is withdrawn, each laid over a book of its own. */
const MANNERS: readonly Manner[] = [
  { name: 'at once', overUs: 0, breadth: 1 },
  { name: 'one by one within 1 s, 70 % of the levels', overUs: 1_000_000, breadth: 0.7 },
];
const MINUTE_US = 60_000_000;
/** Minutes that intervals draw together: so many, less where there would be fewer stretches than wanted, more beyond the most. */
const PART_MINUTES = 5;
const PARTS_WANTED = 20;
const PARTS_MOST = 64;
/** Of levels, which may stand and be told for minutes: never less than the first, up to the second where there is enough time. */
const LEVEL_PART_MINUTES = [5, 15] as const;

interface Seat {
  readonly withdrawals: readonly WithdrawalTrack[];
  readonly levels: LevelTrack;
}

class LiquidityGrader implements Grader {
  private readonly seed: number;
  private readonly config: LiquidityConfig;
  private fresh: Seat[] = [];
  /** By manner; for now the stretches are minutes, of all tapes in a row. */
  private readonly cells: Parted<Cell>[][] = MANNERS.map(() => []);
  private readonly fates: Parted<Fate>[] = [];
  private minutes = 0;
  private seats = 0;

  constructor(seed: number, config: LiquidityConfig) {
    this.seed = seed;
    this.config = config;
  }

  watch(): readonly Observer[] {
    const withdrawals = MANNERS.map(
      (manner, m) => new WithdrawalTrack(this.config, manner, new Random(this.seed + this.seats, m)),
    );
    const seat = { withdrawals, levels: new LevelTrack() };
    this.fresh.push(seat);
    this.seats += 1;
    return [...withdrawals, seat.levels];
  }

  played({ spans }: PlayedMarket): void {
    const began = Math.min(...spans.filter(({ from }) => from > 0).map(({ from }) => from));
    const ended = Math.max(...spans.map(({ to }) => to));
    // instruments of one tape move together: their stretches are drawn together
    const partOf = (at: number): number => this.minutes + Math.floor((at - began) / MINUTE_US);
    this.fresh.forEach(({ withdrawals, levels }, i) => {
      withdrawals.forEach(({ cells }, m) => {
        for (const cell of cells) this.cells[m]!.push({ ...cell, part: partOf(cell.at) });
      });
      const random = new Random(this.seed + i, MANNERS.length);
      for (const fate of levels.fates(random)) this.fates.push({ ...fate, part: partOf(fate.at) });
    });
    if (ended > began) this.minutes += Math.floor((ended - began) / MINUTE_US) + 1;
    this.fresh = [];
  }

  section(): Section | null {
    const { cells, fates } = this;
    if (cells.every((each) => each.length === 0) && fates.length === 0) return null;
    const { minutes } = this;
    const short = Math.max(1, Math.min(PART_MINUTES, Math.floor(minutes / PARTS_WANTED)));
    const together = Math.max(short, Math.ceil(minutes / PARTS_MOST));
    const parts = Math.ceil(minutes / together);
    const graded = cells.map(
      (each) =>
        new Withdrawals(
          each.map((cell) => ({ ...cell, part: Math.floor(cell.part / together) })),
          parts,
        ),
    );
    const [least, most] = LEVEL_PART_MINUTES;
    const long = Math.max(least, Math.min(most, Math.floor(minutes / PARTS_WANTED)));
    // what is left over at the end is no stretch of its own
    const stretches = Math.max(1, Math.floor(minutes / long));
    const levels = new Levels(
      fates.map((fate) => ({ ...fate, part: Math.min(stretches - 1, Math.floor(fate.part / long)) })),
      stretches,
    );
    const [first] = graded;
    return {
      name: 'liquidity',
      question:
        'Does it see one side of the book being withdrawn, and does the price turn at the supports and resistances that it tells?',
      notes: [
        `Withdrawals are laid over the tape, no recording tells of any: from the second minute on, every ${(LASTS_US + PAUSE_US + MORE_US) / 1e6} s on average, one side’s best 20 levels show 30, 50 or 80 % less for ${LASTS_US / 1e6} s; trades and prices stay as they are. Asked of each second and side: does one begin here? What follows one is not asked.`,
        `${first!.planted} laid over, one second in ${first!.rarity}. The threshold of the recall leaves ${BUDGET} false alarms in an hour of one side; it is chosen on these very data. The real withdrawals of a tape count as false alarms.`,
        `Levels: looked at every 5 s; reached where the touch comes to one within two minutes, held where it is not a basis point beyond it in the minute after. By chance: the same distance, in deviations of the moves of the last five minutes, from the touch of ${PLACEBOS} other moments by lot. On the other side: the same distance at the same moment.`,
        `Intervals: stretches of ${together} ${together === 1 ? 'minute' : 'minutes'} drawn anew, for levels of ${long} minutes, those of one tape’s markets together; of fewer than ${PARTS_MIN} none.`,
      ],
      figures: [...first!.figures(), ...levels.figures()],
      charts: [],
      tables: [withdrawalTable(graded), levels.table()],
      checks: [],
    };
  }
}

function withdrawalTable(graded: readonly Withdrawals[]): SectionTable {
  const five = 'depth of five';
  return {
    title: 'A side withdrawn: by how, and how much of each level',
    columns: ['how', 'gone', 'laid over', 'AUC', `AUC, ${five}`, 'recall', `recall, ${five}`],
    units: ['', 'share', '', '', '', 'share', 'share'],
    rows: graded.flatMap((one, m) =>
      SHARES.map((share) => [
        ...[MANNERS[m]!.name, share, one.of(share)],
        ...[one.area('own', share), one.area('rival', share)],
        ...[one.recall('own', share), one.recall('rival', share)],
      ]),
    ),
  };
}
