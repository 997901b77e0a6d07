import { type Us, us } from '../../core/units.ts';

/**
 * How long a message takes one way, ms.
 * - `constant`: always the same.
 * - `logNormal`: median · e^(sigma · z), z standard normal: never negative, skewed as network delays are.
 * - `measured`: a floor and, above it, what a recording shows: `quantilesMs` are delays above the quickest message,
 *   evenly spaced from the least to the greatest; between two of them as likely here as there.
 */
export type LatencyModel =
  | { readonly kind: 'constant'; readonly ms: number }
  | { readonly kind: 'logNormal'; readonly medianMs: number; readonly sigma: number }
  | { readonly kind: 'measured'; readonly floorMs: number; readonly quantilesMs: readonly number[] };

/** The two directions of the wire: each draws its own chance from the same seed. */
export type Direction = 'order' | 'answer';

/** What a way remembers: saved and restored, it goes on as if nothing had happened. */
export interface WayState {
  /** Delays drawn so far. */
  readonly drawn: number;
  /** When the last message set out, and when it arrives. */
  readonly sentAt: Us;
  readonly arrivesAt: Us;
}

/**
 * One direction of the wire. Messages arrive in the order in which they were sent, as on one TCP connection: one that would
 * overtake waits for the slow one before it, so that delays seen are a little longer than those drawn. What is sent at
 * one instant travels together.
 *
 * Delays are drawn independently of each other. Real ones come in clusters, when everybody sends at once, which is when
 * ours does too: too kind to orders that follow the crowd.
 */
export class Way {
  private readonly model: LatencyModel;
  private readonly key: number;
  private state: WayState = { drawn: 0, sentAt: us(-1), arrivesAt: us(-1) };

  constructor(model: LatencyModel, seed: number, direction: Direction) {
    this.model = model;
    this.key = mix(mix(seed) ^ (direction === 'order' ? 0x6f_72_64_65 : 0x61_6e_73_77));
  }

  /** When a message sent at `at` arrives. */
  arrival(at: Us): Us {
    const { drawn, sentAt, arrivesAt } = this.state;
    if (at === sentAt) return arrivesAt;
    const delay = Math.round(this.delayMs(drawn) * 1000);
    this.state = { drawn: drawn + 1, sentAt: at, arrivesAt: us(Math.max(arrivesAt, at + delay)) };
    return this.state.arrivesAt;
  }

  save(): WayState {
    return this.state;
  }

  restore(state: WayState): void {
    this.state = state;
  }

  /** The `n`th delay, ms: a function of seed, direction and `n` alone. */
  private delayMs(n: number): number {
    const { model } = this;
    switch (model.kind) {
      case 'constant':
        return model.ms;
      case 'logNormal': {
        // Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958
        const radius = Math.sqrt(-2 * Math.log(this.uniform(2 * n)));
        const z = radius * Math.cos(2 * Math.PI * this.uniform(2 * n + 1));
        return model.medianMs * Math.exp(model.sigma * z);
      }
      case 'measured': {
        const { floorMs, quantilesMs } = model;
        const place = this.uniform(n) * (quantilesMs.length - 1);
        const below = Math.floor(place);
        const low = quantilesMs[below]!;
        const high = quantilesMs[below + 1] ?? low;
        return floorMs + low + (place - below) * (high - low);
      }
    }
  }

  /** The `n`th number between 0 and 1, neither of them. */
  private uniform(n: number): number {
    return (mix(this.key + Math.imul(n + 1, 0x9e37_79b9)) + 0.5) / 4_294_967_296;
  }
}

/** Spreads 32 bits over 32 bits, each input bit over all. Source: the finaliser of MurmurHash3, Appleby. */
function mix(value: number): number {
  let bits = value >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
