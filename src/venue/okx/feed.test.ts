import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { WebSocket } from 'ws';
import {
  captureInstruments,
  captures,
  capturesPresent,
  instrumentOf,
  isBook,
} from '../../../bench/captures.ts';
import { BookFrame } from '../../core/book/frame.ts';
import { EventKind, type MarketEvent } from '../../core/events.ts';
import { Instrument } from '../../core/instrument.ts';
import { BookDecoder } from './codec/books.ts';
import type { Row } from './codec/fields.ts';
import { createOkxFeed, type OkxFeedOptions } from './feed.ts';
import { ManualTime } from './testing/manual-time.ts';
import { okay, until, WireServer } from './testing/wire-server.ts';

const instId = 'BTC-USDT-SWAP';
const bitcoin = new Instrument({
  instId,
  instType: 'SWAP',
  ctType: 'linear',
  tickSz: '0.1',
  lotSz: '0.01',
  minSz: '0.01',
  ctVal: '0.01',
  ctMult: '1',
  settleCcy: 'USDT',
});

const books = { channel: 'books', instId };
const snapshot = (seqId: number, checksum = 0) => ({
  arg: books,
  action: 'snapshot',
  data: [
    {
      asks: [['60000.1', '2', '0', '1']],
      bids: [['60000', '3', '0', '2']],
      ts: '1',
      checksum,
      prevSeqId: -1,
      seqId,
    },
  ],
});
const update = (prevSeqId: number, seqId: number, asks: string[][] = [['60000.2', '1', '0', '1']]) => ({
  arg: books,
  action: 'update',
  data: [{ asks, bids: [], ts: '2', checksum: 0, prevSeqId, seqId }],
});

/** An event as a line; book and frame are lent, so they are noted at once. */
function noted(event: MarketEvent): string {
  switch (event.kind) {
    case EventKind.book:
      return `book ${event.instrument} ${event.frame.snapshot ? 'snapshot' : 'update'} ${event.frame.seqId} ${event.frame.count}`;
    case EventKind.trade:
      return `trade ${event.instrument} ${event.side} ${event.price} ${event.size}`;
    case EventKind.candle:
      return `candle ${event.openAt} ${event.close} ${event.volume} ${event.closed}`;
    case EventKind.mark:
      return `mark ${event.price}`;
    case EventKind.funding:
      return `funding ${event.rate} ${event.fundingAt}`;
    case EventKind.feed:
      return `${event.live ? 'LIVE' : 'DOWN'} ${event.reason}`;
  }
}

async function world(context: TestContext, options: Partial<OkxFeedOptions> = {}) {
  const time = new ManualTime();
  const server = await WireServer.start();
  const logs: string[] = [];
  const lines: string[] = [];
  const feed = createOkxFeed({
    rest: server.rest,
    ws: server.ws,
    demo: false,
    clock: time,
    timers: time,
    random: () => 0.5,
    log: (level, message, fields) => logs.push(`${level} ${message} ${JSON.stringify(fields)}`),
    instruments: [bitcoin],
    // the frames of most tests carry no time of their own
    behindMaxMs: Number.POSITIVE_INFINITY,
    ...options,
  });
  context.after(async () => {
    await feed.stop();
    server.stop();
  });
  const has = (start: string, from = 0) => lines.slice(from).some((line) => line.startsWith(start));
  return {
    time,
    server,
    feed,
    lines,
    logs,
    has,
    start: () => feed.start((event) => lines.push(noted(event))),
  };
}

/** Gives a snapshot to whoever subscribes to books. */
const snapshots =
  (next: () => number) =>
  (arg: Row, client: WebSocket): void => {
    if (arg.channel === 'books') client.send(JSON.stringify(snapshot(next())));
  };

