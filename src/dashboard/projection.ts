import type { Brain } from '../core/brain/brain.ts';
import type { Detector } from '../core/brain/detector.ts';
import type { Signal } from '../core/brain/fusion/signal.ts';
import type { Candle } from '../core/candles/candle-series.ts';
import type { Decision } from '../core/commands.ts';
import type { Engine } from '../core/engine.ts';
import type { FillEvent } from '../core/events.ts';
import type { WorkingOrder } from '../core/execution/trader.ts';
import { formatMoney, type Instrument, moneyToNumber } from '../core/instrument.ts';
import type { Market } from '../core/market.ts';
import type { RoundTrip } from '../core/position/account.ts';
import { figuresOf, type PositionFigures, type TierRates } from '../core/position/figures.ts';
import type { KellyConfig } from '../core/risk/kelly.ts';
import { describeRefusal } from '../core/risk/risk.ts';
import { type Money, money, ticks } from '../core/units.ts';
import { riskView } from './risk-view.ts';
import { type Proposals, strategiesView } from './strategies-view.ts';
import type {
  CandleView,
  ChartView,
  DecisionView,
  EquityPoint,
  MarkerView,
  MarketView,
  OrderView,
  PositionView,
  Push,
  SignalView,
  TradeView,
  View,
  ViewSource,
} from './view.ts';
import type { Vitals } from './vitals.ts';

const TRADES_SHOWN = 50;
const DECISIONS_SHOWN = 20;
const MARKERS_KEPT = 500;
const EQUITY_KEPT = 1440;

/** What the account has come to, exactly, over all sessions. */
export interface AccountSums {
  readonly startBalance: Money;
  readonly realized: Money;
  readonly fees: Money;
  readonly funding: Money;
  readonly settled: Money;
}

export interface ProjectionOptions {
  readonly mode: View['mode'];
  readonly venue: View['venue'];
  readonly startedAt: number;
  readonly proposals: Proposals;
  /** Where the tier of a position is not known. */
  readonly rates: TierRates;
  /** Null where Kelly does not cap the size. */
  readonly kelly: KellyConfig | null;
  /** The account's exact sums as they stand now. */
  readonly sums: () => AccountSums;
  /** From the journal, newest first. */
  readonly trades: readonly TradeView[];
  /** From the journal, oldest first. */
  readonly equity: readonly EquityPoint[];
  /** From the journal, by symbol, oldest first. */
  readonly markers: ReadonlyMap<string, readonly MarkerView[]>;
  readonly now: () => number;
}

/** The engine as the page may see it: copied, rounded to the screen's needs, never the engine's own state. */
export class Projection implements ViewSource {
  private readonly engine: Engine;
  private readonly instruments: readonly Instrument[];
  private readonly vitals: Vitals;
  private readonly options: ProjectionOptions;
  private readonly listeners = new Set<(push: Push) => void>();
  private readonly trades: TradeView[];
  private readonly decisions: DecisionView[] = [];
  private readonly equity: EquityPoint[];
  private readonly markers: MarkerView[][];
  /** Candles already pushed as closed, per market: the opening time of the newest. */
  private readonly closedPushed: number[];
  private peak: number;
  /** What the operator should read first: set by the run layer while it waits for something. */
  note = '';

  constructor(
    engine: Engine,
    instruments: readonly Instrument[],
    vitals: Vitals,
    options: ProjectionOptions,
  ) {
    this.engine = engine;
    this.instruments = instruments;
    this.vitals = vitals;
    this.options = options;
    this.trades = [...options.trades];
    this.equity = [...options.equity];
    this.markers = instruments.map(({ id }) => [...(options.markers.get(id) ?? [])]);
    this.closedPushed = instruments.map(() => 0);
    this.peak = Math.max(
      moneyToNumber(options.sums().startBalance),
      ...options.equity.map(({ equity }) => equity),
    );
  }

