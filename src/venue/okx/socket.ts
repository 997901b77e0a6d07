import type { Us } from '../../core/units.ts';
import { BackOff } from './back-off.ts';
import type { Row } from './codec/fields.ts';
import { type ChannelArg, channelKey } from './codec/routing.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { OkxError } from './errors.ts';
import { type OkxOptions, type RawTap, realTimers, type Timers } from './options.ts';
import type { RateLimits } from './rate-limit.ts';

export interface SocketOptions extends OkxOptions, SocketTiming {
  readonly path: 'public' | 'private' | 'business';
  /** Log in before subscribing. */
  readonly login: boolean;
  /** Shared by all sockets of this machine: OKX counts connects per address. */
  readonly connects: RateLimits;
  /** The exchange's time, for the login signature. */
  readonly exchangeNow: () => Promise<number>;
  readonly rawTap?: RawTap;
}

export interface SocketTiming {
  /** Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** For acknowledgements of logins and subscriptions. Default 10 s. */
  readonly answerTimeoutMs?: number;
  /** OKX drops a connection after 30 s without traffic. Default 20 s. */
  readonly pingIntervalMs?: number;
  /** Default 8 s. */
  readonly pongTimeoutMs?: number;
  /** Default 250 ms, doubling to 30 s. */
  readonly backOffBaseMs?: number;
  readonly backOffCapMs?: number;
}

export interface SocketHandlers {
  /**
   * A push; bytes lent for the call. `generation` counts connections: while one is being replaced, pushes of the old
   * and the new one interleave.
   */
  push(bytes: Buffer, receivedAt: Us, generation: number): void;
  /** The answer to an order operation, or an error event that belongs to no subscription. */
  answer(message: Row): void;
  /** This connection is now the one: logged in, every wanted channel acknowledged. */
  up(generation: number): void;
  /** There is no connection any more; another try is under way. */
  down(reason: string): void;
  /** OKX will not give us this channel; it is not asked for again. */
  refused(arg: ChannelArg, error: OkxError): void;
  /** A channel was asked for anew and acknowledged. */
  subscribed?(arg: ChannelArg, generation: number): void;
  /** A login that will not pass however often it is tried. It is tried all the same, slowly. */
  loginRefused?(error: OkxError): void;
}

/** OKX: 3 a second per address. */
const CONNECTS = { count: 3, windowMs: 1000 };
/** A connection that lasted this long was a good one: back-off begins anew. */
const STABLE_MS = 10_000;
/** After a replacement, how long the old connection may still deliver answers. */
const LINGER_MS = 3_000;

/**
 * A WebSocket to OKX that is there, or is being made: reconnects with back-off, logs in, subscribes what is wanted.
 * When OKX announces the end of a connection (64008), the next one is brought up first and the old one left after.
 */
export class OkxSocket {
  /** Times that a connection was lost. */
  reconnects = 0;
  private readonly options: SocketOptions;
  private readonly handlers: SocketHandlers;
  private readonly timers: Timers;
  private readonly backOff: BackOff;
  private readonly wanted = new Map<string, ChannelArg>();
  private current: { readonly connection: Connection; readonly generation: number } | null = null;
  private coming: Connection | null = null;
  /** Connections that were replaced, with the way to call off their end. */
  private readonly retired = new Map<Connection, () => void>();
  private generations = 0;
  private cancelRetry: (() => void) | null = null;
  private cancelStable: () => void = () => {};
  private stopped = false;
  private complained = false;

  constructor(options: SocketOptions, handlers: SocketHandlers) {
    this.options = options;
    this.handlers = handlers;
    this.timers = options.timers ?? realTimers;
    this.backOff = new BackOff(options.random, options.backOffBaseMs ?? 250, options.backOffCapMs ?? 30_000);
  }

  start(): void {
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.cancelRetry?.();
    this.cancelStable();
    this.coming?.close('stopped');
    this.current?.connection.close('stopped');
    for (const [connection, cancel] of this.retired) {
      cancel();
      connection.close('stopped');
    }
    this.retired.clear();
    this.current = null;
    this.coming = null;
  }

  get connected(): boolean {
    return this.current !== null;
  }

  /** Wants channels from now on, across reconnects. */
  want(args: readonly ChannelArg[]): void {
    for (const arg of args) this.wanted.set(channelKey(arg), arg);
    if (this.current !== null) this.completeOrClose(this.current.connection, this.current.generation);
  }

  /**
   * Gives a channel up and asks for it again, for a fresh snapshot. Throws when the connection does not play along; it is
   * then dropped and the next one made.
   */
  async renew(arg: ChannelArg): Promise<void> {
    const { current } = this;
    if (current === null)
      throw new OkxError(`${this.options.path}: not connected`, '', 'reconnect', 'refused');
    const { connection, generation } = current;
    try {
      await connection.request('unsubscribe', [arg]);
      const refusals = await connection.request('subscribe', [arg]);
      for (const error of refusals.values()) throw error;
    } catch (error) {
      connection.close(`renewing ${channelKey(arg)} failed: ${(error as Error).message}`);
      throw error;
    }
    this.handlers.subscribed?.(arg, generation);
  }

