import type { Direction, Opinion } from '../../opinion.ts';
import type { Us } from '../../units.ts';
import type { Detector } from '../detector.ts';
import type { Fusion } from './fusion.ts';

/**
 * How much each detector's word counts, by its name, where no model is fitted to the market at hand. Stated by hand; the
 * page and the journal say so (`calibrated: false`).
 */
const PRIOR_WEIGHTS: Readonly<Record<string, number>> = { 'order flow': 0.6, microstructure: 0.4 };

/** Steepness of the prior from evidence to confidence: evidence 0.5 gives 0.64. */
const STEEPNESS = 3;

/**
 * The fused signal (row B8). With a model fitted on outcomes (`fusion.ts`) the confidence is the probability that the trade
 * reaches its target before its stop. Without one it is a prior: a weighted sum of score × likelihood over the detectors,
 * −1…1, squashed to 0…1, which orders situations and is not the share of trades that win.
 */
export class Signal implements Opinion {
  readonly name = 'signal';
  direction: Direction = 'none';
  /** The direction before it was asked whether it is worth its costs; a prior cannot be asked. */
  lean: Direction = 'none';
  confidence = 0;
  /** Of a prior the weighted sum before squashing; of a model what speaks for a long less what speaks for a short. −1…1. */
  evidence = 0;
  /** What was fitted, in whose place the priors stand. */
  fusion: Fusion | null = null;
  private readonly detectors: readonly Detector[];
  private readonly weights: readonly number[];

  constructor(detectors: readonly Detector[]) {
    this.detectors = detectors;
    const raw = detectors.map((detector) => PRIOR_WEIGHTS[detector.name] ?? 0);
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    this.weights = raw.map((weight) => (total > 0 ? weight / total : 0));
  }

  /** Whether the confidence is what it says: fitted on outcomes, for these very settings and this market. */
  get calibrated(): boolean {
    return this.fusion?.calibrated ?? false;
  }

  /** Call after each detector's `reading`. */
  combine(now: Us): void {
    const { fusion } = this;
    if (fusion !== null) {
      fusion.combine(now);
      this.direction = fusion.direction;
      this.lean = fusion.lean;
      this.confidence = fusion.confidence;
      this.evidence = fusion.evidence;
      return;
    }
    let evidence = 0;
    for (let i = 0; i < this.detectors.length; i++)
      evidence += this.weights[i]! * this.detectors[i]!.score * this.detectors[i]!.likelihood;
    this.evidence = evidence;
    this.confidence = 2 / (1 + Math.exp(-STEEPNESS * Math.abs(evidence))) - 1;
    this.direction = evidence > 0 ? 'long' : evidence < 0 ? 'short' : 'none';
    this.lean = this.direction;
  }

  clear(): void {
    this.fusion?.reset();
    this.direction = 'none';
    this.lean = 'none';
    this.confidence = 0;
    this.evidence = 0;
  }

  /** Why, in words and numbers, the weightiest first. */
  reasons(): string[] {
    if (this.fusion !== null) return this.fusion.reasons();
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
