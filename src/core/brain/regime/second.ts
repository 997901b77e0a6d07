/** What one second of a market came to. */
export class Second {
  /** Ticks: the mid at its end less the mid at its beginning. */
  net = 0;
  /** Moves of the mid between two frames: how many, Σ|move| in ticks, Σ move² in ticks². */
  moves = 0;
  path = 0;
  squares = 0;
  /** Market orders: prints of one side and one exchange time are one order. */
  bought = 0;
  sold = 0;

  clear(): void {
    this.net = 0;
    this.moves = 0;
    this.path = 0;
    this.squares = 0;
    this.bought = 0;
    this.sold = 0;
  }
}
