import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { Kind, type OrderBook, opposed } from '../matching/order-book.ts';
import type { Random } from '../random.ts';
import type { LabelSink, PlantedTrade } from '../scenarios/label.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Execute } from './agents.ts';
import { type Crowd, ORDINARY_QUEUE, STEP_MS } from './crowd.ts';
import type { Listing } from './instruments.ts';
import type { LatentValue } from './latent-value.ts';

const STEP_SECONDS = STEP_MS / 1000;
/** Parents being worked off at a time, and how often a slice is followed by one of the same parent. */
const PARENTS = 12;
const SAME_AGAIN = 0.3;
/** How long those who follow a jump take to arrive. */
const CHASE_SECONDS = 0.25;
/** How unlike jumps are in how many follow them: deviation of the logarithm. */
const FOLLOWING = 1;
/** Large jumps draw more than their share: power of their size, up to so many basis points. */
const CROWDING = 2;
const CROWDING_BP_MAX = 8;
/** And in how large their orders are, all together. */
const CONVICTION = 1.5;
/** How long the pressure of a taker's order stays in the makers' opinion. */
const PRESSURE_SECONDS = 5;
/** Pressure of an order as large as `PRESSURE_SIZE` units, basis points; it grows with the square root of the size. */
const PRESSURE_BP = 0.1;
const PRESSURE_SIZE = 25;
const PRESSURE_POWER = 0.35;
const PRESSURE_BP_MAX = 0.6;
/** Share of takers that go with the heavier side of the visible book: what a spoofer lives from. */
const IMPRESSIONABLE = 0.12;
const IMPRESSIONABLE_TICKS = 40;

/** A best price so far from the makers' quote is a hole in the book, not a price. */
const HOLE_TICKS = 50;

/** Share of slices that are blocks. */
const BLOCK_CHANCE = 0.002;

/** Parents are labelled once so many slices have taken something: fewer are no flow that anyone could see. */
const TOLD_SLICES = 20;

interface Parent {
  readonly id: number;
  readonly side: BookSide;
  /** Lots that everyone had traded when it began. */
  readonly volumeBefore: number;
  readonly trades: PlantedTrade[];
  /** Slices still to come; one that finds nothing to take counts as sent. */
  left: number;
}

/** The informed are at it: from the moment a move is decided until it happens. */
interface Episode {
  readonly side: BookSide;
  readonly from: number;
  readonly trades: PlantedTrade[];
  /** Largest move that they knew of, basis points, signed. */
  foreseenBp: number;
}

/**
 * Takers of four kinds, all with heavy-tailed sizes:
 *
 * - persistent: slices of parents whose lengths have a Pareto tail, so that the signs of trades have a long memory
 *   (Lillo, Mike, Farmer, "Theory for long memory in supply and demand", Physical Review E 71, 2005); funds among them
 *   lean with the drift;
 * - informed: know moves that are decided and have not happened, and trade towards them;
 * - chasers: come in a burst when the quotes have jumped, in the direction of the jump;
 * - impressionable: go with the heavier side of the visible book.
 *
 * Every order leaves a pressure in the makers' opinion, concave in its size, that fades within seconds: concave impact
 * and its decay.
 */
export class Takers {
  /** Basis points that takers' orders have pushed opinion to, fading. */
  pressure = 0;
  private readonly parents: Parent[] = [];
  /** Lots traded by everyone so far. */
  volume = 0;
  /** First and last price of the last order that took something. */
  readonly lastTake = { first: 0, last: 0 };
  private episode: Episode | null = null;
  private now = 0;
  private conceived = 0;
  private episodes = 0;
  /** Whose order is being sent, when someone is told of it. */
  private teller: PlantedTrade[] | null = null;
  private last = 0;
  /** Chasers still to come, signed. */
  private chase = 0;
  /** How large their orders are, multiple of the ordinary. */
  private conviction = 1;
  private readonly book: OrderBook;
  private readonly crowd: Crowd;
  private readonly latent: LatentValue;
  private readonly random: Random;
  private readonly execute: Execute;
  private readonly unitLots: number;
  private readonly activity: number;
  private readonly terms: Scenario['takers'];
  private readonly label: LabelSink;
  private readonly instrument: string;

