import { createHash } from 'node:crypto';
import { brainConfig } from '../../config/brain.ts';
import { engineConfig } from '../../config/engine.ts';
import { ConfigError } from '../../config/load.ts';
import { isEmbedded, loadModel, modelPath, resolveModel, scenarioOf } from '../../config/model.ts';
import type { Settings } from '../../config/schema.ts';
import { barToMs } from '../../core/candles/candle-series.ts';
import type { TapeMeta } from '../../tape/format.ts';
import { readTape } from '../../tape/reader.ts';
import { refuseOtherBar } from '../backtest/bar-candles.ts';
import { type Holding, Tapes } from '../backtest/tapes.ts';
import { fittedTapes } from '../fusion/trained.ts';
import { codeIdentity } from '../report/code-identity.ts';
import type { BarrierRule } from './barriers.ts';
import { DRAWING } from './figures.ts';
import { futureSection, momentsOf, type Replaced, withOtherFuture } from './future.ts';
import { GRADERS } from './graders.ts';
import { readLabels, tapesOfLabels } from './labels.ts';
import { playInTurns, tapeSource } from './play.ts';
import type { Section } from './section.ts';
import { suspicions } from './suspect.ts';
import { Trail } from './trail.ts';
import { tunedOn } from './tuned-on.ts';

/** A recording and what is known of it. */
export interface Recording {
  readonly path: string;
  /** What was planted; null: nobody knows. */
  readonly labels: string | null;
}

export interface EvaluateOptions {
  /** Only these instruments; null: all. */
  readonly symbols: readonly string[] | null;
  /** Null: the trade's own exits as configured, or narrow ones where the recording is too short for them. */
  readonly barriers: BarrierRule | null;
  readonly command: string;
  readonly signal?: AbortSignal;
  readonly progress?: (what: string, done: number) => void;
}

/** Everything that the report shows and `--json` tells. The same recordings and settings give the same. */
export interface Evaluation {
  readonly tapes: readonly EvaluatedTape[];
  readonly symbols: readonly string[];
  readonly sections: readonly Section[];
  /** Trades that a signal without trades of its own was graded by. */
  readonly barriers: BarrierRule;
  /** Two taker fees, basis points. */
  readonly feesBp: number;
  /** Of the detectors' settings, SHA-256, first 16 digits. */
  readonly brainHash: string;
  /** The signal's model as the settings name it. */
  readonly model: string;
  readonly code: ReturnType<typeof codeIdentity>;
  readonly command: string;
}

export interface EvaluatedTape {
  readonly path: string;
  readonly sha256: string;
  /** In words. */
  readonly holds: string;
  /** ms. */
  readonly from: number;
  readonly to: number;
  readonly labels: string | null;
  /** False: the labels do not say which tape they are of, so nobody knows whether it is this one. Null without labels. */
  readonly labelsNameTape: boolean | null;
  /** Why what is said of it is no evidence, as far as is known, in words; empty where nothing is known against it. */
  readonly inSample: readonly string[];
  /** How many of each kind; empty without labels. */
  readonly labelled: Readonly<Record<string, number>>;
}

/** What it cost: not part of the result, which is the same on every machine. */
export interface EvaluationSpeed {
  readonly events: number;
  readonly changes: number;
  /** Wall clock, s: of the play that is graded, with the graders looking on; and of everything, checks and hashes too. */
  readonly playSeconds: number;
  readonly seconds: number;
}

/**
 * Plays every recording through the detectors and grades what they said. Recordings are graded together, each with its own
 * labels: one figure for all of them. Throws `ConfigError`, `LabelError`, `TapeError`.
 */
