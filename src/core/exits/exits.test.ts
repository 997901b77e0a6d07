import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DESK_CONFIG } from '../testing/desk.ts';
import { BTC } from '../testing/specs.ts';
import { type Ticks, ticks } from '../units.ts';
import { describeExitRefusal, type ExitContext, type ExitsConfig, placeExits } from './exits.ts';
import { EXIT_METHODS } from './method.ts';

const seed = 20261122;
const config: ExitsConfig = { ...DESK_CONFIG.exits, method: 'smart', volatilityHorizon: 4 };
/** Nothing is known but the price. */
const bare: ExitContext = {
  direction: 'long',
  entry: ticks(600_000),
  atr: null,
  sigma: null,
  sigmaLong: null,
  spread: 0,
  imbalance: null,
  supports: [],
  resistances: [],
  roundTripCost: 0,
};
const place = (changes: Partial<ExitsConfig>, known: Partial<ExitContext>) =>
  placeExits({ ...config, ...changes }, BTC, { ...bare, ...known });
const placed = (changes: Partial<ExitsConfig>, known: Partial<ExitContext>) => {
  const result = place(changes, known);
  assert.ok(result.ok, result.ok ? '' : describeExitRefusal(result.error));
  return result.value;
};
const distances = (changes: Partial<ExitsConfig>, known: Partial<ExitContext>): readonly [number, number] => {
  const { takeProfit, stopLoss } = placed(changes, known);
  const { direction, entry } = { ...bare, ...known };
  const sign = direction === 'long' ? 1 : -1;
  return [sign * (takeProfit - entry), sign * (entry - stopLoss)];
};

const anyConfig: fc.Arbitrary<ExitsConfig> = fc
  .record({
    method: fc.constantFrom(...EXIT_METHODS, 'smart' as const),
    takeProfitAtr: fc.double({ min: 0.1, max: 10, noNaN: true }),
    stopLossAtr: fc.double({ min: 0.1, max: 10, noNaN: true }),
    takeProfitFraction: fc.double({ min: 0.0001, max: 0.5, noNaN: true }),
    stopLossFraction: fc.double({ min: 0.0001, max: 0.5, noNaN: true }),
    volatilityHorizon: fc.double({ min: 0.1, max: 100, noNaN: true }),
    volatilityBound: fc.double({ min: 1, max: 10, noNaN: true }),
    imbalanceShift: fc.double({ min: 0, max: 0.5, noNaN: true }),
    spreadMultiple: fc.double({ min: 0, max: 3, noNaN: true }),
    levelReach: fc.double({ min: 1, max: 5, noNaN: true }),
    levelBuffer: fc.double({ min: 0, max: 1, noNaN: true }),
    rewardRiskMin: fc.double({ min: 0, max: 4, noNaN: true }),
    moveTakeProfit: fc.boolean(),
    costMultipleMin: fc.double({ min: 0, max: 5, noNaN: true }),
    more: fc.double({ min: 0, max: 2, noNaN: true }),
  })
  .map(({ more, ...rest }) => ({ ...config, ...rest, rewardRiskDefault: rest.rewardRiskMin + more }));
const maybe = (value: fc.Arbitrary<number>) => fc.option(value, { nil: null });
const fraction = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const anyContext: fc.Arbitrary<ExitContext> = fc
  .record({
    direction: fc.constantFrom('long' as const, 'short' as const),
    // down to a grid so coarse that a stop is one tick, as with the cheapest coins
    entry: fc.oneof(fc.integer({ min: 5, max: 300 }), fc.integer({ min: 1000, max: 2_000_000 })).map(ticks),
    atr: maybe(fc.oneof(fraction(0.01, 500), fc.constant(0))),
    sigma: maybe(fc.oneof(fraction(1e-6, 0.05), fc.constant(0))),
    sigmaLong: maybe(fraction(1e-6, 0.05)),
    spread: fc.integer({ min: 0, max: 50 }),
    imbalance: maybe(fraction(-1, 1)),
    below: fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 4 }),
    above: fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 4 }),
    roundTripCost: fraction(0, 0.01),
  })
  .map(({ below, above, ...rest }) => ({
    ...rest,
    supports: below.map((distance) => rest.entry - distance),
    resistances: above.map((distance) => rest.entry + distance),
  }));

