import type { OrderBook } from '../../core/book/order-book.ts';
import type { Brain, BrainConfig } from '../../core/brain/brain.ts';
import type { Detector } from '../../core/brain/detector.ts';
import type { Finding } from '../../core/brain/finding.ts';
import { type BookEvent, EventKind, type MarketEvent, type TradeEvent } from '../../core/events.ts';
import { Instrument } from '../../core/instrument.ts';
import { Market, type MarketConfig } from '../../core/market.ts';
import type { CandleOpinion } from '../../core/opinion.ts';
import type { Us } from '../../core/units.ts';
import type { Label, LabelSink } from '../../exchange/scenarios/label.ts';
import { readTape } from '../../tape/reader.ts';
import { CANDLES_AT_START } from '../../venue/venue.ts';
import { BarCandles } from '../backtest/bar-candles.ts';
import { Simulation, type SimulationOptions } from '../simulate.ts';

/** Where market events come from, in order. */
export interface MarketSource {
  readonly instruments: readonly Instrument[];
  /** Hands every event to `emit`, lent; gives way now and then with the share done, 0…1. To be run through once. */
  play(emit: (event: MarketEvent) => void): Iterable<number>;
}

/** Who looks on while one instrument's market is played. What is handed over is lent for the call. */
export interface Observer {
  /** A frame, before the book takes it. */
  book?(event: BookEvent): void;
  /** The book took a frame and every detector's reading is up to date. The book may be one-sided: ask it. */
  frame?(brain: Brain, book: OrderBook, at: Us): void;
  /** Before the brain hears of it. */
  trade?(event: TradeEvent): void;
  /** The brain's detectors told of a finding. */
  finding?(finding: Finding): void;
  /** The feed was lost: the past says nothing about what comes. */
  lost?(at: Us): void;
}

/** Makes the observers of an instrument; `book` is the one that will be played. */
export type Watch = (instrument: Instrument, book: OrderBook, index: number) => readonly Observer[];

/** What was played. */
export interface PlayedMarket {
  readonly events: number;
  /** One for each instrument. */
  readonly spans: readonly Span[];
}

export interface Span {
  /** Of its first and last event, our clock; both 0 where there were none. */
  from: Us;
  to: Us;
  frames: number;
  trades: number;
  /** Level changes that were changes. */
  changes: number;
  /** By how much our clock was ahead of the exchange's stamps, ms: the median over the frames; below 0 where it was behind. */
  aheadMs: number;
}

/**
 * What the market's detectors are, and what they need. Detectors alone: no candle strategies, and of the signal the priors.
 */
export type PlayConfig = MarketConfig | BrainConfig;

/** Each instrument of `source` through the engine's own `Market`. */
export function play(source: MarketSource, config: PlayConfig, watch: Watch): PlayedMarket {
  const stage = new Stage(source.instruments, config, watch);
  for (const _ of source.play((event) => stage.take(event)));
  return stage.finish();
}

