import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Session } from '../protocol/session.ts';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { type Json, RestClient, SocketClient } from '../testing/wire-client.ts';
import { Faults, type House } from './faults.ts';
import { checkPlan, type FaultInput, type FaultPlan } from './plan.ts';

/** A client that knows nothing of the server's code sees each fault on the wire. */

const SWAP = 'BTC-USDT-SWAP';
const BOOKS = { channel: 'books', instId: SWAP };
let exchange: ExchangeHandle;
let rest: RestClient;
const sockets: SocketClient[] = [];

before(async () => {
  exchange = await startExchange({ port: 0, seed: 9, rateLimits: false, faults: { seed: 3, faults: [] } });
  rest = new RestClient(exchange);
});

after(async () => {
  for (const socket of sockets) socket.close();
  await exchange.close();
});

async function connect(door = 'public'): Promise<SocketClient> {
  const socket = await SocketClient.connect(`${exchange.ws}/${door}`);
  sockets.push(socket);
  return socket;
}

async function trader(): Promise<SocketClient> {
  const socket = await connect('all');
  await socket.login(exchange);
  return socket;
}

const strike = (fault: FaultInput): void => exchange.faults!.strike(fault);

interface BookRow {
  readonly seqId: number;
  readonly prevSeqId: number;
  readonly checksum: number;
  readonly ts: string;
}

function books(socket: SocketClient, from = 0): { action: string; row: BookRow }[] {
  return socket.messages
    .slice(from)
    .filter((message) => (message.arg as Json | undefined)?.channel === 'books' && message.data !== undefined)
    .map((message) => ({ action: String(message.action), row: (message.data as BookRow[])[0]! }));
}

/** The first place where the chain of sequence numbers breaks. */
const broken = (socket: SocketClient): number | undefined => {
  const chain = books(socket);
  const at = chain.findIndex(({ row }, i) => i > 0 && row.prevSeqId !== chain[i - 1]!.row.seqId);
  return at === -1 ? undefined : at;
};

async function order(change: Json = {}): Promise<Json> {
  const { data } = await rest.open(`market/ticker?instId=${SWAP}`);
  const px = (Math.round(Number(data[0]!.last) * 0.995 * 10) / 10).toFixed(1);
  return { instId: SWAP, tdMode: 'cross', side: 'buy', ordType: 'limit', sz: '1', px, ...change };
}

const find = async (clOrdId: string): Promise<string> => {
  const { code, data } = await rest.get(`trade/order?instId=${SWAP}&clOrdId=${clOrdId}`);
  return code === '0' ? String(data[0]!.state) : code;
};

test('gap and drop: an update is missing from the chain', async () => {
  for (const fault of ['gap', 'drop'] as const) {
    const socket = await connect();
    await socket.subscribe(BOOKS);
    await socket.eventually(() => (books(socket).length > 2 ? true : undefined));
    strike({ fault, channel: 'books', door: 'public' });
    assert.ok((await socket.eventually(() => broken(socket))) > 0);
    socket.close();
  }
});

test('checksum: one that is neither zero nor right', async () => {
  const socket = await connect();
  await socket.subscribe(BOOKS);
  strike({ fault: 'checksum' });
  const row = await socket.eventually(() => books(socket).find(({ row: one }) => one.checksum !== 0));
  assert.ok(Number.isInteger(row.row.checksum));
  assert.equal(broken(socket), undefined);
  socket.close();
});

test('duplicate: the same update twice', async () => {
  const socket = await connect();
  await socket.subscribe(BOOKS);
  strike({ fault: 'duplicate', channel: 'books' });
  await socket.eventually(() => {
    const chain = books(socket);
    return chain.find(
      ({ row }, i) =>
        i > 0 && row.seqId === chain[i - 1]!.row.seqId && row.prevSeqId === chain[i - 1]!.row.prevSeqId,
    );
  });
  socket.close();
});

