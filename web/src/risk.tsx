/** What the limits see: how much of each is used, and what keeps entries out. */
import { For, type JSX, Show } from 'solid-js';
import type { RiskView } from '../../src/dashboard/view.ts';
import { capitalised, countdown, fixed, percent, signed } from './format.ts';
import { tone } from './position.tsx';
import { serverNow, view } from './state.ts';

/** From this share of a limit on it is pointed at. */
const NEAR = 0.7;

export function Risk(): JSX.Element {
  return (
    <section class="panel risk" aria-labelledby="risk-title" data-panel="risk">
      <h2 id="risk-title">
        Limits <small>{view() === null ? '' : counts(view()!.risk)}</small>
      </h2>
      <Show when={view()?.risk} fallback={<p class="empty">Waiting for the first view.</p>}>
        {(risk) => (
          <>
            <Verdict risk={risk()} />
            <dl class="limits">
              <Limit
                name="Today"
                field="day"
                used={risk().day.loss / risk().day.limit}
                now={signed(risk().day.pnl, 2)}
                tone={tone(risk().day.pnl)}
                limit={`/ −${percent(risk().day.limit, 1)}`}
              />
              <Limit
                name="Drawdown"
                field="drawdown"
                used={risk().drawdown.now / risk().drawdown.limit}
                now={percent(risk().drawdown.now, 2)}
                limit={`/ ${percent(risk().drawdown.limit, 1)}`}
              />
              <Limit
                name="Notional"
                field="notional"
                used={risk().notional.now / risk().notional.limit}
                now={fixed(risk().notional.now, 0)}
                limit={`/ ${fixed(risk().notional.limit, 0)}`}
              />
            </dl>
          </>
        )}
      </Show>
    </section>
  );
}

function counts({ positions, orders, kelly }: RiskView): string {
  const held = `${positions.now} of ${positions.limit} ${positions.limit === 1 ? 'position' : 'positions'}`;
  const sent = `${orders.now} of ${orders.limit} orders a minute`;
  const staked = kelly === null ? '' : ` · Kelly ${percent(kelly.risk, 2)}`;
  return `${held} · ${sent}${staked}`;
}

/** Why there is no new risk now, or that there may be. */
function Verdict(props: { risk: RiskView }): JSX.Element {
  const blocks = (): { text: string; tone: string }[] => {
    const { risk } = props;
    const found: { text: string; tone: string }[] = [];
    if (view()?.engine.killed)
      found.push({
        text: `Killed until a person arms: ${risk.killFlattens ? 'positions are closed' : 'positions keep their stops'}.`,
        tone: 'bad',
      });
    if (risk.drawdown.reached)
      found.push({ text: 'Drawdown limit reached: no entries until a person arms.', tone: 'bad' });
    if (risk.day.reached)
      found.push({
        text: `Daily loss reached: no entries for ${countdown(risk.day.endsAt - serverNow())}.`,
        tone: 'bad',
      });
    for (const { reason, until } of risk.pauses)
      found.push({ text: `${capitalised(reason)}: ${countdown(until - serverNow())} left.`, tone: 'warn' });
    return found;
  };
  return (
    <ul class="verdicts" data-field="risk-verdict">
      <For each={blocks()}>{(block) => <li class={block.tone}>{block.text}</li>}</For>
    </ul>
  );
}

interface LimitProps {
  readonly name: string;
  readonly field: string;
  /** Share of the limit that is used; below 0 none of it is. */
  readonly used: number;
  readonly now: string;
  readonly limit: string;
  readonly tone?: string;
}

function Limit(props: LimitProps): JSX.Element {
  const used = (): number => Math.min(1, Math.max(0, props.used));
  const level = (): string => (props.used >= 1 ? 'bad' : props.used >= NEAR ? 'warn' : 'neutral');
  return (
    <div class="limit" data-limit={props.field}>
      <dt>{props.name}</dt>
      <dd class={`figure ${props.tone ?? ''}`} data-field={`limit-${props.field}`}>
        {props.now}
      </dd>
      <dd class="quiet">{props.limit}</dd>
      <dd class="used">
        <svg
          class={`bar ${level()}`}
          viewBox="0 0 100 3"
          preserveAspectRatio="none"
          role="img"
          aria-label={`${fixed(used() * 100, 0)}% of the limit is used`}
        >
          <rect class="ground" width="100" height="3" />
          <rect class="fill" width={used() * 100} height="3" />
        </svg>
      </dd>
    </div>
  );
}
