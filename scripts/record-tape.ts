/**
 * Records the embedded exchange's market to a tape: `npx node scripts/record-tape.ts SECONDS OUT [SEED]`. How the golden tape
 * was made.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../src/run/clock.ts';
import { EmbeddedExchange } from '../src/run/embedded.ts';
import { TapeWriter } from '../src/tape/writer.ts';
import { createOkxFeed } from '../src/venue/okx/feed.ts';
import { fetchInstruments } from '../src/venue/okx/instruments.ts';
import { OkxRest } from '../src/venue/okx/rest.ts';

const [seconds, out, seed = '7'] = process.argv.slice(2);
if (seconds === undefined || out === undefined) {
  console.error('usage: npx node scripts/record-tape.ts SECONDS OUT [SEED]');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'record-tape-'));
const log = (_level: string, message: string): void => console.error(message);
const exchange = await EmbeddedExchange.start({
  seed: Number(seed),
  speed: 1,
  stateFile: join(folder, 'exchange.json'),
  log,
});
const options = {
  rest: exchange.ready.rest,
  ws: exchange.ready.ws,
  demo: false,
  clock: new RealClock(),
  random: Math.random,
  log,
};
const rest = new OkxRest(options);
const instruments = await fetchInstruments(rest, ['BTC-USDT-SWAP']);
const tape = TapeWriter.create(
  out,
  instruments.map(({ spec }) => spec),
  { source: `embedded exchange, seed ${seed}, ${seconds} s` },
);
const feed = createOkxFeed({ ...options, instruments, restClient: rest });
for (const candle of await feed.candles(0, '1m', 100)) tape.write(candle);
await feed.start((event) => tape.write(event));
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
await feed.stop();
tape.close();
await exchange.stop();
rmSync(folder, { recursive: true });
console.log(`${out}: ${tape.events} events`);
