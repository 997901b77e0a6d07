import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { engineConfig } from '../config/engine.ts';
import { settingsHash } from '../config/load.ts';
import { paperConfig } from '../config/paper.ts';
import type { Settings } from '../config/schema.ts';
import { EventKind, type FillEvent } from '../core/events.ts';
import { formatMoney, Instrument, moneyToNumber } from '../core/instrument.ts';
import type { RoundTrip } from '../core/position/account.ts';
import { type Money, money, ticks } from '../core/units.ts';
import { Replay } from '../run/replay.ts';
import { readTape } from '../tape/reader.ts';

export interface BacktestTrade {
  readonly symbol: string;
  readonly direction: 'long' | 'short';
  readonly size: string;
  /** Unix ms. */
  readonly openedAt: number;
  readonly closedAt: number;
  readonly entry: number;
  readonly exit: number;
  /** Decimal text, settlement currency. */
  readonly realized: string;
  readonly fees: string;
  readonly funding: string;
  readonly net: string;
  readonly exitReason: string;
}

/** One account: instruments that settle in the same currency trade from the same balance. */
export interface AccountResult {
  readonly currency: string;
  readonly symbols: readonly string[];
  readonly startBalance: string;
  readonly balance: string;
  readonly realized: string;
  readonly fees: string;
  readonly funding: string;
  /** Of the balance, trade by trade; open positions are not in it. */
  readonly maxDrawdown: number;
  readonly openPositions: number;
}

export interface SignalSummary {
  readonly symbol: string;
  readonly bookFrames: number;
  readonly levelChanges: number;
  readonly trades: number;
  readonly candles: number;
  /** Frames with confidence in [0, 0.1), [0.1, 0.2) … [0.9, 1]. */
  readonly confidenceHistogram: readonly number[];
  readonly framesAtThreshold: number;
  readonly maxConfidence: number;
  /** Root mean square of each detector's score over the frames. */
  readonly detectorScoreRms: Readonly<Record<string, number>>;
  /** At the end. */
  readonly book: { readonly bid: string; readonly ask: string; readonly levels: readonly [number, number] };
}

export interface BacktestResult {
  readonly tape: string;
  readonly tapeHash: string;
  readonly configHash: string;
  readonly events: number;
  readonly spanMs: number;
  readonly eventsPerSecond: number;
  readonly accounts: readonly AccountResult[];
  readonly trades: readonly BacktestTrade[];
  readonly fills: number;
  readonly decisions: { readonly entered: number; readonly refused: Readonly<Record<string, number>> };
  readonly signals: readonly SignalSummary[];
}

interface Tally {
  bookFrames: number;
  levelChanges: number;
  trades: number;
  candles: number;
  histogram: number[];
  atThreshold: number;
  maxConfidence: number;
  squares: number[];
}

interface Desk {
  readonly currency: string;
  readonly instruments: Instrument[];
  readonly replay: Replay;
  peak: Money;
  drawdown: number;
}

/**
 * A tape through the engine and the paper venue: the same code as paper trading, in the tape's own time. Same tape and
 * settings, same result. Fees and latency are the settings'; the figures are in-sample for whatever was tuned on the tape.
 *
 * `symbols`: only these of the tape's instruments; null takes all.
 */
