import type { IncomingMessage, ServerResponse } from 'node:http';
import { accountRoutes } from './account-routes.ts';
import { Fields } from './fields.ts';
import { type Gateway, Unsaved } from './gateway.ts';
import { type Fate, type Interference, UNTOUCHED } from './interference.ts';
import type { Key } from './keys.ts';
import { publicRoutes } from './public-routes.ts';
import type { RateLimits } from './rate-limits.ts';
import { type Answer, type Call, no, type Route, type Routes, unreadable } from './route.ts';
import { isSignature, sign } from './signing.ts';
import { micros } from './text.ts';
import { tradeRoutes } from './trade-routes.ts';

const ROOT = '/api/v5/';
const BODY_MAX_BYTES = 64 * 1024;
/** How many answers are kept for a fault that shows old ones. */
const STALE_KEPT = 20;
/** A request that will never be answered is held so long, unless its client gives up before. */
const ABANDONED_MS = 120_000;
export const ROUTES: Routes = { ...publicRoutes, ...accountRoutes, ...tradeRoutes };

/** One request on its way through; `body` is null when it was too large. */
interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: string;
  readonly body: string | null;
  readonly arrivedAt: number;
}

/** `GET market/books`: what the routes and the faults call a request. */
function endpointOf(method: string, target: string): string {
  const [path = ''] = target.split('?', 1);
  return `${method} ${path.startsWith(ROOT) ? path.slice(ROOT.length) : path}`;
}

function abandon(response: ServerResponse): void {
  const end = setTimeout(() => response.destroy(), ABANDONED_MS);
  end.unref();
  response.once('close', () => clearTimeout(end));
}

/** The REST door: finds the route, checks limit and signature, writes the envelope. */
export class Rest {
  private readonly gateway: Gateway;
  private readonly limits: RateLimits;
  private readonly old = new Map<string, Answer>();

  constructor(gateway: Gateway, limits: RateLimits) {
    this.gateway = gateway;
    this.limits = limits;
  }

