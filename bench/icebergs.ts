/**
 * How well icebergs are found in simulated markets, from the same market seen at several intervals:
 * `npx node bench/icebergs.ts SCENARIO MINUTES FIRST_SEED LAST_SEED [INTERVALS_MS]`, such as
 * `manipulated 30 1 3 10,50,100`. Prints the section of `hunter evaluate` by interval,
 * and what could be seen at all: how many of the planted orders came alone in a frame and how many were seen to be traded
 * away, which is what the detector goes by; and the share of icebergs of which two refills were seen so, the most that
 * repetition of sizes could find. A snapshot of the market takes about 400 MB an hour of market, in the temporary folder.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../src/cli/table.ts';
import { brainConfig } from '../src/config/brain.ts';
import { loadSettings } from '../src/config/load.ts';
import { BID } from '../src/core/book/frame.ts';
import { OrderBook } from '../src/core/book/order-book.ts';
import { Iceberg } from '../src/core/brain/iceberg.ts';
import { EventKind } from '../src/core/events.ts';
import type { Label } from '../src/exchange/scenarios/label.ts';
import { loadScenario } from '../src/exchange/scenarios/load.ts';
import { gradeIceberg } from '../src/study/evaluate/iceberg.ts';
import { readLabels } from '../src/study/evaluate/labels.ts';
import { type MarketSource, play, tapeSource } from '../src/study/evaluate/play.ts';
import type { SectionTable } from '../src/study/evaluate/section.ts';
import { shown } from '../src/study/evaluate/text.ts';
import { eachEvent } from '../src/study/plant/plant-files.ts';
import { SIMULATED_FROM } from '../src/study/simulate.ts';
import { simulateToFiles } from '../src/study/simulation-files.ts';

/** What happened may be seen so much later. */
const LATE_MS = 100;

const [name = 'manipulated', minutes = '30', first = '1', last = first, intervals = '10,100'] =
  process.argv.slice(2);
const INTERVALS_MS = intervals.split(',').map(Number);
const scenario = loadScenario(name);
const config = brainConfig(loadSettings(undefined).brain);
const graders = INTERVALS_MS.map(() =>
  gradeIceberg({
    ...{ brain: config, feesBp: 0, barMs: 60_000, atrPeriod: 14, seed: 1 },
    ...{
      barriers: { unit: 'bp', target: 5, stop: 5, limitMs: 60_000 },
      barriersAsked: false,
      confidenceThreshold: 0.6,
    },
  }),
);
const seen = INTERVALS_MS.map(() => new Map<string, Seen>());

