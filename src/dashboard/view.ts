/**
 * What the page sees: a projection made for it, plain JSON, prices and money as numbers in quote currency or decimal
 * text as said. The page never sees the engine's own state. Times are Unix milliseconds.
 */
export interface View {
  /** Bumped when a field changes meaning; the page reloads itself when it meets another number. */
  readonly version: 1;
  readonly now: number;
  readonly startedAt: number;
  readonly mode: 'paper' | 'demo' | 'live';
  readonly venue: 'embedded' | 'okx';
  readonly engine: EngineView;
  readonly account: AccountView;
  readonly risk: RiskView;
  readonly heartbeat: HeartbeatView;
  readonly markets: readonly MarketView[];
  /** Newest first, at most 50. */
  readonly trades: readonly TradeView[];
  /** Newest first, at most 20: signals that crossed the threshold and what became of them. */
  readonly decisions: readonly DecisionView[];
}

export interface EngineView {
  readonly state: 'idle' | 'entering' | 'open' | 'exiting' | 'halted' | 'recovering';
  readonly paused: boolean;
  /** The kill switch is on: no entries until a person arms again. */
  readonly killed: boolean;
  /** Why it is halted, recovering or not trading; empty when all is well. */
  readonly note: string;
}

export interface AccountView {
  readonly currency: string;
  /** Decimal text, exact: balance = startBalance + realizedPnl + fees + funding + liquidations, to the last digit. */
  readonly startBalance: string;
  readonly balance: string;
  readonly realizedPnl: string;
  /** Negative = paid. */
  readonly fees: string;
  readonly funding: string;
  /** What liquidations took beyond the loss itself (negative), or the venue's fund made up. */
  readonly liquidations: string;
  /** Balance plus unrealised P&L at the mark price. */
  readonly equity: number;
  readonly unrealizedPnl: number;
  /** Fraction below the highest equity seen, 0…1. */
  readonly drawdown: number;
}

/** What the limits see. Fractions unless said; money in the account currency. */
export interface RiskView {
  /** Whether the kill in force closes positions, too; without a kill nothing. */
  readonly killFlattens: boolean;
  /** Since 00:00 UTC, open positions in it. `limit` is the loss at which entries end, of the day's first equity. */
  readonly day: {
    readonly pnl: number;
    /** Of the day's first equity; negative = gained. */
    readonly loss: number;
    readonly limit: number;
    readonly reached: boolean;
    readonly endsAt: number;
  };
  /** Below the highest equity since the start, or since a person last armed. */
  readonly drawdown: { readonly now: number; readonly limit: number; readonly reached: boolean };
  readonly pauses: readonly PauseView[];
  readonly lossStreak: number;
  /** Positions open or being entered. */
  readonly positions: { readonly now: number; readonly limit: number };
  readonly notional: { readonly now: number; readonly limit: number };
  /** In the last minute. */
  readonly orders: { readonly now: number; readonly limit: number };
  /** Fraction of equity that a trade may lose at its stop, by Kelly over so many closed trades; null where Kelly does not cap. */
  readonly kelly: { readonly risk: number; readonly trades: number } | null;
}

export interface PauseView {
  readonly reason: string;
  readonly until: number;
}

export interface HeartbeatView {
  /** When the engine last took an event, by our clock; 0 = never. */
  readonly lastEventAt: number;
  /** Received minus exchange time of book messages, ms, over the last minute; null before the first one. Can be negative. */
  readonly feedLatencyMs: { readonly p50: number; readonly p99: number } | null;
  /** Engine time per event, µs, over the last minute. */
  readonly stepUs: { readonly p50: number; readonly p99: number } | null;
  readonly eventsPerSecond: number;
  readonly memoryMb: number;
  /** Gaps, resubscribes and reconnects of the feed since the start. */
  readonly gaps: number;
  readonly reconnects: number;
}

export interface MarketView {
  readonly symbol: string;
  readonly priceDecimals: number;
  readonly tickSize: number;
  /** False: prices below are old and must be shown as such. */
  readonly live: boolean;
  readonly liveNote: string;
  /** When the book last changed; 0 = never. */
  readonly bookAt: number;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly last: number | null;
  readonly mark: number | null;
  /** Standard deviation of one-minute returns, in bp; null until it is known. */
  readonly volatilityBp: number | null;
  readonly atr: number | null;
  readonly fundingRate: number | null;
  readonly fundingAt: number | null;
  readonly signal: SignalView | null;
  readonly strategies: StrategiesView;
  readonly position: PositionView | null;
  readonly orders: readonly OrderView[];
}

export interface SignalView {
  readonly direction: 'long' | 'short' | 'none';
  /**
   * Why there is no direction: `unknown`, nothing can be said yet, of what its first reason tells; `abstains`, what it leans to is
   * not worth its costs. Null where there is one, and where priors find nothing.
   */
  readonly silence: 'unknown' | 'abstains' | null;
  /** 0…1. */
  readonly confidence: number;
  /** Confidence at which an entry is considered. */
  readonly threshold: number;
  /** False: the weights are stated priors, not fitted on outcomes. */
  readonly calibrated: boolean;
  readonly reasons: readonly string[];
  readonly detectors: readonly DetectorView[];
}

