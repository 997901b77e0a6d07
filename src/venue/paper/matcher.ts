import { NO_PRICE } from '../../core/book/ladder.ts';
import type { AmendOrder, AmendProtection, Cancel, OrderCommand, Place } from '../../core/commands.ts';
import {
  EventKind,
  FillEvent,
  type FillPurpose,
  FundingPaymentEvent,
  type MarketEvent,
  type OrderState,
  SettlementEvent,
} from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { Position } from '../../core/position/position.ts';
import {
  lots,
  type Money,
  type Ms,
  msToUs,
  NO_MONEY,
  type Side,
  signOf,
  ticks,
  type Us,
  us,
  usToMs,
} from '../../core/units.ts';
import type { VenueEvent } from '../venue.ts';
import { PaperAccount } from './account.ts';
import { Answers, type Report } from './answers.ts';
import { BookLiquidity } from './book-liquidity.ts';
import type { PaperConfig } from './config.ts';
import { Way } from './latency.ts';
import type { Liquidity } from './liquidity.ts';
import type { PaperOrder } from './order.ts';
import { Protections, type StandingPair } from './protection.ts';
import { joinQueue } from './queue.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

export type { PaperConfig } from './config.ts';

/** As at OKX: a position from the third tier on is cut by two tiers before all of it is taken. */
const TIERS_CUT = 2;
/** Share of a stretch that counts as its beginning: who arrives in it meets what the stretch began with. */
const EARLY = 0.05;

interface Due {
  readonly sentAt: Us;
  readonly at: Us;
  readonly command: OrderCommand;
}

/**
 * Fills our orders against a market that they cannot move, in the time of the events alone: the same code for paper
 * trading on a live feed and for backtests on a tape. What a fill needs of the market is said by its `Liquidity`.
 *
 * What it assumes, and which way it errs:
 * - An order meets the market as it stands when it arrives; orders arrive, and answers come back, in the order in which they
 *   were sent (`latency.ts`). Take profit and stop loss stand at the venue: they take no time.
 * - Take profit and stop loss trigger on the last trade and fill no better than the trade that triggered them.
 * - While nobody runs it, nothing happens: a stop fires at the first trade after the restart, at that market's price, and of
 *   several funding times that were missed only the forecast one is charged, on the mark of the restart: too kind to who
 *   pays. What was on its way when the process ended never arrives (see `save`).
 * - A liquidation goes by the instrument's tiers, else by one maintenance rate: too kind to positions beyond OKX's first tier.
 *   It takes at market what OKX settles at the bankruptcy price: a position that is only cut comes off too well.
 *   Where nothing else is open, all that stood behind it is gone, as at OKX, which settles at the bankruptcy price: the
 *   insurance fund takes what the market left, and bears what is missing (`SettlementEvent`).
 */
export class PaperMatcher {
  private readonly instruments: readonly Instrument[];
  private readonly liquidity: readonly Liquidity[];
  private readonly account: PaperAccount;
  private readonly orderWay: Way;
  private readonly answerWay: Way;
  private readonly answers: Answers;
  private readonly protections: Protections;
  private resting: PaperOrder[] = [];
  private due: Due[] = [];
  private nextId = 1;

  constructor(
    config: PaperConfig,
    instruments: readonly Instrument[],
    liquidity: readonly Liquidity[] = instruments.map(() => new BookLiquidity(config)),
  ) {
    this.instruments = instruments;
    this.liquidity = liquidity;
    this.account = new PaperAccount(config, instruments, liquidity);
    this.orderWay = new Way(config.orderLatency, config.seed, 'order');
    this.answerWay = new Way(config.answerLatency, config.seed, 'answer');
    this.answers = new Answers(this.answerWay);
    this.protections = new Protections(this.answers);
  }

  get balance(): Money {
    return this.account.balance;
  }

  get positions(): readonly Position[] {
    return this.account.positions;
  }

  get leverage(): readonly number[] {
    return this.account.leverage;
  }

