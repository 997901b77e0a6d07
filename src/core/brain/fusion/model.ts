import { type Result, refuse } from '../../result.ts';
import { FEATURES, type Feature } from './features.ts';

export const MODEL_FORMAT = 'okx-stream-hunter/fusion';
/** Raised when a field changes its meaning; other versions are refused. */
export const MODEL_VERSION = 1;

/**
 * What one feature adds to the logit, as steps: below the first cut the first value, from cut i on value i + 1. A feature
 * that is not known adds nothing.
 */
export interface Shape {
  readonly feature: string;
  readonly kind: 'signed' | 'even';
  readonly unit: string;
  /** Rising. */
  readonly cuts: readonly number[];
  /** Log-odds for a long; one more than cuts. */
  readonly values: readonly number[];
}

/** The part of a model file that says what a moment is worth. */
export interface ModelFile {
  readonly format: typeof MODEL_FORMAT;
  readonly version: number;
  readonly name: string;
  /** What ends by then without having reached its target counts as not reached, ms. */
  readonly limitMs: number;
  /** Log-odds that are always added. */
  readonly intercept: number;
  readonly shapes: readonly Shape[];
}

/**
 * Probability that a trade reaches its target before its stop, as an additive model of its logit:
 *
 *   logit P = logit of the driftless odds (`stakes.ts`) + intercept + Σ shape(feature)
 *
 * so that every prediction is the sum of what each feature added. A short is a long in the mirrored market: its features
 * are the same with the signed ones turned, and the function is the same one.
 *
 * Source of the form: Lou, Caruana, Gehrke, "Intelligible models for classification and regression", KDD 2012; ours starts
 * from first-passage odds instead of a constant, and is symmetric by construction.
 */
export class FusionModel {
  readonly name: string;
  readonly limitMs: number;
  readonly intercept: number;
  readonly features: readonly Feature[];
  private readonly cuts: readonly Float64Array[];
  private readonly values: readonly Float64Array[];
  private readonly signs: Int8Array;

  constructor(file: ModelFile) {
    this.name = file.name;
    this.limitMs = file.limitMs;
    this.intercept = file.intercept;
    this.features = file.shapes.map(({ feature }) => FEATURES.find(({ name }) => name === feature)!);
    this.cuts = file.shapes.map(({ cuts }) => Float64Array.from(cuts));
    this.values = file.shapes.map(({ values }) => Float64Array.from(values));
    this.signs = Int8Array.from(this.features, ({ kind }) => (kind === 'signed' ? -1 : 1));
  }

  /** Log-odds that feature `index` adds at `value`, for a long; for a short `mirrored`. */
  contribution(index: number, value: number, mirrored: boolean): number {
    const turned = mirrored ? this.signs[index]! * value : value;
    // not known
    if (Number.isNaN(turned)) return 0;
    const cuts = this.cuts[index]!;
    let low = 0;
    let high = cuts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (turned < cuts[middle]!) high = middle;
      else low = middle + 1;
    }
    return this.values[index]![low]!;
  }
}

type Row = Readonly<Record<string, unknown>>;

/** Checks what was read from a model file. */
export function parseModel(value: unknown): Result<ModelFile, string> {
  const file = value as Row;
  if (typeof value !== 'object' || value === null || file.format !== MODEL_FORMAT)
    return refuse(`not a model file: "format" is not "${MODEL_FORMAT}"`);
  if (file.version !== MODEL_VERSION)
    return refuse(`version ${String(file.version)}, this program reads ${MODEL_VERSION}: fit it anew`);
  for (const name of ['limitMs', 'intercept'])
    if (!Number.isFinite(file[name])) return refuse(`"${name}" is not a number`);
  if (!((file.limitMs as number) > 0)) return refuse(`"limitMs" is ${String(file.limitMs)}, not above 0`);
  if (typeof file.name !== 'string') return refuse('"name" is not a text');
  if (!Array.isArray(file.shapes)) return refuse('"shapes" is not a list');
  const seen = new Set<string>();
  for (const shape of file.shapes as readonly unknown[]) {
    const fault = faultOf(shape, seen);
    if (fault !== '') return refuse(fault);
  }
  return { ok: true, value: value as ModelFile };
}

function faultOf(value: unknown, seen: Set<string>): string {
  if (typeof value !== 'object' || value === null) return 'a shape is not an object';
  const { feature: name, kind, cuts, values } = value as Row;
  const feature = FEATURES.find((known) => known.name === name);
  if (feature === undefined)
    return `feature "${String(name)}" is not known here; known are ${FEATURES.map((each) => each.name).join(', ')}`;
  if (seen.has(feature.name)) return `feature "${feature.name}" stands twice`;
  seen.add(feature.name);
  if (kind !== feature.kind) return `feature "${feature.name}" is ${feature.kind}, not ${String(kind)}`;
  if (!numbers(cuts) || !numbers(values) || values.length !== cuts.length + 1)
    return `feature "${feature.name}": "values" must be one more than "cuts", all numbers`;
  if (cuts.some((cut, i) => i > 0 && cut <= cuts[i - 1]!))
    return `feature "${feature.name}": "cuts" do not rise`;
  return '';
}

const numbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((each) => Number.isFinite(each));
