import { randomInt } from 'node:crypto';
import { assert } from '../core/assert.ts';
import type {
  AmendOrder,
  AmendProtection,
  Cancel,
  Decision,
  OrderCommand,
  Place,
  StopCause,
} from '../core/commands.ts';
import { orderNumber } from '../core/engine.ts';
import {
  type FillEvent,
  FundingPaymentEvent,
  type OrderEvent,
  type ProtectionEvent,
  SettlementEvent,
  type StopHistory,
} from '../core/events.ts';
import { formatMoney, type Instrument, parseMoney } from '../core/instrument.ts';
import type { RiskState } from '../core/risk/risk.ts';
import {
  type Lots,
  lots,
  type Money,
  type Ms,
  money,
  ms,
  NO_MONEY,
  signOf,
  type Ticks,
  ticks,
  type Us,
  us,
} from '../core/units.ts';
import { Database, JournalError, type Row } from './database.ts';
import type {
  AccountSums,
  ClosedTrade,
  EquityPoint,
  JournaledFill,
  JournaledPosition,
  PreviousSession,
  SessionStart,
  SignalSample,
  UnresolvedIntent,
} from './records.ts';
import { readRiskState, writeRiskState } from './risk-state.ts';
import { RowReader } from './rows.ts';
import { MIGRATIONS } from './schema.ts';

const PREFIX_LETTERS = 8;
const RISK_STATE = 'risk';

/**
 * The durable record of one account: what left the engine and what came of it. Everything recorded is on the disk
 * when the call returns. Whatever the venue may tell twice is recorded once.
 *
 * Rows name instruments by instId and hold prices and sizes as decimal text, so that they outlive a change of tick
 * size or of the symbols traded; the API speaks the engine's indexes and integers.
 */
export class Journal {
  /** Starts every client order id of this journal: letters made at random once, so that no two journals share an id. */
  readonly idPrefix: string;
  private readonly database: Database;
  private readonly instruments: readonly Instrument[];
  private readonly rows: RowReader;
  private session: number | null = null;
  private sums: Sums | null = null;

  /**
   * Opens the journal at `path`, or makes a new one. `instruments` in the engine's order. Throws a `JournalError` when the
   * file is damaged, newer than the program, or held by another process.
   */
  static open(path: string, instruments: readonly Instrument[]): Journal {
    return new Journal(new Database(path, MIGRATIONS), instruments);
  }

  private constructor(database: Database, instruments: readonly Instrument[]) {
    this.database = database;
    this.instruments = instruments;
    this.rows = new RowReader(database.path, instruments);
    this.idPrefix = this.once('id_prefix', randomLetters);
  }

  close(): void {
    this.database.close();
  }

  /** Everything that `work` records becomes durable together, or not at all. `work` must not wait for anything. */
  transaction<T>(work: () => T): T {
    try {
      return this.database.transaction(work);
    } catch (error) {
      this.sums = null; // may have counted what was just taken back
      throw error;
    }
  }

  // Sessions

  /**
   * A journal is one account's: a session of another mode or venue than those before it is refused. So is one that would
   * leave an open position alone because its instrument is not traded any more.
   */
  beginSession(session: SessionStart): void {
    const { mode, venue, symbols, configHash, startedAt } = session;
    this.transaction(() => {
      const other = this.database.first(
        'SELECT mode, venue FROM sessions WHERE mode <> ? OR venue <> ? LIMIT 1',
        mode,
        venue,
      );
      if (other !== undefined)
        throw new JournalError(
          `${this.database.path}: holds the account of mode "${other.mode}" at venue "${other.venue}", not "${mode}" at "${venue}"; give each its own data folder`,
        );
      this.refuseOrphans();
      const id = this.nextId('sessions', 'session_id');
      this.database.insert('sessions', {
        session_id: id,
        mode,
        venue,
        symbols: JSON.stringify(symbols),
        config_hash: configHash,
        started_at: startedAt,
      });
      this.session = id;
    });
  }

  /** The number of the session that `beginSession` began. */
  get sessionNumber(): number {
    return this.current;
  }

  /** `how` in words; a session that never said so crashed. */
  endSession(how: string, at: Us): void {
    this.database.run(
      'UPDATE sessions SET ended_at = ?, ended_how = ? WHERE session_id = ?',
      at,
      how,
      this.current,
    );
    this.session = null;
  }

