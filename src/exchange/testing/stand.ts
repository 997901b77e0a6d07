import assert from 'node:assert/strict';
import { parseMoney } from '../../core/instrument.ts';
import type { Result } from '../../core/result.ts';
import type { Account } from '../accounts/account.ts';
import type { Order } from '../accounts/order.ts';
import type { Placement } from '../accounts/order-desk.ts';
import type { Refusal } from '../accounts/refusal.ts';
import { Exchange } from '../exchange.ts';

/** What the tests of accounts and algos begin with: an exchange without a wire, users with money, orders that go in. */

export const START = 1_795_340_400_000;

type Cash = Readonly<Record<string, string>>;

/** Without a past of days (which takes its time) unless it is asked for. */
export function openExchange(seed: number, cash: Cash = {}, withPast = false): [Exchange, Account] {
  const nothing = { clock: START, prices: {}, markets: new Map() };
  const exchange = new Exchange(seed, START, withPast ? null : nothing);
  return [exchange, openAccount(exchange, cash)];
}

export function openAccount(exchange: Exchange, cash: Cash = {}): Account {
  const uid = String(exchange.accounts.length + 1);
  const account = exchange.open(uid, { apiKey: `k${uid}`, secret: 's', passphrase: 'p' });
  for (const [currency, amount] of Object.entries(cash)) account.credit(currency, parseMoney(amount));
  return account;
}

type Asked = Partial<Placement> & Pick<Placement, 'market' | 'size'>;

/** A market order to buy unless it is asked for otherwise; what it brings about has happened on return. */
export function send(exchange: Exchange, account: Account, asked: Asked): Result<Order, Refusal> {
  const placed = exchange.orders.place(account, {
    side: 'buy',
    type: 'market',
    price: 0,
    clientId: '',
    tag: '',
    reduceOnly: false,
    attachments: [],
    ...asked,
  });
  exchange.followUp();
  return placed;
}

/** As `send`, for orders that have to be accepted. */
export const place = (exchange: Exchange, account: Account, asked: Asked): Order =>
  accepted(send(exchange, account, asked));

export function accepted<T>(result: Result<T, Refusal>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code} ${result.error.message}`);
  return result.value;
}

/** OKX's code of an answer. */
export const codeOf = (result: Result<unknown, Refusal>): string => (result.ok ? '0' : result.error.code);
