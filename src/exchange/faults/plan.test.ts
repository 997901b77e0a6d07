import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { checkPlan, drawPlan, FaultPlanError, loadPlan } from './plan.ts';

test('a plan in YAML: times become milliseconds, everything else stays as it was written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  try {
    const path = join(folder, 'plan.yaml');
    writeFileSync(
      path,
      `
seed: 5
faults:
  - { fault: gap, at: 10s, channel: books, instId: BTC-USDT-SWAP }
  - { fault: error, every: 1.5m, for: 500ms, status: 502, stage: after, endpoint: POST trade/* }
  - { fault: clock-skew, at: 1m, for: 10s, by: -45s }
`,
    );
    assert.deepEqual(loadPlan(path), {
      seed: 5,
      faults: [
        { fault: 'gap', at: 10_000, channel: 'books', instId: 'BTC-USDT-SWAP' },
        { fault: 'error', every: 90_000, for: 500, status: 502, stage: 'after', endpoint: 'POST trade/*' },
        { fault: 'clock-skew', at: 60_000, for: 10_000, by: -45_000 },
      ],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what a plan cannot mean is refused, with the place and the mend', () => {
  const refused: [unknown, RegExp][] = [
    [{ faults: [{ fault: 'drop', sometimes: true }] }, /faults\.0.*sometimes/],
    [{ faults: [{ fault: 'explode' }] }, /faults\.0/],
    [{ faults: [{ fault: 'drop', at: '5 minutes' }] }, /faults\.0\.at: expected a time such as/],
    [{ faults: [{ fault: 'drop', at: '5s', every: '5s' }] }, /exclude each other/],
    [{ faults: [{ fault: 'crash' }] }, /"crash" needs "at" or "every"/],
    [{ faults: [{ fault: 'stall', at: '5s' }] }, /"stall" needs "for"/],
    [{ faults: [{ fault: 'delay', at: '5s' }] }, /faults\.0\.by/],
    [{ faults: [{ fault: 'delay', by: '999h' }] }, /faults\.0\.by: at most 24 days/],
    [{ faults: [{ fault: 'drop', at: '5s', nth: 3 }] }, /"nth" counts things/],
    [{ faults: [{ fault: 'drop', for: '5s' }] }, /"for" needs "at" or "every"/],
    [{ faults: [{ fault: 'disconnect', at: '5s', for: '5s' }] }, /faults\.0: .*"for"/],
    [{ faults: [{ fault: 'crash', at: '5s', times: 2 }] }, /faults\.0: .*"times"/],
    [{ faults: [{ fault: 'drop', channel: 'book' }] }, /faults\.0\.channel: no such channel/],
    [
      { faults: [{ fault: 'error', endpoint: 'POST trade/orders' }] },
      /faults\.0\.endpoint: no such endpoint/,
    ],
    [{ faults: [{ fault: 'error', endpoint: 'WS place*' }] }, /faults\.0\.endpoint/],
    // nothing that they could strike ever comes by
    [{ faults: [{ fault: 'gap', channel: 'trades' }] }, /"gap" never strikes trades: it is about books,/],
    [{ faults: [{ fault: 'gap', channel: 'books5' }] }, /"gap" never strikes books5/],
    [{ faults: [{ fault: 'checksum', channel: 'tickers' }] }, /"checksum" never strikes tickers/],
    [{ faults: [{ fault: 'stale-snapshot', channel: 'bbo-tbt' }] }, /"stale-snapshot" never strikes bbo-tbt/],
    [{ faults: [{ fault: 'gap', door: 'private' }] }, /never told at the door "private": expected public or/],
    [
      { faults: [{ fault: 'drop', channel: 'trades', door: 'business' }] },
      /trades is never told at the door/,
    ],
    [{ faults: [{ fault: 'drop', instId: 'DOGE-USDT-SWAP' }] }, /instId DOGE-USDT-SWAP: expected BTC-USDT-/],
    [
      { faults: [{ fault: 'drop', channel: 'index-tickers', instId: 'BTC-USDT-SWAP' }] },
      /expected BTC-USDT,/,
    ],
    [{ faults: [{ fault: 'drop', channel: 'trades', instId: 'BTC-USDT' }] }, /expected BTC-USDT-SWAP,/],
    [{ faults: [{ fault: 'drop', channel: 'orders', instId: 'BTC-USDT-SWAP' }] }, /leave "instId" out/],
    [
      { faults: [{ fault: 'stale-book', endpoint: 'GET market/trades' }] },
      /"stale-book" is about GET market\/books/,
    ],
    [{ fault: 'drop' }, /faults/],
    ['drop', /top level/],
  ];
  for (const [plan, message] of refused)
    assert.throws(
      () => checkPlan(plan),
      (error) => error instanceof FaultPlanError && message.test(error.message),
      JSON.stringify(plan),
    );
  assert.throws(() => loadPlan('no/such/plan.yaml'), FaultPlanError);
  for (const text of ['seed:', 'seed:x', 'seed:-1', 'seed:12345678901'])
    assert.throws(() => loadPlan(text), /expected seed:N with a whole number N/);
});

test('a seed is a plan, and another seed another one', () => {
  assert.deepEqual(loadPlan('seed:7'), drawPlan(7));
  assert.notDeepEqual(drawPlan(7), drawPlan(8));
});

test('docs/faults.md: its example is a plan, its tables name every fault there is', () => {
  const text = readFileSync(new URL('../../../docs/faults.md', import.meta.url), 'utf8');
  const [, example] = /```yaml\n([^`]*)```/.exec(text)!;
  assert.equal(checkPlan(parse(example!)).faults.length, 6);
  const [, tables] = text.split('## What and where');
  const named = [...tables!.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name!);
  assert.deepEqual(named.toSorted(), [...new Set(drawPlan(1).faults.map(({ fault }) => fault))].toSorted());
  assert.equal(named.length, 21);
});
