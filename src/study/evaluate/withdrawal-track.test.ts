import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { BookEvent } from '../../core/events.ts';
import { frameOf, type Level } from '../../core/testing/books.ts';
import { us } from '../../core/units.ts';
import { Random } from '../../exchange/random.ts';
import { Withdrawals } from './withdrawal-grades.ts';
import { type Cell, WithdrawalTrack } from './withdrawal-track.ts';

const FROM = 1_700_000_000_000_000;
const FRAME_US = 100_000;

test('after a hole that nobody told of, withdrawals go on as rarely as before it, the first after its pause', () => {
  const { liquidity } = brainConfig(loadSettings(undefined).brain);
  const side = (sign: number): Level[] =>
    Array.from({ length: 30 }, (_, i): Level => [10_000 + sign * (i + 1), 50]);
  for (let seed = 1; seed <= 12; seed++) {
    const manner = { name: 'x', overUs: 0, breadth: 1 };
    const track = new WithdrawalTrack(liquidity, manner, new Random(seed, 1));
    const send = (at: number, first: boolean): void => {
      const frame = first ? frameOf(true, side(-1), side(1)) : frameOf(false, [[9975, 50]], []);
      track.book(new BookEvent(us(at), 0, frame));
    };
    for (let i = 0; i < 700; i++) send(FROM + i * FRAME_US, i === 0);
    const before = track.cells.length;
    const back = FROM + 700 * FRAME_US + 1800e6;
    for (let i = 0; i < 600; i++) send(back + i * FRAME_US, false);
    const begun = track.cells.slice(before).filter(({ share }) => share > 0);
    // one in 20 s on average, and never two within ten
    assert.ok(begun.length >= 1 && begun.length <= 6, `${begun.length} in the minute after`);
    begun.forEach(({ at }, i) => {
      assert.ok(at - (begun[i - 1]?.at ?? back - 5e6) >= 10e6, `seed ${seed}: ${(at - back) / 1e6} s after`);
    });
  }
});

test('the delay is until the threshold was passed, not until the greatest score', () => {
  const quiet: Cell = { at: 0, share: 0, own: 1, rival: 1, ownRises: [], rivalRises: [] };
  const begun: Cell = {
    ...{ at: 0, share: 0.5, own: 20, rival: 3 },
    ownRises: [
      { score: 0.5, after: 0 },
      { score: 5, after: 100_000 },
      { score: 20, after: 700_000 },
    ],
    rivalRises: [{ score: 3, after: 900_000 }],
  };
  const cells = [...Array.from({ length: 3600 }, () => quiet), begun];
  const { figure, rivals } = new Withdrawals(
    cells.map((cell) => ({ ...cell, part: 0 })),
    1,
  )
    .figures()
    .find(({ name }) => name.includes('median delay'))!;
  assert.equal(figure.value, 100);
  assert.equal(rivals[0]!.figure.value, 900);
});

test('what follows a withdrawal is not asked: no second of its side counts until it has been back as long as it was gone', () => {
  const { liquidity } = brainConfig(loadSettings(undefined).brain);
  const side = (sign: number): Level[] =>
    Array.from({ length: 30 }, (_, i): Level => [10_000 + sign * (i + 1), 50]);
  const track = new WithdrawalTrack(liquidity, { name: 'x', overUs: 0, breadth: 1 }, new Random(5, 1));
  for (let i = 0; i < 6000; i++) {
    const frame = i === 0 ? frameOf(true, side(-1), side(1)) : frameOf(false, [[9975, 50]], []);
    track.book(new BookEvent(us(FROM + i * FRAME_US), 0, frame));
  }
  const begun = track.cells.filter(({ share }) => share > 0).map(({ at }) => at);
  assert.ok(begun.length > 10);
  for (const at of begun) {
    if (at + 12e6 > FROM + 6000 * FRAME_US) continue;
    const within = (from: number, to: number): number =>
      track.cells.filter((cell) => cell.at >= at + from && cell.at < at + to).length;
    // whole seconds of the other side alone, where two sides would have sixteen
    assert.ok(within(1.1e6, 9.1e6) <= 8, `${within(1.1e6, 9.1e6)} after ${(at - FROM) / 1e6} s`);
  }
});
