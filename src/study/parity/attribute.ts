import type { FillEvent } from '../../core/events.ts';
import { applyRate, formatMoney, type Instrument } from '../../core/instrument.ts';
import type { FeeRates } from '../../core/position/position.ts';
import { type Lots, type Money, money, type Ticks, us } from '../../core/units.ts';
import { decompose, type Part, scale, sumOf, type TripFigures } from './decompose.ts';
import type { Evidence, Hit, Trace, Walk } from './evidence.ts';
import type { OrderStory, Trip } from './story.ts';

/**
 * Why a part of a difference is there:
 * - `decision`: the order itself was another one: decided at another time, of another size, at another limit.
 * - `latency`: the recorded book moved between paper's arrival and the venue's fill.
 * - `book`: the venue filled at other prices than the book recorded at its time shows, and others traded or stood there.
 * - `passed`: the same, but that others went through those prices between two books, or traded less there: none is known to
 *   have been there with as much.
 * - `queue`: so much more, or less, of a resting order filled.
 * - `trigger`: stop or target was set off by another trade, or another of the two was.
 * - `fee`, `funding`: other rates, other payments.
 * - `rounding`: below 1e-18 of a value.
 * - `unexplained`: the tape does not tell.
 */
export const CAUSES = [
  'decision',
  'latency',
  'book',
  'passed',
  'queue',
  'trigger',
  'fee',
  'funding',
  'rounding',
  'unexplained',
] as const;
export type Cause = (typeof CAUSES)[number];

export interface Attribution {
  readonly part: Part;
  readonly cause: Cause;
  /** Positive: the venue did better. */
  readonly amount: Money;
  readonly evidence: string;
}

const figuresOf = ({ entryValue, exitValue, entrySize, trade }: Trip): TripFigures => ({
  size: entrySize,
  entryValue,
  exitValue,
  realized: trade.realized,
  fees: trade.fees,
  funding: trade.funding,
});

/** One pair of round trips; asks the tape when made, explains when that has answered. */
export class PairQuestion {
  private readonly instrument: Instrument;
  private readonly venue: Trip;
  private readonly paper: Trip;
  private readonly entry: LegQuestion;
  private readonly exit: LegQuestion;
  private readonly fees: FeeRates;

  /** `fees`: what paper charges. */
  constructor(evidence: Evidence, instrument: Instrument, venue: Trip, paper: Trip, fees: FeeRates) {
    this.instrument = instrument;
    this.venue = venue;
    this.paper = paper;
    this.fees = fees;
    this.entry = new LegQuestion(evidence, instrument, sideOf('entry', venue), sideOf('entry', paper));
    this.exit = new LegQuestion(evidence, instrument, sideOf('exit', venue), sideOf('exit', paper));
  }

  /** Every part of the difference with its causes; they sum up to it exactly. */
  explain(): Attribution[] {
    const { venue, paper, instrument } = this;
    const theirs = figuresOf(venue);
    const ours = figuresOf(paper);
    const gain = (venue.trade.direction === 'long') === !instrument.inverse ? 1n : -1n;
    const parts = decompose(theirs, ours, gain);
    const scaled = scale(ours, theirs.size);
    return [
      { part: 'size', ...this.sizeCause(theirs.size, ours.size), amount: parts.size },
      ...this.entry.explain(parts.entry, gain === 1n ? -1n : 1n, theirs.entryValue, scaled.entryValue),
      ...this.exit.explain(parts.exit, gain, theirs.exitValue, scaled.exitValue),
      ...this.explainFees(parts.fee),
      { part: 'funding', cause: 'funding', amount: parts.funding, evidence: this.fundingEvidence() },
    ];
  }

  private sizeCause(theirs: bigint, ours: bigint): Pick<Attribution, 'cause' | 'evidence'> {
    const { venue, paper, instrument } = this;
    const words = (size: bigint, trip: Trip): string => {
      const filled = instrument.formatSize(Number(size) as Lots);
      const wanted = trip.order?.place?.size;
      return wanted === undefined || BigInt(wanted) === size
        ? filled
        : `${filled} of ${instrument.formatSize(wanted)}`;
    };
    const evidence = `${words(theirs, venue)} filled there, ${words(ours, paper)} here`;
    if (venue.order?.place?.size !== paper.order?.place?.size) return { cause: 'decision', evidence };
    return { cause: venue.order?.place?.type === 'postOnly' ? 'queue' : 'book', evidence };
  }

