import { type RawData, WebSocket } from 'ws';
import type { Us } from '../../core/units.ts';
import { isRow, type Row, textOf } from './codec/fields.ts';
import { type ChannelArg, channelKey } from './codec/routing.ts';
import { errorOf, OkxError } from './errors.ts';
import type { Clock, Credentials, RawTap, Timers } from './options.ts';
import { type Limit, SlidingWindow } from './rate-limit.ts';
import { loginRequest } from './sign.ts';

export interface ConnectionOptions {
  /** For logs and recordings: `public-3` is the third connection of the public socket. */
  readonly name: string;
  readonly url: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly rawTap?: RawTap;
  readonly connectTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
}

export interface ConnectionHandlers {
  /** A push: bytes lent for the call. */
  push(bytes: Buffer, receivedAt: Us): void;
  /** The answer to an order operation. */
  answer(message: Row): void;
  /** 64008: it will be closed soon. */
  notice(message: string): void;
  /** Once, after `open` has resolved. */
  closed(reason: string): void;
}

/** OKX: login, subscribe and unsubscribe together, per connection. */
const REQUESTS: Limit = { count: 480, windowMs: 3_600_000 };
/** Keeps a request far below the 64 KB that OKX takes. */
const ARGS_PER_REQUEST = 100;

/** How long the peer may take to answer a close frame. */
const GOODBYE_MS = 500;

type SubscriptionOp = 'subscribe' | 'unsubscribe';

interface Waiting {
  readonly id: string;
  readonly op: SubscriptionOp;
  readonly outstanding: Map<string, ChannelArg>;
  readonly finish: (error: OkxError | null) => void;
}

/**
 * One life of one WebSocket: opens, logs in, subscribes with acknowledgements awaited, pings, ends. It never comes
 * back: that is `OkxSocket`'s.
 */
