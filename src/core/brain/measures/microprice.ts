/** Queue imbalance is told in so many equal steps, spread as the usual one (to one and a half of it), twice it, or more. */
const BUCKETS = 10;
const SPREADS = 3;
const STATES = BUCKETS * SPREADS;
/** The chain is solved anew after so many frames, and older frames then count so much of what they did. */
const SOLVE_EVERY = 600;
const KEEP = 0.97;
/** Moves of the mid seen (with their mirror images twice as many) before the estimate is believed. */
const MOVES_LEAST = 100;
/** Usual moves; one jump must not be what a state is known for. */
const MOVE_MOST = 4;
/** Of the usual move and spread, by frames that moved and by frames. */
const MOVE_MEMORY = 200;
const SPREAD_MEMORY = 5000;
const ROUNDS_MOST = 200;
/** Of the usual move. */
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
 * four usual ones) instead of being binned; the spread is told in usual ones. And it says no more than it knows:
 * - the mean moves m of n moves each, of variance s², are shrunk to a line in the lean, by empirical Bayes: τ² is what the means
 *   differ from the line by beyond luck, and a state keeps τ²/(τ² + s²/n) of its difference;
 * - what the chain expects is multiplied by its own worth so far, the slope (0…1) of the next move of the mid on it: queues on
 *   real markets remember more than their state, and the chain then counts the same push more than once.
 * Without these two, on a real tape, its error was half as large again as that of the mid itself.
 *
 * `observe` is O(1) but for one frame in 600, which solves the chain of 30 states.
 */
export class Microprice {
  /** Enough has been seen for `adjustment` to be an estimate. */
  ready = false;
  /** Ticks, by state. */
  private readonly adjustments = new Float64Array(STATES);
  private readonly stay = new Float64Array(STATES * STATES);
  private readonly moved = new Float64Array(STATES * STATES);
  private readonly moveSum = new Float64Array(STATES);
  private readonly moveSquares = new Float64Array(STATES);
  private readonly moveCount = new Float64Array(STATES);
  private readonly visits = new Float64Array(STATES);
  private moves = 0;
  /** The chain has been solved; ready when what it expects has been seen to come. */
  private chained = false;
  /** Ticks: mean size of a move, mean spread, and the spread that states are told in, which stands still between solutions. */
  /** Of what the chain expects, so much came when the mid moved next: 0…1. */
  private worth = 0;
  /** Since the mid moved: what the chain expected, Σ and Σ², frame by frame. Then Σ expected × came and Σ expected². */
  private expected = 0;
  private expectedSquares = 0;
  private came = 0;
  private claimed = 0;
  private usualMove = 0;
  private usualSpread = 0;
  private spreadUnit = 0;
  private frames = 0;
  private lastState = -1;
  private lastMid = 0;
  private readonly matrix = new Float64Array(STATES * STATES);
  private readonly term = new Float64Array(STATES);
  private readonly next = new Float64Array(STATES);

  /** A frame's touch: lots at both best prices, spread and mid in ticks. */
  observe(bidSize: number, askSize: number, spread: number, mid: number): void {
    if (this.spreadUnit === 0) {
      this.spreadUnit = spread;
      this.usualSpread = spread;
    }
    this.usualSpread += (spread - this.usualSpread) / SPREAD_MEMORY;
    const state = stateOf(bidSize, askSize, spread / this.spreadUnit);
    if (this.lastState >= 0) {
      const move = this.capped(mid - this.lastMid);
      this.count(this.lastState, state, move);
      this.count(mirrorOf(this.lastState), mirrorOf(state), -move);
      if (move !== 0) {
        this.moves += 1;
        this.came += move * this.expected;
        this.claimed += this.expectedSquares;
        this.expected = 0;
        this.expectedSquares = 0;
      }
      if (++this.frames === SOLVE_EVERY) this.solve();
    }
    if (this.chained) {
      const expects = bidSize === askSize ? 0 : this.adjustments[state]!;
      this.expected += expects;
      this.expectedSquares += expects * expects;
    }
    this.lastState = state;
    this.lastMid = mid;
  }

  /** The touch is not known for a while: what comes next is no transition. */
  interrupt(): void {
    this.lastState = -1;
    this.expected = 0;
    this.expectedSquares = 0;
  }

  /** What the mid is expected to move, ticks; 0 until `ready`. */
  adjustment(bidSize: number, askSize: number, spread: number): number {
    return bidSize === askSize
      ? 0
      : this.worth * this.adjustments[stateOf(bidSize, askSize, spread / this.spreadUnit)]!;
  }

  reset(): void {
    this.ready = false;
    this.adjustments.fill(0);
    this.stay.fill(0);
    this.moved.fill(0);
    this.moveSum.fill(0);
    this.moveSquares.fill(0);
    this.moveCount.fill(0);
    this.chained = false;
    this.worth = 0;
    this.expected = 0;
    this.expectedSquares = 0;
    this.came = 0;
    this.claimed = 0;
    this.usualMove = 0;
    this.usualSpread = 0;
    this.spreadUnit = 0;
    this.visits.fill(0);
    this.moves = 0;
    this.frames = 0;
    this.lastState = -1;
    this.lastMid = 0;
  }

