import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BID } from '../../book/frame.ts';
import { ORDINARY, Queues, type QueueWatch } from './queues.ts';

const seed = 20261122;

/** Writes down what is told; an order that comes is nobody's, what turned over is all one order's. */
class Scribe implements QueueWatch {
  staying = ORDINARY;
  following = ORDINARY;
  size = 0;
  readonly told: string[] = [];
  consumed(_place: number, size: number): void {
    this.told.push(`consumed ${size}`);
  }
  withdrawn(_place: number, size: number): void {
    this.told.push(`withdrawn ${size}`);
  }
  arrived(_place: number, size: number, alone: boolean): void {
    this.told.push(`arrived ${size}${alone ? ' alone' : ''}`);
    this.staying = ORDINARY;
  }
  turnedOver(_place: number, added: number, left: number): void {
    this.told.push(`turned over ${added}, left ${left}`);
    this.staying = 1;
    this.size = added;
  }
  /** What was told since the last asking. */
  news(): string[] {
    return this.told.splice(0);
  }
}

test('the queue adds up to what is shown, whatever is traded, shown and counted', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          traded: fc.integer({ min: 0, max: 60 }),
          size: fc.integer({ min: 0, max: 80 }),
          orders: fc.integer({ min: 1, max: 5 }),
        }),
        { minLength: 1, maxLength: 120 },
      ),
      fc.boolean(),
      (frames, counted) => {
        const queues = new Queues(new Scribe());
        const place = queues.begin(BID, 1000, 7, counted ? 1 : 0);
        for (const { traded, size, orders } of frames) {
          queues.trade(place, traded);
          queues.update(place, size, counted && size > 0 ? orders : 0, counted);
          assert.equal(queues.total(place), size);
          assert.equal(queues.shownAt(place), size);
        }
      },
    ),
    { seed, numRuns: 500 },
  );
});

test('where every frame has one event, orders come, trade and go exactly as in a market of single orders', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          what: fc.constantFrom('come', 'come', 'trade', 'go'),
          size: fc.integer({ min: 1, max: 1_000_000 }),
          which: fc.nat(),
        }),
        { minLength: 1, maxLength: 200 },
      ),
      (events) => {
        const scribe = new Scribe();
        const queues = new Queues(scribe);
        const place = queues.begin(BID, 1000, 0, 0);
        const twin: { size: number; left: number }[] = [];
        const wanted: string[] = [];
        // two of one size, or of what is left of another, could not be told apart by anybody
        const sizes = new Set<number>();
        for (const { what, size, which } of events) {
          if (what === 'come') {
            if (twin.length === 30 || sizes.has(size)) continue;
            sizes.add(size);
            wanted.push(`arrived ${size}${twin.length === 0 ? ' alone' : ''}`);
            twin.push({ size, left: size });
          } else if (twin.length === 0) continue;
          else if (what === 'trade') {
            let traded = Math.min(
              size,
              twin.reduce((sum, { left }) => sum + left, 0),
            );
            queues.trade(place, traded);
            while (traded > 0) {
              const first = twin[0]!;
              const part = Math.min(traded, first.left);
              first.left -= part;
              traded -= part;
              if (first.left > 0) break;
              wanted.push(`consumed ${first.size}`);
              twin.shift();
            }
            if (twin[0] !== undefined) {
              if (twin.some(({ left }, i) => i > 0 && left === twin[0]!.left)) return;
              sizes.add(twin[0].left);
            }
          } else {
            const [gone] = twin.splice(which % twin.length, 1);
            // nobody can tell who went when one is left that is as large as what went
            if (twin.some(({ left }) => left === gone!.left)) return;
            if (twin.length !== 1) wanted.push(`withdrawn ${gone!.size}`);
          }
          queues.update(
            place,
            twin.reduce((sum, { left }) => sum + left, 0),
            twin.length,
            true,
          );
          assert.equal(
            queues.total(place),
            twin.reduce((sum, { left }) => sum + left, 0),
          );
        }
        assert.deepEqual(scribe.told, wanted);
      },
    ),
    { seed, numRuns: 500 },
  );
});

test('what trades beyond the displayed was added: to the lot, with what is left of it', () => {
  const scribe = new Scribe();
  const queues = new Queues(scribe);
  const place = queues.begin(BID, 1000, 50, 1);
  queues.trade(place, 120);
  queues.update(place, 30, 1, true);
  assert.deepEqual(scribe.news(), ['consumed 50', 'turned over 100, left 30']);
  queues.trade(place, 130);
  queues.update(place, 0, 0, true);
  assert.deepEqual(scribe.news(), ['consumed 100', 'turned over 100, left 0']);
});

test('several who come at once are no order of the sum of their sizes', () => {
  const scribe = new Scribe();
  const queues = new Queues(scribe);
  const place = queues.begin(BID, 1000, 50, 1);
  queues.update(place, 90, 3, true);
  assert.deepEqual(scribe.news(), []);
  // one of them is left when the others have gone, and is known again
  queues.trade(place, 50);
  queues.update(place, 25, 1, true);
  assert.deepEqual(scribe.news(), ['consumed 50', 'arrived 25 alone']);
});

test('an order behind a lump is traded when the lump is gone', () => {
  const scribe = new Scribe();
  const queues = new Queues(scribe);
  const place = queues.begin(BID, 1000, 90, 3);
  queues.update(place, 110, 4, true);
  assert.deepEqual(scribe.news(), ['arrived 20']);
  queues.trade(place, 100);
  queues.update(place, 10, 1, true);
  assert.deepEqual(scribe.news(), []);
  queues.trade(place, 10);
  queues.update(place, 0, 0, true);
  assert.deepEqual(scribe.news(), ['consumed 20']);
});

test('one that leaves a crowd is known by the count, though nobody saw it come', () => {
  const scribe = new Scribe();
  const queues = new Queues(scribe);
  const place = queues.begin(BID, 1000, 90, 3);
  queues.update(place, 65, 2, true);
  assert.deepEqual(scribe.news(), ['withdrawn 25']);
  // without counts it may have been two
  const other = queues.begin(BID, 1001, 90, 0);
  queues.update(other, 65, 0, false);
  assert.deepEqual(scribe.news(), []);
});

test('where several leave at once, one that follows the market may be among them, if it is no larger than they', () => {
  const scribe = new Scribe();
  const queues = new Queues(scribe);
  const place = queues.begin(BID, 1000, 90, 3);
  for (const [shown, orders, serial] of [
    [110, 4, 7],
    [170, 5, 8],
    [180, 6, ORDINARY],
  ] as const) {
    scribe.following = serial;
    queues.update(place, shown, orders, true);
  }
  scribe.news();
  queues.update(place, 135, 3, true);
  assert.deepEqual(scribe.news(), ['withdrawn 20']);
  assert.equal(queues.total(place), 135);
});

test('a price is remembered until another takes its place', () => {
  const queues = new Queues(new Scribe());
  assert.equal(queues.find(BID, 1000), -1);
  const place = queues.begin(BID, 1000, 5, 1);
  assert.equal(queues.find(BID, 1000), place);
  assert.equal(queues.find(1, 1000), -1);
  assert.equal(queues.begin(BID, 1512, 5, 1), place);
  assert.equal(queues.find(BID, 1000), -1);
});
