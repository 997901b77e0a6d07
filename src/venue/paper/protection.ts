import { NO_PRICE } from '../../core/book/ladder.ts';
import type { AmendProtection, Place } from '../../core/commands.ts';
import type { Ticks, Us } from '../../core/units.ts';
import type { Answers } from './answers.ts';

export interface StandingPair {
  readonly protectionId: string;
  readonly instrument: number;
  takeProfit: Ticks;
  stopLoss: Ticks;
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

  /**
   * Moves the triggers; `touch` is where the position could be closed now (OKX looks at the last price). Like OKX it takes no
   * trigger that the market has reached, and of a pair that has ended it says nothing new.
   */
  amend(
    { instrument, protectionId, takeProfit, stopLoss }: AmendProtection,
    long: boolean,
    touch: number,
    at: Us,
  ): void {
    const pair = this.pairs.find((each) => each.protectionId === protectionId);
    if (pair === undefined) {
      if (this.answers.find(protectionId) !== null) return;
      const reason = '51527 no such take profit or stop loss';
      return this.answers.order(instrument, protectionId, '', 'canceled', 0, reason, at);
    }
    const sign = long ? 1 : -1;
    let refusal = '';
    if (touch === NO_PRICE) refusal = '50001 market data is not live';
    else if ((takeProfit === 0) !== (pair.takeProfit === 0) || (stopLoss === 0) !== (pair.stopLoss === 0))
      refusal = '51526 take profit and stop loss cannot be added or taken away';
    else if (takeProfit !== 0 && sign * (takeProfit - touch) <= 0)
      refusal = `${long ? 51279 : 51277} the market is beyond this take profit`;
    else if (stopLoss !== 0 && sign * (touch - stopLoss) <= 0)
      refusal = `${long ? 51280 : 51278} the market is beyond this stop loss`;
    else {
      pair.takeProfit = takeProfit;
      pair.stopLoss = stopLoss;
    }
    this.answers.protection(instrument, protectionId, pair.takeProfit, pair.stopLoss, refusal, at);
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
