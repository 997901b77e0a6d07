import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FillEvent, FundingPaymentEvent } from '../events.ts';
import { formatMoney, type Instrument, moneyToNumber, parseMoney } from '../instrument.ts';
import { BTC, BTC_INVERSE, ETH } from '../testing/specs.ts';
import { lots, type Money, money, ms, type Side, ticks, us } from '../units.ts';
import { Account } from './account.ts';
import { figuresOf, type PositionFigures, type TierRates } from './figures.ts';
import type { MarginMode, PositionSide } from './holding.ts';

const seed = 20261122;
const RATES: TierRates = { maintenance: '0.004', taker: '0.0005' };
const INSTRUMENTS: readonly Instrument[] = [BTC, ETH, BTC_INVERSE];

let trade = 0;
const fill = (
  instrument: number,
  side: Side,
  size: number,
  price: number,
  positionSide: PositionSide = 'net',
  fee: Money = money(0n),
): FillEvent =>
  new FillEvent(
    ...([us(0), instrument, 'a1', 'v1', `t${trade++}`, ms(0), side, ticks(price), lots(size)] as const),
    ...([fee, false, 'entry', '', positionSide, ''] as const),
  );
const only = (figures: readonly PositionFigures[]): PositionFigures => {
  assert.equal(figures.length, 1);
  return figures[0]!;
};
const near = (actual: number, wanted: number): void =>
  assert.ok(Math.abs(actual / wanted - 1) < 1e-12, `${actual} is not ${wanted}`);

test('by hand, cross: the whole account stands behind a position', () => {
  const account = new Account([BTC]);
  account.credit('USDT', parseMoney('200'));
  account.holding(0).leverage = 5;
  // 1 contract of 0.01 BTC at 60,000, fee 0.3; mark 59,000
  account.fill(fill(0, 'buy', 100, 600_000, 'net', parseMoney('-0.3')));
  const figures = only(figuresOf(account, [ticks(590_000)], () => RATES));
  assert.deepEqual(
    (['value', 'unrealized', 'pnl', 'fees', 'realized', 'margin', 'maintenance'] as const).map((key) =>
      formatMoney(figures[key]),
    ),
    ['590', '-10', '0', '-0.3', '-0.3', '118', '2.36'],
  );
  // 199.7 + 0.01·(P − 60,000) = 0.01·P·0.0045  →  P = (600 − 199.7) / (0.01 · 0.9955)
  near(figures.liquidation, ((600 - 199.7) / (0.01 * 0.9955)) * 10);
});

test('by hand, isolated: its own margin alone, and the account’s cash without it', () => {
  const account = new Account([BTC]);
  account.credit('USDT', parseMoney('200'));
  const holding = account.holding(0);
  holding.mode = 'isolated';
  holding.leverage = 5;
  account.fill(fill(0, 'buy', 100, 600_000, 'net', parseMoney('-0.3')));
  assert.deepEqual([formatMoney(holding.margin), formatMoney(account.cash('USDT'))], ['120', '79.7']);
  account.pay(new FundingPaymentEvent(us(0), 0, 'f', ms(0), parseMoney('-0.06')));
  assert.deepEqual([formatMoney(holding.margin), formatMoney(account.cash('USDT'))], ['119.94', '79.7']);
  // long: (E·Q − margin) / (Q·(1 − m − f))
  const { liquidation, margin } = only(figuresOf(account, [ticks(590_000)], () => RATES));
  near(liquidation, ((600 - 119.94) / (0.01 * 0.9955)) * 10);
  assert.equal(margin, holding.margin);
  // a quarter closed gives a quarter of the margin back
  account.fill(fill(0, 'sell', 25, 600_000));
  assert.deepEqual([formatMoney(holding.margin), formatMoney(account.cash('USDT'))], ['89.955', '109.685']);
  // a loss beyond the share of what is closed is taken from the margin of the rest: 29.985 freed, 45 lost
  account.fill(fill(0, 'sell', 25, 420_000));
  assert.deepEqual([formatMoney(holding.margin), formatMoney(account.cash('USDT'))], ['44.955', '109.685']);
});

test('by hand, inverse and isolated: N·(1 + m + f) / (margin + N/E)', () => {
  const account = new Account([BTC_INVERSE]);
  account.credit('BTC', parseMoney('1'));
  const holding = account.holding(0);
  holding.mode = 'isolated';
  holding.leverage = 4;
  // 100 contracts of 100 USD at 50,000: 0.2 BTC, a quarter of it set aside
  account.fill(fill(0, 'buy', 1000, 500_000));
  assert.equal(formatMoney(holding.margin), '0.05');
  near(
    only(figuresOf(account, [ticks(480_000)], () => RATES)).liquidation,
    ((10_000 * 1.0045) / (0.05 + 0.2)) * 10,
  );
});

