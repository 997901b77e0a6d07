import {
  AreaSeries,
  createChart,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  type MouseEventParams,
  PriceScaleMode,
} from 'lightweight-charts';
import { createEffect, createSignal, type JSX, on, onCleanup, onMount, Show } from 'solid-js';
import { chartTime, timeOf } from '../src/chart-base.ts';
import { chartLook, color, lookVersion, withKeys } from './look.ts';
import type { Shown } from './page.tsx';
import { barName, fixed, minute, moneyDecimals, percent } from './text.ts';

/** Highest − lowest. */
function reach(values: readonly number[]): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most - least;
}

interface Reading {
  readonly at: number;
  readonly equity: number;
  readonly benchmark: number | null;
  readonly drawdown: number;
  readonly exposure: number;
}

/** Equity and benchmark, drawdown, exposure: three panes on one time axis. */
export function EquityChart(props: { readonly shown: Shown }): JSX.Element {
  const { account } = props.shown;
  const { equity, benchmark } = account;
  const decimals = moneyDecimals(account.currency);
  const [isLog, setLog] = createSignal(false);
  // beside a market that halved, a quiet strategy is a flat line: then the benchmark waits for its button
  const [hasBenchmark, setBenchmark] = createSignal(
    benchmark !== null && reach(equity.equity) > reach(benchmark.value) * 0.05,
  );
  const readingAt = (index: number): Reading => ({
    at: equity.at[index]!,
    equity: equity.equity[index]!,
    benchmark: benchmark?.value[index] ?? null,
    drawdown: equity.drawdown[index]!,
    exposure: equity.exposure[index]!,
  });
  const last = equity.at.length - 1;
  const [reading, setReading] = createSignal<Reading | null>(last < 0 ? null : readingAt(last));
  let place!: HTMLDivElement;

  onMount(() => {
    if (last < 1) return;
    const drawing = new Drawing(place, props.shown);
    drawing.onHover((index) => setReading(readingAt(index ?? last)));
    createEffect(on(lookVersion, () => drawing.look(), { defer: true }));
    createEffect(() => drawing.scale(isLog()));
    createEffect(() => drawing.showBenchmark(hasBenchmark()));
    onCleanup(() => drawing.remove());
  });

  return (
    <section id="equity" aria-labelledby="equity-title" data-section="equity">
      <div class="bar">
        <h2 id="equity-title">Equity</h2>
        <span class="tools">
          <Show when={benchmark !== null}>
            <button type="button" aria-pressed={hasBenchmark()} onClick={() => setBenchmark(!hasBenchmark())}>
              Benchmark
            </button>
          </Show>
          <button type="button" aria-pressed={isLog()} onClick={() => setLog(!isLog())}>
            Log scale
          </button>
        </span>
      </div>
      <Show when={last >= 1} fallback={<p class="empty">The run is too short for a curve.</p>}>
        <Show when={reading()}>
          {(now) => (
            <p class="reading">
              <span>{minute(now().at)}</span>
              <span>
                <i class="key strategy" /> {fixed(now().equity, decimals)} {account.currency}
              </span>
              <Show when={hasBenchmark() && now().benchmark !== null}>
                <span>
                  <i class="key benchmark" /> {fixed(now().benchmark ?? 0, decimals)}
                </span>
              </Show>
              <span>
                <i class="key loss" /> drawdown {percent(-now().drawdown, 2)}
              </span>
              <span>
                <i class="key exposure" /> exposure {fixed(now().exposure, 2)} ×
              </span>
            </p>
          )}
        </Show>
        <div
          class="drawing tall"
          ref={place}
          tabindex="0"
          role="img"
          aria-label="Equity with benchmark, drawdown and exposure over time. Arrow keys move, plus and minus zoom, 0 shows all."
        />
        <p class="note">
          <Show when={benchmark}>{(known) => <>Benchmark: {known().description}. </>}</Show>
          Equity counts open positions at their mark; one point every {barName(equity.everyMs)}. Drawdown is
          the worst between two points, not only at them.
        </p>
      </Show>
    </section>
  );
}

