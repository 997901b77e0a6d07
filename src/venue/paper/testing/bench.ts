import assert from 'node:assert/strict';
import type { Approved, OrderCommand, Place } from '../../../core/commands.ts';
import {
  BookEvent,
  FillEvent,
  FundingEvent,
  FundingPaymentEvent,
  MarkEvent,
  OrderEvent,
  TradeEvent,
} from '../../../core/events.ts';
import { type Instrument, parseMoney } from '../../../core/instrument.ts';
import { frameOf, generator, type Level } from '../../../core/testing/books.ts';
import { BTC, ETH } from '../../../core/testing/specs.ts';
import { lots, ms, type Side, ticks, us } from '../../../core/units.ts';
import type { VenueEvent } from '../../venue.ts';
import { BookLiquidity } from '../book-liquidity.ts';
import { type PaperConfig, PaperMatcher } from '../matcher.ts';

export const OPEN_AT_MS = 1_795_348_800_000;
export const CONFIG: PaperConfig = {
  startBalance: parseMoney('10000'),
  fees: { maker: '0.0002', taker: '0.0005' },
  orderLatency: { kind: 'constant', ms: 20 },
  answerLatency: { kind: 'constant', ms: 15 },
  seed: 1,
  queue: { kind: 'behindFirst' },
  selfImpact: true,
  maintenanceRate: 0.004,
};

/** Nothing certain: every kind of chance that there is. */
export const CHANCY: Partial<PaperConfig> = {
  orderLatency: { kind: 'logNormal', medianMs: 20, sigma: 1 },
  answerLatency: { kind: 'measured', floorMs: 3, quantilesMs: [0, 1, 5, 80] },
  queue: { kind: 'power', exponent: 2 },
};

/** A matcher in its own time: milliseconds since the start, whole market told by hand. */
export class Bench {
  matcher: PaperMatcher;
  readonly events: VenueEvent[] = [];
  /** What was shown of the first instrument: since when, and the best prices then. */
  readonly shown: { readonly at: number; readonly bid: number; readonly ask: number }[] = [];
  readonly placed = new Map<string, Place>();
  ms = 0;
  readonly config: PaperConfig;
  readonly instruments: readonly Instrument[];
  readonly liquidity: readonly BookLiquidity[];
  private number = 0;

  constructor(changes: Partial<PaperConfig> = {}, instruments: readonly Instrument[] = [BTC, ETH]) {
    this.config = { ...CONFIG, ...changes };
    this.instruments = instruments;
    this.liquidity = instruments.map(() => new BookLiquidity(this.config));
    this.matcher = new PaperMatcher(this.config, instruments, this.liquidity);
  }

  readonly hear = (event: VenueEvent): void => {
    this.events.push(event);
  };

  get now() {
    return us((OPEN_AT_MS + this.ms) * 1000);
  }

  at(milliseconds: number): this {
    this.ms = milliseconds;
    return this;
  }

  book(bids: readonly Level[], asks: readonly Level[], instrument = 0, stampMs = this.ms): void {
    if (instrument === 0)
      this.shown.push({
        at: this.ms,
        bid: Math.max(...bids.map(([price]) => price)),
        ask: Math.min(...asks.map(([price]) => price)),
      });
    this.matcher.market(
      new BookEvent(this.now, instrument, frameOf(true, bids, asks, OPEN_AT_MS + stampMs)),
      this.hear,
    );
  }

  trade(side: Side, price: number, size: number, stampMs = this.ms + 1): void {
    const event = new TradeEvent(this.now, 0, ms(OPEN_AT_MS + stampMs), ticks(price), lots(size), side);
    this.matcher.market(event, this.hear);
  }

  mark(price: number, instrument = 0): void {
    this.matcher.market(new MarkEvent(this.now, instrument, ms(0), ticks(price)), this.hear);
  }

  forecast(rate: string, atMs: number, instrument = 0): void {
    this.matcher.market(new FundingEvent(this.now, instrument, rate, ms(OPEN_AT_MS + atMs)), this.hear);
  }

