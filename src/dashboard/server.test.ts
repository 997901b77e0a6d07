import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { ScriptedView } from '../../scripts/scripted-view.ts';
import type { OperatorAction } from '../core/events.ts';
import { type Dashboard, DashboardError, type DashboardOptions, startDashboard } from './server.ts';
import type { Push, View } from './view.ts';

const TOKEN = 'a token of this test';
let pageFolder: string;

before(() => {
  pageFolder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  writeFileSync(join(pageFolder, 'index.html'), '<!doctype html><title>the page</title>');
});
after(() => rmSync(pageFolder, { recursive: true }));

interface Running {
  readonly dashboard: Dashboard;
  readonly source: ScriptedView;
  readonly asked: OperatorAction[];
  readonly warnings: string[];
}

/** Starts a dashboard, gives it to `body`, and closes it whatever happens. */
async function running(
  body: (running: Running) => Promise<void>,
  options: Partial<DashboardOptions> = {},
): Promise<void> {
  const source = new ScriptedView(3);
  const asked: OperatorAction[] = [];
  const warnings: string[] = [];
  const dashboard = await startDashboard({
    source,
    port: 0,
    token: TOKEN,
    control: (action) => asked.push(action),
    log: {
      info: () => undefined,
      warn: (_fields, message) => warnings.push(message),
      error: (_fields, message) => warnings.push(message),
    },
    pageFolder,
    ...options,
  });
  try {
    await body({ dashboard, source, asked, warnings });
  } finally {
    await dashboard.close();
  }
}

