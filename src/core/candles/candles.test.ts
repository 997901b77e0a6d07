import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { CandleEvent, TradeEvent } from '../events.ts';
import { lots, ms, ticks, us } from '../units.ts';
import { barToMs, type Candle, CandleSeries } from './candle-series.ts';
import { AverageTrueRange, RollingVolatility } from './indicators.ts';

const seed = 20261122;
const MINUTE = 60_000;

/** A series with the indicators that follow it, as a market has them. */
class Watched {
  readonly told: number[] = [];
  readonly atr = new AverageTrueRange(14);
  readonly volatility = new RollingVolatility(60, MINUTE);
  readonly series = new CandleSeries(MINUTE, {
    closed: (candle) => {
      this.told.push(candle.openAt);
      this.atr.update(candle);
      this.volatility.update(candle);
    },
    restart: () => {
      this.told.length = 0;
      this.atr.reset();
      this.volatility.reset();
    },
  });

  official(candle: Candle, closed = true): void {
    const { openAt, open, high, low, close, volume } = candle;
    this.series.candle(new CandleEvent(us(0), 0, openAt, open, high, low, close, volume, closed));
  }

  trade(at: number, price: number, size = 1): void {
    this.series.trade(new TradeEvent(us(0), 0, ms(at), ticks(price), lots(size), 'buy'));
  }
}

const flat = (minute: number, price: number): Candle => ({
  openAt: ms(minute * MINUTE),
  open: ticks(price),
  high: ticks(price + 5),
  low: ticks(price - 5),
  close: ticks(price),
  volume: lots(1),
});

/** Wilder from his definition: for each candle the whole sum again. */
function naiveAtr(candles: readonly Candle[], period: number): number | null {
  const ranges = candles.slice(1).map(({ high, low }, i) => {
    const before = candles[i]!.close;
    return Math.max(high, before) - Math.min(low, before);
  });
  if (ranges.length < period) return null;
  let average = ranges.slice(0, period).reduce((sum, range) => sum + range, 0) / period;
  for (const range of ranges.slice(period)) average += (range - average) / period;
  return average;
}

function naiveVolatility(candles: readonly Candle[], window: number): number | null {
  const returns = candles.slice(1).map(({ close }, i) => Math.log(close) - Math.log(candles[i]!.close));
  if (returns.length < 10) return null;
  const last = returns.slice(-window);
  return Math.sqrt(last.reduce((sum, value) => sum + value * value, 0) / last.length) * Math.sqrt(1440);
}

const file = new URL(
  '../../../../shared/data/okx-candles/BTC-USDT-SWAP-1m-20260101-20260109.csv.gz',
  import.meta.url,
);
const real = (): Candle[] =>
  gunzipSync(readFileSync(file))
    .toString()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [at, open, high, low, close] = line.split(',').map(Number) as [
        number,
        number,
        number,
        number,
        number,
      ];
      const tick = (price: number) => ticks(Math.round(price * 10));
      return {
        openAt: ms(at),
        open: tick(open),
        high: tick(high),
        low: tick(low),
        close: tick(close),
        volume: lots(0),
      };
    });

test('ATR and volatility of eight days of BTC-USDT-SWAP are those of the definitions', {
  skip: existsSync(file) ? false : 'the candle files are not on this machine',
}, () => {
  const candles = real();
  assert.ok(candles.length > 10_000);
  const atr = new AverageTrueRange(14);
  const volatility = new RollingVolatility(60, MINUTE);
  const near = (actual: number | null, wanted: number | null): void => {
    if (actual === null || wanted === null) return assert.equal(actual, wanted);
    assert.ok(Math.abs(actual - wanted) <= 1e-9 * wanted, `${actual} is not ${wanted}`);
  };
  candles.forEach((candle, i) => {
    atr.update(candle);
    volatility.update(candle);
    if (i > 100 && i % 997 !== 0) return;
    const past = candles.slice(0, i + 1);
    near(atr.value, naiveAtr(past, 14));
    near(volatility.daily, naiveVolatility(past, 60));
  });
});

