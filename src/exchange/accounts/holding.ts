import { formatMoney, moneyToNumber } from '../../core/instrument.ts';
import { Position } from '../../core/position/position.ts';
import { lots, type Money, money, NO_MONEY, type Side } from '../../core/units.ts';
import type { Market } from '../market/market.ts';

/** Margin of the whole account stands behind a cross position; an isolated one has its own. */
export type MarginMode = 'cross' | 'isolated';
/** `net` in net mode; in hedge mode long and short are held side by side. */
export type PositionSide = 'net' | 'long' | 'short';

/** What names a position of an account. */
export interface PositionKey {
  readonly instId: string;
  readonly mode: MarginMode;
  readonly positionSide: PositionSide;
}

export const keyText = ({ instId, mode, positionSide }: PositionKey): string =>
  `${instId}|${mode}|${positionSide}`;

/** In hedge mode, whether an order of this side closes. In net mode only a reduce-only order says so. */
export const closes = (positionSide: PositionSide, side: Side): boolean =>
  (positionSide === 'long' && side === 'sell') || (positionSide === 'short' && side === 'buy');

/** Leverage as it was set; all cross positions of an instrument share one. */
export interface Gearing {
  leverage: number;
}

/** A position with what OKX tells about it. The sums run from the moment it opened. */
export class Holding implements PositionKey {
  readonly market: Market;
  readonly position: Position;
  /** Stable for account, instrument, margin mode and side. */
  readonly id: string;
  readonly mode: MarginMode;
  readonly positionSide: PositionSide;
  /** Of an isolated position: what was taken from the balance for it. */
  margin: Money = NO_MONEY;
  pnl: Money = NO_MONEY;
  fee: Money = NO_MONEY;
  funding: Money = NO_MONEY;
  /** What a liquidation took beyond the loss itself, negative; positive when the insurance fund made up a shortfall. */
  penalty: Money = NO_MONEY;
  /** Lots and their unsigned value, in and out; and the most there ever were. */
  openedSize = 0;
  openedValue: Money = NO_MONEY;
  closedSize = 0;
  closedValue: Money = NO_MONEY;
  largest = 0;
  /** OKX's type of the newest close: 1 part, 4 part by liquidation; empty when nothing was closed. */
  lastClose: '' | '1' | '4' = '';
  tradeId = 0;
  openedAt = 0;
  updatedAt = 0;
  private readonly gearing: Gearing;

  constructor(market: Market, id: string, mode: MarginMode, positionSide: PositionSide, gearing: Gearing) {
    this.market = market;
    this.position = new Position(market.instrument);
    this.id = id;
    this.mode = mode;
    this.positionSide = positionSide;
    this.gearing = gearing;
  }

  get instId(): string {
    return this.market.instrument.id;
  }

  /** Lots; negative is short. */
  get size(): number {
    return this.position.size;
  }

  get leverage(): number {
    return this.gearing.leverage;
  }

  set leverage(leverage: number) {
    this.gearing.leverage = leverage;
  }

  /** Everything it has brought in: P&L, fees, funding, liquidation penalty. */
  get realized(): Money {
    return money(this.pnl + this.fee + this.funding + this.penalty);
  }

  /** As it stands in the history: over, or closed in part. `triggerPrice`: mark of a liquidation, ticks; else 0. */
  past(type: ClosedPosition['type'], wasLong: boolean, triggerPrice = 0): ClosedPosition {
    const { instrument } = this.market;
    const { openedSize, openedValue, closedSize, closedValue, realized } = this;
    return {
      instId: this.instId,
      mode: this.mode,
      positionSide: this.positionSide,
      id: this.id,
      type,
      direction: wasLong ? 'long' : 'short',
      leverage: this.leverage,
      openAverage: instrument.averagePrice(lots(openedSize), openedValue),
      closeAverage: instrument.averagePrice(lots(closedSize), closedValue),
      largest: this.largest,
      closedSize,
      pnl: formatMoney(this.pnl),
      fee: formatMoney(this.fee),
      funding: formatMoney(this.funding),
      penalty: formatMoney(this.penalty),
      realized: formatMoney(realized),
      ratio: (moneyToNumber(realized) / moneyToNumber(openedValue)) * this.leverage,
      triggerPrice,
      openedAt: this.openedAt,
      closedAt: this.updatedAt,
    };
  }

  /** Forgets the sums of the position before. */
  begin(at: number): void {
    this.pnl = this.fee = this.funding = this.penalty = NO_MONEY;
    this.openedSize = this.closedSize = this.largest = 0;
    this.openedValue = this.closedValue = NO_MONEY;
    this.lastClose = '';
    this.openedAt = at;
  }
}

/** What has been closed of a position, or all of it. Plain data; money as decimal text, prices in (fractional) ticks. */
export interface ClosedPosition extends PositionKey {
  readonly id: string;
  /** OKX: 1 a part closed, 2 closed, 3 liquidated, 4 a part liquidated. */
  readonly type: '1' | '2' | '3' | '4';
  readonly direction: 'long' | 'short';
  readonly leverage: number;
  readonly openAverage: number;
  readonly closeAverage: number;
  readonly largest: number;
  readonly closedSize: number;
  readonly pnl: string;
  readonly fee: string;
  readonly funding: string;
  readonly penalty: string;
  readonly realized: string;
  /** Realised over the initial margin of all that was opened. */
  readonly ratio: number;
  /** Mark price of the liquidation, ticks; 0 otherwise. */
  readonly triggerPrice: number;
  readonly openedAt: number;
  readonly closedAt: number;
}
