import { For, type JSX, Show } from 'solid-js';
import type { Evaluation } from '../../src/study/evaluate/evaluate.ts';
import { minute } from './text.ts';

/** What is needed to run it again and get the same. */
export function Recordings(props: { readonly evaluation: Evaluation }): JSX.Element {
  const { tapes, code, brainHash, command, model, feesBp } = props.evaluation;
  return (
    <section id="recordings" aria-labelledby="recordings-title" data-section="recordings">
      <h2 id="recordings-title">Recordings and how to run it again</h2>
      <dl class="identity">
        <dt>Command</dt>
        <dd>
          <code>{command}</code>
        </dd>
        <dt>Code</dt>
        <dd>
          hunter {code.version}
          {code.commit === null ? '' : `, commit ${code.commit}`}
          {code.changed ? ', with files changed since' : ''}; detectors' settings {brainHash}
        </dd>
        <dt>Signal</dt>
        <dd>
          model {model}; two taker fees are {feesBp.toFixed(1)} bp
        </dd>
        <dt>Recordings</dt>
        <dd>
          <ul>
            <For each={tapes}>
              {({ path, holds, sha256, from, to, labels, labelled, labelsNameTape, inSample }) => (
                <li>
                  {path}: {holds}; {minute(from)} to {minute(to)}
                  <small class="told">SHA-256 {sha256}</small>
                  <small class="told">
                    {labels === null
                      ? 'no labels'
                      : `${labels}: ${Object.entries(labelled)
                          .map(([kind, count]) => `${count} ${kind}`)
                          .join(', ')}`}
                  </small>
                  <Show when={labelsNameTape === false}>
                    <small class="told loss">
                      The labels do not say which tape they are of: whether it is this one is not known.
                    </small>
                  </Show>
                  <For each={inSample}>{(why) => <small class="told loss">In-sample: {why}</small>}</For>
                </li>
              )}
            </For>
          </ul>
        </dd>
      </dl>
    </section>
  );
}
