import {
  type CandlestickData,
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  type HistogramData,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineStyle,
  type SeriesMarker,
  type Time,
} from 'lightweight-charts';
import { createEffect, createSignal, type JSX, on, onCleanup, onMount, Show } from 'solid-js';
import type { CandleView } from '../../src/dashboard/view.ts';
import { applyCandle, barAt, type Series, seriesOf } from './candles.ts';
import { chartTime } from './chart-base.ts';
import { chartLook, color } from './chart-look.ts';
import { ABSENT, clockTime, countdown, fixed, fixedOr, signed } from './format.ts';
import { isFresh, market, onChartPush, serverNow } from './state.ts';

/** Bars in sight when the page opens. */
const BARS_SHOWN = 110;
/** Older markers keep their arrow and lose their words, which would lie over one another. */
const MARKERS_WITH_TEXT = 2;
const LEVELS_KEY = 'hunter.levelsInView';

export function PriceChart(): JSX.Element {
  const [shown, setShown] = createSignal<CandleView | null>(null);
  const [last, setLast] = createSignal<CandleView | null>(null);
  const [length, setLength] = createSignal<number | null>(null);
  const [levelsInView, setLevelsInView] = createSignal(localStorage.getItem(LEVELS_KEY) !== 'no');
  let place!: HTMLDivElement;

  onMount(() => {
    const drawing = new Drawing(place, () => (levelsInView() ? levels() : []));
    const all = new Map<string, Series>();
    const current = (): Series | undefined => all.get(market()?.symbol ?? '');
    const refresh = (): void => {
      const candles = current()?.candles ?? [];
      setLast(candles.at(-1) ?? null);
      setLength(current()?.barMs ?? null);
    };
    const drawAll = (): void => {
      drawing.whole(current() ?? { candles: [], markers: [], barMs: null });
      refresh();
    };

    const stop = onChartPush((push) => {
      if (push.type === 'hello') {
        all.clear();
        for (const chart of push.charts) all.set(chart.symbol, seriesOf(chart));
        drawAll();
      } else if (push.type === 'candle') {
        const series = all.get(push.symbol) ?? { candles: [], markers: [], barMs: null };
        all.set(push.symbol, series);
        const change = applyCandle(series, push.candle);
        if (series !== current()) return;
        if (change === 'last') drawing.last(push.candle);
        else drawing.whole(series);
        refresh();
      } else if (push.type === 'marker') {
        const series = all.get(push.symbol);
        if (series === undefined) return;
        series.markers.push(push.marker);
        if (series === current()) drawing.markers(series);
      }
    });
    createEffect(
      on([() => market()?.symbol, () => market()?.priceDecimals, () => market()?.tickSize], () => {
        const now = market();
        if (now !== null) drawing.format(now.priceDecimals, now.tickSize);
        drawAll();
        drawing.toNewest();
      }),
    );
    createEffect(() => drawing.levels(levels()));
    createEffect(on(levelsInView, () => drawing.rescale()));
    drawing.onHover((at) => {
      const candles = current()?.candles ?? [];
      setShown(at === null ? null : barAt(candles, at));
    });
    onCleanup(() => {
      stop();
      drawing.remove();
    });
  });

  const toggleLevels = (): void => {
    setLevelsInView(!levelsInView());
    localStorage.setItem(LEVELS_KEY, levelsInView() ? 'yes' : 'no');
  };
  const left = (): string => {
    const [bar, ms] = [last(), length()];
    if (bar === null || ms === null || !isFresh()) return '–';
    return countdown(bar.openAt + ms - serverNow());
  };

  return (
    <section class="panel chart" aria-labelledby="chart-title" data-panel="chart">
      <h2 id="chart-title" class="hidden">
        Price and volume
      </h2>
      <div class="legend">
        <Bar candle={shown() ?? last()} />
        <span class="tools">
          <Show when={market()?.position}>
            <button type="button" aria-pressed={levelsInView()} onClick={toggleLevels}>
              Keep stop and target in view
            </button>
          </Show>
          <span class="closes">
            Bar closes in <b data-field="countdown">{left()}</b>
          </span>
        </span>
      </div>
      <div class="drawing" ref={place} role="img" aria-label="Candlesticks, volume, entry, target and stop" />
      <Show when={last() === null}>
        <p class="empty">Waiting for the first candle.</p>
      </Show>
    </section>
  );
}

function Bar(props: { candle: CandleView | null }): JSX.Element {
  const decimals = (): number => market()?.priceDecimals ?? 1;
  const tone = (): string =>
    props.candle === null ? '' : props.candle.close >= props.candle.open ? 'long' : 'short';
  const change = (): string =>
    props.candle === null ? ABSENT : `${signed((props.candle.close / props.candle.open - 1) * 10_000, 1)} bp`;
  return (
    <dl class="bar-figures price">
      <div class="optional">
        <dt>{props.candle === null ? ABSENT : clockTime(props.candle.openAt)}</dt>
      </div>
      <div>
        <dt>O</dt>
        <dd data-field="open">{fixedOr(props.candle?.open, decimals())}</dd>
      </div>
      <div>
        <dt>H</dt>
        <dd data-field="high">{fixedOr(props.candle?.high, decimals())}</dd>
      </div>
      <div>
        <dt>L</dt>
        <dd data-field="low">{fixedOr(props.candle?.low, decimals())}</dd>
      </div>
      <div>
        <dt>C</dt>
        <dd class={tone()} data-field="close">
          {fixedOr(props.candle?.close, decimals())}
        </dd>
      </div>
      <div class="optional">
        <dt>V</dt>
        <dd data-field="volume">{fixedOr(props.candle?.volume, 2)}</dd>
      </div>
      <div class="optional">
        <dt>Change</dt>
        <dd class={tone()}>{change()}</dd>
      </div>
    </dl>
  );
}

