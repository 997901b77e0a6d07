/** `hunter start` as a person meets it: real processes, real sockets, the exchange on this machine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { Instrument, parseMoney } from '../core/instrument.ts';
import type { View } from '../dashboard/view.ts';
import { EAGER, Hunter, type Ready, viewWhere } from '../run/testing/hunter.ts';
import { Journal } from '../store/journal.ts';

const PATIENCE_MS = 60_000;

const BTC = new Instrument({
  instId: 'BTC-USDT-SWAP',
  instType: 'SWAP',
  ctType: 'linear',
  tickSz: '0.1',
  lotSz: '0.01',
  minSz: '0.01',
  ctVal: '0.01',
  ctMult: '1',
  settleCcy: 'USDT',
});

const sumOf = ({ account }: View): bigint =>
  parseMoney(account.startBalance) +
  parseMoney(account.realizedPnl) +
  parseMoney(account.fees) +
  parseMoney(account.funding) +
  parseMoney(account.liquidations);

async function control(ready: Ready, action: string): Promise<void> {
  const answer = await fetch(new URL('/api/control', ready.dashboard), {
    method: 'POST',
    headers: { authorization: `Bearer ${ready.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ action }),
  });
  assert.ok(answer.ok, `control ${action}: HTTP ${answer.status}`);
}

/** Closes by hand whatever is open, until so many more trades have ended: faster than waiting for stops. */
async function tradeOn(ready: Ready, more: number): Promise<View> {
  const wanted = (await viewWhere(ready, () => true, PATIENCE_MS)).trades.length + more;
  for (;;) {
    const view = await viewWhere(
      ready,
      ({ trades, markets }) => trades.length >= wanted || markets[0]!.position !== null,
      PATIENCE_MS,
    );
    if (view.trades.length >= wanted) return view;
    await control(ready, 'close');
    await viewWhere(
      ready,
      ({ markets }) =>
        markets[0]!.position === null ||
        markets[0]!.position.openedAt !== view.markets[0]!.position!.openedAt,
      PATIENCE_MS,
    );
  }
}

/** What must be true of a journal whatever happened to the processes that wrote it. */
function checkJournal(hunter: Hunter, mode: string): { fills: number; trades: number } {
  const journal = Journal.open(join(hunter.folder, `${mode}-embedded`, 'journal.sqlite'), [BTC]);
  try {
    const fills = journal.fills(0);
    const ids = fills.map(({ tradeId }) => tradeId);
    assert.equal(new Set(ids).size, ids.length, 'a fill was counted twice');
    let position = 0;
    for (const fill of fills) {
      position += fill.side === 'buy' ? fill.size : -fill.size;
      assert.equal(fill.positionAfter, position, 'a fill is missing');
    }
    const sums = journal.accountSums();
    assert.equal(sums.balance, sums.startBalance + sums.realized + sums.fees + sums.funding + sums.settled);
    return { fills: fills.length, trades: journal.trades(10_000).length };
  } finally {
    journal.close();
  }
}

for (const mode of ['paper', 'demo'] as const)
  describe(`hunter start --mode ${mode} on the embedded exchange`, { timeout: 240_000 }, () => {
    const hunter = new Hunter();
    after(() => hunter.dispose());

    test('trades, stops on Ctrl-C within three seconds, and goes on where it was', async () => {
      const first = await hunter.start('--mode', mode);
      assert.equal(first.mode, mode);
      const traded = await tradeOn(first, 1);
      assert.equal(parseMoney(traded.account.balance), sumOf(traded));
      const market = traded.markets[0]!;
      assert.ok(market.bid !== null && market.ask !== null && market.bid < market.ask);
      assert.ok(
        market.signal !== null && market.signal.reasons.length > 0 && market.signal.detectors.length > 2,
      );

      const { code, tookMs } = await hunter.end('SIGINT');
      assert.equal(code, 130);
      assert.ok(tookMs < 3_000, `took ${tookMs} ms to stop`);

      const second = await hunter.start('--mode', mode);
      assert.match(hunter.stderr, /going on where the last run stopped/);
      const again = await viewWhere(second, (view) => view.engine.state !== 'recovering', PATIENCE_MS);
      assert.equal(parseMoney(again.account.balance), sumOf(again));
      assert.ok(again.trades.length >= traded.trades.length, 'trades were forgotten');
      assert.equal(again.account.startBalance, traded.account.startBalance);
      await hunter.end('SIGINT');
      checkJournal(hunter, mode);
    });

    test('kill -9 around entries and exits: nothing doubled, nothing forgotten', async () => {
      const started = checkJournal(hunter, mode).fills;
      let fills = started;
      // an exit is asked for and the process dies so many milliseconds later: before, while and after it fills
      for (const delay of [0, 12, 28, 45, 70, 400]) {
        const ready = await hunter.start('--mode', mode);
        await viewWhere(ready, (view) => view.markets[0]!.position !== null, PATIENCE_MS);
        const asked = control(ready, 'close').catch((error: unknown) => {
          // the answer may die with the process
          assert.match(String(error), /fetch failed|terminated|socket/);
        });
        await new Promise((resolve) => setTimeout(resolve, delay));
        await hunter.end('SIGKILL');
        await asked;
        const now = checkJournal(hunter, mode).fills;
        assert.ok(now >= fills, 'fills were forgotten');
        fills = now;
      }
      const last = await hunter.start('--mode', mode);
      assert.match(hunter.stderr, /ended without saying goodbye: recovering/);
      const view = await viewWhere(
        last,
        ({ trades, engine }) => engine.state !== 'recovering' && trades.length > 0,
        PATIENCE_MS,
      );
      assert.equal(parseMoney(view.account.balance), sumOf(view));
      assert.doesNotMatch(
        hunter.stderr,
        /came by deposit, transfer or rounding/,
        'venue and journal disagree about the balance',
      );
      await hunter.end('SIGTERM');
      const end = checkJournal(hunter, mode);
      assert.ok(end.fills > started, 'no trade happened between the kills: the test proved nothing');
    });
  });

