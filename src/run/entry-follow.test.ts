import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineConfig } from '../config/engine.ts';
import { parseSettings } from '../config/load.ts';
import { paperConfig } from '../config/paper.ts';
import type { AmendOrder, Place } from '../core/commands.ts';
import { EventKind, type FillEvent } from '../core/events.ts';
import { Instrument } from '../core/instrument.ts';
import { signOf } from '../core/units.ts';
import { readTape } from '../tape/reader.ts';
import { Replay } from './replay.ts';

/** A minute of the exchange's market, order by order (`golden/`). */
const TAPE = new URL('../../golden/embedded.tape', import.meta.url).pathname;
const SLIPPAGE_BP = 5;
const MOVES_MAX = 10;
const INTERVAL_MS = 200;

/** What became of each entry, when post-only entries follow a best price more than `ticks` better. */
function run(ticks: number, venueMs: number) {
  const settings = parseSettings(
    `
signal: { confidence_threshold: 0.25 }
exits: { tp_multiplier: 0.2, sl_multiplier: 0.15, rr_min: 1, cost_multiple_min: 0 }
execution:
  cooldown_ms: 1000
  entry: post_only
  slippage_bp_max: ${SLIPPAGE_BP}
  entry_follow_ticks: ${ticks}
  entry_follow_interval_ms: ${INTERVAL_MS}
  entry_follow_moves_max: ${MOVES_MAX}
paper: { latency: constant, order_latency_ms: ${venueMs}, answer_latency_ms: ${venueMs} }
risk: { loss_streak_max: 0, stop_loss_pause_ms: 0, orders_per_minute_max: 200 }
`,
    'a test',
  );
  const tape = readTape(TAPE);
  const instruments = tape.instruments.map((spec) => new Instrument(spec));
  const entries = new Map<string, Entry>();
  const touch = instruments.map(() => ({ buy: 0, sell: 0 }));
  const replay = new Replay(
    engineConfig(settings, 'f'),
    paperConfig(settings),
    instruments,
    (event, commands) => {
      if (event.kind === EventKind.book) {
        const { bestBid, bestAsk } = replay.engine.markets[event.instrument]!.book;
        touch[event.instrument] = { buy: bestBid, sell: bestAsk };
      }
      if (event.kind === EventKind.fill && event.purpose === 'entry')
        entries.get(event.clientOrderId)!.fills.push({ ...event });
      if (event.kind === EventKind.order && event.amended !== null && event.amended.refusal === '')
        entries.get(event.clientOrderId)!.stood.push(event.amended.price);
      for (const command of commands) {
        if (command.kind === 'place' && command.purpose === 'entry')
          entries.set(command.clientOrderId, {
            place: command,
            stood: [command.price],
            moves: [],
            fills: [],
          });
        if (command.kind !== 'amend' || command.target !== 'order') continue;
        const { moves, place } = entries.get(command.clientOrderId)!;
        moves.push({ command, at: replay.engine.now, touch: touch[command.instrument]![place.side] });
      }
    },
  );
  tape.forEach((event) => {
    replay.market(event);
  });
  return { entries: [...entries.values()], resting: replay.matcher.restingOrders };
}

interface Entry {
  readonly place: Place;
  /** Where it stood, by the venue's word. */
  readonly stood: number[];
  readonly moves: { readonly command: AmendOrder; readonly at: number; readonly touch: number }[];
  readonly fills: FillEvent[];
}

for (const venueMs of [0, 40])
  test(`entries that follow, ${venueMs} ms from the venue: to the touch, within bounds, filled where they stood`, () => {
    const { entries } = run(1, venueMs);
    const moves = entries.flatMap((entry) => entry.moves);
    assert.ok(moves.length >= 5, `${moves.length} moves of ${entries.length} entries`);
    for (const { place, stood, moves, fills } of entries) {
      const sign = signOf(place.side);
      const bound = Math.floor((place.price * SLIPPAGE_BP) / 10_000);
      assert.ok(moves.length <= MOVES_MAX);
      let last = Number.NEGATIVE_INFINITY;
      for (const { command, at, touch } of moves) {
        assert.equal(command.price, touch);
        assert.equal(command.size, place.size);
        const gone = sign * (command.price - place.price);
        assert.ok(gone > 1 && gone <= bound, `${gone} ticks from where it was placed`);
        assert.ok(sign * (place.takeProfit - command.price) > 0);
        assert.ok(at - last >= INTERVAL_MS * 1000);
        last = at;
      }
      const prices = new Set(stood);
      for (const { price, maker } of fills) {
        assert.ok(maker, 'a post-only entry never takes');
        assert.ok(prices.has(price), `filled at ${price}, stood at ${stood.join()}`);
      }
      assert.ok(fills.reduce((sum, { size }) => sum + size, 0) <= place.size);
    }
    assert.ok(
      entries.some(({ fills, place }) => fills.some(({ price }) => price !== place.price)),
      'one filled where it had followed to',
    );
  });

test('off, nothing is amended, and every entry fills where it was placed', () => {
  for (const { place, moves, fills } of run(0, 0).entries) {
    assert.deepEqual(moves, []);
    for (const { price } of fills) assert.equal(price, place.price);
  }
});
