/** A session at the embedded exchange over real sockets, recorded, killed, gone on with, and explained. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseMoney } from '../core/instrument.ts';
import { EAGER, Hunter, viewWhere } from '../run/testing/hunter.ts';
import type { Parity } from '../study/parity/parity.ts';

const PATIENCE_MS = 30_000;
const settings = (entry: string): string =>
  `${EAGER.replace('cooldown_ms: 100', `cooldown_ms: 100, entry: ${entry}, entry_timeout_ms: 1000`)}\nexchange: { speed: 10 }\n`;

test('a demo session is explained to the last digit: market entries, a kill, then post-only ones', {
  timeout: 90_000,
}, async () => {
  const hunter = new Hunter(settings('market'));
  try {
    const session = join(hunter.folder, 'session');
    const first = await hunter.start('--mode', 'demo', '--record', session);
    // in a position when it dies: the next run begins in it, or finds what became of it
    await viewWhere(
      first,
      ({ trades, markets }) => trades.length >= 5 && markets[0]!.position !== null,
      PATIENCE_MS,
    );
    await hunter.end('SIGKILL');
    writeFileSync(hunter.config, settings('post_only'));
    const second = await hunter.start('--mode', 'demo', '--record', session);
    const before = (await viewWhere(second, () => true, PATIENCE_MS)).trades.length;
    await viewWhere(second, ({ trades }) => trades.length >= before + 2, PATIENCE_MS);
    assert.equal((await hunter.end('SIGINT')).code, 130);

    const { code, stdout, stderr } = await hunter.run('backtest', '--parity', session, '--json');
    const result = JSON.parse(stdout) as Parity;
    assert.deepEqual(
      result.runs.flatMap(({ unexplained }) => unexplained),
      [],
    );
    assert.equal(code, 0, stderr);
    assert.equal(result.explained, true);
    assert.equal(result.runs.length, 2);
    const [killed, ended] = result.runs;
    assert.match(killed!.lost, /the tape was never completed/);
    assert.equal(ended!.lost, '');
    assert.equal(ended!.ended, 'SIGINT');
    assert.ok(ended!.pairs.length + ended!.missedByPaper.length >= 2, 'trades on record');
    assert.ok(ended!.orders.all.some(({ maker }) => maker));
    assert.notEqual(ended!.latencies.sentToAck, null);
    for (const run of result.runs) {
      assert.equal(run.engine.difference, null);
      for (const { difference, causes, venue, paper } of run.pairs) {
        assert.equal(parseMoney(difference), parseMoney(venue.net) - parseMoney(paper.net));
        assert.equal(
          causes.reduce((sum, { amount }) => sum + parseMoney(amount), 0n),
          parseMoney(difference),
        );
      }
      assert.equal(
        Object.values(run.totals).reduce((sum, amount) => sum + parseMoney(amount), 0n),
        parseMoney(run.venueNet) - parseMoney(run.paperNet),
      );
    }
  } finally {
    await hunter.dispose();
  }
});

test('what --parity cannot do is said', async () => {
  const hunter = new Hunter();
  try {
    const refused = async (says: RegExp, ...args: string[]): Promise<void> => {
      const { code, stderr } = await hunter.run('backtest', ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, says);
    };
    await refused(/name a tape, or a session with --parity/);
    await refused(/leave out tapes/, 'some.tape', '--parity', hunter.folder);
    await refused(/only what the paper venue is like/, '--parity', hunter.folder, '--set', 'market.bar=5m');
    await refused(/holds no recorded session/, '--parity', hunter.folder);
  } finally {
    await hunter.dispose();
  }
});
