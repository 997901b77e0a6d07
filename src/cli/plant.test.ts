import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Hunter } from '../run/testing/hunter.ts';
import { writeSmallTape } from '../study/plant/testing/small-tape.ts';

const hunter = new Hunter();
const root = mkdtempSync(join(tmpdir(), 'plant-command-'));
after(() => {
  hunter.dispose();
  rmSync(root, { recursive: true });
});

const tape = join(root, 'small.tape');
writeSmallTape(tape, {
  ...{ seed: 1, seconds: 120, depth: 0, countsOrders: true, mergesPrints: true, checksums: false },
  ...{ snapshotEvery: 0, outage: false, clockMs: 0 },
});

test('the report says what was planted, how rare it is, and what the files are', async () => {
  const out = join(root, 'out');
  const { code, stdout } = await hunter.run(
    'plant',
    tape,
    '--out',
    out,
    '--seed',
    '3',
    '--rates',
    'spoof_wall=400',
    '--json',
  );
  assert.equal(code, 0);
  const report = JSON.parse(stdout) as {
    ratesPerHour: Record<string, number>;
    instruments: { cases: Record<string, { placed: number }>; decoys: number; baseRate: number }[];
    files: Record<string, string>;
  };
  assert.equal(report.ratesPerHour.spoof_wall, 400);
  assert.deepEqual(Object.keys(report.files), ['market.tape', 'labels.jsonl']);
  const [one] = report.instruments;
  const labels = readFileSync(join(out, 'labels.jsonl'), 'utf8').trim().split('\n');
  assert.equal(
    labels.length,
    Object.values(one!.cases).reduce((sum, { placed }) => sum + placed, 0),
  );
  assert.ok(one!.decoys > 0 && one!.baseRate > 0 && one!.baseRate < 1);
  const { stdout: text } = await hunter.run('plant', tape, '--out', join(root, 'text'));
  assert.match(text, /^SMALL-USDT-SWAP: 120 s, \d+ decoys; \d+ real rises that are large, base rate/m);
});

test('a wrong rate is named, nothing is written', async () => {
  const out = join(root, 'wrong');
  const { code, stderr } = await hunter.run('plant', tape, '--out', out, '--rates', 'spoof=3');
  assert.equal(code, 2);
  assert.match(stderr, /--rates spoof=3: KIND=NUMBER wanted, with a kind of spoof_wall/);
});

test('what is planted already, or simulated, is not planted over: its cases would be nobody’s', async () => {
  const once = join(root, 'once');
  assert.equal((await hunter.run('plant', tape, '--out', once)).code, 0);
  const twice = await hunter.run('plant', join(once, 'market.tape'), '--out', join(root, 'twice'));
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, /is planted over already .*plant over the recording itself/);
  const simulated = join(root, 'simulated');
  const made = await hunter.run('simulate', '--seed', '1', '--minutes', '0.1', '--out', simulated);
  assert.equal(made.code, 0);
  const over = await hunter.run('plant', join(simulated, 'market.tape'), '--out', join(root, 'over'));
  assert.equal(over.code, 2);
  assert.match(over.stderr, /is of the simulated market .*has manipulators of its own/);
  assert.ok(!existsSync(join(root, 'twice')) && !existsSync(join(root, 'over')));
});
