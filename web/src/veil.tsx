/** Nobody may take old figures for new ones: without a line, a bar says so and all figures go grey. */
import { type JSX, Show } from 'solid-js';
import { clockTime } from './format.ts';
import { isConnected, linkState, pageTime, reconnect, versionMismatch, view } from './state.ts';

export function Veil(): JSX.Element {
  return (
    <Show when={versionMismatch()} fallback={<Lost />}>
      {(version) => (
        <div class="veil" role="alert">
          <b>This page and the server disagree (server version {version()})</b>
          <span>Restart the server after npm run prepare, then reload.</span>
        </div>
      )}
    </Show>
  );
}

function Lost(): JSX.Element {
  // The first moment after opening is no loss: empty panels say what they wait for.
  const isShown = (): boolean => !isConnected() && (view() !== null || linkState().kind !== 'connecting');
  const headline = (): string => {
    if (linkState().kind === 'tokenWanted')
      return 'This dashboard shows its data only to who holds the token';
    const known = view();
    return known === null
      ? 'Disconnected — no data yet'
      : `Disconnected — data is old since ${clockTime(known.now)}`;
  };
  const detail = (): string => {
    const state = linkState();
    if (state.kind !== 'lost') return '';
    const wait = state.retryAt === null ? 0 : Math.ceil((state.retryAt - pageTime()) / 1000);
    return `${state.reason}; ${wait > 0 ? `trying again in ${wait} s` : 'trying now'} (attempt ${state.attempt})`;
  };
  return (
    <Show when={isShown()}>
      <div class="veil">
        {/* Only what stays the same is read out. */}
        <b role="alert">{headline()}</b>
        <span>{detail()}</span>
        <Show when={linkState().kind === 'lost'}>
          <button type="button" onClick={() => reconnect()}>
            Try now
          </button>
        </Show>
      </div>
    </Show>
  );
}
