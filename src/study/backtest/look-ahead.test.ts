import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseSettings } from '../../config/load.ts';
import type { Candle } from '../../core/candles/candle-series.ts';
import { EventKind, FundingEvent, TradeEvent } from '../../core/events.ts';
import type { CandleOpinion } from '../../core/opinion.ts';
import { generator } from '../../core/testing/books.ts';
import { BTC } from '../../core/testing/specs.ts';
import { lots, ms, ticks, us } from '../../core/units.ts';
import { TapeWriter } from '../../tape/writer.ts';
import { accountsOf } from './accounts.ts';
import { type BacktestResult, backtest } from './backtest.ts';
import { type Compared, judgeLookAhead, REPEATS_MAX, shareUntil, variationsOf } from './look-ahead.ts';
import { ANOTHER_DATE_MS } from './look-ahead-telling.ts';
import { outcomeOf } from './outcome.ts';
import { type KnownData, type PlayOptions, play } from './play.ts';
import { Tapes } from './tapes.ts';
import { type Bar, candleOf, candleTape } from './testing/candles.ts';

const folder = mkdtempSync(join(tmpdir(), 'hunter-look-ahead-'));
const tape = join(folder, 'walk.tape');
let rows: [number, ...Bar][] = [];
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  const random = generator(20261122);
  let price = 600_000;
  rows = Array.from({ length: 3000 }, (_, minute): [number, ...Bar] => {
    const open = price;
    const close = Math.round(open * (1 + (random() - 0.5) * 0.004));
    price = close;
    const high = Math.max(open, close) + Math.round(random() * 300);
    const low = Math.min(open, close) - Math.round(random() * 300);
    return [minute, open, high, low, close, 10_000];
  });
  await candleTape(tape, BTC, '1m', rows);
});

const SETTINGS = `
execution: { cooldown_ms: 0, confirmation: none }
exits: { method: percentage, tp_fraction: 0.004, sl_fraction: 0.002, cost_multiple_min: 0 }
risk: { daily_loss_max: 1, drawdown_max: 1, loss_streak_max: 0, stop_loss_pause_ms: 0, book_age_ms_max: 600000 }
`;
const checked = (
  strategies: (known: KnownData) => CandleOpinion,
  path = tape,
  settings = SETTINGS,
): BacktestResult =>
  backtest([path], parseSettings(settings, 'test'), {
    symbols: null,
    strategies,
    command: 'test',
    check: true,
  });

/** Judges each closed candle by a rule. */
abstract class Rule implements CandleOpinion {
  readonly name = 'rule';
  confidence = 1;
  readonly support = null;
  readonly resistance = null;
  direction: 'long' | 'short' | 'none' = 'none';
  protected readonly closes: number[] = [];
  update(candle: Readonly<Candle>): void {
    this.closes.push(candle.close);
    this.direction = this.judge(candle);
  }
  protected abstract judge(candle: Readonly<Candle>): 'long' | 'short' | 'none';
  reset(): void {
    this.closes.length = 0;
    this.direction = 'none';
  }
  reasons(): string[] {
    return [];
  }

  parts() {
    return [];
  }
}

class Honest extends Rule {
  protected judge({ close }: Readonly<Candle>) {
    const before = this.closes.at(-11);
    return before === undefined ? 'none' : close > before ? 'long' : 'short';
  }
}

/** Knows how the price will have moved some minutes on, from a table made of all data: how vectorised backtests deceive themselves. */
abstract class Knowing extends Honest {
  /** Acts on moves so large only: the larger, the rarer. */
  protected readonly move: number;
  private readonly table = new Map<number, number>();
  private readonly minutes: number;
  constructor(known: KnownData, minutes = 10, move = 0.004) {
    super();
    this.minutes = minutes;
    this.move = move;
    known.forEach((event) => {
      if (event.kind === EventKind.candle) this.table.set(event.openAt, event.close);
    });
  }
  /** As a share of the price; null where the data end before. */
  protected ahead({ openAt, close }: Readonly<Candle>): number | null {
    const later = this.table.get(openAt + this.minutes * 60_000);
    return later === undefined ? null : later / close - 1;
  }
  protected goesAgainst(direction: 'long' | 'short' | 'none', candle: Readonly<Candle>): boolean {
    const ahead = this.ahead(candle);
    return ahead !== null && (direction === 'long' ? ahead < -this.move : ahead > this.move);
  }
}

