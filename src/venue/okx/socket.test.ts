import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { BackOff } from './back-off.ts';
import type { Row } from './codec/fields.ts';
import type { ChannelArg } from './codec/routing.ts';
import type { OkxError } from './errors.ts';
import { RateLimits } from './rate-limit.ts';
import { OkxSocket, type SocketOptions } from './socket.ts';
import { ManualTime } from './testing/manual-time.ts';

interface Request {
  readonly id?: string;
  readonly op: string;
  readonly args: readonly (ChannelArg & { apiKey?: string; sign?: string })[];
}

/** An exchange of one page: acknowledges what it is asked, unless told otherwise. */
class Server {
  readonly server: WebSocketServer;
  readonly requests: Request[] = [];
  readonly clients: WebSocket[] = [];
  pings = 0;
  pongs = true;
  answer: (request: Request, client: WebSocket) => void = (request, client) => {
    if (request.op === 'login') client.send('{"event":"login","code":"0","msg":"","connId":"c"}');
    for (const arg of request.op === 'login' ? [] : request.args)
      client.send(JSON.stringify({ id: request.id, event: request.op, arg, connId: 'c' }));
  };

  constructor(server: WebSocketServer) {
    this.server = server;
    server.on('connection', (client) => {
      this.clients.push(client);
      client.on('message', (data) => {
        const text = data.toString();
        if (text === 'ping') {
          this.pings++;
          if (this.pongs) client.send('pong');
          server.emit('ping');
          return;
        }
        const request = JSON.parse(text) as Request;
        this.requests.push(request);
        this.answer(request, client);
        server.emit('request');
      });
      server.emit('here');
    });
  }
}

/** A log of what the socket told, to be awaited. */
class Story {
  readonly lines: string[] = [];
  private waiting: (() => void)[] = [];

