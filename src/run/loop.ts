import type { Command, OrderCommand, Place } from '../core/commands.ts';
import type { Engine } from '../core/engine.ts';
import {
  AccountEvent,
  type Amended,
  type Event,
  EventKind,
  HoldEvent,
  type MarketEvent,
  type OperatorAction,
  OperatorEvent,
  OrderEvent,
  TimerEvent,
} from '../core/events.ts';
import { formatMoney, type Instrument } from '../core/instrument.ts';
import { describeRefusal } from '../core/risk/risk.ts';
import { lots, money, type Us, us } from '../core/units.ts';
import type { Projection } from '../dashboard/projection.ts';
import type { Vitals } from '../dashboard/vitals.ts';
import type { Journal } from '../store/journal.ts';
import type { PaperVenue } from '../venue/paper/paper-venue.ts';
import type { Venue, VenueClock, VenueEvent } from '../venue/venue.ts';
import { closedTrade } from './closed-trade.ts';
import type { Log } from './log.ts';
import type { Recovered } from './recover.ts';
import type { SessionRecorder } from './session/recorder.ts';

export const PAPER_STATE = 'paper';
/** What a person switched, kept over restarts: a kill stays until somebody re-arms. */
const SWITCHES = 'switches';

const STORE_RETRY_US = 1_000_000;

/** Exits, cancels and moves of a stop take risk away: they go out whatever the journal says. */
const reduces = (command: OrderCommand): boolean =>
  command.kind === 'place' ? command.reduceOnly : !(command.kind === 'amend' && command.target === 'order');

interface Switches {
  readonly killed: boolean;
  /** Of the kill: whether it closes positions. */
  readonly flatten: boolean;
  readonly paused: boolean;
}

export interface LoopParts {
  readonly engine: Engine;
  readonly instruments: readonly Instrument[];
  readonly venue: Venue;
  /** The venue again when it is the paper one: it must see each market event before the engine does. */
  readonly paper: PaperVenue | null;
  readonly journal: Journal;
  readonly clock: VenueClock;
  readonly vitals: Vitals;
  readonly projection: Projection;
  readonly log: Log;
  /** Writes down what enters the engine and what leaves it, where that is wanted. */
  readonly recorder: SessionRecorder | null;
}

/**
 * The one loop of a running instance: an event in, the engine's step, what came of it to disk, then what it wants sent.
 *
 * The order is the promise: an intent is durable before the venue is told; what the venue told is durable before the
 * engine's answer to it leaves; the paper account is saved together with the events that changed it. A kill between any two
 * of these loses nothing that cannot be asked for again. While the journal cannot write, there is no new risk: entries are
 * turned back, exits and cancels go out all the same, and what happened waits in memory until it can be written.
 */
export class Loop {
  private readonly parts: LoopParts;
  private readonly commands: Command[] = [];
  private knownFills = new Set<string>();
  private knownPayments = new Set<string>();
  private knownSettlements = new Set<string>();
  /** Venue events that arrived before the account was reconciled. */
  private held: VenueEvent[] | null = [];
  private stopped = false;
  private readonly timers = new Set<() => void>();
  /** What the journal could not take yet, oldest first. */
  private backlog: (() => void)[] = [];
  private keptFigures = '';
  private toldBreach = '';

  constructor(parts: LoopParts) {
    this.parts = parts;
  }

  readonly onMarket = (event: MarketEvent): void => {
    if (this.stopped) return;
    const { paper, vitals } = this.parts;
    if (event.kind === EventKind.book) vitals.book(event.at / 1000 - event.frame.exchangeAt);
    paper?.observe(event);
    this.step(event);
  };

  readonly onVenue = (event: VenueEvent): void => {
    if (this.stopped) return;
    if (this.held !== null) {
      this.held.push(event);
      return;
    }
    if (event.kind === EventKind.fill) {
      const id = `${event.instrument}/${event.tradeId}`;
      if (this.knownFills.has(id)) return;
      this.knownFills.add(id);
    } else if (event.kind === EventKind.fundingPayment) {
      const id = `${event.instrument}/${event.paymentId}`;
      if (this.knownPayments.has(id)) return;
      this.knownPayments.add(id);
    } else if (event.kind === EventKind.settlement) {
      const id = `${event.instrument}/${event.settlementId}`;
      if (this.knownSettlements.has(id)) return;
      this.knownSettlements.add(id);
    }
    this.step(event);
  };

