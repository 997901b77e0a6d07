import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import ccxt from 'ccxt';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { CallTable, type Row } from './call-table.ts';
import { proveRows } from './testing-rows.ts';

const SETTINGS = `
const okx = new ccxt.pro.okx({ apiKey, secret, password: passphrase, options: { defaultType: 'swap' } });
okx.urls.api.rest = 'http://127.0.0.1:PORT';
okx.urls.api.ws = 'ws://127.0.0.1:PORT/ws/v5';
await okx.loadHttpProxyAgent(); // ccxt wants this before any plain ws://
`;
const CASH = { USDT: '100000', BTC: '2' };
const BITCOIN = 'BTC/USDT:USDT';
const INVERSE = 'BTC/USD:BTC';
const ETHER = 'ETH/USDT:USDT';

type Okx = InstanceType<typeof ccxt.pro.okx>;
interface Keys {
  readonly apiKey: string;
  readonly secret: string;
  readonly password: string;
}

let exchange: ExchangeHandle;
let okx: Okx;
const opened: Okx[] = [];

async function client(keys: Partial<Keys> = {}, enableRateLimit = true): Promise<Okx> {
  const { apiKey, secret, passphrase: password } = exchange;
  const made = new ccxt.pro.okx({
    ...{ apiKey, secret, password },
    ...keys,
    enableRateLimit,
    options: { defaultType: 'swap' },
  });
  (made.urls.api as Record<string, string>).rest = exchange.rest;
  (made.urls.api as Record<string, string>).ws = exchange.ws;
  await made.loadHttpProxyAgent();
  opened.push(made);
  return made;
}

before(async () => {
  exchange = await startExchange({
    port: 0,
    seed: 21,
    accounts: [{ cash: CASH }],
  });
  okx = await client();
});

after(async () => {
  for (const one of opened) await one.close();
  await exchange.close();
});

/** A price away from the market but within its band. */
async function away(percent: number, symbol = BITCOIN): Promise<number> {
  const { last } = await okx.fetchTicker(symbol);
  return Number(okx.priceToPrecision(symbol, last! * (1 + percent / 100)));
}

async function limitOrder(params = {}, symbol = BITCOIN): Promise<string> {
  const order = await okx.createOrder(symbol, 'limit', 'buy', 1, await away(-0.7, symbol), params);
  return String(order.id);
}

const isNewestLast = (times: readonly (number | undefined)[]): boolean =>
  times.every((at, i) => i === 0 || at! >= times[i - 1]!);

async function rejectsWith(
  code: string,
  kind: new (...args: never[]) => Error,
  call: Promise<unknown>,
): Promise<void> {
  await assert.rejects(call, (error: Error) => {
    assert.ok(error instanceof kind, `${error.name}: ${error.message}`);
    assert.match(error.message, new RegExp(`"${code}"`));
    return true;
  });
}

/** Gives what a watch first tells that is wanted, once something was done. */
async function watched<T>(
  watch: () => Promise<T>,
  wanted: (told: T) => boolean,
  act?: () => Promise<unknown>,
): Promise<T> {
  let next = watch();
  await act?.();
  for (let i = 0; i < 200; i++) {
    const told = await next;
    if (wanted(told)) return told;
    next = watch();
  }
  throw new Error('never told');
}

