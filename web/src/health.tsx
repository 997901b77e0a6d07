import { type JSX, Show } from 'solid-js';
import { compact, duration, fixed } from './format.ts';
import { Gauge, logFraction } from './gauge.tsx';
import { market, serverNow, view } from './state.ts';

/** Standard deviation of one-minute returns: below 1 bp nothing moves, 100 bp is a crash. */
const VOLATILITY_BP = { least: 1, most: 100 };
/** The engine's heartbeat is due every 30 s and counts as dead after 120 s. */
const SILENCE_S = { least: 0.1, due: 30, most: 120 };

export function Health(): JSX.Element {
  return (
    <section class="panel health" aria-labelledby="health-title" data-panel="health">
      <h2 id="health-title">Pulse</h2>
      <div class="gauges">
        <Volatility />
        <Heartbeat />
      </div>
      <Show when={view()?.heartbeat} fallback={<p class="empty">Waiting for the first view.</p>}>
        {(heartbeat) => (
          <dl class="ledger two">
            <div>
              <dt>Feed p50 / p99</dt>
              <dd>{pair(heartbeat().feedLatencyMs, 'ms')}</dd>
            </div>
            <div>
              <dt>Gaps</dt>
              <dd class={heartbeat().gaps > 0 ? 'warn' : ''}>{fixed(heartbeat().gaps, 0)}</dd>
            </div>
            <div>
              <dt>Step p50 / p99</dt>
              <dd>{pair(heartbeat().stepUs, 'µs')}</dd>
            </div>
            <div>
              <dt>Reconnects</dt>
              <dd class={heartbeat().reconnects > 0 ? 'warn' : ''}>{fixed(heartbeat().reconnects, 0)}</dd>
            </div>
            <div>
              <dt>Events</dt>
              <dd>{fixed(heartbeat().eventsPerSecond, 0)} /s</dd>
            </div>
            <div>
              <dt>Memory</dt>
              <dd>{fixed(heartbeat().memoryMb, 0)} MB</dd>
            </div>
          </dl>
        )}
      </Show>
    </section>
  );
}

const pair = (value: { p50: number; p99: number } | null, unit: string): string =>
  value === null ? '–' : `${brief(value.p50)} / ${brief(value.p99)} ${unit}`;

const brief = (value: number): string => fixed(value, Math.abs(value) < 10 ? 1 : 0);

function Volatility(): JSX.Element {
  const bp = (): number | null => market()?.volatilityBp ?? null;
  return (
    <Gauge
      label="Volatility"
      at={bp() === null ? null : logFraction(bp() ?? 0, VOLATILITY_BP.least, VOLATILITY_BP.most)}
      now={bp()}
      least={VOLATILITY_BP.least}
      most={VOLATILITY_BP.most}
      tone="neutral"
      marks={[{ at: 0.5, tone: 'scale' }]}
      value={bp() === null ? '–' : compact(bp() ?? 0)}
      caption={bp() === null ? 'bp, too few minutes yet' : 'bp volatility a minute'}
    />
  );
}

function Heartbeat(): JSX.Element {
  const seconds = (): number | null => {
    const at = view()?.heartbeat.lastEventAt ?? 0;
    return at === 0 ? null : Math.max(0, serverNow() - at) / 1000;
  };
  const toneOf = (age: number): string =>
    age >= SILENCE_S.most ? 'bad' : age >= SILENCE_S.due ? 'warn' : 'long';
  return (
    <Gauge
      label="Age of the last event"
      at={seconds() === null ? null : logFraction(seconds() ?? 0, SILENCE_S.least, SILENCE_S.most)}
      now={seconds()}
      least={0}
      most={SILENCE_S.most}
      tone={toneOf(seconds() ?? 0)}
      marks={[{ at: logFraction(SILENCE_S.due, SILENCE_S.least, SILENCE_S.most), tone: 'threshold' }]}
      value={seconds() === null ? '–' : duration((seconds() ?? 0) * 1000)}
      caption={seconds() === null ? 'no event yet' : 'since last event'}
    />
  );
}
