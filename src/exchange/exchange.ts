import { Account, type Credentials } from './accounts/account.ts';
import { Clearing } from './accounts/clearing.ts';
import type { Holding } from './accounts/holding.ts';
import { Ids } from './accounts/ids.ts';
import { Liquidator } from './accounts/liquidation.ts';
import type { AccountObserver, BalanceReason } from './accounts/observer.ts';
import { CANCELED, type Fill, type Order } from './accounts/order.ts';
import { OrderDesk } from './accounts/order-desk.ts';
import { Settings } from './accounts/settings.ts';
import type { Algo } from './algos/algo.ts';
import { AlgoDesk } from './algos/algo-desk.ts';
import { STEP_MS } from './market/agents.ts';
import type { Market, MarketListener } from './market/market.ts';
import type { Trade } from './market/trade.ts';
import { type Remembered, World } from './market/world.ts';
import type { LabelSink } from './scenarios/label.ts';
import { DEFAULT_SCENARIO, type Scenario } from './scenarios/scenario.ts';

/** Whoever wants to know what happens: the protocol in real time, a recorder in virtual time. */
export interface ExchangeObserver extends AccountObserver {
  traded(market: Market, trade: Trade, fills: readonly number[]): void;
  /** After each step of all markets. */
  stepped(now: number): void;
}

/**
 * The exchange without a wire: markets, accounts, orders and algos, driven step by step. In real time a scheduler calls
 * `advance`; in virtual time whoever likes.
 */
export class Exchange implements MarketListener, AccountObserver {
  readonly world: World;
  readonly accounts: Account[] = [];
  readonly clearing: Clearing;
  readonly orders: OrderDesk;
  readonly algos: AlgoDesk;
  readonly settings: Settings;
  private readonly liquidator: Liquidator;
  private readonly observers: ExchangeObserver[] = [];

  constructor(
    seed: number,
    startAt: number,
    remembered: Remembered | null = null,
    scenario: Scenario = DEFAULT_SCENARIO,
    label: LabelSink = () => undefined,
  ) {
    const ids = new Ids(startAt);
    this.clearing = new Clearing(ids, this);
    this.orders = new OrderDesk(this.clearing, ids, this);
    this.algos = new AlgoDesk(this.orders, ids, this);
    this.settings = new Settings(this.clearing, this);
    this.liquidator = new Liquidator(this.clearing, this.orders, () => this.followUp());
    this.world = new World(seed, startAt, this, remembered, scenario, label);
    for (const market of this.markets)
      market.book.reducible = (owner, tag) => this.orders.reducible(this.accounts[owner - 1]!, market, tag);
  }

  get now(): number {
    return this.world.now;
  }

  get markets(): readonly Market[] {
    return this.world.markets;
  }

  market(instId: string): Market | undefined {
    return this.markets.find(({ instrument }) => instrument.id === instId);
  }

  observe(observer: ExchangeObserver): void {
    this.observers.push(observer);
  }

  open(uid: string, credentials: Credentials): Account {
    const account = new Account(this.accounts.length + 1, uid, credentials);
    this.accounts.push(account);
    return account;
  }

  /** Lets time pass until `until`, in whole steps. */
  advance(until: number): void {
    while (this.now + STEP_MS <= until) {
      this.world.step();
      this.afterStep();
    }
  }

  /** Nobody ran the market until now: its bars are made up, its price stays, what fell due is done. */
  sleepUntil(until: number): void {
    this.world.sleepUntil(until);
    this.afterStep();
  }

  /** What an order that traded brings about: to be called after everything that may have traded. */
  followUp(): void {
    while (this.orders.moved.size > 0) {
      const moved = [...this.orders.moved];
      const traded = [...this.orders.traded];
      this.orders.moved.clear();
      this.orders.traded.clear();
      for (const [holding, account] of moved) {
        for (const order of traded)
          if (order.owner === account.number && account.holdingOf(order) === holding)
            this.algos.cover(account, holding.market, order);
        this.algos.positionMoved(account, holding);
        this.orders.trim(account, holding);
      }
    }
  }

  private afterStep(): void {
    const now = this.now;
    this.followUp();
    for (const market of this.markets) {
      for (const account of this.accounts) this.algos.watch(account, market);
      market.clearExtremes();
      while (now >= market.funding.nextAt) this.clearing.fund(this.accounts, market, market.funding.settle());
    }
    for (const account of this.accounts) {
      if (now % 100 === 0) this.liquidator.check(account);
      for (const [tag, at] of account.switches) if (now >= at) this.release(account, tag);
    }
    this.followUp();
    for (const observer of this.observers) observer.stepped(now);
  }

  /** A dead man's switch fired: orders go, positions and their stops stay. */
  private release(account: Account, tag: string): void {
    account.switches.delete(tag);
    for (const order of [...account.orders.values()])
      if (tag === '' || order.tag === tag) this.orders.cancel(account, order, CANCELED.deadMansSwitch);
  }

  makerFilled(
    market: Market,
    owner: number,
    tag: number,
    price: number,
    size: number,
    _left: number,
    tradeId: number,
  ): void {
    const account = this.accounts[owner - 1]!;
    this.orders.makerFilled(account, account.orders.get(tag)!, market, price, size, tradeId);
  }

  makerRemoved(market: Market, owner: number, tag: number): void {
    const account = this.accounts[owner - 1]!;
    this.orders.makerRemoved(account, account.orders.get(tag)!, market.now);
  }

  traded(market: Market, trade: Trade, fills: readonly number[]): void {
    for (const observer of this.observers) observer.traded(market, trade, fills);
  }

  orderChanged(account: Account, order: Order, fill: Fill | null): void {
    for (const observer of this.observers) observer.orderChanged(account, order, fill);
  }

  algoChanged(account: Account, algo: Algo): void {
    for (const observer of this.observers) observer.algoChanged(account, algo);
  }

  balanceChanged(account: Account, holding: Holding, reason: BalanceReason): void {
    for (const observer of this.observers) observer.balanceChanged(account, holding, reason);
  }
}