test('exits are on their side, on the grid, above zero, of no poorer ratio than the least, and worth their costs', () => {
  const methods = new Map<string, number>();
  fc.assert(
    fc.property(anyConfig, anyContext, (settings, context) => {
      const result = placeExits(settings, BTC, context);
      if (!result.ok) return assert.ok(describeExitRefusal(result.error).length > 10);
      const { takeProfit, stopLoss, stopDistance, rewardRisk, rewardRiskNet, method, note } = result.value;
      methods.set(method, (methods.get(method) ?? 0) + 1);
      if (settings.method !== 'smart') assert.equal(method, settings.method);
      const sign = context.direction === 'long' ? 1 : -1;
      const reward = sign * (takeProfit - context.entry);
      const risk = sign * (context.entry - stopLoss);
      assert.ok(Number.isInteger(takeProfit) && Number.isInteger(stopLoss));
      assert.ok(takeProfit > 0 && stopLoss > 0);
      assert.ok(reward >= 1 && risk >= 1);
      assert.equal(stopDistance, risk);
      assert.ok(reward / risk >= settings.rewardRiskMin - 1e-6, `${reward} / ${risk}`);
      assert.equal(rewardRisk, reward / risk);
      const cost = context.roundTripCost * context.entry;
      assert.ok(reward >= settings.costMultipleMin * cost - 1e-6);
      assert.ok(Math.abs(rewardRiskNet - (reward - cost) / (risk + cost)) < 1e-9);
      assert.ok(note.length > 0 && !note.includes('NaN'));
    }),
    { seed, numRuns: 5000 },
  );
  for (const method of EXIT_METHODS) assert.ok((methods.get(method) ?? 0) > 200, `${method} was rare`);
});

test('neither exit is nearer than percentages or ATR ask for', () => {
  fc.assert(
    fc.property(
      anyConfig,
      anyContext,
      fc.constantFrom('percentage' as const, 'atr' as const),
      (any, context, method) => {
        const settings = { ...any, method };
        const result = placeExits(settings, BTC, context);
        if (!result.ok) return;
        const { takeProfit, stopLoss } = result.value;
        const atr = context.atr ?? 0;
        const asked =
          method === 'atr' ? settings.stopLossAtr * atr : settings.stopLossFraction * context.entry;
        const wanted =
          method === 'atr' ? settings.takeProfitAtr * atr : settings.takeProfitFraction * context.entry;
        const risk = Math.abs(context.entry - stopLoss);
        // and the stop not further either, beyond what the grid makes of it
        assert.ok(risk >= asked - 1e-6 && risk < Math.max(1, asked + 1) + 1e-6);
        assert.ok(Math.abs(takeProfit - context.entry) >= wanted - 1e-6);
      },
    ),
    { seed, numRuns: 2000 },
  );
});

test('long and short are mirror images', () => {
  fc.assert(
    fc.property(anyConfig, anyContext, (settings, context) => {
      const mirror = (price: number): number => 2 * context.entry - price;
      const turned: ExitContext = {
        ...context,
        direction: context.direction === 'long' ? 'short' : 'long',
        imbalance: context.imbalance === null ? null : -context.imbalance,
        supports: context.resistances.map(mirror),
        resistances: context.supports.map(mirror),
      };
      const one = placeExits(settings, BTC, context);
      const other = placeExits(settings, BTC, turned);
      if (!one.ok || !other.ok) {
        // only the floor under prices tells them apart
        if (one.ok !== other.ok) return;
        if (one.ok || other.ok || one.error.reason === 'price' || other.error.reason === 'price') return;
        return assert.deepEqual(one, other);
      }
      // what lies below zero is no level
      if ([...turned.supports, ...context.supports].some((level) => level <= 0)) return;
      assert.deepEqual(
        [one.value.takeProfit, one.value.stopLoss],
        [other.value.takeProfit, other.value.stopLoss].map((price) => mirror(price) as Ticks),
      );
    }),
    { seed, numRuns: 2000 },
  );
});

// --- T1 and T2 ------------------------------------------------------------------------------------------------------

test('percentage: 2 % and 1 %, both ways', () => {
  const long = placed({ method: 'percentage' }, { direction: 'long' });
  assert.deepEqual([long.takeProfit, long.stopLoss], [612_000, 594_000]);
  const short = placed({ method: 'percentage' }, { direction: 'short' });
  assert.deepEqual([short.takeProfit, short.stopLoss], [588_000, 606_000]);
  assert.equal(short.note, '2 % / 1 %');
  assert.equal(short.stopDistance, 6000);
});

