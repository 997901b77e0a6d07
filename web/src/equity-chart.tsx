import { AreaSeries, BaselineSeries, createChart, type IChartApi, type ISeriesApi } from 'lightweight-charts';
import { createSignal, type JSX, onCleanup, onMount, Show } from 'solid-js';
import type { EquityPoint } from '../../src/dashboard/view.ts';
import { chartTime } from './chart-base.ts';
import { chartLook, color } from './chart-look.ts';
import { fixed, percent } from './format.ts';
import { onChartPush } from './state.ts';

/** A week of minutes. */
const POINTS_MAX = 10_080;

/** Equity above, drawdown below, on one time axis. */
export function EquityChart(): JSX.Element {
  const [points, setPoints] = createSignal(0);
  let place!: HTMLDivElement;

  onMount(() => {
    const drawing = new Drawing(place);
    let known: EquityPoint[] = [];
    const draw = (): void => {
      drawing.whole(known);
      setPoints(known.length);
    };
    const stop = onChartPush((push) => {
      if (push.type === 'hello') {
        known = [...(push.charts[0]?.equity ?? [])];
        draw();
      } else if (push.type === 'equity') {
        // Two points of one second are one to the chart: the newer counts.
        known = known.filter(({ at }) => chartTime(at) < chartTime(push.point.at));
        known.push(push.point);
        if (known.length > POINTS_MAX) known.shift();
        draw();
      }
    });
    onCleanup(() => {
      stop();
      drawing.remove();
    });
  });

  return (
    <div class="equity" classList={{ bare: points() < 2 }}>
      <div class="drawing" ref={place} role="img" aria-label="Equity and drawdown over time" />
      <Show when={points() < 2}>
        <p class="empty">Equity and drawdown are drawn from the second minute on.</p>
      </Show>
    </div>
  );
}

class Drawing {
  private readonly chart: IChartApi;
  private readonly equity: ISeriesApi<'Baseline'>;
  private readonly drawdown: ISeriesApi<'Area'>;

  constructor(place: HTMLElement) {
    const look = chartLook();
    this.chart = createChart(place, {
      ...look,
      handleScroll: false,
      handleScale: false,
      grid: { vertLines: { visible: false }, horzLines: { visible: false } },
      rightPriceScale: { ...look.rightPriceScale, borderVisible: false },
      timeScale: { ...look.timeScale, borderVisible: false, fixLeftEdge: true, fixRightEdge: true },
    });
    const flat = { priceLineVisible: false, lastValueVisible: false, lineWidth: 1 } as const;
    this.equity = this.chart.addSeries(BaselineSeries, {
      ...flat,
      topLineColor: color('long'),
      topFillColor1: color('long-volume'),
      topFillColor2: 'transparent',
      bottomLineColor: color('short'),
      bottomFillColor1: 'transparent',
      bottomFillColor2: color('short-volume'),
      priceFormat: { type: 'custom', minMove: 0.01, formatter: (value: number) => fixed(value, 2) },
    });
    this.drawdown = this.chart.addSeries(
      AreaSeries,
      {
        ...flat,
        lineColor: color('short'),
        topColor: color('short-volume'),
        bottomColor: color('short-volume'),
        invertFilledArea: true,
        priceFormat: { type: 'custom', minMove: 0.0001, formatter: (value: number) => percent(value, 2) },
      },
      1,
    );
    for (const series of [this.equity, this.drawdown]) {
      series.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.08 } });
    }
    this.chart.panes()[0].setStretchFactor(5);
    this.chart.panes()[1].setStretchFactor(3);
  }

  whole(points: readonly EquityPoint[]): void {
    this.equity.applyOptions({ baseValue: { type: 'price', price: points[0]?.equity ?? 0 } });
    this.equity.setData(points.map(({ at, equity }) => ({ time: chartTime(at), value: equity })));
    this.drawdown.setData(points.map(({ at, drawdown }) => ({ time: chartTime(at), value: -drawdown })));
    this.chart.timeScale().fitContent();
  }

  remove(): void {
    this.chart.remove();
  }
}
