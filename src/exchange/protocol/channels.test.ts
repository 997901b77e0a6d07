import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BARS } from '../history/candles.ts';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { type Json, RestClient, SocketClient } from '../testing/wire-client.ts';
import { CHANNELS } from './channels.ts';

/** Every channel of OKX's at its door, and the past behind the market. */

const SWAP = 'BTC-USDT-SWAP';
const DAY_MS = 86_400_000;
let exchange: ExchangeHandle;
let rest: RestClient;
const sockets: SocketClient[] = [];

before(async () => {
  exchange = await startExchange({ port: 0, seed: 13 });
  rest = new RestClient(exchange);
});

after(async () => {
  for (const socket of sockets) socket.close();
  await exchange.close();
});

async function connect(door: string): Promise<SocketClient> {
  const socket = await SocketClient.connect(`${exchange.ws}/${door}`);
  sockets.push(socket);
  return socket;
}

/** As okx-v5 lists them. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  public: [
    ...['tickers', 'trades', 'books', 'books5', 'bbo-tbt', 'mark-price', 'index-tickers', 'funding-rate'],
    ...['open-interest', 'price-limit', 'instruments', 'liquidation-orders', 'status', 'adl-warning'],
  ],
  private: ['account', 'positions', 'balance_and_position', 'orders', 'fills'],
  business: [
    ...['candle1m', 'candle1s', 'candle1M', 'candle1Dutc', 'mark-price-candle1H', 'index-candle1W'],
    ...['trades-all', 'orders-algo', 'algo-advance'],
  ],
};

function argOf(channel: string): Json {
  if (channel.startsWith('index-')) return { channel, instId: 'BTC-USDT' };
  if (['status', 'account', 'balance_and_position', 'fills'].includes(channel)) return { channel };
  if (['instruments', 'liquidation-orders', 'adl-warning'].includes(channel))
    return { channel, instType: 'SWAP' };
  if (['positions', 'orders', 'orders-algo', 'algo-advance'].includes(channel))
    return { channel, instType: 'ANY' };
  return { channel, instId: SWAP };
}

test('each channel opens at its door and at none other, and all of them where everything is let through', async () => {
  for (const door of ['public', 'private', 'business', 'all']) {
    const socket = await connect(door);
    await socket.login(exchange);
    for (const [home, channels] of Object.entries(DOORS))
      for (const channel of channels) {
        const from = socket.messages.length;
        const arg = argOf(channel);
        socket.send({ op: 'subscribe', args: [arg] });
        const { event, code } = await socket.until(
          (message) => message.event === 'subscribe' || message.event === 'error',
          from,
        );
        if (door === home || door === 'all') assert.equal(event, 'subscribe', `${channel} at ${door}`);
        else assert.equal(code, '60018', `${channel} at ${door}`);
      }
  }
  for (const channel of Object.values(DOORS).flat()) assert.ok(CHANNELS.has(channel));
});

test('every bar has a past that joins the present without a hole or a jump', async () => {
  for (const bar of Object.keys(BARS)) {
    const { data } = await rest.open(`market/candles?instId=${SWAP}&bar=${bar}&limit=300`);
    const rows = (data as unknown as string[][]).map((row) => row.map(Number)).reverse();
    assert.ok(rows.length >= (BARS[bar]! >= 7 * DAY_MS ? 1 : 5), `${bar}: ${rows.length} bars`);
    assert.equal(rows.at(-1)![8], 0, 'the last one is building');
    rows.forEach(([at, open, high, low, close], i) => {
      assert.ok(high! >= Math.max(open!, close!) && low! <= Math.min(open!, close!), `${bar} ${at}`);
      if (i === 0) return;
      const [before, , , , closed] = rows[i - 1]!;
      if (!bar.includes('M')) assert.equal(at! - before!, BARS[bar], `${bar}: a hole before ${at}`);
      assert.ok(Math.abs(open! / closed! - 1) < 0.004, `${bar}: from ${closed} to ${open} at ${at}`);
    });
    // a limit of forty requests in two seconds
    await new Promise((resolve) => setTimeout(resolve, 55));
  }
});

test('weeks open on Monday and months on their first day, in Hong Kong or, where it says so, in UTC', async () => {
  const opens = async (bar: string): Promise<Date> => {
    const { data } = await rest.open(`market/candles?instId=${SWAP}&bar=${bar}&limit=1`);
    const zone = bar.endsWith('utc') ? 0 : 8 * 3_600_000;
    return new Date(Number((data[0] as unknown as string[])[0]) + zone);
  };
  for (const bar of ['1W', '1Wutc', '1M', '1Mutc', '3M']) {
    const at = await opens(bar);
    assert.equal(at.getTime() % DAY_MS, 0, bar);
    if (bar.includes('W')) assert.equal(at.getUTCDay(), 1, bar);
    else assert.equal(at.getUTCDate(), 1, bar);
    if (bar === '3M') assert.equal(at.getUTCMonth() % 3, 0);
  }
});

test('bars of a longer kind are made of the shorter ones', async () => {
  const of = async (bar: string, limit: number): Promise<number[][]> => {
    const { data } = await rest.open(`market/history-candles?instId=${SWAP}&bar=${bar}&limit=${limit}`);
    return (data as unknown as string[][]).map((row) => row.map(Number));
  };
  const minutes = await of('1m', 300);
  for (const bar of ['5m', '15m', '1H']) {
    const [whole] = await of(bar, 1);
    const inside = minutes.filter(([at]) => at! >= whole![0]! && at! < whole![0]! + BARS[bar]!).reverse();
    assert.equal(inside.length, BARS[bar]! / 60_000);
    const figures = [
      inside[0]![1],
      Math.max(...inside.map(([, , high]) => high!)),
      Math.min(...inside.map(([, , , low]) => low!)),
      inside.at(-1)![4],
    ];
    assert.deepEqual(whole!.slice(1, 5), figures, bar);
    const volume = inside.reduce((sum, row) => sum + row[5]!, 0);
    assert.ok(Math.abs(volume - whole![5]!) < 1e-6 * volume, bar);
  }
});

test('index and mark have bars of their own, near the traded ones, which go on', async () => {
  const socket = await connect('business');
  await socket.subscribe(
    { channel: 'mark-price-candle1m', instId: SWAP },
    { channel: 'index-candle1m', instId: 'BTC-USDT' },
  );
  for (const [path, id] of [
    ['market/mark-price-candles', SWAP],
    ['market/index-candles', 'BTC-USDT'],
  ] as const) {
    const { data } = await rest.open(`${path}?instId=${id}&bar=5m`);
    assert.equal(data.length, 100);
    const { data: traded } = await rest.open(`market/candles?instId=${SWAP}&bar=5m`);
    data.forEach((row, i) => {
      const [at, , , , close] = row as unknown as string[];
      const [same, , , , other] = traded[i] as unknown as string[];
      assert.equal(at, same);
      assert.ok(Math.abs(Number(close) / Number(other) - 1) < 0.005);
    });
  }
  for (const channel of ['mark-price-candle1m', 'index-candle1m'])
    await socket.eventually(() => (socket.rows(channel).length >= 2 ? true : undefined));
});

test('the fills channel tells of a fill, the liquidation channel of a liquidation', async () => {
  const socket = await connect('all');
  await socket.login(exchange);
  await socket.subscribe({ channel: 'fills' }, { channel: 'liquidation-orders', instType: 'SWAP' });
  await rest.post('trade/order', {
    instId: SWAP,
    tdMode: 'cross',
    side: 'buy',
    ordType: 'market',
    sz: '1',
    clOrdId: '42',
  });
  const [fill] = await socket.eventually(() =>
    socket.rows('fills').length > 0 ? socket.rows('fills') : undefined,
  );
  assert.deepEqual([fill!.side, fill!.execType, fill!.clOrdId], ['buy', 'T', '42']);
  const { instrument } = exchange.exchange.market(SWAP)!;
  // whoever has nothing left is liquidated at the next look
  const [account] = exchange.exchange.accounts;
  account!.cash.set(instrument.settleCurrency, 0n as never);
  const [row] = await socket.eventually(() => {
    const rows = socket.rows('liquidation-orders');
    return rows.length > 0 ? rows : undefined;
  });
  const [detail] = row!.details as Json[];
  assert.deepEqual([row!.instId, detail!.side, detail!.posSide], [SWAP, 'sell', 'long']);
});