test('atr: 2 and 1 ATR, on the grid, rounded outward', () => {
  const exits = placed({ method: 'atr' }, { atr: 100.3 });
  assert.deepEqual([exits.takeProfit, exits.stopLoss], [600_201, 599_899]);
  assert.match(exits.note, /^2 \/ 1 × ATR 10\.03$/);
});

test('a method that lacks its figure refuses the trade and names the figure', () => {
  for (const [method, missing] of [
    ['atr', 'ATR'],
    ['volatility', 'volatility'],
    ['microstructure', 'book imbalance'],
  ] as const) {
    assert.deepEqual(place({ method }, {}), { ok: false, error: { reason: 'data', missing } });
  }
  // a market that stands still has no range to measure by
  assert.equal(place({ method: 'atr' }, { atr: 0 }).ok, false);
  assert.equal(place({ method: 'volatility' }, { sigma: Number.NaN }).ok, false);
});

// --- T3 -------------------------------------------------------------------------------------------------------------

test('volatility: σ √horizon of the price', () => {
  // 0.1 % a bar over four bars: 0.2 % of 600,000 ticks
  assert.deepEqual(distances({ method: 'volatility' }, { sigma: 0.001, sigmaLong: 0.001 }), [2400, 1200]);
});

test('volatility: wider when high, tighter when low, within its bounds', () => {
  const stop = (sigma: number): number => distances({ method: 'volatility' }, { sigma, sigmaLong: 0.001 })[1];
  let before = 0;
  for (let sigma = 0.0001; sigma < 0.004; sigma *= 1.05) {
    const now = stop(sigma);
    assert.ok(now >= before, `${now} after ${before} at ${sigma}`);
    if (sigma > 0.00053 && sigma < 0.0019) assert.ok(now > before, `not wider at ${sigma}`);
    before = now;
  }
  assert.equal(stop(0.00001), 600);
  assert.equal(stop(0.1), 2400);
});

// --- T4 -------------------------------------------------------------------------------------------------------------

const flow = { method: 'microstructure', imbalanceShift: 0.2, rewardRiskMin: 0 } as const;

test('microstructure: both exits move the way the book leans', () => {
  const at = (direction: 'long' | 'short', imbalance: number) =>
    distances(flow, { direction, imbalance, atr: 1000 });
  assert.deepEqual(at('long', 0), [2000, 1000]);
  assert.deepEqual(at('long', 1), [2200, 800]);
  assert.deepEqual(at('long', -1), [1800, 1200]);
  assert.deepEqual(at('short', -1), [2200, 800]);
  assert.deepEqual(at('short', 0.5), [1900, 1100]);
});

test('microstructure: widened by the spread', () => {
  assert.deepEqual(distances(flow, { imbalance: 0, atr: 1000, spread: 7 }), [2007, 1007]);
});

test('microstructure: the stop goes behind the level, never further than its reach, and is never drawn in', () => {
  const stop = (known: Partial<ExitContext>): number =>
    distances(flow, { imbalance: 0, atr: 1000, ...known })[1];
  assert.equal(stop({ supports: [598_800] }), 1300, 'beyond the stop: behind it, with a tenth of room');
  assert.equal(stop({ supports: [599_050] }), 1050, 'just inside: its buffer reaches beyond');
  assert.equal(stop({ supports: [599_500] }), 1000, 'well inside: the stop is behind it as it is');
  assert.equal(stop({ supports: [598_500] }), 1000, 'too far to be worth it');
  assert.equal(stop({ supports: [600_500] }), 1000, 'on the wrong side');
  assert.equal(stop({ resistances: [601_200] }), 1000, 'not what a long hides behind');
  assert.equal(stop({ direction: 'short', resistances: [601_200] }), 1300);
  assert.equal(stop({ supports: [598_650, 599_500, 598_800, 590_000] }), 1300, 'the nearest that will do');
  assert.match(placed(flow, { imbalance: 0, atr: 1000, supports: [598_800] }).note, /behind support 59880$/);
});

