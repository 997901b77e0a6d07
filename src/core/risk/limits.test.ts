/** Whatever happens to an engine, no order leaves it that breaks a limit: recounted here from the events alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command, Place } from '../commands.ts';
import {
  AccountEvent,
  BookEvent,
  type Event,
  EventKind,
  FeedEvent,
  FillEvent,
  type FillPurpose,
  FundingPaymentEvent,
  HoldEvent,
  MarkEvent,
  OperatorEvent,
  OrderEvent,
  type OrderState,
  TimerEvent,
} from '../events.ts';
import { moneyToNumber, parseMoney } from '../instrument.ts';
import { frameOf, generator } from '../testing/books.ts';
import { DESK_CONFIG, Desk } from '../testing/desk.ts';
import { BTC, ETH } from '../testing/specs.ts';
import { lots, ms, type Side, ticks, us } from '../units.ts';
import type { RefusalReason, RiskConfig } from './limits.ts';

const INSTRUMENTS = [BTC, ETH];
const DAY = 86_400_000_000;
const START = 10_000;

/** Tight enough that each of them is met. */
const limitsFrom = (random: () => number): RiskConfig => {
  const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)]!;
  return {
    dailyLossMax: pick(0.001, 0.003, 0.01, 0.5),
    drawdownMax: pick(0.002, 0.01, 0.5),
    breachFlattens: random() < 0.5,
    lossStreakMax: pick(0, 1, 2, 3),
    lossStreakPauseMs: pick(0, 10_000, 3_600_000),
    stopLossPauseMs: pick(0, 10_000, 600_000),
    openPositionsMax: pick(1, 1, 2),
    notionalMax: pick(650, 5000, 5000),
    notionalTotalMax: pick(900, 1500, 10_000),
    leverageMax: pick(1, 2, 5),
    liquidationDistanceMin: pick(0.05, 0.3, 0.99),
    maintenanceRate: 0.01,
    takerFee: 0.0005,
    priceCollarBp: pick(4, 20, 50, 50),
    ordersPerMinuteMax: pick(1, 20, 20, 20),
    bookAgeMsMax: pick(500, 2000),
    marginShareMax: pick(0.05, 0.5, 0.5),
  };
};

/** One order of the engine's, as the venue of this test has it. */
interface Standing {
  readonly place: Place;
  filled: number;
  ended: boolean;
}

/** Everything from the events, again and again from scratch where that is simplest. */
class Recount {
  now = 0;
  cash = START;
  killed = false;
  paused = false;
  held = false;
  readonly size = [0, 0];
  /** Average entry price, ticks. */
  private readonly average = [0, 0];
  /** What the open round trip has come to so far. */
  private readonly trip = [0, 0];
  readonly mark = [0, 0];
  readonly mid = [0, 0];
  readonly bookAt = [0, 0];
  readonly live = [true, true];
  readonly orders = new Map<string, Standing>();
  readonly sent: number[] = [];
  day = 0;
  dayEquity = START;
  peak = START;
  daily = false;
  deep = false;
  streak = 0;
  streakAt = Number.NEGATIVE_INFINITY;
  readonly stopAt = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  private readonly config: RiskConfig;

  constructor(config: RiskConfig) {
    this.config = config;
  }

  get equity(): number {
    return this.cash + this.open(0) + this.open(1);
  }

  /** P&L of what is held; both instruments are linear. */
  private open(i: number): number {
    return INSTRUMENTS[i]!.valueNumber(this.size[i]!, this.price(i) - this.average[i]!);
  }

  private price(i: number): number {
    return this.mark[i]! > 0 ? this.mark[i]! : this.mid[i]!;
  }

  observe(event: Event): void {
    this.now = Math.max(this.now, event.at);
    const today = Math.floor(this.now / DAY);
    if (today > this.day) {
      if (this.day > 0) this.dayEquity = this.equity;
      this.daily = false;
      this.day = today;
    }
    switch (event.kind) {
      case EventKind.book: {
        const { frame } = event;
        this.mid[event.instrument] = (frame.price[0]! + frame.price[1]!) / 2;
        this.bookAt[event.instrument] = event.at;
        this.judge();
        return;
      }
      case EventKind.mark:
        this.mark[event.instrument] = event.price;
        this.judge();
        return;
      case EventKind.feed:
        this.live[event.instrument] = event.live;
        // a book that was given up has to come again
        if (!event.live) this.bookAt[event.instrument] = Number.NEGATIVE_INFINITY;
        return;
      case EventKind.hold:
        this.held = event.reason !== '';
        return;
      case EventKind.operator:
        if (event.action === 'kill') this.killed = true;
        if (event.action === 'arm') {
          this.killed = this.deep = false;
          this.peak = this.equity;
        }
        if (event.action === 'pause') this.paused = true;
        if (event.action === 'resume') this.paused = false;
        return;
      case EventKind.fundingPayment:
        this.cash += moneyToNumber(event.amount);
        if (this.size[event.instrument] !== 0) this.trip[event.instrument]! += moneyToNumber(event.amount);
        this.judge();
        return;
      case EventKind.fill:
        this.book(event);
        this.judge();
        return;
      default:
    }
  }

