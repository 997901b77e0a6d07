/** The function at `point`; writes its gradient. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

const KEPT = 8;
const STEPS_MOST = 300;
const HALVINGS_MOST = 30;
/** Share of the promised descent that a step must bring. */
const ARMIJO = 1e-4;

/**
 * Where a smooth convex function is least: L-BFGS with a backtracking line search, until the gradient is `tolerance` of what
 * it was. Source: Nocedal and Wright, "Numerical Optimization", 2nd ed., algorithms 7.4 and 7.5.
 */
export function minimize(start: Float64Array, objective: Objective, tolerance = 1e-5): Float64Array {
  const size = start.length;
  let point = Float64Array.from(start);
  let gradient = new Float64Array(size);
  let value = objective(point, gradient);
  const first = Math.sqrt(dot(gradient, gradient));
  const moves: Float64Array[] = [];
  const turns: Float64Array[] = [];
  for (let step = 0; step < STEPS_MOST && Math.sqrt(dot(gradient, gradient)) > tolerance * first; step++) {
    const direction = descent(gradient, moves, turns);
    const slope = dot(gradient, direction);
    let length = step === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1;
    let next = point;
    let nextGradient = gradient;
    let found = false;
    for (let half = 0; half < HALVINGS_MOST; half++, length /= 2) {
      next = point.map((each, i) => each + length * direction[i]!);
      nextGradient = new Float64Array(size);
      const reached = objective(next, nextGradient);
      if (reached <= value + ARMIJO * length * slope) {
        value = reached;
        found = true;
        break;
      }
    }
    // nothing lower can be told apart any more
    if (!found) break;
    const move = next.map((each, i) => each - point[i]!);
    const turn = nextGradient.map((each, i) => each - gradient[i]!);
    if (dot(move, turn) > 0) {
      moves.push(move);
      turns.push(turn);
      if (moves.length > KEPT) {
        moves.shift();
        turns.shift();
      }
    }
    point = next;
    gradient = nextGradient;
  }
  return point;
}

/** Two-loop recursion: the gradient through the curvature that the last moves have shown, downhill. */
function descent(
  gradient: Float64Array,
  moves: readonly Float64Array[],
  turns: readonly Float64Array[],
): Float64Array {
  const direction = gradient.map((each) => -each);
  const shares = new Float64Array(moves.length);
  for (let k = moves.length - 1; k >= 0; k--) {
    shares[k] = dot(moves[k]!, direction) / dot(moves[k]!, turns[k]!);
    add(direction, -shares[k]!, turns[k]!);
  }
  const last = moves.length - 1;
  if (last >= 0) {
    const scale = dot(moves[last]!, turns[last]!) / dot(turns[last]!, turns[last]!);
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (let k = 0; k < moves.length; k++) {
    const share = dot(turns[k]!, direction) / dot(moves[k]!, turns[k]!);
    add(direction, shares[k]! - share, moves[k]!);
  }
  return direction;
}

function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!;
  return sum;
}

function add(to: Float64Array, share: number, values: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += share * values[i]!;
}
