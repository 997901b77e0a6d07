import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import type { AmendProtection, Place } from '../core/commands.ts';
import { orderId } from '../core/engine.ts';
import {
  FillEvent,
  FundingPaymentEvent,
  OrderEvent,
  type OrderState,
  ProtectionEvent,
  SettlementEvent,
} from '../core/events.ts';
import { Instrument } from '../core/instrument.ts';
import { lots, type Money, money, ms, type Side, signOf, ticks, us } from '../core/units.ts';
import { Database } from './database.ts';
import { Journal } from './journal.ts';
import { MIGRATIONS } from './schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (): string => join(folder, `journal-${files++}.db`);

const SPEC = {
  instType: 'SWAP',
  ctType: 'linear',
  tickSz: '0.1',
  lotSz: '0.01',
  minSz: '0.01',
  ctVal: '0.01',
  ctMult: '1',
  settleCcy: 'USDT',
} as const;
const INSTRUMENTS = ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'].map((instId) => new Instrument({ ...SPEC, instId }));
const SESSION = {
  mode: 'paper',
  venue: 'embedded',
  symbols: ['BTC-USDT-SWAP'],
  configHash: 'c0ffee',
  startedAt: us(1),
};

function begun(path = fresh(), instruments = INSTRUMENTS): Journal {
  const journal = Journal.open(path, instruments);
  journal.beginSession(SESSION);
  return journal;
}

const place = (journal: Journal, number: number, more: Partial<Place> = {}): Place => ({
  kind: 'place',
  instrument: 0,
  clientOrderId: orderId(journal.idPrefix, number),
  side: 'buy',
  type: 'postOnly',
  size: lots(37),
  price: ticks(651_234),
  reduceOnly: false,
  leverage: 3,
  takeProfit: ticks(655_000),
  stopLoss: ticks(649_000),
  protectionId: `${orderId(journal.idPrefix, number)}x`,
  purpose: 'entry',
  ...more,
});

const orderEvent = (clientOrderId: string, state: OrderState, filled = 0, reason = ''): OrderEvent =>
  new OrderEvent(us(5), 0, clientOrderId, 'v1', state, lots(filled), reason);

function fillEvent(
  tradeId: string,
  side: Side,
  size: number,
  more: { at?: number; clientOrderId?: string; fee?: bigint; feeCurrency?: string; instrument?: number } = {},
): FillEvent {
  const { at = 5, clientOrderId = 'c1', fee = -1n, feeCurrency = '', instrument = 0 } = more;
  return new FillEvent(
    us(at),
    instrument,
    clientOrderId,
    'v1',
    tradeId,
    ms(at),
    side,
    ticks(651_234),
    lots(size),
    money(fee),
    true,
    'entry',
    '',
    'net',
    feeCurrency,
  );
}

