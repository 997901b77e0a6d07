import assert from 'node:assert/strict';
import { ASK, BID } from '../../core/book/frame.ts';
import { parseMoney } from '../../core/instrument.ts';
import { money, type Side } from '../../core/units.ts';
import type { Account } from '../accounts/account.ts';
import type { MarginMode, PositionSide } from '../accounts/holding.ts';
import { Liquidator } from '../accounts/liquidation.ts';
import { type Attachment, attachment, CANCELED, isOpen, type OrderType } from '../accounts/order.ts';
import { closing } from '../accounts/order-desk.ts';
import { closable } from '../accounts/reducing.ts';
import type { AlgoType, Trailing, Trigger } from '../algos/algo.ts';
import { Exchange } from '../exchange.ts';
import type { Market } from '../market/market.ts';
import { Random } from '../random.ts';

/** What happened in some random runs, so that a test can say that it was not nothing. */
export interface Tally {
  fills: number;
  liquidations: number;
  partialLiquidations: number;
  fundings: number;
  fired: number;
  marginMoves: number;
  isolated: number;
  inverse: number;
  hedged: number;
}

export const emptyTally = (): Tally => ({
  fills: 0,
  liquidations: 0,
  partialLiquidations: 0,
  fundings: 0,
  fired: 0,
  marginMoves: 0,
  isolated: 0,
  inverse: 0,
  hedged: 0,
});

/** For somebody who looks on. */
export interface RandomOptions {
  /** Each user has one margin mode in each market, instead of one for each order. */
  readonly oneMode?: boolean;
  /** Before there are users. */
  readonly begun?: (exchange: Exchange) => void;
  /** Money was put in. */
  readonly credited?: (account: Account, currency: string, amount: bigint) => void;
  /** After every tenth action. */
  readonly check?: (context: string) => void;
}

const START = 1_795_340_400_000;
const TYPES: readonly OrderType[] = [
  'market',
  'market',
  'limit',
  'limit',
  'limit',
  'post_only',
  'ioc',
  'fok',
];
const PREVENTION = ['cancel_maker', 'cancel_taker', 'cancel_both'] as const;
const ALGOS: readonly AlgoType[] = ['conditional', 'oco', 'trigger', 'move_order_stop'];
const ACTIONS = 160;

/** Users who do what comes to their minds, on a market that is shaken now and then. */
class RandomRun {
  private readonly exchange: Exchange;
  private readonly options: RandomOptions;
  private readonly modes = new Map<string, MarginMode>();
  private readonly liquidator: Liquidator;
  private readonly random: Random;
  private readonly tally: Tally;
  private readonly put = new Map<string, bigint>();
  private readonly context: string;

  constructor(seed: number, tally: Tally, options: RandomOptions) {
    this.options = options;
    this.context = `seed ${seed}`;
    this.tally = tally;
    this.random = new Random(seed, 99);
    // a market that goes on from nothing needs no past, which would take most of the time
    this.exchange = new Exchange(seed, START, { clock: START, prices: {}, markets: new Map() });
    this.liquidator = new Liquidator(this.exchange.clearing, this.exchange.orders, () =>
      this.exchange.followUp(),
    );
    options.begun?.(this.exchange);
    for (const uid of ['1', '2', '3']) this.open(uid);
    if (this.random.chance(0.25)) this.openWhales();
  }

  private credit(account: Account, currency: string, amount: string): void {
    account.credit(currency, parseMoney(amount));
    this.options.credited?.(account, currency, parseMoney(amount));
    this.put.set(currency, (this.put.get(currency) ?? 0n) + parseMoney(amount));
  }

  /** Two who hold a position of the third tier against each other, with little to spare. */
  private openWhales(): void {
    const { exchange, random } = this;
    const [one, other] = exchange.accounts;
    const [market] = exchange.markets;
    const mode: MarginMode = random.chance(0.5) ? 'cross' : 'isolated';
    for (const account of [one!, other!]) this.modeFor(account, market!, mode);
    const price = market!.book.best(BID) + 1;
    for (const [account, side] of [
      [one!, 'sell'],
      [other!, 'buy'],
    ] as const) {
      const hedged = account.positionMode !== 'net_mode';
      const positionSide: PositionSide = !hedged ? 'net' : side === 'buy' ? 'long' : 'short';
      this.credit(account, 'USDT', '250000');
      exchange.settings.setLeverage(account, market!, mode, positionSide, 20);
      const order = {
        market: market!,
        side,
        type: 'limit',
        size: 800_000,
        price,
        mode,
        positionSide,
      } as const;
      const rest = { clientId: '', tag: '', reduceOnly: false, attachments: [] };
      exchange.orders.place(account, { ...order, ...rest });
    }
    exchange.followUp();
  }

