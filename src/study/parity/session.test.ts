import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ConfigError, defaultSettings, settingsHash } from '../../config/load.ts';
import { AccountEvent, EventKind, FillEvent, type MarketEvent } from '../../core/events.ts';
import { lots, money, ms, ticks, us } from '../../core/units.ts';
import { SessionRecorder } from '../../run/session/recorder.ts';
import { readTape } from '../../tape/reader.ts';
import { readSession, type SessionRun, tellInOrder } from './session.ts';
import { GOLDEN_TAPE } from './testing/made-session.ts';

const root = mkdtempSync(join(tmpdir(), 'session-'));
after(() => rmSync(root, { recursive: true }));

const script = fileURLToPath(new URL('testing/record-tape.ts', import.meta.url));

/** A market event in words, numbers copied. */
function words(event: MarketEvent): string {
  if (event.kind !== EventKind.book) return JSON.stringify(event);
  const { count, side, price, size, orders, ...rest } = event.frame;
  const levels = Array.from({ length: count }, (_, i) => [side[i], price[i], size[i], orders[i]]);
  return JSON.stringify({ at: event.at, instrument: event.instrument, ...rest, levels });
}

function told(run: Pick<SessionRun, 'forEach'>): string[] {
  const events: string[] = [];
  run.forEach((event) => {
    events.push(words(event));
  });
  return events;
}

const golden = (): string[] => {
  const events: string[] = [];
  readTape(GOLDEN_TAPE).forEach((event) => {
    events.push(words(event));
  });
  return events;
};

test('what is recorded is read back: every event, command and setting, in their order', () => {
  const folder = join(root, 'whole');
  const tape = readTape(GOLDEN_TAPE);
  const settings = defaultSettings();
  const head = {
    mode: 'demo',
    venue: 'embedded',
    instruments: tape.instruments,
    idPrefix: 'abc',
    startedAt: us(1_795_363_295_580_123),
    journal: { path: '/somewhere', session: 3 },
  };
  const recorder = SessionRecorder.begin(folder, head, settings, settingsHash(settings), () => assert.fail());
  const account = new AccountEvent(us(5), money(-12n), [], [], 7, null);
  const fill = new FillEvent(
    us(6),
    0,
    'c1',
    'v"1\n',
    't',
    ms(1),
    'sell',
    ticks(3),
    lots(4),
    money(-(10n ** 30n)),
    true,
    'close',
    '12n',
  );
  const order: string[] = [];
  recorder.event(account);
  order.push('account');
  let number = 0;
  tape.forEach((event) => {
    recorder.event(event);
    order.push(`market ${number++}`);
    if (number !== 1500) return;
    recorder.event(fill);
    order.push('fill');
    recorder.command({ kind: 'timer', fireAt: us(1) }, us(8), null);
    recorder.command(
      { kind: 'cancel', instrument: 0, clientOrderId: 'c1', target: 'order' } as never,
      us(8),
      us(9),
    );
    order.push('cancel');
  });
  recorder.close('SIGINT', us(10));

  const [run, ...others] = readSession(folder);
  assert.equal(others.length, 0);
  assert.deepEqual(told(run!), golden());
  assert.deepEqual(run!.settings, settings);
  assert.equal(settingsHash(run!.settings), run!.head.configHash);
  assert.deepEqual({ ...run!.head, ...head }, run!.head);
  assert.equal(run!.ended, 'SIGINT');
  assert.equal(run!.lost, '');
  assert.equal(run!.instruments[0]!.id, 'BTC-USDT-SWAP');
  const [first, second, third] = run!.entries;
  assert.deepEqual(first, { what: 'event', after: 0, event: { ...account } });
  assert.deepEqual(second, { what: 'event', after: 1500, event: { ...fill } });
  assert.deepEqual(third, {
    what: 'command',
    after: 1500,
    decidedAt: 8,
    sentAt: 9,
    command: { kind: 'cancel', instrument: 0, clientOrderId: 'c1', target: 'order' },
  });
  const heard: string[] = [];
  let counted = 0;
  tellInOrder(run!, {
    market: () => heard.push(`market ${counted++}`),
    entry: (entry) => {
      if (entry.what === 'command') heard.push('cancel');
      else if (entry.what === 'event') heard.push(entry.event.kind === EventKind.fill ? 'fill' : 'account');
    },
  });
  assert.deepEqual(heard, order);
});

