import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { engineConfig } from '../config/engine.ts';
import { settingsHash } from '../config/load.ts';
import { paperConfig } from '../config/paper.ts';
import type { Settings } from '../config/schema.ts';
import type { Credentials } from '../config/secrets.ts';
import { Engine } from '../core/engine.ts';
import { EventKind, type MarketEvent } from '../core/events.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Ms } from '../core/units.ts';
import { fillMarker, Projection } from '../dashboard/projection.ts';
import { type Dashboard, startDashboard } from '../dashboard/server.ts';
import type { MarkerView } from '../dashboard/view.ts';
import { Vitals } from '../dashboard/vitals.ts';
import { Journal } from '../store/journal.ts';
import { createOkxFeed } from '../venue/okx/feed.ts';
import { fetchInstruments } from '../venue/okx/instruments.ts';
import { type OkxOptions, realTimers, sleep } from '../venue/okx/options.ts';
import { RateLimits } from '../venue/okx/rate-limit.ts';
import { OkxRest } from '../venue/okx/rest.ts';
import { OkxVenue } from '../venue/okx/venue.ts';
import { PaperVenue } from '../venue/paper/paper-venue.ts';
import { CANDLES_AT_START, type Venue, VenueError } from '../venue/venue.ts';
import type { RealClock } from './clock.ts';
import { EmbeddedExchange } from './embedded.ts';
import type { KillSwitch } from './kill-switch.ts';
import type { InstanceLock } from './lock.ts';
import type { Log } from './log.ts';
import { Loop, PAPER_STATE } from './loop.ts';
import { recover } from './recover.ts';
import { removeToken, writeToken } from './running.ts';
import { SessionRecorder } from './session/recorder.ts';

/** A safety rule says no; the exit code is 3. */
export class SafetyError extends Error {
  override readonly name = 'SafetyError';
}

export interface InstanceOptions {
  readonly settings: Settings;
  readonly credentials: Credentials | null;
  readonly log: Log;
  /** Aborts the wait for a venue that cannot be reached. */
  readonly signal: AbortSignal;
  readonly clock: RealClock;
  /** Held by the caller, who took it before anything was written. */
  readonly lock: InstanceLock;
  /** Started by the caller, so that it is heard from the first moment on. */
  readonly killSwitch: KillSwitch;
  /** Folder that the session is recorded into; null = not recorded. */
  readonly record: string | null;
}

export interface Instance {
  readonly dashboard: Dashboard;
  readonly loop: Loop;
  readonly token: string;
  /** Clean shutdown: nothing new is sent, what is known is on disk, the stops stay at the venue. */
  stop(how: string): Promise<void>;
}

const PUSH_EVERY_MS = 250;
const SAMPLE_EVERY_MS = 10_000;
const KEEP_RISK_EVERY_MS = 5_000;
const MINUTE_MS = 60_000;
const REACH_RETRY_MS_MAX = 30_000;

/** The folder of one account: mode and venue never share a journal. */
export const accountFolder = (settings: Settings): string =>
  join(settings.data_dir, `${settings.mode}-${settings.venue}`);

/**
 * Composition only: the same engine, loop and journal whatever the mode; what differs is what is plugged in at the two ends.
 */
