import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decimalsOf } from '../core/decimal.ts';
import type { InstrumentSpec } from '../core/instrument.ts';
import { type Us, us } from '../core/units.ts';
import { isRow, rowsOf } from '../venue/okx/codec/fields.ts';
import { instrumentSpecOf } from '../venue/okx/instruments.ts';
import { TapeError } from './format.ts';

/** An answer to `public/instruments`, kept in a file. */
export interface SpecFile {
  readonly path: string;
  /** When it was asked; null when the file does not say. */
  readonly at: Us | null;
  readonly specs: readonly InstrumentSpec[];
}

/** Reads `.json` or `.json.gz`, the answer alone or wrapped as `{"url","t","response"}`. Throws a `TapeError`. */
export function readSpecs(path: string): SpecFile {
  let content: unknown;
  try {
    const bytes = readFileSync(path);
    content = JSON.parse((bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString());
  } catch (error) {
    throw new TapeError(path, `is not a file of instruments (${(error as Error).message})`, { cause: error });
  }
  const wrapper = isRow(content) && isRow(content.response) ? content : null;
  const answer = wrapper === null ? content : wrapper.response;
  if (!isRow(answer) || !Array.isArray(answer.data))
    throw new TapeError(path, 'is not an answer to GET public/instruments: it has no "data" list');
  const t = wrapper?.t;
  try {
    return {
      path,
      at: typeof t === 'number' ? us(Math.round(t * 1e6)) : null,
      specs: rowsOf(answer.data).map(instrumentSpecOf),
    };
  } catch (error) {
    throw new TapeError(path, `has an instrument that cannot be used (${(error as Error).message})`, {
      cause: error,
    });
  }
}

/** The instrument files that lie beside a capture: `rest-instruments-*.json`, plain or gzip. */
export function specFilesBeside(capture: string): string[] {
  const folder = dirname(capture);
  return readdirSync(folder)
    .filter((name) => /^rest-instruments-.*\.json(\.gz)?$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Tick and lot sizes change a few times a year (BTC-USDT-SWAP went from lots of 1 to 0.01 contracts), so a file found
 * beside a capture counts only if it was asked within this time of it. A file that the user names always counts.
 */
const AGE_MAX = us(31 * 86_400 * 1e6);

/** The specification nearest in time to `at`, or undefined. */
export function specFor(
  instId: string,
  at: Us | null,
  named: readonly SpecFile[],
  found: readonly SpecFile[],
): InstrumentSpec | undefined {
  const age = (file: SpecFile): number =>
    file.at === null || at === null ? Infinity : Math.abs(file.at - at);
  const nearest = (files: readonly SpecFile[]) =>
    files
      .filter(({ specs }) => specs.some((spec) => spec.instId === instId))
      .reduce<SpecFile | null>((best, file) => (best === null || age(file) < age(best) ? file : best), null)
      ?.specs.find((spec) => spec.instId === instId);
  return nearest(named) ?? nearest(found.filter((file) => age(file) <= AGE_MAX));
}

/** What the numbers of an unknown instrument say of its tick and lot size: the most decimals seen. */
export class SeenDecimals {
  private price = 0;
  private size = 0;

  see(price: string, size: string): void {
    this.price = Math.max(this.price, decimalsOf(price));
    this.size = Math.max(this.size, decimalsOf(size));
  }

  seePrice(price: string): void {
    this.price = Math.max(this.price, decimalsOf(price));
  }

  /**
   * Contract value 1, the currency by OKX's way of naming: money figures are right where sizes are in base coin, as in
   * candle files, and mean nothing where they are contracts.
   */
  toSpec(instId: string): InstrumentSpec {
    const parts = instId.split('-');
    const lotSz = step(this.size);
    const inverse = parts.length >= 3 && parts[1] === 'USD';
    return {
      instId,
      instType: instId.endsWith('-SWAP')
        ? 'SWAP'
        : parts.length === 2
          ? 'SPOT'
          : parts.length === 3
            ? 'FUTURES'
            : 'OPTION',
      ctType: inverse ? 'inverse' : 'linear',
      tickSz: step(this.price),
      lotSz,
      minSz: lotSz,
      ctVal: '1',
      ctMult: '1',
      settleCcy: (inverse ? parts[0] : parts[1]) ?? '',
    };
  }
}

const step = (decimals: number): string => (decimals === 0 ? '1' : `0.${'1'.padStart(decimals, '0')}`);
