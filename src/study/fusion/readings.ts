import { createHash, type Hash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { engineConfig } from '../../config/engine.ts';
import { defaultSettings } from '../../config/load.ts';
import { FEATURES, type FeatureSource } from '../../core/brain/fusion/features.ts';
import { DRIFTLESS } from '../../core/brain/fusion/readings.ts';
import { SlowReadings } from '../../core/brain/fusion/slow.ts';
import { Stakes } from '../../core/brain/fusion/stakes.ts';
import { EventKind, TradeEvent } from '../../core/events.ts';
import { Instrument } from '../../core/instrument.ts';
import { Market } from '../../core/market.ts';
import { lots, ticks, us } from '../../core/units.ts';
import { readTape } from '../../tape/reader.ts';

/** A recorded market, kept with the code. */
const TAPE = fileURLToPath(new URL('../../../golden/embedded.tape', import.meta.url));
/** Played so often in a row: the regime has nothing to say before its sixth minute. */
const PASSES = 5;
const PASS_US = 120_000_000;
const EVERY_US = 1_000_000;
/** Frames between two takers of hidden size, in every other pass. */
const TAKEN_EVERY = 5;
/** Digits that are compared: another machine may differ in the last. */
const DIGITS = 9;

/**
 * What every feature, and the odds that models start from, say of a fixed market, as a digest by name: where one is another
 * than it was, the code that says it was changed, and a model fitted on it before is of something else.
 */
export function readingsOf(): Record<string, string> {
  const { market: config, exits, execution } = engineConfig(defaultSettings(), 'readings');
  const tape = readTape(TAPE);
  tape.close();
  const market = new Market({ ...config, fusion: null }, new Instrument(tape.instruments[0]!));
  const stakes = new Stakes(market, { exits, takerFee: execution.takerFee, limitMs: LIMIT_MS });
  const { brain } = market;
  const source: FeatureSource = { brain, stakes, slow: new SlowReadings(brain) };
  const digests = FEATURES.map(({ name, read }) => new Digest(name, () => read(source)));
  for (const side of ['long', 'short'] as const)
    for (const what of ['base', 'targetBp', 'stopBp', 'costBp'] as const)
      digests.push(new Digest(`${DRIFTLESS}, ${side}, ${what}`, () => stakes[side][what]));
  for (let pass = 0; pass < PASSES; pass++) playOnce(pass, market, source, digests);
  const odds = createHash('sha256');
  for (const each of digests.splice(FEATURES.length)) odds.update(each.hex());
  return {
    ...Object.fromEntries(digests.map((each) => [each.name, each.hex()])),
    [DRIFTLESS]: odds.digest('hex').slice(0, HEX),
  };
}
/** Of the trades; any will do. */
const LIMIT_MS = 1_800_000;
const HEX = 12;

/** The text of `core/brain/fusion/readings.ts`. */
export function readingsModule(readings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(readings).map(
    ([name, digest]) => `  ${/^\w+$/.test(name) ? name : `'${name}'`}: '${digest}',\n`,
  );
  return `/** The odds that a model starts from, among the readings. */
export const DRIFTLESS = '${DRIFTLESS}';

/**
 * What every feature says of a fixed market, as digests by name (\`study/fusion/readings.ts\`). Written by
 * \`npx node scripts/update-golden.ts\` where the code that says it was changed; models fitted before are not calibrated then.
 */
export const READINGS: Readonly<Record<string, string>> = {
${lines.join('')}};
`;
}

function playOnce(
  pass: number,
  market: Market,
  { stakes, slow }: FeatureSource,
  digests: readonly Digest[],
): void {
  const { book } = market;
  let next = 0;
  let frames = 0;
  readTape(TAPE).forEach((event) => {
    event.at = us(event.at + pass * PASS_US);
    if (event.kind === EventKind.trade) market.onTrade(event);
    // the second time they are of the past
    if (event.kind === EventKind.candle && pass === 0) market.onCandle(event);
    if (event.kind === EventKind.feed) market.onFeed(event);
    if (event.kind !== EventKind.book) return;
    frames += 1;
    // more is taken than is shown, and the book stands as it was: nobody on the tape has an iceberg
    if (pass % 2 === 1 && frames % TAKEN_EVERY === 0) {
      const price = ticks(book.bestBid);
      const size = lots(2 * book.bids.sizeAt(price));
      market.onTrade(new TradeEvent(event.at, 0, event.frame.exchangeAt, price, size, 'sell'));
    }
    market.onBook(event);
    stakes.refresh(event.at);
    slow.look(event.at);
    if (event.at < next) return;
    next = event.at + EVERY_US;
    for (const digest of digests) digest.look();
  });
}

class Digest {
  readonly name: string;
  private readonly read: () => number;
  private readonly hash: Hash = createHash('sha256');

  constructor(name: string, read: () => number) {
    this.name = name;
    this.read = read;
  }

  look(): void {
    this.hash.update(`${this.read().toPrecision(DIGITS)} `);
  }

  hex(): string {
    return this.hash.digest('hex').slice(0, HEX);
  }
}
