import type { AmendOrder } from '../../core/commands.ts';
import type { Instrument } from '../../core/instrument.ts';
import { BackOff } from './back-off.ts';
import { DecodeError } from './codec/decode-error.ts';
import type { OperationAnswer, OrderUpdate } from './codec/private.ts';
import { errorOf, OkxError } from './errors.ts';
import type { Found } from './inquiry.ts';
import { isTerminal, type OrderLedger, type OrderRecord } from './ledger.ts';
import { type Clock, type Log, sleep, type Timers } from './options.ts';

/** What amending needs of the venue that it belongs to. */
export interface AmendmentParts {
  readonly ledger: OrderLedger;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly instrumentAt: (index: number) => Instrument;
  /** OKX's time, ms. */
  readonly exchangeNow: () => number;
  /** Resolves when the rate limit lets one more go. */
  readonly turn: (instrument: Instrument) => Promise<void>;
  /** Sends under this request id, refused by OKX after `expiresAtMs`; false when it was certainly not sent. */
  readonly send: (amend: AmendOrder, requestId: string, expiresAtMs: number) => boolean;
  readonly lookUp: (record: OrderRecord) => Promise<Found | null>;
  /** Takes in what a look-up found: fills and the order's end are told by it. */
  readonly apply: (record: OrderRecord, found: Found) => Promise<void>;
  readonly answerWithinMs: number;
  readonly expireAfterMs: number;
  /** OKX's lists may lag by this much. */
  readonly listLagMs: number;
}

/** How a request ended: done as the order's push says, refused for certain, or nobody knows. */
type Outcome =
  | { readonly kind: 'done'; readonly update: OrderUpdate }
  | { readonly kind: 'refused' | 'unknown'; readonly problem: string };

interface Waiting {
  readonly record: OrderRecord;
  readonly requestId: string;
  readonly settle: (outcome: Outcome) => void;
}

/**
 * Changes of resting orders, one at a time for each order: a newer one replaces one that waits, and never overtakes one that is
 * under way. OKX's "yes" to the request only says that it was taken; what became of it is said by the order's own push. What
 * was refused, or not heard of, is asked about and never sent again: the answer is how the order stands, by OKX's word.
 */
export class OrderAmendments {
  private readonly parts: AmendmentParts;
  /** By client id: how the order is to be next. */
  private readonly wanted = new Map<string, AmendOrder>();
  /** By client id: what is under way. */
  private readonly waiting = new Map<string, Waiting>();
  private requests = 0;
  private stopped = false;

  constructor(parts: AmendmentParts) {
    this.parts = parts;
  }

  async amend(amend: AmendOrder): Promise<void> {
    const id = amend.clientOrderId;
    const isUnderWay = this.wanted.has(id);
    this.wanted.set(id, amend);
    if (isUnderWay) return;
    await Promise.resolve(); // nothing is told from within `submit`
    const { ledger } = this.parts;
    const record = ledger.find(id) ?? ledger.expect(amend.instrument, id, 'order');
    while (!this.stopped && !isTerminal(record)) {
      const next = this.wanted.get(id)!;
      await this.amendOnce(record, next);
      if (this.wanted.get(id) === next) break;
    }
    this.wanted.delete(id);
  }

  /** Whether it answers one of ours. */
  answered(answer: OperationAnswer): boolean {
    const waiting = [...this.waiting.values()].find(({ requestId }) => requestId === answer.id);
    if (waiting === undefined) return answer.id.startsWith(PREFIX);
    if (answer.code === '0') return true; // taken; the push says what came of it
    const { message, outcome } = errorOf('amend', answer.code, answer.message);
    waiting.settle({ kind: outcome, problem: message });
    return true;
  }

  /** An order's push, already told. */
  pushed(update: OrderUpdate): void {
    if (update.amendResult === '') return;
    const waiting = this.waiting.get(update.clientOrderId);
    if (waiting?.requestId !== update.requestId) {
      this.pushedOfOthers(update);
      return;
    }
    if (update.amendResult === '-1')
      waiting.settle({ kind: 'refused', problem: `amend: OKX says ${update.amendFailure || 'it failed'}` });
    else waiting.settle({ kind: 'done', update });
  }

