import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { DATA } from '../../../../bench/captures.ts';
import { Instrument, parseMoney } from '../../../core/instrument.ts';
import { lots } from '../../../core/units.ts';
import { DecodeError } from './decode-error.ts';
import { type Row, rowOf, rowsOf, textOf } from './fields.ts';
import {
  decodeAlgo,
  decodeAnswer,
  decodeCash,
  decodeFill,
  decodeFundingBill,
  decodeOrder,
  decodePosition,
} from './private.ts';

const bitcoin = new Instrument({
  instId: 'BTC-USDT-SWAP',
  instType: 'SWAP',
  ctType: 'linear',
  tickSz: '0.1',
  lotSz: '0.01',
  minSz: '0.01',
  ctVal: '0.01',
  ctMult: '1',
  settleCcy: 'USDT',
});
const inverse = new Instrument({
  ...bitcoin.spec,
  instId: 'BTC-USD-SWAP',
  ctType: 'inverse',
  ctVal: '100',
  lotSz: '0.1',
  minSz: '0.1',
  settleCcy: 'BTC',
});
/** Takes the prices and sizes of any instrument of the fixtures. */
const fine = new Instrument({
  ...bitcoin.spec,
  tickSz: '0.00001',
  lotSz: '0.00000001',
  minSz: '0.00000001',
  ctVal: '1',
});

const order: Row = {
  ...{ instId: 'BTC-USDT-SWAP', ordId: '31', clOrdId: 'b1', algoId: '', algoClOrdId: '', side: 'buy' },
  ...{
    state: 'partially_filled',
    sz: '2',
    accFillSz: '0.5',
    fee: '-0.06',
    reduceOnly: 'false',
    category: 'normal',
  },
  ...{
    fillSz: '0.5',
    fillPx: '60000',
    fillTime: '1795340540123',
    tradeId: '242',
    execType: 'M',
    fillFee: '-0.06',
  },
  px: '60000.5',
  ...{ fillFeeCcy: 'USDT', cancelSource: '', attachAlgoOrds: [] },
};

test('an order push in ticks, lots and money', () => {
  assert.deepEqual(decodeOrder(order, bitcoin), {
    clientOrderId: 'b1',
    venueOrderId: '31',
    algoId: '',
    algoClientId: '',
    side: 'buy',
    state: 'partiallyFilled',
    price: 600_005,
    size: 200,
    filled: 50,
    feeTotal: parseMoney('-0.06'),
    reduceOnly: false,
    category: 'normal',
    reason: '',
    takeProfit: 0,
    stopLoss: 0,
    protectionId: '',
    requestId: '',
    amendResult: '',
    amendFailure: '',
    fill: {
      tradeId: '242',
      exchangeAt: 1795340540123,
      price: 600000,
      size: 50,
      fee: parseMoney('-0.06'),
      feeCurrency: 'USDT',
      maker: true,
      positionSide: 'net',
    },
  });
});

test('empty texts are absent: no fill, no fee, no price of zero made of nothing', () => {
  const quiet = { ...order, state: 'live', accFillSz: '', fillSz: '0', fillPx: '', tradeId: '', fee: '' };
  const decoded = decodeOrder(quiet, bitcoin);
  assert.equal(decoded.fill, null);
  assert.equal(decoded.feeTotal, null);
  assert.equal(decodeOrder({ ...order, fillFee: '' }, bitcoin).fill?.fee, null);
  assert.throws(() => decodeOrder({ ...order, fillPx: '' }, bitcoin), DecodeError);
  assert.throws(() => decodeOrder({ ...order, sz: '' }, bitcoin), DecodeError);
  assert.throws(() => decodeOrder({ ...order, state: 'sleeping' }, bitcoin), /unknown order state/);
});

test('a cancel says why, in words', () => {
  assert.equal(
    decodeOrder({ ...order, state: 'canceled', cancelSource: '31' }, bitcoin).reason,
    '31 post-only would take',
  );
});

test('the cost of a position is exact at prices between ticks, linear and inverse', () => {
  const position = {
    posSide: 'net',
    pos: '-2',
    avgPx: '60000.123456789',
    lever: '5',
    cTime: '1795340540123',
  };
  // −2 contracts × 0.01 BTC × 60000.123456789
  assert.equal(decodePosition(position, bitcoin).cost, parseMoney('-1200.00246913578'));
  assert.equal(
    decodePosition({ ...position, avgPx: '60000' }, bitcoin).cost,
    bitcoin.value(lots(-200), bitcoin.parsePrice('60000')),
  );
  // 3 contracts × 100 USD / 48000 = 0.00625 BTC
  assert.equal(
    decodePosition({ ...position, pos: '3', avgPx: '48000' }, inverse).cost,
    parseMoney('0.00625'),
  );
  // a leg of hedge mode is told without a sign
  const leg = { ...position, pos: '2' };
  assert.equal(decodePosition({ ...leg, posSide: 'long' }, bitcoin).size, 200);
  assert.equal(decodePosition({ ...leg, posSide: 'short' }, bitcoin).size, -200);
  assert.throws(() => decodePosition({ ...leg, posSide: 'up' }, bitcoin), /unknown position side "up"/);
});