class Prophet extends Knowing {
  protected override judge(candle: Readonly<Candle>) {
    const ahead = this.ahead(candle) ?? 0;
    return ahead > this.move ? 'long' : ahead < -this.move ? 'short' : 'none';
  }
}

/** Scales by the mean of all data, the future's too: a mistake much harder to see than a prophecy. */
class Normalized extends Rule {
  private readonly mean: number;
  constructor(known: KnownData) {
    super();
    let sum = 0;
    let count = 0;
    known.forEach((event) => {
      if (event.kind !== EventKind.candle) return;
      sum += event.close;
      count++;
    });
    this.mean = sum / count;
  }
  protected judge({ close }: Readonly<Candle>) {
    return close < this.mean ? 'long' : 'short';
  }
}

test('an honest strategy passes, and with everything told later all it decides comes exactly so much later', () => {
  const { data } = checked(() => new Honest());
  assert.ok(data.trades.length > 30);
  assert.equal(data.lookAhead.verdict, 'passed', data.lookAhead.detail);
  assert.match(
    data.lookAhead.detail,
    /at \d+ of them, .* at \d moments between, .* 28 years later; .* all came exactly so much later$/,
  );
});

test('so does one that pays funding: its hour is later too', async () => {
  const path = join(folder, 'funding.tape');
  const writer = TapeWriter.create(path, [BTC.spec], { bar: '1m' });
  for (const [minute, ...bar] of rows) {
    const candle = candleOf(minute, bar, 60_000);
    writer.write(candle);
    if ((minute + 1) % 480 === 0) writer.write(new FundingEvent(candle.at, 0, '0.001', ms(candle.at / 1000)));
  }
  await writer.close();
  const { data } = checked(() => new Honest(), path);
  assert.notEqual(Number(data.accounts[0]!.funding), 0);
  assert.equal(data.lookAhead.verdict, 'passed', data.lookAhead.detail);
  assert.match(data.lookAhead.detail, /all came exactly so much later$/);
  const tapes = Tapes.open([path]);
  const settings = parseSettings(SETTINGS, 'test');
  const [account] = accountsOf(tapes, settings, null, false);
  const paid = (options: PlayOptions): string =>
    outcomeOf(play(tapes, settings, account!, { ...options, strategies: () => new Honest() })).account
      .funding;
  assert.equal(paid({ delayMs: 1700 }), paid({}));
  assert.equal(paid({ movedMs: ANOTHER_DATE_MS }), paid({}));
});

test('one that knows the next ten minutes makes a fortune, and is caught', () => {
  const { data } = checked((known) => new Prophet(known));
  const wins = data.trades.filter(({ exitReason }) => exitReason === 'takeProfit').length;
  assert.ok(wins > data.trades.length * 0.45, `${wins} of ${data.trades.length}: by chance a third`);
  assert.equal(data.lookAhead.verdict, 'suspected');
  assert.match(data.lookAhead.detail, /cut off at .*the whole run decided .*the cut one/);
});

test('one that scales by the mean of all data is caught', () => {
  const { data } = checked((known) => new Normalized(known));
  assert.ok(data.decisions.entered > 0);
  assert.equal(data.lookAhead.verdict, 'suspected', data.lookAhead.detail);
});

for (const [minutes, move] of [
  [1, 0.001],
  [1, 0.0018],
  [3, 0.004],
  [10, 0.008],
] as const)
  test(`one that knows the close ${minutes} minutes ahead and uses it for moves of ${move * 100} % only is caught`, () => {
    const { data } = checked((known) => new Prophet(known, minutes, move));
    const wins = data.trades.filter(({ exitReason }) => exitReason === 'takeProfit').length;
    assert.ok(wins > data.trades.length * 0.45, `${wins} of ${data.trades.length}`);
    assert.equal(data.lookAhead.verdict, 'suspected', data.lookAhead.detail);
    assert.match(data.lookAhead.detail, /the whole run decided .* entered .*the cut one nothing/);
  });

