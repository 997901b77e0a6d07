import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { Case, upOf } from './case.ts';
import type { PlannedOrder } from './order.ts';
import { opposed, type Stage, sideOf } from './stage.ts';

export type SpoofKind = 'spoof_wall' | 'spoof_layering' | 'spoof_flicker' | 'spoof_slow_pull';

/** How the kinds differ; all bounds are drawn between so that each factor is as likely as the next. */
interface Way {
  /** Distance of the first decoy behind the best price, bp of the price. */
  readonly bp: readonly [number, number];
  readonly ticksLeast: number;
  /** s. */
  readonly life: readonly [number, number];
  /** Size of a decoy, or of a slow pull's wall, in what 99 % of the levels at its distance stay below. */
  readonly large: readonly [number, number];
}

const WAYS: Readonly<Record<SpoofKind, Way>> = {
  spoof_wall: { bp: [0.2, 8], ticksLeast: 2, life: [0.4, 30], large: [0.7, 10] },
  spoof_layering: { bp: [0.1, 4], ticksLeast: 1, life: [0.5, 30], large: [0.3, 3] },
  spoof_flicker: { bp: [0.05, 2], ticksLeast: 1, life: [1, 20], large: [0.7, 6] },
  spoof_slow_pull: { bp: [0.2, 8], ticksLeast: 2, life: [2, 40], large: [0.7, 10] },
};

/** So many have an order on the other side that is meant to trade before the decoys go. */
const GENUINE_TRADES = 0.7;
/** Larger than so many of the levels at its distance is large. */
export const LARGE = 0.99;
/** When the best price has come so near, as a share of the first distance, the decoys go. */
const GUARD = 0.2;
/** What nobody could have seen is not planted, ms. */
const SEEN_LEAST = 150;

/**
 * Shows size that it does not mean on one side and has a small order that it means at the best price of the other. What is
 * shown goes when the meant order has traded, when the price comes near, or when its time is up, each after a moment of
 * reaction. Where the price jumps onto a decoy it trades like anybody's.
 *
 * - wall: one order, gone at once;
 * - layering: three to seven orders, gone together;
 * - flicker: an order that stands 30 to 300 ms and is away 30 to 400 ms, again and again, following the best price;
 * - slow pull: a wall in four to ten pieces that go one after the other over the second half of its life.
 */
export class Spoofer extends Case {
  private readonly spoof: SpoofKind;
  private readonly way: Way;
  private readonly shown: BookSide;
  private readonly distance: number;
  private readonly multiple: number;
  private readonly lifeMs: number;
  private readonly genuineIsMeant: boolean;
  private readonly genuineSize: number;
  private genuine: PlannedOrder | null = null;
  private genuineTraded = 0;
  /** Lots of others at its price that are served before it. */
  private ahead = 0;
  private leaving = false;
  private reason = 'time';

  constructor(stage: Stage, kind: SpoofKind) {
    const { random } = stage;
    const shown: BookSide = random.chance(0.5) ? BID : ASK;
    super(stage, kind, shown);
    this.spoof = kind;
    this.way = WAYS[kind];
    this.shown = shown;
    const [near, far] = this.way.bp;
    this.distance = Math.max(this.way.ticksLeast, Math.round(stage.ticksOfBp(stage.spread(near, far))));
    this.multiple = stage.spread(...this.way.large);
    this.lifeMs = 1000 * stage.spread(...this.way.life);
    this.genuineIsMeant = random.chance(GENUINE_TRADES);
    this.genuineSize = stage.ground.takers.quantile(0.6 + 0.38 * random.uniform());
  }

  begin(): boolean {
    const { stage } = this;
    const { random } = stage;
    const other = opposed(this.shown);
    this.genuine = this.rest(other, stage.bestOf(other), this.genuineSize, 'genuine');
    if (this.genuine === null) return false;
    this.ahead = stage.bestSizeOf(other);
    stage.after(random.below(200), () => this.show());
    stage.after(this.lifeMs, () => this.retire('time', 0));
    // where no real taker comes to the meant order, one of its own may
    if (this.genuineIsMeant && random.chance(0.5))
      stage.after(this.lifeMs * (0.3 + 0.6 * random.uniform()), () => {
        if (this.genuine !== null) stage.takeAlone(this.genuine, this.genuineSize);
      });
    return true;
  }

  share(order: PlannedOrder, printed: number): number {
    const { random } = this.stage;
    if (order.role === 'genuine') {
      const past = printed - this.ahead;
      this.ahead = Math.max(0, this.ahead - printed);
      return this.genuineIsMeant && past > 0 ? Math.ceil(past * (0.5 + 1.5 * random.uniform())) : 0;
    }
    // as much of the taker as it has of the queue
    const queue = this.stage.bestSizeOf(this.shown);
    return Math.ceil((printed * order.size) / (order.size + queue));
  }