  private explainFees(total: Money): Attribution[] {
    const { venue, paper } = this;
    const fills = [...venue.entries, ...venue.exits];
    const others = [...paper.entries, ...paper.exits];
    const atPaperRates = sumOf(
      fills.map(
        ({ size, price, maker }) =>
          -applyRate(this.instrument.value(size, price), maker ? this.fees.maker : this.fees.taker),
      ),
    );
    const charged = sumOf(fills.map(({ fee }) => fee));
    const rates = charged - atPaperRates;
    const rateWords = `${feeWords(this.instrument, fills)} there, ${feeWords(this.instrument, others)} here`;
    return [
      { part: 'fee', cause: 'fee', amount: money(rates), evidence: `other rates: ${rateWords}` },
      {
        part: 'fee',
        cause: 'fee',
        amount: money(total - rates),
        evidence:
          makerLots(fills) * Number(paper.entrySize) === makerLots(others) * Number(venue.entrySize)
            ? 'the same rates on other prices'
            : `maker for taker: ${rateWords}`,
      },
    ];
  }

  private fundingEvidence(): string {
    const words = ({ payments }: Trip): string =>
      payments.length === 0
        ? 'none'
        : payments
            .map(({ amount, exchangeAt }) => `${formatMoney(amount)} at ${clockOf(exchangeAt)}`)
            .join(', ');
    return `${words(this.venue)} there; ${words(this.paper)} here`;
  }
}

interface LegSide {
  readonly which: 'entry' | 'exit';
  readonly fills: readonly FillEvent[];
  /** The order that we sent for it; null for the venue's own, and for what was open at the beginning. */
  readonly order: OrderStory | null;
  /** Of the entry: where stop and target stood, and when it had filled. */
  readonly entry: OrderStory | null;
  readonly entryFill: FillEvent | null;
  readonly direction: 'long' | 'short';
}

function sideOf(which: 'entry' | 'exit', trip: Trip): LegSide {
  const { order, direction } = { order: trip.order, direction: trip.trade.direction };
  const fills = which === 'entry' ? trip.entries : trip.exits;
  return {
    which,
    fills,
    order: which === 'entry' ? order : trip.exitOrder,
    entry: order,
    entryFill: trip.entries.at(-1) ?? null,
    direction,
  };
}

/** Entry or exit of a pair. */
class LegQuestion {
  private readonly evidence: Evidence;
  private readonly instrument: Instrument;
  private readonly venue: LegSide;
  private readonly paper: LegSide;
  /** The book at the venue's time, for each of its orders. */
  private readonly booked: readonly Walk[];
  private readonly traces: readonly Trace[];
  private readonly decidedThere: Walk | null;
  private readonly decidedHere: Walk | null;
  private readonly hitThere: Hit | null;
  private readonly hitHere: Hit | null;

  constructor(evidence: Evidence, instrument: Instrument, venue: LegSide, paper: LegSide) {
    this.evidence = evidence;
    this.instrument = instrument;
    this.venue = venue;
    this.paper = paper;
    const taking = venue.fills.filter(({ maker }) => !maker);
    this.booked = byOrder(taking).map((fills) =>
      evidence.walk({
        instrument: fills[0]!.instrument,
        clock: 'exchange',
        time: fills[0]!.exchangeAt,
        side: fills[0]!.side,
        size: sizeOf(fills),
      }),
    );
    this.traces = taking.map(({ instrument: index, exchangeAt, price, side }) =>
      evidence.trace({ instrument: index, at: exchangeAt, price, side, walked: sizeOf(taking) }),
    );
    const decided = ({ order, fills }: LegSide): Walk | null =>
      order === null || order.place === null || fills.length === 0
        ? null
        : evidence.walk({
            instrument: order.place.instrument,
            clock: 'ours',
            // what it was decided on is in it
            time: us(order.decidedAt + 1),
            side: order.place.side,
            size: sizeOf(fills),
          });
    this.decidedThere = decided(venue);
    this.decidedHere = decided(paper);
    const hit = ({ which, order, entry, entryFill, direction }: LegSide, clock: Hit['clock']): Hit | null => {
      if (which === 'entry' || order !== null || entry?.place == null || entryFill === null) return null;
      const moved = entry.moves.at(-1);
      const { stopLoss, takeProfit } = moved?.command ?? entry.place;
      const levels = {
        instrument: entry.place.instrument,
        long: direction === 'long',
        stopLoss,
        takeProfit,
      };
      // when a move arrived there is not told, only when it was sent
      if (moved !== undefined) return evidence.hit({ ...levels, clock: 'ours', from: moved.sentAt });
      const from = clock === 'exchange' ? entryFill.exchangeAt : entryFill.exchangeAt * 1000;
      return evidence.hit({ ...levels, clock, from });
    };
    this.hitThere = hit(venue, 'exchange');
    this.hitHere = hit(paper, 'ours');
  }