test('delay: silence, then everything in order; reorder: one channel is overtaken by the others', async () => {
  const socket = await connect();
  await socket.subscribe(BOOKS, { channel: 'tickers', instId: SWAP });
  const lag = (): number | undefined => {
    const last = books(socket).at(-1);
    return last === undefined ? undefined : Number(last.row.ts);
  };
  const from = await socket.eventually(lag);
  strike({ fault: 'delay', by: '600ms' });
  await socket.eventually(() => (lag()! > from + 1500 ? true : undefined));
  assert.equal(broken(socket), undefined, 'nothing is lost');
  strike({ fault: 'reorder', by: '700ms', channel: 'books' });
  // a ticker that is younger than the book message that came after it
  await socket.eventually(() => {
    let ticker = 0;
    for (const message of socket.messages) {
      const channel = (message.arg as Json | undefined)?.channel;
      const ts = Number((message.data as Json[] | undefined)?.[0]?.ts ?? 0);
      if (channel === 'tickers') ticker = Math.max(ticker, ts);
      if (channel === 'books' && ts > 0 && ts < ticker - 300) return true;
    }
    return undefined;
  });
  assert.equal(broken(socket), undefined, 'the channel itself keeps its order');
  socket.close();
});

test('stale snapshot: a book from long ago, which the next update does not follow', async () => {
  const first = await connect();
  await first.subscribe(BOOKS);
  await first.eventually(() => (books(first).length > 3 ? true : undefined));
  strike({ fault: 'stale-snapshot' });
  const second = await connect();
  await second.subscribe(BOOKS);
  assert.equal(await second.eventually(() => broken(second)), 1);
  first.close();
  second.close();
});

test('sequence reset: a small number follows the last one, and the chain goes on', async () => {
  const socket = await connect();
  await socket.subscribe(BOOKS);
  await socket.eventually(() => (books(socket).length > 3 ? true : undefined));
  strike({ fault: 'sequence-reset' });
  await socket.eventually(() => books(socket).find(({ row }) => row.prevSeqId > row.seqId));
  const count = books(socket).length;
  await socket.eventually(() => (books(socket).length > count + 3 ? true : undefined));
  assert.equal(broken(socket), undefined);
  socket.close();
});

test('disconnect: cut without a word, or closed with a code', async () => {
  const cut = await connect('business');
  strike({ fault: 'disconnect', door: 'business' });
  assert.equal(await cut.eventually(() => cut.closed ?? undefined), 1006);
  const closed = await connect('business');
  strike({ fault: 'disconnect', door: 'business', code: 4006 });
  assert.equal(await closed.eventually(() => closed.closed ?? undefined), 4006);
});

test('half open: nothing comes any more, not even a pong of either kind, and nobody says goodbye', async () => {
  const socket = await connect('business');
  await socket.subscribe({ channel: 'candle1s', instId: SWAP });
  // a plain socket, for what the client of the tests does not speak
  const plain = new WebSocket(`${exchange.ws}/business`);
  await once(plain, 'open');
  let heard = 0;
  for (const event of ['message', 'pong', 'close']) plain.on(event, () => (heard += 1));
  strike({ fault: 'half-open', door: 'business', of: 'all' });
  plain.ping();
  // refused with 4002 by whoever hears it
  plain.send(Buffer.from([1, 2, 3]));
  const other = await connect('public');
  await other.subscribe(BOOKS);
  const count = socket.texts.length;
  socket.send('ping');
  await other.eventually(() => (books(other).length > 15 ? true : undefined));
  assert.equal(socket.texts.length, count);
  assert.equal(socket.closed, null);
  assert.equal(heard, 0);
  socket.close();
  plain.terminate();
  other.close();
});

test('refused connections: 503, and in again afterwards', async () => {
  strike({ fault: 'refuse', times: 1 });
  await assert.rejects(connect(), /503/);
  (await connect()).close();
});

test('an error before acceptance leaves no order behind, one afterwards leaves one', async () => {
  strike({ fault: 'error', status: 503, endpoint: 'POST trade/order' });
  assert.equal((await rest.post('trade/order', await order({ clOrdId: 'never1' }))).status, 503);
  assert.equal(await find('never1'), '51603');
  strike({ fault: 'error', stage: 'after', endpoint: 'POST trade/*' });
  const { status, code } = await rest.post('trade/order', await order({ clOrdId: 'silently1' }));
  assert.deepEqual([status, code], [500, '50026']);
  assert.equal(await find('silently1'), 'live');
});

