/** Colours, and what all charts share. A canvas reads no style sheet: it is told, again after every change of theme. */
import type { DeepPartial, IChartApi, TimeChartOptions } from 'lightweight-charts';
import { chartBase } from '../src/chart-base.ts';
import { day, minute } from './text.ts';

export { lookVersion } from './theme.ts';

const probe = document.createElement('i');
probe.hidden = true;

/** A colour of the style sheet as the theme has it now, such as `rgb(15, 18, 20)`; with `alpha`, that transparent. */
export function color(name: string, alpha = 1): string {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${name})`;
  const solid = getComputedStyle(probe).color;
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(solid);
  return parts === null || alpha === 1 ? solid : `rgba(${parts[1]}, ${parts[2]}, ${parts[3]}, ${alpha})`;
}

/** Times are UTC. */
export function chartLook(): DeepPartial<TimeChartOptions> {
  const base = chartBase(color, 'label', {
    mark: (at, mark) => {
      if (mark === 'year') return String(new Date(at).getUTCFullYear());
      return mark === 'day' ? day(at) : minute(at).slice(-5);
    },
    moment: (at) => `${minute(at)} UTC`,
  });
  return {
    ...base,
    // the whole run fits, however many points it has
    timeScale: { ...base.timeScale, minBarSpacing: 0.001, enableConflation: true },
    // A wheel over a chart scrolls the page; `withKeys` lends it to the chart that has the focus.
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  };
}

/** Arrows move, + and − zoom, Home and End go to the ends; the wheel zooms while the chart has the focus. */
export function withKeys(chart: IChartApi, element: HTMLElement, whole: () => void): void {
  const wheel = (isOn: boolean): void =>
    chart.applyOptions({ handleScroll: { mouseWheel: isOn }, handleScale: { mouseWheel: isOn } });
  element.addEventListener('focus', () => wheel(true));
  element.addEventListener('blur', () => wheel(false));
  element.addEventListener('pointerdown', () => element.focus({ preventScroll: true }));
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const scale = chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range === null) return;
    const span = range.to - range.from;
    const show = (from: number, to: number): void => scale.setVisibleLogicalRange({ from, to });
    const keys: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => show(range.from - span / 8, range.to - span / 8),
      ArrowRight: () => show(range.from + span / 8, range.to + span / 8),
      '+': () => show(range.from + span / 6, range.to - span / 6),
      '=': () => show(range.from + span / 6, range.to - span / 6),
      '-': () => show(range.from - span / 4, range.to + span / 4),
      Home: () => show(0, span),
      End: () => scale.scrollToRealTime(),
      '0': whole,
    };
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}
