import { ErrorBoundary, For, type JSX, Show } from 'solid-js';
import type { Evaluation } from '../../src/study/evaluate/evaluate.ts';
import type { LeakCheck } from '../../src/study/evaluate/section.ts';
import { ThemeChoice } from '../report/theme-choice.tsx';
import { Checks } from './checks.tsx';
import { Recordings } from './recordings.tsx';
import { SectionView } from './section.tsx';
import { duration, minute, number, shortSymbol } from './text.ts';

export function Page(props: { readonly evaluation: Evaluation }): JSX.Element {
  const { tapes, symbols, sections } = props.evaluation;
  const leaks = sections.flatMap(({ name, checks }) =>
    checks.filter(({ verdict }) => verdict === 'leaks').map((check) => ({ name, check })),
  );
  const inSample = [...new Set(tapes.flatMap((tape) => tape.inSample))];
  const span = tapes.reduce((sum, { from, to }) => sum + to - from, 0);
  const labelled = tapes.filter(({ labels }) => labels !== null).length;
  return (
    <>
      <header>
        <div class="title">
          <h1>Evaluation on {symbols.map(shortSymbol).join(', ')}</h1>
          <p class="quiet">
            {tapes.length === 1
              ? `${minute(tapes[0]!.from)} to ${minute(tapes[0]!.to)}, `
              : `${tapes.length} recordings, `}
            {duration(span)} of books and trades; {labelledText(labelled, tapes.length)}
          </p>
        </div>
        <ThemeChoice />
      </header>
      <nav class="sections" aria-label="Sections">
        <For each={sections}>{({ name }) => <a href={`#${idOf(name)}`}>{name}</a>}</For>
        <a href="#checks">Checks</a>
        <a href="#recordings">Recordings</a>
      </nav>
      <main>
        <Show when={leaks.length > 0}>
          <section class="findings alarm" data-section="leaks">
            <h2>Something leaks: the figures below are not to be believed</h2>
            <ul>
              <For each={leaks}>
                {({ name, check }) => (
                  <li class="impossible">
                    <span class="level">{name}</span>
                    <div>
                      <b>{check.name}</b>
                      <p>{leakText(check)}</p>
                    </div>
                  </li>
                )}
              </For>
            </ul>
            <p>
              How each was spoiled, and all that held: <a href="#checks">leak checks</a>.
            </p>
          </section>
        </Show>
        <Show when={inSample.length > 0}>
          <p class="sample" data-kind="inSample">
            <b>In-sample</b>
            <span>
              : figures on what something was fitted or tuned on are no evidence. {inSample.join('; ')}.
            </span>
          </p>
        </Show>
        <p class="sample" data-kind="plain">
          Every figure stands with its 95 % interval where the recording is long enough for one, and with what
          a simpler rule, or chance, gives on the same data. Figures on data that something was fitted or
          tuned on are no evidence: beyond what is known here, which data those were only you know.
        </p>
        <For
          each={sections}
          fallback={<p class="empty">No detector has anything to say of this recording.</p>}
        >
          {(section) => (
            <Guarded>
              <SectionView section={section} id={idOf(section.name)} />
            </Guarded>
          )}
        </For>
        <Guarded>
          <Checks sections={sections} />
        </Guarded>
        <Guarded>
          <Recordings evaluation={props.evaluation} />
        </Guarded>
      </main>
      <footer>
        <span>All times are UTC. Nothing in this page is loaded from elsewhere.</span>
      </footer>
    </>
  );
}

/** What was found where nothing can be, beside what chance finds there. */
const leakText = ({ honest, spoiled, chance }: LeakCheck): string =>
  [
    `spoiled ${spoiled === null ? 'not known' : number(spoiled)}`,
    chance === null ? 'chance not known' : `chance, 95 %, ${number(chance.low)} … ${number(chance.high)}`,
    ...(honest === null ? [] : [`honest ${number(honest)}`]),
  ].join('; ');

const idOf = (name: string): string => name.replaceAll(/[^a-z0-9]+/gi, '-');

const labelledText = (labelled: number, of: number): string =>
  labelled === 0
    ? 'nobody knows what was there to be found'
    : labelled === of
      ? 'what was planted is known'
      : `what was planted is known of ${labelled}`;

/** A section that fails says so in its place and leaves the others standing. */
function Guarded(props: { readonly children: JSX.Element }): JSX.Element {
  const say = (error: unknown): JSX.Element => {
    console.error(error);
    return (
      <section>
        <p class="loss">This section could not be drawn: {String(error)}</p>
      </section>
    );
  };
  return <ErrorBoundary fallback={say}>{props.children}</ErrorBoundary>;
}
