import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision, Place } from '../../core/commands.ts';
import type { Engine } from '../../core/engine.ts';
import { FillEvent, OrderEvent } from '../../core/events.ts';
import { Instrument } from '../../core/instrument.ts';
import { lots, money, ms, type Side, ticks, us } from '../../core/units.ts';
import { byEntry, match, whyMissing } from './match.ts';
import { States } from './states.ts';
import { Story, type Trip } from './story.ts';

const BTC = new Instrument({
  instId: 'BTC-USDT-SWAP',
  instType: 'SWAP',
  ctType: 'linear',
  tickSz: '0.1',
  lotSz: '0.01',
  minSz: '0.01',
  ctVal: '0.01',
  ctMult: '1',
  settleCcy: 'USDT',
});

const SECOND = 1_000_000;

/** A side that is told things at seconds of its own. */
class Told {
  readonly story = new Story([BTC]);
  readonly states = new States(1);
  private number = 0;

  decides(
    at: number,
    outcome: 'entered' | 'refused' = 'entered',
    direction: 'long' | 'short' = 'long',
  ): string {
    const clientOrderId = outcome === 'entered' ? `o${at}` : '';
    const decision: Decision = {
      kind: 'decision',
      instrument: 0,
      at: us(at * SECOND),
      proposer: 'signal',
      direction,
      confidence: 0.7,
      reasons: [],
      outcome,
      refusal: outcome === 'entered' ? '' : 'staleBook',
      detail: outcome === 'entered' ? '' : 'the book is old',
      clientOrderId,
    };
    this.story.command(decision, us(at * SECOND), null);
    if (outcome === 'refused') return '';
    const place: Place = {
      kind: 'place',
      instrument: 0,
      clientOrderId,
      side: direction === 'long' ? 'buy' : 'sell',
      type: 'postOnly',
      size: lots(10),
      price: ticks(600_000),
      reduceOnly: false,
      leverage: 1,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: `${clientOrderId}x`,
      purpose: 'entry',
    };
    this.story.command(place as never, us(at * SECOND), us(at * SECOND));
    return clientOrderId;
  }

  fills(at: number, id: string, side: Side, size: number, price = 600_000): void {
    this.story.event(
      new FillEvent(
        us(at * SECOND),
        0,
        id,
        '',
        `t${this.number++}`,
        ms(at * 1000),
        side,
        ticks(price),
        lots(size),
        money(-1n),
        true,
        'entry',
        '',
      ),
    );
  }

  /** A whole trade, from its decision to a second later. */
  trades(at: number, direction: 'long' | 'short' = 'long'): Trip {
    const id = this.decides(at, 'entered', direction);
    const [open, close] = direction === 'long' ? (['buy', 'sell'] as const) : (['sell', 'buy'] as const);
    this.fills(at, id, open, 10);
    this.fills(at + 1, `${id}x`, close, 10);
    return this.story.trips.at(-1)!;
  }

  is(state: string, at: number): void {
    this.states.observe({ traders: [{ state }], now: us(at * SECOND) } as unknown as Engine);
  }
}

test('the nearest decisions are matched, in one direction, within the tolerance alone', () => {
  const [venue, paper] = [new Told(), new Told()];
  for (const at of [10, 20, 30]) venue.trades(at);
  for (const at of [9.5, 10.2, 20.9, 31.5]) paper.trades(at);
  paper.trades(20, 'short');
  const { pairs, venueOnly, paperOnly } = match(venue.story.trips, paper.story.trips, 1_000);
  const seconds = (trips: readonly Trip[]): number[] => trips.map(({ order }) => order!.decidedAt / SECOND);
  assert.deepEqual(
    pairs.map((pair) => seconds([pair.venue, pair.paper])),
    [
      [10, 10.2],
      [20, 20.9],
    ],
  );
  assert.deepEqual(seconds(venueOnly), [30]);
  assert.deepEqual(seconds(paperOnly), [9.5, 31.5, 20]);
});

test('an entry that went on filling after its stop had fired is one trade', () => {
  const told = new Told();
  const id = told.decides(10);
  told.fills(11, id, 'buy', 4, 600_000);
  told.fills(12, `${id}x`, 'sell', 4, 599_000);
  told.fills(13, id, 'buy', 6, 600_000);
  told.fills(14, `${id}x`, 'sell', 6, 598_000);
  told.trades(20);
  assert.equal(told.story.trips.length, 3);
  const [whole, other, ...none] = byEntry(told.story.trips, [BTC]);
  assert.equal(none.length, 0);
  assert.equal(whole!.trade.size, 10);
  assert.equal(whole!.entries.length, 2);
  // ten lots of 0.0001 BTC: 4 lost 100, 6 lost 200 each
  assert.equal(whole!.trade.realized, -160_000_000_000_000_000n);
  assert.equal(whole!.net, -160_000_000_000_000_004n);
  assert.equal(whole!.trade.exit, 598_400);
  assert.equal(whole!.trade.closedAt, 14 * SECOND);
  assert.equal(other!.trade.size, 10);
});

test('a missing trade has its reason', () => {
  const venue = new Told();
  const trip = venue.trades(100);
  const why = (prepare: (side: Told) => void) => {
    const side = new Told();
    side.is('recovering', 1);
    side.is('idle', 2);
    prepare(side);
    const { reason, words } = whyMissing(trip, side, 1_000, 5_000);
    return `${reason}: ${words}`;
  };
  assert.equal(
    why((side) => {
      const id = side.decides(100.1);
      side.story.event(
        new OrderEvent(us(103.1 * SECOND), 0, id, 'v', 'canceled', lots(0), '1 canceled by us'),
      );
    }),
    'notFilled: order o100.1 did not fill: post-only, canceled (1 canceled by us) after 3000 ms',
  );
  assert.match(
    why((side) => {
      side.trades(99.2);
      side.fills(100, side.decides(99.9), 'buy', 10);
    }),
    /^open: order o99.9 filled/,
  );
  assert.equal(
    why((side) => side.decides(100.5, 'refused')),
    'refused: refused (staleBook): the book is old',
  );
  assert.match(
    why((side) => side.decides(80, 'refused')),
    /^refused: .* told at 00:01:20/,
    'a refusal is not told twice within half a minute',
  );
  assert.match(
    why((side) => side.decides(100, 'refused', 'short')),
    /^unexplained/,
  );
  assert.match(
    why((side) => side.is('open', 97)),
    /^busy: was open since 00:01:37.000/,
  );
  assert.match(
    why((side) => {
      side.is('open', 90);
      side.is('idle', 97);
    }),
    /^cooldown: its trade before ended at 00:01:37.000, a pause of 5000 ms/,
  );
  assert.match(
    why(() => undefined),
    /^unexplained: it was idle/,
  );
});
