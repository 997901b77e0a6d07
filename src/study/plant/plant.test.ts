import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { ASK, BID } from '../../core/book/frame.ts';
import { Instrument } from '../../core/instrument.ts';
import { importBinance } from '../../tape/import-binance.ts';
import { importOkx } from '../../tape/import-okx.ts';
import { inspectTape } from '../../tape/inspect.ts';
import { readTape } from '../../tape/reader.ts';
import { onOurClock, readLabels } from '../evaluate/labels.ts';
import { play, tapeSource } from '../evaluate/play.ts';
import { plantsToldIn, type ToldPlant, type ToldPlantOrder } from '../testing/labels.ts';
import { PLANTED_KINDS, type PlantedKind, type Rates } from './plan.ts';
import { eachEvent, plantToFiles } from './plant-files.ts';
import { Survey } from './survey.ts';
import { against, type Expected } from './testing/against.ts';
import { SMALL, type SmallTape, writeSmallTape } from './testing/small-tape.ts';

const root = mkdtempSync(join(tmpdir(), 'plant-'));
after(() => rmSync(root, { recursive: true }));
let names = 0;
const fresh = (): string => {
  names += 1;
  return join(root, String(names));
};

const every = (rate: number): Rates =>
  Object.fromEntries(PLANTED_KINDS.map((kind) => [kind, rate])) as unknown as Rates;

const PLAIN: SmallTape = {
  ...{ seed: 1, seconds: 120, depth: 0, countsOrders: true, mergesPrints: true, checksums: false },
  ...{ snapshotEvery: 0, outage: false, clockMs: 12 },
};

function small(options: Partial<SmallTape>): string {
  const path = fresh();
  writeSmallTape(path, { ...PLAIN, ...options });
  return path;
}

function surveyed(tape: string): Survey {
  const survey = new Survey();
  eachEvent(tape, 0, (event) => survey.take(event));
  return survey;
}

/** Plants and holds the result against tape and labels. */
function planted(
  tape: string,
  seed: number,
  rates: Rates,
  everyMs: number,
  expected: (id: string) => Expected,
) {
  const folder = fresh();
  const report = plantToFiles(tape, { seed, rates, everyMs }, folder);
  const found = against((take) => eachEvent(tape, everyMs, take), folder, expected);
  return { folder, report, found, told: plantsToldIn(folder) };
}

test('planted orders taken off a tape, the tape is what it was: every book, every trade, whatever the feed is like', () => {
  let [orders, added] = [0, 0];
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.nat(1e6),
        depth: fc.constantFrom(0, 50),
        countsOrders: fc.boolean(),
        mergesPrints: fc.boolean(),
        checksums: fc.boolean(),
        snapshotEvery: fc.constantFrom(0, 150),
        outage: fc.boolean(),
        clockMs: fc.constantFrom(-1270, 0, 80),
        everyMs: fc.constantFrom(0, 0, 500),
      }),
      ({ everyMs, ...options }) => {
        const tape = small({ ...options, checksums: options.checksums && everyMs === 0 });
        const depth = options.depth === 0 ? Number.POSITIVE_INFINITY : options.depth;
        const { countsOrders } = options;
        const { found, folder } = planted(tape, options.seed, every(500), everyMs, () => ({
          depth,
          countsOrders,
          wholeEvery: 1,
        }));
        assert.deepEqual(found.wrong.slice(0, 3), [], `${found.wrong.length} wrong`);
        const book = inspectTape(join(folder, 'market.tape')).instruments[0]!.book!;
        assert.deepEqual([book.checksumsWrong, book.gaps, book.unusable], [0, 0, 0]);
        if (options.checksums && everyMs === 0) assert.ok(book.checksumsRight > 1000);
        orders += found.orders;
        added += found.added;
      },
    ),
    { numRuns: 12 },
  );
  assert.ok(orders > 2000 && added > 500, `${orders} orders, ${added} prints`);
});

test('the reader that finds nothing wrong finds every lie of a label', () => {
  const tape = small({});
  const whole = () => ({ depth: Number.POSITIVE_INFINITY, countsOrders: true, wholeEvery: 1 });
  const { folder, found, told } = planted(tape, 3, every(300), 0, whole);
  assert.deepEqual(found.wrong, []);
  const lies: readonly ((order: ToldPlantOrder) => ToldPlantOrder)[] = [
    (order) => ({ ...order, size: String(Number(order.size) + 0.01) }),
    (order) => ({ ...order, price: (Number(order.price) + 0.1).toFixed(1) }),
    (order) => ({ ...order, from: order.from - 150 }),
    (order) => ({ ...order, to: order.to + 150 }),
    (order) => ({ ...order, fills: [{ at: order.from, size: '0.01', place: 'with' }] }),
  ];
  for (const lie of lies) {
    let lied = false;
    const lines = told.map((label) => {
      const orders = label.orders.map((order) => {
        if (lied || order.ended !== 'canceled' || order.traded !== '0' || order.to - order.from < 300)
          return order;
        lied = true;
        return lie(order);
      });
      return `${JSON.stringify({ ...label, orders })}\n`;
    });
    writeFileSync(join(folder, 'labels.jsonl'), lines.join(''));
    assert.ok(
      lied && against((take) => readTape(tape).forEach(take), folder, whole).wrong.length > 0,
      String(lie),
    );
  }
});

