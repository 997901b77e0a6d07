import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FillEvent, FundingPaymentEvent } from '../../core/events.ts';
import { Instrument } from '../../core/instrument.ts';
import { Account } from '../../core/position/account.ts';
import {
  type Lots,
  lots,
  type Money,
  money,
  ms,
  opposite,
  type Side,
  type Ticks,
  ticks,
  us,
} from '../../core/units.ts';
import { decompose, netOf, PARTS, sumOf, type TripFigures } from './decompose.ts';

const LINEAR = new Instrument({
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
const INVERSE = new Instrument({
  ...LINEAR.spec,
  instId: 'BTC-USD-SWAP',
  ctType: 'inverse',
  lotSz: '1',
  minSz: '1',
  ctVal: '100',
  settleCcy: 'BTC',
});

interface Fill {
  readonly size: number;
  readonly price: number;
  readonly fee: bigint;
}
interface Trade {
  readonly entries: readonly Fill[];
  readonly exitPrice: number;
  readonly exitFee: bigint;
  readonly funding: bigint;
}

const fills = fc.record({
  size: fc.integer({ min: 1, max: 5_000 }),
  price: fc.integer({ min: 400_000, max: 900_000 }),
  fee: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 18n }),
});
const trades = fc.record({
  entries: fc.array(fills, { minLength: 1, maxLength: 4 }),
  exitPrice: fc.integer({ min: 400_000, max: 900_000 }),
  exitFee: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 18n }),
  funding: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
});

/** What the account books of a trade. */
function booked(instrument: Instrument, side: Side, trade: Trade): { figures: TripFigures; change: Money } {
  const account = new Account([instrument]);
  let id = 0;
  const fill = (taken: Side, size: number, price: number, fee: bigint) =>
    account.fill(
      new FillEvent(
        us(1),
        0,
        'a',
        '',
        `${id++}`,
        ms(1),
        taken,
        ticks(price),
        lots(size),
        money(fee),
        false,
        'entry',
        '',
      ),
    )!.closed;
  let entryValue = 0n;
  let size = 0;
  for (const each of trade.entries) {
    fill(side, each.size, each.price, each.fee);
    entryValue += instrument.value(each.size as Lots, each.price as Ticks);
    size += each.size;
  }
  account.pay(new FundingPaymentEvent(us(1), 0, 'f', ms(1), money(trade.funding)));
  const closed = fill(opposite(side), size, trade.exitPrice, trade.exitFee)!;
  return {
    figures: {
      size: BigInt(size),
      entryValue,
      exitValue: instrument.value(size as Lots, trade.exitPrice as Ticks),
      realized: closed.realized,
      fees: closed.fees,
      funding: closed.funding,
    },
    change: account.balance,
  };
}

for (const instrument of [LINEAR, INVERSE])
  for (const side of ['buy', 'sell'] as const) {
    const gain = (side === 'buy') === !instrument.inverse ? 1n : -1n;

    test(`${instrument.id} ${side}: the parts sum up to the difference of the balances, to the last digit`, () => {
      fc.assert(
        fc.property(trades, trades, (venue, paper) => {
          const there = booked(instrument, side, venue);
          const here = booked(instrument, side, paper);
          const parts = decompose(there.figures, here.figures, gain);
          assert.equal(sumOf(PARTS.map((part) => parts[part])), there.change - here.change);
          assert.equal(netOf(there.figures), there.change);
        }),
      );
    });

    test(`${instrument.id} ${side}: each single difference is in its own part alone`, () => {
      fc.assert(
        fc.property(trades, fc.integer({ min: 1, max: 1_000 }), (trade, step) => {
          const here = booked(instrument, side, trade);
          const partsOf = (other: Trade) => {
            const there = booked(instrument, side, other);
            const parts = decompose(there.figures, here.figures, gain);
            const difference = there.change - here.change;
            const told = Object.fromEntries(
              PARTS.filter((part) => parts[part] !== 0n).map((part) => [part, parts[part]]),
            );
            return { told, difference };
          };
          const fee = partsOf({ ...trade, exitFee: trade.exitFee - BigInt(step) });
          assert.deepEqual(fee.told, { fee: -BigInt(step) });
          const funding = partsOf({ ...trade, funding: trade.funding + BigInt(step) });
          assert.deepEqual(funding.told, { funding: BigInt(step) });
          const exit = partsOf({ ...trade, exitPrice: trade.exitPrice + step });
          assert.deepEqual(exit.told, { exit: exit.difference });
          const entry = partsOf({
            ...trade,
            entries: trade.entries.map((each) => ({ ...each, price: each.price + step })),
          });
          assert.deepEqual(entry.told, { entry: entry.difference });
        }),
      );
    });
  }

test('twice the size at the same prices and rates is size alone', () => {
  const once: Trade = {
    entries: [{ size: 100, price: 600_000, fee: -(10n ** 16n) }],
    exitPrice: 601_000,
    exitFee: -(10n ** 16n),
    funding: 10n ** 15n,
  };
  const twice: Trade = {
    entries: [{ size: 200, price: 600_000, fee: -(2n * 10n ** 16n) }],
    exitPrice: 601_000,
    exitFee: -(2n * 10n ** 16n),
    funding: 2n * 10n ** 15n,
  };
  const there = booked(LINEAR, 'buy', twice);
  const here = booked(LINEAR, 'buy', once);
  assert.deepEqual(decompose(there.figures, here.figures, 1n), {
    size: here.change,
    entry: 0n,
    exit: 0n,
    fee: 0n,
    funding: 0n,
  });
});
