import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Place } from '../commands.ts';
import { AccountEvent } from '../events.ts';
import { parseMoney } from '../instrument.ts';
import { Account } from '../position/account.ts';
import { Quote } from '../quote.ts';
import { BTC, ETH } from '../testing/specs.ts';
import { lots, ticks, type Us, us } from '../units.ts';
import { describeRefusal, type Refusal, Risk, type RiskConfig, type RiskContext } from './risk.ts';

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
function gate(changes: Partial<RiskConfig> = {}, balance = '10000') {
  const risk = new Risk({ ...config, ...changes }, [BTC, ETH]);
  const account = new Account([BTC, ETH]);
  account.take(new AccountEvent(NOW, parseMoney(balance), [], [], 1));
  const context: RiskContext = { now: NOW, account, quote: quoteAt(NOW), feedLive: true };
  return { risk, account, context };
}

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

function refusal(result: ReturnType<Risk['approve']>): Refusal {
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

test('every refusal has words', () => {
  const reasons: Refusal['reason'][] = [
    'killed',
    'paused',
    'recovering',
    'feed',
    'staleBook',
    'openPositions',
    'notional',
    'leverage',
    'margin',
    'priceCollar',
    'orderRate',
    'size',
  ];
  const words = reasons.map((reason) => describeRefusal({ reason, limit: 12, actual: 34 }));
  assert.equal(new Set(words).size, reasons.length);
  for (const text of words.slice(4)) assert.ok(text.includes('12') && text.includes('34'), text);
});
