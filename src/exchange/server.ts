import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Instrument } from '../core/instrument.ts';
import { parseMoney } from '../core/instrument.ts';
import type { Credentials } from './accounts/account.ts';
import { Exchange } from './exchange.ts';
import { STEP_MS } from './market/agents.ts';
import { Gateway } from './protocol/gateway.ts';
import { RateLimits } from './protocol/rate-limits.ts';
import { Rest } from './protocol/rest.ts';
import { Doors } from './protocol/ws.ts';
import { restore, StateFile } from './store.ts';

/** A user to begin with. Credentials that are left out are derived from the seed. */
export interface AccountOptions {
  readonly credentials?: Credentials;
  /** Cash by currency, decimal text. */
  readonly cash: Readonly<Record<string, string>>;
}

export interface ExchangeOptions {
  /** 0 = any that is free. */
  readonly port: number;
  readonly seed: number;
  /** Market time per wall time; 1 is real time. */
  readonly speed?: number;
  /** Where the state lives from run to run; without it everything is forgotten at the end. */
  readonly stateFile?: string;
  /** Default true: too many requests are refused, as OKX refuses them. */
  readonly rateLimits?: boolean;
  /** Default: one account with 10,000 USDT. */
  readonly accounts?: readonly AccountOptions[];
}

export interface ExchangeHandle {
  /** `http://127.0.0.1:P`: the paths of OKX follow, `/api/v5/…`. */
  readonly rest: string;
  /** Base of the strict doors: `/public`, `/private`, `/business` follow. */
  readonly ws: string;
  /** The door that takes every channel and operation. */
  readonly wsAll: string;
  /** Of the first account. */
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
  readonly instruments: readonly Instrument[];
  readonly exchange: Exchange;
  /** Saves, then closes everything. */
  close(): Promise<void>;
}

/** How often the scheduler looks at the clock, ms of wall time. */
const TICK_MS = 10;
/** A gap between two looks that is longer than this means that the machine slept. */
const SLEEP_MS = 30_000;
/** Steps at one look: a speed that this machine cannot keep up with slows the market, not the answers. */
const STEPS_MAX = 1000;
/** How often price and clock are saved though no user did anything, ms of wall time. */
const SAVE_MS = 5000;
const SAVE_CANDLES_MS = 60_000;

/**
 * Keys for this machine only: whoever knows the seed knows them, and the server listens on the loopback address alone.
 */
export function localCredentials(seed: number, account = 1): Credentials {
  const derive = (purpose: string): string =>
    createHash('sha256').update(`okx-stream-hunter ${seed} ${account} ${purpose}`).digest('hex');
  return {
    apiKey: derive('key').slice(0, 32),
    secret: derive('secret').slice(0, 32).toUpperCase(),
    passphrase: `local${derive('passphrase').slice(0, 10)}`,
  };
}

/** Starts an exchange that a client cannot tell from OKX by its protocol. Listens on 127.0.0.1. */
export async function startExchange(options: ExchangeOptions): Promise<ExchangeHandle> {
  const speed = options.speed ?? 1;
  if (!(speed > 0)) throw new RangeError(`speed ${speed}: must be positive`);
  const file = options.stateFile === undefined ? null : new StateFile(options.stateFile);
  const loaded = file?.load() ?? null;
  const wallFrom = Date.now();
  // a market that ran faster than the wall has its own future: it goes on from there
  const marketFrom = Math.max(wallFrom, loaded?.saved.clock ?? 0);
  const exchange = new Exchange(options.seed, marketFrom, loaded?.remembered ?? null);
  const accounts = options.accounts ?? [{ cash: { USDT: '10000' } }];
  accounts.forEach(({ credentials, cash }, at) => {
    const uid = String(440_000_000_001 + at);
    const account = exchange.open(uid, credentials ?? localCredentials(options.seed, at + 1));
    for (const [currency, amount] of Object.entries(cash)) account.credit(currency, parseMoney(amount));
  });
  if (loaded !== null) restore(exchange, loaded.saved);

  const save = (): void => file?.save(exchange);
  const saveAll = (): void => {
    save();
    file?.saveCandles(exchange);
  };
  const gateway = new Gateway(exchange, save);
  const limits = new RateLimits(options.rateLimits ?? true);
  const server = createServer(new Rest(gateway, limits).listener);
  const doors = new Doors(server, gateway, limits);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () => resolve());
  });
  saveAll();

  let seenAt = wallFrom;
  const advance = (): void => {
    const wall = Date.now();
    const due = marketFrom + (wall - wallFrom) * speed;
    if (wall - seenAt > SLEEP_MS) exchange.sleepUntil(due);
    seenAt = wall;
    exchange.advance(Math.min(due, exchange.now + STEPS_MAX * STEP_MS));
  };
  const timers = [
    setInterval(advance, TICK_MS),
    setInterval(save, SAVE_MS),
    setInterval(() => file?.saveCandles(exchange), SAVE_CANDLES_MS),
  ];
  const { port } = server.address() as AddressInfo;
  const [first] = exchange.accounts;
  if (first === undefined) throw new RangeError('an exchange needs at least one account');
  let closing: Promise<void> | null = null;
  return {
    rest: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}/ws/v5`,
    wsAll: `ws://127.0.0.1:${port}/ws/v5/all`,
    ...first.credentials,
    instruments: exchange.markets.map(({ instrument }) => instrument),
    exchange,
    close: () => {
      closing ??= new Promise<void>((resolve) => {
        for (const timer of timers) clearInterval(timer);
        doors.close();
        server.close(() => resolve());
        server.closeAllConnections();
        saveAll();
      });
      return closing;
    },
  };
}
