import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMoney } from '../../core/instrument.ts';
import { BTC } from '../../core/testing/specs.ts';
import { lots, ms, ticks } from '../../core/units.ts';
import { PaperAccount } from './account.ts';
import { BookLiquidity } from './book-liquidity.ts';
import { CONFIG } from './testing/bench.ts';

const HOUR = 3_600_000;

test('a rate told again in the millisecond it was charged in is not charged again; the next period’s is', () => {
  const account = new PaperAccount(CONFIG, [BTC], [new BookLiquidity(CONFIG)]);
  account.fill(0, 'buy', lots(100), ticks(600_000), false);
  account.mark(0, ticks(610_000));
  const charges: string[] = [];
  const settle = (now: number) =>
    account.settleFunding(ms(now), (_, at, amount) => charges.push(`${at / HOUR} h: ${formatMoney(amount)}`));

  account.expectFunding(0, '0.0001', ms(8 * HOUR), ms(HOUR));
  settle(8 * HOUR);
  const balance = account.balance;
  for (let again = 0; again < 3; again++) {
    account.expectFunding(0, '0.0001', ms(8 * HOUR), ms(8 * HOUR));
    settle(8 * HOUR);
  }
  assert.equal(account.balance, balance);
  account.expectFunding(0, '0.0002', ms(16 * HOUR), ms(8 * HOUR));
  settle(16 * HOUR);
  // 1 contract of 0.01 BTC, 610 USDT
  assert.deepEqual(charges, ['8 h: -0.061', '16 h: -0.122']);
});

test('the rate of a time that has passed is not charged afterwards', () => {
  const account = new PaperAccount(CONFIG, [BTC], [new BookLiquidity(CONFIG)]);
  account.fill(0, 'buy', lots(100), ticks(600_000), false);
  const balance = account.balance;
  account.expectFunding(0, '0.0001', ms(8 * HOUR), ms(8 * HOUR + 1));
  account.settleFunding(ms(9 * HOUR), () => assert.fail('charged'));
  assert.equal(account.balance, balance);
});