  /** For `node:http`. Never rejects: a body that breaks off ends the exchange with its client, nothing else. */
  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    const arrivedAt = this.gateway.clock;
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_MAX_BYTES) chunks.push(chunk);
    });
    request.on('error', () => response.destroy());
    request.on('end', () => {
      const target = request.url ?? '/';
      const body = size > BODY_MAX_BYTES ? null : Buffer.concat(chunks).toString();
      const { interference } = this.gateway;
      if (interference === null) this.serve({ request, response, target, body, arrivedAt }, UNTOUCHED);
      else this.serveSpoiled({ request, response, target, body, arrivedAt }, interference);
    });
  };

  private serveSpoiled(visit: Visit, interference: Interference): void {
    const endpoint = endpointOf(visit.request.method ?? 'GET', visit.target);
    const key = this.gateway.keyOf(String(visit.request.headers['ok-access-key'] ?? ''));
    const fate = interference.request(endpoint, key?.account.uid ?? '');
    if (fate.instead === 'silence') abandon(visit.response);
    else if (fate.instead !== null) this.write(visit.response, fate.instead, 0);
    else if (fate.delayBefore === 0) this.serve(visit, fate);
    else setTimeout(() => this.serve(visit, fate), fate.delayBefore).unref();
  }

  private serve(visit: Visit, fate: Fate): void {
    const { request, response, target, body, arrivedAt } = visit;
    const route = ROUTES[endpointOf(request.method ?? 'GET', target)];
    const answer =
      body === null
        ? no('50000', 'Request body is too large', 413)
        : this.answer(request, target, route, body, arrivedAt);
    const timed = route?.access === 'private' && route.timed && answer.code !== '50011';
    const { afterwards } = fate;
    if (afterwards === 'silence') abandon(response);
    else if (fate.delayAfter > 0)
      setTimeout(
        () => this.write(response, afterwards ?? answer, timed ? arrivedAt : 0),
        fate.delayAfter,
      ).unref();
    else this.write(response, afterwards ?? this.remembered(target, answer, fate), timed ? arrivedAt : 0);
    this.gateway.tell();
  }

  /** Under a fault that shows old answers, the oldest of the last minutes; else the answer itself, kept for later. */
  private remembered(target: string, answer: Answer, { stale }: Fate): Answer {
    if (this.gateway.interference === null || !target.startsWith(`${ROOT}market/books`)) return answer;
    const old = this.old.get(target);
    if (stale && old !== undefined) return old;
    if (this.old.size < STALE_KEPT || old !== undefined) this.old.set(target, answer);
    return answer;
  }

  private answer(
    request: IncomingMessage,
    target: string,
    route: Route | undefined,
    text: string,
    arrivedAt: number,
  ): Answer {
    if (route === undefined) return no('404', 'Not Found', 404);
    const path = target.split('?', 1)[0];
    if (route.access === 'public') {
      const call = this.read(request, target, text, null);
      if ('status' in call) return call;
      const id = call.fields.text('instId');
      const key = `${path}|${request.socket.remoteAddress}|${path?.includes('funding-rate') ? id : ''}`;
      if (!this.limits.take(key, route.limit.most, route.limit.window, Date.now()))
        return no('50011', 'Too Many Requests', 429);
      return route.answer(call);
    }
    const key = this.authenticate(request, target, text);
    if ('status' in key) return key;
    const call = this.read(request, target, text, key);
    if ('status' in call) return call;
    if (request.method === 'POST' && !key.permissions.includes('trade'))
      return no('50120', "This API key doesn't have permission to use this function.");
    if (!this.gateway.isSound) return no('50001', 'Service temporarily unavailable. Try again later.', 503);
    const { limit } = route;
    if (
      limit !== null &&
      !this.limits.take(`${request.method}${path}|${key.account.uid}`, limit.most, limit.window, Date.now())
    )
      return no('50011', 'Too Many Requests', 429);
    try {
      return this.expiry(request, arrivedAt) ?? route.answer(call, key.account);
    } catch (error) {
      if (error instanceof Unsaved) return no('50026', 'System error. Try again later.', 500);
      throw error;
    }
  }

  private read(request: IncomingMessage, target: string, text: string, key: Key | null): Call | Answer {
    const { gateway, limits } = this;
    const query = target.includes('?') ? target.slice(target.indexOf('?') + 1) : '';
    if (request.method !== 'POST') {
      const fields = Fields.ofQuery(query);
      return unreadable(fields) ?? { gateway, limits, key, fields, body: null };
    }
    if (text === '') return no('50000', 'Body for POST request cannot be empty.', 400);
    try {
      const body: unknown = JSON.parse(text);
      return { gateway, limits, key, fields: new Fields(body), body };
    } catch {
      return no('50002', 'JSON syntax error', 400);
    }
  }

  private authenticate(request: IncomingMessage, target: string, text: string): Key | Answer {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const name = header('ok-access-key');
    const passphrase = header('ok-access-passphrase');
    const signature = header('ok-access-sign');
    const timestamp = header('ok-access-timestamp');
    const empty = (code: string, name: string): Answer =>
      no(code, `Request header ${name} can not be empty.`, 401);
    if (name === '') return empty('50103', 'OK-ACCESS-KEY');
    if (passphrase === '') return empty('50104', 'OK-ACCESS-PASSPHRASE');
    if (signature === '') return empty('50106', 'OK-ACCESS-SIGN');
    if (timestamp === '') return empty('50107', 'OK-ACCESS-TIMESTAMP');
    const at = Date.parse(timestamp);
    if (Number.isNaN(at)) return no('50112', 'Invalid OK-ACCESS-TIMESTAMP', 401);
    if (!this.gateway.isTimely(at)) return no('50102', 'Timestamp request expired', 401);
    const key = this.gateway.keyOf(name);
    if (key === undefined) return no('50119', "API key doesn't exist", 401);
    const { credentials } = key;
    if (!isSignature(signature, sign(credentials.secret, timestamp, request.method ?? '', target, text)))
      return no('50113', 'Invalid Sign', 401);
    if (passphrase !== credentials.passphrase)
      return no('50105', 'Request header OK-ACCESS-PASSPHRASE incorrect.', 401);
    return key;
  }

  /** A request that came too late, or that became too old while it waited here. */
  private expiry(request: IncomingMessage, arrivedAt: number): Answer | null {
    const header = request.headers.exptime;
    if (header === undefined) return null;
    const at = Number(header);
    if (Number.isNaN(at)) return no('50030', 'Parameter expTime error', 400);
    if (!this.gateway.isPast(at)) return null;
    return at < arrivedAt
      ? no('50036', 'The expTime can not be earlier than the current system time.', 400)
      : no('50037', 'Order expired.', 400);
  }

  private write(response: ServerResponse, answer: Answer, arrivedAt: number): void {
    const { status, code, msg, data } = answer;
    const times =
      arrivedAt === 0 ? {} : { inTime: micros(arrivedAt), outTime: micros(this.gateway.clock, 1) };
    // the gateway's own limit answers without data, as OKX's does
    const body = status === 429 ? { msg, code } : { code, data, msg, ...times };
    const text = JSON.stringify(body);
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  }
}
