import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { parseSettings } from '../../config/load.ts';
import { paperConfig } from '../../config/paper.ts';
import type { Place } from '../../core/commands.ts';
import { OrderEvent } from '../../core/events.ts';
import { Instrument } from '../../core/instrument.ts';
import { lots, us } from '../../core/units.ts';
import { Way } from '../../venue/paper/latency.ts';
import { measureLatencies, quantiles } from './latencies.ts';
import { Story } from './story.ts';

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

/** Orders decided a second apart: sent so many ms later, answered so many after that. */
function storyOf(delays: readonly (readonly [number, number])[]): Story {
  const story = new Story([BTC]);
  delays.forEach(([sent, answered], i) => {
    const decidedAt = us((i + 1) * 1_000_000);
    const sentAt = us(decidedAt + sent * 1000);
    const place = { kind: 'place', clientOrderId: `o${i}`, instrument: 0, protectionId: '' } as Place;
    story.command(place as never, decidedAt, sentAt);
    story.event(new OrderEvent(us(sentAt + answered * 1000), 0, `o${i}`, 'v', 'live', lots(0), ''));
  });
  return story;
}

test('quantiles lie between the values', () => {
  assert.deepEqual(quantiles([3, 1, 2]), { count: 3, min: 1, p50: 2, p90: 2.8, p99: 2.98, max: 3 });
  assert.equal(quantiles([]), null);
});

test('the settings are taken by the schema, and give round trips like those measured', () => {
  const delays = Array.from({ length: 205 }, (_, i) => [1 + (i % 5), 10 + (i % 41)] as const);
  const { settings, decidedToSent, sentToAck } = measureLatencies(storyOf(delays));
  assert.deepEqual([decidedToSent!.min, decidedToSent!.max], [1, 5]);
  assert.deepEqual([sentToAck!.min, sentToAck!.p50, sentToAck!.max], [10, 30, 50]);
  assert.equal(settings!.order_latency_ms, 6);
  assert.equal(settings!.answer_latency_ms, 5);
  const { orderLatency, answerLatency } = paperConfig(
    parseSettings(stringify({ paper: settings }), 'snippet'),
  );
  const order = new Way(orderLatency, 1, 'order');
  const answer = new Way(answerLatency, 1, 'answer');
  let sum = 0;
  const count = 5_000;
  for (let i = 1; i <= count; i++) {
    const at = us(i * 10_000_000);
    const round = (answer.arrival(order.arrival(at)) - at) / 1000;
    assert.ok(round >= 11 && round <= 55, `${round}`);
    sum += round;
  }
  const mean = delays.reduce((total, [a, b]) => total + a + b, 0) / delays.length;
  assert.ok(Math.abs(sum / count - mean) < 0.6, `${sum / count} for ${mean}`);
});

test('one answered order is too few for settings', () => {
  assert.equal(measureLatencies(storyOf([[1, 2]])).settings, null);
});
