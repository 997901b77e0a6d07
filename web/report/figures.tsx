import { For, type JSX, Show } from 'solid-js';
import type { Figure } from '../../src/study/metrics/figure.ts';
import type { Shown } from './page.tsx';
import {
  ABSENT,
  date,
  duration,
  figureText,
  fixed,
  intervalText,
  moneyDecimals,
  percent,
  share,
  signed,
  toneOf,
} from './text.ts';

interface Line {
  readonly name: string;
  readonly value: string;
  /** 95 % interval, or a date: what stands beside it in small. */
  readonly beside?: string;
  readonly tone?: string;
  /** What it means exactly, on hover and for those who hear the page. */
  readonly meaning?: string;
}

/** Few figures large, all figures below. */
export function Figures(props: { readonly shown: Shown }): JSX.Element {
  const { metrics, account } = props.shown;
  const { growth, risk, trades, activity, costs, benchmark } = metrics;
  const decimals = moneyDecimals(account.currency);
  const money = (value: number): string => `${signed(value, decimals)} ${account.currency}`;
  const number =
    (digits: number, unit = '') =>
    (value: number): string =>
      `${signed(value, digits)}${unit}`;
  const ratio = (value: number): string => fixed(value, 2);
  const line = (name: string, figure: Figure, format: (value: number) => string, meaning: string): Line => ({
    name,
    value: figureText(figure, format),
    beside: figure.value === null ? figure.why.replace(/^not enough: /, '') : intervalText(figure, format),
    tone: figure.value === null ? 'quiet' : '',
    meaning,
  });
  const net = Number(account.balance) - Number(account.startBalance);
  const end = account.equity.equity.at(-1) ?? Number(account.balance);

  const tiles: (Line & { readonly against?: string })[] = [
    {
      name: 'Total return',
      value: percent(growth.total),
      tone: toneOf(growth.total),
      beside: `${fixed(Number(account.startBalance), decimals)} → ${fixed(end, decimals)} ${account.currency}`,
      against: benchmark === null ? '' : percent(benchmark.total),
    },
    {
      ...line('Annual growth', growth.annual, (value) => percent(value), 'CAGR, 365 days a year'),
      against: benchmark === null ? '' : figureText(benchmark.annual, (value) => percent(value)),
    },
    {
      ...line(
        'Sharpe ratio',
        risk.sharpe,
        number(2),
        'Mean ÷ deviation of daily returns × √365, risk-free rate 0',
      ),
      against: benchmark === null ? '' : figureText(benchmark.sharpe, number(2)),
    },
    {
      name: 'Largest drawdown',
      value: risk.drawdown === null ? 'none' : percent(-risk.drawdown.depth),
      tone: risk.drawdown === null ? 'quiet' : 'loss',
      beside:
        risk.drawdown === null ? '' : `${date(risk.drawdown.peakAt)} to ${date(risk.drawdown.troughAt)}`,
      against: benchmark === null ? '' : percent(-benchmark.drawdown),
    },
    line(
      'Profit factor',
      trades.profitFactor,
      ratio,
      'Gross profit ÷ gross loss of closed trades, after costs',
    ),
    line(
      'Expectancy a trade',
      trades.expectancy,
      number(decimals),
      `Mean net of a trade, ${account.currency}`,
    ),
  ];

  const lists: readonly (readonly [string, readonly Line[]])[] = [
    [
      'Return',
      [
        { name: 'Change of the balance', value: money(net), tone: toneOf(net) },
        {
          name: 'Best day',
          value: growth.bestDay === null ? ABSENT : percent(growth.bestDay.value),
          beside: growth.bestDay === null ? '' : date(growth.bestDay.day),
        },
        {
          name: 'Worst day',
          value: growth.worstDay === null ? ABSENT : percent(growth.worstDay.value),
          beside: growth.worstDay === null ? '' : date(growth.worstDay.day),
        },
        {
          name: 'Winning days',
          value: `${growth.winningDays} of ${metrics.days}`,
        },
        ...(benchmark === null
          ? []
          : [
              line('Correlation to benchmark', benchmark.correlation, number(2), 'Of daily returns'),
              line(
                'Beta to benchmark',
                benchmark.beta,
                number(2),
                'Slope of daily returns on the benchmark’s',
              ),
            ]),
      ],
    ],
    [
      'Risk',
      [
        line(
          'Volatility a year',
          risk.volatility,
          (value) => share(value),
          'Deviation of daily returns × √365',
        ),
        line('Sortino ratio', risk.sortino, number(2), 'Mean ÷ downside deviation of daily returns × √365'),
        line('Calmar ratio', risk.calmar, number(2), 'Annual growth ÷ largest drawdown'),
        line('Skewness', risk.skewness, number(2), 'Of daily returns; negative: long tail of losses'),
        line('Excess kurtosis', risk.kurtosis, number(2), 'Of daily returns; 0 is normal'),
        {
          name: 'Longest under water',
          value: risk.underWater === null ? 'never' : duration(risk.underWater.to - risk.underWater.from),
          beside:
            risk.underWater === null
              ? ''
              : `${date(risk.underWater.from)} to ${risk.underWater.ended ? date(risk.underWater.to) : 'the end'}`,
        },
      ],
    ],
    [
      'Trades',
      [
        {
          name: 'Closed trades',
          value: fixed(trades.count, 0),
          beside: `${fixed(trades.longs, 0)} long, ${fixed(trades.count - trades.longs, 0)} short${account.openPositions > 0 ? `, ${account.openPositions} still open` : ''}`,
        },
        line('Win rate', trades.winRate, (value) => share(value), 'Share of trades above zero after costs'),
        line('Payoff', trades.payoff, ratio, 'Mean win ÷ mean loss'),
        line('Expectancy', trades.expectancyR, number(3, ' R'), 'Mean net ÷ loss at the first stop'),
        {
          name: 'Longest streaks',
          value: `${trades.streaks.wins} won, ${trades.streaks.losses} lost`,
        },
        {
          name: 'Held, median',
          value: trades.heldMedianMs === null ? ABSENT : duration(trades.heldMedianMs),
          beside: trades.heldMeanMs === null ? '' : `mean ${duration(trades.heldMeanMs)}`,
        },
      ],
    ],
    [
      'Activity and cost',
      [
        line('Time in the market', activity.timeInMarket, (value) => share(value), 'Some position open'),
        line(
          'Mean exposure',
          activity.meanExposure,
          (value) => `${fixed(value, 2)} ×`,
          'Gross position value ÷ equity, over time',
        ),
        { name: 'Highest exposure', value: `${fixed(activity.maxExposure, 2)} ×` },
        line(
          'Turnover a year',
          activity.turnover,
          (value) => `${fixed(value, value < 100 ? 1 : 0)} ×`,
          'Value bought and sold ÷ mean equity',
        ),
        {
          name: 'Fees',
          value: money(Number(account.fees)),
          tone: toneOf(Number(account.fees)),
          beside: costs.feeRate.value === null ? '' : `${fixed(costs.feeRate.value * 10_000, 2)} bp of value`,
        },
        {
          name: 'Funding',
          value: props.shown.data.market.funding.charged ? money(Number(account.funding)) : 'not charged',
          tone: props.shown.data.market.funding.charged ? toneOf(Number(account.funding)) : 'quiet',
        },
      ],
    ],
  ];

  return (
    <section id="figures" aria-labelledby="figures-title" data-section="figures">
      <h2 id="figures-title" class="hidden">
        Key figures
      </h2>
      <dl class="tiles">
        <For each={tiles}>
          {(tile) => (
            <div class="tile" title={tile.meaning}>
              <dt>{tile.name}</dt>
              <dd class={`value ${tile.tone ?? ''}`}>{tile.value}</dd>
              <dd class="beside">{tile.beside}</dd>
              <Show when={tile.against}>
                <dd class="against">holding: {tile.against}</dd>
              </Show>
            </div>
          )}
        </For>
      </dl>
      <div class="lists">
        <For each={lists}>
          {([title, lines]) => (
            <div>
              <h3>{title}</h3>
              <dl class="ledger">
                <For each={lines}>
                  {(entry) => (
                    <div title={entry.meaning}>
                      <dt>{entry.name}</dt>
                      <dd>
                        <span class={entry.tone}>{entry.value}</span>
                        <Show when={entry.beside}>
                          <small>{entry.beside}</small>
                        </Show>
                      </dd>
                    </div>
                  )}
                </For>
              </dl>
            </div>
          )}
        </For>
      </div>
      <p class="note">
        Small figures are 95 % intervals from 2,000 bootstrap samples in blocks of neighbouring days or
        trades: what chance alone might have made of such a run. They do not cover a market that changes, nor
        a choice among many settings. Closed trades include fees
        {props.shown.data.market.funding.charged ? ' and funding' : ''}.
      </p>
    </section>
  );
}
