import type { OrderBook } from '../../core/book/order-book.ts';
import type { Detector } from '../../core/brain/detector.ts';
import type { Finding, FindingSink } from '../../core/brain/finding.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { TouchPath } from './barriers.ts';
import { type FindingSection, findingSection, type Told } from './finding-section.ts';
import { Findings } from './findings.ts';
import { onOurClock } from './labels.ts';
import { type Observer, type PlayedMarket, watching } from './play.ts';
import type { Grader, GraderMaker, Section } from './section.ts';

/** A detector that tells findings, and how it is graded. */
export interface FindingGrading extends Omit<FindingSection, 'told' | 'rivals'> {
  readonly kind: Finding['kind'];
  readonly rivals: readonly FindingRival[];
  /** What can be said besides, of everything seen; `told` as it was graded. */
  readonly moreOf?: (told: readonly Told[]) => FindingSection['more'];
}

export interface FindingRival {
  readonly name: string;
  readonly make: (book: OrderBook, tell: FindingSink) => Detector;
}

/** The grader of one kind of finding: what the brain tells of it, against its labels and its rivals. */
export const findingGrader = (grading: FindingGrading): GraderMaker => {
  return ({ simulated }) => new FindingGrader({ ...grading, simulated });
};

interface Seat {
  readonly path: TouchPath;
  readonly own: Findings;
  readonly rivals: readonly Findings[];
}

class FindingGrader implements Grader {
  private readonly grading: FindingGrading;
  private readonly seats: Seat[] = [];
  private readonly told: Told[] = [];
  private readonly rivalsTold: Told[][];

  constructor(grading: FindingGrading) {
    this.grading = grading;
    this.rivalsTold = grading.rivals.map(() => []);
  }

  watch(_instrument: unknown, book: OrderBook): readonly Observer[] {
    const { kind, rivals } = this.grading;
    const seat = { path: new TouchPath(), own: new Findings(), rivals: rivals.map(() => new Findings()) };
    this.seats.push(seat);
    const own: Observer = {
      finding: (finding) => {
        if (finding.kind === kind) seat.own.take(finding);
      },
      frame: (_brain, { valid, twoSided, bestBid, bestAsk }, at) => {
        if (valid && twoSided) seat.path.push(at, bestBid, bestAsk);
        else seat.path.lose(at);
      },
      lost: (at) => seat.path.lose(at),
    };
    return [own, ...rivals.map(({ make }, i) => watching(make(book, seat.rivals[i]!.take)))];
  }

  played({ spans }: PlayedMarket, labels: readonly (readonly Label[])[] | null): void {
    const seats = this.seats.splice(0);
    seats.forEach(({ path, own: findings, rivals }, i) => {
      const span = spans[i]!;
      const own = labels?.[i];
      const rest = { labels: own === undefined ? null : onOurClock(own, span.aheadMs), span, path };
      this.told.push({ candidates: findings.all(this.grading.kind), ...rest });
      rivals.forEach((rival, r) => {
        this.rivalsTold[r]!.push({ candidates: rival.all(), ...rest });
      });
    });
  }

  section(): Section | null {
    const { kind: _kind, rivals, moreOf, ...grading } = this.grading;
    const { told } = this;
    if (told.length === 0) return null;
    const more = moreOf?.(told);
    return findingSection({
      ...grading,
      ...(more === undefined ? {} : { more }),
      told,
      rivals: rivals.map(({ name }, r) => ({ name, told: this.rivalsTold[r]! })),
    });
  }
}
