/**
 * Which price levels hold orders: a bitmap with two summaries above it, so that the next occupied level is found in a
 * handful of instructions however far away it is. `width` is a power of two, at least 32,768.
 */
export class Occupancy {
  private readonly words: Int32Array;
  private readonly groups: Int32Array;
  private readonly tops: Int32Array;

  constructor(width: number) {
    this.words = new Int32Array(width >> 5);
    this.groups = new Int32Array(width >> 10);
    this.tops = new Int32Array(width >> 15);
  }

  set(at: number): void {
    this.words[at >> 5] |= 1 << (at & 31);
    this.groups[at >> 10] |= 1 << ((at >> 5) & 31);
    this.tops[at >> 15] |= 1 << ((at >> 10) & 31);
  }

  clear(at: number): void {
    const word = at >> 5;
    this.words[word] &= ~(1 << (at & 31));
    if (this.words[word] !== 0) return;
    this.groups[word >> 5] &= ~(1 << (word & 31));
    if (this.groups[word >> 5] !== 0) return;
    this.tops[word >> 10] &= ~(1 << ((word >> 5) & 31));
  }

  /** The nearest occupied level above `at`, or −1. */
  above(at: number): number {
    let word = at >> 5;
    const bits = this.words[word] & maskAbove(at & 31);
    if (bits !== 0) return (word << 5) + lowest(bits);
    let group = word >> 5;
    const groupBits = this.groups[group] & maskAbove(word & 31);
    if (groupBits !== 0) {
      word = (group << 5) + lowest(groupBits);
      return (word << 5) + lowest(this.words[word]);
    }
    let top = group >> 5;
    let topBits = this.tops[top] & maskAbove(group & 31);
    while (topBits === 0) {
      top += 1;
      if (top === this.tops.length) return -1;
      topBits = this.tops[top];
    }
    group = (top << 5) + lowest(topBits);
    word = (group << 5) + lowest(this.groups[group]);
    return (word << 5) + lowest(this.words[word]);
  }

  /** The nearest occupied level below `at`, or −1. */
  below(at: number): number {
    let word = at >> 5;
    const bits = this.words[word] & maskBelow(at & 31);
    if (bits !== 0) return (word << 5) + highest(bits);
    let group = word >> 5;
    const groupBits = this.groups[group] & maskBelow(word & 31);
    if (groupBits !== 0) {
      word = (group << 5) + highest(groupBits);
      return (word << 5) + highest(this.words[word]);
    }
    let top = group >> 5;
    let topBits = this.tops[top] & maskBelow(group & 31);
    while (topBits === 0) {
      top -= 1;
      if (top < 0) return -1;
      topBits = this.tops[top];
    }
    group = (top << 5) + highest(topBits);
    word = (group << 5) + highest(this.groups[group]);
    return (word << 5) + highest(this.words[word]);
  }
}

const maskBelow = (bit: number): number => (1 << bit) - 1;
/** Shifting by 32 shifts by nothing, hence the two steps. */
const maskAbove = (bit: number): number => (-2 << bit) | 0;
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);
const highest = (bits: number): number => 31 - Math.clz32(bits);
