import { ASK, BID, BookFrame } from '../../core/book/frame.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { Impact, type ImpactConfig } from '../../core/brain/impact.ts';
import { TradeEvent } from '../../core/events.ts';
import { lots, ms, ticks, us } from '../../core/units.ts';
import { Random } from '../../exchange/random.ts';

/** How a market of known lambda behaves besides: what could fool an interval. */
export interface MarketKind {
  readonly name: string;
  /** Takers' sides come in runs with a Pareto tail, as on real markets; otherwise each by lot. */
  readonly longMemory: boolean;
  /** Deviation of the logarithm of sizes; 0: all between 1 and 40 lots alike. */
  readonly sizeDeviation: number;
  /** What moves the price besides: normal, or Student's t with three degrees of freedom. */
  readonly tails: 'normal' | 'student';
  /** Volatility wanders (deviation of its logarithm), and trading with it. */
  readonly clustering: number;
  /** Share of each second's noise that is gone again in the next. */
  readonly bounce: number;
}

const PLAIN: Omit<MarketKind, 'name'> = {
  ...{ longMemory: false, sizeDeviation: 0, tails: 'normal', clustering: 0, bounce: 0 },
};
export const MARKET_KINDS: readonly MarketKind[] = [
  { ...PLAIN, name: 'plain' },
  { ...PLAIN, name: 'sides with a long memory', longMemory: true },
  { ...PLAIN, name: 'heavy-tailed sizes', sizeDeviation: 1.5 },
  { ...PLAIN, name: 'heavy-tailed noise', tails: 'student' },
  { ...PLAIN, name: 'volatility in clusters, volume with it', clustering: 0.7 },
  { ...PLAIN, name: 'noise that reverts', bounce: 0.4 },
  { ...PLAIN, name: 'sides with memory, noise that reverts', longMemory: true, bounce: 0.4 },
  {
    ...{ name: 'all of it but reverting', longMemory: true, sizeDeviation: 1.5, tails: 'student' },
    ...{ clustering: 0.7, bounce: 0 },
  },
];

const CONFIG: ImpactConfig = {
  ...{ barMs: 1000, bars: 300, halfLifeMs: 10_000, buckets: 50, bucketSeconds: 5 },
};
const FRAMES_PER_SECOND = 2;
const BEGIN = 1_700_000_000_000_000;
/** Ticks a second. */
const NOISE = 10;

/**
 * Plays a market through book and trades whose middle moves by `lambda` ticks for each lot that takers buy, and by noise; says
 * what was found in the end.
 */
export function played(kind: MarketKind, lambda: number, seconds: number, seed: number): Impact {
  const random = new Random(seed);
  const book = new OrderBook();
  const impact = new Impact(CONFIG, book);
  const frame = new BookFrame(8);
  let value = 200_000;
  let shown = 0;
  let run = 0;
  let sign = 1;
  let restlessness = 0;
  let last = 0;
  for (let step = 0; step <= seconds * FRAMES_PER_SECOND; step++) {
    const at = BEGIN + (step * 1_000_000) / FRAMES_PER_SECOND;
    // persistence of a minute
    restlessness = 0.99 * restlessness + Math.sqrt(1 - 0.99 ** 2) * random.normal();
    const pace = Math.exp(kind.clustering * restlessness);
    for (let left = step === 0 ? 0 : random.poisson(1.5 * pace); left > 0; left--) {
      if (run <= 0) {
        sign = random.chance(0.5) ? 1 : -1;
        run = kind.longMemory ? random.pareto(1.5) * 2 : 1;
      }
      run -= 1;
      const size =
        kind.sizeDeviation === 0
          ? 1 + random.below(40)
          : Math.max(1, Math.round(10 * Math.exp(kind.sizeDeviation * random.normal())));
      const side = sign > 0 ? 'buy' : 'sell';
      impact.onTrade(new TradeEvent(us(at - 5000), 0, ms(0), ticks(Math.round(value)), lots(size), side));
      value += sign * lambda * size;
    }
    const scale = (NOISE / Math.sqrt(FRAMES_PER_SECOND)) * pace;
    const noise = scale * (kind.tails === 'normal' ? random.normal() : student(random));
    value += noise - kind.bounce * last;
    last = noise;
    const bid = Math.round(value);
    frame.clear();
    frame.snapshot = step === 0;
    if (step > 0 && bid !== shown) {
      frame.push(BID, shown, 0, 0);
      frame.push(ASK, shown + 1, 0, 0);
    }
    frame.push(BID, bid, 50, 1);
    frame.push(ASK, bid + 1, 50, 1);
    shown = bid;
    book.apply(frame);
    impact.onBook(us(at));
  }
  impact.reading(us(BEGIN + seconds * 1_000_000));
  return impact;
}

/** Share of the runs whose interval holds the lambda that is true. */
export function coverage(kind: MarketKind, lambda: number, runs: number, seed: number): number {
  let held = 0;
  for (let run = 0; run < runs; run++) {
    const { slope, halfWidth } = played(kind, lambda, 301, seed + run).lambda;
    if (Math.abs(slope - lambda) <= halfWidth) held += 1;
  }
  return held / runs;
}

/** Student's t with three degrees of freedom, deviation 1. */
function student(random: Random): number {
  const squares = random.normal() ** 2 + random.normal() ** 2 + random.normal() ** 2;
  return random.normal() / Math.sqrt(squares);
}
