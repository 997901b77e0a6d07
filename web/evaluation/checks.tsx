import { For, type JSX, Show } from 'solid-js';
import type { LeakCheck, Section } from '../../src/study/evaluate/section.ts';
import { ABSENT } from '../src/format.ts';
import { number } from './text.ts';

const VERDICTS: Readonly<Record<LeakCheck['verdict'], string>> = {
  holds: 'grading finds nothing where nothing is',
  leaks: 'LEAKS',
  nothing: 'no better than chance, like the spoiled one',
  blind: 'knows nothing of the future',
  unknown: 'too little data',
};

/** What must fall to chance when the data are spoiled. */
export function Checks(props: { readonly sections: readonly Section[] }): JSX.Element {
  const rows = props.sections.flatMap(({ name, checks }) => checks.map((check) => ({ name, check })));
  const text = (value: number | null): string => (value === null ? ABSENT : number(value));
  return (
    <section id="checks" aria-labelledby="checks-title" data-section="checks">
      <h2 id="checks-title">Leak checks</h2>
      <p class="question">
        The data are spoiled so that nothing can be known of them. What is found all the same is chance, or a
        fault in the grading.
      </p>
      <Show
        when={rows.length > 0}
        fallback={<p class="empty">Nothing could be spoiled: there are no figures to check.</p>}
      >
        <div class="sideways">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Check</th>
                <th scope="col">Honest</th>
                <th scope="col">Spoiled</th>
                <th scope="col">Chance, 95 %</th>
                <th scope="col" class="words">
                  Verdict
                </th>
                <th scope="col" class="words">
                  How
                </th>
              </tr>
            </thead>
            <tbody>
              <For each={rows}>
                {({ name, check }) => (
                  <tr>
                    <th scope="row">
                      {name === 'signal' ? '' : `${name}: `}
                      {check.name}
                    </th>
                    <td>{text(check.honest)}</td>
                    <td>{text(check.spoiled)}</td>
                    <td>
                      {check.chance === null
                        ? ABSENT
                        : `${number(check.chance.low)} … ${number(check.chance.high)}`}
                    </td>
                    <td class="words" classList={{ loss: check.verdict === 'leaks' }}>
                      {VERDICTS[check.verdict]}
                    </td>
                    <td class="words how">{check.detail}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
    </section>
  );
}
