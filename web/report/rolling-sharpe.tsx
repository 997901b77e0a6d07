import { BaselineSeries, createChart } from 'lightweight-charts';
import { createEffect, type JSX, on, onCleanup, onMount, Show } from 'solid-js';
import { chartTime } from '../src/chart-base.ts';
import { chartLook, color, lookVersion, withKeys } from './look.ts';
import type { Shown } from './page.tsx';
import { signed } from './text.ts';

export function RollingSharpe(props: { readonly shown: Shown }): JSX.Element {
  const { daily, rollingSharpe } = props.shown.metrics;
  const points = rollingSharpe.flatMap((value, index) =>
    value === null ? [] : [{ time: chartTime(daily.day[index]!), value }],
  );
  let place!: HTMLDivElement;
  onMount(() => {
    if (points.length < 2) return;
    const chart = createChart(place, chartLook());
    const series = chart.addSeries(BaselineSeries, {
      baseValue: { type: 'price', price: 0 },
      lineWidth: 1,
      priceLineVisible: false,
      priceFormat: { type: 'custom', minMove: 0.01, formatter: (value: number) => signed(value, 1) },
    });
    series.setData(points);
    const look = (): void => {
      chart.applyOptions({ ...chartLook(), timeScale: { ...chartLook().timeScale, timeVisible: false } });
      series.applyOptions({
        topLineColor: color('gain'),
        topFillColor1: color('gain', 0.25),
        topFillColor2: color('gain', 0.04),
        bottomLineColor: color('loss'),
        bottomFillColor1: color('loss', 0.04),
        bottomFillColor2: color('loss', 0.25),
      });
    };
    look();
    const whole = (): void => chart.timeScale().fitContent();
    withKeys(chart, place, whole);
    whole();
    createEffect(on(lookVersion, look, { defer: true }));
    onCleanup(() => chart.remove());
  });
  return (
    <section aria-labelledby="rolling-title" data-section="rolling">
      <h2 id="rolling-title">Rolling Sharpe ratio, 30 days</h2>
      <Show
        when={points.length >= 2}
        fallback={<p class="empty">Not enough days: more than 30 are needed.</p>}
      >
        <div
          class="drawing small"
          ref={place}
          tabindex="0"
          role="img"
          aria-label="Sharpe ratio of the last 30 days, day by day"
        />
      </Show>
    </section>
  );
}