test('a time-out before acceptance leaves no order behind, one afterwards leaves one: over REST', async () => {
  for (const [stage, clOrdId, state] of [
    ['before', 'silence1', '51603'],
    ['after', 'silence2', 'live'],
  ] as const) {
    strike({ fault: 'timeout', stage, endpoint: 'POST trade/order' });
    const asked = rest.post('trade/order', await order({ clOrdId }), {}, AbortSignal.timeout(300));
    await assert.rejects(asked, { name: 'TimeoutError' });
    assert.equal(await find(clOrdId), state);
  }
});

test('the same over a socket', async () => {
  const socket = await trader();
  for (const [stage, clOrdId, state] of [
    ['before', 'quiet1', '51603'],
    ['after', 'quiet2', 'live'],
  ] as const) {
    strike({ fault: 'timeout', stage, endpoint: 'WS order' });
    socket.send({ id: clOrdId, op: 'order', args: [await order({ clOrdId })] });
    // the next operation is answered, this one never
    socket.send({ id: `${clOrdId}x`, op: 'cancel-order', args: [{ instId: SWAP, ordId: '1' }] });
    await socket.until((message) => message.id === `${clOrdId}x`);
    assert.equal(
      socket.messages.some((message) => message.id === clOrdId),
      false,
    );
    assert.equal(await find(clOrdId), state);
  }
  strike({ fault: 'error', endpoint: 'WS *' });
  socket.send({ id: 'failed', op: 'order', args: [await order({ clOrdId: 'quiet3' })] });
  assert.equal((await socket.until((message) => message.id === 'failed')).code, '50001');
  assert.equal(await find('quiet3'), '51603');
  socket.close();
});

test('slow: the answer comes late; what became too old on the way is refused', async () => {
  strike({ fault: 'slow', by: '300ms', stage: 'after', endpoint: 'GET public/time' });
  const from = performance.now();
  await rest.open('public/time');
  assert.ok(performance.now() - from >= 295);
  strike({ fault: 'slow', by: '300ms', endpoint: 'POST trade/order' });
  const late = await order({ clOrdId: 'late1' });
  const { code } = await rest.post('trade/order', late, { expTime: String(Date.now() + 150) });
  assert.equal(code, '50037');
  assert.equal(await find('late1'), '51603');
});

test('rate limit: 429 without data, for as long as it lasts', async () => {
  strike({ fault: 'rate-limit', times: 2, endpoint: 'GET account/*' });
  for (let i = 0; i < 2; i++) {
    const { status, code, data } = await rest.get('account/balance');
    assert.deepEqual([status, code, data], [429, '50011', undefined]);
  }
  assert.equal((await rest.get('account/balance')).code, '0');
});

test('partial batch: some orders go in, some do not, and each says which', async () => {
  strike({ fault: 'partial-batch' });
  const batch = await Promise.all(['a', 'b', 'c', 'd'].map((name) => order({ clOrdId: `batch${name}` })));
  const { code, data } = await rest.post('trade/batch-orders', batch);
  assert.equal(code, '2');
  for (const { clOrdId, sCode } of data)
    assert.equal(await find(String(clOrdId)), sCode === '0' ? 'live' : '51603', `${clOrdId}: ${sCode}`);
  assert.ok(data.some(({ sCode }) => sCode === '50013'));
});

test('partial batch: of whatever length, at least one item fails and at least one goes in, each as likely as any other', () => {
  for (const count of [2, 3, 5, 20]) {
    const lost = new Array<number>(count).fill(0);
    const faults = new Faults(checkPlan({ seed: count, faults: [{ fault: 'partial-batch' }] }));
    faults.start({} as House);
    for (let batch = 0; batch < 300; batch++) {
      const refused = lost.map((_, i) => faults.item('batch-orders', `account${batch}`, i, count) !== null);
      assert.ok(refused.includes(true) && refused.includes(false), `${count} items: ${refused}`);
      for (const [i, is] of refused.entries()) if (is) lost[i]! += 1;
    }
    for (const times of lost) assert.ok(times > 100 && times < 230, `${lost} of 300`);
  }
});

test('stale book: REST shows one from before', async () => {
  const path = `market/books?instId=${SWAP}&sz=5`;
  const old = (await rest.open(path)).data[0]!;
  const socket = await connect();
  await socket.subscribe(BOOKS);
  await socket.eventually(() => (books(socket).length > 3 ? true : undefined));
  strike({ fault: 'stale-book' });
  assert.equal((await rest.open(path)).data[0]!.seqId, old.seqId);
  assert.notEqual((await rest.open(path)).data[0]!.seqId, old.seqId);
  socket.close();
});

