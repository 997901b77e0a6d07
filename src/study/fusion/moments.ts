import { FEATURES, type FeatureSource } from '../../core/brain/fusion/features.ts';
import { SlowReadings } from '../../core/brain/fusion/slow.ts';
import { type Stake, Stakes, type StakesConfig } from '../../core/brain/fusion/stakes.ts';
import type { EngineConfig } from '../../core/engine.ts';
import { EventKind, type MarketEvent } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { Market } from '../../core/market.ts';
import type { Us } from '../../core/units.ts';
import { barrierOutcome, TouchPath } from '../evaluate/barriers.ts';
import type { MarketSource } from '../evaluate/play.ts';
import type { Outcomes } from './outcomes.ts';

export interface MomentsConfig {
  readonly market: EngineConfig['market'];
  readonly stakes: StakesConfig;
  /** Between two moments that are looked at, ms. */
  readonly everyMs: number;
}

/** What was seen of one tape. */
export interface Seen {
  /** Longs and shorts that could not be entered, by why. */
  readonly refused: Readonly<Record<string, number>>;
  /** Longs and shorts whose end the tape does not show. */
  readonly cutOff: number;
}

/**
 * Plays a market through the engine's own `Market` and looks at it every so often: what every feature said, where the
 * engine would have put target and stop of a long and of a short, and what became of both. Adds the outcomes to `into`.
 */
export function collect(
  source: MarketSource,
  config: MomentsConfig,
  tape: number,
  into: Outcomes,
): Iterable<number> & { readonly seen: Seen } {
  const seats = source.instruments.map((instrument) => new Seat(instrument, config));
  const seen = { refused: {} as Record<string, number>, cutOff: 0 };
  return {
    seen,
    *[Symbol.iterator]() {
      yield* source.play((event) => seats[event.instrument]!.take(event));
      seats.forEach((seat, instrument) => {
        seat.settle(tape, instrument, into, seen);
      });
    },
  };
}

const FIELDS = 7;

/** One instrument: its market, the path of its touch, and the moments seen. */
class Seat {
  private readonly market: Market;
  private readonly stakes: Stakes;
  private readonly source: FeatureSource;
  private readonly path = new TouchPath();
  private readonly everyUs: number;
  private readonly limitUs: number;
  private readonly at: number[] = [];
  /** Of each moment the features, then of long and short what `put` puts there. */
  private readonly rows: Float64Array[] = [];
  private readonly refused: Record<string, number> = {};
  private next = 0;

  constructor(instrument: Instrument, { market, stakes, everyMs }: MomentsConfig) {
    this.market = new Market(market, instrument);
    this.stakes = new Stakes(this.market, stakes);
    const { brain } = this.market;
    this.source = { brain, stakes: this.stakes, slow: new SlowReadings(brain) };
    this.everyUs = everyMs * 1000;
    this.limitUs = stakes.limitMs * 1000;
  }

  take(event: MarketEvent): void {
    const { market } = this;
    switch (event.kind) {
      case EventKind.book:
        market.onBook(event);
        return this.look(event.at);
      case EventKind.trade:
        return market.onTrade(event);
      case EventKind.candle:
        return market.onCandle(event);
      case EventKind.mark:
        return market.onMark(event);
      case EventKind.funding:
        return market.onFunding(event);
      case EventKind.feed:
        market.onFeed(event);
        if (event.live) return;
        this.stakes.reset();
        this.source.slow.reset();
        return this.path.lose(event.at);
    }
  }

  private look(at: Us): void {
    const { market, stakes, path } = this;
    const { quote } = market;
    if (!quote.firm) return path.lose(at);
    path.push(at, quote.bid, quote.ask);
    // as often as the signal does: the book's two sides are looked at in turn
    stakes.refresh(at);
    this.source.slow.look(at);
    if (at < this.next) return;
    this.next = (Math.floor(at / this.everyUs) + 1) * this.everyUs;
    for (const { known, why } of [stakes.long, stakes.short])
      if (!known) this.refused[kindOf(why)] = (this.refused[kindOf(why)] ?? 0) + 1;
    if (!stakes.long.known && !stakes.short.known) return;
    const row = new Float64Array(FEATURES.length + 2 * FIELDS);
    for (let i = 0; i < FEATURES.length; i++) row[i] = FEATURES[i]!.read(this.source);
    put(row, FEATURES.length, stakes.long);
    put(row, FEATURES.length + FIELDS, stakes.short);
    this.at.push(at);
    this.rows.push(row);
  }

  settle(
    tape: number,
    instrument: number,
    into: Outcomes,
    seen: { refused: Record<string, number>; cutOff: number },
  ): void {
    for (const [why, count] of Object.entries(this.refused))
      seen.refused[why] = (seen.refused[why] ?? 0) + count;
    this.rows.forEach((row, i) => {
      const at = this.at[i]!;
      for (const mirrored of [false, true]) {
        const from = FEATURES.length + (mirrored ? FIELDS : 0);
        if (row[from] !== 1) continue;
        const result = barrierOutcome(this.path, at, mirrored ? 'short' : 'long', {
          target: row[from + 1]!,
          stop: row[from + 2]!,
          limitUs: this.limitUs,
        });
        if (result === null) {
          seen.cutOff += 1;
          continue;
        }
        into.add({
          ...{ tape, instrument, at, mirrored },
          endAt: result.at,
          outcome: result.outcome,
          returnBp: result.returnBp,
          costBp: row[from + 3]!,
          base: row[from + 4]!,
          targetBp: row[from + 5]!,
          stopBp: row[from + 6]!,
          features: row,
        });
      }
    });
  }
}

function put(row: Float64Array, from: number, stake: Stake): void {
  row[from] = stake.known ? 1 : 0;
  row[from + 1] = stake.target;
  row[from + 2] = stake.stop;
  row[from + 3] = stake.costBp;
  row[from + 4] = stake.base;
  row[from + 5] = stake.targetBp;
  row[from + 6] = stake.stopBp;
}

/** Without the figures in it. */
const kindOf = (why: string): string => why.replaceAll(/[\d.−-]+/g, '…');