test('tells all channels as events, in ticks and lots; live once the book is there', async (context) => {
  const { server, lines, start, time, has } = await world(context);
  server.onSubscribed = snapshots(() => 10);
  await start();
  await until('live', () => has('LIVE'));
  server.push('/public', update(10, 12));
  const ts = String(time.nowMs());
  const trade = { instId, tradeId: '5', px: '60000.1', sz: '0.37', side: 'buy', ts, count: '1' };
  server.push('/public', { arg: { channel: 'trades', instId }, data: [trade] });
  const mark = { instType: 'SWAP', instId, markPx: '60000.26', ts };
  server.push('/public', { arg: { channel: 'mark-price', instId }, data: [mark] });
  const funding = { instId, fundingRate: '-0.0001', nextFundingRate: '', fundingTime: '1795363200000', ts };
  server.push('/public', { arg: { channel: 'funding-rate', instId }, data: [funding] });
  await until('subscribed to candles', () => server.requests.some(({ path }) => path === '/business'));
  const candle = ['1795340520000', '1', '60000.5', '0.5', '60000.1', '12.34', '0.1', '7', '1'];
  server.push('/business', { arg: { channel: 'candle1m', instId }, data: [candle] });
  await until('all told', () => lines.length === 7);
  assert.deepEqual(lines.slice(0, 2), ['book 0 snapshot 10 2', 'LIVE snapshot']);
  assert.deepEqual(lines.slice(2).sort(), [
    'book 0 update 12 1',
    'candle 1795340520000 600001 1234 true',
    'funding -0.0001 1795363200000',
    'mark 600003',
    'trade 0 buy 600001 37',
  ]);
});

test('a gap: not live before anything else is told; then a new snapshot by subscribing anew', async (context) => {
  const { server, feed, lines, start, has, time } = await world(context);
  let seqId = 10;
  server.onSubscribed = snapshots(() => seqId);
  await start();
  await until('live', () => has('LIVE'));
  seqId = 50;
  server.push('/public', update(11, 13));
  server.push('/public', update(13, 15));
  await until('told', () => has('DOWN'));
  time.advance(0);
  await until('live again', () => has('LIVE', 3));
  assert.deepEqual(lines, [
    'book 0 snapshot 10 2',
    'LIVE snapshot',
    'DOWN book sequence gap: message follows on 11, which never came',
    'book 0 snapshot 50 2',
    'LIVE snapshot',
  ]);
  assert.deepEqual(
    server.requests.filter(({ path }) => path === '/public').map(({ op, args }) => [op, args.length]),
    [
      ['subscribe', 4],
      ['unsubscribe', 1],
      ['subscribe', 1],
    ],
  );
  assert.deepEqual([feed.counters.gaps, feed.counters.resubscribes, feed.counters.reconnects], [1, 1, 0]);
});

test('an exchange that gaps at every turn is not stormed', async (context) => {
  const { server, feed, start, time, has } = await world(context, { pingIntervalMs: 10 ** 9 });
  server.onSubscribed = (arg, client) => {
    if (arg.channel !== 'books') return;
    client.send(JSON.stringify(snapshot(10)));
    client.send(JSON.stringify(update(11, 12)));
    client.send(JSON.stringify(update(12, 13)));
  };
  await start();
  await until('first gap', () => has('DOWN'));
  const minutes = 5;
  for (let step = 0; step < minutes * 600; step++) {
    const before = feed.counters.resubscribes;
    time.advance(100);
    if (feed.counters.resubscribes > before)
      await until('the next gap', () => feed.counters.gaps === before + 2);
  }
  // 0 + 0.5·(1 + 2 + 4 + 8 + 16 + 32 + 60 + 60 …) s: eleven or so in five minutes
  assert.ok(
    feed.counters.resubscribes >= 8 && feed.counters.resubscribes <= 16,
    `${feed.counters.resubscribes}`,
  );
  assert.equal(server.ops('unsubscribe').length, feed.counters.resubscribes);
});

test('keepalive and maintenance reset are no gap', async (context) => {
  const { server, feed, start, has } = await world(context);
  server.onSubscribed = snapshots(() => 10);
  await start();
  await until('live', () => has('LIVE'));
  for (const message of [update(10, 15), update(15, 15, []), update(15, 3), update(3, 5)])
    server.push('/public', message);
  await until('all', () => has('book 0 update 5'));
  assert.equal(feed.counters.gaps, 0);
});

test('silence makes it stale; the next message that follows on makes it live again, without a new snapshot', async (context) => {
  const { server, start, time, has, lines } = await world(context);
  server.onSubscribed = snapshots(() => 10);
  await start();
  await until('live', () => has('LIVE'));
  time.advance(5_000);
  assert.ok(!has('DOWN'));
  time.advance(1_000);
  assert.equal(lines.at(-1), 'DOWN no book message for 5.5 s');
  server.push('/public', update(10, 11));
  await until('live again', () => has('LIVE', 3));
  assert.deepEqual(lines.slice(3), ['book 0 update 11 1', 'LIVE messages again']);
});

