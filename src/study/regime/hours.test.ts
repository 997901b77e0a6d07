import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SIMULATED_FROM } from '../simulate.ts';
import { recordHour } from './hours.ts';

const folder = mkdtempSync(join(tmpdir(), 'hours-'));
after(() => rmSync(folder, { recursive: true }));
const hour = new Date(SIMULATED_FROM).toISOString().slice(11, 13);
const keep = (symbols: string, market: object): void =>
  writeFileSync(join(folder, `quiet-1-${hour}-${symbols}.json`), JSON.stringify([market]));
const market = (instrument: string) => ({
  ...{ instrument, seed: 1, scenario: 'quiet', labels: [] },
  ...{ rows: [1, 2, 3, 4, 5, 6, 7], candles: [0, 5, 60_000], truth: [-1] },
});

test('what is kept of one symbol is not taken for another', () => {
  keep('BTC-USDT-SWAP', market('BTC-USDT-SWAP'));
  keep('ETH-USDT-SWAP', market('ETH-USDT-SWAP'));
  for (const symbol of ['ETH-USDT-SWAP', 'BTC-USDT-SWAP']) {
    const [kept] = recordHour('quiet', 1, [symbol], folder);
    assert.equal(kept!.instrument, symbol);
    assert.deepEqual([...kept!.candles], [0, 5, 60_000]);
  }
});

test('an hour kept without candles is refused with the mend', () => {
  const { candles: _, ...old } = market('BTC-USD-SWAP');
  keep('BTC-USD-SWAP', old);
  assert.throws(() => recordHour('quiet', 1, ['BTC-USD-SWAP'], folder), /quiet-1-.*\.json: .*remove it/);
});
