import { Random } from '../../exchange/random.ts';
import type { LabelKind } from '../../exchange/scenarios/label.ts';
import { type Case, upOf } from './case.ts';
import { Iceberg } from './iceberg.ts';
import { HonestLargeOrder, RequotingMaker } from './look-alikes.ts';
import type { PlannedLabel, PlannedOrder } from './order.ts';
import { Spoofer } from './spoofer.ts';
import { type Ground, Stage, sideOf } from './stage.ts';

/** What is planted over a tape, in the order in which room is given to it. */
export const PLANTED = {
  spoof_wall: (stage: Stage) => new Spoofer(stage, 'spoof_wall'),
  spoof_layering: (stage: Stage) => new Spoofer(stage, 'spoof_layering'),
  spoof_flicker: (stage: Stage) => new Spoofer(stage, 'spoof_flicker'),
  spoof_slow_pull: (stage: Stage) => new Spoofer(stage, 'spoof_slow_pull'),
  iceberg_native: (stage: Stage) => new Iceberg(stage, 'iceberg_native'),
  iceberg_sliced: (stage: Stage) => new Iceberg(stage, 'iceberg_sliced'),
  iceberg_following: (stage: Stage) => new Iceberg(stage, 'iceberg_following'),
  honest_large_order: (stage: Stage) => new HonestLargeOrder(stage),
  requoting_maker: (stage: Stage) => new RequotingMaker(stage),
} satisfies Partial<Record<LabelKind, (stage: Stage) => Case>>;
export type PlantedKind = keyof typeof PLANTED;
export const PLANTED_KINDS = Object.keys(PLANTED) as PlantedKind[];

/** Cases an hour, by kind. */
export type Rates = Readonly<Record<PlantedKind, number>>;
export const RATES: Rates = {
  spoof_wall: 30,
  spoof_layering: 20,
  spoof_flicker: 20,
  spoof_slow_pull: 20,
  iceberg_native: 20,
  iceberg_sliced: 20,
  iceberg_following: 20,
  honest_large_order: 60,
  requoting_maker: 20,
};

/** How often a place and a time are drawn for a case before it is given up. */
const TRIES = 200;
/** Detectors need some market before they know it: nothing begins in the first moments, ms and share of the tape. */
const QUIET_MS = 10_000;
const QUIET_SHARE = 0.1;

export interface Plan {
  /** In order of their beginning. */
  readonly labels: readonly PlannedLabel[];
  /** Cases that were drawn and found no place where the real tape would not have contradicted them. */
  readonly given: Readonly<Record<string, { readonly drawn: number; readonly placed: number }>>;
}

/** Draws cases for one instrument and finds them a place. Same ground, same seed, same plan. */
export function planOf(ground: Ground, instrument: string, index: number, seed: number, rates: Rates): Plan {
  const { stretches, seconds } = ground.timeline;
  const quiet = Math.min(QUIET_MS, QUIET_SHARE * seconds * 1000);
  const room = stretches.filter(({ from, to }) => to - from > 2 * quiet);
  const lengths = room.map(({ from, to }) => to - from - 2 * quiet);
  const whole = lengths.reduce((sum, each) => sum + each, 0);
  const chance = seed + 2 ** 32 * hash(`${instrument}@${stretches[0]?.from}`);
  const placed: { readonly actor: Case; readonly kind: PlantedKind }[] = [];
  const given: Record<string, { drawn: number; placed: number }> = {};
  PLANTED_KINDS.forEach((kind, place) => {
    const draw = new Random(chance, stream(index, place, 0));
    const drawn = whole > 0 ? poisson(draw, (rates[kind] * whole) / 3.6e6) : 0;
    const count = { drawn, placed: 0 };
    given[kind] = count;
    for (let number = 1; number <= drawn; number++) {
      const random = new Random(chance, stream(index, place, number));
      for (let attempt = 0; attempt < TRIES; attempt++) {
        let offset = random.below(whole);
        const at = room.findIndex((_, i) => {
          if (offset < lengths[i]!) return true;
          offset -= lengths[i]!;
          return false;
        });
        const { from, to } = room[at]!;
        const actor = new Stage(ground, random).play(PLANTED[kind], Math.floor(from + quiet + offset), to);
        if (actor === null || placed.some((other) => collide(actor, other.actor))) continue;
        placed.push({ actor, kind });
        count.placed += 1;
        break;
      }
    }
  });
  placed.sort((a, b) => a.actor.orders[0]!.from - b.actor.orders[0]!.from);
  return { labels: placed.map(({ actor }, i) => actor.label(instrument, i + 1)), given };
}

/** 20 bits: the same seed plants other cases over another recording. FNV-1a. */
function hash(text: string): number {
  let value = 2_166_136_261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16_777_619);
  return (value >>> 0) % 2 ** 20;
}

/** In parts: `Random.poisson` is meant for small expectations. */
function poisson(random: Random, expected: number): number {
  let count = 0;
  for (let left = expected; left > 0; left -= 20) count += random.poisson(Math.min(20, left));
  return count;
}

/** Every case has chance of its own: another rate of one kind leaves the others' draws as they were. */
const stream = (instrument: number, kind: number, number: number): number =>
  (instrument * 16 + kind) * 65_536 + number;

/**
 * Whether two cases cannot both be: they would stand at one price at once, one would have traded with the other, or one would
 * have traded at a price while the other stood at a better one.
 */
function collide(a: Case, b: Case): boolean {
  if (startOf(a) > endOf(b) || startOf(b) > endOf(a)) return false;
  return a.orders.some((one) => b.orders.some((other) => clash(one, other)));
}

const startOf = ({ orders }: Case): number => orders[0]!.from;
const endOf = ({ orders }: Case): number => orders.reduce((latest, { to }) => Math.max(latest, to), 0);

function clash(one: PlannedOrder, other: PlannedOrder): boolean {
  if (one.from > other.to || other.from > one.to) return false;
  const up = upOf(sideOf(one));
  const better = (one.price - other.price) * up;
  if (one.side !== other.side) return better >= 0;
  return better === 0 || (better > 0 ? passedBy(one, other) : passedBy(other, one));
}

/** Whether the worse one traded while the better one stood. */
const passedBy = (better: PlannedOrder, worse: PlannedOrder): boolean =>
  worse.fills.some(
    ({ at }) => at >= better.from && (at < better.to || better.ended !== 'filled') && at <= better.to,
  );