test('by hand, hedge mode: both legs have one liquidation price; equal legs have none', () => {
  const account = new Account([BTC]);
  account.credit('USDT', parseMoney('100'));
  account.fill(fill(0, 'buy', 300, 600_000, 'long'));
  account.fill(fill(0, 'sell', 100, 600_000, 'short'));
  const [long, short] = figuresOf(account, [ticks(600_000)], () => RATES);
  assert.equal(long!.liquidation, short!.liquidation);
  // 100 + 0.02·(P − 60,000) = 0.04·P·0.0045
  near(long!.liquidation, ((1200 - 100) / (0.02 - 0.04 * 0.0045)) * 10);
  account.fill(fill(0, 'sell', 200, 600_000, 'short'));
  // nothing is won or lost any more, but maintenance grows with the price: 100 = 0.06·P·0.0045
  for (const leg of figuresOf(account, [ticks(600_000)], () => RATES))
    near(leg.liquidation, (100 / (0.06 * 0.0045)) * 10);
});

/** Equity and what must remain of it, counted anew at other marks: nothing of the formula is in it. */
function left(account: Account, figures: PositionFigures, marks: readonly number[]): number {
  const { settleCurrency } = INSTRUMENTS[figures.instrument]!;
  const kept = Number(RATES.maintenance) + Number(RATES.taker);
  const isIsolated = figures.mode === 'isolated';
  let rest = moneyToNumber(isIsolated ? figures.margin : account.cash(settleCurrency));
  for (const [index, { position, positionSide, mode }] of account.open()) {
    const { instrument, size, entryPrice } = position;
    if (instrument.settleCurrency !== settleCurrency) continue;
    const own = index === figures.instrument && positionSide === figures.positionSide;
    if (isIsolated ? !own : mode !== 'cross') continue;
    rest += instrument.profitNumber(size, entryPrice, marks[index]!);
    rest -= Math.abs(instrument.valueNumber(size, marks[index]!)) * kept;
  }
  return rest;
}

test('at its liquidation price a position has just what must remain; a little beyond, less than that', () => {
  const position = fc.record({
    instrument: fc.integer({ min: 0, max: 2 }),
    positionSide: fc.constantFrom<PositionSide>('net', 'long', 'short'),
    side: fc.constantFrom<Side>('buy', 'sell'),
    size: fc.integer({ min: 1, max: 2000 }),
    price: fc.integer({ min: 400_000, max: 700_000 }),
    mode: fc.constantFrom<MarginMode>('cross', 'isolated'),
    leverage: fc.integer({ min: 1, max: 50 }),
  });
  let prices = 0;
  fc.assert(
    fc.property(
      fc.array(position, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 10, max: 20_000 }),
      (all, cash) => {
        const account = new Account(INSTRUMENTS);
        account.credit('USDT', parseMoney(String(cash)));
        account.credit('BTC', parseMoney(String(cash / 10_000)));
        for (const { instrument, positionSide, side, size, price, mode, leverage } of all) {
          const holding = account.holding(instrument, positionSide);
          if (holding.size !== 0) continue;
          Object.assign(holding, { mode, leverage });
          const opening = positionSide === 'net' ? side : positionSide === 'long' ? 'buy' : 'sell';
          account.fill(fill(instrument, opening, size, price, positionSide));
        }
        const marks = [550_000, 560_000, 540_000];
        const figures = figuresOf(
          account,
          marks.map((mark) => ticks(mark)),
          () => RATES,
        );
        for (const one of figures) {
          if (one.liquidation < 1 || one.liquidation > 1e9) continue;
          const at = (price: number): number =>
            left(
              account,
              one,
              marks.map((mark, index) => (index === one.instrument ? price : mark)),
            );
          const scale = moneyToNumber(one.value) + Math.abs(at(marks[one.instrument]!));
          assert.ok(Math.abs(at(one.liquidation)) < 1e-6 * scale, `${at(one.liquidation)}`);
          // carried now: then it is not any more beyond
          const isCarried = at(marks[one.instrument]!) > 0;
          const beyond = one.liquidation * (one.liquidation > marks[one.instrument]! ? 1.01 : 0.99);
          assert.equal(at(beyond) < 0, isCarried);
          prices++;
        }
      },
    ),
    { seed, numRuns: 1000 },
  );
  assert.ok(prices > 1500, `${prices} prices`);
});
