/** How both charts look. A canvas does not read style sheets: colours are taken from the page's own properties. */
import type { DeepPartial, TimeChartOptions } from 'lightweight-charts';
import { chartBase } from './chart-base.ts';
import { clockTime, dayTime, minuteTime } from './format.ts';

export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Times are local. */
export const chartLook = (): DeepPartial<TimeChartOptions> =>
  chartBase(color, 'raised', {
    mark: (at, mark) => (mark === 'time' ? minuteTime(at) : dayTime(at)),
    moment: (at) => `${dayTime(at)} ${clockTime(at)}`,
  });