test('a process that is killed leaves a session up to its last whole batch, and that is said', () => {
  const folder = join(root, 'killed');
  const { signal } = spawnSync(process.execPath, [script, folder, 'kill'], { timeout: 30_000 });
  assert.equal(signal, 'SIGKILL');
  const [run] = readSession(folder);
  const events = told(run!);
  const all = golden();
  assert.ok(events.length >= 1500 && events.length < 2000, `${events.length} of 2000`);
  assert.deepEqual(events, all.slice(0, events.length));
  const at = (text: string): number => (JSON.parse(text) as { at: number }).at;
  assert.ok(at(all[2000]!) - at(all[events.length]!) <= 5_100_000, 'not more than five seconds are lost');
  assert.equal(run!.ended, null);
  assert.match(run!.lost, new RegExp(`never completed: ${events.length} market events`));
  assert.ok(run!.entries.every(({ after: place }) => place <= events.length));
  assert.match(run!.lost, /entries of the log came later/);
});

test('a disk that takes no more ends the recording, and nothing else', () => {
  const folder = join(root, 'full');
  const { stdout, status } = spawnSync(
    'bash',
    ['-c', `ulimit -f 300; exec "${process.execPath}" "${script}" "${folder}"`],
    { encoding: 'utf8', timeout: 30_000 },
  );
  assert.equal(status, 0, stdout);
  const lines = stdout.trim().split('\n');
  assert.equal(lines.length, 2, stdout);
  assert.match(lines[0]!, /^error: recording stopped after \d+ market events: EFBIG.*trading goes on/);
  assert.equal(lines[1], `told ${golden().length}`);
  const [run] = readSession(folder);
  const events = told(run!);
  assert.ok(events.length > 0);
  assert.deepEqual(events, golden().slice(0, events.length));
  assert.match(run!.lost, /never completed/);
});

test('a log whose last line is cut is read without it', () => {
  const folder = join(root, 'cut');
  assert.equal(spawnSync(process.execPath, [script, folder], { timeout: 30_000 }).status, 0);
  const [whole] = readSession(folder);
  const log = join(whole!.folder, 'engine.jsonl');
  const text = readFileSync(log, 'utf8');
  writeFileSync(log, text.slice(0, -10));
  const [run] = readSession(folder);
  assert.equal(run!.entries.length, whole!.entries.length);
  assert.equal(run!.ended, null);
  assert.equal(run!.lost, 'the last line of the log is cut off');
  writeFileSync(log, text.replace('{"what"', '{"what'));
  assert.throws(() => readSession(folder), /engine\.jsonl:1: is not an entry of a session/);
});

test('what is not a session says what to do', () => {
  const empty = join(root, 'empty');
  mkdirSync(empty);
  const refused = (path: string, says: RegExp): void =>
    assert.throws(
      () => readSession(path),
      (error: Error) => error instanceof ConfigError && says.test(error.message),
    );
  refused(empty, /holds no recorded session; make one with `hunter start --record /);
  const mend = 'name the folder that `hunter start --record` wrote';
  refused(join(root, 'nowhere'), new RegExp(`nowhere: does not exist; ${mend}`));
  const file = join(root, 'a-file');
  writeFileSync(file, '');
  refused(file, new RegExp(`a-file: is a file; ${mend}`));
  mkdirSync(join(empty, 'run'));
  writeFileSync(join(empty, 'run', 'session.json'), '{"format":"okx-stream-hunter/session","version":9}');
  refused(empty, /version 9; this program reads .* version 1/);
});

test('a folder that cannot be written to is refused before anything runs', () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  assert.throws(
    () =>
      SessionRecorder.begin(
        file,
        {
          mode: '',
          venue: '',
          instruments: [],
          idPrefix: '',
          startedAt: us(0),
          journal: { path: '', session: 1 },
        },
        defaultSettings(),
        '',
        () => undefined,
      ),
    (error: Error) => error instanceof ConfigError && /--record .*name another folder/.test(error.message),
  );
});
