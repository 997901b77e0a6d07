import { applyRate, moneyToNumber } from '../instrument.ts';
import { type Lots, type Money, money, NO_MONEY, type Ticks } from '../units.ts';
import type { Account } from './account.ts';
import type { MarginMode, PositionSide } from './holding.ts';
import { type Carried, exhaustionPrice } from './liquidation.ts';

/** Rates of the tier that a position is in, decimal text, fractions of the notional. */
export interface TierRates {
  readonly maintenance: string;
  /** Fee of the closing order. */
  readonly taker: string;
}

/** Everything there is to say of a position. Money in the settlement currency of its instrument. */
export interface PositionFigures {
  readonly instrument: number;
  readonly positionSide: PositionSide;
  readonly mode: MarginMode;
  /** Signed. */
  readonly size: Lots;
  /** Average entry price, fractional ticks. */
  readonly entry: number;
  readonly mark: Ticks;
  readonly leverage: number;
  /** At the mark price, unsigned. */
  readonly value: Money;
  readonly unrealized: Money;
  /** Since it opened: P&L of what was closed, fees, funding, penalty, and their sum. */
  readonly pnl: Money;
  readonly fees: Money;
  readonly funding: Money;
  readonly penalty: Money;
  readonly realized: Money;
  /** Value over leverage (cross), or what was set aside (isolated). */
  readonly margin: Money;
  /** Maintenance margin alone, without the closing fee, which liquidation counts too: `mmr`. */
  readonly maintenance: Money;
  /** Mark price at which it can no longer be carried, fractional ticks; 0 = no price. */
  readonly liquidation: number;
}

/** Of every position that is not flat. `marks` by instrument; `rates` of a position of so many (unsigned) lots. */
export function figuresOf(
  account: Account,
  marks: readonly Ticks[],
  rates: (instrument: number, size: number) => TierRates,
): PositionFigures[] {
  const open = [...account.open()].map(([instrument, holding]) => {
    const mark = marks[instrument]!;
    const tier = rates(instrument, Math.abs(holding.size));
    const value = unsigned(holding.position.instrument.value(holding.size, mark));
    const maintenance = applyRate(value, tier.maintenance);
    const required = money(maintenance + applyRate(value, tier.taker));
    const rate = Number(tier.maintenance) + Number(tier.taker);
    return { instrument, holding, mark, value, maintenance, required, rate };
  });
  type Open = (typeof open)[number];

  const carriedBy = ({ instrument, holding, mark, rate }: Open): [readonly Carried[], Money] => {
    if (holding.mode === 'isolated')
      return [[{ size: holding.size, rate }], money(holding.margin + holding.position.unrealized(mark))];
    const { settleCurrency } = holding.position.instrument;
    const together: Carried[] = [];
    let equity = account.cash(settleCurrency);
    for (const one of open) {
      const { position, mode } = one.holding;
      if (mode !== 'cross' || position.instrument.settleCurrency !== settleCurrency) continue;
      equity = money(equity + position.unrealized(one.mark));
      if (one.instrument === instrument) together.push({ size: position.size, rate: one.rate });
      else equity = money(equity - one.required);
    }
    return [together, equity];
  };

  return open.map((one): PositionFigures => {
    const { instrument, holding, mark, value, maintenance } = one;
    const { position, trip } = holding;
    const [carried, equity] = carriedBy(one);
    return {
      instrument,
      positionSide: holding.positionSide,
      mode: holding.mode,
      size: position.size,
      entry: position.entryPrice,
      mark,
      leverage: holding.leverage,
      value,
      unrealized: position.unrealized(mark),
      pnl: money(trip?.realized ?? NO_MONEY),
      fees: money(trip?.fees ?? NO_MONEY),
      funding: money(trip?.funding ?? NO_MONEY),
      penalty: holding.penalty,
      realized: holding.realized,
      margin: holding.marginUsed(mark),
      maintenance,
      liquidation: exhaustionPrice(position.instrument, carried, mark, moneyToNumber(equity)),
    };
  });
}

const unsigned = (value: Money): Money => money(value < 0n ? -value : value);
