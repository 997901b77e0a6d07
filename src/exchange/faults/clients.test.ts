import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import ccxt from 'ccxt';
import { type DefaultLogger, RestClient, WebsocketAPIClient, WebsocketClient } from 'okx-api';
import { type ExchangeHandle, startExchange } from '../server.ts';
import type { FaultInput } from './plan.ts';

/** What unmodified clients make of each fault: what they report, and that afterwards they go on. */

const SWAP = 'BTC-USDT-SWAP';
const SYMBOL = 'BTC/USDT:USDT';
type Okx = InstanceType<typeof ccxt.pro.okx>;

let exchange: ExchangeHandle;
before(async () => {
  exchange = await startExchange({
    port: 0,
    seed: 11,
    rateLimits: false,
    accounts: [{ cash: { USDT: '1000000' } }],
    faults: { seed: 3, faults: [] },
  });
});
after(() => exchange.close());

const strike = (fault: FaultInput): void => exchange.faults!.strike(fault);
const strikes = (fault: FaultInput['fault']): number => exchange.faults!.counts[fault] ?? 0;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
let number = 0;
const newId = (): string => `client${++number}`;
const hasOrder = (clientId: string): boolean =>
  [...exchange.exchange.accounts[0]!.orders.values()].some((order) => order.clientId === clientId);

/** Repeats what a client does until it succeeds; gives what it failed with on the way. */
async function untilWell<T>(work: () => Promise<T>): Promise<{ errors: unknown[]; value: T }> {
  const errors: unknown[] = [];
  for (const until = performance.now() + 20_000; ; ) {
    try {
      return { errors, value: await work() };
    } catch (error) {
      errors.push(error);
      if (performance.now() > until) throw error;
      await pause(100);
    }
  }
}

