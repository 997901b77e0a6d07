import { type Ms, type Us, us, usToMs } from '../core/units.ts';
import type { VenueClock } from '../venue/venue.ts';

/** The monotonic clock stands still while a machine sleeps and knows nothing of corrections: further off than this, wall time wins. */
const DRIFT_MAX_MS = 20;
/** Longest wait a timer takes (2^31 − 1 ms); longer ones are made of several. */
const TIMER_MAX_MS = 2_147_483_647;

/**
 * Our clock: wall time in microseconds, never going back. Trading asks no other; the core is told by its events, backtests
 * bring a simulated one.
 */
export class RealClock implements VenueClock {
  private latest = 0;
  private originMs = Date.now() - performance.now();

  now(): Us {
    const wallMs = Date.now();
    let nowMs = this.originMs + performance.now();
    if (Math.abs(nowMs - wallMs) > DRIFT_MAX_MS) {
      this.originMs += wallMs - nowMs;
      nowMs = wallMs;
    }
    const now = Math.round(nowMs * 1000);
    if (now > this.latest) this.latest = now;
    return us(this.latest);
  }

  /** The same time under the names that the OKX client asks for. */
  nowUs(): Us {
    return this.now();
  }

  nowMs(): Ms {
    return usToMs(this.now());
  }

  at(at: Us, wake: () => void): () => void {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const leftMs = Math.max(0, Math.ceil((at - this.now()) / 1000));
      timer = leftMs > TIMER_MAX_MS ? setTimeout(wait, TIMER_MAX_MS) : setTimeout(wake, leftMs);
    };
    wait();
    return () => clearTimeout(timer);
  }
}

/** Time that stands still until it is set: for backtests and tests. Wakes what is due, in order, when it moves on. */
export class SimulatedClock implements VenueClock {
  private time = 0;
  private waiting: { at: number; order: number; wake: () => void }[] = [];
  private order = 0;

  now(): Us {
    return us(this.time);
  }

  at(at: Us, wake: () => void): () => void {
    const entry = { at, order: this.order++, wake };
    this.waiting.push(entry);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== entry);
    };
  }

  /** Moves to `time`, waking on the way everything due by then at its own time. */
  advance(time: Us): void {
    while (this.waiting.length > 0) {
      let first = this.waiting[0]!;
      for (const entry of this.waiting)
        if (entry.at < first.at || (entry.at === first.at && entry.order < first.order)) first = entry;
      if (first.at > time) break;
      this.waiting = this.waiting.filter((other) => other !== first);
      if (first.at > this.time) this.time = first.at;
      first.wake();
    }
    if (time > this.time) this.time = time;
  }
}