export class Connection {
  readonly name: string;
  /** Keys of the channels that OKX has acknowledged. */
  readonly active = new Set<string>();
  private readonly options: ConnectionOptions;
  private readonly handlers: ConnectionHandlers;
  private readonly socket: WebSocket;
  private readonly budget = new SlidingWindow(REQUESTS);
  private state: 'connecting' | 'open' | 'closed' = 'connecting';
  private heardAtMs = 0;
  private cancelPing: () => void = () => {};
  /** Subscription requests go one at a time, so that an error without an id can only mean the one in flight. */
  private queue: Promise<unknown> = Promise.resolve();
  private waiting: Waiting | null = null;
  private loginWaiting: ((error: OkxError | null) => void) | null = null;
  private abandon: ((error: OkxError) => void)[] = [];
  private requests = 0;
  private reason = '';

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    this.name = options.name;
    this.options = options;
    this.handlers = handlers;
    this.socket = new WebSocket(options.url, { perMessageDeflate: false, maxPayload: 16 * 1024 * 1024 });
    this.socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    this.socket.on('close', (code, text) => this.ended(describeClose(code, text.toString())));
    // a close event follows every error; the error has the better words
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.reason ||= error.code ? `${error.code} ${error.message}` : error.message;
    });
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** Resolves when the socket is open. Throws an `OkxError` when it cannot be. */
  open(): Promise<void> {
    return this.within(this.options.connectTimeoutMs, 'connecting', (resolve) => {
      this.socket.once('open', () => {
        this.state = 'open';
        this.heardAtMs = this.options.clock.nowMs();
        this.schedulePing();
        resolve();
      });
    });
  }

  async login(credentials: Credentials, exchangeNowMs: number): Promise<void> {
    await this.spend();
    const outcome = await this.within<OkxError | null>(this.options.answerTimeoutMs, 'login', (resolve) => {
      this.loginWaiting = resolve;
      this.socket.send(loginRequest(credentials, exchangeNowMs)); // not shown to the tap: it carries the key
    });
    this.loginWaiting = null;
    if (outcome !== null) throw outcome;
  }

  /**
   * Asks for channels, or gives them up, and awaits every acknowledgement. Gives the refusals, by channel key; throws
   * when the connection fails or does not answer.
   */
  request(op: SubscriptionOp, args: readonly ChannelArg[]): Promise<Map<string, OkxError>> {
    const run = this.queue.then(async () => {
      const refusals = new Map<string, OkxError>();
      for (let from = 0; from < args.length; from += ARGS_PER_REQUEST) {
        const batch = args.slice(from, from + ARGS_PER_REQUEST);
        const outstanding = await this.exchange(op, batch, refusals);
        // OKX names no culprit when it refuses a batch: ask for what is left one by one
        for (const arg of outstanding) await this.exchange(op, [arg], refusals);
      }
      return refusals;
    });
    this.queue = run.catch(() => {}); // the caller has the error; the queue goes on
    return run;
  }

  /** False when it cannot be sent: then it has not been, for certain. */
  send(text: string): boolean {
    if (this.state !== 'open' || this.socket.readyState !== WebSocket.OPEN) return false;
    this.options.rawTap?.('out', this.options.clock.nowUs(), Buffer.from(text), this.name);
    this.socket.send(text);
    return true;
  }

  close(reason: string): void {
    this.reason ||= reason;
    if (this.state === 'closed') return;
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.close(1000);
      // a peer that does not answer the goodbye must not keep this process alive
      setTimeout(() => this.socket.terminate(), GOODBYE_MS).unref();
    } else this.socket.terminate();
    this.ended(reason);
  }

  /** One request; gives the args left unanswered by a refusal of a batch of several. */
  private async exchange(
    op: SubscriptionOp,
    args: readonly ChannelArg[],
    refusals: Map<string, OkxError>,
  ): Promise<ChannelArg[]> {
    await this.spend();
    const outstanding = new Map(args.map((arg) => [channelKey(arg), arg]));
    const error = await this.within<OkxError | null>(this.options.answerTimeoutMs, op, (resolve) => {
      const id = `${op === 'subscribe' ? 's' : 'u'}${++this.requests}`;
      this.waiting = { id, op, outstanding, finish: resolve };
      if (!this.send(JSON.stringify({ id, op, args })))
        resolve(new OkxError(`${this.name}: ${op}: not connected`, '', 'reconnect', 'refused'));
    }).finally(() => {
      this.waiting = null;
    });
    if (error === null) return [];
    if (error.action !== 'stop') throw error;
    if (args.length > 1) return [...outstanding.values()];
    for (const key of outstanding.keys()) refusals.set(key, error);
    return [];
  }

  /** Waits for the hour's request budget of this connection. */
  private async spend(): Promise<void> {
    const wait = this.budget.reserve(this.options.clock.nowMs());
    if (wait > 0)
      await this.within<void>(wait + 1, 'waiting for the request budget', (resolve) => {
        this.options.timers.after(wait, resolve);
      });
  }

  /** Runs `start` and waits for its resolve; rejects after `timeoutMs`, or when the connection ends. */
  private within<T>(
    timeoutMs: number,
    what: string,
    start: (resolve: (value: T) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.state === 'closed') {
        reject(new OkxError(`${this.name}: ${what}: ${this.reason}`, '', 'reconnect', 'unknown'));
        return;
      }
      const finish = () => {
        cancelTimeout();
        this.abandon = this.abandon.filter((candidate) => candidate !== fail);
      };
      const fail = (error: OkxError) => {
        finish();
        reject(error);
      };
      const cancelTimeout = this.options.timers.after(timeoutMs, () =>
        fail(
          new OkxError(
            `${this.name}: ${what}: no answer in ${timeoutMs} ms`,
            'ETIMEDOUT',
            'reconnect',
            'unknown',
          ),
        ),
      );
      this.abandon.push(fail);
      start((value) => {
        finish();
        resolve(value);
      });
    });
  }

  private receive(data: RawData, isBinary: boolean): void {
    const receivedAt = this.options.clock.nowUs();
    const bytes = Buffer.isBuffer(data)
      ? data
      : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    this.heardAtMs = this.options.clock.nowMs();
    if (this.state === 'closed') return;
    this.options.rawTap?.('in', receivedAt, bytes, this.name);
    if (isBinary || isPong(bytes)) return;
    // pushes are nearly all there is and begin alike: they are not parsed here
    if (isPush(bytes)) {
      this.handlers.push(bytes, receivedAt);
      return;
    }
    let message: unknown;
    try {
      message = JSON.parse(bytes.toString());
    } catch {
      this.close(`not JSON: ${bytes.toString().slice(0, 80)}`); // whoever speaks so is not OKX
      return;
    }
    if (!isRow(message)) return;
    const event = textOf(message, 'event');
    if (event !== '') this.event(event, message);
    else if (textOf(message, 'op') !== '') this.handlers.answer(message);
    else if (isRow(message.arg)) this.handlers.push(bytes, receivedAt);
  }

  private event(event: string, message: Row): void {
    const code = textOf(message, 'code');
    switch (event) {
      case 'subscribe':
      case 'unsubscribe': {
        if (!isRow(message.arg)) return;
        const key = channelKey(message.arg as unknown as ChannelArg);
        if (event === 'subscribe') this.active.add(key);
        else this.active.delete(key);
        const { waiting } = this;
        if (waiting?.op === event && waiting.outstanding.delete(key) && waiting.outstanding.size === 0)
          waiting.finish(null);
        return;
      }
      case 'login':
        this.loginWaiting?.(
          code === '0' ? null : errorOf(`${this.name}: login`, code, textOf(message, 'msg')),
        );
        return;
      case 'notice':
        this.handlers.notice(`${code} ${textOf(message, 'msg')}`);
        return;
      case 'error': {
        const id = textOf(message, 'id');
        if (this.loginWaiting !== null)
          this.loginWaiting(errorOf(`${this.name}: login`, code, textOf(message, 'msg')));
        else if (this.waiting !== null && (id === '' || id === this.waiting.id))
          this.waiting.finish(errorOf(`${this.name}: ${this.waiting.op}`, code, textOf(message, 'msg')));
        else this.handlers.answer(message);
        return;
      }
      default: // channel-conn-count and the like: nothing to do
    }
  }

  /** Text pings, as OKX wants them; a socket that stays silent after one is dead, whatever TCP believes. */
  private schedulePing(): void {
    const { timers, clock, pingIntervalMs, pongTimeoutMs } = this.options;
    this.cancelPing = timers.after(pingIntervalMs, () => {
      const sentAtMs = clock.nowMs();
      this.socket.send('ping');
      this.cancelPing = timers.after(pongTimeoutMs, () => {
        if (this.heardAtMs < sentAtMs) {
          this.reason = `silent for ${clock.nowMs() - this.heardAtMs} ms, no answer to ping`;
          this.socket.terminate();
          this.ended(this.reason);
        } else this.schedulePing();
      });
    });
  }

  private ended(reason: string): void {
    if (this.state === 'closed') return;
    const wasOpen = this.state === 'open';
    this.state = 'closed';
    this.reason ||= reason;
    this.cancelPing();
    const error = new OkxError(`${this.name}: ${this.reason}`, '', 'reconnect', 'unknown');
    for (const fail of [...this.abandon]) fail(error);
    if (wasOpen) this.handlers.closed(this.reason);
  }
}

