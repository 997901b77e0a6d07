import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseMoney } from '../core/instrument.ts';
import type { RiskState } from '../core/risk/risk.ts';
import { BTC, ETH, SHIB } from '../core/testing/specs.ts';
import { lots, us } from '../core/units.ts';
import { Journal } from './journal.ts';

const NOW = us(1_795_348_800_123_456);
const state: RiskState = {
  balance: parseMoney('9876.543210987654321'),
  equity: 9870.1,
  dayAt: us(1_795_305_600_000_000),
  dayEquity: 10_000.000001,
  dailyLossReached: 0.0301,
  peakEquity: 12_345.6,
  drawdownReached: 0,
  lossStreak: 4,
  lossPauseAt: us(NOW - 5),
  stopLossAt: [us(7), us(NOW - 1)],
  record: { wins: 3, losses: 8, winSum: 0.0123, lossSum: 0.0345 },
  sentAt: [],
  ended: [
    {
      instrument: 1,
      direction: 'short',
      size: lots(12),
      openedAt: us(NOW - 9),
      closedAt: us(NOW - 8),
      entry: 300_000.5,
      exit: 300_100.25,
      realized: parseMoney('-0.100000000000000001'),
      fees: parseMoney('-0.2'),
      funding: parseMoney('0'),
      exitReason: 'stopLoss',
      clientOrderId: 'h1',
    },
  ],
};

test('what the limits remember comes back to the last digit, and follows its instruments', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'risk-state-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'journal.sqlite');
  const journal = Journal.open(path, [BTC, ETH]);
  assert.equal(journal.riskState(NOW), null);
  journal.recordRisk({ ...state, lossStreak: 1 });
  journal.recordRisk(state);
  assert.deepEqual(journal.riskState(NOW), state);
  journal.close();
  // another order of symbols, one of them new; then without one of them
  const other = Journal.open(path, [SHIB, ETH, BTC]);
  const turned = other.riskState(NOW)!;
  assert.deepEqual(turned.stopLossAt, [us(0), state.stopLossAt[1], state.stopLossAt[0]]);
  assert.equal(turned.ended[0]!.instrument, 1);
  other.close();
  const fewer = Journal.open(path, [BTC]);
  assert.deepEqual(fewer.riskState(NOW)!.ended, []);
  fewer.close();
});

test('it is taken back with the transaction it was recorded in', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'risk-state-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const journal = Journal.open(join(folder, 'journal.sqlite'), [BTC, ETH]);
  journal.recordRisk(state);
  assert.throws(() =>
    journal.transaction(() => {
      journal.recordRisk({ ...state, lossStreak: 9 });
      throw new Error('no');
    }),
  );
  assert.deepEqual(journal.riskState(NOW), state);
  journal.close();
});
