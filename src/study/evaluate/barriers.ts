/**
 * What became of a trade that was never made. Triple barrier: the target, the stop or the end of its time, whichever comes
 * first. Source: López de Prado, "Advances in Financial Machine Learning", 2018, chapter 3. Ours differs: the barriers are
 * the trade's own take profit and stop loss, it enters and leaves by taking at the touch (so the spread is paid), and what
 * the recording does not show to its end is no outcome at all.
 */
export type Outcome = 'target' | 'stop' | 'time';

export interface BarrierOutcome {
  readonly outcome: Outcome;
  /** µs, our clock. */
  readonly at: number;
  /** From touch to touch, basis points of the entry: the spread is paid, fees are not. */
  readonly returnBp: number;
}

export interface Barriers {
  /** Ticks from the entry, may be fractional; Infinity: none. */
  readonly target: number;
  readonly stop: number;
  readonly limitUs: number;
}

/** How far target and stop lie, as a person says it. */
export interface BarrierRule {
  /** `bp`: of the price; `atr`: multiples of the average true range at the entry. */
  readonly unit: 'bp' | 'atr';
  readonly target: number;
  readonly stop: number;
  readonly limitMs: number;
}

/** In ticks for an entry at about `price`; null where the average true range is asked for and not known. */
export function barriersOf(rule: BarrierRule, price: number, atr: number | null): Barriers | null {
  const unit = rule.unit === 'bp' ? price / 10_000 : atr;
  if (unit === null || !(unit > 0)) return null;
  return { target: rule.target * unit, stop: rule.stop * unit, limitUs: rule.limitMs * 1000 };
}

/**
 * Best bid and ask of one instrument over time, one row for each change, in ticks; a row without prices where the market was
 * not known. 24 bytes a row.
 */
export class TouchPath {
  count = 0;
  at = new Float64Array(4096);
  bid = new Float64Array(4096);
  ask = new Float64Array(4096);
  /** How far the market is known: the time of the last word on it, changed or not. */
  until = 0;

  /** `at` in µs, not before the last. */
  push(at: number, bid: number, ask: number): void {
    this.until = at;
    const last = this.count - 1;
    if (last >= 0 && this.bid[last] === bid && this.ask[last] === ask) return;
    this.row(at, bid, ask);
  }

  /** The book is one-sided, or the feed was lost. */
  lose(at: number): void {
    this.until = at;
    if (this.count > 0 && !Number.isNaN(this.bid[this.count - 1]!)) this.row(at, Number.NaN, Number.NaN);
  }

  /** The row that stands at `at`; −1 before the first. */
  indexAt(at: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Middle price in ticks at `at`; `NaN` where it is not known, before the first row and after `until`. */
  midAt(at: number): number {
    const index = at > this.until ? -1 : this.indexAt(at);
    return index < 0 ? Number.NaN : (this.bid[index]! + this.ask[index]!) / 2;
  }

  private row(at: number, bid: number, ask: number): void {
    if (this.count === this.at.length) {
      this.at = doubled(this.at);
      this.bid = doubled(this.bid);
      this.ask = doubled(this.ask);
    }
    this.at[this.count] = at;
    this.bid[this.count] = bid;
    this.ask[this.count] = ask;
    this.count += 1;
  }
}

function doubled(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const more = new Float64Array(values.length * 2);
  more.set(values);
  return more;
}

/**
 * The outcome of a trade entered at the touch that stands at `at`: long at the ask, sold at the bid that reaches the target
 * (at or above) or the stop (at or below), or stands when the time is up; short mirrored. Only what the frames show: a price
 * traded through between two of them is not seen, so of target and stop between two frames neither is preferred.
 *
 * Null where the market is not known from `at` to the end of the time limit, whether or not a barrier was met before:
 * counting only those met would prefer the nearer one.
 */
export function barrierOutcome(
  path: TouchPath,
  at: number,
  direction: 'long' | 'short',
  { target, stop, limitUs }: Barriers,
): BarrierOutcome | null {
  const first = path.indexAt(at);
  const end = at + limitUs;
  if (first < 0 || end > path.until) return null;
  const { count } = path;
  // what is sold into, mirrored for a short: up is good
  const sign = direction === 'long' ? 1 : -1;
  const entered = direction === 'long' ? path.ask : path.bid;
  const left = direction === 'long' ? path.bid : path.ask;
  const entry = entered[first]!;
  if (Number.isNaN(entry)) return null;
  let found = -1;
  let last = first;
  for (let i = first; i < count && path.at[i]! <= end; i++) {
    const gain = sign * (left[i]! - entry);
    if (Number.isNaN(gain)) return null;
    last = i;
    if (found === -1 && i > first && (gain >= target || gain <= -stop)) found = i;
  }
  const index = found === -1 ? last : found;
  const gain = sign * (left[index]! - entry);
  return {
    outcome: found === -1 ? 'time' : gain >= target ? 'target' : 'stop',
    at: found === -1 ? end : path.at[found]!,
    returnBp: (gain / entry) * 10_000,
  };
}