export async function startInstance({
  settings,
  credentials,
  log,
  signal,
  clock,
  lock,
  killSwitch,
  record,
}: InstanceOptions): Promise<Instance> {
  const startedAt = clock.nowMs();
  const folder = accountFolder(settings);
  const undo: (() => Promise<void> | void)[] = [];
  const unwind = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
    undo.length = 0;
  };
  try {
    const exchange =
      settings.venue === 'embedded'
        ? await EmbeddedExchange.start({
            seed: settings.exchange.seed,
            speed: settings.exchange.speed,
            stateFile: join(folder, 'exchange.json'),
            log,
          })
        : null;
    if (exchange !== null) {
      undo.push(() => exchange.stop());
      log('info', `exchange on this machine: ${exchange.ready.rest}`);
    }
    const okx = okxOptions(settings, credentials, exchange, clock, log);
    const rest = new OkxRest(okx);
    const shared = { ...okx, restClient: rest, connects: new RateLimits(clock, realTimers) };
    const instruments = await reach(() => fetchInstruments(rest, settings.symbols), okx.rest, log, signal);
    refuseMixedSettlement(instruments);

    const journal = Journal.open(join(folder, 'journal.sqlite'), instruments);
    undo.push(() => journal.close());
    journal.beginSession({
      mode: settings.mode,
      venue: settings.venue,
      symbols: settings.symbols,
      configHash: settingsHash(settings),
      startedAt: clock.now(),
    });
    let ended = false;
    const endSession = (how: string): void => {
      if (ended) return;
      ended = true;
      journal.endSession(how, clock.now());
    };
    undo.push(() => endSession('the start failed'));
    const previous = journal.previousSession();
    if (previous?.crashed) log('warn', 'the last run ended without saying goodbye: recovering');
    else if (previous !== null) log('info', 'going on where the last run stopped');

    const paper = settings.mode === 'paper' ? openPaper(settings, instruments, journal, clock) : null;
    const venue: Venue =
      paper ??
      new OkxVenue({
        ...shared,
        instruments,
        onLive: (live, reason) => {
          projection.note = live ? '' : `orders cannot be sent: ${reason}`;
        },
      });
    if (venue instanceof OkxVenue)
      await venue.checkPermissions().catch((error: unknown) => {
        if (error instanceof VenueError && error.action === 'stop') throw new SafetyError(error.message);
        throw error;
      });

    const config = engineConfig(settings, journal.idPrefix);
    const engine = new Engine(config, instruments);
    const vitals = new Vitals();
    const projection = new Projection(engine, instruments, vitals, {
      mode: settings.mode,
      venue: settings.venue,
      startedAt,
      proposals: {
        lead: config.market.lead,
        confirmation: config.execution.confirmation,
        threshold: config.execution.confidenceThreshold,
      },
      rates: {
        // where no tiers are known: the paper venue liquidates by its own rate
        maintenance: (paper === null ? settings.risk : settings.paper).maintenance_rate.toFixed(9),
        taker: settings.paper.taker_fee,
      },
      kelly: config.sizing.mode === 'kelly' ? config.sizing.kelly : null,
      sums: () => journal.accountSums(),
      trades: journal.trades(50).map((trade) => ({
        symbol: instruments[trade.instrument]!.id,
        direction: trade.direction,
        size: instruments[trade.instrument]!.formatSize(trade.size),
        openedAt: Math.round(trade.openedAt / 1000),
        closedAt: Math.round(trade.closedAt / 1000),
        entry: trade.entryPrice,
        exit: trade.exitPrice,
        pnl: Number(trade.realized + trade.fees + trade.funding) / 1e18,
        fees: Number(trade.fees) / 1e18,
        funding: Number(trade.funding) / 1e18,
        exitReason: trade.exitReason,
      })),
      equity: journal.equity(1440),
      markers: markersOf(journal, instruments),
      now: () => clock.nowMs(),
    });
    const recorder =
      record === null
        ? null
        : SessionRecorder.begin(
            record,
            {
              mode: settings.mode,
              venue: settings.venue,
              instruments: instruments.map(({ spec }) => spec),
              idPrefix: journal.idPrefix,
              startedAt: clock.now(),
              journal: { path: resolve(folder, 'journal.sqlite'), session: journal.sessionNumber },
            },
            settings,
            settingsHash(settings),
            log,
          );
    let ending = 'the start failed';
    if (recorder !== null) {
      undo.push(() => recorder.close(ending, clock.now()));
      log('info', `recording to ${recorder.folder}`);
    }
    const loop = new Loop({
      engine,
      instruments,
      venue,
      paper,
      journal,
      clock,
      vitals,
      projection,
      log,
      recorder,
    });

    killSwitch.deliver(({ flatten, by }) => loop.operate('kill', flatten, by));
    await venue.connect(loop.onVenue);
    undo.push(() => venue.stop());
    loop.begin(
      await recover({
        journal,
        venue,
        instruments,
        now: () => clock.now(),
        pause: (wait) => sleep(realTimers, wait),
        log,
      }),
    );

    const feed = createOkxFeed({
      ...shared,
      instruments,
      candleBar: settings.market.bar,
      staleAfterMs: settings.okx.book_stale_ms,
      candlesBack: () => {
        for (const index of instruments.keys()) fetchCandles(index);
      },
    });
    /** What was missed before the feed went live: without it ATR and volatility would have a hole. */
    const catchUpCandles = async (index: number): Promise<void> => {
      const { id } = instruments[index]!;
      const ask = () => feed.candles(index, settings.market.bar, CANDLES_AT_START);
      for (const candle of await reach(ask, `candles of ${id}`, log, signal)) loop.onMarket(candle);
    };
    const fetchCandles = (index: number): void => {
      catchUpCandles(index).catch((error: Error) => {
        if (!signal.aborted) log('error', `no candle history: ${error.message}`);
      });
    };
    const onMarket = (event: MarketEvent): void => {
      loop.onMarket(event);
      if (event.kind === EventKind.feed && event.live) fetchCandles(event.instrument);
    };
    const token = randomBytes(24).toString('base64url');
    const dashboard = await startDashboard({
      source: projection,
      port: settings.dashboard.port,
      host: settings.dashboard.host,
      token,
      control: (action, flatten) => {
        // first: one that cannot be taken away would kill again
        if (action === 'arm') killSwitch.clear();
        loop.operate(action, flatten ?? settings.risk.kill_flattens);
      },
      log: {
        info: (fields, message) => log('debug', message, fields as Record<string, unknown>),
        warn: (fields, message) => log('warn', message, fields as Record<string, unknown>),
        error: (fields, message) => log('error', message, fields as Record<string, unknown>),
      },
    });
    undo.push(() => dashboard.close());
    lock.describe({ pid: process.pid, startedAt, dashboard: dashboard.url });
    writeToken(folder, token);
    undo.push(() => removeToken(folder));
    await feed.start(onMarket);
    undo.push(() => feed.stop());

    const timers = [
      setInterval(() => {
        const { gaps, reconnects } = feed.counters;
        vitals.gaps = gaps;
        vitals.reconnects = reconnects;
        vitals.tick(clock.nowMs());
        projection.tick();
      }, PUSH_EVERY_MS),
      setInterval(() => {
        engine.markets.forEach((market, instrument) => {
          if (!market.live) return;
          const { signal: fused, detectors } = market.brain;
          loop.note(() =>
            journal.recordSignal({
              instrument,
              at: clock.now(),
              direction: fused.direction,
              confidence: fused.confidence,
              readings: Object.fromEntries(
                detectors.map(({ name, score, likelihood }) => [name, { score, likelihood }]),
              ),
            }),
          );
        });
      }, SAMPLE_EVERY_MS),
      setInterval(() => loop.keepRisk(), KEEP_RISK_EVERY_MS),
      setInterval(() => {
        const point = projection.equityPoint();
        loop.note(() => journal.recordEquity(point.at as Ms, point.equity, point.drawdown));
      }, MINUTE_MS),
    ];

    return {
      dashboard,
      loop,
      token,
      async stop(how) {
        for (const timer of timers) clearInterval(timer);
        ending = how;
        loop.stop();
        if (paper !== null) journal.saveVenueState(PAPER_STATE, paper.matcher.save());
        endSession(how);
        await unwind();
      },
    };
  } catch (error) {
    await unwind();
    throw error;
  }
}

