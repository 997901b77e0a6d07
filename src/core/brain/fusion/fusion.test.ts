import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BookEvent, CandleEvent, FeedEvent } from '../../events.ts';
import { type ExitsConfig, placeExits } from '../../exits/exits.ts';
import { Market, type MarketConfig } from '../../market.ts';
import { frameOf } from '../../testing/books.ts';
import { DESK_CONFIG } from '../../testing/desk.ts';
import { bookPath, framesOf, type Path, tradeOf } from '../../testing/paths.ts';
import { BTC } from '../../testing/specs.ts';
import { lots, ms, opposite, ticks, us } from '../../units.ts';
import { FEATURES } from './features.ts';
import { firstPassage, logitOf, probabilityOf } from './first-passage.ts';
import { FusionModel, MODEL_FORMAT, MODEL_VERSION, type ModelFile, parseModel, type Shape } from './model.ts';

const seed = 20261122;
const LIMIT_MS = 1_800_000;

const fileOf = (shapes: readonly Shape[], intercept = 0): ModelFile => ({
  ...{ format: MODEL_FORMAT, version: MODEL_VERSION, name: 'test', limitMs: LIMIT_MS, intercept, shapes },
});
const shapeOf = (name: string, cuts: readonly number[], values: readonly number[]): Shape => {
  const { kind, unit } = FEATURES.find((feature) => feature.name === name)!;
  return { feature: name, kind, unit, cuts, values };
};
/** One step at every feature: what leans up speaks for a long. */
const leaning = fileOf([
  shapeOf('microstructure', [-0.3, 0, 0.3], [-0.4, -0.1, 0.1, 0.4]),
  shapeOf('takers', [-0.5, 0.5], [-0.2, 0, 0.2]),
  shapeOf('spread', [1], [0.05, -0.3]),
]);

/** Exits in ticks that do not depend on which side of the price they lie. */
const exits: ExitsConfig = { ...DESK_CONFIG.exits, method: 'atr', costMultipleMin: 0 };
const configOf = (file: ModelFile, takerFee = 0): MarketConfig => ({
  ...DESK_CONFIG.market,
  fusion: {
    ...{ model: new FusionModel(file), symbols: null, calibrated: true, whyNot: '' },
    stakes: { exits, takerFee, limitMs: LIMIT_MS },
  },
});

/** A live market of which enough candles are known: 20 of them, each 40 ticks high, the close swinging by 20. */
function marketOf(file: ModelFile, takerFee = 0, mid = 10_000): Market {
  const market = new Market(configOf(file, takerFee), BTC);
  for (let minute = 0; minute < 20; minute++) {
    const close = mid + (minute % 2 === 0 ? 10 : -10);
    market.onCandle(
      new CandleEvent(
        us(0),
        0,
        ms(minute * 60_000),
        ...([close, mid + 20, mid - 20, close].map(ticks) as Four),
        lots(1),
        true,
      ),
    );
  }
  market.onFeed(new FeedEvent(us(0), 0, true, ''));
  return market;
}
type Four = [
  ReturnType<typeof ticks>,
  ReturnType<typeof ticks>,
  ReturnType<typeof ticks>,
  ReturnType<typeof ticks>,
];

const book = (market: Market, bid: number, ask: number, at = 1_200_000_000): void =>
  market.onBook(
    new BookEvent(
      us(at),
      0,
      frameOf(
        true,
        [
          [9_999, bid],
          [9_990, 500],
        ],
        [
          [10_001, ask],
          [10_010, 500],
        ],
      ),
    ),
  );

test('with nothing learnt the confidence is the odds of a price without drift at the exits the engine would place', () => {
  const market = marketOf(fileOf([]));
  book(market, 50, 50);
  const { signal } = market.brain;
  const placed = placeExits(exits, BTC, {
    ...{ direction: 'long', entry: ticks(10_001), atr: market.atr.value, sigma: market.volatility.perBar },
    ...{ sigmaLong: market.volatilityLong.perBar, spread: 2, imbalance: 0, supports: [], resistances: [] },
    roundTripCost: 2 / 10_000,
  });
  assert.ok(placed.ok);
  const up = placed.value.takeProfit - 10_001;
  const down = 10_001 - placed.value.stopLoss;
  const deviation = market.volatility.perBar! * 10_001 * Math.sqrt(30);
  const odds = firstPassage(up + 2, down - 2, deviation);
  assert.ok(odds > 0.2 && odds < 0.34, `${odds}`);
  assert.ok(Math.abs(signal.confidence - odds) < 0.001, `${signal.confidence} and ${odds}`);
  // the spread alone makes it not worth while
  assert.equal(signal.direction, 'none');
  assert.match(signal.reasons()[0]!, /^abstains: /);
  assert.equal(signal.calibrated, true);
});

