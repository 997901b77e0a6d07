import { For, type JSX, Show } from 'solid-js';
import type { Shown } from './page.tsx';
import { fixed, moneyDecimals, refusalName, share, shortSymbol, signed, toneOf } from './text.ts';

/** From profit before costs to the balance, what the venue was taken to be, and what was turned back. */
export function Costs(props: { readonly shown: Shown }): JSX.Element {
  const { account, metrics, data } = props.shown;
  const { costs } = metrics;
  const decimals = moneyDecimals(account.currency);
  const money = (value: number): string => signed(value, decimals);
  const net = Number(account.balance) - Number(account.startBalance);
  const fills = costs.makerFills + costs.takerFills;
  const perTrade = (value: number): string =>
    metrics.trades.count === 0 ? '' : money(value / metrics.trades.count);
  const liquidations = [
    'Liquidations',
    Number(account.liquidations),
    'what they took beyond the loss, or the insurance fund made up; in no trade’s net',
  ] as const;
  const lines: readonly (readonly [string, number, string])[] = [
    ['Profit and loss before costs', Number(account.realized), ''],
    [
      'Taker fees',
      costs.takerFees,
      `${fixed(costs.takerFills, 0)} fills at ${fixed(data.market.takerFee * 10_000, 2)} bp`,
    ],
    [
      'Maker fees',
      costs.makerFees,
      `${fixed(costs.makerFills, 0)} fills at ${fixed(data.market.makerFee * 10_000, 2)} bp`,
    ],
    [
      'Funding',
      Number(account.funding),
      data.market.funding.charged
        ? `paid ${money(costs.fundingPaid)}, received ${money(costs.fundingReceived)}, by trade`
        : `not charged: ${data.market.funding.why}`,
    ],
    ...(Number(account.liquidations) === 0 ? [] : [liquidations]),
    ['Net', net, ''],
  ];
  const refusals = (): number => data.decisions.refused.reduce((sum, { count }) => sum + count, 0);
  return (
    <section id="costs" class="two" aria-label="Costs and refusals" data-section="costs">
      <div>
        <h2>Costs</h2>
        <div class="sideways">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">{account.currency}</th>
                <th scope="col">Sum</th>
                <th scope="col">A trade</th>
                <th scope="col">
                  <span class="hidden">Note</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <For each={lines}>
                {([name, value, note]) => (
                  <tr classList={{ total: name === 'Net' }}>
                    <th scope="row">{name}</th>
                    <td class={toneOf(value)}>{money(value)}</td>
                    <td>{perTrade(value)}</td>
                    <td class="words quiet">{note}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
        <p class="note">
          {fixed(costs.traded, 0)} {account.currency} bought and sold in {fixed(fills, 0)} fills.{' '}
          <Show when={costs.shareOfProfit.value !== null}>
            Costs took {share(costs.shareOfProfit.value ?? 0)} of the profit before costs.
          </Show>
        </p>
        <h3>How the venue was played</h3>
        <ul class="assumptions">
          <li>
            Fills come from {data.market.from}; the shortest way to the venue takes{' '}
            {fixed(data.market.latencyMsMin, 0)} ms.
          </li>
          <For each={data.market.assumptions}>{(line) => <li>{line}</li>}</For>
        </ul>
      </div>
      <div data-section="refusals">
        <h2>Decisions</h2>
        <div class="sideways">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">What became of a signal</th>
                <th scope="col">Times</th>
                <th scope="col">Share</th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">Entered</th>
                <td>{fixed(data.decisions.entered, 0)}</td>
                <td>{share(data.decisions.entered / (data.decisions.entered + refusals()))}</td>
              </tr>
              <For each={[...data.decisions.refused].sort((a, b) => b.count - a.count)}>
                {({ symbol, reason, count, example }) => (
                  <tr>
                    <th scope="row">
                      {shortSymbol(symbol)} refused: {refusalName(reason)}
                      <br />
                      <span class="quiet">{example}</span>
                    </th>
                    <td>{fixed(count, 0)}</td>
                    <td>{share(count / (data.decisions.entered + refusals()))}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
        <Show when={data.accounts.length > 1}>
          <p class="note">Decisions are of all accounts together.</p>
        </Show>
      </div>
    </section>
  );
}
