import { REGIMES, type RegimeModel } from '../../core/brain/regime/model.ts';
import { mostProbable, RegimeReader, WARM_UP_SECONDS } from '../../core/brain/regime/reader.ts';
import { Second } from '../../core/brain/regime/second.ts';
import type { Figure } from '../evaluate/figures.ts';
import { balancedFigure, delayFigure, type RegimeWords, scoreOf } from '../evaluate/regime-truth.ts';
import { AdxAtr, type AdxAtrConfig } from '../evaluate/rivals/adx-atr.ts';
import { CandleTeller, type RecordedMarket, secondAt, WIDTH } from './seconds.ts';

/** What a model says of a market, second by second; `REGIMES.length` probabilities each. `past`: candles are told. */
export function read(
  market: RecordedMarket,
  model: RegimeModel,
  past = true,
): RegimeWords & { readonly probabilities: Float64Array } {
  const reader = new RegimeReader(model);
  const candles = past ? new CandleTeller(market, reader.features) : null;
  const second = new Second();
  const probabilities = new Float64Array(market.truth.length * REGIMES.length);
  for (let s = 0; s < market.truth.length; s++) {
    candles?.before(s);
    reader.step(secondAt(market, s, second));
    probabilities.set(reader.probabilities, s * REGIMES.length);
  }
  return { ...wordsOf(market, probabilities), probabilities };
}

/** The most probable of each second, none while there is no word. */
export function wordsOf(market: RecordedMarket, probabilities: Float64Array): RegimeWords {
  const { rows, truth, labels } = market;
  const at = Array.from(truth, (_, s) => rows[s * WIDTH]! / 1000);
  const said = at.map((_, s) =>
    s < WARM_UP_SECONDS - 1
      ? -1
      : mostProbable(probabilities.subarray(s * REGIMES.length, (s + 1) * REGIMES.length)),
  );
  return { tape: tapeOf(market), at, said, truth: Array.from(truth), labels };
}

const tapeOf = ({ scenario, seed }: RecordedMarket): string => `${scenario} ${seed}`;

/** What the rule of the textbooks says of it. */
export function readAdx(market: RecordedMarket, config: AdxAtrConfig): RegimeWords {
  const { rows, truth, labels } = market;
  const rival = new AdxAtr(null, config);
  const at: number[] = [];
  const said: number[] = [];
  // only differences count
  let mid = 0;
  for (let s = 0; s < truth.length; s++) {
    mid += rows[s * WIDTH + 1]!;
    at.push(rows[s * WIDTH]! / 1000);
    rival.see(Math.floor(at[s]! / 1000), mid);
    said.push(rival.word);
  }
  return { tape: tapeOf(market), at, said, truth: Array.from(truth), labels };
}

/** In one line. */
export function told(name: string, words: readonly RegimeWords[]): string {
  const { recalls, delays, falseAlarms, hours } = scoreOf(words);
  const text = ({ value, low, high }: Figure, digits: number): string =>
    `${value?.toFixed(digits) ?? '–'} (${low?.toFixed(digits) ?? '–'} to ${high?.toFixed(digits) ?? '–'})`;
  const missed = delays.filter((delay) => delay === Number.POSITIVE_INFINITY).length;
  return `${name}: balanced ${text(balancedFigure(words), 3)} [${recalls.map((recall) => recall.toFixed(2)).join(' ')}], median delay ${text(delayFigure(words), 0)} s (${missed} of ${delays.length} missed), ${(falseAlarms / hours).toFixed(1)} false alarms an hour`;
}
