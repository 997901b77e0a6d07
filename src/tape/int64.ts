/**
 * A column of 64-bit integers read and written as ordinary numbers, two 32-bit words at a time: a `BigInt` per value
 * would be an allocation per row. Exact for safe integers (±2^53), which is what times and sequence ids are.
 * Arrow is little-endian on disk, and so is every machine that Node runs on.
 */
const WORD = 4_294_967_296;

export class Int64Column {
  readonly values: BigInt64Array;
  private readonly low: Uint32Array;
  private readonly high: Int32Array;

  constructor(values: BigInt64Array) {
    this.values = values;
    this.low = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    this.high = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  }

  get(index: number): number {
    return this.high[2 * index + 1]! * WORD + this.low[2 * index]!;
  }

  set(index: number, value: number): void {
    this.low[2 * index] = value;
    this.high[2 * index + 1] = Math.floor(value / WORD);
  }
}
