/**
 * Numbers for orders, algos and bills. They start from the clock (a thousand a millisecond would be needed to overtake
 * it), so that no run ever gives a number again that an earlier one gave.
 */
export class Ids {
  private last: number;

  constructor(at: number) {
    this.last = Math.floor(at) * 1000;
  }

  next(): number {
    this.last += 1;
    return this.last;
  }
}
