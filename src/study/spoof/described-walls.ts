import { BID } from '../../core/book/frame.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import type { Pattern } from '../../core/brain/spoof/weights.ts';
import { Spoof, type SpoofConfig } from '../../core/brain/spoof.ts';
import { EventKind } from '../../core/events.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { readLabels } from '../evaluate/labels.ts';
import { tapeSource } from '../evaluate/play.ts';

/** A wall that the detector described, and whose it was. */
export interface DescribedWall {
  readonly features: Float32Array;
  readonly pattern: Pattern | 'standing';
  /** Tape and instrument. */
  readonly market: string;
  /** What the detector's own number for it was: showings of one size share it. */
  readonly finding: number;
  /** Of the spoofer who showed it; empty where none did. */
  readonly spoofer: string;
  /** Kind of the label, of look-alikes too; empty for the crowd's. */
  readonly kind: string;
  /** How many such walls it stands for. */
  readonly count: number;
}

/** Of the walls of the crowd that stand, one in so many is kept. */
const STANDING_KEPT = 12;
/** A wall is a planted order's when it came within so long of it, ms: a frame and a bit. */
const BEFORE_MS = 20;
const AFTER_MS = 150;

export interface WallsRead {
  readonly walls: readonly DescribedWall[];
  /** Labels to be found, by instrument and participant. */
  readonly spoofers: ReadonlyMap<string, string>;
  /** Instruments added up. */
  readonly hours: number;
}

/**
 * Plays a tape through the detector alone and says of every wall that it described whose it was. `counted` false hides the
 * order counts, as a source that does not tell them.
 */
export function readWalls(folder: string, config: SpoofConfig, counted: boolean): WallsRead {
  const source = tapeSource(`${folder}/market.tape`);
  const labels = readLabels(`${folder}/labels.jsonl`, source.instruments);
  const seats = source.instruments.map(
    ({ id }) =>
      new Seat(
        id,
        labels.filter((label) => label.instrument === id),
        config,
      ),
  );
  for (const _ of source.play((event) => {
    const seat = seats[event.instrument]!;
    if (event.kind === EventKind.book) {
      if (!counted) event.frame.orders.fill(0, 0, event.frame.count);
      seat.ahead.push(event.at / 1000 - event.frame.exchangeAt);
      if (seat.from === 0) seat.from = event.at;
      seat.to = event.at;
      seat.book.apply(event.frame);
      seat.spoof.onBook(event.at);
    } else if (event.kind === EventKind.trade) seat.spoof.onTrade(event);
    else if (event.kind === EventKind.feed && !event.live) seat.spoof.reset();
  }));
  const market = `${folder}${counted ? '' : ' without order counts'}`;
  return {
    walls: seats.flatMap((seat) => seat.walls(market)),
    spoofers: new Map(
      labels
        .filter(isSpoof)
        .map(({ instrument, participant, kind }) => [`${instrument}/${participant}`, kind]),
    ),
    hours: seats.reduce((sum, { from, to }) => sum + (to - from) / 3.6e9, 0),
  };
}

const isSpoof = ({ kind }: Label): boolean => kind.startsWith('spoof');
const isLookAlike = ({ kind }: Label): boolean => kind === 'honest_large_order' || kind === 'requoting_maker';

interface Noted {
  readonly features: Float32Array;
  readonly pattern: Pattern;
  readonly standing: boolean;
  readonly side: 'buy' | 'sell';
  readonly low: number;
  readonly high: number;
  /** ms. */
  readonly from: number;
  readonly finding: number;
}

interface Place {
  readonly label: Label;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly from: number;
}

class Seat {
  readonly book = new OrderBook();
  readonly spoof: Spoof;
  readonly ahead: number[] = [];
  from = 0;
  to = 0;
  private readonly id: string;
  private readonly labels: readonly Label[];
  private readonly noted: Noted[] = [];

  constructor(id: string, labels: readonly Label[], config: SpoofConfig) {
    this.id = id;
    this.labels = labels.filter((label) => isSpoof(label) || isLookAlike(label));
    this.spoof = new Spoof(config, this.book, undefined, (described) => {
      const { features, pattern, standing, side, low, high, from, finding } = described;
      this.noted.push({
        ...{ pattern, standing, low, high, finding, from: from / 1000 },
        features: Float32Array.from(features),
        side: side === BID ? 'buy' : 'sell',
      });
    });
  }

  walls(market: string): DescribedWall[] {
    this.ahead.sort((a, b) => a - b);
    const ahead = this.ahead[this.ahead.length >> 1] ?? 0;
    const places: Place[] = this.labels
      .flatMap((label) =>
        label.orders
          .filter(({ role }) => role !== 'genuine')
          .map(({ side, price, from }) => ({ label, side, price, from: from + ahead })),
      )
      .sort((a, b) => a.from - b.from);
    const walls: DescribedWall[] = [];
    this.noted.forEach(({ features, pattern, standing, side, low, high, from, finding }, n) => {
      let label: Label | null = null;
      for (let i = lowerBound(places, from - AFTER_MS); i < places.length; i++) {
        const place = places[i]!;
        if (place.from > from + BEFORE_MS) break;
        if (place.side !== side || place.price < low || place.price > high) continue;
        if (label === null || isSpoof(place.label)) label = place.label;
      }
      if (standing && label === null && n % STANDING_KEPT !== 0) return;
      walls.push({
        features,
        pattern: standing ? 'standing' : pattern,
        market: `${market} ${this.id}`,
        finding,
        spoofer: label !== null && isSpoof(label) ? `${this.id}/${label.participant}` : '',
        kind: label?.kind ?? '',
        count: standing && label === null ? STANDING_KEPT : 1,
      });
    });
    return walls;
  }
}

function lowerBound(places: readonly Place[], from: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]!.from < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
