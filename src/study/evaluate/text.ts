import type { Evaluation, EvaluationSpeed } from './evaluate.ts';
import type { Figure } from './figures.ts';
import type { LeakCheck, Section, SectionFigure } from './section.ts';

/** The evaluation for a terminal: figures and checks; tables and curves are in the report and in `--json`. */
export function evaluationText(
  { tapes, sections, code, brainHash }: Evaluation,
  { events, changes, playSeconds }: EvaluationSpeed,
): string {
  const lines = tapes.flatMap(({ path, holds, sha256, labels, labelled, inSample }) => {
    const kinds = Object.entries(labelled).map(([kind, count]) => `${count} ${kind}`);
    const told = labels === null ? 'no labels' : `${labels}: ${kinds.join(', ')}`;
    return [
      `${path}: ${holds}; sha256 ${sha256.slice(0, 16)}; ${told}`,
      ...inSample.map((why) => `${path}: IN-SAMPLE: ${why}`),
    ];
  });
  lines.push(
    `${events} events, ${changes} level changes played and watched in ${playSeconds.toFixed(1)} s; detectors ${brainHash}; hunter ${code.version}${code.commit === null ? '' : ` ${code.commit.slice(0, 10)}`}${code.changed ? ', changed since' : ''}`,
  );
  for (const section of sections) lines.push('', ...sectionText(section));
  if (sections.length === 0) lines.push('', 'no detector has anything to say of this recording');
  return lines.join('\n');
}

function sectionText({ name, question, figures, notes, checks }: Section): string[] {
  return [
    name.toUpperCase(),
    question,
    ...figures.flatMap(figureLines),
    ...checks.map(checkLine),
    ...notes.map((note) => `  ${note}`),
  ];
}

function figureLines({ name, unit, figure, rivals, goal }: SectionFigure): string[] {
  const against = rivals.map((rival) => `${rival.name} ${shown(rival.figure, unit)}`);
  return [
    `  ${name}: ${shown(figure, unit)}${goal === '' ? '' : ` (goal: ${goal})`}`,
    ...(against.length === 0 ? [] : [`    against ${against.join('; ')}`]),
  ];
}

/** One line for each leak: where it is, what was found, and what chance gives. */
export function leakLines(sections: readonly Section[]): string[] {
  return sections.flatMap(({ name, checks }) =>
    checks
      .filter(({ verdict }) => verdict === 'leaks')
      .map(
        (check) =>
          `LEAKS: ${name}: ${check.name}: ${numberOf(check.spoiled)}, chance ${bandOf(check)}; exit code 1`,
      ),
  );
}

const numberOf = (value: number | null): string => (value === null ? '—' : round(value));
const bandOf = ({ chance }: LeakCheck): string =>
  chance === null ? 'not known' : `${round(chance.low)} to ${round(chance.high)}`;

function checkLine(check: LeakCheck): string {
  const { name, honest, spoiled, verdict } = check;
  return `  check ${WORDS[verdict]}: ${name}: ${numberOf(spoiled)}, chance ${bandOf(check)}, honestly ${numberOf(honest)}`;
}

const WORDS: Readonly<Record<LeakCheck['verdict'], string>> = {
  holds: 'grading finds nothing where nothing is',
  leaks: 'LEAKS',
  nothing: 'no better than chance',
  blind: 'knows nothing of the future',
  unknown: 'too little data',
};

/** Value, unit and interval; a reason where one is missing. */
export function shown({ value, low, high, why }: Figure, unit: SectionFigure['unit']): string {
  if (value === null) return `— (${why})`;
  const scale = unit === 'share' ? 100 : 1;
  const sign = unit === 'share' ? ' %' : unit === '' ? '' : ` ${unit}`;
  const none = why === '' ? '' : ` (no interval: ${why})`;
  const interval = low === null || high === null ? none : ` [${round(low * scale)}, ${round(high * scale)}]`;
  return `${round(value * scale)}${sign}${interval}`;
}

/** Three digits that count. */
export function round(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}
