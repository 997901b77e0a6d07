/**
 * What the candle strategies and their indicators cost: `npx node bench/strategies.ts`. One million candles, in the order in
 * which a backtest feeds them. Processor time of this thread, best of interleaved rounds: whatever else the machine does
 * only adds. Beside them the same indicators, with the same windows, from trading-signals, which the tests check ours against.
 *
 * `npx node bench/strategies.ts --confusion [FROM TO]` prints what the strategies make of planted paths, seeds 1000 to 1999 if
 * none are named (nothing was fitted on those).
 */
import { cpus } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import * as library from 'trading-signals';
import { settingsSchema } from '../src/config/schema.ts';
import { strategyConfig } from '../src/config/strategy.ts';
import { type Candle, CandleSeries } from '../src/core/candles/candle-series.ts';
import { Bollinger, Donchian } from '../src/core/candles/channels.ts';
import { AverageTrueRange, RollingVolatility } from '../src/core/candles/indicators.ts';
import { RelativeStrength } from '../src/core/candles/oscillators.ts';
import { RollingRegression } from '../src/core/candles/regression.ts';
import { CandleEvent } from '../src/core/events.ts';
import { StrategyDetector } from '../src/core/strategy/detector.ts';
import { confusion, confusionTable } from '../src/core/strategy/testing/confusion.ts';
import { clusteredWalk } from '../src/core/strategy/testing/markets.ts';
import { ms, us } from '../src/core/units.ts';

const settings = settingsSchema.parse({});
const config = strategyConfig(settings);

if (process.argv.includes('--confusion')) {
  const [from = 1000, to = 1999] = process.argv
    .slice(2)
    .filter((each) => /^\d+$/.test(each))
    .map(Number);
  console.log(
    `${to - from + 1} paths of each kind, seeds ${from} to ${to}; a path is read as what was best for longest`,
  );
  console.log(confusionTable(confusion(config, from, to)));
  process.exit(0);
}

const CANDLES = 1_000_000;
const ROUNDS = 7;
/** The library is slow: a part of the candles tells. */
const LIBRARY_CANDLES = 50_000;
const SHORT = 5_000;

const candles: Candle[] = [];
for (let seed = 1000; candles.length < CANDLES; seed++) candles.push(...clusteredWalk(seed, 20_000));

const detector = new StrategyDetector(config);
const atr = new AverageTrueRange(settings.market.atr_period);
const volatility = new RollingVolatility(settings.market.volatility_window, 60_000);
let settingsSeen = 0;

function all(candle: Readonly<Candle>): void {
  atr.update(candle);
  volatility.update(candle);
  detector.update(candle);
  if (volatility.daily !== null && detector.best !== null) settingsSeen++;
}

const alone = detector.strategies.map(({ name }) => {
  const strategy = new StrategyDetector(config).strategies.find((each) => each.name === name)!;
  return { name, work: (candle: Readonly<Candle>) => strategy.update(candle) };
});

function fromLibrary(): (candle: Readonly<Candle>) => void {
  const { trend, range, breakout, reversal } = config;
  const closes = [
    new library.LinearRegression(trend.window),
    new library.BollingerBands(trend.window, 1),
    new library.MOM(trend.momentumWindow),
    new library.LinearRegression(range.window),
    new library.BollingerBands(range.window, 1),
    new library.BollingerBands(range.volatilityWindow, 1),
    new library.LinearRegression(reversal.window),
    new library.LinearRegression(reversal.turnWindow),
    new library.BollingerBands(reversal.window + reversal.turnWindow, 1),
    new library.RSI(reversal.rsiPeriod),
  ];
  const whole = [
    new library.DonchianChannels(range.window),
    new library.DonchianChannels(breakout.window),
    new library.DonchianChannels(reversal.window + reversal.turnWindow),
    new library.ATR(breakout.atrPeriod),
    new library.ATR(settings.market.atr_period),
  ];
  const volume = new library.BollingerBands(breakout.window, 1);
  const ranges = new library.BollingerBands(breakout.window, 1);
  return (candle) => {
    for (const each of closes) each.add(candle.close);
    for (const each of whole) each.add(candle);
    volume.add(candle.volume);
    ranges.add(candle.high - candle.low);
  };
}

