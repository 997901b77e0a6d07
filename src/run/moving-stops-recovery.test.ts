import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Approved, OrderCommand } from '../core/commands.ts';
import { Engine } from '../core/engine.ts';
import { BookEvent, CandleEvent, FeedEvent, TradeEvent } from '../core/events.ts';
import { parseMoney } from '../core/instrument.ts';
import { frameOf } from '../core/testing/books.ts';
import { DESK_CONFIG, OPEN_AT } from '../core/testing/desk.ts';
import { BTC } from '../core/testing/specs.ts';
import { lots, ms, ticks, type Us, us } from '../core/units.ts';
import { Projection } from '../dashboard/projection.ts';
import { Vitals } from '../dashboard/vitals.ts';
import { Journal } from '../store/journal.ts';
import type { PaperConfig } from '../venue/paper/config.ts';
import { PaperVenue } from '../venue/paper/paper-venue.ts';
import type { VenueClock } from '../venue/venue.ts';
import { Loop, PAPER_STATE } from './loop.ts';
import { recover } from './recover.ts';

/** The loop as it ships, its journal on disk and the paper venue, killed while a stop is being moved. */

const PAPER: PaperConfig = {
  startBalance: parseMoney('10000'),
  fees: { maker: '0.0002', taker: '0.0005' },
  orderLatency: { kind: 'constant', ms: 20 },
  answerLatency: { kind: 'constant', ms: 20 },
  seed: 1,
  queue: { kind: 'behindFirst' },
  selfImpact: true,
  maintenanceRate: 0.004,
};

class Clock implements VenueClock {
  time = OPEN_AT;
  private waiting: { at: number; wake: () => void }[] = [];
  now(): Us {
    return us(this.time);
  }
  at(at: Us, wake: () => void): () => void {
    const entry = { at, wake };
    this.waiting.push(entry);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== entry);
    };
  }
  pass(milliseconds: number): void {
    const end = this.time + milliseconds * 1000;
    for (;;) {
      const next = this.waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.waiting = this.waiting.filter((other) => other !== next);
      this.time = Math.max(this.time, next.at);
      next.wake();
    }
    this.time = end;
  }
}

/** One account over the lives of several processes. */
class Account {
  readonly clock = new Clock();
  readonly folder = mkdtempSync(join(tmpdir(), 'moving-stops-'));
  journal!: Journal;
  engine!: Engine;
  venue!: PaperVenue;
  loop!: Loop;
  /** Called with what is about to be sent; false: it dies before the bytes leave. */
  onSubmit: (command: OrderCommand) => boolean = () => true;

  constructor(context: TestContext) {
    context.after(() => {
      this.journal.close();
      rmSync(this.folder, { recursive: true });
    });
  }

  async start(): Promise<void> {
    const { clock } = this;
    this.journal = Journal.open(join(this.folder, 'journal.sqlite'), [BTC]);
    const { journal } = this;
    journal.beginSession({
      mode: 'paper',
      venue: 'embedded',
      symbols: [BTC.id],
      configHash: 'h',
      startedAt: clock.now(),
    });
    const { execution, exits } = DESK_CONFIG;
    this.engine = new Engine(
      {
        ...DESK_CONFIG,
        idPrefix: journal.idPrefix,
        execution: { ...execution, stops: { ...execution.stops, breakEvenR: 1 } },
        exits: { ...exits, takeProfitAtr: 10 },
      },
      [BTC],
    );
    this.venue = new PaperVenue(PAPER, [BTC], clock);
    const { engine, venue } = this;
    const saved = journal.loadVenueState(PAPER_STATE);
    if (saved !== null) venue.matcher.restore(saved);
    const submit = venue.submit.bind(venue);
    venue.submit = (command: Approved<OrderCommand>) => {
      if (this.onSubmit(command)) submit(command);
    };
    const vitals = new Vitals();
    const projection = new Projection(engine, [BTC], vitals, {
      proposals: { lead: 'signal', confirmation: 'none', threshold: 0.2 },
      rates: { maintenance: '0.004', taker: '0.0005' },
      ...{ mode: 'paper', venue: 'embedded', startedAt: 0, kelly: null },
      ...{ trades: [], equity: [], markers: new Map(), now: () => clock.time / 1000 },
      sums: () => journal.accountSums(),
    });
    const log = () => undefined;
    this.loop = new Loop({
      ...{ engine, instruments: [BTC], venue, paper: venue, journal, clock, vitals, projection, log },
      recorder: null,
    });
    await venue.connect(this.loop.onVenue);
    this.loop.begin(
      await recover({
        ...{ journal, venue, instruments: [BTC], log },
        now: () => clock.now(),
        pause: () => Promise.resolve(),
      }),
    );
    const openAt = clock.time / 1000;
    for (let minute = 60; minute > 0; minute--) {
      const close = ticks(600_001 + (minute % 2 === 0 ? 100 : -100));
      const [high, low] = [ticks(600_501), ticks(599_501)];
      const begin = ms(openAt - minute * 60_000);
      this.loop.onMarket(new CandleEvent(clock.now(), 0, begin, close, high, low, close, lots(9), true));
    }
    this.loop.onMarket(new FeedEvent(clock.now(), 0, true, ''));
  }

