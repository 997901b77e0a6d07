import type { Ms, Us } from '../../core/units.ts';
import type { RateLimits } from './rate-limit.ts';

/** The only time the client knows: injected, so that tests and simulations own it. */
export interface Clock {
  nowUs(): Us;
  nowMs(): Ms;
}

/** Runs something later; gives the way to call it off. Injected beside the clock for the same reason. */
export interface Timers {
  after(delayMs: number, run: () => void): () => void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface Credentials {
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
}

/**
 * Sees every frame as it crosses the wire, for a recorder: `bytes` are lent for the call, `connection` tells sockets
 * apart (`public-1`, `business-2`). Login frames are never shown: they carry the key.
 */
export type RawTap = (direction: 'in' | 'out', receivedAt: Us, bytes: Uint8Array, connection: string) => void;

/** What every part of the client is given. */
export interface OkxOptions {
  /** `https://openapi.okx.com`, without the `/api/v5`. */
  readonly rest: string;
  /** `wss://ws.okx.com/ws/v5`; `/public`, `/private` and `/business` are appended. */
  readonly ws: string;
  readonly credentials?: Credentials;
  /** Adds `x-simulated-trading: 1`; the demo WebSocket hosts are the caller's to name in `ws`. */
  readonly demo: boolean;
  readonly clock: Clock;
  /** Uniform in [0, 1): jitter of back-off, nothing else. */
  readonly random: () => number;
  readonly log: Log;
  /** The limit on new connections, 3 a second for all of a machine's: give every part the same one. Default: one each. */
  readonly connects?: RateLimits;
  /** Default: the machine's own timers. */
  readonly timers?: Timers;
}

export const realTimers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export function sleep(timers: Timers, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(delayMs, resolve);
  });
}
