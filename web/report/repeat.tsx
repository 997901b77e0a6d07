import { For, type JSX, Show } from 'solid-js';
import type { ReportData } from '../../src/study/report/report-data.ts';
import { second } from './text.ts';

/** All that is needed to run it again and get the same. */
export function Repeat(props: { readonly data: ReportData }): JSX.Element {
  const run = () => props.data.run;
  return (
    <section id="repeat" aria-labelledby="repeat-title" data-section="repeat">
      <h2 id="repeat-title">Repeat it</h2>
      <pre class="command">{run().command}</pre>
      <dl class="identity">
        <dt>Code</dt>
        <dd>
          version {run().code.version}
          <Show when={run().code.commit !== null} fallback=", commit unknown">
            , commit <code>{run().code.commit}</code>
            <Show when={run().code.changed}>
              <b class="loss"> with changes that are in no commit</b>
            </Show>
          </Show>
        </dd>
        <dt>Settings</dt>
        <dd>
          hash <code>{run().settingsHash}</code>
        </dd>
        <dt>Seed</dt>
        <dd>{run().seed === null ? 'none: nothing was drawn by chance' : <code>{run().seed}</code>}</dd>
        <dt>Time</dt>
        <dd>
          {second(props.data.from)} to {second(props.data.to)}
        </dd>
        <dt>Data</dt>
        <dd>
          <ul>
            <For each={run().data}>
              {(file) => (
                <li>
                  {file.path} <span class="quiet">{file.holds}</span>
                  <br />
                  <code>sha256 {file.sha256}</code>
                </li>
              )}
            </For>
          </ul>
        </dd>
        <dt>Instruments</dt>
        <dd>
          <ul>
            <For each={props.data.instruments}>
              {({ symbol, contract, tickSize, inverse, warmAt }) => (
                <li>
                  {symbol}{' '}
                  <span class="quiet">
                    {inverse ? 'inverse' : 'linear'}, contract {contract}, tick {tickSize}
                    {warmAt === null ? '' : `, warm from ${second(warmAt)}`}
                  </span>
                </li>
              )}
            </For>
          </ul>
        </dd>
        <dt>Changed settings</dt>
        <dd>
          <Show when={run().changed.length > 0} fallback="none: all at their default">
            <table class="plain changed">
              <thead>
                <tr>
                  <th scope="col">Key</th>
                  <th scope="col">Here</th>
                  <th scope="col">Default</th>
                </tr>
              </thead>
              <tbody>
                <For each={run().changed}>
                  {(change) => (
                    <tr>
                      <th scope="row">
                        <code>{change.key}</code>
                      </th>
                      <td>{change.value}</td>
                      <td class="quiet">{change.default}</td>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
          </Show>
        </dd>
      </dl>
      <details>
        <summary>All settings (YAML)</summary>
        <pre>{run().settings}</pre>
      </details>
    </section>
  );
}
