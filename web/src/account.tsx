import { type JSX, Show } from 'solid-js';
import { EquityChart } from './equity-chart.tsx';
import { fixed, moneyParts, percent, signed } from './format.ts';
import { tone } from './position.tsx';
import { view } from './state.ts';

/** What is less reads 0.00%. */
const DRAWDOWN_SEEN = 0.00005;

export function Account(): JSX.Element {
  return (
    <section class="panel account" aria-labelledby="account-title" data-panel="account">
      <h2 id="account-title">
        Account <small>{view()?.account.currency ?? ''}</small>
      </h2>
      <Show when={view()?.account} fallback={<p class="empty">Waiting for the first view.</p>}>
        {(account) => (
          <dl class="ledger">
            <div class="strong">
              <dt>Equity</dt>
              <dd class="price" data-field="equity">
                {fixed(account().equity, 2)}
              </dd>
            </div>
            <div>
              <dt>Unrealised</dt>
              <dd class={`price ${tone(account().unrealizedPnl)}`}>{signed(account().unrealizedPnl, 2)}</dd>
            </div>
            <div>
              <dt>Drawdown</dt>
              <dd class={account().drawdown >= DRAWDOWN_SEEN ? 'warn' : ''}>
                {percent(account().drawdown, 2)}
              </dd>
            </div>
            <Exact label="Balance" text={account().balance} isRule />
            <Exact label="Realised" text={account().realizedPnl} isSigned />
            <Exact label="Fees" text={account().fees} isSigned />
            <Exact label="Funding" text={account().funding} isSigned />
            <Show when={Number(account().liquidations) !== 0}>
              <Exact label="Liquidations" text={account().liquidations} isSigned />
            </Show>
            <Exact label="Start" text={account().startBalance} />
          </dl>
        )}
      </Show>
      <EquityChart />
    </section>
  );
}

/** To the last digit; the digits beyond the second are there but quiet. */
function Exact(props: { label: string; text: string; isSigned?: boolean; isRule?: boolean }): JSX.Element {
  const parts = () => moneyParts(props.text);
  return (
    <div classList={{ rule: props.isRule ?? false }}>
      <dt>{props.label}</dt>
      <dd
        class={props.isSigned ? tone(parts().sign) : ''}
        title={props.text}
        data-field={props.label.toLowerCase().replaceAll(' ', '-')}
      >
        {props.isSigned && parts().sign > 0 ? '+' : ''}
        {parts().main}
        <small>{parts().rest}</small>
      </dd>
    </div>
  );
}
