import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  AccountEvent,
  FillEvent,
  type FillPurpose,
  FundingPaymentEvent,
  SettlementEvent,
} from '../events.ts';
import { formatMoney, type Instrument, parseMoney } from '../instrument.ts';
import { BTC, BTC_INVERSE, ETH, SHIB } from '../testing/specs.ts';
import { lots, type Money, money, ms, NO_MONEY, type Side, ticks, us } from '../units.ts';
import { Account, type RoundTrip } from './account.ts';
import type { PositionSide } from './holding.ts';
import { Position } from './position.ts';

const seed = 20261122;

/** Exact fractions, the plain way. */
type Fraction = readonly [bigint, bigint];
const ZERO: Fraction = [0n, 1n];
const plus = (a: Fraction, b: Fraction): Fraction => [a[0] * b[1] + b[0] * a[1], a[1] * b[1]];
const times = (a: Fraction, b: Fraction): Fraction => [a[0] * b[0], a[1] * b[1]];
const decimal = (text: string): Fraction => {
  const [whole = '', digits = ''] = text.split('.');
  return [BigInt(whole + digits), 10n ** BigInt(digits.length)];
};
/** Cash that a fill brings to somebody who pays and receives in full: + when selling (linear), + when buying (inverse). */
const cash = ({ spec, inverse }: Instrument, signed: number, price: number): Fraction => {
  const units = times(
    times([BigInt(signed), 1n], decimal(spec.lotSz)),
    times(decimal(spec.ctVal), decimal(spec.ctMult)),
  );
  const quote = times([BigInt(price), 1n], decimal(spec.tickSz));
  return inverse ? times(units, [quote[1], quote[0]]) : times([-units[0], units[1]], quote);
};
/** |exact − money| in units of 1e-18. */
const distance = (exact: Fraction, value: bigint): number => {
  const scaled = exact[0] * 10n ** 18n - value * exact[1];
  return Number((scaled < 0n ? -scaled : scaled) / exact[1]);
};

let trade = 0;
interface Extra {
  readonly fee?: bigint;
  readonly instrument?: number;
  readonly id?: string;
  readonly tradeId?: string;
  readonly at?: number;
  readonly purpose?: FillPurpose;
  readonly positionSide?: PositionSide;
  readonly feeCurrency?: string;
}
const fill = (side: Side, size: number, price: number, extra: Extra = {}): FillEvent =>
  new FillEvent(
    us(extra.at ?? 0),
    extra.instrument ?? 0,
    extra.id ?? 'a1',
    'v1',
    extra.tradeId ?? `t${trade++}`,
    ms(0),
    side,
    ticks(price),
    lots(size),
    money(extra.fee ?? 0n),
    false,
    extra.purpose ?? 'entry',
    '',
    extra.positionSide,
    extra.feeCurrency,
  );
const payment = (amount: bigint, id: string, instrument = 0, side: PositionSide = 'net') =>
  new FundingPaymentEvent(us(0), instrument, id, ms(0), money(amount), side);
const opened = (balance: Money, instruments: readonly Instrument[]): Account => {
  const account = new Account(instruments);
  account.take(new AccountEvent(us(0), balance, [], [], 1));
  return account;
};

const INSTRUMENTS = [BTC, ETH, BTC_INVERSE, SHIB];
const step = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant('fill' as const),
      instrument: fc.integer({ min: 0, max: INSTRUMENTS.length - 1 }),
      side: fc.constantFrom<Side>('buy', 'sell'),
      size: fc.integer({ min: 1, max: 50 }),
      price: fc.integer({ min: 1, max: 10 ** 7 }),
      fee: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 17n }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('funding' as const),
      instrument: fc.integer({ min: 0, max: INSTRUMENTS.length - 1 }),
      amount: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
    }),
  },
);
const steps = fc.array(step, { maxLength: 120 });

test('balance − start is realised + fees + funding, to the last digit, whatever happens', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const start = parseMoney('10000');
      const account = opened(start, INSTRUMENTS);
      all.forEach((each, at) => {
        if (each.kind === 'fill')
          account.fill(
            fill(each.side, each.size, each.price, { fee: each.fee, instrument: each.instrument }),
          );
        else account.pay(payment(each.amount, `f${at}`, each.instrument));
        assert.equal(account.balance - start, account.realized + account.fees + account.funding);
      });
    }),
    { seed, numRuns: 300 },
  );
});

