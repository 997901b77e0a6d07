import { Command } from 'commander';
import { loadSettings } from '../config/load.ts';
import { type BacktestResult, backtest } from '../study/backtest.ts';

interface Flags {
  readonly config?: string;
  readonly symbols?: string[];
  readonly json?: boolean;
}

export function backtestCommand(): Command {
  return new Command('backtest')
    .description(
      'a tape through book, detectors, engine and paper venue: trades, account, what the signal did',
    )
    .argument('<tape>', 'a tape, as `hunter import` makes one')
    .option('--config <file>', 'settings file (default: config/settings.yaml)')
    .option('--symbols <ids>', 'only these instruments of the tape, comma-separated', (text) =>
      text.split(','),
    )
    .option('--json', 'the whole result as JSON on stdout')
    .action(async (tape: string, flags: Flags) => {
      const settings = loadSettings(flags.config);
      const result = await backtest(tape, settings, flags.symbols ?? null);
      process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${readable(result)}\n`);
    });
}

function readable(result: BacktestResult): string {
  const lines = [
    `${result.tape}: ${result.events} events over ${(result.spanMs / 1000).toFixed(1)} s, ${result.eventsPerSecond} events/s`,
    `config ${result.configHash}, tape ${result.tapeHash.slice(0, 16)}`,
    '',
  ];
  for (const signal of result.signals) {
    const scores = Object.entries(signal.detectorScoreRms)
      .map(([name, rms]) => `${name} ${rms.toFixed(2)}`)
      .join(', ');
    lines.push(
      `${signal.symbol}: ${signal.bookFrames} book frames, ${signal.levelChanges} level changes, ${signal.trades} trades, ${signal.candles} candles`,
      `  book at the end: ${signal.book.bid} / ${signal.book.ask}, ${signal.book.levels[0]} / ${signal.book.levels[1]} levels`,
      `  score (root mean square): ${scores}; confidence at most ${signal.maxConfidence.toFixed(2)}, at the threshold in ${signal.framesAtThreshold} frames`,
    );
  }
  lines.push('', `decisions: ${result.decisions.entered} entered`);
  for (const [why, count] of Object.entries(result.decisions.refused))
    lines.push(`  ${count} refused: ${why}`);
  lines.push('');
  for (const trade of result.trades)
    lines.push(
      `${new Date(trade.openedAt).toISOString()} ${trade.symbol} ${trade.direction} ${trade.size} at ${trade.entry.toFixed(4)} → ${trade.exit.toFixed(4)} ${trade.exitReason}: net ${trade.net}`,
    );
  for (const account of result.accounts)
    lines.push(
      `${account.currency || 'unknown currency'}: ${account.startBalance} → ${account.balance} (P&L ${account.realized}, fees ${account.fees}, funding ${account.funding}), drawdown ${(account.maxDrawdown * 100).toFixed(2)} %, ${account.openPositions} open`,
    );
  lines.push(
    `${result.trades.length} closed trades, ${result.fills} fills; fees, spread and latency included`,
  );
  return lines.join('\n');
}
