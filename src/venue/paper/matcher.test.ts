import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventKind, FeedEvent } from '../../core/events.ts';
import { formatMoney, Instrument, parseMoney } from '../../core/instrument.ts';
import { Position } from '../../core/position/position.ts';
import { generator, type Level } from '../../core/testing/books.ts';
import { BTC, BTC_INVERSE, ETH } from '../../core/testing/specs.ts';
import { lots, ms, ticks, us } from '../../core/units.ts';
import type { VenueEvent } from '../venue.ts';
import { PaperMatcher } from './matcher.ts';
import { Bench, CHANCY, CONFIG, OPEN_AT_MS, session } from './testing/bench.ts';

const seed = 20261122;
// --- latency --------------------------------------------------------------------------------------------------------

test('an order meets the book of its arrival, not of its sending', () => {
  const bench = new Bench();
  bench.at(0).book([[600_000, 50]], [[600_002, 50]]);
  const id = bench.send();
  bench.at(19).book([[599_000, 50]], [[599_002, 50]]);
  bench.at(21).book([[590_000, 50]], [[590_002, 50]]);
  bench.wait();
  const [fill] = bench.fills(id);
  assert.equal(fill!.price, 599_002);
  assert.equal(fill!.exchangeAt, OPEN_AT_MS + 20);
});

test('an answer takes its way back; nothing is heard before', () => {
  const bench = new Bench();
  bench.at(0).book([[600_000, 50]], [[600_002, 50]]);
  const id = bench.send();
  assert.equal(bench.matcher.nextAt, (OPEN_AT_MS + 20) * 1000);
  bench.at(0).wait(34);
  assert.equal(bench.events.length, 0);
  assert.equal(bench.matcher.nextAt, (OPEN_AT_MS + 35) * 1000);
  bench.wait(1);
  assert.deepEqual(bench.states(id), ['live', 'filled']);
  assert.equal(bench.matcher.nextAt, null);
  for (const event of bench.events) assert.equal(event.at, (OPEN_AT_MS + 35) * 1000);
});

test('orders arrive in the order of sending; a cancel never overtakes its order', () => {
  const bench = new Bench();
  bench.at(0).book([[600_000, 50]], [[600_002, 50]]);
  const id = bench.send({ type: 'limit', price: ticks(599_000) });
  bench.submit({ kind: 'cancel', instrument: 0, clientOrderId: id, target: 'order' });
  bench.wait();
  assert.deepEqual(bench.states(id), ['live', 'canceled']);
});

test('a fill wins the race against a cancel on its way', () => {
  const bench = new Bench();
  bench.at(0).book([[600_000, 50]], [[600_002, 50]]);
  const id = bench.send({ type: 'limit', price: ticks(599_000) });
  bench.wait();
  bench.submit({ kind: 'cancel', instrument: 0, clientOrderId: id, target: 'order' });
  bench.at(110).trade('sell', 598_000, 500);
  bench.wait();
  assert.deepEqual(bench.states(id), ['live', 'filled']);
});

// --- the queue ------------------------------------------------------------------------------------------------------

/** A buy of 10 resting at 600,000 behind 50 displayed lots. */
function queued(): { bench: Bench; id: string } {
  const bench = new Bench();
  bench.at(0).book([[600_000, 50]], [[600_002, 50]]);
  const id = bench.send({ type: 'postOnly', price: ticks(600_000) });
  bench.wait();
  return { bench, id };
}

test('trades at our price take those before us first, then us, to the lot', () => {
  const { bench, id } = queued();
  bench.at(200).trade('sell', 600_000, 30);
  bench.at(210).trade('sell', 600_000, 20);
  bench.wait();
  assert.equal(bench.filled(id), 0);
  bench.trade('sell', 600_000, 4);
  bench.wait();
  assert.equal(bench.filled(id), 4);
  assert.deepEqual(bench.states(id), ['live', 'partiallyFilled']);
  bench.trade('sell', 600_000, 400);
  bench.wait();
  assert.equal(bench.filled(id), 10);
  const [fill] = bench.fills(id);
  assert.equal(fill!.maker, true);
  assert.equal(fill!.price, 600_000);
  assert.match(fill!.why, /queue ahead of us/);
});

test('one trade that goes past the queue fills only what it reached', () => {
  const { bench, id } = queued();
  bench.at(200).trade('sell', 600_000, 53);
  bench.wait();
  assert.equal(bench.filled(id), 3);
});

