/** Queue imbalance is told in so many equal steps, spread as 1, 2 or more ticks. */
const BUCKETS = 10;
const SPREADS = 3;
const STATES = BUCKETS * SPREADS;
/** The chain is solved anew after so many frames, and older frames then count so much of what they did. */
const SOLVE_EVERY = 600;
const KEEP = 0.97;
/** Moves of the mid seen (with their mirror images twice as many) before the estimate is believed. */
const MOVES_LEAST = 200;
/** Ticks; one jump must not be what a state is known for. */
const MOVE_MOST = 10;
const ROUNDS_MOST = 200;
const PRECISION = 1e-6;

/**
 * The micro-price as Stoikov defines it ("The micro-price: a high-frequency estimator of future prices", Quantitative Finance
 * 18(12), 2018): the mid plus an adjustment that depends on queue imbalance and spread alone, the limit of the mids expected
 * after the next, second … k-th move. State x = (imbalance step, spread); with Q the probabilities of going on without a move of
 * the mid, R those of a move that ends in a state, r the mean move:
 * G¹ = (1 − Q)⁻¹ r, B = (1 − Q)⁻¹ R, adjustment = Σ Bᵏ G¹. The data are symmetrised (each transition counts together with its
 * mirror image), which makes the sum converge.
 *
 * Ours differs: estimated as it goes, with forgetting; a step is a frame of the feed, not an event; moves keep their size (to
 * ten ticks) instead of being binned. `observe` is O(1) but for one frame in 600, which solves the chain of 30 states.
 */
export class Microprice {
  /** Enough has been seen for `adjustment` to be an estimate. */
  ready = false;
  /** Ticks, by state. */
  private readonly adjustments = new Float64Array(STATES);
  private readonly stay = new Float64Array(STATES * STATES);
  private readonly moved = new Float64Array(STATES * STATES);
  private readonly moveSum = new Float64Array(STATES);
  private readonly visits = new Float64Array(STATES);
  private moves = 0;
  private frames = 0;
  private lastState = -1;
  private lastMid = 0;
  private readonly matrix = new Float64Array(STATES * STATES);
  private readonly term = new Float64Array(STATES);
  private readonly next = new Float64Array(STATES);

  /** A frame's touch: lots at both best prices, spread and mid in ticks. */
  observe(bidSize: number, askSize: number, spread: number, mid: number): void {
    const state = stateOf(bidSize, askSize, spread);
    if (this.lastState >= 0) {
      const move = Math.max(-MOVE_MOST, Math.min(MOVE_MOST, mid - this.lastMid));
      this.count(this.lastState, state, move);
      this.count(mirrorOf(this.lastState), mirrorOf(state), -move);
      if (move !== 0) this.moves += 1;
      if (++this.frames === SOLVE_EVERY) this.solve();
    }
    this.lastState = state;
    this.lastMid = mid;
  }

  /** The touch is not known for a while: what comes next is no transition. */
  interrupt(): void {
    this.lastState = -1;
  }

  /** What the mid is expected to move in the end, ticks; 0 until `ready`. */
  adjustment(bidSize: number, askSize: number, spread: number): number {
    return bidSize === askSize ? 0 : this.adjustments[stateOf(bidSize, askSize, spread)]!;
  }

  reset(): void {
    this.ready = false;
    this.adjustments.fill(0);
    this.stay.fill(0);
    this.moved.fill(0);
    this.moveSum.fill(0);
    this.visits.fill(0);
    this.moves = 0;
    this.frames = 0;
    this.lastState = -1;
    this.lastMid = 0;
  }

  private count(from: number, to: number, move: number): void {
    this.visits[from]! += 1;
    if (move === 0) this.stay[from * STATES + to]! += 1;
    else {
      this.moved[from * STATES + to]! += 1;
      this.moveSum[from]! += move;
    }
  }

  private solve(): void {
    this.frames = 0;
    if (this.moves >= MOVES_LEAST) this.estimate();
    for (const counts of [this.stay, this.moved, this.moveSum, this.visits])
      for (let i = 0; i < counts.length; i++) counts[i]! *= KEEP;
    this.moves *= KEEP;
  }

  private estimate(): void {
    const { matrix, stay, visits, moveSum, moved, term, next, adjustments } = this;
    for (let x = 0; x < STATES; x++) {
      const seen = visits[x]!;
      for (let y = 0; y < STATES; y++)
        matrix[x * STATES + y] = (x === y ? 1 : 0) - (seen > 0 ? stay[x * STATES + y]! / seen : 0);
      term[x] = seen > 0 ? moveSum[x]! / seen : 0;
    }
    if (!decompose(matrix)) return;
    substitute(matrix, term);
    adjustments.set(term);
    for (let round = 0; round < ROUNDS_MOST; round++) {
      let largest = 0;
      for (let x = 0; x < STATES; x++) {
        let sum = 0;
        if (visits[x]! > 0) {
          for (let y = 0; y < STATES; y++) sum += moved[x * STATES + y]! * term[y]!;
          sum /= visits[x]!;
        }
        next[x] = sum;
      }
      substitute(matrix, next);
      for (let x = 0; x < STATES; x++) {
        // what rounding leaves of a sum that is 0 by symmetry must not add up
        const odd = (next[x]! - next[mirrorOf(x)]!) / 2;
        term[x] = odd;
        adjustments[x]! += odd;
        if (Math.abs(odd) > largest) largest = Math.abs(odd);
      }
      if (largest < PRECISION) break;
    }
    this.ready = true;
  }
}

const stateOf = (bidSize: number, askSize: number, spread: number): number => {
  const lean = Math.max(bidSize, askSize) / (bidSize + askSize) - 0.5;
  const step = Math.min(BUCKETS / 2 - 1, Math.floor(lean * BUCKETS));
  // an even book counts up here and down in its mirror image: as one of both
  const bucket = bidSize >= askSize ? BUCKETS / 2 + step : BUCKETS / 2 - 1 - step;
  return (Math.min(SPREADS, Math.max(1, Math.round(spread))) - 1) * BUCKETS + bucket;
};

const mirrorOf = (state: number): number => {
  const bucket = state % BUCKETS;
  return state - bucket + (BUCKETS - 1 - bucket);
};

/** LU in place, rows as they are: 1 − Q is diagonally dominant. False where a state is never left by a move. */
function decompose(m: Float64Array): boolean {
  for (let k = 0; k < STATES; k++) {
    const pivot = m[k * STATES + k]!;
    if (Math.abs(pivot) < 1e-12) return false;
    for (let i = k + 1; i < STATES; i++) {
      const factor = m[i * STATES + k]! / pivot;
      if (factor === 0) continue;
      m[i * STATES + k] = factor;
      for (let j = k + 1; j < STATES; j++) m[i * STATES + j]! -= factor * m[k * STATES + j]!;
    }
  }
  return true;
}

/** Solves for the right side `b` in place. */
function substitute(m: Float64Array, b: Float64Array): void {
  for (let i = 1; i < STATES; i++) {
    let sum = b[i]!;
    for (let j = 0; j < i; j++) sum -= m[i * STATES + j]! * b[j]!;
    b[i] = sum;
  }
  for (let i = STATES - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let j = i + 1; j < STATES; j++) sum -= m[i * STATES + j]! * b[j]!;
    b[i] = sum / m[i * STATES + i]!;
  }
}
