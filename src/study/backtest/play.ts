import { engineConfig } from '../../config/engine.ts';
import { ConfigError } from '../../config/load.ts';
import { paperConfig } from '../../config/paper.ts';
import type { Settings } from '../../config/schema.ts';
import { barToMs } from '../../core/candles/candle-series.ts';
import { CandleEvent, EventKind, type MarketEvent } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { CandleOpinion } from '../../core/opinion.ts';
import { type Us, us } from '../../core/units.ts';
import { Desk, marketKind } from './desk.ts';
import { SignalTally } from './signal-tally.ts';
import type { Tapes } from './tapes.ts';

export interface PlayOptions {
  /** Only these of the tapes' instruments; null takes all. */
  readonly symbols: readonly string[] | null;
  /**
   * Other strategies than rows S1 to S5, one for each instrument of a run. `known` are the run's data, for those that
   * prepare something of them: a check cuts them off.
   */
  readonly strategies?: (known: KnownData) => CandleOpinion;
  /** Stop before the first event after this time. */
  readonly until?: Us;
  /** Everything is told to the engine and the venue so much later, ms. */
  readonly delayMs?: number;
}

/** What a run may look at. */
export interface KnownData {
  readonly instruments: readonly Instrument[];
  /** Every event of the run, lent. */
  forEach(emit: (event: MarketEvent) => void): void;
}

/** A run, played to its end. */
export interface Played {
  /** One for each settlement currency. */
  readonly desks: readonly Desk[];
  readonly tallies: readonly SignalTally[];
  readonly events: number;
  /** Of the first and the last event, ms. */
  readonly from: number;
  readonly to: number;
  /** Wall clock, s. */
  readonly elapsed: number;
}

/** Where an instrument of the tapes trades. */
interface Place {
  readonly desk: Desk;
  readonly index: number;
  readonly tally: SignalTally;
}

/**
 * Tapes through the engine and the paper venue: the same code as paper trading, in the tapes' own time. Same tapes and
 * settings, same result. Throws a `ConfigError` for symbols that are not there and candles that do not fit the settings.
 */
export function play(tapes: Tapes, settings: Settings, options: PlayOptions): Played {
  const { symbols } = options;
  const all = tapes.instruments;
  const unknown = symbols?.filter((symbol) => !all.some(({ id }) => id === symbol)) ?? [];
  if (unknown.length > 0)
    throw new ConfigError([
      `no ${unknown.join(', ')} on ${tapes.files.map(({ path }) => path).join(', ')}; there is ${all.map(({ id }) => id).join(', ')}`,
    ]);
  const chosen = all.map(({ id }) => symbols === null || symbols.includes(id));
  const places = seat(tapes, settings, options, chosen);
  const desks = [...new Set(places.flatMap((place) => (place === null ? [] : [place.desk])))];

  const until = options.until ?? Number.POSITIVE_INFINITY;
  const delayUs = (options.delayMs ?? 0) * 1000;
  const together = new Together(all.length > 1);
  let events = 0;
  let from = 0;
  let to = 0;
  const startedAt = performance.now();
  tapes.forEach((event) => {
    if (event.at > until) return;
    const place = places[event.instrument]!;
    if (place === null) return;
    event.at = us(event.at + delayUs);
    events++;
    if (from === 0) from = event.at / 1000;
    to = event.at / 1000;
    event.instrument = place.index;
    together.take(event, place);
  });
  together.flush();
  return {
    desks,
    tallies: places.flatMap((place) => (place === null ? [] : [place.tally])),
    events,
    from,
    to,
    elapsed: (performance.now() - startedAt) / 1000,
  };
}

