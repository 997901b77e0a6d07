import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import type { Approved, Cancel, OrderCommand, Place } from '../../core/commands.ts';
import { parseDecimal } from '../../core/decimal.ts';
import {
  EventKind,
  FillEvent,
  type FillPurpose,
  FundingPaymentEvent,
  type MarketEvent,
  OrderEvent,
  type OrderState,
  type TradeEvent,
} from '../../core/events.ts';
import { applyRate, type Instrument, moneyToNumber } from '../../core/instrument.ts';
import { type FeeRates, Position } from '../../core/position/position.ts';
import {
  type Lots,
  lots,
  type Money,
  type Ms,
  money,
  msToUs,
  type Side,
  signOf,
  type Ticks,
  ticks,
  type Us,
  us,
  usToMs,
} from '../../core/units.ts';
import type { VenueEvent } from '../venue.ts';

export interface PaperConfig {
  readonly startBalance: Money;
  readonly fees: FeeRates;
  /** Our order's way to the venue, and its answer's way back, ms. */
  readonly orderLatencyMs: number;
  readonly answerLatencyMs: number;
  /** Maintenance margin as a fraction of the notional (tier 1 of OKX's BTC and ETH swaps: 0.004). */
  readonly maintenanceRate: number;
}

/** A resting order. `ahead` is the size that was displayed before ours at its price and has not gone yet. */
interface Resting {
  readonly place: Place;
  readonly venueOrderId: string;
  filled: number;
  ahead: number;
}

interface StandingPair {
  readonly protectionId: string;
  readonly instrument: number;
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
  size: number;
}

interface Due {
  readonly at: Us;
  readonly command: OrderCommand;
}

interface Report {
  readonly clientOrderId: string;
  readonly instrument: number;
  readonly venueOrderId: string;
  readonly state: OrderState;
  readonly filled: Lots;
  readonly reason: string;
}

const REPORTS_KEPT = 500;
const FILLS_KEPT = 500;

/**
 * Fills our orders against a market that they cannot move, in the time of the events alone: the same code for paper
 * trading on a live feed and for backtests on a tape.
 *
 * What it assumes, and which way it errs:
 * - An order meets the book as it stands when it arrives, latency after it was sent. A taker walks the displayed levels and
 *   leaves them as they are: too kind when our size is not small against the touch.
 * - A resting order stands behind all that was displayed at its price. Trades at that price take from the front;
 *   cancellations are taken from behind us as long as they can be: fills too late rather than too early. Nothing fills
 *   beyond what was traded, or stands on the other side, at our price or through it. A trade stamped no later than the
 *   book is in the book already (about 4 % arrive so late on OKX's feed) and fills nothing a second time.
 * - Take profit and stop loss trigger on the last trade and fill no better than the trade that triggered them.
 */
export class PaperMatcher {
  balance: Money;
  readonly positions: readonly Position[];
  readonly leverage: number[];
  private readonly config: PaperConfig;
  private readonly instruments: readonly Instrument[];
  private readonly books: readonly OrderBook[];
  private readonly markPrices: number[];
  private readonly funding: { rate: string; at: Ms }[];
  private resting: Resting[] = [];
  private pairs: StandingPair[] = [];
  private due: Due[] = [];
  private outbox: VenueEvent[] = [];
  private reports = new Map<string, Report>();
  private fillLog: FillEvent[] = [];
  private paymentLog: FundingPaymentEvent[] = [];
  private nextId = 1;

  constructor(config: PaperConfig, instruments: readonly Instrument[]) {
    this.config = config;
    this.instruments = instruments;
    this.balance = config.startBalance;
    this.positions = instruments.map((instrument) => new Position(instrument));
    this.books = instruments.map(() => new OrderBook());
    this.markPrices = instruments.map(() => 0);
    this.funding = instruments.map(() => ({ rate: '', at: 0 as Ms }));
    this.leverage = instruments.map(() => 1);
  }