test('funding on an isolated position is in the bill of its margin, not of the cash', () => {
  const bill = { billId: '9', type: '8', ts: '1795340540123', ccy: 'USDT', pnl: '-0.12' };
  assert.equal(decodeFundingBill({ ...bill, balChg: '-0.12', posBalChg: '0' }).amount, parseMoney('-0.12'));
  assert.equal(decodeFundingBill({ ...bill, balChg: '0', posBalChg: '-0.12' }).amount, parseMoney('-0.12'));
  assert.equal(decodeFundingBill({ ...bill, balChg: '' }).amount, parseMoney('-0.12'));
});

test('cash, funding bills, fills and operation answers', () => {
  const account = {
    totalEq: '1',
    details: [
      { ccy: 'BTC', cashBal: '1' },
      { ccy: 'USDT', cashBal: '1000.5' },
    ],
  };
  assert.equal(decodeCash(account, 'USDT'), parseMoney('1000.5'));
  assert.equal(decodeCash({ details: [] }, 'USDT'), null);
  assert.deepEqual(decodeFundingBill({ billId: '9', ts: '5', balChg: '-0.25', pnl: '-0.25' }), {
    billId: '9',
    exchangeAt: 5,
    amount: parseMoney('-0.25'),
  });
  const fill = {
    ...{ tradeId: '1', ordId: '2', clOrdId: '', fillPx: '60000.1', fillSz: '0.01' },
    ...{ side: 'sell', fee: '0.001', feeCcy: 'USDT', execType: 'T', ts: '7' },
  };
  assert.deepEqual(
    [decodeFill(fill, bitcoin).fee, decodeFill(fill, bitcoin).maker, decodeFill(fill, bitcoin).exchangeAt],
    [parseMoney('0.001'), false, 7],
  );
  const refused = {
    id: '3',
    op: 'order',
    code: '1',
    msg: '',
    data: [{ ordId: '', sCode: '51008', sMsg: 'Insufficient' }],
  };
  assert.deepEqual(decodeAnswer(refused), {
    id: '3',
    code: '51008',
    message: 'Insufficient',
    venueOrderId: '',
  });
  assert.deepEqual(decodeAnswer({ id: '4', op: 'order', code: '60013', msg: 'Invalid args', data: [] }), {
    id: '4',
    code: '60013',
    message: 'Invalid args',
    venueOrderId: '',
  });
});

const fixtures = new URL('okx-fixtures/nautilus/', DATA);
describe("other clients' fixtures", {
  skip: !existsSync(fixtures) && 'the fixtures are not beside this clone',
}, () => {
  const rowsFrom = (name: string): Row[] =>
    rowsOf((JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')) as Row).data);

  test('orders in all their states decode, and their figures are the texts', () => {
    const names = readdirSync(fixtures).filter((name) =>
      /^(ws_orders|http_get_orders_pending)(?!_algo).*\.json$/.test(name),
    );
    assert.ok(names.length >= 4);
    for (const row of names.filter((name) => !name.includes('algo')).flatMap(rowsFrom)) {
      const decoded = decodeOrder(row, fine);
      assert.equal(fine.formatSize(decoded.size), String(Number(textOf(row, 'sz'))));
      assert.equal(fine.formatSize(decoded.filled), String(Number(textOf(row, 'accFillSz'))));
      assert.equal(decoded.fill === null, Number(textOf(row, 'fillSz')) === 0);
      if (decoded.fill !== null)
        assert.equal(fine.formatPrice(decoded.fill.price), String(Number(textOf(row, 'fillPx'))));
    }
  });

  test('an attached pair, and algo orders of every state', () => {
    const [pair] = rowsFrom('http_get_orders_algo_pending_attached_oco.json').map((row) =>
      decodeAlgo(row, fine),
    );
    assert.deepEqual(
      [pair!.algoClientId, pair!.state, fine.formatPrice(pair!.takeProfit), fine.formatPrice(pair!.stopLoss)],
      ['O-attached-oco', 'live', '41000', '39000'],
    );
    const states = rowsFrom('ws_orders_algo.json').map((row) => decodeAlgo(row, fine).state);
    assert.deepEqual(states, ['live', 'live', 'effective', 'canceled', 'effective']);
  });

  test('an account push: cash by currency', () => {
    const [account] = rowsFrom('ws_account.json');
    for (const detail of rowsOf(account!.details))
      assert.equal(
        decodeCash(account!, textOf(detail, 'ccy')),
        parseMoney(textOf(detail, 'cashBal').slice(0, 20)),
      );
    assert.deepEqual(rowOf(account!, 'nothing'), {});
  });
});