test('every prediction is the sum of its parts', () => {
  const market = marketOf(leaning);
  book(market, 90, 10);
  for (let i = 1; i <= 30; i++) market.onTrade(tradeOf('buy', 5, 1_200_000_000 + i));
  book(market, 90, 10, 1_200_100_000);
  const fusion = market.brain.signal.fusion!;
  assert.equal(fusion.lean, 'long');
  const parts = fusion.contributions();
  assert.ok(parts.some(({ name, logOdds }) => name === 'takers' && logOdds === 0.2));
  assert.ok(parts.some(({ name, logOdds }) => name === 'microstructure' && logOdds > 0));
  const sum = parts.reduce(
    (total, { logOdds }) => total + logOdds,
    fusion.stakes.long.base + leaning.intercept,
  );
  assert.ok(Math.abs(sum - logitOf(fusion.confidence)) < 1e-9);
});

test('it speaks up when the edge covers the costs and not before', () => {
  const sure = fileOf([shapeOf('takers', [-0.5, 0.5], [-3, 0, 3])]);
  const directionAt = (takerFee: number) => {
    const market = marketOf(sure, takerFee);
    book(market, 50, 50);
    for (let i = 1; i <= 30; i++) market.onTrade(tradeOf('buy', 5, 1_200_000_000 + i));
    // the exits are looked at once a second
    book(market, 50, 50, 1_202_000_000);
    const { direction, lean, confidence } = market.brain.signal;
    const { edgeBp, stakes } = market.brain.signal.fusion!;
    assert.equal(lean, 'long');
    const { targetBp, stopBp, costBp } = stakes.long;
    assert.ok(Math.abs(edgeBp - (confidence * targetBp - (1 - confidence) * stopBp - costBp)) < 1e-9);
    assert.ok(costBp >= 20_000 * takerFee);
    assert.equal(direction, edgeBp > 0 ? 'long' : 'none');
    return direction;
  };
  assert.equal(directionAt(0), 'long');
  assert.equal(directionAt(0.01), 'none');
});

test('the mirrored market is the same market the other way round', () => {
  fc.assert(
    fc.property(bookPath, (path) => {
      const [one, other] = [said(path, false), said(path, true)];
      const opposites: Record<string, string> = { long: 'short', short: 'long', none: 'none' };
      one.forEach((here, i) => {
        const there = other[i]!;
        // candles close at the same price in both: only rounding of their logarithms differs
        assert.ok(
          Math.abs(here.confidence - there.confidence) < 2e-3,
          `${here.confidence} ${there.confidence}`,
        );
        assert.ok(Math.abs(here.evidence + there.evidence) < 2e-3);
        if (Math.abs(here.evidence) > 0.01) assert.equal(there.lean, opposites[here.lean]);
      });
    }),
    { seed, numRuns: 100 },
  );

  function said(path: Path, mirrored: boolean) {
    const market = marketOf(leaning);
    const turned = mirrored
      ? path.map((step) => ({
          ...step,
          bids: step.asks.map(([price, size]) => [20_000 - price, size] as const),
          asks: step.bids.map(([price, size]) => [20_000 - price, size] as const),
        }))
      : path;
    const frames = framesOf(turned);
    return path.map(({ trades }, i) => {
      const at = 1_200_000_000 + i * 100_000;
      for (const [side, size] of trades) market.onTrade(tradeOf(mirrored ? opposite(side) : side, size, at));
      market.onBook(new BookEvent(us(at), 0, frames[i]!));
      const { lean, confidence, evidence } = market.brain.signal;
      return { lean, confidence, evidence };
    });
  }
});

test('without exits there is no word, and a lost market is forgotten', () => {
  const cold = new Market(configOf(leaning), BTC);
  cold.onFeed(new FeedEvent(us(0), 0, true, ''));
  book(cold, 90, 10);
  assert.deepEqual([cold.brain.signal.direction, cold.brain.signal.confidence], ['none', 0]);
  assert.match(cold.brain.signal.reasons()[0]!, /no word yet: volatility not known yet/);

  const market = marketOf(leaning);
  book(market, 90, 10);
  assert.ok(market.brain.signal.confidence > 0);
  market.onFeed(new FeedEvent(us(1_300_000_000), 0, false, 'gap'));
  assert.equal(market.brain.signal.confidence, 0);
  assert.match(market.brain.signal.reasons()[0]!, /not live/);
});

