import { readFileSync } from 'node:fs';
import type { Instrument } from '../../core/instrument.ts';
import {
  LABEL_KINDS,
  type Label,
  type LabelKind,
  type PlantedOrder,
  type PlantedTrade,
  SIZE_PARAMETERS,
} from '../../exchange/scenarios/label.ts';

/** Labels that cannot be read: names the file, the line and what is wrong there. */
export class LabelError extends Error {
  override readonly name = 'LabelError';
}

/**
 * What `labels.jsonl` (docs/labels.md) says of the `instruments`, prices in their ticks and sizes in their lots, in order of
 * their beginning. Labels of other instruments are passed over. Throws a `LabelError`.
 */
export function readLabels(path: string, instruments: readonly Instrument[]): Label[] {
  const known = new Map(instruments.map((instrument) => [instrument.id, instrument]));
  const labels: Label[] = [];
  linesOf(path).forEach((line, index) => {
    if (line.trim() === '') return;
    try {
      const label = labelOf(JSON.parse(line), known);
      if (label !== null) labels.push(label);
    } catch (error) {
      throw new LabelError(
        `${path}: line ${index + 1}: ${(error as Error).message}; labels are written by \`hunter simulate\` beside its tape`,
      );
    }
  });
  return labels.sort((a, b) => a.from - b.from);
}

/**
 * SHA-256 of the tapes that a file of labels says it is of: one, as it is written; none in files written before they said so;
 * more where files were put together. Throws a `LabelError`.
 */
export function tapesOfLabels(path: string): string[] {
  const tapes = new Set<string>();
  linesOf(path).forEach((line, index) => {
    if (!line.includes('"tape"')) return;
    try {
      const row = object(JSON.parse(line), 'the line');
      if (row.tape !== undefined) tapes.add(text(row, 'tape'));
    } catch (error) {
      throw new LabelError(`${path}: line ${index + 1}: ${(error as Error).message}`);
    }
  });
  return [...tapes];
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    throw new LabelError(`${path}: cannot be read (${(error as Error).message})`);
  }
}

type Row = Readonly<Record<string, unknown>>;

/** Null for a label of an instrument that is not known. */
export function labelOf(value: unknown, known: ReadonlyMap<string, Instrument>): Label | null {
  const row = object(value, 'the line');
  const kind = text(row, 'kind');
  if (!(LABEL_KINDS as readonly string[]).includes(kind))
    throw new Error(`kind "${kind}" is not one of ${LABEL_KINDS.join(', ')}`);
  const id = text(row, 'instrument');
  const instrument = known.get(id);
  if (instrument === undefined) return null;
  const from = time(row, 'from');
  const to = time(row, 'to');
  if (to < from) throw new Error(`to ${to} is before from ${from}`);
  return {
    kind: kind as LabelKind,
    instrument: id,
    from,
    to,
    side: row.side === null ? null : side(row),
    prices: list(row, 'prices').map((price) => {
      if (typeof price !== 'string') throw new Error('prices: decimal texts wanted');
      return instrument.parsePrice(price);
    }),
    size: size(row, 'size', instrument),
    participant: text(row, 'participant'),
    parameters: parameters(object(row.parameters, 'parameters'), instrument),
    orders: list(row, 'orders').map((order) => orderOf(object(order, 'orders'), instrument)),
    trades: list(row, 'trades').map((trade) => tradeOf(object(trade, 'trades'), instrument)),
  };
}

/**
 * Labels speak in the exchange's time, findings in ours. Where the recorder's clock was behind the exchange's (`aheadMs` below
 * 0, as in some recordings of Binance by 1.3 to 1.5 s) findings would come before what they find: the labels are set to it.
 * A clock that is ahead is the delay of the feed, which a detector really has, and stays.
 */
export function onOurClock(labels: readonly Label[], aheadMs: number): readonly Label[] {
  const by = Math.round(Math.min(0, aheadMs));
  if (by === 0) return labels;
  return labels.map((label) => ({
    ...label,
    from: label.from + by,
    to: label.to + by,
    orders: label.orders.map((order) => ({ ...order, from: order.from + by, to: order.to + by })),
    trades: label.trades.map((trade) => ({ ...trade, at: trade.at + by })),
  }));
}

const ROLES_ORDER = ['peak', 'decoy', 'genuine', 'quote'] as const;
const ROLES_TRADE = ['slice', 'informed', 'push', 'stop'] as const;
const ENDS = ['filled', 'canceled', 'open'] as const;

const orderOf = (row: Row, instrument: Instrument): PlantedOrder => ({
  id: number(row, 'id'),
  role: oneOf(row, 'role', ROLES_ORDER),
  side: side(row),
  price: price(row, 'price', instrument),
  size: size(row, 'size', instrument),
  from: time(row, 'from'),
  to: time(row, 'to'),
  traded: size(row, 'traded', instrument),
  ended: oneOf(row, 'ended', ENDS),
});

const tradeOf = (row: Row, instrument: Instrument): PlantedTrade => ({
  at: time(row, 'at'),
  role: oneOf(row, 'role', ROLES_TRADE),
  side: side(row),
  size: size(row, 'size', instrument),
  first: price(row, 'first', instrument),
  last: price(row, 'last', instrument),
});

function parameters(row: Row, instrument: Instrument): Label['parameters'] {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (SIZE_PARAMETERS.has(name)) return [name, size(row, name, instrument)];
      if (typeof value === 'object' || value === undefined)
        throw new Error(`parameters.${name}: a number, a text or a flag wanted`);
      return [name, value as number | string | boolean];
    }),
  );
}

function object(value: unknown, what: string): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what} is not an object`);
  return value as Row;
}

function list(row: Row, key: string): readonly unknown[] {
  const value = row[key];
  if (!Array.isArray(value)) throw new Error(`${key}: a list wanted`);
  return value;
}

function text(row: Row, key: string): string {
  const value = row[key];
  if (typeof value !== 'string' || value === '') throw new Error(`${key}: a text wanted`);
  return value;
}

function number(row: Row, key: string): number {
  const value = row[key];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${key}: a number wanted`);
  return value;
}

function time(row: Row, key: string): number {
  const value = number(row, key);
  if (!(Number.isSafeInteger(value) && value > 0))
    throw new Error(`${key}: ${value} is not a Unix time in ms`);
  return value;
}

const price = (row: Row, key: string, instrument: Instrument): number =>
  instrument.parsePrice(text(row, key));
const size = (row: Row, key: string, instrument: Instrument): number => instrument.parseSize(text(row, key));
const side = (row: Row): 'buy' | 'sell' => oneOf(row, 'side', ['buy', 'sell'] as const);

function oneOf<T extends string>(row: Row, key: string, allowed: readonly T[]): T {
  const value = row[key];
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new Error(`${key}: "${String(value)}" is not one of ${allowed.join(', ')}`);
  return found;
}
