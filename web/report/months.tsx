import { For, type JSX, Show } from 'solid-js';
import type { MonthlyReturn } from '../../src/study/metrics/daily.ts';
import type { Shown } from './page.tsx';
import { ABSENT, monthName, percent, toneOf } from './text.ts';

const TWELVE = Array.from({ length: 12 }, (_, index) => index + 1);

/** Returns by month, the stronger the colour the further from zero. */
export function Months(props: { readonly shown: Shown }): JSX.Element {
  const { months } = props.shown.metrics;
  const years = [...new Set(months.map(({ year }) => year))];
  const reach = months.reduce((most, { value }) => Math.max(most, Math.abs(value)), 1e-9);
  const decimals = reach >= 0.02 ? 1 : 2;
  const find = (year: number, month: number): MonthlyReturn | undefined =>
    months.find((known) => known.year === year && known.month === month);
  const yearly = (year: number): number =>
    months.filter((known) => known.year === year).reduce((growth, { value }) => growth * (1 + value), 1) - 1;
  /** A run within half a year is laid out as a short row rather than as twelve columns of dashes. */
  const shownMonths = years.length === 1 && months.length <= 6 ? months.map(({ month }) => month) : TWELVE;
  return (
    <section
      aria-labelledby="months-title"
      data-section="months"
      classList={{ wide: shownMonths.length > 6 }}
    >
      <h2 id="months-title">Returns by month</h2>
      <Show when={months.length > 0} fallback={<p class="empty">Not a whole day was seen.</p>}>
        <div class="sideways">
          <table class="heat">
            <thead>
              <tr>
                <th scope="col">Year</th>
                <For each={shownMonths}>{(month) => <th scope="col">{monthName(month)}</th>}</For>
                <th scope="col">All</th>
              </tr>
            </thead>
            <tbody>
              <For each={years}>
                {(year) => (
                  <tr>
                    <th scope="row">{year}</th>
                    <For each={shownMonths}>
                      {(month) => {
                        const known = find(year, month);
                        return (
                          <td
                            class={known === undefined ? 'quiet' : toneOf(known.value)}
                            style={{
                              '--strength': `${known === undefined ? 0 : 8 + (52 * Math.abs(known.value)) / reach}%`,
                            }}
                            title={known === undefined ? undefined : `${known.days} days`}
                          >
                            {known === undefined ? ABSENT : percent(known.value, decimals)}
                          </td>
                        );
                      }}
                    </For>
                    <td class={`all ${toneOf(yearly(year))}`}>{percent(yearly(year), decimals)}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
    </section>
  );
}