  submit(command: Approved<OrderCommand>, now: Us): void {
    this.due.push({ at: us(now + this.config.orderLatencyMs * 1000), command });
  }

  /** When something of ours happens next without the market's doing; null = nothing pending. */
  get nextAt(): Us | null {
    let earliest: Us | null = null;
    for (const { at } of this.due) if (earliest === null || at < earliest) earliest = at;
    for (const { at } of this.outbox) if (earliest === null || at < earliest) earliest = at;
    return earliest;
  }

  /** Lets everything happen that is due by `now`, answers in the order of their times. */
  advance(now: Us, emit: (event: VenueEvent) => void): void {
    if (this.due.length > 0) {
      const arrived = this.due.filter(({ at }) => at <= now);
      this.due = this.due.filter(({ at }) => at > now);
      for (const { at, command } of arrived) {
        this.settleFunding(at);
        if (command.kind === 'place') this.arrive(command, at);
        else this.arriveCancel(command, at);
      }
    }
    this.settleFunding(now);
    if (this.outbox.length > 0) {
      const ready = this.outbox.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
      this.outbox = this.outbox.filter(({ at }) => at > now);
      for (const event of ready) emit(event);
    }
  }

  /** The market moved: first what was due before, then what this event does to our orders. */
  market(event: MarketEvent, emit: (event: VenueEvent) => void): void {
    this.advance(event.at, emit);
    const index = event.instrument;
    switch (event.kind) {
      case EventKind.book: {
        this.books[index]!.apply(event.frame);
        this.followQueue(index, event.at);
        break;
      }
      case EventKind.trade: {
        this.tradeThrough(event);
        this.trigger(event);
        break;
      }
      case EventKind.mark: {
        this.markPrices[index] = event.price;
        this.liquidate(index, event.at);
        break;
      }
      case EventKind.funding:
        // a forecast for a time that has passed was charged when it passed: the next period's is still to come
        if (event.fundingAt > usToMs(event.at))
          this.funding[index] = { rate: event.rate, at: event.fundingAt };
        break;
      case EventKind.feed:
        if (event.live) this.books[index]!.vouch();
        else this.books[index]!.invalidate();
        break;
      case EventKind.candle:
        break;
    }
    this.advance(event.at, emit);
  }

  find(clientOrderId: string): Report | null {
    return this.reports.get(clientOrderId) ?? null;
  }

  fillsSince(since: Ms): FillEvent[] {
    return this.fillLog.filter(({ exchangeAt }) => exchangeAt >= since);
  }

  paymentsSince(since: Ms): FundingPaymentEvent[] {
    return this.paymentLog.filter(({ exchangeAt }) => exchangeAt >= since);
  }

  get restingOrders(): readonly Readonly<Resting>[] {
    return this.resting;
  }

  /** Standing take profit and stop loss pairs. */
  get standing(): readonly Readonly<StandingPair>[] {
    return this.pairs;
  }

  // --- orders ---------------------------------------------------------------------------------------------------

  private arrive(place: Place, at: Us): void {
    const venueOrderId = `paper${this.nextId++}`;
    if (this.reports.has(place.clientOrderId))
      return this.report(place, '', 'rejected', 0, '51016 client order id used before', at);
    const refusal = this.refusalOf(place);
    if (refusal !== '') return this.report(place, venueOrderId, 'rejected', 0, refusal, at);
    this.leverage[place.instrument] = place.leverage;
    this.report(place, venueOrderId, 'live', 0, '', at);

    const book = this.books[place.instrument]!;
    const order: Resting = { place, venueOrderId, filled: 0, ahead: 0 };
    const far = place.side === 'buy' ? ASK : BID;
    const touch = book.ladder(far).best;
    const crosses =
      touch !== NO_PRICE && (place.side === 'buy' ? touch <= place.price : touch >= place.price);
    if (place.type === 'postOnly') {
      if (crosses)
        return this.report(place, venueOrderId, 'canceled', 0, '31 post-only order would take', at);
      return this.rest(order);
    }
    const limit = place.type === 'market' && place.price === 0 ? NO_PRICE : place.price;
    if (place.type === 'fok' && this.available(book, far, limit, place.side) < place.size)
      return this.report(
        place,
        venueOrderId,
        'canceled',
        0,
        '13 not enough in the book for fill-or-kill',
        at,
      );
    this.walk(order, limit, at, place.purpose, '');
    if (order.filled >= place.size) return this.report(place, venueOrderId, 'filled', order.filled, '', at);
    if (place.type === 'limit') {
      if (order.filled > 0) this.report(place, venueOrderId, 'partiallyFilled', order.filled, '', at);
      return this.rest(order);
    }
    const reason =
      order.filled > 0 ? '14 the rest found nothing within its price' : '14 nothing within its price';
    this.report(place, venueOrderId, 'canceled', order.filled, reason, at);
  }

