import { For, type JSX, Show } from 'solid-js';
import type { ReportData, Sample } from '../../src/study/report/report-data.ts';
import { date, duration, fixed, minute, shortSymbol, startsText } from './text.ts';
import { ThemeChoice } from './theme-choice.tsx';

const SAMPLES: Readonly<Record<Sample['kind'], { readonly name: string; readonly meaning: string }>> = {
  inSample: {
    name: 'In-sample',
    meaning:
      'these settings may have been chosen with this very data in sight. Nothing below is evidence that they earn on data they have not seen.',
  },
  outOfSample: { name: 'Out-of-sample', meaning: 'the settings were fixed before this data was looked at.' },
  walkForward: {
    name: 'Walk-forward',
    meaning: 'each stretch was traded with settings chosen on the data before it.',
  },
};

const SECTIONS = [
  ['figures', 'Figures'],
  ['equity', 'Equity'],
  ['chart', 'Chart'],
  ['trades', 'Trades'],
  ['groups', 'Breakdown'],
  ['costs', 'Costs'],
  ['repeat', 'Repeat it'],
] as const;

export function Header(props: { readonly data: ReportData }): JSX.Element {
  const span = (): number => props.data.to - props.data.from;
  /** A short run is told by the minute. */
  const isShort = (): boolean => span() < 3 * 86_400_000;
  const when = (at: number): string => (isShort() ? minute(at) : date(at));
  const long = (): string => (isShort() ? duration(span()) : `${Math.round(span() / 86_400_000)} days`);
  const sample = () => props.data.sample;
  return (
    <>
      <header>
        <div class="title">
          <h1>Backtest of {props.data.instruments.map(({ symbol }) => shortSymbol(symbol)).join(', ')}</h1>
          <p class="quiet">
            {when(props.data.from)} to {when(props.data.to)}, {long()} of {props.data.market.from};{' '}
            {startsText(props.data.accounts)} to begin with
          </p>
        </div>
        <ThemeChoice />
      </header>
      <nav class="sections" aria-label="Sections">
        <For each={SECTIONS}>{([id, name]) => <a href={`#${id}`}>{name}</a>}</For>
      </nav>
      <p class="sample" data-kind={sample().kind} data-field="sample">
        <b>{SAMPLES[sample().kind].name}</b>
        <span>
          : {SAMPLES[sample().kind].meaning} <Show when={sample().note !== ''}>{sample().note} </Show>
          {sample().trials === null
            ? 'How many settings were tried before was not counted.'
            : `${fixed(sample().trials ?? 0, 0)} settings were tried before these.`}
        </span>
      </p>
    </>
  );
}
