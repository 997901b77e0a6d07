import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { ASK, BID } from '../../core/book/frame.ts';
import { type Us, us } from '../../core/units.ts';
import { Random } from '../../exchange/random.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { SIMULATED_FROM } from '../simulate.ts';
import { TouchPath } from './barriers.ts';
import { findingSection, type Told } from './finding-section.ts';
import { type Candidate, Findings } from './findings.ts';
import type { MatchRule } from './match.ts';
import { play, simulationSource, watching } from './play.ts';
import { WALL_VANISHES, WallVanishes } from './rivals/wall-vanishes.ts';
import type { Section } from './section.ts';

const seed = 20261122;
const rule: MatchRule = {
  wanted: ['spoof_wall', 'spoof_layering', 'spoof_flicker', 'spoof_slow_pull'],
  innocent: ['honest_large_order', 'requoting_maker'],
  toleranceTicks: 1,
  graceMs: 1000,
  slackMs: 100,
  mergeMs: 0,
};

/** Two instruments of a market with planted spoofers, ten minutes, and what the naive wall rule tells of them. */
let walls: Told[];
before(() => {
  const labels: Label[] = [];
  const options = {
    seed: 31,
    scenario: loadScenario('manipulated'),
    symbols: ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'],
    feed: 'books',
    from: SIMULATED_FROM,
  } as const;
  const source = simulationSource(options, 10, (label) => labels.push(label));
  const seats = source.instruments.map(() => ({ path: new TouchPath(), findings: new Findings() }));
  const { spans } = play(source, brainConfig(loadSettings(undefined).brain), (_, book, index) => [
    watching(new WallVanishes(WALL_VANISHES, book, seats[index]!.findings.take)),
    { frame: (_brain, { bestBid, bestAsk }, at) => seats[index]!.path.push(at, bestBid, bestAsk) },
  ]);
  walls = seats.map(({ path, findings }, i) => ({
    candidates: findings.all(),
    labels: labels.filter(({ instrument }) => instrument === source.instruments[i]!.id),
    span: spans[i]!,
    path,
  }));
});

/** Candidates made of the labels themselves: what somebody who knows the answers would tell, of a share of them. */
function cheating({ labels, ...rest }: Told, share: number, random: Random): Told {
  const findings = new Findings();
  let id = 0;
  for (const label of labels ?? []) {
    if (!rule.wanted.includes(label.kind) || !random.chance(share)) continue;
    const decoy = label.orders.find(({ role }) => role === 'decoy')!;
    id += 1;
    findings.take({
      ...{
        kind: 'spoof',
        id,
        pattern: 'wall',
        side: decoy.side === 'buy' ? BID : ASK,
        size: 1,
        likelihood: 0.9,
      },
      ...{ low: decoy.price, high: decoy.price, since: us(decoy.from * 1000), at: us(decoy.from * 1000) },
    });
  }
  return { ...rest, labels, candidates: findings.all() };
}

/** "Everything, on both sides", every ten seconds: knows nothing, at any price. */
function everything({ span, ...rest }: Told, random: Random): Told {
  const findings = new Findings();
  let id = 0;
  for (let at = span.from as number; at < span.to; at += 10_000_000)
    for (const side of [BID, ASK] as const) {
      id += 1;
      const place = { low: 0, high: 1e9, since: us(at), at: us(at) };
      findings.take({
        ...{ kind: 'spoof', id, pattern: 'wall', side, size: 1, likelihood: random.uniform() },
        ...place,
      });
    }
  return { span, ...rest, candidates: findings.all() };
}

/** The same alarms at random times, at the middle price of that time. */
function blind({ candidates, ...rest }: Told, random: Random): Told {
  const { path, span } = rest;
  const moved = candidates.flatMap((candidate): Candidate[] => {
    const at = span.from + random.uniform() * (span.to - span.from);
    const by = Math.round(path.midAt(at) - path.midAt(candidate.until));
    if (Number.isNaN(by)) return [];
    const told = [{ at: at as Us, likelihood: random.uniform() }];
    const { low, high } = candidate;
    return [
      {
        ...candidate,
        low: low + by,
        high: high + by,
        since: us(at),
        until: us(at),
        told,
        likelihood: told[0]!.likelihood,
      },
    ];
  });
  return { ...rest, candidates: moved };
}

const figure = ({ figures }: Section, name: string) => figures.find((one) => one.name === name)!;
const sectionOf = (
  told: readonly Told[],
  rivals: Parameters<typeof findingSection>[0]['rivals'] = [],
): Section => findingSection({ name: 'x', question: '?', notes: [], rule, told, rivals });

