import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Approved, OrderCommand, Place } from '../../core/commands.ts';
import {
  CandleEvent,
  FillEvent,
  FundingEvent,
  FundingPaymentEvent,
  OrderEvent,
  TradeEvent,
} from '../../core/events.ts';
import { parseMoney } from '../../core/instrument.ts';
import { BTC } from '../../core/testing/specs.ts';
import { lots, ms, type Side, ticks, us } from '../../core/units.ts';
import type { VenueEvent } from '../venue.ts';
import { type BarConfig, BarLiquidity } from './bar-liquidity.ts';
import { PaperMatcher } from './matcher.ts';

const BAR_MS = 60_000;
const START_MS = 1_795_348_800_000;
const HALF = 30;

/** [open, high, low, close, volume] in ticks and lots; a spread of 10 bp is 600 ticks at 60,000.0, so prices stand out. */
type Bar = readonly [number, number, number, number, number];

/** A matcher told of one-minute bars; orders leave between them. */
class Bench {
  readonly events: VenueEvent[] = [];
  readonly matcher: PaperMatcher;
  readonly liquidity: BarLiquidity;
  private bars = 0;
  private number = 0;

  constructor(changes: Partial<BarConfig> = {}, balance = '1000000') {
    this.liquidity = new BarLiquidity({
      of: 'candles',
      barMs: BAR_MS,
      spreadBp: 1,
      volumeShareMax: 0.1,
      intrabar: 'pessimistic',
      ...changes,
    });
    this.matcher = new PaperMatcher(
      {
        startBalance: parseMoney(balance),
        fees: { maker: '0.0002', taker: '0.0005' },
        orderLatency: { kind: 'constant', ms: 20 },
        answerLatency: { kind: 'constant', ms: 20 },
        seed: 1,
        queue: { kind: 'behindFirst' },
        selfImpact: true,
        maintenanceRate: 0.004,
      },
      [BTC],
      [this.liquidity],
    );
  }

  get now() {
    return us((START_MS + this.bars * BAR_MS) * 1000);
  }

  bar(...[open, high, low, close, volume]: Bar): this {
    const openAt = START_MS + this.bars * BAR_MS;
    this.bars++;
    this.matcher.market(
      new CandleEvent(
        this.now,
        0,
        ms(openAt),
        ticks(open),
        ticks(high),
        ticks(low),
        ticks(close),
        lots(volume),
        true,
      ),
      (event) => this.events.push(event),
    );
    return this;
  }

  /** An order that leaves so many ms after the last bar ended. */
  send(changes: Partial<Place> = {}, laterMs = 0): Place {
    const clientOrderId = `b${++this.number}`;
    const place: Place = {
      kind: 'place',
      instrument: 0,
      clientOrderId,
      side: 'buy',
      type: 'market',
      size: lots(10),
      price: ticks(changes.side === 'sell' ? 1 : 900_000),
      reduceOnly: false,
      leverage: 1,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      purpose: 'entry',
      ...changes,
    };
    this.matcher.submit(place as Approved<OrderCommand> & Place, us(this.now + laterMs * 1000));
    return place;
  }

  /** [side, price, size, purpose] of every fill heard. */
  get fills(): [Side, number, number, string][] {
    return this.events.flatMap((event) =>
      event instanceof FillEvent ? [[event.side, event.price, event.size, event.purpose]] : [],
    );
  }

  get states(): string[] {
    return this.events.flatMap((event) => (event instanceof OrderEvent ? [event.state] : []));
  }
}

/** Long 10 from 600,000 with a stop at 599,000 and a target at 602,000, then the bars. */
function long(changes: Partial<BarConfig>, ...bars: readonly Bar[]): Bench {
  const bench = new Bench(changes).bar(600_000, 600_000, 600_000, 600_000, 1000);
  bench.send({ takeProfit: ticks(602_000), stopLoss: ticks(599_000), protectionId: 'b1x' });
  for (const bar of bars) bench.bar(...bar);
  return bench;
}

test('a market order meets the open of the bar it arrives in, half the spread against it', () => {
  const bench = new Bench().bar(600_000, 600_500, 599_500, 600_400, 1000);
  bench.send();
  assert.deepEqual(bench.fills, [], 'nothing is known of the next bar yet');
  bench.bar(601_000, 603_000, 600_900, 602_000, 1000);
  assert.deepEqual(bench.fills, [['buy', 601_000 + HALF, 10, 'entry']]);
  bench.send({ side: 'sell', reduceOnly: true, purpose: 'close', price: ticks(0) });
  bench.bar(602_000, 602_000, 602_000, 602_000, 1000);
  assert.deepEqual(bench.fills.at(-1), ['sell', 602_000 - HALF, 10, 'close']);
});