test('the sums begin anew with each reconciled account, so they go on adding up', () => {
  const account = opened(parseMoney('1000'), [BTC]);
  account.fill(fill('buy', 10, 600_000, { fee: -5n }));
  account.fill(fill('sell', 10, 610_000, { fee: -5n }));
  account.take(new AccountEvent(us(1), parseMoney('777'), [], [], 5));
  account.fill(fill('buy', 10, 600_000, { fee: -3n }));
  assert.equal(account.balance, account.realized + account.fees + account.funding + parseMoney('777'));
  assert.equal(account.fees, -3n);
});

test('over flat to flat, realised P&L is what came out minus what went in, by exact fractions', () => {
  fc.assert(
    fc.property(fc.constantFrom(...INSTRUMENTS), steps, (instrument, all) => {
      const position = new Position(instrument);
      let size = 0;
      let exact = ZERO;
      let realized = 0n;
      let fills = 0;
      const take = (side: Side, count: number, price: number): void => {
        realized += position.fill(side, lots(count), ticks(price));
        const signed = side === 'buy' ? count : -count;
        exact = plus(exact, cash(instrument, signed, price));
        size += signed;
        fills++;
        assert.equal(position.size, size);
        if (size !== 0) return;
        // linear money is exact; an inverse value is rounded at 1e-18, half a unit for each part of each fill
        assert.ok(distance(exact, realized) <= (instrument.inverse ? fills : 0));
        assert.equal(position.cost, 0n);
      };
      for (const each of all) if (each.kind === 'fill') take(each.side, each.size, each.price);
      if (size !== 0) take(size > 0 ? 'sell' : 'buy', Math.abs(size), 654_321);
    }),
    { seed, numRuns: 400 },
  );
});

test('a partial close realises against the average price and leaves it, within 1e-18 a close', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...INSTRUMENTS),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 10 ** 3, max: 10 ** 7 })), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 30 }),
      (instrument, entries, exits) => {
        const position = new Position(instrument);
        for (const [count, price] of entries) position.fill('buy', lots(count), ticks(price));
        const { size, cost } = position;
        let closes = 0;
        for (const count of exits) {
          if (count >= position.size) break;
          position.fill('sell', lots(count), ticks(500_000));
          closes++;
          // cost / size stays the entry's: |cost·S − C·size| ≤ closes·S
          const drift = position.cost * BigInt(size) - cost * BigInt(position.size);
          assert.ok((drift < 0n ? -drift : drift) <= BigInt(closes) * BigInt(size));
        }
      },
    ),
    { seed, numRuns: 500 },
  );
});

test('unrealised P&L is what closing at that price then realises', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...INSTRUMENTS),
      steps,
      fc.integer({ min: 1, max: 10 ** 7 }),
      (instrument, all, mark) => {
        const position = new Position(instrument);
        for (const each of all)
          if (each.kind === 'fill') position.fill(each.side, lots(each.size), ticks(each.price));
        const promised = position.unrealized(ticks(mark));
        if (position.size === 0) return assert.equal(promised, 0n);
        const side: Side = position.size > 0 ? 'sell' : 'buy';
        assert.equal(position.fill(side, lots(Math.abs(position.size)), ticks(mark)), promised);
      },
    ),
    { seed, numRuns: 300 },
  );
});

test('the same fill and the same payment count once', () => {
  const account = opened(parseMoney('1000'), [BTC, ETH]);
  const first = fill('buy', 10, 600_000, { fee: -7n, tradeId: 'x' });
  assert.notEqual(account.fill(first), null);
  assert.equal(account.fill(first), null);
  assert.equal(account.positions[0]!.size, 10);
  assert.equal(account.fees, -7n);
  // a trade id is unique per instrument only
  assert.notEqual(account.fill(fill('buy', 10, 600_000, { tradeId: 'x', instrument: 1 })), null);
  assert.equal(account.pay(payment(-3n, 'x')), true);
  assert.equal(account.pay(payment(-3n, 'x')), false);
  assert.equal(account.funding, -3n);
});

