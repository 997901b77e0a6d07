import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ASK, BID } from '../../core/book/frame.ts';
import { BookEvent, FeedEvent } from '../../core/events.ts';
import { SPECS } from '../../core/testing/specs.ts';
import { WalledMarket } from '../../core/testing/walled-market.ts';
import { us } from '../../core/units.ts';
import { EMPTY_META } from '../../tape/format.ts';
import { TapeWriter } from '../../tape/writer.ts';
import { readWalls } from './described-walls.ts';

test('a wall is the spoofer’s who showed it then and there, and nobody’s anywhere else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'walls-'));
  try {
    const writer = TapeWriter.create(join(folder, 'market.tape'), [SPECS.btc], EMPTY_META);
    writer.write(new FeedEvent(us(1), 0, true, ''));
    const market = new WalledMarket({
      onFrame: (frame, at) => writer.write(new BookEvent(at, 0, frame)),
      onBook: () => undefined,
      onTrade: (event) => writer.write(event),
    });
    market.run(900);
    const show = (side: typeof BID | typeof ASK): { price: number; from: number; to: number } => {
      const price = market.price(side, 9);
      const from = market.now / 1000 + 60;
      market.plant(side, price, 1500);
      market.run(12);
      market.plant(side, price, 0);
      const to = market.now / 1000 + 60;
      market.run(10);
      return { price, from, to };
    };
    const deceit = show(BID);
    const honest = show(ASK);
    show(BID);
    writer.close();
    const price = (ticks: number): string => (ticks / 10).toFixed(1);
    const line = (kind: string, side: string, role: string, { price: at, from, to }: typeof deceit): string =>
      JSON.stringify({
        ...{ kind, instrument: SPECS.btc.instId, from, to, side, prices: [price(at)], size: '15' },
        ...{ participant: `${kind}-1`, parameters: {}, trades: [] },
        orders: [
          { id: 1, role, side, price: price(at), size: '15', from, to, traded: '0', ended: 'canceled' },
        ],
      });
    writeFileSync(
      join(folder, 'labels.jsonl'),
      [line('spoof_wall', 'buy', 'decoy', deceit), line('honest_large_order', 'sell', 'quote', honest)].join(
        '\n',
      ),
    );
    const { walls, spoofers, hours } = readWalls(folder, { halfLifeMs: 60_000, tellFrom: 0.02 }, true);
    assert.deepEqual([...spoofers.values()], ['spoof_wall']);
    assert.ok(Math.abs(hours - market.now / 3.6e9) < 1e-3);
    const judged = walls.filter(({ pattern }) => pattern !== 'standing');
    assert.deepEqual(
      judged.filter(({ spoofer }) => spoofer !== '').map(({ kind }) => kind),
      ['spoof_wall'],
    );
    assert.equal(judged.filter(({ kind }) => kind === 'honest_large_order').length, 1);
    const standing = walls.filter(({ pattern }) => pattern === 'standing');
    assert.ok(standing.some(({ spoofer }) => spoofer !== ''));
    assert.ok(judged.length > 2, 'the crowd’s and the third, which no label knows, are nobody’s');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
