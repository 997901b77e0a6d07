import type { Account } from '../accounts/account.ts';
import type { Order } from '../accounts/order.ts';
import { CANCELED } from '../accounts/order.ts';
import { closing } from '../accounts/order-desk.ts';
import type { Algo } from '../algos/algo.ts';
import type { Fields } from './fields.ts';
import { algoRow, fillRow, orderRow } from './order-rows.ts';
import { CLIENT_ID, MODES, POSITION_SIDES } from './requests.ts';
import {
  type Answer,
  type Call,
  type Limit,
  missing,
  no,
  type PrivateRoute,
  page,
  perTwoSeconds,
  type Routes,
  rows,
  wrongParameter,
} from './route.ts';
import {
  amend,
  amendAlgo,
  cancel,
  cancelAlgo,
  isRefused,
  limited,
  type Operation,
  PER_OPERATION,
  place,
  placeAlgo,
  runEach,
  verdict,
} from './trading.ts';

const ask = (limit: Limit, answer: PrivateRoute['answer']): PrivateRoute => ({
  access: 'private',
  limit,
  timed: false,
  answer,
});

const BATCH_MAX = 20;
const ALGO_BATCH_MAX = 10;

/** Parameter errors of a single order are the request's own error; anything else is the item's. */
const isParameterError = (code: unknown): boolean => code === '51000' || code === '50014' || code === '50015';

function operate(
  name: string,
  operation: Operation,
  shape: 'one' | 'many',
  single: number = PER_OPERATION.single,
  batch: number = PER_OPERATION.batch,
  itemsMax = BATCH_MAX,
): PrivateRoute {
  return {
    access: 'private',
    limit: null,
    timed: true,
    answer: ({ gateway, limits, body }, account) => {
      const items = Array.isArray(body) ? body : [body];
      if (items.length === 0) return no('50000', 'Body for POST request cannot be empty.', 400);
      if (shape === 'one' && Array.isArray(body)) return no('50002', 'JSON syntax error', 400);
      if (items.length > itemsMax) return no('51111', `Maximum ${itemsMax} orders can be placed in bulk.`);
      const done = runEach(gateway, limits, account, operation, items, { name, single, batch });
      if (isRefused(done))
        return done.code === '50011' ? no(done.code, 'Too Many Requests', 429) : no(done.code, done.message);
      if (shape === 'one' && isParameterError(done[0]!.sCode))
        return no(done[0]!.sCode, String(done[0]!.sMsg), 400);
      return { status: 200, ...verdict(done), data: done };
    },
  };
}

function closePosition({ gateway, fields }: Call, account: Account): Answer {
  const market = gateway.exchange.market(fields.text('instId'));
  if (market === undefined)
    return no('51001', "Instrument ID, Instrument ID code, or Spread ID doesn't exist.");
  const mode = MODES.find((one) => one === fields.text('mgnMode'));
  if (mode === undefined) return wrongParameter('mgnMode');
  const posSide = POSITION_SIDES.find((one) => one === (fields.text('posSide') || 'net'));
  if (posSide === undefined || (posSide === 'net') !== (account.positionMode === 'net_mode'))
    return wrongParameter('posSide');
  const clientId = fields.text('clOrdId');
  const tag = fields.text('tag');
  if (clientId !== '' && !CLIENT_ID.test(clientId)) return wrongParameter('clOrdId');
  const holding = account.holding(market, mode, posSide);
  if (holding.size === 0) return no('51023', 'Position does not exist.');
  const { orders } = gateway.exchange;
  const reducing = [...account.ordersFor(holding)].filter(({ reduceOnly }) => reduceOnly);
  if (reducing.length > 0 && fields.text('autoCxl') !== 'true')
    return no('51115', 'Cancel all pending close-orders before liquidation.');
  const placed = gateway.change(() => {
    for (const order of reducing) orders.cancel(account, order, CANCELED.user);
    return orders.place(account, closing(holding, clientId, tag));
  });
  if (!placed.ok) return no(placed.error.code, placed.error.message);
  return rows({ instId: market.instrument.id, posSide, clOrdId: clientId, tag });
}

function rowOf(call: Call, order: Order): Record<string, unknown> {
  return orderRow(call.gateway.exchange.market(order.instId)!, order);
}

