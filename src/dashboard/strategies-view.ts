import type { EngineConfig } from '../core/engine.ts';
import type { Instrument } from '../core/instrument.ts';
import type { CandleOpinion, StrategyReading } from '../core/opinion.ts';
import type { FigureUnit, FigureView, StrategiesView } from './view.ts';

/** Who may propose an entry, and who may object. */
export interface Proposals {
  readonly lead: EngineConfig['market']['lead'];
  readonly confirmation: EngineConfig['execution']['confirmation'];
  /** Confidence at which a proposal is considered. */
  readonly threshold: number;
}

export function strategiesView(
  opinion: CandleOpinion,
  instrument: Instrument,
  { lead, confirmation, threshold }: Proposals,
): StrategiesView {
  const parts = opinion.parts();
  return {
    lead,
    confirmation,
    threshold,
    best: opinion.direction === 'none' ? null : opinion.name,
    parts: parts.map(({ figures, ...part }) => ({ ...part, figures: figuresView(figures, instrument) })),
  };
}

/** Ticks become prices, and the unit leaves the name. */
function figuresView(figures: StrategyReading['figures'], instrument: Instrument): FigureView[] {
  const views: FigureView[] = [];
  for (const [name, value] of Object.entries(figures)) {
    // a threshold stands behind the figure that it is for
    const unit = name === 'threshold' ? (views.at(-1)?.unit ?? 'fraction') : unitOf(name);
    const inUnit = unit === 'price' || unit === 'pricePerCandle' ? instrument.priceToNumber(value) : value;
    views.push({
      name: name.replace(/(TicksPerCandle|Ticks|Deviations|Ratio)$/, ''),
      value: Number.isFinite(inUnit) ? inUnit : null,
      unit,
    });
  }
  return views;
}

/** Of a figure by its name: the unit stands at the end of it, or it is one of the well-known ones. */
function unitOf(name: string): FigureUnit {
  if (name.endsWith('TicksPerCandle')) return 'pricePerCandle';
  if (name.endsWith('Ticks')) return 'price';
  if (name.startsWith('candlesSince')) return 'candles';
  if (name.endsWith('Ratio') || name === 'tightness') return 'times';
  if (name === 'rsi' || name.endsWith('Divergence')) return 'points';
  if (/(Deviations|[sS]lope|[sS]urge|slopeChange)$/.test(name)) return 'deviations';
  return 'fraction';
}