describe('a journal', () => {
  it('keeps its id prefix over restarts, and gives every journal its own', () => {
    const path = fresh();
    const first = begun(path);
    assert.match(first.idPrefix, /^[a-z]{8}$/);
    first.close();
    const again = Journal.open(path, INSTRUMENTS);
    assert.equal(again.idPrefix, first.idPrefix);
    again.close();
    const other = begun();
    assert.notEqual(other.idPrefix, first.idPrefix);
    other.close();
  });

  it('says whether the session before ended or crashed', () => {
    const path = fresh();
    const one = begun(path);
    assert.equal(one.previousSession(), null);
    one.endSession('stopped by a person', us(9));
    one.close();
    const two = begun(path);
    assert.deepEqual(two.previousSession(), {
      ...SESSION,
      endedAt: 9,
      endedHow: 'stopped by a person',
      crashed: false,
    });
    two.close(); // without saying so
    const three = Journal.open(path, INSTRUMENTS);
    assert.equal(three.previousSession()?.crashed, true);
    three.close();
  });

  it('holds one account: another mode or venue is refused', () => {
    const path = fresh();
    begun(path).close();
    const journal = Journal.open(path, INSTRUMENTS);
    assert.throws(
      () => journal.beginSession({ ...SESSION, mode: 'live' }),
      /mode "paper".*its own data folder/,
    );
    journal.close();
  });

  it('records nothing outside a session', () => {
    const journal = Journal.open(fresh(), INSTRUMENTS);
    assert.throws(() => journal.recordIntent([place(journal, 1)], us(1)), /beginSession/);
    journal.close();
  });

  it('never lets a client order id be used twice, and a batch with one in it leaves no trace', () => {
    const journal = begun();
    journal.recordIntent([place(journal, 1)], us(1));
    assert.throws(
      () => journal.recordIntent([place(journal, 2), place(journal, 1)], us(2)),
      /journaled before/,
    );
    assert.equal(journal.unresolvedIntents().length, 1);
    assert.equal(journal.nextOrderNumber(), 2);
    journal.close();
  });

  it('knows where a stop was placed, where it was asked to go, and where the venue said that it is', () => {
    const path = fresh();
    const journal = begun(path);
    const order = place(journal, 1);
    const { protectionId } = order;
    const nothing = { first: ticks(0), moves: [], said: ticks(0) };
    assert.deepEqual(journal.stops(0, protectionId), nothing);
    const amend = (
      stopLoss: number,
      cause: AmendProtection['cause'],
      id = protectionId,
    ): AmendProtection => ({
      ...{ kind: 'amend', target: 'protection', instrument: 0, protectionId: id, takeProfit: ticks(655_000) },
      ...{ stopLoss: ticks(stopLoss), cause },
    });
    const said = (stopLoss: number, refusal = ''): void =>
      journal.recordProtection(
        new ProtectionEvent(us(9), 0, protectionId, ticks(655_000), ticks(stopLoss), refusal),
      );
    journal.recordIntent([order], us(5));
    journal.recordIntent([amend(651_300, 'breakEven'), amend(1, 'breakEven', 'another')], us(6));
    said(649_000, '51280 no');
    said(651_300);
    journal.recordIntent([amend(651_900, 'trailingStop')], us(7));
    journal.close();
    const again = Journal.open(path, INSTRUMENTS);
    assert.deepEqual(again.stops(0, protectionId), {
      first: ticks(649_000),
      moves: [
        { stopLoss: 651_300, cause: 'breakEven' },
        { stopLoss: 651_900, cause: 'trailingStop' },
      ],
      said: ticks(651_300),
    });
    assert.deepEqual(again.unresolvedIntents().length, 1, 'only orders are asked about by their id');
    again.close();
  });

  it('keeps what was asked of an order, and how the venue said that it stands', () => {
    const path = fresh();
    const journal = begun(path);
    const order = place(journal, 1);
    const { clientOrderId } = order;
    const [price, size] = [ticks(650_120), lots(150)];
    const said = (amended: OrderEvent['amended']): void =>
      journal.recordOrder(new OrderEvent(us(9), 0, clientOrderId, 'v1', 'live', lots(0), '', amended));
    journal.recordIntent([order], us(5));
    journal.recordIntent(
      [{ kind: 'amend', target: 'order', instrument: 0, clientOrderId, price, size }],
      us(6),
    );
    said(null);
    said({ price, size, refusal: '' });
    said({ price: order.price, size: order.size, refusal: '51511 would take' });
    assert.deepEqual(journal.unresolvedIntents()[0]?.command, order, 'it is asked about as it was placed');
    journal.close();
    const written = new Database(path, MIGRATIONS);
    const [asked] = written.all('SELECT client_order_id, price, size, intended_at FROM order_amends');
    assert.deepEqual(
      { ...asked },
      { client_order_id: clientOrderId, price: '65012', size: '1.5', intended_at: 6 },
    );
    const [instrument] = INSTRUMENTS;
    assert.deepEqual(
      written
        .all('SELECT amended_price, amended_size, reason FROM order_events ORDER BY entry_id')
        .map((row) => Object.values(row)),
      [
        ['', '', ''],
        ['65012', '1.5', ''],
        [instrument!.formatPrice(order.price), instrument!.formatSize(order.size), '51511 would take'],
      ],
    );
    written.close();
  });

  it('counts order numbers past every one that was ever journaled', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 1e9 }), { maxLength: 20 }), (numbers) => {
        const path = fresh();
        const journal = begun(path);
        assert.equal(journal.nextOrderNumber(), 1);
        for (const number of numbers) journal.recordIntent([place(journal, number)], us(1));
        journal.close();
        const again = Journal.open(path, INSTRUMENTS);
        assert.equal(again.nextOrderNumber(), Math.max(0, ...numbers) + 1);
        again.close();
      }),
      { numRuns: 20 },
    );
  });

  it('gives back as unresolved what has no terminal state, as it was placed', () => {
    const path = fresh();
    const journal = begun(path);
    const places = [1, 2, 3, 4].map((number) => place(journal, number, { instrument: number % 2 }));
    const cancel = { kind: 'cancel', instrument: 0, clientOrderId: 'x', target: 'protection' } as const;
    journal.recordIntent([...places, cancel], us(7));
    const ids = places.map(({ clientOrderId }) => clientOrderId);
    journal.recordOrder(orderEvent(ids[0]!, 'filled', 37));
    journal.recordOrder(orderEvent(ids[0]!, 'live')); // late: changes nothing
    journal.recordOrder(orderEvent(ids[1]!, 'partiallyFilled', 5));
    journal.recordOrder(orderEvent(ids[2]!, 'rejected', 0, '51008 no balance'));
    journal.close();
    const again = Journal.open(path, INSTRUMENTS);
    assert.deepEqual(again.unresolvedIntents(), [
      { command: places[1], intendedAt: 7, state: 'partiallyFilled', venueOrderId: 'v1', filled: 5 },
      { command: places[3], intendedAt: 7, state: 'intended', venueOrderId: '', filled: 0 },
    ]);
    again.close();
  });

  it('will not hide an open order of an instrument that is not traded any more', () => {
    const path = fresh();
    const journal = begun(path);
    journal.recordIntent([place(journal, 1, { instrument: 1 })], us(1));
    journal.close();
    const again = Journal.open(path, INSTRUMENTS.slice(0, 1));
    assert.throws(() => again.unresolvedIntents(), /open order of ETH-USDT-SWAP.*add it until it is closed/);
    again.close();
  });

  it('will not leave an open position of such an instrument alone', () => {
    const path = fresh();
    const journal = begun(path);
    journal.recordFill(fillEvent('t1', 'buy', 3, { instrument: 1 }), money(0n));
    journal.close();
    const without = () => begun(path, INSTRUMENTS.slice(0, 1));
    assert.throws(without, /open position of ETH-USDT-SWAP.*add it until it is closed/);
    const closing = begun(path);
    closing.recordFill(fillEvent('t2', 'sell', 3, { instrument: 1 }), money(0n));
    closing.close();
    without().close();
  });

  it('survives a change of tick size: what is on disk is decimal', () => {
    const path = fresh();
    const journal = begun(path);
    journal.recordIntent([place(journal, 1)], us(1));
    journal.close();
    const finer = INSTRUMENTS.map(({ spec }) => new Instrument({ ...spec, tickSz: '0.01', lotSz: '0.001' }));
    const again = Journal.open(path, finer);
    const { command } = again.unresolvedIntents()[0]!;
    assert.deepEqual([command.price, command.size, command.stopLoss], [6_512_340, 370, 6_490_000]);
    again.close();
  });
});