/** The same, interruptible: other work gets its turn between stretches. */
export async function playInTurns(
  source: MarketSource,
  config: PlayConfig,
  watch: Watch,
  { signal, progress }: { signal?: AbortSignal; progress?: (done: number) => void } = {},
): Promise<PlayedMarket> {
  const stage = new Stage(source.instruments, config, watch);
  for (const done of source.play((event) => stage.take(event))) {
    signal?.throwIfAborted();
    progress?.(done);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return stage.finish();
}

/** A detector that is not the brain's, such as a naive rival, as one who looks on. */
export function watching(detector: Detector): Observer {
  return {
    frame: (_brain, _book, at) => {
      detector.onBook(at);
      detector.reading(at);
    },
    trade: (event) => detector.onTrade(event),
    lost: () => detector.reset(),
  };
}

class Stage {
  readonly played: { events: number; readonly spans: readonly Span[] };
  private readonly seats: readonly Seat[];

  constructor(instruments: readonly Instrument[], config: PlayConfig, watch: Watch) {
    this.seats = instruments.map((instrument, index) => new Seat(instrument, config, watch, index));
    this.played = { events: 0, spans: this.seats.map(({ span }) => span) };
  }

  finish(): PlayedMarket {
    for (const seat of this.seats) seat.finish();
    return this.played;
  }

  take(event: MarketEvent): void {
    this.played.events += 1;
    this.seats[event.instrument]!.take(event);
  }
}

/** One instrument's market and observers. */
class Seat {
  readonly span: Span = { from: 0 as Us, to: 0 as Us, frames: 0, trades: 0, changes: 0, aheadMs: 0 };
  private readonly market: Market;
  private readonly observers: readonly Observer[];
  private readonly ahead: number[] = [];

  constructor(instrument: Instrument, config: PlayConfig, watch: Watch, index: number) {
    this.market = new Market('brain' in config ? config : detectorsAlone(config), instrument, (finding) => {
      for (const observer of this.observers) observer.finding?.(finding);
    });
    this.observers = watch(instrument, this.market.book, index);
  }

  finish(): void {
    this.ahead.sort((a, b) => a - b);
    this.span.aheadMs = this.ahead[this.ahead.length >> 1] ?? 0;
  }

  take(event: MarketEvent): void {
    const { market, observers, span } = this;
    if (span.from === 0) span.from = event.at;
    if (event.at > span.to) span.to = event.at;
    switch (event.kind) {
      case EventKind.book:
        span.frames += 1;
        this.ahead.push(event.at / 1000 - event.frame.exchangeAt);
        for (const observer of observers) observer.book?.(event);
        market.onBook(event);
        span.changes += market.book.changes.count;
        for (const observer of observers) observer.frame?.(market.brain, market.book, event.at);
        return;
      case EventKind.trade:
        span.trades += 1;
        for (const observer of observers) observer.trade?.(event);
        return market.onTrade(event);
      case EventKind.candle:
        return market.onCandle(event);
      case EventKind.mark:
        return market.onMark(event);
      case EventKind.funding:
        return market.onFunding(event);
      case EventKind.feed:
        market.onFeed(event);
        if (!event.live) for (const observer of observers) observer.lost?.(event.at);
    }
  }
}

/** Strategies that find nothing. */
const NOBODY: CandleOpinion = {
  name: 'nobody',
  direction: 'none',
  confidence: 0,
  support: null,
  resistance: null,
  reasons: () => [],
  parts: () => [],
  update: () => undefined,
  reset: () => undefined,
};

const detectorsAlone = (brain: BrainConfig): MarketConfig => ({
  ...{ brain, bar: '1m', atrPeriod: 14, volatilityWindow: 60, volatilityWindowLong: 480 },
  ...{ lead: 'signal', quotes: 'book', assumedSpreadBp: 0, fusion: null },
  strategies: () => NOBODY,
});

/** Events between two turns of others. */
const STRETCH_EVENTS = 4096;

/**
 * A tape file. Only `symbols`, where they are named; the others' events are passed over. `bar`: candles are told as those of this
 * bar, `market.bar` of whoever feeds them to a `Market`, and refused with a `ConfigError` when played where they do not add up to
 * it; null: as they are.
 */
export function tapeSource(
  path: string,
  symbols: readonly string[] | null = null,
  bar: string | null = null,
): MarketSource {
  const reader = readTape(path);
  reader.close();
  const wanted = reader.instruments.filter(({ instId }) => symbols === null || symbols.includes(instId));
  const places = reader.instruments.map((spec) => wanted.indexOf(spec));
  return {
    instruments: wanted.map((spec) => new Instrument(spec)),
    *play(emit) {
      let total = 0;
      const hasCandles = wanted.map(() => false);
      readTape(path).forEachKind((kind, instrument) => {
        total += 1;
        if (kind === EventKind.candle && places[instrument]! >= 0) hasCandles[places[instrument]!] = true;
      });
      const candles = wanted.map(({ instId }, place) =>
        bar !== null && hasCandles[place]! ? new BarCandles(instId, reader.meta.bar, bar, place) : null,
      );
      const tape = readTape(path);
      try {
        let done = 0;
        for (let event = tape.next(); event !== null; event = tape.next()) {
          const place = places[event.instrument]!;
          if (place >= 0) {
            event.instrument = place;
            const own = candles[place]!;
            if (own === null) emit(event);
            else own.take(event, emit);
          }
          done += 1;
          if (done % STRETCH_EVENTS === 0) yield done / total;
        }
        yield 1;
      } finally {
        tape.close();
      }
    },
  };
}

/** How much is simulated between two turns of others. */
const STRETCH_MS = 1000;

/** A market simulated in memory, no file written; its labels go to `label` as they are told. */
export function simulationSource(
  options: Omit<SimulationOptions, 'event' | 'raw' | 'label' | 'history'>,
  minutes: number,
  label: LabelSink,
): MarketSource {
  let sink: (event: MarketEvent) => void = () => undefined;
  const simulation = new Simulation({
    ...options,
    history: CANDLES_AT_START,
    event: (event) => sink(event),
    label: (told: Label) => {
      // the others trade too, but nobody listens to them
      if (options.symbols.includes(told.instrument)) label(told);
    },
  });
  return {
    instruments: simulation.specs.map((spec) => new Instrument(spec)),
    *play(emit) {
      sink = emit;
      const until = options.from + minutes * 60_000;
      simulation.begin();
      for (let at = options.from; at < until; ) {
        at = Math.min(until, at + STRETCH_MS);
        simulation.advance(at);
        yield (at - options.from) / (until - options.from);
      }
      simulation.finish();
    },
  };
}
