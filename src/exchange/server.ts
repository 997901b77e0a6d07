import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Instrument } from '../core/instrument.ts';
import { parseMoney } from '../core/instrument.ts';
import type { Credentials } from './accounts/account.ts';
import { Exchange } from './exchange.ts';
import { Faults } from './faults/faults.ts';
import type { FaultPlan } from './faults/plan.ts';
import { STEP_MS } from './market/agents.ts';
import { Gateway } from './protocol/gateway.ts';
import { RateLimits } from './protocol/rate-limits.ts';
import { Rest } from './protocol/rest.ts';
import { Doors } from './protocol/ws.ts';
import { DEFAULT_SCENARIO, type Scenario } from './scenarios/scenario.ts';
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
  /** How the market behaves. */
  readonly scenario?: Scenario;
  /** What goes wrong, and when. Default: nothing, and none of it can be asked for. */
  readonly faults?: FaultPlan;
  /** What a slow reader may leave unread, bytes. */
  readonly unreadMaxBytes?: number;
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
  /** Keys of all accounts, the first one's included. */
  readonly accounts: readonly Credentials[];
  /** A second key of the first account, which may only read. */
  readonly readOnly: Credentials;
  readonly instruments: readonly Instrument[];
  /** Another one after each crash. */
  readonly exchange: Exchange;
  /** Null without a plan. */
  readonly faults: Faults | null;
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
/** How often candles and trades are written in full; what is newer is in the state. */
const SAVE_PAST_MS = 60_000;
const RETRY_MS = 1_000;

/**
 * Keys for this machine only: whoever knows the seed knows them, and the server listens on the loopback address alone.
 */
export function localCredentials(seed: number, account = 1, use = ''): Credentials {
  const derive = (purpose: string): string =>
    createHash('sha256').update(`okx-stream-hunter ${seed} ${account} ${purpose}${use}`).digest('hex');
  return {
    apiKey: derive('key').slice(0, 32),
    secret: derive('secret').slice(0, 32).toUpperCase(),
    passphrase: `local${derive('passphrase').slice(0, 10)}`,
  };
}

/** One life of the exchange: from a start to its end or its crash. */
interface Life {
  readonly exchange: Exchange;
  readonly gateway: Gateway;
  readonly port: number;
  /** `save`: an end; without it, a crash. */
  end(save: boolean): Promise<void>;
}

/** Starts an exchange that a client cannot tell from OKX by its protocol. Listens on 127.0.0.1. */
export async function startExchange(options: ExchangeOptions): Promise<ExchangeHandle> {
  const speed = options.speed ?? 1;
  if (!(speed > 0)) throw new RangeError(`speed ${speed}: must be positive`);
  const faults = options.faults === undefined ? null : new Faults(options.faults);
  // a crash forgets nothing that was acknowledged: without a file of the caller's, one of our own lasts as long as we do
  const folder =
    faults !== null && options.stateFile === undefined ? mkdtempSync(join(tmpdir(), 'exchange-')) : null;
  const stateFile = folder === null ? options.stateFile : join(folder, 'state.json');
  const file = stateFile === undefined ? null : new StateFile(stateFile);
  const forget = (): void => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  };
  let connections = 0;
  const nextNumber = (): number => {
    connections += 1;
    return connections;
  };
  const live = (port: number): Promise<Life> => begin(options, speed, file, faults, nextNumber, port);

  let life = await live(options.port).catch((error: unknown) => {
    forget();
    throw error;
  });
  const { port } = life;
  let closing: Promise<void> | null = null;
  let wake = (): void => undefined;
  /** A wait that the end cuts short. */
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  let rebirth = Promise.resolve();
  faults?.start({
    restartSequence: () => {
      for (const feed of life.gateway.feeds) feed.restartSequence();
    },
    announce: (from, to) => {
      const { status } = life.gateway;
      const maintenance = status.plan(from, to);
      status.change(maintenance, 'scheduled', Date.now());
      return {
        began: () => status.change(maintenance, 'ongoing', Date.now()),
        ended: () => status.change(maintenance, 'completed', Date.now()),
      };
    },
    crash: (downMs) => {
      rebirth = rebirth.then(async () => {
        if (closing !== null) return;
        await life.end(false);
        await pause(downMs);
        while (closing === null) {
          try {
            life = await live(port);
            return;
          } catch (error) {
            console.warn(`the exchange cannot come back yet (${(error as Error).message}); trying again`);
            await pause(RETRY_MS);
          }
        }
      });
    },
  });
  const [first] = life.exchange.accounts;
  return {
    rest: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}/ws/v5`,
    wsAll: `ws://127.0.0.1:${port}/ws/v5/all`,
    ...first!.credentials,
    accounts: life.exchange.accounts.map(({ credentials }) => credentials),
    readOnly: localCredentials(options.seed, 1, ' read-only'),
    instruments: life.exchange.markets.map(({ instrument }) => instrument),
    get exchange() {
      return life.exchange;
    },
    faults,
    close: () => {
      closing ??= (async () => {
        faults?.stop();
        wake();
        await rebirth;
        await life.end(true).finally(forget);
      })();
      return closing;
    },
  };
}