  /** False when it was certainly not sent. */
  send(text: string): boolean {
    return this.current?.connection.send(text) ?? false;
  }

  private connect(): void {
    if (this.stopped || this.coming !== null || this.cancelRetry !== null) return;
    const { path, connects } = this.options;
    const generation = ++this.generations;
    // the place in line is taken before the socket exists: creating one is connecting
    connects.take('connect', CONNECTS).then(() => {
      if (this.stopped || this.coming !== null) return;
      const connection: Connection = new Connection(this.connectionOptions(`${path}-${generation}`), {
        push: (bytes, receivedAt) => this.handlers.push(bytes, receivedAt, generation),
        answer: (message) => this.handlers.answer(message),
        notice: (message) => this.replace(connection, message),
        closed: (reason) => this.lost(connection, reason),
      });
      this.coming = connection;
      this.bringUp(connection, generation).then(
        () => this.adopt(connection, generation),
        (error: unknown) => this.failed(connection, error),
      );
    });
  }

  private connectionOptions(name: string): ConnectionOptions {
    const { options, timers } = this;
    return {
      name,
      url: `${options.ws}/${options.path}`,
      clock: options.clock,
      timers,
      ...(options.rawTap === undefined ? {} : { rawTap: options.rawTap }),
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      answerTimeoutMs: options.answerTimeoutMs ?? 10_000,
      pingIntervalMs: options.pingIntervalMs ?? 20_000,
      pongTimeoutMs: options.pongTimeoutMs ?? 8_000,
    };
  }

  private async bringUp(connection: Connection, generation: number): Promise<void> {
    await connection.open();
    const { login, credentials, exchangeNow } = this.options;
    if (login) {
      if (credentials === undefined)
        throw new OkxError('login: needs API credentials, none are configured', '', 'stop', 'refused');
      await connection.login(credentials, await exchangeNow());
    }
    await this.complete(connection, generation);
  }

  /** Subscribes whatever is wanted and not yet acknowledged on this connection. */
  private async complete(connection: Connection, generation: number): Promise<void> {
    const missing = [...this.wanted].filter(([key]) => !connection.active.has(key)).map(([, arg]) => arg);
    if (missing.length === 0) return;
    const refusals = await connection.request('subscribe', missing);
    for (const arg of missing) {
      const error = refusals.get(channelKey(arg));
      if (error === undefined) this.handlers.subscribed?.(arg, generation);
      else {
        this.wanted.delete(channelKey(arg));
        this.handlers.refused(arg, error);
      }
    }
  }

  private completeOrClose(connection: Connection, generation: number): void {
    this.complete(connection, generation).catch((error: unknown) =>
      connection.close((error as Error).message),
    );
  }

  private adopt(connection: Connection, generation: number): void {
    if (this.coming !== connection) return; // stopped meanwhile
    if (!connection.isOpen) return this.failed(connection, new Error('lost as soon as it was made'));
    this.coming = null;
    const previous = this.current;
    this.current = { connection, generation };
    if (previous !== null) this.retire(previous.connection);
    this.cancelStable();
    this.cancelStable = this.timers.after(STABLE_MS, () => this.backOff.reset());
    if (this.complained || previous !== null)
      this.options.log('info', 'connected to OKX', { socket: connection.name });
    this.complained = false;
    this.handlers.up(generation);
    this.completeOrClose(connection, generation); // what came to be wanted in between
  }

  private retire(connection: Connection): void {
    const cancel = this.timers.after(LINGER_MS, () => connection.close('replaced'));
    this.retired.set(connection, cancel);
  }

  private replace(connection: Connection, notice: string): void {
    if (this.current?.connection !== connection) return;
    this.options.log('info', 'OKX will close the connection: opening the next one first', {
      socket: connection.name,
      notice,
    });
    this.connect();
  }

  private failed(connection: Connection, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    connection.close(message);
    if (this.coming === connection) this.coming = null;
    if (this.stopped) return;
    const refusedForGood = error instanceof OkxError && error.action === 'stop';
    if (refusedForGood) this.handlers.loginRefused?.(error);
    this.retry(message, refusedForGood);
  }

  private lost(connection: Connection, reason: string): void {
    this.retired.get(connection)?.();
    this.retired.delete(connection);
    if (this.current?.connection !== connection || this.stopped) return;
    this.current = null;
    this.reconnects++;
    this.cancelStable();
    this.handlers.down(reason);
    if (this.coming === null) this.retry(reason, false);
  }

  private retry(reason: string, slowly: boolean): void {
    if (this.cancelRetry !== null) return;
    const delayMs = slowly ? (this.options.backOffCapMs ?? 30_000) : this.backOff.next();
    // one line a failure, not one a try
    this.options.log(
      this.complained ? 'debug' : 'warn',
      'no connection to OKX: trying again until there is one',
      {
        socket: this.options.path,
        reason,
        delayMs: Math.round(delayMs),
      },
    );
    this.complained = true;
    this.cancelRetry = this.timers.after(delayMs, () => {
      this.cancelRetry = null;
      this.connect();
    });
  }
}
