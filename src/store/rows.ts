import { assert } from '../core/assert.ts';
import type { Decision, Place } from '../core/commands.ts';
import type { FillPurpose } from '../core/events.ts';
import { type Instrument, parseMoney } from '../core/instrument.ts';
import { ms, type Side, us } from '../core/units.ts';
import { JournalError, type Row } from './database.ts';
import type { ClosedTrade, JournaledFill, JournaledState, UnresolvedIntent } from './records.ts';

/** Rows of the journal as records: instIds become indexes, decimal text ticks, lots and money. */
export class RowReader {
  private readonly path: string;
  private readonly instruments: readonly Instrument[];

  constructor(path: string, instruments: readonly Instrument[]) {
    this.path = path;
    this.instruments = instruments;
  }

  instrument(index: number): Instrument {
    const instrument = this.instruments[index];
    assert(
      instrument !== undefined,
      `the journal was opened with ${this.instruments.length} instruments, not ${index}`,
    );
    return instrument;
  }

  place(row: Row): Place {
    const [index, instrument] = this.instrumentOf(row);
    return {
      kind: 'place',
      instrument: index,
      clientOrderId: row.client_order_id as string,
      side: row.side as Side,
      type: row.type as Place['type'],
      size: instrument.parseSize(row.size as string),
      price: instrument.parsePrice(row.price as string),
      reduceOnly: row.reduce_only === 1,
      leverage: row.leverage as number,
      takeProfit: instrument.parsePrice(row.take_profit as string),
      stopLoss: instrument.parsePrice(row.stop_loss as string),
      protectionId: row.protection_id as string,
      purpose: row.purpose as Place['purpose'],
    };
  }

  unresolved(row: Row): UnresolvedIntent {
    const [, instrument] = this.instrumentOf(row);
    return {
      command: this.place(row),
      intendedAt: us(row.intended_at as number),
      state: row.state as JournaledState,
      venueOrderId: row.venue_order_id as string,
      filled: instrument.parseSize(row.filled as string),
    };
  }

  fill(row: Row): JournaledFill {
    const [index, instrument] = this.instrumentOf(row);
    return {
      instrument: index,
      tradeId: row.trade_id as string,
      clientOrderId: row.client_order_id as string,
      venueOrderId: row.venue_order_id as string,
      receivedAt: us(row.received_at as number),
      exchangeAt: ms(row.exchange_at as number),
      side: row.side as Side,
      price: instrument.parsePrice(row.price as string),
      size: instrument.parseSize(row.size as string),
      fee: parseMoney(row.fee as string),
      feeCurrency: row.fee_currency as string,
      maker: row.maker === 1,
      purpose: row.purpose as FillPurpose,
      why: row.why as string,
      realized: parseMoney(row.realized as string),
      positionAfter: instrument.parseSize(row.position_after as string),
    };
  }

  decision(row: Row): Decision {
    const [index] = this.instrumentOf(row);
    return {
      kind: 'decision',
      instrument: index,
      at: us(row.decided_at as number),
      proposer: row.proposer as string,
      direction: row.direction as Decision['direction'],
      confidence: row.confidence as number,
      reasons: JSON.parse(row.reasons as string) as string[],
      outcome: row.outcome as Decision['outcome'],
      refusal: row.refusal as string,
      detail: row.detail as string,
      clientOrderId: row.client_order_id as string,
    };
  }

  trade(row: Row): ClosedTrade {
    const [index, instrument] = this.instrumentOf(row);
    return {
      instrument: index,
      direction: row.direction as ClosedTrade['direction'],
      size: instrument.parseSize(row.size as string),
      openedAt: us(row.opened_at as number),
      closedAt: us(row.closed_at as number),
      entryPrice: row.entry_price as number,
      exitPrice: row.exit_price as number,
      realized: parseMoney(row.realized as string),
      fees: parseMoney(row.fees as string),
      funding: parseMoney(row.funding as string),
      exitReason: row.exit_reason as string,
      clientOrderId: row.client_order_id as string,
    };
  }

  /** What is open on an instrument that is not traded any more is an error, never an omission. */
  orphan(what: 'order' | 'position', { instrument }: Row): JournalError {
    return new JournalError(
      `${this.path}: holds an open ${what} of ${instrument}, which is not among the symbols of this run; add it until it is closed`,
    );
  }

  private instrumentOf(row: Row): [number, Instrument] {
    const index = this.instruments.findIndex(({ id }) => id === row.instrument);
    if (index < 0) throw this.orphan('order', row);
    return [index, this.instruments[index]!];
  }
}
