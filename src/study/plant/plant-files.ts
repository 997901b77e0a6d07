import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../config/load.ts';
import { isEmbedded } from '../../config/model.ts';
import { ASK, BID } from '../../core/book/frame.ts';
import type { OrderBook } from '../../core/book/order-book.ts';
import { EventKind, type MarketEvent } from '../../core/events.ts';
import { Instrument } from '../../core/instrument.ts';
import { us } from '../../core/units.ts';
import { TapeError } from '../../tape/format.ts';
import { hashFile } from '../../tape/hash.ts';
import { readTape } from '../../tape/reader.ts';
import { TapeWriter } from '../../tape/writer.ts';
import { nameTape } from '../simulation-files.ts';
import { Coarser } from './coarsen.ts';
import { writtenLabel } from './label-line.ts';
import type { PlannedLabel } from './order.ts';
import { Overlay } from './overlay.ts';
import { type Plan, planOf, RATES, type Rates } from './plan.ts';
import { Survey } from './survey.ts';

export interface PlantOptions {
  readonly seed: number;
  /** Cases an hour. */
  readonly rates?: Partial<Rates>;
  /** Book messages are merged to one in so many ms of exchange time; 0: they stay as they are. */
  readonly everyMs?: number;
  /** Only these instruments of the tape are planted over; null: all that can be. */
  readonly symbols?: readonly string[] | null;
}

export interface PlantReport {
  readonly tape: string;
  /** SHA-256 of the tape that it was laid over. */
  readonly over: string;
  readonly seed: number;
  readonly everyMs: number;
  readonly ratesPerHour: Rates;
  readonly events: number;
  readonly instruments: readonly InstrumentReport[];
  /** SHA-256 by file name. */
  readonly files: Readonly<Record<string, string>>;
}

export interface InstrumentReport {
  readonly instrument: string;
  readonly seconds: number;
  /** By kind: cases drawn, and those that found a place. */
  readonly cases: Plan['given'];
  /** Decoys that came into the book. */
  readonly decoys: number;
  /** Times that a real level, no farther away than decoys, rose in one message by more than 95 % of the levels there hold. */
  readonly realRises: number;
  /** Share of the decoys that are as large among such rises, real and planted: how rare is what is to be found. */
  readonly baseRate: number;
  /** The same with every spoofer counted once, however many decoys it shows. */
  readonly caseRate: number;
  /** Share of all that was printed that is planted. */
  readonly addedVolume: number;
  /** Why nothing was planted; empty where something could be. */
  readonly why: string;
}

const TAPE = 'market.tape';
const LABELS = 'labels.jsonl';

/** Every event of a tape, lent, its books merged to one message in `everyMs` where that is not 0. */
export function eachEvent(tape: string, everyMs: number, take: (event: MarketEvent) => void): void {
  if (everyMs === 0) return readTape(tape).forEach(take);
  const coarser = new Coarser(everyMs, take);
  readTape(tape).forEach((event) => {
    coarser.take(event);
  });
  coarser.finish();
}

/** Cases that are there already, and that the new labels would not tell of, would be graded as false alarms. */
function refuseLabelled(tape: string, source: string): void {
  if (PLANTED_OVER.test(source))
    throw new ConfigError([
      `${tape}: is planted over already (${source}), and the labels of the new tape would not tell of those cases: plant over the recording itself`,
    ]);
  if (isEmbedded(source))
    throw new ConfigError([
      `${tape}: is of the simulated market (${source}), which has manipulators of its own: its labels are those that \`hunter simulate\` wrote beside it; plant over a recording`,
    ]);
}
const PLANTED_OVER = /, planted over with seed \d+$/;

/**
 * Lays planted cases over a tape (docs/planted.md) and writes `market.tape` and `labels.jsonl` into `folder`, which is made or
 * must be empty. Reads the tape twice: what it holds, then to write it anew.
 */
