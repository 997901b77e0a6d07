import { BID } from '../../core/book/frame.ts';
import type { Us } from '../../core/units.ts';
import type { Label, LabelKind } from '../../exchange/scenarios/label.ts';
import type { Candidate, Told } from './findings.ts';

/**
 * When a finding is of a label: they stand on the same side, a price of the label lies in the finding's range (give or take
 * `toleranceTicks`), and the finding was told, surer than before, no earlier than the label began there and no later than
 * `graceMs` after its end: something that was held likely all along was not found by the label.
 * A finding much wider than the label (`WIDTH_OF_SPAN`) names no place: it is of none.
 * For spoofers the price is a decoy's, for icebergs a peak's, for look-alikes a quote's; the small genuine order is nobody's.
 */
export interface MatchRule {
  /** What ought to be found. */
  readonly wanted: readonly LabelKind[];
  /** Look-alikes: an alarm there is false, and counted by kind. */
  readonly innocent: readonly LabelKind[];
  /** Neither found nor false: an alarm there is not counted (a spoofer's wall in an iceberg's grading is no mistake of its). */
  readonly ignored?: readonly LabelKind[];
  /** Wanted labels that nobody could have found, with the reason in words: ignored. */
  readonly hopeless?: { readonly why: string; readonly is: (label: Label) => boolean };
  readonly toleranceTicks: number;
  /** A finding may come so long after the label's end: what happens is known when it has happened. */
  readonly graceMs: number;
  /** Clocks of feed and labels may differ by so much; the beginning is widened by it. */
  readonly slackMs: number;
  /** Two candidates that overlap in place, and in time give or take this, are one alarm. */
  readonly mergeMs: number;
}

/**
 * `hit`: found a wanted label nobody found before. `again`: its wanted labels were all found by surer alarms; counts neither
 * for nor against. `false`: no wanted label there.
 */
export type Verdict = 'hit' | 'again' | 'false';

/** Candidates that overlap in time and place, told as one: a person who is called once does not come twice. */
export interface Alarm {
  /** The most that its surest candidate, which decides what it is, told: of a hit in its label's time, else at no label's time. */
  readonly likelihood: number;
  readonly candidate: Candidate;
  /** Of all its candidates, oldest first, likelihoods rising; of a hit up to the end of its label's time. */
  readonly told: readonly Told[];
  readonly verdict: Verdict;
  /** Index into the wanted labels; −1 where it found none. */
  readonly label: number;
  /** Index into the innocents of the look-alike that a false alarm took for one; −1 where there was none. */
  readonly innocent: number;
}

/** One detector on one instrument of one tape, against its labels. */
export interface Matched {
  /** Surest first. */
  readonly alarms: readonly Alarm[];
  /** Wanted labels, in order of their beginning. */
  readonly wanted: readonly Label[];
  readonly innocents: readonly Label[];
  /** µs, our clock. */
  readonly from: Us;
  readonly to: Us;
}

/**
 * Matches candidates with labels. What the recording's beginning or end cut in two is ignored: it was not seen whole, and its
 * delay means nothing. Decided from the surest down, so that what holds above a threshold does not depend on what
 * lies below it: a curve over thresholds is the matching with each threshold. A hit is as sure as what was told in its label's
 * time; what the same finding told more surely at no label's time is a false alarm besides: who is sure only afterwards knew less.
 */
