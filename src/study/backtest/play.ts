import { engineConfig } from '../../config/engine.ts';
import { scenarioOfAll } from '../../config/model.ts';
import { paperConfig } from '../../config/paper.ts';
import type { Settings } from '../../config/schema.ts';
import { CandleEvent, EventKind, type MarketEvent } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { CandleOpinion } from '../../core/opinion.ts';
import { type Us, us } from '../../core/units.ts';
import { readTape } from '../../tape/reader.ts';
import type { AccountPlan } from './accounts.ts';
import { Desk, marketKind } from './desk.ts';
import { OpinionTrace, type TracedOpinion } from './look-ahead-opinions.ts';
import { retell, type Telling } from './look-ahead-telling.ts';
import { SignalTally } from './signal-tally.ts';
import type { Tapes } from './tapes.ts';

export interface PlayOptions extends Telling {
  /**
   * Other strategies than rows S1 to S5, one for each instrument of a run. `known` are the run's data, for those that
   * prepare something of them: a check cuts them off.
   */
  readonly strategies?: (known: KnownData) => CandleOpinion;
  /** Stop before the first event after this time. */
  readonly until?: Us;
  /** Hears now and then how many events were told so far, and of the newest one's time. */
  readonly progress?: (events: number, at: Us) => void;
}

/** What a run may look at. */
export interface KnownData {
  readonly instruments: readonly Instrument[];
  /** Every event of the run, lent. */
  forEach(emit: (event: MarketEvent) => void): void;
}

/** A run, played to its end. */
export interface Played {
  readonly desk: Desk;
  /** One for each instrument. */
  readonly tallies: readonly SignalTally[];
  /** Every change of what was said, by the strategies and by the signal where it leads. */
  readonly opinions: readonly TracedOpinion[];
  readonly events: number;
  /** Of the first and the last event, ms; both 0 where there were none. */
  readonly from: number;
  readonly to: number;
  /** Wall clock, s. */
  readonly elapsed: number;
}

/** Events between two words of progress, a power of two. */
const PROGRESS_EVERY = 65_536;

/**
 * What tapes hold of one account's instruments, through the engine and the paper venue: the same code as paper trading, in
 * the tapes' own time. Same tapes and settings, same result but for `elapsed`.
 */
export function play(
  tapes: Tapes,
  settings: Settings,
  account: AccountPlan,
  options: PlayOptions = {},
): Played {
  const desk = seat(tapes, settings, account, options);
  const tallies = desk.instruments.map(
    (_, index) => new SignalTally(desk.marketOf(index), settings.signal.confidence_threshold),
  );
  const until = options.until ?? Number.POSITIVE_INFINITY;
  const retold = (options.delayMs ?? 0) !== 0 || (options.movedMs ?? 0) !== 0;
  const { progress } = options;
  const opinions = new OpinionTrace(
    desk.instruments.map((_, index) => desk.marketOf(index)),
    settings.signal.confidence_threshold,
  );
  const together = new Together(desk, tallies, opinions);
  const places = tapes.instruments.map((_, place) => account.instruments.indexOf(place));
  let events = 0;
  let from = 0;
  let to = 0;
  const startedAt = performance.now();
  tapes.forEach(
    (event) => {
      const index = places[event.instrument]!;
      if (index < 0 || event.at > until) return;
      if (retold) retell(event, options);
      event.instrument = index;
      if (events === 0) from = event.at;
      to = event.at;
      events++;
      together.take(event);
      if (progress !== undefined && events % PROGRESS_EVERY === 0) progress(events, us(to));
    },
    places.map((index) => index >= 0),
  );
  together.flush();
  return {
    desk,
    tallies,
    opinions: opinions.changes,
    events,
    from: from / 1000,
    to: to / 1000,
    elapsed: (performance.now() - startedAt) / 1000,
  };
}

const scenarioOf = ({ survey }: Tapes): string | null =>
  scenarioOfAll(
    survey.paths.map((path) => {
      const tape = readTape(path);
      tape.close();
      return tape.meta;
    }),
  );

function seat(tapes: Tapes, settings: Settings, account: AccountPlan, options: PlayOptions): Desk {
  const instruments = account.instruments.map((place) => tapes.instruments[place]!);
  const holdings = account.instruments.map((place) => tapes.holdings[place]!);
  const books = holdings.some((holding) => marketKind(holding) === 'books');
  const configured = engineConfig(settings, 'bt', books ? 'book' : 'prices', scenarioOf(tapes));
  // without a book the detectors are silent: the strategies lead
  const market = {
    ...configured.market,
    ...(books ? {} : { lead: 'strategies' as const }),
    toldLateMs: options.delayMs ?? 0,
  };
  const strategies = options.strategies === undefined ? null : bound(options.strategies, tapes, options);
  return new Desk(
    {
      engine: {
        ...configured,
        market: strategies === null ? market : { ...market, strategies },
      },
      paper: paperConfig(settings),
      bars: {
        spreadBp: settings.market.assumed_spread_bp,
        volumeShareMax: settings.paper.volume_share_max,
        intrabar: settings.paper.intrabar,
      },
      bar: settings.market.bar,
      equityEveryMs: sampleMs(account.to - account.from),
    },
    instruments[0]!.settleCurrency,
    instruments,
    holdings,
  );
}

/** What a strategy may prepare itself from is cut off, and at another date, as the run is. */
const bound =
  (
    strategies: NonNullable<PlayOptions['strategies']>,
    tapes: Tapes,
    { until = us(Number.POSITIVE_INFINITY), movedMs = 0 }: PlayOptions,
  ) =>
  (): CandleOpinion =>
    strategies({
      instruments: tapes.instruments,
      forEach: (emit) =>
        tapes.forEach((event) => {
          if (event.at > until) return;
          retell(event, { movedMs });
          emit(event);
        }),
    });

const SAMPLES_MS = [60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000];
const SAMPLES_MAX = 15_000;

/** Distance of equity samples for a run of `spanMs`: a whole part of a day. */
const sampleMs = (spanMs: number): number =>
  SAMPLES_MS.find((each) => spanMs / each <= SAMPLES_MAX) ?? SAMPLES_MS.at(-1)!;

/** Puts candles that ended at the same moment together: nobody may act on one of them before the others have happened. */
class Together {
  private readonly desk: Desk;
  private readonly tallies: readonly SignalTally[];
  private readonly opinions: OpinionTrace;
  /** With one instrument there is nothing to put together, and nothing to copy. */
  private readonly several: boolean;
  private readonly one: MarketEvent[] = [];
  private waiting: MarketEvent[] = [];

  constructor(desk: Desk, tallies: readonly SignalTally[], opinions: OpinionTrace) {
    this.desk = desk;
    this.tallies = tallies;
    this.opinions = opinions;
    this.several = tallies.length > 1;
  }

  take(event: MarketEvent): void {
    const candle = event.kind === EventKind.candle && event.closed;
    if (this.waiting.length > 0 && !(candle && this.waiting[0]!.at === event.at)) this.flush();
    if (candle && this.several) this.waiting.push(copyOf(event));
    else {
      this.one[0] = event;
      this.desk.market(this.one);
      this.observe(event);
    }
  }

  flush(): void {
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    this.desk.market(waiting);
    for (const event of waiting) this.observe(event);
  }

  private observe(event: MarketEvent): void {
    this.tallies[event.instrument]!.observe(event);
    this.opinions.observe(event);
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