  private book(event: FillEvent): void {
    const i = event.instrument;
    const before = this.size[i]!;
    const signed = event.side === 'buy' ? event.size : -event.size;
    const closing = Math.sign(before) === -Math.sign(signed) ? Math.min(Math.abs(before), event.size) : 0;
    const gained =
      moneyToNumber(event.fee) +
      INSTRUMENTS[i]!.valueNumber(Math.sign(before) * closing, event.price - this.average[i]!);
    const after = before + signed;
    if (closing === 0) this.average[i] = (this.average[i]! * before + event.price * signed) / after;
    this.size[i] = after;
    this.cash += gained;
    this.trip[i]! += gained;
    if (after !== 0) return;
    const net = this.trip[i]!;
    this.trip[i] = 0;
    if (net > 1e-9) this.streak = 0;
    if (net >= -1e-9) return;
    this.streak++;
    if (this.config.lossStreakMax > 0 && this.streak % this.config.lossStreakMax === 0)
      this.streakAt = this.now;
    if (event.purpose === 'stopLoss' || event.purpose === 'liquidation') this.stopAt[i] = this.now;
  }

  private judge(): void {
    const { equity } = this;
    this.peak = Math.max(this.peak, equity);
    if (1 - equity / this.dayEquity >= this.config.dailyLossMax - 1e-10) this.daily = true;
    if (1 - equity / this.peak >= this.config.drawdownMax - 1e-10) this.deep = true;
  }

  /** Of an order that leaves: throws the first limit that it breaks. */
  check(place: Place): void {
    this.sent.push(this.now);
    if (place.reduceOnly) {
      assert.ok(
        place.size <= Math.abs(this.size[place.instrument]!) + 1e-9,
        'an exit larger than what is held',
      );
      return;
    }
    const { config } = this;
    const i = place.instrument;
    const instrument = INSTRUMENTS[i]!;
    const sign = place.side === 'buy' ? 1 : -1;
    assert.ok(!this.killed && !this.paused && !this.held, 'switched off');
    assert.ok(this.live[i] && this.now - this.bookAt[i]! <= config.bookAgeMsMax * 1000 + 1000, 'old book');
    assert.ok(!this.daily, 'daily loss');
    assert.ok(!this.deep, 'drawdown');
    assert.ok(this.now - this.streakAt >= config.lossStreakPauseMs * 1000, 'pause after losses');
    assert.ok(this.now - this.stopAt[i]! >= config.stopLossPauseMs * 1000, 'pause after a stop');
    const minute = this.sent.filter((at) => at > this.now - 60_000_000);
    assert.ok(minute.length <= config.ordersPerMinuteMax, 'order rate');
    assert.ok(place.leverage <= config.leverageMax && place.leverage >= 1, 'leverage');
    assert.ok(Math.abs(place.price / this.mid[i]! - 1) * 1e4 <= config.priceCollarBp, 'collar');
    const value = instrument.valueNumber(place.size, place.price);
    const held = (index: number): number =>
      Math.abs(INSTRUMENTS[index]!.valueNumber(this.size[index]!, this.price(index)));
    const waiting = (index: number): number =>
      [...this.orders.values()]
        .filter(({ place: one, ended }) => !ended && !one.reduceOnly && one.instrument === index)
        .reduce((sum, { place: one }) => sum + INSTRUMENTS[index]!.valueNumber(one.size, one.price), 0);
    const open = [0, 1].filter((index) => held(index) > 0 || waiting(index) > 0);
    assert.ok(open.length < config.openPositionsMax, 'positions');
    assert.ok(value + held(i) <= config.notionalMax + 1e-6, 'notional');
    const other = 1 - i;
    assert.ok(
      value + held(i) + Math.max(held(other), waiting(other)) <= config.notionalTotalMax + 1e-6,
      'total notional',
    );
    assert.ok(value / place.leverage <= this.cash * config.marginShareMax + 1e-6, 'margin');
    assert.ok(place.stopLoss > 0 && sign * (place.price - place.stopLoss) > 0, 'stop');
    // margin and loss at the distance behind the stop, against what has to remain there
    const worst = place.stopLoss - sign * config.liquidationDistanceMin * place.price;
    if (worst > 0) {
      const left = value / place.leverage + instrument.profitNumber(sign * place.size, place.price, worst);
      const kept = instrument.valueNumber(place.size, worst) * (config.maintenanceRate + config.takerFee);
      assert.ok(left >= kept - 1e-6, 'liquidation');
    }
    const atStop =
      (value + instrument.valueNumber(place.size, place.stopLoss)) * config.takerFee -
      instrument.profitNumber(sign * place.size, place.price, place.stopLoss);
    assert.ok(
      (this.dayEquity - this.equity + atStop) / this.dayEquity <= config.dailyLossMax + 1e-9,
      'loss at the stop',
    );
  }
}

