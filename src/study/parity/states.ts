import type { Engine } from '../../core/engine.ts';
import type { State } from '../../core/execution/state.ts';
import type { Us } from '../../core/units.ts';

interface Change {
  readonly at: Us;
  readonly state: State;
}

/** What each trader of an engine was doing, over time: to say why it did not do something else. */
export class States {
  private readonly changes: Change[][];

  constructor(count: number) {
    this.changes = Array.from({ length: count }, () => []);
  }

  /** After each step. */
  observe({ traders, now }: Engine): void {
    for (let index = 0; index < traders.length; index++) {
      const { state } = traders[index]!;
      const line = this.changes[index]!;
      if (line.at(-1)?.state !== state) line.push({ at: now, state });
    }
  }

  /** The state in force at `at`, and since when; null before the first. */
  at(instrument: number, at: Us): Change | null {
    return this.changes[instrument]!.findLast((change) => change.at <= at) ?? null;
  }
}
