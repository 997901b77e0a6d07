import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Amended, FeedEvent, OrderEvent } from '../../core/events.ts';
import { generator } from '../../core/testing/books.ts';
import { lots, type Side, ticks } from '../../core/units.ts';
import { Bench } from './testing/bench.ts';

const seed = 20261122;
const mirrored = (side: Side, price: number): number => (side === 'buy' ? price : 1_200_002 - price);

/** An order of 30 lots at the best price, 40 lots before it there, 100 beyond the touch on either side. */
function waiting(type: 'limit' | 'postOnly' = 'postOnly', side: Side = 'buy') {
  const bench = new Bench();
  const at = (price: number): number => mirrored(side, price);
  const show = (own: number, far = 600_002): void => {
    const near = [[at(600_000), own] as const, [at(599_990), 500] as const];
    const other = [[at(far), 100] as const, [at(600_020), 500] as const];
    if (side === 'buy') bench.book(near, other);
    else bench.book(other, near);
  };
  bench.at(0);
  show(40);
  const id = bench.send({ type, side, size: lots(30), price: ticks(at(600_000)) });
  bench.wait();
  const amend = (price: number, size: number): void =>
    bench.submit({
      ...{ kind: 'amend', target: 'order', instrument: 0, clientOrderId: id },
      ...{ price: ticks(at(price)), size: lots(size) },
    });
  const taker = (price: number, size: number): void =>
    bench.trade(side === 'buy' ? 'sell' : 'buy', at(price), size);
  return { bench, id, amend, taker, show, at };
}
const answers = (bench: Bench): Amended[] =>
  bench.events.flatMap((event) =>
    event instanceof OrderEvent && event.amended !== null ? [event.amended] : [],
  );

for (const side of ['buy', 'sell'] as const) {
  test(`${side}: smaller at its price it keeps its place; larger, it stands behind all that is shown`, () => {
    for (const [size, ahead] of [
      [30, 40],
      [20, 40],
      [31, 90],
    ] as const) {
      const { bench, id, amend, taker, show } = waiting('postOnly', side);
      // 50 more come behind us
      bench.wait();
      show(90);
      amend(600_000, size);
      bench.wait();
      taker(600_000, ahead);
      bench.wait();
      assert.equal(bench.filled(id), 0, `${size}: ${ahead} stood before it`);
      taker(600_000, 5);
      bench.wait();
      assert.equal(bench.filled(id), 5, `${size}: the next ones are its own`);
    }
  });

  test(`${side}: at another price it stands behind all that is shown there, and coming back is no way back`, () => {
    const { bench, id, amend, taker, show } = waiting('postOnly', side);
    amend(599_990, 30);
    bench.wait();
    taker(600_000, 40);
    taker(600_000, 9);
    bench.wait();
    assert.equal(bench.filled(id), 0, 'it is not there any more');
    show(40);
    amend(600_000, 30);
    bench.wait();
    taker(600_000, 40);
    bench.wait();
    assert.equal(bench.filled(id), 0);
    taker(600_000, 7);
    bench.wait();
    assert.equal(bench.filled(id), 7);
  });
}

test('it takes its way: what trades before it arrives fills the order where it was', () => {
  const { bench, id, amend, taker, at } = waiting();
  amend(599_990, 30);
  bench.wait(19);
  taker(600_000, 60);
  bench.wait(1);
  assert.equal(bench.filled(id) === 0, true, 'the fill is not heard yet');
  bench.wait();
  assert.deepEqual(
    bench.fills(id).map(({ price, size }) => [price, size]),
    [[at(600_000), 20]],
  );
  assert.deepEqual(answers(bench), [{ price: 599_990, size: 30, refusal: '' }]);
  assert.deepEqual(bench.states(id), ['live', 'partiallyFilled', 'partiallyFilled']);
});

test('post-only judged when it arrives, not when it was sent: what would take is refused, and keeps its place', () => {
  const { bench, id, amend, taker, show } = waiting();
  amend(600_001, 30);
  bench.wait(10);
  show(40, 600_001);
  bench.wait();
  const [answer] = answers(bench);
  assert.deepEqual([answer?.price, answer?.size], [600_000, 30]);
  assert.match(answer!.refusal, /^51511 /);
  taker(600_000, 41);
  bench.wait();
  assert.equal(bench.filled(id), 1);
});

test('a limit order that is moved across takes the touch, and waits with the rest before nobody', () => {
  const { bench, id, amend, taker } = waiting('limit');
  amend(600_002, 130);
  bench.wait();
  assert.deepEqual(
    bench.fills(id).map(({ price, size, maker }) => [price, size, maker]),
    [[600_002, 100, false]],
  );
  taker(600_002, 12);
  bench.wait();
  assert.deepEqual(bench.fills(id).at(-1)?.size, 12);
  assert.equal(bench.fills(id).at(-1)?.maker, true);
});

test('without a live book it is not moved, but it may be made smaller', () => {
  const { bench, id, amend } = waiting();
  bench.matcher.market(new FeedEvent(bench.now, 0, false, 'gap'), bench.hear);
  amend(599_990, 30);
  bench.wait();
  assert.match(answers(bench)[0]!.refusal, /^50001 /);
  amend(600_000, 10);
  bench.wait();
  assert.deepEqual(answers(bench)[1], { price: 600_000, size: 10, refusal: '' });
  assert.equal(bench.states(id).at(-1), 'live');
});

test('killed with the answer on its way: after the restart it is told, and the order stands as amended', () => {
  const { bench, id, amend } = waiting();
  amend(599_990, 25);
  bench.wait(25);
  assert.deepEqual(answers(bench), []);
  bench.matcher.restore(bench.matcher.save());
  bench.wait();
  assert.deepEqual(answers(bench), [{ price: 599_990, size: 25, refusal: '' }]);
  const [standing] = bench.matcher.restingOrders;
  assert.deepEqual(
    [standing?.place.clientOrderId, standing?.place.price, standing?.place.size],
    [id, 599_990, 25],
  );
});

test('random amendments: never more filled than the largest size asked or than was traded, the last report equals the fills', () => {
  let refused = 0;
  let done = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (lot) => {
      const random = generator(lot);
      const { bench, id, amend, taker, show } = waiting(random() < 0.5 ? 'limit' : 'postOnly');
      let largest = 30;
      let traded = 0;
      for (let step = 0; step < 30; step++) {
        const dice = random();
        if (dice < 0.4) {
          const size = 1 + Math.floor(random() * 60);
          largest = Math.max(largest, size);
          amend(600_000 - Math.floor(random() * 6) + 2, size);
        } else if (dice < 0.8) {
          const size = 1 + Math.floor(random() * 50);
          traded += size;
          taker(600_000 - Math.floor(random() * 4), size);
        } else show(1 + Math.floor(random() * 80));
        bench.wait(Math.floor(random() * 30));
      }
      bench.wait();
      const taken = bench.fills(id).reduce((sum, { maker, size }) => sum + (maker ? 0 : size), 0);
      assert.ok(bench.filled(id) <= largest);
      assert.ok(bench.filled(id) <= traded + taken);
      assert.equal(bench.matcher.find(id)?.filled, bench.filled(id));
      assert.equal(bench.matcher.positions[0]!.size, bench.filled(id));
      const [standing] = bench.matcher.restingOrders;
      const isDone = bench.matcher.find(id)?.state === 'filled';
      assert.equal(standing === undefined, isDone);
      for (const { refusal } of answers(bench)) refusal === '' ? done++ : refused++;
    }),
    { seed, numRuns: 300 },
  );
  assert.ok(refused > 20 && done > 300, `${refused} refused, ${done} done`);
});
