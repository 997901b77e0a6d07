/** Figures as this page writes them. */
import type { Figure } from '../../src/study/evaluate/figures.ts';
import type { SectionFigure } from '../../src/study/evaluate/section.ts';
import { ABSENT, fixed } from '../src/format.ts';

export { date, duration, minute, shortSymbol } from '../report/text.ts';

/** Three digits that count, and a real minus sign. */
export function number(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const decimals = size >= 99.95 ? 0 : Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size))));
  return fixed(value, decimals)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

type Unit = SectionFigure['unit'];

const scaled = (value: number, unit: Unit): number => (unit === 'share' ? value * 100 : value);
const sign = (unit: Unit): string => (unit === 'share' ? ' %' : unit === '' ? '' : ` ${unit}`);

export const scaledText = (value: number, unit: Unit): string =>
  `${number(scaled(value, unit))}${sign(unit)}`;

export const valueText = ({ value }: Figure, unit: Unit): string =>
  value === null ? ABSENT : scaledText(value, unit);

/** `0.3 … 1.9`; empty without an interval. */
export const intervalText = ({ low, high }: Figure, unit: Unit): string =>
  low === null || high === null ? '' : `${number(scaled(low, unit))} … ${number(scaled(high, unit))}`;