  /** Plain commands: what a session's risk approved is tried again here. A `Venue` takes none that is not approved. */
  submit(command: OrderCommand, now: Us): void {
    this.due.push({ sentAt: now, at: this.orderWay.arrival(now), command });
  }

  /** When something of ours happens next without the market's doing; null = nothing pending. */
  get nextAt(): Us | null {
    let earliest = this.answers.nextAt;
    for (const { at, command } of this.due)
      if ((earliest === null || at < earliest) && this.meetsAtOnce(command)) earliest = at;
    return earliest;
  }

  /** Lets everything happen that is due by `now`, answers in the order of their times. */
  advance(now: Us, emit: (event: VenueEvent) => void): void {
    if (this.due.length > 0) {
      const arrives = ({ at, command }: Due): boolean => at <= now && this.meetsAtOnce(command);
      const arrived = this.due.filter(arrives);
      if (arrived.length > 0) this.due = this.due.filter((due) => !arrives(due));
      for (const due of arrived) {
        this.settleFunding(due.at);
        this.carryOut(due);
      }
    }
    this.settleFunding(now);
    this.answers.deliver(now, emit);
  }

  /** The market moved: first what was due before, then what this event does to our orders. */
  market(event: MarketEvent, emit: (event: VenueEvent) => void): void {
    const index = event.instrument;
    const liquidity = this.liquidity[index]!;
    if (liquidity.tells(event)) return this.stretch(event, emit);
    this.advance(event.at, emit);
    liquidity.observe(event);
    switch (event.kind) {
      case EventKind.book:
        this.reachResting(event, event.at);
        break;
      case EventKind.trade:
        this.reachResting(event, event.at);
        this.trigger(event, event.at);
        break;
      case EventKind.mark:
        this.account.mark(index, event.price);
        this.liquidate(index, event.at);
        break;
      case EventKind.funding:
        this.account.expectFunding(index, event.rate, event.fundingAt, usToMs(event.at));
        break;
      case EventKind.feed:
      case EventKind.candle:
        break;
    }
    this.advance(event.at, emit);
  }

  /** A stretch of the market, told when it is over. What was due when it began comes first, then who arrived within it. */
  private stretch(event: MarketEvent, emit: (event: VenueEvent) => void): void {
    const index = event.instrument;
    const liquidity = this.liquidity[index]!;
    const begin = liquidity.beginOf(event);
    this.advance(begin, emit);
    liquidity.observe(event);
    if (liquidity.live) {
      this.arriveWithin(index, begin, begin + (event.at - begin) * EARLY);
      // when in it is not known: half-way
      const at = us(Math.floor((begin + event.at) / 2));
      const rested = this.reachResting(event, at);
      this.trigger(event, at, rested);
      liquidity.late();
      // what came with them, or was moved, has the rest of the stretch before it
      if (this.arriveWithin(index, begin, event.at)) this.trigger(event, event.at, rested);
      const { size } = this.positions[index]!;
      if (size !== 0) {
        this.account.value(index, liquidity.worst(size > 0));
        this.liquidate(index, at);
      }
      this.account.value(index, liquidity.reference);
    }
    this.advance(event.at, emit);
  }

  /** Whether anything did. */
  private arriveWithin(index: number, begin: Us, until: number): boolean {
    if (this.due.length === 0) return false;
    const arrives = ({ at, command }: Due): boolean => at <= until && command.instrument === index;
    const arrived = this.due.filter(arrives);
    this.due = this.due.filter((due) => !arrives(due));
    for (const due of arrived) this.carryOut(due.at < begin ? { ...due, at: begin } : due);
    return arrived.length > 0;
  }

  /** Where the market is told afterwards, an order on its way waits to be told what it met. */
  private meetsAtOnce(command: OrderCommand): boolean {
    return this.liquidity[command.instrument]!.told === 'asItHappens';
  }

