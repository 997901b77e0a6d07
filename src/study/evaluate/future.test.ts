import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { ASK, BID } from '../../core/book/frame.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import type { Detector } from '../../core/brain/detector.ts';
import { EventKind, type MarketEvent } from '../../core/events.ts';
import type { Us } from '../../core/units.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { readTape } from '../../tape/reader.ts';
import { SIMULATED_FROM } from '../simulate.ts';
import { simulateToFiles } from '../simulation-files.ts';
import { futureSection, momentsOf, replaceFuture, withOtherFuture } from './future.ts';
import { play, tapeSource } from './play.ts';
import { Trail } from './trail.ts';

const folder = mkdtempSync(join(tmpdir(), 'future-'));
after(() => rmSync(folder, { recursive: true }));
const tape = join(folder, 'market', 'market.tape');
const SYMBOL = 'BTC-USDT-SWAP';
const config = brainConfig(loadSettings(undefined).brain);
const span = { from: SIMULATED_FROM * 1000, to: (SIMULATED_FROM + 240_000) * 1000 };
const moment = span.from + 60e6;

before(async () => {
  const scenario = loadScenario('manipulated');
  await simulateToFiles(
    { seed: 44, scenario, symbols: [SYMBOL], feed: 'books', from: SIMULATED_FROM },
    4,
    join(folder, 'market'),
  );
});

/** What a run of the brain's detectors says of a tape, with one more among them. */
async function saidOf(path: string, more?: (path: string) => Detector): Promise<readonly Trail[]> {
  const trail = new Trail();
  const other = more?.(path);
  play(tapeSource(path), config, () => [
    {
      finding: (finding) => trail.finding(finding),
      frame: (brain, book, at) => {
        other?.reading(at);
        const { signal } = brain;
        const detectors = other === undefined ? brain.detectors : [...brain.detectors, other];
        trail.frame({ detectors, signal } as unknown as typeof brain, book, at);
      },
    },
  ]);
  return [trail];
}

/** Its score is where the middle price goes within ten seconds: it has looked into the file. */
function cheat(path: string): Detector {
  const at: number[] = [];
  const mids: number[] = [];
  const book = new OrderBook();
  readTape(path).forEach((event) => {
    if (event.kind !== EventKind.book) return;
    book.apply(event.frame);
    at.push(event.at);
    mids.push(book.mid);
  });
  return {
    name: 'cheat',
    score: 0,
    likelihood: 1,
    onBook: () => undefined,
    onTrade: () => undefined,
    reading(now: Us) {
      const here = at.findIndex((each) => each >= now);
      const then = at.findIndex((each) => each >= now + 10e6);
      (this as { score: number }).score = then === -1 ? 0 : Math.sign(mids[then]! - mids[here]!);
      return this;
    },
    figures: () => ({}),
    evidence: () => '',
    reset: () => undefined,
  };
}

test('the detectors say the same to the bit, whatever comes after; one that looks into the file is caught, by name', async () => {
  const honest = await withOtherFuture(tape, span, [SYMBOL], await saidOf(tape), (path) => saidOf(path));
  const { checks, figures } = futureSection(honest);
  assert.ok(honest.every(({ frames, different }) => frames >= 1190 && different === 0));
  assert.equal(checks[0]!.verdict, 'blind');
  assert.equal(figures[0]!.figure.value, 0);

  const caught = await withOtherFuture(tape, span, [SYMBOL], await saidOf(tape, cheat), (path) =>
    saidOf(path, cheat),
  );
  const section = futureSection(caught);
  assert.equal(section.checks[0]!.verdict, 'leaks');
  assert.match(section.checks[0]!.detail, /cheat, first on BTC-USDT-SWAP/);
  // it looks ten seconds ahead: nothing earlier is another thing
  for (const { first, minutes } of caught) {
    assert.equal(first!.voice, 'cheat');
    assert.ok(first!.at > span.from + minutes * 60e6 - 10.2e6);
  }
});

test('the other future is the same market up to the moment, and its mirror image afterwards', () => {
  const out = join(folder, 'other.tape');
  replaceFuture(tape, moment, out);
  const booksOf = (path: string): { at: number; best: [number, number]; depth: [number, number] }[] => {
    const book = new OrderBook();
    const seen: { at: number; best: [number, number]; depth: [number, number] }[] = [];
    readTape(path).forEach((event) => {
      if (event.kind !== EventKind.book) return;
      book.apply(event.frame);
      const depth: [number, number] = [book.depth(BID, 20), book.depth(ASK, 20)];
      seen.push({ at: event.at, best: [book.bestBid, book.bestAsk], depth });
    });
    return seen;
  };
  const [truth, other] = [booksOf(tape), booksOf(out)];
  const begins = truth.findIndex(({ at }) => at > moment);
  assert.ok(begins > 500 && other.length > begins + 1000 && other.length < truth.length);
  assert.deepEqual(other.slice(0, begins), truth.slice(0, begins));
  const [bid, ask] = truth[begins - 1]!.best;
  for (let i = begins; i < other.length; i++) {
    const { best, depth } = truth[i]!;
    assert.deepEqual(other[i]!.best, [bid + ask - best[1], bid + ask - best[0]]);
    assert.deepEqual(other[i]!.depth, [depth[1], depth[0]]);
  }
  const takers = (path: string): string[] => {
    const sides: string[] = [];
    readTape(path).forEach((event: MarketEvent) => {
      if (event.kind === EventKind.trade && event.at > moment) sides.push(event.side);
    });
    return sides;
  };
  const turned = takers(out);
  assert.ok(turned.length > 20);
  const sides = takers(tape).slice(0, turned.length);
  assert.ok(turned.every((side, i) => side !== sides[i]));
});

test('the moments lie within the first half of a short tape, and are minutes from the beginning of a long one', () => {
  assert.deepEqual(momentsOf(0, 100e6), [50e6]);
  assert.deepEqual(momentsOf(0, 600e6), [120e6, 300e6]);
  assert.deepEqual(momentsOf(5e6, 5e6 + 4 * 3600e6), [125e6, 365e6, 1505e6]);
});
