import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oracle from 'trading-signals';
import { hasRealCandles, REAL_SWAPS, realCandles } from '../../../scripts/real-candles.ts';
import type { Candle } from './candle-series.ts';
import { Bollinger, Donchian } from './channels.ts';
import { AverageTrueRange } from './indicators.ts';
import { Momentum, RelativeStrength } from './oscillators.ts';
import { RollingRegression } from './regression.ts';
import { RollingSum } from './rolling.ts';

const skip = hasRealCandles ? false : 'the candle files are not on this machine';

/** Largest difference seen, relative to the larger of the value and `scale`. */
class Gap {
  largest = 0;
  compared = 0;

  see(actual: number, wanted: number, scale = 0): void {
    this.compared++;
    const gap = Math.abs(actual - wanted) / Math.max(Math.abs(wanted), scale);
    // NaN is a gap too
    if (!(gap <= this.largest)) this.largest = gap;
  }
}

/** trading-signals, which agrees with TA-Lib, on every candle of five months of five swaps: 220,320 candles. */
test('indicators agree with an independent library to 1e-9 on every candle of five real swaps', {
  skip,
}, (t) => {
  const gaps: Record<string, Gap> = {};
  const gap = (name: string): Gap => {
    gaps[name] ??= new Gap();
    return gaps[name];
  };
  for (const swap of REAL_SWAPS) {
    const candles = realCandles(swap);
    assert.ok(candles.length > 40_000);
    const first = candles[0]!;

    const rsi = [new RelativeStrength(14), new oracle.RSI(14)] as const;
    const momentum = [new Momentum(20), new oracle.MOM(20)] as const;
    const line = [new RollingRegression(100), new oracle.LinearRegression(100)] as const;
    const bollinger = [
      new Bollinger(20, 2),
      new oracle.BollingerBands(20, 2),
      new oracle.BollingerBandsWidth(new oracle.BollingerBands(20, 2)),
    ] as const;
    const channel = [new Donchian(60), new oracle.DonchianChannels(60)] as const;
    const volume = [new RollingSum(60), new oracle.SMA(60)] as const;
    const atr = [new AverageTrueRange(14), new oracle.ATR(14)] as const;

    candles.forEach((candle, i) => {
      const { close, high, low } = candle;
      for (const each of [rsi, momentum, line] as const) {
        each[0].push(close);
        each[1].add(close);
      }
      bollinger[0].push(close);
      bollinger[1].add(close);
      bollinger[2].add(close);
      channel[0].update(candle);
      channel[1].add(candle);
      volume[0].push(candle.volume);
      volume[1].add(candle.volume);
      atr[0].update(candle);
      // the library counts the first candle's own range, TA-Lib and we do not: begin it one candle later, with the gap
      if (i === 1)
        atr[1].add({ close, high: Math.max(high, first.close), low: Math.min(low, first.close) } as Candle);
      else if (i > 1) atr[1].add(candle);

      assert.equal(rsi[0].ready, rsi[1].isStable);
      assert.equal(line[0].ready, line[1].isStable);
      assert.equal(atr[0].value !== null, atr[1].isStable);
      if (atr[1].isStable) gap('ATR').see(atr[0].value ?? Number.NaN, atr[1].getResultOrThrow());
      // of no movement at all the library says 100, we 50; there is none such here
      if (rsi[1].isStable) gap('RSI').see(rsi[0].value, rsi[1].getResultOrThrow());
      if (momentum[1].isStable) gap('momentum').see(momentum[0].value, momentum[1].getResultOrThrow(), 1);
      if (bollinger[1].isStable) {
        const { upper, middle, lower } = bollinger[1].getResultOrThrow();
        gap('Bollinger').see(bollinger[0].upper, upper);
        gap('Bollinger').see(bollinger[0].middle, middle);
        gap('Bollinger').see(bollinger[0].lower, lower);
        gap('Bollinger width').see(bollinger[0].width, bollinger[2].getResultOrThrow(), 1e-4);
      }
      if (channel[1].isStable) {
        const { upper, lower } = channel[1].getResultOrThrow();
        gap('Donchian').see(channel[0].upper, upper);
        gap('Donchian').see(channel[0].lower, lower);
      }
      if (volume[1].isStable) gap('volume mean').see(volume[0].mean, volume[1].getResultOrThrow());
      if (line[1].isStable) {
        const { slope, prediction } = line[1].getResultOrThrow();
        // a slope near zero is the difference of large sums: relative to a tick in a window
        gap('slope').see(line[0].slope, slope, 0.01);
        gap('line').see(line[0].end + line[0].slope, prediction);
      }
      if (i >= 100 && i % 97 === 0) {
        const closes = candles.slice(i - 99, i + 1).map((each) => each.close);
        const r = oracle.getCorrelation(
          closes.map((_, at) => at),
          closes,
        );
        gap('R²').see(line[0].rSquared, r * r, 1e-3);
      }
    });
  }
  for (const [name, { largest, compared }] of Object.entries(gaps)) {
    t.diagnostic(`${name}: ${compared} values, largest difference ${largest.toExponential(1)}`);
    assert.ok(largest <= 1e-9, `${name} differs by ${largest}`);
    assert.ok(compared > 2000, name);
  }
});
