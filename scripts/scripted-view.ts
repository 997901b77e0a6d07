/**
 * A small scripted `ViewSource`: a candle that moves with every step, and a position that opens and closes on demand.
 * For the dashboard's tests, and for looking at the page while working on it:
 * `npx node scripts/scripted-view.ts [port]` serves it with a step every 250 ms.
 */
import type {
  CandleView,
  ChartView,
  DecisionView,
  EquityPoint,
  MarkerView,
  MarketView,
  PositionView,
  Push,
  RiskView,
  StrategiesView,
  TradeView,
  View,
  ViewSource,
} from '../src/dashboard/view.ts';

const MINUTE = 60_000;
const SYMBOL = 'BTC-USDT-SWAP';
const ENTRY_TEXT = { long: 'Long 0.37', short: 'Short 0.37' };

export class ScriptedView implements ViewSource {
  live = true;
  liveNote = '';
  killed = false;
  risk: RiskView = {
    killFlattens: false,
    day: { pnl: -84.12, loss: 0.0084, limit: 0.03, reached: false, endsAt: nextMidnight() },
    drawdown: { now: 0.0118, limit: 0.15, reached: false },
    pauses: [],
    lossStreak: 1,
    positions: { now: 1, limit: 1 },
    notional: { now: 1180.4, limit: 10_000 },
    orders: { now: 2, limit: 20 },
    kelly: { risk: 0.0025, trades: 12 },
  };
  strategies: StrategiesView = STRATEGIES;
  view: () => View = () => this.current();
  readonly candles: CandleView[] = [];
  private readonly markers: MarkerView[] = [];
  private readonly equity: EquityPoint[] = [];
  private readonly trades: TradeView[] = [];
  private readonly decisions: DecisionView[] = [];
  private readonly listeners = new Set<(push: Push) => void>();
  private readonly startedAt: number;
  private position: PositionView | null = null;
  private steps = 0;
  private seed = 20_261_122;

  /** `history` closed candles stand before the first step. */
  constructor(history: number, startedAt = Date.now()) {
    this.startedAt = startedAt;
    const first = Math.floor(startedAt / MINUTE) * MINUTE - history * MINUTE;
    let close = 65_123.4;
    let high = 10_000;
    for (let index = 0; index <= history; index++) {
      const open = close;
      for (let move = 0; move < 12; move++) close += this.noise() * 9;
      const reach = (): number => Math.abs(this.noise()) * 22;
      const candle = {
        openAt: first + index * MINUTE,
        open: tenth(open),
        high: tenth(Math.max(open, close) + reach()),
        low: tenth(Math.min(open, close) - reach()),
        close: tenth(close),
        volume: tenth(20 + Math.abs(this.noise()) * 160),
        closed: index < history,
      };
      this.candles.push(candle);
      const equity = 10_000 + Math.sin(index / 19) * 14 + index * 0.11 + this.noise() * 3;
      high = Math.max(high, equity);
      this.equity.push({ at: candle.openAt, equity, drawdown: 1 - equity / high });
    }
  }

  get listenerCount(): number {
    return this.listeners.size;
  }

  get last(): number {
    return this.candles.at(-1)!.close;
  }

  charts(): readonly ChartView[] {
    return [
      { symbol: SYMBOL, barMs: MINUTE, candles: this.candles, markers: this.markers, equity: this.equity },
    ];
  }