class Drawing {
  private readonly chart: IChartApi;
  private readonly equity: ISeriesApi<'Line'>;
  private readonly benchmark: ISeriesApi<'Line'> | null;
  private readonly drawdown: ISeriesApi<'Area'>;
  private readonly exposure: ISeriesApi<'Area'>;
  private readonly places = new Map<number, number>();

  constructor(place: HTMLElement, { account }: Shown) {
    const { equity, benchmark } = account;
    const decimals = moneyDecimals(account.currency);
    this.chart = createChart(place, chartLook());
    // cents on the axis only where the whole curve moves within a few units
    const isCoarse = reach(equity.equity) >= 50;
    const flat = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerRadius: 3 } as const;
    const money = {
      type: 'custom',
      minMove: 10 ** -decimals,
      formatter: (value: number) => fixed(value, isCoarse ? 0 : decimals),
    } as const;
    const inPercent = {
      type: 'custom',
      minMove: 0.0001,
      formatter: (value: number) => percent(value),
    } as const;
    const times = {
      type: 'custom',
      minMove: 0.01,
      formatter: (value: number) => `${fixed(value, 2)} ×`,
    } as const;
    this.benchmark =
      benchmark === null
        ? null
        : this.chart.addSeries(LineSeries, { ...flat, lineWidth: 1, priceFormat: money });
    this.equity = this.chart.addSeries(LineSeries, { ...flat, lineWidth: 2, priceFormat: money });
    this.drawdown = this.chart.addSeries(
      AreaSeries,
      { ...flat, lineWidth: 1, invertFilledArea: true, priceFormat: inPercent },
      1,
    );
    this.exposure = this.chart.addSeries(AreaSeries, { ...flat, lineWidth: 1, priceFormat: times }, 2);

    // Two points of one second are one to the library: the later counts.
    const points: number[] = [];
    for (const [index, at] of equity.at.entries()) {
      const time = chartTime(at);
      if (this.places.has(time)) points[points.length - 1] = index;
      else points.push(index);
      this.places.set(time, index);
    }
    const line = (values: readonly number[], sign = 1) =>
      points.map((index) => ({ time: chartTime(equity.at[index]!), value: sign * values[index]! }));
    this.equity.setData(line(equity.equity));
    this.benchmark?.setData(line(benchmark!.value));
    this.drawdown.setData(line(equity.drawdown, -1));
    this.exposure.setData(line(equity.exposure));
    const [top, middle, bottom] = this.chart.panes();
    top?.setStretchFactor(6);
    middle?.setStretchFactor(2.4);
    bottom?.setStretchFactor(1.4);
    for (const series of [this.drawdown, this.exposure])
      series.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.04 } });
    this.equity.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.06 } });
    this.look();
    const whole = (): void => this.chart.timeScale().fitContent();
    withKeys(this.chart, place, whole);
    whole();
  }

  look(): void {
    this.chart.applyOptions(chartLook());
    this.equity.applyOptions({ color: color('strategy') });
    this.benchmark?.applyOptions({ color: color('benchmark') });
    this.drawdown.applyOptions({
      lineColor: color('loss'),
      topColor: color('loss', 0.25),
      bottomColor: color('loss', 0.25),
    });
    this.exposure.applyOptions({
      lineColor: color('faint'),
      topColor: color('faint', 0.3),
      bottomColor: color('faint', 0.3),
    });
  }

  scale(isLog: boolean): void {
    this.equity
      .priceScale()
      .applyOptions({ mode: isLog ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal });
  }

  showBenchmark(visible: boolean): void {
    this.benchmark?.applyOptions({ visible });
  }

  /** Tells the index of the point under the pointer, null when there is none. */
  onHover(listener: (index: number | null) => void): void {
    this.chart.subscribeCrosshairMove(({ time }: MouseEventParams) => {
      if (time === undefined) listener(null);
      else listener(this.places.get(timeOf(time) / 1000) ?? null);
    });
  }

  remove(): void {
    this.chart.remove();
  }
}
