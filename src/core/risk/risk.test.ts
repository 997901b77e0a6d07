import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Place } from '../commands.ts';
import { AccountEvent, FillEvent } from '../events.ts';
import { Instrument, parseMoney } from '../instrument.ts';
import { Account } from '../position/account.ts';
import { Quote } from '../quote.ts';
import type { Result } from '../result.ts';
import { BTC, ETH } from '../testing/specs.ts';
import { lots, ms, type Side, ticks, type Us, us } from '../units.ts';
import {
  describeRefusal,
  type Refusal,
  type RefusalReason,
  Risk,
  type RiskConfig,
  type RiskContext,
} from './risk.ts';

const config: RiskConfig = {
  dailyLossMax: 0.5,
  drawdownMax: 0.5,
  breachFlattens: false,
  lossStreakMax: 0,
  lossStreakPauseMs: 0,
  stopLossPauseMs: 0,
  notionalTotalMax: 10_000,
  liquidationDistanceMin: 0.05,
  maintenanceRate: 0.01,
  takerFee: 0.0005,
  openPositionsMax: 1,
  notionalMax: 5000,
  leverageMax: 5,
  priceCollarBp: 50,
  ordersPerMinuteMax: 3,
  bookAgeMsMax: 2000,
  marginShareMax: 0.5,
};
const NOW = us(1_800_000_000_000_000);

function quoteAt(at: Us): Quote {
  const quote = new Quote();
  quote.set(ticks(600_000), ticks(600_002), at, 0);
  return quote;
}

/** A gate with nothing against an entry: 60,000 / 60,000.2, a fresh book, 10,000 USDT. */
function gate(changes: Partial<RiskConfig> = {}, balance = '10000', btc = BTC) {
  const risk = new Risk({ ...config, ...changes }, [btc, ETH]);
  const account = new Account([btc, ETH]);
  const told = new AccountEvent(NOW, parseMoney(balance), [], [], 1);
  account.take(told);
  risk.restore(told, account, NOW);
  const context: RiskContext = { now: NOW, account, quote: quoteAt(NOW), feedLive: true };
  return { risk, account, context };
}

/** 100 lots of BTC at 600,000 ticks; selling them is a stop loss. */
const fillOf = (side: Side, id: string, fee: string): FillEvent =>
  new FillEvent(
    NOW,
    0,
    id,
    id,
    id,
    ms(0),
    side,
    ticks(600_000),
    lots(100),
    parseMoney(fee),
    false,
    side === 'buy' ? 'entry' : 'stopLoss',
    '',
  );

const entry = (changes: Partial<Place> = {}): Place => ({
  kind: 'place',
  instrument: 0,
  clientOrderId: 'h000001',
  side: 'buy',
  type: 'market',
  size: lots(100),
  price: ticks(600_002),
  reduceOnly: false,
  leverage: 2,
  takeProfit: ticks(610_000),
  stopLoss: ticks(595_000),
  protectionId: 'h000001x',
  purpose: 'entry',
  ...changes,
});
const exit = (changes: Partial<Place> = {}): Place =>
  entry({ reduceOnly: true, price: ticks(0), side: 'sell', purpose: 'close', ...changes });

function refusal(result: Result<unknown, Refusal>): Refusal {
  assert.ok(!result.ok, 'it was approved');
  return result.error;
}
const admits = (result: ReturnType<Risk['approve']>): void =>
  assert.ok(result.ok, result.ok ? '' : describeRefusal(result.error));

test('an order within every limit is approved', () => {
  const { risk, context } = gate();
  assert.equal(risk.entryAllowed(context), null);
  admits(risk.approve(entry(), context));
});