describe('the kill switch', { timeout: 120_000 }, () => {
  test('flattens, and stays on over a crash until a person re-arms', async () => {
    const hunter = new Hunter();
    const halted = (view: View): boolean =>
      view.engine.state === 'halted' && view.markets[0]!.position === null;
    try {
      const first = await hunter.start();
      await viewWhere(first, (view) => view.markets[0]!.position !== null, PATIENCE_MS);
      await control(first, 'kill');
      await viewWhere(first, halted, PATIENCE_MS);
      await hunter.end('SIGKILL');

      const second = await hunter.start();
      await viewWhere(second, (view) => view.markets[0]!.live, PATIENCE_MS);
      assert.match(hunter.stderr, /the kill switch is on/);
      const still = await viewWhere(second, halted, PATIENCE_MS);
      await control(second, 'arm');
      await viewWhere(
        second,
        (view) => view.markets[0]!.position !== null || view.trades.length > still.trades.length,
        PATIENCE_MS,
      );
    } finally {
      await hunter.dispose();
    }
  });
});

describe('a feed that falls silent or behind', {
  timeout: 120_000,
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, () => {
  const quoted = (view: View): boolean => {
    const market = view.markets[0]!;
    return market.live && market.bid !== null && market.ask !== null;
  };
  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));

  for (const who of ['exchange', 'hunter'] as const)
    test(`${who} stopped for a while: not live meanwhile, then quotes, entries and exits again`, async () => {
      const hunter = new Hunter(`${EAGER}\nokx: { book_stale_ms: 1000 }`);
      try {
        const ready = await hunter.start();
        await viewWhere(ready, quoted, PATIENCE_MS);
        hunter.signal('SIGSTOP', who);
        await pause(4_000);
        if (who === 'exchange')
          await viewWhere(
            ready,
            (view) => !view.markets[0]!.live && view.markets[0]!.bid === null,
            PATIENCE_MS,
          );
        hunter.signal('SIGCONT', who);
        // woken, it may answer a question or two before it has looked at what piled up
        await hunter.said(
          who === 'exchange'
            ? /market data not live: no book message/
            : /market data not live: .*(behind|no book message|disconnected)/,
        );
        await viewWhere(ready, quoted, PATIENCE_MS);
        const later = await tradeOn(ready, 2);
        assert.equal(parseMoney(later.account.balance), sumOf(later));
      } finally {
        hunter.signal('SIGCONT', who);
        await hunter.dispose();
      }
    });
});

/** A Node older than the project needs, somewhere on the PATH; null where there is none. */
function oldNode(): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'node');
    if (folder.includes('node_modules') || !existsSync(candidate)) continue;
    const { stdout } = spawnSync(candidate, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    if (Number(stdout.split('.')[0]) < 24) return candidate;
  }
  return null;
}

const old = oldNode();
test('under an older Node it finds its own, and passes a signal on to it', {
  skip: old === null ? 'no Node older than 24 here' : false,
}, async () => {
  const hunter = new Hunter('', old!);
  try {
    await hunter.start();
    const { code, tookMs } = await hunter.end('SIGTERM');
    assert.equal(code, 0);
    assert.ok(tookMs < 3_000, `took ${tookMs} ms to stop`);
  } finally {
    await hunter.dispose();
  }
});