  private refusalOf(place: Place): string {
    const instrument = this.instruments[place.instrument]!;
    const book = this.books[place.instrument]!;
    const position = this.positions[place.instrument]!;
    if (!book.valid) return '50001 market data is not live: a paper order cannot be filled honestly';
    if (place.size < instrument.sizeMin) return '51020 below the minimum size';
    if (place.reduceOnly) {
      if (position.size === 0) return '51169 reduce-only without a position';
      if (Math.sign(position.size) === signOf(place.side))
        return '51170 reduce-only on the side of the position';
      if (place.size > Math.abs(position.size)) return '51112 closing more than the position';
      return '';
    }
    const reference = place.price > 0 ? place.price : this.valuation(place.instrument);
    const margin = instrument.valueNumber(place.size, reference) / place.leverage;
    if (margin > this.free())
      return `51008 margin ${margin.toFixed(2)} needed, ${this.free().toFixed(2)} free`;
    return '';
  }

  /** Balance plus unrealised P&L less the margin of open positions and resting entries, plain number: for the margin check alone. */
  private free(): number {
    let free = moneyToNumber(this.balance);
    this.positions.forEach((position, index) => {
      if (position.size === 0) return;
      const price = this.valuation(index);
      const { instrument } = position;
      free += instrument.profitNumber(position.size, position.entryPrice, price);
      free -= Math.abs(instrument.valueNumber(position.size, price)) / this.leverage[index]!;
    });
    for (const { place, filled } of this.resting)
      if (!place.reduceOnly) {
        const instrument = this.instruments[place.instrument]!;
        free -= instrument.valueNumber(place.size - filled, place.price) / place.leverage;
      }
    return free;
  }

  private valuation(index: number): number {
    if (this.markPrices[index]! > 0) return this.markPrices[index]!;
    const book = this.books[index]!;
    return book.twoSided ? book.mid : this.positions[index]!.entryPrice;
  }

  private rest(order: Resting): void {
    const side = order.place.side === 'buy' ? BID : ASK;
    order.ahead = this.books[order.place.instrument]!.ladder(side).sizeAt(order.place.price);
    this.resting.push(order);
  }

  private available(book: OrderBook, side: BookSide, limit: number, taker: Side): number {
    const ladder = book.ladder(side);
    let total = 0;
    for (let price = ladder.best; price !== NO_PRICE; price = ladder.next(price)) {
      if (limit !== NO_PRICE && (taker === 'buy' ? price > limit : price < limit)) break;
      total += ladder.sizeAt(price);
    }
    return total;
  }