  private carryOut({ sentAt, at, command }: Due): void {
    if (command.kind === 'place') this.arrive(command, sentAt, at);
    else if (command.kind === 'cancel') this.arriveCancel(command, at);
    else if (command.target === 'order') this.arriveAmendOrder(command, at);
    else this.arriveAmend(command, at);
  }

  find(clientOrderId: string): Report | null {
    return this.answers.find(clientOrderId);
  }

  fillsSince(since: Ms): FillEvent[] {
    return this.answers.fillsSince(since);
  }

  paymentsSince(since: Ms): FundingPaymentEvent[] {
    return this.answers.paymentsSince(since);
  }

  settlementsSince(since: Ms): SettlementEvent[] {
    return this.answers.settlementsSince(since);
  }

  get restingOrders(): readonly Readonly<PaperOrder>[] {
    return this.resting;
  }

  /** Standing take profit and stop loss pairs. */
  get standing(): readonly Readonly<StandingPair>[] {
    return this.protections.pairs;
  }

  // --- orders ---------------------------------------------------------------------------------------------------

  private arrive(place: Place, sentAt: Us, at: Us): void {
    const order = this.open(place, sentAt, at);
    if (this.answers.find(place.clientOrderId) !== null)
      return this.report({ ...order, venueOrderId: '' }, 'rejected', '51016 client order id used before', at);
    const refusal = this.refusalOf(place);
    if (refusal !== '') return this.report(order, 'rejected', refusal, at);
    this.account.leverage[place.instrument] = place.leverage;
    this.report(order, 'live', '', at);

    const liquidity = this.liquidity[place.instrument]!;
    if (place.type === 'postOnly') {
      if (this.crosses(place)) return this.report(order, 'canceled', '31 post-only order would take', at);
      return this.rest(order);
    }
    const limit = place.price === 0 ? NO_PRICE : place.price;
    if (place.type === 'fok' && liquidity.available(place.side, limit) < place.size)
      return this.report(order, 'canceled', '13 not enough in the book for fill-or-kill', at);
    this.walk(order, limit, at, place.purpose, '', NO_PRICE);
    if (order.filled >= place.size) return this.report(order, 'filled', '', at);
    if (place.type === 'limit') {
      if (order.filled > 0) this.report(order, 'partiallyFilled', '', at);
      return this.rest(order);
    }
    const reason =
      order.filled > 0 ? '14 the rest found nothing within its price' : '14 nothing within its price';
    this.report(order, 'canceled', reason, at);
  }

  private crosses({ instrument, side, price }: Place): boolean {
    const touch = this.liquidity[instrument]!.touch(side);
    return touch !== NO_PRICE && (side === 'buy' ? touch <= price : touch >= price);
  }

  /** Why an order cannot be; empty when it can. `standing` is the one that it takes the place of. */
  private refusalOf(place: Place, standing: PaperOrder | null = null): string {
    const instrument = this.instruments[place.instrument]!;
    const position = this.positions[place.instrument]!;
    if (!this.liquidity[place.instrument]!.live)
      return '50001 market data is not live: a paper order cannot be filled honestly';
    if (place.size < instrument.sizeMin) return '51020 below the minimum size';
    if (place.reduceOnly) {
      if (position.size === 0) return '51169 reduce-only without a position';
      if (Math.sign(position.size) === signOf(place.side))
        return '51170 reduce-only on the side of the position';
      if (place.size - (standing?.filled ?? 0) > Math.abs(position.size))
        return '51112 closing more than the position';
      return '';
    }
    const reference = place.price > 0 ? place.price : this.account.valuation(place.instrument);
    const unfilled = place.size - (standing?.filled ?? 0);
    const margin = instrument.valueNumber(unfilled, reference) / place.leverage;
    const free = this.account.free(this.resting.filter((other) => other !== standing));
    return margin > free ? `51008 margin ${margin.toFixed(2)} needed, ${free.toFixed(2)} free` : '';
  }

