import { fileURLToPath } from 'node:url';
import { engineConfig } from '../../../config/engine.ts';
import { parseSettings, settingsHash } from '../../../config/load.ts';
import { paperConfig } from '../../../config/paper.ts';
import type { Settings } from '../../../config/schema.ts';
import { OrderBook } from '../../../core/book/order-book.ts';
import {
  type AccountEvent,
  BookEvent,
  EventKind,
  FeedEvent,
  FundingEvent,
  type MarketEvent,
} from '../../../core/events.ts';
import { Instrument } from '../../../core/instrument.ts';
import type { Us } from '../../../core/units.ts';
import { Replay } from '../../../run/replay.ts';
import { SessionRecorder } from '../../../run/session/recorder.ts';
import { readTape } from '../../../tape/reader.ts';
import type { PaperConfig } from '../../../venue/paper/config.ts';
import type { Liquidity } from '../../../venue/paper/liquidity.ts';
import { snapshotOf } from '../orders.ts';
import { beginWith } from '../paper.ts';

export const GOLDEN_TAPE = fileURLToPath(new URL('../../../../golden/embedded.tape', import.meta.url));

/** Trades every few seconds; sizes that do not follow the account, so that a planted difference stays where it was planted. */
export const SETTINGS = `
signal: { confidence_threshold: 0.25 }
exits: { tp_multiplier: 0.2, sl_multiplier: 0.15, rr_min: 1, cost_multiple_min: 0 }
execution: { cooldown_ms: 1000 }
position: { sizing: auto }
risk: { loss_streak_max: 0, stop_loss_pause_ms: 0 }
`;

export interface Plant {
  readonly settings?: string;
  /** How the venue of the session is another one than the paper venue of its settings. */
  readonly venue?: Partial<PaperConfig>;
  readonly liquidity?: (settings: Settings) => Liquidity;
  /** A charge in the session: the forecast on record, what the venue charges, and when (ms). */
  readonly funding?: { readonly forecast: string; readonly charged: string; readonly at: number };
  /** Only this part of the tape, µs. */
  readonly from?: Us;
  readonly until?: Us;
  /** What the session begins with. */
  readonly account?: AccountEvent;
}

/**
 * A session on the golden tape whose venue is a paper venue too, with a difference planted: what `hunter start --record` would
 * have written, in virtual time. Gives the replay that made it, at its end.
 */
export function makeSession(folder: string, plant: Plant = {}): Replay {
  const settings = parseSettings(plant.settings ?? SETTINGS, 'made session');
  const tape = readTape(GOLDEN_TAPE);
  const instruments = tape.instruments.map((spec) => new Instrument(spec));
  let recorder: SessionRecorder | null = null;
  const replay = new Replay(
    engineConfig(settings, 'made'),
    { ...paperConfig(settings), ...plant.venue },
    instruments,
    (event, commands) => {
      recorder!.event(
        event.kind === EventKind.funding && event.rate === plant.funding?.charged
          ? new FundingEvent(event.at, event.instrument, plant.funding.forecast, event.fundingAt)
          : event,
      );
      const { now } = replay.engine;
      for (const command of commands)
        recorder!.command(
          command,
          now,
          command.kind === 'place' || command.kind === 'cancel' || command.kind === 'amend' ? now : null,
        );
    },
    plant.liquidity === undefined ? undefined : instruments.map(() => plant.liquidity!(settings)),
  );
  const earlier = new OrderBook();
  let last = 0 as Us;
  tape.forEach((event: MarketEvent) => {
    if (event.at < (plant.from ?? 0)) {
      if (event.kind === EventKind.book) earlier.apply(event.frame);
      return;
    }
    if (event.at > (plant.until ?? Infinity)) return;
    if (recorder === null) {
      const head = {
        mode: 'demo',
        venue: 'made',
        instruments: tape.instruments,
        idPrefix: 'made',
        startedAt: event.at,
        journal: { path: '', session: 1 },
      };
      recorder = SessionRecorder.begin(folder, head, settings, settingsHash(settings), (_level, message) => {
        throw new Error(message);
      });
      if (plant.account !== undefined) {
        beginWith(replay.matcher, plant.account);
        replay.tell(plant.account);
      }
      if (earlier.valid) {
        replay.market(new FeedEvent(event.at, 0, true, ''));
        replay.market(new BookEvent(event.at, 0, snapshotOf(earlier)));
      }
      if (plant.funding !== undefined)
        replay.market(new FundingEvent(event.at, 0, plant.funding.charged, plant.funding.at as never));
    }
    // the tape's own forecasts would take the planted one's place
    if (plant.funding !== undefined && event.kind === EventKind.funding) return;
    last = event.at;
    replay.market(event);
  });
  recorder!.close('the end of the tape', last);
  return replay;
}