test('takers on our own side, and trades elsewhere, do not touch us', () => {
  const { bench, id } = queued();
  bench.at(200).trade('buy', 600_000, 999);
  bench.at(210).trade('sell', 600_001, 999);
  bench.wait();
  assert.equal(bench.filled(id), 0);
});

test('cancellations leave us no further back than what is displayed, and additions queue behind us', () => {
  const { bench, id } = queued();
  // 40 of the 50 go away: at most 10 can be before us; then 90 come, behind
  bench.at(200).book([[600_000, 10]], [[600_002, 50]]);
  bench.at(210).book([[600_000, 100]], [[600_002, 50]]);
  bench.at(220).trade('sell', 600_000, 12);
  bench.wait();
  assert.equal(bench.filled(id), 2);
});

test('a trade that the book already shows is not counted a second time', () => {
  const { bench, id } = queued();
  // 30 traded at 150; the book of 200 shows what is left; the trade itself arrives last
  bench.at(205).book([[600_000, 20]], [[600_002, 50]], 0, 200);
  bench.at(210).trade('sell', 600_000, 30, 150);
  bench.wait();
  assert.equal(bench.filled(id), 0);
  bench.trade('sell', 600_000, 25);
  bench.wait();
  assert.equal(bench.filled(id), 5);
});

test('a trade through our price fills us, but not beyond what was traded', () => {
  const { bench, id } = queued();
  bench.at(200).trade('sell', 599_990, 6);
  bench.wait();
  assert.equal(bench.filled(id), 6);
  assert.match(bench.fills(id)[0]!.why, /went through our price/);
  // the queue is gone with it
  bench.trade('sell', 600_000, 3);
  bench.wait();
  assert.equal(bench.filled(id), 9);
});

test('the other side of the book coming through fills us, but not beyond what it shows', () => {
  const { bench, id } = queued();
  bench.at(200).book(
    [[599_000, 5]],
    [
      [599_999, 3],
      [600_000, 4],
      [600_001, 900],
    ],
  );
  bench.wait();
  assert.equal(bench.filled(id), 7);
  for (const { price } of bench.fills(id)) assert.equal(price, 600_000);
});

test('a sell rests and fills as the mirror image', () => {
  const bench = new Bench();
  bench.at(0).book([[600_000, 50]], [[600_002, 50]]);
  const id = bench.send({ side: 'sell', type: 'postOnly', price: ticks(600_002) });
  bench.wait();
  bench.trade('buy', 600_002, 53);
  bench.wait();
  assert.equal(bench.filled(id), 3);
});

test('random makers: never more filled than ordered or traded, the last report equals the fills', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (lot) => {
      const random = generator(lot);
      const bench = new Bench();
      bench.at(0).book([[600_000, 50]], [[600_002, 50]]);
      const id = bench.send({ type: 'limit', size: lots(40), price: ticks(600_000) });
      bench.wait();
      let traded = 0;
      let shown = 0;
      for (let i = 0; i < 30; i++) {
        bench.at(200 + i * 10);
        if (random() < 0.6) {
          const size = 1 + Math.floor(random() * 20);
          if (random() < 0.7) traded += size;
          else continue;
          bench.trade('sell', 599_998 + Math.floor(random() * 3), size);
        } else {
          const bid = 599_998 + Math.floor(random() * 4);
          const size = 1 + Math.floor(random() * 5);
          if (bid + 1 <= 600_000) shown += size;
          bench.book([[bid, 1 + Math.floor(random() * 80)]], [[bid + 1, size]]);
        }
      }
      bench.wait();
      const filled = bench.filled(id);
      assert.ok(filled <= 40 && filled <= traded + shown, `${filled} of ${traded} + ${shown}`);
      assert.equal(bench.matcher.find(id)?.filled, filled);
    }),
    { seed, numRuns: 200 },
  );
});

// --- what is refused ------------------------------------------------------------------------------------------------

test('without a live book nothing is filled, and the reason is said', () => {
  const bench = new Bench();
  const early = bench.send();
  bench.wait();
  assert.match(bench.matcher.find(early)!.reason, /50001/);
  bench.book([[600_000, 50]], [[600_002, 50]]);
  bench.matcher.market(new FeedEvent(bench.now, 0, false, 'gap'), bench.hear);
  const late = bench.send();
  bench.wait();
  assert.deepEqual(bench.states(late), ['rejected']);
});

