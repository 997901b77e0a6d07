import { For, type JSX, Show } from 'solid-js';
import type { Group } from '../../src/study/metrics/groups.ts';
import type { Shown } from './page.tsx';
import { ANY, setFilter, type TradeFilter } from './state.ts';
import {
  ABSENT,
  duration,
  figureText,
  fixed,
  intervalText,
  moneyDecimals,
  reasonName,
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
          Sums are facts; the expectancy is an estimate with its 95 % interval, withheld below 30 trades. An
          hour or a weekday that stands out among so many is chance until shown otherwise.
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
              <th scope="col" colspan="2">
                Net, {props.currency}
              </th>
              <th scope="col">A trade</th>
              <th scope="col">Mean R</th>
              <th scope="col">P. factor</th>
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
                  <td class={toneOf(group.net)}>{signed(group.net, decimals)}</td>
                  <td class="span">
                    <i
                      class={toneOf(group.net)}
                      style={{
                        width: `${(Math.abs(group.net) / reach) * 50}%`,
                        'margin-left': group.net < 0 ? `${50 - (Math.abs(group.net) / reach) * 50}%` : '50%',
                      }}
                    />
                  </td>
                  <td
                    title={
                      intervalText(group.expectancy, (value) => signed(value, decimals)) ||
                      group.expectancy.why
                    }
                  >
                    {group.expectancy.value === null ? (
                      <span class="quiet">few</span>
                    ) : (
                      <>
                        {figureText(group.expectancy, (value) => signed(value, decimals))}
                        <small>
                          {intervalText(group.expectancy, (value) => signed(value, decimals === 2 ? 0 : 4))}
                        </small>
                      </>
                    )}
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
