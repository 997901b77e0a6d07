import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Label } from '../../exchange/scenarios/label.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { simulationSource } from '../evaluate/play.ts';
import { SIMULATED_FROM } from '../simulate.ts';
import { type RecordedMarket, recordSeconds } from './seconds.ts';

export const HOUR_MINUTES = 60;

type Stored = Omit<RecordedMarket, 'rows' | 'candles' | 'truth'> & {
  readonly rows: readonly number[];
  readonly candles: readonly number[];
  readonly truth: readonly number[];
};

const HOUR_MS = 3_600_000;

/** Another hour of the day for each seed: what is usual of one hour is not of the next, and nobody may count on 14:20. */
export const aroundTheClock = (seed: number): number => SIMULATED_FROM + (seed % 24) * HOUR_MS;

/**
 * An hour of the simulated market from `from` on (ms), at the feed's 100 ms, as the regime detector's seconds, one of each
 * symbol. `keep` is a folder that holds them for the next time, or null.
 */
export function recordHour(
  scenario: string,
  seed: number,
  symbols: readonly string[],
  keep: string | null,
  from = SIMULATED_FROM,
): RecordedMarket[] {
  const hour = new Date(from).toISOString().slice(11, 13);
  const kept = keep === null ? null : join(keep, `${scenario}-${seed}-${hour}-${symbols.join('+')}.json`);
  if (kept !== null && existsSync(kept)) {
    const stored = JSON.parse(readFileSync(kept, 'utf8')) as readonly Stored[];
    if (!stored.every(({ rows, candles, truth }) => [rows, candles, truth].every(Array.isArray)))
      throw new Error(
        `${kept}: kept by another version, which knew no candles, or no hour at all: remove it, it is made anew`,
      );
    return stored.map((market) => ({
      ...market,
      rows: Float64Array.from(market.rows),
      candles: Float64Array.from(market.candles),
      truth: Int8Array.from(market.truth),
    }));
  }
  const labels: Label[] = [];
  const loaded = loadScenario(scenario);
  // each market has chance of its own: those listed after it change nothing of it
  const last = Math.max(
    ...symbols.map((symbol) => (loaded.instruments as readonly string[]).indexOf(symbol)),
  );
  const instruments = loaded.instruments.slice(0, last + 1);
  const source = simulationSource(
    { seed, scenario: { ...loaded, instruments }, symbols, feed: 'books', from },
    HOUR_MINUTES,
    (label) => {
      if (label.kind === 'regime') labels.push(label);
    },
  );
  const markets = recordSeconds(source, () => labels, scenario, seed);
  if (kept !== null) {
    mkdirSync(keep!, { recursive: true });
    const plain = markets.map((market): Stored => {
      const { rows, candles, truth } = market;
      return { ...market, rows: Array.from(rows), candles: Array.from(candles), truth: Array.from(truth) };
    });
    writeFileSync(kept, JSON.stringify(plain));
  }
  return markets;
}

/** `1-3,7`: 1, 2, 3, 7. */
export function seedsOf(range: string): number[] {
  return range.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    if (!Number.isInteger(first) || !Number.isInteger(last))
      throw new RangeError(`seeds "${range}": whole numbers and ranges wanted, such as 1-3,7`);
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
}