  /** No goodbye: what is on disk is all there is. */
  async crash(): Promise<void> {
    this.loop.stop();
    await this.venue.stop();
    this.journal.close();
  }

  book(mid: number, bids = 500, asks = 500): void {
    this.clock.pass(100);
    const frame = frameOf(true, [[mid - 1, bids]], [[mid + 1, asks]], this.clock.time / 1000);
    this.loop.onMarket(new BookEvent(this.clock.now(), 0, frame));
  }

  /** A long position with its stop at the venue. */
  enter(): void {
    for (let i = 0; i < 100 && this.engine.traders[0]!.state !== 'open'; i++) this.book(600_001, 9000, 500);
    assert.equal(this.engine.traders[0]!.state, 'open');
  }

  get stop(): number {
    const [pair] = this.venue.matcher.standing;
    assert.ok(pair !== undefined, 'there is no stop at the venue');
    return pair.stopLoss;
  }
}

const KILLS = [
  [
    'before the bytes left',
    async (account: Account) => {
      let dead = false;
      account.onSubmit = ({ kind }) => {
        dead ||= kind === 'amend';
        return !dead;
      };
      account.book(602_001);
      assert.ok(dead);
    },
  ],
  [
    'on its way',
    async (account: Account) => {
      account.book(602_001);
      account.clock.pass(10);
    },
  ],
  [
    'after it arrived, before the answer was heard',
    async (account: Account) => {
      account.book(602_001);
      account.clock.pass(30);
      account.journal.saveVenueState(PAPER_STATE, account.venue.matcher.save());
    },
  ],
  [
    'after the answer',
    async (account: Account) => {
      account.book(602_001);
      account.clock.pass(200);
    },
  ],
] as const;

for (const [when, kill] of KILLS)
  test(`killed ${when}: there is a stop all the time, in the end where it was to go, and the trade says why`, async (context) => {
    const account = new Account(context);
    await account.start();
    account.enter();
    const first = account.stop;
    await kill(account);
    account.onSubmit = () => true;
    const { protectionId } = account.engine.traders[0]!.protection!;
    const [move] = account.journal.stops(0, protectionId).moves;
    assert.equal(move!.cause, 'breakEven');
    assert.ok(move!.stopLoss > first);
    await account.crash();

    await account.start();
    assert.ok([first, move!.stopLoss].includes(account.stop as never));
    // the market is not where it moved the stop from: the journal alone knows that it was to be moved
    for (let i = 0; i < 50; i++) {
      account.book(600_801);
      assert.ok(account.stop >= first);
    }
    assert.equal(account.stop, move!.stopLoss);
    assert.equal(account.engine.traders[0]!.protection?.stopLoss, move!.stopLoss);
    const asked = account.journal.stops(0, protectionId);
    assert.equal(asked.first, first);
    assert.ok(asked.moves.every(({ stopLoss }) => stopLoss === move!.stopLoss));
    assert.equal(asked.said, move!.stopLoss);

    account.book(move!.stopLoss - 30);
    const { clock } = account;
    const price = ticks(move!.stopLoss - 30);
    account.loop.onMarket(new TradeEvent(clock.now(), 0, ms(clock.time / 1000), price, lots(1), 'sell'));
    clock.pass(100);
    assert.equal(account.engine.account.positions[0]!.size, 0);
    assert.equal(account.journal.trades(1)[0]?.exitReason, 'breakEven');
  });
