import type { Place } from '../commands.ts';
import { signOf, type Ticks, ticks, type Us, us } from '../units.ts';

/** How a post-only entry follows the best price of its own side. */
export interface FollowConfig {
  /** It follows a best price that is more than so many ticks better than its own; 0 = it stays where it was placed. */
  readonly ticks: number;
  /** Between two moves, ms. */
  readonly intervalMs: number;
  /** Moves of one entry. */
  readonly movesMax: number;
}

/**
 * Where one waiting entry ought to rest by now. It only ever goes towards the market, to the best price of its own side and
 * so never across; not beyond the worst price that the entry was sized for; and what it leaves it leaves for good: a new
 * price means the back of the queue. Where the market has run beyond that worst price it stays, and times out.
 *
 * Where the order is, is the venue's word. A move that nobody answered is asked for again: it says a price and not a step.
 */
export class EntryFollow {
  private readonly config: FollowConfig;
  private readonly retryMs: number;
  /** Worst price; 0 = nothing is followed. */
  private worst = ticks(0);
  private movesLeft = 0;
  private isAsked = false;
  private notBefore = Number.NEGATIVE_INFINITY;

  constructor(config: FollowConfig, retryMs: number) {
    this.config = config;
    this.retryMs = retryMs;
  }

  /** A post-only entry leaves; it may come to rest no further than `worst`. */
  begin(worst: Ticks): void {
    this.worst = this.config.ticks > 0 ? worst : ticks(0);
    this.movesLeft = this.config.movesMax;
    this.isAsked = false;
    this.notBefore = Number.NEGATIVE_INFINITY;
  }

  end(): void {
    this.worst = ticks(0);
  }

  /** The price to go to; null = it stays. `touch` is the best price of its own side; 0 = not known. */
  wish({ side, price }: Place, touch: Ticks | 0, now: Us): Ticks | null {
    if (this.worst === 0 || touch === 0 || this.movesLeft === 0 || now < this.notBefore) return null;
    const sign = signOf(side);
    if (sign * (touch - price) <= this.config.ticks || sign * (touch - this.worst) > 0) return null;
    return touch;
  }

  /** A move was sent; gives when to look again. */
  asked(now: Us): Us {
    this.movesLeft--;
    this.isAsked = true;
    return this.rest(now, Math.max(this.config.intervalMs, this.retryMs));
  }

  /** Risk did not let it go: not asked again at once. */
  refused(now: Us): Us {
    return this.rest(now, this.config.intervalMs);
  }

  /** The venue has said where the order is. Gives when to look again, null where that was arranged. */
  answered(now: Us): Us | null {
    if (!this.isAsked) return null;
    this.isAsked = false;
    return this.rest(now, this.config.intervalMs);
  }

  private rest(now: Us, forMs: number): Us {
    this.notBefore = now + forMs * 1000;
    return us(this.notBefore);
  }
}
