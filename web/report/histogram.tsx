import { For, type JSX, Show } from 'solid-js';
import type { Shown } from './page.tsx';
import { fixed, percent } from './text.ts';

const WIDTH = 420;
const HEIGHT = 240;
const FOOT = 22;
const HEAD = 14;
const DAYS_MIN = 10;

/** How often daily returns fell where. */
export function ReturnHistogram(props: { readonly shown: Shown }): JSX.Element {
  const { histogram, daily } = props.shown.metrics;
  /** Days on which nothing was held: their zeros would tower over the rest. */
  const still = daily.value.filter((value) => value === 0).length;
  return (
    <section aria-labelledby="histogram-title" data-section="histogram">
      <h2 id="histogram-title">Daily returns</h2>
      <Show
        when={daily.value.length >= DAYS_MIN && histogram}
        fallback={<p class="empty">Not enough days for a picture: at least {DAYS_MIN} are needed.</p>}
      >
        {(known) => {
          const { from, width, counts } = known();
          const most = Math.max(...counts);
          const step = WIDTH / counts.length;
          const x = (value: number): number => ((value - from) / width) * step;
          const edges = [from, from + width * counts.length];
          const ticks = niceTicks(edges[0]!, edges[1]!);
          const average = daily.value.reduce((sum, value) => sum + value, 0) / daily.value.length;
          return (
            <svg
              class="histogram"
              viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
              role="img"
              aria-label={`Histogram of ${daily.value.length - still} daily returns between ${percent(edges[0]!)} and ${percent(edges[1]!)}`}
            >
              <For each={counts}>
                {(count, index) => {
                  const low = from + index() * width;
                  const tall = (count / most) * (HEIGHT - FOOT - HEAD);
                  return (
                    <rect
                      class={low + width / 2 > 0 ? 'gain' : 'loss'}
                      x={index() * step + 0.5}
                      width={Math.max(0.5, step - 1)}
                      y={HEIGHT - FOOT - tall}
                      height={tall}
                    >
                      <title>
                        {percent(low, 2)} to {percent(low + width, 2)}: {fixed(count, 0)} days
                      </title>
                    </rect>
                  );
                }}
              </For>
              <line class="axis" x1="0" x2={WIDTH} y1={HEIGHT - FOOT} y2={HEIGHT - FOOT} />
              <line class="mean" x1={x(average)} x2={x(average)} y1={HEAD} y2={HEIGHT - FOOT} />
              <text
                class="mean"
                x={x(average) + (x(average) > WIDTH / 2 ? -4 : 4)}
                y={HEAD - 3}
                text-anchor={x(average) > WIDTH / 2 ? 'end' : 'start'}
              >
                mean {percent(average)}
              </text>
              <For each={ticks}>
                {(tick) => (
                  <text x={x(tick)} y={HEIGHT - 6} text-anchor="middle">
                    {percent(tick, tickDecimals(ticks))}
                  </text>
                )}
              </For>
            </svg>
          );
        }}
      </Show>
      <Show when={still > 0 && histogram}>
        <p class="note">
          {fixed(still, 0)} of {fixed(daily.value.length, 0)} days without any change are left out.
        </p>
      </Show>
    </section>
  );
}

/** As many as it takes to tell the ticks apart. */
const tickDecimals = (ticks: readonly number[]): number =>
  ticks.length < 2 ? 1 : Math.max(0, -Math.floor(Math.log10((ticks[1]! - ticks[0]!) * 100) + 1e-9));

/** Round values between the edges, about seven, clear of the margins. */
function niceTicks(from: number, to: number): number[] {
  const wanted = (to - from) / 7;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = ([1, 2, 5, 10].find((digit) => digit * power >= wanted) ?? 10) * power;
  const ticks: number[] = [];
  const margin = (to - from) * 0.05;
  for (let tick = Math.ceil((from + margin) / step); tick * step <= to - margin; tick++)
    ticks.push(tick * step);
  return ticks;
}
