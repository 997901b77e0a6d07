import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ASK, BID, BookFrame } from '../../core/book/frame.ts';
import { BookEvent, TradeEvent } from '../../core/events.ts';
import { Instrument } from '../../core/instrument.ts';
import { ms, us } from '../../core/units.ts';
import { importBinance } from '../../tape/import-binance.ts';
import { readTape } from '../../tape/reader.ts';
import { type Bar, dayShape, measureBars } from './candles.ts';
import { type Figures, measure } from './measure.ts';
import { Observation, type Sighting } from './observation.ts';
import { type Estimate, halvesOf, type Intervals, intervalsOf, intervalsOfBars } from './resampling.ts';

/** The figures of one real recording: numbers only, and where they come from. */
export interface Recording {
  readonly name: string;
  readonly source: string;
  readonly seconds: number;
  readonly figures: Figures;
  /** How far each figure could have come out otherwise: the middle 95 % of resampled recordings (resampling.ts). */
  readonly intervals: Intervals;
  /** Of a recording of a book or of trades: its odd and its even `HALVES_SECONDS`, each by itself. */
  readonly halves?: readonly [Estimate, Estimate];
}

/** What has been computed from the real recordings once, by `scripts/measure-recordings.ts`. */
export const recordings = (): readonly Recording[] =>
  JSON.parse(readFileSync(new URL('./recordings.json', import.meta.url), 'utf8')) as Recording[];

/** Where the recordings lie beside a clone of this repository. */
export const RECORDINGS_FOLDER = new URL('../../../../shared/data/', import.meta.url).pathname;
export const recordingsPresent = existsSync(join(RECORDINGS_FOLDER, 'binance-l2-raw'));

/** Short, so that both halves are of the same market; longer than the few seconds that most figures look back on. */
const HALVES_SECONDS = 30;

const BINANCE: readonly (readonly [name: string, source: string, files: readonly string[]])[] = [
  ['btc-2024', 'Binance USDT-M BTCUSDT, 2024-08-08', ['usdm_btcusdt_20240808']],
  [
    'btc-2023',
    'Binance USDT-M BTCUSDT, 2023-04-04 and 05',
    ['usdm_btcusdt_20230404', 'usdm_btcusdt_20230405'],
  ],
  [
    'eth-2024',
    'Binance USDT-M ETHUSDT, 2024-07-18 and 19',
    ['usdm_ethusdt_20240718', 'usdm_ethusdt_20240719'],
  ],
  [
    'btcusd-2024',
    'Binance COIN-M BTCUSD_PERP, 2024-08-08 and 09',
    ['cm_btcusd_perp_20240808', 'cm_btcusd_perp_20240809'],
  ],
];

export const swap = (instId: string, lotSz: string, ctVal: string): Instrument =>
  new Instrument({
    instId,
    instType: 'SWAP',
    ctType: 'linear',
    tickSz: '0.1',
    lotSz,
    minSz: lotSz,
    ctVal,
    ctMult: '1',
    settleCcy: 'USDT',
  });

/**
 * The same code as for the simulated market, on every recording in `folder`. Resampling takes most of the time, and can be left
 * out: then there are no intervals of the recordings with a book.
 */
export async function measureRecordings(folder: string, resampling = true): Promise<Recording[]> {
  const estimated = (seen: Sighting): Estimate => ({
    figures: measure(seen),
    intervals: resampling ? intervalsOf(seen, measure) : {},
  });
  const measured: Measured = (seen) => {
    const [odd, even] = halvesOf(seen, HALVES_SECONDS);
    return { ...estimated(seen), halves: [estimated(odd), estimated(even)] };
  };
  const found: Recording[] = [];
  for (const [name, source, files] of BINANCE)
    found.push({
      name,
      source: `${source} (hftbacktest examples)`,
      ...(await binance(folder, files, measured)),
    });
  found.push(okxBook(folder, measured), earlyTrades(folder, measured), ...candles(folder));
  return found.map(({ halves, ...each }) => ({
    ...each,
    ...roundedEstimate(each),
    ...(halves && { halves: [roundedEstimate(halves[0]), roundedEstimate(halves[1])] as const }),
  }));
}

type Measured = (seen: Sighting) => Pick<Recording, 'figures' | 'intervals' | 'halves'>;

