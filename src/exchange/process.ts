import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadPlan } from './faults/plan.ts';
import { loadScenario } from './scenarios/load.ts';
import { startExchange } from './server.ts';

/**
 * The exchange as a process of its own. Says on standard output, in one line of JSON, when it is ready; ends on SIGINT,
 * SIGTERM, and when its parent is gone (standard input or the IPC channel closes), so that none is left behind.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    seed: { type: 'string', default: '7' },
    speed: { type: 'string', default: '1' },
    state: { type: 'string' },
    scenario: { type: 'string' },
    faults: { type: 'string' },
  },
});

function numeric(name: 'port' | 'seed' | 'speed'): number {
  const value = Number(values[name]);
  if (!Number.isFinite(value) || value < 0) {
    process.stderr.write(`--${name} ${values[name]}: a number that is not negative is needed\n`);
    process.exit(2);
  }
  return value;
}

function read<T>(name: 'faults' | 'scenario', load: (text: string) => T): Record<string, T> {
  const text = values[name];
  if (text === undefined) return {};
  try {
    return { [name]: load(text) };
  } catch (error) {
    process.stderr.write(`--${name} ${(error as Error).message}\n`);
    process.exit(2);
  }
}

const handle = await startExchange({
  port: numeric('port'),
  seed: numeric('seed'),
  speed: numeric('speed'),
  ...(values.state === undefined ? {} : { stateFile: values.state }),
  ...read('scenario', loadScenario),
  ...read('faults', loadPlan),
});

let ending = false;
function end(): void {
  if (ending) return;
  ending = true;
  handle.close().then(
    () => process.exit(0),
    (error: Error) => {
      process.stderr.write(`the exchange's last state could not be written (${error.message})\n`);
      process.exit(1);
    },
  );
}

process.once('SIGINT', end);
process.once('SIGTERM', end);
process.once('disconnect', end);
// without an IPC channel the parent's end is seen on standard input, where that is a pipe from it
const input = fstatSync(0);
if (process.channel === undefined && (input.isFIFO() || input.isSocket())) {
  process.stdin.on('end', end);
  process.stdin.on('close', end);
  process.stdin.on('error', end);
  process.stdin.resume();
}

const { rest, ws, wsAll, apiKey, secret, passphrase } = handle;
process.stdout.write(`${JSON.stringify({ ready: true, rest, ws, wsAll, apiKey, secret, passphrase })}\n`);
