import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Command, OrderCommand } from '../core/commands.ts';
import type { EngineConfig } from '../core/engine.ts';
import { BookEvent, CandleEvent, type Event, FeedEvent, TradeEvent } from '../core/events.ts';
import type { StopsConfig } from '../core/execution/moving-stop.ts';
import { parseMoney } from '../core/instrument.ts';
import type { CandleOpinion, Direction } from '../core/opinion.ts';
import { frameOf, generator, type Level } from '../core/testing/books.ts';
import { DESK_CONFIG, OPEN_AT } from '../core/testing/desk.ts';
import { BTC } from '../core/testing/specs.ts';
import { lots, ms, ticks, us } from '../core/units.ts';
import { BarLiquidity } from '../venue/paper/bar-liquidity.ts';
import type { PaperConfig } from '../venue/paper/config.ts';
import { Replay } from './replay.ts';

/** The engine and the paper venue as they ship, in random markets: the stop at the venue is what the promises are about. */

const MID = 600_000;
const PAPER: PaperConfig = {
  startBalance: parseMoney('100000'),
  fees: { maker: '0.0002', taker: '0.0005' },
  orderLatency: { kind: 'logNormal', medianMs: 30, sigma: 1 },
  answerLatency: { kind: 'measured', floorMs: 5, quantilesMs: [0, 5, 20, 400] },
  seed: 3,
  queue: { kind: 'behindFirst' },
  selfImpact: false,
  maintenanceRate: 0.004,
};

const configWith = (stops: StopsConfig, market: Partial<EngineConfig['market']> = {}): EngineConfig => ({
  ...DESK_CONFIG,
  market: { ...DESK_CONFIG.market, ...market },
  execution: {
    ...DESK_CONFIG.execution,
    stops,
    confidenceThreshold: 0.1,
    cooldownMs: 500,
    slippageBpMax: 40,
  },
  exits: { ...DESK_CONFIG.exits, takeProfitAtr: 4 },
  risk: { ...DESK_CONFIG.risk, dailyLossMax: 1, drawdownMax: 1, bookAgeMsMax: 10_000_000 },
});

const anyStops = fc.record({
  timeStopMs: fc.constantFrom(0, 4000, 90_000),
  breakEvenR: fc.constantFrom(0, 0.3, 1, 2),
  trailingStop: fc.constantFrom(0, 0.4, 1, 2.5),
  trailingUnit: fc.constantFrom('r', 'atr'),
  trailingStep: fc.constantFrom(0, 0.1, 0.5),
  trailingIntervalMs: fc.constantFrom(0, 300, 5000),
});

/** Watches over a replay: throws at the first moment at which a promise is broken. */
class Watch {
  readonly replay: Replay;
  readonly exits = new Map<string, number>();
  readonly commands: string[] = [];
  moves = 0;
  /** Where each pair's stop stood last at the venue. */
  private readonly stood = new Map<string, number>();

  constructor(config: EngineConfig, bars: boolean, lose: () => boolean) {
    const liquidity = bars
      ? [
          new BarLiquidity({
            of: 'candles',
            barMs: 60_000,
            spreadBp: 1,
            volumeShareMax: 1,
            intrabar: 'pessimistic',
          }),
        ]
      : undefined;
    this.replay = new Replay(
      config,
      PAPER,
      [BTC],
      (event, commands) => this.look(event, commands),
      liquidity,
    );
    // some moves are lost on the wire
    const { matcher } = this.replay;
    const submit = matcher.submit.bind(matcher);
    matcher.submit = (command, now) => {
      if ((command as OrderCommand).kind === 'amend' && lose()) return;
      submit(command, now);
    };
  }

