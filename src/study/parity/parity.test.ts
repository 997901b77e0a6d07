/** Sessions with a known difference planted: it must be found where it was planted, in full, and nothing besides. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AccountEvent, EventKind } from '../../core/events.ts';
import { parseMoney } from '../../core/instrument.ts';
import { us } from '../../core/units.ts';
import { readTape } from '../../tape/reader.ts';
import { BookLiquidity } from '../../venue/paper/book-liquidity.ts';
import type { Take } from '../../venue/paper/liquidity.ts';
import { type Parity, parity, type RunParity } from './parity.ts';
import { GOLDEN_TAPE, makeSession, type Plant, SETTINGS } from './testing/made-session.ts';
import { parityText } from './text.ts';

const root = mkdtempSync(join(tmpdir(), 'parity-'));
after(() => rmSync(root, { recursive: true }));

let made = 0;
function session(plant: Plant = {}): { folder: string; replay: ReturnType<typeof makeSession> } {
  const folder = join(root, `${made++}`);
  return { folder, replay: makeSession(folder, plant) };
}

function compared(plant: Plant): RunParity {
  const result = parity(session(plant).folder);
  assert.equal(result.runs.length, 1);
  checkSums(result);
  return result.runs[0]!;
}

/** What holds whatever happened: every sum is exact. */
function checkSums({ runs }: Parity): void {
  for (const run of runs) {
    for (const { venue, paper, difference, causes } of run.pairs) {
      assert.equal(parseMoney(difference), parseMoney(venue.net) - parseMoney(paper.net));
      assert.equal(
        causes.reduce((sum, { amount }) => sum + parseMoney(amount), 0n),
        parseMoney(difference),
      );
    }
    assert.equal(parseMoney(run.difference), parseMoney(run.venueNet) - parseMoney(run.paperNet));
    assert.equal(
      Object.values(run.totals).reduce((sum, amount) => sum + parseMoney(amount), 0n),
      parseMoney(run.difference),
    );
  }
}

/** The causes that the totals name. */
const named = ({ totals }: RunParity): string[] =>
  Object.entries(totals).flatMap(([cause, amount]) => (amount === '0' ? [] : [cause]));

test('the same venue: the same decisions, trades and money, to the last digit', () => {
  const run = compared({});
  assert.deepEqual(run.unexplained, []);
  assert.equal(run.engine.difference, null);
  assert.ok(run.engine.identical > 10);
  assert.equal(run.decisions.divergence, null);
  assert.ok(run.pairs.length >= 5, 'the tape has trades');
  assert.equal(run.difference, '0');
  for (const pair of run.pairs) assert.deepEqual(pair.causes, []);
  for (const { priceBp, laterMs } of run.orders.all) assert.deepEqual([priceBp, laterMs], [0, 0]);
  assert.deepEqual(run.latencies.sentToAck?.p50, 40);
});

test('other fees are fees, and exactly so much', () => {
  const run = compared({ venue: { fees: { maker: '0.0002', taker: '0.0007' } } });
  assert.deepEqual(run.unexplained, []);
  assert.deepEqual(named(run), ['fee']);
  for (const { venue, difference, causes } of run.pairs) {
    // one contract is 0.01 BTC: two basis points more on both ways, in integers of 1e-18
    const lots = Math.round(Number(venue.size) * 100);
    // an average of fills at several prices: whole ticks times lots only in all
    const value = (price: number): bigint => BigInt(Math.round(price * 10 * lots));
    const turnover = (value(venue.entry) + value(venue.exit)) * 10n ** 13n;
    assert.equal(parseMoney(difference), -(turnover * 2n) / 10_000n);
    assert.equal(causes.length, 1);
    assert.match(causes[0]!.evidence, /7\.000 bp as taker there, 5\.000 bp as taker here/);
  }
});

test('later fills are latency: what the book moved between paper’s arrival and the venue’s', () => {
  const run = compared({ venue: { orderLatency: { kind: 'constant', ms: 400 } } });
  assert.deepEqual(run.unexplained, []);
  assert.deepEqual(named(run), ['latency', 'fee']);
  let moved = 0;
  for (const { direction, venue, paper, causes } of run.pairs) {
    const latency = causes.filter(({ cause }) => cause === 'latency');
    const touches = [venue, paper].map(({ decidedAt }, there) =>
      touchAt(decidedAt + (there === 0 ? 420_000 : 20_000), direction),
    );
    // small entries: who takes the touch alone gets the touch
    if (touches[0]!.lots < Number(venue.size) * 100 || touches[1]!.lots < Number(paper.size) * 100) continue;
    const naive =
      (touches[0]!.price - touches[1]!.price) * Number(venue.size) * 0.01 * (direction === 'long' ? -1 : 1);
    const told = latency.reduce((sum, { amount }) => sum + Number(amount), 0);
    assert.ok(Math.abs(told - naive) < 1e-9, `${told} told, ${naive} by the touch`);
    if (naive !== 0) moved++;
  }
  assert.ok(moved >= 2, `the market moved in ${moved} of the entries`);
  const entries = run.orders.summary.find(({ kind }) => kind === 'entry')!;
  assert.equal(entries.laterMs?.p50, -380);
});