describe('hunter start, refusing', { timeout: 120_000 }, () => {
  test('a second instance on the same account, naming the first', async () => {
    const hunter = new Hunter();
    const second = new Hunter();
    try {
      await hunter.start();
      const { code, stderr } = await second.run('start', '--port', '0', '--data-dir', hunter.folder);
      assert.equal(code, 3);
      assert.match(stderr, /is held by process \d+, running since .*, page http:\/\/127\.0\.0\.1:\d+/);
    } finally {
      await second.dispose();
      await hunter.dispose();
    }
  });

  const refusals: readonly [string, string, readonly string[], number, RegExp][] = [
    [
      'an unknown setting, with the nearest known one',
      'signal: { confidence_treshold: 0.5 }',
      [],
      2,
      /settings\.yaml:1: unknown key "confidence_treshold" in "signal" — did you mean "confidence_threshold"\?/,
    ],
    ['an unknown flag', '', ['--simbols', 'BTC-USDT-SWAP'], 2, /unknown option '--simbols'/],
    ['live on the embedded exchange', '', ['--mode', 'live'], 2, /real money and needs venue "okx"/],
    ['demo on OKX without keys', '', ['--mode', 'demo', '--venue', 'okx'], 3, /needs keys: set OKX_API_KEY/],
    [
      'an instrument that there is not',
      '',
      ['--symbols', 'BTC-USDT-SWOP'],
      2,
      /BTC-USDT-SWOP: OKX knows no such instrument/,
    ],
    [
      'symbols that settle in different currencies',
      '',
      ['--symbols', 'BTC-USDT-SWAP,BTC-USD-SWAP'],
      3,
      /settle in USDT and BTC/,
    ],
  ];
  for (const [what, settings, flags, code, message] of refusals)
    test(what, async () => {
      const hunter = new Hunter(settings);
      try {
        const ended = await hunter.run('start', '--port', '0', ...flags);
        assert.match(ended.stderr, message);
        assert.equal(ended.code, code);
      } finally {
        await hunter.dispose();
      }
    });

  for (const [what, settings, message] of [
    ['live on weights that nobody fitted, unless they are meant', '', /signal\.model: priors/],
    [
      'live without a person at a terminal, whatever the keys',
      'signal: { model: priors }',
      /typed confirmation/,
    ],
  ] as const)
    test(what, async () => {
      const hunter = new Hunter(settings);
      process.env.OKX_API_KEY = 'k';
      process.env.OKX_SECRET_KEY = 's';
      process.env.OKX_PASSPHRASE = 'p';
      try {
        const { code, stderr } = await hunter.run('start', '--mode', 'live', '--venue', 'okx');
        assert.match(stderr, message);
        assert.equal(code, 3);
      } finally {
        delete process.env.OKX_API_KEY;
        delete process.env.OKX_SECRET_KEY;
        delete process.env.OKX_PASSPHRASE;
        await hunter.dispose();
      }
    });

  test('OKX out of reach is said in one line, tried again, and left on Ctrl-C', async () => {
    // port 9 (discard) of this machine: refused at once, like a network that is not there
    const hunter = new Hunter('okx: { rest: "http://127.0.0.1:9", ws: "ws://127.0.0.1:9/ws/v5" }');
    try {
      await hunter.startUntil(/cannot be reached .* trying again in 2 s/, '--venue', 'okx', '--port', '0');
      const { code, tookMs } = await hunter.end('SIGINT');
      assert.equal(code, 130);
      assert.ok(tookMs < 3_000, `took ${tookMs} ms to stop`);
      assert.doesNotMatch(hunter.stderr, /page: http/, 'a page without a market must not be offered as live');
    } finally {
      await hunter.dispose();
    }
  });
});

test('a journal that somebody else locks: trading holds, lives, and goes on', {
  timeout: 120_000,
}, async () => {
  const hunter = new Hunter();
  try {
    const ready = await hunter.start();
    await viewWhere(ready, (view) => view.markets[0]!.position !== null, PATIENCE_MS);
    // waits its turn: the instance may be writing just now
    const other = new DatabaseSync(join(hunter.folder, 'paper-embedded', 'journal.sqlite'), {
      timeout: 5_000,
    });
    other.exec('BEGIN IMMEDIATE');
    // an exit while nothing can be written: it goes out all the same
    await control(ready, 'close');
    await viewWhere(
      ready,
      (view) => view.markets[0]!.position === null && view.trades.length > 0,
      PATIENCE_MS,
    );
    assert.match(hunter.stderr, /the journal cannot write: .*locked/);
    other.exec('ROLLBACK');
    other.close();
    const after = await tradeOn(ready, 1);
    assert.match(hunter.stderr, /the journal is up to date again/);
    assert.equal(parseMoney(after.account.balance), sumOf(after));
    await hunter.end('SIGINT');
    checkJournal(hunter, 'paper');
  } finally {
    await hunter.dispose();
  }
});