  send(changes: Partial<Place> = {}): string {
    const clientOrderId = `h${String(++this.number).padStart(6, '0')}`;
    const place: Place = {
      kind: 'place',
      instrument: 0,
      clientOrderId,
      side: 'buy',
      type: 'market',
      size: lots(10),
      price: ticks(0),
      reduceOnly: false,
      leverage: 5,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      purpose: 'entry',
      ...changes,
    };
    this.placed.set(clientOrderId, place);
    this.submit(place);
    return clientOrderId;
  }

  submit(command: OrderCommand): void {
    // the test stands where risk does
    this.matcher.submit(command as Approved<OrderCommand>, this.now);
  }

  /** Lets `milliseconds` pass with nothing happening in the market. */
  wait(milliseconds = 100): this {
    this.ms += milliseconds;
    this.matcher.advance(this.now, this.hear);
    return this;
  }

  /** A long of 100 lots (1 contract) at 60,000.2. */
  hold(size = 100, instrument = 0): void {
    this.book([[600_000, 10_000]], [[600_002, 10_000]], instrument);
    this.send({ size: lots(size), instrument });
    this.wait();
    assert.equal(this.matcher.positions[instrument]!.size, size);
  }

  fills(id?: string): FillEvent[] {
    return this.events.filter(
      (event): event is FillEvent =>
        event instanceof FillEvent && (id === undefined || event.clientOrderId === id),
    );
  }

  filled(id: string): number {
    return this.fills(id).reduce((sum, { size }) => sum + size, 0);
  }

  states(id: string): string[] {
    return this.events.flatMap((event) =>
      event instanceof OrderEvent && event.clientOrderId === id ? [event.state] : [],
    );
  }

  payments(): FundingPaymentEvent[] {
    return this.events.filter((event) => event instanceof FundingPaymentEvent);
  }
}

/** Random market and orders; `each` is called after every step. Gives what was told. */
export function session(
  lot: number,
  each: (bench: Bench) => void,
  changes: Partial<PaperConfig> = {},
): Bench {
  const random = generator(lot);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const bench = new Bench({ startBalance: parseMoney('3000'), ...changes });
  let mid = 600_000;
  const show = (): void =>
    bench.book(
      [
        [mid - 1, 1 + Math.floor(random() * 60)],
        [mid - 4, 300],
      ],
      [
        [mid + 1, 1 + Math.floor(random() * 60)],
        [mid + 4, 300],
      ],
    );
  show();
  bench.mark(mid);
  const sent: string[] = [];
  for (let i = 0; i < 150; i++) {
    bench.ms += 1 + Math.floor(random() * 80);
    const chance = random();
    mid += Math.floor(random() * 7) - 3;
    const side = pick(['buy', 'sell'] as const);
    const held = bench.matcher.positions[0]!.size;
    if (chance < 0.3) show();
    else if (chance < 0.5)
      bench.trade(side, mid + Math.floor(random() * 11) - 5, 1 + Math.floor(random() * 80));
    else if (chance < 0.6) bench.mark(mid + Math.floor(random() * 2001) - 1000);
    else if (chance < 0.65)
      bench.forecast(pick(['0.0001', '-0.0003']), 5000 + Math.floor(bench.ms / 3000) * 3000);
    else if (chance < 0.85) {
      const type = pick(['market', 'limit', 'postOnly', 'ioc', 'fok'] as const);
      const sign = side === 'buy' ? 1 : -1;
      sent.push(
        bench.send({
          side,
          type,
          size: lots(1 + Math.floor(random() * 80)),
          price: ticks(mid + Math.floor(random() * 9) - 4),
          takeProfit: ticks(mid + sign * 8),
          stopLoss: ticks(mid - sign * 8),
          protectionId: `${lot}p${i}`,
        }),
      );
    } else if (chance < 0.92 && held !== 0)
      sent.push(
        bench.send({
          side: held > 0 ? 'sell' : 'buy',
          size: lots(Math.abs(held)),
          reduceOnly: true,
          purpose: 'close',
        }),
      );
    else if (sent.length > 0)
      bench.submit({ kind: 'cancel', instrument: 0, clientOrderId: pick(sent), target: 'order' });
    else bench.wait(5);
    each(bench);
    if (random() < 0.3) bench.wait(40);
  }
  bench.wait(1000);
  return bench;
}
