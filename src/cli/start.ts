import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError, loadSettings, type Overrides } from '../config/load.ts';
import { resolveModel } from '../config/model.ts';
import type { Settings } from '../config/schema.ts';
import { type Credentials, loadCredentials } from '../config/secrets.ts';
import { us } from '../core/units.ts';
import { RealClock } from '../run/clock.ts';
import { accountFolder, SafetyError, startInstance } from '../run/instance.ts';
import { KillSwitch } from '../run/kill-switch.ts';
import { InstanceLock } from '../run/lock.ts';
import { consoleLog, openLog } from '../run/log.ts';
import { LOCK_FILE } from '../run/running.ts';

interface StartFlags {
  readonly config?: string;
  readonly venue?: 'embedded' | 'okx';
  readonly mode?: 'paper' | 'demo' | 'live';
  readonly symbols?: string[];
  readonly port?: number;
  readonly seed?: number;
  readonly duration?: number;
  readonly dataDir?: string;
  readonly record?: string;
  readonly json?: boolean;
}

const CONFIRMATION = 'trade real money';

export function startCommand(): Command {
  return new Command('start')
    .description('the main job: market data in, decisions out, orders followed, a page to watch it on')
    .option('--config <file>', 'settings file (default: config/settings.yaml)')
    .addOption(new Option('--venue <venue>', 'where the market comes from').choices(['embedded', 'okx']))
    .addOption(new Option('--mode <mode>', 'where orders go').choices(['paper', 'demo', 'live']))
    .option('--symbols <ids>', 'instruments, comma-separated, such as BTC-USDT-SWAP', (text) =>
      text.split(',').map((id) => id.trim()),
    )
    .option('--port <port>', 'port of the page; 0 takes any free one', number)
    .option('--seed <seed>', 'seed of the embedded exchange’s market', number)
    .option('--duration <time>', 'stop after so long: 90s, 10m, 2h', duration)
    .option('--data-dir <folder>', 'where journal, locks and logs live')
    .option('--record <folder>', 'write down the session there, for `hunter backtest --parity`')
    .option('--json', 'one JSON line on stdout when ready; everything else on stderr')
    .action((flags: StartFlags) => start(flags));
}

async function start(flags: StartFlags): Promise<void> {
  const loaded = loadSettings(flags.config, overridesOf(flags));
  const settings = resolveModel(loaded, loaded.venue === 'embedded' ? 'embedded' : 'other');
  const credentials =
    settings.venue === 'okx' ? loadCredentials(process.env, settings.okx.secrets_file) : null;
  await refuseUnsafe(loaded, credentials !== null);

  const folder = accountFolder(settings);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new ConfigError([
      `data_dir: ${folder} cannot be used (${(error as Error).message}); name another folder`,
    ]);
  }
  const clock = new RealClock();
  // before the log is opened: a second instance must not write into the first one's
  const lock = new InstanceLock(join(folder, LOCK_FILE), {
    pid: process.pid,
    startedAt: clock.nowMs(),
    dashboard: '',
  });
  try {
    await run(settings, credentials, flags, clock, lock);
  } finally {
    lock.release();
  }
}

