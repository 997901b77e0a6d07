import { formatMoney, parseMoney } from '../../core/instrument.ts';
import { lots, money, NO_MONEY, type Side } from '../../core/units.ts';
import type { Account } from '../accounts/account.ts';
import { MAKER_RATE, TAKER_RATE } from '../accounts/fees.ts';
import type { Holding, MarginMode, PositionSide } from '../accounts/holding.ts';
import { marginOf } from '../accounts/margin.ts';
import { closable } from '../accounts/reducing.ts';
import type { Market } from '../market/market.ts';
import { balanceRow, billRow, closedPositionRow, positionRow } from './account-rows.ts';
import { instruments } from './public-routes.ts';
import { MODES, POSITION_SIDES } from './requests.ts';
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

const mine = (limit: Limit, answer: PrivateRoute['answer']): PrivateRoute => ({
  access: 'private',
  limit,
  timed: false,
  answer,
});

/** Money on the wire: at most 18 decimals, no exponent. */
const AMOUNT = /^\d{1,15}(\.\d{1,18})?$/;

const UNKNOWN = "Instrument ID, Instrument ID code, or Spread ID doesn't exist.";

const config = (account: Account, permissions: string): Record<string, unknown> => ({
  uid: account.uid,
  mainUid: account.uid,
  acctLv: '2',
  posMode: account.positionMode,
  autoLoan: false,
  ctIsoMode: 'automatic',
  mgnIsoMode: 'automatic',
  spotOffsetType: '',
  level: 'Lv1',
  levelTmp: '',
  feeType: '0',
  perm: permissions,
  // nobody beyond this machine can reach the server
  ip: '127.0.0.1',
  label: 'local',
  acctStpMode: 'cancel_maker',
  greeksType: 'PA',
  kycLv: '3',
  roleType: '0',
  settleCcy: 'USDT',
  settleCcyList: ['USDT'],
  opAuth: '0',
  traderInsts: [],
  spotRoleType: '0',
  spotTraderInsts: [],
  type: '0',
  enableSpotBorrow: false,
  spotBorrowAutoRepay: false,
  stgyType: '0',
});

/** Asked by instrument, OKX also shows a position that is closed, with size 0. */
function positions(call: Call, account: Account): Answer {
  const type = call.fields.text('instType');
  const ids = call.fields.text('instId').split(',').filter(Boolean);
  const posIds = call.fields.text('posId').split(',').filter(Boolean);
  const wanted = (holding: Holding): boolean =>
    (ids.length > 0
      ? ids.includes(holding.market.instrument.id) && holding.openedAt > 0
      : holding.size !== 0) &&
    (posIds.length === 0 || posIds.includes(holding.id)) &&
    (type === '' || type === 'SWAP' || type === 'ANY');
  return rows(
    ...[...account.holdings.values()]
      .filter(wanted)
      .sort((one, other) => other.openedAt - one.openedAt)
      .map((holding) => positionRow(account, holding)),
  );
}

function marketOf({ gateway, fields }: Call): Market | undefined {
  return gateway.exchange.market(fields.text('instId'));
}

/** Margin mode that is asked for; null when there is no such. */
function modeOf(text: string): MarginMode | null {
  return MODES.find((mode) => mode === text) ?? null;
}

/** `net` in net mode, said or not; null when it does not suit the position mode. */
function positionSideOf(account: Account, text: string): PositionSide | null {
  const side = POSITION_SIDES.find((one) => one === (text || 'net'));
  if (side === undefined) return null;
  return (side === 'net') === (account.positionMode === 'net_mode') ? side : null;
}

function setLeverage(call: Call, account: Account): Answer {
  const { fields, gateway } = call;
  const market = marketOf(call);
  if (market === undefined) return no('51001', UNKNOWN);
  const mode = modeOf(fields.text('mgnMode'));
  if (mode === null) return wrongParameter('mgnMode');
  // cross leverage is the instrument's: clients name a side there or not
  const side =
    mode === 'cross' && ['', 'net'].includes(fields.text('posSide'))
      ? account.positionMode === 'net_mode'
        ? 'net'
        : 'long'
      : positionSideOf(account, fields.text('posSide'));
  if (side === null) return wrongParameter('posSide');
  const text = fields.text('lever');
  const leverage = Number(text || Number.NaN);
  if (!Number.isInteger(leverage)) return wrongParameter('lever');
  const set = gateway.change(() => {
    const done = gateway.exchange.settings.setLeverage(account, market, mode, side, leverage);
    if (done.ok) gateway.touch();
    return done;
  });
  if (!set.ok) return no(set.error.code, set.error.message, set.error.code === '59105' ? 400 : 200);
  gateway.tell();
  const posSide = mode === 'cross' && account.positionMode !== 'net_mode' ? '' : side;
  return rows({ lever: String(leverage), mgnMode: mode, instId: market.instrument.id, posSide });
}