test('each limit admits just inside and refuses just beyond, with the limit and the figure', () => {
  // 600,002 ticks × 1 lot = 6.00002 USDT
  const lotValue = 6.00002;
  const cases: [Refusal['reason'], Partial<RiskConfig>, Partial<Place>, Partial<Place>, number, number][] = [
    ['leverage', {}, { leverage: 5 }, { leverage: 5.01 }, 5, 5.01],
    // mid 600,001: 50 bp are 3,000.005 ticks
    ['priceCollar', {}, { price: ticks(603_001) }, { price: ticks(603_002) }, 50, (3001 / 600_001) * 10_000],
    ['priceCollar', {}, { price: ticks(597_001) }, { price: ticks(597_000) }, 50, (3001 / 600_001) * 10_000],
    ['notional', {}, { size: lots(833) }, { size: lots(834) }, 5000, 834 * lotValue],
    [
      'margin',
      { notionalMax: 1e9, marginShareMax: 0.1 },
      { size: lots(333) },
      { size: lots(334) },
      1000,
      167 * lotValue,
    ],
    ['size', {}, { size: lots(1) }, { size: lots(0) }, 1, 0],
  ];
  for (const [reason, changes, inside, beyond, limit, actual] of cases) {
    const { risk, context } = gate(changes);
    admits(risk.approve(entry(inside), context));
    risk.entryUnderWay(0, false);
    const refused = refusal(risk.approve(entry(beyond), context));
    assert.equal(refused.reason, reason);
    assert.equal(refused.limit, limit);
    assert.ok(Math.abs(refused.actual - actual) < 1e-6, `${reason}: ${refused.actual}, not ${actual}`);
    assert.match(describeRefusal(refused), /\d/);
  }
});

test('what the venue takes at most depends on the type of order', () => {
  const { risk, context } = gate(
    { notionalMax: 1e12, notionalTotalMax: 1e12, marginShareMax: 1 },
    '100000000000',
  );
  const { marketSizeMax } = BTC;
  admits(risk.approve(entry({ size: marketSizeMax }), context));
  risk.entryUnderWay(0, false);
  const refused = refusal(risk.approve(entry({ size: lots(marketSizeMax + 1) }), context));
  assert.deepEqual(refused, { reason: 'size', limit: marketSizeMax, actual: marketSizeMax + 1 });
  assert.match(describeRefusal(refused), /at most/);
  admits(risk.approve(entry({ type: 'postOnly', size: lots(marketSizeMax + 1) }), context));
});

test('what is not a number is outside every limit', () => {
  const { risk, context } = gate();
  for (const nonsense of [
    { size: lots(Number.NaN) },
    { size: lots(1.5) },
    { leverage: Number.NaN },
    { leverage: 0 },
    { price: ticks(Number.NaN) },
  ])
    refusal(risk.approve(entry(nonsense), context));
  const noTime = { ...context, quote: quoteAt(us(Number.NaN)) };
  assert.equal(risk.entryAllowed(noTime)?.reason, 'staleBook');
});

test('a book that was behind the exchange when it came is as old as both together', () => {
  const { risk, context } = gate();
  const told = (lagMs: number, agoMs: number) => {
    context.quote.set(ticks(600_000), ticks(600_002), us(NOW - agoMs * 1000), lagMs);
    return risk.entryAllowed(context);
  };
  assert.equal(told(2000, 0), null);
  assert.deepEqual(told(2001, 0), { reason: 'staleBook', limit: 2000, actual: 2001 });
  assert.equal(told(1500, 500), null);
  assert.deepEqual(told(1500, 501), { reason: 'staleBook', limit: 2000, actual: 2001 });
});

