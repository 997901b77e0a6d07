import { ok, type Result } from '../../core/result.ts';
import { type Money, money, NO_MONEY } from '../../core/units.ts';
import type { Market } from '../market/market.ts';
import type { Account, PositionMode } from './account.ts';
import type { Clearing } from './clearing.ts';
import type { Holding, MarginMode, PositionSide } from './holding.ts';
import { marginOf, markValue, tierOf, unrealized, unsigned } from './margin.ts';
import type { AccountObserver } from './observer.ts';
import { type Refusal, refuse } from './refusal.ts';

/** What a user may set: position mode, leverage, the margin of an isolated position. */
export class Settings {
  private readonly clearing: Clearing;
  private readonly observer: AccountObserver;

  constructor(clearing: Clearing, observer: AccountObserver) {
    this.clearing = clearing;
    this.observer = observer;
  }

  setPositionMode(account: Account, mode: PositionMode): Result<PositionMode, Refusal> {
    if (mode === account.positionMode) return ok(mode);
    const isBusy =
      account.orders.size > 0 ||
      account.algos.size > 0 ||
      [...account.holdings.values()].some(({ size }) => size !== 0);
    if (isBusy)
      return refuse(
        '59000',
        'Settings failed. Close any open positions or orders before modifying settings.',
      );
    account.positionMode = mode;
    return ok(mode);
  }

  /** Cross: one for the instrument. Isolated: one for the instrument, in hedge mode one for each side. */
  setLeverage(
    account: Account,
    market: Market,
    mode: MarginMode,
    positionSide: PositionSide,
    leverage: number,
  ): Result<number, Refusal> {
    const { instrument } = market;
    if (leverage < 1) return refuse('59105', "Leverage can't be less than 1. Please increase the leverage.");
    if (leverage > instrument.leverageMax)
      return refuse('59102', 'Leverage exceeds the maximum limit. Please lower the leverage.');
    const holding = account.holding(market, mode, positionSide);
    const before = holding.leverage;
    if (leverage === before) return ok(leverage);
    const concerned = (other: { instId: string; mode: MarginMode; positionSide: PositionSide }): boolean =>
      other.instId === instrument.id &&
      other.mode === mode &&
      (mode === 'cross' || other.positionSide === positionSide);
    if ([...account.orders.values()].some(concerned))
      return mode === 'cross'
        ? refuse(
            '59107',
            "Leverage can't be modified. Please cancel all pending cross-margin orders before adjusting the leverage.",
          )
        : refuse(
            '59101',
            "Leverage can't be modified. Please cancel all pending isolated margin orders before adjusting the leverage.",
          );
    if ([...account.algos.values()].some(concerned))
      return mode === 'cross'
        ? refuse(
            '59669',
            'Cancel cross-margin TP/SL, trailing, trigger, and chase orders or stop bots before adjusting your leverage.',
          )
        : refuse(
            '59668',
            'Cancel isolated margin TP/SL, trailing, trigger, and chase orders or stop bots before adjusting your leverage.',
          );
    const held = [...account.holdingsOf(instrument.id)].filter(concerned);
    for (const one of held)
      if (leverage > tierOf(one).leverageMax)
        return refuse(
          '59106',
          `The max available leverage of your position's tier is ${tierOf(one).leverageMax}.`,
        );
    holding.leverage = leverage;
    const no =
      leverage > before
        ? null
        : mode === 'cross'
          ? this.lowerCross(account, instrument.settleCurrency)
          : this.lowerIsolated(account, holding);
    if (no !== null) {
      holding.leverage = before;
      return no;
    }
    for (const one of held) if (one.size !== 0) this.observer.balanceChanged(account, one, 'set_leverage');
    return ok(leverage);
  }

  private lowerCross(account: Account, currency: string): ReturnType<typeof refuse> | null {
    return marginOf(account, currency).available >= 0n
      ? null
      : refuse(
          '59108',
          'Your account leverage is too low and has insufficient margins. Please increase the leverage.',
        );
  }

  /** The position gets the margin that it would have had at this leverage. A higher leverage takes none away. */
  private lowerIsolated(account: Account, holding: Holding): ReturnType<typeof refuse> | null {
    const wanted = unsigned(holding.position.cost) / BigInt(holding.leverage);
    const more = money(wanted - holding.margin);
    if (holding.size === 0 || more <= 0n) return null;
    const { settleCurrency } = holding.position.instrument;
    if (marginOf(account, settleCurrency).availableCash < more)
      return refuse(
        '59103',
        'Account margin is insufficient and leverage is too low. Please increase the leverage.',
      );
    this.clearing.transfer(account, holding, more, 'set_leverage');
    return null;
  }

  /** Adds to or takes from the margin of an isolated position; what its leverage asks for has to remain. */
  adjustMargin(account: Account, holding: Holding, amount: Money): Result<Money, Refusal> {
    if (holding.size === 0) return refuse('59300', 'Margin call failed. Position does not exist.');
    const { settleCurrency } = holding.position.instrument;
    const profit = unrealized(holding);
    const loss = profit < 0n ? profit : NO_MONEY;
    const most =
      amount > 0n
        ? marginOf(account, settleCurrency).availableCash
        : money(holding.margin + loss - markValue(holding) / BigInt(holding.leverage));
    if (unsigned(amount) > most)
      return refuse('59301', 'Margin adjustment failed for exceeding the max limit.');
    this.clearing.transfer(account, holding, amount, 'adjust_margin');
    return ok(holding.margin);
  }
}