test('clock skew: the exchange tells another time and refuses what was signed by ours', async () => {
  strike({ fault: 'clock-skew', by: '45s', for: '1h' });
  const { data } = await rest.open('public/time');
  assert.ok(Math.abs(Number(data[0]!.ts) - Date.now() - 45_000) < 2000);
  const { status, code } = await rest.get('account/balance');
  assert.deepEqual([status, code], [401, '50102']);
  strike({ fault: 'clock-skew', by: '-45s', for: '1h' });
  assert.equal((await rest.get('account/balance')).code, '0');
});

test('clock skew: expTime is measured by the clock that is off, over REST and the socket', async () => {
  const socket = await connect('private');
  await socket.login(exchange);
  const asked = async (aheadMs: number): Promise<string[]> => {
    const expTime = String(Date.now() + aheadMs);
    const id = `e${socket.messages.length}`;
    const overRest = await rest.post('trade/order', await order({}), { expTime });
    socket.send({ id, op: 'order', expTime, args: [await order({})] });
    const { code } = await socket.until((message) => message.id === id);
    return [overRest.code, String(code)];
  };
  assert.deepEqual(await asked(10_000), ['0', '0']);
  strike({ fault: 'clock-skew', by: '20s', for: '1h' });
  assert.deepEqual(await asked(10_000), ['50036', '50036']);
  strike({ fault: 'clock-skew', by: '-40s', for: '1h' });
  assert.deepEqual(await asked(-10_000), ['0', '0']);
  strike({ fault: 'clock-skew', by: '20s', for: '1h' });
  assert.deepEqual(await asked(-10_000), ['50036', '50036']);
  socket.close();
});

