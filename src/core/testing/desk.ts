import type {
  AmendOrder,
  AmendProtection,
  Approved,
  Cancel,
  Command,
  Decision,
  Place,
  TradeClosed,
} from '../commands.ts';
import { Engine, type EngineConfig } from '../engine.ts';
import {
  AccountEvent,
  BookEvent,
  CandleEvent,
  type Event,
  FeedEvent,
  FillEvent,
  type FillPurpose,
  type OpenOrder,
  type OperatorAction,
  OperatorEvent,
  OrderEvent,
  type OrderState,
  type PositionState,
  ProtectionEvent,
  TimerEvent,
} from '../events.ts';
import type { Trader } from '../execution/trader.ts';
import { type Instrument, parseMoney } from '../instrument.ts';
import { type Lots, lots, ms, NO_MONEY, type Side, ticks, type Us, us } from '../units.ts';
import { frameOf } from './books.ts';
import { SILENT } from './opinions.ts';
import { BTC } from './specs.ts';

/** Settings under which the lean of the book alone decides, so that a script can say when there is a signal. */
export const DESK_CONFIG: EngineConfig = {
  idPrefix: 'h',
  market: {
    brain: {
      orderFlow: {
        halfLifeMs: 10_000,
        threshold: 0.15,
        nearTicks: 50,
        levels: 10,
        parentHalfLifeMs: 15_000,
        usualHalfLifeMs: 120_000,
      },
      spoof: { halfLifeMs: 60_000, tellFrom: 0.02 },
      liquidity: { halfLifeMs: 60_000, withdrawalMs: 500, levelMultiple: 4 },
      iceberg: { toldFrom: 0.1, halfLifeMs: 30_000 },
      microstructure: { halfLifeMs: 100, levels: 3 },
      impact: { barMs: 1000, bars: 300, halfLifeMs: 10_000, buckets: 50, bucketSeconds: 5 },
    },
    bar: '1m',
    atrPeriod: 14,
    volatilityWindow: 60,
    volatilityWindowLong: 480,
    strategies: () => SILENT,
    lead: 'signal',
    quotes: 'book',
    assumedSpreadBp: 1,
    fusion: null,
  },
  execution: {
    confidenceThreshold: 0.2,
    confirmation: 'none',
    entry: 'market',
    slippageBpMax: 5,
    entryTimeoutMs: 5000,
    follow: { ticks: 0, intervalMs: 1000, movesMax: 5 },
    cooldownMs: 3000,
    takerFee: 0.0005,
    exitRetryMs: 1000,
    stops: {
      timeStopMs: 0,
      breakEvenR: 0,
      trailingStop: 0,
      trailingUnit: 'r',
      trailingStep: 0.1,
      trailingIntervalMs: 1000,
    },
  },
  exits: {
    method: 'atr',
    takeProfitAtr: 2,
    stopLossAtr: 1,
    takeProfitFraction: 0.02,
    stopLossFraction: 0.01,
    volatilityHorizon: 2.5,
    volatilityBound: 2,
    imbalanceShift: 0.1,
    spreadMultiple: 1,
    levelReach: 1.5,
    levelBuffer: 0.1,
    levelBandBp: 0.5,
    levelBands: 60,
    levelMultiple: 3,
    rewardRiskMin: 1.5,
    rewardRiskDefault: 2,
    moveTakeProfit: true,
    costMultipleMin: 1.5,
  },
  sizing: {
    baseSize: 0.01,
    baseUnit: 'coin',
    multiplier: 2,
    leverageMin: 1,
    leverageMax: 5,
    leverageCurve: 2,
    volatilityFactor: 5,
    mode: 'auto',
    kelly: { fraction: 0.5, priorTrades: 100, tradesMin: 30, riskMin: 0.0025, riskMax: 0.02 },
  },
  risk: {
    dailyLossMax: 0.5,
    drawdownMax: 0.5,
    breachFlattens: false,
    lossStreakMax: 0,
    lossStreakPauseMs: 0,
    stopLossPauseMs: 0,
    openPositionsMax: 1,
    notionalMax: 5000,
    notionalTotalMax: 10_000,
    leverageMax: 5,
    liquidationDistanceMin: 0.05,
    maintenanceRate: 0.01,
    takerFee: 0.0005,
    priceCollarBp: 50,
    ordersPerMinuteMax: 1000,
    bookAgeMsMax: 2000,
    marginShareMax: 0.5,
  },
};

