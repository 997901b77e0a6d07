import { For, type JSX, Show } from 'solid-js';
import type { TradeView } from '../../src/dashboard/view.ts';
import { fixed, fullTime, minuteTime, signed, words } from './format.ts';
import { tone } from './position.tsx';
import { view } from './state.ts';

export function Trades(): JSX.Element {
  const trades = (): readonly TradeView[] => view()?.trades ?? [];
  return (
    <section class="panel trades" aria-labelledby="trades-title" data-panel="trades">
      <h2 id="trades-title">Closed trades</h2>
      <Show
        when={trades().length > 0}
        fallback={<p class="empty">None yet. A trade is listed here when its position is closed.</p>}
      >
        <div class="scroll" tabindex="0">
          <table>
            <thead>
              <tr>
                <th scope="col">Closed</th>
                <th scope="col">Side</th>
                <th scope="col" class="number">
                  Size
                </th>
                <th scope="col" class="number">
                  Entry
                </th>
                <th scope="col" class="number">
                  Exit
                </th>
                <th scope="col" class="number">
                  Net P&amp;L
                </th>
                <th scope="col">Reason</th>
              </tr>
            </thead>
            <tbody>
              <For each={trades()}>{(trade) => <Row trade={trade} />}</For>
            </tbody>
          </table>
        </div>
      </Show>
    </section>
  );
}

function Row(props: { trade: TradeView }): JSX.Element {
  const decimals = (): number =>
    view()?.markets.find(({ symbol }) => symbol === props.trade.symbol)?.priceDecimals ?? 2;
  const detail = (): string =>
    `${props.trade.symbol}, ${fullTime(props.trade.openedAt)} to ${fullTime(props.trade.closedAt)}; ` +
    `fees ${signed(props.trade.fees, 4)}, funding ${signed(props.trade.funding, 4)}`;
  return (
    <tr title={detail()}>
      <td class="quiet">{minuteTime(props.trade.closedAt)}</td>
      <td class={props.trade.direction}>{props.trade.direction}</td>
      <td class="number">{props.trade.size}</td>
      <td class="number">{fixed(props.trade.entry, decimals())}</td>
      <td class="number">{fixed(props.trade.exit, decimals())}</td>
      <td class={`number ${tone(props.trade.pnl)}`}>{signed(props.trade.pnl, 2)}</td>
      <td class="quiet fill">{words(props.trade.exitReason)}</td>
    </tr>
  );
}