test('a spread of 0 is none: every fill at the very price', () => {
  const bench = long(
    { spreadBp: 0 },
    [600_000, 600_500, 599_500, 600_100, 1000],
    [600_100, 600_200, 598_000, 598_500, 1000],
  );
  assert.deepEqual(bench.fills, [
    ['buy', 600_000, 10, 'entry'],
    ['sell', 599_000, 10, 'stopLoss'],
  ]);
});

test('an open beyond the worst price that was approved fills nothing', () => {
  const bench = new Bench().bar(600_000, 600_000, 600_000, 600_000, 1000);
  bench.send({ price: ticks(600_900) });
  bench.bar(601_000, 601_000, 600_000, 600_000, 1000);
  assert.deepEqual(bench.fills, []);
  assert.equal(bench.states.at(-1), 'canceled');
});

test('beyond the share of the volume the rest pays the worst price, and not beyond its limit', () => {
  const bench = new Bench().bar(600_000, 600_000, 600_000, 600_000, 1000);
  bench.send({ size: lots(25) });
  bench.bar(600_000, 601_000, 599_000, 600_500, 100);
  assert.deepEqual(bench.fills, [
    ['buy', 600_000 + HALF, 10, 'entry'],
    ['buy', 601_000 + HALF, 15, 'entry'],
  ]);
  bench.send({ size: lots(25), price: ticks(600_600) });
  bench.bar(600_500, 601_000, 599_000, 600_500, 100);
  assert.deepEqual(bench.fills.slice(2), [['buy', 600_500 + HALF, 10, 'entry']]);
});

test('nothing fills in a bar without volume: the order waits for the next one that has some', () => {
  const bench = new Bench().bar(600_000, 600_000, 600_000, 600_000, 1000);
  bench.send();
  bench.bar(600_000, 600_000, 600_000, 600_000, 0).bar(600_000, 600_000, 600_000, 600_000, 0);
  assert.deepEqual(bench.fills, []);
  bench.bar(600_700, 600_700, 600_700, 600_700, 1000);
  assert.deepEqual(bench.fills, [['buy', 600_700 + HALF, 10, 'entry']]);
});

test('stop and target: each at its price, the stop where the bar reached both, the open where that is beyond', () => {
  const last = (...bars: readonly Bar[]) => long({}, ...bars).fills.at(-1);
  assert.deepEqual(last([600_000, 602_500, 599_500, 602_200, 1000]), [
    'sell',
    602_000 - HALF,
    10,
    'takeProfit',
  ]);
  assert.deepEqual(last([600_000, 600_500, 598_000, 598_500, 1000]), [
    'sell',
    599_000 - HALF,
    10,
    'stopLoss',
  ]);
  assert.deepEqual(last([600_000, 602_500, 598_000, 600_000, 1000]), [
    'sell',
    599_000 - HALF,
    10,
    'stopLoss',
  ]);
  const quiet: Bar = [600_000, 600_100, 599_900, 600_000, 1000];
  assert.deepEqual(last(quiet, [598_000, 602_500, 597_000, 600_000, 1000]), [
    'sell',
    598_000 - HALF,
    10,
    'stopLoss',
  ]);
  assert.deepEqual(last(quiet, [603_000, 603_500, 598_000, 600_000, 1000]), [
    'sell',
    603_000 - HALF,
    10,
    'takeProfit',
  ]);
});

test('asked to, the extreme nearer to the open comes first', () => {
  const last = (...bars: readonly Bar[]) => long({ intrabar: 'nearest' }, ...bars).fills.at(-1);
  const quiet: Bar = [600_000, 600_100, 599_900, 600_000, 1000];
  assert.deepEqual(last(quiet, [601_500, 602_500, 598_000, 600_000, 1000])?.[3], 'takeProfit');
  assert.deepEqual(last(quiet, [599_500, 602_500, 598_900, 600_000, 1000])?.[3], 'stopLoss');
});