async function playAll(): Promise<void> {
  for (let seed = Number(first); seed <= Number(last); seed++) {
    const folder = mkdtempSync(join(tmpdir(), 'icebergs-'));
    try {
      const at = join(folder, String(seed));
      const symbols = scenario.instruments;
      await simulateToFiles(
        { seed, scenario, symbols, feed: 'books-l2-tbt', from: SIMULATED_FROM },
        Number(minutes),
        at,
      );
      const tape = join(at, 'market.tape');
      const labels = readLabels(join(at, 'labels.jsonl'), tapeSource(tape).instruments);
      INTERVALS_MS.forEach((everyMs, i) => {
        const source = seenEvery(tape, everyMs);
        const of = source.instruments.map(({ id }) => labels.filter(({ instrument }) => instrument === id));
        const grader = graders[i]!;
        grader.played(
          play(source, config, (instrument, book) => grader.watch(instrument, book)),
          of,
        );
        // one market is enough to know what can be seen
        if (seed === Number(first)) look(seenEvery(tape, everyMs), of, seen[i]!);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
    console.error(`seed ${seed} played`);
  }
}

function print(): void {
  console.log(`${name}, ${minutes} min, seeds ${first} to ${last}`);
  INTERVALS_MS.forEach((everyMs, i) => {
    const { figures, tables, checks } = graders[i]!.section()!;
    console.log(`\nbooks every ${everyMs} ms`);
    console.log(
      table(
        figures.map(({ name: figure, figure: value, unit, goal, rivals }) => ({
          figure,
          value: shown(value, unit),
          goal,
          rival: rivals.map((rival) => shown(rival.figure, unit)).join(', '),
        })),
      ),
    );
    for (const each of tables) console.log(`\n${each.title}\n${table(rowsOf(each))}`);
    for (const { name: check, verdict } of checks) console.log(`${check}: ${verdict}`);
    console.log(`\nWhat could be seen every ${everyMs} ms, of icebergs refilled at least twice`);
    console.log(
      table(
        [...seen[i]!].map(([kind, one]) => ({
          kind,
          icebergs: one.icebergs,
          'two refills seen': share(one.found, one.icebergs),
          orders: one.orders,
          'seen to come': share(one.came, one.orders),
          traded: one.traded,
          'seen to be traded away': share(one.went, one.traded),
        })),
      ),
    );
  });
}

/** The tape's books, merged to one message in so many ms. */
function seenEvery(tape: string, everyMs: number): MarketSource {
  return {
    instruments: tapeSource(tape).instruments,
    *play(emit) {
      eachEvent(tape, everyMs, emit);
      yield 1;
    },
  };
}

interface Seen {
  icebergs: number;
  /** Of them: two orders or more were seen to come after one that was seen to be traded away. */
  found: number;
  orders: number;
  came: number;
  traded: number;
  went: number;
}

/** How much of what was planted the queues tell apart. */
function look(source: MarketSource, labels: readonly (readonly Label[])[], into: Map<string, Seen>): void {
  const witnesses = source.instruments.map(() => new Witness(new OrderBook()));
  for (const _ of source.play((event) => {
    const witness = witnesses[event.instrument]!;
    if (event.kind === EventKind.book) {
      witness.ownBook.apply(event.frame);
      witness.at = event.at / 1000;
      witness.onBook(event.at);
    } else if (event.kind === EventKind.trade) witness.onTrade(event);
  }));
  labels.forEach((of, i) => {
    const { came, went } = witnesses[i]!;
    for (const { kind, parameters, orders } of of) {
      if (!kind.startsWith('iceberg') || Number(parameters.refills) < 2) continue;
      const one = into.get(kind) ?? { icebergs: 0, found: 0, orders: 0, came: 0, traded: 0, went: 0 };
      into.set(kind, one);
      one.icebergs += 1;
      let refills = 0;
      let before = false;
      for (const { side, price, size, from, to, ended } of orders) {
        const key = `${side} ${price} ${size}`;
        const seenToCome = within(came.get(key), from, to + LATE_MS);
        const seenToGo = ended === 'filled' && within(went.get(key), to - LATE_MS, to + LATE_MS);
        one.orders += 1;
        if (seenToCome) one.came += 1;
        if (ended === 'filled') one.traded += 1;
        if (seenToGo) one.went += 1;
        if (before && seenToCome) refills += 1;
        before = seenToGo;
      }
      if (refills >= 2) one.found += 1;
    }
  });
}

const within = (times: readonly number[] | undefined, from: number, to: number): boolean =>
  times?.some((at) => at >= from && at <= to) === true;

/** Writes down what the detector's queues tell it. */
class Witness extends Iceberg {
  readonly came = new Map<string, number[]>();
  readonly went = new Map<string, number[]>();
  readonly ownBook: OrderBook;
  /** ms. */
  at = 0;

  constructor(book: OrderBook) {
    super(config.iceberg, book, () => undefined);
    this.ownBook = book;
  }

  override arrived(...what: Parameters<Iceberg['arrived']>): void {
    this.note(this.came, what[0], what[1]);
    super.arrived(...what);
  }

  override consumed(...what: Parameters<Iceberg['consumed']>): void {
    this.note(this.went, what[0], what[1]);
    super.consumed(...what);
  }

  private note(where: Map<string, number[]>, place: number, size: number): void {
    const key = `${this.queues.sideOf(place) === BID ? 'buy' : 'sell'} ${this.queues.price[place]} ${size}`;
    const times = where.get(key);
    if (times === undefined) where.set(key, [this.at]);
    else times.push(this.at);
  }
}

function rowsOf({ columns, rows }: SectionTable): Record<string, string | number>[] {
  return rows.map((row) =>
    Object.fromEntries(
      row.map((cell, i) => [
        columns[i] || ' ',
        cell === null ? '—' : typeof cell === 'object' ? shown(cell, '') : cell,
      ]),
    ),
  );
}

function share(part: number, of: number): string {
  return of === 0 ? '—' : `${((100 * part) / of).toFixed(0)} %`;
}

await playAll();
print();
