import { For, type JSX, Show } from 'solid-js';
import type { Figure } from '../../src/study/evaluate/figures.ts';
import type { Section, SectionFigure, SectionTable } from '../../src/study/evaluate/section.ts';
import { ABSENT } from '../src/format.ts';
import { Plot } from './plot.tsx';
import { intervalText, scaledText, valueText } from './text.ts';

/** One detector: what was asked, what came of it, against what. */
export function SectionView(props: { readonly section: Section; readonly id: string }): JSX.Element {
  const { section } = props;
  return (
    <section id={props.id} aria-labelledby={`${props.id}-title`} data-section={section.name} class="graded">
      <h2 id={`${props.id}-title`}>{section.name}</h2>
      <p class="question">{section.question}</p>
      <Show when={section.figures.length > 0} fallback={<p class="empty">No figures.</p>}>
        <Figures figures={section.figures} />
      </Show>
      <Show when={section.charts.length > 0}>
        <div class="plots">
          <For each={section.charts}>{(chart) => <Plot chart={chart} />}</For>
        </div>
      </Show>
      <For each={section.tables}>{(table) => <Table table={table} />}</For>
      <Show when={section.notes.length > 0}>
        <ul class="notes">
          <For each={section.notes}>{(note) => <li>{note}</li>}</For>
        </ul>
      </Show>
    </section>
  );
}

function Figures(props: { readonly figures: readonly SectionFigure[] }): JSX.Element {
  return (
    <div class="sideways">
      <table class="plain figures">
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col">Value</th>
            <th scope="col">95 % interval</th>
            <th scope="col" class="words">
              Against
            </th>
            <th scope="col" class="words">
              Goal
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={props.figures}>
            {({ name, unit, figure, rivals, better, goal }) => (
              <tr>
                <th scope="row">{name}</th>
                <td>
                  <b>{valueText(figure, unit)}</b>
                  <Show when={figure.why !== ''}>
                    <small>{figure.why}</small>
                  </Show>
                </td>
                <td>{intervalText(figure, unit)}</td>
                <td class="words">
                  <For each={rivals}>
                    {(rival) => (
                      <span class="rival">
                        {rival.name}{' '}
                        <b class={toneOf(figure, rival.figure, better)}>{valueText(rival.figure, unit)}</b>
                        <Show when={intervalText(rival.figure, unit) !== ''}>
                          <small> {intervalText(rival.figure, unit)}</small>
                        </Show>
                      </span>
                    )}
                  </For>
                </td>
                <td class="words">{goal}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

/** Green where the rival is beaten, red where it is not; as the values stand, whatever their intervals. */
function toneOf(own: Figure, rival: Figure, better: SectionFigure['better']): '' | 'gain' | 'loss' {
  if (better === null || own.value === null || rival.value === null || own.value === rival.value) return '';
  return own.value > rival.value === (better === 'higher') ? 'gain' : 'loss';
}

function Table(props: { readonly table: SectionTable }): JSX.Element {
  const { title, columns, rows, units } = props.table;
  const unitOf = (at: number): SectionFigure['unit'] => units?.[at] ?? '';
  return (
    <div class="graded-table">
      <h3>{title}</h3>
      <Show when={rows.length > 0} fallback={<p class="empty">Nothing to be told.</p>}>
        <div class="sideways">
          <table class="plain">
            <thead>
              <tr>
                <For each={columns}>{(column) => <th scope="col">{column}</th>}</For>
              </tr>
            </thead>
            <tbody>
              <For each={rows}>
                {(row) => (
                  <tr>
                    <For each={row}>
                      {(cell, at) =>
                        at() === 0 ? (
                          <th scope="row">
                            <Cell cell={cell} unit={unitOf(at())} />
                          </th>
                        ) : (
                          <td>
                            <Cell cell={cell} unit={unitOf(at())} />
                          </td>
                        )
                      }
                    </For>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
    </div>
  );
}

function Cell(props: {
  readonly cell: string | number | Figure | null;
  readonly unit: SectionFigure['unit'];
}): JSX.Element {
  const { cell, unit } = props;
  if (cell === null) return ABSENT;
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') return scaledText(cell, unit);
  const interval = intervalText(cell, unit);
  return (
    <span title={cell.why}>
      {valueText(cell, unit)}
      <Show when={interval !== ''}>
        <small>{interval}</small>
      </Show>
    </span>
  );
}
