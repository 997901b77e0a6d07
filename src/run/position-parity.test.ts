/** Our account, fed by the exchange's pushes and bills through our own codec, held against the exchange's own rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventKind } from '../core/events.ts';
import { formatMoney } from '../core/instrument.ts';
import { Account } from '../core/position/account.ts';
import { figuresOf } from '../core/position/figures.ts';
import { ticks } from '../core/units.ts';
import { TAKER_RATE } from '../exchange/accounts/fees.ts';
import { balanceRow, closedPositionRow, positionRow } from '../exchange/protocol/account-rows.ts';
import { emptyComparison, playParity } from './testing/position-parity.ts';
import { quietMarket } from './testing/quiet-market.ts';

// bench/position-parity.ts plays ten thousand of them
test('every figure of every position is the exchange’s own, over random runs', () => {
  const compared = emptyComparison();
  for (let seed = 1; seed <= 200; seed++) playParity(seed, compared);
  const { averageOff, liquidationOff, ...counts } = compared;
  for (const [what, count] of Object.entries(counts)) assert.ok(count > 0, `no ${what} in any run`);
  assert.ok(averageOff < 1e-12 && liquidationOff < 1e-9);
});

test('over the wire: fills at several prices, a flip and funding make the position the exchange shows', async (context) => {
  const { exchange, us, market, connect, send, offer, until } = await quietMarket(context);
  const account = new Account([market.instrument]);
  const closed: string[][] = [];
  let fills = 0;
  await connect((event) => {
    if (event.kind === EventKind.fundingPayment) account.pay(event);
    if (event.kind !== EventKind.fill) return;
    fills++;
    const ended = account.fill(event)!.closed;
    if (ended !== null) closed.push([ended.realized, ended.fees, ended.funding].map(formatMoney));
  });
  account.credit('USDT', us.balance('USDT'));
  account.holding(0).leverage = 3;
  for (const [size, above] of [
    [31, 0],
    [7, 3],
    [90, 10],
  ] as const)
    offer('sell', size, above);
  send('a1', 'buy', 100, 20);
  await until('three fills', () => fills === 3);
  const funded = { at: exchange.now, rate: '0.000123456789' };
  exchange.clearing.fund(exchange.accounts, market, funded);
  await until('the funding', () => account.funding !== 0n);
  for (const [size, above] of [
    [40, 8],
    [33, 5],
    [60, 1],
  ] as const)
    offer('buy', size, above);
  send('a2', 'sell', 130, 0);
  await until('three more', () => fills === 6);

  const holding = us.holding(market);
  const [tier] = market.listing.tiers;
  const rates = { maintenance: tier!.maintenance, taker: TAKER_RATE };
  const mark = ticks(market.mark);
  const row = positionRow(us, holding);
  const [ours] = figuresOf(account, [mark], () => rates);
  assert.equal(ours!.size, -30);
  assert.deepEqual(
    [ours!.unrealized, ours!.pnl, ours!.fees, ours!.funding, ours!.realized, ours!.margin].map(formatMoney),
    [row.upl, row.pnl, row.fee, row.fundingFee, row.realizedPnl, row.imr],
  );
  assert.equal(market.instrument.priceToNumber(ours!.entry), Number(row.avgPx));
  assert.ok(Math.abs(market.instrument.priceToNumber(ours!.liquidation) / Number(row.liqPx) - 1) < 1e-9);
  const past = closedPositionRow(market, us.pastPositions.items[0]!);
  assert.deepEqual(closed, [[past.pnl, past.fee, past.fundingFee]]);
  const [detail] = balanceRow(us, exchange.markets).details as { cashBal: string }[];
  assert.equal(formatMoney(account.balance), detail!.cashBal);
});