  subscribe(listener: (push: Push) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  decision(decision: Decision): void {
    this.decisions.unshift({
      at: Math.round(decision.at / 1000),
      symbol: this.instruments[decision.instrument]!.id,
      proposer: decision.proposer,
      direction: decision.direction,
      confidence: decision.confidence,
      outcome: decision.outcome,
      detail: decision.detail,
    });
    this.decisions.length = Math.min(this.decisions.length, DECISIONS_SHOWN);
  }

  fill(event: FillEvent): void {
    const instrument = this.instruments[event.instrument]!;
    const marker = fillMarker(instrument, event);
    const kept = this.markers[event.instrument]!;
    kept.push(marker);
    if (kept.length > MARKERS_KEPT) kept.shift();
    this.push({ type: 'marker', symbol: instrument.id, marker });
  }

  trade(trip: RoundTrip): void {
    this.trades.unshift(tradeView(this.instruments[trip.instrument]!, trip));
    this.trades.length = Math.min(this.trades.length, TRADES_SHOWN);
  }

  /** Call about four times a second: pushes the candles that moved. */
  tick(): void {
    if (this.listeners.size === 0) return;
    this.engine.markets.forEach((market, index) => {
      const { id } = market.instrument;
      const { closed, building } = market.candles;
      let first = closed.length;
      while (first > 0 && closed[first - 1]!.openAt > this.closedPushed[index]!) first--;
      for (const candle of closed.slice(first))
        this.push({ type: 'candle', symbol: id, candle: candleView(market.instrument, candle, true) });
      if (closed.length > 0) this.closedPushed[index] = closed[closed.length - 1]!.openAt;
      if (building !== null)
        this.push({ type: 'candle', symbol: id, candle: candleView(market.instrument, building, false) });
    });
  }

  /** Call once a minute: a point of the equity curve, which the caller also journals. */
  equityPoint(): EquityPoint {
    const { equity, drawdown } = this.account();
    const point = { at: this.options.now(), equity, drawdown };
    this.equity.push(point);
    if (this.equity.length > EQUITY_KEPT) this.equity.shift();
    this.push({ type: 'equity', point });
    return point;
  }

  charts(): readonly ChartView[] {
    return this.engine.markets.map((market, index) => {
      const { closed, building } = market.candles;
      const candles = closed.map((candle) => candleView(market.instrument, candle, true));
      if (building !== null) candles.push(candleView(market.instrument, building, false));
      return {
        symbol: market.instrument.id,
        barMs: market.candles.barMs,
        candles,
        markers: this.markers[index]!,
        equity: this.equity,
      };
    });
  }

  view(): View {
    const { engine, vitals } = this;
    const figures = this.figures();
    const worst = engine.traders.find(({ note }) => note !== '') ?? engine.traders[0]!;
    const busiest = engine.traders.find(({ state }) => state !== 'idle') ?? engine.traders[0]!;
    return {
      version: 1,
      now: this.options.now(),
      startedAt: this.options.startedAt,
      mode: this.options.mode,
      venue: this.options.venue,
      engine: {
        state: busiest.state,
        paused: engine.risk.paused,
        killed: engine.risk.killed,
        note: this.note || worst.note || this.breach(),
      },
      account: this.account(),
      risk: riskView(engine, this.instruments, this.options.kelly),
      heartbeat: {
        lastEventAt: Math.round(vitals.lastEventAt),
        feedLatencyMs: vitals.feedLatencyMs,
        stepUs: vitals.stepUs,
        eventsPerSecond: Math.round(vitals.eventsPerSecond),
        memoryMb: Math.round(process.memoryUsage.rss() / 1e6),
        gaps: vitals.gaps,
        reconnects: vitals.reconnects,
      },
      markets: engine.markets.map((market, index) => this.market(market, index, figures)),
      trades: this.trades,
      decisions: this.decisions,
    };
  }

  private breach(): string {
    const { breach } = this.engine.risk.history;
    return breach === null ? '' : describeRefusal(breach);
  }

  private account(): View['account'] {
    const { account, markets } = this.engine;
    const sums = this.options.sums();
    let unrealized = 0;
    account.positions.forEach((position, index) => {
      if (position.size === 0) return;
      const price = markets[index]!.valuationPrice;
      if (price > 0)
        unrealized += position.instrument.profitNumber(position.size, position.entryPrice, price);
    });
    const equity = moneyToNumber(account.balance) + unrealized;
    if (equity > this.peak) this.peak = equity;
    return {
      currency: this.instruments[0]!.settleCurrency,
      startBalance: formatMoney(sums.startBalance),
      balance: formatMoney(account.balance),
      realizedPnl: formatMoney(sums.realized),
      fees: formatMoney(sums.fees),
      funding: formatMoney(sums.funding),
      liquidations: formatMoney(sums.settled),
      equity,
      unrealizedPnl: unrealized,
      drawdown: this.peak > 0 ? Math.max(0, 1 - equity / this.peak) : 0,
    };
  }

  private market(market: Market, index: number, figures: readonly PositionFigures[]): MarketView {
    const { instrument, book } = market;
    const trader = this.engine.traders[index]!;
    const price = (value: number): number | null => (value > 0 ? instrument.priceToNumber(value) : null);
    const believed = book.valid && book.twoSided;
    const perBar = market.volatility.perBar;
    const atr = market.atr.value;
    return {
      symbol: instrument.id,
      priceDecimals: instrument.priceDecimals,
      tickSize: instrument.tickSize,
      live: market.live,
      liveNote: market.live ? '' : market.liveReason,
      bookAt: Math.round(market.bookAt / 1000),
      bid: believed ? price(book.bestBid) : null,
      ask: believed ? price(book.bestAsk) : null,
      last: price(market.lastPrice),
      mark: price(market.markPrice),
      volatilityBp: perBar === null ? null : perBar * 10_000,
      atr: atr === null ? null : instrument.priceToNumber(atr),
      fundingRate: market.fundingRate === '' ? null : Number(market.fundingRate),
      fundingAt: market.fundingAt === 0 ? null : market.fundingAt,
      signal:
        market.bookAt === 0
          ? null
          : {
              direction: market.brain.signal.direction,
              silence: silenceOf(market.brain.signal),
              confidence: market.brain.signal.confidence,
              threshold: this.options.proposals.threshold,
              calibrated: market.brain.signal.calibrated,
              reasons: market.brain.signal.reasons(),
              detectors: market.brain.detectors.map((detector) => {
                const told = detector.figures();
                return {
                  name: detector.name,
                  hasWord: hasWord(market.brain, detector, told),
                  score: detector.score,
                  likelihood: detector.likelihood,
                  evidence: detector.evidence(),
                  figures: told,
                };
              }),
            },
      strategies: strategiesView(market.strategies, instrument, this.options.proposals),
      position: this.position(market, index, figures),
      orders: [trader.entry, trader.exit].flatMap((order) =>
        order === null ? [] : [orderView(instrument, order)],
      ),
    };
  }

  /** Of the positions that are open, at what they are valued at. */
  private figures(): PositionFigures[] {
    const { account, markets } = this.engine;
    const marks = markets.map(({ valuationPrice }, index) =>
      // where nothing is known yet of the market, what it was entered at
      ticks(Math.round(valuationPrice > 0 ? valuationPrice : account.positions[index]!.entryPrice)),
    );
    const { rates } = this.options;
    return figuresOf(account, marks, (index, size) => ({
      ...rates,
      maintenance: this.instruments[index]!.tierOf(size)?.maintenance ?? rates.maintenance,
    }));
  }

  private position(market: Market, index: number, all: readonly PositionFigures[]): PositionView | null {
    const position = this.engine.account.positions[index]!;
    const figures = all.find(({ instrument }) => instrument === index);
    if (position.size === 0 || figures === undefined) return null;
    const { instrument } = market;
    const trader = this.engine.traders[index]!;
    const valuation = market.valuationPrice;
    const entry = position.entryPrice;
    const pair = trader.protection ?? trader.entry?.place ?? null;
    const direction = position.size > 0 ? 'long' : 'short';
    const notional = Math.abs(instrument.valueNumber(position.size, valuation > 0 ? valuation : entry));
    const leverage = trader.entry?.place.leverage ?? trader.leverage;
    return {
      direction,
      size: instrument.formatSize(Math.abs(position.size) as typeof position.size),
      notional,
      entry: instrument.priceToNumber(entry),
      mark: valuation > 0 ? instrument.priceToNumber(valuation) : null,
      takeProfit: pair !== null && pair.takeProfit > 0 ? instrument.priceToNumber(pair.takeProfit) : null,
      stopLoss: pair !== null && pair.stopLoss > 0 ? instrument.priceToNumber(pair.stopLoss) : null,
      leverage,
      margin: notional / leverage,
      liquidation: figures.liquidation > 0 ? instrument.priceToNumber(figures.liquidation) : null,
      fees: moneyToNumber(figures.fees),
      funding: moneyToNumber(figures.funding),
      unrealizedPnl: valuation > 0 ? instrument.profitNumber(position.size, entry, valuation) : 0,
      openedAt: Math.round(this.engine.account.openedAt(index) / 1000),
    };
  }

  private push(push: Push): void {
    for (const listener of this.listeners) listener(push);
  }
}

function tradeView(instrument: Instrument, trip: RoundTrip): TradeView {
  return {
    symbol: instrument.id,
    direction: trip.direction,
    size: instrument.formatSize(trip.size),
    openedAt: Math.round(trip.openedAt / 1000),
    closedAt: Math.round(trip.closedAt / 1000),
    entry: instrument.priceToNumber(trip.entry),
    exit: instrument.priceToNumber(trip.exit),
    pnl: moneyToNumber(money(trip.realized + trip.fees + trip.funding)),
    fees: moneyToNumber(trip.fees),
    funding: moneyToNumber(trip.funding),
    exitReason: trip.exitReason,
  };
}

const PURPOSES: Readonly<Record<FillEvent['purpose'], string>> = {
  entry: 'entry',
  takeProfit: 'take profit',
  stopLoss: 'stop loss',
  close: 'close',
  liquidation: 'liquidation',
};

type Marked = Pick<FillEvent, 'at' | 'side' | 'price' | 'size' | 'purpose'>;

export function fillMarker(instrument: Instrument, event: Marked): MarkerView {
  return {
    at: Math.round(event.at / 1000),
    side: event.side,
    price: instrument.priceToNumber(event.price),
    text: `${PURPOSES[event.purpose]} ${instrument.formatSize(event.size)}`,
  };
}

function candleView(instrument: Instrument, candle: Readonly<Candle>, closed: boolean): CandleView {
  return {
    openAt: candle.openAt,
    open: instrument.priceToNumber(candle.open),
    high: instrument.priceToNumber(candle.high),
    low: instrument.priceToNumber(candle.low),
    close: instrument.priceToNumber(candle.close),
    volume: candle.volume * instrument.valuePerLot,
    closed,
  };
}

function orderView(instrument: Instrument, { place, state, filled }: WorkingOrder): OrderView {
  return {
    clientOrderId: place.clientOrderId,
    side: place.side,
    type: place.type,
    size: instrument.formatSize(place.size),
    filled: instrument.formatSize(filled),
    price: place.price > 0 ? instrument.priceToNumber(place.price) : null,
    state,
    purpose: place.purpose,
  };
}

function silenceOf({ direction, fusion }: Signal): SignalView['silence'] {
  if (direction !== 'none' || fusion === null) return null;
  const { long, short } = fusion.stakes;
  return long.known || short.known ? 'abstains' : 'unknown';
}

/** Regime needs minutes, and price impact bars, before what they say is one; the others have a word from the first book on. */
const hasWord = (brain: Brain, detector: Detector, figures: Record<string, number>): boolean =>
  detector === brain.regime
    ? brain.regime.regime !== null
    : detector === brain.impact
      ? figures.lambdaHalfWidthTicksPerLot !== undefined
      : true;
