import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from '../accounts/account.ts';
import { accountRoutes } from './account-routes.ts';
import { Fields } from './fields.ts';
import type { Gateway } from './gateway.ts';
import { publicRoutes } from './public-routes.ts';
import type { RateLimits } from './rate-limits.ts';
import { type Answer, type Call, no, type Route, type Routes } from './route.ts';
import { isSignature, sign } from './signing.ts';
import { micros } from './text.ts';
import { tradeRoutes } from './trade-routes.ts';

const ROOT = '/api/v5/';
const BODY_MAX_BYTES = 64 * 1024;
const ROUTES: Routes = { ...publicRoutes, ...accountRoutes, ...tradeRoutes };

/** The REST door: finds the route, checks limit and signature, writes the envelope. */
export class Rest {
  private readonly gateway: Gateway;
  private readonly limits: RateLimits;

  constructor(gateway: Gateway, limits: RateLimits) {
    this.gateway = gateway;
    this.limits = limits;
  }

  /** For `node:http`. Never rejects: a body that breaks off ends the exchange with its client, nothing else. */
  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    const arrivedAt = this.gateway.now;
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_MAX_BYTES) chunks.push(chunk);
    });
    request.on('error', () => response.destroy());
    request.on('end', () => {
      const target = request.url ?? '/';
      const route = this.find(request.method ?? 'GET', target);
      const answer =
        size > BODY_MAX_BYTES
          ? no('50000', 'Request body is too large', 413)
          : this.answer(request, target, route, Buffer.concat(chunks).toString());
      const timed = route?.access === 'private' && route.timed && answer.code !== '50011';
      this.write(response, answer, timed ? arrivedAt : 0);
      this.gateway.tell();
    });
  };

  private find(method: string, target: string): Route | undefined {
    const [path = ''] = target.split('?', 1);
    return path.startsWith(ROOT) ? ROUTES[`${method} ${path.slice(ROOT.length)}`] : undefined;
  }

  private answer(request: IncomingMessage, target: string, route: Route | undefined, text: string): Answer {
    if (route === undefined) return no('404', 'Not Found', 404);
    const call = this.read(request, target, text);
    if ('status' in call) return call;
    const path = target.split('?', 1)[0];
    if (route.access === 'public') {
      const id = call.fields.text('instId');
      const key = `${path}|${request.socket.remoteAddress}|${path?.includes('funding-rate') ? id : ''}`;
      if (!this.limits.take(key, route.limit.most, route.limit.window, Date.now()))
        return no('50011', 'Too Many Requests', 429);
      return route.answer(call);
    }
    const account = this.authenticate(request, target, text);
    if ('status' in account) return account;
    const { limit } = route;
    if (
      limit !== null &&
      !this.limits.take(`${request.method}${path}|${account.uid}`, limit.most, limit.window, Date.now())
    )
      return no('50011', 'Too Many Requests', 429);
    const late = this.expiry(request);
    return late ?? route.answer(call, account);
  }

  private read(request: IncomingMessage, target: string, text: string): Call | Answer {
    const { gateway, limits } = this;
    const query = target.includes('?') ? target.slice(target.indexOf('?') + 1) : '';
    if (request.method !== 'POST') return { gateway, limits, fields: Fields.ofQuery(query), body: null };
    if (text === '') return no('50000', 'Body for POST request cannot be empty.', 400);
    try {
      const body: unknown = JSON.parse(text);
      return { gateway, limits, fields: new Fields(body), body };
    } catch {
      return no('50002', 'JSON syntax error', 400);
    }
  }

  private authenticate(request: IncomingMessage, target: string, text: string): Account | Answer {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const key = header('ok-access-key');
    const passphrase = header('ok-access-passphrase');
    const signature = header('ok-access-sign');
    const timestamp = header('ok-access-timestamp');
    const empty = (code: string, name: string): Answer =>
      no(code, `Request header ${name} can not be empty.`, 401);
    if (key === '') return empty('50103', 'OK-ACCESS-KEY');
    if (passphrase === '') return empty('50104', 'OK-ACCESS-PASSPHRASE');
    if (signature === '') return empty('50106', 'OK-ACCESS-SIGN');
    if (timestamp === '') return empty('50107', 'OK-ACCESS-TIMESTAMP');
    const at = Date.parse(timestamp);
    if (Number.isNaN(at)) return no('50112', 'Invalid OK-ACCESS-TIMESTAMP', 401);
    if (!this.gateway.isTimely(at)) return no('50102', 'Timestamp request expired', 401);
    const account = this.gateway.accountOf(key);
    if (account === undefined) return no('50119', "API key doesn't exist", 401);
    const { credentials } = account;
    if (!isSignature(signature, sign(credentials.secret, timestamp, request.method ?? '', target, text)))
      return no('50113', 'Invalid Sign', 401);
    if (passphrase !== credentials.passphrase)
      return no('50105', 'Request header OK-ACCESS-PASSPHRASE incorrect.', 401);
    return account;
  }

  private expiry(request: IncomingMessage): Answer | null {
    const header = request.headers.exptime;
    if (header === undefined) return null;
    const at = Number(header);
    if (Number.isNaN(at)) return no('50030', 'Parameter expTime error', 400);
    return at < Math.min(this.gateway.now, Date.now())
      ? no('50036', 'The expTime can not be earlier than the current system time.', 400)
      : null;
  }

  private write(response: ServerResponse, answer: Answer, arrivedAt: number): void {
    const { status, code, msg, data } = answer;
    const times = arrivedAt === 0 ? {} : { inTime: micros(arrivedAt), outTime: micros(this.gateway.now, 1) };
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
