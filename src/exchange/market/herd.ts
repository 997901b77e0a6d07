/** Resting orders of one kind of agent, by slot: any of them can be picked at random or taken out, in one step. */
export class Herd {
  readonly slots: number[] = [];
  private readonly places: number[];

  /** `places`: position in its herd by slot, shared by the herds of a book, since a slot is in one of them at most. */
  constructor(places: number[]) {
    this.places = places;
  }

  get count(): number {
    return this.slots.length;
  }

  add(slot: number): void {
    this.places[slot] = this.slots.length;
    this.slots.push(slot);
  }

  remove(slot: number): void {
    const place = this.places[slot];
    const last = this.slots.pop()!;
    if (last === slot) return;
    this.slots[place] = last;
    this.places[last] = place;
  }
}
