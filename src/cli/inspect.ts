import { basename } from 'node:path';
import { Command } from 'commander';
import type { Us } from '../core/units.ts';
import type { BookReport } from '../tape/book-audit.ts';
import { inspectCapture, inspectTape, isTape, type TapeReport } from '../tape/inspect.ts';
import type { CaptureReport } from '../tape/okx-capture.ts';
import type { RejectionsReport } from '../tape/rejections.ts';
import { requireInputs } from './input-files.ts';
import { interruptible } from './interrupt.ts';
import { progressLine } from './progress.ts';
import { type Cell, table } from './table.ts';

interface InspectFlags {
  readonly instruments?: string[];
  readonly config?: string;
  readonly json?: boolean;
}

/** `hunter inspect FILE…`: one tape, or the files of one raw capture. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('what is in a tape or a raw capture: span, counts, gaps, checksums, final top of book')
    .argument('<files...>', 'a tape, or the files of one raw capture in the order of their time')
    .option('--instruments <files...>', 'for a capture: answers of public/instruments, .json or .json.gz')
    .option('--config <file>', 'settings file (not needed here)')
    .option('--json', 'the report as JSON on stdout; everything else on stderr')
    .action(inspect);
}

async function inspect(files: string[], flags: InspectFlags, command: Command): Promise<void> {
  requireInputs([...files, ...(flags.instruments ?? [])]);
  const tapes = files.filter(isTape);
  if (tapes.length > 0 && files.length > 1)
    command.error(
      'error: several files are taken as one raw capture, but there is a tape among them; inspect tapes one by one',
      {
        exitCode: 2,
      },
    );
  const report =
    tapes.length > 0
      ? inspectTape(files[0]!)
      : await interruptible((signal) => {
          const { progress, done } = fileLine();
          const instruments = flags.instruments ?? [];
          return inspectCapture(files, { instruments, progress, signal }).finally(done);
        });
  const text = (): string => (report.kind === 'tape' ? tapeText(report) : captureText(report));
  process.stdout.write(`${flags.json ? JSON.stringify(report) : text()}\n`);
}

function tapeText(report: TapeReport): string {
  return lines(
    `tape     ${report.file}`,
    `sha256   ${report.sha256}`,
    `source   ${report.meta.source || 'not said'}${report.meta.bar === '' ? '' : ` (candles: ${report.meta.bar})`}`,
    `span     ${spanText(report.from, report.to)}`,
    `events   ${report.events}`,
    report.timeStepsBack > 0 ? `TIME GOES BACK ${report.timeStepsBack} times` : '',
    blocks(report),
    ...report.instruments.flatMap(({ instrument, outageReasons }) =>
      outageReasons.map(({ at, reason }) => `outage: ${instrument} at ${timeText(at)}: ${reason}`),
    ),
    ...report.meta.notes.map((note) => `note: ${note}`),
  );
}

export function captureText(report: CaptureReport): string {
  return lines(
    `capture  ${report.files.map((file) => basename(file)).join(', ')}`,
    `span     ${spanText(report.from, report.to)}`,
    `lines    ${report.lines}, of them ${report.controlMessages} acknowledgements and the like, ${report.rejectedLines} rejected`,
    report.timeStepsBack > 0 ? `the recorder's clock went back ${report.timeStepsBack} times` : '',
    `\n${table(report.channels.map(({ channel, instrument, messages }) => ({ channel, instrument, messages })))}`,
    blocks(report),
    ...report.notes.map((note) => `note: ${note}`),
    rejectedText(report),
  );
}

/** Books in one table, everything else in another. */
function blocks({ instruments }: CaptureReport | TapeReport): string {
  const books = instruments.flatMap(({ instrument, book }) =>
    book === null ? [] : [bookRow(instrument, book)],
  );
  const others = instruments.map(
    (each): Record<string, Cell> => ({
      instrument: each.instrument,
      tick: each.tickSize,
      lot: each.lotSize,
      derived: each.derived,
      trades: each.trades,
      ...('staleTrades' in each && { stale: each.staleTrades, repeated: each.repeatedTrades }),
      candles: each.candles,
      marks: each.marks,
      funding: each.fundings,
      outages: each.outages,
    }),
  );
  return lines(...[books, others].map((rows) => (rows.length === 0 ? '' : `\n${table(rows)}`)));
}

function bookRow(instrument: string, book: BookReport): Record<string, Cell> {
  return {
    book: instrument,
    snapshots: book.snapshots,
    updates: book.updates,
    empty: book.emptyUpdates,
    levels: book.levelChanges,
    'no-op deletes': book.absentDeletes,
    'checksums ok': book.checksumsRight,
    wrong: book.checksumsWrong,
    gaps: book.gaps,
    unusable: book.unusable,
    depth: `${book.bids}×${book.asks}`,
    bid: book.bestBid,
    ask: book.bestAsk,
    state: book.valid ? (book.crossed ? 'CROSSED' : 'ok') : 'LOST',
  };
}

/** The first rejected lines; where the rest is to be had. */
export function rejectedText({ rejected, rejectedLines }: RejectionsReport): string {
  const shown = rejected
    .slice(0, 20)
    .map(({ file, line, reason }) => `rejected: ${file}:${line}: ${printable(reason)}`);
  if (rejectedLines > shown.length)
    shown.push(`and ${rejectedLines - shown.length} more rejected lines (--json lists a thousand)`);
  return shown.join('\n');
}

/** What a damaged file holds must not move the reader's cursor. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, '·');

export const spanText = (from: Us | null, to: Us | null): string =>
  from === null || to === null
    ? 'nothing'
    : `${timeText(from)} to ${timeText(to)} (${((to - from) / 1e6).toFixed(1)} s)`;

const timeText = (at: Us): string => new Date(at / 1000).toISOString();
const lines = (...parts: string[]): string => parts.filter((part) => part !== '').join('\n');

/** How far a long reading is, on stderr and only when a person is looking. */
/** Of files that are read line by line. */
export function fileLine(): { progress: (file: string, line: number) => void; done: () => void } {
  const { say, done } = progressLine();
  return { progress: (file, line) => say(() => `${basename(file)}: line ${line}`), done };
}