/** Candles end at this time and the script begins: 2026-11-22 12:00 UTC. */
export const OPEN_AT = 1_795_348_800_000_000;
const MID = 600_001;

/** An engine with a scripted market and a scripted venue around it: events in, the commands of each step out. */
export class Desk {
  readonly engine: Engine;
  now = OPEN_AT;
  /** When the engine asked to be woken. */
  readonly timers: number[] = [];
  readonly commands: Command[] = [];
  private trades = 0;

  constructor(changes: Partial<EngineConfig> = {}, instruments: readonly Instrument[] = [BTC]) {
    this.engine = new Engine({ ...DESK_CONFIG, ...changes }, instruments);
  }

  get trader(): Trader {
    return this.engine.traders[0]!;
  }

  step(event: Event): Command[] {
    const out: Command[] = [];
    this.engine.step(event, out);
    this.commands.push(...out);
    for (const command of out) if (command.kind === 'timer') this.timers.push(command.fireAt);
    return out;
  }

  /** Live market data, enough candles (ATR of 1,000 ticks), and a reconciled account of 10,000 USDT, flat unless said. */
  open(positions: readonly PositionState[] = [], orders: readonly OpenOrder[] = []): Command[] {
    this.market();
    return this.account(positions, orders);
  }

  market(): void {
    this.engine.markets.forEach((_, instrument) => {
      for (let minute = 60; minute > 0; minute--) {
        const openAt = ms(OPEN_AT / 1000 - minute * 60_000);
        const close = ticks(MID + (minute % 2 === 0 ? 100 : -100));
        this.step(
          new CandleEvent(
            us(this.now),
            instrument,
            openAt,
            close,
            ticks(MID + 500),
            ticks(MID - 500),
            close,
            lots(9),
            true,
          ),
        );
      }
      this.step(new FeedEvent(us(this.now), instrument, true, ''));
      this.lean('none', instrument);
    });
  }

  account(positions: readonly PositionState[] = [], orders: readonly OpenOrder[] = []): Command[] {
    return this.step(new AccountEvent(us(this.now), parseMoney('10000'), positions, orders, 1));
  }

  pass(milliseconds: number): this {
    this.now += milliseconds * 1000;
    return this;
  }

  /** A book of 60,000 / 60,000.2 that leans one way, 100 ms later. */
  lean(way: 'long' | 'short' | 'none', instrument = 0): Command[] {
    this.pass(100);
    const [bid, ask] = way === 'long' ? [90, 10] : way === 'short' ? [10, 90] : [50, 50];
    const frame = frameOf(true, [[600_000, bid]], [[600_002, ask]], this.now / 1000);
    return this.step(new BookEvent(us(this.now), instrument, frame));
  }

  /** The market goes there, 100 ms later: `mid` halfway between bid and ask, a tick from either. */
  goTo(mid: number): Command[] {
    this.pass(100);
    const frame = frameOf(true, [[mid - 1, 50]], [[mid + 1, 50]], this.now / 1000);
    return this.step(new BookEvent(us(this.now), 0, frame));
  }

  /** The signal grows until the engine enters: the entry it placed. */
  enter(way: 'long' | 'short' = 'long', instrument = 0): Place {
    for (let i = 0; i < 100; i++) {
      const [place] = placesIn(this.lean(way, instrument));
      if (place !== undefined) return place;
    }
    throw new Error(`no entry: ${JSON.stringify(decisionsIn(this.commands).at(-1))}`);
  }