test('a stale, invalid, one-sided, crossed or dead book is not traded on', () => {
  const { risk, context } = gate();
  const aged = (ms: number) => risk.entryAllowed({ ...context, now: us(NOW + ms * 1000) });
  assert.equal(aged(2000), null);
  assert.deepEqual(aged(2001), { reason: 'staleBook', limit: 2000, actual: 2001 });
  assert.equal(risk.entryAllowed({ ...context, feedLive: false })?.reason, 'feed');
  for (const [bid, ask] of [
    [600_000, 0],
    [0, 600_002],
    [600_002, 600_002],
    [600_003, 600_002],
  ] as const) {
    context.quote.set(ticks(bid), ticks(ask), NOW, 0);
    assert.equal(risk.entryAllowed(context)?.reason, 'feed', `${bid} / ${ask}`);
  }
  context.quote.set(ticks(600_000), ticks(600_001), NOW, 0);
  assert.equal(risk.entryAllowed(context), null);
  context.quote.withdraw();
  assert.equal(risk.entryAllowed(context)?.reason, 'feed');
});

test('open positions are limited, and an entry under way is one already', () => {
  const { risk, account, context } = gate();
  admits(risk.approve(entry(), context));
  // not filled yet: the next instrument must wait all the same
  assert.deepEqual(refusal(risk.approve(entry({ instrument: 1 }), context)), {
    reason: 'openPositions',
    limit: 1,
    actual: 1,
  });
  account.positions[0]!.fill('buy', lots(100), ticks(600_002));
  assert.equal(risk.entryAllowed(context)?.actual, 1, 'filling and under way, it is still one');
  risk.entryUnderWay(0, false);
  assert.equal(risk.entryAllowed(context)?.reason, 'openPositions');
  account.positions[0]!.fill('sell', lots(100), ticks(600_000));
  assert.equal(risk.entryAllowed(context), null);
  // an entry that never filled frees its place
  admits(risk.approve(entry(), context));
  risk.entryUnderWay(0, false);
  admits(risk.approve(entry({ instrument: 1 }), context));
});

test('orders a minute are limited; the minute slides', () => {
  const { risk, context } = gate({ openPositionsMax: 9 });
  const at = (seconds: number): RiskContext => {
    const now = us(NOW + seconds * 1e6);
    return { ...context, now, quote: quoteAt(now) };
  };
  for (const seconds of [0, 10, 20]) admits(risk.approve(entry(), at(seconds)));
  assert.deepEqual(refusal(risk.approve(entry(), at(59.999))), { reason: 'orderRate', limit: 3, actual: 3 });
  admits(risk.approve(entry(), at(60)));
  refusal(risk.approve(entry(), at(69)));
  admits(risk.approve(entry(), at(70)));
});

test('killed and paused refuse entries by name', () => {
  const { risk, context } = gate();
  risk.paused = true;
  assert.equal(refusal(risk.approve(entry(), context)).reason, 'paused');
  risk.killed = true;
  assert.equal(refusal(risk.approve(entry(), context)).reason, 'killed');
});

test('reducing stays possible when everything else is refused', () => {
  const { risk, context } = gate({ ordersPerMinuteMax: 1 }, '0');
  risk.killed = true;
  risk.paused = true;
  context.quote.withdraw();
  const worst = { ...context, feedLive: false };
  for (let i = 0; i < 20; i++) admits(risk.approve(exit({ leverage: 999 }), worst));
  assert.equal(
    risk.approveCancel({ kind: 'cancel', instrument: 0, clientOrderId: 'h1', target: 'order' }).clientOrderId,
    'h1',
  );
  // but not what the venue would not take
  assert.equal(refusal(risk.approve(exit({ size: lots(0) }), worst)).reason, 'size');
});

test('nothing is entered before the account is known, or while an open position has no price', () => {
  const risk = new Risk(config, [BTC, ETH]);
  const { account, context } = gate();
  assert.equal(risk.entryAllowed(context)?.reason, 'recovering');
  account.positions[1]!.fill('buy', lots(10), ticks(600_000));
  risk.restore(new AccountEvent(NOW, parseMoney('10000'), [], [], 1), account, NOW);
  assert.equal(risk.entryAllowed(context)?.reason, 'recovering');
  risk.valued(1, 600_000, NOW);
  assert.equal(risk.entryAllowed(context)?.reason, 'openPositions');
});

