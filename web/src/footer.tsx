import { type JSX, Show } from 'solid-js';
import { clockTime, duration, timeZone } from './format.ts';
import { isConnected, serverNow, view } from './state.ts';

export function Footer(): JSX.Element {
  return (
    <footer>
      <Show when={view()} fallback={<span>Waiting for the server.</span>}>
        {(known) => (
          <span>
            {isConnected() ? 'As of' : 'Last heard'} {clockTime(known().now)} {timeZone()}, running for{' '}
            {duration(serverNow() - known().startedAt)}
          </span>
        )}
      </Show>
      <span>
        Charts:{' '}
        <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
          TradingView Lightweight Charts™
        </a>
      </span>
    </footer>
  );
}
