/** Numbers and times as the page writes them: fixed decimals, grouped thousands, a real minus sign. */

const LOCALE = 'en-US';
const MINUS = '−';
export const ABSENT = '–';

const formatters = new Map<number, Intl.NumberFormat>();

/** With exactly `decimals` digits after the point. */
export function fixed(value: number, decimals: number): string {
  let formatter = formatters.get(decimals);
  if (formatter === undefined) {
    formatter = new Intl.NumberFormat(LOCALE, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    formatters.set(decimals, formatter);
  }
  return formatter.format(value).replace('-', MINUS);
}

/** An unknown value is a dash, never a zero. */
export const fixedOr = (value: number | null | undefined, decimals: number): string =>
  value === null || value === undefined ? ABSENT : fixed(value, decimals);

/** With its sign, plus included; what rounds to zero has none. */
export function signed(value: number, decimals: number): string {
  const text = fixed(Math.abs(value), decimals);
  if (!/[1-9]/.test(text)) return text;
  return (value < 0 ? MINUS : '+') + text;
}

export const percent = (fraction: number, decimals: number): string => `${fixed(fraction * 100, decimals)}%`;

export interface MoneyParts {
  /** Sign, grouped whole part, and the first two decimals. */
  readonly main: string;
  /** The digits after them, so that nothing is rounded away; often empty. */
  readonly rest: string;
  readonly sign: -1 | 0 | 1;
}

/** Exact decimal text, never through a floating point number. Zeros at the end beyond two decimals are dropped. */
export function moneyParts(text: string): MoneyParts {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text);
  if (match === null) return { main: text, rest: '', sign: 0 };
  const whole = match[2].replace(/^0+(?=\d)/, '').replace(/\B(?=(\d{3})+$)/g, ',');
  const decimals = (match[3] ?? '').replace(/0+$/, '').padEnd(2, '0');
  const isZero = !/[1-9]/.test(match[2] + decimals);
  const isNegative = match[1] === '-' && !isZero;
  return {
    main: `${isNegative ? MINUS : ''}${whole}.${decimals.slice(0, 2)}`,
    rest: decimals.slice(2),
    sign: isZero ? 0 : isNegative ? -1 : 1,
  };
}

const clockFormat = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const minuteFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const fullFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export const clockTime = (at: number): string => clockFormat.format(at);
export const minuteTime = (at: number): string => minuteFormat.format(at);
export const dayTime = (at: number): string => dayFormat.format(at);
export const fullTime = (at: number): string => fullFormat.format(at);
export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** 0:42, 12:05, 3:07:00. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** 0.3 s, 42 s, 12 min, 3 h 07, 5 d 3 h. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')}`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Wide ranges in three or so digits: 0.42, 3.7, 18, 1,240. */
export function compact(value: number): string {
  const size = Math.abs(value);
  return fixed(value, size >= 100 ? 0 : size >= 1 ? 1 : size === 0 ? 0 : 3);
}

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** orderFlow and order-flow are both read as "Order flow". */
export const words = (name: string): string =>
  capitalised(
    name
      .replace(/([a-z\d])([A-Z])/g, '$1 $2')
      .replace(/([a-z])(\d)/g, '$1 $2')
      .replace(/[-_]+/g, ' ')
      .toLowerCase(),
  );
