/** What both charts share. A canvas does not read style sheets: colours are taken from the page's own properties. */
import {
  ColorType,
  CrosshairMode,
  type DeepPartial,
  type Time,
  type TimeChartOptions,
  type UTCTimestamp,
} from 'lightweight-charts';
import { clockTime, dayTime, minuteTime } from './format.ts';

export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** The library counts in whole seconds and takes them for UTC; the labels below put them in local time. */
export const chartTime = (at: number): UTCTimestamp => Math.floor(at / 1000) as UTCTimestamp;
const ms = (time: Time): number => (time as UTCTimestamp) * 1000;

/** From the library: 0 year, 1 month, 2 day, 3 time, 4 time with seconds. */
const DAY_OR_LONGER = 2;

export function chartLook(): DeepPartial<TimeChartOptions> {
  const line = color('line');
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: 'transparent' },
      textColor: color('quiet'),
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: 11,
      // The library is credited, with its link, at the foot of the page.
      attributionLogo: false,
      panes: { separatorColor: line, separatorHoverColor: line, enableResize: false },
    },
    grid: { vertLines: { color: color('grid') }, horzLines: { color: color('grid') } },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: color('faint'), labelBackgroundColor: color('raised') },
      horzLine: { color: color('faint'), labelBackgroundColor: color('raised') },
    },
    rightPriceScale: { borderColor: line },
    timeScale: {
      borderColor: line,
      timeVisible: true,
      secondsVisible: false,
      tickMarkFormatter: (time: Time, kind: number) =>
        kind <= DAY_OR_LONGER ? dayTime(ms(time)) : minuteTime(ms(time)),
    },
    localization: {
      // Some locales of the browser ("en-US@posix") are none to the library: said outright.
      locale: 'en-US',
      timeFormatter: (time: Time) => `${dayTime(ms(time))} ${clockTime(ms(time))}`,
    },
  };
}
