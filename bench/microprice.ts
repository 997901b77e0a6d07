/**
 * The microprice against the mid and the weighted mid, tape by tape: the section of `hunter evaluate` alone, which takes a
 * second where all sections take minutes.
 *
 *     npx node bench/microprice.ts TAPE…
 */
import { brainConfig } from '../src/config/brain.ts';
import { loadSettings } from '../src/config/load.ts';
import { gradeMicrostructure } from '../src/study/evaluate/microstructure.ts';
import { play, tapeSource } from '../src/study/evaluate/play.ts';

const config = brainConfig(loadSettings(undefined).brain);
for (const path of process.argv.slice(2)) {
  const grader = gradeMicrostructure({
    brain: config,
    ...{ feesBp: 0, barriersAsked: false, confidenceThreshold: 0, barMs: 60_000, atrPeriod: 14, seed: 1 },
    barriers: { unit: 'bp', target: 1, stop: 1, limitMs: 60_000 },
  });
  const source = tapeSource(path);
  play(source, config, (instrument, book) => grader.watch(instrument, book));
  console.log(path);
  for (const { name, figure, rivals } of grader.section()?.figures ?? []) {
    const shown = [['', figure] as const, ...rivals.map((rival) => [rival.name, rival.figure] as const)]
      .map(([who, { value, low, high }]) =>
        value === null
          ? `${who} –`
          : `${who} ${value.toFixed(3)}${low === null ? '' : ` [${low.toFixed(3)}, ${high!.toFixed(3)}]`}`,
      )
      .join('; ');
    console.log(`  ${name}:${shown}`);
  }
}
