import { barToMs } from '../../core/candles/candle-series.ts';
import type { EngineConfig } from '../../core/engine.ts';
import { EventKind, type MarketEvent } from '../../core/events.ts';
import { formatMoney, type Instrument, moneyToNumber } from '../../core/instrument.ts';
import type { Market } from '../../core/market.ts';
import { type Money, NO_MONEY } from '../../core/units.ts';
import { Replay } from '../../run/replay.ts';
import { BarLiquidity } from '../../venue/paper/bar-liquidity.ts';
import { BookLiquidity } from '../../venue/paper/book-liquidity.ts';
import type { PaperConfig } from '../../venue/paper/config.ts';
import type { Liquidity } from '../../venue/paper/liquidity.ts';
import { EquityRecorder } from '../report/equity-recorder.ts';
import type { AccountReport } from '../report/report-data.ts';
import { BarCandles } from './bar-candles.ts';
import type { Holding } from './tapes.ts';
import { Trips } from './trips.ts';

/** What orders are filled against: the best that the tapes hold. */
export type MarketKind = 'books' | 'trades' | 'candles' | 'nothing';

export const marketKind = ({ books, trades, candles }: Holding): MarketKind =>
  books > 0 ? 'books' : trades > 0 ? 'trades' : candles > 0 ? 'candles' : 'nothing';

export interface DeskConfig {
  readonly engine: EngineConfig;
  readonly paper: PaperConfig;
  readonly bars: {
    readonly spreadBp: number;
    readonly volumeShareMax: number;
    readonly intrabar: 'pessimistic' | 'nearest';
  };
  /** The engine's candles, as OKX writes them. */
  readonly bar: string;
  /** Distance of the equity samples, ms. */
  readonly equityEveryMs: number;
}

/** One account: instruments that settle in the same currency trade from the same balance. */
export class Desk {
  readonly currency: string;
  readonly instruments: readonly Instrument[];
  readonly replay: Replay;
  readonly trips: Trips;
  /** For each instrument, when its decisions could begin, ms; null while they cannot. */
  readonly warmAt: (number | null)[];
  private readonly kinds: readonly MarketKind[];
  private readonly candles: readonly BarCandles[];
  private readonly equity: EquityRecorder;
  private readonly startBalance: Money;
  /** The balance, and as a plain number: read with every event, changed with every fill. */
  private readonly cash = { exact: NO_MONEY, plain: 0 };
  private begun = false;
  private readonly tell = (event: MarketEvent): void => this.replay.showEngine(event);

  constructor(
    config: DeskConfig,
    currency: string,
    instruments: readonly Instrument[],
    holdings: readonly Holding[],
  ) {
    this.currency = currency;
    this.instruments = instruments;
    this.kinds = holdings.map(marketKind);
    this.startBalance = config.paper.startBalance;
    this.trips = new Trips(instruments);
    this.equity = new EquityRecorder(config.equityEveryMs);
    this.warmAt = instruments.map(() => null);
    this.candles = holdings.map(
      ({ bar }, index) => new BarCandles(instruments[index]!.id, bar, config.bar, index),
    );
    const barMs = barToMs(config.bar);
    const liquidity = this.kinds.map((kind, index): Liquidity => {
      if (kind === 'books' || kind === 'nothing') return new BookLiquidity(config.paper);
      return new BarLiquidity({ ...config.bars, of: kind, barMs: holdings[index]!.barMs || barMs });
    });
    const { trips } = this;
    this.replay = new Replay(
      config.engine,
      config.paper,
      instruments,
      (event, commands) => {
        if (event.kind === EventKind.fill) {
          const met = liquidity[event.instrument]!;
          trips.fill(event, met instanceof BarLiquidity ? met.allowedAt(event.exchangeAt) : null);
        }
        if (event.kind === EventKind.protection) trips.moved(event);
        for (const command of commands) trips.command(command);
      },
      liquidity,
    );
  }

  /** One event of the market, or several candles that ended at the same moment. `event.instrument` counts here. */
  market(events: readonly MarketEvent[]): void {
    if (!this.begun) {
      this.begun = true;
      this.equity.push(events[0]!.at / 1000, moneyToNumber(this.startBalance), 0);
    }
    for (const event of events) this.replay.showVenue(event);
    for (const event of events) this.show(event);
    this.value(events[events.length - 1]!.at / 1000);
  }

  /** What is known of an instrument at the end. */
  marketOf(index: number): Market {
    return this.replay.engine.markets[index]!;
  }

  report(): AccountReport {
    const { account } = this.replay.engine;
    return {
      currency: this.currency,
      symbols: this.instruments.map(({ id }) => id),
      startBalance: formatMoney(this.startBalance),
      balance: formatMoney(account.balance),
      realized: formatMoney(account.realized),
      fees: formatMoney(account.fees),
      funding: formatMoney(account.funding),
      liquidations: formatMoney(account.settled),
      openPositions: account.openPositions,
      equity: this.equity.columns(),
      benchmark: null,
    };
  }

  private show(event: MarketEvent): void {
    const index = event.instrument;
    if (event.kind === EventKind.candle) {
      if (event.closed && this.kinds[index] === 'candles') this.trips.market(event);
    } else if (event.kind === EventKind.trade) this.trips.market(event);
    this.candles[index]!.take(event, this.tell);
    if (this.warmAt[index] === null && this.marketOf(index).volatility.daily !== null)
      this.warmAt[index] = event.at / 1000;
  }

  private value(at: number): void {
    const { account, markets } = this.replay.engine;
    if (account.balance !== this.cash.exact) {
      this.cash.exact = account.balance;
      this.cash.plain = moneyToNumber(account.balance);
    }
    let equity = this.cash.plain;
    let gross = 0;
    for (let index = 0; index < markets.length; index++) {
      const position = account.positions[index]!;
      if (position.size === 0) continue;
      const price = markets[index]!.valuationPrice || position.entryPrice;
      const { instrument } = position;
      equity += instrument.profitNumber(position.size, position.entryPrice, price);
      gross += Math.abs(instrument.valueNumber(position.size, price));
    }
    this.equity.push(at, equity, gross);
  }
}
