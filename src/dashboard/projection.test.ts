/** What the page is told of an engine that runs: against what the market was made of, and arithmetic done here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsSchema } from '../config/schema.ts';
import { strategyConfig } from '../config/strategy.ts';
import { FusionModel, MODEL_FORMAT, MODEL_VERSION } from '../core/brain/fusion/model.ts';
import type { Candle } from '../core/candles/candle-series.ts';
import type { EngineConfig } from '../core/engine.ts';
import { BookEvent, CandleEvent } from '../core/events.ts';
import { parseMoney } from '../core/instrument.ts';
import type { CandleOpinion } from '../core/opinion.ts';
import { StrategyDetector } from '../core/strategy/detector.ts';
import { planted } from '../core/strategy/testing/markets.ts';
import { frameOf, type Level } from '../core/testing/books.ts';
import { DESK_CONFIG, Desk, decisionsIn, OPEN_AT, positionOf } from '../core/testing/desk.ts';
import { SILENT } from '../core/testing/opinions.ts';
import { BTC } from '../core/testing/specs.ts';
import { ms, NO_MONEY, us } from '../core/units.ts';
import { Projection, type ProjectionOptions } from './projection.ts';
import type { StrategyView } from './view.ts';
import { Vitals } from './vitals.ts';

const MINUTE = 60_000;
/** A maintenance margin of 1 % and a fee of 0.05 %. */
const RATES = { maintenance: '0.01', taker: '0.0005' };

const looking = (desk: Desk, changes: Partial<ProjectionOptions> = {}): Projection =>
  new Projection(desk.engine, [BTC], new Vitals(), {
    mode: 'paper',
    venue: 'embedded',
    startedAt: 0,
    proposals: { lead: 'signal', confirmation: 'notAgainst', threshold: 0.6 },
    rates: RATES,
    kelly: null,
    sums: () => ({
      startBalance: parseMoney('10000'),
      realized: NO_MONEY,
      fees: NO_MONEY,
      funding: NO_MONEY,
      settled: NO_MONEY,
    }),
    trades: [],
    equity: [],
    markers: new Map(),
    now: () => OPEN_AT / 1000,
    ...changes,
  });

const deskWith = (strategies: () => CandleOpinion, changes: Partial<EngineConfig['market']> = {}): Desk =>
  new Desk({ market: { ...DESK_CONFIG.market, strategies, ...changes } });

const detector = (): CandleOpinion => new StrategyDetector(strategyConfig(settingsSchema.parse({})));

/** Tells the candles so that the newest has just closed when the desk's script begins. */
function tell(desk: Desk, candles: readonly Candle[]): void {
  candles.forEach(({ open, high, low, close, volume }, at) => {
    const openAt = ms(OPEN_AT / 1000 - (candles.length - at) * MINUTE);
    const closesAt = us((openAt + MINUTE) * 1000);
    desk.step(new CandleEvent(closesAt, 0, openAt, open, high, low, close, volume, true));
  });
}

const named = (parts: readonly StrategyView[], name: string): StrategyView =>
  parts.find((part) => part.name === name)!;
const figure = ({ figures }: StrategyView, name: string) => figures.find((each) => each.name === name)!;

/** Least squares of y over 0, 1, 2 …, by its textbook formula: slope and R². */
function line(values: readonly number[]): { slope: number; rSquared: number } {
  const n = values.length;
  const meanX = (n - 1) / 2;
  const meanY = values.reduce((sum, y) => sum + y, 0) / n;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  values.forEach((y, x) => {
    xy += (x - meanX) * (y - meanY);
    xx += (x - meanX) ** 2;
    yy += (y - meanY) ** 2;
  });
  return { slope: xy / xx, rSquared: xy ** 2 / (xx * yy) };
}

