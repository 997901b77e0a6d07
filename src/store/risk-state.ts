import { formatMoney, type Instrument, parseMoney } from '../core/instrument.ts';
import type { RoundTrip } from '../core/position/account.ts';
import type { RiskState } from '../core/risk/risk.ts';
import { type Us, us } from '../core/units.ts';

/** As it stands in the journal: instruments by id, money as decimal text. */
type Written = Omit<RiskState, 'balance' | 'stopLossAt' | 'sentAt' | 'ended'> & {
  readonly balance: string;
  readonly stopLossAt: Readonly<Record<string, number>>;
  readonly ended: readonly WrittenTrip[];
};

type WrittenTrip = Omit<RoundTrip, 'instrument' | 'realized' | 'fees' | 'funding'> &
  Readonly<Record<'instrument' | 'realized' | 'fees' | 'funding', string>>;

/** `sentAt` is not in it: the orders themselves say when they were sent. */
export function writeRiskState(state: RiskState, instruments: readonly Instrument[]): string {
  const { sentAt: _, ...kept } = state;
  const written: Written = {
    ...kept,
    balance: formatMoney(state.balance),
    stopLossAt: Object.fromEntries(instruments.map(({ id }, index) => [id, state.stopLossAt[index] ?? 0])),
    ended: state.ended.map((trip) => ({
      ...trip,
      instrument: instruments[trip.instrument]!.id,
      realized: formatMoney(trip.realized),
      fees: formatMoney(trip.fees),
      funding: formatMoney(trip.funding),
    })),
  };
  return JSON.stringify(written);
}

/** What is about instruments that are not traded any more is left out. */
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
    ended: written.ended.flatMap((trip) => {
      const instrument = instruments.findIndex(({ id }) => id === trip.instrument);
      if (instrument < 0) return [];
      return [
        {
          ...trip,
          instrument,
          realized: parseMoney(trip.realized),
          fees: parseMoney(trip.fees),
          funding: parseMoney(trip.funding),
        },
      ];
    }),
  };
}
