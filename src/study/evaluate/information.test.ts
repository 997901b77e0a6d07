import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../exchange/random.ts';
import { independentStretches, information, PartShuffler, rankCorrelation, ranks } from './information.ts';

const seed = 20261122;

/** From the definition: how many are below, and half of those that are equal. */
const naiveRank = (values: readonly number[], at: number): number =>
  (values.filter((other) => other < values[at]!).length +
    values.filter((other) => other === values[at]).length / 2) /
  values.length;

test('ranks are counted, equals share theirs', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 40 }), (values) => {
      const found = ranks(values);
      for (const i of values.keys()) assert.ok(Math.abs(found[i]! - naiveRank(values, i)) < 1e-12);
    }),
    { seed, numRuns: 500 },
  );
});

test('what only stretches a score, or a move, leaves the coefficient as it is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), {
        minLength: 3,
        maxLength: 50,
      }),
      (pairs) => {
        const one = pairs.map(([x]) => x);
        const other = pairs.map(([, y]) => y);
        const found = rankCorrelation(one, other);
        const stretched = rankCorrelation(
          one.map((x) => Math.exp(x / 10)),
          other.map((y) => y ** 3),
        );
        if (Number.isNaN(found)) assert.ok(new Set(one).size === 1 || new Set(other).size === 1);
        else {
          assert.ok(Math.abs(found - stretched) < 1e-12);
          assert.ok(
            Math.abs(
              rankCorrelation(
                one.map((x) => -x),
                other,
              ) + found,
            ) < 1e-12,
          );
        }
      },
    ),
    { seed, numRuns: 500 },
  );
});

/** A score with memory and a move that has `rho` of its innovation. */
function drawn(count: number, rho: number, memory: number, random: Random) {
  const score: number[] = [];
  const move: number[] = [];
  let level = 0;
  for (let i = 0; i < count; i++) {
    level = memory * level + Math.sqrt(1 - memory * memory) * random.normal();
    score.push(level);
    move.push(rho * level + Math.sqrt(1 - rho * rho) * random.normal());
  }
  return { score, move, part: score.map((_, i) => Math.floor(i / 100)) };
}

test('a normal pair of correlation ρ has the coefficient 6/π · asin(ρ/2), within its interval', () => {
  const random = new Random(seed);
  for (const rho of [0.05, 0.3, -0.6]) {
    const { coefficient, chance, count } = information({ series: [drawn(20_000, rho, 0.5, random)] });
    const wanted = (6 / Math.PI) * Math.asin(rho / 2);
    assert.equal(count, 20_000);
    assert.ok(Math.abs(coefficient.value! - wanted) < 0.02, `${coefficient.value} for ${wanted}`);
    assert.ok(coefficient.low! < wanted && coefficient.high! > wanted);
    assert.ok(coefficient.value! < chance!.low || coefficient.value! > chance!.high);
  }
});

test('a score that knows nothing lies in what chance gives, in about 95 of 100 cases, however long its memory', () => {
  const random = new Random(seed, 3);
  // a memory of a hundred values leaves twenty places to be moved to: fewer of the bands hold
  for (const [memory, least] of [
    [0, 0.88],
    [0.9, 0.85],
    [0.99, 0.75],
  ] as const) {
    let inside = 0;
    let covered = 0;
    const rounds = 100;
    for (let round = 0; round < rounds; round++) {
      const { coefficient, chance } = information(
        { series: [drawn(2000, 0, memory, random)] },
        { resamples: 200, seed },
      );
      if (coefficient.value! >= chance!.low && coefficient.value! <= chance!.high) inside += 1;
      if (coefficient.low! <= 0 && coefficient.high! >= 0) covered += 1;
    }
    assert.ok(inside / rounds > least, `${inside} of ${rounds} inside, memory ${memory}`);
    assert.ok(covered / rounds > least, `${covered} of ${rounds} intervals hold 0, memory ${memory}`);
  }
});

test('independent stretches of a score are its count by (1 + φ) / (1 − φ), however many instruments share them', () => {
  const random = new Random(seed, 5);
  for (const memory of [0, 0.5, 0.9, 0.98]) {
    const one = drawn(20_000, 0, memory, random);
    const wanted = (20_000 * (1 - memory)) / (1 + memory);
    const found = independentStretches({ series: [one] });
    assert.ok(Math.abs(Math.log(found / wanted)) < 0.35, `${found} for ${wanted}`);
    assert.ok(Math.abs(independentStretches({ series: [one, one] }) - found) < 1e-6 * found);
  }
  const still = { score: new Array<number>(100).fill(1), move: new Array<number>(100).fill(1) };
  assert.equal(independentStretches({ series: [{ ...still, part: new Array<number>(100).fill(0) }] }), 100);
});

test('a size with its sign drawn by lot passes the band of signs one time in twenty, where moves are large with it', () => {
  const random = new Random(seed, 9);
  const rounds = 200;
  let moved = 0;
  let signs = 0;
  for (let round = 0; round < rounds; round++) {
    const score: number[] = [];
    const move: number[] = [];
    for (let i = 0; i < 600; i++) {
      // one second in ten has trades, and those are the ones that move
      const busy = random.chance(0.1);
      score.push(busy ? random.normal() : 0);
      move.push(busy ? random.normal() : 0);
    }
    const series = [{ score, move, part: score.map((_, i) => Math.floor(i / 60)) }];
    const beyond = (by: 'moved' | 'signs'): number => {
      const { coefficient, chance } = information({ series }, { resamples: 2, seed: round }, by);
      return coefficient.value! < chance!.low || coefficient.value! > chance!.high ? 1 : 0;
    };
    moved += beyond('moved');
    signs += beyond('signs');
  }
  assert.ok(signs > 0 && signs < 0.1 * rounds, `${signs} of ${rounds}`);
  assert.ok(moved > 0.3 * rounds, `moved along, ${moved} of ${rounds}`);
});

test('instruments that move together are no more evidence than one of them', () => {
  const one = drawn(3000, 0.1, 0.5, new Random(seed, 7));
  const alone = information({ series: [one] }).coefficient;
  const thrice = information({ series: [one, one, one] }).coefficient;
  assert.ok(Math.abs(thrice.value! - alone.value!) < 1e-12);
  assert.ok(Math.abs(thrice.low! - alone.low!) < 1e-9 && Math.abs(thrice.high! - alone.high!) < 1e-9);
});

test('stretches put in another order are the same stretches', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 1000 }),
      (lengths, chance) => {
        const part = lengths.flatMap((length, i) => new Array<number>(length).fill(i));
        const values = part.map((_, i) => i);
        const into = new Float64Array(part.length);
        new PartShuffler(part, lengths.length).next(new Random(chance), values, into);
        assert.deepEqual(
          [...into].sort((a, b) => a - b),
          values,
        );
        for (let i = 1; i < into.length; i++)
          if (part[into[i]!] === part[into[i - 1]!]) assert.equal(into[i], into[i - 1]! + 1);
      },
    ),
    { seed, numRuns: 200 },
  );
});

test('too little, or nothing that changes, is said', () => {
  const few = information({ series: [{ score: [1, 2], move: [1, 2], part: [0, 0] }] });
  assert.match(few.coefficient.why, /not enough: 2 moments/);
  const still = { score: new Array<number>(50).fill(1), move: Array.from({ length: 50 }, (_, i) => i) };
  const flat = information({ series: [{ ...still, part: still.move.map((i) => Math.floor(i / 5)) }] });
  assert.equal(flat.coefficient.value, null);
  assert.equal(flat.chance, null);
});