  constructor(
    book: OrderBook,
    crowd: Crowd,
    latent: LatentValue,
    random: Random,
    execute: Execute,
    listing: Listing,
    terms: Scenario['takers'],
    label: LabelSink,
  ) {
    this.book = book;
    this.crowd = crowd;
    this.latent = latent;
    this.random = random;
    this.execute = execute;
    this.unitLots = listing.unitLots;
    this.activity = listing.activity;
    this.instrument = listing.instrument.id;
    this.label = label;
    this.terms = terms;
    for (let i = 0; i < PARENTS; i++) this.parents.push(this.conceive());
  }

  step(now: number): void {
    this.now = now;
    const { random, terms, activity } = this;
    this.pressure *= Math.exp(-STEP_SECONDS / PRESSURE_SECONDS);
    const movedBp = (this.crowd.moved / this.crowd.opinion) * 10_000;
    this.chase *= Math.exp(-STEP_SECONDS / CHASE_SECONDS);
    if (movedBp !== 0) {
      const crowding = Math.min(CROWDING_BP_MAX, Math.abs(movedBp)) ** CROWDING;
      this.chase += Math.sign(movedBp) * terms.burst * crowding * activity * unlike(random, FOLLOWING);
      this.conviction = unlike(random, CONVICTION);
    }
    this.arrive(
      (Math.abs(this.chase) / CHASE_SECONDS) * STEP_SECONDS,
      this.chase > 0 ? BID : ASK,
      this.conviction,
    );

    const foreseenBp = this.latent.foreseen * 10_000;
    const knowing = Math.min(3, Math.abs(foreseenBp)) * terms.informed_per_second * activity;
    const side = foreseenBp > 0 ? BID : ASK;
    if (this.episode !== null && (knowing === 0 || this.episode.side !== side)) this.endEpisode(true);
    if (knowing > 0) {
      this.episode ??= { side, from: now, trades: [], foreseenBp };
      if (Math.abs(foreseenBp) > Math.abs(this.episode.foreseenBp)) this.episode.foreseenBp = foreseenBp;
      this.teller = this.episode.trades;
      this.arrive(knowing * STEP_SECONDS, side);
      this.teller = null;
    }

    const rate = terms.per_second * this.latent.restlessness * activity;
    for (let i = random.poisson(rate * STEP_SECONDS); i > 0; i--)
      if (random.chance(IMPRESSIONABLE)) this.takeSlice(this.heavierSide());
      else this.workParents();
  }

  /** The time is up: what is under way is labelled as far as it got. */
  finish(): void {
    if (this.episode !== null) this.endEpisode(false);
    for (const parent of this.parents) this.tellOfParent(parent, false);
  }

  /** Takes up to `size` lots within `reach` ticks of the best price. */
  takeLots(side: BookSide, size: number, reach: number): number {
    const { book, crowd } = this;
    const best = book.best(opposed(side));
    if (Number.isNaN(best)) return 0;
    const sign = side === BID ? 1 : -1;
    // a hole that the makers are about to fill is not bought through
    if ((best - crowd.quotes[opposed(side)]) * sign > HOLE_TICKS) return 0;
    this.execute(side, Kind.ioc, best + sign * reach, size, 0);
    const taken = size - book.remaining;
    if (taken > 0) {
      const { matches } = book;
      this.lastTake.first = matches.price[0]!;
      this.lastTake.last = matches.price[matches.count - 1]!;
      this.teller?.push({
        at: this.now,
        role: this.teller === this.episode?.trades ? 'informed' : 'slice',
        side: nameOf(side),
        size: taken,
        ...this.lastTake,
      });
    }
    this.push(sign, taken);
    crowd.eaten(opposed(side));
    return taken;
  }

  private push(sign: number, size: number): void {
    const push = PRESSURE_BP * (size / this.unitLots / PRESSURE_SIZE) ** PRESSURE_POWER;
    this.pressure += sign * Math.min(PRESSURE_BP_MAX, push);
  }