/** The touch that a buyer (of a long) or seller met at a time of our clock: the tape once more, by the plainest book. */
function touchAt(at: number, direction: 'long' | 'short'): { price: number; lots: number } {
  const sides = [new Map<number, number>(), new Map<number, number>()] as const;
  readTape(GOLDEN_TAPE).forEach((event) => {
    if (event.kind !== EventKind.book || event.at >= at) return;
    const { frame } = event;
    if (frame.snapshot) for (const side of sides) side.clear();
    for (let i = 0; i < frame.count; i++) {
      const side = sides[frame.side[i] as 0 | 1];
      if (frame.size[i] === 0) side.delete(frame.price[i]!);
      else side.set(frame.price[i]!, frame.size[i]!);
    }
  });
  const side = sides[direction === 'long' ? 1 : 0];
  const ticks = direction === 'long' ? Math.min(...side.keys()) : Math.max(...side.keys());
  return { price: ticks / 10, lots: side.get(ticks)! };
}

test('funding charged at another rate than the forecast on record is funding', () => {
  const [first] = compared({}).pairs;
  const at = Math.round((first!.venue.openedAt + first!.venue.closedAt) / 2000);
  const run = compared({ funding: { forecast: '0.0001', charged: '0.0003', at } });
  assert.deepEqual(run.unexplained, []);
  assert.deepEqual(named(run), ['funding']);
  const [charged, ...others] = run.pairs.filter(({ causes }) => causes.length > 0);
  assert.equal(others.length, 0);
  assert.equal(charged!.venue.decidedAt, first!.venue.decidedAt);
  const { evidence, amount } = charged!.causes[0]!;
  const [there, here] = [...evidence.matchAll(/-\d+\.\d+/g)].map(([text]) => parseMoney(text));
  assert.equal(there, here! * 3n);
  assert.equal(parseMoney(amount), there! - here!);
});