export async function evaluate(
  recordings: readonly Recording[],
  settings: Settings,
  options: EvaluateOptions,
): Promise<{ evaluation: Evaluation; speed: EvaluationSpeed }> {
  const begun = performance.now();
  const { signal, progress } = options;
  const looks = recordings.map((recording) => look(recording, options.symbols, settings.market.bar));
  refuseTwice(looks);
  const barriers =
    options.barriers ?? defaultBarriers(settings, Math.max(...looks.map(({ to, from }) => to - from)));
  const feesBp = 2 * Number(settings.paper.taker_fee) * 10_000;
  const embedded = recordings.map(({ path }) => isEmbedded(readTapeMeta(path).source));
  const isOneKind = embedded.every((each) => each === embedded[0]);
  const context = {
    ...(isOneKind ? { simulated: embedded[0]! } : {}),
    brain: brainConfig(settings.brain),
    ...{ feesBp, barriers, barriersAsked: options.barriers !== null, seed: DRAWING.seed },
    confidenceThreshold: settings.signal.confidence_threshold,
    ...{ barMs: barToMs(settings.market.bar), atrPeriod: settings.market.atr_period },
  };
  const graders = GRADERS.map((make) => make(context));
  let events = 0;
  let playSeconds = 0;
  let changes = 0;
  const tapes: EvaluatedTape[] = [];
  const symbols = new Set<string>();
  const replaced: Replaced[] = [];
  for (const { path, labels: file, ...rest } of looks) {
    const { bar } = settings.market;
    const source = tapeSource(path, options.symbols, bar);
    const labelsNameTape = file === null ? null : nameThisTape(file, path, rest.sha256);
    const labels = file === null ? null : readLabels(file, source.instruments);
    if (labels !== null && !labels.some((label) => label.to >= rest.from && label.from <= rest.to))
      throw new ConfigError([
        `--labels ${file}: none of its ${labels.length} labels lies within the time and the instruments of ${path}: name the file that was written beside it`,
      ]);
    const meta = readTapeMeta(path);
    const market = isEmbedded(meta.source) ? 'embedded' : 'other';
    const resolved = resolveModel(settings, market);
    const config = engineConfig(resolved, 'ev', 'book', scenarioOf(meta.notes)).market;
    const inSample = inSampleOf(resolved, meta, rest.sha256);
    const span = { from: rest.from * 1000, to: rest.to * 1000 };
    const said = source.instruments.map(() => new Trail(Math.max(...momentsOf(span.from, span.to))));
    const turns = {
      ...(signal === undefined ? {} : { signal }),
      progress: (done: number) => progress?.(path, done),
    };
    const begunPlaying = performance.now();
    const played = await playInTurns(
      source,
      config,
      (instrument, book, i) => [said[i]!, ...graders.flatMap((grader) => grader.watch(instrument, book))],
      turns,
    );
    playSeconds += (performance.now() - begunPlaying) / 1000;
    const ids = source.instruments.map(({ id }) => id);
    const speak = async (other: string, until: number): Promise<readonly Trail[]> => {
      const told = ids.map(() => new Trail(until));
      await playInTurns(tapeSource(other, options.symbols, bar), config, (_, _book, i) => [told[i]!], turns);
      return told;
    };
    replaced.push(...(await withOtherFuture(path, span, ids, said, speak)));
    const own = source.instruments.map(
      ({ id }) => labels?.filter(({ instrument }) => instrument === id) ?? [],
    );
    for (const grader of graders) grader.played(played, labels === null ? null : own);
    events += played.events;
    changes += played.spans.reduce((sum, span) => sum + span.changes, 0);
    for (const { id } of source.instruments) symbols.add(id);
    tapes.push({ path, ...rest, labels: file, labelsNameTape, inSample, labelled: counted(labels ?? []) });
  }
  const sections: Section[] = [];
  for (const grader of graders) {
    signal?.throwIfAborted();
    progress?.('grading', sections.length / graders.length);
    await new Promise((resolve) => setImmediate(resolve));
    const section = grader.section();
    if (section !== null) sections.push({ ...section, notes: [...suspicions(section), ...section.notes] });
  }
  sections.push(futureSection(replaced));
  return {
    evaluation: {
      ...{ tapes, symbols: [...symbols], sections, barriers, feesBp, command: options.command },
      brainHash: createHash('sha256').update(JSON.stringify(settings.brain)).digest('hex').slice(0, 16),
      model: settings.signal.model,
      code: codeIdentity(),
    },
    speed: { events, changes, playSeconds, seconds: (performance.now() - begun) / 1000 },
  };
}

/** Seeds of the simulated market that anybody may look at while building. */
const TUNING_SEEDS = { first: 1, last: 999 } as const;

