import { type Clock, sleep, type Timers } from './options.ts';

/** At most `count` in any window of `windowMs`. */
export interface Limit {
  readonly count: number;
  readonly windowMs: number;
}

/**
 * Keeps the times of the last `count` grants: a request waits until the oldest has left the window. Unlike a token
 * bucket that refills (which lets nearly twice the count pass in an unlucky window), no window, wherever it is laid,
 * ever holds more.
 */
export class SlidingWindow {
  private readonly limit: Limit;
  private readonly grants: Float64Array;
  private next = 0;

  constructor(limit: Limit) {
    this.limit = limit;
    this.grants = new Float64Array(limit.count).fill(Number.NEGATIVE_INFINITY);
  }

  /** Takes the next place in line; gives how long to wait for it, ms. */
  reserve(nowMs: number): number {
    const oldest = this.grants[this.next]!;
    const at = Math.max(nowMs, oldest + this.limit.windowMs);
    this.grants[this.next] = at;
    this.next = (this.next + 1) % this.limit.count;
    return at - nowMs;
  }
}

/** Network jitter can push two requests closer together than we sent them; windows are kept this much longer. */
const JITTER_MS = 100;

/** Sliding windows by name, made when first needed. */
export class RateLimits {
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly windows = new Map<string, SlidingWindow>();

  constructor(clock: Clock, timers: Timers) {
    this.clock = clock;
    this.timers = timers;
  }

  /** Resolves when the request may leave. First come, first served. */
  async take(key: string, limit: Limit): Promise<void> {
    let window = this.windows.get(key);
    if (window === undefined) {
      window = new SlidingWindow({ count: limit.count, windowMs: limit.windowMs + JITTER_MS });
      this.windows.set(key, window);
    }
    const wait = window.reserve(this.clock.nowMs());
    if (wait > 0) await sleep(this.timers, wait);
  }
}

/** Per user or per address, by path after `/api/v5/`; `perInstrument` ones have a window for each instrument. */
export interface EndpointLimit extends Limit {
  readonly perInstrument?: true;
}

const per2s = (count: number): EndpointLimit => ({ count, windowMs: 2000 });
const per2sAndInstrument = (count: number): EndpointLimit => ({ count, windowMs: 2000, perInstrument: true });

/** Source: OKX v5 documentation, "Rate limit" of each endpoint (2026-08). */
export const ENDPOINT_LIMITS: Readonly<Record<string, EndpointLimit>> = {
  'public/time': per2s(10),
  'public/instruments': per2s(20),
  'public/funding-rate-history': per2s(10),
  'market/candles': per2s(40),
  'market/history-candles': per2s(20),
  'market/history-trades': per2s(20),
  'account/config': per2s(5),
  'account/balance': per2s(10),
  'account/positions': per2s(10),
  'account/leverage-info': per2s(20),
  'account/set-leverage': per2s(20),
  'account/set-position-mode': per2s(5),
  'account/trade-fee': per2s(5),
  'account/bills': { count: 5, windowMs: 1000 },
  'account/bills-archive': { count: 5, windowMs: 2000 },
  'trade/order': per2sAndInstrument(60),
  'trade/cancel-order': per2sAndInstrument(60),
  'trade/cancel-algos': per2sAndInstrument(20),
  'trade/amend-algos': per2sAndInstrument(20),
  'trade/order-algo': per2s(20),
  'trade/orders-pending': per2s(60),
  'trade/orders-history': per2s(40),
  'trade/orders-history-archive': per2s(20),
  'trade/orders-algo-pending': per2s(20),
  'trade/fills': per2s(60),
  'trade/fills-history': per2s(10),
  'trade/cancel-all-after': { count: 1, windowMs: 1000 },
};
/** For paths that are not listed: slower than any that is, but one. */
export const UNLISTED_LIMIT: EndpointLimit = per2s(5);