test('more margin than is free is refused; resting entries and open positions take their part', () => {
  const bench = new Bench();
  bench.at(0).book([[600_000, 1_000_000]], [[600_002, 1_000_000]]);
  // 10,000 USDT at 5×: 50,000 USDT of BTC are 8,333 lots of 6 USDT
  const big = bench.send({ size: lots(8400) });
  bench.wait();
  assert.deepEqual(bench.states(big), ['rejected']);
  assert.match(bench.matcher.find(big)!.reason, /51008/);
  const half = bench.send({ size: lots(4200) });
  bench.wait();
  assert.deepEqual(bench.states(half), ['live', 'filled']);
  const other = bench.send({ size: lots(4000), type: 'limit', price: ticks(599_000) });
  bench.wait();
  assert.deepEqual(bench.states(other), ['live']);
  const third = bench.send({ size: lots(400), type: 'limit', price: ticks(599_000) });
  bench.wait();
  assert.deepEqual(bench.states(third), ['rejected']);
});

// --- stops ----------------------------------------------------------------------------------------------------------

test('a stop fills no better than the trade that set it off, and worse where the book is worse', () => {
  for (const [bids, worst] of [
    [[[599_500, 500]], 599_000],
    [[[598_000, 500]], 598_000],
  ] as [Level[], number][]) {
    const bench = new Bench();
    bench.at(0).book([[600_000, 500]], [[600_002, 500]]);
    bench.send({ stopLoss: ticks(599_000), takeProfit: ticks(610_000), protectionId: 'p1' });
    bench.wait();
    bench.book(bids, [[600_002, 500]]);
    bench.trade('sell', 599_000, 1);
    bench.wait();
    const [fill] = bench.fills('p1');
    assert.deepEqual([fill!.price, fill!.purpose, fill!.size], [worst, 'stopLoss', 10]);
    assert.match(fill!.why, /last trade 59900 set it off/);
    assert.equal(bench.matcher.positions[0]!.size, 0);
    assert.deepEqual(bench.matcher.standing, []);
  }
});

test('without a book a trigger waits for one', () => {
  const bench = new Bench();
  bench.at(0).book([[600_000, 500]], [[600_002, 500]]);
  bench.send({ stopLoss: ticks(599_000), takeProfit: ticks(610_000), protectionId: 'p1' });
  bench.wait();
  bench.matcher.market(new FeedEvent(bench.now, 0, false, 'gap'), bench.hear);
  bench.trade('sell', 598_000, 1);
  assert.equal(bench.matcher.positions[0]!.size, 10);
  bench.wait();
  bench.book([[597_990, 500]], [[597_999, 500]]);
  bench.trade('sell', 597_995, 1);
  assert.equal(bench.matcher.positions[0]!.size, 0);
});

test('a book too thin for the stop: what could not close is said, not forgotten', () => {
  const bench = new Bench();
  bench.at(0).book([[600_000, 500]], [[600_002, 500]]);
  bench.send({ stopLoss: ticks(599_000), takeProfit: ticks(610_000), protectionId: 'p1' });
  bench.wait();
  bench.book([[598_000, 4]], [[600_002, 500]]);
  bench.trade('sell', 598_500, 1);
  bench.wait();
  assert.deepEqual(bench.states('p1').slice(-2), ['live', 'canceled']);
  assert.equal(bench.matcher.find('p1')?.filled, 4);
  assert.equal(bench.matcher.positions[0]!.size, 6);
});

// --- funding --------------------------------------------------------------------------------------------------------

const HOUR = 3_600_000;
test('funding is charged at its time, on the mark, once, and longs pay when it is positive', () => {
  const bench = new Bench();
  bench.hold();
  bench.mark(610_000);
  bench.forecast('0.0001', HOUR);
  const before = bench.matcher.balance;
  bench.at(HOUR - 1).mark(610_000);
  assert.equal(bench.matcher.balance, before);
  bench.at(HOUR).mark(620_000);
  // 1 contract of 0.01 BTC at 61,000, the mark when it fell due
  assert.equal(formatMoney((bench.matcher.balance - before) as never), '-0.061');
  bench.wait();
  assert.deepEqual(
    bench.payments().map(({ amount, exchangeAt }) => [formatMoney(amount), exchangeAt]),
    [['-0.061', OPEN_AT_MS + HOUR]],
  );
  // OKX goes on telling the settled period for a while, then tells the next one
  bench.at(HOUR + 5000).forecast('0.0001', HOUR);
  bench.at(HOUR + 9000).mark(620_000);
  assert.equal(bench.payments().length, 1);
  bench.forecast('-0.0002', 9 * HOUR);
  bench.at(9 * HOUR + 50).mark(600_000);
  bench.wait();
  assert.equal(formatMoney(bench.payments()[1]!.amount), '0.124');
});

