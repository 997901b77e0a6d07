import { For, type JSX, Show } from 'solid-js';
import type { Group } from '../../src/study/metrics/groups.ts';
import type { Shown } from './page.tsx';
import { ANY, setFilter, type TradeFilter } from './state.ts';
import {
  ABSENT,
  duration,
  fixed,
  intervalText,
  moneyDecimals,
  reasonName,
  roughly,
  shortSymbol,
  signed,
  toneOf,
} from './text.ts';

type Key = 'exitReason' | 'strategy' | 'symbol' | 'direction' | 'hour' | 'weekday' | 'month';

const TABLES: readonly {
  readonly key: Key;
  readonly title: string;
  readonly name: (key: string) => string;
}[] = [
  { key: 'exitReason', title: 'By exit reason', name: reasonName },
  { key: 'strategy', title: 'By strategy', name: (key) => key },
  { key: 'symbol', title: 'By instrument', name: shortSymbol },
  { key: 'direction', title: 'By direction', name: (key) => key },
  { key: 'weekday', title: 'By weekday of entry', name: (key) => key },
  { key: 'month', title: 'By month of exit', name: (key) => key },
  { key: 'hour', title: 'By hour of entry (UTC)', name: (key) => `${key}:00` },
];

/** The same trades cut in seven ways; a row's button shows its trades in the table above. */
export function GroupTables(props: { readonly shown: Shown }): JSX.Element {
  const { groups } = props.shown.metrics;
  return (
    <section id="groups" aria-labelledby="groups-title" data-section="groups">
      <h2 id="groups-title">Breakdown</h2>
      <Show when={props.shown.trades.length > 0} fallback={<p class="empty">No trade was closed.</p>}>
        <div class="groups">
          <For each={TABLES}>
            {({ key, title, name }) => (
              <GroupTable
                title={title}
                kind={key}
                groups={groups[key]}
                name={name}
                currency={props.shown.account.currency}
              />
            )}
          </For>
        </div>
        <p class="note">
          Sums and means are what happened; the 95 % interval is where the mean of more such trades may lie,
          withheld below 30. An hour or a weekday that stands out among so many is chance until shown
          otherwise.
        </p>
      </Show>
    </section>
  );
}

function GroupTable(props: {
  readonly title: string;
  readonly kind: Key;
  readonly groups: readonly Group[];
  readonly name: (key: string) => string;
  readonly currency: string;
}): JSX.Element {
  const decimals = moneyDecimals(props.currency);
  const reach = props.groups.reduce((most, { net }) => Math.max(most, Math.abs(net)), 1e-12);
  /** Cents are noise beside thousands. */
  const netDecimals = reach >= 1000 ? 0 : decimals;
  const show = (key: string): void => {
    setFilter({ ...ANY, [props.kind]: key } as TradeFilter);
    document.getElementById('trades')?.scrollIntoView();
  };
  return (
    <div class="group" data-group={props.kind}>
      <h3>{props.title}</h3>
      <div class="sideways">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">Kind</span>
              </th>
              <th scope="col">Trades</th>
              <th scope="col">Won</th>
              <th scope="col">Net, {props.currency}</th>
              <td class="span" />
              <th scope="col">A trade</th>
              <th scope="col">95 %</th>
              <th scope="col">Mean R</th>
              <th scope="col" title="Profit factor: gross profit ÷ gross loss">
                PF
              </th>
              <th scope="col">Held</th>
            </tr>
          </thead>
          <tbody>
            <For each={props.groups}>
              {(group) => (
                <tr>
                  <th scope="row">
                    <button
                      type="button"
                      class="link"
                      onClick={() => show(group.key)}
                      title="Show these trades"
                    >
                      {props.name(group.key)}
                    </button>
                  </th>
                  <td>{fixed(group.trades, 0)}</td>
                  <td>{fixed((group.wins / group.trades) * 100, 0)} %</td>
                  <td class={toneOf(group.net)}>{signed(group.net, netDecimals)}</td>
                  <td class="span">
                    <i
                      class={toneOf(group.net)}
                      style={{
                        width: `${(Math.abs(group.net) / reach) * 50}%`,
                        'margin-left': group.net < 0 ? `${50 - (Math.abs(group.net) / reach) * 50}%` : '50%',
                      }}
                    />
                  </td>
                  <td>{signed(group.net / group.trades, decimals)}</td>
                  <td class="quiet" title={group.expectancy.why}>
                    {intervalText(group.expectancy, (value) => roughly(value, decimals)) || 'few'}
                  </td>
                  <td>{group.averageR === null ? ABSENT : signed(group.averageR, 2)}</td>
                  <td>{group.profitFactor === null ? ABSENT : fixed(group.profitFactor, 2)}</td>
                  <td>{duration(group.averageHeldMs)}</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
    </div>
  );
}
