import { createHmac } from 'node:crypto';
import { WebSocket } from 'ws';

/**
 * A client for the tests that knows nothing of the server's code: plain `fetch`, plain `ws`, and the signature written
 * out once more.
 */
export interface Access {
  readonly rest: string;
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
}

export type Json = Record<string, unknown>;

export interface Envelope {
  readonly status: number;
  readonly code: string;
  readonly msg: string;
  readonly data: Json[];
}

const signed = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('base64');

export class RestClient {
  private readonly access: Access;

  constructor(access: Access) {
    this.access = access;
  }

  async open(path: string): Promise<Envelope> {
    return envelope(await fetch(`${this.access.rest}/api/v5/${path}`));
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Envelope> {
    const target = `/api/v5/${path}`;
    return envelope(
      await fetch(`${this.access.rest}${target}`, {
        headers: { ...this.headers('GET', target, ''), ...headers },
      }),
    );
  }

  async post(
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    signal: AbortSignal | null = null,
  ): Promise<Envelope> {
    const target = `/api/v5/${path}`;
    const text = JSON.stringify(body);
    const all = { 'content-type': 'application/json', ...this.headers('POST', target, text), ...headers };
    return envelope(
      await fetch(`${this.access.rest}${target}`, { method: 'POST', body: text, headers: all, signal }),
    );
  }

  private headers(method: string, target: string, body: string): Record<string, string> {
    const timestamp = new Date().toISOString();
    return {
      'OK-ACCESS-KEY': this.access.apiKey,
      'OK-ACCESS-PASSPHRASE': this.access.passphrase,
      'OK-ACCESS-TIMESTAMP': timestamp,
      'OK-ACCESS-SIGN': signed(this.access.secret, timestamp + method + target + body),
    };
  }
}

async function envelope(response: Response): Promise<Envelope> {
  const body = (await response.json()) as Omit<Envelope, 'status'>;
  return { ...body, status: response.status };
}

/** One connection; keeps every message, and waits for those to come. */
export class SocketClient {
  readonly messages: Json[] = [];
  readonly texts: string[] = [];
  /** Close code, once closed. */
  closed: number | null = null;
  private readonly socket: WebSocket;
  private readonly waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const text = String(data);
      this.texts.push(text);
      if (text.startsWith('{')) this.messages.push(JSON.parse(text) as Json);
      for (const look of this.waiting) look();
    });
    socket.on('close', (code) => {
      this.closed = code;
      for (const look of this.waiting) look();
    });
  }

  /** Waits for its turn where connections come too fast (three a second are let in). */
  static async connect(url: string): Promise<SocketClient> {
    for (;;) {
      const socket = new WebSocket(url);
      const client = new SocketClient(socket);
      try {
        await new Promise<void>((resolve, reject) => {
          socket.once('open', () => resolve());
          socket.once('error', reject);
        });
        return client;
      } catch (error) {
        if (!(error as Error).message.endsWith('429')) throw error;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  close(): void {
    this.socket.terminate();
  }

  async login(access: Access, change: Json = {}): Promise<Json> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const sign = signed(access.secret, `${timestamp}GET/users/self/verify`);
    const args = [{ apiKey: access.apiKey, passphrase: access.passphrase, timestamp, sign, ...change }];
    this.send({ op: 'login', args });
    return this.until((message) => message.event === 'login' || message.event === 'error');
  }

  async subscribe(...args: Json[]): Promise<void> {
    this.send({ op: 'subscribe', args });
    for (const arg of args) {
      const text = JSON.stringify(arg);
      await this.until((message) => message.event === 'subscribe' && JSON.stringify(message.arg) === text);
    }
  }

  /** The first message, past or to come, that is wanted. */
  until(wanted: (message: Json) => boolean, from = 0, withinMs = 10_000): Promise<Json> {
    return this.eventually(() => this.messages.slice(from).find(wanted), withinMs);
  }

  /** Looks after every message until there is something. */
  eventually<T>(look: () => T | undefined, withinMs = 10_000): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(attempt);
        reject(
          new Error(`nothing within ${withinMs} ms; last: ${this.texts.slice(-3).join(' | ').slice(0, 600)}`),
        );
      }, withinMs);
      const attempt = (): void => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        this.waiting.delete(attempt);
        resolve(found);
      };
      this.waiting.add(attempt);
      attempt();
    });
  }

  /** Rows pushed on a channel, in order. */
  rows(channel: string): Json[] {
    return this.messages
      .filter(
        (message) => (message.arg as Json | undefined)?.channel === channel && Array.isArray(message.data),
      )
      .flatMap((message) => message.data as Json[]);
  }
}
