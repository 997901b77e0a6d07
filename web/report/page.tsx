import { createMemo, createSignal, ErrorBoundary, For, type JSX, Show } from 'solid-js';
import type { AccountMetrics } from '../../src/study/metrics/account-metrics.ts';
import type { Report } from '../../src/study/report/pack.ts';
import type { AccountReport, ReportData, TradeReport } from '../../src/study/report/report-data.ts';
import { Costs } from './costs.tsx';
import { EquityChart } from './equity-chart.tsx';
import { Figures } from './figures.tsx';
import { Findings } from './findings.tsx';
import { GroupTables } from './groups.tsx';
import { Header } from './header.tsx';
import { ReturnHistogram } from './histogram.tsx';
import { Months } from './months.tsx';
import { Repeat } from './repeat.tsx';
import { RollingSharpe } from './rolling-sharpe.tsx';
import { ANY, setChosen, setFilter } from './state.ts';
import { TradeChart } from './trade-chart.tsx';
import { Trades } from './trades.tsx';

/** One account and all that is its own: what every section below the header shows. */
export interface Shown {
  readonly data: ReportData;
  readonly account: AccountReport;
  readonly metrics: AccountMetrics;
  readonly trades: readonly TradeReport[];
}

/** A section that fails says so in its place and leaves the others standing. */
function Guarded(props: { readonly children: JSX.Element }): JSX.Element {
  const say = (error: unknown): JSX.Element => {
    console.error(error);
    return (
      <section>
        <p class="loss">This section could not be drawn: {String(error)}</p>
      </section>
    );
  };
  return <ErrorBoundary fallback={say}>{props.children}</ErrorBoundary>;
}

export function Page(props: { readonly report: Report }): JSX.Element {
  const [index, setIndex] = createSignal(0);
  const shown = createMemo((): Shown | null => {
    const { data, metrics } = props.report;
    const account = data.accounts[index()];
    const figures = metrics[index()];
    if (account === undefined || figures === undefined) return null;
    return {
      data,
      account,
      metrics: figures,
      trades: data.trades.filter(({ symbol }) => account.symbols.includes(symbol)),
    };
  });
  /** Accounts of one currency each are called by it, several by what they trade. */
  const isOnly = (currency: string): boolean =>
    props.report.data.accounts.filter((account) => account.currency === currency).length === 1;
  const choose = (next: number): void => {
    setFilter(ANY);
    setChosen(null);
    setIndex(next);
  };
  return (
    <>
      <Header data={props.report.data} />
      <main>
        <Findings data={props.report.data} findings={props.report.findings} />
        <Show when={props.report.data.accounts.length > 1}>
          <nav class="accounts" aria-label="Account">
            <For each={props.report.data.accounts}>
              {({ currency, symbols }, at) => (
                <button type="button" aria-pressed={at() === index()} onClick={() => choose(at())}>
                  {isOnly(currency) ? currency : symbols.join(', ')} account
                </button>
              )}
            </For>
          </nav>
        </Show>
        <Show when={shown()} keyed fallback={<p class="empty">The run traded no account.</p>}>
          {(current) => (
            <>
              <Guarded>
                <Figures shown={current} />
              </Guarded>
              <Guarded>
                <EquityChart shown={current} />
              </Guarded>
              <div class="three">
                <Guarded>
                  <Months shown={current} />
                </Guarded>
                <Guarded>
                  <ReturnHistogram shown={current} />
                </Guarded>
                <Guarded>
                  <RollingSharpe shown={current} />
                </Guarded>
              </div>
              <Guarded>
                <TradeChart shown={current} />
              </Guarded>
              <Guarded>
                <Trades shown={current} />
              </Guarded>
              <Guarded>
                <GroupTables shown={current} />
              </Guarded>
              <Guarded>
                <Costs shown={current} />
              </Guarded>
            </>
          )}
        </Show>
        <Guarded>
          <Repeat data={props.report.data} />
        </Guarded>
      </main>
      <footer>
        <span>All times are UTC. Nothing in this page is loaded from elsewhere.</span>
        <span>
          Charts:{' '}
          <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
            TradingView Lightweight Charts™
          </a>
        </span>
      </footer>
    </>
  );
}