test('a resting order fills when the price goes through it, at its price; a touch is not enough', () => {
  const bench = new Bench().bar(600_000, 600_000, 600_000, 600_000, 1000);
  bench.send({ type: 'postOnly', price: ticks(599_000) });
  bench.bar(600_000, 600_500, 599_000, 600_000, 1000);
  assert.deepEqual(bench.fills, []);
  bench.bar(600_000, 600_500, 598_999, 600_000, 60).bar(600_000, 600_500, 598_999, 600_000, 1000);
  assert.deepEqual(bench.fills, [
    ['buy', 599_000, 6, 'entry'],
    ['buy', 599_000, 4, 'entry'],
  ]);
});

test('a high before a waiting entry filled is no profit: its stop may go off in that bar, its target only by the close', () => {
  const resting = (bar: Bar): [Side, number, number, string][] => {
    const bench = new Bench().bar(600_000, 600_000, 600_000, 600_000, 1000);
    bench.send({
      type: 'postOnly',
      price: ticks(599_000),
      takeProfit: ticks(602_000),
      stopLoss: ticks(597_000),
      protectionId: 'b1x',
    });
    return bench.bar(...bar).fills;
  };
  const entry = ['buy', 599_000, 10, 'entry'];
  assert.deepEqual(resting([600_000, 607_000, 598_500, 599_100, 1000]), [entry]);
  assert.deepEqual(resting([600_000, 607_000, 596_000, 599_100, 1000]), [
    entry,
    ['sell', 597_000 - HALF, 10, 'stopLoss'],
  ]);
  assert.deepEqual(resting([600_000, 607_000, 598_500, 603_000, 1000]), [
    entry,
    ['sell', 602_000 - HALF, 10, 'takeProfit'],
  ]);
});

test('an order that arrives well within a bar comes after its stops, and at the worse of open and close', () => {
  const late = (bar: Bar): [Side, number, number, string][] => {
    const bench = long({}, [600_000, 600_100, 599_900, 600_000, 1000]);
    bench.send({ side: 'sell', reduceOnly: true, purpose: 'close', price: ticks(0) }, 30_000);
    return bench.bar(...bar).fills.slice(1);
  };
  assert.deepEqual(late([600_000, 600_100, 599_900, 599_950, 1000]), [['sell', 599_950 - HALF, 10, 'close']]);
  assert.deepEqual(late([600_000, 600_100, 599_900, 600_050, 1000]), [['sell', 600_000 - HALF, 10, 'close']]);
  assert.deepEqual(
    late([600_000, 600_100, 598_000, 599_950, 1000]),
    [['sell', 599_000 - HALF, 10, 'stopLoss']],
    'the stop was there first',
  );
});

test('a late entry has the rest of its bar before it: the whole move against it, of the move for it the close', () => {
  const late = (side: Side, bar: Bar, intrabar: BarConfig['intrabar'] = 'pessimistic') => {
    const bench = new Bench({ intrabar, spreadBp: 0 }).bar(600_000, 600_000, 600_000, 600_000, 1000);
    const sign = side === 'buy' ? 1 : -1;
    const pair = { takeProfit: ticks(600_000 + sign * 2000), stopLoss: ticks(600_000 - sign * 1000) };
    bench.send({ side, ...pair, protectionId: 'b1x' }, 30_000);
    // heard of after the bar
    const { fills } = bench.bar(...bar).bar(600_000, 600_000, 600_000, 600_000, 0);
    const [, second] = bench.events.flatMap((event) =>
      event instanceof FillEvent ? [event.exchangeAt] : [],
    );
    if (second !== undefined) assert.equal(second, START_MS + 2 * BAR_MS, 'after its entry');
    return fills.map(([, price, , purpose]) => `${purpose} ${price}`).join(', ');
  };
  const mirrored = ([open, high, low, close, volume]: Bar): Bar => [
    ...([1_200_000 - open, 1_200_000 - low, 1_200_000 - high, 1_200_000 - close] as const),
    volume,
  ];
  const both = (bar: Bar, intrabar?: BarConfig['intrabar']): string => {
    const [bought, sold] = [late('buy', bar, intrabar), late('sell', mirrored(bar), intrabar)];
    assert.equal(
      sold.replaceAll(/\d+/g, (price) => String(1_200_000 - Number(price))),
      bought,
    );
    return bought;
  };
  // the low may have been before or after
  assert.equal(both([600_000, 600_500, 598_900, 600_200, 1000]), 'entry 600200, stopLoss 599000');
  // so may the high, but that would be luck
  assert.equal(both([600_000, 602_500, 599_500, 600_200, 1000]), 'entry 600200');
  assert.equal(both([600_000, 602_500, 598_900, 600_200, 1000]), 'entry 600200, stopLoss 599000');
  // filled beyond its target, at the close
  assert.equal(both([600_000, 602_500, 599_500, 602_200, 1000]), 'entry 602200, takeProfit 602200');
  // filled at the open, closed below the stop
  assert.equal(both([600_000, 600_100, 598_000, 598_500, 1000]), 'entry 600000, stopLoss 599000');
  // by `nearest` the low was before it, and the high is not; here the other way round
  assert.equal(
    both([600_000, 602_500, 598_900, 600_200, 1000], 'nearest'),
    'entry 600200, takeProfit 602000',
  );
  assert.equal(both([600_000, 600_500, 598_900, 600_200, 1000], 'nearest'), 'entry 600200, stopLoss 599000');
  assert.equal(both([600_000, 601_500, 598_500, 600_200, 1000], 'nearest'), 'entry 600200, stopLoss 599000');
});

