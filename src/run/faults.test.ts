import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Instrument, type InstrumentSpec } from '../core/instrument.ts';
import type { FaultInput } from '../exchange/faults/plan.ts';
import { type ExchangeHandle, startExchange } from '../exchange/server.ts';
import { TradingClient } from './testing/trading-client.ts';

/** Our own feed and venue, as they ship, against every fault: the book is right afterwards, no order doubled, none forgotten. */

const SWAP = 'BTC-USDT-SWAP';
const WITHIN_MS = 45_000;
/** How many worlds run side by side: each mostly waits. */
const CONCURRENCY = 4;

/** An exchange that can be spoiled, and our client at it. */
class World {
  readonly exchange: ExchangeHandle;
  readonly client: TradingClient;
  private readonly said: string[];

  private constructor(exchange: ExchangeHandle, client: TradingClient, said: string[]) {
    this.exchange = exchange;
    this.client = client;
    this.said = said;
  }

  static async open(): Promise<World> {
    const exchange = await startExchange({
      port: 0,
      seed: 31,
      accounts: [{ cash: { USDT: '1000000' } }],
      faults: { seed: 5, faults: [] },
    });
    const answer = await fetch(`${exchange.rest}/api/v5/public/instruments?instType=SWAP&instId=${SWAP}`);
    const { data } = (await answer.json()) as { data: InstrumentSpec[] };
    const said: string[] = [];
    const client = new TradingClient({
      exchange,
      instrument: new Instrument(data[0]!),
      name: 'f',
      log: (level, message, fields) => said.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
    });
    await client.start();
    const world = new World(exchange, client, said);
    await world.eventually('the feed to be live', () => client.isLive && client.bid > 0);
    return world;
  }

  async close(): Promise<void> {
    await this.client.stop();
    await this.exchange.close();
  }