  /** The reconciled account: from here on the engine may act. */
  begin(recovered: Recovered): void {
    this.knownFills = new Set(recovered.knownFills);
    this.knownPayments = new Set(recovered.knownPayments);
    this.knownSettlements = new Set(recovered.knownSettlements);
    const kept = JSON.parse(this.parts.journal.loadVenueState(SWITCHES) ?? '{}') as Partial<Switches>;
    const { log, clock } = this.parts;
    if (kept.killed === true) {
      log('warn', 'the kill switch is on: `hunter arm`, or the page, lets it trade again');
      this.step(new OperatorEvent(clock.now(), 'kill', kept.flatten ?? true));
    }
    if (kept.paused === true) {
      log('warn', 'entries are paused');
      this.step(new OperatorEvent(clock.now(), 'pause'));
    }
    this.step(recovered.event);
    const held = this.held ?? [];
    this.held = null;
    for (const event of held) this.onVenue(event);
  }

  /** `flatten`: of a kill, whether it closes positions too. `by`: who or what asks, for the log. */
  operate(action: OperatorAction, flatten = true, by = 'operator'): void {
    const { engine, journal, clock, log } = this.parts;
    const scope =
      action === 'kill' ? `, ${flatten ? 'closing positions' : 'positions keep their stops'}` : '';
    log('warn', `${by}: ${action}${scope}`);
    // on disk first: a kill must outlive a crash that follows it
    const { killed, killFlattens, paused } = engine.risk;
    const switches: Switches = {
      killed: action === 'kill' || (killed && action !== 'arm'),
      flatten: action === 'kill' ? flatten || (killed && killFlattens) : killFlattens,
      paused: action === 'pause' || (paused && action !== 'resume'),
    };
    const save = (): void => journal.saveVenueState(SWITCHES, JSON.stringify(switches));
    // before the account is known there is nothing to save it together with
    if (this.held === null) this.durably(save);
    else this.note(save);
    this.step(new OperatorEvent(clock.now(), action, flatten));
    if (this.held === null) this.keepRisk();
  }

  /**
   * Call every few seconds: what the limits remember moves with the market as well, and a crash must not take more of it
   * along than that.
   */
  keepRisk(): void {
    // what waits to be written takes the newest figures along
    if (this.stopped || this.held !== null || this.backlog.length > 0) return;
    const { equity, peakEquity, dayEquity } = this.parts.engine.risk.history;
    const figures = `${equity} ${peakEquity} ${dayEquity}`;
    if (figures === this.keptFigures) return;
    this.keptFigures = figures;
    this.durably(() => undefined);
  }

  /** Takes nothing more, sends nothing more. The stops stay where they are: at the venue. */
  stop(): void {
    this.stopped = true;
    for (const callOff of this.timers) callOff();
    this.timers.clear();
  }

  private step(event: Event): void {
    if (this.stopped) return;
    const { engine, vitals, clock, recorder } = this.parts;
    const out = this.commands;
    out.length = 0;
    recorder?.event(event);
    const realizedBefore = engine.account.realized;
    const startedAt = performance.now();
    engine.step(event, out);
    vitals.event(clock.now() / 1000, (performance.now() - startedAt) * 1e6);
    this.record(event, money(engine.account.realized - realizedBefore));
    this.tellBreach();
    if (out.length > 0) this.carryOut(out.splice(0));
  }