test('the next period’s forecast as the first word after the hour does not swallow the charge', () => {
  const bench = new Bench();
  bench.hold();
  bench.mark(600_000);
  bench.forecast('0.0001', HOUR);
  bench.at(HOUR + 40).forecast('0.0003', 9 * HOUR);
  bench.wait();
  assert.deepEqual(
    bench.payments().map(({ amount }) => formatMoney(amount)),
    ['-0.06'],
  );
});

test('who holds at the time pays: one millisecond decides', () => {
  const closing = { side: 'sell', size: lots(100), reduceOnly: true, purpose: 'close' } as const;
  for (const [sentAt, paid] of [
    [HOUR - 21, 0],
    [HOUR - 19, 1],
  ] as const) {
    const bench = new Bench();
    bench.hold();
    bench.mark(600_000);
    bench.forecast('0.0001', HOUR);
    bench.at(sentAt).send(closing);
    // nothing at all is heard from the market until long after both
    bench.at(HOUR + 500).mark(600_000);
    bench.wait();
    assert.equal(bench.payments().length, paid, `sent at ${sentAt}`);
  }
  const opening = new Bench();
  opening.at(0).book([[600_000, 500]], [[600_002, 500]]);
  opening.forecast('0.0001', HOUR);
  opening.at(HOUR - 19).send({});
  opening.at(HOUR + 500).mark(600_000);
  opening.wait();
  assert.equal(opening.payments().length, 0, 'opened after the hour');
});

test('every instrument is charged when its hour comes, whichever market moves', () => {
  const bench = new Bench();
  bench.hold(100, 1);
  bench.mark(600_000, 1);
  bench.forecast('0.0001', HOUR, 1);
  bench.at(HOUR + 1).mark(600_000, 0);
  bench.wait();
  assert.equal(bench.payments().length, 1);
  assert.equal(bench.payments()[0]!.instrument, 1);
});

const settled = (bench: Bench): string[] =>
  bench.events.flatMap((event) => (event.kind === EventKind.settlement ? [formatMoney(event.amount)] : []));

// --- liquidation ----------------------------------------------------------------------------------------------------

test('liquidated when equity falls to maintenance and the fee of closing, not before', () => {
  const bench = new Bench({ startBalance: parseMoney('13') });
  // 60 USDT at 5×; the fee of opening is 0.03 USDT
  bench.at(0).book([[600_000, 500]], [[600_002, 500]]);
  bench.send({ size: lots(10) });
  bench.wait();
  const resting = bench.send({ type: 'limit', size: lots(1), price: ticks(400_000) });
  bench.wait();
  // equity 12.97 + 0.001·(P − 60,000.2) meets 0.001·P·0.0045 at P ≈ 47,241
  bench.mark(472_500);
  assert.equal(bench.matcher.positions[0]!.size, 10);
  bench.book([[472_000, 500]], [[472_500, 500]]);
  bench.mark(472_300);
  bench.wait();
  assert.equal(bench.matcher.positions[0]!.size, 0);
  const fill = bench.fills().at(-1)!;
  assert.deepEqual([fill.purpose, fill.price, fill.size], ['liquidation', 472_000, 10]);
  assert.match(fill.why, /under maintenance margin/);
  assert.deepEqual(bench.states(resting), ['live', 'canceled']);
  // 13 − 60.0002·0.0005 to open, (47.2 − 60.0002)·1 lost, 47.2·0.0005 to close: what is left is the fund's
  assert.deepEqual(settled(bench), ['-0.1461999']);
  assert.equal(bench.matcher.balance, 0n);
});

test('an account saved before settlements were told goes on; what was told since can be asked for again', () => {
  const bench = new Bench({ startBalance: parseMoney('13') });
  bench.at(0).book([[600_000, 500]], [[600_002, 500]]);
  bench.send({ size: lots(10) });
  bench.wait();
  const { settlements, ...old } = JSON.parse(bench.matcher.save());
  assert.deepEqual(settlements, []);
  bench.matcher = new PaperMatcher(bench.config, bench.instruments, bench.liquidity);
  bench.matcher.restore(JSON.stringify(old));
  bench.book([[472_000, 500]], [[472_500, 500]]);
  bench.mark(472_300);
  const after = new PaperMatcher(bench.config, bench.instruments);
  after.restore(bench.matcher.save());
  const told: VenueEvent[] = [];
  after.advance(us(Number.MAX_SAFE_INTEGER), (event) => told.push(event));
  assert.deepEqual(after.settlementsSince(ms(0)), [told.at(-1)]);
  assert.equal(after.settlementsSince(ms(0))[0]!.amount, parseMoney('-0.1461999'));
});

