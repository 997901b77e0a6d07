import type { Timers } from './options.ts';

/** Timers that end with their owner: one left behind would keep a finished process alive until it fires. */
export class OwnedTimers implements Timers {
  private readonly timers: Timers;
  private readonly waiting = new Set<() => void>();

  constructor(timers: Timers) {
    this.timers = timers;
  }

  after(delayMs: number, run: () => void): () => void {
    const cancel = this.timers.after(delayMs, () => {
      this.waiting.delete(cancel);
      run();
    });
    this.waiting.add(cancel);
    return () => {
      this.waiting.delete(cancel);
      cancel();
    };
  }

  cancelAll(): void {
    for (const cancel of this.waiting) cancel();
    this.waiting.clear();
  }
}