  private open(uid: string): void {
    const { exchange, random } = this;
    const account = exchange.open(uid, { apiKey: uid, secret: uid, passphrase: uid });
    for (const [currency, amount] of [
      ['USDT', String(1000 + random.below(random.chance(0.2) ? 10_000_000 : 100_000))],
      ['BTC', `${random.chance(0.2) ? random.below(100) : 0}.${1 + random.below(99)}`],
    ] as const) {
      this.credit(account, currency, amount);
    }
    if (random.chance(0.5)) exchange.settings.setPositionMode(account, 'long_short_mode');
    const sides: readonly PositionSide[] = account.positionMode === 'net_mode' ? ['net'] : ['long', 'short'];
    for (const market of exchange.markets)
      for (const mode of ['cross', 'isolated'] as const)
        for (const side of sides)
          exchange.settings.setLeverage(account, market, mode, side, [10, 20, 50, 100][random.below(4)]!);
  }

  play(): void {
    for (let i = 1; i <= ACTIONS; i++) {
      this.act();
      this.exchange.followUp();
      if (this.random.chance(0.4))
        this.exchange.advance(this.exchange.now + 10 * (1 + this.random.below(10)));
      if (i % 10 === 0) this.check(`${this.context} action ${i}`);
    }
    this.check(`${this.context} at the end`);
    this.count();
  }

  private act(): void {
    const { exchange, random } = this;
    const account = exchange.accounts[random.below(exchange.accounts.length)]!;
    const market = exchange.markets[random.below(exchange.markets.length)]!;
    const mode = this.modeFor(account, market, random.chance(0.5) ? 'cross' : 'isolated');
    const positionSide: PositionSide =
      account.positionMode === 'net_mode' ? 'net' : random.chance(0.5) ? 'long' : 'short';
    const choice = random.uniform();
    if (choice < 0.5) this.place(account, market, mode, positionSide);
    else if (choice < 0.6) this.cancelOrAmend(account);
    else if (choice < 0.76) this.placeAlgo(account, market, mode, positionSide);
    else if (choice < 0.8) this.amendAlgo(account);
    else if (choice < 0.85) this.adjust(account, market, positionSide);
    else if (choice < 0.88) this.close(account);
    else if (choice < 0.92) this.fund(market);
    else if (choice < 0.94)
      exchange.settings.setLeverage(account, market, mode, positionSide, 1 + random.below(100));
    else this.shake(market);
  }

  /** The margin mode just drawn, or what this user uses in this market. */
  private modeFor(account: Account, market: Market, drawn: MarginMode): MarginMode {
    if (!this.options.oneMode) return drawn;
    const key = `${account.uid} ${market.instrument.id}`;
    const mode = this.modes.get(key) ?? drawn;
    this.modes.set(key, mode);
    return mode;
  }

  private price(market: Market): number {
    return Math.max(1, Math.round(market.middle * (1 + 0.0004 * this.random.normal())));
  }

  private place(account: Account, market: Market, mode: MarginMode, positionSide: PositionSide): void {
    const { random } = this;
    const side: Side = random.chance(0.5) ? 'buy' : 'sell';
    const large = random.chance(0.25);
    this.exchange.orders.place(account, {
      market,
      side,
      type: TYPES[random.below(TYPES.length)]!,
      size: 1 + random.below(large ? 2_000_000 : 4000),
      price: this.price(market),
      clientId: '',
      tag: '',
      reduceOnly: random.chance(0.2),
      attachments: random.chance(0.35) ? this.attachments(market, side) : [],
      mode,
      positionSide,
      selfTrade: PREVENTION[random.below(3)]!,
      amendPrice: random.chance(0.3),
    });
  }

  private trigger(market: Market, move: number, limit: boolean): Trigger {
    const at = Math.round(market.middle * (1 + move));
    const watches = (['last', 'mark', 'index'] as const)[this.random.below(3)]!;
    return { at, watches, price: limit ? at : 0 };
  }