  private open(place: Place, sentAt: Us, arrivedAt: Us): PaperOrder {
    const venueOrderId = `paper${this.nextId++}`;
    return { place, venueOrderId, sentAt, arrivedAt, filled: 0, queue: joinQueue(0) };
  }

  private rest(order: PaperOrder): void {
    this.liquidity[order.place.instrument]!.join(order);
    this.resting.push(order);
  }

  private walk(
    order: PaperOrder,
    limit: number,
    at: Us,
    purpose: FillPurpose,
    cause: string,
    noBetterThan: number,
  ): void {
    const { instrument, side, size } = order.place;
    this.liquidity[instrument]!.walk(side, limit, size - order.filled, noBetterThan, (price, taken, why) => {
      this.fill(order, taken, price, false, purpose, `${cause}${why}`, at);
    });
  }

  private fill(
    order: PaperOrder,
    size: number,
    price: number,
    maker: boolean,
    purpose: FillPurpose,
    why: string,
    at: Us,
  ): void {
    const { place, sentAt, arrivedAt } = order;
    let after = '';
    if (maker) after = `; rested ${milliseconds(at - arrivedAt)}`;
    else if (arrivedAt > sentAt) after = `; ${milliseconds(arrivedAt - sentAt)} on its way`;
    const fee = this.account.fill(place.instrument, place.side, lots(size), ticks(price), maker);
    order.filled += size;
    this.answers.fill(
      new FillEvent(
        this.answers.heardAt(at),
        place.instrument,
        place.clientOrderId,
        order.venueOrderId,
        `p${this.nextId++}`,
        usToMs(at),
        place.side,
        ticks(price),
        lots(size),
        fee,
        maker,
        purpose,
        why + after,
      ),
    );
    if (place.purpose === 'entry' && place.protectionId !== '') this.protections.protect(place, size, at);
    if (this.positions[place.instrument]!.size === 0)
      this.protections.positionClosed(place.instrument, place.clientOrderId, at);
  }

  private arriveCancel(cancel: Cancel, at: Us): void {
    if (cancel.target === 'protection') return this.protections.cancel(cancel.clientOrderId, at);
    const order = this.resting.find(({ place }) => place.clientOrderId === cancel.clientOrderId);
    // it ended before the cancel arrived: its own report says how
    if (order !== undefined) this.cancelResting(order, '1 canceled by us', at);
  }

  /**
   * As OKX does it: no larger at its price it keeps its place in the queue; else it goes to the back of the queue, or takes
   * what it now reaches. What cannot be leaves the order as it was, a post-only order that would take, too.
   */
  private arriveAmendOrder(amend: AmendOrder, at: Us): void {
    const { instrument, clientOrderId } = amend;
    const order = this.resting.find(({ place }) => place.clientOrderId === clientOrderId);
    if (order === undefined) {
      // it ended before the amendment arrived: its own report says how
      if (this.answers.find(clientOrderId) === null)
        this.answers.unknownOrder(instrument, clientOrderId, '51503 no such order', at);
      return;
    }
    const standing = order.place;
    const place: Place = { ...standing, price: amend.price, size: amend.size };
    const keeps = place.price === standing.price && place.size <= standing.size;
    const refusal = this.amendmentRefusal(order, place, keeps);
    if (refusal !== '') return this.tellAmended(order, refusal, at);
    order.place = place;
    if (place.size <= order.filled) {
      order.place = { ...place, size: lots(order.filled) };
      this.leave(order);
      return this.report(order, 'filled', '', at);
    }
    this.tellAmended(order, '', at);
    if (keeps) return;
    this.leave(order);
    const before = order.filled;
    if (this.crosses(place)) this.walk(order, place.price, at, place.purpose, '', NO_PRICE);
    if (order.filled >= place.size) return this.report(order, 'filled', '', at);
    if (order.filled > before) this.report(order, 'partiallyFilled', '', at);
    this.rest(order);
  }

