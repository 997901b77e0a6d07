import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { scenarioNote } from '../config/model.ts';
import type { Instrument } from '../core/instrument.ts';
import { lots, ms, msToUs, ticks } from '../core/units.ts';
import { identityOf } from '../exchange/scenarios/identity.ts';
import { type Label, SIZE_PARAMETERS } from '../exchange/scenarios/label.ts';
import { hashFile } from '../tape/hash.ts';
import { RawWriter } from '../tape/raw.ts';
import { TapeWriter } from '../tape/writer.ts';
import { CANDLES_AT_START } from '../venue/venue.ts';
import { Simulation, type SimulationOptions } from './simulate.ts';

export interface SimulationReport {
  readonly seed: number;
  readonly feed: string;
  /** ms. */
  readonly from: number;
  readonly to: number;
  readonly symbols: readonly string[];
  readonly events: number;
  readonly messages: number;
  readonly messageBytes: number;
  readonly labels: Readonly<Record<string, number>>;
  /** Virtual time over wall time. */
  readonly speed: number;
  /** SHA-256 by file name: the same for the same options. */
  readonly files: Readonly<Record<string, string>>;
}

/** How much is simulated before the writers may work off what they were given. */
const STRETCH_MS = 1000;
const TAPE = 'market.tape';
const RAW = 'raw.jsonl';
const LABELS = 'labels.jsonl';

/**
 * Simulates and writes into `folder`, which is made or must be empty: `market.tape`, `raw.jsonl` with the messages (and the
 * instruments beside it, so that `hunter import okx-ws` finds them) and `labels.jsonl` with what was planted
 * (docs/labels.md).
 */
export async function simulateToFiles(
  options: Omit<SimulationOptions, 'raw' | 'label' | 'history'>,
  minutes: number,
  folder: string,
  signal?: AbortSignal,
): Promise<SimulationReport> {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`${folder} is not empty: choose a new folder, so that nothing is mixed up`);
  mkdirSync(folder, { recursive: true });
  const raw = RawWriter.create(join(folder, RAW));
  const counts: Record<string, number> = {};
  const labels = openSync(join(folder, LABELS), 'w');
  const simulation: Simulation = new Simulation({
    ...options,
    history: CANDLES_AT_START,
    raw: (direction, at, text) => raw.write(direction, 'simulated', at, text),
    label: (label) => {
      // the others trade too, but nobody listens to them
      if (!options.symbols.includes(label.instrument)) return;
      counts[label.kind] = (counts[label.kind] ?? 0) + 1;
      writeSync(
        labels,
        `${JSON.stringify(written(label, simulation.exchange.market(label.instrument)!.instrument))}\n`,
      );
    },
    event: (event) => {
      options.event?.(event);
      tape.write(event);
    },
  });
  const begun = performance.now();
  const tape = TapeWriter.create(join(folder, TAPE), simulation.specs, {
    source: `simulated: seed ${options.seed}`,
    notes: [
      scenarioNote(identityOf(options.scenario)),
      options.scenario.description,
      `book channel: ${options.feed}`,
    ],
    bar: '1m',
  });
  try {
    const date = new Date(options.from).toISOString().slice(0, 10).replaceAll('-', '');
    writeFileSync(
      join(folder, `rest-instruments-${date}-SWAP.json`),
      `${JSON.stringify({
        t: options.from / 1000,
        url: '/api/v5/public/instruments?instType=SWAP',
        response: { code: '0', msg: '', data: simulation.rows },
      })}\n`,
    );
    const until = options.from + minutes * 60_000;
    raw.connect('simulated', msToUs(ms(options.from)), 'ws://simulated/ws/v5/all');
    simulation.begin();
    for (let at = options.from; at < until; ) {
      signal?.throwIfAborted();
      at = Math.min(until, at + STRETCH_MS);
      simulation.advance(at);
      await new Promise((resolve) => setImmediate(resolve));
    }
    simulation.finish();
    await raw.close();
    tape.close();
  } catch (error) {
    tape.discard();
    throw error;
  } finally {
    closeSync(labels);
  }
  const spent = performance.now() - begun;
  nameTape(join(folder, LABELS), hashFile(join(folder, TAPE)));
  const files = [TAPE, RAW, LABELS];
  return {
    seed: options.seed,
    feed: options.feed,
    from: options.from,
    to: simulation.now,
    symbols: options.symbols,
    events: simulation.events,
    messages: simulation.messages,
    messageBytes: simulation.bytes,
    labels: counts,
    speed: (minutes * 60_000) / spent,
    files: Object.fromEntries(files.map((file) => [file, hashFile(join(folder, file))])),
  };
}

/**
 * Writes into the first line of a file of labels which tape they are of, as `tape`: labels of another one would be graded as if
 * nothing were wrong. Known only when the tape is finished.
 */
export function nameTape(labels: string, sha256: string): void {
  const lines = readFileSync(labels);
  if (lines.length === 0) return;
  const file = openSync(labels, 'w');
  try {
    writeSync(file, `{"tape":"${sha256}",`);
    for (let at = 1; at < lines.length; ) at += writeSync(file, lines, at);
  } finally {
    closeSync(file);
  }
}

/** A label as it stands in the file: prices and sizes as OKX writes them, sizes in contracts. */
export function written(label: Label, instrument: Instrument): Record<string, unknown> {
  const { prices, size, parameters, orders, trades, ...rest } = label;
  const px = (price: number): string => instrument.formatPrice(ticks(Math.round(price)));
  const sz = (size: number): string => instrument.formatSize(lots(size));
  return {
    ...rest,
    prices: prices.filter(Number.isFinite).map(px),
    size: sz(size),
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [
        name,
        SIZE_PARAMETERS.has(name) ? sz(value as number) : value,
      ]),
    ),
    orders: orders.map((each) => ({
      ...each,
      price: px(each.price),
      size: sz(each.size),
      traded: sz(each.traded),
    })),
    trades: trades.map((each) => ({
      ...each,
      size: sz(each.size),
      first: px(each.first),
      last: px(each.last),
    })),
  };
}
