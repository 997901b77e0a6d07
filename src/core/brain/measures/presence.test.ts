import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../exchange/random.ts';
import { Presence } from './presence.ts';

const config = { halfLifeMs: 15_000, usualHalfLifeMs: 120_000 };
const START = 1_700_000_000_000_000;

/**
 * A crowd whose orders have heavy-tailed sizes and sides by lot, and beside it somebody who buys a little every half second
 * after the first two minutes. Gives what the count says half a minute later, and what volume says.
 */
function crowded(random: Random, side: 'buy' | 'sell', participation: number) {
  const presence = new Presence(config);
  const from = START + 120_000_000;
  const until = from + 30_000_000;
  let volume = 0;
  let others = 0;
  let nextSlice = from;
  let at = START;
  while (at < until) {
    at += random.exponential(200_000);
    if (at > nextSlice) {
      presence.onTrade(side, nextSlice);
      volume += (side === 'buy' ? 1 : -1) * others * participation;
      others = 0;
      nextSlice += 250_000 + random.exponential(250_000);
    }
    const size = Math.exp(2.25 * random.normal());
    const bought = random.chance(0.5);
    presence.onTrade(bought ? 'buy' : 'sell', at);
    if (at > from) {
      others += size;
      volume += bought ? size : -size;
    }
  }
  presence.advance(until);
  return { presence, volume };
}

test('somebody who keeps coming with a tenth of the volume is seen where volume does not show him', () => {
  const runs = 300;
  let counted = 0;
  let weighed = 0;
  for (let run = 0; run < runs; run++) {
    const side = run % 2 === 0 ? 'buy' : 'sell';
    const sign = side === 'buy' ? 1 : -1;
    const { presence, volume } = crowded(new Random(4000 + run), side, 0.1);
    if (presence.imbalance * sign > 0) counted += 1;
    if (volume * sign > 0) weighed += 1;
  }
  assert.ok(counted / runs > 0.97, `counted ${counted} of ${runs}`);
  assert.ok(weighed / runs < 0.85, `by volume ${weighed} of ${runs}`);
});

test('sides by lot: one deviation is one deviation', () => {
  let squares = 0;
  let total = 0;
  const runs = 400;
  for (let run = 0; run < runs; run++) {
    const random = new Random(9000 + run);
    const presence = new Presence(config);
    let at = START;
    while (at < START + 300_000_000) {
      at += random.exponential(200_000);
      presence.onTrade(random.chance(0.5) ? 'buy' : 'sell', at);
    }
    presence.advance(at);
    total += presence.deviations;
    squares += presence.deviations ** 2;
  }
  assert.ok(Math.abs(total / runs) < 0.2, `mean ${total / runs}`);
  // what is taken off for the longer memory, which holds the short one too, leaves 0.94 of it
  const deviation = Math.sqrt(squares / runs);
  assert.ok(deviation > 0.84 && deviation < 1.04, `deviation ${deviation}`);
});

test('a burst of one side counts little: ten orders within a tenth of a second are hardly more than one', () => {
  const after = (burst: number): number => {
    const presence = new Presence(config);
    let at = START;
    for (let i = 0; i < 200; i++) {
      at += 500_000;
      presence.onTrade(i % 2 === 0 ? 'buy' : 'sell', at);
    }
    for (let i = 0; i < burst; i++) presence.onTrade('buy', at + 500_000 + i * 10_000);
    presence.advance(at + 600_000);
    return presence.imbalance;
  };
  const [none, one, ten] = [after(0), after(1), after(10)];
  assert.ok(ten - one < 0.2 * (one - none), `none ${none}, one ${one}, ten ${ten}`);
});

test('an order that goes through ten prices is one order, and a reset forgets', () => {
  const told = (prints: number): number => {
    const presence = new Presence(config);
    presence.onTrade('sell', START);
    presence.onTrade('sell', START + 1_000_000);
    for (let i = 0; i < prints; i++) presence.onTrade('buy', START + 2_000_000 + i);
    presence.advance(START + 3_000_000);
    return presence.imbalance;
  };
  assert.equal(told(10), told(1));
  const presence = new Presence(config);
  presence.onTrade('buy', START);
  presence.advance(START);
  assert.ok(presence.imbalance > 0);
  presence.reset();
  presence.advance(START + 1);
  assert.deepEqual([presence.imbalance, presence.deviations], [0, 0]);
});