describe('findings on a simulated market', () => {
  test('the naive wall rule: some of the truth at a low precision, better than chance, and no leak', () => {
    const section = sectionOf(walls);
    const area = figure(section, 'PR-AUC').figure.value!;
    assert.ok(area > 0.02 && area < 0.7, `${area}`);
    assert.deepEqual(
      section.checks.map(({ verdict }) => verdict),
      ['holds', 'holds'],
    );
    const [shifted] = section.checks;
    assert.ok(shifted!.spoiled! < area / 2, `${shifted!.spoiled} of ${area}`);
  });

  test('who knows the answers finds what he tells, at once, and beats the rule', () => {
    const random = new Random(seed);
    const told = walls.map((each) => cheating(each, 0.75, random));
    const section = sectionOf(told, [{ name: 'wall vanishes', told: walls }]);
    const area = figure(section, 'PR-AUC');
    assert.ok(area.figure.value! > 0.6 && area.figure.value! < 0.85, `${area.figure.value}`);
    assert.ok(area.rivals[0]!.figure.value! < area.figure.value!);
    const recall = figure(section, 'recall at 2 false alarms an hour').figure;
    assert.ok(recall.value! > 0.6 && recall.low! < recall.value! && recall.high! > recall.value!);
    assert.ok(figure(section, 'median delay at 2 false alarms an hour').figure.value! < 2000);
    assert.deepEqual(
      section.checks.map(({ verdict }) => verdict),
      ['holds', 'holds'],
    );
  });

  test('who guesses is told to know no more than chance', () => {
    const random = new Random(seed, 1);
    const section = sectionOf(walls.map((each) => blind(each, random)));
    assert.deepEqual(
      section.checks.map(({ verdict }) => verdict),
      ['nothing', 'nothing'],
    );
  });

  test('who names every price is right no more often than chance', () => {
    const random = new Random(seed, 2);
    const section = sectionOf(walls.map((each) => everything(each, random)));
    assert.ok(figure(section, 'PR-AUC').figure.value! < 0.01);
    assert.equal(figure(section, 'base rate of its alarms').figure.value, 0);
    assert.deepEqual(
      section.checks.map(({ verdict }) => verdict),
      ['nothing', 'nothing'],
    );
  });

  test('goals are those of the market at hand', () => {
    const goalOf = (simulated: boolean | undefined): string =>
      figure(
        findingSection({
          ...{ name: 'x', question: '', notes: [], rule, rivals: [], told: walls, simulated },
          goals: { 'PR-AUC': { simulated: 'above 0.8', recorded: 'above 0.6' } },
        }),
        'PR-AUC',
      ).goal;
    assert.deepEqual([true, false, undefined].map(goalOf), [
      'above 0.8',
      'above 0.6',
      'above 0.8; above 0.6',
    ]);
  });

  test('without labels alarms are counted, with labels but nothing told nothing is found', () => {
    const counted = sectionOf(walls.map((each) => ({ ...each, labels: null })));
    assert.match(counted.notes.join(' '), /No labels/);
    const hours = walls.reduce((sum, { span }) => sum + (span.to - span.from) / 3.6e9, 0);
    const told = walls.reduce((sum, { candidates }) => sum + candidates.length, 0);
    const any = figure(counted, 'alarms at any likelihood').figure.value!;
    const likely = figure(counted, 'alarms at likelihood 0.5 or more').figure.value!;
    assert.ok(any > 0 && any <= told / hours && likely <= any);
    const shipped = findingSection({
      ...{ name: 'x', question: '', notes: [], rule, rivals: [], options: { threshold: 0.6 } },
      told: walls.map((each) => ({ ...each, labels: null })),
    });
    const least = figure(shipped, 'alarms at likelihood 0.6 or more, as shipped').figure.value!;
    assert.ok(least <= likely && least >= figure(shipped, 'alarms at likelihood 0.9 or more').figure.value!);

    const silent = sectionOf(walls.map((each) => ({ ...each, candidates: [] })));
    assert.equal(figure(silent, 'PR-AUC').figure.value, 0);
    assert.equal(figure(silent, 'recall at 2 false alarms an hour').figure.value, 0);
    assert.equal(figure(silent, 'precision at 2 false alarms an hour').figure.value, null);
    const nothing = sectionOf(walls.map((each) => ({ ...each, labels: [] })));
    assert.match(figure(nothing, 'PR-AUC').figure.why, /nothing to be found/);
    assert.deepEqual(
      nothing.checks.map(({ verdict }) => verdict),
      ['unknown', 'unknown'],
    );
  });
});
