import { CandleEvent } from '../../../core/events.ts';
import type { Instrument } from '../../../core/instrument.ts';
import { lots, ms, ticks, us } from '../../../core/units.ts';
import { TapeWriter } from '../../../tape/writer.ts';

/** [open, high, low, close, volume] in ticks and lots. */
export type Bar = readonly [number, number, number, number, number];

/** A closed candle that opened so many minutes after 1970, told the moment it ends. */
export const candleOf = (minute: number, [open, high, low, close, volume]: Bar, barMs: number): CandleEvent =>
  new CandleEvent(
    us((minute * 60_000 + barMs) * 1000),
    0,
    ms(minute * 60_000),
    ticks(open),
    ticks(high),
    ticks(low),
    ticks(close),
    lots(volume),
    true,
  );

/** A tape of one instrument's candles; a row is its opening minute and its bar. */
export async function candleTape(
  path: string,
  instrument: Instrument,
  bar: '1m' | '5m',
  rows: readonly (readonly [number, ...Bar])[],
): Promise<void> {
  const writer = TapeWriter.create(path, [instrument.spec], { bar });
  for (const [minute, ...candle] of rows)
    writer.write(candleOf(minute, candle, bar === '1m' ? 60_000 : 300_000));
  await writer.close();
}