  /** `factor`: what a higher value earns. The values are those that `total` was reckoned from. */
  explain(total: Money, factor: 1n | -1n, there: bigint, here: bigint): Attribution[] {
    const part = this.venue.which;
    const told: Attribution[] = [];
    const tell = (cause: Cause, value: bigint, evidence: string): void => {
      told.push({ part, cause, amount: money(factor * value), evidence });
    };
    if (there !== here) this.tellPrices(tell, there, here);
    const rest = total - sumOf(told.map(({ amount }) => amount));
    if (rest !== 0n)
      told.push({ part, cause: 'rounding', amount: money(rest), evidence: 'values kept at 1e-18' });
    return told;
  }

  private tellPrices(
    tell: (cause: Cause, value: bigint, evidence: string) => void,
    there: bigint,
    here: bigint,
  ): void {
    const { venue, paper } = this;
    const makers = (side: LegSide): boolean =>
      side.fills.length > 0 && side.fills.every(({ maker }) => maker);
    if (makers(venue) && makers(paper)) {
      const limits = this.limitValues();
      if (limits === null)
        return tell('unexplained', there - here, 'resting orders without a record of their limit');
      tell('decision', limits[0] - limits[1], `limits ${limits[2]} there, ${limits[3]} here`);
      tell(
        'queue',
        there - here - (limits[0] - limits[1]),
        `${whenWords(venue)} there, ${whenWords(paper)} here`,
      );
      return;
    }
    const values = this.booked.map(({ value }) => value);
    const makerValue = sumOf(
      venue.fills.filter(({ maker }) => maker).map(({ size, price }) => this.instrument.value(size, price)),
    );
    if (venue.fills.length === 0 || values.some((value) => value === null))
      return tell(
        'unexplained',
        there - here,
        venue.fills.length === 0 ? 'opened before the record begins' : 'no recorded book at the venue’s time',
      );
    const booked = makerValue + sumOf(values as Money[]);
    this.tellTiming(tell, booked, here);
    const taking = venue.fills.filter(({ maker }) => !maker);
    const unseen = this.traces.filter(
      ({ traded, displayed }, index) => traded < taking[index]!.size && displayed === null,
    );
    const [first] = this.booked;
    const shown = first === undefined ? '' : `recorded touch ${this.price(first.touch)} at that time; `;
    if (unseen.length === 0) return tell('book', there - booked, `${shown}${this.traceWords()}`);
    const prices = unseen.map(({ price }) => this.price(price)).join(', ');
    if (unseen.every(({ instrument, at }) => this.evidence.endsBefore(instrument, at)))
      return tell('book', there - booked, `${shown}${ENDS}: filled at ${prices}`);
    if (unseen.every(isPassed))
      return tell(
        'passed',
        there - booked,
        `${shown}${unseen.map((trace) => this.passageWords(trace)).join('; ')}`,
      );
    tell(
      'unexplained',
      there - booked,
      `${shown}the tape shows neither another's trade nor a level at ${prices}`,
    );
  }

  private tellTiming(
    tell: (cause: Cause, value: bigint, evidence: string) => void,
    booked: bigint,
    here: bigint,
  ): void {
    const { venue, paper, decidedThere, decidedHere, hitThere, hitHere } = this;
    const when = `${whenWords(venue)} there, ${whenWords(paper)} here`;
    if (decidedThere !== null && decidedHere !== null) {
      const then = decidedThere.value;
      const now = decidedHere.value === null ? null : this.toSize(decidedHere.value);
      const decided =
        then === null || now === null || decidedThere.time === decidedHere.time ? 0n : then - now;
      if (decidedThere.time !== decidedHere.time)
        tell(
          'decision',
          decided,
          `decided at ${microsOf(decidedThere.time)} there (touch ${this.price(decidedThere.touch)}), at ${microsOf(decidedHere.time)} here (touch ${this.price(decidedHere.touch)})`,
        );
      tell(
        'latency',
        booked - here - decided,
        `touch ${this.price(decidedThere.touch)} when decided, ${this.price(this.booked[0]?.touch ?? 0)} when it filled there; fill ${when}`,
      );
      return;
    }
    const purposes = [purposeOf(venue), purposeOf(paper)] as const;
    if (purposes[0] !== purposes[1])
      return tell(
        'trigger',
        booked - here,
        `closed by ${purposes[0]} there, by ${purposes[1]} here; ${when}`,
      );
    if (hitThere === null || hitHere === null) return tell('latency', booked - here, `fill ${when}`);
    const [stop, same] = [this.price(hitThere.stopLoss), hitThere.trade?.at === hitHere.trade?.at];
    if (hitThere.trade === null && this.atTheEnd) return tell('trigger', booked - here, `${ENDS}; ${when}`);
    if (hitThere.trade === null)
      return tell(
        'unexplained',
        booked - here,
        `no trade on the tape reached stop ${stop} or target ${this.price(hitThere.takeProfit)}`,
      );
    const set = `trade ${this.price(hitThere.trade.price)} heard ${microsOf(hitThere.trade.at)}`;
    if (same) return tell('latency', booked - here, `${set} set off both; fill ${when}`);
    tell(
      'trigger',
      booked - here,
      `${set} set it off there, ${hitHere.trade === null ? 'nothing' : `trade ${this.price(hitHere.trade.price)} heard ${microsOf(hitHere.trade.at)}`} here; stops ${stop} and ${this.price(hitHere.stopLoss)}`,
    );
  }

