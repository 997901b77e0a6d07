import { Random } from '../../exchange/random.ts';
import { DRAWING, type Drawing, type Figure, figureOf, plain, withheld } from './figures.ts';
import { PartShuffler } from './information.ts';

/** What was said of trades and what became of them, one entry each, in order of time. */
export interface Predictions {
  /** 0…1: how probable it was called that the target is reached before the stop. */
  readonly confidence: ArrayLike<number>;
  /** 1: it was; 0: it was not, the end of the time limit included. */
  readonly reached: ArrayLike<number>;
  /** From touch to touch, fees not paid, basis points. */
  readonly returnBp: ArrayLike<number>;
  /** What the trade costs besides, basis points; left out: nothing. */
  readonly costBp?: ArrayLike<number>;
  /** Which of them would be traded; left out: none. */
  readonly acts?: ArrayLike<boolean>;
  /** Which stretch of time each belongs to: drawn together. Not falling. */
  readonly part: ArrayLike<number>;
  /** Which instrument each is of, 0, 1, 2 …; left out: all of one. */
  readonly instrument?: ArrayLike<number>;
  /** 0…1: what else was said of the same trades, such as the odds of a price without drift; left out: nothing. */
  readonly odds?: ArrayLike<number>;
}

export interface Bucket {
  readonly count: number;
  /** Least and greatest confidence in it, and the mean. */
  readonly from: number;
  readonly to: number;
  readonly confidence: number;
  /** Share that reached the target. */
  readonly reached: Figure;
  /** Mean return from touch to touch, basis points, before fees; and after all costs. */
  readonly edgeBp: Figure;
  readonly netBp: Figure;
  /** Mean cost, basis points. */
  readonly costBp: number;
}

export interface Calibration {
  readonly count: number;
  /** Share of all that reached the target: what somebody who knows nothing else would say each time. */
  readonly baseRate: Figure;
  /** Ten of equal count where there are as many different confidences, the least first. */
  readonly buckets: readonly Bucket[];
  /** Expected calibration error: Σ (share of the entries) × |mean confidence − share reached| over the buckets. */
  readonly error: Figure;
  /**
   * The calibration error that a perfectly calibrated confidence of the same values would show, by chance alone, in as many
   * entries: mean over drawn outcomes. They are drawn independently, so with overlapping trades the real one is larger.
   */
  readonly errorByChance: number | null;
  /** Mean of (confidence − reached)²; smaller is better. */
  readonly brier: Figure;
  /** The same of the base rate said each time. */
  readonly brierOfBaseRate: Figure;
  /** By how much the base rate's is larger, drawn together: both share the luck of the draw. Above 0: the confidence knows something. */
  readonly brierGain: Figure;
  /** Each instrument's own base rate said each time. */
  readonly brierOfOwnBaseRate: Figure;
  /** Confidences put to other moments of the same instrument; withheld where an instrument has too few stretches for others. */
  readonly brierShuffled: Figure;
  /** The same of `odds`, and their calibration error; withheld where none were told. */
  readonly brierOfOdds: Figure;
  readonly errorOfOdds: Figure;
  /** Mean of −ln(probability given to what happened); confidences of 0 and 1 count as 1e-6 away from it. */
  readonly logLoss: Figure;
  readonly logLossOfBaseRate: Figure;
  /** Mean return of all entries, and of the surest tenth, basis points before fees. */
  readonly edgeBp: Figure;
  readonly surestEdgeBp: Figure;
  /** Of those that would be traded: how many, and their mean return after all costs, basis points. */
  readonly acted: number;
  readonly actedNetBp: Figure;
  /** The middle 95 % of the surest tenth's return when the confidences are put to other moments of the same instrument. */
  readonly surestByChance: { readonly low: number; readonly high: number } | null;
}

const BUCKETS = 10;
/** Of fewer nothing is said. */
export const ENTRIES_MIN = 100;
const SHUFFLES = 200;
/** In fewer stretches a confidence cannot be anywhere else. */
const PARTS_OF_CHANCE_MIN = 4;

/**
 * Grades a confidence: does it mean what it says, and is what it says worth anything. `whyFew` says why there are too few
 * entries, if there are and it is known.
 */
