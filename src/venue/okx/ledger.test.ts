import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventKind } from '../../core/events.ts';
import { Instrument, parseMoney } from '../../core/instrument.ts';
import { lots, type Money, money, ms, NO_MONEY, ticks, us } from '../../core/units.ts';
import type { VenueEvent } from '../venue.ts';
import type { OrderUpdate } from './codec/private.ts';
import { OrderLedger } from './ledger.ts';

const bitcoin = new Instrument({
  ...{
    instId: 'BTC-USDT-SWAP',
    instType: 'SWAP',
    ctType: 'linear',
    tickSz: '0.1',
    lotSz: '0.01',
    minSz: '0.01',
  },
  ...{ ctVal: '0.01', ctMult: '1', settleCcy: 'USDT' },
});

/** The pushes of one order's true life: live, a fill each, and its end. */
function life(sizes: readonly number[], canceled: boolean, ownFees: boolean): OrderUpdate[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const base: OrderUpdate = {
    ...{ clientOrderId: 'b1', venueOrderId: '900', algoId: '', algoClientId: '', side: 'buy', state: 'live' },
    ...{ price: ticks(600_000), requestId: '', amendResult: '', amendFailure: '' },
    ...{ size: lots(total + (canceled ? 1 : 0)), filled: lots(0), feeTotal: NO_MONEY, reduceOnly: false },
    ...{
      category: 'normal',
      reason: '',
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      fill: null,
    },
  };
  const pushes = [base];
  let filled = 0;
  let fees: Money = NO_MONEY;
  for (const [index, size] of sizes.entries()) {
    filled += size;
    const fee = parseMoney(`-0.${index + 1}`);
    fees = money(fees + fee);
    pushes.push({
      ...base,
      state: filled === total && !canceled ? 'filled' : 'partiallyFilled',
      filled: lots(filled),
      feeTotal: fees,
      fill: {
        ...{ tradeId: String(100 + index), exchangeAt: ms(index), price: ticks(600000), size: lots(size) },
        ...{ fee: ownFees ? fee : null, feeCurrency: 'USDT', maker: true, positionSide: 'net' as const },
      },
    });
  }
  if (canceled)
    pushes.push({
      ...base,
      state: 'canceled',
      filled: lots(filled),
      feeTotal: fees,
      reason: '1 by the user',
    });
  return pushes;
}

function told(run: (ledger: OrderLedger) => void): {
  fills: VenueEvent[];
  orders: VenueEvent[];
  all: VenueEvent[];
} {
  const all: VenueEvent[] = [];
  run(
    new OrderLedger(
      [bitcoin],
      (event) => all.push(event),
      () => {},
    ),
  );
  const of = (kind: number) => all.filter((event) => event.kind === kind);
  return { all, fills: of(EventKind.fill), orders: of(EventKind.order) };
}

const sizes = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 6 });

test('in whatever order and however often pushes come: each fill once, never back from the end', () => {
  fc.assert(
    fc.property(
      sizes,
      fc.boolean(),
      fc.array(fc.nat({ max: 30 }), { maxLength: 30 }),
      (list, canceled, picks) => {
        const pushes = life(list, canceled, true);
        // all of them at least once, in an order of chance, some again
        const shuffled = [...picks.map((pick) => pushes[pick % pushes.length]!), ...pushes];
        const { fills, orders } = told((ledger) => {
          for (const push of shuffled) ledger.applyOrder(0, push, us(1), true);
        });
        assert.equal(fills.length, list.length);
        const tradeIds = fills.map((event) => (event.kind === EventKind.fill ? event.tradeId : ''));
        assert.equal(new Set(tradeIds).size, list.length);
        const states = orders.map((event) => (event.kind === EventKind.order ? event : assert.fail()));
        const ends = states.filter(({ state }) => state === 'filled' || state === 'canceled');
        assert.equal(ends.length, 1);
        assert.equal(states.at(-1), ends[0]);
        assert.equal(
          ends[0]!.filled,
          list.reduce((sum, size) => sum + size, 0),
        );
        for (let index = 1; index < states.length; index++)
          assert.ok(states[index]!.filled >= states[index - 1]!.filled);
      },
    ),
  );
});

test('in their true order every push is told as it is, fills before the state they make', () => {
  fc.assert(
    fc.property(sizes, fc.boolean(), fc.boolean(), (list, canceled, ownFees) => {
      const { all } = told((ledger) => {
        for (const push of life(list, canceled, ownFees)) ledger.applyOrder(0, push, us(1), true);
      });
      let sum = 0;
      let fees = 0n;
      let expected = 0n;
      for (const event of all) {
        if (event.kind === EventKind.fill) {
          sum += event.size;
          fees += event.fee;
        } else if (event.kind === EventKind.order) assert.equal(event.filled, sum);
      }
      for (const [index] of list.entries()) expected += parseMoney(`-0.${index + 1}`);
      assert.equal(fees, expected, 'fees of the fills add up to the order’s, named by fill or only in total');
    }),
  );
});

test('a fill from the lists and the same from a push are one', () => {
  const [, push] = life([10], false, true);
  const { fills } = told((ledger) => {
    const row = { ...push!.fill!, venueOrderId: '900', clientOrderId: 'b1', side: 'buy' } as const;
    const known = { fills: [{ index: 0, value: row }], orders: new Map(), pairs: [] };
    ledger.applyFills(known, us(1));
    ledger.applyOrder(0, push!, us(2), true);
    ledger.applyFills(known, us(3));
  });
  assert.equal(fills.length, 1);
});

test('the last fill repeated in a list row is not told as new', () => {
  const [, push] = life([10], false, true);
  const { fills, orders } = told((ledger) => ledger.applyOrder(0, push!, us(1), false));
  assert.deepEqual([fills.length, orders.length], [0, 1]);
});

test('the row of an entry tells what its pair was placed with, not where it has been moved since', () => {
  const [live] = life([10], false, true);
  const entry = { ...live!, takeProfit: ticks(620_000), stopLoss: ticks(590_000), protectionId: 'b1p' };
  const [, child] = life([10], false, true);
  const { fills } = told((ledger) => {
    ledger.applyOrder(0, entry, us(1), true);
    ledger.moved(ledger.find('b1p')!, ticks(620_000), ticks(612_000), us(2));
    ledger.applyOrder(0, { ...entry, state: 'filled', filled: lots(10) }, us(3), false);
    const fill = { ...child!.fill!, price: ticks(611_900) };
    const ids = { clientOrderId: '', venueOrderId: '901', algoId: '500', algoClientId: 'b1p' };
    ledger.applyOrder(0, { ...child!, ...ids, side: 'sell', reduceOnly: true, fill }, us(4), true);
  });
  assert.deepEqual(
    fills.map((event) => event.kind === EventKind.fill && event.purpose),
    ['stopLoss'],
  );
});