  /** The session before the current one (or the last, when none has begun); null in a new journal. */
  previousSession(): PreviousSession | null {
    const row = this.database.first(
      'SELECT * FROM sessions WHERE session_id < ? ORDER BY session_id DESC LIMIT 1',
      this.session ?? Number.MAX_SAFE_INTEGER,
    );
    if (row === undefined) return null;
    return {
      mode: row.mode as string,
      venue: row.venue as string,
      symbols: JSON.parse(row.symbols as string) as string[],
      configHash: row.config_hash as string,
      startedAt: us(row.started_at as number),
      endedAt: row.ended_at === null ? null : us(row.ended_at as number),
      endedHow: row.ended_how as string | null,
      crashed: row.ended_at === null,
    };
  }

  /** When the journal's first session began; null in a new journal. */
  firstSessionAt(): Us | null {
    const first = this.database.first('SELECT MIN(started_at) AS at FROM sessions')?.at;
    return first === null || first === undefined ? null : us(first as number);
  }

  // What leaves

  /** One past every client order number ever journaled; 1 in a new journal. */
  nextOrderNumber(): number {
    return this.nextId('orders', 'order_number');
  }

  /**
   * Puts the commands on the disk before their bytes may leave. Throws when a client order id was used before: sending
   * it would be asking the venue about another order.
   */
  recordIntent(commands: readonly OrderCommand[], at: Us): void {
    this.transaction(() => {
      for (const command of commands) {
        if (command.kind === 'place') this.recordPlace(command, at);
        else if (command.kind === 'cancel') this.recordCancel(command, at);
        else if (command.target === 'order') this.recordOrderAmend(command, at);
        else this.recordAmend(command, at);
      }
    });
  }

  private recordPlace(place: Place, at: Us): void {
    const instrument = this.rows.instrument(place.instrument);
    const added = this.database.insertNew('orders', 'client_order_id', {
      client_order_id: place.clientOrderId,
      order_number: orderNumber(this.idPrefix, place.clientOrderId),
      session_id: this.current,
      instrument: instrument.id,
      purpose: place.purpose,
      side: place.side,
      type: place.type,
      size: instrument.formatSize(place.size),
      price: instrument.formatPrice(place.price),
      reduce_only: place.reduceOnly ? 1 : 0,
      leverage: place.leverage,
      take_profit: instrument.formatPrice(place.takeProfit),
      stop_loss: instrument.formatPrice(place.stopLoss),
      protection_id: place.protectionId,
      intended_at: at,
      venue_order_id: '',
      state: 'intended',
      filled: '0',
      reason: '',
      updated_at: at,
    });
    assert(added, `client order id ${place.clientOrderId} was journaled before`);
  }

  private recordCancel(cancel: Cancel, at: Us): void {
    this.database.insert('cancels', {
      entry_id: this.nextId('cancels'),
      session_id: this.current,
      instrument: this.rows.instrument(cancel.instrument).id,
      client_order_id: cancel.clientOrderId,
      target: cancel.target,
      intended_at: at,
    });
  }

  private recordOrderAmend(amend: AmendOrder, at: Us): void {
    const instrument = this.rows.instrument(amend.instrument);
    this.database.insert('order_amends', {
      entry_id: this.nextId('order_amends'),
      session_id: this.current,
      instrument: instrument.id,
      client_order_id: amend.clientOrderId,
      price: instrument.formatPrice(amend.price),
      size: instrument.formatSize(amend.size),
      intended_at: at,
    });
  }

  private recordAmend(amend: AmendProtection, at: Us): void {
    const instrument = this.rows.instrument(amend.instrument);
    this.database.insert('amends', {
      entry_id: this.nextId('amends'),
      session_id: this.current,
      instrument: instrument.id,
      protection_id: amend.protectionId,
      take_profit: instrument.formatPrice(amend.takeProfit),
      stop_loss: instrument.formatPrice(amend.stopLoss),
      cause: amend.cause,
      intended_at: at,
    });
  }

  /** Places that no terminal state was recorded for, oldest first: what must be asked about after a crash. */
  unresolvedIntents(): UnresolvedIntent[] {
    return this.database
      .all(`SELECT * FROM orders WHERE state NOT IN (${TERMINAL}) ORDER BY intended_at, order_number`)
      .map((row) => this.rows.unresolved(row));
  }

  // What comes back