test('the same seed writes the same bytes, another seed and another rate others', () => {
  const tape = small({});
  const plant = (seed: number, rates: Partial<Rates>) => plantToFiles(tape, { seed, rates }, fresh()).files;
  assert.deepEqual(plant(5, every(200)), plant(5, every(200)));
  assert.notDeepEqual(plant(5, every(200)), plant(6, every(200)));
  assert.notDeepEqual(plant(5, every(200)), plant(5, every(300)));
});

test('a rate is a rate: as many cases are drawn as it says, none where it is zero', () => {
  const tape = small({ seconds: 60 });
  const drawn: Record<string, number> = {};
  for (let seed = 1; seed <= 40; seed++) {
    const { cases } = plantToFiles(tape, { seed, rates: { ...every(240), spoof_wall: 0 } }, fresh())
      .instruments[0]!;
    for (const [kind, { drawn: count }] of Object.entries(cases)) drawn[kind] = (drawn[kind] ?? 0) + count;
  }
  // 60 s less a tenth at either end, 40 times: 128 expected of each kind
  for (const [kind, count] of Object.entries(drawn))
    if (kind === 'spoof_wall') assert.equal(count, 0);
    else assert.ok(count > 85 && count < 175, `${kind}: ${count}`);
});

/** Many of every kind, once. */
const many: readonly ToldPlant[] = [1, 2, 3, 4].flatMap((seed) => {
  const folder = fresh();
  plantToFiles(small({ seed, seconds: 240 }), { seed, rates: every(400) }, folder);
  return plantsToldIn(folder);
});
const ofKind = (...kinds: PlantedKind[]): ToldPlant[] =>
  many.filter(({ kind }) => kinds.some((each) => each === kind));

test('every kind finds a place', () => {
  for (const kind of PLANTED_KINDS) assert.ok(ofKind(kind).length >= 10, `${kind}: ${ofKind(kind).length}`);
});

test('spoofers do what their name says', () => {
  const spoofers = ofKind('spoof_wall', 'spoof_layering', 'spoof_flicker', 'spoof_slow_pull');
  const ended = new Set<unknown>();
  for (const { kind, side, orders, parameters, participant } of spoofers) {
    const decoys = orders.filter(({ role }) => role === 'decoy');
    const [genuine, ...others] = orders.filter(({ role }) => role === 'genuine');
    assert.ok(decoys.every((order) => order.side === side) && genuine!.side !== side && others.length === 0);
    const gone = new Set(decoys.filter(({ ended }) => ended === 'canceled').map(({ to }) => to));
    const prices = new Set(decoys.map(({ price }) => price));
    ended.add(parameters.endedBy);
    if (parameters.endedBy === 'filled') {
      assert.equal(genuine!.ended, 'filled', participant);
      assert.ok(
        decoys.every(({ to }) => kind === 'spoof_flicker' || kind === 'spoof_slow_pull' || to > genuine!.to),
      );
    }
    if (kind === 'spoof_wall') assert.equal(decoys.length, 1);
    if (kind === 'spoof_layering')
      assert.ok(prices.size === decoys.length && decoys.length >= 3 && gone.size <= 1);
    if (kind === 'spoof_slow_pull') {
      assert.ok(prices.size === 1 && decoys.length >= 4);
      if (parameters.endedBy === 'time' && parameters.decoyTraded === '0') assert.ok(gone.size >= 4);
    }
    if (kind === 'spoof_flicker')
      for (const { from, to } of decoys) assert.ok(to - from <= 300, `${participant}: ${to - from} ms`);
  }
  for (const reason of ['filled', 'price came near', 'time']) assert.ok(ended.has(reason), reason);
});

