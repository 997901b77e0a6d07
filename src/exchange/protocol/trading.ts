import type { Account } from '../accounts/account.ts';
import { CANCELED, type Order } from '../accounts/order.ts';
import { type Refusal, refusal } from '../accounts/refusal.ts';
import { Fields } from './fields.ts';
import type { Gateway } from './gateway.ts';
import type { RateLimits } from './rate-limits.ts';
import { findMarket, readAlgo, readAlgoAmendment, readAmendment, readPlacement } from './requests.ts';

/** The order operations, for REST and WebSocket alike: one request object in, one row of the answer out. */

export type Row = Record<string, unknown> & { readonly sCode: string };
export type Operation = (gateway: Gateway, account: Account, fields: Fields) => Row;

const DONE = { subCode: '' };

function orderNo(gateway: Gateway, fields: Fields, no: Refusal): Row {
  return {
    ordId: '',
    clOrdId: fields.text('clOrdId'),
    tag: fields.text('tag'),
    ts: String(gateway.now),
    sCode: no.code,
    sMsg: no.message,
    subCode: no.subCode,
  };
}

export const place: Operation = (gateway, account, fields) => {
  const read = readPlacement(gateway.exchange, account, fields);
  if (!read.ok) return orderNo(gateway, fields, read.error);
  const placed = gateway.exchange.orders.place(account, read.value);
  if (!placed.ok) return orderNo(gateway, fields, placed.error);
  const order = placed.value;
  return {
    ordId: String(order.id),
    clOrdId: order.clientId,
    tag: order.tag,
    ts: String(order.createdAt),
    sCode: '0',
    sMsg: 'Order successfully placed.',
    ...DONE,
  };
};

/** The open order that `ordId` or `clOrdId` names, or why there is none. */
function openOrder(gateway: Gateway, account: Account, fields: Fields, gone: string): Order | Refusal {
  const found = findMarket(gateway.exchange, fields);
  if (!found.ok) return found.error;
  const id = fields.text('ordId');
  const clientId = fields.text('clOrdId');
  if (id === '' && clientId === '') return refusal('50015', 'Either parameter ordId or clOrdId is required');
  return (
    account.findOrder(found.value.instrument.id, id, clientId) ??
    refusal(
      gone,
      gone === '51400'
        ? 'Order cancellation failed as the order has been filled, canceled or does not exist.'
        : 'Order modification failed as the order does not exist.',
    )
  );
}

const isRefusal = (value: Order | Refusal): value is Refusal => 'code' in value;

function changed(gateway: Gateway, order: Order, extra: Record<string, unknown> = {}): Row {
  return {
    ordId: String(order.id),
    clOrdId: order.clientId,
    ts: String(gateway.now),
    sCode: '0',
    sMsg: '',
    ...extra,
  };
}

function unchanged(gateway: Gateway, fields: Fields, no: Refusal, extra: Record<string, unknown> = {}): Row {
  return {
    ordId: fields.text('ordId'),
    clOrdId: fields.text('clOrdId'),
    ts: String(gateway.now),
    sCode: no.code,
    sMsg: no.message,
    ...extra,
  };
}

export const cancel: Operation = (gateway, account, fields) => {
  const order = openOrder(gateway, account, fields, '51400');
  if (isRefusal(order)) return unchanged(gateway, fields, order);
  gateway.exchange.orders.cancel(account, order, CANCELED.user);
  return changed(gateway, order);
};

export const amend: Operation = (gateway, account, fields) => {
  const extra = { reqId: fields.text('reqId'), subCode: '' };
  const order = openOrder(gateway, account, fields, '51503');
  if (isRefusal(order)) return unchanged(gateway, fields, order, extra);
  const read = readAmendment(gateway.exchange.market(order.instId)!, order, fields);
  if (!read.ok) {
    // OKX: a size that is no multiple of the lot is a failed amendment too
    if (fields.text('cxlOnFail') === 'true')
      gateway.exchange.orders.cancelUnamended(account, order, extra.reqId);
    return unchanged(gateway, fields, read.error, extra);
  }
  const amended = gateway.exchange.orders.amend(account, order, read.value);
  return amended.ok ? changed(gateway, order, extra) : unchanged(gateway, fields, amended.error, extra);
};

export const placeAlgo: Operation = (gateway, account, fields) => {
  const read = readAlgo(gateway.exchange, account, fields);
  const placed = read.ok ? gateway.exchange.algos.place(account, read.value) : read;
  const common = {
    clOrdId: fields.text('clOrdId'),
    algoClOrdId: fields.text('algoClOrdId'),
    tag: fields.text('tag'),
  };
  if (!placed.ok)
    return { algoId: '', ...common, sCode: placed.error.code, sMsg: placed.error.message, ...DONE };
  return { algoId: String(placed.value.id), ...common, sCode: '0', sMsg: '', ...DONE };
};