/** Round trips by plain bookkeeping: every fill is split where the position passes through zero. */
function naiveTrips(instrument: Instrument, fills: readonly FillEvent[]) {
  const trips: { entry: number; exit: number; size: number; fees: number; direction: string; id: string }[] =
    [];
  let open: { signed: number; price: number; fee: number; id: string }[] = [];
  const mean = (parts: typeof open): number => {
    const total = parts.reduce((sum, part) => sum + Math.abs(part.signed), 0);
    const sum = parts.reduce(
      (s, part) => s + Math.abs(part.signed) * (instrument.inverse ? 1 / part.price : part.price),
      0,
    );
    return instrument.inverse ? total / sum : sum / total;
  };
  const add = (signed: number, price: number, fee: number, id: string): void => {
    open.push({ signed, price, fee, id });
    let held = 0;
    let largest = 0;
    for (const part of open) {
      held += part.signed;
      largest = Math.max(largest, Math.abs(held));
    }
    if (held !== 0) return;
    const sign = Math.sign(open[0]!.signed);
    trips.push({
      entry: mean(open.filter((part) => Math.sign(part.signed) === sign)),
      exit: mean(open.filter((part) => Math.sign(part.signed) === -sign)),
      size: largest,
      fees: open.reduce((sum, part) => sum + part.fee, 0),
      direction: sign > 0 ? 'long' : 'short',
      id: open[0]!.id,
    });
    open = [];
  };
  for (const { side, size, price, fee, clientOrderId } of fills) {
    const signed = side === 'buy' ? size : -size;
    const held = open.reduce((sum, part) => sum + part.signed, 0);
    const first = held * signed < 0 && Math.abs(signed) > Math.abs(held) ? -held : signed;
    add(first, price, (Number(fee) * first) / signed, clientOrderId);
    if (first !== signed)
      add(signed - first, price, (Number(fee) * (signed - first)) / signed, clientOrderId);
  }
  return trips;
}

test('round trips report the averages, size, fees and sums that plain bookkeeping gives', () => {
  fc.assert(
    fc.property(fc.constantFrom(...INSTRUMENTS), steps, (instrument, all) => {
      const account = opened(NO_MONEY, [instrument]);
      const trips: RoundTrip[] = [];
      const fills: FillEvent[] = [];
      all.forEach((each, at) => {
        if (each.kind !== 'fill') return;
        const event = fill(each.side, each.size, each.price, { fee: each.fee, id: `o${at}`, at });
        fills.push(event);
        const taken = account.fill(event);
        if (taken?.closed) trips.push(taken.closed);
      });
      const expected = naiveTrips(instrument, fills);
      assert.equal(trips.length, expected.length);
      const near = (actual: number, wanted: number): void =>
        assert.ok(Math.abs(actual - wanted) <= 1e-9 * Math.abs(wanted) + 2, `${actual} is not ${wanted}`);
      trips.forEach((trip, i) => {
        const { entry, exit, size, fees, direction, id } = expected[i]!;
        assert.deepEqual([trip.size, trip.direction, trip.clientOrderId], [size, direction, id]);
        assert.ok(Math.abs(trip.entry / entry - 1) < 1e-6 && Math.abs(trip.exit / exit - 1) < 1e-6);
        near(Number(trip.fees), fees);
      });
      // nothing falls between two trips
      if (account.positions[0]!.size === 0) {
        const sum = (of: (trip: RoundTrip) => bigint): bigint =>
          trips.reduce((total, trip) => total + of(trip), 0n);
        assert.equal(
          sum(({ realized }) => realized),
          account.realized,
        );
        assert.equal(
          sum(({ fees }) => fees),
          account.fees,
        );
      }
    }),
    { seed, numRuns: 300 },
  );
});