function leverageInfo({ gateway, fields }: Call, account: Account): Answer {
  const ids = fields.text('instId').split(',').filter(Boolean);
  if (ids.length === 0) return missing('instId');
  if (fields.text('mgnMode') === '') return missing('mgnMode');
  const mode = modeOf(fields.text('mgnMode'));
  if (mode === null) return wrongParameter('mgnMode');
  const markets = ids.map((id) => gateway.exchange.market(id));
  if (markets.includes(undefined)) return no('51001', UNKNOWN);
  const sides = account.positionMode === 'net_mode' ? (['net'] as const) : (['long', 'short'] as const);
  return rows(
    ...(markets as Market[]).flatMap((market) =>
      sides.map((side) => ({
        ccy: '',
        instId: market.instrument.id,
        mgnMode: mode,
        posSide: side,
        lever: String(account.holding(market, mode, side).leverage),
      })),
    ),
  );
}

function setPositionMode({ gateway, fields }: Call, account: Account): Answer {
  const mode = fields.text('posMode');
  if (mode !== 'net_mode' && mode !== 'long_short_mode') return wrongParameter('posMode');
  const set = gateway.change(() => {
    gateway.touch();
    return gateway.exchange.settings.setPositionMode(account, mode);
  });
  return set.ok ? rows({ posMode: mode }) : no(set.error.code, set.error.message);
}

function adjustMargin(call: Call, account: Account): Answer {
  const { gateway, fields } = call;
  const market = marketOf(call);
  if (market === undefined) return no('51001', UNKNOWN);
  const side = positionSideOf(account, fields.text('posSide'));
  if (side === null) return wrongParameter('posSide');
  const type = fields.text('type');
  if (type !== 'add' && type !== 'reduce') return wrongParameter('type');
  const amt = fields.text('amt');
  if (!AMOUNT.test(amt) || Number(amt) === 0) return wrongParameter('amt');
  const amount = money(parseMoney(amt) * (type === 'add' ? 1n : -1n));
  const holding = account.holding(market, 'isolated', side);
  const set = gateway.change(() => gateway.exchange.settings.adjustMargin(account, holding, amount));
  if (!set.ok) return no(set.error.code, set.error.message);
  gateway.tell();
  return rows({
    instId: market.instrument.id,
    posSide: side,
    type,
    amt,
    leverage: String(holding.leverage),
    ccy: market.instrument.settleCurrency,
  });
}

/** Newest change first; a position that is still open stands there when a part of it was closed. */
function positionsHistory({ gateway, fields }: Call, account: Account): Answer {
  const found = [
    ...account.pastPositions.items.map((position) =>
      closedPositionRow(gateway.exchange.market(position.instId)!, position),
    ),
    ...[...account.holdings.values()].flatMap((holding) => {
      const { market, size, lastClose } = holding;
      return size === 0 || lastClose === ''
        ? []
        : [closedPositionRow(market, holding.past(lastClose, size > 0))];
    }),
    // several may have changed in one millisecond: those written down later are newer
  ].reverse();
  const matches = (name: string, value: unknown): boolean =>
    fields.text(name) === '' || fields.text(name).split(',').includes(String(value));
  const wanted = found
    .filter(
      (row) =>
        ['', 'SWAP', 'ANY'].includes(fields.text('instType')) &&
        ['instId', 'mgnMode', 'type', 'posId'].every((name) => matches(name, row[name])),
    )
    .sort((one, other) => Number(other.uTime) - Number(one.uTime));
  return rows(...page(wanted, fields, ({ uTime }) => Number(uTime)));
}

const tradeFee = (call: Call): Answer =>
  rows({
    category: '1',
    instType: call.fields.text('instType') || 'SWAP',
    level: 'Lv1',
    maker: `-${MAKER_RATE}`,
    taker: `-${TAKER_RATE}`,
    makerU: `-${MAKER_RATE}`,
    takerU: `-${TAKER_RATE}`,
    makerUSDC: `-${MAKER_RATE}`,
    takerUSDC: `-${TAKER_RATE}`,
    delivery: '',
    exercise: '',
    ruleType: 'normal',
    feeGroup: [{ groupId: '4', maker: `-${MAKER_RATE}`, taker: `-${TAKER_RATE}`, rpiMaker: '' }],
    fiat: [],
    ts: String(call.gateway.now),
  });

function bills({ fields }: Call, account: Account): Answer {
  const matches = (name: string, value: string): boolean =>
    fields.text(name) === '' || fields.text(name) === value;
  const begin = Number(fields.text('begin') || 0);
  const end = Number(fields.text('end') || Number.POSITIVE_INFINITY);
  const wanted = account.bills.items.filter(
    (bill) =>
      matches('ccy', bill.currency) &&
      matches('type', bill.type) &&
      matches('subType', bill.subType) &&
      matches('instId', bill.instId) &&
      matches('instType', 'SWAP') &&
      matches('mgnMode', bill.mode) &&
      bill.at >= begin &&
      bill.at <= end,
  );
  return rows(...page(wanted.reverse(), fields, ({ id }) => id).map(billRow));
}

