import { EVEN_NAMES, LEVELS, ODD_NAMES, RegimeFeatures } from '../../core/brain/regime/features.ts';
import {
  type FilterTerms,
  Odds,
  type OddsWeights,
  REGIMES,
  RegimeFilter,
  type RegimeModel,
  VOLATILE,
} from '../../core/brain/regime/model.ts';
import { WARM_UP_SECONDS } from '../../core/brain/regime/reader.ts';
import { Second } from '../../core/brain/regime/second.ts';
import type { RegimeWords } from '../evaluate/regime-truth.ts';
import {
  digits,
  type Evidence,
  filterLoss,
  fitFilter,
  fitOdds,
  type Moments,
  type Use,
  within,
} from './fit.ts';
import { type RecordedMarket, secondAt } from './seconds.ts';
import { wordsOf } from './words.ts';

export interface TrainOptions {
  readonly ridge: number;
  /** Which features may be used at all. */
  readonly use: Use;
  /** Whether what is believed of a volatile regime mends what is usual. */
  readonly mend: boolean;
  /** The filter, where it is not to be fitted. */
  readonly filter?: FilterTerms;
  /** The one instrument to fit on; every one when there is none. */
  readonly only?: string;
}

/** The horizons: how far back the features of each remember, seconds. */
const HORIZONS = [60, 240, 480] as const;
/** One moment in so many seconds enters the fit: neighbours say the same. */
const EVERY = 5;
/** Markets are parted by seed into so many; each is read by what was fitted on the others. */
const FOLDS = 4;
/** Beliefs and features make each other: so often around. */
const PASSES = 3;

export interface Trained {
  readonly model: Omit<RegimeModel, 'fittedOn'>;
  /** What was said of each market of the fit by a fit on the others; and the loss of it, the longest horizon's. */
  readonly words: readonly (RegimeWords & { readonly instrument: string })[];
  readonly loss: number;
}

/** Fits a model; what it says of its own success is out of fold, its seeds having been no part of each fit. */
export function train(all: readonly RecordedMarket[], options: TrainOptions): Trained {
  const { ridge, use, mend, filter: given, only } = options;
  const markets = all.filter(({ instrument }) => only === undefined || instrument === only);
  const shift = mend ? shiftsOf(markets) : new Float64Array(LEVELS.length);
  let beliefs: readonly Float64Array[] = markets.map(({ truth }) => new Float64Array(truth.length));
  const longest = HORIZONS[HORIZONS.length - 1]!;
  let odds: readonly Float64Array[] = [];
  let filter: FilterTerms & { readonly loss: number } = { hazard: 0, evidence: 0, loss: 0 };
  let walks: readonly Walk[] = [];
  for (let pass = 0; pass < (mend ? PASSES : 1); pass++) {
    walks = markets.map((market, i) => walk(market, shift, beliefs[i]!));
    odds = outOfFold(markets, walks, (name) => use(name) && within(longest)(name), ridge);
    const evidence = markets.map(({ truth }, i): Evidence => ({ truth, odds: odds[i]! }));
    filter =
      given === undefined
        ? fitFilter(evidence, WARM_UP_SECONDS)
        : { ...given, loss: filterLoss(evidence, given, WARM_UP_SECONDS) };
    beliefs = evidence.map((each) => beliefOf(each, filter));
  }
  const moments = momentsOf(markets, walks);
  const horizons = HORIZONS.map((seconds) => {
    const uses: Use = (name) => use(name) && within(seconds)(name);
    const weights = fitOdds(moments, uses, ridge);
    const own =
      seconds === longest
        ? filter
        : fitFilter(
            outOfFold(markets, walks, uses, ridge).map((each, i) => ({
              odds: each,
              truth: markets[i]!.truth,
            })),
            WARM_UP_SECONDS,
          );
    return {
      name: `${seconds / 60} min`,
      odds: weights,
      filter: { hazard: own.hazard, evidence: own.evidence },
    };
  });
  const words = markets.map((market, i) => ({
    ...wordsOf(market, filtered(odds[i]!, filter)),
    instrument: market.instrument,
  }));
  const named = Object.fromEntries(LEVELS.map((name, i) => [name, digits(shift[i]!)]));
  return { model: { version: 1, shift: named, horizons }, words, loss: filter.loss };
}

interface Walk {
  readonly even: Float64Array;
  readonly odd: Float64Array;
}

