import { ms } from '../../core/units.ts';
import { DecodeError } from './codec/decode-error.ts';
import { isRow, type Row, rowsOf, textOf } from './codec/fields.ts';
import { errorOf, httpErrorOf, OkxError, transportErrorOf } from './errors.ts';
import { type OkxOptions, realTimers, type Timers } from './options.ts';
import { ENDPOINT_LIMITS, RateLimits, UNLISTED_LIMIT } from './rate-limit.ts';
import { signedHeaders } from './sign.ts';

export interface OkxRestOptions extends OkxOptions {
  /** Default 10 s: far beyond OKX's usual tens of milliseconds, far below a person's patience. */
  readonly timeoutMs?: number;
  /** Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * OKX's REST interface, as much of it as we use. Waits for its rate limits before it sends; throws `OkxError`s that
 * say whether the request may have taken effect. Sends everything once: the one exception is 50102 (our clock is off),
 * which proves that nothing was done, so that the clock is synchronised and the request sent anew.
 */
export class OkxRest {
  readonly limits: RateLimits;
  private readonly options: OkxRestOptions;
  private readonly timers: Timers;
  private readonly send: typeof fetch;
  /** Exchange time minus ours; null until first asked. */
  private offsetMs: number | null = null;

  constructor(options: OkxRestOptions) {
    this.options = options;
    this.timers = options.timers ?? realTimers;
    this.send = options.fetch ?? fetch;
    this.limits = new RateLimits(options.clock, this.timers);
  }

  // — time —

  /** Asks the exchange's time; half the round trip is taken as the way back. Gives the offset in ms. */
  async synchronise(): Promise<number> {
    const before = this.options.clock.nowMs();
    const [row] = await this.rows('public/time');
    const after = this.options.clock.nowMs();
    const exchange = Number(textOf(row ?? {}, 'ts'));
    if (!Number.isFinite(exchange) || exchange === 0)
      throw new DecodeError('public/time', 'no time in the answer', JSON.stringify(row));
    this.offsetMs = Math.round(exchange - (before + after) / 2);
    if (Math.abs(this.offsetMs) > 1000)
      this.options.log('warn', 'this clock and the exchange disagree', { offsetMs: this.offsetMs });
    return this.offsetMs;
  }

  /** Our best knowledge of the exchange's clock now. */
  exchangeNow(): number {
    return ms(this.options.clock.nowMs() + (this.offsetMs ?? 0));
  }

  /** The same, after asking for it where that was never done. */
  async exchangeTime(): Promise<number> {
    if (this.offsetMs === null) await this.synchronise();
    return this.exchangeNow();
  }

  // — public —

  instruments(instType: string, instId?: string): Promise<Row[]> {
    return this.rows('public/instruments', { instType, instId });
  }

  /** Of a swap's instrument family (`BTC-USDT`), which some servers still call `uly`. */
  positionTiers(instFamily: string, tdMode: 'cross' | 'isolated'): Promise<Row[]> {
    return this.rows('public/position-tiers', { instType: 'SWAP', tdMode, instFamily, uly: instFamily });
  }

  /** Newest first. `after`: only bars opened before that time. Bars older than about a day come from the archive. */
  candles(instId: string, bar: string, after: number | undefined, archive: boolean): Promise<unknown[]> {
    const path = archive ? 'market/history-candles' : 'market/candles';
    return this.get(path, { instId, bar, after, limit: archive ? 100 : 300 });
  }

  // — account —

  async accountConfig(): Promise<Row> {
    return this.only(await this.signedRows('account/config'), 'account/config');
  }

  balance(ccy?: string): Promise<Row[]> {
    return this.signedRows('account/balance', { ccy });
  }

  /** Non-zero ones. */
  async positions(instType: string): Promise<Row[]> {
    const rows = await this.signedRows('account/positions', { instType });
    return rows.filter((row) => Number(textOf(row, 'pos')) !== 0);
  }

  leverageInfo(instId: string, mgnMode: string): Promise<Row[]> {
    return this.signedRows('account/leverage-info', { instId, mgnMode });
  }