test('funding belongs to the trip it was paid in', () => {
  const account = opened(NO_MONEY, [BTC]);
  account.pay(payment(-100n, 'before'));
  account.fill(fill('buy', 10, 600_000, { at: 5 }));
  account.pay(payment(-7n, 'during'));
  const closed = account.fill(fill('sell', 10, 600_000, { purpose: 'stopLoss', at: 9 }))?.closed;
  assert.equal(closed?.funding, -7n);
  assert.equal(closed?.exitReason, 'stopLoss');
  assert.deepEqual([closed?.openedAt, closed?.closedAt], [5, 9]);
});

test('funding that is told when the next trade has begun is not the next trade’s', () => {
  const account = opened(NO_MONEY, [BTC]);
  const at = (time: number, side: Side): FillEvent =>
    Object.assign(fill(side, 10, 600_000), { exchangeAt: time });
  const charged = (time: number): FundingPaymentEvent =>
    Object.assign(payment(-7n, `f${time}`), { exchangeAt: time });
  account.fill(at(100, 'buy'));
  account.fill(at(200, 'sell'));
  account.fill(at(300, 'sell'));
  account.pay(charged(150));
  assert.equal(account.trip(0)?.funding, 0n);
  account.pay(charged(350));
  assert.equal(account.trip(0)?.funding, -7n);
  assert.equal(account.funding, -14n);
});

test('what a liquidation takes is the holding’s until another trade begins, and never the next one’s', () => {
  const account = opened(parseMoney('1000'), [BTC]);
  const at = (time: number, side: Side, size: number, tradeId: string): FillEvent =>
    Object.assign(fill(side, size, 600_000, { fee: -5n, tradeId }), { exchangeAt: time });
  const settled = (time: number, amount: bigint, tradeId = ''): boolean =>
    account.settle(
      new SettlementEvent(us(0), 0, `s${time}${tradeId}`, ms(time), money(amount), tradeId, 'net'),
    );
  const holding = account.holding(0);
  account.fill(at(100, 'buy', 10, 'open'));
  assert.ok(settled(150, -40n));
  assert.ok(settled(160, -3n, 'cut'));
  assert.deepEqual([holding.penalty, holding.realized], [-43n, -48n], 'fee and both penalties');
  // one trade closes 10 and opens 5 the other way: what it is settled for is the ended one's
  account.fill(at(200, 'sell', 15, 'turn'));
  assert.ok(settled(200, -7n, 'turn'));
  assert.ok(settled(190, -2n), 'told late');
  assert.equal(holding.penalty, 0n);
  assert.ok(settled(210, -11n));
  assert.equal(holding.penalty, -11n);
  assert.equal(account.settled, -63n, 'the account bears all of it');
});

test('a trade over a restart has the same record as one without', () => {
  const story = [
    fill('sell', 6, 600_000, { fee: -3n }),
    fill('sell', 4, 600_100, { fee: -2n }),
    fill('buy', 3, 590_000, { fee: -1n }),
    payment(-7n, 'during'),
    fill('buy', 7, 595_000, { fee: -4n, purpose: 'takeProfit' }),
  ];
  const tell = (account: Account, event: (typeof story)[number]): RoundTrip | null => {
    if (event instanceof FillEvent) return account.fill(event)?.closed ?? null;
    account.pay(event);
    return null;
  };
  const whole = new Account([BTC]);
  const expected = story.map((event) => tell(whole, event)).at(-1);
  assert.ok(expected);
  assert.deepEqual([expected.fees, expected.funding, expected.size], [-10n, -7n, 10]);
  for (let restart = 1; restart < story.length; restart++) {
    const before = new Account([BTC]);
    for (const event of story.slice(0, restart)) tell(before, event);
    const { size, cost } = before.positions[0]!;
    const found = { instrument: 0, size, cost, leverage: 3, openedAt: us(4), protection: null, stops: null };
    const after = new Account([BTC]);
    after.take(new AccountEvent(us(9), before.balance, [{ ...found, trip: before.trip(0) }], [], 1));
    const closed = story
      .slice(restart)
      .map((event) => tell(after, event))
      .at(-1);
    assert.deepEqual(closed, expected, `restart after ${restart} events`);
    assert.equal(after.balance, whole.balance);
  }
});