  /** A person has changed one of our orders: the engine must know how it stands. */
  private pushedOfOthers({ clientOrderId, requestId, amendResult, price, size }: OrderUpdate): void {
    const { ledger, clock } = this.parts;
    const record = ledger.find(clientOrderId);
    if (record === undefined || requestId.startsWith(PREFIX) || amendResult === '-1') return;
    ledger.tellAmended(record, { price, size, refusal: '' }, clock.nowUs());
  }

  connectionLost(): void {
    for (const { settle } of [...this.waiting.values()])
      settle({ kind: 'unknown', problem: 'the connection was lost before an answer came' });
  }

  stop(): void {
    this.stopped = true;
    this.waiting.clear();
  }

  private async amendOnce(record: OrderRecord, amend: AmendOrder): Promise<void> {
    const { ledger, log, clock, turn, instrumentAt } = this.parts;
    await turn(instrumentAt(amend.instrument));
    if (this.stopped || isTerminal(record)) return;
    const expiresAtMs = this.parts.exchangeNow() + this.parts.expireAfterMs;
    const outcome = await this.request(record, amend, expiresAtMs);
    if (this.stopped || isTerminal(record)) return; // its end is the answer
    if (outcome.kind === 'done') {
      const { price, size } = outcome.update;
      return ledger.tellAmended(record, { price, size, refusal: '' }, clock.nowUs());
    }
    log('warn', 'amending an order failed', { order: record.id, problem: outcome.problem });
    await this.howItStands(record, amend, outcome.problem, outcome.kind === 'refused' ? 0 : expiresAtMs);
  }

  private request(record: OrderRecord, amend: AmendOrder, expiresAtMs: number): Promise<Outcome> {
    const { timers, answerWithinMs } = this.parts;
    const requestId = `${PREFIX}${++this.requests}`;
    return new Promise((resolve) => {
      const cancelTimeout = timers.after(answerWithinMs, () =>
        settle({ kind: 'unknown', problem: `no answer in ${answerWithinMs} ms` }),
      );
      const settle = (outcome: Outcome): void => {
        cancelTimeout();
        this.waiting.delete(record.id);
        resolve(outcome);
      };
      this.waiting.set(record.id, { record, requestId, settle });
      if (!this.parts.send(amend, requestId, expiresAtMs))
        settle({ kind: 'refused', problem: 'not sent: not connected' });
    });
  }

  /** Asks until OKX has said how the order stands, or what became of it; up to `untilMs` the request may still arrive. */
  private async howItStands(
    record: OrderRecord,
    amend: AmendOrder,
    problem: string,
    untilMs: number,
  ): Promise<void> {
    const { ledger, log, clock, random, timers, exchangeNow, listLagMs } = this.parts;
    const backOff = new BackOff(random, 500, 5_000);
    while (!this.stopped && !isTerminal(record)) {
      try {
        const askedAtMs = exchangeNow();
        const found = await this.parts.lookUp(record);
        if (this.stopped) return;
        const isOver = untilMs === 0 || askedAtMs > untilMs + listLagMs;
        if (found !== null && found.order !== null) {
          await this.parts.apply(record, found);
          if (isTerminal(record)) return;
          const { price, size } = found.order;
          const isDone = price === amend.price && size === amend.size;
          const refusal = isDone ? '' : problem;
          if (isDone || isOver) return ledger.tellAmended(record, { price, size, refusal }, clock.nowUs());
        } else if (isOver && askedAtMs > record.expiresAtMs + listLagMs) {
          return ledger.tell(record, '', 'canceled', record.filled, 'OKX has no such order', clock.nowUs());
        }
      } catch (error) {
        if (!(error instanceof OkxError) && !(error instanceof DecodeError)) throw error;
        log('warn', 'asking for an amended order failed: asking again', {
          order: record.id,
          problem: error.message,
        });
      }
      await sleep(timers, 200 + backOff.next());
    }
  }
}

/** Of request ids: letters and digits, at most 32 (`reqId`). */
const PREFIX = 'a';