const series = new CandleSeries(60_000, { closed: all, restart: () => undefined });
let openAt = 0;

const ways: readonly { name: string; count: number; work: (candle: Readonly<Candle>) => void }[] = [
  { name: 'strategies S1 to S5, ATR, volatility', count: CANDLES, work: all },
  ...alone.map(({ name, work }) => ({ name: `  ${name} alone`, count: CANDLES, work })),
  {
    name: 'the same behind a CandleSeries',
    count: CANDLES,
    work: (candle) => {
      openAt += 60_000;
      const { open, high, low, close, volume } = candle;
      series.candle(new CandleEvent(us(0), 0, ms(openAt), open, high, low, close, volume, true));
    },
  },
  { name: 'the same indicators, trading-signals', count: LIBRARY_CANDLES, work: fromLibrary() },
];

const best = ways.map(() => Number.POSITIVE_INFINITY);
const allocated = ways.map(() => 0);
const microseconds = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};
const bytes = (): number => getHeapStatistics().total_allocated_bytes ?? Number.NaN;
for (let round = 0; round < ROUNDS; round++)
  for (const [at, { count, work }] of ways.entries()) {
    const before = bytes();
    const from = microseconds();
    for (let i = 0; i < count; i++) work(candles[i]!);
    best[at] = Math.min(best[at]!, (1000 * (microseconds() - from)) / count);
    allocated[at] = (bytes() - before) / count;
  }

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${CANDLES} candles, best of ${ROUNDS} rounds`,
);
for (const [at, { name }] of ways.entries())
  console.log(
    `${name.padEnd(40)} ${best[at]!.toFixed(0).padStart(6)} ns a candle, ${allocated[at]!.toFixed(0).padStart(5)} bytes allocated, ${(best[at]! / best[0]!).toFixed(2).padStart(6)} × ours`,
  );
console.log(`(${settingsSeen} candles had a setting)\n`);

/** One indicator against one: ours, the library's. */
const pairs: readonly [string, (candle: Readonly<Candle>) => void, (candle: Readonly<Candle>) => void][] = [
  (() => {
    const [ours, theirs] = [new RollingRegression(100), new library.LinearRegression(100)];
    return ['line, 100', ({ close }) => ours.push(close), ({ close }) => theirs.add(close)];
  })(),
  (() => {
    const [ours, theirs] = [new Bollinger(20, 2), new library.BollingerBands(20, 2)];
    return ['Bollinger, 20', ({ close }) => ours.push(close), ({ close }) => theirs.add(close)];
  })(),
  (() => {
    const [ours, theirs] = [new Donchian(60), new library.DonchianChannels(60)];
    return ['Donchian, 60', (candle) => ours.update(candle), (candle) => theirs.add(candle)];
  })(),
  (() => {
    const [ours, theirs] = [new RelativeStrength(14), new library.RSI(14)];
    return ['RSI, 14', ({ close }) => ours.push(close), ({ close }) => theirs.add(close)];
  })(),
  (() => {
    const [ours, theirs] = [new AverageTrueRange(14), new library.ATR(14)];
    return ['ATR, 14', (candle) => ours.update(candle), (candle) => theirs.add(candle)];
  })(),
];
for (const [name, ...both] of pairs) {
  const least = both.map(() => Number.POSITIVE_INFINITY);
  // too short for the coarse count of processor time: the clock, and the best of many
  for (let round = 0; round < 10 * ROUNDS; round++)
    for (const [at, work] of both.entries()) {
      const from = performance.now();
      for (let i = 0; i < SHORT; i++) work(candles[i]!);
      least[at] = Math.min(least[at]!, (1e6 * (performance.now() - from)) / SHORT);
    }
  console.log(
    `${name.padEnd(16)} ours ${least[0]!.toFixed(0).padStart(4)} ns, trading-signals ${least[1]!.toFixed(0).padStart(5)} ns: ${(least[1]! / least[0]!).toFixed(0)} ×`,
  );
}
