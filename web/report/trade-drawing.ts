/** Candles with the trades drawn on them: entry, exit, the way between, stop and target as they were moved. */
import {
  type AutoscaleInfo,
  type CandlestickData,
  CandlestickSeries,
  createChart,
  type HistogramData,
  HistogramSeries,
  type IChartApi,
  type IPrimitivePaneRenderer,
  type IPrimitivePaneView,
  type ISeriesApi,
  type ISeriesPrimitive,
  type Logical,
  type MouseEventParams,
  type Time,
} from 'lightweight-charts';
import type { CandleColumns, TradeReport } from '../../src/study/report/report-data.ts';
import { chartTime, timeOf } from '../src/chart-base.ts';
import { chartLook, color, withKeys } from './look.ts';
import { fixed, reasonName, signed } from './text.ts';

/** A trade and its number among the account's. */
export interface Placed {
  readonly trade: TradeReport;
  readonly index: number;
}

/** A stop and target are drawn for so many trades in sight, their words for so many; the chosen one has both always. */
const LEVELS_MAX = 60;
const WORDS_MAX = 14;
/** Beyond so many in sight, only exits are drawn, as small dots: arrows would hide the prices. */
const SHAPES_MAX = 160;
/** Bars in sight around a trade: this many times its own length, and no fewer than this. */
const ROOM = 2.2;
const ROOM_BARS_MIN = 60;
const REACH_PX = 16;

type Drawn = Parameters<IPrimitivePaneRenderer['draw']>[0];

export class TradeDrawing {
  private readonly chart: IChartApi;
  private readonly price: ISeriesApi<'Candlestick'>;
  private readonly volume: ISeriesApi<'Histogram'>;
  private readonly trades: TradeMarks;
  private candles: CandleColumns | null = null;

  constructor(place: HTMLElement) {
    this.chart = createChart(place, chartLook());
    this.price = this.chart.addSeries(CandlestickSeries, {
      borderVisible: false,
      priceLineVisible: false,
      lastValueVisible: false,
    });
    this.price.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.2 } });
    this.volume = this.chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
    this.trades = new TradeMarks(this.chart, this.price);
    this.price.attachPrimitive(this.trades);
    this.look();
    withKeys(this.chart, place, () => this.whole());
  }

  look(): void {
    this.chart.applyOptions(chartLook());
    this.price.applyOptions({
      upColor: color('candle-up'),
      downColor: color('candle-down'),
      wickUpColor: color('candle-up'),
      wickDownColor: color('candle-down'),
    });
    this.volume.applyOptions({ color: color('faint', 0.35) });
    this.trades.redraw();
  }

  show(candles: CandleColumns, trades: readonly Placed[], decimals: number, tickSize: number): void {
    this.candles = candles;
    this.price.applyOptions({
      priceFormat: {
        type: 'custom',
        minMove: tickSize,
        formatter: (price: number) => fixed(price, decimals),
      },
    });
    const { openAt, open, high, low, close, volume } = candles;
    this.price.setData(
      openAt.map(
        (at, index): CandlestickData => ({
          time: chartTime(at),
          open: open[index]!,
          high: high[index]!,
          low: low[index]!,
          close: close[index]!,
        }),
      ),
    );
    this.volume.setData(
      openAt.map((at, index): HistogramData => ({ time: chartTime(at), value: volume[index]! })),
    );
    this.trades.show(candles, trades);
  }

  whole(): void {
    this.chart.timeScale().fitContent();
  }

  newest(): void {
    const count = this.candles?.openAt.length ?? 0;
    this.chart.timeScale().setVisibleLogicalRange({ from: count - 200, to: count + 4 });
  }

  choose(index: number | null, jump: boolean): void {
    const placed = this.trades.choose(index);
    if (placed === null || !jump) return;
    const { from, to } = placed;
    const room = Math.max(ROOM_BARS_MIN, (to - from) * ROOM) / 2;
    const middle = (from + to) / 2;
    this.chart.timeScale().setVisibleLogicalRange({ from: middle - room, to: middle + room });
    this.price.priceScale().applyOptions({ autoScale: true });
  }

  /** Tells the place of the candle under the pointer, null when there is none. */
  onHover(listener: (candle: number | null) => void): void {
    this.chart.subscribeCrosshairMove(({ time }: MouseEventParams) => {
      listener(time === undefined || this.candles === null ? null : this.trades.barAt(timeOf(time)));
    });
  }

  onPick(listener: (index: number) => void): void {
    this.chart.subscribeClick(({ point }: MouseEventParams) => {
      const index = point === undefined ? null : this.trades.near(point.x, point.y);
      if (index !== null) listener(index);
    });
  }

  remove(): void {
    this.chart.remove();
  }
}

interface Mark extends Placed {
  /** Where it begins and ends, in bars and their fractions. */
  readonly from: number;
  readonly to: number;
}

