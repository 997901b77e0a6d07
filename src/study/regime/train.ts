import {
  EVEN_NAMES,
  ODD_NAMES,
  RegimeFeatures,
  USUAL_AGAINST_PAST,
} from '../../core/brain/regime/features.ts';
import {
  type FilterTerms,
  Odds,
  type OddsWeights,
  REGIMES,
  RegimeFilter,
  type RegimeHorizon,
} from '../../core/brain/regime/model.ts';
import { WARM_UP_SECONDS } from '../../core/brain/regime/reader.ts';
import { Second } from '../../core/brain/regime/second.ts';
import type { RegimeWords } from '../evaluate/regime-truth.ts';
import { type Evidence, filterLoss, fitFilter, fitOdds, type Moments, type Use, within } from './fit.ts';
import { CandleTeller, type RecordedMarket, secondAt } from './seconds.ts';
import { wordsOf } from './words.ts';

export interface TrainOptions {
  readonly ridge: number;
  /** Which features may be used at all. */
  readonly use: Use;
  /** Whether candles from before are told. */
  readonly past: boolean;
  /** The filter, where it is not to be fitted. */
  readonly filter?: FilterTerms;
  /** The one instrument to fit on; every one when there is none. */
  readonly only?: string;
}

/** The horizons: how far back the features of each remember, seconds. */
const HORIZONS = [60, 240, 480] as const;
/** One moment in so many seconds enters the fit: neighbours say the same. */
const EVERY = 15;
/** Markets are parted by seed into so many; each is read by what was fitted on the others. */
const FOLDS = 4;
export interface Trained {
  readonly horizons: readonly RegimeHorizon[];
  /** What was said of each market of the fit by a fit on the others; and the loss of it, the longest horizon's. */
  readonly words: readonly (RegimeWords & {
    readonly instrument: string;
    readonly probabilities: Float64Array;
  })[];
  readonly loss: number;
}

/** Fits a model; what it says of its own success is out of fold, its seeds having been no part of each fit. */
export function train(all: readonly RecordedMarket[], options: TrainOptions): Trained {
  const { ridge, past, filter: given, only } = options;
  const use: Use = (name) => options.use(name) && (past || name !== USUAL_AGAINST_PAST);
  const markets = all.filter(({ instrument }) => only === undefined || instrument === only);
  const walks = markets.map((market) => walk(market, past));
  const longest = HORIZONS[HORIZONS.length - 1]!;
  const odds = outOfFold(markets, walks, (name) => use(name) && within(longest)(name), ridge);
  const evidence = markets.map(({ truth }, i): Evidence => ({ truth, odds: odds[i]! }));
  const filter =
    given === undefined
      ? fitFilter(evidence, WARM_UP_SECONDS)
      : { ...given, loss: filterLoss(evidence, given, WARM_UP_SECONDS) };
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
  const words = markets.map((market, i) => {
    const probabilities = filtered(odds[i]!, filter);
    return { ...wordsOf(market, probabilities), probabilities, instrument: market.instrument };
  });
  return { horizons, words, loss: filter.loss };
}

interface Walk {
  readonly even: Float64Array;
  readonly odd: Float64Array;
}

/** The features of every second. */
function walk(market: RecordedMarket, past: boolean): Walk {
  const features = new RegimeFeatures();
  const candles = past ? new CandleTeller(market, features) : null;
  const second = new Second();
  const { length } = market.truth;
  const even = new Float64Array(length * EVEN_NAMES.length);
  const odd = new Float64Array(length * ODD_NAMES.length);
  for (let s = 0; s < length; s++) {
    candles?.before(s);
    features.step(secondAt(market, s, second));
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
  const filter = new RegimeFilter();
  const all = new Float64Array(odds.length);
  for (let at = 0; at < odds.length; at += REGIMES.length) {
    filter.step(odds.subarray(at, at + REGIMES.length), terms);
    all.set(filter.probabilities, at);
  }
  return all;
}
