import { Command, CommanderError } from 'commander';

/** One file a command, loaded when it is wanted: nobody waits for the exchange to ask for a tape's span. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).startCommand(),
  exchange: async () => (await import('./exchange.ts')).exchangeCommand(),
  backtest: async () => (await import('./backtest.ts')).backtestCommand(),
  evaluate: async () => (await import('./evaluate.ts')).evaluateCommand(),
  learn: async () => (await import('./learn.ts')).learnCommand(),
  import: async () => (await import('./import.ts')).importCommand(),
  inspect: async () => (await import('./inspect.ts')).inspectCommand(),
  simulate: async () => (await import('./simulate.ts')).simulateCommand(),
  plant: async () => (await import('./plant.ts')).plantCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  kill: async () => (await import('./kill.ts')).killCommand(),
  arm: async () => (await import('./arm.ts')).armCommand(),
};

/** The command line's contract: 0 ok, 1 failed, 2 usage or configuration, 3 refused by a safety rule, 130 interrupted. */
const program = new Command('hunter')
  .description('A trading system for OKX perpetual swaps. Paper by default.')
  .version('0.1.0')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('(hunter --help shows the commands)');

const wanted = process.argv[2];
const names = wanted !== undefined && Object.hasOwn(COMMANDS, wanted) ? [wanted] : Object.keys(COMMANDS);
for (const name of names) program.addCommand((await COMMANDS[name]!()).exitOverride());

/** What the caller named is not what the command reads. */
const WRONG_INPUT = new Set(['ConfigError', 'ScenarioError', 'NoTapeError', 'LabelError']);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

/** By name and not by class: the classes live in rooms that only some commands load. */
function tell(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const fault = error as Error & { readonly code?: string };
  if (fault.name === 'AbortError') return 130;
  console.error(fault.message);
  if (WRONG_INPUT.has(fault.name) || fault.code === '51001') return 2;
  if (fault.name === 'LockError' || fault.name === 'SafetyError') return 3;
  if (process.env.HUNTER_DEBUG !== undefined) console.error(fault.stack);
  return 1;
}