/** One canvas layer for all trades, however many: only those in sight are drawn. */
class TradeMarks implements ISeriesPrimitive<Time> {
  private marks: readonly Mark[] = [];
  private longest = 0;
  private chosen: Mark | null = null;
  private openAt: readonly number[] = [];
  private barMs = 1;
  private requestUpdate: (() => void) | null = null;
  private readonly chart: IChartApi;
  private readonly series: ISeriesApi<'Candlestick'>;
  private readonly views: readonly IPrimitivePaneView[];

  constructor(chart: IChartApi, series: ISeriesApi<'Candlestick'>) {
    this.chart = chart;
    this.series = series;
    const renderer = { draw: (target: Drawn) => this.draw(target) };
    this.views = [{ renderer: () => renderer, zOrder: () => 'top' }];
  }

  attached({ requestUpdate }: { requestUpdate: () => void }): void {
    this.requestUpdate = requestUpdate;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.views;
  }

  /** A stop outside the picture is a stop nobody sees: the chosen trade's levels count for the price scale. */
  autoscaleInfo(from: Logical, to: Logical): AutoscaleInfo | null {
    const { chosen } = this;
    if (chosen === null || chosen.to < from || chosen.from > to) return null;
    const { stop, target, entry, exit, moves } = chosen.trade;
    const prices = [stop, target, entry, exit, ...moves.map((move) => move.stop)].filter(
      (price) => price !== null,
    );
    return { priceRange: { minValue: Math.min(...prices), maxValue: Math.max(...prices) } };
  }

  redraw(): void {
    this.requestUpdate?.();
  }

  show({ openAt, barMs }: CandleColumns, trades: readonly Placed[]): void {
    this.openAt = openAt;
    this.barMs = barMs;
    this.chosen = null;
    this.marks = trades
      .map(({ trade, index }) => ({
        trade,
        index,
        from: this.placeOf(trade.openedAt),
        to: this.placeOf(trade.closedAt),
      }))
      .sort((a, b) => a.from - b.from);
    this.longest = this.marks.reduce((most, { from, to }) => Math.max(most, to - from), 0);
    this.redraw();
  }

  choose(index: number | null): Mark | null {
    this.chosen = this.marks.find((mark) => mark.index === index) ?? null;
    this.redraw();
    return this.chosen;
  }

  barAt(at: number): number | null {
    const place = Math.floor(this.placeOf(at) + 0.5);
    return place >= 0 && place < this.openAt.length ? place : null;
  }

  /** The trade whose entry or exit lies nearest, within reach. */
  near(x: number, y: number): number | null {
    let found: number | null = null;
    let least = REACH_PX;
    for (const { trade, from, to, index } of this.inSight())
      for (const [place, price] of [
        [from, trade.entry],
        [to, trade.exit],
      ] as const) {
        const [left, top] = [this.x(place), this.y(price)];
        if (left === null || top === null) continue;
        const away = Math.hypot(left - x, top - y);
        if (away < least) {
          least = away;
          found = index;
        }
      }
    return found;
  }