describe('ccxt', () => {
  const opened: Okx[] = [];
  let okx: Okx;

  async function client(): Promise<Okx> {
    const { apiKey, secret, passphrase: password, rest, ws } = exchange;
    const made = new ccxt.pro.okx({
      ...{ apiKey, secret, password },
      enableRateLimit: false,
      timeout: 700,
      options: { defaultType: 'swap' },
    });
    Object.assign(made.urls.api as object, { rest, ws });
    await made.loadHttpProxyAgent();
    // half open is found by an unanswered ping: not after 36 s
    (made.streaming as { keepAlive: number }).keepAlive = 300;
    await made.loadMarkets();
    opened.push(made);
    return made;
  }

  before(async () => {
    okx = await client();
  });
  after(async () => {
    for (const one of opened) await one.close();
  });

  const place = async (): Promise<string> => {
    const clientOrderId = newId();
    const { last } = await okx.fetchTicker(SYMBOL);
    await okx.createOrder(SYMBOL, 'limit', 'buy', 1, last! * 0.993, { clientOrderId });
    return clientOrderId;
  };
  /** Places an order that is to fail; tells with what, and whether it is there. */
  async function failing(): Promise<[kind: string, isThere: boolean]> {
    const before = number;
    const error = await place().then(
      () => null,
      (reason: Error) => reason,
    );
    return [error?.name ?? 'none', hasOrder(`client${before + 1}`)];
  }
  /** Watches books through a fault; gives the names of the errors met until three came without one. */
  async function watching(fault: FaultInput): Promise<string[]> {
    await untilWell(() => okx.watchOrderBook(SYMBOL));
    const struck = strikes(fault.fault);
    strike(fault);
    const errors: string[] = [];
    let calm = 0;
    for (const until = performance.now() + 20_000; calm < 3; ) {
      try {
        await okx.watchOrderBook(SYMBOL);
        calm = strikes(fault.fault) > struck ? calm + 1 : 0;
      } catch (error) {
        calm = 0;
        errors.push((error as Error).name);
        // it may reject again and again without ever letting a socket speak
        await pause(50);
      }
      assert.ok(performance.now() < until, `never well again after ${fault.fault}: ${new Set(errors)}`);
    }
    return errors;
  }

  test('a missing or repeated book update breaks the chain, which ccxt reports and mends', async () => {
    for (const fault of ['gap', 'drop', 'duplicate'] as const) {
      const errors = await watching({ fault, channel: 'books' });
      assert.deepEqual([...new Set(errors)], ['InvalidNonce'], fault);
    }
  });

  test('a wrong checksum goes by unread, as with OKX', async () => {
    assert.deepEqual(await watching({ fault: 'checksum', channel: 'books' }), []);
  });

  test('delay, reorder, numbers that begin anew and a market that stands still are no errors', async () => {
    for (const fault of [
      { fault: 'delay', by: '200ms' },
      { fault: 'reorder', by: '200ms', channel: 'books' },
      { fault: 'sequence-reset' },
      { fault: 'stall', for: '500ms' },
    ] as const)
      assert.deepEqual(await watching(fault), [], fault.fault);
  });

  test('a stale snapshot does not pass for a book', async () => {
    await untilWell(() => okx.watchOrderBook(SYMBOL));
    strike({ fault: 'stale-snapshot', channel: 'books' });
    const { errors, value } = await untilWell(async () => {
      const second = opened[1] ?? (await client());
      for (let i = 0; i < 5; i++) await second.watchOrderBook(SYMBOL);
      return second.orderbooks[SYMBOL]!.nonce!;
    });
    assert.ok(
      errors.some((error) => error instanceof ccxt.InvalidNonce),
      String(errors),
    );
    assert.ok(value > 0);
  });

  test('cut, closed, half open, refused: reported as trouble of the network, and connected anew', async () => {
    for (const fault of [
      { fault: 'disconnect', of: 'all' },
      { fault: 'disconnect', of: 'all', code: 4006 },
      { fault: 'half-open', of: 'all' },
    ] as const) {
      const errors = await watching(fault);
      const expected = fault.fault === 'half-open' ? 'RequestTimeout' : 'NetworkError';
      assert.ok(errors.includes(expected), `${fault.fault}: ${errors}`);
    }
    strike({ fault: 'refuse', times: 1 });
    const { errors } = await untilWell(async () => (await client()).watchTicker(SYMBOL));
    assert.ok(errors[0] instanceof ccxt.NetworkError, String(errors));
  });

  test('orders that fail before acceptance are not there, those that fail afterwards are', async () => {
    const endpoint = 'POST trade/batch-orders';
    for (const [fault, expected] of [
      [{ fault: 'error', endpoint }, ['OnMaintenance', false]],
      [{ fault: 'error', stage: 'after', endpoint }, ['ExchangeNotAvailable', true]],
      [{ fault: 'timeout', endpoint }, ['RequestTimeout', false]],
      [{ fault: 'timeout', stage: 'after', endpoint }, ['RequestTimeout', true]],
      [{ fault: 'slow', by: '200ms', endpoint }, ['none', true]],
      [{ fault: 'slow', by: '1s', stage: 'after', endpoint }, ['RequestTimeout', true]],
      [{ fault: 'rate-limit', endpoint }, ['RateLimitExceeded', false]],
    ] as const) {
      strike(fault);
      assert.deepEqual(await failing(), expected, JSON.stringify(fault));
    }
    assert.equal(hasOrder(await place()), true);
  });

  test('partial batch: some are in, and ccxt says which', async () => {
    strike({ fault: 'partial-batch' });
    const { last } = await okx.fetchTicker(SYMBOL);
    const ids = [newId(), newId(), newId(), newId()];
    const order = { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 1, price: last! * 0.993 } as const;
    const answer = await okx
      .createOrders(ids.map((clientOrderId) => ({ ...order, params: { clientOrderId } })))
      .catch((error: Error) => error);
    const inside = ids.filter(hasOrder).length;
    assert.ok(inside > 0 && inside < 4, `${inside} of 4`);
    assert.ok(answer instanceof Error || answer.length === 4, String(answer));
  });

  test('a stale book and a clock that is off', async () => {
    await okx.fetchOrderBook(SYMBOL, 7);
    const { timestamp: old } = await okx.fetchOrderBook(SYMBOL, 7);
    await untilWell(() => okx.watchOrderBook(SYMBOL));
    for (let i = 0; i < 4; i++) await okx.watchOrderBook(SYMBOL);
    strike({ fault: 'stale-book' });
    assert.ok((await okx.fetchOrderBook(SYMBOL, 7)).timestamp! <= old!);
    assert.ok((await okx.fetchOrderBook(SYMBOL, 7)).timestamp! > old!);
    strike({ fault: 'clock-skew', by: '40s', for: '1s' });
    await assert.rejects(okx.fetchBalance(), ccxt.InvalidNonce);
    const { errors } = await untilWell(() => okx.fetchBalance());
    assert.ok(errors.length > 0);
  });

  test('maintenance and a crash: reported, gone for a while, and on again with every order', async () => {
    // one that was cut off often waits longer and longer before it tries again
    okx = await client();
    const id = await place();
    // the notice rejects what is watched, while everything still works; then come the end and the time when it is down
    const told = await watching({ fault: 'maintenance', notice: '600ms', down: '700ms' });
    assert.deepEqual([...new Set(told)], ['NetworkError']);
    const { errors: down } = await untilWell(async () => {
      await okx.fetchTime();
      for (let i = 0; i < 8; i++) await okx.watchOrderBook(SYMBOL);
    });
    assert.ok(
      down.some((error) => error instanceof ccxt.OnMaintenance),
      String(down),
    );
    strike({ fault: 'crash', down: '500ms' });
    const { errors: gone } = await untilWell(async () => {
      for (let i = 0; i < 12; i++) await okx.watchOrderBook(SYMBOL);
    });
    assert.ok(gone.length > 0 && gone.every((error) => error instanceof ccxt.NetworkError), String(gone));
    const { value: open } = await untilWell(() => okx.fetchOpenOrders(SYMBOL));
    assert.ok(open.some(({ clientOrderId }) => clientOrderId === id));
  });
});