  /** What became of an order of ours, or of a protection. The first terminal state stays, whatever comes after it. */
  recordOrder(event: OrderEvent): void {
    const instrument = this.rows.instrument(event.instrument);
    const filled = instrument.formatSize(event.filled);
    const { amended } = event;
    this.transaction(() => {
      this.database.insert('order_events', {
        entry_id: this.nextId('order_events'),
        session_id: this.current,
        instrument: instrument.id,
        client_order_id: event.clientOrderId,
        venue_order_id: event.venueOrderId,
        state: event.state,
        filled,
        reason: amended?.refusal || event.reason,
        received_at: event.at,
        amended_price: amended === null ? '' : instrument.formatPrice(amended.price),
        amended_size: amended === null ? '' : instrument.formatSize(amended.size),
      });
      this.database.run(
        `UPDATE orders SET venue_order_id = CASE WHEN ? = '' THEN venue_order_id ELSE ? END, state = ?, filled = ?,
           reason = ?, updated_at = ?
         WHERE client_order_id = ? AND state NOT IN (${TERMINAL})`,
        event.venueOrderId,
        event.venueOrderId,
        event.state,
        filled,
        event.reason,
        event.at,
        event.clientOrderId,
      );
    });
  }

  /** Where the venue says that the triggers of a pair are. */
  recordProtection(event: ProtectionEvent): void {
    const instrument = this.rows.instrument(event.instrument);
    this.database.insert('protection_events', {
      entry_id: this.nextId('protection_events'),
      session_id: this.current,
      instrument: instrument.id,
      protection_id: event.protectionId,
      take_profit: instrument.formatPrice(event.takeProfit),
      stop_loss: instrument.formatPrice(event.stopLoss),
      refusal: event.refusal,
      received_at: event.at,
    });
  }

  /** What was asked of a pair's stop, and where the venue last said that it is (0 = it never did). */
  stops(instrument: number, protectionId: string): StopHistory & { readonly said: Ticks } {
    const { instruments } = this;
    const priceOf = (row: Row): Ticks => instruments[instrument]!.parsePrice(row.stop_loss as string);
    const placed = this.database.first(
      'SELECT stop_loss FROM orders WHERE protection_id = ? LIMIT 1',
      protectionId,
    );
    const said = this.database.first(
      'SELECT stop_loss FROM protection_events WHERE protection_id = ? ORDER BY entry_id DESC LIMIT 1',
      protectionId,
    );
    const moves = this.database
      .all('SELECT stop_loss, cause FROM amends WHERE protection_id = ? ORDER BY entry_id', protectionId)
      .map((row) => ({ stopLoss: priceOf(row), cause: row.cause as StopCause }));
    return {
      first: placed === undefined ? ticks(0) : priceOf(placed),
      moves,
      said: said === undefined ? ticks(0) : priceOf(said),
    };
  }

  /** `realized`: the P&L that the fill realised, fee not in it. False: this fill was recorded before; nothing changed. */
  recordFill(event: FillEvent, realized: Money): boolean {
    const instrument = this.rows.instrument(event.instrument);
    return this.transaction(() => {
      const before = this.positionSize(instrument);
      const after = lots(before + signOf(event.side) * event.size);
      const added = this.database.insertNew('fills', 'instrument, trade_id', {
        instrument: instrument.id,
        trade_id: event.tradeId,
        entry_id: this.nextId('fills'),
        session_id: this.current,
        client_order_id: event.clientOrderId,
        venue_order_id: event.venueOrderId,
        received_at: event.at,
        exchange_at: event.exchangeAt,
        side: event.side,
        price: instrument.formatPrice(event.price),
        size: instrument.formatSize(event.size),
        fee: formatMoney(event.fee),
        fee_currency: event.feeCurrency,
        maker: event.maker ? 1 : 0,
        purpose: event.purpose,
        why: event.why,
        realized: formatMoney(realized),
        position_after: instrument.formatSize(after),
      });
      if (added) this.add({ realized, fees: event.feeCurrency === '' ? event.fee : NO_MONEY });
      return added;
    });
  }

  /** False: this payment was recorded before; nothing changed. */
  recordFunding(event: FundingPaymentEvent): boolean {
    return this.transaction(() => {
      const added = this.database.insertNew('funding_payments', 'instrument, payment_id', {
        instrument: this.rows.instrument(event.instrument).id,
        payment_id: event.paymentId,
        entry_id: this.nextId('funding_payments'),
        session_id: this.current,
        received_at: event.at,
        exchange_at: event.exchangeAt,
        amount: formatMoney(event.amount),
      });
      if (added) this.add({ funding: event.amount });
      return added;
    });
  }

