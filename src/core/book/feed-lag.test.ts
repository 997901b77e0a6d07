import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ms } from '../units.ts';
import { FeedLag } from './feed-lag.ts';

/** Messages every 100 ms for `seconds`, each `delayMs` under way, on a local clock that is `offsetMs` off. */
function run(lag: FeedLag, from: number, seconds: number, delayMs: number, offsetMs: number): number {
  for (let at = from; at < from + seconds * 1000; at += 100) lag.observe(ms(at + delayMs + offsetMs), ms(at));
  return from + seconds * 1000;
}

test('a steady feed is not behind, whatever the local clock says', () => {
  for (const offset of [0, -1_270, 3_600_000, -3_600_000]) {
    const lag = new FeedLag();
    run(lag, 1_000_000_000, 300, 40, offset);
    assert.equal(lag.behindMs, 0);
  }
});

test('what piled up during a sleep is behind by the sleep, shrinking as it is read', () => {
  for (const sleepMs of [20_000, 600_000]) {
    const lag = new FeedLag();
    const stopped = run(lag, 1_000_000_000, 90, 40, 0);
    const woken = stopped + sleepMs;
    assert.equal(lag.observe(ms(woken), ms(stopped)), sleepMs - 40);
    assert.equal(lag.observe(ms(woken), ms(stopped + sleepMs / 2)), sleepMs / 2 - 40);
    run(lag, woken, 5, 40, 0);
    assert.equal(lag.behindMs, 0);
  }
});

test('a local clock that jumps forward is taken as a lag, and believed again after two minutes', () => {
  const lag = new FeedLag();
  let at = run(lag, 1_000_000_000, 90, 40, 0);
  at = run(lag, at, 1, 40, 5_000);
  assert.equal(lag.behindMs, 5_000);
  run(lag, at, 125, 40, 5_000);
  assert.equal(lag.behindMs, 0);
});