  private capped(move: number): number {
    if (move === 0) return 0;
    const size = Math.abs(move);
    if (this.usualMove === 0) this.usualMove = size;
    const most = MOVE_MOST * this.usualMove;
    const kept = Math.min(size, most);
    this.usualMove += (kept - this.usualMove) / Math.min(this.moves + 1, MOVE_MEMORY);
    return move > 0 ? kept : -kept;
  }

  private count(from: number, to: number, move: number): void {
    this.visits[from]! += 1;
    if (move === 0) this.stay[from * STATES + to]! += 1;
    else {
      this.moved[from * STATES + to]! += 1;
      this.moveSum[from]! += move;
      this.moveSquares[from]! += move * move;
      this.moveCount[from]! += 1;
    }
  }

  private solve(): void {
    this.frames = 0;
    if (this.claimed > 0) {
      this.worth = Math.max(0, Math.min(1, this.came / this.claimed));
      this.ready = true;
    }
    if (this.moves >= MOVES_LEAST) this.estimate();
    this.spreadUnit = Math.max(1, Math.round(this.usualSpread));
    const { stay, moved, moveSum, moveSquares, moveCount, visits } = this;
    for (const counts of [stay, moved, moveSum, moveSquares, moveCount, visits])
      for (let i = 0; i < counts.length; i++) counts[i]! *= KEEP;
    this.moves *= KEEP;
    this.came *= KEEP;
    this.claimed *= KEEP;
  }

  /** Mean move, ticks, of each state that is left by one, into `term`: what moves say, shrunk to a line through even. */
  private meanMoves(): void {
    const { moveSum, moveSquares, moveCount, term } = this;
    let total = 0;
    let states = 0;
    let within = 0;
    let along = 0;
    let leaning = 0;
    for (let x = 0; x < STATES; x++) {
      const count = moveCount[x]!;
      if (count <= 1) continue;
      total += count;
      states += 1;
      within += moveSquares[x]! - moveSum[x]! ** 2 / count;
      along += moveSum[x]! * leanOf(x);
      leaning += count * leanOf(x) ** 2;
    }
    const variance = total > states ? within / (total - states) : 0;
    const slope = leaning > 0 ? along / leaning : 0;
    const certain = slope === 0 ? 0 : Math.max(0, 1 - variance / (leaning * slope * slope));
    let beside = 0;
    for (let x = 0; x < STATES; x++) {
      const count = moveCount[x]!;
      if (count > 1) beside += (moveSum[x]! - count * slope * leanOf(x)) ** 2 / count;
    }
    const real = Math.max(0, (beside - (states - 1) * variance) / Math.max(1, total));
    for (let x = 0; x < STATES; x++) {
      const count = moveCount[x]!;
      const line = certain * slope * leanOf(x);
      const trust = count > 0 && real > 0 ? real / (real + variance / count) : 0;
      term[x] = line + trust * ((count > 0 ? moveSum[x]! / count : 0) - line);
    }
  }

  private estimate(): void {
    const { matrix, stay, visits, moveCount, moved, term, next, adjustments } = this;
    this.meanMoves();
    for (let x = 0; x < STATES; x++) {
      const seen = visits[x]!;
      for (let y = 0; y < STATES; y++)
        matrix[x * STATES + y] = (x === y ? 1 : 0) - (seen > 0 ? stay[x * STATES + y]! / seen : 0);
      const count = moveCount[x]!;
      term[x] = seen > 0 ? (term[x]! * count) / seen : 0;
    }
    if (!decompose(matrix)) return;
    substitute(matrix, term);
    // what rounding leaves of a sum that is 0 by symmetry must not add up
    for (let x = 0; x < STATES; x++) adjustments[x] = (term[x]! - term[mirrorOf(x)]!) / 2;
    term.set(adjustments);
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
        const odd = (next[x]! - next[mirrorOf(x)]!) / 2;
        term[x] = odd;
        adjustments[x]! += odd;
        if (Math.abs(odd) > largest) largest = Math.abs(odd);
      }
      if (largest < PRECISION * this.usualMove) break;
    }
    this.chained = true;
  }
}

/** The spread in usual ones. */
const stateOf = (bidSize: number, askSize: number, spreads: number): number => {
  const lean = Math.max(bidSize, askSize) / (bidSize + askSize) - 0.5;
  const step = Math.min(BUCKETS / 2 - 1, Math.floor(lean * BUCKETS));
  // an even book counts up here and down in its mirror image: as one of both
  const bucket = bidSize >= askSize ? BUCKETS / 2 + step : BUCKETS / 2 - 1 - step;
  return (Math.min(SPREADS, Math.max(1, Math.round(spreads))) - 1) * BUCKETS + bucket;
};

/** −1…1: how far the middle of the state's step leans to the bids. */
const leanOf = (state: number): number => (2 * (state % BUCKETS) + 1 - BUCKETS) / BUCKETS;

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
