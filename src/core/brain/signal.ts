import type { Direction, Opinion } from '../opinion.ts';
import type { Detector } from './detector.ts';

/**
 * How much each detector's word counts, by its name. Priors stated by hand until the fusion is fitted on labelled
 * outcomes; the page and the journal say so (`calibrated: false`).
 */
const PRIOR_WEIGHTS: Readonly<Record<string, number>> = { 'order flow': 0.6, microstructure: 0.4 };

/** Steepness of the prior from evidence to confidence: evidence 0.5 gives 0.64. */
const STEEPNESS = 3;

/**
 * The fused signal (row B8, first form): a weighted sum of score × likelihood over the detectors, −1…1, squashed to a
 * confidence 0…1. A prior, not a probability: it orders situations, and is not yet the share of trades that win.
 */
export class Signal implements Opinion {
  readonly name = 'signal';
  readonly calibrated = false;
  direction: Direction = 'none';
  confidence = 0;
  /** The weighted sum before squashing, −1…1. */
  evidence = 0;
  private readonly detectors: readonly Detector[];
  private readonly weights: readonly number[];

  constructor(detectors: readonly Detector[]) {
    this.detectors = detectors;
    const raw = detectors.map((detector) => PRIOR_WEIGHTS[detector.name] ?? 0);
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    this.weights = raw.map((weight) => (total > 0 ? weight / total : 0));
  }

  /** Call after each detector's `reading`. */
  combine(): void {
    let evidence = 0;
    for (let i = 0; i < this.detectors.length; i++)
      evidence += this.weights[i]! * this.detectors[i]!.score * this.detectors[i]!.likelihood;
    this.evidence = evidence;
    this.confidence = 2 / (1 + Math.exp(-STEEPNESS * Math.abs(evidence))) - 1;
    this.direction = evidence > 0 ? 'long' : evidence < 0 ? 'short' : 'none';
  }

  clear(): void {
    this.direction = 'none';
    this.confidence = 0;
    this.evidence = 0;
  }

  /** Why, in words and numbers, the weightiest first. */
  reasons(): string[] {
    return this.detectors
      .map((detector, i) => ({
        detector,
        weight: this.weights[i]!,
        part: this.weights[i]! * detector.score * detector.likelihood,
      }))
      .filter(({ weight }) => weight > 0)
      .sort((a, b) => Math.abs(b.part) - Math.abs(a.part))
      .map(
        ({ detector, part }) =>
          `${detector.name} ${part >= 0 ? '+' : '−'}${Math.abs(part).toFixed(2)}: ${detector.evidence()}`,
      );
  }
}
