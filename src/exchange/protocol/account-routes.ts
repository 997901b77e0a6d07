import { moneyToNumber } from '../../core/instrument.ts';
import { lots, ticks } from '../../core/units.ts';
import type { Account, Holding } from '../accounts/account.ts';
import { MAKER_RATE, TAKER_RATE } from '../accounts/fees.ts';
import { marginOf, tierOf } from '../accounts/margin.ts';
import type { Market } from '../market/market.ts';
import { balanceRow, billRow, positionRow } from './account-rows.ts';
import { pastPositions } from './past-positions.ts';
import { instruments } from './public-routes.ts';
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
import { plain } from './text.ts';

const mine = (limit: Limit, answer: PrivateRoute['answer']): PrivateRoute => ({
  access: 'private',
  limit,
  timed: false,
  answer,
});

const UNKNOWN = "Instrument ID, Instrument ID code, or Spread ID doesn't exist.";

const config = (account: Account, permissions: string): Record<string, unknown> => ({
  uid: account.uid,
  mainUid: account.uid,
  acctLv: '2',
  posMode: 'net_mode',
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

/** Closed ones, newest first, paged by the time they closed. */
function positionsHistory({ fields }: Call, account: Account): Answer {
  const matches = (name: string, value: unknown): boolean =>
    fields.text(name) === '' || fields.text(name).split(',').includes(String(value));
  const all = [...account.holdings.values()]
    .flatMap((holding) =>
      pastPositions(
        account,
        holding,
        account.fills.items.filter(({ instId }) => instId === holding.market.instrument.id),
      ),
    )
    .filter(
      (row) =>
        matches('instId', row.instId) &&
        matches('mgnMode', row.mgnMode) &&
        matches('type', row.type) &&
        matches('posId', row.posId) &&
        ['', 'SWAP', 'ANY'].includes(fields.text('instType')),
    )
    .sort((one, other) => Number(other.uTime) - Number(one.uTime));
  return rows(...page(all, fields, ({ uTime }) => Number(uTime)));
}

function marketOf({ gateway, fields }: Call): Market | undefined {
  return gateway.exchange.market(fields.text('instId'));
}

function setLeverage(call: Call, account: Account): Answer {
  const { fields, gateway } = call;
  const market = marketOf(call);
  if (market === undefined) return no('51001', UNKNOWN);
  if (fields.text('mgnMode') !== 'cross') return wrongParameter('mgnMode');
  if (!['', 'net'].includes(fields.text('posSide'))) return wrongParameter('posSide');
  const leverage = Number(fields.text('lever'));
  if (!(leverage >= 1) || !Number.isInteger(leverage)) return wrongParameter('lever');
  if (leverage > market.instrument.leverageMax)
    return no('59102', 'Leverage exceeds the maximum limit. Please lower the leverage.');
  const holding = account.holding(market);
  if (leverage > tierOf(holding).leverageMax)
    return no('59106', "You can't set a leverage higher than the maximum of your position's tier.");
  const before = holding.leverage;
  holding.leverage = leverage;
  if (leverage < before && marginOf(account, market.instrument.settleCurrency).available < 0n) {
    holding.leverage = before;
    return no('59108', 'Your account leverage is too low and has insufficient margin.');
  }
  gateway.change(() => gateway.touch());
  return rows({ lever: String(leverage), mgnMode: 'cross', instId: market.instrument.id, posSide: 'net' });
}

function leverageInfo({ gateway, fields }: Call, account: Account): Answer {
  const ids = fields.text('instId').split(',').filter(Boolean);
  if (ids.length === 0) return missing('instId');
  if (fields.text('mgnMode') === '') return missing('mgnMode');
  const markets = ids.map((id) => gateway.exchange.market(id));
  if (markets.includes(undefined)) return no('51001', UNKNOWN);
  return rows(
    ...(markets as Market[]).map((market) => ({
      ccy: '',
      instId: market.instrument.id,
      mgnMode: fields.text('mgnMode'),
      posSide: 'net',
      lever: String(account.holding(market).leverage),
    })),
  );
}

function setPositionMode({ fields }: Call): Answer {
  const mode = fields.text('posMode');
  if (mode === 'net_mode') return rows({ posMode: mode });
  return mode === 'long_short_mode'
    ? no('51010', 'Request unsupported under current account mode: this exchange keeps net mode.')
    : wrongParameter('posMode');
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
      bill.at >= begin &&
      bill.at <= end,
  );
  return rows(...page(wanted.reverse(), fields, ({ id }) => id).map(billRow));
}

/** What the free margin would still open, on either side; null when a parameter is no number. */
function available(
  { fields }: Call,
  account: Account,
  market: Market,
): { buy: number; sell: number; free: number } | null {
  const { instrument } = market;
  const holding = account.holding(market);
  const leverage = Number(fields.text('leverage') || holding.leverage);
  const text = fields.text('px');
  const price = text === '' ? market.last : instrument.priceFromNumber(Number(text));
  if (!(leverage >= 1 && leverage <= instrument.leverageMax && price > 0 && Number.isSafeInteger(price)))
    return null;
  const free = Math.max(0, moneyToNumber(marginOf(account, instrument.settleCurrency).available));
  const perLot = moneyToNumber(instrument.value(lots(1), ticks(price)));
  const opening = Math.floor(free / (perLot * (1 / leverage + Number(TAKER_RATE))));
  return {
    buy: opening + 2 * Math.max(0, -holding.size),
    sell: opening + 2 * Math.max(0, holding.size),
    free,
  };
}

function maxSize(call: Call, account: Account): Answer {
  const market = marketOf(call);
  if (market === undefined) return no('51001', UNKNOWN);
  const free = available(call, account, market);
  if (free === null) return wrongParameter('px or leverage');
  const { instrument } = market;
  return rows({
    instId: instrument.id,
    ccy: instrument.settleCurrency,
    maxBuy: instrument.formatSize(lots(free.buy)),
    maxSell: instrument.formatSize(lots(free.sell)),
  });
}

function maxAvailable(call: Call, account: Account): Answer {
  const market = marketOf(call);
  if (market === undefined) return no('51001', UNKNOWN);
  const free = available(call, account, market);
  if (free === null) return wrongParameter('px or leverage');
  return rows({ instId: market.instrument.id, availBuy: plain(free.free), availSell: plain(free.free) });
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
  'POST account/set-position-mode': mine(userLimit(5), setPositionMode),
  'GET account/trade-fee': mine(userLimit(5), tradeFee),
  'GET account/bills': mine({ most: 5, window: 1000 }, bills),
  'GET account/bills-archive': mine(userLimit(5), bills),
  'GET account/max-size': mine(userLimit(20), maxSize),
  'GET account/max-avail-size': mine(userLimit(20), maxAvailable),
  // there is no funding account here: clients that ask at start are told so
  'GET asset/currencies': mine(userLimit(12), () => rows()),
};