  override onFrame(): void {
    const { genuine, stage } = this;
    // those before it also leave
    if (genuine !== null && stage.bestOf(sideOf(genuine)) === genuine.price)
      this.ahead = Math.min(this.ahead, stage.bestSizeOf(sideOf(genuine)));
    if (this.leaving) return;
    const best = this.stage.bestOf(this.shown);
    if (best === NO_PRICE) return;
    const guard = this.spoof === 'spoof_flicker' ? 1 : Math.max(1, GUARD * this.distance);
    if (this.decoys.some(({ price }) => (best - price) * upOf(this.shown) < guard))
      this.retire('price came near', 5 + this.stage.random.below(55));
  }

  override onFill(order: PlannedOrder): void {
    if (order.role === 'genuine') {
      this.genuineTraded = order.traded;
      if (order.ended === 'filled') this.retire('filled', 20 + this.stage.random.below(580));
    } else if (this.decoys.length === 0 && this.spoof !== 'spoof_flicker') this.retire('taken', 1);
  }

  override onRetreat(order: PlannedOrder): void {
    if (order.role === 'decoy') this.retire('price came near', 1);
  }

  worth(): boolean {
    const decoys = this.orders.filter(({ role }) => role === 'decoy');
    if (this.spoof === 'spoof_flicker') return decoys.length >= 3;
    const least = this.spoof === 'spoof_wall' ? 1 : 3;
    return decoys.length >= least && decoys.some(({ from, to }) => to - from >= SEEN_LEAST);
  }

  protected told() {
    const decoys = this.orders.filter(({ role }) => role === 'decoy');
    const largest = decoys.reduce((most, { size }) => Math.max(most, size), 0);
    const whole = decoys.reduce((sum, { size }) => sum + size, 0);
    return {
      prices: [...new Set(decoys.map(({ price }) => price))],
      size: this.spoof === 'spoof_flicker' ? largest : whole,
      parameters: {
        orders: decoys.length,
        decoyTraded: this.traded - this.genuineTraded,
        genuineSize: this.genuineSize,
        genuineTraded: this.genuineTraded,
        endedBy: this.reason,
        multiple: this.multiple,
        distanceTicks: this.distance,
      },
    };
  }

  private get decoys(): PlannedOrder[] {
    return this.resting.filter(({ role }) => role === 'decoy');
  }

  private retire(reason: string, delay: number): void {
    if (this.leaving) return;
    this.leaving = true;
    this.reason = reason;
    if (delay === 0) this.end();
    else this.stage.after(delay, () => this.end());
  }

  /** The decoys come; where they cannot, there is no case. */
  private show(): void {
    const whole = this.size(this.distance);
    const { random } = this.stage;
    if (this.spoof === 'spoof_wall') this.place(this.distance, whole);
    else if (this.spoof === 'spoof_layering') {
      const step = Math.max(1, Math.round(this.distance * (0.15 + 0.35 * random.uniform())));
      const count = 3 + random.below(5);
      for (let i = 0; i < count; i++) {
        const distance = this.distance + i * step;
        this.place(distance, this.size(distance) * (0.8 + 0.45 * random.uniform()));
      }
    } else if (this.spoof === 'spoof_slow_pull') {
      const pieces = 4 + random.below(7);
      for (let i = 0; i < pieces; i++) this.place(this.distance, whole / pieces);
      for (let i = 0; i < pieces - 1; i++)
        this.stage.after(this.lifeMs * (0.5 + (0.5 * (i + 1)) / pieces), () => this.pull());
    } else this.flicker(whole);
  }

  private flicker(size: number): void {
    if (this.leaving) return;
    const { random } = this.stage;
    this.place(this.distance, size);
    this.stage.after(30 + random.below(271), () => {
      for (const decoy of this.decoys) this.cancel(decoy);
      this.stage.after(30 + random.below(371), () => this.flicker(size));
    });
  }

  private pull(): void {
    const [decoy] = this.decoys;
    if (decoy !== undefined) this.cancel(decoy);
  }

  private place(distance: number, size: number): void {
    const best = this.stage.bestOf(this.shown);
    if (best !== NO_PRICE) this.rest(this.shown, best - distance * upOf(this.shown), size, 'decoy');
  }

  private size(distance: number): number {
    return rounded(this.stage, this.multiple * this.stage.ground.levels.quantile(distance, LARGE));
  }
}

/** People type round sizes, programs do not: half of them to two digits. */
export function rounded(stage: Stage, size: number): number {
  if (!stage.random.chance(0.5)) return Math.max(1, Math.round(size));
  const digit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, size))) - 1);
  return Math.max(1, Math.round(size / digit) * digit);
}