test('a large position has its tier’s rate, and is cut by two tiers before all of it goes', () => {
  // up to 5, 8 and 50 lots
  const tiers = [
    { maxSz: '0.05', mmr: '0.004' },
    { maxSz: '0.08', mmr: '0.008' },
    { maxSz: '0.5', mmr: '0.02' },
  ];
  const bench = new Bench({ startBalance: parseMoney('13') }, [new Instrument({ ...BTC.spec, tiers })]);
  bench.at(0).book([[600_000, 500]], [[600_002, 500]]);
  bench.send({ size: lots(10) });
  bench.wait();
  // 12.97 + 0.001·(P − 60,000.2) meets 0.001·P·0.0205 at P ≈ 48,014.6
  bench.book([[480_150, 500]], [[480_160, 500]]);
  bench.mark(480_150);
  assert.equal(bench.matcher.positions[0]!.size, 10);
  bench.mark(480_140);
  assert.equal(bench.matcher.positions[0]!.size, 5, 'the first tier is left');
  // lost 5.9926, fee 0.012: 6.9654 + 0.0005·(P − 60,000.2) meets 0.0005·P·0.0045 at P ≈ 46,277.7
  bench.book([[462_780, 500]], [[462_790, 500]]);
  bench.mark(462_780);
  assert.equal(bench.matcher.positions[0]!.size, 5);
  bench.mark(462_770);
  bench.wait();
  assert.equal(bench.matcher.positions[0]!.size, 0);
  assert.deepEqual(
    bench.fills().map(({ purpose, size }) => [purpose, size]),
    [
      ['entry', 10],
      ['liquidation', 5],
      ['liquidation', 5],
    ],
  );
  assert.equal(settled(bench).length, 1);
});

test('a loss beyond the balance is the insurance fund’s, not the account’s', () => {
  const bench = new Bench({ startBalance: parseMoney('13') });
  bench.at(0).book([[600_000, 500]], [[600_002, 500]]);
  bench.send({ size: lots(10) });
  bench.wait();
  bench.book([[460_000, 500]], [[460_500, 500]]);
  bench.mark(460_000);
  bench.wait();
  assert.equal(bench.matcher.positions[0]!.size, 0);
  assert.deepEqual(settled(bench), ['1.0532001']);
  assert.equal(bench.matcher.balance, 0n);
});

test('a short is liquidated upwards, an inverse position by its own arithmetic', () => {
  const short = new Bench({ startBalance: parseMoney('13') });
  short.at(0).book([[600_000, 500]], [[600_002, 500]]);
  short.send({ side: 'sell', size: lots(10) });
  short.wait();
  short.mark(500_000);
  assert.equal(short.matcher.positions[0]!.size, -10);
  short.book([[726_000, 500]], [[726_400, 500]]);
  short.mark(726_500);
  assert.equal(short.matcher.positions[0]!.size, 0);

  // 100 USD of an inverse contract, 1/600 BTC at 60,000, on 0.0005 BTC: gone when 1/P passes 1/60,000 + 0.000005
  const inverse = new Bench({ startBalance: parseMoney('0.0005') }, [BTC_INVERSE]);
  inverse.at(0).book([[600_000, 500]], [[600_000 + 1, 500]]);
  inverse.send({ size: lots(10) });
  inverse.wait();
  inverse.mark(465_000);
  assert.equal(inverse.matcher.positions[0]!.size, 10);
  inverse.book([[461_000, 500]], [[461_001, 500]]);
  inverse.mark(461_000);
  assert.equal(inverse.matcher.positions[0]!.size, 0);
});

// --- a whole session ------------------------------------------------------------------------------------------------

