import { formatMoney, type Instrument, parseMoney } from '../core/instrument.ts';
import type { RiskState } from '../core/risk/risk.ts';
import { type Us, us } from '../core/units.ts';

/** As it stands in the journal: instruments by id, money as decimal text. */
type Written = Omit<RiskState, 'balance' | 'stopLossAt' | 'sentAt'> & {
  readonly balance: string;
  readonly stopLossAt: Readonly<Record<string, number>>;
};

/** `sentAt` is not in it: the orders themselves say when they were sent. */
export function writeRiskState(state: RiskState, instruments: readonly Instrument[]): string {
  const { sentAt: _, ...kept } = state;
  const written: Written = {
    ...kept,
    balance: formatMoney(state.balance),
    stopLossAt: Object.fromEntries(instruments.map(({ id }, index) => [id, state.stopLossAt[index] ?? 0])),
  };
  return JSON.stringify(written);
}

export function readRiskState(
  json: string,
  instruments: readonly Instrument[],
  sentAt: readonly Us[],
): RiskState {
  const written = JSON.parse(json) as Written;
  return {
    ...written,
    balance: parseMoney(written.balance),
    stopLossAt: instruments.map(({ id }) => us(written.stopLossAt[id] ?? 0)),
    sentAt,
  };
}
