import { BookEvent, type MarketEvent, TradeEvent } from '../../core/events.ts';
import { Instrument, parseMoney } from '../../core/instrument.ts';
import { frameOf } from '../../core/testing/books.ts';
import { SPECS } from '../../core/testing/specs.ts';
import { lots, type Side, ticks, type Us, us, usToMs } from '../../core/units.ts';
import { type Level, venueContract, type World } from '../venue.contract.ts';
import type { VenueClock } from '../venue.ts';
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

class PaperWorld implements World {
  readonly instrument = new Instrument(SPECS.btc);
  readonly venue: PaperVenue;
  private readonly clock = new ScriptedClock();

  constructor() {
    this.venue = new PaperVenue(
      {
        startBalance: parseMoney('100000'),
        fees: { maker: '0.0002', taker: '0.0005' },
        orderLatency: { kind: 'constant', ms: 20 },
        answerLatency: { kind: 'constant', ms: 15 },
        seed: 1,
        queue: { kind: 'behindFirst' },
        selfImpact: true,
        maintenanceRate: 0.004,
      },
      [this.instrument],
      this.clock,
    );
  }

  show(bids: readonly Level[], asks: readonly Level[]): Promise<void> {
    const frame = frameOf(true, bids, asks, usToMs(this.clock.now()));
    return this.observe(new BookEvent(this.clock.now(), 0, frame));
  }

  print(side: Side, price: number, size: number): Promise<void> {
    const now = this.clock.now();
    return this.observe(new TradeEvent(now, 0, usToMs(now), ticks(price), lots(size), side));
  }

  settle(): Promise<void> {
    this.clock.pass(100);
    return Promise.resolve();
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

venueContract('paper', () => Promise.resolve(new PaperWorld()));
