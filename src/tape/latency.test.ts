import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TradeEvent } from '../core/events.ts';
import { generator } from '../core/testing/books.ts';
import { SPECS } from '../core/testing/specs.ts';
import { lots, ms, ticks, us } from '../core/units.ts';
import { EMPTY_META } from './format.ts';
import { measureLatency } from './latency.ts';
import { TapeWriter } from './writer.ts';

/** A tape of trades with known delays, by a clock that is an hour off. */
function tapeOf(folder: string, delaysMs: readonly number[]): string {
  const path = join(folder, `${delaysMs.length}.tape`);
  const writer = TapeWriter.create(path, [SPECS.btc], EMPTY_META);
  let before = 0;
  delaysMs.forEach((delay, i) => {
    const exchangeAt = 1_795_348_800_000 + i * 50;
    before = Math.max(before, Math.round((exchangeAt + 3_600_000 + delay) * 1000));
    writer.write(new TradeEvent(us(before), 0, ms(exchangeAt), ticks(600_000), lots(1), 'buy'));
  });
  writer.close();
  return path;
}

test('the distribution of delays comes back, whatever the clocks say', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latency-'));
  try {
    const random = generator(7);
    // 7 ms at least; then 0 to 10 for most and up to 40 for every tenth: none overtakes another
    const delays = Array.from({ length: 20_000 }, () => 7 + (random() < 0.9 ? 10 : 40) * random());
    const { messages, quantilesMs } = measureLatency(tapeOf(folder, delays));
    assert.equal(messages, 20_000);
    assert.equal(quantilesMs.length, 41);
    const sorted = delays.toSorted((a, b) => a - b);
    quantilesMs.forEach((measured, i) => {
      const truth = sorted[Math.round((i / 40) * (sorted.length - 1))]! - sorted[0]!;
      assert.ok(Math.abs(measured - truth) < 0.3, `quantile ${i}: ${measured}, not ${truth}`);
    });
    for (let i = 1; i < quantilesMs.length; i++) assert.ok(quantilesMs[i - 1]! <= quantilesMs[i]!);
    assert.throws(() => measureLatency(tapeOf(folder, [1, 2, 3])), /3 books and trades are too few/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