const rows: Row[] = [
  // -- market data ------------------------------------------------------------------------------------------------
  {
    subject: 'Market data over REST',
    call: 'loadMarkets',
    shows: 'linear and inverse swaps, contract size, precision',
    run: async () => {
      const markets = await okx.loadMarkets();
      assert.equal(markets[BITCOIN]?.contractSize, 0.01);
      assert.equal(markets[BITCOIN]?.precision.price, 0.1);
      assert.equal(markets[INVERSE]?.inverse, true);
      assert.ok(markets[ETHER]?.linear);
    },
  },
  {
    subject: 'Market data over REST',
    call: 'fetchTime',
    shows: 'within a second of this clock',
    run: async () => assert.ok(Math.abs((await okx.fetchTime())! - Date.now()) < 1000),
  },
  {
    subject: 'Market data over REST',
    call: 'fetchStatus',
    shows: 'ok',
    run: async () => assert.equal((await (await client()).fetchStatus()).status, 'ok'),
  },
  {
    subject: 'Market data over REST',
    call: 'fetchOrderBook',
    shows: '100 levels a side, sorted, not crossed',
    run: async () => {
      const { asks, bids } = await okx.fetchOrderBook(BITCOIN);
      assert.equal(asks.length, 100);
      assert.equal(bids.length, 100);
      assert.ok(bids[0]![0]! < asks[0]![0]!);
      assert.ok(asks.every(([price], i) => i === 0 || price! > asks[i - 1]![0]!));
    },
  },
  {
    subject: 'Market data over REST',
    call: 'fetchOrderBook (limit 1000)',
    shows: 'the full book (`books-full`)',
    run: async () => {
      const { asks, bids } = await okx.fetchOrderBook(BITCOIN, 1000);
      assert.ok(asks.length > 400 && bids.length > 400, `${asks.length} and ${bids.length} levels`);
    },
  },
  {
    subject: 'Market data over REST',
    call: 'fetchTicker',
    shows: 'last, bid below ask, 24 h figures',
    run: async () => {
      const ticker = await okx.fetchTicker(BITCOIN);
      assert.ok(ticker.bid! < ticker.ask! && ticker.high! >= ticker.last! && ticker.low! <= ticker.last!);
      assert.ok(ticker.baseVolume! > 0);
    },
  },
  {
    subject: 'Market data over REST',
    call: 'fetchTickers',
    shows: 'every swap',
    run: async () => assert.equal(Object.keys(await okx.fetchTickers()).length, exchange.instruments.length),
  },
  {
    subject: 'Market data over REST',
    call: 'fetchTrades',
    shows: '100 trades, oldest first',
    run: async () => {
      const trades = await okx.fetchTrades(BITCOIN, undefined, 100);
      assert.equal(trades.length, 100);
      assert.ok(isNewestLast(trades.map(({ timestamp }) => timestamp)));
    },
  },
  {
    subject: 'Market data over REST',
    call: "fetchOHLCV ('1m')",
    shows: 'the newest 100 bars, a minute apart, the last one building',
    run: async () => {
      const bars = await okx.fetchOHLCV(BITCOIN, '1m');
      assert.equal(bars.length, 100);
      assert.ok(bars.every(([at], i) => i === 0 || at! - bars[i - 1]![0]! === 60_000));
      assert.ok(Date.now() - bars[99]![0]! < 61_000);
    },
  },
  {
    subject: 'Market data over REST',
    call: "fetchOHLCV ('5m', since)",
    shows: 'three days back, exactly from there on',
    run: async () => {
      const since = Math.floor(Date.now() / 300_000) * 300_000 - 3 * 86_400_000;
      const bars = await okx.fetchOHLCV(BITCOIN, '5m', since, 50);
      assert.equal(bars.length, 50);
      assert.equal(bars[0]![0], since);
    },
  },
  {
    subject: 'Market data over REST',
    call: "fetchOHLCV ('1d')",
    shows: 'days that open at midnight UTC',
    run: async () => {
      const bars = await okx.fetchOHLCV(BITCOIN, '1d');
      assert.ok(bars.length >= 14);
      assert.ok(bars.every(([at]) => at! % 86_400_000 === 0));
    },
  },
  {
    subject: 'Market data over REST',
    call: 'fetchMarkOHLCV, fetchIndexOHLCV',
    shows: 'bars of mark and index price',
    run: async () => {
      for (const bars of [
        await okx.fetchMarkOHLCV(BITCOIN, '1m'),
        await okx.fetchIndexOHLCV(BITCOIN, '1m'),
      ]) {
        assert.ok(bars.length >= 50);
        assert.ok(bars.every(([, open, high, low]) => high! >= open! && low! <= open!));
      }
    },
  },
  {
    subject: 'Market data over REST',
    call: 'fetchFundingRate',
    shows: 'rate of the current period, charged within eight hours',
    run: async () => {
      const funding = await okx.fetchFundingRate(BITCOIN);
      assert.ok(Math.abs(funding.fundingRate!) <= 0.00375);
      assert.ok(
        funding.fundingTimestamp! > Date.now() && funding.fundingTimestamp! - Date.now() <= 8 * 3_600_000,
      );
    },
  },
  {
    subject: 'Market data over REST',
    call: 'fetchFundingRateHistory',
    shows: 'eight hours apart, days back',
    run: async () => {
      const past = await okx.fetchFundingRateHistory(BITCOIN, undefined, 30);
      assert.equal(past.length, 30);
      assert.ok(
        past.every(({ timestamp }, i) => i === 0 || timestamp! - past[i - 1]!.timestamp! === 8 * 3_600_000),
      );
    },
  },
  {
    subject: 'Market data over REST',
    call: 'fetchOpenInterest',
    shows: 'contracts and value',
    run: async () => assert.ok((await okx.fetchOpenInterest(BITCOIN)).openInterestAmount! > 0),
  },
  {
    subject: 'Market data over REST',
    call: 'fetchMarkPrice',
    shows: 'near the last price',
    run: async () => {
      const { markPrice } = (await okx.fetchMarkPrice(BITCOIN)) as { markPrice?: number };
      const { last } = await okx.fetchTicker(BITCOIN);
      assert.ok(Math.abs(markPrice! / last! - 1) < 0.01);
    },
  },
  {
    subject: 'Market data over REST',
    call: 'fetchMarketLeverageTiers',
    shows: 'tiers that grow',
    run: async () => {
      const tiers = await okx.fetchMarketLeverageTiers(BITCOIN);
      assert.ok(tiers.length > 1 && tiers[0]!.maxLeverage === 100);
    },
  },
  // -- market data, pushed ----------------------------------------------------------------------------------------
  {
    subject: 'Market data over WebSocket',
    call: 'watchOrderBook',
    shows: 'thirty updates, every sequence number checked by the client',
    run: async () => {
      for (let i = 0; i < 30; i++) {
        const { asks, bids } = await okx.watchOrderBook(BITCOIN);
        assert.ok(bids[0]![0]! < asks[0]![0]!);
        assert.ok(asks.length >= 100);
      }
    },
  },
  {
    subject: 'Market data over WebSocket',
    call: 'watchOrderBook (limit 5)',
    shows: '`books5`',
    run: async () => assert.equal((await okx.watchOrderBook(ETHER, 5)).asks.length, 5),
  },
  {
    subject: 'Market data over WebSocket',
    call: 'watchOrderBook (limit 1)',
    shows: '`bbo-tbt`',
    run: async () => assert.equal((await okx.watchOrderBook(INVERSE, 1)).bids.length, 1),
  },
  {
    subject: 'Market data over WebSocket',
    call: 'watchOrderBook (limit 50)',
    shows: '`books50-l2-tbt`, logged in on the public path',
    run: async () => {
      const other = await client();
      await other.loadMarkets();
      for (let i = 0; i < 5; i++) assert.ok((await other.watchOrderBook(BITCOIN, 50)).asks.length >= 50);
      await other.close();
    },
  },
  {
    subject: 'Market data over WebSocket',
    call: 'watchBidsAsks',
    shows: 'bid below ask',
    run: async () => {
      const told = await okx.watchBidsAsks([BITCOIN]);
      assert.ok(told[BITCOIN]!.bid! < told[BITCOIN]!.ask!);
    },
  },
  {
    subject: 'Market data over WebSocket',
    call: 'watchTrades',
    shows: 'a trade with side, price and amount',
    run: async () => {
      const [trade] = await okx.watchTrades(BITCOIN);
      assert.ok(trade!.price! > 0 && trade!.amount! > 0 && ['buy', 'sell'].includes(String(trade!.side)));
    },
  },
  {
    subject: 'Market data over WebSocket',
    call: 'watchTicker',
    shows: 'last price',
    run: async () => assert.ok((await okx.watchTicker(BITCOIN)).last! > 0),
  },
  {
    subject: 'Market data over WebSocket',
    call: "watchOHLCV ('1m')",
    shows: 'the building bar, on the business path',
    run: async () => {
      const bars = await okx.watchOHLCV(BITCOIN, '1m');
      assert.ok(Date.now() - bars[bars.length - 1]![0]! < 61_000);
    },
  },
  {
    subject: 'Market data over WebSocket',
    call: 'watchMarkPrice',
    shows: 'mark price',
    run: async () =>
      assert.ok(((await okx.watchMarkPrice(BITCOIN)) as { markPrice?: number }).markPrice! > 0),
  },
  {
    subject: 'Market data over WebSocket',
    call: 'watchFundingRate',
    shows: 'rate and time',
    run: async () => assert.ok((await okx.watchFundingRate(BITCOIN)).fundingTimestamp! > Date.now()),
  },
  // -- account ----------------------------------------------------------------------------------------------------
  {
    subject: 'Account',
    call: 'fetchBalance',
    shows: 'free and total of both currencies',
    run: async () => {
      const balance = await okx.fetchBalance();
      assert.equal(balance.USDT!.total, 100_000);
      assert.equal(balance.BTC!.free, 2);
    },
  },
  {
    subject: 'Account',
    call: 'watchBalance',
    shows: 'the snapshot',
    run: async () => assert.equal((await okx.watchBalance()).USDT!.total, 100_000),
  },
  {
    subject: 'Account',
    call: 'fetchPositionMode',
    shows: 'net mode at first',
    run: async () => assert.equal((await okx.fetchPositionMode(BITCOIN)).hedged, false),
  },
  {
    subject: 'Account',
    call: 'setLeverage, fetchLeverage',
    shows: 'ten times, cross',
    run: async () => {
      await okx.setLeverage(10, BITCOIN, { mgnMode: 'cross' });
      assert.equal((await okx.fetchLeverage(BITCOIN, { mgnMode: 'cross' })).longLeverage, 10);
    },
  },
  {
    subject: 'Account',
    call: 'fetchTradingFee',
    shows: 'maker 0.02 %, taker 0.05 %',
    run: async () => {
      const fee = await okx.fetchTradingFee(BITCOIN);
      assert.equal(fee.maker, 0.0002);
      assert.equal(fee.taker, 0.0005);
    },
  },
  // -- orders -----------------------------------------------------------------------------------------------------
  {
    subject: 'Orders',
    call: "createOrder ('limit'), fetchOrder, fetchOpenOrders, cancelOrder, watchOrders",
    shows: 'rests, is found both ways, goes; each step is told',
    run: async () => {
      let id = '';
      const told = await watched(
        () => okx.watchOrders(BITCOIN),
        (orders) => orders.some((order) => order.id === id && order.status === 'open'),
        async () => {
          id = await limitOrder();
        },
      );
      assert.equal(told.find((order) => order.id === id)!.amount, 1);
      assert.equal((await okx.fetchOrder(id, BITCOIN)).status, 'open');
      assert.deepEqual(
        (await okx.fetchOpenOrders(BITCOIN)).map((order) => order.id),
        [id],
      );
      await watched(
        () => okx.watchOrders(BITCOIN),
        (orders) => orders.some((order) => order.id === id && order.status === 'canceled'),
        () => okx.cancelOrder(id, BITCOIN),
      );
      assert.equal((await okx.fetchOrder(id, BITCOIN)).status, 'canceled');
    },
  },
  {
    subject: 'Orders',
    call: 'editOrder',
    shows: 'new price and size on the same order',
    run: async () => {
      const id = await limitOrder();
      const price = await away(-0.6);
      await okx.editOrder(id, BITCOIN, 'limit', 'buy', 2, price);
      const order = await okx.fetchOrder(id, BITCOIN);
      assert.deepEqual([order.amount, order.price], [2, price]);
      await okx.cancelOrder(id, BITCOIN);
    },
  },
  {
    subject: 'Orders',
    call: "createOrder ('market'), fetchMyTrades, fetchPositions, watchMyTrades, watchPositions, watchBalance",
    shows: 'filled; fills, position and pushes agree',
    run: async () => {
      let id = '';
      const positions = watched(
        () => okx.watchPositions([BITCOIN]),
        (told) => told.some(({ contracts }) => contracts === 3),
      );
      const balances = watched(
        () => okx.watchBalance(),
        (told) => told.USDT!.total! < 100_000,
      );
      const trades = await watched(
        () => okx.watchMyTrades(BITCOIN),
        (told) => told.some(({ order }) => order === id),
        async () => {
          id = String((await okx.createOrder(BITCOIN, 'market', 'buy', 3)).id);
        },
      );
      // the client keeps OKX's sign here: a fee that was paid is negative
      for (const { takerOrMaker, fee } of trades.filter(({ order }) => order === id))
        assert.deepEqual([takerOrMaker, fee!.cost! < 0], ['taker', true]);
      await positions;
      await balances;
      assert.equal((await okx.fetchOrder(id, BITCOIN)).status, 'closed');
      const fills = await okx.fetchMyTrades(BITCOIN);
      assert.equal(
        fills.filter(({ order }) => order === id).reduce((sum, { amount }) => sum + amount!, 0),
        3,
      );
      const [position] = await okx.fetchPositions([BITCOIN]);
      assert.deepEqual([position!.side, position!.contracts, position!.leverage], ['long', 3, 10]);
    },
  },
  {
    subject: 'Orders',
    call: 'createOrder (reduceOnly)',
    shows: 'takes from the position, never more',
    run: async () => {
      await okx.createOrder(BITCOIN, 'market', 'sell', 1, undefined, { reduceOnly: true });
      assert.equal((await okx.fetchPosition(BITCOIN)).contracts, 2);
      await rejectsWith(
        '51112',
        ccxt.ExchangeError,
        okx.createOrder(BITCOIN, 'market', 'sell', 50, undefined, { reduceOnly: true }),
      );
    },
  },
  {
    subject: 'Orders',
    call: 'closePosition',
    shows: 'flat afterwards',
    run: async () => {
      await okx.closePosition(BITCOIN, undefined as never, { marginMode: 'cross' });
      assert.deepEqual(
        await okx.fetchPositions([BITCOIN]).then((all) => all.filter(({ contracts }) => contracts! > 0)),
        [],
      );
    },
  },
  {
    subject: 'Orders',
    call: 'createOrder (postOnly)',
    shows: 'rests when it adds, is canceled when it would take',
    run: async () => {
      const id = await limitOrder({ postOnly: true });
      assert.equal((await okx.fetchOrder(id, BITCOIN)).status, 'open');
      await okx.cancelOrder(id, BITCOIN);
      const taking = await okx.createOrder(BITCOIN, 'limit', 'buy', 1, await away(0.5), { postOnly: true });
      assert.equal((await okx.fetchOrder(String(taking.id), BITCOIN)).status, 'canceled');
    },
  },
  {
    subject: 'Orders',
    call: "createOrder (timeInForce 'IOC')",
    shows: 'what does not trade at once is canceled',
    run: async () => {
      const id = String(
        (
          await okx.createOrder(BITCOIN, 'limit', 'buy', 1, await away(-0.5), {
            timeInForce: 'IOC',
          })
        ).id,
      );
      assert.equal((await okx.fetchOrder(id, BITCOIN)).status, 'canceled');
    },
  },
  {
    subject: 'Orders',
    call: "createOrder (timeInForce 'FOK')",
    shows: 'all or nothing, both ways',
    run: async () => {
      const none = await okx.createOrder(BITCOIN, 'limit', 'buy', 1, await away(-0.5), {
        timeInForce: 'FOK',
      });
      assert.equal((await okx.fetchOrder(String(none.id), BITCOIN)).status, 'canceled');
      const all = await okx.createOrder(BITCOIN, 'limit', 'buy', 1, await away(0.5), { timeInForce: 'FOK' });
      assert.equal((await okx.fetchOrder(String(all.id), BITCOIN)).filled, 1);
      await okx.closePosition(BITCOIN, undefined as never, { marginMode: 'cross' });
    },
  },
  {
    subject: 'Orders',
    call: 'createOrder (stopLoss, takeProfit)',
    shows: 'attached to the entry; an OCO stands once it has filled',
    run: async () => {
      const order = await okx.createOrder(BITCOIN, 'market', 'buy', 2, undefined, {
        stopLoss: { triggerPrice: await away(-2) },
        takeProfit: { triggerPrice: await away(2) },
      });
      const standing = await okx.fetchOpenOrders(BITCOIN, undefined, undefined, {
        ordType: 'oco',
        trigger: true,
      });
      assert.equal(standing.length, 1);
      assert.ok(standing[0]!.stopLossPrice! < standing[0]!.takeProfitPrice!);
      assert.equal((await okx.fetchOrder(String(order.id), BITCOIN)).filled, 2);
      await okx.closePosition(BITCOIN, undefined as never, { marginMode: 'cross' });
      const left = await okx.fetchOpenOrders(BITCOIN, undefined, undefined, {
        ordType: 'oco',
        trigger: true,
      });
      assert.deepEqual(left, [], 'gone with the position');
    },
  },
  {
    subject: 'Orders',
    call: 'createOrders, cancelOrders',
    shows:
      'three at once, and all of them away again; ccxt’s `cancelAllOrders` is not for OKX, which has no such call',
    run: async () => {
      assert.equal(okx.has.cancelAllOrders, false);
      const price = await away(-0.7);
      const made = await okx.createOrders(
        [1, 2, 3].map((amount) => ({ symbol: BITCOIN, type: 'limit', side: 'buy', amount, price }) as never),
      );
      assert.equal(made.length, 3);
      await okx.cancelOrders(
        made.map(({ id }) => String(id)),
        BITCOIN,
      );
      assert.deepEqual(await okx.fetchOpenOrders(BITCOIN), []);
    },
  },
  {
    subject: 'Orders',
    call: 'cancelAllOrdersAfter',
    shows: 'armed, and off again',
    run: async () => {
      await okx.cancelAllOrdersAfter(60_000);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await okx.cancelAllOrdersAfter(0);
    },
  },
  {
    subject: 'Orders',
    call: 'fetchClosedOrders, fetchCanceledOrders, fetchOrderTrades',
    shows: 'what was done so far',
    run: async () => {
      const closed = await okx.fetchClosedOrders(BITCOIN);
      assert.ok(closed.length >= 3 && closed.every(({ status }) => status === 'closed'));
      assert.ok((await okx.fetchCanceledOrders(BITCOIN)).length >= 3);
      const last = closed[closed.length - 1]!;
      assert.ok((await okx.fetchOrderTrades(String(last.id), BITCOIN)).length > 0);
    },
  },
  {
    subject: 'Orders',
    call: 'fetchLedger, fetchPositionsHistory',
    shows: 'bills of the trades; positions that were closed',
    run: async () => {
      assert.ok((await okx.fetchLedger('USDT')).length >= 3);
      const past = await okx.fetchPositionsHistory([BITCOIN]);
      assert.ok(past.length >= 2);
    },
  },
  {
    subject: 'Orders',
    call: 'fetchFundingHistory, fetchLedger (funding), watchBalance',
    shows: 'a payment that falls due is told, in the history, the ledger and the balance',
    run: async () => {
      assert.deepEqual(await okx.fetchFundingHistory(BITCOIN), [], 'nothing was due yet');
      await okx.createOrder(BITCOIN, 'market', 'buy', 10);
      const { funding, now } = exchange.exchange.market('BTC-USDT-SWAP')!;
      await watched(
        () => okx.watchBalance(),
        (told) => told.USDT!.total !== undefined && exchange.exchange.now > now + 300,
        async () => {
          funding.nextAt = now + 300;
        },
      );
      const [payment] = await okx.fetchFundingHistory(BITCOIN);
      assert.equal(payment!.timestamp, now + 300);
      assert.equal(payment!.code, 'USDT');
      const entry = (await okx.fetchLedger('USDT')).find(({ timestamp }) => timestamp === now + 300)!;
      assert.equal(entry.amount, payment!.amount);
      const [{ details }] = (await okx.fetchBalance()).info.data;
      assert.equal(entry.after, Number(details.find(({ ccy }: { ccy: string }) => ccy === 'USDT').cashBal));
      assert.ok(payment!.amount !== 0);
      await okx.closePosition(BITCOIN, undefined as never, { marginMode: 'cross' });
    },
  },
  {
    subject: 'Orders',
    call: 'createOrderWs, editOrderWs, cancelOrderWs',
    shows: 'the same over the private socket, by `instIdCode`',
    run: async () => {
      const made = await okx.createOrderWs(BITCOIN, 'limit', 'buy', 1, await away(-0.7));
      await okx.editOrderWs(String(made.id), BITCOIN, 'limit', 'buy', 2);
      assert.equal((await okx.fetchOrder(String(made.id), BITCOIN)).amount, 2);
      await okx.cancelOrderWs(String(made.id), BITCOIN);
      assert.equal((await okx.fetchOrder(String(made.id), BITCOIN)).status, 'canceled');
    },
  },
  {
    subject: 'Orders',
    call: 'createOrder (inverse)',
    shows: 'bought and closed, settled in coin',
    run: async () => {
      const id = String((await okx.createOrder(INVERSE, 'market', 'buy', 5)).id);
      const order = await okx.fetchOrder(id, INVERSE);
      assert.deepEqual([order.filled, order.fee!.currency], [5, 'BTC']);
      await okx.closePosition(INVERSE, undefined as never, { marginMode: 'cross' });
    },
  },
  // -- algo orders ------------------------------------------------------------------------------------------------
  {
    subject: 'Algo orders',
    call: 'createOrder (triggerPrice), fetchOpenOrders (trigger), cancelOrder (trigger)',
    shows: 'waits, is listed, goes',
    run: async () => {
      const order = await okx.createOrder(BITCOIN, 'limit', 'buy', 1, await away(-2.1), {
        triggerPrice: await away(-2),
      });
      const open = await okx.fetchOpenOrders(BITCOIN, undefined, undefined, { trigger: true });
      assert.deepEqual(
        open.map(({ id }) => id),
        [order.id],
      );
      await okx.cancelOrder(String(order.id), BITCOIN, { trigger: true });
      assert.deepEqual(await okx.fetchOpenOrders(BITCOIN, undefined, undefined, { trigger: true }), []);
    },
  },
  {
    subject: 'Algo orders',
    call: 'createOrder (stopLossPrice)',
    shows: 'a conditional order to close a position',
    run: async () => {
      await okx.createOrder(BITCOIN, 'market', 'buy', 1);
      const stop = await okx.createOrder(BITCOIN, 'market', 'sell', 1, undefined, {
        stopLossPrice: await away(-2),
        reduceOnly: true,
      });
      const open = await okx.fetchOpenOrders(BITCOIN, undefined, undefined, { ordType: 'conditional' });
      assert.ok(open.some(({ id }) => id === stop.id));
      await okx.cancelOrder(String(stop.id), BITCOIN, { trigger: true });
      await okx.closePosition(BITCOIN, undefined as never, { marginMode: 'cross' });
    },
  },
  {
    subject: 'Algo orders',
    call: 'createOrder (stopLossPrice and takeProfitPrice)',
    shows: 'ccxt sends both to `batch-orders` with its triggers at the root of the order',
    refusedWith: '54070',
    run: async () => {
      const both = { stopLossPrice: await away(-2), takeProfitPrice: await away(2), reduceOnly: true };
      await rejectsWith(
        '54070',
        ccxt.ExchangeError,
        okx.createOrder(BITCOIN, 'limit', 'sell', 1, await away(2), both),
      );
    },
  },
  // -- hedge and isolated ------------------------------------------------------------------------------------------
  {
    subject: 'Hedge mode, isolated margin, trailing stops',
    call: 'createOrder (trailingPercent)',
    shows: 'a `move_order_stop` waits and goes',
    run: async () => {
      const order = await okx.createOrder(BITCOIN, 'market', 'sell', 1, undefined, {
        trailingPercent: '1',
        reduceOnly: true,
      });
      const trailing = { ordType: 'move_order_stop', trigger: true };
      const open = await okx.fetchOpenOrders(BITCOIN, undefined, undefined, trailing);
      assert.deepEqual(
        open.map(({ id }) => id),
        [order.id],
      );
      await okx.cancelOrder(String(order.id), BITCOIN, { trailing: true });
      assert.deepEqual(await okx.fetchOpenOrders(BITCOIN, undefined, undefined, trailing), []);
    },
  },
  {
    subject: 'Hedge mode, isolated margin, trailing stops',
    call: "setLeverage, createOrder (marginMode 'isolated'), addMargin, reduceMargin",
    shows: 'a position with its own margin, into which and out of which money moves',
    run: async () => {
      await okx.setLeverage(5, ETHER, { marginMode: 'isolated', posSide: 'net' });
      await okx.createOrder(ETHER, 'market', 'buy', 1, undefined, { marginMode: 'isolated' });
      const [position] = await okx.fetchPositions([ETHER]);
      assert.deepEqual([position!.marginMode, position!.leverage], ['isolated', 5]);
      const margin = async (): Promise<number> => Number((await okx.fetchPositions([ETHER]))[0]!.info.margin);
      const before = await margin();
      await okx.addMargin(ETHER, 20);
      assert.ok(Math.abs((await margin()) - before - 20) < 1e-9);
      await okx.reduceMargin(ETHER, 15);
      assert.ok(Math.abs((await margin()) - before - 5) < 1e-9);
      await okx.closePosition(ETHER, undefined as never, { marginMode: 'isolated' });
    },
  },
  {
    subject: 'Hedge mode, isolated margin, trailing stops',
    call: 'setPositionMode (hedged)',
    shows: 'long and short side by side, closed one by one, and back to net mode',
    run: async () => {
      await okx.setPositionMode(true);
      assert.equal((await okx.fetchPositionMode(BITCOIN)).hedged, true);
      await okx.createOrder(BITCOIN, 'market', 'buy', 2, undefined, { positionSide: 'long' });
      await okx.createOrder(BITCOIN, 'market', 'sell', 1, undefined, { positionSide: 'short' });
      const held = (await okx.fetchPositions([BITCOIN])).filter(({ contracts }) => contracts! > 0);
      assert.deepEqual(held.map(({ side, contracts }) => `${side} ${contracts}`).sort(), [
        'long 2',
        'short 1',
      ]);
      await okx.createOrder(BITCOIN, 'market', 'sell', 2, undefined, { positionSide: 'long' });
      await okx.createOrder(BITCOIN, 'market', 'buy', 1, undefined, { positionSide: 'short' });
      await okx.setPositionMode(false);
      assert.equal((await okx.fetchPositionMode(BITCOIN)).hedged, false);
    },
  },
  // -- errors -----------------------------------------------------------------------------------------------------
  {
    subject: 'Errors',
    call: 'createOrder, no funds',
    shows: 'InsufficientFunds (51008)',
    run: async () =>
      rejectsWith(
        '51008',
        ccxt.InsufficientFunds,
        okx.createOrder(ETHER, 'limit', 'buy', 4000, await away(-0.1, ETHER)),
      ),
  },
  {
    subject: 'Errors',
    call: 'fetchBalance, wrong secret',
    shows: 'AuthenticationError (50113)',
    run: async () =>
      rejectsWith('50113', ccxt.AuthenticationError, (await client({ secret: 'wrong' })).fetchBalance()),
  },
  {
    subject: 'Errors',
    call: 'fetchBalance, wrong passphrase',
    shows: 'AuthenticationError (50105)',
    run: async () =>
      rejectsWith('50105', ccxt.AuthenticationError, (await client({ password: 'wrong' })).fetchBalance()),
  },
  {
    subject: 'Errors',
    call: 'watchOrders, wrong secret',
    shows: 'AuthenticationError (60007)',
    run: async () => {
      const other = await client();
      await other.loadMarkets();
      other.secret = 'wrong';
      await assert.rejects(other.watchOrders(BITCOIN), /60007/);
      await other.close();
    },
  },
  {
    subject: 'Errors',
    call: 'privatePostTradeOrder, size no multiple of the lot',
    shows: 'InvalidOrder (51121)',
    run: async () =>
      rejectsWith(
        '51121',
        ccxt.InvalidOrder,
        okx.privatePostTradeOrder({
          instId: 'BTC-USDT-SWAP',
          tdMode: 'cross',
          side: 'buy',
          ordType: 'limit',
          sz: '0.015',
          px: String(await away(-0.5)),
        }),
      ),
  },
  {
    subject: 'Errors',
    call: 'createOrder, below the smallest size',
    shows: 'InvalidOrder, by the client itself from the instrument’s `minSz`',
    run: async () =>
      assert.rejects(okx.createOrder(BITCOIN, 'limit', 'buy', 0.001, 50_000), ccxt.InvalidOrder),
  },
  {
    subject: 'Errors',
    call: 'createOrder, price beyond the band',
    shows: 'InvalidOrder (51006)',
    run: async () =>
      rejectsWith('51006', ccxt.InvalidOrder, okx.createOrder(BITCOIN, 'limit', 'buy', 1, await away(5))),
  },
  {
    subject: 'Errors',
    call: 'fetchOrder, unknown',
    shows: 'OrderNotFound (51603)',
    run: async () => rejectsWith('51603', ccxt.OrderNotFound, okx.fetchOrder('1234567', BITCOIN)),
  },
  {
    subject: 'Errors',
    call: 'cancelOrder, unknown',
    shows: 'OrderNotFound (51400)',
    run: async () => rejectsWith('51400', ccxt.OrderNotFound, okx.cancelOrder('1234567', BITCOIN)),
  },
  {
    subject: 'Errors',
    call: 'editOrder, unknown',
    shows: 'InvalidOrder (51503)',
    run: async () =>
      rejectsWith(
        '51503',
        ccxt.ExchangeError,
        okx.editOrder('1234567', BITCOIN, 'limit', 'buy', 2, await away(-0.5)),
      ),
  },
  {
    subject: 'Errors',
    call: 'fetchAccounts, too often',
    shows: 'RateLimitExceeded (50011)',
    run: async () => {
      const hasty = await client({}, false);
      const asked = Array.from({ length: 12 }, () => hasty.fetchAccounts());
      const outcomes = await Promise.allSettled(asked);
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      assert.ok(refused.length >= 2 && refused.length < 12, `${refused.length} refused of 12`);
      for (const { reason } of refused) assert.ok(reason instanceof ccxt.RateLimitExceeded, String(reason));
    },
  },
];

test('ccxt, REST and pro', async (t) => {
  // what the package says of itself in code is a version behind
  const { version } = JSON.parse(
    readFileSync(new URL('../../../node_modules/ccxt/package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  await proveRows(t, new CallTable('ccxt', version, SETTINGS, CASH), rows);
});
