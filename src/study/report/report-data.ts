/**
 * Everything a backtest's report shows, as plain JSON. The backtest fills it; metrics and the sanity stop read it; the
 * page draws it. Nothing in here depends on the machine or on when it was made: same inputs, same bytes.
 *
 * Conventions: times are Unix ms (UTC). Money is exact decimal text in the account's currency; `fees` and `funding` are
 * cash changes (negative = paid), as everywhere here. Curves are columns: arrays of equal length, one entry a point.
 */
export interface ReportData {
  readonly version: 1;
  readonly run: RunIdentity;
  /** In-sample unless somebody knows better. */
  readonly sample: Sample;
  readonly market: MarketModel;
  readonly from: number;
  readonly to: number;
  readonly instruments: readonly InstrumentReport[];
  /** One per settlement currency: sums over currencies mean nothing. */
  readonly accounts: readonly AccountReport[];
  /** By time of closing. Open positions at the end are not in it (`AccountReport.openPositions`). */
  readonly trades: readonly TradeReport[];
  /** All of them, by time, those of positions still open included. */
  readonly fills: readonly FillReport[];
  readonly candles: readonly CandleColumns[];
  readonly decisions: Decisions;
  readonly lookAhead: LookAhead;
}

/** What is needed to run it again and get the same. */
export interface RunIdentity {
  /** As typed: `hunter backtest … --report out.html`. */
  readonly command: string;
  /** The settings of the run, whole, as YAML. */
  readonly settings: string;
  readonly settingsHash: string;
  /** What differs from the defaults; values as YAML or JSON text. */
  readonly changed: readonly { readonly key: string; readonly value: string; readonly default: string }[];
  readonly data: readonly DataFile[];
  /** null: nothing in the run was drawn by chance. */
  readonly seed: string | null;
  readonly code: {
    /** Of package.json. */
    readonly version: string;
    /** Git commit, null where there is no repository. */
    readonly commit: string | null;
    /** Whether the working tree differed from that commit. */
    readonly changed: boolean;
  };
}

export interface DataFile {
  /** As given on the command line. */
  readonly path: string;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  /** What it holds, in words: `44,064 5m candles of BTC-USDT-SWAP`. */
  readonly holds: string;
}

export interface Sample {
  readonly kind: 'inSample' | 'outOfSample' | 'walkForward';
  /** Settings tried on this data before these were chosen; null when nobody counted. */
  readonly trials: number | null;
  /** Why the kind may be believed: dates of the split, the study. Empty for in-sample. */
  readonly note: string;
}

/** How the venue was played. The sanity stop looks at the numbers, the page shows both. */
export interface MarketModel {
  /** What the fills were made from: `5m candles`, `trades`, `books`. */
  readonly from: string;
  /** Fractions of value, positive = paid: 0.0005 is 5 bp. */
  readonly makerFee: number;
  readonly takerFee: number;
  /** Whole spread assumed where no book is known, basis points; null where books were. */
  readonly assumedSpreadBp: number | null;
  /** Shortest time from decision to the venue, ms. */
  readonly latencyMsMin: number;
  /** Whether funding was charged; `why` in words (`no funding data on the tape`). */
  readonly funding: { readonly charged: boolean; readonly why: string };
  /** The rest in words, one assumption a line: intrabar path, queue position, slippage, latency's distribution. */
  readonly assumptions: readonly string[];
}

export interface InstrumentReport {
  readonly symbol: string;
  readonly currency: string;
  readonly inverse: boolean;
  readonly tickSize: string;
  readonly priceDecimals: number;
  readonly contract: string;
  /** From when on a decision was allowed: before it the indicators were not warm. null: nothing to warm up. */
  readonly warmAt: number | null;
  /** Closed candles at the end, and what would have taken more to say anything. */
  readonly warmUp: {
    readonly candles: number;
    readonly missing: readonly { readonly name: string; readonly candles: number }[];
  };
}

export interface AccountReport {
  readonly currency: string;
  readonly symbols: readonly string[];
  readonly startBalance: string;
  /** Cash at the end: start + realised + fees + funding + liquidations, to the last digit. Open positions are valued in `equity` only. */
  readonly balance: string;
  readonly realized: string;
  readonly fees: string;
  readonly funding: string;
  /** What liquidations took beyond the loss itself (negative), or the insurance fund made up: in no trade's net. */
  readonly liquidations: string;
  readonly openPositions: number;
  readonly equity: EquityColumns;
  /** null: not known (no price at the start, say). */
  readonly benchmark: Benchmark | null;
}