export function calibration(predictions: Predictions, drawing: Drawing = DRAWING, whyFew = ''): Calibration {
  const { confidence, part } = predictions;
  const count = confidence.length;
  if (count < ENTRIES_MIN) {
    const none = withheld(`not enough: ${whyFew || `${count} entries, at least ${ENTRIES_MIN} needed`}`);
    return {
      ...{ count, baseRate: none, buckets: [], error: none, errorByChance: null, brier: none },
      ...{
        brierOfBaseRate: none,
        brierOfOwnBaseRate: none,
        brierGain: none,
        brierShuffled: none,
        brierOfOdds: none,
        errorOfOdds: none,
        logLoss: none,
        logLossOfBaseRate: none,
      },
      ...{ edgeBp: none, surestEdgeBp: none, acted: 0, actedNetBp: none, surestByChance: null },
    };
  }
  const parts = part[count - 1]! + 1;
  const bucketOf = bucketsOf(confidence);
  const buckets = bucketOf.reduce((most, bucket) => Math.max(most, bucket), 0) + 1;
  const sums = new Sums(predictions, bucketOf, parts, buckets);
  const figure = (statistic: (weights: Float64Array) => number): Figure =>
    figureOf(parts, statistic, 'no entry', drawing);
  const owners = ownersOf(predictions);
  const shuffled = shuffle(predictions, owners, bucketOf, buckets, drawing.seed);
  const odds = oddsOf(predictions, parts, figure);
  const share = sums.reached(ONES(parts)) / count;
  return {
    count,
    baseRate: figure((w) => sums.reached(w) / sums.count(w)),
    buckets: Array.from({ length: buckets }, (_, bucket) => {
      const own: number[] = [];
      for (let i = 0; i < count; i++) if (bucketOf[i] === bucket) own.push(confidence[i]!);
      return {
        count: own.length,
        from: own.reduce((a, b) => Math.min(a, b)),
        to: own.reduce((a, b) => Math.max(a, b)),
        confidence: own.reduce((sum, each) => sum + each, 0) / own.length,
        reached: figure((w) => sums.of(bucket, w, REACHED) / sums.of(bucket, w, COUNT)),
        edgeBp: figure((w) => sums.of(bucket, w, RETURN) / sums.of(bucket, w, COUNT)),
        netBp: figure(
          (w) => (sums.of(bucket, w, RETURN) - sums.of(bucket, w, COST)) / sums.of(bucket, w, COUNT),
        ),
        costBp: sums.of(bucket, ONES(parts), COST) / own.length,
      };
    }),
    error: figure((w) => errorOf(sums, w, buckets)),
    errorByChance: errorByChance(confidence, bucketOf, buckets, drawing.seed),
    brier: figure((w) => sums.total(w, SQUARED) / sums.count(w)),
    brierOfBaseRate: figure((w) => ofBaseRate(sums, w)),
    brierGain: figure((w) => ofBaseRate(sums, w) - sums.total(w, SQUARED) / sums.count(w)),
    brierOfOwnBaseRate: figure(ofOwnBaseRate(predictions, owners, parts)),
    brierShuffled: shuffled === null ? withheld(TOO_FEW_STRETCHES) : plain(mean(shuffled.brier), 'no entry'),
    brierOfOdds: odds.brier,
    errorOfOdds: odds.error,
    logLoss: figure((w) => sums.total(w, LOSS) / sums.count(w)),
    logLossOfBaseRate: plain(-share * Math.log(share) - (1 - share) * Math.log(1 - share), 'all alike'),
    edgeBp: figure((w) => sums.total(w, RETURN) / sums.count(w)),
    surestEdgeBp: figure((w) => sums.of(buckets - 1, w, RETURN) / sums.of(buckets - 1, w, COUNT)),
    acted: sums.total(ONES(parts), ACTED),
    actedNetBp: figureOf(
      parts,
      (w) => sums.total(w, ACTED_NET) / sums.total(w, ACTED),
      'nothing would have been traded',
      drawing,
    ),
    surestByChance:
      shuffled === null
        ? null
        : { low: quantile(shuffled.surest, 0.025), high: quantile(shuffled.surest, 0.975) },
  };
}