async function begin(
  options: ExchangeOptions,
  speed: number,
  file: StateFile | null,
  faults: Faults | null,
  nextNumber: () => number,
  port: number,
): Promise<Life> {
  const loaded = file?.load() ?? null;
  const wallFrom = Date.now();
  // a market that ran faster than the wall has its own future: it goes on from there
  const marketFrom = Math.max(wallFrom, loaded?.saved.clock ?? 0);
  const exchange = new Exchange(
    options.seed,
    marketFrom,
    loaded?.remembered ?? null,
    options.scenario ?? DEFAULT_SCENARIO,
  );
  const accounts = options.accounts ?? [{ cash: { USDT: '10000' } }];
  if (accounts.length === 0) throw new RangeError('an exchange needs at least one account');
  accounts.forEach(({ credentials, cash }, at) => {
    const uid = String(440_000_000_001 + at);
    const account = exchange.open(uid, credentials ?? localCredentials(options.seed, at + 1));
    for (const [currency, amount] of Object.entries(cash)) account.credit(currency, parseMoney(amount));
  });
  if (loaded !== null) restore(exchange, loaded.saved);

  // what was still under way when this life ended may not reach into the next one
  let alive = true;
  const write = (): void => {
    if (alive) file?.save(exchange);
  };
  const writeAll = (): void => {
    write();
    file?.savePast(exchange);
  };
  const gateway = new Gateway(exchange, write, faults);
  gateway.keys.add(exchange.accounts[0]!, localCredentials(options.seed, 1, ' read-only'), ['read_only']);
  const limits = new RateLimits(options.rateLimits ?? true);
  // before the door opens: a state that cannot be written must not be promised to anybody
  writeAll();
  const server = createServer(new Rest(gateway, limits).listener);
  const doors = new Doors(server, gateway, limits, nextNumber, options.unreadMaxBytes);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });

  let seenAt = wallFrom;
  const advance = (): void => {
    const wall = Date.now();
    const due = marketFrom + (wall - wallFrom) * speed;
    if (wall - seenAt > SLEEP_MS) exchange.sleepUntil(due);
    seenAt = wall;
    const until = Math.min(due, exchange.now + STEPS_MAX * STEP_MS);
    while (exchange.now + STEP_MS <= until && gateway.isSound && faults?.isStalled !== true) {
      faults?.pass(STEP_MS);
      exchange.advance(exchange.now + STEP_MS);
    }
  };
  const timers = [
    setInterval(advance, TICK_MS),
    setInterval(() => gateway.save(), SAVE_MS),
    setInterval(() => {
      if (!gateway.isSound) gateway.save();
    }, RETRY_MS),
    setInterval(() => {
      // first the state: it may be newer than the past, never older
      gateway.save();
      if (gateway.isSound) tolerably(() => file?.savePast(exchange));
    }, SAVE_PAST_MS),
  ];
  return {
    exchange,
    gateway,
    port: (server.address() as AddressInfo).port,
    end: (saves) =>
      new Promise<void>((resolve) => {
        for (const timer of timers) clearInterval(timer);
        doors.close();
        server.close(() => resolve());
        server.closeAllConnections();
        try {
          if (saves) writeAll();
        } finally {
          alive = false;
        }
      }),
  };
}

/** The past, which is nobody's money: a save that fails is said, and the next one tries again. */
function tolerably(work: () => void): void {
  try {
    work();
  } catch (error) {
    console.warn(`the exchange's past cannot be written now (${(error as Error).message})`);
  }
}
