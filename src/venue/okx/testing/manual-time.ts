import { type Ms, ms, type Us, us } from '../../../core/units.ts';
import type { Clock, Timers } from '../options.ts';

/** Time that stands still until it is told to go on: for tests. Timers fire in order of their time, then of their making. */
export class ManualTime implements Clock, Timers {
  private now: number;
  private pending: { readonly at: number; readonly run: () => void }[] = [];
  private waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(startMs = 1_795_340_540_000) {
    this.now = startMs;
  }

  nowMs(): Ms {
    return ms(this.now);
  }

  nowUs(): Us {
    return us(this.now * 1000);
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.now + delayMs, run };
    this.pending.push(timer);
    this.pending.sort((one, other) => one.at - other.at);
    this.waiters = this.waiters.filter(({ count, resolve }) => {
      if (this.pending.length < count) return true;
      resolve();
      return false;
    });
    return () => {
      this.pending = this.pending.filter((candidate) => candidate !== timer);
    };
  }

  advance(byMs: number): void {
    const until = this.now + byMs;
    for (;;) {
      const [first] = this.pending;
      if (first === undefined || first.at > until) break;
      this.pending.shift();
      this.now = Math.max(this.now, first.at);
      first.run();
    }
    this.now = until;
  }

  /** Delays of the timers that are set, from now, shortest first. */
  get delays(): number[] {
    return this.pending.map(({ at }) => at - this.now);
  }

  /** Resolves when at least `count` timers are set. */
  timersSet(count: number): Promise<void> {
    if (this.pending.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ count, resolve }));
  }
}