test('messages later than usual are history: not live until they are now again', async (context) => {
  const { server, start, time, has, lines } = await world(context, { behindMaxMs: 2_000 });
  const at = (message: ReturnType<typeof update>, ts: number) => ({
    ...message,
    data: [{ ...message.data[0], ts: String(ts) }],
  });
  server.onSubscribed = (arg, client) => {
    const message = snapshot(10);
    if (arg.channel === 'books')
      client.send(
        JSON.stringify({ ...message, data: [{ ...message.data[0], ts: String(time.nowMs() - 40) }] }),
      );
  };
  await start();
  await until('live', () => has('LIVE'));
  const before = lines.length;
  time.advance(3_000);
  // what piled up while the process slept: 3 s old, then 2.5, then of now
  for (const [seqId, age] of [
    [11, 3_040],
    [12, 2_540],
    [13, 40],
  ] as const)
    server.push('/public', at(update(seqId - 1, seqId), time.nowMs() - age));
  await until('caught up', () => has('LIVE', before));
  assert.deepEqual(lines.slice(before), [
    'DOWN 3.0 s behind the exchange',
    'book 0 update 11 1',
    'book 0 update 12 1',
    'book 0 update 13 1',
    'LIVE messages again',
  ]);
});

test('not even a keepalive: the subscription is renewed', async (context) => {
  const { server, start, time, has } = await world(context, {
    staleAfterMs: 65_000,
    pingIntervalMs: 10 ** 9,
  });
  server.onSubscribed = snapshots(() => 10);
  await start();
  await until('live', () => has('LIVE'));
  time.advance(76_000);
  await until('renewed', () => server.ops('unsubscribe').length === 1);
  await until('live again', () => has('LIVE', 3));
});

test('the old trade that OKX pushes on subscription is no flow, nor is a trade seen twice', async (context) => {
  const { server, feed, start, lines, time } = await world(context);
  const trade = (tradeId: number, ageMs: number) => ({
    arg: { channel: 'trades', instId },
    data: [
      { instId, tradeId: String(tradeId), px: '1', sz: '1', side: 'sell', ts: String(time.nowMs() - ageMs) },
    ],
  });
  server.onSubscribed = (arg, client) => {
    if (arg.channel === 'trades') client.send(JSON.stringify(trade(100, 60_000)));
  };
  await start();
  await until('subscribed', () => feed.counters.staleTradesDropped === 1);
  server.push('/public', trade(101, 40));
  server.push('/public', trade(101, 40));
  server.push('/public', trade(102, 5_000)); // late, but not the first: the network's doing, still flow
  await until('two trades', () => feed.counters.trades === 2);
  server.cut('/public');
  await until('noticed', () => feed.counters.reconnects === 1);
  time.advance(30_000);
  await until('back', () => server.ops('subscribe').filter(({ path }) => path === '/public').length === 2);
  await until('the old trade again', () => feed.counters.staleTradesDropped === 2);
  assert.equal(lines.filter((line) => line.startsWith('trade')).length, 2);
  assert.deepEqual([feed.counters.trades, feed.counters.repeatedTradesDropped], [2, 1]);
});

test('a lost connection is told at once, and the new one brings a new book', async (context) => {
  const { server, start, time, has, lines } = await world(context);
  let seqId = 10;
  server.onSubscribed = snapshots(() => seqId);
  await start();
  await until('live', () => has('LIVE'));
  seqId = 500;
  server.cut('/public');
  await until('told', () => has('DOWN disconnected'));
  time.advance(125);
  await until('live again', () => has('LIVE', 3));
  assert.equal(lines.at(-2), 'book 0 snapshot 500 2');
});

test('an announced end (64008) interrupts nothing: old book until the new snapshot, then only the new', async (context) => {
  const { server, start, has, lines } = await world(context);
  let seqId = 10;
  server.onSubscribed = snapshots(() => seqId);
  await start();
  await until('live', () => has('LIVE'));
  seqId = 20;
  const old = server.clients.find(({ path }) => path === '/public')!.client;
  old.send('{"event":"notice","code":"64008","msg":"The connection will soon be closed","connId":"c"}');
  old.send(JSON.stringify(update(10, 11)));
  await until('the new snapshot', () => has('book 0 snapshot 20'));
  old.send(JSON.stringify(update(11, 12)));
  server.push('/public', update(20, 21));
  await until('the new update', () => has('book 0 update 21'));
  assert.deepEqual(lines, [
    'book 0 snapshot 10 2',
    'LIVE snapshot',
    'book 0 update 11 1',
    'book 0 snapshot 20 2',
    'book 0 update 21 1',
  ]);
});

