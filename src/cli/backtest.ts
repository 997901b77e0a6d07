import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { ConfigError } from '../config/load.ts';
import { paperConfig } from '../config/paper.ts';
import { SETTINGS_FILE } from '../run/session/format.ts';
import { type BacktestResult, backtestInWorkers, type Progress } from '../study/backtest/backtest.ts';
import type { AccountMetrics } from '../study/metrics/account-metrics.ts';
import type { Figure } from '../study/metrics/figure.ts';
import { parity } from '../study/parity/parity.ts';
import { parityText } from '../study/parity/text.ts';
import type { Report } from '../study/report/pack.ts';
import type { MarketModel } from '../study/report/report-data.ts';
import { reportOf, writeReport } from '../study/report/write-report.ts';
import { requireInputs } from './input-files.ts';
import { interruptible } from './interrupt.ts';
import { progressLine } from './progress.ts';
import { requireReportFile } from './report-file.ts';
import { settingsWith, withModelOf, withSettings } from './settings-option.ts';

interface Flags {
  readonly config?: string;
  readonly set: string[];
  readonly symbols?: string[];
  readonly report?: string;
  readonly check?: boolean;
  readonly separate?: boolean;
  readonly workers?: number;
  readonly parity?: string;
  readonly json?: boolean;
}

/** So many of the last trades are listed in the terminal; the report and `--json` have them all. */
const TRADES_SHOWN = 20;
/** Each has a heap of its own. */
const WORKERS_MAX = 256;

export function backtestCommand(): Command {
  return withSettings(new Command('backtest'), 'market.bar=5m')
    .description(
      'tapes of books, trades or candles through strategies, engine and paper venue: trades, metrics, report',
    )
    .argument('[tapes...]', 'tapes, as `hunter import` makes them; several are told as one, by time')
    .option('--report <file>', 'write everything as one self-contained HTML page')
    .option('--check', 'repeat on truncated and delayed data: did anything know the future?')
    .option('--separate', 'every instrument trades from an account of its own, not one for each currency')
    .option(
      '--workers <count>',
      'threads for accounts and repetitions, same result whatever the number (default: one a core)',
      threads,
    )
    .option(
      '--parity <session>',
      'no tapes: a session that `hunter start --record` wrote, again on paper; every difference trade by trade',
    )
    .option('--json', 'the whole result as JSON on stdout')
    .action((tapes: string[], flags: Flags) =>
      flags.parity !== undefined ? compare(flags.parity, tapes, flags) : run(tapes, flags),
    );
}

async function run(tapes: string[], flags: Flags): Promise<void> {
  if (tapes.length === 0) throw new ConfigError(['name a tape, or a session with --parity']);
  requireInputs(tapes);
  const settings = withModelOf(tapes, settingsWith(flags.config, flags.set));
  if (flags.report !== undefined) requireReportFile(flags.report, 'report');
  const options = {
    symbols: flags.symbols ?? null,
    command: `hunter ${process.argv.slice(2).join(' ')}`,
    check: flags.check === true,
    separate: flags.separate === true,
  };
  const result = await interruptible((signal) => {
    const { progress, done } = tapeLine();
    const workers = flags.workers ?? availableParallelism();
    return backtestInWorkers(tapes, settings, options, { workers, signal, progress }).finally(done);
  });
  const report = flags.report === undefined ? reportOf(result.data) : writeReport(flags.report, result.data);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(asJson(result, report))}\n`
      : `${readable(result, report, flags.report)}\n`,
  );
  process.exitCode = exitCodeOf(report);
}

/** 1 where the result cannot be, a look-ahead included: a script must not take its figures for a success. */
export const exitCodeOf = ({ findings }: Pick<Report, 'findings'>): 0 | 1 =>
  findings.some(({ level }) => level === 'impossible') ? 1 : 0;

function threads(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > WORKERS_MAX)
    throw new ConfigError([`--workers ${text}: expected a whole number from 1 to ${WORKERS_MAX}`]);
  return count;
}

function tapeLine(): { progress: (progress: Progress) => void; done: () => void } {
  const { say, done } = progressLine();
  return {
    progress: ({ done: events, total, at }) =>
      say(() => {
        const date = new Date(at / 1000).toISOString().slice(0, 16).replace('T', ' ');
        return `${events} of ${total} events (${Math.floor((100 * events) / total)} %), now at ${date}`;
      }),
    done,
  };
}

/** A session brings its own tape and settings; `--set paper.…` tries another paper venue on it. */
function compare(session: string, tapes: readonly string[], flags: Flags): void {
  const others = [
    tapes.length > 0 ? 'tapes' : '',
    flags.config !== undefined ? '--config' : '',
    flags.symbols !== undefined ? '--symbols' : '',
    flags.report !== undefined ? '--report' : '',
    flags.check === true ? '--check' : '',
    flags.separate === true ? '--separate' : '',
    flags.workers !== undefined ? '--workers' : '',
  ].filter((name) => name !== '');
  if (others.length > 0)
    throw new ConfigError([
      `--parity replays a session as it was, with its own tape and settings: leave out ${others.join(', ')}`,
    ]);
  const foreign = flags.set.filter((word) => !word.startsWith('paper.'));
  if (foreign.length > 0)
    throw new ConfigError([
      `--set ${foreign[0]}: with --parity only what the paper venue is like can be another, such as paper.order_latency_ms=5`,
    ]);
  const result = parity(session, {
    paperOf: ({ folder }) => paperConfig(settingsWith(join(folder, SETTINGS_FILE), flags.set)),
  });
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${parityText(result)}\n`);
  if (!result.explained) process.exitCode = 1;
}