  private look(event: Event, commands: readonly Command[]): void {
    const { matcher } = this.replay;
    const { size } = matcher.positions[0]!;
    const sign = Math.sign(size);
    let covered = 0;
    for (const { protectionId, stopLoss, size: closes } of matcher.standing) {
      assert.ok(stopLoss > 0, `${protectionId} stands without a stop`);
      covered += closes;
      const before = this.stood.get(protectionId);
      if (before !== undefined && before !== stopLoss) {
        this.moves++;
        assert.ok(
          sign * (stopLoss - before) > 0,
          `${protectionId}: from ${before} to ${stopLoss}, ${size} lots`,
        );
      }
      this.stood.set(protectionId, stopLoss);
    }
    assert.ok(covered >= Math.abs(size), `${size} lots, a stop for ${covered}, after event ${event.kind}`);
    for (const command of commands) {
      if (command.kind === 'timer') continue;
      this.commands.push(
        JSON.stringify(command, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
      );
      if (command.kind === 'tradeClosed') {
        const { exitReason } = command.trade;
        this.exits.set(exitReason, (this.exits.get(exitReason) ?? 0) + 1);
      }
    }
  }
}

/** Books, trades, and now and then a feed that is lost. */
function playBooks(stops: StopsConfig, seed: number, steps: number): Watch {
  const random = generator(seed);
  const watch = new Watch(configWith(stops), false, () => random() < 0.15);
  const { replay } = watch;
  let at = OPEN_AT;
  let mid = MID;
  let drift = 0;
  for (let minute = 60; minute > 0; minute--)
    replay.market(candle(OPEN_AT / 1000 - minute * 60_000, mid, 1000, OPEN_AT));
  replay.market(new FeedEvent(us(at), 0, true, ''));
  for (let i = 0; i < steps; i++) {
    at += 100_000;
    if (random() < 0.02) drift = Math.floor(random() * 401) - 200;
    mid += drift + Math.floor(random() * 301) - 150;
    const lean = random() < 0.5 ? 5000 : 50_000;
    const bids: Level[] = [
      [mid - 1, 55_000 - lean],
      [mid - 40, 1_000_000],
    ];
    const asks: Level[] = [
      [mid + 1, lean],
      [mid + 40, 1_000_000],
    ];
    if (random() < 0.005) {
      replay.market(new FeedEvent(us(at), 0, false, 'gap'));
      at += 700_000;
      replay.market(new FeedEvent(us(at), 0, true, ''));
    }
    replay.market(new BookEvent(us(at), 0, frameOf(true, bids, asks, at / 1000)));
    if (random() < 0.5) {
      const side = random() < 0.5 ? 'buy' : 'sell';
      const price = side === 'buy' ? mid + 1 : mid - 1;
      replay.market(new TradeEvent(us(at + 1000), 0, ms(at / 1000 + 1), ticks(price), lots(5), side));
    }
  }
  return watch;
}

const candle = (openAt: number, mid: number, range: number, at: number, open = mid): CandleEvent =>
  new CandleEvent(
    us(at),
    0,
    ms(openAt),
    ticks(open),
    ticks(Math.max(open, mid) + range),
    ticks(Math.min(open, mid) - range),
    ticks(mid),
    lots(1_000_000),
    true,
  );

/** Minutes, and somebody who changes his mind every few of them. */
function playCandles(stops: StopsConfig, seed: number, steps: number): Watch {
  const random = generator(seed);
  let direction: Direction = 'none';
  const fickle: CandleOpinion = {
    name: 'fickle',
    get direction() {
      return direction;
    },
    confidence: 0.9,
    support: null,
    resistance: null,
    reasons: () => [],
    parts: () => [],
    update: () => {
      if (random() < 0.3) direction = (['long', 'short', 'none'] as const)[Math.floor(random() * 3)]!;
    },
    reset: () => undefined,
  };
  const prices = { quotes: 'prices', lead: 'strategies', strategies: () => fickle } as const;
  const watch = new Watch(configWith(stops, prices), true, () => random() < 0.15);
  let mid = MID;
  for (let i = 0; i < steps; i++) {
    const open = mid;
    mid = Math.round(mid * (1 + (random() - 0.5) * 0.003));
    const openAt = OPEN_AT / 1000 + i * 60_000;
    watch.replay.market(candle(openAt, mid, Math.floor(random() * 800), (openAt + 60_000) * 1000, open));
  }
  return watch;
}

const MARKETS = [
  ['books', playBooks, 1500],
  ['candles', playCandles, 800],
] as const;

for (const [name, play, steps] of MARKETS) {
  test(`${name}: whatever the market does, an open position has a stop at the venue, and it never goes back`, () => {
    const exits = new Map<string, number>();
    let moves = 0;
    fc.assert(
      fc.property(anyStops, fc.integer({ min: 1, max: 1_000_000 }), (stops, seed) => {
        const watch = play(stops, seed, steps);
        for (const [reason, count] of watch.exits) exits.set(reason, (exits.get(reason) ?? 0) + count);
        moves += watch.moves;
        if (stops.breakEvenR === 0) assert.equal(watch.exits.get('breakEven'), undefined);
        if (stops.trailingStop === 0) assert.equal(watch.exits.get('trailingStop'), undefined);
        if (stops.timeStopMs === 0) assert.equal(watch.exits.get('timeStop'), undefined);
      }),
      { numRuns: 60 },
    );
    // else nothing was shown
    for (const reason of ['stopLoss', 'takeProfit', 'breakEven', 'trailingStop', 'timeStop'])
      assert.ok((exits.get(reason) ?? 0) > 0, `no ${reason} among ${JSON.stringify([...exits])}`);
    assert.ok(moves > 100, `${moves} moves`);
  });

  test(`${name}: the same market and chance give the same commands`, () => {
    const stops: StopsConfig = {
      timeStopMs: 90_000,
      breakEvenR: 1,
      trailingStop: 1,
      trailingUnit: 'atr',
      trailingStep: 0.1,
      trailingIntervalMs: 300,
    };
    const [one, other] = [play(stops, 7, steps), play(stops, 7, steps)];
    assert.deepEqual(one.commands, other.commands);
    assert.ok(one.commands.length > 20);
  });
}