describe('money in a journal', () => {
  const cash = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }).map(money);
  const fill = fc.record({ id: fc.nat(30), instrument: fc.nat(1), realized: cash, fee: cash });
  const payment = fc.record({ id: fc.nat(30), instrument: fc.nat(1), amount: cash });

  it('adds up exactly, each fill and payment once, however often it is told', () => {
    fc.assert(
      fc.property(
        fc.array(fill, { maxLength: 40 }),
        fc.array(payment, { maxLength: 20 }),
        cash,
        (fills, payments, start) => {
          const path = fresh();
          const journal = begun(path);
          assert.equal(journal.startBalance(start), start);
          const seen = new Set<string>();
          const told = (key: string): boolean => seen.size === seen.add(key).size;
          const expected = { realized: 0n, fees: 0n, funding: 0n, settled: 0n };
          for (const { id, instrument, realized, fee } of fills) {
            const isNew = !told(`fill ${instrument} ${id}`);
            assert.equal(
              journal.recordFill(fillEvent(`t${id}`, 'buy', 1, { instrument, fee }), realized),
              isNew,
            );
            journal.accountSums(); // from here on kept, not read
            if (!isNew) continue;
            expected.realized += realized;
            expected.fees += fee;
          }
          for (const { id, instrument, amount } of payments) {
            const isNew = !told(`payment ${instrument} ${id}`);
            assert.equal(
              journal.recordFunding(new FundingPaymentEvent(us(1), instrument, `p${id}`, ms(1), amount)),
              isNew,
            );
            if (isNew) expected.funding += amount;
          }
          for (const { id, instrument, amount } of payments) {
            const isNew = !told(`settlement ${instrument} ${id}`);
            const event = new SettlementEvent(
              us(1),
              instrument,
              `s${id}`,
              ms(1),
              money(3n * amount),
              `t${id}`,
            );
            assert.equal(journal.recordSettlement(event), isNew);
            if (!isNew) continue;
            expected.settled += event.amount;
            assert.deepEqual(journal.settlements(instrument).at(-1), event);
          }
          const all = {
            ...expected,
            startBalance: start,
            balance: start + expected.realized + expected.fees + expected.funding + expected.settled,
          };
          assert.deepEqual(journal.accountSums(), all);
          journal.close();
          const again = Journal.open(path, INSTRUMENTS);
          assert.deepEqual(again.accountSums(), all);
          assert.equal(again.netSince(ms(0)), all.balance - start);
          assert.equal(again.startBalance(money(7n)), start);
          again.close();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('is taken back with the transaction it was recorded in', () => {
    const journal = begun();
    const sums = () => journal.accountSums().realized;
    journal.recordFill(fillEvent('t1', 'buy', 1), money(5n));
    assert.equal(sums(), 5n);
    assert.throws(() =>
      journal.transaction(() => {
        journal.recordFill(fillEvent('t2', 'buy', 1), money(7n));
        assert.equal(sums(), 12n);
        journal.saveVenueState('paper', '{"after":2}');
        throw new Error('venue broke');
      }),
    );
    assert.equal(sums(), 5n);
    assert.equal(journal.loadVenueState('paper'), null);
    assert.equal(journal.recordFill(fillEvent('t2', 'buy', 1), money(7n)), true);
    journal.close();
  });

  it('refuses a transaction that would wait, and writes nothing of it', () => {
    const journal = begun();
    const waiting = () =>
      journal.transaction(async () => {
        journal.saveVenueState('paper', '{}');
      });
    assert.throws(waiting, /must be synchronous/);
    assert.equal(journal.loadVenueState('paper'), null);
    journal.close();
  });

  it('takes up a journal from before it kept what liquidations took', () => {
    const path = fresh();
    const version = MIGRATIONS.findIndex((step) => step.includes('CREATE TABLE settlements'));
    const old = new Database(path, MIGRATIONS.slice(0, version));
    old.run("INSERT INTO meta (key, value) VALUES ('start_balance', '100')");
    old.close();
    const journal = begun(path);
    assert.equal(journal.recordSettlement(new SettlementEvent(us(1), 0, 's1', ms(300), money(-5n))), true);
    const { startBalance, settled, balance } = journal.accountSums();
    assert.deepEqual([startBalance, settled, balance], [10n ** 20n, -5n, 10n ** 20n - 5n]);
    journal.close();
  });

  it('knows the part since a time', () => {
    const journal = begun();
    journal.recordFill(fillEvent('t1', 'buy', 1, { at: 100, fee: -2n }), money(10n));
    journal.recordFill(fillEvent('t2', 'sell', 1, { at: 200, fee: -3n }), money(20n));
    journal.recordFunding(new FundingPaymentEvent(us(1), 0, 'p1', ms(300), money(-4n)));
    assert.deepEqual(
      [0, 101, 201, 301].map((since) => journal.netSince(ms(since))),
      [21n, 13n, -4n, 0n],
    );
    journal.close();
  });

  it('keeps a fee in another currency, and adds it to nothing', () => {
    const path = fresh();
    const journal = begun(path);
    journal.recordFill(fillEvent('t1', 'buy', 1, { fee: -2n }), money(10n));
    journal.accountSums(); // from here on they are kept up, and no longer read
    journal.recordFill(fillEvent('t2', 'sell', 1, { fee: -3n, feeCurrency: 'OKB' }), money(20n));
    const check = (of: Journal): void => {
      const { realized, fees } = of.accountSums();
      assert.deepEqual([realized, fees, of.netSince(ms(0))], [30n, -2n, 28n]);
      assert.deepEqual(
        of.fills(0).map(({ fee, feeCurrency }) => [fee, feeCurrency]),
        [
          [-2n, ''],
          [-3n, 'OKB'],
        ],
      );
    };
    check(journal);
    journal.close();
    const again = Journal.open(path, INSTRUMENTS);
    check(again);
    again.close();
  });
});

describe('the open position in a journal', () => {
  /** Naive: walk forward, remember the fill that left zero or crossed it. */
  function opening(fills: readonly FillEvent[]): { size: number; openedBy: string } | null {
    let size = 0;
    let openedBy = '';
    for (const { side, size: traded, tradeId } of fills) {
      const before = size;
      size += signOf(side) * traded;
      if (before === 0 || Math.sign(before) === -Math.sign(size)) openedBy = tradeId;
    }
    return size === 0 ? null : { size, openedBy };
  }

  it('is the sum of the fills, opened by the fill that left zero or crossed it', () => {
    const trade = fc.tuple(fc.constantFrom<Side>('buy', 'sell'), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 12 }), (trades) => {
        const journal = begun();
        const fills = trades.map(([side, size], i) =>
          fillEvent(`t${i}`, side, size, { at: i + 1, clientOrderId: `c${i}` }),
        );
        for (const each of fills) journal.recordFill(each, money(0n));
        const position = journal.openPosition(0);
        const expected = opening(fills);
        assert.deepEqual(
          position && { size: position.size, openedBy: position.clientOrderId.replace('c', 't') },
          expected,
        );
        assert.equal(journal.openPosition(1), null);
        journal.close();
      }),
      { numRuns: 40 },
    );
  });

  it('carries leverage, exits and living protections of the orders that built it', () => {
    const journal = begun();
    const places = [place(journal, 1), place(journal, 2, { leverage: 9 })];
    journal.recordIntent(places, us(1));
    const [one, two] = places as [Place, Place];
    journal.recordFill(fillEvent('t1', 'buy', 3, { at: 11, clientOrderId: one.clientOrderId }), money(0n));
    journal.recordFill(fillEvent('t2', 'buy', 4, { at: 12, clientOrderId: two.clientOrderId }), money(0n));
    const expected = {
      instrument: 0,
      size: 7,
      openedAt: 11,
      clientOrderId: one.clientOrderId,
      leverage: 3,
      takeProfit: 655_000,
      stopLoss: 649_000,
      protectionIds: [one.protectionId, two.protectionId],
    };
    assert.deepEqual(journal.openPosition(0), expected);
    journal.recordOrder(orderEvent(one.protectionId, 'canceled'));
    assert.deepEqual(journal.openPosition(0), { ...expected, protectionIds: [two.protectionId] });
    journal.close();
  });
});