test('a position that only the venue knows of counts as one entry', () => {
  const account = new Account([BTC]);
  const size = lots(-10);
  const found = { instrument: 0, size, cost: BTC.value(size, ticks(600_000)), leverage: 3, openedAt: us(4) };
  account.take(
    new AccountEvent(
      us(9),
      parseMoney('500'),
      [{ ...found, protection: null, trip: null, stops: null }],
      [],
      1,
    ),
  );
  assert.equal(account.openPositions, 1);
  const closed = account.fill(fill('buy', 10, 590_000, { fee: -3n }))?.closed;
  // 0.1 contracts of 0.01 BTC, short, 1,000 USDT in favour
  assert.equal(closed?.realized, parseMoney('1'));
  assert.deepEqual([closed?.entry, closed?.exit, closed?.openedAt], [600_000, 590_000, 4]);
});

test('OKX’s own formulas, linear: arithmetic mean, q·K·(exit − E), funding paid by longs when positive', () => {
  const position = new Position(BTC);
  // 2 contracts at 60,000 and 1 at 63,000: average 61,000
  position.fill('buy', BTC.parseSize('2'), BTC.parsePrice('60000'));
  position.fill('buy', BTC.parseSize('1'), BTC.parsePrice('63000'));
  assert.equal(position.entryPrice, 610_000);
  assert.equal(formatMoney(position.unrealized(BTC.parsePrice('61500'))), '15');
  // 3 × 0.01 BTC × 62,000 × 0.01 % = 0.186 USDT
  assert.equal(formatMoney(position.fundingPayment(BTC.parsePrice('62000'), 10n ** 14n)), '-0.186');
  assert.equal(formatMoney(position.fundingPayment(BTC.parsePrice('62000'), -(10n ** 14n))), '0.186');
  // closing one third realises a third and leaves the average
  assert.equal(formatMoney(position.fill('sell', BTC.parseSize('1'), BTC.parsePrice('61500'))), '5');
  assert.equal(position.entryPrice, 610_000);
});

test('OKX’s own formulas, the position of the documents: short 2 at 60,000, mark 59,900, upl 2', () => {
  const position = new Position(BTC);
  position.fill('sell', BTC.parseSize('2'), BTC.parsePrice('60000'));
  assert.equal(formatMoney(position.unrealized(BTC.parsePrice('59900'))), '2');
  assert.equal(formatMoney(position.fundingPayment(BTC.parsePrice('59900'), 10n ** 14n)), '0.1198');
});

test('OKX’s own formulas, inverse: harmonic mean, q·K·(1/E − 1/exit) in coin', () => {
  const position = new Position(BTC_INVERSE);
  // 100 contracts of 100 USD at 40,000 and 100 at 60,000: harmonic mean 48,000
  position.fill('buy', BTC_INVERSE.parseSize('100'), BTC_INVERSE.parsePrice('40000'));
  position.fill('buy', BTC_INVERSE.parseSize('100'), BTC_INVERSE.parsePrice('60000'));
  assert.ok(Math.abs(position.entryPrice - 480_000) < 1e-6);
  // 20,000 USD × (1/48,000 − 1/50,000) = 1/60 BTC; each fill rounded at 1e-18
  const profit = position.unrealized(BTC_INVERSE.parsePrice('50000'));
  assert.ok(Math.abs(Number(profit - 10n ** 18n / 60n)) <= 2, formatMoney(profit));
  // 20,000 USD / 50,000 × 0.01 % = 0.00004 BTC, paid by the long
  assert.equal(formatMoney(position.fundingPayment(BTC_INVERSE.parsePrice('50000'), 10n ** 14n)), '-0.00004');
  const short = new Position(BTC_INVERSE);
  short.fill('sell', BTC_INVERSE.parseSize('10'), BTC_INVERSE.parsePrice('50000'));
  assert.equal(formatMoney(short.unrealized(BTC_INVERSE.parsePrice('40000'))), '0.005');
});

/** One step of somebody with legs and net positions, fees in two currencies, funding and liquidations. */
const anything = fc.record({
  kind: fc.constantFrom('fill', 'fill', 'fill', 'fill', 'fill', 'funding', 'settle'),
  instrument: fc.integer({ min: 0, max: INSTRUMENTS.length - 1 }),
  positionSide: fc.constantFrom<PositionSide>('net', 'long', 'short'),
  closes: fc.boolean(),
  size: fc.integer({ min: 1, max: 50 }),
  price: fc.integer({ min: 1, max: 10 ** 7 }),
  amount: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
  feeCurrency: fc.constantFrom('', '', '', 'OKB', 'USDT', 'BTC'),
});