  subscribe(listener: (push: Push) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  push(push: Push): void {
    for (const listener of this.listeners) listener(push);
  }

  /** The price moves by `by`, or by chance; the candle with it, a new one when its minute is over. */
  step(by = this.noise() * 6): void {
    this.steps += 1;
    const before = this.candles.at(-1)!;
    const close = tenth(before.close + by);
    const isOver = Date.now() >= before.openAt + MINUTE;
    if (isOver) {
      this.candles[this.candles.length - 1] = { ...before, closed: true };
      this.push({ type: 'candle', symbol: SYMBOL, candle: this.candles.at(-1)! });
      const openAt = Math.floor(Date.now() / MINUTE) * MINUTE;
      this.candles.push({
        openAt,
        open: before.close,
        high: close,
        low: close,
        close,
        volume: 0,
        closed: false,
      });
    }
    const bar = this.candles.at(-1)!;
    this.candles[this.candles.length - 1] = {
      ...bar,
      close,
      high: Math.max(bar.high, close),
      low: Math.min(bar.low, close),
      volume: tenth(bar.volume + Math.abs(by)),
    };
    this.push({ type: 'candle', symbol: SYMBOL, candle: this.candles.at(-1)! });
  }

  /** A position opens now, at the last price; or, for a past to look at, during an earlier candle. */
  openPosition(direction: 'long' | 'short', bar = this.candles.length - 1): PositionView {
    const sign = direction === 'long' ? 1 : -1;
    const { at, price: entry } = this.moment(bar);
    this.position = {
      direction,
      size: '0.37',
      notional: entry * 0.0037,
      entry,
      mark: entry,
      takeProfit: tenth(entry + sign * 180),
      stopLoss: tenth(entry - sign * 90),
      leverage: 2.4,
      margin: (entry * 0.0037) / 2.4,
      liquidation: tenth(entry * (1 - sign * 0.9123)),
      unrealizedPnl: 0,
      fees: -0.12,
      funding: 0,
      openedAt: at,
    };
    const side = direction === 'long' ? 'buy' : 'sell';
    const marker: MarkerView = { at, side, price: entry, text: ENTRY_TEXT[direction] };
    this.markers.push(marker);
    this.push({ type: 'marker', symbol: SYMBOL, marker });
    this.decide(direction, 'entered', `0.37 at ${entry.toFixed(1)}, target 180.0 away, stop 90.0 away`);
    return this.position;
  }

  closePosition(reason: string, bar = this.candles.length - 1): void {
    const position = this.position;
    if (position === null) return;
    const sign = position.direction === 'long' ? 1 : -1;
    const { at, price: exit } = this.moment(bar);
    const pnl = (exit - position.entry) * sign * 0.0037;
    const side = position.direction === 'long' ? 'sell' : 'buy';
    const marker: MarkerView = { at, side, price: exit, text: 'Exit' };
    this.markers.push(marker);
    this.push({ type: 'marker', symbol: SYMBOL, marker });
    this.trades.unshift({
      symbol: SYMBOL,
      direction: position.direction,
      size: position.size,
      openedAt: position.openedAt,
      closedAt: at,
      entry: position.entry,
      exit,
      pnl,
      fees: -0.24,
      funding: 0,
      exitReason: reason,
    });
    this.position = null;
  }

  decide(direction: 'long' | 'short', outcome: 'entered' | 'refused', detail: string): void {
    const proposer = this.strategies.lead === 'signal' ? 'signal' : (this.strategies.best ?? 'trend');
    const shown = { at: Date.now(), symbol: SYMBOL, proposer, direction, confidence: 0.64, outcome, detail };
    this.decisions.unshift(shown);
  }

  private moment(bar: number): { at: number; price: number } {
    const { openAt, close } = this.candles[bar];
    return { at: Math.min(Date.now(), openAt + MINUTE - 1), price: close };
  }

  private current(): View {
    const position = this.marked();
    const unrealized = position?.unrealizedPnl ?? 0;
    const equity = 10_034.217418 + unrealized;
    return {
      version: 1,
      now: Date.now(),
      startedAt: this.startedAt,
      mode: 'paper',
      venue: 'embedded',
      engine: { state: position === null ? 'idle' : 'open', paused: false, killed: this.killed, note: '' },
      account: {
        currency: 'USDT',
        startBalance: '10000',
        balance: '10034.217418025',
        realizedPnl: '38.9912',
        fees: '-4.891381975',
        funding: '0.1176',
        liquidations: '0',
        equity,
        unrealizedPnl: unrealized,
        drawdown: 0.0018,
      },
      risk: this.risk,
      heartbeat: {
        lastEventAt: Date.now() - 40,
        feedLatencyMs: { p50: 6.2, p99: 31 },
        stepUs: { p50: 3.4, p99: 18 },
        eventsPerSecond: 142,
        memoryMb: 148,
        gaps: 0,
        reconnects: 0,
      },
      markets: [this.market(position)],
      trades: this.trades.slice(0, 50),
      decisions: this.decisions.slice(0, 20),
    };
  }

  private marked(): PositionView | null {
    if (this.position === null) return null;
    const sign = this.position.direction === 'long' ? 1 : -1;
    const unrealizedPnl = (this.last - this.position.entry) * sign * 0.0037;
    return { ...this.position, mark: this.last, unrealizedPnl };
  }

  private market(position: PositionView | null): MarketView {
    const wave = Math.sin(this.steps / 20);
    const detector = (name: string, phase: number, evidence: string, figures: Record<string, number>) => ({
      name,
      hasWord: true,
      score: Math.sin(this.steps / 20 + phase) * 0.8,
      likelihood: 0.35 + 0.5 * Math.abs(Math.cos(phase)),
      evidence,
      figures,
    });
    return {
      symbol: SYMBOL,
      priceDecimals: 1,
      tickSize: 0.1,
      live: this.live,
      liveNote: this.liveNote,
      bookAt: Date.now() - 40,
      bid: tenth(this.last - 0.1),
      ask: tenth(this.last + 0.1),
      last: this.last,
      mark: tenth(this.last + 0.3),
      volatilityBp: 7.3 + wave,
      atr: 41.2,
      fundingRate: 0.0001,
      fundingAt: Math.ceil(Date.now() / (480 * MINUTE)) * 480 * MINUTE,
      signal: {
        direction: wave > 0.3 ? 'long' : wave < -0.3 ? 'short' : 'none',
        confidence: 0.42 + 0.25 * Math.abs(wave),
        threshold: 0.6,
        calibrated: false,
        silence: null,
        reasons: [
          'Buyers took 64% of 312 contracts in the last 5 s',
          'Depth within 10 levels leans to the bid by 0.31',
          'Microprice 0.4 ticks above mid',
        ],
        detectors: [
          detector('orderFlow', 0, 'volume-weighted imbalance +0.31 over 5 s', {
            cvd: 118.4,
            imbalance: 0.31,
          }),
          detector('liquidity', 0.9, 'support 65,090.0 holds 4.1× the usual size', {
            depth3: 41,
            depth10: 212,
            depth20: 530,
            concentration: 0.28,
          }),
          detector('spoof', 1.8, 'no wall pulled in the last minute', { pulled: 0, layers: 1 }),
          detector('iceberg', 2.4, 'three refills at 65,110.0, about 12 contracts hidden', {
            refills: 3,
            hidden: 12,
          }),
          detector('microstructure', 3.1, 'spread 1 tick, microprice +0.4 ticks', {
            spread: 1,
            microprice: 0.4,
          }),
          detector('regime', 4, 'ranging (0.61): slope 0.2 bp/min, R² 0.08', { slope: 0.2, r2: 0.08 }),
          detector('priceImpact', 5, '10 contracts cost 0.3 bp; VPIN 0.22', { lambda: 0.021, vpin: 0.22 }),
        ],
      },
      strategies: this.strategies,
      position,
      orders: [],
    };
  }

  /** About normal, mean 0, deviation 1, the same on every run (Park and Miller's generator, four draws summed). */
  private noise(): number {
    let sum = -2;
    for (let draw = 0; draw < 4; draw++) {
      this.seed = (this.seed * 48_271) % 2_147_483_647;
      sum += this.seed / 2_147_483_647;
    }
    return sum * 1.73;
  }
}

/** As the four of them stand after a fall that has begun to turn; the range has only begun to fill its window. */
const STRATEGIES: StrategiesView = {
  lead: 'signal',
  confirmation: 'notAgainst',
  threshold: 0.6,
  best: 'trend',
  parts: [
    {
      name: 'trend',
      ready: true,
      candlesMissing: 0,
      direction: 'short',
      confidence: 0.83,
      evidence:
        'falling by 4.1 deviations of a random walk (from 3.6 a trend), R² 0.81 (at least 0.5), 10 candles confirm',
      figures: [
        { name: 'slope', value: -6.412, unit: 'pricePerCandle' },
        { name: 'normalisedSlope', value: -4.12, unit: 'deviations' },
        { name: 'threshold', value: 3.61, unit: 'deviations' },
        { name: 'rSquared', value: 0.812, unit: 'fraction' },
        { name: 'residualDeviation', value: 96.3, unit: 'price' },
        { name: 'stepDeviation', value: 31.4, unit: 'price' },
        { name: 'momentum', value: -214.6, unit: 'price' },
      ],
    },
    {
      name: 'range',
      ready: false,
      candlesMissing: 37,
      direction: 'none',
      confidence: 0,
      evidence: 'too few candles for a range',
      figures: [],
    },
    {
      name: 'breakout',
      ready: true,
      candlesMissing: 0,
      direction: 'none',
      confidence: 0,
      evidence: 'no level broken; volume 0.6 ×, range 0.9 × the usual, surge −0.4 (from 4.2 a breakout)',
      figures: [
        { name: 'surge', value: -0.41, unit: 'deviations' },
        { name: 'threshold', value: 4.2, unit: 'deviations' },
        { name: 'volume', value: 0.6, unit: 'times' },
        { name: 'support', value: 64_170.2, unit: 'price' },
        { name: 'resistance', value: 64_912.7, unit: 'price' },
      ],
    },
    {
      name: 'reversal',
      ready: true,
      candlesMissing: 0,
      direction: 'long',
      confidence: 0.57,
      evidence:
        'leg −3.2, turn 1.9 deviations of a random walk: change of slope 3.6 (from 3.5 a reversal), RSI 41, at 30 8 candles ago, no divergence',
      figures: [
        { name: 'slopeChange', value: 3.61, unit: 'deviations' },
        { name: 'threshold', value: 3.52, unit: 'deviations' },
        { name: 'rsi', value: 41.3, unit: 'points' },
        { name: 'candlesSinceOversold', value: 8, unit: 'candles' },
        { name: 'candlesSinceOverbought', value: null, unit: 'candles' },
        { name: 'bullishDivergence', value: 0, unit: 'points' },
      ],
    },
  ],
};

const nextMidnight = (): number => Math.ceil(Date.now() / (1440 * MINUTE)) * 1440 * MINUTE;
const tenth = (value: number): number => Math.round(value * 10) / 10;

if (import.meta.main) {
  const { startDashboard } = await import('../src/dashboard/server.ts');
  const source = new ScriptedView(240);
  const say = (fields: object, message: string): void => console.log(message, fields);
  const dashboard = await startDashboard({
    source,
    port: Number(process.argv[2] ?? 8080),
    token: 'scripted',
    control: (action) => source.decide('long', 'refused', `the operator said ${action}`),
    log: { info: say, warn: say, error: say },
  });
  for (let bar = 150; bar < 230; bar += 11) {
    source.openPosition(bar % 2 === 0 ? 'long' : 'short', bar);
    source.closePosition(bar % 3 === 0 ? 'takeProfit' : 'stopLoss', bar + 5);
    source.decide('short', 'refused', 'cooldown after a loss: 41 s left');
  }
  const timer = setInterval(() => source.step(), 250);
  source.openPosition('long');
  process.once('SIGINT', () => {
    clearInterval(timer);
    void dashboard.close();
  });
}
