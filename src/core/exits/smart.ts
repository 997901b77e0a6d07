import type { Instrument } from '../instrument.ts';
import { atr } from './atr.ts';
import {
  type Distances,
  type ExitContext,
  type ExitMethod,
  type ExitMethodName,
  type ExitsConfig,
  known,
} from './method.ts';
import { microstructure } from './microstructure.ts';
import { percentages } from './percentage.ts';
import { volatility } from './volatility.ts';

/** T3 for T5: an unbounded volatility is a poorer figure than an ATR. */
const boundedVolatility: ExitMethod = (config, instrument, context) =>
  known(context.sigma) && !known(context.sigmaLong)
    ? { ok: false, error: 'slow volatility' }
    : volatility(config, instrument, context);

/** Most informed first; each next one needs less. */
const PREFERENCE: readonly (readonly [ExitMethodName, ExitMethod])[] = [
  ['microstructure', microstructure],
  ['volatility', boundedVolatility],
  ['atr', atr],
];

/**
 * Row T5: the most informed method whose figures are all there; the percentages, which need none, at the end. The note
 * says which was taken and what the others lacked.
 */
export function smart(
  config: ExitsConfig,
  instrument: Instrument,
  context: ExitContext,
): { readonly method: ExitMethodName; readonly distances: Distances } {
  const lacking: string[] = [];
  for (const [method, place] of PREFERENCE) {
    const placed = place(config, instrument, context);
    if (placed.ok) return { method, distances: explained(method, placed.value, lacking) };
    if (!lacking.includes(placed.error)) lacking.push(placed.error);
  }
  return {
    method: 'percentage',
    distances: explained('percentage', percentages(config, context.entry), lacking),
  };
}

const explained = (method: ExitMethodName, distances: Distances, lacking: readonly string[]): Distances => ({
  ...distances,
  note: `${method}${lacking.length === 0 ? '' : `, for lack of ${lacking.join(' and ')}`}: ${distances.note}`,
});