  async setLeverage(instId: string, lever: string, mgnMode: string): Promise<void> {
    await this.post('account/set-leverage', { instId, lever, mgnMode }, instId);
  }

  async setPositionMode(posMode: 'net_mode'): Promise<void> {
    await this.post('account/set-position-mode', { posMode });
  }

  /** Bills of one type at or after `begin`, newest first. `archive`: three months instead of seven days. */
  bills(type: string, begin: number, archive: boolean): Promise<Row[]> {
    const path = archive ? 'account/bills-archive' : 'account/bills';
    return this.pages(path, { instType: 'SWAP', type, begin }, 'billId');
  }

  // — trading —

  /** Null when OKX has no such order. */
  order(instId: string, id: { clOrdId: string } | { ordId: string }): Promise<Row | null> {
    return this.found('trade/order', { instId, ...id }, instId);
  }

  /** Null when OKX has no such algo order. */
  algo(id: { algoClOrdId: string } | { algoId: string }): Promise<Row | null> {
    return this.found('trade/order-algo', id);
  }

  ordersPending(instType: string): Promise<Row[]> {
    return this.pages('trade/orders-pending', { instType }, 'ordId');
  }

  /** Finished orders, newest first; never-filled canceled ones are kept two hours only. */
  ordersHistory(instType: string, begin: number, archive: boolean, instId?: string): Promise<Row[]> {
    const path = archive ? 'trade/orders-history-archive' : 'trade/orders-history';
    return this.pages(path, { instType, instId, begin }, 'ordId');
  }

  /** Standing take profits and stop losses. */
  async algosPending(instType: string): Promise<Row[]> {
    const kinds = await Promise.all(
      ['oco', 'conditional'].map((ordType) =>
        this.pages('trade/orders-algo-pending', { instType, ordType }, 'algoId'),
      ),
    );
    return kinds.flat();
  }

  /** Fills at or after `begin`, newest first. `archive`: three months instead of three days. */
  fills(instType: string, begin: number, archive: boolean): Promise<Row[]> {
    return this.pages(archive ? 'trade/fills-history' : 'trade/fills', { instType, begin }, 'billId');
  }

  /** Fills of one order, newest first. */
  fillsOf(instType: string, ordId: string): Promise<Row[]> {
    return this.pages('trade/fills', { instType, ordId }, 'billId');
  }

  /** Places one order, refused by OKX if it arrives after `expiresAtMs` (its clock). Gives OKX's id. Sent once. */
  async placeOrder(instId: string, order: Row, expiresAtMs: number): Promise<string> {
    const data = await this.post('trade/order', { instId, ...order }, instId, {
      expTime: String(expiresAtMs),
    });
    return textOf(rowsOf(data)[0] ?? {}, 'ordId');
  }

  async cancelOrder(instId: string, clOrdId: string): Promise<void> {
    await this.post('trade/cancel-order', { instId, clOrdId }, instId);
  }

  async cancelAlgo(instId: string, algoClOrdId: string): Promise<void> {
    await this.post('trade/cancel-algos', [{ instId, algoClOrdId }], instId);
  }

  /** Moves the triggers of a standing take profit / stop loss pair: the same again changes nothing. */
  async amendAlgo(instId: string, algoClOrdId: string, changes: Row): Promise<void> {
    await this.post('trade/amend-algos', { instId, algoClOrdId, ...changes }, instId);
  }

  /**
   * Arms (10 to 120 s) or disarms (0) the dead man's switch: OKX cancels our open orders when it is not renewed. Orders
   * only: positions and their take profit and stop loss stand.
   */
  async cancelAllAfter(seconds: number): Promise<void> {
    await this.post('trade/cancel-all-after', { timeOut: String(seconds) });
  }

  // — transport —

  private async rows(path: string, query: Query = {}): Promise<Row[]> {
    return rowsOf(await this.get(path, query));
  }

  private async signedRows(path: string, query: Query = {}, instId = ''): Promise<Row[]> {
    return rowsOf(await this.request('GET', path, queryText(query), '', true, instId));
  }

  private get(path: string, query: Query = {}): Promise<unknown[]> {
    return this.request('GET', path, queryText(query), '', false, String(query.instId ?? ''));
  }