test('a signal without a direction says whether it knows nothing yet or abstains; priors that find nothing say neither', () => {
  const silence = (desk: Desk) => looking(desk).view().markets[0]!.signal!.silence;
  const priors = new Desk();
  priors.lean('none');
  assert.equal(silence(priors), null);
  // sure that no trade reaches its target
  const model = new FusionModel({
    ...{ format: MODEL_FORMAT, version: MODEL_VERSION, name: 'm', limitMs: 60_000 },
    ...{ intercept: -20, shapes: [] },
  });
  const stakes = { exits: DESK_CONFIG.exits, takerFee: 0.0005, limitMs: 60_000 };
  const fusion = { model, symbols: null, calibrated: true, whyNot: '', stakes };
  const fitted = deskWith(() => SILENT, { fusion });
  fitted.lean('none');
  assert.equal(silence(fitted), 'unknown');
  fitted.market();
  // exits are placed anew once a second, and a usual queue has to find its book
  fitted.pass(2000);
  const deep = (away: number): Level[] => [1, 2, 3].map((level) => [600_001 + away * level, 200]);
  fitted.step(new BookEvent(us(fitted.now), 0, frameOf(true, deep(-1), deep(1), fitted.now / 1000)));
  assert.equal(silence(fitted), 'abstains');
});

test('the strategies stand with their figures in prices and their units, as the candles have them', () => {
  const { candles } = planted('trend up', 1013);
  const desk = deskWith(detector);
  tell(desk, candles);
  const { best, parts, lead, confirmation, threshold } = looking(desk).view().markets[0]!.strategies;
  assert.deepEqual([lead, confirmation, threshold], ['signal', 'notAgainst', 0.6]);
  assert.deepEqual(
    parts.map(({ name }) => name),
    ['trend', 'range', 'breakout', 'reversal'],
  );
  const trend = named(parts, 'trend');
  assert.deepEqual([best, trend.direction, trend.ready, trend.candlesMissing], ['trend', 'long', true, 0]);
  assert.ok(trend.confidence >= 0.5 && trend.confidence <= 1);
  assert.match(trend.evidence, /^rising by \d/);

  // BTC-USDT-SWAP: a tick is 0.1
  const closes = candles.slice(-100).map(({ close }) => close / 10);
  const { slope, rSquared } = line(closes);
  const near = (name: string, wanted: number, unit: string, of: StrategyView): void => {
    const { value, unit: told } = figure(of, name);
    assert.equal(told, unit, name);
    assert.ok(Math.abs(value! - wanted) <= 1e-6 * Math.abs(wanted), `${name}: ${value}, ${wanted} by hand`);
  };
  near('slope', slope, 'pricePerCandle', trend);
  near('rSquared', rSquared, 'fraction', trend);
  assert.equal(figure(trend, 'normalisedSlope').unit, 'deviations');
  assert.equal(figure(trend, 'threshold').unit, 'deviations');
  const range = named(parts, 'range');
  near('support', Math.min(...candles.slice(-100).map(({ low }) => low)) / 10, 'price', range);
  near('resistance', Math.max(...candles.slice(-100).map(({ high }) => high)) / 10, 'price', range);
  assert.equal(figure(range, 'threshold').unit, 'times');
  const sixty = candles.slice(-61, -1).map(({ volume }) => Math.log(volume));
  const usual = Math.exp(sixty.reduce((sum, each) => sum + each, 0) / sixty.length);
  near('volume', candles.at(-1)!.volume / usual, 'times', named(parts, 'breakout'));
  assert.equal(figure(named(parts, 'reversal'), 'rsi').unit, 'points');
});

test('what has never happened is told as nothing, and the whole view survives JSON', () => {
  const candles = planted('trend up', 1013).candles;
  const never: CandleOpinion = {
    ...SILENT,
    parts: () => [
      {
        ...{
          name: 'reversal',
          ready: true,
          candlesMissing: 0,
          direction: 'none',
          confidence: 0,
          evidence: '',
        },
        figures: { candlesSinceOversold: Number.POSITIVE_INFINITY, position: Number.NaN, rsi: 41 },
      },
    ],
  };
  for (const strategies of [detector, () => never]) {
    const desk = deskWith(strategies);
    tell(desk, candles);
    desk.open();
    const view = looking(desk).view();
    assert.deepEqual(JSON.parse(JSON.stringify(view)), view);
  }
  const [part] = looking(deskWith(() => never)).view().markets[0]!.strategies.parts;
  assert.deepEqual(part!.figures, [
    { name: 'candlesSinceOversold', value: null, unit: 'candles' },
    { name: 'position', value: null, unit: 'fraction' },
    { name: 'rsi', value: 41, unit: 'points' },
  ]);
});

