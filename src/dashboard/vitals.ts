import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Five digits: a latency of 3 ms must not drown in what is added to keep it positive. */
const PRECISE = { figures: 5 } as const;

/** Quantiles over the last one to two minutes: two histograms that take turns, so that old values go away. */
class Recent {
  private current: RecordableHistogram = createHistogram(PRECISE);
  private previous: RecordableHistogram = createHistogram(PRECISE);

  record(value: number): void {
    // the histogram takes integers of at least 1
    this.current.record(Math.max(1, Math.round(value)));
  }

  turn(): void {
    const oldest = this.previous;
    this.previous = this.current;
    oldest.reset();
    this.current = oldest;
  }

  quantiles(): { p50: number; p99: number } | null {
    const both = createHistogram(PRECISE);
    both.add(this.previous);
    both.add(this.current);
    if (both.count === 0) return null;
    return { p50: both.percentile(50), p99: both.percentile(99) };
  }
}

/** Latency is recorded with this added, because a clock behind the exchange's makes it negative. */
const LATENCY_SHIFT_MS = 10_000;

/** How the engine is doing: event rate, time per event, age and latency of what it gets. */
export class Vitals {
  lastEventAt = 0;
  events = 0;
  gaps = 0;
  reconnects = 0;
  private readonly latency = new Recent();
  private readonly stepNs = new Recent();
  private turnedAt = 0;
  private rateAt = 0;
  private rateEvents = 0;
  private rate = 0;

  /** `nowMs`: our wall clock; `stepNs`: time the engine took. */
  event(nowMs: number, stepNs: number): void {
    this.lastEventAt = nowMs;
    this.events++;
    this.stepNs.record(stepNs);
  }

  /** Received minus exchange time of a book message, ms; may be negative. */
  book(latencyMs: number): void {
    const shifted = latencyMs + LATENCY_SHIFT_MS;
    if (shifted > 0) this.latency.record(shifted);
  }

  /** Call about once a second. */
  tick(nowMs: number): void {
    if (nowMs - this.turnedAt >= 60_000) {
      this.turnedAt = nowMs;
      this.latency.turn();
      this.stepNs.turn();
    }
    const elapsed = nowMs - this.rateAt;
    if (elapsed >= 1_000) {
      this.rate = ((this.events - this.rateEvents) * 1_000) / elapsed;
      this.rateAt = nowMs;
      this.rateEvents = this.events;
    }
  }

  get eventsPerSecond(): number {
    return this.rate;
  }

  get feedLatencyMs(): { p50: number; p99: number } | null {
    const shifted = this.latency.quantiles();
    return shifted && { p50: shifted.p50 - LATENCY_SHIFT_MS, p99: shifted.p99 - LATENCY_SHIFT_MS };
  }

  get stepUs(): { p50: number; p99: number } | null {
    const ns = this.stepNs.quantiles();
    return ns && { p50: ns.p50 / 1_000, p99: ns.p99 / 1_000 };
  }
}