  /** Written down for people and statistics: must not cost the trading its life. */
  note(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.parts.log('error', `the journal cannot write: ${(error as Error).message}`);
    }
  }

  /** A limit that ends entries is told once, and on disk at once. */
  private tellBreach(): void {
    const { breach } = this.parts.engine.risk.history;
    if ((breach?.reason ?? '') === this.toldBreach) return;
    this.toldBreach = breach?.reason ?? '';
    if (breach === null) this.parts.log('info', 'entries are allowed again');
    else this.parts.log('warn', describeRefusal(breach));
    this.durably(() => undefined);
  }

  private logAmended(clientOrderId: string, index: number, { price, size, refusal }: Amended): void {
    const { instruments, log } = this.parts;
    const instrument = instruments[index]!;
    const stands = `${instrument.id}: order ${clientOrderId} ${refusal === '' ? 'is' : 'stays'} at ${instrument.formatPrice(price)}, ${instrument.formatSize(size)} in all`;
    if (refusal === '') log('info', stands);
    else log('warn', `${stands}: ${refusal}`);
  }

  private record(event: Event, realized: ReturnType<typeof money>): void {
    const { journal, projection, log, instruments } = this.parts;
    switch (event.kind) {
      case EventKind.order: {
        this.durably(() => journal.recordOrder(event));
        if (event.state === 'rejected') log('warn', `order ${event.clientOrderId} rejected: ${event.reason}`);
        else if (event.state === 'unknown')
          log('warn', `order ${event.clientOrderId}: no answer, asking the venue`);
        if (event.amended !== null) this.logAmended(event.clientOrderId, event.instrument, event.amended);
        return;
      }
      case EventKind.fill: {
        this.durably(() => journal.recordFill(event, realized));
        projection.fill(event);
        const instrument = instruments[event.instrument]!;
        log(
          'info',
          `${event.purpose === 'entry' ? 'entered' : `closed by ${event.purpose}`}: ${event.side} ${instrument.formatSize(event.size)} ${instrument.id} at ${instrument.formatPrice(event.price)}`,
          { tradeId: event.tradeId, clientOrderId: event.clientOrderId, why: event.why },
        );
        return;
      }
      case EventKind.protection: {
        this.durably(() => journal.recordProtection(event));
        const instrument = instruments[event.instrument]!;
        const stop = `the stop of ${instrument.id} ${event.refusal === '' ? 'is' : 'stays'} at ${instrument.formatPrice(event.stopLoss)}`;
        if (event.refusal === '') log('info', stop, { protectionId: event.protectionId });
        else log('warn', `${stop}: ${event.refusal}`, { protectionId: event.protectionId });
        return;
      }
      case EventKind.fundingPayment:
        this.durably(() => journal.recordFunding(event));
        return;
      case EventKind.settlement: {
        this.durably(() => journal.recordSettlement(event));
        const { id, settleCurrency } = instruments[event.instrument]!;
        const taken = event.amount < 0n;
        log(
          'warn',
          `the liquidation of ${id} ${taken ? 'took' : 'was made up for by'} ${formatMoney(money(taken ? -event.amount : event.amount))} ${settleCurrency} ${taken ? 'beyond its loss' : 'of the insurance fund'}`,
          { settlementId: event.settlementId, tradeId: event.tradeId },
        );
        return;
      }
      case EventKind.feed: {
        const { id } = instruments[event.instrument]!;
        log(
          event.live ? 'info' : 'warn',
          `${id}: ${event.live ? 'market data live' : `market data not live: ${event.reason}`}`,
        );
        return;
      }
      default:
        if (event instanceof AccountEvent) this.durably(() => undefined);
    }
  }

  /** Together with what the limits remember, and the paper account when there is one, as they are now. */
  private durably(work: () => unknown): void {
    const write = (): void => {
      const { journal, paper, engine, clock } = this.parts;
      journal.transaction(() => {
        work();
        if (engine.risk.history.began) journal.recordRisk(engine.risk.state(clock.now()));
        if (paper !== null) journal.saveVenueState(PAPER_STATE, paper.matcher.save());
      });
    };
    // the order is part of the record: nothing overtakes what waits
    if (this.backlog.length > 0) {
      this.backlog.push(write);
      return;
    }
    try {
      write();
    } catch (error) {
      this.backlog.push(write);
      this.holdUntilWritten(error as Error);
    }
  }

  /** No new risk until the backlog is on disk; tried again each second. */
  private holdUntilWritten(error: Error): void {
    const { log, clock } = this.parts;
    const reason = `the journal cannot write: ${error.message}`;
    log('error', `${reason}; no new entries until it can`);
    this.later(us(clock.now() + STORE_RETRY_US), () => this.writeBacklog());
    queueMicrotask(() => this.step(new HoldEvent(clock.now(), reason)));
  }

  private writeBacklog(): void {
    const { log, clock } = this.parts;
    try {
      while (this.backlog.length > 0) {
        this.backlog[0]!();
        this.backlog.shift();
      }
    } catch (error) {
      log('debug', `still not: ${(error as Error).message}`, { waiting: this.backlog.length });
      this.later(us(clock.now() + STORE_RETRY_US), () => this.writeBacklog());
      return;
    }
    log('info', 'the journal is up to date again');
    this.step(new HoldEvent(clock.now(), ''));
  }

  private later(at: Us, wake: () => void): void {
    const callOff = this.parts.clock.at(at, () => {
      this.timers.delete(callOff);
      if (!this.stopped) wake();
    });
    this.timers.add(callOff);
  }

  /** True when every intent is on disk. */
  private intended(orders: readonly OrderCommand[]): boolean {
    const { journal, clock } = this.parts;
    if (this.backlog.length > 0) return false;
    try {
      journal.recordIntent(orders, clock.now());
      return true;
    } catch (error) {
      this.backlog.push(() => journal.recordIntent(orders.filter(reduces), clock.now()));
      this.holdUntilWritten(error as Error);
      return false;
    }
  }

  /** An entry without a record is not sent: the engine is told as if the venue had refused it. */
  private turnBack(place: Place): void {
    const { clock } = this.parts;
    queueMicrotask(() =>
      this.step(
        new OrderEvent(
          clock.now(),
          place.instrument,
          place.clientOrderId,
          '',
          'rejected',
          lots(0),
          'not sent: the journal cannot write',
        ),
      ),
    );
  }

  private carryOut(commands: readonly Command[]): void {
    const { engine, journal, venue, clock, projection, log, instruments, recorder } = this.parts;
    const orders = commands.filter(
      (command) => command.kind === 'place' || command.kind === 'cancel' || command.kind === 'amend',
    );
    const recorded = orders.length === 0 || this.intended(orders);
    if (recorder !== null) {
      const sent = new Set<Command>(recorded ? orders : orders.filter(reduces));
      const now = clock.now();
      for (const command of commands) recorder.command(command, engine.now, sent.has(command) ? now : null);
    }
    for (const command of commands) {
      switch (command.kind) {
        case 'place':
          log('debug', `place ${command.clientOrderId}`, { order: command });
          if (!recorded && !reduces(command)) {
            this.turnBack(command);
            break;
          }
          venue.submit(command);
          break;
        case 'amend':
          // the entry stays where it stands: it is asked for again, or times out
          if (!recorded && !reduces(command)) break;
          venue.submit(command);
          break;
        case 'cancel':
          venue.submit(command);
          break;
        case 'timer':
          this.later(command.fireAt, () => this.step(new TimerEvent(clock.now())));
          break;
        case 'decision':
          this.note(() => journal.recordDecision(command));
          projection.decision(command);
          if (command.outcome === 'entered') {
            const place = commands.find((each) => each.kind === 'place');
            const instrument = instruments[command.instrument]!;
            log(
              'info',
              `${command.direction} ${instrument.id}, confidence ${command.confidence.toFixed(2)}: ${command.detail}` +
                (place === undefined
                  ? ''
                  : `; TP ${instrument.formatPrice(place.takeProfit)}, SL ${instrument.formatPrice(place.stopLoss)}, ${place.leverage}×`),
            );
          } else log('debug', `refused ${command.direction}: ${command.detail}`);
          break;
        case 'tradeClosed': {
          const { trade } = command;
          this.durably(() => journal.recordTrade(closedTrade(instruments[trade.instrument]!, trade)));
          projection.trade(trade);
          break;
        }
      }
    }
  }
}
