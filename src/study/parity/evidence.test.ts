/** What the one pass over a tape answers is what the plainest look at it answers. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { EventKind, FillEvent } from '../../core/events.ts';
import { lots, ms, NO_MONEY, type Side, ticks, us } from '../../core/units.ts';
import { Evidence } from './evidence.ts';
import { Ours } from './ours.ts';
import { readSession, type SessionRun } from './session.ts';
import { makeSession } from './testing/made-session.ts';

const root = mkdtempSync(join(tmpdir(), 'evidence-'));
after(() => rmSync(root, { recursive: true }));

interface Frame {
  readonly at: number;
  readonly stampedAt: number;
  readonly snapshot: boolean;
  readonly levels: readonly (readonly [side: number, price: number, size: number])[];
}
interface Print {
  readonly at: number;
  readonly stampedAt: number;
  readonly price: number;
  readonly size: number;
  readonly side: Side;
}

let run: SessionRun;
const frames: Frame[] = [];
const prints: Print[] = [];
before(() => {
  makeSession(root);
  run = readSession(root)[0]!;
  run.forEach((event) => {
    if (event.kind === EventKind.trade) {
      const { at, exchangeAt, price, size, side } = event;
      prints.push({ at, stampedAt: exchangeAt, price, size, side });
    }
    if (event.kind !== EventKind.book) return;
    const { frame } = event;
    const levels = Array.from(
      { length: frame.count },
      (_, i) => [frame.side[i]!, frame.price[i]!, frame.size[i]!] as const,
    );
    frames.push({ at: event.at, stampedAt: frame.exchangeAt, snapshot: frame.snapshot, levels });
  });
});

/** The side that a taker meets after so many frames, best first. */
function offered(count: number, taker: Side): [number, number][] {
  const levels = new Map<number, number>();
  for (const { snapshot, levels: changes } of frames.slice(0, count)) {
    if (snapshot) levels.clear();
    for (const [side, price, size] of changes)
      if (side === (taker === 'buy' ? 1 : 0)) {
        if (size === 0) levels.delete(price);
        else levels.set(price, size);
      }
  }
  return [...levels].sort(([a], [b]) => (taker === 'buy' ? a - b : b - a));
}

/** Price × lots of a walk; null where there is not enough. */
function walked(levels: readonly [number, number][], size: number): { value: number; worst: number } | null {
  let left = size;
  let value = 0;
  for (const [price, there] of levels) {
    const taken = Math.min(left, there);
    value += price * taken;
    left -= taken;
    if (left === 0) return { value, worst: price };
  }
  return null;
}

const NONE = new Ours({ orders: new Map() });

/** An account that did nothing but these trades of the tape. */
function oursOf(mine: readonly Print[], maker: boolean): Ours {
  const fills = mine.map(({ at, stampedAt, price, size, side }, index) => {
    const own = maker === (side === 'buy') ? 'sell' : 'buy';
    const words = ['', '', `${index}`] as const;
    return new FillEvent(
      us(at),
      0,
      ...words,
      ms(stampedAt),
      own,
      ticks(price),
      lots(size),
      NO_MONEY,
      maker,
      'entry',
      '',
    );
  });
  const story = { place: null, decidedAt: us(0), sentAt: null, decision: null, cancelSentAt: null };
  return new Ours({
    orders: new Map([['1', { ...story, clientOrderId: '1', amends: [], moves: [], reports: [], fills }]]),
  });
}

const sides = fc.constantFrom<Side>('buy', 'sell');

test('walks: by our clock the book that we had been told, by the exchange’s the one that it had shown', () => {
  const times = fc.integer({ min: 0, max: frames.length - 1 });
  const questions = fc.record({
    frame: times,
    later: fc.constantFrom(0, 0, 1, 50, 100, 120),
    side: sides,
    size: fc.integer({ min: 1, max: 3_000 }),
  });
  fc.assert(
    fc.property(fc.array(questions, { minLength: 1, maxLength: 5 }), (asked) => {
      const evidence = new Evidence(run, NONE);
      const walks = asked.flatMap(({ frame, later, side, size }) => {
        const { at, stampedAt } = frames[frame]!;
        const question = { instrument: 0, side, size };
        return [
          evidence.walk({ ...question, clock: 'ours', time: at + later * 1000 }),
          evidence.walk({ ...question, clock: 'exchange', time: stampedAt + later }),
        ];
      });
      evidence.answer();
      for (const { clock, time, side, size, value, touch } of walks) {
        const seen = frames.filter(({ at, stampedAt }) =>
          clock === 'ours' ? at < time : stampedAt <= time,
        ).length;
        const levels = offered(seen, side);
        const naive = walked(levels, size);
        assert.equal(touch, levels[0]?.[0] ?? 0);
        // a lot of 0.0001 BTC at a tick of 0.1
        assert.equal(value, naive === null ? null : BigInt(naive.value) * 10n ** 13n);
      }
    }),
    { numRuns: 15 },
  );
});