async function run(
  settings: Settings,
  credentials: Credentials | null,
  flags: StartFlags,
  clock: RealClock,
  lock: InstanceLock,
): Promise<void> {
  const file = await openLog(join(accountFolder(settings), 'logs'));
  const log = consoleLog(file.logger, (line) => process.stderr.write(`${line}\n`));
  const dieOf = (error: unknown): void => {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    log('error', `unexpected: ${message}; stopping at once, the next start recovers`, { stack });
    file.flushSync();
    process.exit(1);
  };
  process.on('uncaughtException', dieOf);
  process.on('unhandledRejection', dieOf);
  const abort = new AbortController();
  const interrupted = new Promise<string>((resolve) => {
    // heard twice where a launcher passes on what the terminal also sent: one goodbye is enough
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        abort.abort(Object.assign(new Error(`interrupted by ${signal}`), { name: 'AbortError' }));
        resolve(signal);
      });
  });
  const killSwitch = new KillSwitch({
    dataDir: settings.data_dir,
    flattens: settings.risk.kill_flattens,
    log,
  });
  killSwitch.start();
  try {
    log(
      'info',
      `${settings.mode} on ${settings.venue === 'embedded' ? 'the embedded exchange' : 'OKX'}: ${settings.symbols.join(', ')}`,
    );
    const instance = await startInstance({
      settings,
      credentials,
      log,
      signal: abort.signal,
      clock,
      lock,
      killSwitch,
      record: flags.record ?? null,
    });
    const { url } = instance.dashboard;
    if (flags.json)
      process.stdout.write(
        `${JSON.stringify({ ready: true, dashboard: url, venue: settings.venue, mode: settings.mode, symbols: settings.symbols, token: instance.token })}\n`,
      );
    log('info', `page: ${url}`);
    // to the terminal alone: the log file never holds the token
    if (!flags.json) process.stderr.write(`           with its controls: ${url}#token=${instance.token}\n`);
    let callOff = (): void => undefined;
    const timeUp = new Promise<string>((resolve) => {
      if (flags.duration !== undefined)
        callOff = clock.at(us(clock.now() + flags.duration * 1000), () => resolve('duration'));
    });
    const how = await Promise.race([interrupted, timeUp]);
    callOff();
    log('info', how === 'duration' ? 'time is up, stopping' : `${how}, stopping`);
    await instance.stop(how);
    log(
      'info',
      settings.mode === 'paper'
        ? 'stopped; the next start goes on from here. Nobody watches a paper position meanwhile'
        : 'stopped; open positions keep their stops at the venue, the next start goes on from here',
    );
    process.exitCode = how === 'SIGINT' ? 130 : 0;
  } finally {
    killSwitch.stop();
    await file.close();
  }
}

function overridesOf(flags: StartFlags): Overrides {
  return {
    ...(flags.symbols && { symbols: flags.symbols }),
    ...(flags.venue && { venue: flags.venue }),
    ...(flags.mode && { mode: flags.mode }),
    ...(flags.dataDir && { data_dir: flags.dataDir }),
    ...(flags.port !== undefined && { dashboard: { port: flags.port } }),
    ...(flags.seed !== undefined && { exchange: { seed: flags.seed } }),
  };
}

/** Paper needs nothing; demo and live need keys; live needs a person who means it. `settings` as they were asked for. */
async function refuseUnsafe(settings: Settings, hasKeys: boolean): Promise<void> {
  if (settings.mode === 'live' && settings.venue === 'embedded')
    throw new ConfigError([
      'mode "live" trades real money and needs venue "okx"; on the embedded exchange use "demo" or "paper"',
    ]);
  if (settings.mode !== 'paper' && settings.venue === 'okx' && !hasKeys)
    throw new SafetyError(
      `mode "${settings.mode}" needs keys: set OKX_API_KEY, OKX_SECRET_KEY and OKX_PASSPHRASE, or okx.secrets_file`,
    );
  if (settings.mode !== 'live') return;
  if (settings.signal.model === 'auto' && settings.execution.lead === 'signal')
    throw new SafetyError(
      'no model was fitted on OKX: on its market "signal.model: auto" goes by weights stated by hand, whose confidence is no probability and cannot be held against the costs of a trade. For real money name a model of your own (hunter learn train), or say "signal.model: priors" if you mean them',
    );
  if (!process.stdin.isTTY)
    throw new SafetyError('live trading asks for a typed confirmation: start it from a terminal');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(
    `This trades real money on ${settings.symbols.join(', ')}. Type "${CONFIRMATION}" to go on: `,
  );
  prompt.close();
  if (answer.trim() !== CONFIRMATION) throw new SafetyError('not confirmed: nothing was started');
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number');
  return value;
}

function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('expected a time such as 90s, 10m or 2h');
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  return Number(match[1]) * unit;
}
