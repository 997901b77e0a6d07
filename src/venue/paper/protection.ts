import type { Place } from '../../core/commands.ts';
import type { Ticks, Us } from '../../core/units.ts';
import type { Answers } from './answers.ts';

export interface StandingPair {
  readonly protectionId: string;
  readonly instrument: number;
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
  /** Lots it closes. */
  size: number;
}

/** Take profit and stop loss pairs: they come with the fills of their entry and go with the position. */
export class Protections {
  pairs: StandingPair[] = [];
  private readonly answers: Answers;

  constructor(answers: Answers) {
    this.answers = answers;
  }

  /** So much of an entry with a pair attached has filled. */
  protect(place: Place, size: number, at: Us): void {
    const pair = this.pairs.find(({ protectionId }) => protectionId === place.protectionId);
    if (pair !== undefined) {
      pair.size += size;
      return;
    }
    const { protectionId, instrument, takeProfit, stopLoss } = place;
    const standing = { protectionId, instrument, takeProfit, stopLoss, size };
    this.pairs.push(standing);
    // a pair can come back, when its entry fills on after the first one fired: what it filled is told in all
    const filled = this.answers.filledOf(protectionId);
    this.answers.order(instrument, protectionId, protectionId, 'live', filled, '', at);
  }

  cancel(protectionId: string, at: Us): void {
    const pair = this.pairs.find((each) => each.protectionId === protectionId);
    if (pair === undefined) return;
    this.drop(pair);
    this.sayCanceled(pair, '1 canceled by us', at);
  }

  /** The position is gone: what protected it goes with it, but for the pair that is closing it right now. */
  positionClosed(instrument: number, closing: string, at: Us): void {
    for (const pair of this.pairs)
      if (pair.instrument === instrument && pair.protectionId !== closing)
        this.sayCanceled(pair, '21 the position was closed', at);
    this.pairs = this.pairs.filter((pair) => pair.instrument !== instrument || pair.protectionId === closing);
  }

  drop(pair: StandingPair): void {
    this.pairs = this.pairs.filter((other) => other !== pair);
  }

  private sayCanceled({ instrument, protectionId }: StandingPair, reason: string, at: Us): void {
    const filled = this.answers.filledOf(protectionId);
    this.answers.order(instrument, protectionId, protectionId, 'canceled', filled, reason, at);
  }
}

/** Which of the pair a trade at `price` sets off on a long (or short) position; the stop where it is both. */
export function hitBy(pair: StandingPair, long: boolean, price: number): 'takeProfit' | 'stopLoss' | null {
  const { takeProfit, stopLoss } = pair;
  if (stopLoss > 0 && (long ? price <= stopLoss : price >= stopLoss)) return 'stopLoss';
  if (takeProfit > 0 && (long ? price >= takeProfit : price <= takeProfit)) return 'takeProfit';
  return null;
}