  order(id: string, state: OrderState, filled = 0, reason = '', instrument = 0): Command[] {
    return this.step(new OrderEvent(us(this.now), instrument, id, `v${id}`, state, lots(filled), reason));
  }

  /** What the venue says of a pair's triggers. */
  stands(protectionId: string, takeProfit: number, stopLoss: number, refusal = ''): Command[] {
    return this.step(
      new ProtectionEvent(us(this.now), 0, protectionId, ticks(takeProfit), ticks(stopLoss), refusal),
    );
  }

  fillEvent(
    id: string,
    side: Side,
    size: number,
    price: number,
    purpose: FillPurpose = 'entry',
    instrument = 0,
  ) {
    const tradeId = `t${++this.trades}`;
    return new FillEvent(
      us(this.now),
      instrument,
      id,
      `v${id}`,
      tradeId,
      ms(Math.floor(this.now / 1000)),
      side,
      ticks(price),
      lots(size),
      NO_MONEY,
      false,
      purpose,
      '',
    );
  }

  fill(id: string, side: Side, size: number, price = 600_002, purpose: FillPurpose = 'entry'): Command[] {
    return this.step(this.fillEvent(id, side, size, price, purpose));
  }

  /** Enters and has it filled: an open position with its protection standing. */
  hold(way: 'long' | 'short' = 'long'): Place {
    const place = this.enter(way);
    this.order(place.clientOrderId, 'live');
    this.fill(place.clientOrderId, place.side, place.size);
    this.order(place.clientOrderId, 'filled', place.size);
    return place;
  }

  timer(): Command[] {
    return this.step(new TimerEvent(us(this.now)));
  }

  operate(action: OperatorAction): Command[] {
    return this.step(new OperatorEvent(us(this.now), action));
  }
}

export const placesIn = (commands: readonly Command[]): Approved<Place>[] =>
  commands.filter((command) => command.kind === 'place');
export const cancelsIn = (commands: readonly Command[]): Cancel[] =>
  commands.filter((command) => command.kind === 'cancel');
/** Moves of a take profit / stop loss pair. */
export const amendsIn = (commands: readonly Command[]): AmendProtection[] =>
  commands.filter((command) => command.kind === 'amend' && command.target === 'protection');
export const orderAmendsIn = (commands: readonly Command[]): AmendOrder[] =>
  commands.filter((command) => command.kind === 'amend' && command.target === 'order');
export const decisionsIn = (commands: readonly Command[]): Decision[] =>
  commands.filter((command): command is Decision => command.kind === 'decision');
export const closedIn = (commands: readonly Command[]): TradeClosed[] =>
  commands.filter((command): command is TradeClosed => command.kind === 'tradeClosed');

/** A position as a reconciled account has it; protected for all of it unless said. */
export function positionOf(
  size: number,
  protectedLots = Math.abs(size),
  openedAt: Us = us(1),
): PositionState {
  return {
    instrument: 0,
    size: lots(size),
    cost: BTC.value(lots(size), ticks(600_000)),
    leverage: 2,
    openedAt,
    protection:
      protectedLots === 0
        ? null
        : {
            protectionId: 'h000001x',
            takeProfit: ticks(size > 0 ? 610_000 : 590_000),
            stopLoss: ticks(size > 0 ? 595_000 : 605_000),
            size: lots(protectedLots),
          },
    trip: null,
    stops: null,
  };
}

export const openOrder = (changes: Partial<OpenOrder>): OpenOrder => ({
  clientOrderId: 'h000009',
  venueOrderId: 'v9',
  instrument: 0,
  side: 'buy',
  size: lots(100),
  filled: 0 as Lots,
  reduceOnly: false,
  takeProfit: ticks(610_000),
  stopLoss: ticks(595_000),
  ...changes,
});
