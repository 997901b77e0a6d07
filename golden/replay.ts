import { engineConfig } from '../src/config/engine.ts';
import { parseSettings } from '../src/config/load.ts';
import { paperConfig } from '../src/config/paper.ts';
import type { Command } from '../src/core/commands.ts';
import { EventKind } from '../src/core/events.ts';
import { formatMoney, Instrument } from '../src/core/instrument.ts';
import { Replay } from '../src/run/replay.ts';
import { readTape } from '../src/tape/reader.ts';

/** Low enough for trades to happen within minutes of tape; nothing is claimed about their profit. */
const SETTINGS = `
signal: { model: priors, confidence_threshold: 0.25 }
exits: { tp_multiplier: 0.2, sl_multiplier: 0.15, rr_min: 1, cost_multiple_min: 0 }
execution: { cooldown_ms: 1000 }
risk: { loss_streak_max: 0, stop_loss_pause_ms: 0 }
`;

const FRAMES_PER_LINE = 100;

/**
 * What the engine does with a tape, as text: a line for each command and fill, and every hundredth frame a line that says
 * what the book and the signal look like, all digits, so that the smallest drift shows.
 */
export function replayAsText(path: string): string {
  const tape = readTape(path);
  const instruments = tape.instruments.map((spec) => new Instrument(spec));
  const settings = parseSettings(SETTINGS, 'golden settings');
  const lines: string[] = [];
  let frames = 0;
  let startedAt = 0;
  const replay = new Replay(
    engineConfig(settings, 'golden'),
    paperConfig(settings),
    instruments,
    (event, commands) => {
      if (startedAt === 0) startedAt = event.at;
      const time = ((event.at - startedAt) / 1_000_000).toFixed(6).padStart(11);
      if (event.kind === EventKind.fill)
        lines.push(
          `${time} fill ${event.clientOrderId} ${event.side} ${event.size} lots at ${event.price} fee ${formatMoney(event.fee)} ${event.purpose}: ${event.why}`,
        );
      if (event.kind === EventKind.order)
        lines.push(
          `${time} order ${event.clientOrderId} ${event.state} ${event.filled} ${event.reason}`.trimEnd(),
        );
      if (event.kind === EventKind.book && ++frames % FRAMES_PER_LINE === 0) {
        const { book, brain, instrument } = replay.engine.markets[event.instrument]!;
        lines.push(
          `${time} frame ${frames} ${instrument.id} ${book.bestBid}/${book.bestAsk} ${book.bids.count}+${book.asks.count} levels, ${brain.signal.direction} ${brain.signal.confidence}`,
        );
      }
      for (const command of commands) lines.push(`${time} ${describe(command)}`);
    },
  );
  tape.forEach((event) => {
    replay.market(event);
  });
  const { account } = replay.engine;
  lines.push(
    `end: balance ${formatMoney(account.balance)} realized ${formatMoney(account.realized)} fees ${formatMoney(account.fees)} funding ${formatMoney(account.funding)}`,
  );
  return `${lines.join('\n')}\n`;
}

function describe(command: Command): string {
  switch (command.kind) {
    case 'place':
      return `place ${command.clientOrderId} ${command.purpose} ${command.side} ${command.size} lots ${command.type} ${command.price} TP ${command.takeProfit} SL ${command.stopLoss} ${command.leverage}x${command.reduceOnly ? ' reduce-only' : ''}`;
    case 'cancel':
      return `cancel ${command.target} ${command.clientOrderId}`;
    case 'amend':
      if (command.target === 'order')
        return `amend ${command.clientOrderId} ${command.size} lots ${command.price}`;
      return `amend ${command.protectionId} ${command.cause} TP ${command.takeProfit} SL ${command.stopLoss}`;
    case 'timer':
      return `timer ${command.fireAt}`;
    case 'decision':
      return `${command.outcome} ${command.direction} ${command.confidence}: ${command.detail}; ${command.reasons.join('; ')}`;
    case 'tradeClosed':
      return `closed ${command.trade.direction} ${command.trade.size} lots ${command.trade.entry} → ${command.trade.exit} ${command.trade.exitReason} realized ${formatMoney(command.trade.realized)} fees ${formatMoney(command.trade.fees)}`;
  }
}