/** Canceled orders that never filled are kept two hours. */
const UNFILLED_KEPT_MS = 2 * 3_600_000;
const isKept = (order: Order, now: number): boolean =>
  order.filled > 0 || now - order.updatedAt < UNFILLED_KEPT_MS;

function findOrder(call: Call, account: Account): Answer {
  const { fields, gateway } = call;
  const instId = fields.text('instId');
  const id = fields.text('ordId');
  const clientId = fields.text('clOrdId');
  if (instId === '') return missing('instId');
  if (id === '' && clientId === '') return no('50015', 'Either parameter ordId or clOrdId is required', 400);
  const open = account.findOrder(instId, id, clientId);
  const past = account.pastOrders.items.findLast(
    (order) => order.instId === instId && (id !== '' ? String(order.id) === id : order.clientId === clientId),
  );
  const order = open ?? (past !== undefined && isKept(past, gateway.now) ? past : undefined);
  return order === undefined ? no('51603', 'Order does not exist') : rows(rowOf(call, order));
}

const has = (fields: Fields, name: string, value: string): boolean => {
  const wanted = fields.text(name);
  return wanted === '' || wanted.split(',').includes(value);
};

const isWanted = (fields: Fields, order: Order): boolean =>
  has(fields, 'instId', order.instId) &&
  has(fields, 'ordType', order.type) &&
  has(fields, 'state', order.state) &&
  (fields.text('instFamily') || fields.text('uly') || order.instId.replace('-SWAP', '')) ===
    order.instId.replace('-SWAP', '') &&
  ['', 'SWAP', 'ANY'].includes(fields.text('instType'));

function pending(call: Call, account: Account): Answer {
  const wanted = [...account.orders.values()].filter((order) => isWanted(call.fields, order)).reverse();
  return rows(...page(wanted, call.fields, ({ id }) => id).map((order) => rowOf(call, order)));
}

function within(fields: Fields, at: number): boolean {
  return (
    at >= Number(fields.text('begin') || 0) && at <= Number(fields.text('end') || Number.POSITIVE_INFINITY)
  );
}

function history(call: Call, account: Account): Answer {
  const { fields, gateway } = call;
  if (fields.text('instType') === '') return missing('instType');
  const wanted = account.pastOrders.items
    .filter(
      (order) => isWanted(fields, order) && isKept(order, gateway.now) && within(fields, order.createdAt),
    )
    .sort((one, other) => other.id - one.id);
  return rows(...page(wanted, fields, ({ id }) => id).map((order) => rowOf(call, order)));
}

const fills =
  (typeRequired: boolean) =>
  ({ fields, gateway }: Call, account: Account): Answer => {
    if (typeRequired && fields.text('instType') === '') return missing('instType');
    if (!['', 'SWAP', 'ANY'].includes(fields.text('instType'))) return rows();
    const wanted = account.fills.items
      .filter(
        (fill) =>
          has(fields, 'instId', fill.instId) &&
          has(fields, 'ordId', String(fill.orderId)) &&
          within(fields, fill.at),
      )
      .reverse();
    return rows(
      ...page(wanted, fields, ({ billId }) => billId).map((fill) =>
        fillRow(gateway.exchange.market(fill.instId)!, fill),
      ),
    );
  };

const algoRowOf = (call: Call, algo: Algo): Record<string, unknown> =>
  algoRow(call.gateway.exchange.market(algo.instId)!, algo);

const isWantedAlgo = (fields: Fields, algo: Algo): boolean =>
  has(fields, 'ordType', algo.type) &&
  has(fields, 'instId', algo.instId) &&
  has(fields, 'algoId', String(algo.id)) &&
  has(fields, 'algoClOrdId', algo.clientId) &&
  ['', 'SWAP', 'ANY'].includes(fields.text('instType'));

function pendingAlgos(call: Call, account: Account): Answer {
  if (call.fields.text('ordType') === '') return missing('ordType');
  const wanted = [...account.algos.values()].filter((algo) => isWantedAlgo(call.fields, algo)).reverse();
  return rows(...page(wanted, call.fields, ({ id }) => id).map((algo) => algoRowOf(call, algo)));
}