export const cancelAlgo: Operation = (gateway, account, fields) => {
  const id = fields.text('algoId');
  const clientId = fields.text('algoClOrdId');
  const algo = [...account.algos.values()].find((one) =>
    id !== '' ? String(one.id) === id : clientId !== '' && one.clientId === clientId,
  );
  const common = { algoId: id, algoClOrdId: clientId, clOrdId: '', tag: '' };
  if (algo === undefined)
    return {
      ...common,
      sCode: '51400',
      sMsg: 'Cancellation failed as the order has been filled, canceled or does not exist.',
    };
  gateway.exchange.algos.cancel(account, algo, gateway.now);
  return { ...common, algoId: String(algo.id), algoClOrdId: algo.clientId, sCode: '0', sMsg: '' };
};

export const amendAlgo: Operation = (gateway, account, fields) => {
  const id = fields.text('algoId');
  const clientId = fields.text('algoClOrdId');
  const algo = [...account.algos.values()].find((one) =>
    id !== '' ? String(one.id) === id : clientId !== '' && one.clientId === clientId,
  );
  const common = { algoId: id, algoClOrdId: clientId, reqId: fields.text('reqId') };
  if (algo === undefined)
    return {
      ...common,
      sCode: '51527',
      sMsg: 'Order modification unsuccessful. The stop order does not exist.',
    };
  const read = readAlgoAmendment(gateway.exchange.market(algo.instId)!, algo, fields);
  const amended = read.ok ? gateway.exchange.algos.amend(account, algo, read.value) : read;
  if (!read.ok && fields.text('cxlOnFail') === 'true')
    gateway.exchange.algos.cancel(account, algo, gateway.now);
  if (!amended.ok) return { ...common, sCode: amended.error.code, sMsg: amended.error.message };
  return { ...common, algoId: String(algo.id), algoClOrdId: algo.clientId, sCode: '0', sMsg: '' };
};

/** Per 2 s, user and instrument; REST and WebSocket share the bucket. */
export const PER_OPERATION = { single: 60, batch: 300, window: 2000 } as const;
/** New and amended orders of an account per 2 s, over all instruments. */
const PER_ACCOUNT = 1000;

export const limited = (): Refusal =>
  refusal(
    '50011',
    'Rate limit reached. Please refer to API documentation and throttle requests accordingly.',
  );

const accountLimited = (): Refusal =>
  refusal('50061', "You've reached the maximum order rate limit for this account.");

export interface Limiting {
  readonly name: string;
  readonly single: number;
  readonly batch: number;
}

export const isRefused = (done: Row[] | Refusal): done is Refusal => !Array.isArray(done);

/** Runs an operation for each item, in order, unless a bucket is empty. A batch of one counts as a single order. */
export function runEach(
  gateway: Gateway,
  limits: RateLimits,
  account: Account,
  operation: Operation,
  items: readonly unknown[],
  limiting: Limiting,
): Row[] | Refusal {
  const all = items.map((item) => new Fields(item));
  const batch = all.length > 1;
  const counts = new Map<string, number>();
  for (const fields of all) {
    const found = findMarket(gateway.exchange, fields);
    const id = found.ok ? found.value.instrument.id : '';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  for (const [id, count] of counts) {
    const key = `${limiting.name}|${batch}|${account.uid}|${id}`;
    const most = batch ? limiting.batch : limiting.single;
    if (!limits.take(key, most, PER_OPERATION.window, Date.now(), count)) return limited();
  }
  const isCounted = limiting.name === 'place' || limiting.name === 'amend';
  const orders = `orders|${account.uid}`;
  if (isCounted && !limits.take(orders, PER_ACCOUNT, PER_OPERATION.window, Date.now(), all.length))
    return accountLimited();
  const { interference } = gateway;
  return gateway.change(() =>
    all.map((fields, at) => {
      const lost = interference?.item(limiting.name, account.uid, at, all.length) ?? null;
      return lost === null ? operation(gateway, account, fields) : lostItem(gateway, fields, lost);
    }),
  );
}

/** An item of a batch that never got through, in the row of whatever was asked. */
function lostItem(gateway: Gateway, fields: Fields, no: Refusal): Row {
  const ids = fields.text('algoId') === '' ? {} : { algoId: fields.text('algoId') };
  return { ...orderNo(gateway, fields, no), ordId: fields.text('ordId'), ...ids };
}

/** `0` all well, `1` all failed, `2` some. */
export function verdict(rows: readonly Row[]): { code: string; msg: string } {
  const failed = rows.filter(({ sCode }) => sCode !== '0').length;
  if (failed === 0) return { code: '0', msg: '' };
  return failed === rows.length
    ? { code: '1', msg: 'All operations failed' }
    : { code: '2', msg: 'Bulk operation partially succeeded.' };
}
