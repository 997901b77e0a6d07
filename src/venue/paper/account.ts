import { parseDecimal } from '../../core/decimal.ts';
import { applyRate, type Instrument, moneyToNumber } from '../../core/instrument.ts';
import { Position } from '../../core/position/position.ts';
import {
  type Lots,
  type Money,
  type Ms,
  money,
  NO_MONEY,
  type Side,
  type Ticks,
  ticks,
} from '../../core/units.ts';
import type { PaperConfig } from './config.ts';
import type { Liquidity } from './liquidity.ts';
import type { PaperOrder } from './order.ts';

/** The charge of an instrument's current funding period, as last told; `at` 0 = not known. */
interface FundingDue {
  readonly rate: string;
  readonly at: Ms;
}

const NO_FUNDING: FundingDue = { rate: '', at: 0 as Ms };

/** The paper account: balance and positions, exactly; margin, and what is due as funding. Cross margin, net mode. */
export class PaperAccount {
  balance: Money;
  readonly positions: readonly Position[];
  readonly leverage: number[];
  private readonly config: PaperConfig;
  private readonly liquidity: readonly Liquidity[];
  private readonly markPrices: number[];
  private readonly values: number[];
  private readonly funding: FundingDue[];
  /** The newest funding time that is done with: it is not charged twice. 0 = none since the start. */
  private readonly settledAt: Ms[];
  private readonly takerFee: number;
  private readonly told = { balance: NO_MONEY, plain: 0 };

  constructor(config: PaperConfig, instruments: readonly Instrument[], liquidity: readonly Liquidity[]) {
    this.config = config;
    this.liquidity = liquidity;
    this.balance = config.startBalance;
    this.positions = instruments.map((instrument) => new Position(instrument));
    this.leverage = instruments.map(() => 1);
    this.markPrices = instruments.map(() => 0);
    this.values = instruments.map(() => 0);
    this.funding = instruments.map(() => NO_FUNDING);
    this.takerFee = Number(config.fees.taker);
    this.settledAt = instruments.map(() => 0 as Ms);
  }

  /** Books a fill; gives its fee as a cash change. */
  fill(index: number, side: Side, size: Lots, price: Ticks, maker: boolean): Money {
    const position = this.positions[index]!;
    const { fees } = this.config;
    const value = position.instrument.value(size, price);
    const fee = money(-applyRate(value, maker ? fees.maker : fees.taker));
    const realized = position.fill(side, size, price);
    this.balance = money(this.balance + realized + fee);
    return fee;
  }

  /** After the liquidation of everything: the insurance fund takes what is left, or makes up what is missing. */
  sweep(): Money {
    if (this.positions.some(({ size }) => size !== 0)) return NO_MONEY;
    const amount = money(-this.balance);
    this.balance = NO_MONEY;
    return amount;
  }

  mark(index: number, price: Ticks): void {
    this.markPrices[index] = price;
  }

  /** Where no mark price is told, the market gives one. */
  value(index: number, price: number): void {
    this.values[index] = price;
  }

  /** The price a position is worth now: the mark, else what the market gave, else its middle, else what was paid. */
  valuation(index: number): number {
    return (
      this.markPrices[index]! ||
      this.values[index]! ||
      this.liquidity[index]!.reference ||
      this.positions[index]!.entryPrice
    );
  }

  /** Balance plus unrealised P&L less the margin of open positions and resting entries, plain number: for the margin check alone. */
  free(resting: readonly PaperOrder[]): number {
    let free = moneyToNumber(this.balance);
    this.positions.forEach((position, index) => {
      if (position.size === 0) return;
      const price = this.valuation(index);
      const { instrument } = position;
      free += instrument.profitNumber(position.size, position.entryPrice, price);
      free -= Math.abs(instrument.valueNumber(position.size, price)) / this.leverage[index]!;
    });
    for (const { place, filled } of resting)
      if (!place.reduceOnly) {
        const { instrument } = this.positions[place.instrument]!;
        free -= instrument.valueNumber(place.size - filled, place.price) / place.leverage;
      }
    return free;
  }

  /** The balance as a plain number: asked for at every event while something is open, changed by fills and funding alone. */
  private get cash(): number {
    const { told, balance } = this;
    if (told.balance !== balance) {
      told.balance = balance;
      told.plain = moneyToNumber(balance);
    }
    return told.plain;
  }

  /** Equity, and what must stay: maintenance margin and the fees of closing. Plain numbers. */
  health(): { equity: number; maintenance: number } {
    let equity = this.cash;
    let maintenance = 0;
    for (let index = 0; index < this.positions.length; index++) {
      const { instrument, size, entryPrice } = this.positions[index]!;
      if (size === 0) continue;
      const price = this.valuation(index);
      equity += instrument.profitNumber(size, entryPrice, price);
      const rate = instrument.tierOf(Math.abs(size))?.maintenanceRate ?? this.config.maintenanceRate;
      maintenance += Math.abs(instrument.valueNumber(size, price)) * (rate + this.takerFee);
    }
    return { equity, maintenance };
  }

  /**
   * A forecast, or, told at the very time, the rate that is settled. One for a time that has passed was charged when it
   * passed: the next period's is still to come.
   */
  expectFunding(index: number, rate: string, fundingAt: Ms, now: Ms): void {
    if (fundingAt >= now && fundingAt > this.settledAt[index]!) this.funding[index] = { rate, at: fundingAt };
  }

  /** Charges what fell due by `now`, on the positions as they stand: call before anything later changes them. */
  settleFunding(now: Ms, charged: (index: number, fundingAt: Ms, amount: Money) => void): void {
    for (let index = 0; index < this.funding.length; index++) {
      const { rate, at } = this.funding[index]!;
      if (at === 0 || now < at) continue;
      this.funding[index] = NO_FUNDING;
      this.settledAt[index] = at;
      const position = this.positions[index]!;
      if (rate === '' || position.size === 0) continue;
      const mark = ticks(Math.round(this.valuation(index)));
      const amount = position.fundingPayment(mark, parseDecimal(rate, 18));
      this.balance = money(this.balance + amount);
      charged(index, at, amount);
    }
  }

  save(): SavedAccount {
    return {
      balance: this.balance,
      positions: this.positions.map(({ instrument, size, cost }, index) => ({
        instrument: instrument.id,
        size,
        cost,
        leverage: this.leverage[index]!,
        funding: this.funding[index]!,
      })),
    };
  }

  /** `here` gives an old instrument's new place, −1 where there is none. */
  restore({ balance, positions }: SavedAccount, here: (old: number) => number): void {
    this.balance = balance;
    positions.forEach((state, old) => {
      const index = here(old);
      if (index < 0) return;
      this.positions[index]!.size = state.size;
      this.positions[index]!.cost = state.cost;
      this.leverage[index] = state.leverage;
      this.funding[index] = state.funding;
    });
  }
}

export interface SavedAccount {
  readonly balance: Money;
  readonly positions: readonly {
    readonly instrument: string;
    readonly size: Lots;
    readonly cost: Money;
    readonly leverage: number;
    readonly funding: FundingDue;
  }[];
}