test('ATR of three candles by hand: 10, then a gap of 20, then Wilder’s smoothing', () => {
  const atr = new AverageTrueRange(2);
  const feed = (high: number, low: number, close: number): number | null => {
    atr.update({ ...flat(0, 1), high: ticks(high), low: ticks(low), close: ticks(close) });
    return atr.value;
  };
  assert.equal(feed(105, 95, 100), null);
  assert.equal(feed(110, 100, 108), null);
  // gapped up: the true range reaches back to the close of 108
  assert.equal(feed(128, 120, 125), (10 + 20) / 2);
  assert.equal(feed(126, 124, 125), (15 * 1 + 2) / 2);
});

test('candles from trades are the trades grouped by minute', () => {
  const trade = fc.tuple(
    fc.integer({ min: 0, max: 30_000 }),
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.integer({ min: 1, max: 1000 }),
  );
  fc.assert(
    fc.property(fc.array(trade, { minLength: 1, maxLength: 200 }), (steps) => {
      const watched = new Watched();
      const groups = new Map<number, { price: number; size: number }[]>();
      let at = 1_767_225_600_000;
      for (const [gap, price, size] of steps) {
        at += gap;
        watched.trade(at, price, size);
        const minute = at - (at % MINUTE);
        groups.set(minute, [...(groups.get(minute) ?? []), { price, size }]);
      }
      const expected = [...groups].map(([openAt, trades]) => ({
        openAt,
        open: trades[0]!.price,
        high: Math.max(...trades.map(({ price }) => price)),
        low: Math.min(...trades.map(({ price }) => price)),
        close: trades.at(-1)!.price,
        volume: trades.reduce((sum, { size }) => sum + size, 0),
      }));
      assert.deepEqual([...watched.series.closed, watched.series.building], expected);
      assert.deepEqual(
        watched.told,
        expected.slice(0, -1).map(({ openAt }) => openAt),
      );
    }),
    { seed, numRuns: 300 },
  );
});

test('a quiet minute is a flat candle, as the exchange has it; hours without a trade are a hole in the recording', () => {
  const watched = new Watched();
  watched.trade(10 * MINUTE + 5, 100);
  watched.trade(10 * MINUTE + 6, 103, 4);
  watched.trade(13 * MINUTE + 59_999, 90);
  const quiet = { open: 103, high: 103, low: 103, close: 103, volume: 0 };
  assert.deepEqual(watched.series.closed, [
    { openAt: 10 * MINUTE, open: 100, high: 103, low: 100, close: 103, volume: 5 },
    { openAt: 11 * MINUTE, ...quiet },
    { openAt: 12 * MINUTE, ...quiet },
  ]);
  watched.trade((13 + 61) * MINUTE, 91);
  assert.equal(watched.told.length, 3 + 1 + 60);
  watched.trade((13 + 61 + 62) * MINUTE, 92);
  assert.equal(watched.told.length, 3 + 1 + 60 + 1, '61 minutes without a trade are not told as quiet');
  // the exchange knows better what happened in them
  watched.official(flat(11, 50));
  assert.equal(watched.series.closed[1]!.close, 50);
});

test('a trade of a bar that is settled changes nothing', () => {
  const watched = new Watched();
  watched.trade(10 * MINUTE, 100);
  watched.trade(11 * MINUTE, 101);
  watched.trade(10 * MINUTE + 59_999, 999);
  assert.equal(watched.series.closed[0]!.high, 100);
  assert.equal(watched.series.building!.high, 101);
});

test('once the exchange gives candles, only its candles close', () => {
  const watched = new Watched();
  watched.official(flat(10, 100));
  watched.trade(11 * MINUTE, 500);
  watched.trade(12 * MINUTE, 600);
  watched.trade(13 * MINUTE, 700);
  assert.deepEqual(watched.told, [10 * MINUTE]);
  watched.official(flat(11, 101));
  watched.official(flat(12, 102));
  assert.deepEqual(
    watched.series.closed.map(({ close }) => close),
    [100, 101, 102],
  );
  assert.equal(watched.series.building!.close, 700);
});