test('the limits that remember refuse with the limit and the figure', () => {
  const lossy = (changes: Partial<RiskConfig>, fee: string) => {
    const made = gate({ lossStreakMax: 1, lossStreakPauseMs: 60_000, ...changes });
    const { risk, account, context } = made;
    for (const [side, id] of [
      ['buy', 't1'],
      ['sell', 't2'],
    ] as const) {
      const taken = account.fill(fillOf(side, id, id === 't2' ? fee : '0'));
      risk.booked(account, taken!.closed, NOW);
    }
    return { ...made, refused: refusal(risk.approve(entry(), context)) };
  };
  const daily = lossy({ dailyLossMax: 0.02 }, '-200');
  assert.deepEqual(daily.refused, { reason: 'dailyLoss', limit: 0.02, actual: daily.risk.history.dayLoss });
  const deep = lossy({ drawdownMax: 0.02 }, '-250');
  assert.deepEqual(deep.refused, { reason: 'drawdown', limit: 0.02, actual: deep.risk.history.drawdown });
  // arming frees from the drawdown, not from the pause after a loss
  deep.risk.arm();
  assert.deepEqual(refusal(deep.risk.approve(entry(), deep.context)), {
    reason: 'lossStreak',
    limit: 60,
    actual: 0,
  });
  const stopped = lossy({ lossStreakMax: 0, stopLossPauseMs: 5000 }, '-1');
  assert.deepEqual(stopped.refused, { reason: 'stopLossPause', limit: 5, actual: 0 });
  admits(stopped.risk.approve(entry({ instrument: 1 }), stopped.context));
});

test('all positions and entries together are limited, found ones without bound', () => {
  const { risk, account, context } = gate({
    openPositionsMax: 3,
    notionalTotalMax: 1500,
    ordersPerMinuteMax: 99,
  });
  // 600 USDT of BTC under way
  admits(risk.approve(entry(), context));
  const eth = entry({ instrument: 1, size: lots(150) }); // 0.001 ETH each
  const value = ETH.valueNumber(150, 600_002);
  assert.ok(value > 899 && value < 901, `${value}`);
  const refused = refusal(risk.approve(eth, context));
  assert.deepEqual([refused.reason, refused.limit], ['totalNotional', 1500]);
  assert.ok(Math.abs(refused.actual - value - BTC.valueNumber(100, 600_002)) < 1e-9);
  admits(risk.approve({ ...eth, size: lots(149) }, context));
  // filled, it counts as what it is worth now, not twice
  risk.entryUnderWay(1, false);
  account.positions[0]!.fill('buy', lots(100), ticks(600_002));
  risk.booked(account, null, NOW);
  risk.valued(0, 600_002, NOW);
  admits(risk.approve({ ...eth, size: lots(149) }, context));
  risk.entryUnderWay(1, false);
  risk.entryUnderWay(0, true);
  assert.equal(refusal(risk.approve({ ...eth, size: lots(1) }, context)).actual, Infinity);
});

test('an entry needs a stop that lies on the losing side and has an id', () => {
  const { risk, context } = gate();
  for (const wrong of [
    { stopLoss: ticks(0) },
    { stopLoss: ticks(600_002) },
    { stopLoss: ticks(601_000) },
    { side: 'sell' as const, stopLoss: ticks(595_000) },
    { protectionId: '' },
  ])
    assert.equal(refusal(risk.approve(entry(wrong), context)).reason, 'noStop', JSON.stringify(wrong));
});

test('an entry whose stop would take the day over its limit is refused before it can', () => {
  const { risk, context } = gate({ dailyLossMax: 0.01 });
  // 600,002 → 580,002: 2 USDT a lot and two fees of 0.0005
  const perLot = 2 * 0.1 + (60_000.2 + 58_000.2) * 0.0001 * 0.0005;
  const size = Math.floor(100 / perLot);
  admits(risk.approve(entry({ size: lots(size), stopLoss: ticks(580_002) }), context));
  risk.entryUnderWay(0, false);
  const refused = refusal(risk.approve(entry({ size: lots(size + 1), stopLoss: ticks(580_002) }), context));
  assert.equal(refused.reason, 'lossAtStop');
  assert.ok(Math.abs(refused.actual - ((size + 1) * perLot) / 10_000) < 1e-9);
});