interface Level {
  readonly title: 'Entry' | 'Target' | 'Stop';
  readonly price: number;
}

function levels(): readonly Level[] {
  const position = market()?.position ?? null;
  if (position === null) return [];
  const { entry, takeProfit, stopLoss } = position;
  const all: Level[] = [{ title: 'Entry', price: entry }];
  if (takeProfit !== null) all.push({ title: 'Target', price: takeProfit });
  if (stopLoss !== null) all.push({ title: 'Stop', price: stopLoss });
  return all;
}

/** All that is asked of the chart library for this chart. */
class Drawing {
  private readonly chart: IChartApi;
  private readonly price: ISeriesApi<'Candlestick'>;
  private readonly volume: ISeriesApi<'Histogram'>;
  private readonly arrows: ISeriesMarkersPluginApi<Time>;
  private readonly lines = new Map<Level['title'], IPriceLine>();
  private readonly colors = { up: color('long'), down: color('short') };

  constructor(place: HTMLElement, inView: () => readonly Level[]) {
    this.chart = createChart(place, {
      ...chartLook(),
      timeScale: { ...chartLook().timeScale, rightOffset: 8, barSpacing: 8 },
    });
    const { up, down } = this.colors;
    this.price = this.chart.addSeries(CandlestickSeries, {
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
      borderVisible: false,
      priceLineColor: color('quiet'),
      // A stop that lies outside the picture is a stop nobody sees.
      autoscaleInfoProvider: (
        original: () => { priceRange: { minValue: number; maxValue: number } | null } | null,
      ) => {
        const info = original();
        const prices = inView().map(({ price }) => price);
        if (info === null || info.priceRange === null || prices.length === 0) return info;
        const { minValue, maxValue } = info.priceRange;
        return {
          ...info,
          priceRange: { minValue: Math.min(minValue, ...prices), maxValue: Math.max(maxValue, ...prices) },
        };
      },
    });
    this.price.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.22 } });
    this.volume = this.chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.arrows = createSeriesMarkers(this.price, []);
  }

  format(decimals: number, tickSize: number): void {
    this.chart.applyOptions({ localization: { priceFormatter: (price: number) => fixed(price, decimals) } });
    this.price.applyOptions({ priceFormat: { type: 'price', precision: decimals, minMove: tickSize } });
  }

  whole(series: Series): void {
    this.price.setData(series.candles.map((candle) => this.candle(candle)));
    this.volume.setData(series.candles.map((candle) => this.bar(candle)));
    this.markers(series);
  }

  last(candle: CandleView): void {
    this.price.update(this.candle(candle));
    this.volume.update(this.bar(candle));
  }

  markers(series: Series): void {
    const first = series.markers.length - MARKERS_WITH_TEXT;
    const drawn: SeriesMarker<Time>[] = [];
    for (const [index, { at, side, price, text }] of series.markers.entries()) {
      const bar = barAt(series.candles, at);
      if (bar === null) continue;
      drawn.push({
        time: chartTime(bar.openAt),
        // The tip of the arrow touches the price of the fill.
        position: side === 'buy' ? 'atPriceBottom' : 'atPriceTop',
        price,
        shape: side === 'buy' ? 'arrowUp' : 'arrowDown',
        color: side === 'buy' ? this.colors.up : this.colors.down,
        text: index >= first ? text : '',
      });
    }
    this.arrows.setMarkers(drawn);
  }

  levels(levels: readonly Level[]): void {
    const tones = { Entry: color('text'), Target: this.colors.up, Stop: this.colors.down };
    for (const [title, line] of this.lines) {
      if (levels.some((level) => level.title === title)) continue;
      this.price.removePriceLine(line);
      this.lines.delete(title);
    }
    for (const { title, price } of levels) {
      const line = this.lines.get(title);
      if (line !== undefined) {
        if (line.options().price !== price) line.applyOptions({ price });
        continue;
      }
      const created = this.price.createPriceLine({
        price,
        title,
        color: tones[title],
        lineWidth: 1,
        lineStyle: title === 'Entry' ? LineStyle.Solid : LineStyle.Dashed,
        axisLabelVisible: true,
      });
      this.lines.set(title, created);
    }
  }

  rescale(): void {
    this.price.priceScale().applyOptions({ autoScale: true });
  }

  toNewest(): void {
    const bars = this.price.data().length;
    if (bars > BARS_SHOWN) {
      this.chart.timeScale().setVisibleLogicalRange({ from: bars - BARS_SHOWN, to: bars + 8 });
    }
  }

  /** Tells the time (ms) of the bar under the pointer, null when there is none. */
  onHover(listener: (at: number | null) => void): void {
    this.chart.subscribeCrosshairMove(({ time }) => listener(typeof time === 'number' ? time * 1000 : null));
  }

  remove(): void {
    this.chart.remove();
  }

  private candle({ openAt, open, high, low, close }: CandleView): CandlestickData {
    return { time: chartTime(openAt), open, high, low, close };
  }

  private bar({ openAt, open, close, volume }: CandleView): HistogramData {
    return {
      time: chartTime(openAt),
      value: volume,
      color: color(close >= open ? 'long-volume' : 'short-volume'),
    };
  }
}