test('balance = start + realised + fees + funding + settled, exactly, over random sessions with flips and liquidations', () => {
  let fills = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.constantFrom({}, CHANCY), (lot, changes) => {
      const bench = session(lot, () => undefined, changes);
      const position = new Position(BTC);
      let balance: bigint = parseMoney('3000');
      for (const event of bench.events)
        if (event.kind === EventKind.fill) {
          balance += position.fill(event.side, event.size, event.price) + event.fee;
          fills++;
        } else if (event.kind === EventKind.fundingPayment || event.kind === EventKind.settlement)
          balance += event.amount;
      assert.equal(bench.matcher.balance, balance);
      assert.equal(bench.matcher.positions[0]!.size, position.size);
      assert.equal(bench.matcher.positions[0]!.cost, position.cost);
      const ids = bench.fills().map(({ tradeId }) => tradeId);
      assert.equal(new Set(ids).size, ids.length);
      for (let i = 1; i < bench.events.length; i++) assert.ok(bench.events[i]!.at >= bench.events[i - 1]!.at);
      // a pair never stands without a position
      if (position.size === 0) assert.deepEqual(bench.matcher.standing, []);
      for (const id of new Set(bench.fills().map(({ clientOrderId }) => clientOrderId)))
        if (!id.startsWith('liquidation')) assert.equal(bench.matcher.find(id)?.filled, bench.filled(id), id);
    }),
    { seed, numRuns: 150 },
  );
  assert.ok(fills > 1000, `only ${fills} fills`);
});

test('saved and restored at every step, a session goes on as if nothing had happened', () => {
  let restored = 0;
  const row = (event: VenueEvent): unknown => ({ ...event });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.constantFrom({}, CHANCY), (lot, changes) => {
      const whole = session(lot, () => undefined, changes);
      const killed = (bench: Bench): void => {
        // what is on its way to the venue ends with the process: see the next test
        const { matcher } = bench;
        if (onItsWay(matcher)) return;
        const again = new PaperMatcher(bench.config, bench.instruments, bench.liquidity);
        again.restore(matcher.save());
        assert.equal(again.save(), matcher.save());
        // the market comes from the feed: the same book and mark as before
        carryMarket(matcher, again);
        bench.matcher = again;
        restored++;
      };
      const broken = session(lot, killed, changes);
      assert.deepEqual(broken.events.map(row), whole.events.map(row));
      assert.equal(broken.matcher.save(), whole.matcher.save());
      broken.events.forEach((event, i) => {
        assert.equal(event.constructor, whole.events[i]!.constructor);
      });
    }),
    { seed, numRuns: 30 },
  );
  assert.ok(restored > 1000, `only ${restored} restores`);
});

const onItsWay = (matcher: PaperMatcher): boolean =>
  (matcher as unknown as { due: readonly unknown[] }).due.length > 0;
/** The feed's part of the state: books and marks, as a new process would have them after the first messages. */
function carryMarket(from: PaperMatcher, to: PaperMatcher): void {
  type Inside = { account: { markPrices: number[] } };
  const [source, target] = [from as unknown as Inside, to as unknown as Inside];
  target.account.markPrices = source.account.markPrices;
}

test('what was on its way when the process ended never arrived, and nobody ever heard of it', () => {
  const bench = new Bench();
  bench.at(0).book([[600_000, 50]], [[600_002, 50]]);
  const id = bench.send();
  const again = new PaperMatcher(CONFIG, [BTC, ETH]);
  again.restore(bench.matcher.save());
  assert.equal(again.nextAt, null);
  assert.equal(again.find(id), null);
});

test('restoring matches instruments by name, whatever their order, and refuses to forget a position', () => {
  const bench = new Bench();
  bench.hold(100, 1);
  const swapped = new PaperMatcher(CONFIG, [ETH, BTC]);
  swapped.restore(bench.matcher.save());
  assert.equal(swapped.positions[0]!.size, 100);
  assert.equal(swapped.balance, bench.matcher.balance);
  assert.deepEqual(
    swapped.fillsSince(ms(0)).map(({ instrument }) => instrument),
    [0],
  );
  assert.throws(
    () => new PaperMatcher(CONFIG, [BTC]).restore(bench.matcher.save()),
    /holds ETH-USDT-SWAP: name it/,
  );
  assert.throws(() => new PaperMatcher(CONFIG, [BTC]).restore('{"version":9}'), /version 9, .*data_dir/);
});

test('an order id that looks like a number with an n behind it survives a restart', () => {
  const bench = new Bench();
  bench.at(0).book([[600_000, 50]], [[600_002, 50]]);
  bench.send({ clientOrderId: '700000n' });
  bench.wait();
  const again = new PaperMatcher(CONFIG, [BTC, ETH]);
  again.restore(bench.matcher.save());
  assert.equal(again.find('700000n')?.state, 'filled');
  assert.equal(again.fillsSince(ms(0))[0]!.clientOrderId, '700000n');
});