test('traces: others’ trades of that price, side and millisecond, what the books around it offer, and what passed between', () => {
  const questions = fc.record({
    print: fc.integer({ min: 0, max: prints.length - 1 }),
    off: fc.constantFrom(0, 0, 1, -1, 25),
    later: fc.constantFrom(0, 1, 2, -1, -2),
    side: sides,
    walked: fc.integer({ min: 1, max: 500 }),
    isOurs: fc.boolean(),
  });
  const seen = { left: 0, whole: 0, passed: 0 };
  fc.assert(
    fc.property(fc.array(questions, { minLength: 1, maxLength: 5 }), fc.boolean(), (asked, maker) => {
      const mine = new Set<Print>();
      for (const { print, isOurs } of asked) if (isOurs) mine.add(prints[print]!);
      const evidence = new Evidence(run, oursOf([...mine], maker));
      const traces = asked.map(({ print, off, later, side, walked: size }) =>
        evidence.trace({
          instrument: 0,
          at: ms(prints[print]!.stampedAt + later),
          price: ticks(prints[print]!.price + off),
          side,
          walked: size,
        }),
      );
      evidence.answer();
      const others = prints.filter((print) => !mine.has(print));
      for (const { at, price, side, walked: size, traded, displayed, passage } of traces) {
        const there = (print: Print): boolean =>
          Math.abs(print.stampedAt - at) <= 1 && print.price === price && print.side === side;
        assert.equal(
          traded,
          others.filter(there).reduce((sum, print) => sum + print.size, 0),
        );
        if (traded > 0) seen.left++;
        if (prints.some((print) => there(print) && mine.has(print))) seen.whole++;
        const shown = frames.filter(({ stampedAt }) => stampedAt <= at).length;
        const reaches = (count: number): boolean => {
          const levels = offered(count, side);
          const worst = walked(levels, size)?.worst;
          return levels.some(
            ([level]) =>
              level === price && (worst === undefined || (side === 'buy' ? level <= worst : level >= worst)),
          );
        };
        const naive = reaches(shown)
          ? 'before'
          : shown < frames.length && reaches(shown + 1)
            ? 'after'
            : null;
        assert.equal(displayed, naive);
        if (naive !== null || shown === 0 || shown === frames.length) {
          assert.equal(passage, null);
          continue;
        }
        const [from, to] = [frames[shown - 1]!.stampedAt, frames[shown]!.stampedAt];
        const between = others.filter(({ stampedAt }) => stampedAt > from && stampedAt <= to);
        const touches = [shown, shown + 1].map((count) => offered(count, side)[0]![0]);
        const reached = [...touches, ...between.map((print) => print.price)];
        assert.deepEqual(passage, {
          from,
          to,
          low: Math.min(...reached),
          high: Math.max(...reached),
          traded: between.reduce((sum, print) => sum + print.size, 0),
        });
        seen.passed++;
      }
    }),
    // of these cases some have another's trade of the stamp, price and side of ours, and smaller
    { seed: 1_235_739_601, numRuns: 60 },
  );
  assert.ok(Math.min(...Object.values(seen)) >= 5, JSON.stringify(seen));
});

test('hits: the first trade from a time on that reaches stop or target', () => {
  const questions = fc.record({
    print: fc.integer({ min: 0, max: prints.length - 1 }),
    clock: fc.constantFrom('ours' as const, 'exchange' as const),
    long: fc.boolean(),
    stop: fc.integer({ min: 0, max: 200 }),
    target: fc.integer({ min: 0, max: 200 }),
  });
  fc.assert(
    fc.property(fc.array(questions, { minLength: 1, maxLength: 8 }), (asked) => {
      const evidence = new Evidence(run, NONE);
      const hits = asked.map(({ print, clock, long, stop, target }) => {
        const { at, stampedAt, price } = prints[print]!;
        const away = long ? 1 : -1;
        return evidence.hit({
          instrument: 0,
          clock,
          from: clock === 'ours' ? at : stampedAt,
          long,
          stopLoss: stop === 0 ? 0 : price - away * stop,
          takeProfit: target === 0 ? 0 : price + away * target,
        });
      });
      evidence.answer();
      for (const { clock, from, long, stopLoss, takeProfit, trade } of hits) {
        const sign = long ? 1 : -1;
        const naive = prints.find(
          ({ at, stampedAt, price }) =>
            (clock === 'ours' ? at : stampedAt) >= from &&
            ((stopLoss > 0 && sign * price <= sign * stopLoss) ||
              (takeProfit > 0 && sign * price >= sign * takeProfit)),
        );
        assert.equal(trade?.at, naive?.at);
        assert.equal(trade?.price, naive?.price);
      }
    }),
    { numRuns: 40 },
  );
});
