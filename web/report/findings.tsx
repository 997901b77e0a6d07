import { For, type JSX, Show } from 'solid-js';
import type { LookAhead, ReportData } from '../../src/study/report/report-data.ts';
import type { Finding } from '../../src/study/report/sanity.ts';

const LEVELS: Readonly<Record<Finding['level'], string>> = {
  impossible: 'Impossible',
  suspect: 'Suspect',
  caution: 'Caution',
};

const LOOK_AHEAD: Readonly<Record<LookAhead['verdict'], string>> = {
  notChecked: 'Look-ahead was not checked',
  nothingToCheck: 'Look-ahead could not be checked',
  passed: 'No look-ahead was found',
  suspected: 'Look-ahead is suspected',
};

/** What speaks against believing the rest, before the rest. */
export function Findings(props: {
  readonly data: ReportData;
  readonly findings: readonly Finding[];
}): JSX.Element {
  const isBad = (): boolean => props.findings.some(({ level }) => level !== 'caution');
  const verdict = (): string => {
    if (props.findings.some(({ level }) => level === 'impossible'))
      return 'This result cannot be. Do not use it.';
    if (isBad()) return 'This result is hard to believe. Find out why before using it.';
    if (props.findings.length > 0) return 'Nothing impossible was found; mind what follows.';
    return 'Nothing impossible was found: the books add up, every fill lies within the market, costs were paid.';
  };
  return (
    <section
      class="findings"
      classList={{ alarm: isBad() }}
      aria-labelledby="findings-title"
      id="sanity"
      data-section="findings"
    >
      <h2 id="findings-title">{verdict()}</h2>
      <Show when={props.findings.length > 0}>
        <ul>
          <For each={props.findings}>
            {(finding) => (
              <li class={finding.level} data-code={finding.code}>
                <span class="level">{LEVELS[finding.level]}</span>
                <div>
                  <b>{finding.title}</b>
                  <p>{finding.detail}</p>
                </div>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={props.data.lookAhead.verdict !== 'suspected'}>
        <p class="quiet">
          {LOOK_AHEAD[props.data.lookAhead.verdict]}
          {props.data.lookAhead.detail === '' ? '.' : `: ${props.data.lookAhead.detail}`}
        </p>
      </Show>
    </section>
  );
}
