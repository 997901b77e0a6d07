import { engineConfig } from '../../config/engine.ts';
import type { Command } from '../../core/commands.ts';
import { Engine } from '../../core/engine.ts';
import type { Event } from '../../core/events.ts';
import { encodeEntry, type OwnCommand } from '../../run/session/format.ts';
import { type SessionRun, tellInOrder } from './session.ts';
import { States } from './states.ts';
import { Story } from './story.ts';

/** The session's engine, told again everything that it was told then. */
export interface Rerun {
  /** What the session went through, from its record. */
  readonly story: Story;
  readonly states: States;
  /** Commands that came out as recorded. */
  readonly identical: number;
  /** The first that did not, in words; null when all did: then engine, settings and record are the session's own. */
  readonly difference: string | null;
}

export function rerun(run: SessionRun): Rerun {
  const engine = new Engine(engineConfig(run.settings, run.head.idPrefix), run.instruments);
  const story = new Story(run.instruments);
  const states = new States(run.instruments.length);
  const out: Command[] = [];
  const awaited: { readonly after: number; readonly command: OwnCommand }[] = [];
  let told = 0;
  let identical = 0;
  let difference: string | null = null;
  const differs = (words: string): void => {
    difference ??= `${words}, after ${told} market events and ${identical} commands that were the same`;
  };
  const step = (event: Event): void => {
    if (awaited.length > 0) {
      differs(`the session's engine did not give ${encodeEntry(awaited[0]!.command)}`);
      awaited.length = 0;
    }
    engine.step(event, out);
    states.observe(engine);
    for (const command of out.splice(0)) if (command.kind !== 'timer') awaited.push({ after: told, command });
  };
  tellInOrder(run, {
    market: (event) => {
      told++;
      step(event);
    },
    entry: (entry) => {
      if (entry.what === 'event') {
        step(entry.event);
        story.event(entry.event);
        return;
      }
      if (entry.what !== 'command') return;
      story.command(entry.command, entry.decidedAt, entry.sentAt);
      const given = awaited.shift();
      const text = encodeEntry(entry.command);
      if (given === undefined) differs(`the engine gives nothing where the session has ${text}`);
      else if (encodeEntry(given.command) !== text)
        differs(`the engine gives ${encodeEntry(given.command)} where the session has ${text}`);
      else identical++;
    },
  });
  return { story, states, identical, difference };
}
