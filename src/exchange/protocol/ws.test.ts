import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { type Json, RestClient, SocketClient } from '../testing/wire-client.ts';

let exchange: ExchangeHandle;
let rest: RestClient;
const SWAP = 'BTC-USDT-SWAP';
const sockets: SocketClient[] = [];

before(async () => {
  exchange = await startExchange({ port: 0, seed: 5 });
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

type Level = [string, string, string, string];
interface BookMessage {
  readonly action: string;
  readonly data: [{ asks: Level[]; bids: Level[]; seqId: number; prevSeqId: number; checksum: number }];
}

function apply(side: Map<string, Level>, rows: Level[]): void {
  for (const row of rows)
    if (row[1] === '0') side.delete(row[0]);
    else side.set(row[0], row);
}

test('the chain of book updates rebuilds exactly the book that REST shows at the same sequence number', async () => {
  for (const [channel, door] of [
    ['books', 'public'],
    ['books', 'all'],
  ]) {
    const socket = await connect(door!);
    await socket.subscribe({ channel: channel!, instId: SWAP });
    for (let i = 0; i < 5; i++) {
      const { data } = await rest.open(`market/books?instId=${SWAP}&sz=400`);
      const shown = data[0] as unknown as { asks: Level[]; bids: Level[]; seqId: number };
      const book = await socket.eventually(() => {
        const asks = new Map<string, Level>();
        const bids = new Map<string, Level>();
        let sequence = -1;
        for (const message of socket.messages) {
          if ((message.arg as Json | undefined)?.channel !== 'books' || message.data === undefined) continue;
          const { action, data: rows } = message as unknown as BookMessage;
          assert.equal(rows[0].prevSeqId, sequence, 'chain broken');
          assert.equal(rows[0].checksum, 0);
          assert.equal(action, sequence === -1 ? 'snapshot' : 'update');
          sequence = rows[0].seqId;
          apply(asks, rows[0].asks);
          apply(bids, rows[0].bids);
          if (sequence === shown.seqId) return { asks, bids };
        }
        return undefined;
      });
      const sorted = (side: Map<string, Level>, sign: 1 | -1): Level[] =>
        [...side.values()].sort(([one], [other]) => sign * (Number(one) - Number(other)));
      assert.equal(shown.asks.length, 400);
      assert.deepEqual(sorted(book.asks, 1), shown.asks);
      assert.deepEqual(sorted(book.bids, -1), shown.bids);
      assert.ok(Number(shown.bids[0]![0]) < Number(shown.asks[0]![0]));
    }
  }
});

test('one acknowledgement for each argument, echoed as it came, with the id that was given', async () => {
  const socket = await connect('public');
  const args = [
    { channel: 'trades', instId: SWAP },
    { channel: 'candle1m', instId: SWAP },
    { instId: 'BTC-USDT', channel: 'index-tickers' },
  ];
  socket.send({ id: '15', op: 'subscribe', args });
  const first = await socket.until(({ event }) => event === 'subscribe');
  assert.deepEqual([first.id, JSON.stringify(first.arg)], ['15', JSON.stringify(args[0])]);
  const wrong = await socket.until(({ event }) => event === 'error');
  assert.deepEqual([wrong.id, wrong.code], ['15', '60018']);
  const index = await socket.until(
    ({ event, arg }) => event === 'subscribe' && (arg as Json).channel === 'index-tickers',
  );
  assert.equal(JSON.stringify(index.arg), JSON.stringify(args[2]));
  await socket.eventually(() => (socket.rows('index-tickers').length > 0 ? true : undefined));
});

test('text ping is answered with text pong; what is no request is refused', async () => {
  const socket = await connect('business');
  socket.send('ping');
  await socket.eventually(() => (socket.texts.includes('pong') ? true : undefined));
  socket.send('{"op":"subscribe","args":[');
  assert.equal((await socket.until(({ event }) => event === 'error')).code, '60012');
  socket.send({ op: 'subscribe', args: [{ channel: 'orders-algo', instType: 'SWAP' }] });
  assert.ok(await socket.until(({ code }) => code === '60011'));
});

test('a wrong signature is told and the connection closed with 4001', async () => {
  const socket = await connect('private');
  const answer = await socket.login(exchange, { sign: 'bm90IGl0' });
  assert.deepEqual([answer.event, answer.code], ['error', '60007']);
  assert.equal(await socket.eventually(() => socket.closed ?? undefined), 4001);
  const stranger = await connect('private');
  assert.equal((await stranger.login(exchange, { apiKey: 'x' })).code, '60005');
});

test('the public streams carry what they should, at their pace', async () => {
  const socket = await connect('all');
  await socket.login(exchange);
  const channels = [
    'books5',
    'bbo-tbt',
    'books-l2-tbt',
    'trades',
    'tickers',
    'mark-price',
    'price-limit',
    'funding-rate',
    'candle1m',
    'candle5m',
  ];
  await socket.subscribe(...channels.map((channel) => ({ channel, instId: SWAP })));
  for (const channel of channels)
    await socket.eventually(() => (socket.rows(channel).length > 0 ? true : undefined), 20_000);
  const trade = socket.rows('trades')[0]!;
  assert.ok(['buy', 'sell'].includes(String(trade.side)));
  assert.equal(typeof trade.seqId, 'number');
  const known = await rest.open(`market/trades?instId=${SWAP}&limit=500`);
  assert.ok(known.data.some(({ tradeId }) => tradeId === trade.tradeId));
  await socket.eventually(() => (socket.rows('tickers').length > 10 ? true : undefined));
  const times = socket.rows('tickers').map(({ ts }) => Number(ts));
  // the greeting comes between two beats
  for (let i = 3; i < times.length; i++) assert.equal(times[i]! - times[i - 1]!, 100);
});
