import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AccountEvent, FillEvent, type FillPurpose, FundingPaymentEvent } from '../events.ts';
import { type Instrument, moneyToNumber, parseMoney } from '../instrument.ts';
import { Account } from '../position/account.ts';
import { BTC, ETH } from '../testing/specs.ts';
import { lots, type Ms, ms, type Side, ticks, type Us, us } from '../units.ts';
import { History, type RiskState, withTransfer } from './history.ts';
import type { Refusal, RiskConfig } from './limits.ts';

const seed = 20261122;
const DAY = 86_400_000_000;
const HOUR = 3_600_000_000;
/** 2026-11-22 12:00 UTC. */
const NOON = 1_795_348_800_000_000;
const limits: RiskConfig = {
  dailyLossMax: 0.03,
  drawdownMax: 0.1,
  breachFlattens: false,
  openPositionsMax: 9,
  notionalMax: 1e9,
  notionalTotalMax: 1e9,
  leverageMax: 5,
  liquidationDistanceMin: 0,
  maintenanceRate: 0.004,
  takerFee: 0.0005,
  lossStreakMax: 3,
  lossStreakPauseMs: 1_800_000,
  stopLossPauseMs: 60_000,
  priceCollarBp: 50,
  ordersPerMinuteMax: 20,
  bookAgeMsMax: 2000,
  marginShareMax: 1,
};

/** An account and its history, told of fills, payments and prices as the engine tells them. */
class Book {
  now: Us;
  account = new Account([BTC, ETH]);
  history: History;
  readonly reached: Refusal[] = [];
  private readonly config: RiskConfig;
  private number = 0;

  constructor(changes: Partial<RiskConfig> = {}, balance = '10000', now = NOON) {
    this.now = us(now);
    this.config = { ...limits, ...changes };
    this.history = new History(this.config, [BTC, ETH]);
    this.begin(balance, null);
  }

  /** 1 lot of BTC is 0.0001 BTC: 6 USDT at 600,000 ticks. */
  fill(side: Side, size: number, price: number, fee = '0', purpose: FillPurpose = 'entry', instrument = 0) {
    const id = `t${++this.number}`;
    const exchangeAt = ms(Math.floor(this.now / 1000));
    const event = new FillEvent(
      this.now,
      instrument,
      id,
      id,
      id,
      exchangeAt,
      side,
      ticks(price),
      lots(size),
      parseMoney(fee),
      false,
      purpose,
      '',
    );
    const taken = this.account.fill(event)!;
    this.note(this.history.booked(this.account, taken.closed, this.now));
  }

  pay(amount: string): void {
    const exchangeAt: Ms = ms(Math.floor(this.now / 1000));
    this.account.pay(
      new FundingPaymentEvent(this.now, 0, `p${++this.number}`, exchangeAt, parseMoney(amount)),
    );
    this.note(this.history.booked(this.account, null, this.now));
  }

  price(price: number, instrument = 0): void {
    this.note(this.history.valued(instrument, price, this.now));
  }

  /** What keeps entries out until the day turns or a person arms. */
  get stopped(): Refusal['reason'] | undefined {
    return this.history.breach?.reason;
  }

  pass(microseconds: number): this {
    this.now = us(this.now + microseconds);
    this.history.at(this.now);
    return this;
  }

  /** A round trip of 1,000 lots that comes to this much, without fees. */
  trade(result: number, purpose: FillPurpose = 'close', instrument = 0): void {
    const perTick = instrument === 0 ? 0.01 : 0.1;
    this.fill('buy', 1000, 600_000, '0', 'entry', instrument);
    this.fill('sell', 1000, 600_000 + Math.round(result / perTick), '0', purpose, instrument);
  }

