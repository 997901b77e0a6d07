import { type Ms, type Us, us, usToMs } from '../core/units.ts';
import type { VenueClock } from '../venue/venue.ts';

/** The monotonic clock stands still while a machine sleeps and knows nothing of corrections: further off than this, wall time wins. */
const DRIFT_MAX_MS = 20;
/** Longest wait a timer takes (2^31 − 1 ms); longer ones are made of several. */
const TIMER_MAX_MS = 2_147_483_647;

/**
 * Our clock: wall time in microseconds, never going back. Trading asks no other. The core is told by its events,
 * a backtest by those of its tape.
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
