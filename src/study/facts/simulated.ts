import { Instrument } from '../../core/instrument.ts';
import type { Scenario } from '../../exchange/scenarios/scenario.ts';
import { SIMULATED_FROM, Simulation } from '../simulate.ts';
import { dayShape, measureBars } from './candles.ts';
import { type Figures, measure } from './measure.ts';
import { Observation } from './observation.ts';

/** How much is simulated between two looks at `signal`. */
const STRETCH_MS = 60_000;

/**
 * The figures of a simulated market: book and trades from the messages a client reads, bars from the history that the
 * exchange would answer with.
 */
export function measureSimulated(
  seed: number,
  scenario: Scenario,
  symbol: string,
  minutes: number,
  signal?: AbortSignal,
): Figures {
  let seen: Observation | undefined;
  const simulation = new Simulation({
    seed,
    scenario,
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
  return {
    ...measure(seen),
    ...measureBars(candles.of('1m')!.closed),
    ...dayShape(candles.of('1H')!.closed),
  };
}