test('after a loss the sides of the book are searched in the order of a start: stakes are those of a market that is new', () => {
  const config = configOf(fileOf([]));
  const structured: MarketConfig = {
    ...config,
    fusion: {
      ...config.fusion!,
      stakes: { ...config.fusion!.stakes, exits: { ...exits, method: 'microstructure' } },
    },
  };
  const made = (): Market => {
    const market = new Market(structured, BTC);
    for (let minute = 0; minute < 20; minute++) {
      const prices = [10_000, 10_020, 9_980, minute % 2 === 0 ? 10_010 : 9_990].map(ticks) as Four;
      market.onCandle(new CandleEvent(us(0), 0, ms(minute * 60_000), ...prices, lots(1), true));
    }
    return market;
  };
  // clusters on either side, not at the same distances
  const side = (sign: 1 | -1, first: number) =>
    Array.from({ length: 80 }, (_, i) => [10_000 + sign * (i + 1), i % 8 === first ? 900 : 50] as const);
  const show = (market: Market, at: number): void =>
    market.onBook(new BookEvent(us(at), 0, frameOf(true, side(-1, 0), side(1, 3))));
  const [lost, fresh] = [made(), made()];
  lost.onFeed(new FeedEvent(us(0), 0, true, ''));
  show(lost, 1_200_000_000);
  lost.onFeed(new FeedEvent(us(1_201_000_000), 0, false, 'gap'));
  for (const market of [lost, fresh]) market.onFeed(new FeedEvent(us(1_202_000_000), 0, true, ''));
  for (const at of [1_203_000_000, 1_204_500_000, 1_206_000_000]) {
    for (const market of [lost, fresh]) show(market, at);
    const [one, other] = [lost, fresh].map((market) => market.brain.signal.fusion!.stakes);
    assert.ok(one!.long.known && one!.short.known, one!.long.why);
    assert.deepEqual([one!.long, one!.short], [other!.long, other!.short], `at ${at}`);
  }
});

test('a shape is steps: from the cut on the next value; what is not known adds nothing; a short is the mirrored long', () => {
  const model = new FusionModel(
    fileOf([shapeOf('takers', [-1, 2], [5, 6, 7]), shapeOf('spread', [0], [1, 2])], 0.5),
  );
  const at = (value: number, mirrored = false) => model.contribution(0, value, mirrored);
  assert.deepEqual([at(-1.01), at(-1), at(1.99), at(2), at(9)], [5, 6, 6, 7, 7]);
  assert.deepEqual([at(9, true), at(1, true), at(-9, true), at(Number.NaN)], [5, 6, 7, 0]);
  assert.deepEqual([model.contribution(1, 3, false), model.contribution(1, 3, true)], [2, 2]);
  assert.ok(Math.abs(probabilityOf(0) - 0.5) < 1e-15);
});

test('a model file that is none is refused with what is wrong in it', () => {
  const refusal = (changes: object): string => {
    const result = parseModel({ ...leaning, ...changes });
    assert.equal(result.ok, false);
    return result.ok ? '' : result.error;
  };
  assert.ok(parseModel(JSON.parse(JSON.stringify(leaning))).ok);
  assert.match(refusal({ format: 'else' }), /not a model file/);
  assert.match(refusal({ version: 99 }), /version 99/);
  assert.match(refusal({ intercept: null }), /"intercept" is not a number/);
  assert.match(
    refusal({ shapes: [{ feature: 'moon', kind: 'even', cuts: [], values: [0] }] }),
    /feature "moon" is not known/,
  );
  const takers = shapeOf('takers', [0], [1, 2]);
  assert.match(refusal({ shapes: [takers, takers] }), /stands twice/);
  assert.match(refusal({ shapes: [{ ...takers, kind: 'even' }] }), /is signed, not even/);
  assert.match(refusal({ shapes: [{ ...takers, values: [1] }] }), /one more than "cuts"/);
  assert.match(refusal({ shapes: [{ ...takers, cuts: [1, 1], values: [1, 2, 3] }] }), /do not rise/);
});
