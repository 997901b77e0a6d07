import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Place, StopCause } from '../core/commands.ts';
import { orderId } from '../core/engine.ts';
import {
  FillEvent,
  type FillPurpose,
  FundingPaymentEvent,
  OrderEvent,
  type PositionState,
  ProtectionEvent,
  SettlementEvent,
} from '../core/events.ts';
import { parseMoney } from '../core/instrument.ts';
import { Position } from '../core/position/position.ts';
import type { RiskState } from '../core/risk/risk.ts';
import { BTC } from '../core/testing/specs.ts';
import { type Lots, lots, type Ms, money, ms, type Side, ticks, us } from '../core/units.ts';
import { Journal } from '../store/journal.ts';
import type { OrderReport, Venue, VenueState } from '../venue/venue.ts';
import { RecoveryError, recover } from './recover.ts';

const START = 1_795_000_000_000;
const FEE = parseMoney('-0.25');

/** A venue with a memory, asked over a wire that may lag: the truth that recovery has to find. */
class RememberingVenue implements Venue {
  readonly name = 'remembering';
  readonly reports = new Map<string, OrderReport>();
  readonly allFills: FillEvent[] = [];
  readonly payments: FundingPaymentEvent[] = [];
  readonly taken: SettlementEvent[] = [];
  /** So many questions for fills are answered without the newest one. */
  lagging = 0;
  askedSince: Ms[] = [];