  /** The process ends without a word and another begins, `later` and with what the journal kept. */
  crash(later = 0, balance = this.account.balance): void {
    const state = JSON.parse(
      JSON.stringify(this.history.save([]), (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
      (_, value) => (/^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value),
    ) as RiskState;
    this.now = us(this.now + later);
    const positions = this.account.positions.flatMap(({ size, cost }, instrument) =>
      size === 0
        ? []
        : [
            {
              instrument,
              size,
              cost,
              leverage: 1,
              openedAt: us(1),
              protection: null,
              trip: this.account.trip(instrument),
              stops: null,
            },
          ],
    );
    const account = new Account([BTC, ETH]);
    account.take(new AccountEvent(this.now, balance, positions, [], 1));
    this.account = account;
    this.history = new History(this.config, [BTC, ETH]);
    const transfer = moneyToNumber(balance) - moneyToNumber(state.balance);
    this.history.restore(withTransfer(state, balance, transfer), account, this.now);
  }

  private begin(balance: string, state: RiskState | null): void {
    this.account.take(new AccountEvent(this.now, parseMoney(balance), [], [], 1));
    this.history.restore(state, this.account, this.now);
  }

  private note(reached: Refusal | null): void {
    if (reached !== null) this.reached.push(reached);
  }
}

const close = (actual: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) < tolerance, `${actual}, not ${expected}`);

test('the day’s loss is what was realised, what is open, the fees and the funding', () => {
  const book = new Book();
  book.trade(-100);
  close(book.history.dayLoss, 0.01);
  book.price(600_000);
  book.fill('buy', 1000, 600_000, '-3');
  close(book.history.dayLoss, 0.0103);
  book.pay('-7');
  close(book.history.dayLoss, 0.011);
  book.price(595_000); // 5,000 ticks × 1,000 lots × 1e-5
  close(book.history.dayLoss, 0.016);
  assert.equal(book.stopped, undefined);
  book.price(581_000);
  close(book.history.dayLoss, 0.03);
  assert.deepEqual(book.reached, [{ reason: 'dailyLoss', limit: 0.03, actual: book.history.dayLoss }]);
});

test('it is reached once, stays reached when the price comes back, and frees itself at 00:00 UTC', () => {
  const book = new Book();
  book.price(600_000);
  book.fill('buy', 1000, 600_000);
  book.price(565_000);
  book.price(560_000);
  book.price(600_000);
  assert.equal(book.reached.length, 1);
  assert.equal(book.stopped, 'dailyLoss');
  book.pass(12 * HOUR - 1);
  assert.equal(book.stopped, 'dailyLoss');
  book.pass(1);
  assert.equal(book.stopped, undefined);
  close(book.history.dayLoss, 0);
});

test('a new day counts from the equity that it begins with, open positions in it', () => {
  const book = new Book();
  book.price(600_000);
  book.fill('buy', 1000, 600_000);
  book.price(580_000); // 200 down
  book.pass(12 * HOUR);
  book.price(570_000); // another 100
  close(book.history.dayLoss, 100 / 9800);
});

test('a drawdown outlives the day, until a person arms; then it is counted from there', () => {
  const book = new Book({ dailyLossMax: 1 });
  book.trade(2000);
  book.trade(-1200);
  assert.deepEqual(book.reached, [{ reason: 'drawdown', limit: 0.1, actual: book.history.drawdown }]);
  book.pass(3 * DAY);
  book.trade(900);
  assert.equal(book.stopped, 'drawdown');
  book.history.arm();
  assert.equal(book.stopped, undefined);
  close(book.history.peakEquity, 11_700);
  book.trade(-1169);
  assert.equal(book.stopped, undefined);
  book.trade(-2);
  assert.equal(book.stopped, 'drawdown');
});

test('losses in a row begin a pause, a win begins the count anew', () => {
  const book = new Book();
  book.trade(-1);
  book.trade(-1);
  book.trade(1);
  book.trade(-1);
  book.trade(-1);
  assert.equal(book.history.pause(null, book.now), null);
  book.trade(-1);
  assert.deepEqual(book.history.pause(null, book.now), { reason: 'lossStreak', limit: 1800, actual: 0 });
  assert.equal(book.history.lossStreak, 3);
  book.pass(HOUR / 2 - 1);
  assert.equal(book.history.pause(null, book.now)?.reason, 'lossStreak');
  book.pass(1);
  assert.equal(book.history.pause(null, book.now), null);
  // three more before it pauses again
  book.trade(-1);
  book.trade(-1);
  assert.equal(book.history.pause(null, book.now), null);
  book.trade(-1);
  assert.equal(book.history.pause(null, book.now)?.reason, 'lossStreak');
});

test('a fee alone makes a losing trade', () => {
  const book = new Book({ lossStreakMax: 1 });
  book.fill('buy', 1000, 600_000, '-0.3');
  book.fill('sell', 1000, 600_001, '-0.3', 'takeProfit');
  assert.equal(book.history.pause(null, book.now)?.reason, 'lossStreak');
});

test('a stop loss that cost money pauses its own instrument; one that locked a gain in pauses nothing', () => {
  const book = new Book({ lossStreakMax: 0 });
  book.trade(-5, 'stopLoss');
  assert.deepEqual(book.history.pause(0, book.now), { reason: 'stopLossPause', limit: 60, actual: 0 });
  assert.equal(book.history.pause(1, book.now), null);
  assert.deepEqual(
    book.history.pauses(book.now).map(({ instrument }) => instrument),
    [0],
  );
  book.pass(60_000_000);
  assert.equal(book.history.pause(0, book.now), null);
  book.trade(5, 'stopLoss');
  assert.equal(book.history.pause(0, book.now), null);
  book.trade(-5, 'takeProfit');
  assert.equal(book.history.pause(0, book.now), null);
  book.trade(-5, 'liquidation', 1);
  assert.equal(book.history.pause(1, book.now)?.reason, 'stopLossPause');
});

test('while an open position has no price, nothing is judged', () => {
  const book = new Book();
  book.fill('buy', 1000, 600_000);
  assert.equal(book.history.known, false);
  book.price(500_000, 1);
  assert.equal(book.history.known, false);
  book.price(560_000);
  assert.equal(book.history.known, true);
  assert.equal(book.stopped, 'dailyLoss');
});

test('a crash before the first equity was known begins the day when it is', () => {
  const book = new Book();
  book.fill('buy', 1000, 600_000);
  const state = { ...book.history.save([]), equity: 0, dayEquity: 0, peakEquity: 0 };
  book.history.restore(state, book.account, book.now);
  book.price(601_000);
  close(book.history.dayEquity, 10_010);
  close(book.history.peakEquity, 10_010);
});

test('a crash resets nothing: loss, peak, streak, pauses and record go on', () => {
  const book = new Book({ drawdownMax: 0.5 });
  book.trade(500);
  book.trade(-150, 'stopLoss');
  book.trade(-60);
  book.price(600_000);
  book.fill('buy', 1000, 600_000);
  book.price(590_000);
  const before = book.history.save([]);
  book.crash(1_000_000);
  assert.equal(book.history.known, false, 'the position has no price yet');
  book.price(590_000);
  assert.deepEqual(book.history.save([]), before);
  close(book.history.dayLoss, -190 / 10_000);
  assert.equal(book.history.pause(0, book.now)?.reason, 'stopLossPause');
  assert.deepEqual([book.history.record.wins, book.history.record.losses], [1, 2]);
  book.price(541_000); // 300 below the day's first equity
  assert.equal(book.stopped, 'dailyLoss');
  book.crash();
  assert.equal(book.stopped, 'dailyLoss', 'before any price is known');
});

test('what was lost over a midnight that nobody saw counts as lost today', () => {
  const book = new Book();
  book.price(600_000);
  book.fill('buy', 1000, 600_000);
  book.price(601_000);
  book.crash(20 * HOUR);
  book.price(570_000);
  close(book.history.dayLoss, 310 / 10_010);
  assert.equal(book.stopped, 'dailyLoss');
  // and what was gained begins the day
  const lucky = new Book();
  lucky.price(600_000);
  lucky.fill('buy', 1000, 600_000);
  lucky.crash(20 * HOUR);
  lucky.price(640_000);
  close(lucky.history.dayEquity, 10_400);
});

test('a deposit is no gain and a withdrawal no loss', () => {
  const book = new Book();
  book.trade(-200);
  book.crash(0, parseMoney('4800'));
  close(book.history.equity, 4800);
  close(book.history.dayLoss, 200 / 5000);
  assert.equal(book.stopped, 'dailyLoss', 'of what is left the loss is more than the limit');
  const richer = new Book();
  richer.trade(-200);
  richer.crash(0, parseMoney('109800'));
  close(richer.history.dayLoss, 200 / 110_000);
});

test('trades that ended while nobody listened count', () => {
  const book = new Book({ lossStreakMax: 2 });
  book.trade(-1);
  const state = book.history.save([]);
  const other = new Book({ lossStreakMax: 2 });
  const ended = {
    instrument: 1,
    direction: 'long' as const,
    size: lots(10),
    openedAt: us(NOON - 5),
    closedAt: us(NOON + 1_000_000),
    entry: 600_000,
    exit: 599_000,
    realized: parseMoney('-1'),
    fees: parseMoney('-0.1'),
    funding: parseMoney('0'),
    exitReason: 'stopLoss' as const,
    clientOrderId: 'h1',
  };
  other.history.restore({ ...state, ended: [ended] }, other.account, us(NOON + 2_000_000));
  assert.equal(other.history.lossStreak, 2);
  assert.deepEqual(other.history.pause(null, us(NOON + 2_000_000)), {
    reason: 'lossStreak',
    limit: 1800,
    actual: 1,
  });
  assert.equal(other.history.pause(1, us(NOON + 2_000_000))?.actual, 1);
  assert.equal(other.history.record.losses, 2);
});

/** What random books are told. */
const happenings = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('fill' as const),
      instrument: fc.integer({ min: 0, max: 1 }),
      side: fc.constantFrom<Side>('buy', 'sell'),
      size: fc.integer({ min: 1, max: 5000 }),
      off: fc.integer({ min: -20_000, max: 20_000 }),
      fee: fc.integer({ min: 0, max: 3 }),
      purpose: fc.constantFrom<FillPurpose>('entry', 'takeProfit', 'stopLoss', 'close'),
    }),
    fc.record({
      kind: fc.constant('price' as const),
      instrument: fc.integer({ min: 0, max: 1 }),
      off: fc.integer({ min: -40_000, max: 40_000 }),
    }),
    fc.record({ kind: fc.constant('pay' as const), amount: fc.integer({ min: -20, max: 20 }) }),
    fc.record({ kind: fc.constant('pass' as const), hours: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ kind: fc.constant('arm' as const) }),
    fc.record({ kind: fc.constant('crash' as const) }),
  ),
  { maxLength: 80 },
);