export function plantToFiles(tape: string, options: PlantOptions, folder: string): PlantReport {
  const { seed, everyMs = 0, symbols = null } = options;
  const rates = { ...RATES, ...options.rates };
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`${folder} is not empty: choose a new folder, so that nothing is mixed up`);
  const head = readTape(tape);
  head.close();
  refuseLabelled(tape, head.meta.source);
  const instruments = head.instruments.map((spec) => new Instrument(spec));
  for (const symbol of symbols ?? [])
    if (!instruments.some(({ id }) => id === symbol))
      throw new TapeError(tape, `has no ${symbol}; it has ${instruments.map(({ id }) => id).join(', ')}`);

  const surveys = instruments.map(() => new Survey());
  eachEvent(tape, everyMs, (event) => surveys[event.instrument]!.take(event));
  for (const survey of surveys) survey.finish();
  const wanted = ({ id }: Instrument): boolean => symbols === null || symbols.includes(id);
  const plans = instruments.map((instrument, index) =>
    wanted(instrument) && surveys[index]!.usable
      ? planOf(surveys[index]!, instrument.id, index, seed, rates)
      : { labels: [], given: {} },
  );
  if (plans.every(({ given }) => Object.keys(given).length === 0))
    throw new TapeError(tape, 'has no book with trades to plant over');

  mkdirSync(folder, { recursive: true });
  const written = Object.entries(rates).map(([kind, rate]) => `${kind} ${rate}`);
  const writer = TapeWriter.create(join(folder, TAPE), head.instruments, {
    ...head.meta,
    source: `${head.meta.source}, planted over with seed ${seed}`,
    notes: [
      ...head.meta.notes,
      `planted cases an hour: ${written.join(', ')}`,
      ...(everyMs === 0 ? [] : [`book messages merged to one in ${everyMs} ms`]),
    ],
  });
  let last = us(0);
  const write = (event: MarketEvent): void => {
    last = us(Math.max(last, event.at));
    writer.write(event);
  };
  try {
    const rises = surveys.map((survey, index) => new Rises(survey, plans[index]!.labels));
    const overlays = instruments.map((instrument, index) => {
      const { countsOrders, mergesPrints, depth } = surveys[index]!;
      const { labels } = plans[index]!;
      return new Overlay(instrument, index, { countsOrders, mergesPrints, depth }, labels, write);
    });
    eachEvent(tape, everyMs, (event) => {
      const overlay = overlays[event.instrument]!;
      overlay.take(event, last);
      if (event.kind === EventKind.book) rises[event.instrument]!.count(overlay.realBook);
    });
    for (const overlay of overlays) overlay.finish(last);
    writer.close();
    const lines = plans.flatMap(({ labels }, index) =>
      labels.map((label) => `${JSON.stringify(writtenLabel(label, instruments[index]!))}\n`),
    );
    writeFileSync(join(folder, LABELS), lines.join(''));
    nameTape(join(folder, LABELS), hashFile(join(folder, TAPE)));
    return {
      tape,
      over: hashFile(tape),
      seed,
      everyMs,
      ratesPerHour: rates,
      events: writer.events,
      instruments: instruments.map(({ id }, index): InstrumentReport => {
        const { real, added } = overlays[index]!.volume;
        const { given } = plans[index]!;
        const unused = Object.keys(given).length === 0;
        return {
          instrument: id,
          seconds: surveys[index]!.timeline.seconds,
          cases: given,
          ...rises[index]!.told(),
          addedVolume: added === 0 ? 0 : added / (real + added),
          why: !unused ? '' : surveys[index]!.usable ? 'not asked for' : 'too little book, or no trades',
        };
      }),
      files: Object.fromEntries([TAPE, LABELS].map((file) => [file, hashFile(join(folder, file))])),
    };
  } catch (error) {
    writer.discard();
    throw error;
  }
}

/** How often the real book does what a decoy does: rises behind the best price by as much as the market calls large. */
class Rises {
  private readonly survey: Survey;
  private readonly decoys: readonly { readonly size: number; readonly distance: number }[];
  private readonly farthest: number;
  private readonly spoofers: number;
  private real = 0;

  constructor(survey: Survey, labels: readonly PlannedLabel[]) {
    const { best } = survey.timeline.frames;
    this.survey = survey;
    this.spoofers = labels.filter(({ kind }) => kind.startsWith('spoof')).length;
    this.decoys = labels.flatMap(({ orders }) =>
      orders
        .filter(({ role }) => role === 'decoy')
        .map(({ size, side, price, from }) => {
          const touch = best[side === 'buy' ? BID : ASK][survey.timeline.frameAt(from)]!;
          return { size, distance: Math.abs(touch - price) };
        }),
    );
    this.farthest = this.decoys.reduce((most, { distance }) => Math.max(most, distance), 0);
  }

  count({ changes, bids, asks }: OrderBook): void {
    if (changes.snapshot) return;
    for (let i = 0; i < changes.count; i++) {
      const size = changes.newSize[i]! - changes.oldSize[i]!;
      if (size <= 0) continue;
      const best = changes.side[i] === BID ? bids.best : asks.best;
      const distance = Math.abs(changes.price[i]! - best);
      if (distance > 0 && distance <= this.farthest && this.large(distance, size)) this.real += 1;
    }
  }

  told() {
    const large = this.decoys.filter(({ distance, size }) => this.large(distance, size)).length;
    return {
      decoys: this.decoys.length,
      realRises: this.real,
      baseRate: large === 0 ? 0 : large / (large + this.real),
      caseRate: this.spoofers === 0 ? 0 : this.spoofers / (this.spoofers + this.real),
    };
  }

  private large(distance: number, size: number): boolean {
    return size >= this.survey.levels.quantile(distance, LARGE);
  }
}

/** Larger than so many of the levels at its distance. */
const LARGE = 0.95;