function pastAlgos(call: Call, account: Account): Answer {
  const { fields } = call;
  if (fields.text('ordType') === '') return missing('ordType');
  if (fields.text('state') === '' && fields.text('algoId') === '')
    return no('50015', 'Either parameter state or algoId is required', 400);
  const wanted = account.pastAlgos.items
    .filter((algo) => isWantedAlgo(fields, algo) && has(fields, 'state', algo.state))
    .sort((one, other) => other.id - one.id);
  return rows(...page(wanted, fields, ({ id }) => id).map((algo) => algoRowOf(call, algo)));
}

function findAlgo(call: Call, account: Account): Answer {
  const id = call.fields.text('algoId');
  const clientId = call.fields.text('algoClOrdId');
  if (id === '' && clientId === '')
    return no('50015', 'Either parameter algoId or algoClOrdId is required', 400);
  const isIt = (algo: Algo): boolean => (id !== '' ? String(algo.id) === id : algo.clientId === clientId);
  const algo = [...account.algos.values()].find(isIt) ?? account.pastAlgos.items.findLast(isIt);
  return algo === undefined ? no('51603', 'Order does not exist') : rows(algoRowOf(call, algo));
}

const TAGS_MAX = 20;

/** Seconds, `0` = off. A tag covers the orders that carry it; without one, all. */
function cancelAllAfter({ gateway, fields, limits }: Call, account: Account): Answer {
  const seconds = Number(fields.text('timeOut') || Number.NaN);
  if (!(seconds === 0 || (seconds >= 10 && seconds <= 120)))
    return no('51000', 'Parameter timeOut  error', 400);
  const tag = fields.text('tag');
  if (!limits.take(`cancel-all-after|${account.uid}|${tag}`, 1, 1000, Date.now()))
    return no(limited().code, 'Too Many Requests', 429);
  if (seconds !== 0 && tag !== '' && !account.switches.has(tag) && account.switches.size >= TAGS_MAX)
    return no('51071', "You've reached the maximum limit for tag level cancel all after timers.");
  const at = gateway.now + seconds * 1000;
  gateway.change(() => {
    if (seconds === 0) account.switches.delete(tag);
    else account.switches.set(tag, at);
    gateway.touch();
  });
  return rows({ triggerTime: seconds === 0 ? '0' : String(at), tag, ts: String(gateway.now) });
}

/** Endpoints that trade or tell of trading. */
export const tradeRoutes: Routes = {
  'POST trade/order': operate('place', place, 'one'),
  'POST trade/batch-orders': operate('place', place, 'many'),
  'POST trade/cancel-order': operate('cancel', cancel, 'one'),
  'POST trade/cancel-batch-orders': operate('cancel', cancel, 'many'),
  'POST trade/amend-order': operate('amend', amend, 'one'),
  'POST trade/amend-batch-orders': operate('amend', amend, 'many'),
  'POST trade/order-algo': operate('order-algo', placeAlgo, 'one', 20, 20),
  'POST trade/amend-algos': operate('amend-algos', amendAlgo, 'one', 20, 20),
  'POST trade/cancel-algos': operate('cancel-algos', cancelAlgo, 'many', 20, 20, ALGO_BATCH_MAX),
  'POST trade/cancel-advance-algos': operate('cancel-algos', cancelAlgo, 'many', 20, 20, ALGO_BATCH_MAX),
  'POST trade/close-position': { ...ask(perTwoSeconds(20), closePosition), timed: true },
  'POST trade/cancel-all-after': { ...ask(perTwoSeconds(60), cancelAllAfter), limit: null },
  'GET trade/order': ask(perTwoSeconds(60), findOrder),
  'GET trade/orders-pending': ask(perTwoSeconds(60), pending),
  'GET trade/orders-history': ask(perTwoSeconds(40), history),
  'GET trade/orders-history-archive': ask(perTwoSeconds(20), history),
  'GET trade/fills': ask(perTwoSeconds(60), fills(false)),
  'GET trade/fills-history': ask(perTwoSeconds(10), fills(true)),
  'GET trade/order-algo': ask(perTwoSeconds(20), findAlgo),
  'GET trade/orders-algo-pending': ask(perTwoSeconds(20), pendingAlgos),
  'GET trade/orders-algo-history': ask(perTwoSeconds(20), pastAlgos),
};
