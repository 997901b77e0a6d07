import { loadSettings } from '../../../config/load.ts';
import { type Evaluation, evaluate } from '../evaluate.ts';
import type { Figure } from '../figures.ts';
import type { Section } from '../section.ts';

/** A recording evaluated with the default settings, but for the signal: its priors need no hour to begin with. */
export const evaluated = async (path: string, labels: string | null): Promise<Evaluation> => {
  const settings = loadSettings(undefined, { signal: { model: 'priors' } } as object);
  const { evaluation } = await evaluate([{ path, labels }], settings, {
    ...{ symbols: null, barriers: null, command: `hunter evaluate ${path}` },
  });
  return evaluation;
};

const figure = (value: number, width: number): Figure => ({
  ...{ value, low: value - width, high: value + width, why: '' },
});
const absent: Figure = { value: null, low: null, high: null, why: 'no alarm at this threshold' };

/** A section of every form that there is: what the page must be able to show. */
export const MADE_SECTION: Section = {
  name: 'made detector',
  question: 'Is every part of a section drawn?',
  notes: ['One note.', 'Another one.'],
  figures: [
    {
      ...{ name: 'PR-AUC', unit: '', figure: figure(0.71, 0.05), better: 'higher', goal: 'at least 0.7' },
      rivals: [
        { name: 'wall vanishes', figure: figure(0.12, 0.02) },
        { name: 'nobody', figure: absent },
      ],
    },
    { name: 'recall', unit: 'share', figure: figure(0.8, 0.1), rivals: [], better: 'higher', goal: '' },
    { name: 'precision', unit: 'share', figure: absent, rivals: [], better: 'higher', goal: '' },
    { name: 'delay', unit: 'ms', figure: figure(1234, 200), rivals: [], better: 'lower', goal: '' },
  ],
  charts: [
    {
      title: 'Steps',
      x: { name: 'recall', scale: 'linear', from: 0, to: 1 },
      y: { name: 'precision', scale: 'linear', from: 0, to: 1 },
      series: [
        {
          name: 'made',
          style: 'steps',
          points: [
            [0.1, 1],
            [0.5, 0.8],
            [0.8, 0.4],
          ],
          bands: [],
        },
        {
          name: 'rival',
          style: 'steps',
          points: [
            [0.2, 0.3],
            [0.9, 0.1],
          ],
          bands: [],
        },
        {
          name: 'base rate',
          style: 'dashed',
          points: [
            [0, 0.05],
            [1, 0.05],
          ],
          bands: [],
        },
      ],
    },
    {
      title: 'One point',
      x: { name: 'seconds', scale: 'log', from: null, to: null },
      y: { name: 'value', scale: 'linear', from: null, to: null },
      series: [{ name: 'made', style: 'line', points: [[5, 0.3]], bands: [[0.2, 0.4]] }],
    },
    {
      title: 'Nothing',
      x: { name: 'seconds', scale: 'linear', from: 0, to: null },
      y: { name: 'value', scale: 'linear', from: 0, to: 1 },
      series: [{ name: 'made', style: 'steps', points: [], bands: [] }],
    },
  ],
  tables: [
    {
      title: 'By kind',
      columns: ['kind', 'labelled', 'share'],
      rows: [
        ['spoof_wall', 12, figure(0.5, 0.1)],
        ['spoof_flicker', 0, absent],
        ['of none', null, 1],
      ],
    },
    { title: 'Empty', columns: ['kind'], rows: [] },
  ],
  checks: [
    {
      name: 'labels shifted',
      honest: 0.7,
      spoiled: 0.02,
      chance: { low: 0, high: 0.05 },
      verdict: 'holds',
      detail: 'how',
    },
    { name: 'labels reversed', honest: 0.7, spoiled: null, chance: null, verdict: 'unknown', detail: 'how' },
  ],
};