  /** False: this settlement was recorded before; nothing changed. */
  recordSettlement(event: SettlementEvent): boolean {
    return this.transaction(() => {
      const added = this.database.insertNew('settlements', 'instrument, settlement_id', {
        instrument: this.rows.instrument(event.instrument).id,
        settlement_id: event.settlementId,
        entry_id: this.nextId('settlements'),
        session_id: this.current,
        received_at: event.at,
        exchange_at: event.exchangeAt,
        trade_id: event.tradeId,
        amount: formatMoney(event.amount),
      });
      if (added) this.add({ settled: event.amount });
      return added;
    });
  }

  /** Fills of an instrument in the order in which they were recorded. */
  fills(instrument: number): JournaledFill[] {
    const { id } = this.rows.instrument(instrument);
    return this.database
      .all('SELECT * FROM fills WHERE instrument = ? ORDER BY entry_id', id)
      .map((row) => this.rows.fill(row));
  }

  /** Funding payments of an instrument in the order in which they were recorded. */
  fundingPayments(instrument: number): FundingPaymentEvent[] {
    const { id } = this.rows.instrument(instrument);
    return this.database
      .all('SELECT * FROM funding_payments WHERE instrument = ? ORDER BY entry_id', id)
      .map(
        (row) =>
          new FundingPaymentEvent(
            us(row.received_at as number),
            instrument,
            row.payment_id as string,
            ms(row.exchange_at as number),
            parseMoney(row.amount as string),
          ),
      );
  }

  /** What liquidations of an instrument took, in the order in which it was recorded. */
  settlements(instrument: number): SettlementEvent[] {
    const { id } = this.rows.instrument(instrument);
    return this.database
      .all('SELECT * FROM settlements WHERE instrument = ? ORDER BY entry_id', id)
      .map(
        (row) =>
          new SettlementEvent(
            us(row.received_at as number),
            instrument,
            row.settlement_id as string,
            ms(row.exchange_at as number),
            parseMoney(row.amount as string),
            row.trade_id as string,
          ),
      );
  }

  /**
   * What the journal knows of the position that its fills add up to: null when they add up to nothing. The order that
   * opened it says leverage and exits; those are 0 and empty when it was not placed from here.
   */
  openPosition(instrument: number): JournaledPosition | null {
    const { id } = this.rows.instrument(instrument);
    const rows = this.database.each('SELECT * FROM fills WHERE instrument = ? ORDER BY entry_id DESC', id);
    let size = 0;
    let opening: JournaledFill | null = null;
    const orderIds = new Set<string>();
    let at = 0;
    for (const row of rows) {
      const fill = this.rows.fill(row);
      if (opening === null) size = at = fill.positionAfter;
      if (size === 0) return null;
      // back to the fill that brought the position to this side of zero
      opening = fill;
      orderIds.add(fill.clientOrderId);
      at -= signOf(fill.side) * fill.size;
      if (at === 0 || Math.sign(at) !== Math.sign(size)) break;
    }
    if (opening === null) return null;
    const place = this.place(opening.clientOrderId);
    return {
      instrument,
      size: lots(size),
      openedAt: opening.receivedAt,
      clientOrderId: opening.clientOrderId,
      leverage: place?.leverage ?? 0,
      takeProfit: place?.takeProfit ?? ticks(0),
      stopLoss: place?.stopLoss ?? ticks(0),
      protectionIds: [...orderIds]
        .map((orderId) => this.place(orderId)?.protectionId ?? '')
        .filter((protectionId) => protectionId !== '' && !this.ended(protectionId))
        .reverse(),
    };
  }

  // What was thought

  recordDecision(decision: Decision): void {
    this.database.insert('decisions', {
      entry_id: this.nextId('decisions'),
      session_id: this.current,
      instrument: this.rows.instrument(decision.instrument).id,
      decided_at: decision.at,
      proposer: decision.proposer,
      direction: decision.direction,
      confidence: decision.confidence,
      reasons: JSON.stringify(decision.reasons),
      outcome: decision.outcome,
      refusal: decision.refusal,
      detail: decision.detail,
      client_order_id: decision.clientOrderId,
    });
  }