  private trailing(market: Market): Trailing {
    return this.random.chance(0.5)
      ? { ratio: '0.001', spread: 0, activeAt: 0 }
      : { ratio: '', spread: Math.round(market.middle * 0.0005), activeAt: 0 };
  }

  private attachments(market: Market, side: Side): Attachment[] {
    const { random } = this;
    const sign = side === 'buy' ? 1 : -1;
    if (random.chance(0.2)) return [{ ...attachment('', null, null), trailing: this.trailing(market) }];
    const takeProfit = this.trigger(market, 0.002 * sign, random.chance(0.3));
    const stopLoss = this.trigger(market, -0.002 * sign, false);
    const limit = random.chance(0.3);
    return [
      {
        ...attachment('', limit ? { ...takeProfit, price: takeProfit.at } : takeProfit, stopLoss),
        limitTakeProfit: limit,
      },
    ];
  }

  private cancelOrAmend(account: Account): void {
    const { exchange, random } = this;
    const orders = [...account.orders.values()];
    const order = orders[random.below(orders.length)];
    if (order === undefined) return;
    if (random.chance(0.4)) exchange.orders.cancel(account, order, CANCELED.user);
    else
      exchange.orders.amend(account, order, {
        size: Math.max(1, order.size + random.below(200) - 100),
        price: random.chance(0.5) ? 0 : this.price(account.holdingOf(order).market),
        requestId: '',
        cancelOnFail: random.chance(0.5),
      });
  }

  private placeAlgo(account: Account, market: Market, mode: MarginMode, positionSide: PositionSide): void {
    const { random } = this;
    const side: Side = random.chance(0.5) ? 'buy' : 'sell';
    const sign = side === 'sell' ? 1 : -1;
    const type = ALGOS[random.below(ALGOS.length)]!;
    const isPair = type === 'oco' || type === 'conditional';
    this.exchange.algos.place(account, {
      market,
      type,
      side,
      mode,
      positionSide,
      size: random.chance(0.3) ? 0 : 1 + random.below(5000),
      takeProfit: type === 'oco' ? this.trigger(market, 0.001 * sign, false) : null,
      stopLoss: isPair ? this.trigger(market, -0.001 * sign, random.chance(0.2)) : null,
      trigger: type === 'trigger' ? this.trigger(market, 0.0005 * random.normal(), random.chance(0.5)) : null,
      trailing: type === 'move_order_stop' ? this.trailing(market) : null,
      attachments: [],
      reduceOnly: random.chance(0.6),
      cancelOnClose: random.chance(0.5),
      clientId: '',
      tag: '',
    });
  }

  private amendAlgo(account: Account): void {
    const { exchange, random } = this;
    const algos = [...account.algos.values()];
    const algo = algos[random.below(algos.length)];
    if (algo === undefined) return;
    exchange.algos.amend(account, algo, {
      size: random.chance(0.5) ? 1 + random.below(5000) : 0,
      takeProfit: algo.type === 'oco' && random.chance(0.3) ? 'remove' : null,
      stopLoss: null,
      trigger: null,
      trailing: null,
      requestId: '',
      cancelOnFail: false,
    });
  }

  private adjust(account: Account, market: Market, positionSide: PositionSide): void {
    const holding = account.holding(market, 'isolated', positionSide);
    const amount = holding.margin / BigInt(2 + this.random.below(8));
    const before = holding.margin;
    this.exchange.settings.adjustMargin(account, holding, money(this.random.chance(0.5) ? amount : -amount));
    if (holding.margin !== before) this.tally.marginMoves += 1;
  }

  private close(account: Account): void {
    const open = [...account.holdings.values()].filter(({ size }) => size !== 0);
    const holding = open[this.random.below(open.length)];
    if (holding !== undefined) this.exchange.orders.place(account, closing(holding, '', ''));
  }

  private fund(market: Market): void {
    const rate = ((this.random.uniform() - 0.5) * 0.006).toFixed(10);
    this.exchange.clearing.fund(this.exchange.accounts, market, { at: this.exchange.now, rate });
  }