/** Of each entry its bucket: equal counts, but equal confidences are never parted. */
export function bucketsOf(confidence: ArrayLike<number>): Uint8Array {
  const count = confidence.length;
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => confidence[a]! - confidence[b]!,
  );
  const result = new Uint8Array(count);
  let bucket = -1;
  let wanted = -1;
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && confidence[order[to]!] === confidence[order[from]!]) to += 1;
    // by the middle of a run of equals
    const next = Math.min(BUCKETS - 1, Math.floor((((from + to) / 2) * BUCKETS) / count));
    if (next !== wanted) bucket += 1;
    wanted = next;
    for (let i = from; i < to; i++) result[order[i]!] = bucket;
    from = to;
  }
  return result;
}

const COUNT = 0;
const REACHED = 1;
const RETURN = 2;
const CONFIDENCE = 3;
const SQUARED = 4;
const LOSS = 5;
const COST = 6;
const ACTED = 7;
const ACTED_NET = 8;
const FIELDS = 9;
const CERTAIN = 1e-6;

/** Sums over the entries of each part and bucket. */
class Sums {
  private readonly values: Float64Array;
  private readonly buckets: number;

  constructor(
    { confidence, reached, returnBp, costBp, acts, part }: Predictions,
    bucketOf: Uint8Array,
    parts: number,
    buckets: number,
  ) {
    this.buckets = buckets;
    this.values = new Float64Array(parts * buckets * FIELDS);
    for (let i = 0; i < confidence.length; i++) {
      const at = (part[i]! * buckets + bucketOf[i]!) * FIELDS;
      const p = confidence[i]!;
      const hit = reached[i]!;
      const said = Math.min(1 - CERTAIN, Math.max(CERTAIN, p));
      this.values[at + COUNT]! += 1;
      this.values[at + REACHED]! += hit;
      this.values[at + RETURN]! += returnBp[i]!;
      this.values[at + CONFIDENCE]! += p;
      const cost = costBp?.[i] ?? 0;
      this.values[at + COST]! += cost;
      if (acts?.[i] === true) {
        this.values[at + ACTED]! += 1;
        this.values[at + ACTED_NET]! += returnBp[i]! - cost;
      }
      this.values[at + SQUARED]! += (p - hit) ** 2;
      this.values[at + LOSS]! -= hit * Math.log(said) + (1 - hit) * Math.log(1 - said);
    }
  }

  of(bucket: number, weights: Float64Array, field: number): number {
    let sum = 0;
    for (let part = 0; part < weights.length; part++)
      if (weights[part] !== 0)
        sum += weights[part]! * this.values[(part * this.buckets + bucket) * FIELDS + field]!;
    return sum;
  }

  total(weights: Float64Array, field: number): number {
    let sum = 0;
    for (let bucket = 0; bucket < this.buckets; bucket++) sum += this.of(bucket, weights, field);
    return sum;
  }

  count(weights: Float64Array): number {
    return this.total(weights, COUNT);
  }

  reached(weights: Float64Array): number {
    return this.total(weights, REACHED);
  }
}

/** Mean of (rate − reached)² where the rate of the sample itself is said each time. */
function ofBaseRate(sums: Sums, weights: Float64Array): number {
  const rate = sums.reached(weights) / sums.count(weights);
  return rate * (1 - rate);
}

/** The entries of each instrument, in order of time. */
function ownersOf({ confidence, instrument }: Predictions): readonly (readonly number[])[] {
  const owners: number[][] = [];
  for (let i = 0; i < confidence.length; i++) {
    const owner = instrument?.[i] ?? 0;
    owners[owner] ??= [];
    owners[owner].push(i);
  }
  return owners.filter((own) => own.length > 0);
}