test('microstructure: a stop that went behind a level takes the target with it', () => {
  const exits = placed({ ...flow, rewardRiskMin: 1.6 }, { imbalance: 0, atr: 1000, supports: [598_800] });
  assert.deepEqual([exits.takeProfit, exits.stopLoss], [602_600, 598_700]);
  assert.match(exits.note, /take profit moved out to 2 R$/);
});

// --- T5 -------------------------------------------------------------------------------------------------------------

test('smart falls back step by step and says for lack of what', () => {
  const all = { imbalance: 0, sigma: 0.001, sigmaLong: 0.001, atr: 1000 };
  const took = (known: Partial<ExitContext>): string => {
    const { method, note } = placed({}, known);
    assert.ok(note.startsWith(method));
    return note.slice(0, note.indexOf(':'));
  };
  assert.equal(took(all), 'microstructure');
  assert.equal(took({ ...all, sigma: null }), 'microstructure');
  assert.equal(took({ ...all, imbalance: null }), 'volatility, for lack of book imbalance');
  assert.equal(
    took({ ...all, imbalance: null, sigmaLong: null }),
    'atr, for lack of book imbalance and slow volatility',
  );
  assert.equal(took({ atr: 1000 }), 'atr, for lack of book imbalance and volatility');
  assert.equal(took({ imbalance: 0.4 }), 'percentage, for lack of ATR and volatility');
  assert.equal(took({}), 'percentage, for lack of book imbalance and volatility and ATR');
});

// --- T6 and costs ---------------------------------------------------------------------------------------------------

test('a poor ratio is mended to the default, or refused with the numbers', () => {
  const poor = { method: 'atr', takeProfitAtr: 1 } as const;
  const mended = placed(poor, { atr: 100 });
  assert.equal(mended.takeProfit, 600_200);
  assert.match(mended.note, /take profit moved out to 2 R/);
  assert.deepEqual(place({ ...poor, moveTakeProfit: false }, { atr: 100 }), {
    ok: false,
    error: { reason: 'rewardRisk', limit: 1.5, actual: 1 },
  });
});

test('exactly the least ratio is enough, whatever binary fractions make of it', () => {
  const least = { takeProfitAtr: 0.3, stopLossAtr: 0.2, moveTakeProfit: false };
  for (let atr = 0.1; atr < 300; atr += 0.37) assert.ok(place(least, { atr }).ok, `ATR ${atr}`);
});

test('a stop rounded to a coarse grid takes the target with it', () => {
  // 1 : 0.6 ticks is a fair ratio; 1 : 1 after rounding would not be
  const exits = placed({ takeProfitAtr: 1, stopLossAtr: 0.6 }, { entry: ticks(100), atr: 1 });
  assert.deepEqual([exits.takeProfit, exits.stopLoss], [102, 99]);
});

test('a target that the costs would eat is refused with how many costs it is worth', () => {
  // 200 ticks of 600,000 are 3.3 bp; a round trip of 10 bp
  const refused = place({}, { atr: 100, roundTripCost: 0.001 });
  assert.ok(!refused.ok && refused.error.reason === 'costs');
  assert.equal(refused.error.limit, 1.5);
  assert.ok(Math.abs(refused.error.actual - 1 / 3) < 1e-12);
});

test('a target worth just so many costs as are asked is taken, one worth the least bit less is not', () => {
  // a round trip of 10 bp of 600,000 ticks is 600; the target 2 ATR away, the ratio no matter
  for (const [multiple, least] of [
    [1.5, 450],
    [2, 600],
    [5, 1500],
    [0.5, 150],
  ] as const) {
    const taken = (atr: number) => place({ costMultipleMin: multiple }, { atr, roundTripCost: 0.001 }).ok;
    assert.deepEqual([taken(least * 1.001), taken(least * 0.999)], [true, false], `${multiple} costs`);
  }
});

test('costs are told in the net ratio', () => {
  // 2,000 ticks of reward, 1,000 of risk, 600 of costs
  const exits = placed({}, { atr: 1000, roundTripCost: 0.001 });
  assert.equal(exits.rewardRisk, 2);
  assert.equal(exits.rewardRiskNet, 1400 / 1600);
});

test('an exit at or below zero is refused', () => {
  assert.deepEqual(place({}, { entry: ticks(50), atr: 60 }), {
    ok: false,
    error: { reason: 'price', limit: 1, actual: -10 },
  });
  assert.equal(place({}, { direction: 'short', entry: ticks(50), atr: 30 }).ok, false);
});
