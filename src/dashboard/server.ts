/**
 * The dashboard's server: the page, its pushes over a WebSocket, and a small REST API.
 *
 * Whoever can reach it may look when it listens on this machine only; whatever changes something needs the token, and
 * so does looking when it listens beyond this machine. A page of another site can neither read it (the Host header
 * must be a name it knows: no DNS rebinding) nor speak to it (an Origin header must be its own: no cross-site socket).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import staticFiles from '@fastify/static';
import webSocket from '@fastify/websocket';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { OperatorAction } from '../core/events.ts';
import type { Push, ViewSource } from './view.ts';

export interface DashboardOptions {
  readonly source: ViewSource;
  /** 0 takes any free port. */
  readonly port: number;
  /** Address to listen on; 127.0.0.1 unless said. */
  readonly host?: string;
  /** Other names under which a browser may reach it, without port. */
  readonly allowedHosts?: readonly string[];
  /** What `Authorization: Bearer …` must carry to change something. */
  readonly token: string;
  /** `flatten`: of a kill, whether it closes positions too; undefined where the page did not say. */
  readonly control: (action: OperatorAction, flatten?: boolean) => void;
  readonly log: DashboardLog;
  /** The built page; `web/dist` unless said. */
  readonly pageFolder?: string;
}

export interface Dashboard {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The part of a pino logger that is used here. */
export interface DashboardLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The dashboard cannot start as asked; the message says what to mend. */
export class DashboardError extends Error {
  override readonly name = 'DashboardError';
}

const STATE_EVERY_MS = 250;
/** A page is sent some 100 kB/s at most: whoever is this far behind has not read for about half a minute. */
const BUFFERED_BYTES_MAX = 4 * 1024 * 1024;
/** Each page costs a serialised view to send; a runaway script must not cost the engine its time. */
const PAGES_MAX = 32;
/** A dropped page may still read why before its socket is cut. */
const PARTING_MS = 300;
/** Pages send nothing but the closing handshake. */
const INCOMING_BYTES_MAX = 1024;
/** Close codes: RFC 6455 section 7.4.1, 1013 from the IANA registry. */
const CloseCode = { goingAway: 1001, internalError: 1011, tryAgainLater: 1013 } as const;
const ACTIONS = ['pause', 'resume', 'close', 'kill', 'arm'] as const satisfies readonly OperatorAction[];
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];
const WILDCARD = ['0.0.0.0', '::', ''];
/** The socket's name for itself; a page that must show the token offers `bearer.<base64url>` beside it. */
const PROTOCOL = 'hunter.v1';