  /** The last decisions on today's instruments, newest first. */
  decisions(limit: number): Decision[] {
    return this.newest('decisions', limit).map((row) => this.rows.decision(row));
  }

  /** A sampled reading of the signal and of what it was made of. */
  recordSignal(sample: SignalSample): void {
    this.database.insert('signals', {
      entry_id: this.nextId('signals'),
      session_id: this.current,
      instrument: this.rows.instrument(sample.instrument).id,
      sampled_at: sample.at,
      direction: sample.direction,
      confidence: sample.confidence,
      readings: JSON.stringify(sample.readings),
    });
  }

  /** A closed round trip. */
  recordTrade(trade: ClosedTrade): void {
    const instrument = this.rows.instrument(trade.instrument);
    this.database.insert('trades', {
      entry_id: this.nextId('trades'),
      session_id: this.current,
      instrument: instrument.id,
      direction: trade.direction,
      size: instrument.formatSize(trade.size),
      opened_at: trade.openedAt,
      closed_at: trade.closedAt,
      entry_price: trade.entryPrice,
      exit_price: trade.exitPrice,
      realized: formatMoney(trade.realized),
      fees: formatMoney(trade.fees),
      funding: formatMoney(trade.funding),
      exit_reason: trade.exitReason,
      client_order_id: trade.clientOrderId,
    });
  }

  /** The last round trips of today's instruments, newest first. */
  trades(limit: number): ClosedTrade[] {
    return this.newest('trades', limit).map((row) => this.rows.trade(row));
  }

  // The account

  /** The balance that the account began with: the first one given is kept for ever. */
  startBalance(balance: Money): Money {
    return parseMoney(this.once('start_balance', () => formatMoney(balance)));
  }

  /** Exact sums over every row; `startBalance` 0 until one was given. */
  accountSums(): AccountSums {
    if (this.sums === null) {
      this.sums = { realized: 0n, fees: 0n, funding: 0n, settled: 0n };
      for (const row of this.database.each('SELECT realized, fee, fee_currency FROM fills'))
        this.add({ realized: parseMoney(row.realized as string), fees: feeOf(row) });
      for (const row of this.database.each('SELECT amount FROM funding_payments'))
        this.add({ funding: parseMoney(row.amount as string) });
      for (const row of this.database.each('SELECT amount FROM settlements'))
        this.add({ settled: parseMoney(row.amount as string) });
    }
    const { realized, fees, funding, settled } = this.sums;
    const start = parseMoney((this.meta('start_balance') as string | undefined) ?? '0');
    return {
      startBalance: start,
      realized: money(realized),
      fees: money(fees),
      funding: money(funding),
      settled: money(settled),
      balance: money(start + realized + fees + funding + settled),
    };
  }

  /** P&L, fees, funding and settlements whose exchange time is `since` or later: what a daily loss limit counts. */
  netSince(since: Ms): Money {
    let net = 0n;
    const fills = 'SELECT realized, fee, fee_currency FROM fills WHERE exchange_at >= ?';
    for (const row of this.database.each(fills, since))
      net += parseMoney(row.realized as string) + feeOf(row);
    for (const table of ['funding_payments', 'settlements'])
      for (const row of this.database.each(`SELECT amount FROM ${table} WHERE exchange_at >= ?`, since))
        net += parseMoney(row.amount as string);
    return money(net);
  }

  /** One point a minute: a later one in the same minute takes the place of the earlier. */
  recordEquity(at: Ms, equity: number, drawdown: number): void {
    this.database.run(
      `INSERT INTO equity (minute, equity, drawdown) VALUES (?, ?, ?)
       ON CONFLICT (minute) DO UPDATE SET equity = excluded.equity, drawdown = excluded.drawdown`,
      Math.floor(at / 60_000) * 60_000,
      equity,
      drawdown,
    );
  }

  /** The last `limit` equity points, oldest first. */
  equity(limit: number): EquityPoint[] {
    return this.database
      .all('SELECT * FROM equity ORDER BY minute DESC LIMIT ?', limit)
      .reverse()
      .map((row) => ({
        at: ms(row.minute as number),
        equity: row.equity as number,
        drawdown: row.drawdown as number,
      }));
  }