export interface DetectorView {
  readonly name: string;
  /** False: it is known to have nothing to say yet, and its zeros are no reading. */
  readonly hasWord: boolean;
  /** −1…1, positive = upward pressure. */
  readonly score: number;
  /** 0…1: how much the detector trusts its score. */
  readonly likelihood: number;
  readonly evidence: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** The candle strategies (rows S1 to S5), as they stand after the newest closed candle. */
export interface StrategiesView {
  /** Who proposes entries; the other one is asked for confirmation. */
  readonly lead: 'signal' | 'strategies';
  /** What the other one must say: nothing, not the opposite, or the same. */
  readonly confirmation: 'none' | 'notAgainst' | 'agree';
  /** Confidence at which a proposal is considered. */
  readonly threshold: number;
  /** Name of the most confident one; null while none finds its setting. */
  readonly best: string | null;
  readonly parts: readonly StrategyView[];
}

export interface StrategyView {
  readonly name: string;
  /** Enough candles have come to judge. */
  readonly ready: boolean;
  /** Closed candles it still needs for that. */
  readonly candlesMissing: number;
  readonly direction: 'long' | 'short' | 'none';
  /** 0…1; 0 while the direction is none. No probability of winning: how rare the setting is by chance. */
  readonly confidence: number;
  readonly evidence: string;
  /** Empty before it is ready. */
  readonly figures: readonly FigureView[];
}

export interface FigureView {
  readonly name: string;
  /** Null: there is none, or it has never happened. */
  readonly value: number | null;
  readonly unit: FigureUnit;
}

/**
 * `price`: quote currency; `deviations`: standard deviations of what chance does; `times`: a ratio to what is usual;
 * `points`: of an index from 0 to 100; `fraction`: share of a whole.
 */
export type FigureUnit =
  | 'price'
  | 'pricePerCandle'
  | 'deviations'
  | 'times'
  | 'candles'
  | 'points'
  | 'fraction';

export interface PositionView {
  readonly direction: 'long' | 'short';
  /** In contracts, decimal text. */
  readonly size: string;
  readonly notional: number;
  readonly entry: number;
  readonly mark: number | null;
  readonly takeProfit: number | null;
  readonly stopLoss: number | null;
  readonly leverage: number;
  /** What it ties up: notional over leverage, account currency. */
  readonly margin: number;
  /** Mark price at which the account can no longer carry it, all else standing still; null where no price does that. */
  readonly liquidation: number | null;
  readonly unrealizedPnl: number;
  /** Since it opened; negative = paid. */
  readonly fees: number;
  readonly funding: number;
  readonly openedAt: number;
}

export interface OrderView {
  readonly clientOrderId: string;
  readonly side: 'buy' | 'sell';
  readonly type: string;
  readonly size: string;
  readonly filled: string;
  readonly price: number | null;
  readonly state: string;
  readonly purpose: string;
}

/** A closed round trip. Money in the account currency. */
export interface TradeView {
  readonly symbol: string;
  readonly direction: 'long' | 'short';
  readonly size: string;
  readonly openedAt: number;
  readonly closedAt: number;
  readonly entry: number;
  readonly exit: number;
  /** Net of fees and funding. */
  readonly pnl: number;
  readonly fees: number;
  readonly funding: number;
  readonly exitReason: string;
}

export interface DecisionView {
  readonly at: number;
  readonly symbol: string;
  /** Whose opinion it was: `signal`, or a strategy's name. */
  readonly proposer: string;
  readonly direction: 'long' | 'short';
  readonly confidence: number;
  readonly outcome: 'entered' | 'refused';
  readonly detail: string;
}

/** Opening time in ms, then prices in quote currency, volume in base coin (linear) or contracts. */
export interface CandleView {
  readonly openAt: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly closed: boolean;
}

/** An entry or exit on the chart. */
export interface MarkerView {
  readonly at: number;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly text: string;
}

/** Server → page, over the WebSocket. `hello` comes first, then `state` about four times a second. */
export type Push =
  | { readonly type: 'hello'; readonly view: View; readonly charts: readonly ChartView[] }
  | { readonly type: 'state'; readonly view: View }
  | { readonly type: 'candle'; readonly symbol: string; readonly candle: CandleView }
  | { readonly type: 'marker'; readonly symbol: string; readonly marker: MarkerView }
  | { readonly type: 'equity'; readonly point: EquityPoint };

export interface ChartView {
  readonly symbol: string;
  /** Length of a bar, ms. */
  readonly barMs: number;
  /** Oldest first. */
  readonly candles: readonly CandleView[];
  readonly markers: readonly MarkerView[];
  /** Oldest first; one a minute. The account's, the same on every chart. */
  readonly equity: readonly EquityPoint[];
}

export interface EquityPoint {
  readonly at: number;
  readonly equity: number;
  readonly drawdown: number;
}

/** Where the server gets what it shows. Calls are cheap: made on every push and on every new page. */
export interface ViewSource {
  view(): View;
  charts(): readonly ChartView[];
  /** Registers for candle, marker and equity pushes; gives the way to stop. */
  subscribe(listener: (push: Push) => void): () => void;
}