  /** Bars since the first, the bar's middle being whole: where on the time axis a moment lies. */
  private placeOf(at: number): number {
    const { openAt, barMs } = this;
    let low = 0;
    let high = openAt.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (openAt[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    const bar = low - 1;
    if (bar < 0) return openAt.length === 0 ? 0 : (at - openAt[0]!) / barMs - 0.5;
    return bar + Math.min(1, (at - openAt[bar]!) / barMs) - 0.5;
  }

  private inSight(): readonly Mark[] {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (range === null) return [];
    const { marks } = this;
    let low = 0;
    let high = marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (marks[middle]!.from < range.from - this.longest) low = middle + 1;
      else high = middle;
    }
    const seen: Mark[] = [];
    for (let index = low; index < marks.length && marks[index]!.from <= range.to; index++)
      if (marks[index]!.to >= range.from) seen.push(marks[index]!);
    return seen;
  }

  private x(place: number): number | null {
    // the library takes whole bars only; what lies between is on the line between them
    const scale = this.chart.timeScale();
    const bar = Math.floor(place);
    const left = scale.logicalToCoordinate(bar as Logical);
    const right = scale.logicalToCoordinate((bar + 1) as Logical);
    return left === null || right === null ? null : left + (right - left) * (place - bar);
  }

  private y(price: number): number | null {
    return this.series.priceToCoordinate(price);
  }

  private draw(target: Drawn): void {
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      const seen = this.inSight();
      const { chosen } = this;
      context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
      for (const mark of seen) {
        if (mark === chosen) continue;
        if (seen.length <= LEVELS_MAX) this.levels(context, mark, 0.55);
        this.way(context, mark, chosen === null ? 1 : 0.65, seen.length > SHAPES_MAX);
      }
      const labels = new Labels(context, mediaSize.width);
      if (chosen !== null && seen.includes(chosen)) {
        this.levels(context, chosen, 1);
        this.way(context, chosen, 1, false);
        this.words(labels, chosen);
      } else if (seen.length <= WORDS_MAX) for (const mark of seen) this.words(labels, mark);
    });
  }

  /** Entry as a triangle whose tip is the price, exit as a dot, and a line between in the colour of the outcome. */
  private way(
    context: CanvasRenderingContext2D,
    { trade, from, to }: Mark,
    alpha: number,
    isCrowded: boolean,
  ): void {
    const [x1, y1, x2, y2] = [this.x(from), this.y(trade.entry), this.x(to), this.y(trade.exit)];
    if (x1 === null || y1 === null || x2 === null || y2 === null) return;
    const outcome = color(Number(trade.net) > 0 ? 'gain' : 'loss');
    const isLong = trade.direction === 'long';
    const size = isCrowded ? 2.8 : x2 - x1 < 3 ? 3.5 : 6;
    context.save();
    context.globalAlpha = alpha;
    context.strokeStyle = outcome;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
    context.strokeStyle = color('ground');
    context.lineWidth = 1;
    if (!isCrowded) {
      const down = isLong ? 1 : -1;
      context.fillStyle = color('entry');
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x1 - size, y1 + down * size * 1.7);
      context.lineTo(x1 + size, y1 + down * size * 1.7);
      context.closePath();
      context.fill();
      context.stroke();
    }
    context.fillStyle = outcome;
    context.beginPath();
    context.arc(x2, y2, size * 0.72, 0, 2 * Math.PI);
    context.fill();
    if (!isCrowded) context.stroke();
    context.restore();
  }

  /** Stop and target from entry to exit, as steps where they were moved. */
  private levels(context: CanvasRenderingContext2D, { trade, from, to }: Mark, alpha: number): void {
    const steps = [
      { at: from, stop: trade.stop, target: trade.target },
      ...trade.moves.map((move) => ({ at: this.placeOf(move.at), stop: move.stop, target: move.target })),
    ];
    context.save();
    context.globalAlpha = alpha;
    context.lineWidth = 1.25;
    context.setLineDash([5, 3]);
    for (const level of ['stop', 'target'] as const) {
      context.strokeStyle = color(level === 'stop' ? 'loss' : 'gain');
      context.beginPath();
      let before: number | null = null;
      for (const [index, step] of steps.entries()) {
        const price = step[level];
        const end = Math.min(to, steps[index + 1]?.at ?? to);
        const [left, right] = [this.x(Math.min(step.at, to)), this.x(end)];
        const top = price === null ? null : this.y(price);
        if (top === null || left === null || right === null) {
          before = null;
          continue;
        }
        if (before === null) context.moveTo(left, top);
        else context.lineTo(left, top);
        // a trade within one bar still shows where its levels were
        context.lineTo(Math.max(right, left + 6), top);
        before = top;
      }
      context.stroke();
    }
    context.restore();
  }

  /** What it was at the entry; why and with what it ended at the exit. */
  private words(labels: Labels, { trade, from, to }: Mark): void {
    const isLong = trade.direction === 'long';
    const risk = trade.initialRisk === null ? 0 : Number(trade.initialRisk);
    const came = risk > 0 ? ` ${signed(Number(trade.net) / risk, 2)} R` : '';
    const [x1, y1, x2, y2] = [this.x(from), this.y(trade.entry), this.x(to), this.y(trade.exit)];
    if (x1 !== null && y1 !== null)
      labels.write(`${trade.direction} · ${trade.strategy}`, x1, y1, isLong ? 'below' : 'above');
    if (x2 !== null && y2 !== null)
      labels.write(
        `${reasonName(trade.exitReason)}${came}`,
        x2,
        y2,
        trade.exit > trade.entry ? 'above' : 'below',
      );
  }
}

const LABEL_PX = 15;

/** Words on the canvas that never lie on one another: what finds no free place above or below its point is left out. */
class Labels {
  private readonly taken: { readonly left: number; readonly right: number; readonly top: number }[] = [];
  private readonly context: CanvasRenderingContext2D;
  private readonly width: number;

  constructor(context: CanvasRenderingContext2D, width: number) {
    this.context = context;
    this.width = width;
  }

  write(text: string, x: number, y: number, side: 'above' | 'below'): void {
    const { context, width } = this;
    const wide = context.measureText(text).width + 6;
    const left = Math.max(0, Math.min(width - wide, x - wide / 2));
    const right = left + wide;
    const tops = { above: y - 28, below: y + 14 };
    const top = [tops[side], tops.above, tops.below].find((candidate) =>
      this.taken.every(
        (other) => right < other.left || left > other.right || Math.abs(candidate - other.top) > LABEL_PX,
      ),
    );
    if (top === undefined) return;
    this.taken.push({ left, right, top });
    context.fillStyle = color('ground', 0.82);
    context.fillRect(left, top, wide, LABEL_PX);
    context.fillStyle = color('text');
    context.fillText(text, left + 3, top + 11);
  }
}
