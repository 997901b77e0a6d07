import { For, type JSX, Show } from 'solid-js';
import type { PositionView } from '../../src/dashboard/view.ts';
import { duration, fixed, fixedOr, percent, signed, words } from './format.ts';
import { market, serverNow, view } from './state.ts';

export function Position(): JSX.Element {
  return (
    <section class="panel position" aria-labelledby="position-title" data-panel="position">
      <h2 id="position-title">Position</h2>
      <Show when={market()?.position ?? null} fallback={<NoPosition />}>
        {(position) => <Open position={position()} />}
      </Show>
      <Orders />
    </section>
  );
}

function NoPosition(): JSX.Element {
  const awaited = (): string => {
    const engine = view()?.engine;
    const strategies = market()?.strategies;
    if (engine === undefined) return 'Waiting for the first view.';
    if (engine.state === 'halted') return 'Halted: no entry before a person arms it again.';
    if (engine.paused) return 'Paused: no new entries.';
    const who = strategies?.lead === 'strategies' ? 'a strategy' : 'a signal';
    return `Waiting for ${who}${strategies === undefined ? '' : ` of at least ${fixed(strategies.threshold, 2)}`} that risk permits.`;
  };
  return (
    <div class="flat">
      <p class="headline">Flat</p>
      <p class="empty">{awaited()}</p>
    </div>
  );
}

function Open(props: { position: PositionView }): JSX.Element {
  const decimals = (): number => market()?.priceDecimals ?? 1;
  const sign = (): number => (props.position.direction === 'long' ? 1 : -1);
  const currency = (): string => view()?.account.currency ?? '';
  /** Distance won or lost, in units of the distance from entry to stop. */
  const multiple = (): number | null => {
    const { mark, entry, stopLoss } = props.position;
    if (mark === null || stopLoss === null || stopLoss === entry) return null;
    return ((mark - entry) * sign()) / Math.abs(entry - stopLoss);
  };
  const away = (level: number | null): string =>
    level === null ? '' : `${signed((level / props.position.entry - 1) * 100, 2)}%`;
  const distance = (level: number | null): string =>
    level === null ? '' : percent(Math.abs(level / props.position.entry - 1), 0);
  return (
    <div class="open">
      <div class="headline">
        <span class={props.position.direction} data-field="position-direction">
          {words(props.position.direction)} {props.position.size}
        </span>
        <small>
          {fixed(props.position.leverage, 2)}× · {fixed(props.position.notional, 2)} {currency()}
        </small>
        <b
          class={`pnl ${tone(props.position.unrealizedPnl)}`}
          data-field="unrealized"
          title={`Before what was paid so far: fees ${signed(props.position.fees, 2)}, funding ${signed(props.position.funding, 2)} ${currency()}`}
        >
          {signed(props.position.unrealizedPnl, 2)}
        </b>
      </div>
      <Track position={props.position} />
      <dl class="ledger two">
        <div>
          <dt>Entry</dt>
          <dd data-field="entry">{fixed(props.position.entry, decimals())}</dd>
        </div>
        <div>
          <dt>Mark</dt>
          <dd class="price">{fixedOr(props.position.mark, decimals())}</dd>
        </div>
        <div>
          <dt>Target</dt>
          <dd data-field="take-profit">
            {fixedOr(props.position.takeProfit, decimals())} <small>{away(props.position.takeProfit)}</small>
          </dd>
        </div>
        <div>
          <dt>Stop</dt>
          <Show when={props.position.stopLoss !== null} fallback={<dd class="bad">no stop</dd>}>
            <dd data-field="stop-loss">
              {fixedOr(props.position.stopLoss, decimals())} <small>{away(props.position.stopLoss)}</small>
            </dd>
          </Show>
        </div>
        <div title="Notional over leverage">
          <dt>Margin</dt>
          <dd class="price" data-field="margin">
            {fixed(props.position.margin, 2)}
          </dd>
        </div>
        <div title="Where the account can no longer carry it, all else standing still">
          <dt>Liquidation</dt>
          <dd data-field="liquidation">
            {props.position.liquidation === null
              ? 'at no price'
              : fixed(props.position.liquidation, Math.max(0, decimals() - 1))}{' '}
            <small>{distance(props.position.liquidation)}</small>
          </dd>
        </div>
        <div>
          <dt>R multiple</dt>
          <dd class="price" data-field="r-multiple">
            {multiple() === null ? '–' : `${signed(multiple() ?? 0, 2)} R`}
          </dd>
        </div>
        <div>
          <dt>Open for</dt>
          <dd>{duration(serverNow() - props.position.openedAt)}</dd>
        </div>
      </dl>
    </div>
  );
}

/** Where the mark stands on the way from the stop (left) to the target (right), whichever the direction. */
function Track(props: { position: PositionView }): JSX.Element {
  const way = (price: number | null): number | null => {
    const { stopLoss, takeProfit } = props.position;
    if (price === null || stopLoss === null || takeProfit === null || stopLoss === takeProfit) return null;
    return Math.min(1, Math.max(0, (price - stopLoss) / (takeProfit - stopLoss)));
  };
  const entry = (): number => (way(props.position.entry) ?? 0) * 300;
  const mark = (): number | null => {
    const at = way(props.position.mark);
    return at === null ? null : at * 300;
  };
  const side = (): string => ((mark() ?? 0) < entry() ? 'short' : 'long');
  return (
    <svg class="track" viewBox="-6 0 312 14" role="img" aria-label={trackLabel(way(props.position.mark))}>
      <rect class="ground" x={0} y={6} width={300} height={2} />
      {/* At the stop the mark is 0, which is a place and not an absence. */}
      <Show when={mark() !== null}>
        <rect
          class={side()}
          x={Math.min(mark() ?? 0, entry())}
          y={5}
          width={Math.abs((mark() ?? 0) - entry())}
          height={4}
        />
        <line class="entry" x1={entry()} x2={entry()} y1={1} y2={13} />
        <circle class={side()} cx={mark() ?? 0} cy={7} r={4.5} />
      </Show>
      <line class="short" x1={0} x2={0} y1={2} y2={12} />
      <line class="long" x1={300} x2={300} y1={2} y2={12} />
    </svg>
  );
}

const trackLabel = (way: number | null): string =>
  way === null
    ? 'No stop and target to measure against'
    : `${percent(way, 0)} of the way from stop to target`;

function Orders(): JSX.Element {
  return (
    <Show when={(market()?.orders.length ?? 0) > 0}>
      <table class="orders">
        <caption class="hidden">Working orders</caption>
        <tbody>
          <For each={market()?.orders}>
            {(order) => (
              <tr title={order.clientOrderId}>
                <td class={order.side === 'buy' ? 'long' : 'short'}>{order.side}</td>
                <td>{words(order.purpose)}</td>
                <td class="quiet">{words(order.type)}</td>
                <td class="number">
                  {order.filled}/{order.size}
                </td>
                <td class="number price">{fixedOr(order.price, market()?.priceDecimals ?? 1)}</td>
                <td class="quiet">{order.state}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </Show>
  );
}

export const tone = (value: number): string => (value > 0 ? 'long' : value < 0 ? 'short' : '');