async function binance(
  folder: string,
  files: readonly string[],
  measured: Measured,
): Promise<Omit<Recording, 'name' | 'source'>> {
  const temporary = mkdtempSync(join(tmpdir(), 'recording-'));
  try {
    const tape = join(temporary, 'tape');
    await importBinance(
      files.map((file) => join(folder, 'binance-l2-raw', `${file}.gz`)),
      tape,
    );
    const reader = readTape(tape);
    const seen = new Observation(new Instrument(reader.instruments[0]!));
    reader.forEach((event) => {
      seen.take(event);
    });
    return { seconds: seen.middles.length / 10, ...measured(seen) };
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

/** Ten snapshots a second of the best fifty levels: the only sight of the OKX swap's own queues. */
function okxBook(folder: string, measured: Measured): Recording {
  const seen = new Observation(swap('BTC-USDT-SWAP', '0.01', '0.01'));
  const path = join(
    folder,
    'okx-btc-swap-l2-2025',
    'okx-top50-snapshots-BTC-USDT-SWAP-20250513-part1.jsonl.gz',
  );
  const event = new BookEvent(us(0), 0, new BookFrame());
  lines(path).forEach((line, i) => {
    const row = JSON.parse(line) as { asks: string[][]; bids: string[][] };
    event.frame.clear();
    event.frame.snapshot = true;
    event.frame.exchangeAt = ms((i + 1) * 100);
    for (const [side, levels] of [
      [BID, row.bids],
      [ASK, row.asks],
    ] as const)
      for (const [price, size] of levels)
        event.frame.push(
          side,
          seen.instrument.priceFromNumber(Number(price)),
          Math.round(Number(size) * 100),
          0,
        );
    seen.take(event);
  });
  return {
    name: 'okx-2025',
    source: 'OKX BTC-USDT-SWAP, top 50 at 10 Hz, 2025-05-13 (GoQuant relay)',
    seconds: seen.middles.length / 10,
    ...measured(seen),
  };
}

/** Trades alone, but an hour and a quarter of them. */
function earlyTrades(folder: string, measured: Measured): Recording {
  const seen = new Observation(swap('BTCUSDT', '0.001', '1'));
  const path = join(folder, 'tick-trades', 'binance-futures-BTCUSDT-trades-20200222-part1.csv.gz');
  for (const line of lines(path).slice(1)) {
    const [, , at, , , side, price, amount] = line.split(',');
    const stamp = Math.floor(Number(at) / 1000);
    const ticks = seen.instrument.priceFromNumber(Number(price));
    const size = seen.instrument.parseSize(Number(amount).toFixed(3));
    seen.take(new TradeEvent(us(stamp * 1000), 0, ms(stamp), ticks, size, side === 'buy' ? 'buy' : 'sell'));
  }
  return {
    name: 'btc-2020',
    source: 'Binance USDT-M BTCUSDT trades, 2020-02-22 (tardis.dev sample)',
    seconds: Math.round((seen.orderAt.at(-1)! - seen.orderAt[0]!) / 1000),
    ...measured(seen),
  };
}

/** Days that the simulated bars are of: as many minutes and hours as the exchange keeps. */
const MINUTE_BARS_DAYS = 1;
const HOUR_BARS_DAYS = 16;

function candles(folder: string): Recording[] {
  const recorded = (name: string, source: string, file: string, minutes: boolean): Recording => {
    const bars = barsOf(join(folder, file));
    const ofMinutes = minutes ? measureBars : (): Figures => ({});
    return {
      name,
      source,
      seconds: Math.round((bars.at(-1)!.openAt - bars[0]!.openAt + bars[1]!.openAt - bars[0]!.openAt) / 1000),
      figures: { ...ofMinutes(bars), ...dayShape(bars) },
      intervals: {
        ...intervalsOfBars(bars, MINUTE_BARS_DAYS, ofMinutes),
        ...intervalsOfBars(bars, HOUR_BARS_DAYS, dayShape),
      },
    };
  };
  return [
    recorded(
      'okx-2026',
      'OKX BTC-USDT-SWAP one-minute bars, 2026-01-01 to 09',
      'okx-candles/BTC-USDT-SWAP-1m-20260101-20260109.csv.gz',
      true,
    ),
    recorded(
      'ftx-2022',
      'FTX BTC-PERP one-minute bars, 2021-12-31 to 2022-01-19 (nautilus_trader)',
      'candles-other/ftx-BTC-PERP-1m-20211231-20220119.csv.gz',
      true,
    ),
    recorded(
      'okx-2022-btc',
      'OKX BTC-USDT-SWAP-5m, May to September 2022',
      'okx-candles/BTC-USDT-SWAP-5m-20220501-20220930.csv.gz',
      false,
    ),
    recorded(
      'okx-2022-eth',
      'OKX ETH-USDT-SWAP-5m, May to September 2022',
      'okx-candles/ETH-USDT-SWAP-5m-20220501-20220930.csv.gz',
      false,
    ),
  ];
}

/** Rows of time (ms, or a date without a zone: UTC), open, high, low, close, volume. */
const barsOf = (path: string): Bar[] =>
  lines(path)
    .slice(1)
    .map((line) => {
      const [time, ...numbers] = line.split(',') as [string, ...string[]];
      const openAt = /^\d+$/.test(time)
        ? Number(time)
        : Date.parse(`${time.slice(0, 19).replace(' ', 'T')}Z`);
      const [open, high, low, close, volume] = numbers.map(Number) as [
        number,
        number,
        number,
        number,
        number,
      ];
      return { openAt, open, high, low, close, volume };
    });

const lines = (path: string): string[] =>
  gunzipSync(readFileSync(path))
    .toString()
    .split('\n')
    .filter((line) => line !== '');

const roundedEstimate = ({ figures, intervals }: Estimate): Estimate => ({
  figures: rounded(figures),
  // what cannot be computed of the whole is not asked of its pieces
  intervals: Object.fromEntries(
    Object.entries(intervals)
      .filter(([name]) => Number.isFinite(figures[name]))
      .map(([name, [low, high]]) => [name, [digits(low), digits(high)]]),
  ),
});

/** Four digits are more than minutes of recording are worth. */
const digits = (value: number): number => Number(value.toPrecision(4));

const rounded = (figures: Figures): Figures =>
  Object.fromEntries(
    Object.entries(figures)
      .filter(([, value]) => Number.isFinite(value))
      .map(([name, value]) => [name, digits(value)]),
  );