  private amendmentRefusal(order: PaperOrder, place: Place, keeps: boolean): string {
    if (place.size < this.instruments[place.instrument]!.sizeMin) return '51020 below the minimum size';
    if (place.size <= order.filled) return '';
    const isElsewhere = place.price !== order.place.price;
    if (isElsewhere && place.type === 'postOnly' && this.crosses(place))
      return '51511 post-only order would take';
    return keeps ? '' : this.refusalOf(place, order);
  }

  /** How a resting order stands. */
  private tellAmended(order: PaperOrder, refusal: string, at: Us): void {
    const { price, size, clientOrderId } = order.place;
    this.answers.amended(this.answers.find(clientOrderId)!, { price, size, refusal }, at);
  }

  private arriveAmend(amend: AmendProtection, at: Us): void {
    const long = this.positions[amend.instrument]!.size > 0;
    const touch = this.liquidity[amend.instrument]!.touch(long ? 'sell' : 'buy');
    this.protections.amend(amend, long, touch, at);
  }

  private leave(order: PaperOrder): void {
    this.resting = this.resting.filter((other) => other !== order);
  }

  private cancelResting(order: PaperOrder, reason: string, at: Us): void {
    this.leave(order);
    this.report(order, 'canceled', reason, at);
  }

  // --- what the market does to our orders -------------------------------------------------------------------------

  /** Whether any of them filled. */
  private reachResting(event: MarketEvent, at: Us): boolean {
    if (this.resting.length === 0) return false;
    let filled = false;
    const liquidity = this.liquidity[event.instrument]!;
    const orders = this.resting.filter(({ place }) => place.instrument === event.instrument);
    // as the book has it: buyers who pay more and sellers who ask less come first, then who came first
    if (orders.length > 1)
      orders.sort((a, b) => signOf(b.place.side) * b.place.price - signOf(a.place.side) * a.place.price);
    for (const order of orders) {
      const { place } = order;
      const reached = liquidity.reach(order, event);
      if (reached === null) continue;
      filled = true;
      this.fill(order, reached.size, place.price, true, place.purpose, reached.why, at);
      const all = order.filled >= place.size;
      if (all) this.leave(order);
      this.report(order, all ? 'filled' : 'partiallyFilled', '', at);
    }
    return filled;
  }

  private trigger(event: MarketEvent, at: Us, rested = false): void {
    // without a market there is no honest price: the next trade after the snapshot triggers it
    const liquidity = this.liquidity[event.instrument]!;
    if (this.protections.pairs.length === 0 || !liquidity.live) return;
    for (const pair of [...this.protections.pairs]) {
      if (pair.instrument !== event.instrument) continue;
      const held = this.positions[pair.instrument]!.size;
      const strike = held === 0 ? null : liquidity.strike(pair, held > 0, event, rested);
      if (strike === null) continue;
      this.closeAtMarket(
        pair.instrument,
        pair.protectionId,
        Math.min(pair.size, Math.abs(held)),
        strike.hit,
        `${strike.by} ${this.instruments[pair.instrument]!.formatPrice(ticks(strike.price))} set it off, `,
        at,
        strike.price,
      );
      this.protections.drop(pair);
    }
  }

  /** A market order of the venue's own making: a triggered stop or target, or a liquidation. */
  private closeAtMarket(
    index: number,
    clientOrderId: string,
    size: number,
    purpose: FillPurpose,
    cause: string,
    at: Us,
    noBetterThan: number,
  ): void {
    const side: Side = this.positions[index]!.size > 0 ? 'sell' : 'buy';
    const place: Place = {
      kind: 'place',
      instrument: index,
      clientOrderId,
      side,
      type: 'market',
      size: lots(size),
      price: ticks(0),
      reduceOnly: true,
      leverage: this.leverage[index]!,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      purpose: 'close',
    };
    const order = this.open(place, at, at);
    const before = this.answers.filledOf(clientOrderId);
    this.report(order, 'live', '', at, before);
    this.walk(order, NO_PRICE, at, purpose, cause, noBetterThan);
    const all = order.filled >= size;
    this.report(order, all ? 'filled' : 'canceled', all ? '' : '14 the book was too thin', at, before);
  }

