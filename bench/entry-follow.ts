/**
 * What following costs and brings a post-only entry: how many fill, and how much further from where they were placed.
 * `npx node bench/entry-follow.ts TAPE…` prints the table of docs/decisions/0014-amending-orders.md; a tape with books, as
 * `npx hunter simulate --minutes 20 --symbols BTC-USDT-SWAP --out DIR --seed N` writes one. Nothing is claimed about profit.
 */
import { engineConfig } from '../src/config/engine.ts';
import { parseSettings } from '../src/config/load.ts';
import { paperConfig } from '../src/config/paper.ts';
import type { Place } from '../src/core/commands.ts';
import { EventKind } from '../src/core/events.ts';
import { Instrument } from '../src/core/instrument.ts';
import { signOf } from '../src/core/units.ts';
import { Replay } from '../src/run/replay.ts';
import { readTape } from '../src/tape/reader.ts';

/** Low enough for an entry every few seconds. */
const settingsOf = (followTicks: number) =>
  parseSettings(
    `
signal: { confidence_threshold: 0.25 }
exits: { tp_multiplier: 0.2, sl_multiplier: 0.15, rr_min: 1, cost_multiple_min: 0 }
execution: { cooldown_ms: 1000, entry: post_only, entry_follow_ticks: ${followTicks} }
risk: { loss_streak_max: 0, stop_loss_pause_ms: 0, orders_per_minute_max: 200 }
`,
    'the bench',
  );

interface Count {
  entries: number;
  filled: number;
  moves: number;
  refused: number;
  /** Of what was filled: basis points worse than where it was placed, and their weight in lots. */
  worseBp: number;
  lots: number;
}

function count(path: string, followTicks: number, total: Count): void {
  const settings = settingsOf(followTicks);
  const tape = readTape(path);
  const instruments = tape.instruments.map((spec) => new Instrument(spec));
  const placed = new Map<string, Place>();
  const filled = new Set<string>();
  const replay = new Replay(
    engineConfig(settings, 'bench'),
    paperConfig(settings),
    instruments,
    (event, commands) => {
      if (event.kind === EventKind.fill && event.purpose === 'entry') {
        const { side, price } = placed.get(event.clientOrderId)!;
        filled.add(event.clientOrderId);
        total.worseBp += ((signOf(side) * (event.price - price)) / price) * 10_000 * event.size;
        total.lots += event.size;
      } else if (event.kind === EventKind.order && event.amended !== null && event.amended.refusal !== '')
        total.refused++;
      for (const command of commands)
        if (command.kind === 'place' && command.purpose === 'entry')
          placed.set(command.clientOrderId, command);
        else if (command.kind === 'amend' && command.target === 'order') total.moves++;
    },
  );
  tape.forEach((event) => {
    replay.market(event);
  });
  total.entries += placed.size;
  total.filled += filled.size;
}

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error('name the tapes: npx node bench/entry-follow.ts TAPE…');
  process.exit(2);
}
console.log('| entry_follow_ticks | entries | filled | moves | refused | worse than placed |');
console.log('|---|---|---|---|---|---|');
for (const followTicks of [0, 1, 5, 20, 100]) {
  const total: Count = { entries: 0, filled: 0, moves: 0, refused: 0, worseBp: 0, lots: 0 };
  for (const path of paths) count(path, followTicks, total);
  const { entries, filled, moves, refused, worseBp, lots } = total;
  const share = entries === 0 ? 0 : (100 * filled) / entries;
  console.log(
    `| ${followTicks} | ${entries} | ${share.toFixed(0)} % | ${moves} | ${refused} | ${(lots === 0 ? 0 : worseBp / lots).toFixed(2)} bp |`,
  );
}