test('leverage stays where liquidation lies behind the stop by the distance: just so much is admitted', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Place['side']>('buy', 'sell'),
      fc.integer({ min: 1000, max: 240_000 }),
      fc.double({ min: 0.005, max: 0.3, noNaN: true }),
      (side, away, liquidationDistanceMin) => {
        const { risk, context } = gate({
          leverageMax: 100,
          liquidationDistanceMin,
          notionalMax: 1e9,
          notionalTotalMax: 1e9,
          dailyLossMax: 1,
          marginShareMax: 1,
        });
        const stopLoss = ticks(600_002 + (side === 'buy' ? -away : away));
        const most = Math.floor(risk.leverageAllowed(0, side, 600_002, stopLoss));
        const order = entry({ side, stopLoss, size: lots(1) });
        if (most >= 1) admits(risk.approve({ ...order, leverage: most }, context));
        risk.entryUnderWay(0, false);
        const refused = refusal(risk.approve({ ...order, leverage: most + 1 }, context));
        assert.ok(refused.reason === 'liquidation' || most + 1 > 100, refused.reason);
      },
    ),
    { seed: 20261122, numRuns: 500 },
  );
});

test('a position of a higher tier is liquidated sooner, and its leverage says so', () => {
  const rates = { maintenanceRate: 0.004, takerFee: 0.0005, liquidationDistanceMin: 0.02, leverageMax: 100 };
  const free = { notionalTotalMax: 1e9, dailyLossMax: 1, marginShareMax: 1 };
  // up to 1,000 lots, which are 6,000 USDT
  const tiers = [
    { maxSz: '10', mmr: '0.004' },
    { maxSz: '1000', mmr: '0.05' },
  ];
  const tiered = new Instrument({ ...BTC.spec, tiers });
  const stopLoss = ticks(588_002); // 2 % away, and the liquidation has to be 2 % behind it
  const open = (notionalMax: number) => gate({ ...rates, ...free, notionalMax }, '1000000', tiered);
  // (1 − 1/L) / (1 − 0.0045) = 0.96 at L = 22.56; (1 − 1/L) / (1 − 0.0505) = 0.96 at L = 11.3
  assert.equal(Math.floor(open(5_000).risk.leverageAllowed(0, 'buy', 600_002, stopLoss)), 22);
  assert.equal(Math.floor(open(50_000).risk.leverageAllowed(0, 'buy', 600_002, stopLoss)), 11);
  const { risk, context } = open(50_000);
  const order = entry({ stopLoss, leverage: 12 });
  admits(risk.approve({ ...order, size: lots(1000) }, context));
  risk.entryUnderWay(0, false);
  assert.equal(refusal(risk.approve({ ...order, size: lots(1001) }, context)).reason, 'liquidation');
  admits(risk.approve({ ...order, size: lots(1001), leverage: 11 }, context));
});

test('a second kill may add closing positions, never take it back; arming ends both', () => {
  const { risk } = gate();
  risk.kill(false);
  assert.deepEqual([risk.killed, risk.killFlattens], [true, false]);
  risk.kill(true);
  risk.kill(false);
  assert.deepEqual([risk.killed, risk.killFlattens], [true, true]);
  risk.arm();
  assert.equal(risk.killed, false);
  risk.kill(false);
  assert.equal(risk.killFlattens, false);
});

