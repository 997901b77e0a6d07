import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEATURES } from '../../core/brain/fusion/features.ts';
import { logitOf, probabilityOf } from '../../core/brain/fusion/first-passage.ts';
import { FusionModel, MODEL_FORMAT, MODEL_VERSION } from '../../core/brain/fusion/model.ts';
import { generator } from '../../core/testing/books.ts';
import { logistic } from '../statistics/logistic.ts';
import { binned, cutsOf } from './bins.ts';
import { UNKNOWN } from './boost.ts';
import { FIT, type Fitted, fit } from './fit.ts';
import { Outcomes, uniqueness } from './outcomes.ts';
import { score } from './score.ts';

const seed = 20261122;
const place = (name: string): number => FEATURES.findIndex((feature) => feature.name === name);
const FLOW = 'takers, four minutes';
const TAKERS = place(FLOW);
const SPREAD = place('spread');
const DEPTH = place('depth imbalance');
const MINUTE = 60_000_000;

/** Trades that do not overlap, on markets where the truth is known: log-odds of `truth` over those without drift. */
function market(count: number, truth: (takers: number, spread: number) => number, from = seed): Outcomes {
  const random = generator(from);
  const outcomes = new Outcomes();
  for (let i = 0; i < count; i++) {
    const features = FEATURES.map(() => 2 * random() - 1);
    features[SPREAD] = Math.abs(features[SPREAD]!);
    // not always known
    if (random() < 0.1) features[DEPTH] = Number.NaN;
    const mirrored = random() < 0.5;
    const base = logitOf(0.25 + 0.2 * random());
    const takers = mirrored ? -features[TAKERS]! : features[TAKERS]!;
    const reached = random() < probabilityOf(base + truth(takers, features[SPREAD]!));
    outcomes.add({
      ...{
        tape: i % 10,
        instrument: 0,
        mirrored,
        at: i * MINUTE,
        endAt: (i + 1) * MINUTE - 1,
        features,
        base,
      },
      outcome: reached ? 'target' : 'stop',
      ...{ returnBp: reached ? 20 : -10, targetBp: 20, stopBp: 10, costBp: 2 },
    });
  }
  return outcomes;
}
const fitted = (outcomes: Outcomes): Fitted =>
  fit(
    outcomes,
    Int32Array.from({ length: outcomes.count }, (_, i) => outcomes.tape[i]! % FIT.folds),
  );
const modelOf = ({ shapes, intercept }: Fitted): FusionModel =>
  new FusionModel({
    ...{ format: MODEL_FORMAT, version: MODEL_VERSION, name: 'test', limitMs: 1, intercept, shapes },
  });

test('a step and a bump that were planted are found where they are, and nothing where nothing is', () => {
  const truth = (takers: number, spread: number): number =>
    (takers > 0.2 ? 1 : -0.5) + (spread > 0.7 ? -0.8 : 0.2);
  const result = fitted(market(12_000, truth));
  const model = modelOf(result);
  const said = (takers: number, spread: number): number =>
    model.features.reduce((logit, { name }, f) => {
      const value = name === FLOW ? takers : name === 'spread' ? spread : Number.NaN;
      return logit + model.contribution(f, value, false);
    }, model.intercept);
  for (const takers of [-0.9, -0.3, 0, 0.5, 0.9])
    for (const spread of [0.1, 0.5, 0.9])
      assert.ok(
        Math.abs(said(takers, spread) - truth(takers, spread)) < 0.45,
        `${said(takers, spread)} at ${takers}, ${spread}`,
      );
  const others = Object.entries(result.importance).filter(([name]) => name !== FLOW && name !== 'spread');
  for (const [name, moved] of others) assert.ok(moved < 0.06, `${name} moves it by ${moved}`);
  assert.ok(Math.abs(result.calibration.slope - 1) < 0.25, `${result.calibration.slope}`);
});

test('what cannot be known is not learnt: no rounds, or next to none, and nobody is better than the odds', () => {
  const outcomes = market(3000, () => 0);
  const result = fitted(outcomes);
  for (const [name, moved] of Object.entries(result.importance)) assert.ok(moved < 0.05, `${name} ${moved}`);
  for (const probability of result.heldOut.model) assert.ok(probability > 0.15 && probability < 0.55);
});

