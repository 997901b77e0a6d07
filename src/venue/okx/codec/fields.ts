import { DecodeError } from './decode-error.ts';

/** One JSON object of the wire, before anything is believed about it. */
export type Row = Readonly<Record<string, unknown>>;

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field as text. OKX writes an absent value as `""`; so do we, whether it is missing, null or empty. */
export function textOf(row: Row, key: string): string {
  const value = row[key];
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return '';
}

/** The field as text; absent is an error that names it. */
export function needText(row: Row, key: string): string {
  const text = textOf(row, key);
  if (text === '')
    throw new DecodeError(textOf(row, 'instId') || '?', `"${key}" is absent`, JSON.stringify(row));
  return text;
}

/** The field as a whole number (ids that fit, times in ms); `fallback` when absent, an error when it is something else. */
export function wholeOf(row: Row, key: string, fallback: number): number {
  const text = textOf(row, key);
  if (text === '') return fallback;
  if (!/^-?\d+$/.test(text))
    throw new DecodeError(textOf(row, 'instId') || '?', `"${key}" is not a whole number`, text);
  return Number(text);
}

/** `"true"` and `true` alike: OKX sends both, by endpoint. */
export function flagOf(row: Row, key: string): boolean {
  return textOf(row, key) === 'true';
}

export function rowsOf(value: unknown): Row[] {
  return Array.isArray(value) ? value.filter(isRow) : [];
}

/** Nested object, or an empty one. */
export function rowOf(row: Row, key: string): Row {
  const value = row[key];
  return isRow(value) ? value : {};
}