/** An engine with two instruments, a market by chance and a venue by chance. */
class World {
  readonly desk: Desk;
  readonly recount: Recount;
  readonly refused = new Map<string, number>();
  entries = 0;
  private readonly random: () => number;
  private readonly protections = new Map<number, Place>();
  private readonly mids = [600_001, 600_001];
  private trades = 0;

  constructor(seed: number) {
    this.random = generator(seed);
    const risk = limitsFrom(this.random);
    this.recount = new Recount(risk);
    const config = {
      risk,
      exits: { ...DESK_CONFIG.exits, costMultipleMin: 0 },
      sizing: { ...DESK_CONFIG.sizing, mode: this.chance(0.5) ? ('kelly' as const) : ('auto' as const) },
      execution: {
        ...DESK_CONFIG.execution,
        cooldownMs: 200,
        entry: this.chance(0.5) ? ('market' as const) : ('postOnly' as const),
      },
    };
    this.desk = new Desk(config, INSTRUMENTS);
    this.desk.market();
    for (const index of [0, 1]) this.lean(index, 'none');
    this.step(new AccountEvent(us(this.desk.now), parseMoney(`${START}`), [], [], 1));
  }

  chance(p: number): boolean {
    return this.random() < p;
  }

  step(event: Event): void {
    this.recount.observe(event);
    const out: Command[] = this.desk.step(event);
    for (const command of out) {
      if (command.kind === 'decision' && command.outcome === 'refused')
        this.refused.set(command.refusal, (this.refused.get(command.refusal) ?? 0) + 1);
      if (command.kind !== 'place') continue;
      this.recount.check(command);
      if (!command.reduceOnly) this.entries++;
      this.recount.orders.set(command.clientOrderId, { place: command, filled: 0, ended: false });
    }
  }

  act(): void {
    const { desk } = this;
    const at = (): ReturnType<typeof us> => us(desk.now);
    const index = this.chance(0.6) ? 0 : 1;
    const roll = this.random();
    if (roll < 0.3) {
      const way = this.chance(0.5) ? 'long' : 'short';
      for (let i = 0; i < 8; i++) this.lean(index, way);
    } else if (roll < 0.42) {
      this.mids[index] = Math.round(this.mids[index]! * (1 + (this.random() - 0.5) * 0.02));
      this.lean(index, 'none');
      const off = 1 + (this.random() - 0.5) * 0.001;
      this.step(new MarkEvent(at(), index, ms(desk.now / 1000), ticks(Math.round(this.mids[index]! * off))));
    } else if (roll < 0.5) {
      desk.pass(this.chance(0.8) ? this.random() * 5000 : this.random() * 20 * 3_600_000);
      desk.now = Math.floor(desk.now);
      this.step(new TimerEvent(at()));
      if (this.chance(0.7)) for (const each of [0, 1]) this.lean(each, 'none');
    } else if (roll < 0.75) this.answer();
    else if (roll < 0.87) this.trigger(index);
    else if (roll < 0.9)
      this.step(
        new FundingPaymentEvent(
          at(),
          index,
          `p${++this.trades}`,
          ms(desk.now / 1000),
          parseMoney(this.chance(0.5) ? '-3' : '2'),
        ),
      );
    else if (roll < 0.92) {
      const live = this.chance(0.85);
      this.step(new FeedEvent(at(), index, live, live ? '' : 'lost'));
    } else if (roll < 0.95) this.step(new HoldEvent(at(), this.chance(0.15) ? 'no disk' : ''));
    else {
      const actions = ['pause', 'resume', 'resume', 'resume', 'close', 'kill', 'arm', 'arm', 'arm'] as const;
      const action = actions[Math.floor(this.random() * actions.length)]!;
      this.step(new OperatorEvent(at(), action, this.chance(0.5)));
    }
  }