/** No inline script, nothing from elsewhere. Styles set by script (CSSOM) are not inline in this sense. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const host = options.host ?? '127.0.0.1';
  const pageFolder = options.pageFolder ?? fileURLToPath(new URL('../../web/dist', import.meta.url));
  if (options.token === '') {
    throw new DashboardError('dashboard: the token is empty, anybody could trade: set one');
  }
  if (!existsSync(`${pageFolder}/index.html`)) {
    throw new DashboardError(
      `dashboard: the page is not built (no index.html in ${pageFolder}): npm run prepare`,
    );
  }

  const pages = new Pages(options.source, options.log);
  const app = fastify({ logger: false, forceCloseConnections: true, bodyLimit: INCOMING_BYTES_MAX });
  const guard = new Guard(options.token, host, options.allowedHosts ?? []);
  await app.register(webSocket, {
    options: {
      maxPayload: INCOMING_BYTES_MAX,
      handleProtocols: (offered: Set<string>) => (offered.has(PROTOCOL) ? PROTOCOL : false),
    },
    preClose: (done: () => void) => void pages.close().then(done),
    errorHandler: (error: Error, socket: WebSocket) => {
      options.log.warn({ error: error.message }, 'dashboard: a page sent what it must not');
      socket.terminate();
    },
  });
  // After the plugin, whose own hook marks upgrades: it closes the socket of a refused one only if it was marked.
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const refusal = guard.refusal(request);
    if (refusal !== null) return refuse(reply, refusal);
  });
  routes(app, options, guard, pages);
  await app.register(staticFiles, {
    root: pageFolder,
    cacheControl: false,
    // Vite puts a hash of the content into every other name.
    setHeaders: (reply, path) =>
      reply.setHeader(
        'cache-control',
        basename(path) === 'index.html' ? 'no-cache' : 'public, max-age=31536000, immutable',
      ),
  });

  await listen(app, host, options.port);
  const port = (app.server.address() as AddressInfo).port;
  const name = WILDCARD.includes(host) ? 'localhost' : host;
  const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}/`;
  options.log.info({ url }, 'dashboard: listening');
  let closing: Promise<void> | null = null;
  return {
    url,
    port,
    close() {
      closing ??= Promise.resolve(app.close());
      return closing;
    },
  };
}

function routes(app: FastifyInstance, options: DashboardOptions, guard: Guard, pages: Pages): void {
  app.get('/api/view', async () => options.source.view());
  app.get('/api/charts', async () => options.source.charts());
  app.get('/ws', { websocket: true }, (socket) => pages.add(socket));

  app.post<{ Body: { action: OperatorAction; flatten?: boolean } }>(
    '/api/control',
    {
      onRequest: async (request, reply) => {
        if (!guard.holdsToken(request)) return refuse(reply, { status: 401, reason: TOKEN_WANTED });
      },
      schema: {
        body: {
          type: 'object',
          required: ['action'],
          additionalProperties: false,
          properties: { action: { type: 'string', enum: ACTIONS }, flatten: { type: 'boolean' } },
        },
      },
    },
    async (request, reply) => {
      const { action, flatten } = request.body;
      options.log.info({ action }, 'dashboard: an operator asks');
      options.control(action, flatten);
      return reply.code(202).send({ accepted: action });
    },
  );
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const code = error instanceof Error && 'code' in error ? error.code : '';
    const mend = 'choose another with --port (0 takes any free one)';
    if (code === 'EADDRINUSE') {
      throw new DashboardError(`dashboard: port ${port} on ${host} is already in use: ${mend}`);
    }
    if (code === 'EACCES') {
      throw new DashboardError(`dashboard: port ${port} on ${host} is not allowed to this user: ${mend}`);
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new DashboardError(`dashboard: ${host} is not an address of this machine`);
    }
    throw error;
  }
}

interface Refusal {
  readonly status: 401 | 403;
  readonly reason: string;
}

const TOKEN_WANTED = 'this needs the header Authorization: Bearer <token>; the token was printed at start';

function refuse(reply: FastifyReply, { status, reason }: Refusal): FastifyReply {
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).send({ error: reason });
}

/** Who may ask at all. */
class Guard {
  private readonly tokenDigest: Buffer;
  private readonly names: ReadonlySet<string>;
  private readonly readingNeedsToken: boolean;

  constructor(token: string, host: string, allowedHosts: readonly string[]) {
    this.tokenDigest = digest(token);
    this.names = new Set([
      ...LOOPBACK,
      ...(WILDCARD.includes(host) ? [] : [host.toLowerCase()]),
      ...allowedHosts.map((name) => name.toLowerCase()),
    ]);
    this.readingNeedsToken = !LOOPBACK.includes(host);
  }

  refusal(request: FastifyRequest): Refusal | null {
    const { host, origin } = request.headers;
    const name = host === undefined ? null : hostOf(`http://${host}`);
    if (name === null || !this.names.has(nameOf(name))) {
      return { status: 403, reason: `Host ${host ?? '(none)'} is not a name of this dashboard` };
    }
    if (origin !== undefined && hostOf(origin) !== name) {
      return { status: 403, reason: `Origin ${origin} is not this dashboard` };
    }
    const isData = request.url.startsWith('/api/') || request.url.split('?', 1)[0] === '/ws';
    if (this.readingNeedsToken && isData && !this.holdsToken(request)) {
      return { status: 401, reason: TOKEN_WANTED };
    }
    return null;
  }

