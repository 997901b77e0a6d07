import { Command } from 'commander';
import { ConfigError } from '../config/load.ts';
import type { BarrierRule } from '../study/evaluate/barriers.ts';
import { evaluate, type Recording } from '../study/evaluate/evaluate.ts';
import { writeEvaluation } from '../study/evaluate/report/write-evaluation.ts';
import { evaluationText, leakLines } from '../study/evaluate/text.ts';
import { requireInputs } from './input-files.ts';
import { interruptible } from './interrupt.ts';
import { shareLine } from './progress.ts';
import { requireReportFile } from './report-file.ts';
import { collect, settingsWith, withSettings } from './settings-option.ts';

interface Flags {
  readonly labels: string[];
  readonly config?: string;
  readonly set: string[];
  readonly symbols?: string[];
  readonly barriers?: BarrierRule;
  readonly report?: string;
  readonly json?: boolean;
}

export function evaluateCommand(): Command {
  return withSettings(new Command('evaluate'), 'brain.order_flow.threshold=0.2')
    .description(
      'tapes of books and trades through the detectors: how often each is right, and what that is worth',
    )
    .argument('<tapes...>', 'tapes with order books; several are graded together, each with its own labels')
    .option(
      '--labels <file>',
      'what was planted, as `hunter simulate` writes it beside its tape; repeatable, one a tape in the same order',
      collect,
      [],
    )
    .option(
      '--barriers <target:stop:unit:seconds>',
      'target, stop and time limit of the trades that the signal is graded by, such as 10:5:bp:60 or 2:1:atr:600 (default: exits of the settings; 3:3:bp:60 on a tape too short for them)',
      barriers,
    )
    .option('--report <file>', 'write everything as one self-contained HTML page')
    .option('--json', 'the whole result as JSON on stdout')
    .action((tapes: string[], flags: Flags) => run(tapes, flags));
}

async function run(tapes: readonly string[], flags: Flags): Promise<void> {
  if (flags.labels.length > 0 && flags.labels.length !== tapes.length)
    throw new ConfigError([
      `${flags.labels.length} --labels for ${tapes.length} tapes: one for each wanted, in the same order, or none`,
    ]);
  requireInputs([...tapes, ...flags.labels]);
  const settings = settingsWith(flags.config, flags.set);
  if (flags.report !== undefined) requireReportFile(flags.report, 'evaluation');
  const recordings = tapes.map((path, i): Recording => ({ path, labels: flags.labels[i] ?? null }));
  const { evaluation, speed } = await interruptible((signal) => {
    const { progress, done } = shareLine();
    return evaluate(recordings, settings, {
      ...{ symbols: flags.symbols ?? null, barriers: flags.barriers ?? null, signal, progress },
      command: `hunter ${process.argv.slice(2).join(' ')}`,
    }).finally(done);
  });
  for (const { path, labels, labelsNameTape } of evaluation.tapes)
    if (labelsNameTape === false)
      process.stderr.write(
        `warning: ${labels} does not say which tape it is of: whether that is ${path} is not known\n`,
      );
  if (flags.report !== undefined) writeEvaluation(flags.report, evaluation);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ ...evaluation, speed })}\n`
      : `${evaluationText(evaluation, speed)}\n${flags.report === undefined ? '' : `report: ${flags.report}\n`}`,
  );
  // a script must not take figures for the truth that came of a leak
  const leaks = leakLines(evaluation.sections);
  for (const leak of leaks) process.stderr.write(`${leak}\n`);
  if (leaks.length > 0) process.exitCode = 1;
}

/** Throws a `ConfigError`. */
function barriers(text: string): BarrierRule {
  const [target, stop, unit, seconds, ...rest] = text.split(':');
  const fault = (what: string): ConfigError =>
    new ConfigError([`--barriers ${text}: ${what}; wanted target:stop:unit:seconds, such as 10:5:bp:60`]);
  if (seconds === undefined || rest.length > 0) throw fault('four parts wanted');
  if (unit !== 'bp' && unit !== 'atr') throw fault(`unit "${unit}" is neither bp nor atr`);
  const positive = (part: string, what: string): number => {
    const value = Number(part);
    if (!(value > 0 && value < 1e6)) throw fault(`${what} "${part}" is not a positive number`);
    return value;
  };
  return {
    unit,
    target: positive(target!, 'target'),
    stop: positive(stop!, 'stop'),
    limitMs: positive(seconds, 'time limit') * 1000,
  };
}
