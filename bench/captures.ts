import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Instrument } from '../src/core/instrument.ts';
import { isRow, type Row, rowsOf } from '../src/venue/okx/codec/fields.ts';
import { instrumentSpecOf } from '../src/venue/okx/instruments.ts';

/**
 * Real OKX recordings, kept beside the repository and not in it. Absent for a stranger's clone: whoever uses them
 * says so and goes on.
 */
export const DATA = new URL('../../shared/data/', import.meta.url);
export const capturesPresent = existsSync(new URL('okx-ws-v5/', DATA));

/** A message as the exchange sent it. */
export interface Captured {
  /** Local receive time, epoch seconds. */
  readonly receivedAt: number;
  readonly text: string;
  readonly message: Row;
}

/** The pushes of all captures, file by file: compact JSON, as on the wire. */
export function captures(): Map<string, Captured[]> {
  const files = new Map<string, Captured[]>();
  const folder = new URL('okx-ws-v5/', DATA);
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.jsonl.gz')))
    files.set(
      name,
      lines(gunzipSync(readFileSync(new URL(name, folder))).toString()).flatMap((line) => {
        const { t, dir, data } = JSON.parse(line) as { t: number; dir: string; data: unknown };
        return dir === 'in' && isRow(data) && 'data' in data
          ? [{ receivedAt: t, text: JSON.stringify(data), message: data }]
          : [];
      }),
    );
  const recent = new URL('okx-books-2026/okx-20260824-books-BTC-USDT.jsonl', DATA);
  if (existsSync(recent))
    files.set(
      'okx-20260824-books-BTC-USDT.jsonl',
      lines(readFileSync(recent, 'utf8')).flatMap((text) => {
        const message = JSON.parse(text) as Row;
        return 'data' in message ? [{ receivedAt: 0, text, message }] : [];
      }),
    );
  return files;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/**
 * Spot books hold sizes finer than the listed lot (9765.48230143 PROPS at lot size 1): remainders of orders from before
 * the lot grew. A strict reader refuses them, rightly; to read these recordings we take the finest lot there is.
 */
const SPOT_LOT = '0.00000001';
const ODD_LOTS = new Set(['PROPS-ETH']);

/** The instruments of the captures: as OKX listed them that day, or as fine as the messages themselves need. */
export function captureInstruments(): Map<string, Instrument> {
  const instruments = new Map<string, Instrument>();
  const wanted = new Set([...captures().values()].flat().map(({ message }) => instrumentOf(message)));
  const folder = new URL('okx-ws-v5/', DATA);
  for (const name of readdirSync(folder).filter((file) => file.startsWith('rest-instruments'))) {
    const { response } = JSON.parse(gunzipSync(readFileSync(new URL(name, folder))).toString()) as {
      response: { data: unknown };
    };
    for (const row of rowsOf(response.data).filter(({ instId }) => wanted.has(String(instId)))) {
      const spec = instrumentSpecOf(row);
      const instrument = new Instrument(ODD_LOTS.has(spec.instId) ? { ...spec, lotSz: SPOT_LOT } : spec);
      instruments.set(instrument.id, instrument);
    }
  }
  const spot = { instType: 'SPOT', ctType: 'linear', ctVal: '1', ctMult: '1' } as const;
  for (const [instId, tickSz] of [
    ['BTC-USDT', '0.1'],
    ['BTC-USD', '0.01'],
    ['ETH-USD', '0.01'],
    ['USDT-USD', '0.0001'],
    ['USDC-USDT', '0.00001'],
  ] as const)
    instruments.set(
      instId,
      new Instrument({ ...spot, instId, tickSz, lotSz: SPOT_LOT, minSz: SPOT_LOT, settleCcy: 'USD' }),
    );
  return instruments;
}

export const isBook = (message: Row): boolean =>
  isRow(message.arg) && String(message.arg.channel).startsWith('books');
export const instrumentOf = (message: Row): string => (isRow(message.arg) ? String(message.arg.instId) : '');