  /** What the limits remember; record it in one `transaction` with the event that changed it. */
  recordRisk(state: RiskState): void {
    this.saveVenueState(RISK_STATE, writeRiskState(state, this.instruments));
  }

  /** As last recorded, with the orders of the last minute as they were journaled; null in a new journal. */
  riskState(now: Us): RiskState | null {
    const json = this.loadVenueState(RISK_STATE);
    if (json === null) return null;
    const sent = this.database.all(
      'SELECT intended_at FROM orders WHERE intended_at > ? ORDER BY intended_at',
      now - 60_000_000,
    );
    return readRiskState(
      json,
      this.instruments,
      sent.map((row) => us(row.intended_at as number)),
    );
  }

  /** A venue's whole state under a name, as JSON; record it in one `transaction` with the events that it caused. */
  saveVenueState(name: string, json: string): void {
    this.database.run(
      'INSERT INTO venue_states (name, state) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET state = excluded.state',
      name,
      json,
    );
  }

  loadVenueState(name: string): string | null {
    const row = this.database.first('SELECT state FROM venue_states WHERE name = ?', name);
    return row === undefined ? null : (row.state as string);
  }

  private get current(): number {
    assert(this.session !== null, 'the journal records only within a session: beginSession first');
    return this.session;
  }

  private refuseOrphans(): void {
    const ids = this.instruments.map(({ id }) => id);
    const position = this.database.first(
      `SELECT instrument FROM fills AS fill
       WHERE position_after <> '0' AND instrument NOT IN (${ids.map(() => '?').join(', ')})
         AND entry_id = (SELECT MAX(entry_id) FROM fills WHERE instrument = fill.instrument)`,
      ...ids,
    );
    if (position !== undefined) throw this.rows.orphan('position', position);
  }

  private newest(table: 'decisions' | 'trades', limit: number): Row[] {
    const ids = this.instruments.map(({ id }) => id);
    const sql = `SELECT * FROM ${table} WHERE instrument IN (${ids.map(() => '?').join(', ')})
      ORDER BY entry_id DESC LIMIT ?`;
    return this.database.all(sql, ...ids, limit);
  }

  private positionSize(instrument: Instrument): Lots {
    const row = this.database.first(
      'SELECT position_after FROM fills WHERE instrument = ? ORDER BY entry_id DESC LIMIT 1',
      instrument.id,
    );
    return row === undefined ? lots(0) : instrument.parseSize(row.position_after as string);
  }

  private place(clientOrderId: string): Place | null {
    const row = this.database.first('SELECT * FROM orders WHERE client_order_id = ?', clientOrderId);
    return row === undefined ? null : this.rows.place(row);
  }

  private ended(protectionId: string): boolean {
    const sql = `SELECT 1 AS found FROM order_events WHERE client_order_id = ? AND state IN (${TERMINAL}) LIMIT 1`;
    return this.database.first(sql, protectionId) !== undefined;
  }

  private add({ realized = 0n, fees = 0n, funding = 0n, settled = 0n }: Partial<Sums>): void {
    if (this.sums === null) return;
    this.sums.realized += realized;
    this.sums.fees += fees;
    this.sums.funding += funding;
    this.sums.settled += settled;
  }

  private nextId(table: string, column = 'entry_id'): number {
    return (
      ((this.database.first(`SELECT MAX(${column}) AS last FROM ${table}`)?.last as number | null) ?? 0) + 1
    );
  }

  private meta(key: string): string | undefined {
    return this.database.first('SELECT value FROM meta WHERE key = ?', key)?.value as string | undefined;
  }

  /** The value kept under `key`; made and kept now if there is none yet. */
  private once(key: string, make: () => string): string {
    return this.database.transaction(() => {
      const kept = this.meta(key);
      if (kept !== undefined) return kept;
      const made = make();
      this.database.run('INSERT INTO meta (key, value) VALUES (?, ?)', key, made);
      return made;
    });
  }
}

const TERMINAL = "'filled', 'canceled', 'rejected'";

/** A fee in another currency is in no sum. */
const feeOf = (row: Row): Money => (row.fee_currency === '' ? parseMoney(row.fee as string) : NO_MONEY);

const randomLetters = (): string =>
  Array.from({ length: PREFIX_LETTERS }, () => String.fromCharCode(97 + randomInt(26))).join('');

interface Sums {
  realized: bigint;
  fees: bigint;
  funding: bigint;
  settled: bigint;
}
