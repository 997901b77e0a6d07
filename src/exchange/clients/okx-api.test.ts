import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type DefaultLogger, RestClient, WebsocketAPIClient, WebsocketClient } from 'okx-api';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { CallTable, type Row } from './call-table.ts';
import { proveRows } from './testing-rows.ts';

const SETTINGS = `
const rest = new RestClient({ apiKey, apiSecret: secret, apiPass: passphrase, baseUrl: 'http://127.0.0.1:PORT' });
const accounts = [{ apiKey, apiSecret: secret, apiPass: passphrase }];
// one URL for its three sockets: the path that takes every channel
const sockets = new WebsocketClient({ accounts, wsUrl: 'ws://127.0.0.1:PORT/ws/v5/all' });
const orders = new WebsocketAPIClient({ accounts, wsUrl: 'ws://127.0.0.1:PORT/ws/v5/all' });
`;
const CASH = { USDT: '100000', BTC: '2' };
const BITCOIN = 'BTC-USDT-SWAP';
const ETHER = 'ETH-USDT-SWAP';
const INVERSE = 'BTC-USD-SWAP';

type Json = Record<string, unknown>;
interface Push {
  readonly arg: { readonly channel: string; readonly instId?: string };
  readonly action?: string;
  readonly data: Json[];
}

let exchange: ExchangeHandle;
let rest: RestClient;
let sockets: WebsocketClient;
let orders: WebsocketAPIClient;
const pushes: Push[] = [];
const waiting = new Set<() => void>();

const quiet: DefaultLogger = { trace: () => {}, info: () => {}, error: () => {} } as never;

before(async () => {
  exchange = await startExchange({ port: 0, seed: 23, accounts: [{ cash: CASH }] });
  const account = { apiKey: exchange.apiKey, apiSecret: exchange.secret, apiPass: exchange.passphrase };
  rest = new RestClient({ ...account, baseUrl: exchange.rest });
  const wsOptions = { accounts: [account], wsUrl: exchange.wsAll };
  sockets = new WebsocketClient(wsOptions, quiet);
  sockets.on('update', (push) => {
    pushes.push(push as never);
    for (const look of waiting) look();
  });
  sockets.on('exception', () => {});
  orders = new WebsocketAPIClient({ ...wsOptions, attachEventListeners: false }, quiet);
  orders.getWSClient().on('exception', () => {});
});

after(async () => {
  sockets.closeAll(true);
  orders.getWSClient().closeAll(true);
  await exchange.close();
});

/** The first push of a channel that is wanted, past or to come. */
function pushed(channel: string, wanted: (push: Push) => boolean = () => true): Promise<Push> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      waiting.delete(look);
      reject(new Error(`nothing wanted on ${channel} within 10 s`));
    }, 10_000);
    const look = (): void => {
      const push = pushes.find((one) => one.arg.channel === channel && wanted(one));
      if (push === undefined) return;
      clearTimeout(late);
      waiting.delete(look);
      resolve(push);
    };
    waiting.add(look);
    look();
  });
}

async function listen(...args: Json[]): Promise<void> {
  await Promise.all(sockets.subscribe(args as never));
}

const lasts = new Map<string, { price: number; at: number }>();

/** A price away from the market, asked for once in three seconds: tickers have a limit too. */
async function away(percent: number, instId = BITCOIN): Promise<string> {
  let last = lasts.get(instId);
  if (last === undefined || Date.now() - last.at > 3000) {
    const [ticker] = await rest.getTicker({ instId });
    last = { price: Number(ticker!.last), at: Date.now() };
    lasts.set(instId, last);
  }
  const instrument = exchange.instruments.find(({ id }) => id === instId)!;
  const price = instrument.priceFromNumber(last.price * (1 + percent / 100));
  return instrument.formatPrice(price as never);
}

const base = { instId: BITCOIN, tdMode: 'cross' } as const;

async function submit(change: Json): Promise<string> {
  const [placed] = await rest.submitOrder({
    ...base,
    side: 'buy',
    ordType: 'limit',
    sz: '1',
    ...change,
  } as never);
  return (placed as unknown as { ordId: string }).ordId;
}

async function details(ordId: string, instId = BITCOIN): Promise<Json> {
  const [order] = await rest.getOrderDetails({ instId, ordId });
  return order as unknown as Json;
}

/** okx-api rejects with the body of the answer. */
async function refusedWith(code: string, call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (body: { code?: string; data?: { sCode?: string }[] }) => {
    assert.equal(body.data?.[0]?.sCode ?? body.code, code, JSON.stringify(body));
    return true;
  });
}