  async eventually(
    what: string,
    isSo: () => boolean | Promise<boolean>,
    why = (): string => '',
  ): Promise<void> {
    const until = performance.now() + WITHIN_MS;
    while (!(await isSo())) {
      if (performance.now() > until)
        throw new Error(`waited in vain for ${what}\n${why()}\n${this.said.slice(-15).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** A little of everything: a market order each way, one that rests and is canceled, one that rests and stays. */
  async trade(): Promise<void> {
    const { client } = this;
    const stays = client.place('buy', 'postOnly', 100, 300);
    const goes = client.place('sell', 'limit', 100, 300);
    const bought = client.place('buy', 'market', 50, -400);
    client.place('sell', 'market', 50, -400);
    await this.eventually('answers', () =>
      [stays, goes, bought].every((id) => !['sent', 'unknown'].includes(client.stateOf(id)!)),
    );
    if (client.stateOf(goes) === 'live') client.cancel(goes);
  }

  /** What was told is what happened; the book is right; orders are possible again. */
  async isWell(): Promise<void> {
    const { client } = this;
    await this.eventually(
      'ours to be what the exchange has',
      () => client.differences().length === 0,
      () => client.differences().join('\n'),
    );
    await this.eventually(
      'the feed to be live and orders to be possible',
      () => client.isLive && client.venue.live,
    );
    await this.bookIsRight();
  }

  /** What REST shows is what our book was at that very moment. */
  private async bookIsRight(): Promise<void> {
    const { client, exchange } = this;
    const instrument = exchange.instruments.find(({ id }) => id === SWAP)!;
    const levels = (rows: string[][]): [number, number][] =>
      rows.map(([price, size]) => [instrument.parsePrice(price!), instrument.parseSize(size!)]);
    let shown = '';
    let ours: string | undefined;
    await this.eventually(
      'a book to compare',
      async () => {
        if (!client.isLive) return false;
        const answer = await fetch(`${exchange.rest}/api/v5/market/books?instId=${SWAP}&sz=400`);
        if (!answer.ok) return false;
        const { data } = (await answer.json()) as {
          data: { bids: string[][]; asks: string[][]; ts: string }[];
        };
        const { bids, asks, ts } = data[0]!;
        shown = TradingClient.describe(levels(bids), levels(asks));
        await new Promise((resolve) => setTimeout(resolve, 150));
        ours = client.bookAt(Number(ts));
        return ours !== undefined;
      },
      () => `live: ${client.isLive}`,
    );
    assert.equal(ours, shown);
  }
}

function survives(what: string, spoil: (world: World) => void | Promise<void>): void {
  test(`${what}: the book is right afterwards, no order doubled, none forgotten`, async () => {
    const world = await World.open();
    try {
      await spoil(world);
      await world.isWell();
      // and it can go on
      await world.trade();
      await world.isWell();
    } finally {
      await world.close();
    }
  });
}

const FAULTS: readonly (readonly [string, FaultInput])[] = [
  ['a dropped book update', { fault: 'gap', channel: 'books' }],
  ['dropped order pushes', { fault: 'drop', channel: 'orders', times: 4 }],
  ['everything late', { fault: 'delay', by: '700ms' }],
  ['everything twice', { fault: 'duplicate', for: '2s' }],
  ['order pushes overtaken', { fault: 'reorder', by: '600ms', channel: 'orders' }],
  ['a wrong checksum', { fault: 'checksum' }],
  ['sockets cut', { fault: 'disconnect', of: 'all' }],
  ['the private socket cut', { fault: 'disconnect', door: 'private' }],
  ['sockets half open', { fault: 'half-open', of: 'all' }],
  ['an order that never arrives', { fault: 'timeout', endpoint: 'WS order' }],
  ['an order that arrives and is not answered', { fault: 'timeout', stage: 'after', endpoint: 'WS order' }],
  ['orders that fail before acceptance', { fault: 'error', endpoint: 'WS order', times: 2 }],
  ['orders that fail after acceptance', { fault: 'error', stage: 'after', endpoint: 'WS order', times: 2 }],
  ['a cancel that is not answered', { fault: 'timeout', stage: 'after', endpoint: 'WS cancel-order' }],
  [
    'an order that lies about for longer than it is valid',
    { fault: 'slow', by: '2500ms', endpoint: 'WS order' },
  ],
  [
    'an answer that comes after we gave it up',
    { fault: 'slow', by: '1500ms', stage: 'after', endpoint: 'WS order' },
  ],
  ['questions that fail', { fault: 'error', for: '2s', endpoint: 'GET *' }],
  ['questions that are not answered', { fault: 'timeout', endpoint: 'GET *' }],
  ['too many requests', { fault: 'rate-limit', for: '1500ms' }],
  ['numbers that begin anew', { fault: 'sequence-reset' }],
  ['a market that stands still', { fault: 'stall', for: '3s' }],
  ['a clock two seconds ahead', { fault: 'clock-skew', by: '2s', for: '4s' }],
  ['maintenance', { fault: 'maintenance', notice: '1s', down: '1s' }],
  ['a crash', { fault: 'crash', down: '1s' }],
];

const milliseconds = (time: string | undefined): number => {
  const [, amount, unit] = /^(\d+)(ms|s)$/.exec(time ?? '0ms')!;
  return Number(amount) * (unit === 's' ? 1000 : 1);
};

/** How long a fault goes on by itself, ms. */
function lasts(fault: FaultInput): number {
  const { for: during, by, notice, down } = fault as Record<string, string | undefined>;
  return (
    milliseconds(during) +
    milliseconds(fault.fault === 'clock-skew' ? undefined : by) +
    milliseconds(notice) +
    milliseconds(down)
  );
}

describe('our client survives', { concurrency: CONCURRENCY }, () => {
  survives('nothing', (world) => world.trade());

  for (const [name, fault] of FAULTS)
    survives(name, async (world) => {
      const { exchange } = world;
      exchange.faults!.strike(fault);
      const ends = performance.now() + lasts(fault);
      await world.trade();
      await world.eventually('the fault to strike', () => (exchange.faults!.counts[fault.fault] ?? 0) > 0);
      await world.eventually('the fault to end', () => performance.now() > ends);
    });

  survives('a stale snapshot after a cut', async (world) => {
    const { faults } = world.exchange;
    faults!.strike({ fault: 'stale-snapshot', channel: 'books' });
    faults!.strike({ fault: 'disconnect', door: 'public' });
    await world.trade();
    await world.eventually('the old snapshot', () => faults!.counts['stale-snapshot'] === 1);
  });

  survives('an order in flight when the exchange crashes', async (world) => {
    const { faults } = world.exchange;
    faults!.strike({ fault: 'slow', by: '300ms', stage: 'after', endpoint: 'WS order' });
    world.client.place('buy', 'postOnly', 100, 300);
    faults!.strike({ fault: 'crash', down: '500ms' });
    await world.eventually('the crash', () => faults!.counts.crash === 1);
  });
});