function seat(
  tapes: Tapes,
  settings: Settings,
  options: PlayOptions,
  chosen: readonly boolean[],
): (Place | null)[] {
  const all = tapes.instruments;
  const barMs = barToMs(settings.market.bar);
  all.forEach(({ id }, i) => {
    const holding = tapes.holdings[i]!;
    if (chosen[i] && holding.barMs > 0 && barMs % holding.barMs !== 0)
      throw new ConfigError([
        `${id} comes in ${holding.bar} candles, which do not add up to market.bar: ${settings.market.bar}; set market.bar to ${holding.bar} or a multiple`,
      ]);
  });
  const currencies = [...new Set(all.filter((_, i) => chosen[i]).map((each) => each.settleCurrency))];
  const places: (Place | null)[] = all.map(() => null);
  for (const currency of currencies) {
    const mine = all.flatMap((instrument, i) =>
      chosen[i] && instrument.settleCurrency === currency ? [i] : [],
    );
    const instruments = mine.map((i): Instrument => all[i]!);
    const holdings = mine.map((i) => tapes.holdings[i]!);
    const books = holdings.some((holding) => marketKind(holding) === 'books');
    const configured = engineConfig(settings, 'bt', books ? 'book' : 'prices');
    // without a book the detectors are silent: the strategies lead
    const market = books ? configured.market : { ...configured.market, lead: 'strategies' as const };
    const engine = { ...configured, market };
    const strategies =
      options.strategies === undefined ? null : bound(options.strategies, tapes, options.until);
    const desk = new Desk(
      {
        engine: strategies === null ? engine : { ...engine, market: { ...market, strategies } },
        paper: paperConfig(settings),
        bars: {
          spreadBp: settings.market.assumed_spread_bp,
          volumeShareMax: settings.paper.volume_share_max,
          intrabar: settings.paper.intrabar,
        },
        barMs,
        equityEveryMs: sampleMs(tapes.to - tapes.from),
      },
      currency,
      instruments,
      holdings,
    );
    mine.forEach((i, index) => {
      places[i] = {
        desk,
        index,
        tally: new SignalTally(desk.marketOf(index), settings.signal.confidence_threshold),
      };
    });
  }
  return places;
}

const bound =
  (strategies: NonNullable<PlayOptions['strategies']>, tapes: Tapes, until = us(Number.POSITIVE_INFINITY)) =>
  (): CandleOpinion =>
    strategies({
      instruments: tapes.instruments,
      forEach: (emit) =>
        tapes.forEach((event) => {
          if (event.at <= until) emit(event);
        }),
    });

const SAMPLES_MS = [60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000];
const SAMPLES_MAX = 15_000;

/** Distance of equity samples for a run of `spanMs`: a whole part of a day. */
const sampleMs = (spanMs: number): number =>
  SAMPLES_MS.find((each) => spanMs / each <= SAMPLES_MAX) ?? SAMPLES_MS.at(-1)!;

/** Puts candles that ended at the same moment together: nobody may act on one of them before the others have happened. */
class Together {
  /** With one instrument there is nothing to put together, and nothing to copy. */
  private readonly several: boolean;
  private readonly one: MarketEvent[] = [];
  private waiting: { readonly event: MarketEvent; readonly place: Place }[] = [];

  constructor(several: boolean) {
    this.several = several;
  }

  take(event: MarketEvent, place: Place): void {
    const candle = event.kind === EventKind.candle && event.closed;
    if (this.waiting.length > 0 && !(candle && this.waiting[0]!.event.at === event.at)) this.flush();
    if (candle && this.several) this.waiting.push({ event: copyOf(event), place });
    else {
      this.one[0] = event;
      place.desk.market(this.one);
      place.tally.observe(event);
    }
  }

  flush(): void {
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    for (const desk of new Set(waiting.map(({ place }) => place.desk)))
      desk.market(waiting.flatMap((each) => (each.place.desk === desk ? [each.event] : [])));
    for (const { event, place } of waiting) place.tally.observe(event);
  }
}

const copyOf = ({
  at,
  instrument,
  openAt,
  open,
  high,
  low,
  close,
  volume,
  closed,
}: CandleEvent): CandleEvent =>
  new CandleEvent(at, instrument, openAt, open, high, low, close, volume, closed);
