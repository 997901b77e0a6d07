import type { OrderBook } from '../../core/book/order-book.ts';
import type { Brain } from '../../core/brain/brain.ts';
import type { Detector } from '../../core/brain/detector.ts';
import type { Finding } from '../../core/brain/finding.ts';
import type { Us } from '../../core/units.ts';
import type { Observer } from './play.ts';

/** Between two looks at a detector's figures, which are made when somebody looks, µs. */
const FIGURES_EVERY_US = 1_000_000;
const DIRECTIONS = ['none', 'long', 'short'] as const;

/**
 * What was said of one market, frame by frame, one number for each voice: a hash over the bits of its score, likelihood and,
 * once a second, figures. Two runs said the same when their trails are the same.
 */
export class Trail implements Observer {
  /** Of each frame, µs. */
  readonly at: number[] = [];
  /** The detectors by name, then `signal` and `findings`; known from the first frame on. */
  voices: readonly string[] = [];
  /** By frame, then voice. */
  readonly said: number[] = [];
  private readonly until: number;
  private readonly hash = new BitHash();
  private found = 0;
  private nextFigures = 0;

  /** `until`: later frames are passed over, µs. */
  constructor(until: number = Number.POSITIVE_INFINITY) {
    this.until = until;
  }

  finding({ at, pattern, ...finding }: Finding): void {
    if (at > this.until) return;
    const { hash } = this;
    hash.begin(this.found);
    hash.add(at);
    for (let i = 0; i < pattern.length; i++) hash.add(pattern.charCodeAt(i));
    for (const value of Object.values(finding)) if (typeof value === 'number') hash.add(value);
    this.found = hash.value;
  }

  frame({ detectors, signal }: Brain, _book: OrderBook, at: Us): void {
    if (at > this.until) return;
    const figures = this.begin(detectors, at);
    for (const detector of detectors) this.said.push(this.hashOf(detector, figures));
    const { hash } = this;
    hash.begin(0);
    hash.add(signal.evidence);
    hash.add(signal.confidence);
    hash.add(DIRECTIONS.indexOf(signal.direction));
    hash.add(DIRECTIONS.indexOf(signal.lean));
    this.said.push(hash.value, this.found);
  }

  private begin(detectors: readonly Detector[], at: number): boolean {
    if (this.voices.length === 0) this.voices = [...detectors.map(({ name }) => name), 'signal', 'findings'];
    this.at.push(at);
    if (at < this.nextFigures) return false;
    this.nextFigures = (Math.floor(at / FIGURES_EVERY_US) + 1) * FIGURES_EVERY_US;
    return true;
  }

  private hashOf(detector: Detector, figures: boolean): number {
    const { hash } = this;
    hash.begin(0);
    hash.add(detector.score);
    hash.add(detector.likelihood);
    if (figures) for (const value of Object.values(detector.figures())) hash.add(value);
    return hash.value;
  }
}

/** Where two trails part. */
export interface Parting {
  /** Frames up to the moment, of the first. */
  readonly frames: number;
  /** Of them, those in which any voice said something else, or which only one of the two has. */
  readonly different: number;
  /** The first of them, µs, and who said something else; null where none did. */
  readonly first: { readonly at: number; readonly voice: string } | null;
}

/** Compares what was said up to `until`, µs, to the bit. */
export function parting(one: Trail, other: Trail, until: number): Parting {
  const upTo = ({ at }: Trail): number => {
    const end = at.findIndex((each) => each > until);
    return end === -1 ? at.length : end;
  };
  const [frames, others] = [upTo(one), upTo(other)];
  const { voices } = one;
  let different = Math.abs(frames - others);
  let first: Parting['first'] = null;
  for (let i = 0; i < Math.min(frames, others); i++) {
    const voice = voices.findIndex(
      (_, v) => one.said[i * voices.length + v] !== other.said[i * voices.length + v],
    );
    if (voice === -1 && one.at[i] === other.at[i]) continue;
    different += 1;
    first ??= { at: one.at[i]!, voice: voices[voice] ?? 'the feed' };
  }
  if (first === null && frames !== others) {
    const longer = frames > others ? one : other;
    first = { at: longer.at[Math.min(frames, others)]!, voice: 'the feed' };
  }
  return { frames, different, first };
}

/** FNV-1a over the bits of doubles, 32 bits. Source: Fowler, Noll and Vo, RFC 9923. */
class BitHash {
  value = 0;
  private readonly double = new Float64Array(1);
  private readonly bytes = new Uint8Array(this.double.buffer);

  begin(from: number): void {
    this.value = from === 0 ? 0x811c9dc5 : from;
  }

  add(value: number): void {
    this.double[0] = value;
    let hash = this.value;
    for (let i = 0; i < 8; i++) hash = Math.imul(hash ^ this.bytes[i]!, 0x01000193);
    this.value = hash >>> 0;
  }
}
