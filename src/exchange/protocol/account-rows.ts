import { formatMoney, moneyToNumber } from '../../core/instrument.ts';
import { type Money, money, ticks } from '../../core/units.ts';
import type { Account, Bill, Holding } from '../accounts/account.ts';
import { TAKER_RATE } from '../accounts/fees.ts';
import { initialMargin, maintenance, marginOf, markValue, tierOf } from '../accounts/margin.ts';
import type { Market } from '../market/market.ts';
import { averageText, dollars, priceText, sizeText, timeText, triggerText } from './figures.ts';
import { plain } from './text.ts';

/** Money, positions and bills in the words of OKX v5: one function per object. */

const unsigned = (value: Money): Money => money(value < 0n ? -value : value);

/** Mark price at which the account could no longer carry this position, all else standing still; 0 = never. */
function liquidationPrice(account: Account, holding: Holding): number {
  const { instrument } = holding.position;
  const figures = marginOf(account, instrument.settleCurrency);
  const others = moneyToNumber(money(figures.maintenance - maintenance(holding)));
  const equity = moneyToNumber(figures.equity) - others;
  const rate = Number(tierOf(holding).maintenance) + Number(TAKER_RATE);
  const sign = Math.sign(holding.size);
  const value = moneyToNumber(markValue(holding));
  const mark = instrument.priceToNumber(holding.market.mark);
  const price = instrument.inverse
    ? (mark * value * (1 + sign * rate)) / (sign * equity + value)
    : (mark * (value - sign * equity)) / (value * (1 - sign * rate));
  return price > 0 && Number.isFinite(price) ? price : 0;
}

/** Price at which closing would leave nothing won and nothing lost, fees of both ways counted. */
function breakEven(holding: Holding): number {
  const { instrument, entryPrice } = holding.position;
  const sign = Math.sign(holding.size);
  const paid = -moneyToNumber(money(holding.fee + holding.funding + holding.pnl));
  const rate = Number(TAKER_RATE);
  const entry = instrument.priceToNumber(entryPrice);
  const base = Math.abs(holding.size) * instrument.valuePerLot;
  if (instrument.inverse) return (base * (1 - sign * rate)) / (base / entry - sign * paid);
  return (entry * base + sign * paid) / (base * (1 - sign * rate));
}

export function positionRow(account: Account, holding: Holding): Record<string, unknown> {
  const { market, position } = holding;
  const { instrument } = position;
  const flat = holding.size === 0;
  const unrealized = position.unrealized(ticks(market.mark));
  const unrealizedLast = position.unrealized(ticks(market.last));
  const initial = moneyToNumber(unsigned(position.cost)) / holding.leverage;
  const ratio = (amount: Money): string => (flat ? '' : plain(moneyToNumber(amount) / initial));
  const figures = marginOf(account, instrument.settleCurrency);
  const value = markValue(holding);
  const realized = money(holding.pnl + holding.fee + holding.funding + holding.penalty);
  const closers = [...account.algos.values()].filter(
    (algo) => algo.instId === instrument.id && algo.cancelOnClose,
  );
  return {
    posId: holding.id,
    instType: 'SWAP',
    instId: instrument.id,
    mgnMode: 'cross',
    posSide: 'net',
    pos: sizeText(market, holding.size),
    availPos: '',
    posCcy: '',
    ccy: instrument.settleCurrency,
    avgPx: flat ? '' : averageText(market, position.entryPrice),
    nonSettleAvgPx: '',
    markPx: priceText(market, market.mark),
    idxPx: priceText(market, market.index),
    last: priceText(market, market.last),
    lever: String(holding.leverage),
    upl: flat ? '' : formatMoney(unrealized),
    uplRatio: ratio(unrealized),
    uplLastPx: flat ? '' : formatMoney(unrealizedLast),
    uplRatioLastPx: ratio(unrealizedLast),
    imr: flat ? '' : formatMoney(money(value / BigInt(holding.leverage))),
    margin: '',
    mmr: flat ? '' : formatMoney(maintenance(holding)),
    mgnRatio: flat ? '' : plain(moneyToNumber(figures.equity) / moneyToNumber(figures.maintenance)),
    liqPx: flat ? '' : plain(liquidationPrice(account, holding), instrument.priceDecimals + 4),
    bePx: flat ? '' : plain(breakEven(holding), instrument.priceDecimals + 4),
    notionalUsd: flat ? '' : plain(dollars(market, moneyToNumber(value))),
    adl: flat ? '' : '1',
    interest: '',
    liab: '',
    liabCcy: '',
    optVal: '',
    bizRefId: '',
    bizRefType: '',
    spotInUseAmt: '',
    spotInUseCcy: '',
    clSpotInUseAmt: '',
    maxSpotInUseAmt: '',
    usdPx: instrument.settleCurrency === 'USDT' ? '1' : priceText(market, market.index),
    fee: formatMoney(holding.fee),
    fundingFee: formatMoney(holding.funding),
    liqPenalty: formatMoney(holding.penalty),
    pnl: formatMoney(holding.pnl),
    realizedPnl: formatMoney(realized),
    settledPnl: '',
    tradeId: holding.tradeId === 0 ? '' : String(holding.tradeId),
    closeOrderAlgo: closers.map((algo) => ({
      algoId: String(algo.id),
      slTriggerPx: triggerText(market, algo.stopLoss),
      slTriggerPxType: algo.stopLoss?.watches ?? '',
      tpTriggerPx: triggerText(market, algo.takeProfit),
      tpTriggerPxType: algo.takeProfit?.watches ?? '',
      closeFraction: algo.size === 0 ? '1' : '',
    })),
    cTime: timeText(holding.openedAt),
    uTime: timeText(holding.updatedAt),
  };
}