export function match(
  candidates: readonly Candidate[],
  labels: readonly Label[],
  rule: MatchRule,
  span: { readonly from: Us; readonly to: Us },
): Matched {
  const cut = ({ from, parameters }: Label): boolean =>
    from * 1000 < span.from || parameters.complete === false;
  const of = (kinds: readonly LabelKind[] = []): Label[] =>
    labels.filter(({ kind }) => kinds.includes(kind)).sort((a, b) => a.from - b.from);
  const unfair = (label: Label): boolean => cut(label) || rule.hopeless?.is(label) === true;
  const wanted = of(rule.wanted).filter((label) => !unfair(label));
  const innocents = of(rule.innocent).filter((label) => !cut(label));
  const wantedPlaces = new Places(wanted, rule);
  const innocentPlaces = new Places(innocents, rule);
  const ignored = [...of(rule.wanted).filter(unfair), ...of(rule.innocent).filter(cut), ...of(rule.ignored)];
  const ignoredPlaces = new Places(ignored, rule);
  const told = merged(candidates, rule);
  const near = told.map(({ candidate }) => wantedPlaces.toldAt(candidate));
  const found = pairsOf(near);
  const alarms: Alarm[] = [];
  told.forEach(({ candidate, told: all }, index) => {
    const inside = Math.max(-1, ...near[index]!.values());
    const label = found.get(index) ?? -1;
    if (label >= 0) {
      const last = (wanted[label]!.to + rule.graceMs) * 1000;
      const until = all.filter(({ at }) => at <= last);
      const likelihood = near[index]!.get(label)!;
      alarms.push({ likelihood, candidate, told: until, verdict: 'hit', label, innocent: -1 });
    } else if (inside >= 0)
      alarms.push({ likelihood: inside, candidate, told: all, verdict: 'again', label, innocent: -1 });
    const outside = candidate.told.findLast(({ at }) => wantedPlaces.at(candidate, at).length === 0);
    if (outside === undefined || outside.likelihood <= inside) return;
    if (ignoredPlaces.at(candidate, outside.at).length > 0) return;
    const mistaken = inside < 0 ? innocentPlaces.toldAt(candidate).keys().next().value : undefined;
    alarms.push({
      ...{ likelihood: outside.likelihood, candidate, told: all },
      ...{ verdict: 'false', label: -1, innocent: mistaken ?? -1 },
    });
  });
  alarms.sort((a, b) => b.likelihood - a.likelihood);
  return { alarms, wanted, innocents, from: span.from, to: span.to };
}

/**
 * Which alarm found which label, by their indices: the surest telling at a label first, whatever was told elsewhere. `near`: by
 * alarm, the labels that it is of and the most that was told at each.
 */
function pairsOf(near: readonly ReadonlyMap<number, number>[]): Map<number, number> {
  const pairs = near.flatMap((labels, alarm) =>
    [...labels].map(([label, likelihood]) => ({ alarm, label, likelihood })),
  );
  pairs.sort((a, b) => b.likelihood - a.likelihood || a.alarm - b.alarm);
  const found = new Map<number, number>();
  const taken = new Set<number>();
  for (const { alarm, label } of pairs) {
    if (found.has(alarm) || taken.has(label)) continue;
    found.set(alarm, label);
    taken.add(label);
  }
  return found;
}

/** Surest first; of equally sure ones the one told first. The surest of those that overlap stands for all. */
export function merged(
  candidates: readonly Candidate[],
  rule: Pick<MatchRule, 'toleranceTicks' | 'mergeMs'>,
): { candidate: Candidate; told: readonly Told[] }[] {
  const order = [...candidates].sort(
    (a, b) => b.likelihood - a.likelihood || a.told.at(-1)!.at - b.told.at(-1)!.at || a.id - b.id,
  );
  const kept: { candidate: Candidate; told: readonly Told[] }[] = [];
  const index = new TimeIndex();
  for (const candidate of order) {
    const mergeUs = rule.mergeMs * 1000;
    const over = index.find(
      candidate.since - mergeUs,
      candidate.until + mergeUs,
      (at) =>
        kept[at]!.candidate.side === candidate.side &&
        kept[at]!.candidate.low <= candidate.high + rule.toleranceTicks &&
        kept[at]!.candidate.high >= candidate.low - rule.toleranceTicks,
    );
    if (over === -1) {
      index.add(kept.length, candidate.since, candidate.until);
      kept.push({ candidate, told: candidate.told });
    } else kept[over]!.told = rising([...kept[over]!.told, ...candidate.told]);
  }
  return kept;
}

/** Only what was surer than all told before it. */
function rising(told: Told[]): Told[] {
  let most = -1;
  return told
    .sort((a, b) => a.at - b.at || b.likelihood - a.likelihood)
    .filter(({ likelihood }) => {
      if (likelihood <= most) return false;
      most = likelihood;
      return true;
    });
}

/** Spans of time in buckets of a second, so that long tapes with many alarms stay quick. */
class TimeIndex {
  private readonly buckets = new Map<number, { id: number; from: number; to: number }[]>();

