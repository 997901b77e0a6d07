import { formatMoney } from '../../core/instrument.ts';
import type { Account } from '../accounts/account.ts';
import type { Holding } from '../accounts/holding.ts';
import type { AccountObserver, BalanceReason } from '../accounts/observer.ts';
import type { Fill, Order } from '../accounts/order.ts';
import type { Algo } from '../algos/algo.ts';
import type { Exchange } from '../exchange.ts';
import { balanceRow, positionRow } from './account-rows.ts';
import type { Hub } from './hub.ts';
import { algoRow, fillPush, orderPush } from './order-rows.ts';

/** What OKX tells of on `algo-advance` instead of `orders-algo`. */
const isAdvanced = (algo: Algo): boolean => algo.type === 'move_order_stop';

/** Events within this long are one push on `account` and `positions`. */
const MERGE_MS = 50;
/** How often an unchanged state is told to those who asked for nothing else. */
export const REGULAR_MS = 5000;
const INTERVALS_MS = [2000, 3000, 4000, REGULAR_MS];

export const topicOf = (channel: string, account: Account, filter: string): string =>
  `${channel}|${account.uid}|${filter}`;
/** Of those who also want the push every so often. */
export const regular = (topic: string, intervalMs: number): string => `${topic}|${intervalMs}`;
export const EVERYTHING = '*';

/**
 * The private streams. Messages are written at once, with the state of that moment, but leave only with `drain`: after
 * the state has been saved and the answer to a request has gone out.
 */
export class PrivateFeed implements AccountObserver {
  /** Something changed that has to survive. */
  dirty = false;
  private readonly exchange: Exchange;
  private readonly hub: Hub;
  private readonly outbox: [topic: string, rest: string][] = [];
  private readonly changed = new Map<Account, Set<Holding>>();

  constructor(exchange: Exchange, hub: Hub) {
    this.exchange = exchange;
    this.hub = hub;
  }

  drain(): void {
    for (const [topic, rest] of this.outbox) this.hub.send(topic, rest);
    this.outbox.length = 0;
  }

  orderChanged(account: Account, order: Order, fill: Fill | null): void {
    this.dirty = true;
    const market = this.exchange.market(order.instId)!;
    this.queue(
      'orders',
      account,
      order.instId,
      () => `"data":[${JSON.stringify(orderPush(market, order, fill))}]`,
    );
    if (fill !== null)
      this.queue('fills', account, order.instId, () => `"data":[${JSON.stringify(fillPush(market, fill))}]`);
  }

  algoChanged(account: Account, algo: Algo): void {
    this.dirty = true;
    const market = this.exchange.market(algo.instId)!;
    this.queue(
      isAdvanced(algo) ? 'algo-advance' : 'orders-algo',
      account,
      algo.instId,
      () => `"data":[${JSON.stringify(isAdvanced(algo) ? this.advancedRow(algo) : algoRow(market, algo))}]`,
    );
  }

  balanceChanged(account: Account, holding: Holding, reason: BalanceReason): void {
    this.dirty = true;
    const changed = this.changed.get(account) ?? new Set();
    this.changed.set(account, changed.add(holding));
    this.queue('balance_and_position', account, EVERYTHING, () => {
      const row = this.balanceAndPosition(
        account,
        [holding],
        [holding.position.instrument.settleCurrency],
        reason,
      );
      return `"data":[${JSON.stringify(row)}]`;
    });
  }

  step(now: number): void {
    if (now % MERGE_MS === 0) {
      for (const [account, holdings] of this.changed) this.tellChanges(account, holdings);
      this.changed.clear();
    }
    for (const interval of INTERVALS_MS)
      if (now % interval === 0)
        for (const account of this.exchange.accounts) this.tellRegularly(account, interval);
  }

  /** What a new subscriber is told at once; null where the stream just goes on. */
  greeting(channel: string, account: Account, filter: string): string | null {
    if (channel === 'account')
      return `"eventType":"snapshot","curPage":1,"lastPage":true,"data":[${JSON.stringify(
        balanceRow(account, this.exchange.markets, filter === EVERYTHING ? '' : filter),
      )}]`;
    if (channel === 'positions') return this.positions(account, filter);
    if (channel === 'algo-advance') return this.advanced(account, filter);
    if (channel !== 'balance_and_position') return null;
    const holdings = [...account.holdings.values()].filter(({ size }) => size !== 0);
    const row = this.balanceAndPosition(account, holdings, [...account.cash.keys()], 'snapshot');
    return `"data":[${JSON.stringify(row)}]`;
  }

