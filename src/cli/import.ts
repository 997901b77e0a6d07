import { Command } from 'commander';
import type { Us } from '../core/units.ts';
import { hashFile } from '../tape/hash.ts';
import { importBinance } from '../tape/import-binance.ts';
import { type CandleReport, importCandles } from '../tape/import-candles.ts';
import { importOkx } from '../tape/import-okx.ts';
import { importTrades, type TradesReport } from '../tape/import-trades.ts';
import type { CaptureReport } from '../tape/okx-capture.ts';
import { requireInputs } from './input-files.ts';
import { captureText, fileLine, rejectedText, spanText } from './inspect.ts';
import { interruptible } from './interrupt.ts';
import { table } from './table.ts';

interface ImportFlags {
  readonly out: string;
  readonly instruments?: string[];
  readonly instrument?: string;
  readonly bar?: string;
  readonly config?: string;
  readonly json?: boolean;
}

const INSTRUMENTS = ['--instruments <files...>', 'answers of public/instruments, .json or .json.gz'] as const;

/** `hunter import KIND FILE… --out TAPE`: recordings made elsewhere become tapes. */
export function importCommand(): Command {
  const command = new Command('import').description('turns recordings into a tape that can be replayed');
  const kind = (name: string, description: string): Command => {
    const sub = new Command(name)
      .exitOverride()
      .description(description)
      .argument('<files...>', 'files in the order of their time, plain or gzip')
      .requiredOption('--out <tape>', 'the tape to write')
      .option('--config <file>', 'settings file (not needed here)')
      .option('--json', 'the report as JSON on stdout; everything else on stderr');
    command.addCommand(sub);
    return sub;
  };
  kind('okx-ws', 'raw WebSocket captures of OKX v5; rest-instruments-* files beside them are found')
    .option(...INSTRUMENTS)
    .option('--bar <bar>', 'which candles to keep, such as 1m')
    .action(importCapture);
  kind('okx-candles', 'CSV candles, mark prices and funding rates of OKX swaps')
    .option(...INSTRUMENTS)
    .action(importCandleFiles);
  kind('okx-trades', 'daily trade archives of OKX, and other CSV with side, price, size and time')
    .option(...INSTRUMENTS)
    .option('--instrument <id>', 'whose trades these are, where the files do not say')
    .action(importTradeFiles);
  kind('binance-l2', 'raw Binance recordings: depth, trades, mark price of one symbol').action(
    importRecording,
  );
  return command;
}

async function importCapture(files: string[], flags: ImportFlags): Promise<void> {
  requireInputs([...files, ...(flags.instruments ?? [])]);
  const report = await interruptible((signal) => {
    const { progress, done } = fileLine();
    return importOkx(files, flags.out, { ...chosen(flags), progress, signal }).finally(done);
  });
  tell(report, flags, () => captureText(report));
}

async function importRecording(files: string[], flags: ImportFlags): Promise<void> {
  requireInputs([...files, ...(flags.instruments ?? [])]);
  const report = await interruptible((signal) => {
    const { progress, done } = fileLine();
    return importBinance(files, flags.out, { progress, signal }).finally(done);
  });
  tell(report, flags, () => captureText(report));
}

async function importCandleFiles(files: string[], flags: ImportFlags): Promise<void> {
  requireInputs([...files, ...(flags.instruments ?? [])]);
  const report = await interruptible((signal) =>
    importCandles(files, flags.out, { ...chosen(flags), signal }),
  );
  tell(report, flags, () => rowsText(report));
}

async function importTradeFiles(files: string[], flags: ImportFlags): Promise<void> {
  requireInputs([...files, ...(flags.instruments ?? [])]);
  const { instrument } = flags;
  const report = await interruptible((signal) =>
    importTrades(files, flags.out, {
      ...chosen(flags),
      ...(instrument !== undefined && { instrument }),
      signal,
    }),
  );
  tell(report, flags, () => rowsText(report));
}

const chosen = ({ instruments, bar }: ImportFlags) => ({
  ...(instruments !== undefined && { instruments }),
  ...(bar !== undefined && { bar }),
});

function tell(
  report: CaptureReport | CandleReport | TradesReport,
  flags: ImportFlags,
  text: () => string,
): void {
  const tape = { path: flags.out, sha256: hashFile(flags.out) };
  if (flags.json) process.stdout.write(`${JSON.stringify({ ...report, tape })}\n`);
  else process.stdout.write(`${text()}\n\n${report.events} events → ${tape.path}\nsha256 ${tape.sha256}\n`);
}

function rowsText(report: CandleReport | TradesReport): string {
  return [
    `span     ${spanText(report.from as Us, report.to as Us)}`,
    '',
    table(report.instruments.map((each) => ({ ...each }))),
    ...report.notes.map((note) => `note: ${note}`),
    rejectedText(report),
  ]
    .filter((part, index) => part !== '' || index === 1)
    .join('\n');
}