test('on other markets of the same truth it is calibrated and better than its rivals, which miss the bump', () => {
  const truth = (takers: number): number => (Math.abs(takers) < 0.4 ? 1 : -0.6);
  const result = fitted(market(5000, truth));
  const fresh = market(4000, truth, 7);
  const model = modelOf(result);
  const columns = model.features.map(({ name }) => fresh.features[place(name)]!);
  const probability = Float64Array.from({ length: fresh.count }, (_, i) => {
    let logit = fresh.base[i]! + model.intercept;
    columns.forEach((column, f) => {
      logit += model.contribution(f, column[i]!, false);
    });
    return probabilityOf(logit);
  });
  const rivals = result.rivals.map(({ name, odds, intercept, weights }) => ({
    name,
    probability: Float64Array.from({ length: fresh.count }, (_, i) => {
      let logit = (odds ? fresh.base[i]! : 0) + intercept;
      for (const [feature, weight] of Object.entries(weights)) {
        const value = fresh.features[place(feature)]![i]!;
        if (!Number.isNaN(value)) logit += weight * value;
      }
      return probabilityOf(logit);
    }),
  }));
  const graded = score(
    fresh,
    { name: 'model', probability },
    rivals,
    (i) => fresh.edgeBp(i, probability[i]!),
    3_000_000,
  );
  // a bin that lies across the step is neither of its sides
  assert.ok(
    graded.calibration.error.value! < graded.errorByChance + 0.03,
    `${graded.calibration.error.value}, by chance ${graded.errorByChance}`,
  );
  const ofGroups = ['order flow', 'liquidity', 'microstructure', 'impact', 'regime'].map(
    (group) => `all features of ${group}`,
  );
  const names = graded.rivals.map(({ name }) => name);
  for (const name of [...ofGroups, 'market features alone']) assert.ok(names.includes(name), name);
  assert.equal(graded.rivals.length, 17);
  for (const { name, brierLessModel } of graded.rivals) assert.ok(brierLessModel.low! > 0, name);
  assert.ok(graded.brierShuffled.least > graded.brier.value!);
  // where it holds an edge over the costs there is one
  assert.ok(graded.worthwhile.entries > 0 && graded.worthwhile.netBp!.value! > 0);
});

test('the rival of all features of a detector looks at these alone, each with its own weight', () => {
  const outcomes = market(4000, (takers) => takers);
  const { rivals } = fitted(outcomes);
  const { weights } = rivals.find(({ name }) => name === 'all features of order flow')!;
  assert.deepEqual(
    Object.keys(weights),
    FEATURES.filter(({ of }) => of === 'order_flow').map(({ name }) => name),
  );
  for (const [name, weight] of Object.entries(weights))
    if (name === FLOW) assert.ok(Math.abs(weight - 1) < 0.35, `${weight}`);
    else assert.ok(Math.abs(weight) < 0.3, `${name} ${weight}`);
  const candles = rivals.find(({ name }) => name === 'market features alone')!;
  assert.ok(!(FLOW in candles.weights) && 'volatility' in candles.weights);
});

test('raw readings are those of the moment, of detectors alone, and start from no odds', () => {
  const { rivals } = fitted(market(1500, (takers) => takers));
  const raw = rivals.find(({ name }) => name === 'logistic regression on raw readings')!;
  assert.equal(raw.odds, false);
  for (const name of ['takers', 'depth imbalance', 'spoof', 'VPIN', 'regime'])
    assert.ok(name in raw.weights, name);
  for (const name of [FLOW, 'move of 5 bars', 'volatility']) assert.ok(!(name in raw.weights), name);
  const same = rivals.find(({ name }) => name === 'logistic regression on the same features and odds')!;
  assert.deepEqual(Object.keys(same.weights).sort(), [...FIT.features].sort());
});

test('the same outcomes give the same model to the last digit', () => {
  const truth = (takers: number): number => takers;
  assert.deepEqual(fitted(market(1500, truth)), fitted(market(1500, truth)));
});