test('legs and net positions side by side: each currency adds up for itself, and round trips are all there is', () => {
  const seen = { flips: 0, foreignFees: 0, legsBoth: 0, closed: 0 };
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 150, size: 'max' }), (all) => {
      const account = new Account(INSTRUMENTS);
      const start: Record<string, bigint> = { USDT: 5n * 10n ** 21n, BTC: 10n ** 18n, OKB: 10n ** 19n };
      for (const [currency, amount] of Object.entries(start)) account.credit(currency, money(amount));
      // kept beside it, the plain way: what each currency was told of
      const cash: Record<string, bigint> = { ...start };
      const trips: RoundTrip[] = [];
      all.forEach((each, at) => {
        const { instrument, positionSide, size, price, amount } = each;
        const { settleCurrency } = INSTRUMENTS[instrument]!;
        const holding = account.holding(instrument, positionSide);
        if (each.kind === 'fill') {
          const held = Math.abs(holding.size);
          let side: Side = each.closes ? 'sell' : 'buy';
          let count = size;
          if (positionSide !== 'net') {
            // a leg never turns round: what closes it is at most all of it
            const closes = each.closes && held > 0;
            side = (positionSide === 'long') === closes ? 'sell' : 'buy';
            if (closes) count = Math.min(size, held);
          }
          const before = holding.size;
          const { feeCurrency } = each;
          const event = fill(side, count, price, { fee: amount, instrument, positionSide, feeCurrency, at });
          const taken = account.fill(event)!;
          cash[settleCurrency]! += taken.realized;
          cash[feeCurrency || settleCurrency]! += amount;
          if (feeCurrency !== '' && feeCurrency !== settleCurrency) seen.foreignFees++;
          if (before * holding.size < 0) seen.flips++;
          if (taken.closed !== null) trips.push(taken.closed);
        } else if (each.kind === 'funding' && holding.size !== 0) {
          account.pay(payment(amount, `f${at}`, instrument, positionSide));
          cash[settleCurrency]! += amount;
        } else if (each.kind === 'settle') {
          const event = new SettlementEvent(
            us(0),
            instrument,
            `s${at}`,
            ms(0),
            money(amount),
            '',
            positionSide,
          );
          assert.ok(account.settle(event));
          assert.ok(!account.settle(event), 'told again: nothing happens');
          cash[settleCurrency]! += amount;
        }
      });
      seen.closed += trips.length;
      if (account.holding(0, 'long').size > 0 && account.holding(0, 'short').size < 0) seen.legsBoth++;
      for (const [currency, expected] of Object.entries(cash)) {
        const { balance, realized, fees, funding, settled } = account.purseOf(currency);
        assert.equal(balance, expected, currency);
        assert.equal(balance - start[currency]!, realized + fees + funding + settled, currency);
        const open = [...account.open()].map(([, holding]) => holding);
        const total = (of: 'realized' | 'funding'): bigint =>
          trips
            .filter(({ instrument }) => INSTRUMENTS[instrument]!.settleCurrency === currency)
            .reduce((sum, trip) => sum + trip[of], 0n) +
          open
            .filter(({ position }) => position.instrument.settleCurrency === currency)
            .reduce((sum, { trip }) => sum + trip![of], 0n);
        assert.equal(total('realized'), realized, `${currency}: P&L of the trips`);
        assert.equal(total('funding'), funding, `${currency}: funding of the trips`);
      }
    }),
    { seed, numRuns: 300 },
  );
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 30, `${count} ${what}`);
});

