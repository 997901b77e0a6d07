import type { Direction } from '../../opinion.ts';
import type { Us } from '../../units.ts';
import type { FeatureSource } from './features.ts';
import { probabilityOf } from './first-passage.ts';
import type { FusionModel } from './model.ts';
import type { Stake, Stakes } from './stakes.ts';

export interface FusionConfig {
  readonly model: FusionModel;
  /** Instruments that it was fitted on; null: not asked. On others it is not calibrated. */
  readonly symbols: readonly string[] | null;
  /** Fitted for these very settings and this market: only then is the confidence a probability. */
  readonly calibrated: boolean;
  /** Why not, in words; empty where it is. */
  readonly whyNot: string;
}

/** One thing that moved a prediction. */
export interface Contribution {
  readonly name: string;
  readonly value: number;
  /** Log-odds. The contributions, the base and the intercept add up to the prediction's logit. */
  readonly logOdds: number;
}

/** Contributions told by name; the rest is summed. */
const TOLD = 5;

/**
 * The fitted form of row B8: for both directions the probability that a trade with the engine's own exits reaches its target
 * before its stop, and what that is worth after fees, spread and impact. Where neither direction is worth its costs it
 * abstains: no direction, whatever the probability.
 */
export class Fusion {
  readonly config: FusionConfig;
  readonly stakes: Stakes;
  /** As `config` has it, on this instrument. */
  readonly calibrated: boolean;
  readonly whyNot: string;
  direction: Direction = 'none';
  /** The direction that is worth more, costs forgotten; `none` where they are alike or nothing is known. */
  lean: Direction = 'none';
  /** Of the direction that it leans to: probability, 0…1, and mean return after costs, basis points. */
  confidence = 0;
  edgeBp = 0;
  /** Probability of a long's target less that of a short's. */
  evidence = 0;
  private readonly source: FeatureSource;
  private readonly values: Float64Array;
  /** Log-odds that each of the values adds for a long, and for a short. */
  private readonly forLong: Float64Array;
  private readonly forShort: Float64Array;

  constructor(config: FusionConfig, source: FeatureSource) {
    this.config = config;
    this.source = source;
    this.stakes = source.stakes;
    const { id } = source.stakes.market.instrument;
    const others =
      config.symbols === null || config.symbols.includes(id)
        ? ''
        : `fitted on ${config.symbols.join(', ')}, not on ${id}`;
    this.calibrated = config.calibrated && others === '';
    this.whyNot = [config.whyNot, others].filter((why) => why !== '').join('; ');
    const { length } = config.model.features;
    // what is not known adds nothing
    this.values = new Float64Array(length).fill(Number.NaN);
    this.forLong = new Float64Array(length);
    this.forShort = new Float64Array(length);
  }

  combine(now: Us): void {
    const { stakes, values, forLong, forShort, source } = this;
    const { model } = this.config;
    stakes.refresh(now);
    source.slow.look(now);
    const { long, short } = stakes;
    if (!long.known && !short.known) return this.clear();
    const { features, intercept } = model;
    let longLogit = long.base + intercept;
    let shortLogit = short.base + intercept;
    for (let i = 0; i < features.length; i++) {
      const value = features[i]!.read(source);
      // half of them change once a second or a minute
      if (!Object.is(value, values[i])) {
        values[i] = value;
        forLong[i] = model.contribution(i, value, false);
        forShort[i] = model.contribution(i, value, true);
      }
      longLogit += forLong[i]!;
      shortLogit += forShort[i]!;
    }
    const up = long.known ? probabilityOf(longLogit) : 0;
    const down = short.known ? probabilityOf(shortLogit) : 0;
    const upEdge = long.known ? long.edgeBp(up) : Number.NEGATIVE_INFINITY;
    const downEdge = short.known ? short.edgeBp(down) : Number.NEGATIVE_INFINITY;
    this.evidence = up - down;
    this.lean = upEdge > downEdge ? 'long' : downEdge > upEdge ? 'short' : 'none';
    this.edgeBp = Math.max(upEdge, downEdge);
    this.confidence = downEdge > upEdge ? down : up;
    this.direction = this.edgeBp > 0 ? this.lean : 'none';
  }

  /** The market was lost: what was seen of it says nothing about what comes. */
  reset(): void {
    this.stakes.reset();
    this.source.slow.reset();
    this.clear();
  }

  private clear(): void {
    this.direction = 'none';
    this.lean = 'none';
    this.confidence = 0;
    this.edgeBp = 0;
    this.evidence = 0;
  }

  /** What moved the prediction of the direction that it leans to, the weightiest first. */
  contributions(): Contribution[] {
    const { model } = this.config;
    return model.features
      .map(({ name }, i) => ({
        name,
        value: this.values[i]!,
        logOdds: model.contribution(i, this.values[i]!, this.lean === 'short'),
      }))
      .sort((a, b) => Math.abs(b.logOdds) - Math.abs(a.logOdds));
  }

  /** The verdict, what it starts from, and what moved it from there. */
  reasons(): string[] {
    const { long, short } = this.stakes;
    if (!long.known && !short.known) return [`no word yet: ${long.why}`];
    const stake = this.lean === 'short' ? short : long;
    const { model } = this.config;
    const moved = this.contributions().filter(({ logOdds }) => logOdds !== 0);
    const rest = moved.slice(TOLD);
    const { calibrated, whyNot } = this;
    return [
      this.verdict(stake),
      ...(calibrated ? [] : [`not calibrated: ${whyNot}`]),
      `without a word from the detectors: ${stake.chance.toFixed(2)}, the odds of a price without drift (${logOdds(stake.base)}), corrected by ${logOdds(model.intercept)}`,
      ...moved
        .slice(0, TOLD)
        .map(({ name, value, logOdds: odds }) => `${name} ${logOdds(odds)} at ${signedFigure(value)}`),
      ...(rest.length === 0
        ? []
        : [`${rest.length} others ${logOdds(rest.reduce((sum, each) => sum + each.logOdds, 0))}`]),
    ];
  }

  private verdict({ targetBp, stopBp, costBp }: Stake): string {
    const { lean, confidence, edgeBp } = this;
    const odds = `${lean === 'none' ? 'either way' : lean} ${confidence.toFixed(2)} for +${targetBp.toFixed(1)} bp before −${stopBp.toFixed(1)} bp`;
    const worth = `${edgeBp >= 0 ? '+' : '−'}${Math.abs(edgeBp).toFixed(1)} bp after ${costBp.toFixed(1)} bp of costs`;
    return this.direction === 'none' ? `abstains: ${odds} is worth ${worth}` : `${odds}: worth ${worth}`;
  }
}

const logOdds = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(2)}`;
const signedFigure = (value: number): string => `${value >= 0 ? '' : '−'}${Math.abs(value).toPrecision(2)}`;