test('the orders of the last minute are remembered over a restart', () => {
  const { risk, account, context } = gate();
  for (let i = 0; i < 3; i++) risk.approve(exit(), context);
  const next = new Risk(config, [BTC, ETH]);
  next.restore(new AccountEvent(NOW, account.balance, [], [], 1, risk.state(NOW)), account, NOW);
  assert.equal(refusal(next.approve(entry(), context)).reason, 'orderRate');
});

test('a stop moves in favour of its position or not at all, and is never taken away', () => {
  const { risk } = gate();
  for (const long of [true, false]) {
    const toward = long ? 1 : -1;
    const stop = 600_000 - toward * 5000;
    const target = 600_000 + toward * 9000;
    const standing = { protectionId: 'x', takeProfit: ticks(target), stopLoss: ticks(stop), size: lots(5) };
    const asked = (stopLoss: number, takeProfit = target) =>
      risk.approveAmend(
        {
          kind: 'amend',
          target: 'protection',
          instrument: 0,
          protectionId: 'x',
          takeProfit: ticks(takeProfit),
          stopLoss: ticks(stopLoss),
          cause: 'breakEven',
        },
        standing,
        long,
      );
    for (const better of [0, 1, 700, 6000]) assert.ok(asked(stop + toward * better).ok);
    assert.equal(refusal(asked(stop - toward)).reason, 'stopLoosened');
    assert.equal(refusal(asked(stop - toward * 4000)).reason, 'stopLoosened');
    for (const none of [0, -5, Number.NaN, stop + 0.5]) assert.equal(refusal(asked(none)).reason, 'noStop');
    // neither is the target taken away, nor may it come to lie before the stop
    for (const none of [0, stop, stop - toward]) assert.equal(refusal(asked(stop, none)).reason, 'noStop');
  }
  // and not even a person's switches stand in the way of less risk
  risk.kill(false);
  const held = { protectionId: 'x', takeProfit: ticks(0), stopLoss: ticks(590_000), size: lots(5) };
  const amend = {
    kind: 'amend',
    target: 'protection',
    instrument: 0,
    protectionId: 'x',
    takeProfit: ticks(0),
  } as const;
  assert.ok(risk.approveAmend({ ...amend, stopLoss: ticks(595_000), cause: 'trailingStop' }, held, true).ok);
});

test('an amended entry passes every limit again: each admits just inside and refuses just beyond', () => {
  const asked = (
    changes: Partial<RiskConfig>,
    price: number,
    size: number,
    filled = 0,
    prepare = (_: Risk) => {},
  ) => {
    const { risk, context } = gate({ ordersPerMinuteMax: 10, notionalMax: 800, ...changes });
    const standing = entry({ type: 'postOnly', price: ticks(600_000) });
    admits(risk.approve(standing, context));
    prepare(risk);
    const amend = {
      kind: 'amend',
      target: 'order',
      instrument: 0,
      clientOrderId: standing.clientOrderId,
    } as const;
    const wanted = { ...amend, price: ticks(price), size: lots(size) };
    return risk.approveAmendOrder(wanted, standing, lots(filled), context);
  };
  const reasonOf = (...args: Parameters<typeof asked>): RefusalReason | 'none' => {
    const result = asked(...args);
    return result.ok ? 'none' : result.error.reason;
  };
  // its own entry under way is no second position (`openPositionsMax` is 1)
  assert.equal(reasonOf({}, 600_001, 100), 'none');
  // 50 bp of 600,001 are 3,000 ticks
  assert.equal(reasonOf({}, 603_000, 100), 'none');
  assert.equal(reasonOf({}, 603_002, 100), 'priceCollar');
  assert.equal(reasonOf({}, 597_000, 100), 'priceCollar');
  assert.equal(reasonOf({}, Number.NaN, 100), 'priceCollar');
  // the stop is at 595,000
  assert.equal(reasonOf({ priceCollarBp: 500 }, 595_001, 100), 'none');
  assert.equal(reasonOf({ priceCollarBp: 500 }, 595_000, 100), 'noStop');
  // 6 USDT a lot; 133 lots are 798
  assert.equal(reasonOf({}, 600_000, 133), 'none');
  assert.equal(reasonOf({}, 600_000, 134), 'notional');
  // 140 lots of 1,000 × 0.5 / 6 at 2×: 166 lots in all
  assert.equal(reasonOf({ notionalMax: 10_000, marginShareMax: 0.04 }, 600_000, 133), 'none');
  assert.equal(reasonOf({ notionalMax: 10_000, marginShareMax: 0.04 }, 600_000, 134), 'margin');
  assert.equal(reasonOf({}, 600_001, 1.5), 'size');
  assert.equal(reasonOf({ ordersPerMinuteMax: 1 }, 600_001, 100), 'orderRate');
  assert.equal(
    reasonOf({}, 600_001, 100, 0, (risk) => risk.kill(false)),
    'killed',
  );
  const paused = (risk: Risk): void => {
    risk.paused = true;
  };
  assert.equal(reasonOf({}, 600_001, 100, 0, paused), 'paused');
  // smaller where it is: whatever a person switched and the minute has seen
  assert.equal(
    reasonOf({ ordersPerMinuteMax: 1 }, 600_000, 99, 0, (risk) => risk.kill(false)),
    'none',
  );
  assert.equal(reasonOf({ ordersPerMinuteMax: 1 }, 600_000, 101, 0, paused), 'paused');
});