/** Decides as an honest one, and stays silent where it knows better: nothing that it does shows it, only what it leaves. */
class Abstaining extends Knowing {
  protected override judge(candle: Readonly<Candle>) {
    const direction = super.judge(candle);
    return this.goesAgainst(direction, candle) ? 'none' : direction;
  }
}

for (const [minutes, move] of [
  [1, 0],
  [1, 0.001],
  [10, 0],
  [10, 0.003],
] as const)
  test(`one that is silent where the close ${minutes} minutes ahead goes ${move * 100} % against it is caught`, () => {
    const { data } = checked((known) => new Abstaining(known, minutes, move));
    assert.equal(data.lookAhead.verdict, 'suspected', data.lookAhead.detail);
  });

/** Honest in every direction, and below the least confidence where it knows that the price will go against it. */
class Quiet extends Knowing {
  protected override judge(candle: Readonly<Candle>) {
    const direction = super.judge(candle);
    this.confidence = this.goesAgainst(direction, candle) ? 0.3 : 1;
    return direction;
  }
}

for (const [minutes, move] of [
  [1, 0],
  [1, 0.0005],
  [1, 0.001],
  [1, 0.0015],
  [2, 0.001],
  [5, 0.002],
] as const)
  test(`one that is not sure of itself where the close ${minutes} minutes ahead goes ${move * 100} % against it is caught`, () => {
    const { data } = checked((known) => new Quiet(known, minutes, move));
    assert.ok(data.decisions.entered > 100);
    assert.equal(data.lookAhead.verdict, 'suspected', data.lookAhead.detail);
  });

/** Goes with each candle, but does not turn where the next one is still on its side: no decision shows that, and no silence. */
class Stubborn extends Rule {
  private readonly table = new Map<number, number>();
  constructor(known: KnownData) {
    super();
    known.forEach((event) => {
      if (event.kind === EventKind.candle) this.table.set(event.openAt, event.close);
    });
  }
  protected judge({ openAt, open, close }: Readonly<Candle>) {
    const later = this.table.get(openAt + 60_000);
    const pays = later === undefined ? 'none' : later > close ? 'long' : 'short';
    return pays === this.direction && pays !== 'none' ? pays : close > open ? 'long' : 'short';
  }
}

test('one that does not turn while the next candle pays it is caught, where it neither decides nor falls silent', () => {
  const { data } = checked((known) => new Stubborn(known));
  assert.ok(data.decisions.entered > 100);
  assert.equal(data.lookAhead.verdict, 'suspected', data.lookAhead.detail);
  assert.match(data.lookAhead.detail, /the whole run heard/);
});

/** As the prophet, but its table was made outside the run: what a check cuts off of the data is in it all the same. */
for (const [how, fills] of [
  ['once', (table: ReadonlyMap<number, number>) => table.size === 0],
  ['and added to in every run', () => true],
] as const)
  test(`one that looks the future up in a table that is kept outside the run, filled ${how}, is caught`, () => {
    const table = new Map<number, number>();
    class Keeper extends Rule {
      protected judge({ openAt, close }: Readonly<Candle>) {
        const later = table.get(openAt + 600_000) ?? close;
        return later > close * 1.004 ? 'long' : later < close * 0.996 ? 'short' : 'none';
      }
    }
    const { data } = checked((known) => {
      if (fills(table))
        known.forEach((event) => {
          if (event.kind === EventKind.candle) table.set(event.openAt, event.close);
        });
      return new Keeper();
    });
    const wins = data.trades.filter(({ exitReason }) => exitReason === 'takeProfit').length;
    assert.ok(wins > data.trades.length * 0.45, `${wins} of ${data.trades.length}`);
    assert.equal(data.lookAhead.verdict, 'suspected', data.lookAhead.detail);
    assert.match(data.lookAhead.detail, /told as of 28 years later/);
  });

