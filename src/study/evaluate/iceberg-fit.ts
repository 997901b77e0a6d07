import { OrderBook } from '../../core/book/order-book.ts';
import { likelihoodOf } from '../../core/brain/iceberg/model.ts';
import { STEPS } from '../../core/brain/iceberg/remainder.ts';
import { Iceberg } from '../../core/brain/iceberg.ts';
import { EventKind } from '../../core/events.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { solved } from '../statistics/logistic.ts';
import { leftAt } from './iceberg.ts';
import { onOurClock } from './labels.ts';
import type { MarketSource } from './play.ts';

/** Two sizes are of one iceberg when they differ by less, in logarithm. */
const ALIKE = 0.25;
/** A link is of a label that ended so long ago at most, ms: the feed may tell it late. */
const GRACE_MS = 1000;
const SLACK_MS = 100;

/** One link of a chain: what the likelihood is made of, and whether an iceberg was there. */
export interface Row {
  readonly features: Float64Array;
  readonly true: boolean;
  /** The chain, by any name that no other one has. */
  readonly chain: string;
  /** Orders seen of it by then. */
  readonly orders: number;
  /** What neither stood nor had traded then, in its orders; of what is no iceberg NaN. */
  readonly left: number;
}

export interface Rows {
  readonly staying: Row[];
  readonly following: Row[];
}

export const noRows = (): Rows => ({ staying: [], following: [] });

/** Plays a market through the detector and gathers every link it made, with the truth. `labels` are read after it was played. */
export function collect(source: MarketSource, labels: () => readonly Label[], rows: Rows): void {
  const seats = source.instruments.map((instrument) => new Seat(instrument.id));
  for (const _ of source.play((event) => {
    const seat = seats[event.instrument]!;
    if (event.kind === EventKind.book) {
      seat.book.apply(event.frame);
      seat.ahead.push(event.at / 1000 - event.frame.exchangeAt);
      seat.iceberg.onBook(event.at);
    } else if (event.kind === EventKind.trade) seat.iceberg.onTrade(event);
  }));
  for (const seat of seats) seat.finish(labels(), rows);
}

interface Link {
  readonly serial: number;
  readonly orders: number;
  readonly pattern: 'staying' | 'following';
  readonly features: Float64Array;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly peak: number;
  /** ms. */
  readonly at: number;
}

class Seat {
  readonly book = new OrderBook();
  readonly ahead: number[] = [];
  readonly iceberg: Iceberg;
  private readonly id: string;
  private readonly links: Link[] = [];

  constructor(id: string) {
    this.id = id;
    this.iceberg = new Iceberg(
      { toldFrom: 1, halfLifeMs: 1000 },
      this.book,
      () => undefined,
      (pattern, chains, chain, features) => {
        this.links.push({
          pattern,
          serial: chains.serialOf(chain),
          orders: chains.orders[chain]!,
          features: features.slice(),
          side: chains.side[chain] === 0 ? 'buy' : 'sell',
          price: chains.price[chain]!,
          peak: chains.peak(chain),
          at: chains.at[chain]! / 1000,
        });
      },
    );
  }

  finish(labels: readonly Label[], rows: Rows): void {
    this.ahead.sort((a, b) => a - b);
    const own = onOurClock(
      labels.filter(({ instrument, kind }) => instrument === this.id && kind.startsWith('iceberg_')),
      this.ahead[this.ahead.length >> 1] ?? 0,
    );
    const market = ++markets;
    for (const link of this.links) {
      const label = own.find((each) => isOf(link, each));
      rows[link.pattern].push({
        features: link.features,
        true: label !== undefined,
        chain: `${market} ${link.pattern} ${link.serial}`,
        orders: link.orders,
        left: label === undefined ? Number.NaN : leftAt(label, link.at) / link.peak,
      });
    }
  }
}

/** Markets gathered so far. */
let markets = 0;

const isOf = ({ side, price, peak, at }: Link, { from, to, orders }: Label): boolean =>
  at >= from - SLACK_MS &&
  at <= to + GRACE_MS &&
  orders.some(
    (order) =>
      order.side === side &&
      order.price === price &&
      order.from <= at + SLACK_MS &&
      Math.abs(Math.log(order.size / peak)) < ALIKE,
  );

/** Logistic regression with a ridge of `ridge`, by Newton's method. */
export function fitLogistic(rows: readonly Pick<Row, 'features' | 'true'>[], ridge: number): number[] {
  const count = rows[0]!.features.length;
  const weights = new Float64Array(count);
  for (let step = 0; step < 50; step++) {
    const slope = weights.map((weight) => -ridge * weight);
    const curve = Array.from({ length: count }, (_, i) => {
      const row = new Float64Array(count);
      row[i] = ridge;
      return row;
    });
    for (const { features, true: yes } of rows) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += weights[i]! * features[i]!;
      const chance = 1 / (1 + Math.exp(-sum));
      const spread = chance * (1 - chance);
      for (let i = 0; i < count; i++) {
        slope[i]! += ((yes ? 1 : 0) - chance) * features[i]!;
        for (let j = 0; j < count; j++) curve[i]![j]! += spread * features[i]! * features[j]!;
      }
    }
    const move = solved(curve, slope);
    for (let i = 0; i < count; i++) weights[i]! += move[i]!;
    if (move.every((each) => Math.abs(each) < 1e-8)) break;
  }
  return [...weights];
}

/** An iceberg that was found after so many orders, and had so many in all as far as the orders seen tell. */
export interface Lifetime {
  readonly from: number;
  readonly to: number;
}

/** Every iceberg of `rows` as the detector saw it when it was first as likely as `threshold`. */
export function lifetimesSeen(
  rows: readonly Row[],
  weights: readonly number[],
  threshold: number,
): Lifetime[] {
  const seen = new Set<string>();
  const found: Lifetime[] = [];
  for (const { features, chain, orders, left } of rows) {
    if (Number.isNaN(left) || seen.has(chain) || likelihoodOf(features, weights) < threshold) continue;
    seen.add(chain);
    found.push({ from: orders, to: orders + Math.round(left) });
  }
  return found;
}

/** How many icebergs reached each number of orders, of those found before, and ended there; scaled to count as `weight`. */
export function lifetimesOf(
  found: readonly Lifetime[],
  weight: number,
): { reached: number[]; ended: number[] } {
  const reached = STEPS.map(() => 0);
  const ended = STEPS.map(() => 0);
  for (const { from: since, to: last } of found) {
    STEPS.forEach((from, step) => {
      const to = STEPS[step + 1] ?? Number.POSITIVE_INFINITY;
      reached[step]! += Math.max(0, Math.min(to, last + 1) - Math.max(from, since));
      if (last >= from && last < to) ended[step]! += 1;
    });
  }
  const share = weight / found.length;
  // nothing is certain: one order more was reached at each step, one in ten of those ended there
  return {
    reached: reached.map((count) => (count + 1) * share),
    ended: ended.map((count) => (count + 0.1) * share),
  };
}