/** The features of every second, given what was believed of a volatile regime before it. */
function walk(market: RecordedMarket, shift: Float64Array, volatile: Float64Array): Walk {
  const features = new RegimeFeatures(shift);
  const second = new Second();
  const { length } = market.truth;
  const even = new Float64Array(length * EVEN_NAMES.length);
  const odd = new Float64Array(length * ODD_NAMES.length);
  for (let s = 0; s < length; s++) {
    features.step(secondAt(market, s, second), s > 0 ? volatile[s - 1]! : 0);
    even.set(features.even, s * EVEN_NAMES.length);
    odd.set(features.odd, s * ODD_NAMES.length);
  }
  return { even, odd };
}

/** Seconds from which on the fit looks: the detector's word comes later, but there are few such. */
const FROM = 120;

function momentsOf(
  markets: readonly RecordedMarket[],
  walks: readonly Walk[],
  take: (market: RecordedMarket) => boolean = () => true,
): Moments {
  const truth: number[] = [];
  const evens: Float64Array[] = [];
  const odds: Float64Array[] = [];
  markets.forEach((market, i) => {
    if (!take(market)) return;
    for (let s = FROM; s < market.truth.length; s += EVERY) {
      if (market.truth[s]! < 0) continue;
      truth.push(market.truth[s]!);
      evens.push(walks[i]!.even.subarray(s * EVEN_NAMES.length, (s + 1) * EVEN_NAMES.length));
      odds.push(walks[i]!.odd.subarray(s * ODD_NAMES.length, (s + 1) * ODD_NAMES.length));
    }
  });
  const even = new Float64Array(truth.length * EVEN_NAMES.length);
  const odd = new Float64Array(truth.length * ODD_NAMES.length);
  evens.forEach((row, i) => {
    even.set(row, i * EVEN_NAMES.length);
  });
  odds.forEach((row, i) => {
    odd.set(row, i * ODD_NAMES.length);
  });
  return { count: truth.length, even, odd, truth: Int8Array.from(truth) };
}

function outOfFold(
  markets: readonly RecordedMarket[],
  walks: readonly Walk[],
  use: Use,
  ridge: number,
): Float64Array[] {
  const folds = Array.from(
    { length: FOLDS },
    (_, fold): OddsWeights =>
      fitOdds(
        momentsOf(markets, walks, ({ seed }) => seed % FOLDS !== fold),
        use,
        ridge,
      ),
  );
  return markets.map(({ seed, truth }, i) => {
    const model = new Odds(folds[seed % FOLDS]!);
    const odds = new Float64Array(truth.length * REGIMES.length);
    const { even, odd } = walks[i]!;
    for (let s = 0; s < truth.length; s++)
      model.of(
        even.subarray(s * EVEN_NAMES.length, (s + 1) * EVEN_NAMES.length),
        odd.subarray(s * ODD_NAMES.length, (s + 1) * ODD_NAMES.length),
        odds.subarray(s * REGIMES.length, (s + 1) * REGIMES.length),
      );
    return odds;
  });
}

function filtered(odds: Float64Array, terms: FilterTerms): Float64Array {
  const filter = new RegimeFilter(terms);
  const all = new Float64Array(odds.length);
  for (let at = 0; at < odds.length; at += REGIMES.length) {
    filter.step(odds.subarray(at, at + REGIMES.length));
    all.set(filter.probabilities, at);
  }
  return all;
}

function beliefOf({ odds, truth }: Evidence, terms: FilterTerms): Float64Array {
  const probabilities = filtered(odds, terms);
  return Float64Array.from(truth, (_, s) => probabilities[s * REGIMES.length + VOLATILE]!);
}

/** How much higher each level is in a volatile regime than in the others of the same market, in the mean of the markets. */
function shiftsOf(markets: readonly RecordedMarket[]): Float64Array {
  const shift = new Float64Array(LEVELS.length);
  let known = 0;
  for (const market of markets) {
    const features = new RegimeFeatures(new Float64Array(LEVELS.length));
    const second = new Second();
    const sums = [new Float64Array(LEVELS.length), new Float64Array(LEVELS.length)];
    const counts = [0, 0];
    for (let s = 0; s < market.truth.length; s++) {
      features.step(secondAt(market, s, second), 0);
      const is = market.truth[s]!;
      if (is < 0 || s < FROM) continue;
      const which = is === VOLATILE ? 1 : 0;
      counts[which]! += 1;
      for (let i = 0; i < LEVELS.length; i++) sums[which]![i]! += features.middle[i]!;
    }
    if (Math.min(counts[0]!, counts[1]!) < FROM) continue;
    known += 1;
    for (let i = 0; i < LEVELS.length; i++)
      shift[i]! += sums[1]![i]! / counts[1]! - sums[0]![i]! / counts[0]!;
  }
  return known === 0 ? shift : shift.map((sum) => sum / known);
}
