import { BookEvent, FundingEvent, MarkEvent, type MarketEvent, TradeEvent } from '../../core/events.ts';
import { Instrument, parseMoney } from '../../core/instrument.ts';
import { frameOf } from '../../core/testing/books.ts';
import { SPECS } from '../../core/testing/specs.ts';
import { lots, ms, type Side, type Ticks, ticks, type Us, us, usToMs } from '../../core/units.ts';
import { type Level, venueContract, type World } from '../venue.contract.ts';
import type { VenueClock } from '../venue.ts';
import type { PaperConfig } from './config.ts';
import { PaperVenue } from './paper-venue.ts';

/** Time that moves when it is told to, waking whoever asked on the way. */
class ScriptedClock implements VenueClock {
  private time = 1_795_348_800_000_000;
  private readonly waiting = new Set<{ readonly at: number; readonly wake: () => void }>();

  now(): Us {
    return us(this.time);
  }

  at(at: Us, wake: () => void): () => void {
    const entry = { at, wake };
    this.waiting.add(entry);
    return () => this.waiting.delete(entry);
  }

  pass(milliseconds: number): void {
    const end = this.time + milliseconds * 1000;
    for (;;) {
      const due = [...this.waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.waiting.delete(due);
      this.time = Math.max(this.time, due.at);
      due.wake();
    }
    this.time = end;
  }
}

const CONFIG: Omit<PaperConfig, 'startBalance'> = {
  fees: { maker: '0.0002', taker: '0.0005' },
  orderLatency: { kind: 'logNormal', medianMs: 20, sigma: 0.3 },
  answerLatency: { kind: 'measured', floorMs: 5, quantilesMs: [0, 1, 2, 4, 30] },
  seed: 5,
  queue: { kind: 'behindFirst' },
  selfImpact: true,
  maintenanceRate: 0.004,
};

class PaperWorld implements World {
  readonly instrument = new Instrument(SPECS.btc);
  readonly bid = 600_000;
  venue: PaperVenue;
  private readonly config: PaperConfig;
  private readonly clock = new ScriptedClock();
  private bids: readonly Level[] = [];
  private asks: readonly Level[] = [];
  private mark = this.bid;

  constructor(cash: string) {
    this.config = { ...CONFIG, startBalance: parseMoney(cash) };
    this.venue = new PaperVenue(this.config, [this.instrument], this.clock);
  }

  show(bids: readonly Level[], asks: readonly Level[]): Promise<void> {
    this.bids = bids;
    this.asks = asks;
    const frame = frameOf(true, bids, asks, usToMs(this.clock.now()));
    return this.observe(new BookEvent(this.clock.now(), 0, frame));
  }

  print(side: Side, price: number, size: number): Promise<void> {
    const now = this.clock.now();
    return this.observe(new TradeEvent(now, 0, usToMs(now), ticks(price), lots(size), side));
  }

  async moveTo(price: number): Promise<void> {
    await this.show([[price - 1, 20_000]], [[price + 1, 20_000]]);
    this.mark = price;
    await this.observe(new MarkEvent(this.clock.now(), 0, usToMs(this.clock.now()), ticks(price)));
    await this.settle();
  }

  async fund(rate: string): Promise<Ticks> {
    const now = this.clock.now();
    await this.observe(new MarkEvent(now, 0, usToMs(now), ticks(this.mark)));
    await this.observe(new FundingEvent(now, 0, rate, ms(usToMs(now) + 50)));
    this.clock.pass(100);
    await this.observe(new MarkEvent(this.clock.now(), 0, usToMs(this.clock.now()), ticks(this.mark)));
    return ticks(this.mark);
  }

  settle(): Promise<void> {
    this.clock.pass(500);
    return Promise.resolve();
  }

  /** The account is on disk after each fill and at the end; the market is told again by the feed. */
  async restart(): Promise<void> {
    const saved = this.venue.matcher.save();
    await this.venue.stop();
    this.venue = new PaperVenue(this.config, [this.instrument], this.clock);
    this.venue.matcher.restore(saved);
    const { connect } = this.venue;
    this.venue.connect = async (emit) => {
      await connect.call(this.venue, emit);
      await this.show(this.bids, this.asks);
    };
  }

  stop(): Promise<void> {
    return this.venue.stop();
  }

  private observe(event: MarketEvent): Promise<void> {
    this.venue.observe(event);
    this.clock.pass(1);
    return Promise.resolve();
  }
}

venueContract('paper', (cash) => Promise.resolve(new PaperWorld(cash)));
