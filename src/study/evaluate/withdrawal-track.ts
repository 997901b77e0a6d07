import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { NO_SUSPICION } from '../../core/brain/finding.ts';
import { Liquidity, type LiquidityConfig } from '../../core/brain/liquidity.ts';
import { DecayingMoments } from '../../core/brain/measures/decay.ts';
import { type BookEvent, EventKind, type TradeEvent } from '../../core/events.ts';
import type { Us } from '../../core/units.ts';
import type { Random } from '../../exchange/random.ts';
import type { Observer } from './play.ts';
import { Thinner, type Withdrawal } from './thinned.ts';

export const SHARES = [0.3, 0.5, 0.8] as const;
export const LASTS_US = 5_000_000;
/** Between the end of one and the beginning of the next: so long, and as much again on average, µs. */
export const PAUSE_US = 5_000_000;
export const MORE_US = 10_000_000;
const LEVELS = 20;
/** What is usual has to be known first, µs. */
const SETTLED_US = 60_000_000;
/** A score within so long of the beginning finds it; also the length of the ordinary stretches, µs. */
export const WITHIN_US = 1_000_000;
/** Of the rival. */
const TOUCH_LEVELS = 5;

/** How the levels go. */
export interface Manner {
  readonly name: string;
  readonly overUs: number;
  /** Share of the levels. */
  readonly breadth: number;
}

/** One second of one side: an ordinary one, or that in which a withdrawal began. */
export interface Cell {
  readonly at: number;
  /** Of each level that went; 0: none began. */
  readonly share: number;
  /** The greatest within it, in deviations: the detector's, and that of the best five levels' depth. */
  own: number;
  rival: number;
  /** Where one began, each time that either was greater than ever since: how they came to the greatest. */
  readonly ownRises: Rise[];
  readonly rivalRises: Rise[];
}

export interface Rise {
  readonly score: number;
  /** From the beginning, µs. */
  readonly after: number;
}

/**
 * The liquidity detector over a book from which one side is withdrawn now and then, beside the true one. What it is asked for does
 * not depend on what is suspected, so nobody suspects here.
 */
export class WithdrawalTrack implements Observer {
  readonly cells: Cell[] = [];
  private readonly thinner: Thinner;
  private readonly thin = new OrderBook();
  private readonly detector: Liquidity;
  private readonly halfLifeUs: number;
  private depth: readonly [DecayingMoments, DecayingMoments];
  private readonly current: (Cell | null)[] = [null, null];
  private readonly keys = [0, 0];
  private last: Withdrawal | null = null;
  private settledAt = 0;
  private now = 0;

  constructor(config: LiquidityConfig, manner: Manner, random: Random) {
    this.thinner = new Thinner(plan(manner, random, () => Math.max(this.settledAt, this.now - LASTS_US)));
    this.detector = new Liquidity(config, this.thin, NO_SUSPICION);
    this.halfLifeUs = config.halfLifeMs * 1000;
    this.depth = this.usual();
  }

  trade(event: TradeEvent): void {
    this.detector.onTrade(event);
  }

  lost(): void {
    this.thin.invalidate();
    this.detector.reset();
    this.depth = this.usual();
    this.settledAt = 0;
    this.current.fill(null);
  }

  book(event: BookEvent): void {
    if (this.settledAt === 0) this.settledAt = event.at + SETTLED_US;
    this.now = event.at;
    const { thin, detector, thinner } = this;
    const seen = thinner.take(event);
    if (seen.kind !== EventKind.book) return;
    thin.apply(seen.frame);
    detector.onBook(event.at);
    detector.reading(event.at);
    this.last = thinner.withdrawal ?? this.last;
    if (!thin.valid || !thin.twoSided) return;
    this.look(BID, detector.bids.withdrawalZ, event.at);
    this.look(ASK, detector.asks.withdrawalZ, event.at);
  }

  private look(side: BookSide, own: number, at: Us): void {
    const usual = this.depth[side]!;
    const depth = this.thin.depth(side, TOUCH_LEVELS);
    const rival = usual.deviation > 0 ? (usual.mean - depth) / usual.deviation : 0;
    usual.set(depth, at);
    if (at < this.settledAt) return;
    const { last } = this;
    const since = last !== null && last.side === side ? at - last.from : Number.POSITIVE_INFINITY;
    // what follows a withdrawal, and its return, is neither
    if (since >= WITHIN_US && since < 2 * LASTS_US) {
      this.current[side] = null;
      return;
    }
    const began = since < WITHIN_US;
    const key = began ? -last!.from : Math.floor(at / WITHIN_US);
    let cell = this.current[side]!;
    if (cell === null || this.keys[side] !== key) {
      const nothing = { own: Number.NEGATIVE_INFINITY, rival: Number.NEGATIVE_INFINITY };
      cell = { at, share: began ? last!.share : 0, ...nothing, ownRises: [], rivalRises: [] };
      this.current[side] = cell;
      this.keys[side] = key;
      this.cells.push(cell);
    }
    if (own > cell.own) {
      cell.own = own;
      if (began) cell.ownRises.push({ score: own, after: since });
    }
    if (rival > cell.rival) {
      cell.rival = rival;
      if (began) cell.rivalRises.push({ score: rival, after: since });
    }
  }

  private usual(): [DecayingMoments, DecayingMoments] {
    return [new DecayingMoments(this.halfLifeUs), new DecayingMoments(this.halfLifeUs)];
  }
}

/** Withdrawals without end, at times by lot; `earliest`, asked for each, is when the one before may have begun at the earliest. */
function* plan(manner: Manner, random: Random, earliest: () => number): Generator<Withdrawal> {
  for (let at = 0; ; ) {
    at = Math.max(at, earliest()) + LASTS_US + PAUSE_US + random.exponential(MORE_US);
    const share = SHARES[random.below(SHARES.length)]!;
    const side = random.chance(0.5) ? BID : ASK;
    yield {
      ...{ side, share, from: at, to: at + LASTS_US, levels: LEVELS },
      ...{ overUs: manner.overUs, breadth: manner.breadth },
    };
  }
}
