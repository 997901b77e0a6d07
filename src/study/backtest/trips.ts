import type { Command, Decision, Place } from '../../core/commands.ts';
import {
  type CandleEvent,
  EventKind,
  type FillEvent,
  type ProtectionEvent,
  type TradeEvent,
} from '../../core/events.ts';
import { formatMoney, type Instrument } from '../../core/instrument.ts';
import type { RoundTrip } from '../../core/position/account.ts';
import { type Money, money, type Ticks } from '../../core/units.ts';
import type { FillReport, ProtectionMove, RefusalReport, TradeReport } from '../report/report-data.ts';

export interface Allowed {
  readonly low: number;
  readonly high: number;
  readonly volume: number;
}

/** A decision in words, for comparing runs. */
export interface TracedDecision {
  /** µs. */
  readonly at: number;
  readonly what: string;
  /** Whose opinion it was, and which: without what the account made of it. */
  readonly opinion: string;
  readonly entered: boolean;
}

interface Open {
  readonly openedAt: number;
  readonly why: string;
  entryValue: bigint;
  exitValue: bigint;
  closedAt: number;
  low: number;
  high: number;
  readonly moves: ProtectionMove[];
}

/** Round trips as the report tells them: with what opened them, where stop and target stood, and what they went through. */
export class Trips {
  readonly trades: TradeReport[] = [];
  readonly fills: FillReport[] = [];
  /** Every decision in the order they were made; of the orders, what the decision says of them. */
  readonly traced: TracedDecision[] = [];
  entered = 0;
  private readonly refusals = new Map<string, RefusalReport>();
  private readonly instruments: readonly Instrument[];
  private readonly open: (Open | null)[];
  private readonly decisions = new Map<string, Decision>();
  private readonly entries = new Map<string, Place>();

  constructor(instruments: readonly Instrument[]) {
    this.instruments = instruments;
    this.open = instruments.map(() => null);
  }

  command(command: Command): void {
    switch (command.kind) {
      case 'decision':
        this.traced.push({
          at: command.at,
          opinion: `${this.instruments[command.instrument]!.id} ${command.direction} ${command.proposer} ${command.confidence}`,
          entered: command.outcome === 'entered',
          what: `${this.instruments[command.instrument]!.id} ${command.direction} ${command.outcome} ${command.refusal} ${command.proposer} ${command.confidence} ${command.detail}`,
        });
        if (command.outcome === 'entered') {
          this.entered++;
          this.decisions.set(command.clientOrderId, command);
        } else this.refuse(command);
        return;
      case 'place':
        if (command.purpose === 'entry') this.entries.set(command.clientOrderId, command);
        return;
      case 'tradeClosed':
        this.closed(command.trade);
    }
  }

  /** One for each symbol and reason, as they first came. */
  get refused(): RefusalReport[] {
    return [...this.refusals.values()];
  }

  /** `allowed`: what the market could have filled at that time, ticks and lots; null where nobody says. */
  fill(event: FillEvent, allowed: Allowed | null): void {
    const instrument = this.instruments[event.instrument]!;
    this.fills.push({
      symbol: instrument.id,
      at: event.exchangeAt,
      side: event.side,
      price: instrument.priceToNumber(event.price),
      size: Number(instrument.formatSize(event.size)),
      value: formatMoney(instrument.value(event.size, event.price)),
      fee: formatMoney(event.fee),
      maker: event.maker,
      purpose: event.purpose,
      why: event.why,
      allowed:
        allowed === null
          ? null
          : {
              low: instrument.priceToNumber(allowed.low),
              high: instrument.priceToNumber(allowed.high),
              volume: allowed.volume * instrument.lotSize,
            },
    });
    const value = instrument.value(event.size, event.price);
    let trip = this.open[event.instrument]!;
    if (trip === null) {
      trip = {
        openedAt: event.exchangeAt,
        why: event.why,
        entryValue: 0n,
        exitValue: 0n,
        closedAt: event.exchangeAt,
        low: event.price,
        high: event.price,
        moves: [],
      };
      this.open[event.instrument] = trip;
    }
    if (event.purpose === 'entry') trip.entryValue += value;
    else trip.exitValue += value;
    trip.closedAt = event.exchangeAt;
    see(trip, event.price, event.price);
  }

  /** The venue has moved stop or target. */
  moved(event: ProtectionEvent): void {
    if (event.refusal !== '') return;
    const instrument = this.instruments[event.instrument]!;
    const at = (price: Ticks): number | null => (price > 0 ? instrument.priceToNumber(price) : null);
    const moves = this.open[event.instrument]?.moves ?? [];
    const move = { at: event.at / 1000, stop: at(event.stopLoss), target: at(event.takeProfit) };
    const last = moves.at(-1);
    // the answer to a repeat tells nothing new
    if (last === undefined || last.stop !== move.stop || last.target !== move.target) moves.push(move);
  }

  /** What an open trade lives through. */
  market(event: CandleEvent | TradeEvent): void {
    const trip = this.open[event.instrument]!;
    if (trip === null) return;
    if (event.kind === EventKind.candle) see(trip, event.low, event.high);
    else see(trip, event.price, event.price);
  }

  private refuse({ instrument, refusal, detail }: Decision): void {
    const key = `${instrument} ${refusal}`;
    const known = this.refusals.get(key);
    this.refusals.set(key, {
      symbol: this.instruments[instrument]!.id,
      reason: refusal,
      count: (known?.count ?? 0) + 1,
      example: known?.example ?? detail,
    });
  }

  private closed(trade: RoundTrip): void {
    const instrument = this.instruments[trade.instrument]!;
    const trip = this.open[trade.instrument]!;
    const decision = this.decisions.get(trade.clientOrderId);
    const entry = this.entries.get(trade.clientOrderId);
    this.decisions.delete(trade.clientOrderId);
    this.entries.delete(trade.clientOrderId);
    this.open[trade.instrument] = null;
    const long = trade.direction === 'long';
    const at = (price: number): number => instrument.priceToNumber(price);
    this.trades.push({
      symbol: instrument.id,
      direction: trade.direction,
      size: instrument.formatSize(trade.size),
      openedAt: trip.openedAt,
      closedAt: trip.closedAt,
      entry: at(trade.entry),
      exit: at(trade.exit),
      entryValue: formatMoney(money(trip.entryValue)),
      exitValue: formatMoney(money(trip.exitValue)),
      stop: entry !== undefined && entry.stopLoss > 0 ? at(entry.stopLoss) : null,
      target: entry !== undefined && entry.takeProfit > 0 ? at(entry.takeProfit) : null,
      moves: trip.moves,
      initialRisk:
        entry !== undefined && entry.stopLoss > 0
          ? formatMoney(distance(trip.entryValue, instrument.value(trade.size, entry.stopLoss as Ticks)))
          : null,
      realized: formatMoney(trade.realized),
      fees: formatMoney(trade.fees),
      funding: formatMoney(trade.funding),
      net: formatMoney(money(trade.realized + trade.fees + trade.funding)),
      exitReason: trade.exitReason,
      strategy: decision?.proposer ?? 'unknown',
      confidence: decision?.confidence ?? null,
      reasons: decision === undefined ? [trip.why] : [...decision.reasons, decision.detail, trip.why],
      worst: at(long ? trip.low : trip.high),
      best: at(long ? trip.high : trip.low),
    });
  }
}

function see(trip: Open, low: number, high: number): void {
  if (low < trip.low) trip.low = low;
  if (high > trip.high) trip.high = high;
}

const distance = (a: bigint, b: bigint): Money => money(a > b ? a - b : b - a);
