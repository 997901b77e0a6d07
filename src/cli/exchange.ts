import { Command, InvalidArgumentError } from 'commander';
import { ConfigError } from '../config/load.ts';
import { us } from '../core/units.ts';
import { FaultPlanError, loadPlan } from '../exchange/faults/plan.ts';
import { loadScenario, ScenarioError, scenarioNames } from '../exchange/scenarios/load.ts';
import { type ExchangeHandle, startExchange } from '../exchange/server.ts';
import { UnopenedAccount } from '../exchange/store.ts';
import { RealClock } from '../run/clock.ts';
import { type Cash, cashText, DEFAULT_CASH, parseCash } from './cash.ts';

interface ExchangeFlags {
  readonly port: number;
  readonly seed: number;
  readonly speed: number;
  readonly scenario?: string;
  readonly faults?: string;
  readonly cash?: Cash;
  readonly accounts: number;
  readonly state?: string;
  readonly duration?: number;
  readonly json?: boolean;
}

export function exchangeCommand(): Command {
  return new Command('exchange')
    .description('the exchange alone: an OKX on this machine, for any client that speaks OKX v5')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes any free one', port, 0)
    .option('--seed <seed>', 'seed of the market and of the keys', number, 7)
    .option('--speed <factor>', 'market time per wall time', factor, 1)
    .option(
      '--scenario <name or file>',
      `how the market behaves: ${scenarioNames().join(', ')}, or a YAML file`,
    )
    .option(
      '--faults <plan>',
      'what goes wrong: a YAML file (docs/faults.md), or seed:N for a bit of everything',
    )
    .option(
      '--cash <amounts>',
      `what each account begins with, by currency; default: ${cashText(DEFAULT_CASH)}`,
      parseCash,
    )
    .option('--accounts <count>', 'how many accounts there are, each with its own keys', accounts, 1)
    .option(
      '--state <file>',
      'where accounts, orders and prices live from run to run, cash included; default: forgotten at the end',
    )
    .option('--duration <time>', 'stop after so long: 90s, 10m, 2h', duration)
    .option('--json', 'one JSON line on stdout when ready; everything else on stderr')
    .action((flags: ExchangeFlags) => run(flags));
}

async function run(flags: ExchangeFlags): Promise<void> {
  // listened for before the start, so that no early Ctrl-C is lost
  const interrupted = interruption();
  const handle = await open(flags);
  const { rest, ws, wsAll, apiKey, secret, passphrase, readOnly, accounts: all } = handle;
  if (flags.json)
    process.stdout.write(
      `${JSON.stringify({ ready: true, rest, ws, wsAll, apiKey, secret, passphrase, readOnly, accounts: all })}\n`,
    );
  else process.stdout.write(greeting(handle));
  const clock = new RealClock();
  let callOff = (): void => undefined;
  const timeUp = new Promise<string>((resolve) => {
    if (flags.duration !== undefined)
      callOff = clock.at(us(clock.now() + flags.duration * 1000), () => resolve('duration'));
  });
  const how = await Promise.race([interrupted, timeUp]);
  callOff();
  await handle.close();
  const struck = Object.entries(handle.faults?.counts ?? {}).map(([fault, count]) => `${fault} ${count}`);
  if (struck.length > 0) process.stderr.write(`faults that struck: ${struck.join(', ')}\n`);
  process.exitCode = how === 'SIGINT' ? 130 : 0;
}

/** Every account is looked at at each step of the market. */
const ACCOUNTS_MAX = 100;
/** What a state file that cannot be written fails with. */
const WRITE_CODES = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EROFS', 'ENOSPC', 'EISDIR', 'EPERM']);

async function open(flags: ExchangeFlags): Promise<ExchangeHandle> {
  try {
    return await startExchange({
      port: flags.port,
      seed: flags.seed,
      speed: flags.speed,
      accounts: Array.from({ length: flags.accounts }, () => ({ cash: flags.cash ?? DEFAULT_CASH })),
      ...(flags.state !== undefined && { stateFile: flags.state }),
      ...(flags.scenario !== undefined && { scenario: loadScenario(flags.scenario) }),
      ...(flags.faults !== undefined && { faults: loadPlan(flags.faults) }),
    });
  } catch (error) {
    if (error instanceof UnopenedAccount)
      throw new ConfigError([
        `--accounts ${flags.accounts}: ${flags.state} holds ${error.count} accounts; ask for at least as many, or name another file with --state`,
      ]);
    if (error instanceof FaultPlanError || error instanceof ScenarioError)
      throw new ConfigError([error.message]);
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new ConfigError([`port ${flags.port} is taken: name another with --port, or 0 for any free one`]);
    if (WRITE_CODES.has((error as NodeJS.ErrnoException).code ?? ''))
      throw new ConfigError([
        `--state ${flags.state}: cannot be used (${(error as Error).message}); name another file`,
      ]);
    throw error;
  }
}

function interruption(): Promise<string> {
  return new Promise((resolve) => {
    // heard twice where a launcher passes on what the terminal also sent: one goodbye is enough
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
}

function greeting({ rest, ws, wsAll, accounts, instruments }: ExchangeHandle): string {
  const keys = accounts.map(
    ({ apiKey, secret, passphrase }, at) => `${at === 0 ? '' : `account ${at + 1}\n`}key         ${apiKey}
secret      ${secret}
passphrase  ${passphrase}
`,
  );
  return `${instruments.map(({ id }) => id).join(', ')}; Ctrl-C ends it
REST        ${rest}/api/v5
WebSocket   ${ws}/public, /private, /business
            ${wsAll} takes every channel
${keys.join('')}`;
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number');
  return value;
}

function accounts(text: string): number {
  const value = number(text);
  if (value < 1 || value > ACCOUNTS_MAX)
    throw new InvalidArgumentError(`expected a number of accounts, 1 to ${ACCOUNTS_MAX}`);
  return value;
}

function port(text: string): number {
  const value = number(text);
  if (value > 65_535) throw new InvalidArgumentError('expected a port, 0 to 65535');
  return value;
}

function factor(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('expected a positive number');
  return value;
}

function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('expected a time such as 90s, 10m or 2h');
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  return Number(match[1]) * unit;
}
