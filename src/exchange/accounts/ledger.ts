/**
 * A bounded list of finished things, oldest first. Each is turned into text once, when it enters, so that writing the
 * whole state down stays cheap however long the list is.
 */
export class Ledger<T> {
  readonly items: T[] = [];
  private readonly texts: string[] = [];
  private readonly kept: number;
  private readonly write: (item: T) => string;

  constructor(kept: number, write: (item: T) => string) {
    this.kept = kept;
    this.write = write;
  }

  add(item: T): void {
    this.items.push(item);
    this.texts.push(this.write(item));
    if (this.items.length < this.kept * 1.25) return;
    this.items.splice(0, this.items.length - this.kept);
    this.texts.splice(0, this.texts.length - this.kept);
  }

  /** Rewrites the newest that `is` it: something came to it after its end. */
  rewrite(is: (item: T) => boolean, change: (item: T) => T): void {
    const at = this.items.findLastIndex(is);
    if (at < 0) return;
    this.items[at] = change(this.items[at]!);
    this.texts[at] = this.write(this.items[at]);
  }

  get text(): string {
    return `[${this.texts.join(',\n')}]`;
  }
}