/** Mean of (rate − reached)² where each instrument's rate in the sample is said of it each time. */
function ofOwnBaseRate(
  { reached, part }: Predictions,
  owners: readonly (readonly number[])[],
  parts: number,
): (weights: Float64Array) => number {
  const sums = owners.map((own) => {
    const counts = new Float64Array(parts);
    const hits = new Float64Array(parts);
    for (const i of own) {
      counts[part[i]!]! += 1;
      hits[part[i]!]! += reached[i]!;
    }
    return { counts, hits };
  });
  const dot = (one: Float64Array, other: Float64Array): number =>
    one.reduce((sum, each, i) => sum + each * other[i]!, 0);
  return (weights) => {
    let squared = 0;
    let all = 0;
    for (const { counts, hits } of sums) {
      const count = dot(weights, counts);
      const hit = dot(weights, hits);
      if (count > 0) squared += hit * (1 - hit / count);
      all += count;
    }
    return squared / all;
  };
}

/** Brier score and calibration error of what else was said, in buckets of its own. */
function oddsOf(
  predictions: Predictions,
  parts: number,
  figure: (statistic: (weights: Float64Array) => number) => Figure,
): { readonly brier: Figure; readonly error: Figure } {
  const { odds } = predictions;
  if (odds === undefined) return { brier: withheld(NO_ODDS), error: withheld(NO_ODDS) };
  const bucketOf = bucketsOf(odds);
  const buckets = bucketOf.reduce((most, bucket) => Math.max(most, bucket), 0) + 1;
  const sums = new Sums({ ...predictions, confidence: odds }, bucketOf, parts, buckets);
  return {
    brier: figure((w) => sums.total(w, SQUARED) / sums.count(w)),
    error: figure((w) => errorOf(sums, w, buckets)),
  };
}

const NO_ODDS = 'nothing else was said of these trades';
const TOO_FEW_STRETCHES = `too short a tape to say: fewer than ${PARTS_OF_CHANCE_MIN} stretches of an instrument leave no other moments`;

function errorOf(sums: Sums, weights: Float64Array, buckets: number): number {
  let error = 0;
  for (let bucket = 0; bucket < buckets; bucket++)
    error += Math.abs(sums.of(bucket, weights, CONFIDENCE) - sums.of(bucket, weights, REACHED));
  return error / sums.count(weights);
}

function errorByChance(
  confidence: ArrayLike<number>,
  bucketOf: Uint8Array,
  buckets: number,
  seed: number,
): number {
  const random = new Random(seed);
  const rounds = 50;
  let total = 0;
  const gaps = new Float64Array(buckets);
  for (let round = 0; round < rounds; round++) {
    gaps.fill(0);
    for (let i = 0; i < confidence.length; i++)
      gaps[bucketOf[i]!]! += confidence[i]! - (random.chance(confidence[i]!) ? 1 : 0);
    total += gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / confidence.length / rounds;
  }
  return total;
}

/** Each instrument's confidences at other moments of its own: an instrument's usual confidence is no knowledge of the moment. */
function shuffle(
  { confidence, reached, returnBp, part }: Predictions,
  owners: readonly (readonly number[])[],
  bucketOf: Uint8Array,
  buckets: number,
  seed: number,
): { readonly brier: number[]; readonly surest: number[] } | null {
  const random = new Random(seed, 1);
  const series = owners.map((own) => {
    const parts = own.map((i) => part[i]!);
    const count = new Set(parts).size;
    return { own, count, shuffler: new PartShuffler(parts, count), order: new Float64Array(own.length) };
  });
  if (series.some(({ count }) => count < PARTS_OF_CHANCE_MIN)) return null;
  const brier: number[] = [];
  const surest: number[] = [];
  for (let round = 0; round < SHUFFLES; round++) {
    let squared = 0;
    let gain = 0;
    let entries = 0;
    for (const { own, shuffler, order } of series) {
      shuffler.next(random, own, order);
      for (const [place, i] of own.entries()) {
        const from = order[place]!;
        squared += (confidence[from]! - reached[i]!) ** 2;
        if (bucketOf[from] !== buckets - 1) continue;
        gain += returnBp[i]!;
        entries += 1;
      }
    }
    brier.push(squared / confidence.length);
    surest.push(gain / entries);
  }
  return { brier, surest };
}

const ONES = (count: number): Float64Array => new Float64Array(count).fill(1);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;
function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
