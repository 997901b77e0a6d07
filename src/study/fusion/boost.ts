/** Rows to fit on or to watch: bins of every feature, where the logit starts from, what came of it and how much it counts. */
export interface BinnedRows {
  readonly count: number;
  /** A column a feature; `UNKNOWN` where it is not known. */
  readonly bins: readonly Uint8Array[];
  readonly base: Float64Array;
  readonly reached: Uint8Array;
  readonly weight: Float64Array;
}

export interface BoostConfig {
  readonly rounds: number;
  /** Share of each step that is taken. */
  readonly rate: number;
  /** A step of a feature's shape has so many levels at most. */
  readonly leaves: number;
  /** A level stands on at least so much weight: so many outcomes that do not overlap. */
  readonly leafWeightMin: number;
  /** Added to the curvature: so many outcomes of a coin that say 0. */
  readonly ridge: number;
}

/** Shapes over bins, in log-odds, with the intercept: what `boost` comes to after each round. */
export interface Steps {
  intercept: number;
  readonly shapes: readonly Float64Array[];
}

export const UNKNOWN = 255;

/**
 * Fits the additive model on from `start`: round after round, every feature in turn gets one small step function of what is left
 * unexplained, and a small share of it is kept. Features that say the same share the credit; one that says nothing gets
 * next to nothing. No chance in it.
 *
 * Source: the cyclic gradient boosting of Lou, Caruana, Gehrke, "Intelligible models for classification and regression",
 * KDD 2012, in the form of Nori et al., "InterpretML", 2019. Ours takes Newton steps and draws no samples.
 *
 * `after` is told each round and may end it by giving false.
 */
export function boost(
  rows: BinnedRows,
  bins: readonly number[],
  config: BoostConfig,
  start: Steps,
  after: (round: number, steps: Steps) => boolean,
): Steps {
  const steps: Steps = { intercept: start.intercept, shapes: start.shapes.map((shape) => shape.slice()) };
  const logit = logitsOf(rows, steps);
  const gradient = new Float64Array(rows.count);
  const curvature = new Float64Array(rows.count);
  const most = Math.max(...bins);
  const sums = {
    gradient: new Float64Array(most),
    curvature: new Float64Array(most),
    weight: new Float64Array(most),
  };
  const step = new Float64Array(most);
  for (let round = 1; round <= config.rounds; round++) {
    slopes(rows, logit, gradient, curvature);
    const shift = config.rate * (total(gradient) / (total(curvature) + config.ridge / 4));
    steps.intercept += shift;
    for (let i = 0; i < rows.count; i++) logit[i]! += shift;
    for (let f = 0; f < bins.length; f++) {
      slopes(rows, logit, gradient, curvature);
      const column = rows.bins[f]!;
      sums.gradient.fill(0);
      sums.curvature.fill(0);
      sums.weight.fill(0);
      for (let i = 0; i < rows.count; i++) {
        const bin = column[i]!;
        if (bin === UNKNOWN) continue;
        sums.gradient[bin]! += gradient[i]!;
        sums.curvature[bin]! += curvature[i]!;
        sums.weight[bin]! += rows.weight[i]!;
      }
      step.fill(0);
      split(sums, 0, bins[f]!, config.leaves, config, step);
      const shape = steps.shapes[f]!;
      for (let bin = 0; bin < bins[f]!; bin++) shape[bin]! += config.rate * step[bin]!;
      for (let i = 0; i < rows.count; i++)
        if (column[i] !== UNKNOWN) logit[i]! += config.rate * step[column[i]!]!;
    }
    if (!after(round, steps)) break;
  }
  return steps;
}

/** Logits of rows by shapes. */
export function logitsOf(rows: BinnedRows, { intercept, shapes }: Steps): Float64Array {
  const result = new Float64Array(rows.count);
  for (let i = 0; i < rows.count; i++) result[i] = rows.base[i]! + intercept;
  shapes.forEach((shape, f) => {
    const column = rows.bins[f]!;
    for (let i = 0; i < rows.count; i++) if (column[i] !== UNKNOWN) result[i]! += shape[column[i]!]!;
  });
  return result;
}

/** Weighted mean of −ln(probability given to what happened). */
export function logLossOf({ reached, weight }: BinnedRows, logits: Float64Array): number {
  let loss = 0;
  let all = 0;
  for (let i = 0; i < logits.length; i++) {
    const signed = reached[i] === 1 ? logits[i]! : -logits[i]!;
    loss += weight[i]! * (signed > 0 ? Math.log1p(Math.exp(-signed)) : Math.log1p(Math.exp(signed)) - signed);
    all += weight[i]!;
  }
  return loss / all;
}

function slopes(
  { count, reached, weight }: BinnedRows,
  logit: Float64Array,
  gradient: Float64Array,
  curvature: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const p = 1 / (1 + Math.exp(-logit[i]!));
    gradient[i] = weight[i]! * (reached[i]! - p);
    curvature[i] = weight[i]! * p * (1 - p);
  }
}

interface BinSums {
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
  readonly weight: Float64Array;
}

/** Best split of the bins from `from` to `to`, again and again until `leaves` are used; writes each level's Newton step. */
function split(
  sums: BinSums,
  from: number,
  to: number,
  leaves: number,
  config: BoostConfig,
  step: Float64Array,
): void {
  const levels: { from: number; to: number; best: Cut | null }[] = [
    { from, to, best: bestCut(sums, from, to, config) },
  ];
  while (levels.length < leaves) {
    let widest = -1;
    for (let i = 0; i < levels.length; i++)
      if (levels[i]!.best !== null && (widest < 0 || levels[i]!.best!.gain > levels[widest]!.best!.gain))
        widest = i;
    if (widest < 0) break;
    const { from: start, to: end, best } = levels[widest]!;
    levels.splice(
      widest,
      1,
      { from: start, to: best!.at, best: bestCut(sums, start, best!.at, config) },
      { from: best!.at, to: end, best: bestCut(sums, best!.at, end, config) },
    );
  }
  // one level alone is the intercept's business
  if (levels.length === 1) return;
  for (const level of levels) {
    let gradient = 0;
    let curvature = 0;
    for (let bin = level.from; bin < level.to; bin++) {
      gradient += sums.gradient[bin]!;
      curvature += sums.curvature[bin]!;
    }
    step.fill(gradient / (curvature + config.ridge / 4), level.from, level.to);
  }
}

interface Cut {
  readonly at: number;
  readonly gain: number;
}

function bestCut(
  { gradient, curvature, weight }: BinSums,
  from: number,
  to: number,
  config: BoostConfig,
): Cut | null {
  const ridge = config.ridge / 4;
  let [g, h, w] = [0, 0, 0];
  for (let bin = from; bin < to; bin++) {
    g += gradient[bin]!;
    h += curvature[bin]!;
    w += weight[bin]!;
  }
  const whole = (g * g) / (h + ridge);
  let best: Cut | null = null;
  let [left, bent, below] = [0, 0, 0];
  for (let bin = from; bin + 1 < to; bin++) {
    left += gradient[bin]!;
    bent += curvature[bin]!;
    below += weight[bin]!;
    if (below < config.leafWeightMin || w - below < config.leafWeightMin) continue;
    const gain = (left * left) / (bent + ridge) + (g - left) ** 2 / (h - bent + ridge) - whole;
    if (gain > 1e-12 && (best === null || gain > best.gain)) best = { at: bin + 1, gain };
  }
  return best;
}

function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
