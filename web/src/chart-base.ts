/** What the charts of the dashboard and of the report share. */
import {
  ColorType,
  CrosshairMode,
  type DeepPartial,
  type Time,
  type TimeChartOptions,
  type UTCTimestamp,
} from 'lightweight-charts';

/** The library counts whole seconds and takes them for UTC; in which zone they are written is each page's matter. */
export const chartTime = (at: number): UTCTimestamp => Math.floor(at / 1000) as UTCTimestamp;
export const timeOf = (time: Time): number => (time as UTCTimestamp) * 1000;

/** What stands at a mark of the time axis. */
export type TimeMark = 'year' | 'day' | 'time';
/** From the library: 0 year, 1 month, 2 day, 3 time, 4 time with seconds. */
const markOf = (kind: number): TimeMark => (kind === 0 ? 'year' : kind <= 2 ? 'day' : 'time');

export interface ChartWords {
  mark(at: number, mark: TimeMark): string;
  /** Below the crosshair. */
  moment(at: number): string;
}

/** `color` tells the page's colours by their names in its style sheet; `label` is the one behind the crosshair's figures. */
export function chartBase(color: (name: string) => string, label: string, words: ChartWords) {
  const line = color('line');
  const hair = { color: color('faint'), labelBackgroundColor: color(label) };
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
    crosshair: { mode: CrosshairMode.Normal, vertLine: hair, horzLine: hair },
    rightPriceScale: { borderColor: line },
    timeScale: {
      borderColor: line,
      timeVisible: true,
      secondsVisible: false,
      tickMarkFormatter: (time: Time, kind: number) => words.mark(timeOf(time), markOf(kind)),
    },
    localization: {
      // Some locales of the browser ("en-US@posix") are none to the library: said outright.
      locale: 'en-US',
      timeFormatter: (time: Time) => words.moment(timeOf(time)),
    },
  } as const satisfies DeepPartial<TimeChartOptions>;
}