test('a building candle of the exchange’s replaces ours; its older one does not come back', () => {
  const watched = new Watched();
  watched.trade(10 * MINUTE + 30_000, 100);
  watched.official({ ...flat(10, 105), low: ticks(90) }, false);
  assert.equal(watched.series.building!.low, 90);
  watched.trade(10 * MINUTE + 31_000, 120);
  assert.deepEqual([watched.series.building!.high, watched.series.building!.close], [120, 120]);
  watched.official(flat(9, 1), false);
  assert.equal(watched.series.building!.openAt, 10 * MINUTE);
  watched.official(flat(10, 106));
  // a late update of a bar that has closed
  watched.official(flat(10, 999), false);
  assert.equal(watched.series.building, null);
});

test('a repeated or older answer changes nothing', () => {
  const watched = new Watched();
  for (const minute of [1, 2, 3]) watched.official(flat(minute, 100 + minute));
  watched.official(flat(2, 999));
  watched.official(flat(3, 999));
  assert.deepEqual(
    watched.series.closed.map(({ close }) => close),
    [101, 102, 103],
  );
  assert.deepEqual(
    watched.told,
    [1, 2, 3].map((minute) => minute * MINUTE),
  );
});

test('history that arrives after the first bars have closed takes its place before them, ours give way', () => {
  const history = Array.from({ length: 40 }, (_, minute) => flat(minute, 1000 + ((minute * 37) % 50)));
  const inOrder = new Watched();
  for (const candle of history) inOrder.official(candle);

  const trades = new Watched();
  // a partial bar of ours closes before the history has been fetched
  trades.trade(39 * MINUTE + 59_000, 1);
  trades.trade(40 * MINUTE, 2);
  for (const candle of history) trades.official(candle);

  const channel = new Watched();
  // the channel's bar closes first, and a hole is left in the middle
  channel.official(history[39]!);
  for (const candle of history.slice(0, 20)) channel.official(candle);
  for (const candle of history) channel.official(candle);

  for (const other of [trades, channel]) {
    assert.deepEqual(other.series.closed, inOrder.series.closed);
    assert.deepEqual(other.told, inOrder.told);
    assert.equal(other.atr.value, inOrder.atr.value);
    assert.equal(other.volatility.daily, inOrder.volatility.daily);
  }
});

test('in whatever order the exchange’s candles come, the result is the same', () => {
  const candles = Array.from({ length: 30 }, (_, minute) => flat(minute, 1000 + ((minute * 53) % 71)));
  const inOrder = new Watched();
  for (const candle of candles) inOrder.official(candle);
  fc.assert(
    fc.property(fc.shuffledSubarray(candles, { minLength: 30 }), (shuffled) => {
      const watched = new Watched();
      for (const candle of shuffled) watched.official(candle);
      assert.deepEqual(watched.series.closed, inOrder.series.closed);
      assert.equal(watched.atr.value, inOrder.atr.value);
    }),
    { seed, numRuns: 100 },
  );
});

test('memory is bounded, the newest candles stay', () => {
  const watched = new Watched();
  for (let minute = 0; minute < 2000; minute++) watched.official(flat(minute, 1000));
  assert.equal(watched.series.closed.length, 1500);
  assert.equal(watched.series.closed.at(-1)!.openAt, 1999 * MINUTE);
  // older than all that is kept: not worth a place
  watched.official(flat(5, 1));
  assert.equal(watched.series.closed[0]!.openAt, 500 * MINUTE);
});

test('bars have a length, or are refused by name', () => {
  assert.deepEqual(
    ['1s', '1m', '15m', '4H', '1D'].map(barToMs),
    [1000, 60_000, 900_000, 14_400_000, 86_400_000],
  );
  for (const bar of ['', 'm', '1M', '1W', '0m', '-1m', '1Dutc'])
    assert.throws(() => barToMs(bar), new RegExp(`bar "${bar}"`));
});