  tell(line: string): void {
    this.lines.push(line);
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Resolves when a line begins so, at or after `from`. */
  async hears(start: string, from = 0): Promise<string> {
    for (;;) {
      const line = this.lines.slice(from).find((candidate) => candidate.startsWith(start));
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }
}

async function world(context: TestContext, options: Partial<SocketOptions> = {}) {
  const time = new ManualTime();
  const listening = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(listening, 'listening');
  const server = new Server(listening);
  const story = new Story();
  const { port } = listening.address() as AddressInfo;
  const socket = new OkxSocket(
    {
      rest: '',
      ws: `ws://127.0.0.1:${port}`,
      path: 'public',
      login: false,
      demo: false,
      clock: time,
      timers: time,
      random: () => 0.5,
      log: (level, message) => {
        if (level !== 'debug') story.tell(`${level}: ${message}`);
      },
      connects: new RateLimits(time, time),
      exchangeNow: () => Promise.resolve(time.nowMs()),
      ...options,
    },
    {
      push: (bytes, _receivedAt, generation) => story.tell(`push ${generation} ${bytes.toString()}`),
      answer: (message: Row) => story.tell(`answer ${JSON.stringify(message)}`),
      up: (generation) => story.tell(`up ${generation}`),
      down: (reason) => story.tell(`down ${reason}`),
      refused: (arg: ChannelArg, error: OkxError) => story.tell(`refused ${arg.channel} ${error.code}`),
      subscribed: (arg, generation) => story.tell(`subscribed ${arg.channel} ${generation}`),
      loginRefused: (error) => story.tell(`login refused ${error.code}`),
    },
  );
  context.after(() => {
    socket.stop();
    for (const client of listening.clients) client.terminate();
    listening.close();
  });
  return { time, server, story, socket, listening };
}

const books = { channel: 'books', instId: 'BTC-USDT-SWAP' };
const trades = { channel: 'trades', instId: 'BTC-USDT-SWAP' };

test('is up when everything wanted is acknowledged, and passes pushes on', async (context) => {
  const { server, story, socket } = await world(context);
  socket.want([books, trades]);
  socket.start();
  await story.hears('up 1');
  assert.deepEqual(
    server.requests.map(({ op, args }) => [op, args]),
    [['subscribe', [books, trades]]],
  );
  assert.deepEqual(story.lines, ['subscribed books 1', 'subscribed trades 1', 'up 1']);
  server.clients[0]!.send(JSON.stringify({ arg: books, data: [] }));
  await story.hears(`push 1 {"arg":{"channel":"books"`);
});

test('after a loss it comes back by itself and asks for the same again', async (context) => {
  const { time, server, story, socket } = await world(context);
  socket.want([books]);
  socket.start();
  await story.hears('up 1');
  server.clients[0]!.close(4005, 'too slow');
  assert.match(await story.hears('down'), /4005 we read too slowly/);
  assert.ok(time.delays.includes(125), `full jitter at 0.5 of 250 ms, got ${time.delays}`);
  time.advance(125);
  await story.hears('up 2');
  assert.deepEqual(
    server.requests.map(({ args }) => args),
    [[books], [books]],
  );
  assert.equal(socket.reconnects, 1);
});

test('nobody there: one warning, then tries farther and farther apart until somebody is', async (context) => {
  const nobody = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(nobody, 'listening');
  const { port } = nobody.address() as AddressInfo;
  await new Promise((resolve) => nobody.close(resolve));
  const { time, story, socket } = await world(context, { ws: `ws://127.0.0.1:${port}`, random: () => 0.999 });
  socket.want([books]);
  socket.start();
  const delays: number[] = [];
  for (let attempt = 0; attempt < 9; attempt++) {
    await time.timersSet(1); // the connect timeout
    while (!(time.delays.length === 1 && time.delays[0] !== 10_000)) await new Promise(setImmediate);
    delays.push(Math.round(time.delays[0]! / 0.999));
    time.advance(time.delays[0]!);
  }
  assert.deepEqual(delays, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  assert.equal(story.lines.filter((line) => line.startsWith('warn')).length, 1);
  const server = new WebSocketServer({ port, host: '127.0.0.1' });
  context.after(() => server.close());
  server.on('connection', (client) =>
    client.on('message', (data) => {
      const { id, args } = JSON.parse(data.toString()) as Request;
      for (const arg of args) client.send(JSON.stringify({ id, event: 'subscribe', arg }));
    }),
  );
  while (!story.lines.some((line) => line.startsWith('up'))) {
    await new Promise(setImmediate);
    if (time.delays.length === 1 && time.delays[0] !== 10_000) time.advance(time.delays[0]!);
  }
  assert.equal(story.lines.filter((line) => line.startsWith('warn')).length, 1);
  assert.ok(story.lines.includes('info: connected to OKX'));
  for (const client of server.clients) client.terminate();
});

test('pings by text; a peer that hears and does not answer is dead', async (context) => {
  const { time, server, story, socket, listening } = await world(context);
  socket.want([books]);
  socket.start();
  await story.hears('up 1');
  for (let round = 1; round <= 3; round++) {
    const pinged = once(listening, 'ping');
    time.advance(20_000);
    await pinged;
    assert.equal(server.pings, round);
    // the pong must have arrived before its deadline is looked at
    server.clients[0]!.send(JSON.stringify({ arg: books, data: [round] }));
    await story.hears(`push 1 ${JSON.stringify({ arg: books, data: [round] })}`);
    time.advance(8_000);
  }
  server.pongs = false;
  const pinged = once(listening, 'ping');
  time.advance(20_000);
  await pinged;
  time.advance(8_000);
  assert.match(await story.hears('down'), /no answer to ping/);
});

test('on notice 64008 the next connection is complete before the old one is left', async (context) => {
  const { time, server, story, socket } = await world(context);
  socket.want([books]);
  socket.start();
  await story.hears('up 1');
  const notice = { event: 'notice', code: '64008', msg: 'The connection will soon be closed', connId: 'c' };
  server.clients[0]!.send(JSON.stringify(notice));
  await story.hears('up 2');
  assert.equal(story.lines.filter((line) => line.startsWith('down')).length, 0);
  // the old one still delivers for a while, marked as what it is
  server.clients[0]!.send(JSON.stringify({ arg: books, data: ['late'] }));
  server.clients[1]!.send(JSON.stringify({ arg: books, data: ['new'] }));
  await story.hears('push 1');
  await story.hears('push 2');
  const closed = once(server.clients[0]!, 'close');
  time.advance(3_000);
  await closed;
  assert.equal(socket.connected, true);
  assert.equal(story.lines.filter((line) => line.startsWith('down')).length, 0);
});

test('one bad channel in a batch is found out; the others are not lost', async (context) => {
  const { server, story, socket } = await world(context);
  const bad = { channel: 'nonsense', instId: 'BTC-USDT-SWAP' };
  const { answer } = server;
  server.answer = (request, client) => {
    if (request.args.some(({ channel }) => channel === 'nonsense'))
      client.send(
        JSON.stringify({
          id: request.id,
          event: 'error',
          code: '60018',
          msg: 'Wrong URL or channel',
          connId: 'c',
        }),
      );
    else answer(request, client);
  };
  socket.want([books, bad, trades]);
  socket.start();
  await story.hears('up 1');
  assert.deepEqual(story.lines.slice(0, 3).sort(), [
    'refused nonsense 60018',
    'subscribed books 1',
    'subscribed trades 1',
  ]);
});

test('an acknowledgement that never comes ends the connection, and the next one is tried', async (context) => {
  const { time, server, story, socket, listening } = await world(context);
  const { answer } = server;
  server.answer = () => {};
  socket.want([books]);
  socket.start();
  await once(listening, 'request');
  server.answer = answer;
  time.advance(10_000);
  await story.hears('warn: no connection');
  time.advance(125);
  await story.hears('up 2');
});

test('a channel is renewed by giving it up first', async (context) => {
  const { server, story, socket } = await world(context);
  socket.want([books]);
  socket.start();
  await story.hears('up 1');
  await socket.renew(books);
  assert.deepEqual(
    server.requests.map(({ op }) => op),
    ['subscribe', 'unsubscribe', 'subscribe'],
  );
});

test('logs in before it subscribes; the recorder never sees the key', async (context) => {
  const taped: string[] = [];
  const { server, story, socket } = await world(context, {
    login: true,
    credentials: { apiKey: 'the-key', secret: 's', passphrase: 'the-phrase' },
    rawTap: (direction, _at, bytes, connection) =>
      taped.push(`${direction} ${connection} ${bytes.toString()}`),
  });
  socket.want([books]);
  socket.start();
  await story.hears('up 1');
  assert.deepEqual(
    server.requests.map(({ op }) => op),
    ['login', 'subscribe'],
  );
  assert.equal(server.requests[0]!.args[0]!.apiKey, 'the-key');
  assert.ok(taped.length >= 3);
  assert.ok(!taped.join().includes('the-key') && !taped.join().includes('the-phrase'));
});

test('a login that will not pass is told, and tried again slowly', async (context) => {
  const { time, server, story, socket } = await world(context, {
    login: true,
    credentials: { apiKey: 'k', secret: 's', passphrase: 'p' },
  });
  server.answer = (_request, client) => {
    client.send('{"event":"error","code":"60007","msg":"Invalid sign","connId":"c"}');
    client.close(4001);
  };
  socket.start();
  await story.hears('login refused 60007');
  assert.deepEqual(
    time.delays.filter((delay) => delay > 10_000),
    [30_000],
  );
});

test('more than 480 subscription requests within an hour wait for the hour to pass', async (context) => {
  const { time, server, story, socket } = await world(context, { pingIntervalMs: 10 ** 9 });
  socket.want([books]);
  socket.start();
  await story.hears('up 1');
  for (let round = 0; round < 239; round++) await socket.renew(books);
  assert.equal(server.requests.length, 479);
  let done = false;
  const last = socket.renew(books).then(() => {
    done = true;
  });
  await time.timersSet(3);
  await new Promise(setImmediate);
  while (server.requests.length < 480) await new Promise(setImmediate);
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  assert.equal(done, false);
  assert.equal(server.requests.length, 480);
  time.advance(3_600_000);
  await last;
  assert.equal(server.requests.length, 481);
});

test('back-off is uniform below a ceiling that doubles', () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let attempt = 0; attempt < 12; attempt++) {
    const ceiling = Math.min(30_000, 250 * 2 ** attempt);
    let sum = 0;
    for (let sample = 0; sample < 500; sample++) {
      const backOff = new BackOff(random, 250, 30_000);
      for (let before = 0; before < attempt; before++) backOff.next();
      const delay = backOff.next();
      assert.ok(delay >= 0 && delay < ceiling);
      sum += delay;
    }
    assert.ok(Math.abs(sum / 500 / ceiling - 0.5) < 0.06, `mean at attempt ${attempt}: ${sum / 500}`);
  }
});
