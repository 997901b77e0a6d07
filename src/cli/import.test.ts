import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'import-'));
after(() => rmSync(folder, { recursive: true }));

const binary = fileURLToPath(new URL('../../bin/hunter.js', import.meta.url));

function hunter(...args: string[]) {
  const run = spawnSync(process.execPath, [binary, ...args], { encoding: 'utf8' });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

const book = (action: string, prevSeqId: number, seqId: number, ask: string): string =>
  `{"arg":{"channel":"books","instId":"AAA-USDT-SWAP"},"action":"${action}","data":[{"asks":[${ask}],"bids":[["9.9","1","0","1"]],"ts":"170000000${seqId}000","checksum":0,"prevSeqId":${prevSeqId},"seqId":${seqId}}]}`;
const capture = join(folder, 'capture.jsonl');
writeFileSync(
  capture,
  [
    book('snapshot', -1, 1, '["10","2.5","0","1"]'),
    'broken',
    book('update', 1, 2, '["10.1","1","0","1"]'),
    '',
  ].join('\n'),
);
const tape = join(folder, 'capture.arrow');

describe('hunter import and inspect', () => {
  it('make a tape and say what is in it, as JSON on stdout and nothing else', () => {
    const made = hunter('import', 'okx-ws', capture, '--out', tape, '--json');
    assert.equal(made.code, 0, made.err);
    const report = JSON.parse(made.out);
    assert.equal(report.events, 3); // two books and the word that the feed is live
    assert.deepEqual(
      report.rejected.map(({ line }: { line: number }) => line),
      [2],
    );
    const seen = hunter('inspect', tape, '--json');
    assert.equal(seen.code, 0, seen.err);
    const inspected = JSON.parse(seen.out);
    assert.equal(inspected.sha256, report.tape.sha256);
    assert.equal(inspected.events, 3);
    assert.deepEqual(inspected.instruments[0].book, report.instruments[0].book);
    assert.equal(inspected.instruments[0].book.bestAsk, '10');
    assert.equal(seen.err, '');
  });

  it('speak in tables to a person', () => {
    const { code, out } = hunter('inspect', capture);
    assert.equal(code, 0);
    assert.match(out, /AAA-USDT-SWAP +1 +1 .* 1×2 +9\.9 +10 +ok/);
    assert.match(out, /rejected: capture\.jsonl:2: is not JSON/);
  });

  it('end with 2 for wrong usage and 1 for what cannot be done, saying what to do', () => {
    assert.equal(hunter('import', 'okx-ws', capture).code, 2);
    assert.equal(hunter('import', 'tickers', capture, '--out', tape).code, 2);
    assert.equal(hunter('inspect', tape, capture).code, 2);
    const none = hunter('inspect', join(folder, 'none.arrow'));
    assert.deepEqual([none.code, none.out], [2, '']);
    assert.match(none.err, /none\.arrow: there is no such file; check the name/);
    assert.match(
      hunter('import', 'okx-ws', tape, '--out', join(folder, 'again.arrow')).err,
      /is a tape, not a raw/,
    );
    const text = join(folder, 'notes.txt');
    writeFileSync(text, 'bought milk\n');
    assert.match(hunter('inspect', text).err, /neither a tape nor a capture/);
    const empty = join(folder, 'empty.jsonl');
    writeFileSync(empty, '{"event":"subscribe"}\n');
    const nothing = hunter('import', 'okx-ws', empty, '--out', join(folder, 'empty.arrow'));
    assert.equal(nothing.code, 1);
    assert.match(nothing.err, /has no market events/);
    assert.equal(existsSync(join(folder, 'empty.arrow')), false);
  });
});
