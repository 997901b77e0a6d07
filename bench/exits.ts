/**
 * What the ways of placing take profit and stop loss are worth: the same entries, different exits, in pairs.
 * `npx node bench/exits.ts [MINUTES OF SIMULATED BOOK, 0 = none]` prints the tables of docs/exits.md.
 *
 * Entries: at random, with breaks and against stretched moves, on five months of real OKX candles, on made-up paths of
 * known nature, and on the book of the embedded exchange. Each method is compared, entry by entry, with the fixed 2 % / 1 %,
 * with fixed percentages of its own mean width, and with its own distances dealt out to the entries at random.
 */
import { existsSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { engineConfig } from '../src/config/engine.ts';
import { parseSettings } from '../src/config/load.ts';
import { type ExitMethodName, type ExitsConfig, placeExits } from '../src/core/exits/exits.ts';
import { ticks } from '../src/core/units.ts';
import { Random } from '../src/exchange/random.ts';
import {
  compare,
  drawdownOf,
  type Entry,
  follow,
  type Outcome,
  type Plan,
  planOf,
  shuffled,
  type Terms,
} from '../src/study/exits/paired.ts';
import {
  breakouts,
  type FigureSettings,
  fades,
  randomEntries,
  type Scene,
} from '../src/study/exits/scene.ts';
import { makePath, PATHS, readCandles, simulateBook } from '../src/study/exits/scenes.ts';
import {
  type BootstrapOptions,
  type Interval,
  meanOf,
  pairedInterval,
} from '../src/study/statistics/bootstrap.ts';

const SEED = 20_261_122;
const FOLDER = new URL('../../shared/data/okx-candles/', import.meta.url).pathname;
/** How often a method's distances are dealt out anew. */
const DEALS = 100;
const LEVEL = 0.95;
const RESAMPLES = 2000;

const settings = engineConfig(parseSettings('', 'defaults'), 'bench');
const exits: ExitsConfig = settings.exits;
const figures: FigureSettings = {
  atrPeriod: settings.market.atrPeriod,
  volatilityWindow: settings.market.volatilityWindow,
  volatilityWindowLong: settings.market.volatilityWindowLong,
  levelBars: 48,
};
/** Two hours stand for the usual: eight would be spent before the first trade. */
const BOOK_FIGURES: FigureSettings = { ...figures, volatilityWindowLong: 120 };
/** Bars of five minutes: two days at most. */
const CANDLE_TERMS: Terms = { takerFee: 0.0005, slippage: 1, barsMax: 576 };
/** Bars of one second: two hours at most. */
const BOOK_TERMS: Terms = { takerFee: 0.0005, slippage: 1, barsMax: 7200 };

interface Sample {
  readonly scene: Scene;
  readonly entry: Entry;
}
/** Entries of all scenes in the order of time, so that what happens together stays together. */
const inTime = (samples: readonly Sample[]): Sample[] =>
  samples.toSorted((one, other) => one.scene.openAt[one.entry.bar]! - other.scene.openAt[other.entry.bar]!);

function plansOf(samples: readonly Sample[], method: ExitMethodName, terms: Terms): (Plan | null)[] {
  return samples.map(({ scene, entry: { bar, direction } }) => {
    const entry = ticks(scene.bars.open[bar]!);
    const known = scene.known(bar);
    const placed = placeExits({ ...exits, method }, scene.instrument, {
      ...known,
      direction,
      entry,
      roundTripCost: 2 * terms.takerFee + (2 * terms.slippage) / entry,
    });
    return placed.ok ? planOf(entry, placed.value) : null;
  });
}

/** Per scene and in fractions of the entry price, so that a plan can be dealt to another entry. */
function dealt(samples: readonly Sample[], plans: readonly (Plan | null)[], random: Random): (Plan | null)[] {
  const result: (Plan | null)[] = plans.map(() => null);
  for (const scene of new Set(samples.map((sample) => sample.scene))) {
    const places = samples.flatMap((sample, at) => (sample.scene === scene ? [at] : []));
    const price = (at: number): number => scene.bars.open[samples[at]!.entry.bar]!;
    const fractions = places.map((at) => scaled(plans[at]!, 1 / price(at)));
    const turned = shuffled(fractions, (bound) => random.below(bound));
    for (const [i, at] of places.entries()) result[at] = scaled(turned[i]!, price(at));
  }
  return result;
}

const scaled = (plan: Plan | null, factor: number): Plan | null =>
  plan === null ? null : { reward: plan.reward * factor, risk: plan.risk * factor };

/** Per scene the mean of the method's fractions, for every entry that it took. */
function sameWidth(samples: readonly Sample[], plans: readonly (Plan | null)[]): (Plan | null)[] {
  const result: (Plan | null)[] = plans.map(() => null);
  for (const scene of new Set(samples.map((sample) => sample.scene))) {
    const places = samples.flatMap((sample, at) =>
      sample.scene === scene && plans[at] !== null ? [at] : [],
    );
    const price = (at: number): number => scene.bars.open[samples[at]!.entry.bar]!;
    const mean = (of: (plan: Plan) => number): number =>
      meanOf(Float64Array.from(places, (at) => of(plans[at]!) / price(at)));
    const reward = mean((plan) => plan.reward);
    const risk = mean((plan) => plan.risk);
    for (const at of places) result[at] = { reward: reward * price(at), risk: risk * price(at) };
  }
  return result;
}

const followed = (
  samples: readonly Sample[],
  plans: readonly (Plan | null)[],
  terms: Terms,
): (Outcome | null)[] =>
  samples.map(({ scene, entry }, at) => {
    const plan = plans[at]!;
    return plan === null ? null : follow(scene.bars, entry, plan, terms);
  });

const taken = (outcomes: readonly (Outcome | null)[]): Outcome[] =>
  outcomes.filter((outcome) => outcome !== null);
const netOf = (outcomes: readonly (Outcome | null)[]): Float64Array =>
  Float64Array.from(taken(outcomes), ({ net }) => net);

function describe(
  name: string,
  outcomes: readonly (Outcome | null)[],
  plans: readonly (Plan | null)[],
  samples: readonly Sample[],
  hoursPerBar: number,
): string {
  const all = taken(outcomes);
  const net = netOf(outcomes);
  const mean = meanOf(net);
  const deviation = Math.sqrt(meanOf(net.map((value) => (value - mean) ** 2)));
  const worst = net.toSorted().subarray(0, Math.ceil(net.length / 20));
  const share = (of: (outcome: Outcome) => boolean): string =>
    `${((all.filter(of).length / all.length) * 100).toFixed(0)} %`;
  const width = (of: (plan: Plan) => number): number =>
    meanOf(
      Float64Array.from(
        plans.flatMap((plan, at) => {
          const { scene, entry } = samples[at]!;
          return plan === null ? [] : [(of(plan) / scene.bars.open[entry.bar]!) * 10_000];
        }),
      ),
    );
  const stop = width(({ risk }) => risk);
  const reward = width((plan) => plan.reward);
  const costs = meanOf(Float64Array.from(all, (outcome) => outcome.costs));
  const held = meanOf(Float64Array.from(all, (outcome) => outcome.bars)) * hoursPerBar;
  return row([
    name,
    `${all.length}`,
    `${plans.length - all.length}`,
    stop.toFixed(0),
    mean.toFixed(1),
    (mean + costs).toFixed(1),
    deviation.toFixed(0),
    meanOf(worst).toFixed(0),
    percentOf(drawdownOf(net)),
    percentOf(drawdownOf(Float64Array.from(all, (outcome) => outcome.net + outcome.costs))),
    held < 1 ? `${(held * 60).toFixed(0)} min` : `${held.toFixed(1)} h`,
    share(({ reason }) => reason === 'target'),
    share(({ reason }) => reason === 'stop'),
    share(({ ambiguous }) => ambiguous),
    `${((costs / stop) * 100).toFixed(0)} %`,
    `${(((stop + costs) / (stop + reward)) * 100).toFixed(0)} %`,
  ]);
}

const percentOf = (basisPoints: number): string => `${(basisPoints / 100).toFixed(0)} %`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const head = (cells: readonly string[]): string => `${row(cells)}\n|${cells.map(() => '---').join('|')}|`;
type Span = Pick<Interval, 'estimate' | 'low' | 'high'>;
const span = ({ estimate, low, high }: Span, scale = 1, digits = 1): string => {
  const text = (value: number): string =>
    `${value * scale > 0 ? '+' : ''}${(value * scale).toFixed(digits).replace('-', '−')}`;
  const mark = low > 0 || high < 0 ? '**' : '';
  return `${mark}${text(estimate)}${mark} [${text(low)}, ${text(high)}]`;
};

/**
 * A method against its own distances dealt to the entries at random. The result of a trade is compared with its mean over
 * all deals, which leaves the chance of a single deal out; a drawdown has no such mean, so it is compared with those of the
 * deals one by one: the middle 95 % of the differences.
 */
function againstDeals(
  method: string,
  samples: readonly Sample[],
  plans: readonly (Plan | null)[],
  outcomes: readonly (Outcome | null)[],
  terms: Terms,
  options: BootstrapOptions,
): string {
  const random = new Random(SEED, 3);
  const own = netOf(outcomes);
  const mean = new Float64Array(own.length);
  const falls = new Float64Array(DEALS);
  for (let deal = 0; deal < DEALS; deal++) {
    const net = netOf(followed(samples, dealt(samples, plans, random), terms));
    for (let i = 0; i < net.length; i++) mean[i]! += net[i]! / DEALS;
    falls[deal] = drawdownOf(own) - drawdownOf(net);
  }
  falls.sort();
  const drawdown = {
    estimate: meanOf(falls),
    low: falls[Math.floor(DEALS * 0.025)]!,
    high: falls[Math.ceil(DEALS * 0.975) - 1]!,
  };
  const net = pairedInterval(own, mean, meanOf, options);
  return row([method, 'own distances at random', `${own.length}`, span(net), span(drawdown, 0.01, 0)]);
}

/** All methods on one set of entries, which are spread over `timeline` bars. */
function study(
  title: string,
  samples: readonly Sample[],
  methods: readonly ExitMethodName[],
  terms: Terms,
  timeline: number,
): void {
  const hoursPerBar = (samples[0]!.scene.openAt[1]! - samples[0]!.scene.openAt[0]!) / 3_600_000;
  const long = samples.filter(({ entry }) => entry.direction === 'long').length;
  // what a trade may last: trades that overlap share their market, and are drawn together
  const block = Math.max(1, Math.round((samples.length * terms.barsMax) / timeline));
  const options = { resamples: RESAMPLES, block, level: LEVEL, seed: SEED };
  console.log(`\n#### ${title}: ${samples.length} entries, ${long} long, blocks of ${block}\n`);
  const summary: string[] = [];
  const differences: string[] = [];
  const fixedPlans = plansOf(samples, 'percentage', terms);
  const fixed = followed(samples, fixedPlans, terms);
  for (const method of methods) {
    const plans = method === 'percentage' ? fixedPlans : plansOf(samples, method, terms);
    const outcomes = followed(samples, plans, terms);
    summary.push(describe(method, outcomes, plans, samples, hoursPerBar));
    if (method === 'percentage') continue;
    for (const [against, other] of [
      ['2 % / 1 %', fixed],
      ['fixed, same width', followed(samples, sameWidth(samples, plans), terms)],
    ] as const) {
      const { pairs, net, drawdown } = compare(outcomes, other, options);
      differences.push(row([method, against, `${pairs}`, span(net), span(drawdown, 0.01, 0)]));
    }
    differences.push(againstDeals(method, samples, plans, outcomes, terms, options));
  }
  console.log(
    head([
      'exits',
      'trades',
      'refused',
      'stop, bp',
      'net, bp',
      'before costs',
      'deviation',
      'worst 5 %',
      'drawdown',
      'before costs',
      'held',
      'target',
      'stop',
      'both in one bar',
      'costs of stop',
      'target wanted',
    ]),
  );
  console.log(summary.join('\n'));
  console.log('');
  console.log(head(['exits', 'against', 'pairs', 'net per trade, bp', 'drawdown, % of notional']));
  console.log(differences.join('\n'));
}

const CANDLE_METHODS = ['percentage', 'atr', 'volatility', 'microstructure'] as const;

function studyCandles(title: string, scenes: readonly Scene[]): void {
  const random = new Random(SEED, 1);
  const { barsMax } = CANDLE_TERMS;
  const timeline = scenes[0]!.openAt.length;
  const broken: Sample[] = [];
  const faded: Sample[] = [];
  const drawn: Sample[] = [];
  for (const scene of scenes) {
    const breaks = breakouts(scene, 48, 24, barsMax);
    const turns = fades(scene, 48, 2.5, 24, barsMax);
    const matched = randomEntries(scene, [...breaks, ...turns], barsMax, (bound) => random.below(bound));
    for (const [list, entries] of [
      [broken, breaks],
      [faded, turns],
      [drawn, matched],
    ] as const)
      for (const entry of entries) list.push({ scene, entry });
  }
  study(`${title}, at random`, inTime(drawn), CANDLE_METHODS, CANDLE_TERMS, timeline);
  study(`${title}, with breaks`, inTime(broken), CANDLE_METHODS, CANDLE_TERMS, timeline);
  study(`${title}, against stretched moves`, inTime(faded), CANDLE_METHODS, CANDLE_TERMS, timeline);
}

function studyBook(minutes: number): void {
  const random = new Random(SEED, 2);
  const drawn: Sample[] = [];
  const leaning: Sample[] = [];
  let timeline = 0;
  for (const seed of [101, 102, 103]) {
    const scene = simulateBook(seed, minutes, exits, settings.market.brain.microstructure, BOOK_FIGURES);
    const last = scene.openAt.length - BOOK_TERMS.barsMax;
    timeline += last - scene.firstBar;
    for (let bar = scene.firstBar; bar < last; bar += 1 + random.below(90)) {
      drawn.push({ scene, entry: { bar, direction: random.chance(0.5) ? 'long' : 'short' } });
      const lean = scene.known(bar).imbalance ?? 0;
      if (Math.abs(lean) > 0.3)
        leaning.push({ scene, entry: { bar, direction: lean > 0 ? 'long' : 'short' } });
    }
  }
  // the seeds are separate markets: one after the other, not mixed
  study('simulated book, at random', drawn, CANDLE_METHODS, BOOK_TERMS, timeline);
  study('simulated book, with the imbalance', leaning, CANDLE_METHODS, BOOK_TERMS, timeline);
}

const minutes = Number(process.argv[2] ?? 480);
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}; seed ${SEED}, ${RESAMPLES} resamples, 95 %.`,
);
const files = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((name) => /-5m-\d+-\d+\.csv\.gz$/.test(name))
  : [];
if (files.length === 0) console.log(`\nno real candles: ${FOLDER} is not there`);
else {
  const scenes = files
    .sort()
    .map((name) => readCandles(join(FOLDER, name), name.slice(0, name.indexOf('-5m-')), figures));
  studyCandles('real candles', scenes);
}
for (const kind of PATHS)
  studyCandles(
    kind,
    [1, 2, 3, 4, 5].map((seed) => makePath(kind, SEED + seed, 44_064, figures)),
  );
if (minutes > 0) studyBook(minutes);