describe('what the page asks of a journal', () => {
  it('gives back decisions, round trips and equity as they were recorded', () => {
    const path = fresh();
    const journal = begun(path);
    const decision = {
      kind: 'decision',
      instrument: 1,
      at: us(4),
      proposer: 'trend',
      direction: 'long',
      confidence: 0.71,
      reasons: ['imbalance +0.4'],
      outcome: 'refused',
      refusal: 'dailyLoss',
      detail: 'daily loss',
      clientOrderId: '',
    } as const;
    const trade = {
      instrument: 0,
      direction: 'short',
      size: lots(12),
      openedAt: us(1),
      closedAt: us(2),
      entryPrice: 65_123.45,
      exitPrice: 65_000.1,
      realized: money(10n ** 18n),
      fees: money(-5n),
      funding: money(1n),
      exitReason: 'stopLoss',
      clientOrderId: 'c9',
    } as const;
    journal.recordDecision(decision);
    journal.recordTrade(trade);
    journal.recordTrade({ ...trade, size: lots(13) });
    journal.recordSignal({
      instrument: 0,
      at: us(3),
      direction: 'none',
      confidence: 0.2,
      readings: { ofi: 1.5 },
    });
    journal.recordEquity(ms(60_000), 100, 0);
    journal.recordEquity(ms(60_500), 101, 0.1);
    journal.recordEquity(ms(120_000), 102, 0);
    journal.saveVenueState('paper', '{"a":1}');
    journal.saveVenueState('paper', '{"a":2}');
    journal.close();
    const again = Journal.open(path, INSTRUMENTS);
    assert.deepEqual(again.decisions(5), [decision]);
    assert.deepEqual(again.trades(1), [{ ...trade, size: 13 }]);
    assert.equal(again.trades(9).length, 2);
    assert.deepEqual(again.equity(9), [
      { at: 60_000, equity: 101, drawdown: 0.1 },
      { at: 120_000, equity: 102, drawdown: 0 },
    ]);
    assert.equal(again.loadVenueState('paper'), '{"a":2}');
    assert.equal(again.loadVenueState('other'), null);
    again.close();
  });
});

