/**
 * What each candle strategy finds, and what the strategies have to say about entries. One that finds nothing takes one
 * quiet line. A row opens to its figures.
 */
import { createEffect, createSignal, For, Index, type JSX, Show } from 'solid-js';
import type { FigureView, StrategiesView, StrategyView } from '../../src/dashboard/view.ts';
import { ABSENT, fixed, words } from './format.ts';
import { market } from './state.ts';

export function Strategies(): JSX.Element {
  /** One at a time: the rail is narrow, and the signal stands above it. */
  const [openName, setOpenName] = createSignal('');
  return (
    <section class="panel strategies" aria-labelledby="strategies-title" data-panel="strategies">
      <h2 id="strategies-title">
        Strategies{' '}
        <small data-field="strategies-role">{market() === null ? '' : role(market()!.strategies)}</small>
      </h2>
      <Show
        when={(market()?.strategies.parts.length ?? 0) > 0}
        fallback={<p class="empty">Waiting for the first view.</p>}
      >
        <ul>
          <Index each={market()?.strategies.parts}>
            {(strategy) => (
              <Strategy
                strategy={strategy()}
                threshold={market()?.strategies.threshold ?? 1}
                isBest={market()?.strategies.best === strategy().name}
                isOpen={openName() === strategy().name}
                toggle={() => setOpenName(openName() === strategy().name ? '' : strategy().name)}
              />
            )}
          </Index>
        </ul>
      </Show>
    </section>
  );
}

function role({ lead, confirmation }: StrategiesView): string {
  const isLead = lead === 'strategies';
  const other = isLead ? 'the signal' : 'they';
  const asked = {
    none: isLead ? 'the signal is not asked' : 'they are not asked',
    notAgainst: `${other} must not be against`,
    agree: `${other} must agree`,
  };
  return `${isLead ? 'propose entries' : 'the signal leads'}, ${asked[confirmation]}`;
}

interface StrategyProps {
  readonly strategy: StrategyView;
  readonly threshold: number;
  readonly isBest: boolean;
  readonly isOpen: boolean;
  readonly toggle: () => void;
}

function Strategy(props: StrategyProps): JSX.Element {
  let row!: HTMLLIElement;
  // what was opened at the foot of a low panel is to be seen
  createEffect(() => {
    if (props.isOpen) row.scrollIntoView({ block: 'nearest' });
  });
  const sign = (): number => (props.strategy.direction === 'short' ? -1 : 1);
  const found = (): boolean => props.strategy.direction !== 'none';
  const evidence = (): string => {
    const { ready, candlesMissing, evidence } = props.strategy;
    if (ready) return evidence;
    return `needs ${candlesMissing} more ${candlesMissing === 1 ? 'candle' : 'candles'}`;
  };
  return (
    <li
      class="strategy"
      classList={{ best: props.isBest, found: found() }}
      data-strategy={props.strategy.name}
      ref={row}
    >
      <button
        type="button"
        aria-expanded={props.isOpen}
        title={evidence()}
        disabled={!props.strategy.ready}
        onClick={() => props.toggle()}
      >
        <span class="name">
          {words(props.strategy.name)}
          <Show when={props.isBest}>
            <span class="hidden">, the most confident</span>
          </Show>
        </span>
        <Show when={found()}>
          <svg class="bar" viewBox="-100 0 200 8" preserveAspectRatio="none" aria-hidden="true">
            <rect class="ground" x={-100} y={2.5} width={200} height={3} />
            <rect
              class={props.strategy.direction}
              x={Math.min(0, sign() * props.strategy.confidence) * 100}
              y={1}
              width={props.strategy.confidence * 100}
              height={6}
            />
            <rect class="zero" x={-0.6} y={0} width={1.2} height={8} />
            <rect class="threshold" x={sign() * props.threshold * 100 - 0.7} y={0} width={1.4} height={8} />
          </svg>
          <span class={`finding ${props.strategy.direction}`}>
            {props.strategy.direction} {fixed(props.strategy.confidence, 2)}
          </span>
        </Show>
        <span class="evidence">{evidence()}</span>
      </button>
      <Show when={props.isOpen && props.strategy.ready}>
        <dl class="figures">
          <For each={props.strategy.figures}>
            {(figure) => (
              <div>
                <dt>{LABELS[figure.name] ?? words(figure.name)}</dt>
                <dd>{figureText(figure)}</dd>
              </div>
            )}
          </For>
        </dl>
      </Show>
    </li>
  );
}

const LABELS: Readonly<Record<string, string>> = { rSquared: 'R²', rsi: 'RSI' };

function figureText({ value, unit }: FigureView): string {
  if (value === null) return ABSENT;
  const decimals = market()?.priceDecimals ?? 1;
  switch (unit) {
    case 'price':
      return fixed(value, decimals);
    case 'pricePerCandle':
      return `${fixed(value, decimals + 1)} a candle`;
    case 'deviations':
      return `${fixed(value, 2)} σ`;
    case 'times':
      return `${fixed(value, 2)} ×`;
    case 'candles':
      return fixed(value, 0);
    case 'points':
      return fixed(value, 1);
    case 'fraction':
      return fixed(value, 2);
  }
}