const flat = (): Promise<unknown> => rest.closePositions({ instId: BITCOIN, mgnMode: 'cross' });

const rows: Row[] = [
  // -- market data ------------------------------------------------------------------------------------------------
  {
    subject: 'Market data over REST',
    call: 'getSystemTime',
    shows: 'within a second of this clock',
    run: async () => {
      const [time] = await rest.getSystemTime({} as never);
      assert.ok(Math.abs(Number(time!.ts) - Date.now()) < 1000);
    },
  },
  {
    subject: 'Market data over REST',
    call: 'getInstruments, getAccountInstruments',
    shows: 'linear and inverse swaps, every field text',
    run: async () => {
      const listed = await rest.getInstruments({ instType: 'SWAP' });
      assert.deepEqual(listed.map(({ instId }) => instId).slice(0, 3), [BITCOIN, ETHER, INVERSE]);
      assert.equal(listed[0]!.tickSz, '0.1');
      assert.equal((await rest.getAccountInstruments({ instType: 'SWAP' })).length, listed.length);
    },
  },
  {
    subject: 'Market data over REST',
    call: 'getOrderBook, getFullOrderBook',
    shows: '400 levels a side; and all there are',
    run: async () => {
      const [book] = await rest.getOrderBook({ instId: BITCOIN, sz: '400' });
      assert.equal(book!.asks.length, 400);
      const [full] = await rest.getFullOrderBook({ instId: BITCOIN, sz: '5000' } as never);
      assert.ok(full!.asks.length > 400);
      assert.equal((full!.asks[0] as unknown as string[]).length, 3);
    },
  },
  {
    subject: 'Market data over REST',
    call: 'getTicker, getTickers, getIndexTickers',
    shows: 'bid below ask; every swap; the index',
    run: async () => {
      const [ticker] = await rest.getTicker({ instId: BITCOIN });
      assert.ok(Number(ticker!.bidPx) < Number(ticker!.askPx));
      assert.ok((await rest.getTickers({ instType: 'SWAP' })).length >= 3);
      assert.equal((await rest.getIndexTickers({ instId: 'BTC-USDT' })).length, 1);
    },
  },
  {
    subject: 'Market data over REST',
    call: 'getTrades, getHistoricTrades',
    shows: 'newest first; pages by trade id without a hole',
    run: async () => {
      const recent = await rest.getTrades({ instId: BITCOIN, limit: 50 } as never);
      assert.equal(recent.length, 50);
      const older = await rest.getHistoricTrades({
        instId: BITCOIN,
        after: recent[9]!.tradeId,
        limit: '40',
      } as never);
      assert.deepEqual(
        older.map(({ tradeId }) => tradeId),
        recent.slice(10).map(({ tradeId }) => tradeId),
      );
    },
  },
  {
    subject: 'Market data over REST',
    call: 'getCandles, getHistoricCandles',
    shows: 'pages walk back three days without a hole',
    run: async () => {
      const times: number[] = [];
      let after = '';
      while (times.length < 3 * 288) {
        const page = await (times.length === 0 ? rest.getCandles : rest.getHistoricCandles).call(rest, {
          instId: BITCOIN,
          bar: '5m',
          limit: '300',
          ...(after === '' ? {} : { after }),
        } as never);
        times.push(...page.map(([at]) => Number(at)));
        after = String(times[times.length - 1]);
      }
      assert.ok(times.every((at, i) => i === 0 || times[i - 1]! - at === 300_000));
    },
  },
  {
    subject: 'Market data over REST',
    call: 'getMarkPriceCandles, getIndexCandles',
    shows: 'six columns',
    run: async () => {
      const mark = await rest.getMarkPriceCandles({ instId: BITCOIN, bar: '1m' } as never);
      const index = await rest.getIndexCandles({ instId: 'BTC-USDT', bar: '1m' } as never);
      for (const bars of [mark, index]) {
        assert.ok(bars.length >= 50);
        assert.equal((bars[0] as unknown as string[]).length, 6);
      }
    },
  },
  {
    subject: 'Market data over REST',
    call: 'getFundingRate, getFundingRateHistory',
    shows: 'current rate; thirty periods back',
    run: async () => {
      const [rate] = await rest.getFundingRate({ instId: BITCOIN });
      assert.ok(Number(rate!.fundingTime) > Date.now());
      assert.equal((await rest.getFundingRateHistory({ instId: BITCOIN, limit: '30' })).length, 30);
    },
  },
  {
    subject: 'Market data over REST',
    call: 'getMarkPrice, getMinMaxLimitPrice, getOpenInterest, getPositionTiers',
    shows: 'answered for the instrument',
    run: async () => {
      const [mark] = await rest.getMarkPrice({ instType: 'SWAP', instId: BITCOIN });
      const [limit] = await rest.getMinMaxLimitPrice({ instId: BITCOIN });
      assert.ok(
        Number(limit!.sellLmt) < Number(mark!.markPx) && Number(mark!.markPx) < Number(limit!.buyLmt),
      );
      assert.equal((await rest.getOpenInterest({ instType: 'SWAP', instId: BITCOIN })).length, 1);
      const tiers = await rest.getPositionTiers({
        instType: 'SWAP',
        tdMode: 'cross',
        instFamily: 'BTC-USDT',
      } as never);
      assert.ok(tiers.length > 1);
    },
  },
  {
    subject: 'Market data over REST',
    call: 'getSystemStatus',
    shows: 'nothing planned',
    run: async () => assert.deepEqual(await rest.getSystemStatus({} as never), []),
  },
  // -- pushed -----------------------------------------------------------------------------------------------------
  {
    subject: 'Market data over WebSocket',
    call: "subscribe ('books')",
    shows: 'a snapshot, then updates that follow one another',
    run: async () => {
      await listen({ channel: 'books', instId: BITCOIN });
      await pushed('books', ({ action }) => action === 'snapshot');
      let seen: Push[] = [];
      await pushed('books', () => {
        seen = pushes.filter(({ arg }) => arg.channel === 'books');
        return seen.length >= 10;
      });
      seen.forEach(({ data }, i) => {
        assert.equal(data[0]!.prevSeqId, i === 0 ? -1 : seen[i - 1]!.data[0]!.seqId);
      });
    },
  },
  {
    subject: 'Market data over WebSocket',
    call: "subscribe ('trades', 'tickers', 'bbo-tbt', 'books5')",
    shows: 'a push on each',
    run: async () => {
      const channels = ['trades', 'tickers', 'bbo-tbt', 'books5'];
      await listen(...channels.map((channel) => ({ channel, instId: BITCOIN })));
      for (const channel of channels) assert.equal((await pushed(channel)).arg.instId, BITCOIN);
    },
  },
  {
    subject: 'Market data over WebSocket',
    call: "subscribe ('candle1m', 'trades-all')",
    shows: 'a bar and a match, though the client asks for them at the wrong door',
    run: async () => {
      await listen({ channel: 'candle1m', instId: BITCOIN }, { channel: 'trades-all', instId: BITCOIN });
      assert.equal(((await pushed('candle1m')).data[0] as unknown as string[]).length, 9);
      assert.equal((await pushed('trades-all')).data[0]!.count, undefined);
    },
  },
  {
    subject: 'Market data over WebSocket',
    call: "subscribe ('mark-price', 'funding-rate', 'price-limit', 'open-interest', 'index-tickers')",
    shows: 'a push on each',
    run: async () => {
      const channels = ['mark-price', 'funding-rate', 'price-limit', 'open-interest'];
      await listen(...channels.map((channel) => ({ channel, instId: BITCOIN })), {
        channel: 'index-tickers',
        instId: 'BTC-USDT',
      });
      for (const channel of [...channels, 'index-tickers']) await pushed(channel);
    },
  },
  {
    subject: 'Market data over WebSocket',
    call: "unsubscribe ('trades')",
    shows: 'silence afterwards',
    run: async () => {
      await Promise.all(sockets.unsubscribe({ channel: 'trades', instId: BITCOIN } as never));
      const count = (channel: string): number => pushes.filter(({ arg }) => arg.channel === channel).length;
      const silentFor = async (books: number): Promise<boolean> => {
        const [trades, from] = [count('trades'), count('books')];
        await pushed('books', () => count('books') > from + books);
        return count('trades') === trades;
      };
      // what was on its way when the client was answered may still come; then nothing any more
      await silentFor(3);
      assert.ok(await silentFor(10));
    },
  },
  // -- account ----------------------------------------------------------------------------------------------------
  {
    subject: 'Account',
    call: 'getBalance, getAccountConfiguration, getFeeRates',
    shows: 'cash by currency, net mode, level 1 fees',
    run: async () => {
      const [balance] = await rest.getBalance();
      assert.deepEqual(balance!.details.map(({ ccy, cashBal }) => `${cashBal} ${ccy}`).sort(), [
        '100000 USDT',
        '2 BTC',
      ]);
      assert.equal((await rest.getAccountConfiguration())[0]!.posMode, 'net_mode');
      assert.equal((await rest.getFeeRates({ instType: 'SWAP' }))[0]!.taker, '-0.0005');
    },
  },
  {
    subject: 'Account',
    call: 'setLeverage, getLeverage',
    shows: 'ten times, cross',
    run: async () => {
      await rest.setLeverage({ instId: BITCOIN, lever: '10', mgnMode: 'cross' });
      const [leverage] = await rest.getLeverage({ instId: BITCOIN, mgnMode: 'cross' });
      assert.equal(leverage!.lever, '10');
    },
  },
  {
    subject: 'Account',
    call: 'getMaxBuySellAmount, getMaxAvailableTradableAmount',
    shows: 'what the margin would carry',
    run: async () => {
      const [size] = await rest.getMaxBuySellAmount({ instId: BITCOIN, tdMode: 'cross' });
      assert.ok(Number(size!.maxBuy) > 0);
      const [free] = await rest.getMaxAvailableTradableAmount({ instId: BITCOIN, tdMode: 'cross' } as never);
      assert.ok(Number(free!.availBuy) > 0);
    },
  },
  {
    subject: 'Account',
    call: "subscribe ('account', 'positions', 'balance_and_position', 'orders', 'orders-algo')",
    shows: 'logged in by itself; snapshots of account, positions and both',
    run: async () => {
      await listen(
        { channel: 'account' },
        { channel: 'positions', instType: 'ANY' },
        { channel: 'balance_and_position' },
        { channel: 'orders', instType: 'ANY' },
        { channel: 'orders-algo', instType: 'ANY' },
      );
      const { data } = await pushed('account');
      assert.equal((data[0]!.details as Json[]).length, 2);
      await pushed('positions');
      await pushed('balance_and_position');
    },
  },
  // -- orders -----------------------------------------------------------------------------------------------------
  {
    subject: 'Orders',
    call: "submitOrder ('limit'), getOrderDetails, getOrderList, cancelOrder",
    shows: 'rests, is found both ways, goes; `orders` tells of it',
    run: async () => {
      const id = await submit({ px: await away(-0.7), clOrdId: 'resting1' });
      await pushed('orders', ({ data }) => data[0]!.ordId === id && data[0]!.state === 'live');
      assert.equal((await details(id)).state, 'live');
      const list = await rest.getOrderList({ instType: 'SWAP' });
      assert.deepEqual(
        list.map(({ ordId }) => ordId),
        [id],
      );
      await rest.cancelOrder({ instId: BITCOIN, clOrdId: 'resting1' } as never);
      await pushed('orders', ({ data }) => data[0]!.ordId === id && data[0]!.state === 'canceled');
    },
  },
  {
    subject: 'Orders',
    call: 'amendOrder',
    shows: 'new price and size; the push carries the request’s id',
    run: async () => {
      const id = await submit({ px: await away(-0.7) });
      const newPx = await away(-0.6);
      await rest.amendOrder({ instId: BITCOIN, ordId: id, newSz: '2', newPx, reqId: 'change1' } as never);
      await pushed('orders', ({ data }) => data[0]!.reqId === 'change1' && data[0]!.amendResult === '0');
      const { sz, px } = await details(id);
      assert.deepEqual([sz, px], ['2', newPx]);
      await rest.cancelOrder({ instId: BITCOIN, ordId: id });
    },
  },
  {
    subject: 'Orders',
    call: "submitOrder ('market'), getFills, getPositions",
    shows: 'filled; fills, position and pushes agree',
    run: async () => {
      const id = await submit({ ordType: 'market', sz: '3' });
      await pushed('orders', ({ data }) => data[0]!.ordId === id && data[0]!.state === 'filled');
      await pushed('positions', ({ data }) => data[0]?.pos === '3');
      const fills = await rest.getFills({ instType: 'SWAP', ordId: id });
      assert.equal(
        fills.reduce((sum, { fillSz }) => sum + Number(fillSz), 0),
        3,
      );
      assert.equal((await rest.getPositions({ instId: BITCOIN }))[0]!.pos, '3');
    },
  },
  {
    subject: 'Orders',
    call: 'submitOrder (reduceOnly), closePositions',
    shows: 'takes from the position; then flat, told once with size 0',
    run: async () => {
      await submit({ side: 'sell', ordType: 'market', reduceOnly: true });
      assert.equal((await rest.getPositions({ instId: BITCOIN }))[0]!.pos, '2');
      await flat();
      await pushed('positions', ({ data }) => data[0]?.pos === '0');
      assert.deepEqual(await rest.getPositions(), []);
    },
  },
  {
    subject: 'Orders',
    call: "submitOrder ('post_only', 'ioc', 'fok')",
    shows: 'would take, nothing to take, not all: canceled for the right reason',
    run: async () => {
      const reasons: unknown[] = [];
      for (const change of [
        { ordType: 'post_only', px: await away(0.5) },
        { ordType: 'ioc', px: await away(-0.5) },
        { ordType: 'fok', px: await away(-0.5) },
      ])
        reasons.push((await details(await submit(change))).cancelSource);
      assert.deepEqual(reasons, ['31', '14', '13']);
    },
  },
  {
    subject: 'Orders',
    call: 'submitOrder (attachAlgoOrds), getAlgoOrderList',
    shows: 'an OCO stands once the entry has filled, and goes with the position',
    run: async () => {
      const attachAlgoOrds = [
        {
          attachAlgoClOrdId: 'exits1',
          tpTriggerPx: await away(2),
          tpOrdPx: '-1',
          slTriggerPx: await away(-2),
          slOrdPx: '-1',
        },
      ];
      await submit({ ordType: 'market', sz: '1', attachAlgoOrds });
      const [oco] = await rest.getAlgoOrderList({ ordType: 'oco', instType: 'SWAP' } as never);
      assert.deepEqual([oco!.algoClOrdId, oco!.sz], ['exits1', '1']);
      await pushed(
        'orders-algo',
        ({ data }) => data[0]!.algoClOrdId === 'exits1' && data[0]!.state === 'live',
      );
      await flat();
      await pushed(
        'orders-algo',
        ({ data }) => data[0]!.algoClOrdId === 'exits1' && data[0]!.state === 'canceled',
      );
    },
  },
  {
    subject: 'Orders',
    call: 'submitMultipleOrders, amendMultipleOrders, cancelMultipleOrders',
    shows: 'three at once, changed and away again',
    run: async () => {
      const px = await away(-0.7);
      const one = { ...base, side: 'buy', ordType: 'limit', sz: '1', px };
      const made = (await rest.submitMultipleOrders([one, one, one] as never)) as unknown as {
        ordId: string;
      }[];
      const named = made.map(({ ordId }) => ({ instId: BITCOIN, ordId }));
      await rest.amendMultipleOrders(named.map((order) => ({ ...order, newSz: '2' })) as never);
      assert.deepEqual(
        (await rest.getOrderList()).map(({ sz }) => sz),
        ['2', '2', '2'],
      );
      await rest.cancelMultipleOrders(named);
      assert.deepEqual(await rest.getOrderList(), []);
    },
  },
  {
    subject: 'Orders',
    call: 'submitMultipleOrders, one of them bad',
    shows: 'rejected by the client with code 2; the good one stands',
    run: async () => {
      const px = await away(-0.7);
      const one = { ...base, side: 'buy', ordType: 'limit', sz: '1', px };
      const batch = rest.submitMultipleOrders([one, { ...one, sz: '0.015' }] as never);
      await assert.rejects(batch, (body: { code: string; data: { sCode: string }[] }) => {
        assert.equal(body.code, '2');
        assert.deepEqual(
          body.data.map(({ sCode }) => sCode),
          ['0', '51121'],
        );
        return true;
      });
      const [standing] = await rest.getOrderList();
      await rest.cancelOrder({ instId: BITCOIN, ordId: standing!.ordId });
    },
  },
  {
    subject: 'Orders',
    call: 'cancelAllAfter',
    shows: 'armed for the client’s own tag, and off again',
    run: async () => {
      const [armed] = await rest.cancelAllAfter({ timeOut: '60' } as never);
      assert.ok(Number((armed as unknown as Json).triggerTime) > Date.now());
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const [off] = await rest.cancelAllAfter({ timeOut: '0' } as never);
      assert.equal((off as unknown as Json).triggerTime, '0');
    },
  },
  {
    subject: 'Orders',
    call: 'getOrderHistory, getOrderHistoryArchive, getFillsHistory, getBills, getPositionsHistory',
    shows: 'what was done so far',
    run: async () => {
      assert.ok((await rest.getOrderHistory({ instType: 'SWAP' })).length >= 8);
      assert.ok((await rest.getOrderHistoryArchive({ instType: 'SWAP' })).length >= 8);
      assert.ok((await rest.getFillsHistory({ instType: 'SWAP' })).length >= 4);
      assert.ok((await rest.getBills({ type: '2' } as never)).length >= 4);
      const closed = await rest.getPositionsHistory({ instType: 'SWAP' } as never);
      assert.ok(closed.length >= 2);
      assert.ok(closed.every((position) => (position as unknown as Json).type === '2'));
    },
  },
  {
    subject: 'Orders',
    call: "getBills (funding), subscribe ('balance_and_position')",
    shows: 'a payment that falls due is told, and stands in the bills',
    run: async () => {
      await submit({ ordType: 'market', sz: '3' });
      const { funding, now } = exchange.exchange.market(BITCOIN)!;
      funding.nextAt = now + 300;
      await pushed('balance_and_position', ({ data }) => data[0]!.eventType === 'funding_fee');
      const [bill] = await rest.getBills({ type: '8' } as never);
      assert.deepEqual([bill!.instId, bill!.sz, bill!.ts], [BITCOIN, '3', String(now + 300)]);
      const [position] = await rest.getPositions({ instId: BITCOIN });
      assert.equal((position as unknown as Json).fundingFee, bill!.balChg);
      await flat();
    },
  },
  {
    subject: 'Orders',
    call: 'WebsocketAPIClient: submitNewOrder, amendOrder, cancelOrder',
    shows: 'the same over a socket',
    run: async () => {
      const px = await away(-0.7);
      const order = { ...base, side: 'buy', ordType: 'limit', sz: '1', px };
      const placed = await orders.submitNewOrder(order as never);
      const { ordId } = placed.data[0];
      await orders.amendOrder({ instId: BITCOIN, ordId, newSz: '2' } as never);
      assert.equal((await details(ordId)).sz, '2');
      await orders.cancelOrder({ instId: BITCOIN, ordId });
      assert.equal((await details(ordId)).state, 'canceled');
    },
  },
  {
    subject: 'Orders',
    call: 'WebsocketAPIClient: submitMultipleOrders, cancelMultipleOrders',
    shows: 'two at once, and away again',
    run: async () => {
      const px = await away(-0.7);
      const order = { ...base, side: 'buy', ordType: 'limit', sz: '1', px };
      const placed = await orders.submitMultipleOrders([order, order] as never);
      await orders.cancelMultipleOrders(placed.data.map(({ ordId }) => ({ instId: BITCOIN, ordId })));
      assert.deepEqual(await rest.getOrderList(), []);
    },
  },
  {
    subject: 'Orders',
    call: 'WebsocketAPIClient: massCancelOrders',
    shows: 'for options under market maker protection alone',
    refusedWith: '51000',
    run: async () => {
      const all = { instType: 'SWAP', instFamily: 'BTC-USDT' };
      await assert.rejects(orders.massCancelOrders(all as never), (body: { code?: string }) => {
        assert.equal(body.code, '51000', JSON.stringify(body));
        return true;
      });
    },
  },
  {
    subject: 'Orders',
    call: 'submitOrder (inverse)',
    shows: 'bought and closed, settled in coin',
    run: async () => {
      const id = await submit({ instId: INVERSE, ordType: 'market', sz: '5' });
      assert.equal((await details(id, INVERSE)).feeCcy, 'BTC');
      await rest.closePositions({ instId: INVERSE, mgnMode: 'cross' });
    },
  },
  // -- algos ------------------------------------------------------------------------------------------------------
  {
    subject: 'Algo orders',
    call: "placeAlgoOrder ('trigger'), getAlgoOrderDetails, cancelAlgoOrder",
    shows: 'waits, is found, goes',
    run: async () => {
      const trigger = {
        ...base,
        side: 'buy',
        ordType: 'trigger',
        sz: '1',
        triggerPx: await away(-2),
        orderPx: '-1',
      };
      const [placed] = await rest.placeAlgoOrder({ ...trigger, algoClOrdId: 'waits1' } as never);
      const [found] = await rest.getAlgoOrderDetails({ algoClOrdId: 'waits1' } as never);
      assert.deepEqual([found!.algoId, found!.state], [placed!.algoId, 'live']);
      await rest.cancelAlgoOrder([{ instId: BITCOIN, algoId: placed!.algoId }] as never);
      const past = await rest.getAlgoOrderHistory({ ordType: 'trigger', state: 'canceled' } as never);
      assert.equal(past[0]!.algoId, placed!.algoId);
    },
  },
  {
    subject: 'Algo orders',
    call: "placeAlgoOrder ('conditional', 'oco'), amendAlgoOrder",
    shows: 'stand for a position; a trigger price moves',
    run: async () => {
      await submit({ ordType: 'market' });
      const closing = { ...base, side: 'sell', sz: '1', reduceOnly: true };
      const stop = { slTriggerPx: await away(-2), slOrdPx: '-1' };
      const profit = { tpTriggerPx: await away(2), tpOrdPx: '-1' };
      const [one] = await rest.placeAlgoOrder({ ...closing, ordType: 'conditional', ...stop } as never);
      const [both] = await rest.placeAlgoOrder({ ...closing, ordType: 'oco', ...stop, ...profit } as never);
      const newSlTriggerPx = await away(-1.5);
      await rest.amendAlgoOrder({ instId: BITCOIN, algoId: one!.algoId, newSlTriggerPx } as never);
      const [moved] = await rest.getAlgoOrderDetails({ algoId: one!.algoId } as never);
      assert.equal(moved!.slTriggerPx, newSlTriggerPx);
      await rest.cancelAlgoOrder(
        [one, both].map((algo) => ({ instId: BITCOIN, algoId: algo!.algoId })) as never,
      );
      await flat();
    },
  },
  // -- hedge and isolated ------------------------------------------------------------------------------------------
  {
    subject: 'Hedge mode, isolated margin, trailing stops',
    call: "placeAlgoOrder ('move_order_stop'), getAlgoOrderList",
    shows: 'waits and goes',
    run: async () => {
      const trailing = { ...base, side: 'sell', ordType: 'move_order_stop', sz: '1', callbackRatio: '0.01' };
      const [placed] = await rest.placeAlgoOrder(trailing as never);
      const list = await rest.getAlgoOrderList({ ordType: 'move_order_stop' } as never);
      assert.deepEqual(
        list.map(({ algoId }) => algoId),
        [placed!.algoId],
      );
      await rest.cancelAdvanceAlgoOrder([{ instId: BITCOIN, algoId: placed!.algoId }] as never);
    },
  },
  {
    subject: 'Hedge mode, isolated margin, trailing stops',
    call: "setLeverage, submitOrder, changePositionMargin, closePositions (mgnMode 'isolated')",
    shows: 'a position with its own margin, into which and out of which money moves',
    run: async () => {
      await rest.setLeverage({ instId: ETHER, lever: '5', mgnMode: 'isolated' });
      await submit({ instId: ETHER, tdMode: 'isolated', ordType: 'market' });
      const [position] = await rest.getPositions({ instId: ETHER });
      assert.deepEqual([position!.mgnMode, position!.lever], ['isolated', '5']);
      const margin = async (): Promise<number> =>
        Number(((await rest.getPositions({ instId: ETHER }))[0] as unknown as Json).margin);
      const before = await margin();
      assert.ok(before > 0);
      const move = { instId: ETHER, posSide: 'net' };
      await rest.changePositionMargin({ ...move, type: 'add', amt: '20' } as never);
      await rest.changePositionMargin({ ...move, type: 'reduce', amt: '15' } as never);
      assert.ok(Math.abs((await margin()) - before - 5) < 1e-9);
      await rest.closePositions({ instId: ETHER, mgnMode: 'isolated' });
    },
  },
  {
    subject: 'Hedge mode, isolated margin, trailing stops',
    call: 'setPositionMode',
    shows: 'refused while an order stands (59000); then long and short side by side, and back',
    run: async () => {
      const id = await submit({ px: await away(-0.7) });
      await refusedWith('59000', rest.setPositionMode({ posMode: 'long_short_mode' }));
      await rest.cancelOrder({ instId: BITCOIN, ordId: id });
      await rest.setPositionMode({ posMode: 'long_short_mode' });
      await refusedWith('51000', submit({ ordType: 'market' }));
      await submit({ ordType: 'market', sz: '2', posSide: 'long' });
      await submit({ ordType: 'market', side: 'sell', posSide: 'short' });
      const held = (await rest.getPositions({ instType: 'SWAP' })).map(
        ({ posSide, pos }) => `${posSide} ${pos}`,
      );
      assert.deepEqual(held.sort(), ['long 2', 'short 1']);
      for (const posSide of ['long', 'short'] as const)
        await rest.closePositions({ instId: BITCOIN, mgnMode: 'cross', posSide });
      await rest.setPositionMode({ posMode: 'net_mode' });
    },
  },
  // -- errors -----------------------------------------------------------------------------------------------------
  {
    subject: 'Errors',
    call: 'submitOrder, no funds',
    shows: '51008',
    run: async () => refusedWith('51008', submit({ instId: ETHER, sz: '4000', px: await away(-0.1, ETHER) })),
  },
  {
    subject: 'Errors',
    call: 'getBalance, wrong secret',
    shows: '50113',
    run: async () => {
      const account = { apiKey: exchange.apiKey, apiSecret: 'wrong', apiPass: exchange.passphrase };
      await refusedWith('50113', new RestClient({ ...account, baseUrl: exchange.rest }).getBalance());
    },
  },
  {
    subject: 'Errors',
    call: 'subscribe, wrong secret',
    shows: '60007, told as an exception',
    run: async () => {
      const account = { apiKey: exchange.apiKey, apiSecret: 'wrong', apiPass: exchange.passphrase };
      const stranger = new WebsocketClient({ accounts: [account], wsUrl: exchange.wsAll }, quiet);
      const told = new Promise<string>((resolve) => {
        stranger.on('exception', (event) => {
          if (JSON.stringify(event).includes('60007')) resolve('60007');
        });
      });
      for (const asked of stranger.subscribe({ channel: 'account' } as never)) asked.catch(() => {});
      assert.equal(await told, '60007');
      stranger.closeAll(true);
    },
  },
  {
    subject: 'Errors',
    call: 'submitOrder, size no multiple of the lot',
    shows: '51121',
    run: async () => refusedWith('51121', submit({ sz: '0.015', px: await away(-0.5) })),
  },
  {
    subject: 'Errors',
    call: 'submitOrder, below the smallest size; no size at all',
    shows: '51121 on an instrument whose smallest is a lot; 51000',
    run: async () => {
      await refusedWith('51121', submit({ sz: '0.001', px: await away(-0.5) }));
      await refusedWith('51000', submit({ sz: '0', px: await away(-0.5) }));
    },
  },
  {
    subject: 'Errors',
    call: 'submitOrder, price beyond the band',
    shows: '51006',
    run: async () => refusedWith('51006', submit({ px: await away(5) })),
  },
  {
    subject: 'Errors',
    call: 'submitOrder, a client id twice',
    shows: '51016',
    run: async () => {
      const id = await submit({ px: await away(-0.7), clOrdId: 'twice1' });
      await refusedWith('51016', submit({ px: await away(-0.7), clOrdId: 'twice1' }));
      await rest.cancelOrder({ instId: BITCOIN, ordId: id });
    },
  },
  {
    subject: 'Errors',
    call: 'getOrderDetails, cancelOrder, amendOrder, unknown',
    shows: '51603, 51400, 51503',
    run: async () => {
      await refusedWith('51603', details('1234567'));
      await refusedWith('51400', rest.cancelOrder({ instId: BITCOIN, ordId: '1234567' }));
      await refusedWith('51503', rest.amendOrder({ instId: BITCOIN, ordId: '1234567', newSz: '2' }));
    },
  },
  {
    subject: 'Errors',
    call: 'WebsocketAPIClient: submitNewOrder, no funds',
    shows: '51008',
    run: async () => {
      const order = {
        ...base,
        instId: ETHER,
        side: 'buy',
        ordType: 'limit',
        sz: '4000',
        px: await away(-0.1, ETHER),
      };
      await refusedWith('51008', orders.submitNewOrder(order as never));
    },
  },
  {
    subject: 'Errors',
    call: 'getAccountConfiguration, too often',
    shows: '50011, some of twelve at once',
    run: async () => {
      const asked = Array.from({ length: 12 }, () => rest.getAccountConfiguration());
      const refused = (await Promise.allSettled(asked)).filter((outcome) => outcome.status === 'rejected');
      assert.ok(refused.length >= 2 && refused.length < 12, `${refused.length} refused`);
      for (const { reason } of refused) assert.equal((reason as Json).code, '50011');
    },
  },
];

test('okx-api, REST and WebSocket', async (t) => {
  const { version } = JSON.parse(
    readFileSync(new URL('../../../node_modules/okx-api/package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  await proveRows(t, new CallTable('okx-api', version, SETTINGS, CASH), rows);
});
