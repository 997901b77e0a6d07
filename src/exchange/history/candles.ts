const DAY_MS = 86_400_000;

/** Bars that are kept, by their OKX name, in ms; months are as long as they are. */
export const BARS: Readonly<Record<string, number>> = {
  '1s': 1000,
  '1m': 60_000,
  '3m': 180_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1H': 3_600_000,
  '2H': 7_200_000,
  '4H': 14_400_000,
  '6H': 21_600_000,
  '12H': 43_200_000,
  '1D': DAY_MS,
  '2D': 2 * DAY_MS,
  '3D': 3 * DAY_MS,
  '1W': 7 * DAY_MS,
  '1M': 30 * DAY_MS,
  '3M': 90 * DAY_MS,
  '6Hutc': 21_600_000,
  '12Hutc': 43_200_000,
  '1Dutc': DAY_MS,
  '2Dutc': 2 * DAY_MS,
  '3Dutc': 3 * DAY_MS,
  '1Wutc': 7 * DAY_MS,
  '1Mutc': 30 * DAY_MS,
  '3Mutc': 90 * DAY_MS,
};

/** Bars of six hours and more open on Hong Kong time (UTC+8) unless their name ends in `utc`. */
const HONG_KONG_MS = 8 * 3_600_000;
/** 1970 began on a Thursday, weeks begin on a Monday. */
const MONDAY_MS = 4 * DAY_MS;

/** One bar. Prices in ticks, volume in lots, `notional` = Σ price·size in tick·lots, for statistics only. */
export interface Candle {
  openAt: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  notional: number;
}

const MINUTE_MS = 60_000;
/** As many as `market/candles` reaches back. */
const KEPT = 1500;
/** Stretches of the past, ten seconds each, that the shortest bars are made of. */
const STRETCHES_KEPT = 150;

/** The bars of one length: the finished ones, bounded, and the one that is building. */
export class CandleSeries {
  readonly bar: string;
  readonly length: number;
  private readonly offset: number;
  /** Calendar months of a bar; 0 when it is a fixed time. */
  private readonly months: number;
  /** The bar of months that was asked for last: the calendar is slow, and mostly the next one asked for is the same. */
  private monthsFrom = Number.POSITIVE_INFINITY;
  private monthsTo = Number.NEGATIVE_INFINITY;
  /** Finished bars, oldest first. */
  readonly closed: Candle[] = [];
  building: Candle;

  constructor(bar: string, at: number, price: number) {
    this.bar = bar;
    this.length = BARS[bar]!;
    this.months = Number(/^(\d+)M/.exec(bar)?.[1] ?? 0);
    const zone = this.length >= 21_600_000 && !bar.endsWith('utc') ? HONG_KONG_MS : 0;
    this.offset = zone - (/^1W/.test(bar) ? MONDAY_MS : 0);
    this.building = empty(this.openOf(at), price);
  }

  /** Opening time of the bar that `at` lies in. */
  openOf(at: number): number {
    if (this.months > 0) {
      this.turnTo(at);
      return this.monthsFrom;
    }
    return Math.floor((at + this.offset) / this.length) * this.length - this.offset;
  }

  /** When the building bar ends. */
  get closesAt(): number {
    const { openAt } = this.building;
    if (this.months === 0) return openAt + this.length;
    this.turnTo(openAt);
    return this.monthsTo;
  }

  /** Sets the bar of months that `at` lies in. */
  private turnTo(at: number): void {
    if (at >= this.monthsFrom && at < this.monthsTo) return;
    const day = new Date(at + this.offset);
    const year = day.getUTCFullYear();
    const month = day.getUTCMonth() - (day.getUTCMonth() % this.months);
    this.monthsFrom = Date.UTC(year, month, 1) - this.offset;
    this.monthsTo = Date.UTC(year, month + this.months, 1) - this.offset;
  }

  /** Closes what has ended by `at`; bars without a trade stand still at the last close. Gives how many closed. */
  rollTo(at: number): number {
    const openAt = this.openOf(at);
    let count = 0;
    // after a long silence only the bars that would be kept are worth making
    const skipped = openAt - this.building.openAt - KEPT * this.length;
    if (skipped > 0 && this.months === 0)
      this.building = empty(openAt - KEPT * this.length, this.building.close);
    while (this.building.openAt < openAt) {
      const next = empty(this.closesAt, this.building.close);
      this.close();
      this.building = next;
      count += 1;
    }
    return count;
  }

