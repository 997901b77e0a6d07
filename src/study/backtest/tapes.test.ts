import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type CandleEvent, EventKind, type MarketEvent } from '../../core/events.ts';
import { BTC, ETH } from '../../core/testing/specs.ts';
import { Coarser } from './coarser.ts';
import { Tapes } from './tapes.ts';
import { candleOf, candleTape } from './testing/candles.ts';

const folder = mkdtempSync(join(tmpdir(), 'hunter-tapes-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const MINUTE = 60_000;

test('several tapes are told as one, by time; what happens at once in the order of naming', async () => {
  const btc = join(folder, 'btc.tape');
  const eth = join(folder, 'eth.tape');
  await candleTape(
    btc,
    BTC,
    '1m',
    [0, 1, 2, 3, 4, 5].map((i) => [i, 100 + i, 110 + i, 90 + i, 105 + i, 10]),
  );
  await candleTape(
    eth,
    ETH,
    '5m',
    [0, 1].map((i) => [i * 5, 200 + i, 210, 190, 205, 10]),
  );
  const tapes = Tapes.open([eth, btc]);
  const seen: string[] = [];
  tapes.forEach((event) => {
    assert.ok(event.kind === EventKind.candle);
    seen.push(`${event.at / 60_000_000} ${tapes.instruments[event.instrument]!.id} ${event.open}`);
  });
  assert.deepEqual(seen, [
    `1 ${BTC.id} 100`,
    `2 ${BTC.id} 101`,
    `3 ${BTC.id} 102`,
    `4 ${BTC.id} 103`,
    `5 ${ETH.id} 200`,
    `5 ${BTC.id} 104`,
    `6 ${BTC.id} 105`,
    `10 ${ETH.id} 201`,
  ]);
  assert.deepEqual(
    tapes.holdings.map(({ candles, bar }) => [candles, bar]),
    [
      [2, '5m'],
      [6, '1m'],
    ],
  );
  assert.deepEqual(
    tapes.holdings.map(({ from, to, events }) => [from, to, events]),
    [
      [5 * MINUTE, 10 * MINUTE, 2],
      [MINUTE, 6 * MINUTE, 6],
    ],
  );
});

test('tapes that do not go together are named with the reason', async () => {
  const one = join(folder, 'one.tape');
  const two = join(folder, 'two.tape');
  await candleTape(one, BTC, '1m', [[0, 1, 1, 1, 1, 1]]);
  await candleTape(two, BTC, '5m', [[5, 1, 1, 1, 1, 1]]);
  assert.throws(
    () => Tapes.open([one, two]),
    /two\.tape: BTC-USDT-SWAP comes in 5m candles, in 1m candles on an earlier tape/,
  );
  assert.throws(() => Tapes.open([]), /no tape named/);
});

test('a tape is not told twice: neither by another name of its path, nor as a copy', async () => {
  const tape = join(folder, 'once.tape');
  const copy = join(folder, 'copy.tape');
  const other = join(folder, 'other.tape');
  await candleTape(tape, BTC, '1m', [[0, 1, 1, 1, 1, 1]]);
  await candleTape(other, BTC, '1m', [[1, 1, 1, 1, 1, 1]]);
  copyFileSync(tape, copy);
  assert.throws(() => Tapes.open([tape, tape]), /once\.tape: named twice.*: name it once/);
  assert.throws(() => Tapes.open([tape, other, relative('.', tape)]), /once\.tape: named twice/);
  assert.throws(
    () => Tapes.open([tape, other, copy]),
    /copy\.tape: the same as .*once\.tape to the byte.*: name one of them/,
  );
  assert.equal(Tapes.open([tape, other]).holdings[0]!.candles, 2);
});

test('a coarser candle is the sum of its parts, and is never told before the last of them could be known', () => {
  const parts = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 50, max: 150 }),
      fc.nat(9),
      fc.nat(9),
      fc.nat(50),
    ),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(parts, (drawn) => {
      const minutes = [...new Map(drawn.map((each) => [each[0], each])).values()].sort((a, b) => a[0] - b[0]);
      const fine = minutes.map(([minute, open, up, down, volume]) =>
        candleOf(minute, [open, open + up, open - down, open + Math.min(up, 3), volume], MINUTE),
      );
      const told: CandleEvent[] = [];
      const coarser = new Coarser(MINUTE, 5 * MINUTE, 0);
      for (const part of fine) {
        const before: MarketEvent[] = [...told];
        coarser.take(part, (candle) => told.push(candle));
        for (const candle of told.slice(before.length))
          assert.ok(candle.at === part.at, 'told at another time');
      }
      const last = fine.at(-1)!;
      const groups = Map.groupBy(fine, ({ openAt }) => Math.floor(openAt / (5 * MINUTE)));
      const expected = [...groups].flatMap(([group, members]) => {
        const complete = members.at(-1)!.openAt + MINUTE === (group + 1) * 5 * MINUTE;
        if (!complete && members.includes(last)) return [];
        return [
          {
            openAt: group * 5 * MINUTE,
            open: members[0]!.open,
            high: Math.max(...members.map(({ high }) => high)),
            low: Math.min(...members.map(({ low }) => low)),
            close: members.at(-1)!.close,
            volume: members.reduce((sum, { volume }) => sum + volume, 0),
          },
        ];
      });
      assert.deepEqual(
        told.map(({ openAt, open, high, low, close, volume }) => ({
          openAt,
          open,
          high,
          low,
          close,
          volume,
        })),
        expected,
      );
      for (const { at, openAt } of told) assert.ok(at / 1000 >= openAt + 5 * MINUTE);
    }),
    { seed: 20261122, numRuns: 300 },
  );
});