test('icebergs are refilled as their kind is, and their sizes add up', () => {
  const waits = { iceberg_native: [0, 0], iceberg_sliced: [20, 400], iceberg_following: [10, 100] } as const;
  for (const [kind, [least, most]] of Object.entries(waits) as [
    keyof typeof waits,
    readonly [number, number],
  ][]) {
    let prompt = 0;
    for (const { orders, parameters, size, participant } of ofKind(kind)) {
      const traded = orders.reduce((sum, order) => sum + Number(order.traded), 0);
      assert.ok(Math.abs(traded - Number(parameters.traded)) < 1e-9, participant);
      assert.ok(Math.abs(traded + Number(parameters.hidden) - Number(size)) < 1e-9, participant);
      assert.ok(Number(parameters.refills) >= 3);
      for (let i = 1; i < orders.length; i++) {
        const [one, next] = [orders[i - 1]!, orders[i]!];
        if (kind !== 'iceberg_following') assert.equal(next.price, one.price);
        if (one.ended !== 'filled') continue;
        const pause = next.from - one.to;
        assert.ok(pause >= least, `${participant}: ${pause} ms`);
        if (pause <= most) prompt += 1;
        else assert.notEqual(kind, 'iceberg_native');
      }
    }
    assert.ok(prompt > 20, `${kind}: ${prompt} prompt refills`);
  }
});

test('an iceberg trades in its turn: what stood at its price before it has gone first', () => {
  let held = 0;
  for (let seed = 1; seed <= 4; seed++) {
    const tape = small({ seed });
    const { timeline } = surveyed(tape);
    const folder = fresh();
    plantToFiles(tape, { seed, rates: every(400) }, folder);
    const labels = readLabels(join(folder, 'labels.jsonl'), [SMALL]);
    plantsToldIn(folder).forEach(({ kind, orders }, l) => {
      if (!kind.startsWith('iceberg')) return;
      orders.forEach(({ fills }, o) => {
        const { side, price, from } = labels[l]!.orders[o]!;
        const first = fills.find(({ place }) => place !== 'before');
        // a frame of the very moment has in it what came after
        const began = timeline.frameAt(from - 1);
        const own = side === 'buy' ? BID : ASK;
        const { at, best, size } = timeline.frames;
        // where a print told of another price than the last frame, the queue there is not known
        const since = timeline.printed(own, at[began]!, from);
        if (first === undefined || best[own][began] !== price) return;
        if (since !== timeline.printed(own, at[began]!, from, price)) return;
        let inTurn = false;
        for (let frame = began; frame <= timeline.frameAt(first.at); frame++)
          if (best[own][frame] === price)
            inTurn ||= timeline.printed(own, at[frame]!, first.at, price) >= size[own][frame]!;
          // alone in front: whoever came to its price later is behind it
          else inTurn ||= own === BID ? best[own][frame]! < price : best[own][frame]! > price;
        // the other side came to it: nobody real is left to be before it
        const came = best[own === BID ? ASK : BID][timeline.frameAt(first.at)]!;
        inTurn ||= own === BID ? came <= price : came >= price;
        assert.ok(inTurn, `${kind} at ${price} of ${from} was traded at ${first.at} before its turn`);
        held += 1;
      });
    });
  }
  assert.ok(held > 30, `${held} orders`);
});

test('who trades with an iceberg in a real print makes it four times as large at most', () => {
  let most = 0;
  for (let seed = 1; seed <= 4; seed++) {
    const tape = small({ seed });
    const { timeline } = surveyed(tape);
    const folder = fresh();
    plantToFiles(tape, { seed, rates: every(400) }, folder);
    const labels = readLabels(join(folder, 'labels.jsonl'), [SMALL]);
    plantsToldIn(folder).forEach(({ kind, orders, participant }, l) => {
      if (!kind.startsWith('iceberg')) return;
      orders.forEach(({ side, fills }, o) => {
        const { price } = labels[l]!.orders[o]!;
        const own = side === 'buy' ? BID : ASK;
        for (const [at, together] of Map.groupBy(
          fills.filter(({ place }) => place === 'with'),
          (fill) => fill.at,
        )) {
          const taken = together.reduce((sum, { size }) => sum + SMALL.parseSize(size), 0);
          const times = taken / timeline.printed(own, at - 1, at, price);
          assert.ok(times <= 3, `${participant} took ${times} times what was printed at ${at}`);
          most = Math.max(most, times);
        }
      });
    });
  }
  assert.ok(most > 2.5, `${most} at most`);
});

test('look-alikes mean it: one stays or trades, one stands on both sides', () => {
  const honest = ofKind('honest_large_order');
  assert.ok(honest.every(({ orders }) => orders.length === 1));
  assert.ok(honest.some(({ orders }) => orders[0]!.ended === 'filled'));
  assert.ok(honest.some(({ orders }) => orders[0]!.traded === '0'));
  for (const { orders, parameters } of ofKind('requoting_maker')) {
    assert.deepEqual(new Set(orders.map(({ side }) => side)), new Set(['buy', 'sell']));
    assert.ok(Number(parameters.rounds) >= 4);
  }
});

