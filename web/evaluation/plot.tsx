import { For, type JSX, Show } from 'solid-js';
import type { Axis, Chart, Series } from '../../src/study/evaluate/section.ts';
import { number } from './text.ts';

const WIDTH = 440;
const HEIGHT = 300;
const LEFT = 46;
const RIGHT = 12;
const TOP = 10;
const FOOT = 40;

/** Colours of the style sheet; more series than these begin again. */
const COLORS = 8;

/** A chart as plain lines and points: nothing moves, everything can be printed. */
export function Plot(props: { readonly chart: Chart }): JSX.Element {
  const { chart } = props;
  const told = chart.series.filter(({ points }) => points.length > 0);
  const measured = told.filter(({ style }) => style !== 'dashed');
  return (
    <figure class="plot" data-chart={chart.title}>
      <figcaption>{chart.title}</figcaption>
      <Show when={measured.length > 0} fallback={<p class="empty">Nothing to draw: too little was told.</p>}>
        <Drawing chart={chart} series={told} />
        <ul class="legend">
          <For each={told}>
            {({ name, style }, i) => (
              <li>
                <i class={`swatch c${colorOf(i())} ${style}`} />
                {name}
              </li>
            )}
          </For>
        </ul>
      </Show>
    </figure>
  );
}

/** Pixels that a series stands beside its place, so that intervals do not cover each other. */
const besideOf = (index: number, of: number): number => (of > 2 ? (index - (of - 1) / 2) * 3 : 0);

const colorOf = (index: number): number => index % COLORS;

interface Scale {
  readonly of: (value: number) => number;
  readonly ticks: readonly number[];
}

function Drawing(props: { readonly chart: Chart; readonly series: readonly Series[] }): JSX.Element {
  const { chart, series } = props;
  const xs = series.flatMap(({ points }) => points.map(([x]) => x));
  const ys = series.flatMap(({ points, bands }) => [...points.map(([, y]) => y), ...bands.flat()]);
  const x = scaleOf(chart.x, xs, LEFT, WIDTH - RIGHT);
  const y = scaleOf(chart.y, ys, HEIGHT - FOOT, TOP);
  const label = `${chart.title}: ${series.map(({ name, points }) => `${name}, ${points.length} points`).join('; ')}`;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <For each={y.ticks}>
        {(tick) => (
          <>
            <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y.of(tick)} y2={y.of(tick)} />
            <text x={LEFT - 6} y={y.of(tick) + 4} text-anchor="end">
              {number(tick)}
            </text>
          </>
        )}
      </For>
      <For each={x.ticks}>
        {(tick) => (
          <>
            <line class="grid" y1={TOP} y2={HEIGHT - FOOT} x1={x.of(tick)} x2={x.of(tick)} />
            <text x={x.of(tick)} y={HEIGHT - FOOT + 15} text-anchor="middle">
              {number(tick)}
            </text>
          </>
        )}
      </For>
      <line class="axis" x1={LEFT} x2={WIDTH - RIGHT} y1={HEIGHT - FOOT} y2={HEIGHT - FOOT} />
      <line class="axis" x1={LEFT} x2={LEFT} y1={TOP} y2={HEIGHT - FOOT} />
      <text class="name" x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 6} text-anchor="middle">
        {chart.x.name}
      </text>
      <text
        class="name"
        x={10}
        y={(TOP + HEIGHT - FOOT) / 2}
        text-anchor="middle"
        transform={`rotate(-90 10 ${(TOP + HEIGHT - FOOT) / 2})`}
      >
        {chart.y.name}
      </text>
      <For each={series}>
        {(one, i) => (
          <Line series={one} color={colorOf(i())} x={x} y={y} beside={besideOf(i(), series.length)} />
        )}
      </For>
    </svg>
  );
}

function Line(props: {
  readonly series: Series;
  readonly color: number;
  readonly x: Scale;
  readonly y: Scale;
  readonly beside: number;
}): JSX.Element {
  const { series, x, y } = props;
  const { points, bands, style } = series;
  const aside = bands.length > 0 ? props.beside : 0;
  const at = points.map(([px, py]) => [x.of(px) + aside, y.of(py)] as const);
  const path = at
    .map(([px, py], i) => (i === 0 ? `M${px} ${py}` : style === 'steps' ? `H${px}V${py}` : `L${px} ${py}`))
    .join('');
  /** Dots say where a value was measured; a curve of hundreds is its own dots. */
  const dotted = style === 'points' || (style === 'line' && points.length <= 20) || points.length === 1;
  return (
    <g class={`series c${props.color} ${style}`}>
      <For each={bands}>
        {([low, high], i) => (
          <line class="band" x1={at[i()]![0]} x2={at[i()]![0]} y1={y.of(low)} y2={y.of(high)} />
        )}
      </For>
      <Show when={style !== 'points'}>
        <path d={path} />
      </Show>
      <Show when={dotted}>
        <For each={at}>
          {([px, py], i) => (
            <circle cx={px} cy={py} r="3">
              <title>
                {series.name}: {number(points[i()]![0])}, {number(points[i()]![1])}
                {bands[i()] === undefined ? '' : ` (${number(bands[i()]![0])} … ${number(bands[i()]![1])})`}
              </title>
            </circle>
          )}
        </For>
      </Show>
    </g>
  );
}

/** From values to pixels `first` … `last`. */
function scaleOf(axis: Axis, values: readonly number[], first: number, last: number): Scale {
  let low = axis.from ?? values.reduce((a, b) => Math.min(a, b));
  let high = axis.to ?? values.reduce((a, b) => Math.max(a, b));
  if (axis.scale === 'log') {
    const of = (value: number): number => {
      const share = high > low ? Math.log(value / low) / Math.log(high / low) : 0.5;
      return first + inset(share) * (last - first);
    };
    return { of, ticks: [...new Set(values)].sort((a, b) => a - b) };
  }
  if (high === low) {
    const room = Math.abs(low) > 0 ? Math.abs(low) / 2 : 1;
    low -= room;
    high += room;
  }
  const free = (high - low) * 0.06;
  if (axis.from === null) low -= free;
  if (axis.to === null) high += free;
  return {
    of: (value) => first + ((value - low) / (high - low)) * (last - first),
    ticks: niceTicks(low, high),
  };
}

/** Room at both ends. */
const inset = (share: number): number => 0.04 + 0.92 * share;

/** Round values between the edges, about five. */
function niceTicks(from: number, to: number): number[] {
  const wanted = (to - from) / 5;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = ([1, 2, 5, 10].find((digit) => digit * power >= wanted - 1e-12) ?? 10) * power;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step - 1e-9); tick * step <= to + 1e-9 * step; tick++)
    ticks.push(tick * step);
  return ticks;
}