test('what an amended entry has filled is not counted twice; until it is answered the larger of the two counts', () => {
  const { risk, account, context } = gate({
    ordersPerMinuteMax: 10,
    notionalMax: 700,
    openPositionsMax: 2,
    notionalTotalMax: 900,
  });
  const standing = entry({ type: 'postOnly', price: ticks(600_000) });
  admits(risk.approve(standing, context));
  const fill = fillOf('buy', 'h000001', '0');
  account.fill(fill);
  risk.valued(0, 600_001, NOW);
  risk.booked(account, null, NOW);
  const amend = { kind: 'amend', target: 'order', instrument: 0, clientOrderId: 'h000001' } as const;
  // 100 lots are filled and 10 are to come: 660 and not 1,260
  const more = { ...amend, price: ticks(600_001), size: lots(110) };
  assert.ok(risk.approveAmendOrder(more, standing, lots(100), context).ok);
  assert.equal(
    refusal(risk.approveAmendOrder({ ...more, size: lots(120) }, standing, lots(100), context)).reason,
    'notional',
  );
  // back to less: the venue may still have the larger one
  assert.ok(
    risk.approveAmendOrder({ ...more, price: standing.price, size: lots(100) }, standing, lots(100), context)
      .ok,
  );
  const second = { instrument: 1, clientOrderId: 'h000002', price: ticks(600_002) };
  const lotsOf = (size: number) => risk.approve(entry({ ...second, size: lots(size) }), context);
  assert.equal(refusal(lotsOf(41)).reason, 'totalNotional');
});

test('every refusal has words', () => {
  const plain = { killed: true, paused: true, held: true, recovering: true, feed: true };
  const measured: Record<Exclude<RefusalReason, keyof typeof plain>, true> = {
    dailyLoss: true,
    drawdown: true,
    lossStreak: true,
    stopLossPause: true,
    staleBook: true,
    openPositions: true,
    notional: true,
    totalNotional: true,
    leverage: true,
    liquidation: true,
    margin: true,
    lossAtStop: true,
    priceCollar: true,
    noStop: true,
    stopLoosened: true,
    orderRate: true,
    size: true,
  };
  const reasons = [...Object.keys(plain), ...Object.keys(measured)] as RefusalReason[];
  const words = reasons.map((reason) => describeRefusal({ reason, limit: 12, actual: 34 }));
  assert.equal(new Set(words).size, reasons.length);
  for (const text of words.slice(Object.keys(plain).length))
    assert.ok(text.includes('12') && text.includes('34'), text);
});
