/** The chance that an order was the last is taken to be one from each of these numbers of orders to the next. */
export const STEPS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96] as const;
/** Nobody is expected to show more orders than this from here on. */
const ORDERS_MAX = 256;

/** Icebergs known before this market was looked at: how many reached each of `STEPS`, and for how many that was the end. */
export interface Lifetimes {
  readonly reached: readonly number[];
  readonly ended: readonly number[];
}

/**
 * How many more orders an iceberg will show that has shown so many: the product-limit estimate of Kaplan and Meier over the
 * number of orders, whole over peak. Those whose end was not seen count as long as they were seen. Before the market has
 * shown enough of its own, what others showed stands in for it. Source: Zotikov, Antonov, "CME iceberg order detection and
 * prediction", Quantitative Finance 21(11), 2021; ours differs: chances pooled over steps of numbers, earlier markets as a
 * prior, and orders that were missed make a number too small.
 */
export class Remainder {
  private readonly reached = new Float64Array(STEPS.length);
  private readonly ended = new Float64Array(STEPS.length);
  private readonly prior: Lifetimes;

  constructor(prior: Lifetimes) {
    this.prior = prior;
    this.reset();
  }

  /** One is over after so many orders, or was lost sight of; `weight` is how likely it was one at all. */
  observe(orders: number, over: boolean, weight: number): void {
    const last = stepOf(orders);
    for (let step = 0; step <= last; step++) {
      const from = STEPS[step]!;
      const to = step === last ? orders : STEPS[step + 1]! - 1;
      this.reached[step]! += weight * (to - from + (step === last && !over ? 0 : 1));
    }
    if (over) this.ended[last]! += weight;
  }

  /** Number of further orders that with probability `share` is not exceeded, when `orders` were shown; whole, 0 for none. */
  quantile(orders: number, share: number): number {
    let surviving = 1;
    for (let more = 0; more < ORDERS_MAX; more++) {
      const step = stepOf(orders + more);
      surviving *= 1 - this.ended[step]! / this.reached[step]!;
      if (surviving <= 1 - share) return more;
    }
    return ORDERS_MAX;
  }

  reset(): void {
    for (let step = 0; step < STEPS.length; step++) {
      this.reached[step] = this.prior.reached[step]!;
      this.ended[step] = this.prior.ended[step]!;
    }
  }
}

function stepOf(orders: number): number {
  let step = STEPS.length - 1;
  while (step > 0 && STEPS[step]! > orders) step--;
  return step;
}
