/** Decimal text of a statistic (never of a price or of money): no exponent, no trailing zeros. */
export function plain(value: number, decimals = 8): string {
  if (!Number.isFinite(value)) return '';
  const text = value.toFixed(decimals);
  const trimmed = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return trimmed === '-0' ? '0' : trimmed;
}

/** Microseconds on the exchange's clock, as trading answers carry them. */
export const micros = (at: number, fraction = 0): string => String(Math.floor(at) * 1000 + fraction);
