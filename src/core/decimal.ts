/**
 * Exact decimal text ↔ scaled integers. Used where instruments and money cross the edge; the hot path has its
 * own scanner (`venue/okx/codec`), which must agree with this one.
 */
// an exponent of three digits is far beyond any price; more would make strings of millions of zeros
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/** `"-1.25"` at 4 decimals is `-12500n`. Throws `RangeError` when the text is not a decimal or has more digits than fit. */
export function parseDecimal(text: string, decimals: number): bigint {
  const match = DECIMAL.exec(text);
  if (match === null) throw new RangeError(`not a decimal number: "${text}"`);
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  let digits = whole! + fraction;
  const shift = decimals - fraction.length + Number(exponent);
  if (shift >= 0) digits += '0'.repeat(shift);
  else {
    const cut = digits.slice(shift);
    if (/[1-9]/.test(cut)) throw new RangeError(`"${text}" has more than ${decimals} decimals`);
    digits = digits.slice(0, shift) || '0';
  }
  const value = BigInt(digits);
  return sign === '-' ? -value : value;
}

/** `-12500n` at 4 decimals is `"-1.25"`: no trailing zeros, no exponent, `"0"` for zero (as OKX writes numbers). */
export function formatDecimal(value: bigint, decimals: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = decimals === 0 ? '' : digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Digits after the point, trailing zeros not counted: `"0.10"` is 1, `"100"` is 0, `"1e-7"` is 7. */
export function decimalsOf(text: string): number {
  const match = DECIMAL.exec(text);
  if (match === null) throw new RangeError(`not a decimal number: "${text}"`);
  const [, , whole, fraction = '', exponent = '0'] = match;
  const digits = whole! + fraction;
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return 0;
  return Math.max(0, fraction.length - (digits.length - significant.length) - Number(exponent));
}

/** Integer division rounding half away from zero. `divisor` must be positive. */
export function divRound(dividend: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return dividend >= 0n ? (dividend + half) / divisor : -((-dividend + half) / divisor);
}

/** The share of an amount that falls to `part` of `whole`, rounded half away from zero; all of it is exactly all of it. */
export function shareOf<T extends bigint>(amount: T, part: number, whole: number): T {
  return part === whole ? amount : (divRound(amount * BigInt(part), BigInt(whole)) as T);
}