  private arrive(expected: number, side: BookSide, conviction = 1): void {
    for (let i = this.random.poisson(Math.min(5, expected)); i > 0; i--) this.take(side, conviction);
  }

  /** Now and then someone crosses with a block that the queue at the best price can just bear. */
  private takeSlice(side: BookSide): void {
    const { random } = this;
    if (!random.chance(BLOCK_CHANCE)) return this.take(side);
    this.takeLots(side, Math.round(ORDINARY_QUEUE * this.unitLots * (0.5 + random.uniform())), 0);
  }

  private take(side: BookSide, conviction = 1): void {
    const { random } = this;
    const units = Math.min(4000, conviction * Math.exp(0.6 + 2.25 * random.normal()));
    this.takeLots(side, Math.max(1, Math.round(units * this.unitLots)), random.below(12));
  }

  /** One of the parents, mostly another than the last, sends a slice. */
  private workParents(): void {
    if (!this.random.chance(SAME_AGAIN)) this.last = this.random.below(PARENTS);
    const at = this.last;
    const parent = this.parents[at]!;
    parent.left -= 1;
    this.teller = parent.trades;
    this.takeSlice(parent.side);
    this.teller = null;
    if (parent.left > 0) return;
    this.tellOfParent(parent, true);
    this.parents[at] = this.conceive();
  }

  private tellOfParent(parent: Parent, complete: boolean): void {
    const { trades, side, id, volumeBefore } = parent;
    if (trades.length < TOLD_SLICES) return;
    const size = trades.reduce((sum, trade) => sum + trade.size, 0);
    this.label({
      kind: 'flow',
      instrument: this.instrument,
      from: trades[0]!.at,
      to: this.now,
      side: nameOf(side),
      prices: [trades[0]!.first, trades[trades.length - 1]!.last],
      size,
      participant: `flow-${id}@${this.instrument}`,
      parameters: {
        reached: size / Math.max(size, this.volume - volumeBefore),
        slices: trades.length,
        complete,
      },
      orders: [],
      trades,
    });
  }

  private endEpisode(complete: boolean): void {
    const { side, from, trades, foreseenBp } = this.episode!;
    this.episode = null;
    this.episodes += 1;
    if (trades.length === 0) return;
    this.label({
      kind: 'informed',
      instrument: this.instrument,
      from,
      to: this.now,
      side: nameOf(side),
      prices: [trades[0]!.first, trades[trades.length - 1]!.last],
      size: trades.reduce((sum, trade) => sum + trade.size, 0),
      participant: `informed-${this.episodes}@${this.instrument}`,
      parameters: { foreseenBp, complete },
      orders: [],
      trades,
    });
  }

  /** A new parent; funds trade with the drift somewhat more often than against it. */
  private conceive(): Parent {
    const lean = 0.25 * Math.tanh((this.latent.drift * 60) / 3e-4);
    const side = this.random.chance(0.5 + lean) ? BID : ASK;
    const slices = Math.min(400, Math.round(4 * this.random.pareto(this.terms.memory_exponent)));
    this.conceived += 1;
    return {
      id: this.conceived,
      side,
      volumeBefore: this.volume,
      trades: [],
      left: slices,
    };
  }

  private heavierSide(): BookSide {
    const bids = this.weight(BID);
    const asks = this.weight(ASK);
    return this.random.chance(bids / (bids + asks)) ? BID : ASK;
  }

  private weight(side: BookSide): number {
    let size = 1;
    const best = this.book.best(side);
    for (
      let price = best;
      Math.abs(price - best) <= IMPRESSIONABLE_TICKS;
      price = this.book.behind(side, price)
    )
      size += this.book.sizeAt(price);
    return size;
  }
}

const nameOf = (side: BookSide): 'buy' | 'sell' => (side === BID ? 'buy' : 'sell');

/** A positive number with mean 1 whose logarithm has this deviation. */
const unlike = (random: Random, deviation: number): number =>
  Math.exp(deviation * random.normal() - deviation ** 2 / 2);