test('fees of the trips are the account’s, to the last digit, over flips of any proportion', () => {
  const fills = fc.array(
    fc.record({
      side: fc.constantFrom<Side>('buy', 'sell'),
      size: fc.integer({ min: 1, max: 997 }),
      fee: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 15n }),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(fc.constantFrom(...INSTRUMENTS), fills, (instrument, all) => {
      const account = new Account([instrument]);
      let fees = 0n;
      for (const { side, size, fee } of all)
        fees += account.fill(fill(side, size, 600_000, { fee }))!.closed?.fees ?? 0n;
      assert.equal(fees + (account.trip(0)?.fees ?? 0n), account.fees);
    }),
    { seed, numRuns: 300 },
  );
});

test('a leg is a leg: two at once are two positions, each with its own average, fees and funding', () => {
  const account = new Account([BTC]);
  account.fill(fill('buy', 200, 600_000, { positionSide: 'long', fee: -60n }));
  account.fill(fill('sell', 100, 610_000, { positionSide: 'short', fee: -30n }));
  account.pay(payment(-12n, 'a', 0, 'long'));
  account.pay(payment(6n, 'b', 0, 'short'));
  const [long, short] = [account.holding(0, 'long'), account.holding(0, 'short')];
  assert.deepEqual([long.size, short.size, account.positions[0]!.size], [200, -100, 0]);
  assert.deepEqual([long.position.entryPrice, short.position.entryPrice], [600_000, 610_000]);
  // 2 contracts × 0.01 BTC × 500 up; 1 contract × 0.01 BTC × 500 down
  assert.equal(formatMoney(long.position.unrealized(ticks(605_000))), '10');
  assert.equal(formatMoney(short.position.unrealized(ticks(605_000))), '5');
  const closed = account.fill(fill('buy', 100, 605_000, { positionSide: 'short', fee: -31n }))?.closed;
  assert.deepEqual([closed?.direction, closed?.fees, closed?.funding], ['short', -61n, 6n]);
  assert.equal(formatMoney(closed!.realized), '5');
  assert.deepEqual([long.size, account.openPositions], [200, 1]);
  // a long leg that would go short: fills are missing, and nothing built on it would be true
  assert.throws(
    () => account.fill(fill('sell', 201, 605_000, { positionSide: 'long' })),
    /BTC-USDT-SWAP: the long leg would be -1 lots: fills are missing/,
  );
});

test('a fee in another currency is that currency’s alone', () => {
  const account = opened(parseMoney('1000'), [BTC]);
  account.credit('OKB', parseMoney('3'));
  account.fill(fill('buy', 100, 600_000, { fee: -parseMoney('0.01'), feeCurrency: 'OKB' }));
  const closed = account.fill(fill('sell', 100, 601_000, { fee: -parseMoney('0.25') }))?.closed;
  // 1 contract × 0.01 BTC × 100
  assert.equal(formatMoney(account.balance), '1000.75');
  assert.equal(formatMoney(account.purseOf('OKB').balance), '2.99');
  assert.equal(formatMoney(account.fees), '-0.25');
  assert.equal(formatMoney(account.purseOf('OKB').fees), '-0.01');
  assert.equal(formatMoney(closed!.fees), '-0.25');
});

test('by hand, linear: three fills in, one out, a flip, and out: fees and funding of each trip', () => {
  const account = opened(parseMoney('10000'), [BTC]);
  const at = (text: string): number => BTC.parsePrice(text);
  const fee = (text: string) => ({ fee: -parseMoney(text) });
  // 1 + 2 + 1 contracts of 0.01 BTC at 60,000, 60,300 and 60,600: average 60,300; taker 0.05 %
  account.fill(fill('buy', 100, at('60000'), fee('0.3')));
  account.fill(fill('buy', 200, at('60300'), fee('0.603')));
  account.fill(fill('buy', 100, at('60600'), fee('0.303')));
  assert.equal(account.positions[0]!.entryPrice, at('60300'));
  account.pay(payment(-parseMoney('0.2412'), 'f1')); // 4 × 0.01 × 60,300 × 0.01 %
  assert.equal(formatMoney(account.fill(fill('sell', 100, at('60800'), fee('0.304')))!.realized), '5');
  // 5 sold: 3 close the long, 2 open a short; 3/5 of the fee are the long's
  const first = account.fill(fill('sell', 500, at('60200'), fee('1.505')))!.closed!;
  assert.equal(formatMoney(first.realized), '2'); // 5 − 3
  assert.equal(formatMoney(first.fees), '-2.413'); // 0.3 + 0.603 + 0.303 + 0.304 + 0.903
  assert.equal(formatMoney(first.funding), '-0.2412');
  assert.deepEqual([first.direction, first.size, first.entry], ['long', 400, at('60300')]);
  assert.equal(account.trip(0)?.fees, -parseMoney('0.602'));
  account.pay(payment(parseMoney('0.1204'), 'f2')); // 2 × 0.01 × 60,200 × 0.01 %
  const second = account.fill(fill('buy', 200, at('60000'), { ...fee('0.6'), purpose: 'takeProfit' }))!
    .closed!;
  assert.equal(formatMoney(second.realized), '4');
  assert.equal(formatMoney(second.fees), '-1.202');
  assert.equal(formatMoney(second.funding), '0.1204');
  // 10,000 + 2 + 4 − 3.615 − 0.2412 + 0.1204
  assert.equal(formatMoney(account.balance), '10002.2642');
});