  /**
   * Takes what is displayed, best first, until the size or the limit. `noBetterThan` (0 = none) is the price of the
   * trade that set it off: a book older than that trade must not give a better one.
   */
  private walk(
    order: Resting,
    limit: number,
    at: Us,
    purpose: FillPurpose,
    cause: string,
    noBetterThan = 0,
  ): void {
    const { place } = order;
    const ladder = this.books[place.instrument]!.ladder(place.side === 'buy' ? ASK : BID);
    let level = 0;
    for (
      let price = ladder.best;
      price !== NO_PRICE && order.filled < place.size;
      price = ladder.next(price)
    ) {
      if (limit !== NO_PRICE && (place.side === 'buy' ? price > limit : price < limit)) break;
      level++;
      const size = Math.min(ladder.sizeAt(price), place.size - order.filled);
      let paid = price;
      if (noBetterThan > 0)
        paid = place.side === 'buy' ? Math.max(price, noBetterThan) : Math.min(price, noBetterThan);
      const why = `${cause}took ${level === 1 ? 'the touch' : `level ${level}`} of the book`;
      this.fill(order, size, paid, false, purpose, why, at);
    }
  }

  private fill(
    order: Resting,
    size: number,
    price: number,
    maker: boolean,
    purpose: FillPurpose,
    why: string,
    at: Us,
  ): void {
    const { place } = order;
    const instrument = this.instruments[place.instrument]!;
    const position = this.positions[place.instrument]!;
    const value = instrument.value(lots(size), ticks(price));
    const rate = maker ? this.config.fees.maker : this.config.fees.taker;
    const fee = money(-applyRate(value, rate));
    const realized = position.fill(place.side, lots(size), ticks(price));
    this.balance = money(this.balance + realized + fee);
    order.filled += size;
    const event = new FillEvent(
      this.answerAt(at),
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
      why,
    );
    this.outbox.push(event);
    this.fillLog.push(event);
    if (this.fillLog.length > FILLS_KEPT) this.fillLog.shift();
    if (place.purpose === 'entry' && place.protectionId !== '') this.protect(place, size, at);
    if (position.size === 0) this.dropPairs(place.instrument, place.clientOrderId, at);
  }

  private arriveCancel(cancel: Cancel, at: Us): void {
    if (cancel.target === 'protection') {
      const pair = this.pairs.find(({ protectionId }) => protectionId === cancel.clientOrderId);
      if (pair === undefined) return;
      this.pairs = this.pairs.filter((other) => other !== pair);
      const { instrument, protectionId } = pair;
      const filled = this.filledOf(protectionId);
      this.say(instrument, protectionId, protectionId, 'canceled', filled, '1 canceled by us', at);
      return;
    }
    const order = this.resting.find(({ place }) => place.clientOrderId === cancel.clientOrderId);
    // it ended before the cancel arrived: its own report says how
    if (order === undefined) return;
    this.resting = this.resting.filter((other) => other !== order);
    this.report(order.place, order.venueOrderId, 'canceled', order.filled, '1 canceled by us', at);
  }

  // --- what the market does to resting orders ---------------------------------------------------------------------

  private followQueue(index: number, at: Us): void {
    if (this.resting.length === 0) return;
    const book = this.books[index]!;
    for (const order of [...this.resting]) {
      const { place } = order;
      if (place.instrument !== index) continue;
      const own = book.ladder(place.side === 'buy' ? BID : ASK);
      const far = book.ladder(place.side === 'buy' ? ASK : BID);
      order.ahead = Math.min(order.ahead, own.sizeAt(place.price));
      const crossed =
        far.best !== NO_PRICE && (place.side === 'buy' ? far.best <= place.price : far.best >= place.price);
      if (crossed)
        this.fillResting(
          order,
          Math.min(
            place.size - order.filled,
            this.available(book, place.side === 'buy' ? ASK : BID, place.price, place.side),
          ),
          'the other side of the book came through our price',
          at,
        );
    }
  }

  private tradeThrough(event: TradeEvent): void {
    if (this.resting.length === 0) return;
    const { valid, exchangeAt } = this.books[event.instrument]!;
    if (valid && event.exchangeAt <= exchangeAt) return;
    for (const order of [...this.resting]) {
      const { place } = order;
      if (place.instrument !== event.instrument || place.side === event.side) continue;
      const through = place.side === 'buy' ? event.price < place.price : event.price > place.price;
      const left = place.size - order.filled;
      if (through) {
        order.ahead = 0;
        this.fillResting(order, Math.min(left, event.size), 'traded through our price', event.at);
      } else if (event.price === place.price) {
        const reached = event.size - order.ahead;
        order.ahead = Math.max(0, order.ahead - event.size);
        if (reached > 0)
          this.fillResting(order, Math.min(left, reached), 'the queue ahead of us was traded away', event.at);
      }
    }
  }