  /** Digests have one length and are compared in constant time: the answer's timing tells nothing about the token. */
  holdsToken(request: FastifyRequest): boolean {
    const given = bearer(request);
    return given !== null && timingSafeEqual(digest(given), this.tokenDigest);
  }
}

/** The token as given: in the header, or, as a browser cannot set headers on a WebSocket, among its protocols. */
function bearer(request: FastifyRequest): string | null {
  const header = request.headers.authorization;
  if (header !== undefined) return /^Bearer +(.+)$/i.exec(header)?.[1] ?? null;
  for (const protocol of (request.headers['sec-websocket-protocol'] ?? '').split(',')) {
    const encoded = /^bearer\.(.+)$/.exec(protocol.trim())?.[1];
    if (encoded !== undefined) return Buffer.from(encoded, 'base64url').toString('utf8');
  }
  return null;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Host and port as a browser would write them; null when it is no address (the Origin of a sandboxed page is "null"). */
function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}

const nameOf = (host: string): string => new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');

/** The pages that are looking. Nothing is computed while nobody looks. */
class Pages {
  private readonly sockets = new Set<WebSocket>();
  private readonly parting = new Set<WebSocket>();
  private readonly source: ViewSource;
  private readonly log: DashboardLog;
  private stopWatching: (() => void) | null = null;
  private closed = false;

  constructor(source: ViewSource, log: DashboardLog) {
    this.source = source;
    this.log = log;
  }

  add(socket: WebSocket): void {
    if (this.closed) {
      this.part(socket, CloseCode.goingAway, 'the server is stopping');
      return;
    }
    if (this.sockets.size >= PAGES_MAX) {
      this.part(socket, CloseCode.tryAgainLater, `${PAGES_MAX} pages are open already: close one`);
      return;
    }
    this.sockets.add(socket);
    socket.once('close', () => this.forget(socket));
    // Hello and subscription happen in one turn: nothing can fall between them.
    this.guarded(() => {
      const hello: Push = { type: 'hello', view: this.source.view(), charts: this.source.charts() };
      this.send(socket, encode(hello));
      this.stopWatching ??= this.watch();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const socket of [...this.sockets]) this.part(socket, CloseCode.goingAway, 'the server is stopping');
    await Promise.all(
      [...this.parting].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
  }

  private watch(): () => void {
    const unsubscribe = this.source.subscribe((push) => this.guarded(() => this.broadcast(push)));
    const timer = setInterval(() => {
      this.guarded(() => this.broadcast({ type: 'state', view: this.source.view() }));
    }, STATE_EVERY_MS);
    return () => {
      clearInterval(timer);
      unsubscribe();
    };
  }

  private broadcast(push: Push): void {
    const text = encode(push);
    for (const socket of [...this.sockets]) this.send(socket, text);
  }

  private send(socket: WebSocket, text: Buffer): void {
    if (socket.bufferedAmount > BUFFERED_BYTES_MAX) {
      this.log.warn({ bufferedBytes: socket.bufferedAmount }, 'dashboard: a page reads too slowly: dropped');
      this.part(socket, CloseCode.tryAgainLater, 'reads too slowly: connect again for a fresh start');
    } else {
      socket.send(text, { binary: false });
    }
  }

  /** A fault in the view must not end the trading process, nor leave pages looking at old figures as if new. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.log.error({ error: cause }, 'dashboard: the view failed: every page was disconnected');
      for (const socket of [...this.sockets]) {
        this.part(socket, CloseCode.internalError, 'the view failed: see the log');
      }
    }
  }

  private part(socket: WebSocket, code: number, reason: string): void {
    this.forget(socket);
    this.parting.add(socket);
    const cut = setTimeout(() => socket.terminate(), PARTING_MS);
    socket.once('close', () => {
      clearTimeout(cut);
      this.parting.delete(socket);
    });
    socket.close(code, reason);
  }

  private forget(socket: WebSocket): void {
    this.sockets.delete(socket);
    if (this.sockets.size > 0) return;
    this.stopWatching?.();
    this.stopWatching = null;
  }
}

/** Encoded once, sent to every page. */
const encode = (push: Push): Buffer => Buffer.from(JSON.stringify(push));