test('a strategy that has too few candles says how many it waits for', () => {
  const desk = deskWith(detector);
  const { candles } = planted('nothing', 1000);
  tell(desk, candles.slice(0, 70));
  const { best, parts } = looking(desk).view().markets[0]!.strategies;
  assert.equal(best, null);
  // a window of so many steps needs one candle more; a reversal is a leg and a turn
  const { window, turn_window } = settingsSchema.parse({}).strategy.reversal;
  assert.deepEqual(
    parts.map(({ name, ready, candlesMissing }) => [name, ready, candlesMissing]),
    [
      ['trend', false, 31],
      ['range', false, 31],
      ['breakout', true, 0],
      ['reversal', false, window + turn_window + 1 - 70],
    ],
  );
  assert.ok(named(parts, 'trend').figures.length === 0);
});

test('the strategies are asked when somebody looks, never when something happens', () => {
  let asked = 0;
  const counting: CandleOpinion = {
    ...SILENT,
    parts: () => {
      asked++;
      return [];
    },
  };
  const desk = deskWith(() => counting);
  desk.open();
  const projection = looking(desk);
  for (let i = 0; i < 500; i++) desk.lean('none');
  projection.tick();
  projection.charts();
  assert.equal(asked, 0);
  projection.view();
  assert.equal(asked, 1);
});

test('a view once given does not change', () => {
  const desk = deskWith(detector);
  const { candles } = planted('trend up', 1013);
  tell(desk, candles.slice(0, -20));
  const view = looking(desk).view();
  const written = JSON.stringify(view.markets);
  tell(desk, candles);
  assert.equal(JSON.stringify(view.markets), written);
});

test('a decision says whose opinion it was', () => {
  for (const lead of ['signal', 'strategies'] as const) {
    const always: CandleOpinion = { ...SILENT, name: 'breakout', direction: 'none', confidence: 0.8 };
    let direction: 'long' | 'none' = 'none';
    const changing = Object.defineProperty({ ...always }, 'direction', { get: () => direction });
    const desk = deskWith(() => changing, { lead });
    desk.open();
    const projection = looking(desk);
    if (lead === 'signal') desk.enter();
    else {
      changing.update = () => {
        direction = 'long';
      };
      desk.pass(MINUTE);
      const [open, close] = [desk.now / 1000 - MINUTE, desk.engine.markets[0]!.lastPrice];
      desk.lean('none');
      desk.step(
        new CandleEvent(
          us(desk.now),
          0,
          ms(Math.floor(open / MINUTE) * MINUTE),
          close,
          close,
          close,
          close,
          BTC.sizeMin,
          true,
        ),
      );
    }
    const [decision] = decisionsIn(desk.commands);
    projection.decision(decision!);
    assert.equal(projection.view().decisions[0]!.proposer, lead === 'signal' ? 'signal' : 'breakout');
  }
});

test('a position stands with its margin and the price at which the account can no longer carry it', () => {
  for (const [size, mark] of [
    [5000, 600_001],
    [-5000, 600_001],
    [5000, 590_001],
  ] as const) {
    const desk = new Desk();
    desk.open([positionOf(size)]);
    desk.goTo(mark);
    const position = looking(desk).view().markets[0]!.position!;
    // 5,000 lots of 0.01 contracts of 0.01 BTC
    const coins = size * 0.0001;
    const price = mark / 10;
    assert.equal(position.leverage, 2);
    assert.ok(Math.abs(position.margin - (Math.abs(coins) * price) / 2) < 1e-6);
    const liquidation = position.liquidation!;
    const equity = 10_000 + coins * (liquidation - 60_000);
    const kept = Math.abs(coins) * liquidation * (0.01 + 0.0005);
    assert.ok(Math.abs(equity - kept) < 1e-6, `${size} at ${mark}: ${equity} left, ${kept} wanted`);
    assert.equal(liquidation < 60_000, size > 0);
  }
});

test('what the account can carry down to nothing is liquidated at no price', () => {
  const desk = new Desk();
  desk.open([positionOf(100)]);
  assert.equal(looking(desk).view().markets[0]!.position!.liquidation, null);
});