describe('a journal that cannot be trusted', () => {
  it('is refused when it is no journal', () => {
    const path = fresh();
    writeFileSync(
      path,
      'this is a text file, long enough to be looked at as a database header, which it is not',
    );
    assert.throws(() => Journal.open(path, INSTRUMENTS), {
      name: 'JournalError',
      message: /journal-\d+\.db: is damaged.*move it aside/,
    });
  });

  it('is refused when its pages are overwritten', () => {
    const path = fresh();
    const journal = begun(path);
    for (let i = 0; i < 300; i++) journal.recordFill(fillEvent(`t${i}`, 'buy', 1), money(1n) as Money);
    journal.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 8192, bytes.length - 4096);
    writeFileSync(path, bytes);
    assert.throws(() => Journal.open(path, INSTRUMENTS), { name: 'JournalError', message: /is damaged/ });
  });

  it('is refused when a newer program wrote it', () => {
    const path = fresh();
    begun(path).close();
    const database = new DatabaseSync(path);
    database.exec("UPDATE meta SET value = '99' WHERE key = 'schema_version'");
    database.close();
    assert.throws(() => Journal.open(path, INSTRUMENTS), /schema version 99.*newer program/);
  });

  it('says where a folder is missing', () => {
    assert.throws(() => Journal.open(join(folder, 'none', 'j.db'), INSTRUMENTS), /none.*cannot be opened/);
  });
});

