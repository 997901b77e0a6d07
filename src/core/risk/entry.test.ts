/** What risk makes of an entry before it lets it pass: less leverage, less size. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liquidationPrice } from '../position/liquidation.ts';
import { DESK_CONFIG, Desk, decisionsIn } from '../testing/desk.ts';
import { BTC } from '../testing/specs.ts';

/** Leverage 5 whatever the confidence, a stop so far away, and room between it and liquidation. */
const deskWith = (stopLossFraction: number, liquidationDistanceMin: number): Desk => {
  const desk = new Desk({
    exits: {
      ...DESK_CONFIG.exits,
      method: 'percentage',
      stopLossFraction,
      takeProfitFraction: 2 * stopLossFraction,
    },
    sizing: { ...DESK_CONFIG.sizing, leverageMin: 5 },
    risk: { ...DESK_CONFIG.risk, liquidationDistanceMin },
  });
  desk.open();
  return desk;
};

for (const way of ['long', 'short'] as const)
  test(`${way}: leverage is lowered until liquidation lies behind the stop by the distance, and no further`, () => {
    const { risk } = DESK_CONFIG;
    let lowered = 0;
    for (const [away, distance] of [
      [0.01, 0.05],
      [0.05, 0.05],
      [0.1, 0.1],
      [0.2, 0.1],
      [0.3, 0.3],
    ] as const) {
      const place = deskWith(away, distance).enter(way);
      const sign = way === 'long' ? 1 : -1;
      const room = (leverage: number): number =>
        (sign * (place.stopLoss - liquidationPrice(BTC, way, place.price, leverage, risk))) / place.price;
      assert.ok(room(place.leverage) >= distance, `${place.leverage}× leaves ${room(place.leverage)}`);
      if (place.leverage === 5) continue;
      lowered++;
      assert.ok(room(place.leverage + 1) < distance, `${place.leverage + 1}× would have done`);
    }
    assert.ok(lowered >= 3, `lowered only ${lowered} times`);
  });

test('where no leverage is low enough the entry is refused, and says why', () => {
  const desk = deskWith(0.45, 0.6);
  assert.throws(() => desk.enter('short'), /no entry/);
  const refused = decisionsIn(desk.commands).find(({ outcome }) => outcome === 'refused')!;
  assert.equal(refused.refusal, 'liquidation');
  assert.match(
    refused.detail,
    /liquidation would lie [\d.]+ % of the price beyond the stop, at least 60 % wanted/,
  );
});

test('a size that Kelly cut says so in the decision', () => {
  const desk = new Desk({
    sizing: {
      ...DESK_CONFIG.sizing,
      mode: 'kelly',
      kelly: { ...DESK_CONFIG.sizing.kelly, riskMin: 0.0001 },
    },
  });
  desk.open();
  const place = desk.enter();
  // 1 USDT at a stop of 1,000 ticks and two fees: 0.016 USDT a lot
  assert.ok(place.size > 0 && place.size < 70, `${place.size}`);
  const entered = decisionsIn(desk.commands).find(({ outcome }) => outcome === 'entered')!;
  assert.match(entered.detail, /Kelly over 0 trades risks 0\.01 % of equity: size 0\.\d+ instead of/);
});