function isPong(bytes: Buffer): boolean {
  return bytes.length === 4 && bytes.toString('latin1') === 'pong';
}

/** Begins with `{"arg":{…}` and does not go on with `,"event":` as an acknowledgement might. */
function isPush(bytes: Buffer): boolean {
  if (!matches(bytes, 0, ARG)) return false;
  const brace = bytes.indexOf(0x7d, ARG.length);
  return brace > 0 && !matches(bytes, brace + 1, EVENT);
}

const ARG = Buffer.from('{"arg":');
const EVENT = Buffer.from(',"event":');

/** Byte by byte: this is asked of every frame, and makes no strings. */
function matches(bytes: Buffer, at: number, expected: Buffer): boolean {
  for (let index = 0; index < expected.length; index++)
    if (bytes[at + index] !== expected[index]) return false;
  return true;
}

/** OKX's own close codes, from its documentation. */
const CLOSE_CODES: Readonly<Record<number, string>> = {
  1006: 'connection lost',
  1009: 'frame too big',
  4001: 'login failed',
  4002: 'bad request',
  4003: 'more than 100 subscriptions',
  4004: 'idle: no subscription or no traffic for 30 s',
  4005: 'we read too slowly',
  4006: 'abnormal disconnection',
  4007: 'API key changed or deleted',
  4008: 'too many channels',
};

function describeClose(code: number, text: string): string {
  const meaning = CLOSE_CODES[code];
  return `closed by the exchange: ${[code, meaning, text].filter((part) => part !== undefined && part !== '').join(' ')}`;
}