/** Curves and candles stay out: they are in the report. */
function asJson(result: BacktestResult, { metrics, findings }: Report) {
  const { data } = result;
  return {
    tapes: data.run.data,
    tapeHash: data.run.data.map(({ sha256 }) => sha256).join(),
    configHash: result.configHash,
    code: data.run.code,
    changed: data.run.changed,
    events: result.events,
    spanMs: Math.round(data.to - data.from),
    eventsPerSecond: result.eventsPerSecond,
    findings,
    lookAhead: data.lookAhead,
    accounts: data.accounts.map(({ equity: _equity, benchmark: _benchmark, ...account }) => account),
    metrics,
    trades: data.trades,
    fills: data.fills.length,
    decisions: data.decisions,
    signals: result.signals,
  };
}

function readable(result: BacktestResult, report: Report, file: string | undefined): string {
  const { data } = result;
  const lines = data.run.data.map(
    ({ path, sha256, holds }) => `${path}: ${holds}; sha256 ${sha256.slice(0, 16)}`,
  );
  lines.push(
    `${result.events} events over ${span(data.to - data.from)}, ${result.eventsPerSecond} events/s; config ${result.configHash}`,
    '',
  );
  for (const { title, detail, level } of report.findings)
    lines.push(`${level.toUpperCase()}: ${title}`, `  ${detail}`);
  if (report.findings.length > 0) lines.push('');
  for (const signal of result.signals) {
    if (signal.bookFrames === 0) continue;
    const scores = Object.entries(signal.detectorScoreRms)
      .map(([name, rms]) => `${name} ${rms.toFixed(2)}`)
      .join(', ');
    lines.push(
      `${signal.symbol}: ${signal.bookFrames} book frames, ${signal.levelChanges} level changes, ${signal.trades} trades, ${signal.candles} candles`,
      `  book at the end: ${signal.book.bid} / ${signal.book.ask}, ${signal.book.levels[0]} / ${signal.book.levels[1]} levels`,
      `  score (root mean square): ${scores}; confidence at most ${signal.maxConfidence.toFixed(2)}, at the threshold in ${signal.framesAtThreshold} frames`,
    );
  }
  lines.push(`decisions: ${data.decisions.entered} entered`);
  for (const { symbol, reason, count, example } of data.decisions.refused)
    lines.push(`  ${symbol}: ${count} refused: ${reason} (${example})`);
  if (data.trades.length > TRADES_SHOWN)
    lines.push('', `the last ${TRADES_SHOWN} of ${data.trades.length} trades:`);
  else lines.push('');
  for (const trade of data.trades.slice(-TRADES_SHOWN))
    lines.push(
      `${new Date(trade.openedAt).toISOString()} ${trade.symbol} ${trade.strategy} ${trade.direction} ${trade.size} at ${trade.entry.toFixed(4)} → ${trade.exit.toFixed(4)} ${trade.exitReason}: net ${trade.net}`,
    );
  lines.push('');
  data.accounts.forEach((account, i) => {
    const metrics = report.metrics[i]!;
    lines.push(
      `${account.currency || 'unknown currency'} (${account.symbols.join(', ')}): ${account.startBalance} → ${account.balance} (P&L ${account.realized}, fees ${account.fees}, funding ${account.funding}${Number(account.liquidations) === 0 ? '' : `, liquidations ${account.liquidations}`}), ${account.openPositions} open`,
      ...keyFigures(metrics),
    );
  });
  const { verdict, detail } = data.lookAhead;
  if (verdict !== 'notChecked') lines.push(`look-ahead ${verdict}: ${detail}`);
  lines.push(
    `${data.trades.length} closed trades, ${data.fills.length} fills; ${terms(data.market)}; in-sample for whatever was tuned on these data`,
  );
  if (file !== undefined) lines.push(`report: ${file}`);
  return lines.join('\n');
}

/** What a trade was made to pay, in a line. */
function terms({ takerFee, assumedSpreadBp, latencyMsMin }: MarketModel): string {
  const spread = assumedSpreadBp === null ? 'the spread of the books' : `a spread of ${assumedSpreadBp} bp`;
  return `paid: taker fee ${Number((takerFee * 10_000).toFixed(4))} bp, ${spread}, at least ${latencyMsMin} ms to the venue`;
}

function keyFigures({ growth, risk, trades }: AccountMetrics): string[] {
  return [
    `  return ${percent(growth.total)}, a year ${figure(growth.annual, percent)}; drawdown ${risk.drawdown === null ? 'none' : percent(risk.drawdown.depth)}`,
    `  Sharpe ${figure(risk.sharpe, two)}, Sortino ${figure(risk.sortino, two)}, Calmar ${figure(risk.calmar, two)}`,
    `  win rate ${figure(trades.winRate, percent)}, profit factor ${figure(trades.profitFactor, two)}, expectancy ${figure(trades.expectancy, two)} a trade`,
  ];
}

const two = (value: number): string => value.toFixed(2);
const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;

function figure({ value, low, high, why }: Figure, show: (value: number) => string): string {
  if (value === null) return `— (${why})`;
  return low === null || high === null ? show(value) : `${show(value)} [${show(low)}, ${show(high)}]`;
}

const span = (spanMs: number): string =>
  spanMs < 7_200_000 ? `${(spanMs / 1000).toFixed(1)} s` : `${(spanMs / 86_400_000).toFixed(1)} days`;
