/**
 * What the last frame really changed, in the frame's order: the detectors walk this instead of the book. After a
 * snapshot it lists every level of the new book with `oldSize` 0: that is a new book, not order flow.
 */
export class BookChanges {
  snapshot = false;
  count = 0;
  side: Uint8Array;
  /** Ticks. */
  price: Float64Array;
  /** Lots. */
  oldSize: Float64Array;
  newSize: Float64Array;
  oldOrders: Int32Array;
  newOrders: Int32Array;

  constructor(capacity = 1024) {
    this.side = new Uint8Array(capacity);
    this.price = new Float64Array(capacity);
    this.oldSize = new Float64Array(capacity);
    this.newSize = new Float64Array(capacity);
    this.oldOrders = new Int32Array(capacity);
    this.newOrders = new Int32Array(capacity);
  }
}
