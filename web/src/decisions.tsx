import { For, type JSX, Show } from 'solid-js';
import { fixed, fullTime, minuteTime } from './format.ts';
import { view } from './state.ts';

export function Decisions(): JSX.Element {
  return (
    <section class="panel decisions" aria-labelledby="decisions-title" data-panel="decisions">
      <h2 id="decisions-title">Decisions</h2>
      <Show
        when={(view()?.decisions.length ?? 0) > 0}
        fallback={
          <p class="empty">
            None yet. Each signal that crosses the threshold is listed with what became of it.
          </p>
        }
      >
        <ol class="scroll" tabindex="0">
          <For each={view()?.decisions}>
            {(decision) => (
              <li title={`${fullTime(decision.at)}, ${decision.symbol}: ${decision.detail}`}>
                <span class="quiet">{minuteTime(decision.at)}</span>
                <span>{decision.proposer}</span>
                <span class={decision.direction}>{decision.direction}</span>
                <span>{fixed(decision.confidence, 2)}</span>
                <span class={`outcome ${decision.outcome}`}>{decision.outcome}</span>
                <span class="detail">{decision.detail}</span>
              </li>
            )}
          </For>
        </ol>
      </Show>
    </section>
  );
}
