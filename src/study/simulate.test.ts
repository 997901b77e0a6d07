import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type CandleEvent, EventKind, type MarketEvent } from '../core/events.ts';
import { loadScenario } from '../exchange/scenarios/load.ts';
import { importOkx } from '../tape/import-okx.ts';
import { readTape } from '../tape/reader.ts';
import { CANDLES_AT_START } from '../venue/venue.ts';
import { type BookFeed, SIMULATED_FROM } from './simulate.ts';
import { simulateToFiles } from './simulation-files.ts';

const root = mkdtempSync(join(tmpdir(), 'simulate-'));
after(() => rmSync(root, { recursive: true }));

const run = (
  folder: string,
  seed: number,
  feed: BookFeed = 'books',
  symbols = ['BTC-USDT-SWAP', 'BTC-USD-SWAP'],
) =>
  simulateToFiles(
    { seed, scenario: loadScenario('manipulated'), symbols, feed, from: SIMULATED_FROM },
    1,
    join(root, folder),
  );

/** Events as text, numbers copied. */
function told(path: string): string[] {
  const events: string[] = [];
  readTape(path).forEach((event: MarketEvent) => {
    if (event.kind !== EventKind.book) {
      events.push(JSON.stringify(event));
      return;
    }
    const { count, side, price, size, orders, ...rest } = event.frame;
    const levels = Array.from({ length: count }, (_, i) => [side[i], price[i], size[i], orders[i]]);
    events.push(JSON.stringify({ at: event.at, instrument: event.instrument, ...rest, levels }));
  });
  return events;
}

/** Whether an event is a candle that closed before the run began; in events as text. */
function isHistory(text: string): boolean {
  const { kind, at, openAt } = JSON.parse(text) as Partial<CandleEvent>;
  return kind === EventKind.candle && at === SIMULATED_FROM * 1000 && openAt! < SIMULATED_FROM;
}

/** What more than one test looks at. */
const first = await run('one', 5);

test('the same seed writes the same bytes, another seed others', async () => {
  const again = await run('two', 5);
  const other = await run('three', 6);
  assert.deepEqual(again.files, first.files);
  for (const [file, hash] of Object.entries(other.files)) assert.notEqual(hash, first.files[file], file);
});

for (const feed of ['books', 'books-l2-tbt'] as const)
  test(`the raw frames, imported, are the tape without the candles that were asked for: ${feed}`, async () => {
    const folder = `import-${feed}`;
    const report = await run(folder, 8, feed);
    const imported = join(root, `${feed}.tape`);
    const seen = await importOkx([join(root, folder, 'raw.jsonl')], imported);
    assert.equal(seen.rejectedLines, 0);
    for (const { instrument, book, derived, outages, staleTrades, repeatedTrades } of seen.instruments) {
      assert.deepEqual(
        { derived, outages, staleTrades, repeatedTrades, gaps: book?.gaps, crossed: book?.crossed },
        { derived: false, outages: 0, staleTrades: 0, repeatedTrades: 0, gaps: 0, crossed: false },
        instrument,
      );
    }
    assert.deepEqual(readTape(imported).instruments, readTape(join(root, folder, 'market.tape')).instruments);
    const events = told(join(root, folder, 'market.tape'));
    assert.equal(events.length, report.events);
    assert.deepEqual(
      told(imported),
      events.filter((text) => !isHistory(text)),
    );
  });

test('the tape says of which scenario it is, by name and digest, and which book channel it holds', () => {
  assert.deepEqual(readTape(join(root, 'one', 'market.tape')).meta.notes, [
    'scenario: manipulated, digest e44d56244ce1e765',
    loadScenario('manipulated').description,
    'book channel: books',
  ]);
});

test('each book that goes live is followed by the five hours of candles that the engine asks for, up to that moment', () => {
  const events: MarketEvent[] = [];
  readTape(join(root, 'one', 'market.tape')).forEach((event) => {
    if (event.kind === EventKind.candle || event.kind === EventKind.feed) events.push({ ...event });
  });
  for (const instrument of [0, 1]) {
    const own = events.filter((event) => event.instrument === instrument);
    assert.equal(own[0]!.kind, EventKind.feed);
    const candles = own
      .slice(1, 1 + CANDLES_AT_START)
      .map((event) => (event.kind === EventKind.candle ? event : assert.fail()));
    candles.forEach(({ at, openAt, closed, open, high, low, close, volume }, i) => {
      assert.equal(openAt, SIMULATED_FROM - (CANDLES_AT_START - i) * 60_000);
      assert.ok(closed && at === SIMULATED_FROM * 1000 && volume > 0);
      assert.ok(low <= Math.min(open, close) && high >= Math.max(open, close));
      const before = candles[i - 1];
      if (before !== undefined) assert.ok(Math.abs(open - before.close) < before.close / 1000, 'a seam');
    });
    const next = own[1 + CANDLES_AT_START];
    assert.ok(next?.kind === EventKind.candle && next.openAt === SIMULATED_FROM);
  }
});

test('labels name instruments of the market, times of the run and decimals of the wire', () => {
  const lines = readFileSync(join(root, 'one', 'labels.jsonl'), 'utf8')
    .trim()
    .split('\n');
  assert.equal(
    lines.length,
    Object.values(first.labels).reduce((sum, count) => sum + count, 0),
  );
  for (const line of lines) {
    const { instrument, from, to, prices, size } = JSON.parse(line) as {
      instrument: string;
      from: number;
      to: number;
      prices: string[];
      size: string;
    };
    assert.match(instrument, /-SWAP$/);
    assert.ok(from <= to && to <= SIMULATED_FROM + 60_000);
    for (const price of prices) assert.match(price, /^\d+(\.\d+)?$/);
    assert.match(size, /^\d+(\.\d+)?$/);
  }
});

test('a folder with something in it is not written to, an unlisted instrument is named', async () => {
  await assert.rejects(run('one', 1), /is not empty/);
  await assert.rejects(
    run('unlisted', 1, 'books', ['DOGE-USDT-SWAP']),
    /DOGE-USDT-SWAP is not in the scenario/,
  );
});