/** Sampled; `EquityRecorder` fills it. The first point is the start, the last the end. */
export interface EquityColumns {
  /** Distance of the samples, ms, for the page to say. */
  readonly everyMs: number;
  readonly at: readonly number[];
  /** Balance plus unrealised P&L at mark (or last, or mid). */
  readonly equity: readonly number[];
  /** The worst since the point before, at full resolution: 0.12 = 12 % under the highest equity so far. */
  readonly drawdown: readonly number[];
  /** Gross value of the open positions ÷ equity at this point. */
  readonly exposure: readonly number[];
}

/** What holding would have come to; `value` is one for one with `EquityColumns.at`. */
export interface Benchmark {
  /** `Buy and hold of BTC, ETH, equal weight, unlevered; 5 bp to enter, no funding`. */
  readonly description: string;
  readonly value: readonly number[];
}

/** A round trip: flat → position → flat. */
export interface TradeReport {
  readonly symbol: string;
  readonly direction: 'long' | 'short';
  /** Largest size held, contracts. */
  readonly size: string;
  readonly openedAt: number;
  readonly closedAt: number;
  /** Size-weighted average prices. */
  readonly entry: number;
  readonly exit: number;
  /** Value of all entry fills and of all exit fills, settlement currency, positive. */
  readonly entryValue: string;
  readonly exitValue: string;
  /** As first placed; null where there was none. */
  readonly stop: number | null;
  readonly target: number | null;
  /** Where the stop and target were moved to afterwards, by time; empty when they stayed. */
  readonly moves: readonly ProtectionMove[];
  /** Loss if the first stop had filled at its price, before fees, positive: the R of this trade. null without a stop. */
  readonly initialRisk: string | null;
  readonly realized: string;
  readonly fees: string;
  readonly funding: string;
  /** realised + fees + funding. */
  readonly net: string;
  /** `takeProfit`, `stopLoss`, `close`, `liquidation`, or finer: `timeStop`, `trailingStop`. */
  readonly exitReason: string;
  /** What opened it: a strategy's name, or `signal`. */
  readonly strategy: string;
  readonly confidence: number | null;
  /** Why it was opened, in words and numbers, and why it filled. */
  readonly reasons: readonly string[];
  /** Most adverse and most favourable price seen while it was open; null when nobody looked. */
  readonly worst: number | null;
  readonly best: number | null;
}

export interface ProtectionMove {
  readonly at: number;
  readonly stop: number | null;
  readonly target: number | null;
}

export interface FillReport {
  readonly symbol: string;
  readonly at: number;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  /** Contracts. */
  readonly size: number;
  /** Of the fill, settlement currency, positive. */
  readonly value: string;
  /** Cash change, settlement currency. */
  readonly fee: string;
  readonly maker: boolean;
  readonly purpose: string;
  /** The venue's own words on why it filled. */
  readonly why: string;
  /**
   * What the market allowed at that time: prices between `low` and `high`, at most `volume` contracts (the bar's, or
   * what the book displayed). null: the sanity stop looks at the candle instead.
   */
  readonly allowed: { readonly low: number; readonly high: number; readonly volume: number } | null;
}

/** Closed candles of one instrument by time. `bar` is what they are, possibly coarser than the run's own. */
export interface CandleColumns {
  readonly symbol: string;
  readonly barMs: number;
  /** The bar the run itself worked on, ms; 0 when it saw no candles. */
  readonly runBarMs: number;
  readonly openAt: readonly number[];
  readonly open: readonly number[];
  readonly high: readonly number[];
  readonly low: readonly number[];
  readonly close: readonly number[];
  /** Contracts. */
  readonly volume: readonly number[];
}

export interface Decisions {
  readonly entered: number;
  /** One for each symbol and reason, the most frequent first. */
  readonly refused: readonly RefusalReport[];
}

export interface RefusalReport {
  readonly symbol: string;
  /** The kind of refusal, not its numbers: `openPositions`. */
  readonly reason: string;
  readonly count: number;
  /** The first of them in words, with the limit and what was beyond it: `2 positions open, limit 2`. */
  readonly example: string;
}

/** What `--check` found. */
export interface LookAhead {
  /** `nothingToCheck`: nothing was entered, so that nothing could differ. */
  readonly verdict: 'notChecked' | 'nothingToCheck' | 'passed' | 'suspected';
  /** What was compared, or what differed. */
  readonly detail: string;
}