  // --- margin and funding -----------------------------------------------------------------------------------------

  /** Cross margin: when equity falls below maintenance margin and the fee of closing, the position is cut or closed at market. */
  private liquidate(index: number, at: Us): void {
    if (this.positions[index]!.size === 0 || !this.liquidity[index]!.live) return;
    const instrument = this.instruments[index]!;
    let kept: number;
    do {
      const size = Math.abs(this.positions[index]!.size);
      const { equity, maintenance } = this.account.health();
      if (equity > maintenance) return;
      // as at OKX, open orders go first: all that stand on the same balance
      for (const order of this.resting) this.cancelResting(order, '3 liquidation', at);
      const cause = `equity ${equity.toFixed(2)} under maintenance margin ${maintenance.toFixed(2)}, `;
      const id = `liquidation${this.nextId}`;
      kept = instrument.tiers[instrument.tierIndex(size) - TIERS_CUT]?.sizeMax ?? 0;
      this.closeAtMarket(index, id, size - kept, 'liquidation', cause, at, NO_PRICE);
      this.sweep(index, id, at);
      // what is left of a large one is looked at anew; of what found nobody to take it, with the next event
    } while (kept > 0 && Math.abs(this.positions[index]!.size) === kept);
  }

  private sweep(index: number, id: string, at: Us): void {
    const amount = this.account.sweep();
    if (amount === NO_MONEY) return;
    this.answers.settlement(new SettlementEvent(this.answers.heardAt(at), index, id, usToMs(at), amount));
  }

  private settleFunding(at: Us): void {
    this.account.settleFunding(usToMs(at), this.onFunding);
  }

  private readonly onFunding = (index: number, fundingAt: Ms, amount: Money): void => {
    const heardAt = this.answers.heardAt(msToUs(fundingAt));
    this.answers.payment(new FundingPaymentEvent(heardAt, index, `${fundingAt}`, fundingAt, amount));
  };

  /** `before` is what earlier orders under the same id have filled. */
  private report(order: PaperOrder, state: OrderState, reason: string, at: Us, before = 0): void {
    const { place, venueOrderId, filled } = order;
    const { instrument, clientOrderId } = place;
    this.answers.order(instrument, clientOrderId, venueOrderId, state, before + filled, reason, at);
  }

  // --- surviving a restart ----------------------------------------------------------------------------------------

  /**
   * Everything that must outlive the process, as JSON text. The market itself is not in it: that comes from the feed.
   *
   * Nor are commands still on their way here: they end with the process that sent them, as if the wire had been cut before
   * they were through, and `find` never heard of them. The other case, an order that arrives though its sender is dead, is
   * not played on paper (what the market then was is not known); the embedded exchange plays it. Answers on their way are
   * told after the restart.
   */
  save(): string {
    return writeSnapshot({
      version: 2,
      nextId: this.nextId,
      ...this.account.save(),
      resting: this.resting,
      pairs: this.protections.pairs,
      ...this.answers.save(),
      ways: { order: this.orderWay.save(), answer: this.answerWay.save() },
    });
  }

  /** Takes up what `save` wrote. Throws when an open position's instrument is not traded any more. */
  restore(text: string): void {
    const { snapshot, here } = readSnapshot(text, this.instruments);
    this.account.restore(snapshot, here);
    this.answers.restore(snapshot);
    this.orderWay.restore(snapshot.ways.order);
    this.answerWay.restore(snapshot.ways.answer);
    this.nextId = snapshot.nextId;
    this.resting = [...snapshot.resting];
    this.protections.pairs = [...snapshot.pairs];
  }
}

const milliseconds = (duration: number): string => `${(duration / 1000).toFixed(1)} ms`;
