import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMoney } from '../../core/instrument.ts';
import { money } from '../../core/units.ts';
import { Exchange } from '../exchange.ts';
import { Random } from '../random.ts';
import type { Account } from './account.ts';
import { marginOf } from './margin.ts';
import type { OrderType } from './order.ts';
import { attachment, CANCELED, isOpen } from './order.ts';

const START = 1_795_340_400_000;
const TYPES: readonly OrderType[] = ['market', 'limit', 'limit', 'post_only', 'ioc', 'fok'];

interface World {
  readonly exchange: Exchange;
  readonly accounts: readonly Account[];
}

function world(seed: number, cash: string): World {
  const exchange = new Exchange(seed, START);
  const accounts = ['1', '2', '3'].map((uid) => {
    const account = exchange.open(uid, { apiKey: uid, secret: uid, passphrase: uid });
    account.credit('USDT', parseMoney(cash));
    account.credit('BTC', parseMoney('0.5'));
    for (const market of exchange.markets) account.holding(market).leverage = 50;
    return account;
  });
  return { exchange, accounts };
}

/** One thing a user might do, sensible or not. */
function act({ exchange, accounts }: World, random: Random): void {
  const account = accounts[random.below(accounts.length)]!;
  const market = exchange.markets[random.below(exchange.markets.length)]!;
  const orders = [...account.orders.values()];
  const order = orders[random.below(orders.length)];
  const choice = random.uniform();
  if (choice < 0.15 && order !== undefined) exchange.orders.cancel(account, order, CANCELED.user);
  else if (choice < 0.3 && order !== undefined)
    exchange.orders.amend(account, order, {
      size: Math.max(1, order.size + random.below(200) - 100),
      price: random.chance(0.5) ? 0 : Math.round(order.price * (1 + 0.0005 * random.normal())),
      requestId: '',
      cancelOnFail: random.chance(0.5),
    });
  else
    exchange.orders.place(account, {
      market,
      side: random.chance(0.5) ? 'buy' : 'sell',
      type: TYPES[random.below(TYPES.length)]!,
      size: 1 + random.below(random.chance(0.1) ? 200_000 : 2000),
      price: Math.round(market.middle * (1 + 0.0004 * random.normal())),
      clientId: '',
      tag: '',
      reduceOnly: random.chance(0.15),
      attachments: random.chance(0.3)
        ? [
            attachment(
              '',
              { at: Math.round(market.middle * 1.0008), watches: 'last', price: 0 },
              { at: Math.round(market.middle * 0.9992), watches: 'mark', price: 0 },
            ),
          ]
        : [],
    });
  exchange.followUp();
}

function sums({ exchange, accounts }: World): Record<string, string> {
  return Object.fromEntries(
    [...exchange.clearing.invariant(accounts)].map(([ccy, sum]) => [ccy, String(sum)]),
  );
}

test('money is neither made nor lost: users, house, fees and insurance add up to the last digit', () => {
  for (const seed of [1, 2, 3]) {
    const all = world(seed, '20000');
    const random = new Random(seed, 99);
    const before = sums(all);
    for (let i = 0; i < 1500; i++) {
      act(all, random);
      if (random.chance(0.3)) all.exchange.advance(all.exchange.now + 10 * (1 + random.below(20)));
      if (i % 50 === 0) assert.deepEqual(sums(all), before, `seed ${seed} step ${i}`);
    }
    for (const market of all.exchange.markets) {
      all.exchange.clearing.fund(all.accounts, market, { at: all.exchange.now, rate: '0.00123' });
      assert.deepEqual(sums(all), before, `seed ${seed} funding`);
    }
    for (const account of all.accounts) {
      assert.ok(account.fills.items.length > 20, `seed ${seed}: hardly traded`);
      for (const order of account.orders.values())
        assert.ok(isOpen(order) && all.exchange.market(order.instId)!.book.tagOf(order.slot) === order.id);
      for (const order of account.pastOrders.items) assert.ok(!isOpen(order), `seed ${seed}: ${order.state}`);
    }
  }
});

test('who can no longer carry his position is liquidated, and owes nobody anything', () => {
  const all = world(8, '150');
  const { exchange, accounts } = all;
  const before = sums(all);
  const market = exchange.markets[0]!;
  const [account] = accounts;
  account!.holding(market).leverage = 100;
  const placed = exchange.orders.place(account!, {
    market,
    side: 'buy',
    type: 'market',
    size: 2300,
    price: 0,
    clientId: '',
    tag: '',
    reduceOnly: false,
    attachments: [],
  });
  assert.ok(placed.ok, placed.ok ? '' : placed.error.message);
  exchange.followUp();
  // a loss elsewhere, so that half of the maintenance margin is left
  const figures = marginOf(account!, 'USDT');
  const loss = money(figures.equity - figures.maintenance / 2n);
  account!.credit('USDT', money(-loss));
  exchange.advance(exchange.now + 1000);
  assert.equal(account!.holding(market).size, 0);
  assert.equal(account!.balance('USDT'), 0n);
  assert.equal(marginOf(account!, 'USDT').maintenance, 0n);
  assert.equal(account!.pastOrders.items.at(-1)!.category, 'full_liquidation');
  account!.credit('USDT', loss);
  assert.deepEqual(sums(all), before);
});