  private post(
    path: string,
    body: object,
    instId = '',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<unknown[]> {
    return this.request('POST', path, '', JSON.stringify(body), true, instId, headers);
  }

  private only(rows: Row[], path: string): Row {
    const [row] = rows;
    if (row === undefined) throw new DecodeError(path, 'empty answer', '[]');
    return row;
  }

  private async found(path: string, query: Query, instId = ''): Promise<Row | null> {
    try {
      const [row] = await this.signedRows(path, query, instId);
      return row ?? null;
    } catch (error) {
      if (error instanceof OkxError && error.code === '51603') return null;
      throw error;
    }
  }

  /** All pages of a list, newest first, walking back by id. */
  private async pages(path: string, query: Query, idKey: string): Promise<Row[]> {
    const all: Row[] = [];
    const limit = 100;
    let after: string | undefined;
    for (;;) {
      const page = await this.signedRows(path, { ...query, after, limit });
      all.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < limit) return all;
      const next = textOf(last, idKey);
      if (next === '' || next === after)
        throw new DecodeError(path, `pages do not advance at ${idKey}`, next);
      after = next;
    }
  }

  private async request(
    method: 'GET' | 'POST',
    path: string,
    query: string,
    body: string,
    signed: boolean,
    instId: string,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<unknown[]> {
    if (signed && this.offsetMs === null) await this.synchronise();
    try {
      return await this.once(method, path, query, body, signed, instId, extra);
    } catch (error) {
      if (!signed || !(error instanceof OkxError) || error.code !== '50102') throw error;
      await this.synchronise();
      return this.once(method, path, query, body, signed, instId, extra);
    }
  }

  private async once(
    method: 'GET' | 'POST',
    path: string,
    query: string,
    body: string,
    signed: boolean,
    instId: string,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<unknown[]> {
    const what = `${method} ${path}`;
    const limit = ENDPOINT_LIMITS[path] ?? UNLISTED_LIMIT;
    await this.limits.take(limit.perInstrument ? `${what} ${instId}` : what, limit);

    const target = `/api/v5/${path}${query}`;
    const headers: Record<string, string> = { ...extra };
    if (body !== '') headers['Content-Type'] = 'application/json';
    if (this.options.demo) headers['x-simulated-trading'] = '1';
    if (signed) {
      const { credentials } = this.options;
      if (credentials === undefined)
        throw new OkxError(`${what}: needs API credentials, none are configured`, '', 'stop', 'refused');
      Object.assign(headers, signedHeaders(credentials, this.exchangeNow(), method, target, body));
    }

    const abort = new AbortController();
    const cancelTimeout = this.timers.after(this.options.timeoutMs ?? 10_000, () => abort.abort());
    let status: number;
    let text: string;
    try {
      const init: RequestInit = { method, headers, signal: abort.signal };
      if (body !== '') init.body = body;
      const response = await this.send(this.options.rest + target, init);
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw transportErrorOf(what, error);
    } finally {
      cancelTimeout();
    }
    return dataOf(what, status, text);
  }
}

function queryText(query: Query): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parts.push(`${key}=${encodeURIComponent(value)}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/**
 * The rule of the envelope: where an item has an `sCode`, it is believed, otherwise `code`. Trading endpoints that we
 * call carry one item, so its refusal is the request's.
 */
function dataOf(what: string, status: number, text: string): unknown[] {
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch {
    throw httpErrorOf(what, status, text); // not OKX's envelope: the status is all there is to go by
  }
  if (!isRow(envelope) || textOf(envelope, 'code') === '') throw httpErrorOf(what, status, text);
  const code = textOf(envelope, 'code');
  const data = Array.isArray(envelope.data) ? envelope.data : [];
  const refused = rowsOf(data).find((item) => !['', '0'].includes(textOf(item, 'sCode')));
  if (refused !== undefined) throw errorOf(what, textOf(refused, 'sCode'), textOf(refused, 'sMsg'));
  if (code !== '0') throw errorOf(what, code, textOf(envelope, 'msg'));
  if (status >= 400) throw httpErrorOf(what, status, text);
  return data;
}