test('a level that cannot be believed takes the instrument off until a new snapshot', async (context) => {
  const { server, feed, start, time, has, logs } = await world(context);
  server.onSubscribed = snapshots(() => 10);
  await start();
  await until('live', () => has('LIVE'));
  server.push('/public', update(10, 11, [['60000.15', '1', '0', '1']]));
  await until('told', () => has('DOWN unreadable book message: BTC-USDT-SWAP'));
  assert.ok(logs.some((line) => line.startsWith('error') && line.includes('60000.15')));
  time.advance(0);
  await until('live again', () => has('LIVE', 3));
  assert.equal(feed.counters.decodeErrors, 1);
});

test('a checksum that does not match takes the instrument off', async (context) => {
  const { server, feed, start, has, lines } = await world(context);
  server.onSubscribed = (arg, client) => {
    if (arg.channel === 'books') client.send(JSON.stringify(snapshot(10, 12345)));
  };
  await start();
  await until('noticed', () => feed.counters.checksumFailures === 1);
  assert.ok(!has('LIVE') && !lines.some((line) => line.startsWith('book')));
});

test('the recorder sees every frame of both ways', async (context) => {
  const taped: string[] = [];
  const { server, start, has } = await world(context, {
    rawTap: (direction, _at, bytes, connection) =>
      taped.push(`${direction} ${connection} ${Buffer.from(bytes).toString()}`),
  });
  server.onSubscribed = snapshots(() => 10);
  await start();
  await until('live', () => has('LIVE'));
  assert.ok(taped.includes(`in public-1 ${JSON.stringify(snapshot(10))}`));
  assert.ok(taped.some((line) => line.startsWith('out public-1 {"id":"s1","op":"subscribe"')));
});

test('older candles come oldest first, closed ones only, across the archive', async (context) => {
  const { server, feed } = await world(context);
  const minute = 60_000;
  const newest = 100_000 * minute;
  const row = (index: number) => [
    String(newest - index * minute),
    '1',
    '2',
    '0.5',
    '1.5',
    '10',
    '1',
    '1',
    index === 0 ? '0' : '1',
  ];
  server.onCall = ({ path, query }) => {
    const after = Number(query.get('after') ?? Number.POSITIVE_INFINITY);
    const limit = Number(query.get('limit'));
    const all = Array.from({ length: path === 'market/candles' ? 350 : 1000 }, (_, index) => row(index));
    return okay(...all.filter(([ts]) => Number(ts) < after).slice(0, limit));
  };
  const candles = await feed.candles(0, '1m', 500);
  assert.equal(candles.length, 500);
  assert.deepEqual(
    candles.map(({ openAt }) => openAt),
    Array.from({ length: 500 }, (_, index) => newest - (500 - index) * minute),
  );
  assert.ok(candles.every(({ closed }) => closed));
});

test('a real recording passes whole: every checksum verified, every level told, second snapshots taken in', {
  skip: !capturesPresent && 'the recordings are not beside this clone',
}, async (context) => {
  for (const [file, bookChannel] of [
    ['okx-20220227-booksl2tbt-trades-tickers.jsonl.gz', 'books-l2-tbt'],
    ['okx-20220513-books-trades-tickers.jsonl.gz', 'books'],
  ] as const) {
    const list = captures()
      .get(file)!
      .filter(({ message }) => isBook(message));
    const known = captureInstruments();
    const instruments = [...new Set(list.map(({ message }) => instrumentOf(message)))].map(
      (id) => known.get(id)!,
    );
    const { server, feed, start } = await world(context, {
      instruments,
      bookChannel,
      credentials: { apiKey: 'k', secret: 's', passphrase: 'p' },
    });
    server.onCall = () => okay({ ts: '1795340540000' });
    let messages = 0;
    let levels = 0;
    await feed.start((event) => {
      if (event.kind !== EventKind.book) return;
      const truth = new BookFrame();
      new BookDecoder(instruments[event.instrument]!).decode(Buffer.from(list[messages]!.text), truth);
      assert.deepEqual(
        [...event.frame.price.slice(0, event.frame.count)],
        [...truth.price.slice(0, truth.count)],
      );
      messages++;
      levels += truth.count;
    });
    void start;
    await until('subscribed', () =>
      server.requests.some(({ op, path }) => op === 'subscribe' && path === '/public'),
    );
    for (const { text } of list) server.push('/public', text);
    await until('all told', () => messages === list.length);
    const { gaps, checksumFailures, decodeErrors, slowFrames } = feed.counters;
    assert.deepEqual(
      { gaps, checksumFailures, decodeErrors, slowFrames },
      { gaps: 0, checksumFailures: 0, decodeErrors: 0, slowFrames: 0 },
    );
    assert.equal(feed.counters.levels, levels);
  }
});
