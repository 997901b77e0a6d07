import { engineConfig } from '../../config/engine.ts';
import type { AccountEvent } from '../../core/events.ts';
import { EventKind } from '../../core/events.ts';
import { Replay } from '../../run/replay.ts';
import type { PaperConfig } from '../../venue/paper/config.ts';
import type { PaperMatcher } from '../../venue/paper/matcher.ts';
import { type SessionRun, tellInOrder } from './session.ts';
import { States } from './states.ts';
import { Story } from './story.ts';

/** The session once more, with the paper venue in the place of the real one. */
export interface PaperRun {
  readonly story: Story;
  readonly states: States;
}

/**
 * Same engine, same settings, same market in the same order, the same account to begin with, and the same words of a person
 * at the same places; only what the venue says comes from the paper venue.
 */
export function replayOnPaper(run: SessionRun, paper: PaperConfig): PaperRun {
  const story = new Story(run.instruments);
  const states = new States(run.instruments.length);
  const begin = run.entries.find((entry) => entry.what === 'event' && entry.event.kind === EventKind.account);
  const account = begin?.what === 'event' ? (begin.event as AccountEvent) : null;
  if (account === null) return { story, states };
  const replay = new Replay(
    engineConfig(run.settings, run.head.idPrefix),
    { ...paper, startBalance: account.balance },
    run.instruments,
    (event, commands) => {
      story.event(event);
      states.observe(replay.engine);
      const { now } = replay.engine;
      for (const command of commands) if (command.kind !== 'timer') story.command(command, now, now);
    },
  );
  beginWith(replay.matcher, account);
  tellInOrder(run, {
    market: (event) => replay.market(event),
    entry: (entry) => {
      if (entry.what !== 'event') return;
      const { event } = entry;
      if (
        event.kind === EventKind.account ||
        event.kind === EventKind.operator ||
        event.kind === EventKind.hold
      )
        replay.tell(event);
    },
  });
  return { story, states };
}

/** Gives a paper account positions, and what protects them, that it did not trade itself. */
export function beginWith(matcher: PaperMatcher, { positions }: Pick<AccountEvent, 'positions'>): void {
  if (positions.length === 0) return;
  const saved = JSON.parse(matcher.save()) as {
    positions: Record<string, unknown>[];
    pairs: unknown[];
  };
  for (const { instrument, size, cost, leverage, protection } of positions) {
    saved.positions[instrument] = { ...saved.positions[instrument], size, cost: `${cost}n`, leverage };
    if (protection !== null) saved.pairs.push({ ...protection, instrument });
  }
  matcher.restore(JSON.stringify(saved));
}
