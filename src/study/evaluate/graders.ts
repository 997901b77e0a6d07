import { gradeFlow } from './flow.ts';
import { gradeIceberg } from './iceberg.ts';
import { gradeImpact } from './impact.ts';
import { gradeLiquidity } from './liquidity.ts';
import { gradeMicrostructure } from './microstructure.ts';
import { gradeRegime } from './regime.ts';
import type { GraderMaker } from './section.ts';
import { gradeSignal } from './signal.ts';
import { gradeSpoof } from './spoof.ts';

/** Every detector's grading, in the order in which the report shows them. */
export const GRADERS: readonly GraderMaker[] = [
  gradeFlow,
  gradeSpoof,
  gradeLiquidity,
  gradeIceberg,
  gradeMicrostructure,
  gradeRegime,
  gradeImpact,
  gradeSignal,
];