  private get atTheEnd(): boolean {
    const last = this.venue.fills.at(-1);
    return last !== undefined && this.evidence.endsBefore(last.instrument, last.exchangeAt);
  }

  /** Paper's value at the venue's size. */
  private toSize(value: bigint): bigint {
    const theirs = BigInt(sizeOf(this.venue.fills));
    const ours = BigInt(sizeOf(this.paper.fills));
    return theirs === ours ? value : (value * theirs) / ours;
  }

  private limitValues(): [bigint, bigint, string, string] | null {
    const theirs = this.venue.order?.place?.price;
    const ours = this.paper.order?.place?.price;
    if (theirs === undefined || ours === undefined) return null;
    const size = sizeOf(this.venue.fills) as Lots;
    return [
      this.instrument.value(size, theirs),
      this.instrument.value(size, ours),
      this.price(theirs),
      this.price(ours),
    ];
  }

  private traceWords(): string {
    return this.venue.fills
      .filter(({ maker }) => !maker)
      .map(({ price, size }, index) => {
        const { traded, displayed } = this.traces[index]!;
        const trade = traded > 0 ? `others traded ${traded} lots there` : '';
        const level =
          displayed === null
            ? ''
            : `the book shows that level ${displayed === 'before' ? 'before' : 'after'} it`;
        return `filled ${size} lots at ${this.price(price)}: ${[trade, level].filter((text) => text !== '').join(', ')}`;
      })
      .join('; ');
  }

  private passageWords({ price, traded, passage }: Trace): string {
    const there = `at ${this.price(price)} ${traded === 0 ? 'nobody else' : `others only ${traded} lots`} at that time`;
    if (passage === null) return there;
    const { low, high, traded: between } = passage;
    return `${there}; between the two books around it the touch and ${between} lots traded by others went from ${this.price(low)} to ${this.price(high)}`;
  }

  private price(price: number): string {
    return price === 0 ? '—' : this.instrument.formatPrice(price as Ticks);
  }
}

const ENDS = 'the record ends before it could tell of it';

/** Some of it others traded too, or they were on both sides of its price between two books. */
const isPassed = ({ price, traded, passage }: Trace): boolean =>
  traded > 0 || (passage !== null && passage.low <= price && price <= passage.high);

const sizeOf = (fills: readonly FillEvent[]): number => fills.reduce((sum, { size }) => sum + size, 0);

function byOrder(fills: readonly FillEvent[]): FillEvent[][] {
  const groups = new Map<string, FillEvent[]>();
  for (const fill of fills) {
    const group = groups.get(fill.clientOrderId);
    if (group === undefined) groups.set(fill.clientOrderId, [fill]);
    else group.push(fill);
  }
  return [...groups.values()];
}

const makerLots = (fills: readonly FillEvent[]): number => sizeOf(fills.filter(({ maker }) => maker));

const purposeOf = ({ fills }: LegSide): string => fills.at(-1)?.purpose ?? 'nothing';

const whenWords = ({ fills }: LegSide): string =>
  fills.length === 0 ? 'not' : `heard ${microsOf(fills[0]!.at)}`;

const clockOf = (at: number): string => new Date(at).toISOString().slice(11, 23);
const microsOf = (at: number): string => clockOf(Math.floor(at / 1000));

function feeWords(instrument: Instrument, fills: readonly FillEvent[]): string {
  const words = (['taker', 'maker'] as const).flatMap((kind) => {
    const some = fills.filter(({ maker }) => maker === (kind === 'maker'));
    if (some.length === 0) return [];
    const value = sumOf(some.map(({ size, price }) => instrument.value(size, price)));
    const fee = sumOf(some.map((fill) => fill.fee));
    return [`${((-Number(fee) / Number(value)) * 10_000).toFixed(3)} bp as ${kind}`];
  });
  return words.length === 0 ? 'nothing' : words.join(' and ');
}