  add(id: number, from: number, to: number): void {
    for (let bucket = bucketOf(from); bucket <= bucketOf(to); bucket++) {
      const list = this.buckets.get(bucket);
      if (list === undefined) this.buckets.set(bucket, [{ id, from, to }]);
      else list.push({ id, from, to });
    }
  }

  /** The lowest id that overlaps and fits; −1 where none does. */
  find(from: number, to: number, fits: (id: number) => boolean): number {
    let found = -1;
    for (let bucket = bucketOf(from); bucket <= bucketOf(to); bucket++)
      for (const each of this.buckets.get(bucket) ?? [])
        if (each.from <= to && each.to >= from && (found === -1 || each.id < found) && fits(each.id))
          found = each.id;
    return found;
  }

  all(from: number, to: number, fits: (id: number) => boolean): number[] {
    const found = new Set<number>();
    for (let bucket = bucketOf(from); bucket <= bucketOf(to); bucket++)
      for (const each of this.buckets.get(bucket) ?? [])
        if (each.from <= to && each.to >= from && fits(each.id)) found.add(each.id);
    return [...found].sort((a, b) => a - b);
  }
}

/**
 * A finding may be so many times as wide as its label's places on that side, and so many ticks besides, and still name a place.
 * Of 140 true ones in an hour of `manipulated` one was 1.97 times as wide as its label, no other wider than it.
 */
const WIDTH_OF_SPAN = 2;
const WIDTH_LEAST_TICKS = 10;

const bucketOf = (at: number): number => Math.floor(at / 1_000_000);

/** Where a label can be seen. */
interface Place {
  readonly side: 'buy' | 'sell';
  readonly price: number;
  /** ms. */
  readonly from: number;
}

function placesOf(label: Label): Place[] {
  const orders = label.orders.filter(({ role }) => role !== 'genuine');
  if (orders.length > 0) return orders.map(({ side, price, from }) => ({ side, price, from }));
  const { side, from } = label;
  return side === null ? [] : label.prices.map((price) => ({ side, price: Math.round(price), from }));
}

function widestAt(places: readonly Place[], toleranceTicks: number): number {
  const span = (['buy', 'sell'] as const).map((side) => {
    const prices = places.filter((place) => place.side === side).map(({ price }) => price);
    return prices.length === 0 ? 0 : Math.max(...prices) - Math.min(...prices);
  });
  return WIDTH_OF_SPAN * (Math.max(...span) + toleranceTicks) + WIDTH_LEAST_TICKS;
}

class Places {
  private readonly places: readonly (readonly Place[])[];
  /** By label, the widest finding that is of it, ticks. */
  private readonly widest: readonly number[];
  private readonly index = new TimeIndex();
  private readonly rule: MatchRule;

  constructor(labels: readonly Label[], rule: MatchRule) {
    this.rule = rule;
    this.places = labels.map(placesOf);
    this.widest = this.places.map((places) => widestAt(places, rule.toleranceTicks));
    labels.forEach(({ from, to }, id) => {
      this.index.add(id, (from - rule.slackMs) * 1000, (to + rule.graceMs) * 1000);
    });
  }

  /** The labels that the candidate is of, by index, where it was surest first; and the most that was told at each. */
  toldAt(candidate: Candidate): Map<number, number> {
    const found = new Map<number, number>();
    for (const { at, likelihood } of candidate.told.toReversed())
      for (const id of this.at(candidate, at)) if (!found.has(id)) found.set(id, likelihood);
    return found;
  }

  /** Indices of the labels that what was told at a time is of. */
  at(candidate: Candidate, at: Us): number[] {
    const { toleranceTicks, slackMs } = this.rule;
    const side = candidate.side === BID ? 'buy' : 'sell';
    return this.index.all(
      at,
      at,
      (id) =>
        candidate.high - candidate.low <= this.widest[id]! &&
        this.places[id]!.some(
          (place) =>
            place.side === side &&
            place.price >= candidate.low - toleranceTicks &&
            place.price <= candidate.high + toleranceTicks &&
            (place.from - slackMs) * 1000 <= at,
        ),
    );
  }
}