  private fillResting(order: Resting, size: number, why: string, at: Us): void {
    this.fill(order, size, order.place.price, true, order.place.purpose, why, at);
    const all = order.filled >= order.place.size;
    if (all) this.resting = this.resting.filter((other) => other !== order);
    this.report(order.place, order.venueOrderId, all ? 'filled' : 'partiallyFilled', order.filled, '', at);
  }

  // --- take profit and stop loss --------------------------------------------------------------------------------

  private protect(place: Place, size: number, at: Us): void {
    const pair = this.pairs.find(({ protectionId }) => protectionId === place.protectionId);
    if (pair !== undefined) {
      pair.size += size;
      return;
    }
    const { protectionId, instrument, takeProfit, stopLoss } = place;
    this.pairs.push({ protectionId, instrument, takeProfit, stopLoss, size });
    this.say(instrument, protectionId, protectionId, 'live', this.filledOf(protectionId), '', at);
  }

  /** A pair can come back, when its entry fills on after the first one fired: what it filled is told in all. */
  private filledOf(clientOrderId: string): number {
    return this.reports.get(clientOrderId)?.filled ?? 0;
  }

  /** The position is gone: what protected it goes with it, but for the pair that is closing it right now. */
  private dropPairs(index: number, closing: string, at: Us): void {
    for (const pair of this.pairs)
      if (pair.instrument === index && pair.protectionId !== closing)
        this.say(
          index,
          pair.protectionId,
          pair.protectionId,
          'canceled',
          this.filledOf(pair.protectionId),
          '21 the position was closed',
          at,
        );
    this.pairs = this.pairs.filter((pair) => pair.instrument !== index || pair.protectionId === closing);
  }