export async function backtest(
  path: string,
  settings: Settings,
  symbols: readonly string[] | null,
): Promise<BacktestResult> {
  const tape = readTape(path);
  const all = tape.instruments.map((spec) => new Instrument(spec));
  const unknown = symbols?.filter((symbol) => !all.some(({ id }) => id === symbol)) ?? [];
  if (unknown.length > 0) {
    tape.close();
    throw new RangeError(
      `${path} holds no ${unknown.join(', ')}; it holds ${all.map(({ id }) => id).join(', ')}`,
    );
  }
  const { bar } = tape.meta;
  if (bar !== '' && bar !== settings.market.bar) {
    tape.close();
    throw new RangeError(
      `${path} holds ${bar} candles, the settings say market.bar: ${settings.market.bar}; ATR and volatility would be of another bar`,
    );
  }
  const trades: BacktestTrade[] = [];
  const refused: Record<string, number> = {};
  const fills: FillEvent[] = [];
  let entered = 0;

  const desks: Desk[] = [];
  // where each instrument of the tape trades: its desk and its index there
  const places: ({ desk: Desk; index: number } | null)[] = [];
  const chosen = all.map((instrument) => symbols === null || symbols.includes(instrument.id));
  const currencies = [
    ...new Set(all.filter((_, i) => chosen[i]).map(({ settleCurrency }) => settleCurrency)),
  ];
  for (const currency of currencies) {
    const instruments = all.filter((instrument, i) => chosen[i] && instrument.settleCurrency === currency);
    const paper = paperConfig(settings);
    const desk: Desk = {
      currency,
      instruments,
      peak: paper.startBalance,
      drawdown: 0,
      replay: new Replay(engineConfig(settings, 'bt'), paper, instruments, (event, commands) => {
        if (event.kind === EventKind.fill) fills.push(event);
        for (const command of commands) {
          if (command.kind === 'decision') {
            if (command.outcome === 'entered') entered++;
            else refused[command.detail] = (refused[command.detail] ?? 0) + 1;
          } else if (command.kind === 'tradeClosed') {
            trades.push(tradeOf(instruments[command.trade.instrument]!, command.trade));
            followDrawdown(desk);
          }
        }
      }),
    };
    desks.push(desk);
  }
  all.forEach((instrument, i) => {
    const desk = chosen[i] ? desks.find(({ instruments }) => instruments.includes(instrument)) : undefined;
    places.push(desk === undefined ? null : { desk, index: desk.instruments.indexOf(instrument) });
  });

  const tallies = all.map(
    (): Tally => ({
      bookFrames: 0,
      levelChanges: 0,
      trades: 0,
      candles: 0,
      histogram: new Array<number>(10).fill(0),
      atThreshold: 0,
      maxConfidence: 0,
      squares: [],
    }),
  );
  let events = 0;
  let firstAt = 0;
  let lastAt = 0;
  const startedAt = performance.now();
  tape.forEach((event) => {
    events++;
    if (firstAt === 0) firstAt = event.at;
    lastAt = event.at;
    const place = places[event.instrument];
    if (place === null || place === undefined) return;
    const tally = tallies[event.instrument]!;
    event.instrument = place.index;
    place.desk.replay.market(event);
    const market = place.desk.replay.engine.markets[place.index]!;
    if (event.kind === EventKind.book) {
      tally.bookFrames++;
      tally.levelChanges += market.book.changes.count;
      const { confidence } = market.signal;
      tally.histogram[Math.min(9, Math.floor(confidence * 10))]!++;
      if (confidence >= settings.signal.confidence_threshold) tally.atThreshold++;
      if (confidence > tally.maxConfidence) tally.maxConfidence = confidence;
      market.detectors.forEach(({ score }, i) => {
        tally.squares[i] = (tally.squares[i] ?? 0) + score * score;
      });
    } else if (event.kind === EventKind.trade) tally.trades++;
    else if (event.kind === EventKind.candle) tally.candles++;
  });
  const elapsed = (performance.now() - startedAt) / 1000;

  return {
    tape: path,
    tapeHash: await hashOf(path),
    configHash: settingsHash(settings),
    events,
    spanMs: Math.round((lastAt - firstAt) / 1000),
    eventsPerSecond: Math.round(events / elapsed),
    accounts: desks.map((desk) => accountOf(desk)),
    trades,
    fills: fills.length,
    decisions: { entered, refused },
    signals: places.flatMap((place, i) => {
      if (place === null) return [];
      const market = place.desk.replay.engine.markets[place.index]!;
      const tally = tallies[i]!;
      const { bids, asks } = market.book;
      return [
        {
          symbol: all[i]!.id,
          bookFrames: tally.bookFrames,
          levelChanges: tally.levelChanges,
          trades: tally.trades,
          candles: tally.candles,
          confidenceHistogram: tally.histogram,
          framesAtThreshold: tally.atThreshold,
          maxConfidence: tally.maxConfidence,
          detectorScoreRms: Object.fromEntries(
            market.detectors.map(({ name }, d) => [
              name,
              tally.bookFrames === 0 ? 0 : Math.sqrt((tally.squares[d] ?? 0) / tally.bookFrames),
            ]),
          ),
          book: {
            bid: bids.count === 0 ? '' : all[i]!.formatPrice(ticks(bids.best)),
            ask: asks.count === 0 ? '' : all[i]!.formatPrice(ticks(asks.best)),
            levels: [bids.count, asks.count] as const,
          },
        },
      ];
    }),
  };
}

function followDrawdown(desk: Desk): void {
  const { balance } = desk.replay.engine.account;
  if (balance > desk.peak) desk.peak = balance;
  const drawdown = 1 - moneyToNumber(balance) / moneyToNumber(desk.peak);
  if (drawdown > desk.drawdown) desk.drawdown = drawdown;
}

function accountOf(desk: Desk): AccountResult {
  const { account } = desk.replay.engine;
  const startBalance = money(account.balance - account.realized - account.fees - account.funding);
  return {
    currency: desk.currency,
    symbols: desk.instruments.map(({ id }) => id),
    startBalance: formatMoney(startBalance),
    balance: formatMoney(account.balance),
    realized: formatMoney(account.realized),
    fees: formatMoney(account.fees),
    funding: formatMoney(account.funding),
    maxDrawdown: desk.drawdown,
    openPositions: account.openPositions,
  };
}

function tradeOf(instrument: Instrument, trip: RoundTrip): BacktestTrade {
  return {
    symbol: instrument.id,
    direction: trip.direction,
    size: instrument.formatSize(trip.size),
    openedAt: trip.openedAt / 1000,
    closedAt: trip.closedAt / 1000,
    entry: instrument.priceToNumber(trip.entry),
    exit: instrument.priceToNumber(trip.exit),
    realized: formatMoney(trip.realized),
    fees: formatMoney(trip.fees),
    funding: formatMoney(trip.funding),
    net: formatMoney(money(trip.realized + trip.fees + trip.funding)),
    exitReason: trip.exitReason,
  };
}

/** SHA-256 of the file's bytes, hex. */
async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
