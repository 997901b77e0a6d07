import { Instrument } from '../../core/instrument.ts';
import type { Scenario } from '../../exchange/scenarios/scenario.ts';
import { SIMULATED_FROM, Simulation } from '../simulate.ts';
import { type Bar, dayShape, measureBars } from './candles.ts';
import { type Figures, measure } from './measure.ts';
import { Observation, type Sighting } from './observation.ts';
import { type Estimate, estimateOf, estimateOfBars, type Intervals } from './resampling.ts';

/** How much is simulated between two looks at `signal`. */
const STRETCH_MS = 60_000;

/** Bars that are resampled together: two hours of minutes (regimes last a quarter of one), a day of hours. */
const MINUTES_TOGETHER = 120;
const HOURS_TOGETHER = 24;

/** What a client saw of a simulated market, and the bars that the exchange would answer with: a day of minutes, weeks of hours. */
export interface Seen {
  readonly sighting: Sighting;
  readonly minutes: readonly Bar[];
  readonly hours: readonly Bar[];
}

/** The figures of a simulated market, each with its own interval. */
export function measureSimulated(
  seed: number,
  scenario: Scenario,
  symbol: string,
  minutes: number,
  signal?: AbortSignal,
): Estimate {
  return estimate(watch(seed, scenario, symbol, minutes, signal));
}

export function estimate({ sighting, minutes, hours }: Seen): Estimate {
  const parts = [
    estimateOf(sighting, measure),
    estimateOfBars(minutes, MINUTES_TOGETHER, measureBars),
    estimateOfBars(hours, HOURS_TOGETHER, dayShape),
  ];
  return {
    figures: Object.assign({}, ...parts.map(({ figures }) => figures)) as Figures,
    intervals: Object.assign({}, ...parts.map(({ intervals }) => intervals)) as Intervals,
  };
}

export function watch(
  seed: number,
  scenario: Scenario,
  symbol: string,
  minutes: number,
  signal?: AbortSignal,
): Seen {
  let seen: Observation | undefined;
  // each market has chance of its own: those listed after it change nothing of it
  const listed: readonly string[] = scenario.instruments;
  const instruments = listed.includes(symbol)
    ? scenario.instruments.slice(0, listed.indexOf(symbol) + 1)
    : scenario.instruments;
  const simulation = new Simulation({
    seed,
    scenario: { ...scenario, instruments },
    symbols: [symbol],
    feed: 'books',
    from: SIMULATED_FROM,
    event: (event) => seen?.take(event),
  });
  seen = new Observation(new Instrument(simulation.specs[0]!));
  simulation.begin();
  const until = SIMULATED_FROM + minutes * 60_000;
  for (let at = SIMULATED_FROM; at < until; ) {
    signal?.throwIfAborted();
    at = Math.min(until, at + STRETCH_MS);
    simulation.advance(at);
  }
  const { candles } = simulation.exchange.market(symbol)!;
  return { sighting: seen, minutes: candles.of('1m')!.closed, hours: candles.of('1H')!.closed };
}