describe('okx-api', () => {
  const quiet: DefaultLogger = { trace: () => {}, info: () => {}, error: () => {} } as never;
  const account = (): { apiKey: string; apiSecret: string; apiPass: string } => ({
    apiKey: exchange.apiKey,
    apiSecret: exchange.secret,
    apiPass: exchange.passphrase,
  });

  const order = async (clOrdId: string): Promise<never> => {
    const answer = await fetch(`${exchange.rest}/api/v5/market/ticker?instId=${SWAP}`);
    const { data } = (await answer.json()) as { data: [{ last: string }] };
    const px = (Math.round(Number(data[0].last) * 9.93) / 10).toFixed(1);
    return { instId: SWAP, tdMode: 'cross', side: 'buy', ordType: 'limit', sz: '1', px, clOrdId } as never;
  };

  test('REST: it rejects with the body; orders are there or not as the stage says', async () => {
    const rest = new RestClient({ ...account(), baseUrl: exchange.rest }, { timeout: 700 } as never);
    const endpoint = 'POST trade/order';
    for (const [fault, code, isThere] of [
      [{ fault: 'error', endpoint }, '50001', false],
      [{ fault: 'error', stage: 'after', endpoint }, '50026', true],
      [{ fault: 'rate-limit', endpoint }, '50011', false],
      [{ fault: 'timeout', endpoint }, undefined, false],
      [{ fault: 'timeout', stage: 'after', endpoint }, undefined, true],
    ] as const) {
      strike(fault);
      const id = newId();
      const body = await order(id);
      const refused = await rest.submitOrder(body).then(
        () => assert.fail(`${JSON.stringify(fault)}: accepted`),
        (reason: { code?: string }) => reason,
      );
      if (code !== undefined) assert.equal(refused.code, code, JSON.stringify(fault));
      assert.equal(hasOrder(id), isThere, JSON.stringify(fault));
    }
    strike({ fault: 'partial-batch' });
    const ids = [newId(), newId(), newId()];
    const orders = await Promise.all(ids.map(order));
    const refused = await rest.submitMultipleOrders(orders).catch((reason: { code: string }) => reason);
    assert.equal((refused as { code: string }).code, '2');
    assert.ok([1, 2].includes(ids.filter(hasOrder).length));
  });

  test('sockets: cut, half open, maintenance, crash: it connects, logs in and subscribes again by itself', async () => {
    const sockets = new WebsocketClient(
      {
        accounts: [account()],
        wsUrl: exchange.wsAll,
        pingInterval: 500,
        pongTimeout: 400,
        reconnectTimeout: 200,
      },
      quiet,
    );
    sockets.on('exception', () => undefined);
    const books = async (): Promise<void> => {
      for (;;) {
        const [{ arg }] = (await once(sockets, 'update', { signal: AbortSignal.timeout(15_000) })) as [
          { arg?: { channel: string } },
        ];
        // the client hands on the notice of a maintenance as an update, too: it is of no channel
        if (arg?.channel === 'books') return;
      }
    };
    try {
      void sockets.subscribe([
        { channel: 'books', instId: SWAP },
        { channel: 'orders', instType: 'ANY' },
      ] as never);
      await books();
      for (const fault of [
        { fault: 'disconnect', of: 'all' },
        { fault: 'half-open', of: 'all' },
        { fault: 'maintenance', notice: '300ms', down: '300ms' },
        { fault: 'crash', down: '300ms' },
      ] as const) {
        const again = once(sockets, 'reconnected', { signal: AbortSignal.timeout(15_000) });
        strike(fault);
        await again;
        await books();
      }
    } finally {
      sockets.closeAll(true);
    }
  });

  test('orders over a socket: an error and an answer that never comes, before and after acceptance', async () => {
    const api = new WebsocketAPIClient(
      { accounts: [account()], wsUrl: exchange.wsAll, attachEventListeners: false } as never,
      quiet,
    );
    try {
      await api.submitNewOrder(await order(newId()));
      for (const [fault, isThere] of [
        [{ fault: 'error', endpoint: 'WS order' }, false],
        [{ fault: 'error', stage: 'after', endpoint: 'WS order' }, true],
      ] as const) {
        strike(fault);
        const id = newId();
        await assert.rejects(api.submitNewOrder(await order(id)));
        assert.equal(hasOrder(id), isThere);
      }
      for (const [stage, isThere] of [
        ['before', false],
        ['after', true],
      ] as const) {
        strike({ fault: 'timeout', stage, endpoint: 'WS order' });
        const id = newId();
        let answered = false;
        const forgotten = api.submitNewOrder(await order(id)).then(
          () => (answered = true),
          () => undefined,
        );
        void forgotten;
        await api.submitNewOrder(await order(newId()));
        assert.equal(answered, false);
        assert.equal(hasOrder(id), isThere);
      }
    } finally {
      api.getWSClient().closeAll(true);
    }
  });
});