/** Dollars for one unit of a settlement currency. */
function dollarPrice(account: Account, currency: string, markets: readonly Market[]): number {
  if (currency === 'USDT' || account.cash.size === 0) return 1;
  const market = markets.find(({ listing }) => listing.asset === currency);
  return market === undefined ? 0 : market.instrument.priceToNumber(market.index);
}

function currencyRow(
  account: Account,
  currency: string,
  markets: readonly Market[],
): Record<string, unknown> {
  const figures = marginOf(account, currency);
  const price = dollarPrice(account, currency, markets);
  const available = figures.available > 0n ? figures.available : money(0n);
  let value = 0;
  let positions = 0n;
  for (const holding of account.holdings.values())
    if (holding.position.instrument.settleCurrency === currency) {
      value += moneyToNumber(markValue(holding));
      positions += initialMargin(account, holding);
    }
  const equity = moneyToNumber(figures.equity);
  return {
    ccy: currency,
    eq: formatMoney(figures.equity),
    cashBal: formatMoney(figures.cash),
    uTime: String(markets[0]!.now),
    isoEq: '0',
    availEq: formatMoney(available),
    availBal: formatMoney(available),
    disEq: plain(equity * price),
    fixedBal: '0',
    frozenBal: formatMoney(money(positions)),
    ordFrozen: formatMoney(figures.frozen),
    upl: formatMoney(figures.unrealized),
    isoUpl: '0',
    uplLiab: '',
    liab: '',
    crossLiab: '',
    isoLiab: '',
    interest: '',
    eqUsd: plain(equity * price),
    imr: formatMoney(figures.initial),
    mmr: formatMoney(figures.maintenance),
    mgnRatio: figures.maintenance === 0n ? '' : plain(equity / moneyToNumber(figures.maintenance)),
    notionalLever: equity > 0 ? plain(value / equity) : '',
    borrowFroz: '',
    maxLoan: '',
    twap: '0',
    stgyEq: '0',
    spotInUseAmt: '',
    clSpotInUseAmt: '',
    maxSpotInUse: '',
    spotIsoBal: '0',
    rewardBal: '0',
    smtSyncEq: '0',
    spotBal: '',
    openAvgPx: '',
    accAvgPx: '',
    spotUpl: '',
    spotUplRatio: '',
    totalPnl: '',
    totalPnlRatio: '',
  };
}

/** Futures mode: the account-wide margin fields are empty, each currency carries its own. */
export function balanceRow(
  account: Account,
  markets: readonly Market[],
  currency = '',
): Record<string, unknown> {
  const wanted = currency === '' ? [] : currency.split(',');
  const details = [...account.cash.keys()]
    .filter((ccy) => wanted.length === 0 || wanted.includes(ccy))
    .map((ccy) => currencyRow(account, ccy, markets));
  const total = details.reduce((sum, row) => sum + Number(row.eqUsd), 0);
  return {
    uTime: String(markets[0]!.now),
    totalEq: plain(total),
    isoEq: '0',
    adjEq: '',
    availEq: '',
    ordFroz: '',
    imr: '',
    mmr: '',
    mgnRatio: '',
    borrowFroz: '',
    notionalUsd: '',
    notionalUsdForBorrow: '',
    notionalUsdForSwap: '',
    notionalUsdForFutures: '',
    notionalUsdForOption: '',
    upl: '',
    details,
  };
}

export const billRow = (bill: Bill): Record<string, unknown> => ({
  billId: String(bill.id),
  instType: 'SWAP',
  instId: bill.instId,
  ccy: bill.currency,
  type: bill.type,
  subType: bill.subType,
  ts: String(bill.at),
  balChg: bill.change,
  bal: bill.balance,
  posBalChg: '0',
  posBal: '0',
  sz: bill.size,
  px: bill.price,
  pnl: bill.pnl,
  fee: bill.fee,
  interest: '0',
  mgnMode: 'cross',
  ordId: bill.orderId,
  tradeId: bill.tradeId,
  clOrdId: '',
  execType: bill.maker === null ? '' : bill.maker ? 'M' : 'T',
  from: '',
  to: '',
  notes: '',
  tag: '',
  fillTime: String(bill.at),
});