test('honest ones pass that go by the days of the week, or look up what was before in a table of the run’s data', () => {
  class Weekdays extends Honest {
    protected override judge(candle: Readonly<Candle>) {
      const direction = super.judge(candle);
      const at = new Date(candle.openAt);
      // this tape's two days are a Thursday and a Friday, the 1st and the 2nd
      return at.getUTCDay() === 4 && at.getUTCDate() === 1 && at.getUTCHours() >= 3 ? direction : 'none';
    }
  }
  class Prepared extends Rule {
    private readonly table = new Map<number, number>();
    constructor(known: KnownData) {
      super();
      known.forEach((event) => {
        if (event.kind === EventKind.candle) this.table.set(event.openAt + 600_000, event.close);
      });
    }
    protected judge({ openAt, close }: Readonly<Candle>) {
      return close > (this.table.get(openAt) ?? close) ? 'long' : 'short';
    }
  }
  for (const strategies of [() => new Weekdays(), (known: KnownData) => new Prepared(known)]) {
    const { data } = checked(strategies);
    assert.ok(data.decisions.entered > 30, `${data.decisions.entered} entries`);
    assert.equal(data.lookAhead.verdict, 'passed', data.lookAhead.detail);
  }
});

test('an honest one passes on sparse trades, where a bar of a second is over before anybody trades again', async () => {
  const path = join(folder, 'sparse.tape');
  const random = generator(7);
  const writer = TapeWriter.create(path, [BTC.spec], {});
  let price = 600_000;
  let at = 1_600_000_000_000;
  for (let i = 0; i < 6000; i++) {
    // on the wire for some milliseconds; the next one after 50 ms to 7 s
    at += 50 + Math.round(7000 * random() ** 3);
    price = Math.round(price * (1 + (random() - 0.5) * 0.002));
    const side = random() < 0.5 ? 'buy' : 'sell';
    writer.write(new TradeEvent(us((at + 3) * 1000), 0, ms(at), ticks(price), lots(100), side));
  }
  await writer.close();
  const { data } = checked(() => new Honest(), path, `market: { bar: 1s }\n${SETTINGS}`);
  assert.ok(data.decisions.entered > 50, `${data.decisions.entered} entries`);
  assert.equal(data.lookAhead.verdict, 'passed', data.lookAhead.detail);
  assert.match(data.lookAhead.detail, /all came exactly so much later$/);
});

test('one that acts of itself, before it is told, is caught by being told later', () => {
  /** Learns in one run what it does in the next, one candle earlier. */
  let runs = 0;
  const memory = new Map<number, 'long' | 'short' | 'none'>();
  class Early extends Honest {
    private readonly run = runs++;
    protected override judge(candle: Readonly<Candle>) {
      const direction = super.judge(candle);
      if (this.run === 0) {
        memory.set(candle.openAt, direction);
        return direction;
      }
      // once it has been told what it did, it has nothing left to be early with: cuts find it honest
      return this.run === 1 ? (memory.get(candle.openAt + 60_000) ?? 'none') : direction;
    }
  }
  const { data } = checked(() => new Early());
  assert.equal(data.lookAhead.verdict, 'suspected', data.lookAhead.detail);
  assert.match(
    data.lookAhead.detail,
    /told 1700 ms later: the whole run decided .*, the delayed one .*does not wait/,
  );
});