/** A WebSocket client that keeps all it hears and lets a test wait for the next push of a kind. */
class Client {
  readonly heard: Push[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(dashboard: Dashboard, protocols: string[] = [], headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${dashboard.port}/ws`, protocols, { headers });
    this.socket.on('message', (data: Buffer) => this.heard.push(JSON.parse(data.toString()) as Push));
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  async next<Type extends Push['type']>(type: Type): Promise<Extract<Push, { type: Type }>> {
    const from = this.heard.length;
    for (;;) {
      await once(this.socket, 'message');
      const found = this.heard.slice(from).find((push) => push.type === type);
      if (found !== undefined) return found as Extract<Push, { type: Type }>;
    }
  }
}

const refusedStatus = (client: Client): Promise<number> =>
  new Promise((resolve) => {
    client.socket.once('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    client.socket.on('error', () => undefined);
  });

/** A request with headers that `fetch` would not let us forge. Gives the whole answer as text. */
async function rawGet(port: number, path: string, headers: Record<string, string>): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`GET ${path} HTTP/1.1`, ...lines, 'Connection: close', '', ''].join('\r\n'));
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
  return answer;
}

const post = (dashboard: Dashboard, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL('/api/control', dashboard.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('what is served', () => {
  test('the page, never inline script, and the view and charts as JSON', async () => {
    await running(async ({ dashboard, source }) => {
      const page = await fetch(dashboard.url);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /the page/);
      const policy = page.headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'self'/);
      assert.doesNotMatch(policy, /unsafe/);
      assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(page.headers.get('x-frame-options'), 'DENY');
      assert.equal(page.headers.get('cache-control'), 'no-cache');

      const view = (await (await fetch(new URL('/api/view', dashboard.url))).json()) as View;
      assert.equal(view.markets[0].last, source.last);
      const charts = (await (await fetch(new URL('/api/charts', dashboard.url))).json()) as unknown;
      assert.deepEqual(charts, JSON.parse(JSON.stringify(source.charts())));
      assert.equal((await fetch(new URL('/nothing', dashboard.url))).status, 404);
      assert.equal((await fetch(new URL('/..%2f..%2fpackage.json', dashboard.url))).status >= 400, true);
    });
  });

  test('hello first, then states with a new time each, and each candle, marker and equity as it comes', async () => {
    await running(async ({ dashboard, source }) => {
      const client = new Client(dashboard);
      const hello = await client.next('hello');
      assert.equal(client.heard[0].type, 'hello');
      assert.deepEqual(hello.charts, JSON.parse(JSON.stringify(source.charts())));

      const candle = client.next('candle');
      source.step(7);
      assert.equal((await candle).candle.close, source.last);
      const marker = client.next('marker');
      source.openPosition('short');
      assert.equal((await marker).marker.side, 'sell');
      const equity = client.next('equity');
      source.push({ type: 'equity', point: { at: 60_000, equity: 9_990.5, drawdown: 0.001 } });
      assert.deepEqual((await equity).point, { at: 60_000, equity: 9_990.5, drawdown: 0.001 });

      const first = await client.next('state');
      const second = await client.next('state');
      assert.equal(first.view.markets[0].position?.direction, 'short');
      // 250 ms apart; timers may be late on a busy machine, never early by more than their own grain.
      assert.ok(second.view.now - first.view.now >= 200, `${second.view.now - first.view.now} ms apart`);
      client.socket.close();
    });
  });

  test('nothing is computed while nobody looks', async () => {
    await running(async ({ dashboard, source }) => {
      assert.equal(source.listenerCount, 0);
      const [one, two] = [new Client(dashboard), new Client(dashboard)];
      await Promise.all([one.next('hello'), two.next('hello')]);
      assert.equal(source.listenerCount, 1);
      one.socket.close();
      await one.closed;
      await two.next('state');
      two.socket.close();
      await two.closed;
      // The server hears of the end at the same time as we do, or a moment later.
      while (source.listenerCount > 0) await new Promise(setImmediate);
      let views = 0;
      const view = source.view;
      source.view = () => {
        views += 1;
        return view();
      };
      await fetch(new URL('/api/charts', dashboard.url));
      assert.equal(views, 0);
    });
  });
});

describe('who may do what', () => {
  test('control wants the token: 401 without, with a wrong one, or with one of another length', async () => {
    await running(async ({ dashboard, asked }) => {
      for (const authorization of ['', 'Bearer', 'Bearer x', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`]) {
        const answer = await post(
          dashboard,
          { action: 'kill' },
          authorization === '' ? {} : { authorization },
        );
        assert.equal(answer.status, 401, authorization);
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
      }
      assert.deepEqual(asked, []);
      const authorization = `Bearer ${TOKEN}`;
      for (const action of ['pause', 'resume', 'close', 'kill', 'arm']) {
        const answer = await post(dashboard, { action }, { authorization });
        assert.equal(answer.status, 202);
        assert.deepEqual(await answer.json(), { accepted: action });
      }
      assert.deepEqual(asked, ['pause', 'resume', 'close', 'kill', 'arm']);
    });
  });

  test('what is no action is refused with the names of those there are', async () => {
    await running(async ({ dashboard, asked }) => {
      for (const body of [{ action: 'sell' }, {}, []]) {
        const answer = await post(dashboard, body, { authorization: `Bearer ${TOKEN}` });
        assert.equal(answer.status, 400);
      }
      assert.deepEqual(asked, []);
    });
  });

  test('another Host is refused (DNS rebinding), the names of this machine are not', async () => {
    await running(async ({ dashboard: { port } }) => {
      const status = async (host: string): Promise<string> =>
        (await rawGet(port, '/api/view', { Host: host })).slice(9, 12);
      for (const host of [
        `evil.example:${port}`,
        'evil.example',
        `127.0.0.1.evil.example:${port}`,
        'a b',
        `localhost@evil.example`,
      ]) {
        assert.match(await status(host), /^4\d\d$/, host);
      }
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`]) {
        assert.equal(await status(host), '200', host);
      }
    });
  });

  test('a name of its own is allowed when configured', async () => {
    await running(
      async ({ dashboard: { port } }) => {
        const answer = await rawGet(port, '/api/view', { Host: `desk.example:${port}` });
        assert.match(answer, /^HTTP\/1\.1 200 /);
      },
      { allowedHosts: ['desk.example'] },
    );
  });

  test('a page of another site, even of another port of this machine, gets no socket and no answer', async () => {
    await running(async ({ dashboard }) => {
      for (const origin of ['http://evil.example', 'http://127.0.0.1:1', 'null', 'https://localhost']) {
        assert.equal(await refusedStatus(new Client(dashboard, [], { origin })), 403, origin);
        const asked = await post(dashboard, { action: 'kill' }, { origin, authorization: `Bearer ${TOKEN}` });
        assert.equal(asked.status, 403, origin);
      }
      const own = new Client(dashboard, [], { origin: `http://127.0.0.1:${dashboard.port}` });
      await own.next('hello');
      own.socket.close();
    });
  });

  test('beyond this machine even looking wants the token; a browser carries it among the protocols', async () => {
    await running(
      async ({ dashboard }) => {
        const view = new URL('/api/view', dashboard.url);
        assert.equal((await fetch(view)).status, 401);
        assert.equal((await fetch(view, { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
        assert.equal((await fetch(dashboard.url)).status, 200, 'the page itself holds no data');
        assert.equal(await refusedStatus(new Client(dashboard)), 401);
        const carried = `bearer.${Buffer.from(TOKEN).toString('base64url')}`;
        const client = new Client(dashboard, ['hunter.v1', carried]);
        await client.next('hello');
        assert.equal(client.socket.protocol, 'hunter.v1', 'the token is not sent back');
        client.socket.close();
      },
      { host: '0.0.0.0' },
    );
  });
});

describe('faults', () => {
  test('a port in use is an error that names the port and the flag', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await assert.rejects(
        running(async () => undefined, { port }),
        (error: unknown) =>
          error instanceof DashboardError &&
          error.message.includes(String(port)) &&
          error.message.includes('--port'),
      );
    } finally {
      taken.close();
    }
  });

  test('a page that was never built is an error that says how to build it', async () => {
    await assert.rejects(
      running(async () => undefined, { pageFolder: join(pageFolder, 'nowhere') }),
      /npm run prepare/,
    );
  });

  test('an empty token is refused', async () => {
    await assert.rejects(
      running(async () => undefined, { token: '' }),
      DashboardError,
    );
  });

  test('a page that stops reading is dropped with a reason; one that reads goes on', async () => {
    await running(async ({ dashboard, source, warnings }) => {
      const [slow, quick] = [new Client(dashboard), new Client(dashboard)];
      await Promise.all([slow.next('hello'), quick.next('hello')]);
      slow.socket.pause();
      const text = 'x'.repeat(256 * 1024);
      const marker = { at: 60_000, side: 'buy', price: 1, text } as const;
      // The kernel holds some megabytes for a reader that does not read: push until ours overflows, waiting each time
      // until the quick page has it.
      for (let pushed = 0; warnings.length === 0; pushed++) {
        assert.ok(pushed < 400, '100 MB were pushed at a page that does not read, and it was kept');
        const arrived = quick.next('marker');
        source.push({ type: 'marker', symbol: 'BTC-USDT-SWAP', marker });
        await arrived;
      }
      assert.match(warnings[0], /reads too slowly/);
      slow.socket.resume();
      const { code, reason } = await slow.closed;
      // Either it reads the reason in time, or it was cut before it came to it.
      assert.ok(code === 1013 ? /too slowly/.test(reason) : code === 1006, `${code} ${reason}`);
      await quick.next('state');
      quick.socket.close();
    });
  });

  test('a view that fails disconnects the pages, says so in the log, and is shown again when it works', async () => {
    await running(async ({ dashboard, source, warnings }) => {
      const client = new Client(dashboard);
      await client.next('hello');
      const view = source.view;
      source.view = () => {
        throw new Error('the projection is broken');
      };
      const { code, reason } = await client.closed;
      assert.equal(code, 1011);
      assert.match(reason, /the view failed/);
      assert.match(warnings[0], /the view failed/);
      source.view = view;
      const again = new Client(dashboard);
      await again.next('hello');
      again.socket.close();
    });
  });

  test('a page that sends is cut off', async () => {
    await running(async ({ dashboard }) => {
      const client = new Client(dashboard);
      await client.next('hello');
      client.socket.send('x'.repeat(10_000));
      const { code } = await client.closed;
      assert.ok(code === 1009 || code === 1006, `code ${code}`);
    });
  });

  test('closes within a second with clients connected, one of which does not read', async () => {
    let client: Client | undefined;
    let closing = 0;
    await running(async ({ dashboard }) => {
      client = new Client(dashboard);
      const deaf = new Client(dashboard);
      await Promise.all([client.next('hello'), deaf.next('hello')]);
      deaf.socket.pause();
      const idle = connect(dashboard.port, '127.0.0.1');
      idle.on('error', () => undefined);
      await once(idle, 'connect');
      closing = performance.now();
      await Promise.all([dashboard.close(), dashboard.close()]);
      closing = performance.now() - closing;
      deaf.socket.resume();
    });
    assert.ok(closing < 1000, `${closing.toFixed(0)} ms`);
    assert.deepEqual(await client?.closed, { code: 1001, reason: 'the server is stopping' });
  });

  test('at most 32 pages are served; the next one is told', async () => {
    await running(async ({ dashboard }) => {
      const clients = Array.from({ length: 32 }, () => new Client(dashboard));
      await Promise.all(clients.map((client) => client.next('hello')));
      const { code, reason } = await new Client(dashboard).closed;
      assert.equal(code, 1013);
      assert.match(reason, /32 pages/);
    });
  });
});
