/**
 * How often the leak checks of scores cry wolf on clean tapes: `npx node bench/false-leaks.ts MINUTES TAPE…`. Each tape is
 * played once and cut into pieces of so many minutes; the checks are asked of each piece alone. Beside them the same without
 * asking how many stretches a score has.
 */
import { engineConfig } from '../src/config/engine.ts';
import { loadSettings } from '../src/config/load.ts';
import { resolveModel } from '../src/config/model.ts';
import { play, tapeSource } from '../src/study/evaluate/play.ts';
import { type Played, signalChecks } from '../src/study/evaluate/signal.ts';
import { SignalTrack } from '../src/study/evaluate/signal-track.ts';

const [minutes, ...tapes] = process.argv.slice(2);
const pieceUs = Number(minutes) * 60e6;
if (!(pieceUs > 0) || tapes.length === 0) throw new RangeError('wanted: MINUTES TAPE…');

const settings = resolveModel(loadSettings(undefined), 'embedded');
const config = engineConfig(settings, 'ev', 'book', null).market;
const barMs = 60_000;
const counts = new Map<string, { asked: number; unknown: number; leaks: number; beyond: number }>();
let pieces = 0;
let alarmed = 0;
let alarmedBefore = 0;
for (const path of tapes) {
  const tracks: Played[] = [];
  play(tapeSource(path, null, settings.market.bar), config, ({ id }) => {
    const track = new SignalTrack({
      ...{ everyMs: 1000, barMs, atrPeriod: settings.market.atr_period, seed: tracks.length },
      confidenceThreshold: settings.signal.confidence_threshold,
    });
    tracks.push({ instrument: id, track, recording: 0 });
    return [track];
  });
  const begin = Math.min(...tracks.map(({ track }) => track.samples[0]!.at));
  const end = Math.max(...tracks.map(({ track }) => track.samples.at(-1)!.at));
  for (let from = begin; from + pieceUs * 0.99 < end; from += pieceUs) {
    const piece = tracks.map((played) => {
      const { names, path: touch, fitted, samples } = played.track;
      const own = samples.filter(({ at }) => at >= from && at < from + pieceUs);
      return { ...played, track: { names, path: touch, fitted, samples: own } };
    });
    const checks = signalChecks(piece);
    let [now, before] = [false, false];
    for (const { name, spoiled, chance, verdict } of checks) {
      const count = counts.get(name) ?? { asked: 0, unknown: 0, leaks: 0, beyond: 0 };
      counts.set(name, count);
      count.asked += 1;
      if (verdict === 'unknown') count.unknown += 1;
      if (verdict === 'leaks') count.leaks += 1;
      if (spoiled === null || chance === null) continue;
      const room = (chance.high - chance.low) / 2;
      const isBeyond = spoiled > chance.high + room || spoiled < chance.low - room;
      if (isBeyond) count.beyond += 1;
      now ||= verdict === 'leaks';
      before ||= isBeyond;
    }
    pieces += 1;
    if (now) alarmed += 1;
    if (before) alarmedBefore += 1;
  }
}
console.log(
  `${pieces} pieces of ${minutes} minutes: LEAKS on ${alarmed}; were every score asked ${alarmedBefore}`,
);
for (const [name, { asked, unknown, leaks, beyond }] of counts)
  console.log(
    `  ${name}: ${asked} asked, ${unknown} unknown, ${leaks} leak, ${beyond} beyond were all asked`,
  );