function inSampleOf(settings: Settings, { source }: TapeMeta, sha256: string): string[] {
  const model = modelPath(settings);
  const seed = Number(/^simulated: seed (\d+)$/.exec(source)?.[1]);
  const { first, last } = TUNING_SEEDS;
  return [
    ...(model !== null && fittedTapes(loadModel(model)).has(sha256)
      ? ['the signal’s model was fitted on this tape']
      : []),
    ...(seed >= first && seed <= last
      ? [`seed ${seed} is one of ${first} to ${last}, on which detectors were fitted and tuned`]
      : []),
    ...tunedOn(source).map(
      (name) =>
        `${name} is one of the recordings on which detectors were fitted and tuned, planted over or not`,
    ),
  ];
}

function readTapeMeta(path: string): TapeMeta {
  const tape = readTape(path);
  tape.close();
  return tape.meta;
}

function look(
  { path, labels }: Recording,
  symbols: readonly string[] | null,
  bar: string,
): Omit<EvaluatedTape, 'labelled' | 'labelsNameTape' | 'inSample'> {
  const tapes = Tapes.open([path]);
  const ids = tapes.instruments.map(({ id }) => id);
  const unknown = symbols?.filter((symbol) => !ids.includes(symbol)) ?? [];
  if (unknown.length > 0)
    throw new ConfigError([`--symbols ${unknown.join(', ')}: not on ${path}, which has ${ids.join(', ')}`]);
  const wanted = tapes.holdings.filter((_, i) => symbols === null || symbols.includes(ids[i]!));
  tapes.holdings.forEach((holding, i) => {
    if (wanted.includes(holding)) refuseOtherBar(ids[i]!, holding.bar, bar);
  });
  if (!wanted.some(({ books }) => books > 0))
    throw new ConfigError([
      `${path}: no order book on it (${tapes.files[0]!.holds}); the detectors read the book, so evaluate needs a tape of books`,
    ]);
  const known = wanted.filter(({ events }) => events > 0);
  const { sha256, holds } = tapes.files[0]!;
  const edge = (pick: (holding: Holding) => number, of: (...values: number[]) => number): number =>
    of(...known.map(pick));
  return {
    ...{ path, labels, sha256, holds },
    from: edge(({ from }) => from, Math.min),
    to: edge(({ to }) => to, Math.max),
  };
}

/** Refuses labels of another tape; false where they do not say which they are of. */
function nameThisTape(labels: string, tape: string, sha256: string): boolean {
  const named = tapesOfLabels(labels);
  const other = named.find((each) => each !== sha256);
  if (other !== undefined)
    throw new ConfigError([
      `--labels ${labels}: written with a tape of SHA-256 ${other.slice(0, 16)}…, but ${tape} is ${sha256.slice(0, 16)}…: name the labels that were written beside it`,
    ]);
  return named.length > 0;
}

/** What is graded twice makes every interval too narrow. */
function refuseTwice(tapes: readonly { readonly path: string; readonly sha256: string }[]): void {
  for (const [index, { path, sha256 }] of tapes.entries()) {
    const first = tapes.find((other) => other.sha256 === sha256)!;
    if (first !== tapes[index])
      throw new ConfigError([
        `${path}: the same as ${first.path} to the byte, it would be graded twice: name one of them`,
      ]);
  }
}

function counted(labels: readonly { readonly kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of labels) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** So long a trade may last where the settings set no limit, ms. */
const LIMIT_MS = 600_000;
/** Where the average true range would be known too late to be of use. */
const SHORT: BarrierRule = { unit: 'bp', target: 3, stop: 3, limitMs: 60_000 };

function defaultBarriers({ exits, market }: Settings, spanMs: number): BarrierRule {
  const limitMs = exits.time_stop_ms > 0 ? exits.time_stop_ms : LIMIT_MS;
  const warmUpMs = (market.atr_period + 2) * barToMs(market.bar);
  if (spanMs < warmUpMs + 3 * limitMs) return SHORT;
  return { unit: 'atr', target: exits.tp_multiplier, stop: exits.sl_multiplier, limitMs };
}
