import { Command, InvalidArgumentError } from 'commander';
import { PLANTED_KINDS, type PlantedKind, RATES, type Rates } from '../study/plant/plan.ts';
import { type PlantReport, plantToFiles } from '../study/plant/plant-files.ts';
import { requireInputs } from './input-files.ts';
import { table } from './table.ts';

interface PlantFlags {
  readonly seed: number;
  readonly out: string;
  readonly rates?: string[];
  readonly every: number;
  readonly symbols?: string[];
  readonly json?: boolean;
}

/** `hunter plant TAPE --out DIR`: manipulators, icebergs and innocent look-alikes laid over a real tape. */
export function plantCommand(): Command {
  return new Command('plant')
    .description(
      'lays spoofers, icebergs and look-alikes over a tape: a tape and labels for `hunter evaluate`',
    )
    .argument('<tape>', 'a tape with books and trades, as `hunter import` makes them')
    .requiredOption('--out <folder>', 'where to write; made, or empty')
    .option('--seed <number>', 'the only chance there is; same tape and seed, same bytes', whole, 1)
    .option(
      '--rates <kind=number...>',
      `cases an hour; default: ${PLANTED_KINDS.map((kind) => `${kind}=${RATES[kind]}`).join(' ')}`,
    )
    .option('--every <ms>', 'merges book messages to one in so many ms; 0: as they are', whole, 0)
    .option('--symbols <ids...>', 'instruments to plant over; default: all with books and trades')
    .option('--config <file>', 'settings file (not needed here)')
    .option('--json', 'the report as JSON on stdout; everything else on stderr')
    .action(plant);
}

function plant(tape: string, flags: PlantFlags, command: Command): void {
  requireInputs([tape]);
  const { seed, out, every, symbols, json } = flags;
  const rates: Partial<Rates> = Object.assign(
    {},
    ...(flags.rates ?? []).map((text) => rateOf(text, command)),
  );
  const report = plantToFiles(tape, { seed, rates, everyMs: every, symbols: symbols ?? null }, out);
  process.stdout.write(`${json ? JSON.stringify(report) : reportText(report, out)}\n`);
}

function rateOf(text: string, command: Command): Partial<Rates> {
  const match = /^([a-z_]+)=(\d+(?:\.\d+)?)$/.exec(text);
  const kind = PLANTED_KINDS.find((each) => each === match?.[1]);
  if (match === null || kind === undefined)
    command.error(`error: --rates ${text}: KIND=NUMBER wanted, with a kind of ${PLANTED_KINDS.join(', ')}`, {
      exitCode: 2,
    });
  return { [kind]: Number(match[2]) };
}

function reportText(report: PlantReport, folder: string): string {
  const planted = report.instruments.filter(({ why }) => why === '');
  const kinds = (of: PlantReport['instruments'][number], kind: PlantedKind): string =>
    `${of.cases[kind]?.placed ?? 0} of ${of.cases[kind]?.drawn ?? 0}`;
  return [
    `planted over ${report.tape}, seed ${report.seed}: ${report.events} events`,
    '',
    table(
      PLANTED_KINDS.map((kind) => ({
        kind,
        'an hour': report.ratesPerHour[kind],
        ...Object.fromEntries(planted.map((each) => [each.instrument, kinds(each, kind)])),
      })),
    ),
    '',
    ...planted.map(
      ({ instrument, seconds, decoys, realRises, baseRate, caseRate, addedVolume }) =>
        `${instrument}: ${seconds.toFixed(0)} s, ${decoys} decoys; ${realRises} real rises that are large, base rate ${(100 * baseRate).toFixed(2)} % (spoofers: ${(100 * caseRate).toFixed(2)} %); ${(100 * addedVolume).toFixed(2)} % of the volume is planted`,
    ),
    ...report.instruments
      .filter(({ why }) => why !== '')
      .map(({ instrument, why }) => `${instrument}: nothing planted, ${why}`),
    ...Object.entries(report.files).map(([file, hash]) => `sha256 ${hash}  ${folder}/${file}`),
  ].join('\n');
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('a whole number that is not negative is needed.');
  return value;
}