describe('a process that is killed while it writes', () => {
  /** Records an intent and a fill per number and says so on stdout once both are acknowledged. */
  const writer = (path: string): string => `
    import { writeSync } from 'node:fs';
    import { Journal } from ${JSON.stringify(new URL('./journal.ts', import.meta.url).href)};
    import { Instrument } from ${JSON.stringify(new URL('../core/instrument.ts', import.meta.url).href)};
    const instruments = ${JSON.stringify(INSTRUMENTS.map(({ spec }) => spec))}.map((spec) => new Instrument(spec));
    const journal = Journal.open(${JSON.stringify(path)}, instruments);
    journal.beginSession(${JSON.stringify(SESSION)});
    for (let number = journal.nextOrderNumber(); ; number++) {
      const clientOrderId = journal.idPrefix + number.toString(36).padStart(6, '0');
      journal.recordIntent([{ kind: 'place', instrument: 0, clientOrderId, side: 'buy', type: 'ioc', size: 1,
        price: 1, reduceOnly: false, leverage: 1, takeProfit: 0, stopLoss: 0, protectionId: '', purpose: 'entry' }], 1);
      writeSync(1, 'intent ' + number + '\\n');
      journal.transaction(() => {
        journal.recordFill({ at: 1, instrument: 0, clientOrderId, venueOrderId: '', tradeId: 't' + number, exchangeAt: 1,
          side: 'buy', price: 1, size: 1, fee: -3n, maker: false, purpose: 'entry', why: '', feeCurrency: '' }, 11n);
        journal.saveVenueState('paper', String(number));
      });
      writeSync(1, 'fill ' + number + '\\n');
    }`;

  it('loses nothing that was acknowledged, keeps the rest whole, and never reuses a number', async () => {
    const path = fresh();
    const acknowledged = { intent: 0, fill: 0 };
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', writer(path)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      const killAfter = 1 + Math.floor(Math.random() * 60);
      let lines = 0;
      for await (const line of createInterface(child.stdout)) {
        const [what, number] = line.split(' ') as ['intent' | 'fill', string];
        acknowledged[what] = Number(number);
        if (++lines === killAfter) child.kill('SIGKILL');
      }
      await exited;
      assert.ok(lines >= killAfter, `the writer ended by itself in round ${round}`);

      const journal = Journal.open(path, INSTRUMENTS);
      const fills = journal.fills(0);
      const next = journal.nextOrderNumber();
      assert.equal(journal.previousSession()?.crashed, true);
      assert.ok(next > acknowledged.intent, `round ${round}: intent ${acknowledged.intent} is lost`);
      assert.ok(next <= acknowledged.intent + 2, 'one intent at most was on the way');
      assert.ok(journal.unresolvedIntents().length === next - 1, 'every number stands for exactly one order');
      const lastFill = Number(fills.at(-1)?.tradeId.slice(1) ?? 0);
      assert.ok(lastFill >= acknowledged.fill, `round ${round}: fill ${acknowledged.fill} is lost`);
      assert.equal(Number(journal.loadVenueState('paper') ?? 0), lastFill, 'state and fill belong together');
      assert.equal(journal.accountSums().balance, BigInt(fills.length) * 8n);
      journal.close();
    }
  });
});
