/** The limits of row R3, and the words for what breaks one. */
export interface RiskConfig {
  /**
   * Loss since 00:00 UTC (realised and unrealised P&L, fees, funding) at which entries end for the day, as a fraction of the
   * day's first equity: a fraction fits an account of any size and currency.
   */
  readonly dailyLossMax: number;
  /** Fraction below the highest equity at which entries end until a person arms again. */
  readonly drawdownMax: number;
  /** Whether open positions are closed as well when one of these two is reached; otherwise they keep their stops. */
  readonly breachFlattens: boolean;
  /** Positions open at the same time, over all instruments. */
  readonly openPositionsMax: number;
  /** Notional of one position, in settlement currency. */
  readonly notionalMax: number;
  /** Notional of all positions and entries under way together, in settlement currency. */
  readonly notionalTotalMax: number;
  readonly leverageMax: number;
  /** Between the stop and the liquidation price there is at least this fraction of the entry price. */
  readonly liquidationDistanceMin: number;
  /** Maintenance margin assumed for it, fraction of the notional. */
  readonly maintenanceRate: number;
  /** Taker fee, fraction of the notional. */
  readonly takerFee: number;
  /** So many losing trades in a row, over all instruments, begin a pause; 0 = never. */
  readonly lossStreakMax: number;
  readonly lossStreakPauseMs: number;
  /** Pause of one instrument after its stop loss cost money, ms. */
  readonly stopLossPauseMs: number;
  /** The worst price an order may reach, in basis points from the mid. */
  readonly priceCollarBp: number;
  /** New orders a minute, over all instruments. */
  readonly ordersPerMinuteMax: number;
  /** A book older than this is not traded on, ms. */
  readonly bookAgeMsMax: number;
  /** Share of the balance that one position's margin may take, 0…1. */
  readonly marginShareMax: number;
}

export type RefusalReason =
  | 'killed'
  | 'paused'
  | 'held'
  | 'recovering'
  | 'dailyLoss'
  | 'drawdown'
  | 'lossStreak'
  | 'stopLossPause'
  | 'feed'
  | 'staleBook'
  | 'openPositions'
  | 'notional'
  | 'totalNotional'
  | 'leverage'
  | 'liquidation'
  | 'margin'
  | 'lossAtStop'
  | 'priceCollar'
  | 'noStop'
  | 'stopLoosened'
  | 'orderRate'
  | 'size';

/** Units of `limit` and `actual` are those of the limit: fractions, money, seconds, ms, basis points, lots. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly limit: number;
  readonly actual: number;
}

const show = (value: number): string => `${Math.round(value * 1e6) / 1e6}`;
const percent = (fraction: number): string => `${Math.round(fraction * 1e4) / 100} %`;

export function describeRefusal({ reason, limit, actual }: Refusal): string {
  switch (reason) {
    case 'killed':
      return 'the kill switch is on';
    case 'paused':
      return 'entries are paused';
    case 'held':
      return 'the process cannot vouch for new risk now';
    case 'recovering':
      return 'state not yet reconciled';
    case 'dailyLoss':
      return `lost ${percent(actual)} since 00:00 UTC, limit ${percent(limit)}: no entries until the next UTC day`;
    case 'drawdown':
      return `drawdown reached ${percent(actual)}, limit ${percent(limit)}: no entries until a person arms again`;
    case 'lossStreak':
      return `pause after losses in a row: ${show(actual)} of ${show(limit)} s are over`;
    case 'stopLossPause':
      return `pause after a stop loss: ${show(actual)} of ${show(limit)} s are over`;
    case 'feed':
      return 'market data is not live';
    case 'staleBook':
      return `book is ${show(actual)} ms old, limit ${show(limit)}`;
    case 'openPositions':
      return `${show(actual)} positions open, limit ${show(limit)}`;
    case 'notional':
      return `notional ${show(actual)} over the limit of ${show(limit)}`;
    case 'totalNotional':
      return `notional of all positions ${show(actual)} over the limit of ${show(limit)}`;
    case 'leverage':
      return `leverage ${show(actual)} over the limit of ${show(limit)}`;
    case 'liquidation':
      return `liquidation would lie ${percent(actual)} of the price beyond the stop, at least ${percent(limit)} wanted`;
    case 'margin':
      return `margin ${show(actual)} over the allowed ${show(limit)}`;
    case 'lossAtStop':
      return `at this stop the day would have lost ${percent(actual)}, limit ${percent(limit)}`;
    case 'priceCollar':
      return `price ${show(actual)} bp from the mid, limit ${show(limit)}`;
    case 'noStop':
      return `an entry at ${show(limit)} ticks has no stop loss behind it (${show(actual)})`;
    case 'stopLoosened':
      return `a stop at ${show(limit)} ticks may only be moved in favour of its position, not to ${show(actual)}`;
    case 'orderRate':
      return `${show(actual)} orders in the last minute, limit ${show(limit)}`;
    case 'size':
      return `size ${show(actual)} lots, the venue takes ${actual < limit ? 'at least' : 'at most'} ${show(limit)}`;
  }
}