  private positions(account: Account, filter: string): string {
    const rows = [...account.holdings.values()]
      .filter(({ size, market }) => size !== 0 && (filter === EVERYTHING || filter === market.instrument.id))
      .map((holding) => this.position(account, holding));
    return `"eventType":"snapshot","curPage":1,"lastPage":true,"data":${JSON.stringify(rows)}`;
  }

  /** Trailing stops that are waiting; nothing is said when there are none. */
  private advanced(account: Account, filter: string): string | null {
    const rows = [...account.algos.values()]
      .filter((algo) => isAdvanced(algo) && (filter === EVERYTHING || filter === algo.instId))
      .map((algo) => this.advancedRow(algo));
    return rows.length === 0 ? null : `"data":${JSON.stringify(rows)}`;
  }

  private advancedRow(algo: Algo): Record<string, unknown> {
    return { ...algoRow(this.exchange.market(algo.instId)!, algo), pTime: String(this.exchange.now) };
  }

  private position(account: Account, holding: Holding): Record<string, unknown> {
    return { ...positionRow(account, holding), pTime: String(this.exchange.now) };
  }

  private tellChanges(account: Account, holdings: Set<Holding>): void {
    const currencies = new Set<string>();
    for (const holding of holdings) {
      const { instrument } = holding.position;
      currencies.add(instrument.settleCurrency);
      this.queue(
        'positions',
        account,
        instrument.id,
        () => `"eventType":"event_update","data":[${JSON.stringify(this.position(account, holding))}]`,
      );
    }
    for (const currency of currencies)
      this.queue('account', account, currency, () => {
        const row = balanceRow(account, this.exchange.markets, currency);
        return `"eventType":"event_update","data":[${JSON.stringify(row)}]`;
      });
  }

  private tellRegularly(account: Account, interval: number): void {
    const filters = [
      EVERYTHING,
      ...this.exchange.markets.map(({ instrument }) => instrument.id),
      ...account.cash.keys(),
    ];
    for (const channel of ['account', 'positions'])
      for (const filter of filters) {
        const topic = regular(topicOf(channel, account, filter), interval);
        if (!this.hub.has(topic)) continue;
        const message = this.greeting(channel, account, filter)!;
        if (!message.endsWith('"data":[]')) this.outbox.push([topic, message]);
      }
  }

  private queue(channel: string, account: Account, filter: string, rest: () => string): void {
    const filters = filter === EVERYTHING ? [EVERYTHING] : [EVERYTHING, filter];
    let text = '';
    for (const one of filters) {
      const topic = topicOf(channel, account, one);
      if (!this.hub.has(topic)) continue;
      if (text === '') text = rest();
      this.outbox.push([topic, text]);
    }
  }

  private balanceAndPosition(
    account: Account,
    holdings: readonly Holding[],
    currencies: readonly string[],
    reason: BalanceReason | 'snapshot',
  ): Record<string, unknown> {
    const at = String(this.exchange.now);
    return {
      pTime: at,
      eventType: reason,
      balData: currencies.map((ccy) => ({ ccy, cashBal: formatMoney(account.balance(ccy)), uTime: at })),
      posData: holdings.map((holding) => {
        const row = positionRow(account, holding);
        return {
          posId: row.posId,
          tradeId: row.tradeId,
          instId: row.instId,
          instType: row.instType,
          mgnMode: row.mgnMode,
          posSide: row.posSide,
          pos: row.pos,
          ccy: row.ccy,
          posCcy: row.posCcy,
          avgPx: row.avgPx,
          nonSettleAvgPx: '',
          settledPnl: '',
          uTime: row.uTime,
        };
      }),
      trades:
        reason === 'filled'
          ? holdings.map(({ tradeId, market }) => ({
              instId: market.instrument.id,
              tradeId: String(tradeId),
            }))
          : [],
    };
  }
}