test('told later, every decision is due exactly so much later, until fills or the account explain another', () => {
  const fill = (at: number): Compared['fills'][number] => ({
    symbol: 'A',
    at,
    side: 'buy',
    price: 1,
    size: 1,
    allowed: null,
    maker: false,
    value: '1',
    fee: '0',
    purpose: 'entry',
    why: '',
  });
  const decided = (ms: number, words = 'long', outcome = 'entered') => ({
    at: ms * 1000,
    opinion: words,
    what: `${words} ${outcome}`,
    entered: outcome === 'entered',
  });
  const whole = { traced: [decided(1000), decided(5000)], opinions: [], fills: [fill(1100)], to: 9000 };
  const judged = (traced: Compared['traced'], fillAt = 2800) =>
    judgeLookAhead([
      {
        whole,
        variations: [{ delayMs: 1700 }],
        varied: [{ traced, opinions: [], fills: [fill(fillAt)], to: 10_700 }],
      },
    ]);
  const first = decided(2700);
  assert.match(judged([first, decided(6700)]).detail, /all came exactly/);
  for (const other of [
    decided(5000),
    decided(6699),
    decided(6701),
    decided(6700, 'short'),
    decided(2701, 'short', 'refused'),
  ]) {
    assert.equal(judged([first, other]).verdict, 'suspected', JSON.stringify(other));
    assert.equal(
      judged([first, other], other.at / 1000 - 1).verdict,
      'passed',
      'another fill came before it and explains it',
    );
  }
  assert.equal(judged([first]).verdict, 'suspected', 'one is missing');
  assert.equal(judged([first, decided(6700), decided(8000)]).verdict, 'suspected', 'one is too many');
  const refused = judged([first, decided(6700, 'long', 'refused')]);
  assert.equal(
    refused.verdict,
    'passed',
    'the opinion came in time; what became of it is the account’s matter',
  );
  assert.match(refused.detail, /the first 1 came exactly so much later/);
});

test('where nothing was entered, nothing was checked', () => {
  class Silent extends Rule {
    protected judge() {
      return 'none' as const;
    }
  }
  const { data } = checked(() => new Silent());
  assert.equal(data.lookAhead.verdict, 'nothingToCheck');
  assert.match(data.lookAhead.detail, /nothing was entered \(0 decisions/);
});

test('the repetitions of a long run take no longer than so many whole runs, wherever the decisions lie', () => {
  const [from, to] = [1_000_000, 2_000_000];
  const decision = (at: number, entered: boolean) => ({ at: at * 1000, what: '', opinion: '', entered });
  for (const place of [(i: number) => from + i * 1000, (i: number) => to - 1000 + i, (i: number) => from + i])
    for (const entries of [0, 1, 5, 30, 1000]) {
      const traced = Array.from({ length: 1000 }, (_, i) => decision(place(i), i < entries));
      const variations = variationsOf({ traced, opinions: [] }, from, to);
      const cuts = variations.flatMap(({ until }) => until ?? []);
      const cost = variations.reduce((sum, { until }) => sum + shareUntil(until, from, to), 0);
      assert.ok(cost <= REPEATS_MAX, `${cost} runs`);
      assert.equal(variations.length, cuts.length + 1);
      assert.ok(cuts.length >= Math.min(6, entries + 1), `${cuts.length} cuts of ${entries} entries`);
      const known = new Set(traced.map(({ at }) => us(at)));
      const quiet = cuts.filter((cut) => !known.has(cut));
      assert.ok(quiet.length <= 8, `${quiet.length} of ${cuts.length} cuts are at no decision`);
    }
});

test('the data are cut off where the strategies fell silent, where the signal did, and between', () => {
  const [from, to] = [0, 1_000_000];
  const silences = (voice: 'strategies' | 'signal', first: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ at: (first + i) * 1000, symbol: 'A', voice, name: '', direction: 'none' as const },
    }));
  // the signal falls silent a thousand times as often
  const opinions = [...silences('strategies', 500_000, 3), ...silences('signal', 600_000, 3000)];
  const traced = Array.from({ length: 100 }, (_, i) => ({
    ...{ at: (i + 1) * 1000, what: '', opinion: '', entered: true },
  }));
  const cuts = variationsOf({ traced, opinions }, from, to).flatMap(({ until }) => (until ?? 0) / 1000);
  const within = (first: number, last: number) => cuts.filter((at) => at >= first && at <= last).length;
  assert.equal(within(500_000, 500_002), 3);
  assert.equal(within(600_000, 602_999), 3);
  assert.equal(within(101, 499_999) + within(500_003, 599_999) + within(603_000, to), 2);
});
