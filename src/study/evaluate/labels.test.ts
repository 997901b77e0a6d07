import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { BTC } from '../../core/testing/specs.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { SIMULATED_FROM } from '../simulate.ts';
import { simulateToFiles } from '../simulation-files.ts';
import { readLabels } from './labels.ts';
import { play, type Span, simulationSource, tapeSource } from './play.ts';

const root = mkdtempSync(join(tmpdir(), 'evaluate-'));
after(() => rmSync(root, { recursive: true }));

const brain = brainConfig(loadSettings(undefined).brain);

test('what is written and read again is what was told; a tape plays as the simulation itself did', async () => {
  const folder = join(root, 'out');
  const options = {
    seed: 21,
    scenario: loadScenario('manipulated'),
    symbols: ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'],
    feed: 'books',
    from: SIMULATED_FROM,
  } as const;
  await simulateToFiles(options, 2, folder);

  const seen = (): { frames: string[]; watch: Parameters<typeof play>[2] } => {
    const frames: string[] = [];
    return {
      frames,
      watch: (instrument) => [
        {
          frame: ({ signal }, book, at) => {
            frames.push(`${instrument.id} ${at} ${book.bestBid} ${book.bestAsk} ${signal.evidence}`);
          },
        },
      ],
    };
  };
  const told: Label[] = [];
  const inMemory = seen();
  const played = play(
    simulationSource(options, 2, (label) => told.push(label)),
    brain,
    inMemory.watch,
  );
  const tape = tapeSource(join(folder, 'market.tape'));
  const fromTape = seen();
  const replayed = play(tape, brain, fromTape.watch);
  assert.ok(inMemory.frames.length > 1000, `${inMemory.frames.length} frames`);
  assert.deepEqual(fromTape.frames, inMemory.frames);
  assert.deepEqual(replayed, played);
  assert.ok(played.spans.every((span: Span) => span.trades > 0 && span.changes > span.frames));

  const read = readLabels(join(folder, 'labels.jsonl'), tape.instruments);
  const rounded = told
    .map((label) => ({ ...label, prices: label.prices.filter(Number.isFinite).map(Math.round) }))
    .sort((a, b) => a.from - b.from);
  assert.ok(read.length > 20, `${read.length} labels`);
  assert.deepEqual(read, rounded);
  assert.equal(
    readLabels(join(folder, 'labels.jsonl'), [BTC]).length,
    read.filter(({ instrument }) => instrument === BTC.id).length,
  );

  const one = tapeSource(join(folder, 'market.tape'), ['ETH-USDT-SWAP']);
  const only = seen();
  play(one, brain, only.watch);
  assert.deepEqual(
    only.frames,
    inMemory.frames.filter((line) => line.startsWith('ETH')),
  );
});

test('labels that cannot be read: file, line and what is wrong there', () => {
  const path = join(root, 'labels.jsonl');
  const good = {
    ...{ kind: 'spoof_wall', instrument: BTC.id, from: 1, to: 2, side: 'buy', prices: ['5.1'], size: '3' },
    ...{ participant: 'x', parameters: {}, orders: [], trades: [] },
  };
  const refused = (line: unknown, words: RegExp): void => {
    writeFileSync(
      path,
      `${JSON.stringify(good)}\n\n${typeof line === 'string' ? line : JSON.stringify(line)}\n`,
    );
    assert.throws(
      () => readLabels(path, [BTC]),
      (error: Error) =>
        error.name === 'LabelError' && words.test(error.message) && error.message.includes(`${path}: line 3`),
    );
  };
  refused('{"kind":', /JSON/);
  refused([], /not an object/);
  refused({ ...good, kind: 'spoof' }, /kind "spoof" is not one of parent, flow/);
  refused({ ...good, prices: ['5.15'] }, /more than 1 decimals \(step 0\.1\)/);
  refused({ ...good, prices: [5.1] }, /prices: decimal texts wanted/);
  refused({ ...good, size: 3 }, /size: a text wanted/);
  refused({ ...good, to: 0.5 }, /to: 0\.5 is not a Unix time/);
  refused({ ...good, from: 3 }, /to 2 is before from 3/);
  refused({ ...good, side: 'bid' }, /side: "bid" is not one of buy, sell/);
  refused({ ...good, parameters: { traded: '1.005' } }, /more than 2 decimals/);
  refused({ ...good, orders: [{ id: 1, role: 'wall' }] }, /role: "wall" is not one of peak/);
  assert.throws(() => readLabels(join(root, 'absent'), [BTC]), /cannot be read/);
  writeFileSync(path, '');
  assert.deepEqual(readLabels(path, [BTC]), []);
  assert.equal(readFileSync(path, 'utf8'), '');
});