/** The same figures from scratch after every happening: no caches, no increments. */
class NaiveBook {
  cash = 10_000;
  readonly fills: [{ size: number; price: number }[], { size: number; price: number }[]] = [[], []];
  readonly prices = [600_000, 600_000];
  day = Math.floor(NOON / DAY);
  dayEquity = 10_000;
  peak = 10_000;
  daily = false;
  deep = false;

  get equity(): number {
    return this.cash + this.openProfit;
  }

  /** Cash flows of all fills so far and what is left at today's price: realised and unrealised together. */
  private get openProfit(): number {
    let sum = 0;
    for (const [index, fills] of this.fills.entries()) {
      const perTick = (index === 0 ? BTC : (ETH as Instrument)).valueNumber(1, 1);
      for (const { size, price } of fills) sum += size * (this.prices[index]! - price) * perTick;
    }
    return sum;
  }

  judge(): void {
    const { equity } = this;
    if (equity > this.peak) this.peak = equity;
    if (1 - equity / this.dayEquity >= limits.dailyLossMax - 1e-12) this.daily = true;
    if (1 - equity / this.peak >= limits.drawdownMax - 1e-12) this.deep = true;
  }
}

test('random accounts: equity, day, peak and limits are those of a naive recount, whatever crashes in between', () => {
  let breaches = 0;
  let crashes = 0;
  fc.assert(
    fc.property(happenings, (all) => {
      const book = new Book();
      const naive = new NaiveBook();
      for (const index of [0, 1]) book.price(600_000, index);
      for (const one of all) {
        switch (one.kind) {
          case 'fill': {
            const price = 600_000 + one.off;
            book.fill(one.side, one.size, price, `-${one.fee}`, one.purpose, one.instrument);
            naive.fills[one.instrument]!.push({ size: one.side === 'buy' ? one.size : -one.size, price });
            naive.cash -= one.fee;
            break;
          }
          case 'price':
            naive.prices[one.instrument] = 600_000 + one.off;
            book.price(600_000 + one.off, one.instrument);
            break;
          case 'pay':
            naive.cash += one.amount;
            book.pay(`${one.amount}`);
            break;
          case 'pass': {
            book.pass(one.hours * HOUR);
            const today = Math.floor(book.now / DAY);
            if (today > naive.day) {
              naive.day = today;
              naive.dayEquity = naive.equity;
              naive.daily = false;
            }
            break;
          }
          case 'arm':
            book.history.arm();
            naive.deep = false;
            naive.peak = naive.equity;
            break;
          case 'crash':
            crashes++;
            book.crash();
            naive.prices.forEach((price, index) => {
              book.price(price, index);
            });
        }
        if (one.kind === 'fill' || one.kind === 'price' || one.kind === 'pay') naive.judge();
        const { history } = book;
        close(history.equity, naive.equity, 1e-5);
        close(history.dayEquity, naive.dayEquity, 1e-5);
        close(history.peakEquity, naive.peak, 1e-5);
        assert.equal(history.dailyLossReached > 0, naive.daily);
        assert.equal(history.drawdownReached > 0, naive.deep);
        if (history.breach !== null) breaches++;
      }
    }),
    { seed, numRuns: 2000 },
  );
  assert.ok(breaches > 1000 && crashes > 1000, `${breaches} breaches, ${crashes} crashes: too tame`);
});