test('an order that the venue did not fill is a missed trade, with the venue’s reason', () => {
  const settings = SETTINGS.replace(
    'cooldown_ms: 1000',
    'cooldown_ms: 1000, entry: post_only, entry_timeout_ms: 2000',
  );
  // so late that the price has often been crossed, or the wait is over
  const run = compared({ settings, venue: { orderLatency: { kind: 'constant', ms: 1900 } } });
  assert.deepEqual(run.unexplained, []);
  const missed = run.missedByVenue.filter(({ reason }) => reason === 'notFilled');
  assert.ok(missed.length > 0, 'some order was missed');
  for (const { words } of missed) assert.match(words, /did not fill: post-only, canceled \((1|31) /);
  const entries = run.orders.summary.find(({ kind }) => kind === 'entry')!;
  assert.ok(entries.paperOnly > 0);
  assert.ok(entries.maker);
});

test('a stop that moves is moved on paper too: the same with the same venue, explained with a slower one', () => {
  const settings = SETTINGS.replace(
    'exits: {',
    'exits: { trailing_stop: 0.5, trailing_unit: r, trailing_interval_ms: 100, trailing_step: 0,',
  );
  const same = compared({ settings });
  assert.deepEqual(same.unexplained, []);
  assert.equal(same.difference, '0');
  assert.ok(same.pairs.some(({ venue }) => venue.exitReason === 'trailingStop'));
  for (const { priceBp, laterMs } of same.orders.all) assert.deepEqual([priceBp, laterMs], [0, 0]);
  const slower = compared({ settings, venue: { orderLatency: { kind: 'constant', ms: 300 } } });
  assert.deepEqual(slower.unexplained, []);
  assert.ok(Number(slower.totals.latency) !== 0);
});

test('an entry that follows the touch follows it on paper too: the same with the same venue', () => {
  const settings = SETTINGS.replace(
    'execution: {',
    'execution: { entry: post_only, slippage_bp_max: 5, entry_follow_ticks: 1, entry_follow_interval_ms: 200,',
  ).replace('risk: {', 'risk: { orders_per_minute_max: 200,');
  const run = compared({ settings });
  assert.deepEqual(run.unexplained, []);
  assert.equal(run.difference, '0');
  const entries = run.orders.all.filter(({ kind, venue }) => kind === 'entry' && venue.filled > 0);
  assert.ok(entries.length >= 5);
  for (const { venue, paper, priceBp, laterMs } of entries) {
    assert.deepEqual([priceBp, laterMs], [0, 0]);
    assert.equal(paper.filled, venue.filled);
  }
});

/** Whoever takes pays, or gets, so many ticks more than the book says. */
class Unaccountable extends BookLiquidity {
  private readonly ticks: number;

  constructor(ticks = 37) {
    super({ queue: { kind: 'behindFirst' }, selfImpact: true });
    this.ticks = ticks;
  }

  override walk(...[taker, limit, size, noBetterThan, take]: Parameters<BookLiquidity['walk']>): void {
    const worse: Take = (price, taken, why) =>
      take(price + (taker === 'buy' ? this.ticks : -this.ticks), taken, why);
    super.walk(taker, limit, size, noBetterThan, worse);
  }
}

test('a fill at a price that the tape knows nothing of is not explained away', () => {
  const run = compared({ liquidity: () => new Unaccountable() });
  assert.ok(run.unexplained.length >= run.pairs.length);
  assert.match(run.unexplained[0]!, /the tape shows neither another's trade nor a level at/);
  assert.notEqual(run.totals.unexplained, '0');
});

test('a fill where others only went through is told as that, with the way that they went', () => {
  let passed = 0;
  for (const ticks of [1, 3, 8]) {
    const run = compared({ liquidity: () => new Unaccountable(ticks) });
    for (const { venue, causes } of run.pairs)
      for (const { part, cause, evidence } of causes) {
        if (cause !== 'passed') continue;
        const way =
          /at (\S+) (?:nobody else|others only \d+ lots) at that time; between .* went from (\S+) to (\S+)$/;
        const [price, low, high] = way.exec(evidence)!.slice(1).map(Number) as [number, number, number];
        assert.ok(low <= price && price <= high, evidence);
        // the average may be of levels beside it, which others stood at
        const average = part === 'entry' ? venue.entry : venue.exit;
        assert.ok(Math.abs(price - average) < 1, `${price} told of a fill at ${average}`);
        passed++;
      }
  }
  assert.ok(passed >= 5, `${passed} fills`);
});

test('what happens as the record ends may lack its trace, and that is said instead', () => {
  const liquidity = () => new Unaccountable();
  const [first] = compared({ liquidity }).pairs;
  const run = compared({ liquidity, until: us(first!.venue.closedAt + 300_000) });
  assert.equal(run.pairs.length, 1);
  assert.equal(run.unexplained.length, 1);
  assert.match(run.unexplained[0]!, /^entry of/);
  const exit = run.pairs[0]!.causes.filter(({ part, cause }) => part === 'exit' && cause === 'book');
  assert.match(exit[0]!.evidence, /the record ends before it could tell of it/);
});

test('another engine than the session’s is told as such', () => {
  const { folder } = session();
  const [name] = readdirSync(folder);
  const log = join(folder, name!, 'engine.jsonl');
  const lines = readFileSync(log, 'utf8').split('\n');
  const place = lines.findIndex((line) => line.includes('"confidence":'));
  lines[place] = lines[place]!.replace(/"confidence":0\.(\d)/, '"confidence":0.9$1');
  writeFileSync(log, lines.join('\n'));
  const result = parity(folder);
  assert.equal(result.explained, false);
  assert.match(result.runs[0]!.unexplained[0]!, /the engine, told the same, does not do the same/);
  assert.match(result.runs[0]!.unexplained[1]!, /decisions differ before any order/);
});

test('a run that begins in a position goes on with it, stop and all', () => {
  const whole = compared({});
  const [, second] = whole.pairs;
  const until = us(Math.round((second!.venue.openedAt + second!.venue.closedAt) / 2));
  const { folder, replay } = session({ until });
  const { account, traders } = replay.engine;
  const position = account.positions[0]!;
  assert.notEqual(position.size, 0);
  makeSession(folder, {
    from: us(until + 1),
    account: new AccountEvent(
      until,
      account.balance,
      [
        {
          instrument: 0,
          size: position.size,
          cost: position.cost,
          leverage: traders[0]!.leverage,
          openedAt: account.openedAt(0),
          protection: traders[0]!.protection,
          trip: account.trip(0),
          stops: null,
        },
      ],
      [],
      100,
    ),
  });
  const result = parity(folder);
  checkSums(result);
  assert.equal(result.explained, true, parityText(result));
  assert.equal(result.runs.length, 2);
  const [before, then] = result.runs;
  assert.equal(before!.pairs.length, 1);
  assert.equal(then!.pairs[0]!.venue.net, second!.venue.net);
  assert.deepEqual(then!.pairs[0]!.causes, []);
});

test('what a person reads names the causes and the settings to calibrate paper with', () => {
  const { folder } = session({ venue: { orderLatency: { kind: 'constant', ms: 400 } } });
  const text = parityText(parity(folder));
  assert.match(text, /every difference is explained$/);
  assert.match(text, /entry {3}latency/);
  assert.match(text, /order_latency_ms: 210\n {6}answer_latency_ms: 210/);
});