  /** Mark and last price leap: stops fire, and whoever cannot stand it is liquidated on a book that did not move. */
  private shake(market: Market): void {
    const before = market.mark;
    const deviation = this.random.chance(0.25) ? 0.04 : 0.012;
    market.mark = Math.max(1, Math.round(before * (1 + deviation * this.random.normal())));
    const { last } = market;
    market.highest = Math.max(last, market.mark);
    market.lowest = Math.min(last, market.mark);
    for (const account of this.exchange.accounts) this.exchange.algos.watch(account, market);
    market.clearExtremes();
    this.exchange.followUp();
    for (const account of this.exchange.accounts) this.liquidator.check(account);
    this.exchange.followUp();
    market.mark = before;
  }

  /** Everything that must be so whatever happened. */
  private check(context: string): void {
    const { exchange } = this;
    for (const [currency, sum] of exchange.clearing.invariant(exchange.accounts))
      assert.equal(sum, this.put.get(currency) ?? 0n, `${context}: ${currency} is not what was put in`);
    for (const market of exchange.markets) {
      let size = exchange.clearing.housePositions.get(market.instrument.id)?.size ?? 0;
      for (const account of exchange.accounts)
        for (const holding of account.holdingsOf(market.instrument.id)) size += holding.size;
      assert.equal(size, 0, `${context}: longs and shorts of ${market.instrument.id}`);
      const [bid, ask] = [market.book.best(BID), market.book.best(ASK)];
      assert.ok(!(bid >= ask), `${context}: crossed book ${bid} ${ask}`);
    }
    for (const account of exchange.accounts) this.checkAccount(account, `${context} account ${account.uid}`);
    this.options.check?.(context);
  }

  private checkAccount(account: Account, context: string): void {
    for (const holding of account.holdings.values()) {
      const { positionSide, size, mode } = holding;
      const isRight = positionSide === 'net' || (positionSide === 'long' ? size >= 0 : size <= 0);
      assert.ok(isRight, `${context}: ${positionSide} position of ${size}`);
      if (mode === 'cross' || size === 0) assert.equal(holding.margin, 0n, `${context}: margin of ${mode}`);
      for (const side of ['buy', 'sell'] as const) {
        let reducing = 0;
        for (const order of account.ordersFor(holding))
          if (order.reduceOnly && order.side === side) reducing += order.size - order.filled;
        assert.ok(reducing <= closable(holding, side), `${context}: reduce-only orders beyond the position`);
      }
    }
    for (const order of account.orders.values()) {
      const { book } = this.exchange.market(order.instId)!;
      assert.ok(isOpen(order), `${context}: ${order.state} order among the open ones`);
      assert.equal(book.tagOf(order.slot), order.id, context);
      assert.equal(book.sizeOf(order.slot), order.size - order.filled, context);
    }
    for (const order of account.pastOrders.items) assert.ok(!isOpen(order), `${context}: ${order.state}`);
    this.checkBills(account, context);
  }

  /** The bills, which a user would add up, lead from what he put in to what he has. */
  private checkBills(account: Account, context: string): void {
    for (const currency of account.cash.keys()) {
      const bills = account.bills.items.filter((bill) => bill.currency === currency);
      for (let i = 1; i < bills.length; i++)
        assert.equal(
          parseMoney(bills[i]!.balance) - parseMoney(bills[i - 1]!.balance),
          parseMoney(bills[i]!.change),
          `${context}: bill ${bills[i]!.id}`,
        );
      if (bills.length > 0)
        assert.equal(parseMoney(bills.at(-1)!.balance), account.balance(currency), context);
    }
  }

  private count(): void {
    const { tally } = this;
    for (const account of this.exchange.accounts) {
      tally.fills += account.fills.items.length;
      for (const fill of account.fills.items) {
        if (fill.mode === 'isolated') tally.isolated += 1;
        if (fill.positionSide !== 'net') tally.hedged += 1;
        if (fill.instId === 'BTC-USD-SWAP') tally.inverse += 1;
      }
      for (const { category } of account.pastOrders.items) {
        if (category === 'full_liquidation') tally.liquidations += 1;
        if (category === 'partial_liquidation') tally.partialLiquidations += 1;
      }
      tally.fundings += account.bills.items.filter(({ type }) => type === '8').length;
      tally.fired += account.pastAlgos.items.filter(({ state }) => state === 'effective').length;
    }
  }
}

/** One random run; throws with its seed where something is not as it must be. */
export function playRandomly(seed: number, tally: Tally, options: RandomOptions = {}): void {
  new RandomRun(seed, tally, options).play();
}