test('maintenance: a notice to all, then closed, down for a while, status told, numbers begin anew', async () => {
  const socket = await connect();
  await socket.subscribe(BOOKS, { channel: 'status' });
  const last = await socket.eventually(() => books(socket).at(-1));
  strike({ fault: 'maintenance', notice: '500ms', down: '400ms' });
  await socket.until((message) => message.event === 'notice' && message.code === '64008');
  await socket.until(
    (message) => (message.arg as Json | undefined)?.channel === 'status' && message.data !== undefined,
  );
  assert.equal((await rest.open('system/status')).data[0]!.state, 'scheduled');
  assert.equal(await socket.eventually(() => socket.closed ?? undefined), 1001);
  assert.equal((await rest.open('public/time')).status, 503);
  await assert.rejects(connect(), /503/);
  for (;;) {
    const { status, data } = await rest.open('system/status?state=completed');
    if (status === 200 && data.length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const fresh = await connect();
  await fresh.subscribe(BOOKS);
  const snapshot = await fresh.eventually(() => books(fresh)[0]);
  assert.ok(snapshot.row.seqId < last.row.seqId);
  fresh.close();
});

test('crash and restart: cut off, back at the same place, with all that was acknowledged', async () => {
  const before = await rest.get('trade/orders-pending');
  assert.ok(before.data.length >= 3);
  const socket = await connect();
  strike({ fault: 'crash', down: '300ms' });
  assert.equal(await socket.eventually(() => socket.closed ?? undefined), 1006);
  await assert.rejects(rest.open('public/time'));
  let found: Json[] | null = null;
  while (found === null)
    try {
      found = (await rest.get('trade/orders-pending')).data;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  const ids = (rows: Json[]): unknown[] => rows.map(({ ordId }) => ordId);
  assert.deepEqual(ids(found), ids(before.data));
});

test('a plan is followed by number: the same seed and the same requests and pushes are struck alike', async () => {
  const plan = (seed: number): FaultPlan =>
    checkPlan({
      seed,
      faults: [
        { fault: 'drop', chance: 0.2, channel: 'books', connection: 1 },
        { fault: 'gap', nth: 12, channel: 'books', connection: 1 },
        { fault: 'error', chance: 0.3, endpoint: 'GET account/balance' },
        { fault: 'rate-limit', nth: 5, times: 2, endpoint: 'GET account/balance' },
        { fault: 'partial-batch', chance: 0.7 },
      ],
    });
  /** What a client that hurries or dawdles meets: statuses, items that failed, updates that its twin saw and it did not. */
  const meet = async (seed: number, dawdles: boolean): Promise<unknown> => {
    const own = await startExchange({ port: 0, seed: 9, speed: 5, rateLimits: false, faults: plan(seed) });
    try {
      const spoiled = await SocketClient.connect(`${own.ws}/public`);
      const whole = await SocketClient.connect(`${own.ws}/public`);
      await whole.subscribe(BOOKS);
      await spoiled.subscribe(BOOKS);
      const client = new RestClient(own);
      const statuses: number[] = [];
      const items: string[] = [];
      for (let i = 0; i < 25; i++) {
        if (dawdles && i % 3 === 0) {
          const count = books(whole).length;
          await whole.eventually(() => (books(whole).length > count ? true : undefined));
        }
        statuses.push((await client.get('account/balance')).status);
        const none = ['1', '2', '3'].map((ordId) => ({ instId: SWAP, ordId }));
        const { data } = await client.post('trade/cancel-batch-orders', none);
        items.push(data.map(({ sCode }) => sCode).join());
      }
      const first = books(spoiled)[0]!.row.seqId;
      const after = (socket: SocketClient): number[] =>
        books(socket).flatMap(({ row }) => (row.seqId > first ? [row.seqId] : []));
      const all = await whole.eventually(() => (after(whole).length > 45 ? after(whole) : undefined));
      await spoiled.eventually(() => (after(spoiled).some((seqId) => seqId >= all[40]!) ? true : undefined));
      const seen = new Set(after(spoiled));
      spoiled.close();
      whole.close();
      return {
        statuses,
        items,
        missing: all.slice(0, 40).flatMap((seqId, n) => (seen.has(seqId) ? [] : [n])),
      };
    } finally {
      await own.close();
    }
  };
  const [one, again, other] = [await meet(3, false), await meet(3, true), await meet(4, false)];
  assert.deepEqual(again, one);
  assert.notDeepEqual(other, one);
  const { statuses, items, missing } = one as { statuses: number[]; items: string[]; missing: number[] };
  assert.deepEqual(statuses.slice(4, 6), [429, 429]);
  assert.ok(statuses.includes(503) && statuses.includes(200));
  assert.ok(items.some((item) => item.includes('50013')) && items.includes('51400,51400,51400'));
  assert.ok(missing.length > 2 && missing.length < 20, `${missing}`);
});

test('a snapshot that is no older than the right one is not taken for a stale one', () => {
  const faults = new Faults(checkPlan({ faults: [{ fault: 'stale-snapshot' }] }));
  const seen: string[] = [];
  const session = { number: 1, door: 'public', deliver: (text: string) => seen.push(text) };
  faults.start({} as House);
  faults.opened(session as unknown as Session);
  const snapshot = (arg: string, seqId: number): string =>
    `{"arg":"${arg}","action":"snapshot","data":[{"seqId":${seqId}}]}`;
  for (const text of [snapshot('a', 1), snapshot('b', 1), snapshot('c', 2)])
    faults.outgoing(session as unknown as Session, text, `books|${SWAP}`);
  assert.deepEqual(seen, [snapshot('a', 1), snapshot('b', 1), snapshot('c', 1)]);
  assert.deepEqual(faults.counts, { 'stale-snapshot': 1 });
});

test('a plan in time is followed by the market: a book that comes so long after the start is struck, whatever the wall says', () => {
  /** Seconds of pushes through faults with a stand-in for a connection; `load` is how long the wall takes for each. */
  const run = (load: () => void): string[] => {
    const faults = new Faults(
      checkPlan({ seed: 5, faults: [{ fault: 'drop', every: '1s', channel: 'tickers' }] }),
    );
    const seen: string[] = [];
    const session = { number: 1, door: 'public', isMute: false, deliver: (text: string) => seen.push(text) };
    faults.start({} as House);
    faults.opened(session as unknown as Session);
    for (let step = 0; step < 3000; step++) {
      faults.pass(10);
      if (step % 10 === 0) faults.outgoing(session as unknown as Session, String(step), `tickers|${SWAP}`);
      if (step % 500 === 0) load();
    }
    faults.stop();
    return seen;
  };
  const idle = run(() => undefined);
  const busy = run(() => {
    for (const until = performance.now() + 20; performance.now() < until; );
  });
  assert.deepEqual(busy, idle);
  assert.ok(idle.length > 250 && idle.length < 295, `${idle.length} of 300 came through`);
});
