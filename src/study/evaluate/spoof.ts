import type { LabelKind } from '../../exchange/scenarios/label.ts';
import { plain, withheld } from './figures.ts';
import { findingGrader } from './finding-grader.ts';
import type { FindingSection, Told } from './finding-section.ts';
import { foundAt } from './findings.ts';
import { type MatchRule, match } from './match.ts';
import { WALL_VANISHES, WallVanishes } from './rivals/wall-vanishes.ts';

const SPOOFS: readonly LabelKind[] = ['spoof_wall', 'spoof_layering', 'spoof_flicker', 'spoof_slow_pull'];

/** A finding is told a frame or two after the wall has gone. */
const RULE: MatchRule = {
  wanted: SPOOFS,
  innocent: ['honest_large_order', 'requoting_maker'],
  toleranceTicks: 0,
  graceMs: 1000,
  slackMs: 200,
  mergeMs: 1000,
};

/** Named beforehand: on seeds 5 to 8 of `btc-like`, which this detector was not fitted on, told twice an hour without reason. */
const ALARM = 0.4;

/** The spoof detector against spoofers that were planted, with innocent look-alikes about, and the rule that bots ship. */
export const gradeSpoof = findingGrader({
  kind: 'spoof',
  name: 'spoof',
  question:
    'Does it find who shows size that is not meant, and leave alone who only changed his mind, next to the rule that a large level vanishes?',
  notes: [
    'What came and went within one frame of the feed cannot be seen: that is part of what recall lacks.',
    'A finding is told when the wall has gone: delays from the label’s beginning contain its life; from its end they are in the table.',
    'On a recording nobody knows which of the alarms on real flow are right: all of them count as false.',
  ],
  rule: RULE,
  options: { budgetsPerHour: [2, 12], threshold: ALARM },
  rivals: [{ name: 'wall vanishes', make: (book, tell) => new WallVanishes(WALL_VANISHES, book, tell) }],
  goals: {
    'recall at 2 false alarms an hour': { simulated: '≥ 0.80 in simulation, look-alikes present' },
    'recall at 12 false alarms an hour': { recorded: '≥ 0.60 planted over recordings' },
    'PR-AUC': { recorded: '≥ 0.7 and twice the rule’s, planted over recordings' },
  },
  moreOf: delays,
});

/** How long after a spoofer's end it was told, of those found at the alarm threshold. */
function delays(told: readonly Told[]): NonNullable<FindingSection['more']> {
  const byKind = new Map<LabelKind, number[]>();
  for (const { candidates, labels, span } of told) {
    if (labels === null) continue;
    const { alarms, wanted } = match(candidates, labels, RULE, span);
    for (const { verdict, label, told: tellings } of alarms) {
      if (verdict !== 'hit') continue;
      const at = foundAt(tellings, ALARM);
      if (at === null) continue;
      const { kind, to } = wanted[label]!;
      byKind.set(kind, [...(byKind.get(kind) ?? []), at / 1000 - to]);
    }
  }
  const all = [...byKind.values()].flat();
  return {
    figures: [
      {
        name: 'median delay from its end',
        unit: 'ms',
        better: 'lower',
        goal: '',
        rivals: [],
        figure: all.length > 0 ? plain(quantile(all, 0.5), '') : withheld('nothing found'),
      },
    ],
    tables: [
      {
        title: `delay from its end, ms, of those found at ${ALARM} (below 0: told before it had ended)`,
        columns: ['kind', 'found', 'a tenth below', 'median', 'a tenth above'],
        rows: SPOOFS.map((kind) => {
          const list = byKind.get(kind) ?? [];
          return [
            kind,
            list.length,
            ...[0.1, 0.5, 0.9].map((q) => (list.length > 0 ? quantile(list, q) : null)),
          ];
        }),
      },
    ],
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

export { ALARM as SPOOF_ALARM, RULE as SPOOF_RULE };
