import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { us } from '../core/units.ts';
import { type RawDirection, RawWriter, type RejectedLine, readRaw } from './raw.ts';

const folder = mkdtempSync(join(tmpdir(), 'raw-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (ending: string): string => join(folder, `${files++}${ending}`);

interface Read {
  line: number;
  at: number | null;
  direction: RawDirection;
  connection: string;
  text: string;
}

async function readAll(path: string): Promise<{ messages: Read[]; rejected: RejectedLine[] }> {
  const messages: Read[] = [];
  const rejected: RejectedLine[] = [];
  await readRaw(
    path,
    ({ bytes, ...rest }) => messages.push({ ...rest, text: Buffer.from(bytes).toString() }),
    (line) => rejected.push(line),
  );
  return { messages, rejected };
}

describe('a raw capture', () => {
  it('gives back what was written, byte for byte, plain and compressed', async () => {
    const json = fc.json({ maxDepth: 2 }).map((text) => `{"arg":{"channel":"x"},"data":${text}}`);
    const message = fc.record({
      direction: fc.constantFrom('in' as const, 'out' as const),
      connection: fc.string(),
      at: fc.integer({ min: 1, max: 4_000_000_000_000_000 }).map(us),
      text: fc.oneof(json, fc.constantFrom('ping', 'pong', '[1,2]', '{"a":"ü\\n€"}')),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(message),
        fc.constantFrom('.jsonl', '.jsonl.gz'),
        async (messages, ending) => {
          const path = fresh(ending);
          const writer = RawWriter.create(path);
          writer.connect('c', us(1), 'wss://somewhere/ws');
          for (const { direction, connection, at, text } of messages)
            writer.write(direction, connection, at, text);
          await writer.close();
          const read = await readAll(path);
          assert.deepEqual(read.rejected, []);
          assert.equal(read.messages.shift()?.text, 'wss://somewhere/ws');
          assert.deepEqual(
            read.messages,
            messages.map((each, index) => ({ ...each, line: index + 2 })),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('may be bare messages, without times', async () => {
    const path = fresh('.jsonl');
    writeFileSync(
      path,
      '{"event":"subscribe"}\r\n\n{"arg":{},"data":[]}\n{"op":"subscribe","args":[]}\npong',
    );
    const { messages, rejected } = await readAll(path);
    assert.deepEqual(rejected, []);
    assert.deepEqual(
      messages.map(({ line, at, direction }) => [line, at, direction]),
      [
        [1, null, 'in'],
        [3, null, 'in'],
        [4, null, 'out'],
        [5, null, 'in'],
      ],
    );
  });

  it('may be written by others: keys in another order, spaces between', async () => {
    const path = fresh('.jsonl');
    writeFileSync(path, '{ "dir": "in", "data": {"a": 1}, "t": 5.25, "conn": "x" }\n');
    const { messages } = await readAll(path);
    assert.deepEqual(messages, [
      { line: 1, at: 5_250_000, direction: 'in', connection: 'x', text: '{"a":1}' },
    ]);
  });

  it('may be several compressed parts one after the other', async () => {
    const path = fresh('.gz');
    writeFileSync(path, Buffer.concat([gzipSync('{"event":"a"}\n'), gzipSync('{"event":"b"}\n')]));
    assert.equal((await readAll(path)).messages.length, 2);
  });

  it('that cannot be written says so when it is closed', async () => {
    const writer = RawWriter.create(join(folder, 'none', 'x.jsonl'));
    writer.write('in', 'c', us(1), '{}');
    await assert.rejects(writer.close(), { name: 'TapeError', message: /x\.jsonl: cannot be written/ });
  });

  it('stops where its reader does: an error of the taker is passed on', async () => {
    const path = fresh('.gz');
    writeFileSync(path, gzipSync('{"event":"a"}\n'));
    const stop = () => {
      throw new Error('enough');
    };
    await assert.rejects(
      readRaw(path, stop, () => assert.fail('nothing is rejected')),
      /enough/,
    );
  });
});
