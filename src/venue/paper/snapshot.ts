import {
  EventKind,
  FillEvent,
  FundingPaymentEvent,
  OrderEvent,
  ProtectionEvent,
  SettlementEvent,
} from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { VenueEvent } from '../venue.ts';
import type { SavedAccount } from './account.ts';
import type { SavedAnswers } from './answers.ts';
import type { WayState } from './latency.ts';
import type { PaperOrder } from './order.ts';
import type { StandingPair } from './protection.ts';

/** Everything of the paper venue that must outlive the process. */
export interface Snapshot extends SavedAccount, SavedAnswers {
  readonly version: 2;
  readonly nextId: number;
  readonly resting: readonly PaperOrder[];
  readonly pairs: readonly StandingPair[];
  readonly ways: { readonly order: WayState; readonly answer: WayState };
}

/** As it may lie on a disk. */
type Saved = Omit<Snapshot, 'settlements'> & Partial<Pick<Snapshot, 'settlements'>>;

const PROTOTYPES = {
  [EventKind.order]: OrderEvent.prototype,
  [EventKind.fill]: FillEvent.prototype,
  [EventKind.fundingPayment]: FundingPaymentEvent.prototype,
  [EventKind.protection]: ProtectionEvent.prototype,
  [EventKind.settlement]: SettlementEvent.prototype,
};

const MONEY_KEYS: ReadonlySet<string> = new Set(['balance', 'cost', 'fee', 'amount']);

export function writeSnapshot(snapshot: Snapshot): string {
  return JSON.stringify(snapshot, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

/**
 * Reads what `writeSnapshot` wrote, for these instruments: matched by name, rows of others dropped. `here` gives an old
 * instrument's new place. Throws when an open position's instrument is not traded any more, because its stop would be
 * forgotten.
 */
export function readSnapshot(
  text: string,
  instruments: readonly Instrument[],
): { readonly snapshot: Snapshot; readonly here: (old: number) => number } {
  // by key, because an order id may well look like a number with an n behind it
  const saved = JSON.parse(text, (key, value: unknown) =>
    MONEY_KEYS.has(key) && typeof value === 'string' ? BigInt(value.slice(0, -1)) : value,
  ) as Saved;
  if (saved.version !== 2)
    throw new Error(
      `paper state has version ${saved.version}, this program reads 2: name another "data_dir" for a new account, or go on with the program that wrote it`,
    );
  const indexOf = saved.positions.map(({ instrument: id, size }) => {
    const index = instruments.findIndex((instrument) => instrument.id === id);
    if (index < 0 && size !== 0)
      throw new Error(`the paper account holds ${id}: name it in "symbols" until the position is closed`);
    return index;
  });
  const here = (old: number): number => indexOf[old] ?? -1;
  const snapshot: Snapshot = {
    ...saved,
    resting: saved.resting
      .map((order) => ({ ...order, place: { ...order.place, instrument: here(order.place.instrument) } }))
      .filter(({ place }) => place.instrument >= 0),
    pairs: moved(saved.pairs, here),
    reports: moved(saved.reports, here),
    fills: moved(saved.fills, here).map((row) => revived(row, FillEvent.prototype)),
    payments: moved(saved.payments, here).map((row) => revived(row, FundingPaymentEvent.prototype)),
    // before there were any, none were written
    settlements: moved(saved.settlements ?? [], here).map((row) => revived(row, SettlementEvent.prototype)),
    outbox: moved(saved.outbox, here).map(heard),
  };
  return { snapshot, here };
}

/** The same rows with their instruments' new places; rows of instruments no longer traded are dropped. */
function moved<T extends { readonly instrument: number }>(
  rows: readonly T[],
  here: (old: number) => number,
): T[] {
  return rows
    .map((row) => ({ ...row, instrument: here(row.instrument) }))
    .filter((row) => row.instrument >= 0);
}

/** An event on its way; of before orders could be amended, one that answers no amendment. */
function heard(row: VenueEvent): VenueEvent {
  const event = revived<VenueEvent>(row, PROTOTYPES[row.kind]);
  if (event instanceof OrderEvent) event.amended ??= null;
  return event;
}

function revived<T extends object>(row: T, prototype: T): T {
  return Object.assign(Object.create(prototype) as T, row);
}