/** Who asks how much he could trade: the position it would go to, at which price and leverage. */
interface Asked {
  readonly holding: Holding;
  readonly price: number;
  readonly leverage: number;
}

/** Position, price and leverage that a question about sizes is about; or the answer to one that makes no sense. */
function asked(call: Call, account: Account): Asked | Answer {
  const { fields } = call;
  const market = marketOf(call);
  if (market === undefined) return no('51001', UNKNOWN);
  const mode = modeOf(fields.text('tdMode') || 'cross');
  if (mode === null) return wrongParameter('tdMode');
  const { instrument } = market;
  const side = account.positionMode === 'net_mode' ? 'net' : 'long';
  const holding = account.holding(market, mode, side);
  const leverage = Number(fields.text('leverage') || holding.leverage);
  const text = fields.text('px');
  const price = text === '' ? market.last : instrument.priceFromNumber(Number(text));
  if (!(Number.isInteger(leverage) && leverage >= 1 && leverage <= instrument.leverageMax))
    return wrongParameter('leverage');
  if (!(price > 0 && Number.isSafeInteger(price))) return wrongParameter('px');
  return { holding, price, leverage };
}

/** The largest order that would be accepted, lots: found by asking the same check that an order meets. */
function largest(call: Call, account: Account, { holding, price, leverage }: Asked, side: Side): number {
  const { orders } = call.gateway.exchange;
  const { market, mode } = holding;
  const isHedged = holding.positionSide !== 'net';
  const opened = isHedged ? account.holding(market, mode, side === 'buy' ? 'long' : 'short') : holding;
  const before = opened.leverage;
  opened.leverage = leverage;
  let fits = 0;
  let beyond = market.instrument.limitSizeMax + 1;
  while (beyond - fits > 1) {
    const size = Math.floor((fits + beyond) / 2);
    if (orders.isAffordable(account, { holding: opened, side, size, price, replaces: 0 })) fits = size;
    else beyond = size;
  }
  opened.leverage = before;
  return fits;
}

function maxSize(call: Call, account: Account): Answer {
  const question = asked(call, account);
  if ('status' in question) return question;
  const { instrument } = question.holding.market;
  return rows({
    instId: instrument.id,
    ccy: instrument.settleCurrency,
    maxBuy: instrument.formatSize(lots(largest(call, account, question, 'buy'))),
    maxSell: instrument.formatSize(lots(largest(call, account, question, 'sell'))),
  });
}

/** Margin that is free for an order, in the settlement currency; for one that only reduces, contracts. */
function maxAvailable(call: Call, account: Account): Answer {
  const question = asked(call, account);
  if ('status' in question) return question;
  const { holding } = question;
  const { instrument } = holding.market;
  if (call.fields.text('reduceOnly') === 'true') {
    const closing = (side: Side): string => instrument.formatSize(lots(closable(holding, side)));
    return rows({ instId: instrument.id, availBuy: closing('buy'), availSell: closing('sell') });
  }
  const figures = marginOf(account, instrument.settleCurrency);
  const free = holding.mode === 'cross' ? figures.available : figures.availableCash;
  const text = formatMoney(free > 0n ? free : NO_MONEY);
  return rows({ instId: instrument.id, availBuy: text, availSell: text });
}

const userLimit = perTwoSeconds;

/** Endpoints about the account, with their limits per user. */
export const accountRoutes: Routes = {
  'GET account/config': mine(userLimit(5), ({ key }, account) =>
    rows(config(account, key!.permissions.join(','))),
  ),
  'GET account/balance': mine(userLimit(10), ({ gateway, fields }, account) =>
    rows(balanceRow(account, gateway.exchange.markets, fields.text('ccy'))),
  ),
  'GET account/positions': mine(userLimit(10), positions),
  'GET account/positions-history': mine(userLimit(10), positionsHistory),
  'GET account/instruments': mine(userLimit(20), instruments),
  'POST account/set-leverage': mine(userLimit(20), setLeverage),
  'GET account/leverage-info': mine(userLimit(20), leverageInfo),
  'POST account/position/margin-balance': mine(userLimit(20), adjustMargin),
  'POST account/set-position-mode': mine(userLimit(5), setPositionMode),
  'GET account/trade-fee': mine(userLimit(5), tradeFee),
  'GET account/bills': mine({ most: 5, window: 1000 }, bills),
  'GET account/bills-archive': mine(userLimit(5), bills),
  'GET account/max-size': mine(userLimit(20), maxSize),
  'GET account/max-avail-size': mine(userLimit(20), maxAvailable),
  // there is no funding account here: clients that ask at start are told so
  'GET asset/currencies': mine(userLimit(12), () => rows()),
};
