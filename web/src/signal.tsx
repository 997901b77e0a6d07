import { createSignal, For, Index, type JSX, Show } from 'solid-js';
import type { DetectorView, SignalView } from '../../src/dashboard/view.ts';
import { ABSENT, capitalised, compact, fixed, percent, signed, words } from './format.ts';
import { Gauge } from './gauge.tsx';
import { market } from './state.ts';

const DIRECTION = { long: 'Long', short: 'Short', none: 'No direction' };

export function Signal(): JSX.Element {
  return (
    <section class="panel signal" aria-labelledby="signal-title" data-panel="signal">
      <h2 id="signal-title">Signal</h2>
      <Show
        when={market()?.signal ?? null}
        fallback={
          <p class="empty">
            Waiting for the first evaluation: the detectors are still filling their windows.
          </p>
        }
      >
        {(signal) => (
          <>
            <Verdict signal={signal()} />
            <ul class="detectors" aria-label="Detectors">
              <Index each={signal().detectors}>{(detector) => <Detector detector={detector()} />}</Index>
            </ul>
          </>
        )}
      </Show>
    </section>
  );
}

/** Why it enters or does not: without a direction it is not the threshold that keeps it out. */
function standing({ silence, confidence, threshold, reasons }: SignalView): string {
  if (silence === 'abstains') return 'Abstains: not worth its costs';
  if (silence === 'unknown') return capitalised(reasons[0] ?? 'no word yet');
  return `${confidence >= threshold ? 'Above' : 'Below'} the entry threshold`;
}

/** The first reason of one who has no word stands above already. */
const reasons = ({ silence, reasons }: SignalView): readonly string[] =>
  silence === 'unknown' ? reasons.slice(1) : reasons;

function Verdict(props: { signal: SignalView }): JSX.Element {
  return (
    <div class="verdict">
      <Gauge
        label="Confidence"
        at={props.signal.confidence}
        now={props.signal.confidence}
        least={0}
        most={1}
        tone={props.signal.direction}
        marks={[{ at: props.signal.threshold, tone: 'threshold' }]}
        value={fixed(props.signal.confidence, 2)}
        caption={`entry at ${fixed(props.signal.threshold, 2)}`}
        isDashed={!props.signal.calibrated}
      />
      <div class="why">
        <p class={`direction ${props.signal.direction}`} data-field="direction">
          {DIRECTION[props.signal.direction]}
        </p>
        <p data-field="standing">{standing(props.signal)}</p>
        <p class="calibration" classList={{ warn: !props.signal.calibrated }}>
          {props.signal.calibrated
            ? 'Calibrated: probability that the target comes before the stop'
            : 'Uncalibrated: not fitted on outcomes of this market and these settings'}
        </p>
      </div>
      <ul class="reasons" aria-label="Reasons">
        <For
          each={reasons(props.signal)}
          fallback={
            <Show when={props.signal.silence !== 'unknown'}>
              <li class="quiet">No reason stands out.</li>
            </Show>
          }
        >
          {(reason) => <li title={reason}>{reason}</li>}
        </For>
      </ul>
    </div>
  );
}

function Detector(props: { detector: DetectorView }): JSX.Element {
  const [isOpen, setOpen] = createSignal(false);
  const evidence = (): string =>
    props.detector.evidence === '' ? 'nothing to report' : props.detector.evidence;
  const score = (): number => Math.min(1, Math.max(-1, props.detector.score));
  return (
    <li class="detector">
      <button type="button" title={evidence()} aria-expanded={isOpen()} onClick={() => setOpen(!isOpen())}>
        <span class="name">{words(props.detector.name)}</span>
        <svg class="bar" viewBox="-100 0 200 8" preserveAspectRatio="none" aria-hidden="true">
          <rect class="ground" x={-100} y={2.5} width={200} height={3} />
          <rect
            class={score() < 0 ? 'short' : 'long'}
            x={Math.min(0, score()) * 100}
            y={1}
            width={Math.abs(score()) * 100}
            height={6}
            opacity={0.3 + 0.7 * props.detector.likelihood}
          />
          <rect class="zero" x={-0.6} y={0} width={1.2} height={8} />
        </svg>
        <span class="score">{props.detector.hasWord ? signed(props.detector.score, 2) : ABSENT}</span>
        <span class="evidence">{evidence()}</span>
        <span class="likelihood" title="How much the detector trusts its score">
          {props.detector.hasWord ? percent(props.detector.likelihood, 0) : 'no word'}
        </span>
      </button>
      <Show when={isOpen()}>
        <dl class="figures">
          <For each={Object.keys(props.detector.figures)} fallback={<dt>No figures.</dt>}>
            {(name) => (
              <div>
                <dt>{words(name)}</dt>
                <dd>{compact(props.detector.figures[name] ?? 0)}</dd>
              </div>
            )}
          </For>
        </dl>
      </Show>
    </li>
  );
}