test('the graders read the labels', () => {
  const folder = fresh();
  plantToFiles(small({}), { seed: 2, rates: every(400) }, folder);
  const labels = readLabels(join(folder, 'labels.jsonl'), [SMALL]);
  assert.equal(labels.length, plantsToldIn(folder).length);
  assert.ok(labels.length > 30);
});

test('labels meet findings although the recorder’s clock was behind the exchange’s', () => {
  const tape = small({ clockMs: -1270 });
  const folder = fresh();
  plantToFiles(tape, { seed: 2, rates: every(400) }, folder);
  const brain = brainConfig(loadSettings(undefined).brain);
  const [span] = play(tapeSource(join(folder, 'market.tape')), brain, () => []).spans;
  assert.ok(Math.abs(span!.aheadMs + 1270) < 1, `${span!.aheadMs}`);
  const labels = readLabels(join(folder, 'labels.jsonl'), [SMALL]);
  const moved = onOurClock(labels, span!.aheadMs);
  labels.forEach(({ from, to, orders }, i) => {
    const [own] = orders;
    const { from: ownFrom, to: ownTo, orders: ownOrders } = moved[i]!;
    assert.deepEqual(
      [from - ownFrom, to - ownTo, own!.from - ownOrders[0]!.from, own!.to - ownOrders[0]!.to],
      [1269, 1269, 1269, 1269],
    );
  });
  assert.equal(onOurClock(labels, 40), labels, 'a delay of the feed stays');
});

test('a folder with something in it, an instrument that is not there and a tape without trades are refused', () => {
  const tape = small({ seconds: 5 });
  const folder = fresh();
  plantToFiles(tape, { seed: 1 }, folder);
  assert.throws(() => plantToFiles(tape, { seed: 1 }, folder), /is not empty/);
  assert.throws(
    () => plantToFiles(tape, { seed: 1, symbols: ['OTHER'] }, fresh()),
    /has no OTHER; it has SMALL/,
  );
});

const DATA = new URL('../../../../shared/data/', import.meta.url).pathname;
const absent = (...files: string[]): string | false => {
  const missing = files.find((file) => !existsSync(join(DATA, file)));
  return missing === undefined ? false : `${DATA}${missing} is not there`;
};

const BINANCE = ['binance-l2-raw/usdm_btcusdt_20230404.gz'];
test('over a real Binance recording', { skip: absent(...BINANCE) }, async () => {
  const tape = fresh();
  await importBinance(
    BINANCE.map((file) => join(DATA, file)),
    tape,
  );
  for (const everyMs of [0, 100]) {
    const expected = { depth: Number.POSITIVE_INFINITY, countsOrders: false, wholeEvery: 300 };
    const { found, report } = planted(tape, 7, every(300), everyMs, () => expected);
    assert.deepEqual(found.wrong.slice(0, 3), [], `${found.wrong.length} wrong`);
    assert.ok(found.orders > 200 && found.added > 50, `${found.orders} orders, ${found.added} prints`);
    assert.equal(report.instruments[0]!.why, '');
  }
});

const OKX = [
  'okx-ws-v5/okx-20220513-books-trades-tickers.jsonl.gz',
  'okx-ws-v5/okx-20220227-booksl2tbt-trades-tickers.jsonl.gz',
];
for (const file of OKX)
  test(`over a real OKX capture, order counts, depth and checksums held: ${file}`, {
    skip: absent(file),
  }, async () => {
    const tape = fresh();
    await importOkx([join(DATA, file)], tape);
    const before = inspectTape(tape);
    // few traded in those seconds: an iceberg finds hardly a place
    const rates = { ...every(4000), iceberg_native: 400, iceberg_sliced: 400, iceberg_following: 400 };
    const { found, folder, report } = planted(tape, 3, rates, 0, () => ({
      depth: 400,
      countsOrders: true,
      wholeEvery: 1,
    }));
    assert.deepEqual(found.wrong.slice(0, 3), [], `${found.wrong.length} wrong`);
    assert.ok(found.orders > 40, `${found.orders} orders`);
    const after = inspectTape(join(folder, 'market.tape'));
    after.instruments.forEach(({ book }, i) => {
      const real = before.instruments[i]!.book!;
      assert.deepEqual(
        [book!.checksumsRight, book!.checksumsWrong, book!.gaps, book!.unusable, book!.crossed],
        [real.checksumsRight, 0, real.gaps, real.unusable, real.crossed],
      );
    });
    // some instruments did not trade in those seconds
    assert.ok(report.instruments.some(({ why }) => why === ''));
    const specs = readTape(tape).instruments.map((spec) => new Instrument(spec));
    assert.equal(
      readLabels(join(folder, 'labels.jsonl'), specs).length,
      readFileSync(join(folder, 'labels.jsonl'), 'utf8').trim().split('\n').length,
    );
  });
