import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/load.ts';
import { ScenarioError } from '../exchange/scenarios/load.ts';
import { SafetyError } from '../run/instance.ts';
import { LockError } from '../run/lock.ts';
import { armCommand } from './arm.ts';
import { backtestCommand } from './backtest.ts';
import { exchangeCommand } from './exchange.ts';
import { importCommand } from './import.ts';
import { inspectCommand } from './inspect.ts';
import { killCommand } from './kill.ts';
import { simulateCommand } from './simulate.ts';
import { startCommand } from './start.ts';
import { statusCommand } from './status.ts';

/** The command line's contract: 0 ok, 1 failed, 2 usage or configuration, 3 refused by a safety rule, 130 interrupted. */
const program = new Command('hunter')
  .description('A trading system for OKX perpetual swaps. Paper by default.')
  .version('0.1.0')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('(hunter --help shows the commands)');

for (const command of [
  startCommand(),
  exchangeCommand(),
  backtestCommand(),
  importCommand(),
  inspectCommand(),
  simulateCommand(),
  statusCommand(),
  killCommand(),
  armCommand(),
])
  program.addCommand(command.exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

function tell(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const fault = error as Error & { interrupted?: boolean };
  if (fault.name === 'AbortError') return 130;
  console.error(fault.message);
  if (
    error instanceof ConfigError ||
    error instanceof ScenarioError ||
    (fault as { code?: string }).code === '51001'
  )
    return 2;
  if (error instanceof LockError || error instanceof SafetyError) return 3;
  if (process.env.HUNTER_DEBUG !== undefined) console.error(fault.stack);
  return 1;
}
