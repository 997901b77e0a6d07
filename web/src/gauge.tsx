/** A half ring from left (least) to right (most), with marks. `at` and marks are fractions of the way, 0…1. */
import { For, type JSX, Show } from 'solid-js';

interface GaugeProps {
  readonly label: string;
  readonly at: number | null;
  readonly tone: string;
  readonly marks: readonly { readonly at: number; readonly tone: string }[];
  readonly value: string;
  readonly caption: string;
  /** The meter's figures in its own unit, for those who hear the page. */
  readonly now: number | null;
  readonly least: number;
  readonly most: number;
  readonly isDashed?: boolean;
}

const RADIUS = 50;
const CENTRE = 60;
const ARC = `M ${CENTRE - RADIUS} 58 A ${RADIUS} ${RADIUS} 0 0 1 ${CENTRE + RADIUS} 58`;
const LENGTH = 100;

export function Gauge(props: GaugeProps): JSX.Element {
  const filled = (): number => Math.min(1, Math.max(0, props.at ?? 0)) * LENGTH;
  return (
    // biome-ignore lint/a11y/useSemanticElements: <meter> cannot be drawn as a half ring in every browser
    <div
      class="gauge"
      role="meter"
      aria-label={props.label}
      aria-valuemin={props.least}
      aria-valuemax={props.most}
      aria-valuenow={props.now ?? undefined}
      aria-valuetext={props.now === null ? 'unknown' : `${props.value} ${props.caption}`}
    >
      <svg viewBox="0 0 120 66" aria-hidden="true">
        <path class="track" classList={{ dashed: props.isDashed ?? false }} d={ARC} pathLength={LENGTH} />
        <Show when={props.at !== null}>
          <path
            class={`fill ${props.tone}`}
            d={ARC}
            pathLength={LENGTH}
            stroke-dasharray={`${filled()} ${LENGTH * 2}`}
          />
        </Show>
        <For each={props.marks}>
          {(mark) => (
            <line
              class={`mark ${mark.tone}`}
              x1={CENTRE - RADIUS - 6}
              x2={CENTRE - RADIUS + 6}
              y1={58}
              y2={58}
              transform={`rotate(${mark.at * 180} ${CENTRE} 58)`}
            />
          )}
        </For>
      </svg>
      <div class="reading">
        <b>{props.value}</b>
        <span>{props.caption}</span>
      </div>
    </div>
  );
}

/** Where `value` stands between `least` and `most` when equal ratios take equal room. */
export function logFraction(value: number, least: number, most: number): number {
  if (value <= least) return 0;
  return Math.min(1, Math.log(value / least) / Math.log(most / least));
}