  private close(): void {
    this.closed.push(this.building);
    if (this.closed.length > KEPT + 100) this.closed.splice(0, this.closed.length - KEPT);
  }

  trade(price: number, size: number): void {
    const bar = this.building;
    if (bar.volume === 0) bar.open = bar.high = bar.low = price;
    else if (price > bar.high) bar.high = price;
    else if (price < bar.low) bar.low = price;
    bar.close = price;
    bar.volume += size;
    bar.notional += price * size;
  }

  /** Puts a whole bar of the past where it belongs; what lies before a hole is forgotten. */
  place(bar: Candle): void {
    if (bar.openAt < this.building.openAt) return;
    if (bar.openAt > this.closesAt) this.closed.length = 0;
    else if (bar.openAt === this.closesAt) this.close();
    this.building = bar;
  }

  /** Adds a stretch of the past that lies within one bar. */
  absorb(part: Candle): void {
    this.rollTo(part.openAt);
    const bar = this.building;
    if (bar.volume === 0) bar.open = part.open;
    bar.high = bar.volume === 0 ? part.high : Math.max(bar.high, part.high);
    bar.low = bar.volume === 0 ? part.low : Math.min(bar.low, part.low);
    bar.close = part.close;
    bar.volume += part.volume;
    bar.notional += part.notional;
  }
}

const empty = (openAt: number, price: number): Candle => ({
  openAt,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 0,
  notional: 0,
});

/** Every bar length of one instrument. */
export class CandleBook {
  readonly series: readonly CandleSeries[];
  private readonly stretches: (Candle & { readonly length: number })[] = [];

  constructor(at: number, price: number) {
    this.series = Object.keys(BARS).map((bar) => new CandleSeries(bar, at, price));
  }

  of(bar: string): CandleSeries | undefined {
    return this.series.find((series) => series.bar === bar);
  }

  rollTo(at: number): void {
    if (this.stretches.length > 0) this.spread();
    for (const series of this.series) if (series.closesAt <= at) series.rollTo(at);
  }

  trade(at: number, price: number, size: number): void {
    this.rollTo(at);
    for (const series of this.series) series.trade(price, size);
  }

  /** Adds minutes to bars that were left within one: of a minute that is known in part, only what is new. Not to the 1s bars. */
  resume(minutes: readonly Candle[]): void {
    const known = { ...this.of('1m')!.building };
    for (const minute of minutes) {
      const isKnown = minute.openAt === known.openAt;
      if (minute.openAt < known.openAt || (isKnown && minute.volume < known.volume)) continue;
      const volume = isKnown ? minute.volume - known.volume : minute.volume;
      const notional = isKnown ? minute.notional - known.notional : minute.notional;
      for (const series of this.series)
        if (series.length >= MINUTE_MS) series.absorb({ ...minute, volume, notional });
    }
  }

  /** Adds a stretch of the past, `length` ms long. */
  absorb(part: Candle, length: number): void {
    for (const series of this.series) if (series.length >= length) series.absorb(part);
    this.stretches.push({ ...part, length });
    if (this.stretches.length > 2 * STRETCHES_KEPT) this.stretches.splice(0, STRETCHES_KEPT);
  }

  /** Bars that are shorter than the stretches of the past get theirs once it is over: only the newest will be kept. */
  private spread(): void {
    const parts = this.stretches.splice(0).slice(-STRETCHES_KEPT);
    const [{ openAt, length }] = parts as [(typeof parts)[number]];
    for (const series of this.series) {
      if (series.length >= length) continue;
      // the rest of a stretch that was lived in is no hole
      if (openAt - series.closesAt < length) series.rollTo(openAt);
      for (const part of parts)
        for (const piece of piecesOf(part, part.length, series.length)) series.place(piece);
    }
  }
}

/** A stretch in pieces: straight from its open to its close, its extremes in the middle one. */
function* piecesOf(part: Candle, length: number, pieceLength: number): Generator<Candle> {
  const count = length / pieceLength;
  const at = (i: number): number => Math.round(part.open + ((part.close - part.open) * i) / count);
  const middle = count >> 1;
  for (let i = 0; i < count; i++) {
    const open = at(i);
    const close = at(i + 1);
    const volume = Math.floor((part.volume * (i + 1)) / count) - Math.floor((part.volume * i) / count);
    yield {
      openAt: part.openAt + i * pieceLength,
      open,
      high: i === middle ? part.high : Math.max(open, close),
      low: i === middle ? part.low : Math.min(open, close),
      close,
      volume,
      notional: (volume * (open + close)) / 2,
    };
  }
}