test('no stop that a path within the bar would have hit is missed, whenever its entry came', () => {
  let hit = 0;
  let kept = 0;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 60, maxLength: 60 }),
      fc.integer({ min: 100, max: 59_000 }),
      fc.integer({ min: 50, max: 3000 }),
      fc.constantFrom<Side>('buy', 'sell'),
      (steps, arrivesMs, distance, side) => {
        const path = [600_000];
        for (const step of steps) path.push(path.at(-1)! + step);
        const long = side === 'buy';
        const stop = long ? 600_000 - distance : 600_000 + distance;
        const bench = new Bench().bar(600_000, 600_000, 600_000, 600_000, 1000);
        bench.send({ side, stopLoss: ticks(stop), protectionId: 'b1x' }, arrivesMs - 20);
        bench.bar(path[0]!, Math.max(...path), Math.min(...path), path.at(-1)!, 1000);
        bench.bar(600_000, 600_000, 600_000, 600_000, 0);
        // a point a second, the next one after its arrival first
        const after = path.slice(Math.ceil(arrivesMs / 1000));
        const isHit = after.some((price) => (long ? price <= stop : price >= stop));
        const stopped = bench.fills.some(([, , , purpose]) => purpose === 'stopLoss');
        if (isHit) hit++;
        else if (!stopped) kept++;
        assert.ok(stopped || !isHit);
      },
    ),
    { seed: 20261122, numRuns: 400 },
  );
  assert.ok(hit > 50 && kept > 50, `${hit} hit, ${kept} kept`);
});

test('what a bar allowed is known when its fill is heard of, bars later', () => {
  const bench = new Bench().bar(600_000, 600_500, 599_500, 600_400, 1000);
  bench.send();
  bench.bar(601_000, 603_000, 600_900, 602_000, 700).bar(610_000, 611_000, 609_000, 610_000, 50);
  const fill = bench.events.find((event) => event instanceof FillEvent)!;
  assert.deepEqual(bench.liquidity.allowedAt(fill.exchangeAt), {
    low: 600_900 - HALF,
    high: 603_000 + HALF,
    volume: 700,
  });
  assert.equal(bench.liquidity.allowedAt(ms(START_MS - 1)), null);
});

test('liquidation looks at the worst price of a bar', () => {
  // 0.2 BTC on 3,000 USDT: half the price is twice the account, though the bar closes where it began
  const bench = new Bench({ volumeShareMax: 1 }, '3000').bar(600_000, 600_000, 600_000, 600_000, 10_000);
  bench.send({ size: lots(2000), leverage: 5, price: ticks(600_100) });
  bench.bar(600_000, 600_000, 600_000, 600_000, 10_000);
  assert.deepEqual(bench.fills, [['buy', 600_000 + HALF, 2000, 'entry']]);
  bench.bar(600_000, 600_000, 300_000, 600_000, 10_000);
  assert.equal(bench.fills.at(-1)![3], 'liquidation');
});

