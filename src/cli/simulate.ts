import { Command, InvalidArgumentError, Option } from 'commander';
import { loadScenario, scenarioNames } from '../exchange/scenarios/load.ts';
import { type CardRow, cardPassed, realismCard, type Verdict, WINDOWS_MIN } from '../study/facts/facts.ts';
import { type Recording, recordings } from '../study/facts/recordings.ts';
import { WINDOW_SECONDS, windowsIn } from '../study/facts/resampling.ts';
import { measureSimulated } from '../study/facts/simulated.ts';
import { BOOK_FEEDS, type BookFeed, SIMULATED_FROM } from '../study/simulate.ts';
import { type SimulationReport, simulateToFiles } from '../study/simulation-files.ts';
import { interruptible } from './interrupt.ts';
import { table } from './table.ts';

interface SimulateFlags {
  readonly seed: number;
  readonly minutes: number;
  readonly scenario: string;
  readonly symbols?: string[];
  readonly out?: string;
  readonly feed: BookFeed;
  readonly facts?: boolean;
  readonly json?: boolean;
}

/** `hunter simulate`: the embedded exchange's market in virtual time, to files or as a card of facts. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description(
      'a market in virtual time: tape, raw frames and labels of what was planted; or its realism card',
    )
    .option('--seed <number>', 'the only chance there is; same seed, same bytes', whole, 7)
    .option(
      '--minutes <number>',
      'how long, market time; `hunter evaluate` grades the signal by trades of up to half an hour: give 60 or more for that, hours for intervals',
      positive,
      30,
    )
    .option('--scenario <name>', `${scenarioNames().join(', ')}, or a .yaml file`, 'btc-like')
    .option('--symbols <ids...>', 'instruments to record; default: all of the scenario')
    .option('--out <folder>', 'where to write; made, or empty')
    .addOption(new Option('--feed <channel>', 'the book channel').choices([...BOOK_FEEDS]).default('books'))
    .option(
      '--facts',
      'the stylised facts beside those of real recordings of Bitcoin, with pass or fail; looks at 30 minutes of market',
    )
    .option('--config <file>', 'settings file (not needed here)')
    .option('--json', 'the report as JSON on stdout; everything else on stderr')
    .action(simulate);
}

async function simulate(flags: SimulateFlags, command: Command): Promise<void> {
  if (flags.out === undefined && flags.facts !== true)
    command.error('error: nothing to do: give --out FOLDER, or --facts', { exitCode: 2 });
  const scenario = loadScenario(flags.scenario);
  const symbols = flags.symbols ?? scenario.instruments;
  await interruptible(async (signal) => {
    const { seed, feed, minutes, json, out, facts } = flags;
    const report =
      out === undefined
        ? null
        : await simulateToFiles(
            { seed, scenario, symbols, feed, from: SIMULATED_FROM },
            minutes,
            out,
            signal,
          );
    const real = recordings();
    const card =
      facts === true
        ? realismCard(measureSimulated(seed, scenario, symbols[0]!, minutes, signal), real)
        : null;
    if (json)
      process.stdout.write(`${JSON.stringify({ ...report, ...(card && { facts: card.map(plain) }) })}\n`);
    else {
      if (report !== null) process.stdout.write(`${reportText(report, out!)}\n`);
      if (card !== null) process.stdout.write(`${cardText(card, real, minutes)}\n`);
    }
    if (card !== null && !(cardPassed(card) && longEnough(minutes))) process.exitCode = 1;
  });
}

function reportText(report: SimulationReport, folder: string): string {
  const minutes = (report.to - report.from) / 60_000;
  return [
    `simulated ${minutes} min of ${report.symbols.join(', ')}, seed ${report.seed}, at ${report.speed.toFixed(0)} × real time`,
    `${report.messages} messages (${(report.messageBytes / 1e6).toFixed(1)} MB), ${report.events} market events`,
    `planted: ${
      Object.entries(report.labels)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(', ') || 'nothing'
    }`,
    ...Object.entries(report.files).map(([file, hash]) => `sha256 ${hash}  ${folder}/${file}`),
  ].join('\n');
}

/** The recordings that get a column; the rest is in the JSON. */
const COLUMNS = ['btc-2024', 'btc-2023', 'eth-2024', 'btcusd-2024', 'okx-2025', 'okx-2026'];

/** Whether a run of so many minutes can pass. */
const longEnough = (minutes: number): boolean => windowsIn(minutes * 60) >= WINDOWS_MIN;

function cardText(card: readonly CardRow[], real: readonly Recording[], minutes: number): string {
  const rows = card.map(({ fact, simulated, interval, verdict, real: figures }) => ({
    fact: fact.title,
    simulated: shown(simulated),
    'by chance': Number.isNaN(simulated) ? '' : `${shown(interval[0])} to ${shown(interval[1])}`,
    from: String(fact.low),
    to: String(fact.high),
    verdict: verdict === 'short' ? 'too short' : verdict,
    ...Object.fromEntries(COLUMNS.map((name) => [name, shown(figures[name] ?? Number.NaN)])),
  }));
  const count = (which: Verdict): number => card.filter(({ verdict }) => verdict === which).length;
  const chance = count('chance');
  const short = count('short');
  return [
    table(rows),
    '',
    ...card
      .filter(({ verdict }) => verdict === 'FAIL' || verdict === 'chance')
      .map(({ fact }) => `${fact.title}: ${fact.why}`),
    ...real
      .filter(({ name }) => COLUMNS.includes(name))
      .map(({ name, source, seconds }) => `${name}: ${source}, ${seconds} s`),
    `simulated: median of ${windowsIn(minutes * 60)} windows; by chance: the middle 95 % of the run resampled`,
    longEnough(minutes)
      ? `${count('ok')} of ${card.length} facts hold${chance === 0 ? '' : `; ${chance} lie outside by no more than chance`}${short === 0 ? '' : `; ${short} need a longer run`}`
      : `too short to pass: ${WINDOWS_MIN} windows of ${WINDOW_SECONDS} s are needed, which 30 minutes give`,
    ...(cardPassed(card) || short > 0 ? [] : ['the card does not hold']),
  ].join('\n');
}

const shown = (value: number): string => (Number.isNaN(value) ? '' : Number(value.toPrecision(3)).toString());

const plain = ({ fact, simulated, interval, verdict, real }: CardRow) => ({
  ...fact,
  simulated: Number.isNaN(simulated) ? null : simulated,
  interval: Number.isNaN(simulated) ? null : interval,
  verdict,
  real,
});

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('a whole number that is not negative is needed.');
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 100_000))
    throw new InvalidArgumentError('a number of minutes above 0 is needed.');
  return value;
}