  private lean(index: number, way: 'long' | 'short' | 'none'): void {
    this.desk.pass(100);
    const [bid, ask] = way === 'long' ? [90, 10] : way === 'short' ? [10, 90] : [50, 50];
    const mid = this.mids[index]!;
    const frame = frameOf(true, [[mid - 1, bid]], [[mid + 1, ask]], this.desk.now / 1000);
    this.step(new BookEvent(us(this.desk.now), index, frame));
  }

  /** The venue answers one of the orders that are not ended. */
  private answer(): void {
    const working = [...this.recount.orders.values()].filter(({ ended }) => !ended);
    const order = working[Math.floor(this.random() * working.length)];
    if (order === undefined) return;
    const roll = this.random();
    if (roll < 0.15) this.end(order, 'rejected');
    else if (roll < 0.3) this.end(order, 'canceled');
    else {
      const rest = order.place.size - order.filled;
      const size = roll < 0.5 && rest > 1 ? Math.ceil(rest / 2) : rest;
      this.fill(order, size);
    }
  }

  private fill(order: Standing, size: number): void {
    const { place } = order;
    const mid = this.mids[place.instrument]!;
    const held = this.recount.size[place.instrument]!;
    // reduce-only: no more than there is to reduce
    const most = place.reduceOnly
      ? Math.min(size, Math.max(0, (place.side === 'sell' ? 1 : -1) * held))
      : size;
    if (most === 0) return this.end(order, 'canceled');
    order.filled += most;
    this.tell(
      place.instrument,
      place.clientOrderId,
      place.side,
      most,
      place.side === 'buy' ? mid + 1 : mid - 1,
      place.purpose,
    );
    if (!place.reduceOnly) this.protections.set(place.instrument, place);
    if (order.filled === place.size) this.end(order, 'filled');
  }

  private end(order: Standing, state: OrderState): void {
    order.ended = true;
    const { place, filled } = order;
    this.step(
      new OrderEvent(
        us(this.desk.now),
        place.instrument,
        place.clientOrderId,
        'v',
        state,
        lots(filled),
        state,
      ),
    );
  }

  /** The stop or the target of a position fills. */
  private trigger(index: number): void {
    const held = this.recount.size[index]!;
    const pair = this.protections.get(index);
    if (held === 0 || pair === undefined) return;
    const stop = this.chance(0.6);
    const price = stop ? pair.stopLoss : pair.takeProfit;
    this.tell(
      index,
      pair.protectionId,
      held > 0 ? 'sell' : 'buy',
      Math.abs(held),
      price,
      stop ? 'stopLoss' : 'takeProfit',
    );
  }

  private tell(
    index: number,
    id: string,
    side: Side,
    size: number,
    price: number,
    purpose: FillPurpose,
  ): void {
    const fee = (INSTRUMENTS[index]!.valueNumber(size, price) * 0.0005).toFixed(6);
    const event = new FillEvent(
      us(this.desk.now),
      index,
      id,
      'v',
      `t${++this.trades}`,
      ms(this.desk.now / 1000),
      side,
      ticks(price),
      lots(size),
      parseMoney(`-${fee}`),
      false,
      purpose,
      '',
    );
    this.step(event);
  }
}

test('random markets, venues and operators: every order that leaves is within every limit', () => {
  const refused = new Map<string, number>();
  let entries = 0;
  const seeds = 400;
  for (let seed = 1; seed <= seeds; seed++) {
    const world = new World(seed);
    try {
      for (let i = 0; i < 250; i++) world.act();
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
    entries += world.entries;
    for (const [reason, count] of world.refused) refused.set(reason, (refused.get(reason) ?? 0) + count);
  }
  console.log(
    `${entries} entries; refused: ${[...refused].map(([reason, n]) => `${reason} ${n}`).join(', ')}`,
  );
  assert.ok(entries > 1000, `${entries} entries: too tame`);
  const met: RefusalReason[] = [
    'paused',
    'held',
    'dailyLoss',
    'drawdown',
    'lossStreak',
    'stopLossPause',
    'openPositions',
    'notional',
    'totalNotional',
    'liquidation',
    'margin',
    'lossAtStop',
    'priceCollar',
    'orderRate',
  ];
  for (const reason of met) assert.ok((refused.get(reason) ?? 0) > 0, `${reason} was never met`);
});
