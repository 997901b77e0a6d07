import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ConfigError } from '../config/load.ts';
import { outcomesOf } from '../study/fusion/tapes.ts';
import { modelText, scoreText } from '../study/fusion/text.ts';
import { figuresOf, grade, type ScoreFigures, train } from '../study/fusion/train.ts';
import { fittedOn, loadTrained } from '../study/fusion/trained.ts';
import { requireInputs } from './input-files.ts';
import { interruptible } from './interrupt.ts';
import { shareLine } from './progress.ts';
import { settingsWith, withSettings } from './settings-option.ts';

interface Flags {
  readonly out?: string;
  readonly config?: string;
  readonly set: string[];
  readonly symbols?: string[];
  readonly market?: string;
  readonly limit?: number;
  readonly every: number;
  readonly jobs: number;
  readonly json?: boolean;
}

/** So long a trade may last where the settings set no limit, s: most have met target or stop by then. */
const LIMIT_S = 1800;

/** `hunter learn`: the model behind the signal's confidence. */
export function learnCommand(): Command {
  const command = new Command('learn').description(
    'the model behind the signal’s confidence: fit one on tapes, look at it, grade it on other tapes',
  );
  withTapes(command.command('train'))
    .description(
      'fit and calibrate a model on tapes of books and trades, for the exits of the settings; each tape is predicted by a fit on the others',
    )
    .requiredOption('--out <file>', 'where to write the model; then set signal.model to it')
    .option('--market <words>', 'what market it is for, to be read by people', 'not said')
    .option(
      '--limit <seconds>',
      `what has not reached its target by then counts as not reached (default: exits.time_stop_ms; ${LIMIT_S} where that is 0)`,
      positive,
    )
    .option('--every <seconds>', 'between two moments of the tapes', positive, 15)
    .action((tapes: string[], flags: Flags) => runTrain(tapes, flags));
  command
    .command('show')
    .description('what a model says of each feature, what it was fitted on, how it did')
    .argument('<model>', 'a file of hunter learn train')
    .option('--json', 'the file itself')
    .action((path: string, { json }: Flags) => {
      requireInputs([path]);
      const document = loadTrained(path);
      process.stdout.write(`${json ? JSON.stringify(document) : modelText(document)}\n`);
    });
  withTapes(command.command('grade <model>'))
    .description(
      'a finished model on other tapes: calibration, Brier score against its rivals, edge against costs',
    )
    .option('--every <seconds>', 'between two moments of the tapes', positive, 15)
    .action((model: string, tapes: string[], flags: Flags) => runGrade(model, tapes, flags));
  return command;
}

const withTapes = (command: Command): Command =>
  withSettings(command, 'exits.tp_multiplier=3')
    .argument('<tapes...>', 'tapes with order books')
    .option(
      '--jobs <n>',
      'tapes that are played at the same time; the result is the same',
      count,
      availableParallelism(),
    )
    .option('--json', 'the result as JSON on stdout');

async function runTrain(tapes: readonly string[], flags: Flags): Promise<void> {
  requireInputs(tapes);
  const settings = settingsWith(flags.config, flags.set);
  const out = flags.out!;
  if (!/\.json$/.test(out)) throw new ConfigError([`--out ${out}: a model file ends in .json`]);
  const limitMs =
    flags.limit !== undefined ? flags.limit * 1000 : settings.exits.time_stop_ms || LIMIT_S * 1000;
  const { document } = await interruptible((signal) => {
    const { progress, done } = shareLine();
    return train(tapes, settings, {
      ...{ name: basename(out, '.json'), market: flags.market ?? '', limitMs, everyMs: flags.every * 1000 },
      ...{ made: new Date().toISOString().slice(0, 10), symbols: flags.symbols ?? null, jobs: flags.jobs },
      ...{ signal, progress },
    }).finally(done);
  });
  mkdirSync(dirname(out), { recursive: true });
  // whole or not at all: a running instance may read it
  writeFileSync(`${out}.partial`, `${JSON.stringify(document, null, 1)}\n`);
  renameSync(`${out}.partial`, out);
  process.stdout.write(
    flags.json ? `${JSON.stringify(document)}\n` : `${modelText(document)}\n\nmodel: ${out}\n`,
  );
}

async function runGrade(path: string, tapes: readonly string[], flags: Flags): Promise<void> {
  requireInputs([path, ...tapes]);
  const document = loadTrained(path);
  const settings = settingsWith(flags.config, flags.set);
  const inSample = fittedOn(document, tapes);
  const score = await interruptible(async (signal) => {
    const { progress, done } = shareLine();
    const { outcomes } = await outcomesOf(tapes, settings, {
      ...{ limitMs: document.limitMs, everyMs: flags.every * 1000, symbols: flags.symbols ?? null },
      ...{ jobs: flags.jobs, signal, progress },
    }).finally(done);
    const known = new Set(inSample);
    const of = (wanted: boolean): ScoreFigures | null => {
      const own = outcomes.where((i) => known.has(tapes[outcomes.tape[i]!]!) === wanted);
      return tapes.some((tape) => known.has(tape) === wanted) ? figuresOf(grade(document, own)) : null;
    };
    return { fitted: of(true), other: of(false) };
  });
  if (flags.json) {
    // what counts as evidence first; figures on the model's own tapes only where there are no others
    const { fitted, other } = score;
    const both = other !== null && fitted !== null ? { inSampleScore: fitted } : {};
    process.stdout.write(`${JSON.stringify({ ...(other ?? fitted), inSample, ...both })}\n`);
    return;
  }
  const { fitted, other } = score;
  const parts = [
    ...inSample.map((tape) => `${tape}: fitted on this tape: in-sample, no evidence`),
    ...(fitted === null ? [] : [scoreText(fitted)]),
    ...(fitted === null || other === null
      ? []
      : ['', `on the other ${tapes.length - inSample.length} of ${tapes.length} tapes:`]),
    ...(other === null ? [] : [scoreText(other)]),
  ];
  process.stdout.write(`${parts.join('\n')}\n`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1e6)) throw new InvalidArgumentError('expected a positive number.');
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 1))
    throw new InvalidArgumentError('expected a whole number from 1 on.');
  return value;
}