function okxOptions(
  settings: Settings,
  credentials: Credentials | null,
  exchange: EmbeddedExchange | null,
  clock: RealClock,
  log: Log,
): OkxOptions {
  const common = { clock, random: Math.random, log, demo: settings.mode === 'demo' };
  if (exchange !== null) {
    const { rest, ws, apiKey, secret, passphrase } = exchange.ready;
    return { ...common, rest, ws, credentials: { apiKey, secret, passphrase } };
  }
  const { rest, ws, ws_demo: wsDemo } = settings.okx;
  return {
    ...common,
    rest,
    ws: settings.mode === 'demo' ? wsDemo : ws,
    ...(credentials === null ? {} : { credentials }),
  };
}

/** Asks until the venue answers: one clear line, then back-off. Errors that asking again cannot mend are thrown. */
async function reach<T>(ask: () => Promise<T>, where: string, log: Log, signal: AbortSignal): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const { action } = error as { action?: string };
      if (action !== 'retry' && action !== 'reconnect') throw error;
      const waitMs = Math.min(REACH_RETRY_MS_MAX, 1_000 * 2 ** attempt);
      log(
        'warn',
        `${where} cannot be reached (${(error as Error).message}); trying again in ${waitMs / 1000} s`,
      );
      await new Promise<void>((resolve, reject) => {
        const giveUp = (): void => {
          clearTimeout(timer);
          reject(signal.reason as Error);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        }, waitMs);
        if (signal.aborted) giveUp();
        else signal.addEventListener('abort', giveUp, { once: true });
      });
    }
  }
}

function refuseMixedSettlement(instruments: readonly Instrument[]): void {
  const currencies = new Set(instruments.map(({ settleCurrency }) => settleCurrency));
  if (currencies.size > 1)
    throw new SafetyError(
      `symbols settle in ${[...currencies].join(' and ')}: one instance keeps one account in one currency; start one for each`,
    );
}

function openPaper(
  settings: Settings,
  instruments: readonly Instrument[],
  journal: Journal,
  clock: RealClock,
): PaperVenue {
  const paper = new PaperVenue(paperConfig(settings), instruments, clock);
  const saved = journal.loadVenueState(PAPER_STATE);
  if (saved !== null) paper.matcher.restore(saved);
  return paper;
}

function markersOf(journal: Journal, instruments: readonly Instrument[]): Map<string, MarkerView[]> {
  return new Map(
    instruments.map((instrument, index) => [
      instrument.id,
      journal
        .fills(index)
        .slice(-500)
        .map((fill) => fillMarker(instrument, { ...fill, at: fill.receivedAt })),
    ]),
  );
}