  fill(
    clientOrderId: string,
    side: Side,
    size: number,
    price: number,
    at: number,
    purpose: FillPurpose = 'entry',
  ): FillEvent {
    const id = `t${this.allFills.length + 1}`;
    const event = new FillEvent(
      us(at * 1000),
      0,
      clientOrderId,
      `v${id}`,
      id,
      ms(at),
      side,
      ticks(price),
      lots(size),
      FEE,
      false,
      purpose,
      '',
    );
    this.allFills.push(event);
    this.reports.set(clientOrderId, {
      clientOrderId,
      venueOrderId: `v${id}`,
      state: 'filled',
      filled: lots(size),
      reason: '',
    });
    return event;
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  state(): Promise<VenueState> {
    const position = new Position(BTC);
    let balance = parseMoney('10000');
    for (const { side, size, price, fee } of this.allFills)
      balance = money(balance + position.fill(side, size, price) + fee);
    for (const { amount } of [...this.payments, ...this.taken]) balance = money(balance + amount);
    const positions: PositionState[] =
      position.size === 0
        ? []
        : [
            {
              instrument: 0,
              size: position.size,
              cost: position.cost,
              leverage: 2,
              openedAt: us(0),
              protection: null,
              trip: null,
              stops: null,
            },
          ];
    return Promise.resolve({ balance, positions, orders: [] });
  }

  find(_instrument: number, clientOrderId: string): Promise<OrderReport | null> {
    return Promise.resolve(this.reports.get(clientOrderId) ?? null);
  }

  fills(since: Ms): Promise<FillEvent[]> {
    this.askedSince.push(since);
    const known = this.lagging-- > 0 ? this.allFills.slice(0, -1) : this.allFills;
    return Promise.resolve(known.filter(({ exchangeAt }) => exchangeAt >= since));
  }

  fundingPayments(since: Ms): Promise<FundingPaymentEvent[]> {
    return Promise.resolve(this.payments.filter(({ exchangeAt }) => exchangeAt >= since));
  }

  settlements(since: Ms): Promise<SettlementEvent[]> {
    return Promise.resolve(this.taken.filter(({ exchangeAt }) => exchangeAt >= since));
  }

  submit(): void {
    throw new Error('recovery sends nothing');
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

describe('recovery', () => {
  let folder: string;
  let journal: Journal;
  let venue: RememberingVenue;
  let pauses: number[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recover-test-'));
    journal = Journal.open(join(folder, 'journal.sqlite'), [BTC]);
    venue = new RememberingVenue();
    pauses = [];
  });
  afterEach(() => {
    journal.close();
    rmSync(folder, { recursive: true });
  });

  const session = (at: number): void =>
    journal.beginSession({
      mode: 'demo',
      venue: 'embedded',
      symbols: [BTC.id],
      configHash: 'h',
      startedAt: us(at * 1000),
    });
  const intend = (number: number, side: Side, at: number, size = 10, more: Partial<Place> = {}): Place => {
    const place: Place = {
      kind: 'place',
      instrument: 0,
      clientOrderId: orderId(journal.idPrefix, number),
      side,
      type: 'market',
      size: lots(size),
      price: ticks(600_000),
      reduceOnly: false,
      leverage: 2,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      purpose: 'entry',
      ...more,
    };
    journal.recordIntent([place], us(at * 1000));
    return place;
  };
  const run = (at: number) =>
    recover({
      journal,
      venue,
      instruments: [BTC],
      now: () => us(at * 1000),
      pause: (milliseconds) => {
        pauses.push(milliseconds);
        return Promise.resolve();
      },
      log: () => undefined,
    });
  const balances = (balance: bigint): void => assert.equal(journal.accountSums().balance, balance);

  test('an intent that never reached the venue ends as canceled, and its number is not used again', async () => {
    session(START);
    const { clientOrderId } = intend(7, 'buy', START + 1);
    const { event } = await run(START + 60_000);
    assert.equal(event.nextOrderNumber, 8);
    assert.deepEqual(journal.unresolvedIntents(), []);
    assert.equal(event.positions.length, 0);
    assert.equal(venue.reports.has(clientOrderId), false);
  });

  test('a fill that nobody heard is journaled, with its money', async () => {
    session(START);
    const { clientOrderId } = intend(1, 'buy', START + 1);
    venue.fill(clientOrderId, 'buy', 10, 600_000, START + 500);
    const { event, knownFills } = await run(START + 60_000);
    assert.equal(event.positions[0]?.size, 10);
    assert.equal(event.positions[0]?.trip?.clientOrderId, clientOrderId);
    assert.deepEqual([...knownFills], ['0/t1']);
    balances(event.balance);
  });

  test('… also when starts failed in between: what is asked for reaches back to the intent', async () => {
    session(START);
    const { clientOrderId } = intend(1, 'buy', START + 1);
    venue.fill(clientOrderId, 'buy', 10, 600_000, START + 500);
    // two starts that died before they recovered
    session(START + 3_600_000);
    session(START + 7_200_000);
    const { event } = await run(START + 7_200_001);
    assert.equal(event.positions[0]?.size, 10);
    assert.ok(venue.askedSince[0]! <= START + 1);
    balances(event.balance);
  });

  test('a list that lags behind the position is asked again, with back-off', async () => {
    session(START);
    const { clientOrderId } = intend(1, 'buy', START + 1);
    venue.fill(clientOrderId, 'buy', 10, 600_000, START + 500);
    venue.lagging = 2;
    const { event } = await run(START + 60_000);
    assert.equal(event.positions[0]?.size, 10);
    assert.deepEqual(pauses, [200, 500]);
    balances(event.balance);
  });

  test('a position that nobody can explain stops the start, and changes nothing of that', async () => {
    session(START);
    venue.fill('somebodyElse', 'buy', 10, 600_000, START - 86_400_000);
    await assert.rejects(run(START + 60_000), (error: Error) => {
      assert.ok(error instanceof RecoveryError);
      assert.match(
        error.message,
        /the venue holds 0\.1 contracts, the journal's fills add up to 0\. Somebody else traded/,
      );
      return true;
    });
    assert.equal(pauses.length, 5);
    assert.deepEqual(journal.fills(0), []);
  });

  test('twice in a row finds nothing new, and the same account', async () => {
    session(START);
    const first = intend(1, 'buy', START + 1);
    const fill = venue.fill(first.clientOrderId, 'buy', 10, 600_000, START + 500);
    journal.recordFill(fill, money(0n));
    journal.recordOrder(
      new OrderEvent(us((START + 501) * 1000), 0, first.clientOrderId, 'v', 'filled', lots(10), ''),
    );
    venue.payments.push(
      new FundingPaymentEvent(us((START + 900) * 1000), 0, 'f1', ms(START + 900), parseMoney('-0.3')),
    );
    const second = intend(2, 'sell', START + 1_000, 4);
    venue.fill(second.clientOrderId, 'sell', 4, 610_000, START + 1_500);
    const once = (await run(START + 60_000)).event;
    const again = (await run(START + 70_000)).event;
    assert.deepEqual(
      [again.balance, again.positions, again.nextOrderNumber],
      [once.balance, once.positions, once.nextOrderNumber],
    );
    const [position] = once.positions;
    assert.equal(position?.size, 6 as Lots);
    // 4 lots of 0.0001 BTC, 1,000 USDT up
    assert.deepEqual(
      [position?.trip?.realized, position?.trip?.fees, position?.trip?.funding],
      [parseMoney('0.4'), parseMoney('-0.5'), parseMoney('-0.3')],
    );
    balances(once.balance);
  });

  test('funding that was charged while nobody listened belongs to the trade that was open then, whatever came after', async () => {
    session(START);
    const heard = (at: number): void => {
      const first = intend(1, 'buy', at);
      journal.recordFill(venue.fill(first.clientOrderId, 'buy', 10, 600_000, at + 100), money(0n));
      journal.recordOrder(
        new OrderEvent(us((at + 101) * 1000), 0, first.clientOrderId, 'v', 'filled', lots(10), ''),
      );
    };
    const charged = (id: string, at: number, amount: string): void => {
      venue.payments.push(new FundingPaymentEvent(us(at * 1000), 0, id, ms(at), parseMoney(amount)));
    };
    heard(START + 1_000);
    charged('f1', START + 5_000, '-0.3');
    venue.fill('stop', 'sell', 10, 599_000, START + 6_000, 'stopLoss');
    venue.fill('byHand', 'sell', 4, 598_000, START + 8_000);
    charged('f2', START + 9_000, '0.07');
    for (const at of [20_000, 30_000]) {
      const { event } = await run(START + at);
      assert.deepEqual(
        journal.trades(9).map(({ funding }) => funding),
        [parseMoney('-0.3')],
      );
      assert.equal(event.positions[0]?.trip?.funding, parseMoney('0.07'), `start at ${at}`);
      balances(event.balance);
    }
  });

  test('a stop that fired while nobody listened says why it was where it fired', async () => {
    session(START);
    let at = START;
    let number = 0;
    const trade = async (
      stops: readonly (readonly [number, StopCause, boolean])[],
      exit: number,
    ): Promise<string> => {
      number++;
      at += 10_000;
      const entry = intend(number, 'buy', at, 10, {
        stopLoss: ticks(599_000),
        protectionId: `p${number}`,
      });
      const fill = venue.fill(entry.clientOrderId, 'buy', 10, 600_000, at + 100);
      journal.recordFill(fill, money(0n));
      for (const [stopLoss, cause, answered] of stops) {
        const pair = { instrument: 0, protectionId: `p${number}`, takeProfit: ticks(0) };
        journal.recordIntent(
          [{ kind: 'amend', target: 'protection', ...pair, stopLoss: ticks(stopLoss), cause }],
          us(at * 1000),
        );
        if (answered)
          journal.recordProtection(
            new ProtectionEvent(us(at * 1000), 0, pair.protectionId, ticks(0), ticks(stopLoss), ''),
          );
      }
      venue.fill(`p${number}`, 'sell', 10, exit, at + 5000, 'stopLoss');
      await run(at + 6000);
      return journal.trades(1)[0]!.exitReason;
    };
    assert.equal(await trade([], 598_990), 'stopLoss');
    assert.equal(await trade([[600_600, 'breakEven', true]], 600_580), 'breakEven');
    assert.equal(
      await trade(
        [
          [600_600, 'breakEven', true],
          [601_500, 'trailingStop', true],
        ],
        601_400,
      ),
      'trailingStop',
    );
    // sent and never answered: whether it arrived is told by the price
    assert.equal(await trade([[600_600, 'breakEven', false]], 598_990), 'stopLoss');
    assert.equal(await trade([[600_600, 'breakEven', false]], 600_590), 'breakEven');
  });

  /** Limits that counted with 10,000 at noon. */
  const limits: RiskState = {
    balance: parseMoney('10000'),
    equity: 10_000,
    dayAt: us(START * 1000),
    dayEquity: 10_000,
    dailyLossReached: 0,
    peakEquity: 10_200,
    drawdownReached: 0,
    lossStreak: 2,
    lossPauseAt: us(0),
    stopLossAt: [us(5)],
    record: { wins: 1, losses: 2, winSum: 0.01, lossSum: 0.01 },
    sentAt: [],
    ended: [],
  };

  test('a trade that ended while nobody listened reaches the limits, over starts that died too; no loss becomes a withdrawal', async () => {
    session(START);
    journal.recordRisk(limits);
    const { clientOrderId } = intend(1, 'buy', START + 1);
    venue.fill(clientOrderId, 'buy', 10, 600_000, START + 500);
    venue.fill(`${clientOrderId}x`, 'sell', 10, 590_000, START + 900);
    for (let attempt = 0; attempt < 3; attempt++) {
      const { event } = await run(START + 60_000 + attempt);
      const kept = event.risk!;
      // 10 lots of 0.0001 BTC lost 1,000 USDT each, and two fees
      assert.equal(kept.balance, parseMoney('9998.5'));
      assert.equal(event.balance, kept.balance);
      assert.deepEqual([kept.dayEquity, kept.peakEquity, kept.equity], [10_000, 10_200, 10_000]);
      assert.deepEqual(
        kept.ended.map(({ instrument, realized, fees, closedAt }) => [instrument, realized, fees, closedAt]),
        [[0, parseMoney('-1'), parseMoney('-0.5'), us((START + 900) * 1000)]],
      );
      assert.deepEqual([kept.lossStreak, kept.stopLossAt, kept.record], [2, [us(5)], limits.record]);
    }
    assert.equal(journal.trades(10).length, 1, 'it is journaled as a trade, once');
  });

  test('what a liquidation took while nobody listened is in the journal and in the limits, once', async () => {
    session(START);
    const entry = intend(1, 'buy', START + 1);
    journal.recordFill(venue.fill(entry.clientOrderId, 'buy', 10, 600_000, START + 500), money(0n));
    journal.recordOrder(
      new OrderEvent(us((START + 501) * 1000), 0, entry.clientOrderId, 'v', 'filled', lots(10), ''),
    );
    journal.recordRisk({ ...limits, balance: parseMoney('9999.75') });
    venue.fill('', 'sell', 10, 500_000, START + 2_000, 'liquidation');
    const taken = parseMoney('-3.125');
    venue.taken.push(new SettlementEvent(us((START + 2_000) * 1000), 0, 's1', ms(START + 2_000), taken));
    for (const at of [10_000, 20_000]) {
      const { event, knownSettlements } = await run(START + at);
      assert.deepEqual([...knownSettlements], ['0/s1'], 'what the venue repeats is not stepped');
      assert.equal(journal.accountSums().settled, taken);
      balances(event.balance);
      assert.equal(event.balance, parseMoney('10000') + parseMoney('-10') + 2n * FEE + taken);
      // a deposit or withdrawal would move the day's first equity: this is a loss that the day's limit counts
      assert.deepEqual([event.risk?.balance, event.risk?.dayEquity], [event.balance, 10_000]);
    }
  });

  test('what came by transfer moves every figure of the limits, and is no gain', async () => {
    session(START);
    journal.startBalance(parseMoney('10000'));
    journal.recordRisk({ ...limits, balance: parseMoney('7000'), equity: 7000, dayEquity: 7100 });
    const { event } = await run(START + 60_000);
    const kept = event.risk!;
    assert.deepEqual(
      [kept.balance, kept.equity, kept.dayEquity, kept.peakEquity],
      [parseMoney('10000'), 10_000, 10_100, 13_200],
    );
  });

  test('the orders of the last minute come from the orders themselves', async () => {
    session(START);
    journal.recordRisk(limits);
    for (const at of [1, 30_000, 50_000]) intend(at, 'buy', START + at);
    const { event } = await run(START + 65_000);
    assert.deepEqual(event.risk?.sentAt, [us((START + 30_000) * 1000), us((START + 50_000) * 1000)]);
  });
});