test('funding at a bar’s boundary is charged on what was held there: after its stops, before the next entries', () => {
  const fundingAt = ms(START_MS + 2 * BAR_MS);
  const payments = (bench: Bench) =>
    bench.events.filter((event) => event instanceof FundingPaymentEvent).length;
  const told = (bench: Bench) =>
    bench.matcher.market(new FundingEvent(bench.now, 0, '0.0001', fundingAt), (event) =>
      bench.events.push(event),
    );
  const held = long({}, [600_000, 600_100, 599_900, 600_000, 1000]);
  assert.equal(payments(held), 0);
  const before = new Bench().bar(600_000, 600_000, 600_000, 600_000, 1000);
  told(before);
  before.send();
  before.bar(600_000, 600_100, 599_900, 600_000, 1000).bar(600_000, 600_100, 599_900, 600_000, 1000);
  assert.equal(payments(before), 1, 'held over the funding time');
  const after = new Bench().bar(600_000, 600_000, 600_000, 600_000, 1000);
  told(after);
  after.bar(600_000, 600_100, 599_900, 600_000, 1000);
  after.send();
  after.bar(600_000, 600_100, 599_900, 600_000, 1000);
  assert.equal(payments(after), 0, 'bought just after it');
});

test('trades serve where there are no candles: an order meets the next trade after it arrived', () => {
  const bench = new Bench({ of: 'trades', volumeShareMax: 1 });
  const at = (milliseconds: number, price: number, size: number) =>
    bench.matcher.market(
      new TradeEvent(
        us((START_MS + milliseconds) * 1000),
        0,
        ms(START_MS + milliseconds),
        ticks(price),
        lots(size),
        'buy',
      ),
      (event) => bench.events.push(event),
    );
  at(-5, 600_000, 100);
  bench.send();
  at(10, 605_000, 100);
  assert.deepEqual(bench.fills, [], 'still on its way');
  at(25, 601_000, 100);
  at(60, 601_000, 100);
  assert.deepEqual(bench.fills, [['buy', 601_000 + HALF, 10, 'entry']]);
});

test('a trade fills no more than was traded: the rest of an entry is not had', () => {
  const bench = new Bench({ of: 'trades' });
  const trade = (milliseconds: number, price: number, size: number) =>
    bench.matcher.market(
      new TradeEvent(
        us((START_MS + milliseconds) * 1000),
        0,
        ms(START_MS + milliseconds),
        ticks(price),
        lots(size),
        'buy',
      ),
      (event) => bench.events.push(event),
    );
  trade(-5, 600_000, 100);
  bench.send({ size: lots(10) });
  trade(25, 600_000, 4);
  trade(60, 600_000, 100);
  assert.deepEqual(bench.fills, [['buy', 600_000 + HALF, 4, 'entry']]);
  assert.equal(bench.states.at(-1), 'canceled');
});

test('whatever the bars do, no fill lies outside what its bar allowed, and no more than ten per cent at the open', () => {
  const bar = fc
    .tuple(fc.integer({ min: 590_000, max: 610_000 }), fc.nat(3000), fc.nat(3000), fc.nat(1000), fc.nat(200))
    .map(
      ([open, up, down, to, volume]): Bar => [
        open,
        open + up,
        open - down,
        open - down + ((up + down) * to) / 1000,
        volume,
      ],
    )
    .map(([o, h, l, c, v]): Bar => [o, h, l, Math.round(c), v]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(bar, fc.boolean(), fc.integer({ min: 1, max: 40 })), { minLength: 2, maxLength: 40 }),
      (steps) => {
        const bench = new Bench();
        for (const [each, buys, size] of steps) {
          const before = bench.fills.length;
          bench.bar(...each);
          const fills = bench.fills.slice(before);
          const [open, high, low, , volume] = each;
          for (const [side, price] of fills) {
            const half = side === 'buy' ? HALF + 1 : -HALF - 1;
            assert.ok(
              price >= low + Math.min(0, half) && price <= high + Math.max(0, half),
              `${side} at ${price}`,
            );
          }
          const atOpen = fills.filter(
            ([side, price]) => Math.abs(price - open) <= HALF + 1 && side !== undefined,
          );
          if (high - open > 100 && open - low > 100) {
            const taken = atOpen.reduce((sum, [, , filled]) => sum + filled, 0);
            assert.ok(taken <= Math.floor(volume * 0.1), `${taken} of ${volume} at the open`);
          }
          if (volume === 0) assert.deepEqual(fills, []);
          bench.send({ side: buys ? 'buy' : 'sell', size: lots(size) });
        }
      },
    ),
    { seed: 20261122, numRuns: 300 },
  );
});
