import { ConfigError } from '../../config/load.ts';
import type { Settings } from '../../config/schema.ts';
import { refuseOtherBar } from './bar-candles.ts';
import type { Tapes } from './tapes.ts';

/** Instruments that trade from one balance, by their place in the tapes. */
export interface AccountPlan {
  readonly instruments: readonly number[];
  /** Of its instruments on the tapes, ms. */
  readonly from: number;
  readonly to: number;
  readonly events: number;
}

/**
 * Who trades from which balance: one account for each settlement currency, or, `separate`, one for each instrument.
 * Accounts know nothing of each other. `symbols` null takes all. Throws a `ConfigError` for symbols that are not there and
 * candles that do not fit the settings.
 */
export function accountsOf(
  tapes: Tapes,
  settings: Settings,
  symbols: readonly string[] | null,
  separate: boolean,
): AccountPlan[] {
  const all = tapes.instruments;
  const unknown = symbols?.filter((symbol) => !all.some(({ id }) => id === symbol)) ?? [];
  if (unknown.length > 0)
    throw new ConfigError([
      `no ${unknown.join(', ')} on ${tapes.files.map(({ path }) => path).join(', ')}; there is ${all.map(({ id }) => id).join(', ')}`,
    ]);
  const groups = new Map<string, number[]>();
  all.forEach(({ id, settleCurrency }, place) => {
    if (symbols !== null && !symbols.includes(id)) return;
    refuseOtherBar(id, tapes.holdings[place]!.bar, settings.market.bar);
    const key = separate ? id : settleCurrency;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [place]);
    else group.push(place);
  });
  return [...groups.values()].map((instruments) => {
    const holdings = instruments.map((place) => tapes.holdings[place]!).filter(({ events }) => events > 0);
    return {
      instruments,
      from: holdings.reduce((least, { from }) => Math.min(least, from), holdings[0]?.from ?? 0),
      to: holdings.reduce((most, { to }) => Math.max(most, to), 0),
      events: holdings.reduce((sum, { events }) => sum + events, 0),
    };
  });
}