test('trades count by how little they overlap', () => {
  const row = (at: number, endAt: number, instrument = 0, mirrored = false) => ({
    ...{
      tape: 0,
      instrument,
      mirrored,
      at,
      endAt,
      outcome: 'stop' as const,
      returnBp: 0,
      targetBp: 1,
      stopBp: 1,
    },
    ...{ costBp: 0, base: 0, features: FEATURES.map(() => 0) },
  });
  const alone = new Outcomes();
  for (let i = 0; i < 10; i++) alone.add(row(i * MINUTE, (i + 1) * MINUTE - 1));
  for (const weight of uniqueness(alone)) assert.equal(weight, 1);
  const twice = new Outcomes();
  for (let i = 0; i < 10; i++)
    for (const mirrored of [false, true]) twice.add(row(i * MINUTE, (i + 1) * MINUTE - 1, 0, mirrored));
  for (const weight of uniqueness(twice)) assert.equal(weight, 0.5);
  // all at once on one instrument, one alone on another
  const crowd = new Outcomes();
  for (let i = 0; i < 4; i++) crowd.add(row(0, MINUTE));
  crowd.add(row(0, MINUTE, 1));
  assert.deepEqual([...uniqueness(crowd)], [0.25, 0.25, 0.25, 0.25, 1]);
});

test('rows that were collected apart are the rows that would have been collected together', () => {
  const whole = market(3000, () => 0);
  const parts = new Outcomes();
  parts.append(new Outcomes());
  for (const from of [0, 10, 2500]) {
    const to = from === 0 ? 10 : from === 10 ? 2500 : 3000;
    // copied, as to another thread
    parts.append(structuredClone({ ...whole.where((i) => i >= from && i < to) }));
  }
  assert.equal(parts.count, whole.count);
  const rowsOf = ({ count, features, at, mirrored, reached, base, endAt, tape }: Outcomes) =>
    [at, mirrored, reached, base, endAt, tape, ...features].map((column) => [...column.subarray(0, count)]);
  assert.deepEqual(rowsOf(parts), rowsOf(whole));
});

test('bins are found as the model finds them, equal values stay together, what is not known is apart', () => {
  const random = generator(seed);
  const column = Float64Array.from({ length: 2000 }, () => {
    const draw = random();
    return draw < 0.3 ? 0 : draw < 0.35 ? Number.NaN : Math.round(200 * random()) / 50 - 2;
  });
  const cuts = cutsOf(column, column.length, 16);
  assert.ok(cuts.length > 8 && cuts.length <= 16);
  const bins = binned(column, column.length, cuts);
  const model = new FusionModel({
    ...{ format: MODEL_FORMAT, version: MODEL_VERSION, name: 'test', limitMs: 1, intercept: 0 },
    shapes: [{ feature: 'takers', kind: 'signed', unit: '', cuts, values: [...cuts, 0].map((_, i) => i) }],
  });
  column.forEach((value, i) => {
    if (Number.isNaN(value)) assert.equal(bins[i], UNKNOWN);
    else assert.equal(model.contribution(0, value, false), bins[i]);
  });
  // a detector that is mostly silent: what little it says is not thrown together with its silence
  const silence = bins[column.indexOf(0)];
  column.forEach((value, i) => {
    assert.equal(bins[i] === silence, value === 0);
  });
  assert.deepEqual(cutsOf(Float64Array.of(3, 3, 3, 3), 4, 8), []);
});

test('logistic regression finds the weights that made the data', () => {
  const random = generator(seed);
  const count = 20_000;
  const columns = [0, 1].map(() => Float64Array.from({ length: count }, () => 2 * random() - 1));
  const offset = Float64Array.from({ length: count }, () => random() - 0.5);
  const reached = Uint8Array.from({ length: count }, (_, i) =>
    random() < probabilityOf(offset[i]! - 0.4 + 1.2 * columns[0]![i]! - 0.7 * columns[1]![i]!) ? 1 : 0,
  );
  const { intercept, weights } = logistic(columns, offset, reached, new Float64Array(count).fill(1), 0);
  assert.ok(Math.abs(intercept + 0.4) < 0.06);
  assert.ok(Math.abs(weights[0]! - 1.2) < 0.1 && Math.abs(weights[1]! + 0.7) < 0.1);
});