  private trigger(event: TradeEvent): void {
    // without a book there is no honest price: the next trade after the snapshot triggers it
    if (this.pairs.length === 0 || !this.books[event.instrument]!.valid) return;
    for (const pair of [...this.pairs]) {
      if (pair.instrument !== event.instrument) continue;
      const position = this.positions[pair.instrument]!;
      if (position.size === 0) continue;
      const long = position.size > 0;
      const { price } = event;
      const profit = pair.takeProfit > 0 && (long ? price >= pair.takeProfit : price <= pair.takeProfit);
      const loss = pair.stopLoss > 0 && (long ? price <= pair.stopLoss : price >= pair.stopLoss);
      if (!profit && !loss) continue;
      const size = Math.min(pair.size, Math.abs(position.size));
      const purpose: FillPurpose = loss ? 'stopLoss' : 'takeProfit';
      this.closeAtMarket(
        pair.instrument,
        pair.protectionId,
        size,
        purpose,
        `last trade ${this.instruments[pair.instrument]!.formatPrice(price)} set it off, `,
        event.at,
        price,
      );
      this.pairs = this.pairs.filter((other) => other !== pair);
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
    const order: Resting = { place, venueOrderId: `paper${this.nextId++}`, filled: 0, ahead: 0 };
    const before = this.filledOf(clientOrderId);
    this.report(place, order.venueOrderId, 'live', before, '', at);
    this.walk(order, NO_PRICE, at, purpose, cause, noBetterThan);
    const all = order.filled >= size;
    const reason = all ? '' : '14 the book was too thin';
    this.report(place, order.venueOrderId, all ? 'filled' : 'canceled', before + order.filled, reason, at);
  }

  // --- margin and funding -----------------------------------------------------------------------------------------

  /** Cross margin: when equity falls below maintenance margin and the fee of closing, the position is closed at market. */
  private liquidate(index: number, at: Us): void {
    const position = this.positions[index]!;
    if (position.size === 0 || !this.books[index]!.valid) return;
    let equity = moneyToNumber(this.balance);
    let maintenance = 0;
    this.positions.forEach((each, i) => {
      if (each.size === 0) return;
      const price = this.valuation(i);
      equity += each.instrument.profitNumber(each.size, each.entryPrice, price);
      maintenance +=
        Math.abs(each.instrument.valueNumber(each.size, price)) *
        (this.config.maintenanceRate + Number(this.config.fees.taker));
    });
    if (equity > maintenance) return;
    // as at OKX, open orders go first
    for (const order of this.resting.filter(({ place }) => place.instrument === index)) {
      this.resting = this.resting.filter((other) => other !== order);
      this.report(order.place, order.venueOrderId, 'canceled', order.filled, '3 liquidation', at);
    }
    const cause = `equity ${equity.toFixed(2)} under maintenance margin ${maintenance.toFixed(2)}, `;
    this.closeAtMarket(
      index,
      `liquidation${this.nextId}`,
      Math.abs(position.size),
      'liquidation',
      cause,
      at,
      0,
    );
  }

  /** Charges what fell due by `at`, on the positions as they stand: call before anything later changes them. */
  private settleFunding(at: Us): void {
    for (let index = 0; index < this.funding.length; index++) {
      const { rate, at: fundingAt } = this.funding[index]!;
      if (fundingAt === 0 || usToMs(at) < fundingAt) continue;
      this.funding[index] = { rate: '', at: 0 as Ms };
      if (rate !== '' && this.positions[index]!.size !== 0) this.chargeFunding(index, rate, fundingAt);
    }
  }

  private chargeFunding(index: number, rate: string, fundingAt: Ms): void {
    const position = this.positions[index]!;
    const mark = ticks(Math.round(this.valuation(index)));
    const amount = position.fundingPayment(mark, parseDecimal(rate, 18));
    this.balance = money(this.balance + amount);
    const event = new FundingPaymentEvent(
      this.answerAt(msToUs(fundingAt)),
      index,
      `${fundingAt}`,
      fundingAt,
      amount,
    );
    this.paymentLog.push(event);
    if (this.paymentLog.length > FILLS_KEPT) this.paymentLog.shift();
    this.outbox.push(event);
  }

  // --- saying so --------------------------------------------------------------------------------------------------

  private answerAt(at: Us): Us {
    return us(at + this.config.answerLatencyMs * 1000);
  }

  private report(
    place: Place,
    venueOrderId: string,
    state: OrderState,
    filled: number,
    reason: string,
    at: Us,
  ): void {
    this.say(place.instrument, place.clientOrderId, venueOrderId, state, filled, reason, at);
  }

  private say(
    instrument: number,
    clientOrderId: string,
    venueOrderId: string,
    state: OrderState,
    filled: number,
    reason: string,
    at: Us,
  ): void {
    this.outbox.push(
      new OrderEvent(this.answerAt(at), instrument, clientOrderId, venueOrderId, state, lots(filled), reason),
    );
    const known = this.reports.get(clientOrderId);
    // a second order under a used id is refused; what is known of the first one stays
    if (known !== undefined && state === 'rejected') return;
    this.reports.delete(clientOrderId);
    this.reports.set(clientOrderId, {
      clientOrderId,
      instrument,
      venueOrderId,
      state,
      filled: lots(filled),
      reason,
    });
    if (this.reports.size > REPORTS_KEPT) this.reports.delete(this.reports.keys().next().value!);
  }

  // --- surviving a restart ----------------------------------------------------------------------------------------

  /**
   * Everything that must outlive the process, as JSON text. The market itself is not in it: that comes from the feed. Nor
   * are commands still on their way here: they end with the process that sent them, and `find` never heard of them.
   */
  save(): string {
    const bigints = (_key: string, value: unknown): unknown =>
      typeof value === 'bigint' ? `${value}n` : value;
    return JSON.stringify(
      {
        version: 1,
        balance: this.balance,
        nextId: this.nextId,
        positions: this.positions.map(({ instrument, size, cost }, index) => ({
          instrument: instrument.id,
          size,
          cost,
          leverage: this.leverage[index],
          funding: this.funding[index],
        })),
        resting: this.resting,
        pairs: this.pairs,
        reports: [...this.reports.values()],
        fills: this.fillLog,
        payments: this.paymentLog,
        outbox: this.outbox,
      },
      bigints,
    );
  }

  /**
   * Takes up what `save` wrote. Instruments are matched by name; throws when an open position's instrument is not traded
   * any more, because its stop would be forgotten.
   */
  restore(text: string): void {
    // by key, because an order id may well look like a number with an n behind it
    const saved = JSON.parse(text, (key, value: unknown) =>
      MONEY_KEYS.has(key) && typeof value === 'string' ? BigInt(value.slice(0, -1)) : value,
    ) as Saved;
    if (saved.version !== 1)
      throw new Error(`paper state has version ${saved.version}, this program reads 1`);
    const indexOf = saved.positions.map(({ instrument: id, size }) => {
      const index = this.instruments.findIndex((instrument) => instrument.id === id);
      if (index < 0 && size !== 0)
        throw new Error(`the paper account holds ${id}: name it in "symbols" until the position is closed`);
      return index;
    });
    this.balance = saved.balance;
    this.nextId = saved.nextId;
    saved.positions.forEach((state, old) => {
      const index = indexOf[old]!;
      if (index < 0) return;
      this.positions[index]!.size = state.size;
      this.positions[index]!.cost = state.cost;
      this.leverage[index] = state.leverage;
      this.funding[index] = state.funding;
    });
    const here = (old: number): number => indexOf[old] ?? -1;
    this.resting = saved.resting
      .map((order) => ({ ...order, place: { ...order.place, instrument: here(order.place.instrument) } }))
      .filter(({ place }) => place.instrument >= 0);
    this.pairs = moved(saved.pairs, here);
    this.reports = new Map(moved(saved.reports, here).map((report) => [report.clientOrderId, report]));
    this.fillLog = revived(moved(saved.fills, here), FillEvent.prototype);
    this.paymentLog = revived(moved(saved.payments, here), FundingPaymentEvent.prototype);
    this.outbox = moved(saved.outbox, here).map((event) =>
      event.kind === EventKind.order
        ? revived([event], OrderEvent.prototype)[0]!
        : event.kind === EventKind.fill
          ? revived([event], FillEvent.prototype)[0]!
          : revived([event], FundingPaymentEvent.prototype)[0]!,
    );
  }
}

const MONEY_KEYS: ReadonlySet<string> = new Set(['balance', 'cost', 'fee', 'amount']);

interface Saved {
  readonly version: number;
  readonly balance: Money;
  readonly nextId: number;
  readonly positions: readonly {
    readonly instrument: string;
    readonly size: Lots;
    readonly cost: Money;
    readonly leverage: number;
    readonly funding: { rate: string; at: Ms };
  }[];
  readonly resting: readonly Resting[];
  readonly pairs: readonly StandingPair[];
  readonly reports: readonly Report[];
  readonly fills: readonly FillEvent[];
  readonly payments: readonly FundingPaymentEvent[];
  readonly outbox: readonly VenueEvent[];
}

/** The same rows with their instruments' new places; rows of instruments no longer traded are dropped. */
function moved<T extends { readonly instrument: number }>(
  rows: readonly T[],
  here: (old: number) => number,
): T[] {
  return rows
    .map((row) => ({ ...row, instrument: here(row.instrument) }))
    .filter((row) => row.instrument >= 0);
}

function revived<T extends object>(rows: readonly T[], prototype: T): T[] {
  return rows.map((row) => Object.assign(Object.create(prototype) as T, row));
}