test('by hand, inverse: the average is harmonic, P&L, fees and funding are coin, a flip begins anew', () => {
  const account = opened(parseMoney('1'), [BTC_INVERSE]);
  const size = (contracts: string): number => BTC_INVERSE.parseSize(contracts);
  const at = (text: string): number => BTC_INVERSE.parsePrice(text);
  const fee = (text: string) => ({ fee: -parseMoney(text) });
  // 100 contracts of 100 USD at 40,000 are 0.25 BTC, 300 at 60,000 are 0.5 BTC: 40,000 USD for 0.75 BTC, 53,333.3
  account.fill(fill('buy', size('100'), at('40000'), fee('0.000125')));
  account.fill(fill('buy', size('300'), at('60000'), fee('0.00025')));
  const position = account.positions[0]!;
  assert.equal(formatMoney(position.cost), '0.75');
  assert.ok(Math.abs(position.entryPrice - 1_600_000 / 3) < 1e-6);
  // 40,000 USD are 0.8 BTC at 50,000: 0.05 lost; 0.64 at 62,500: 0.11 won
  assert.equal(formatMoney(position.unrealized(ticks(at('50000')))), '-0.05');
  assert.equal(formatMoney(position.unrealized(ticks(at('62500')))), '0.11');
  // the long pays 0.8 BTC × 0.01 % at 50,000
  const charge = position.fundingPayment(ticks(at('50000')), 10n ** 14n);
  assert.equal(formatMoney(charge), '-0.00008');
  account.pay(payment(charge, 'f1'));
  // half of it sold at 62,500: 0.375 in, 0.32 out
  assert.equal(
    formatMoney(account.fill(fill('sell', size('200'), at('62500'), fee('0.00016')))!.realized),
    '0.055',
  );
  assert.equal(formatMoney(position.cost), '0.375');
  // 300 sold at 50,000: 200 close the rest (0.375 in, 0.4 out), 100 open a short worth 0.2 BTC
  const first = account.fill(fill('sell', size('300'), at('50000'), fee('0.0003')))!.closed!;
  assert.equal(formatMoney(first.realized), '0.03'); // 0.055 − 0.025
  assert.equal(formatMoney(first.fees), '-0.000735'); // 0.000125 + 0.00025 + 0.00016 + 0.0002
  assert.equal(formatMoney(first.funding), '-0.00008');
  // sold at 62,500 and at 50,000 in equal parts: 40,000 USD for 0.72 BTC
  assert.ok(Math.abs(first.exit - 400_000 / 0.72) < 1e-6);
  assert.deepEqual([position.size, formatMoney(position.cost)], [-size('100'), '-0.2']);
  assert.equal(position.entryPrice, at('50000'));
  // a short of an inverse contract wins when the coin falls: 10,000 USD are 0.25 BTC at 40,000
  const second = account.fill(fill('buy', size('100'), at('40000'), fee('0.000125')))!.closed!;
  assert.equal(formatMoney(second.realized), '0.05');
  assert.equal(formatMoney(second.fees), '-0.000225');
  assert.equal(formatMoney(account.balance), '1.07896'); // 1 + 0.08 − 0.00096 − 0.00008
});
