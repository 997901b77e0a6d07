interface Window {
  from: number;
  count: number;
}

/** Longest window of any rule, after which a forgotten one may go. */
const LONGEST_MS = 10_000;

/** Counts per key in fixed windows, as OKX's gateway does. Time is the wall's: limits protect the server. */
export class RateLimits {
  private readonly windows = new Map<string, Window>();
  private sweptAt = 0;
  private readonly enforced: boolean;

  constructor(enforced: boolean) {
    this.enforced = enforced;
  }

  /** Whether `amount` more fit under `most` per `window` ms; counts them if so. */
  take(key: string, most: number, window: number, now: number, amount = 1): boolean {
    if (!this.enforced) return true;
    this.sweep(now);
    let current = this.windows.get(key);
    if (current === undefined || now - current.from >= window) {
      current = { from: now, count: 0 };
      this.windows.set(key, current);
    }
    if (current.count + amount > most) return false;
    current.count += amount;
    return true;
  }

  private sweep(now: number): void {
    if (now - this.sweptAt < LONGEST_MS) return;
    this.sweptAt = now;
    for (const [key, { from }] of this.windows) if (now - from >= LONGEST_MS) this.windows.delete(key);
  }
}
