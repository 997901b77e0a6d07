import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { isRow, type Row } from '../codec/fields.ts';

export interface WireRequest {
  readonly path: string;
  readonly client: WebSocket;
  /** The parsed request. */
  readonly message: Row;
  readonly op: string;
  readonly id: string;
  readonly args: readonly Row[];
}

export interface RestRequest {
  readonly method: string;
  /** After `/api/v5/`, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

export type RestAnswer = { readonly status?: number; readonly body: unknown } | 'silence' | 'hang up';

export const okay = (...data: unknown[]): RestAnswer => ({ body: { code: '0', msg: '', data } });
export const refusal = (code: string, msg = ''): RestAnswer => ({ body: { code, msg, data: [] } });

/**
 * A server for one test: speaks OKX's envelope and acknowledges logins and subscriptions; everything else is what the
 * test makes of it. Not an exchange: it holds no state, so that a test says all that happens.
 */
export class WireServer {
  readonly requests: WireRequest[] = [];
  readonly calls: RestRequest[] = [];
  readonly clients: { readonly path: string; readonly client: WebSocket }[] = [];
  /** Answers a WebSocket request; true = done, otherwise the usual acknowledgement follows. */
  onRequest: (request: WireRequest) => boolean = () => false;
  /** After a subscription was acknowledged: the place to push. */
  onSubscribed: (arg: Row, client: WebSocket) => void = () => {};
  onCall: (call: RestRequest) => RestAnswer = () => okay();
  private readonly http: Server;
  private readonly sockets: WebSocketServer;

  private constructor(http: Server) {
    this.http = http;
    this.sockets = new WebSocketServer({ server: http });
    this.sockets.on('connection', (client, request) => this.welcome(client, request.url ?? ''));
    http.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const url = new URL(request.url ?? '', 'http://test');
        const text = Buffer.concat(chunks).toString();
        const call: RestRequest = {
          method: request.method ?? '',
          path: url.pathname.replace('/api/v5/', ''),
          query: url.searchParams,
          body: text === '' ? null : JSON.parse(text),
          headers: request.headers,
        };
        this.calls.push(call);
        const answer = this.onCall(call);
        if (answer === 'silence') return;
        if (answer === 'hang up') {
          request.socket.destroy();
          return;
        }
        response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
        response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
      });
    });
  }

  static async start(): Promise<WireServer> {
    const http = createServer();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new WireServer(http);
  }

  get rest(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  get ws(): string {
    return this.rest.replace('http', 'ws');
  }

  /** Pushes to the newest client of a path. */
  push(path: string, message: unknown): void {
    const client = this.clients.findLast((candidate) => candidate.path === path)?.client;
    if (client === undefined) throw new Error(`nobody is connected to ${path}`);
    client.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Cuts the connections of a path as a lost network would. */
  cut(path: string): void {
    for (const candidate of this.clients) if (candidate.path === path) candidate.client.terminate();
  }

  ops(op: string): WireRequest[] {
    return this.requests.filter((request) => request.op === op);
  }

  stop(): void {
    for (const client of this.sockets.clients) client.terminate();
    this.sockets.close();
    this.http.closeAllConnections();
    this.http.close();
  }

  private welcome(client: WebSocket, path: string): void {
    this.clients.push({ path, client });
    client.on('message', (data) => {
      const text = data.toString();
      if (text === 'ping') {
        client.send('pong');
        return;
      }
      const message = JSON.parse(text) as Row;
      const args = Array.isArray(message.args) ? message.args.filter(isRow) : [];
      const request = { path, client, message, op: String(message.op), id: String(message.id ?? ''), args };
      this.requests.push(request);
      if (this.onRequest(request)) return;
      if (request.op === 'login') client.send('{"event":"login","code":"0","msg":"","connId":"c"}');
      if (request.op !== 'subscribe' && request.op !== 'unsubscribe') return;
      for (const arg of args) {
        client.send(JSON.stringify({ id: request.id, event: request.op, arg, connId: 'c' }));
        if (request.op === 'subscribe') this.onSubscribed(arg, client);
      }
    });
  }
}

/** Lets I/O go on until the condition holds; after 5 s of real time it is a failure that says what was awaited. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
