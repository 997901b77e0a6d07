/**
 * A run to look at: a naive strategy over real candles where they lie beside the repository, else over a seeded random walk.
 * It knows nothing of the engine; its books are exact all the same, so that the sanity stop has nothing to say about them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { applyRate, formatMoney, Instrument, moneyToNumber, parseMoney } from '../../../core/instrument.ts';
import { type Lots, type Money, money, type Ticks } from '../../../core/units.ts';
import { Random } from '../../../exchange/random.ts';
import { buyAndHold } from '../../metrics/buy-and-hold.ts';
import { EquityRecorder } from '../equity-recorder.ts';
import type {
  CandleColumns,
  FillReport,
  InstrumentReport,
  ProtectionMove,
  RefusalReport,
  ReportData,
  TradeReport,
} from '../report-data.ts';

const BAR_MS = 300_000;
const TAKER_FEE = '0.0005';
const START = '100000';
const FOLDER = fileURLToPath(new URL('../../../../../shared/data/okx-candles/', import.meta.url));

/** As OKX had them in 2022; ticks as fine as the candles'. */
const SPECS = [
  ['BTC-USDT-SWAP', '0.1', '0.01', 37_630],
  ['ETH-USDT-SWAP', '0.01', '0.1', 2727],
  ['SOL-USDT-SWAP', '0.001', '1', 84.5],
  ['DOGE-USDT-SWAP', '0.000001', '1000', 0.127],
  ['LINK-USDT-SWAP', '0.001', '1', 10.96],
] as const;

export const isRealDataThere = existsSync(`${FOLDER}BTC-USDT-SWAP-5m-20220501-20220930.csv.gz`);

export interface SampleOptions {
  /** Bars of the channel whose break is bought or sold: short makes many trades. */
  readonly lookback: number;
  /** At most so many candles a symbol. */
  readonly candles: number;
  readonly symbols: number;
}

interface Held {
  readonly sign: 1 | -1;
  readonly size: Lots;
  readonly at: number;
  readonly index: number;
  readonly entry: Ticks;
  readonly firstStop: Ticks;
  readonly target: Ticks;
  stop: Ticks;
  readonly moves: ProtectionMove[];
  readonly fee: Money;
  readonly strategy: string;
  readonly reasons: string[];
  worst: number;
  best: number;
}

interface Desk {
  readonly instrument: Instrument;
  readonly candles: CandleColumns;
  held: Held | null;
  wanted: { readonly sign: 1 | -1; readonly strategy: string; readonly reasons: string[] } | null;
  atr: number;
}

/** The run, whole. */
export function sampleReport(options: SampleOptions): ReportData {
  const desks = SPECS.slice(0, options.symbols).map(([symbol, tickSz, ctVal, start]): Desk => {
    const instrument = new Instrument({
      instId: symbol,
      instType: 'SWAP',
      ctType: 'linear',
      tickSz,
      lotSz: '1',
      minSz: '1',
      ctVal,
      ctMult: '1',
      settleCcy: 'USDT',
    });
    const candles = isRealDataThere
      ? realCandles(symbol, Number(ctVal), options.candles)
      : walk(symbol, start, Number(tickSz), options.candles);
    return { instrument, candles, held: null, wanted: null, atr: 0 };
  });
  const trades: TradeReport[] = [];
  const fills: FillReport[] = [];
  const refused = new Map<string, RefusalReport>();
  const refuse = (symbol: string, reason: string, example: string): void => {
    const count = (refused.get(`${symbol} ${reason}`)?.count ?? 0) + 1;
    refused.set(`${symbol} ${reason}`, { symbol, reason, count, example });
  };
  let entered = 0;
  let balance = parseMoney(START);
  let realized = 0n;
  let fees = 0n;
  const recorder = new EquityRecorder(BAR_MS);
  const count = Math.min(...desks.map(({ candles }) => candles.openAt.length));
  const from = desks[0]!.candles.openAt[0]!;
  recorder.push(from, moneyToNumber(balance), 0);

  const fill = (desk: Desk, at: number, buys: boolean, price: Ticks, size: Lots, purpose: string): Money => {
    const { instrument } = desk;
    const value = instrument.value(size, price);
    const fee = money(-applyRate(value, TAKER_FEE));
    fills.push({
      symbol: instrument.id,
      at,
      side: buys ? 'buy' : 'sell',
      price: instrument.priceToNumber(price),
      size,
      value: formatMoney(value),
      fee: formatMoney(fee),
      maker: false,
      purpose,
      why: purpose === 'entry' ? 'market order, at the open of the bar' : `${purpose} within the bar`,
      allowed: null,
    });
    balance = money(balance + fee);
    fees += fee;
    return fee;
  };

  const close = (desk: Desk, at: number, price: Ticks, reason: string): void => {
    const { instrument } = desk;
    const held = desk.held!;
    const exitFee = fill(desk, at, held.sign < 0, price, held.size, reason);
    const entryValue = instrument.value(held.size, held.entry);
    const exitValue = instrument.value(held.size, price);
    const gain = money((exitValue - entryValue) * BigInt(held.sign));
    const risk = money((entryValue - instrument.value(held.size, held.firstStop)) * BigInt(held.sign));
    balance = money(balance + gain);
    realized += gain;
    trades.push({
      symbol: instrument.id,
      direction: held.sign > 0 ? 'long' : 'short',
      size: instrument.formatSize(held.size),
      openedAt: held.at,
      closedAt: at,
      entry: instrument.priceToNumber(held.entry),
      exit: instrument.priceToNumber(price),
      entryValue: formatMoney(entryValue),
      exitValue: formatMoney(exitValue),
      stop: instrument.priceToNumber(held.firstStop),
      target: instrument.priceToNumber(held.target),
      moves: held.moves,
      initialRisk: formatMoney(risk),
      realized: formatMoney(gain),
      fees: formatMoney(money(held.fee + exitFee)),
      funding: '0',
      net: formatMoney(money(gain + held.fee + exitFee)),
      exitReason: reason,
      strategy: held.strategy,
      confidence: null,
      reasons: held.reasons,
      worst: held.worst,
      best: held.best,
    });
    desk.held = null;
  };

  for (let index = 0; index < count; index++) {
    for (const desk of desks) {
      const { instrument, candles } = desk;
      const at = candles.openAt[index]!;
      const bar = {
        open: instrument.priceFromNumber(candles.open[index]!),
        high: candles.high[index]!,
        low: candles.low[index]!,
        close: candles.close[index]!,
      };
      if (desk.wanted !== null && desk.held === null) {
        const { sign, strategy, reasons } = desk.wanted;
        const risk = moneyToNumber(balance) * 0.004;
        const away = Math.max(1, Math.round((desk.atr * 3) / instrument.tickSize));
        const limit = (moneyToNumber(balance) * 0.4) / instrument.valueNumber(1, bar.open);
        const traded = Math.floor(candles.volume[index]! * 0.05);
        const size = Math.floor(
          Math.min(limit, traded, risk / (instrument.valuePerLot * away * instrument.tickSize)),
        ) as Lots;
        if (size >= 1) {
          const entryAt = at + 40;
          const fee = fill(desk, entryAt, sign > 0, bar.open, size, 'entry');
          entered++;
          const price = instrument.priceToNumber(bar.open);
          desk.held = {
            sign,
            size,
            at: entryAt,
            index,
            entry: bar.open,
            firstStop: (bar.open - sign * away) as Ticks,
            stop: (bar.open - sign * away) as Ticks,
            target: (bar.open + sign * away * 2) as Ticks,
            moves: [],
            fee,
            strategy,
            reasons,
            worst: price,
            best: price,
          };
        } else refuse(instrument.id, 'size below one lot', 'size 0 lots, at least 1');
      } else if (desk.wanted !== null) refuse(instrument.id, 'position open', '1 position open, limit 1');
      desk.wanted = null;
      const held = desk.held;
      if (held !== null) {
        const stop = instrument.priceToNumber(held.stop);
        const target = instrument.priceToNumber(held.target);
        const [against, along] = held.sign > 0 ? [bar.low, bar.high] : [bar.high, bar.low];
        const isWorse = (a: number, b: number): boolean => (a - b) * held.sign < 0;
        const opens = candles.open[index]!;
        if (!isWorse(stop, against)) {
          // a gap beyond the stop fills at the open
          const gapped = isWorse(opens, stop);
          const price = gapped ? bar.open : held.stop;
          held.worst = isWorse(instrument.priceToNumber(price), held.worst)
            ? instrument.priceToNumber(price)
            : held.worst;
          close(desk, at + 60_000, price, held.moves.length > 0 ? 'breakEven' : 'stopLoss');
        } else if (!isWorse(along, target)) {
          held.best = target;
          held.worst = isWorse(against, held.worst) ? against : held.worst;
          close(desk, at + 120_000, held.target, 'takeProfit');
        } else {
          if (isWorse(against, held.worst)) held.worst = against;
          if (isWorse(held.best, along)) held.best = along;
          const reached = (held.best - instrument.priceToNumber(held.entry)) * held.sign;
          const first = Math.abs(held.entry - held.firstStop) * instrument.tickSize;
          if (held.moves.length === 0 && reached >= first) {
            held.stop = held.entry;
            held.moves.push({ at: at + BAR_MS, stop: instrument.priceToNumber(held.entry), target });
          }
          if (index - held.index >= 288) close(desk, at + BAR_MS, ticksOf(instrument, bar.close), 'timeStop');
        }
      }
      const range = bar.high - bar.low;
      desk.atr = index === 0 ? range : desk.atr + (range - desk.atr) / 14;
      if (index >= options.lookback && index + 1 < count) desk.wanted = wish(desk, index, options.lookback);
    }
    const now = desks[0]!.candles.openAt[index]! + BAR_MS;
    if (index === count - 1)
      for (const desk of desks)
        if (desk.held !== null)
          close(desk, now, ticksOf(desk.instrument, desk.candles.close[index]!), 'endOfData');
    let open = 0;
    let gross = 0;
    for (const { instrument, candles, held } of desks) {
      if (held === null) continue;
      const mark = instrument.priceFromNumber(candles.close[index]!);
      open += instrument.profitNumber(held.size * held.sign, held.entry, mark);
      gross += instrument.valueNumber(held.size, mark);
    }
    recorder.push(now, moneyToNumber(balance) + open, gross);
  }

  const equity = recorder.columns();
  const instruments = desks.map(
    ({ instrument, candles }): InstrumentReport => ({
      symbol: instrument.id,
      currency: 'USDT',
      inverse: false,
      tickSize: instrument.spec.tickSz,
      priceDecimals: instrument.priceDecimals,
      contract: `${instrument.spec.ctVal} ${instrument.id.split('-')[0]}`,
      warmAt: candles.openAt[options.lookback] ?? null,
      warmUp: { candles: count, missing: [] },
    }),
  );
  const candles = desks.map((desk) => desk.candles);
  return {
    version: 1,
    run: {
      command: `hunter backtest okx-candles --bar 5m --symbols ${instruments.map(({ symbol }) => symbol).join(',')} --report out.html`,
      settings: `# a naive strategy, not the engine's\nmarket:\n  bar: 5m\nstrategy:\n  lookback: ${options.lookback}\n`,
      settingsHash: '0123456789abcdef',
      changed: [{ key: 'strategy.lookback', value: String(options.lookback), default: '288' }],
      data: instruments.map(({ symbol }) => ({
        path: `okx-candles/${symbol}-5m-20220501-20220930.csv.gz`,
        sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        holds: `${count} 5m candles`,
      })),
      seed: null,
      code: { version: '0.1.0', commit: null, changed: false },
    },
    sample: { kind: 'inSample', trials: null, note: '' },
    market: {
      from: '5m candles',
      makerFee: 0.0002,
      takerFee: Number(TAKER_FEE),
      assumedSpreadBp: 1,
      latencyMsMin: 40,
      funding: { charged: false, why: 'there is no funding data for these months' },
      assumptions: [
        'Market orders fill at the open of the next bar.',
        'When a bar holds both stop and target, the stop was first; a gap beyond the stop fills at the open.',
        'At most 5 % of a bar’s volume is taken.',
      ],
    },
    from,
    to: from + count * BAR_MS,
    instruments,
    accounts: [
      {
        currency: 'USDT',
        symbols: instruments.map(({ symbol }) => symbol),
        startBalance: START,
        balance: formatMoney(balance),
        realized: formatMoney(money(realized)),
        fees: formatMoney(money(fees)),
        funding: '0',
        liquidations: '0',
        openPositions: 0,
        equity,
        benchmark: buyAndHold(equity.at, candles, instruments, Number(START), Number(TAKER_FEE)),
      },
    ],
    trades: trades.sort((a, b) => a.closedAt - b.closedAt),
    fills: fills.sort((a, b) => a.at - b.at),
    candles,
    decisions: { entered, refused: [...refused.values()] },
    lookAhead: { verdict: 'notChecked', detail: '' },
  };
}

const ticksOf = (instrument: Instrument, price: number): Ticks => instrument.priceFromNumber(price);

/** A break of the channel is followed; a break by more than four ranges is faded. */
function wish({ candles, atr }: Desk, index: number, lookback: number): Desk['wanted'] {
  let high = Number.NEGATIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  for (let back = index - lookback; back < index; back++) {
    high = Math.max(high, candles.high[back]!);
    low = Math.min(low, candles.low[back]!);
  }
  const last = candles.close[index]!;
  if (last <= high && last >= low) return null;
  const up: 1 | -1 = last > high ? 1 : -1;
  const beyond = (up > 0 ? last - high : low - last) / atr;
  const fades = beyond > 1;
  return {
    sign: fades ? (-up as 1 | -1) : up,
    strategy: fades ? 'reversal' : 'breakout',
    reasons: [
      `close ${last} is ${beyond.toFixed(2)} ranges ${up > 0 ? 'above' : 'below'} the channel of ${lookback} bars`,
    ],
  };
}

function realCandles(symbol: string, contractValue: number, countMax: number): CandleColumns {
  const text = gunzipSync(readFileSync(`${FOLDER}${symbol}-5m-20220501-20220930.csv.gz`)).toString();
  const rows = text
    .trim()
    .split('\n')
    .slice(1, countMax + 1)
    .map((line) => line.split(',').map(Number));
  return {
    symbol,
    barMs: BAR_MS,
    runBarMs: BAR_MS,
    openAt: rows.map(([at]) => at!),
    open: rows.map((row) => row[1]!),
    high: rows.map((row) => row[2]!),
    low: rows.map((row) => row[3]!),
    close: rows.map((row) => row[4]!),
    volume: rows.map((row) => Math.round(row[5]! / contractValue)),
  };
}

function walk(symbol: string, start: number, tick: number, countMax: number): CandleColumns {
  const random = new Random(symbol.charCodeAt(0));
  const columns = { openAt: [], open: [], high: [], low: [], close: [], volume: [] } as Record<
    'openAt' | 'open' | 'high' | 'low' | 'close' | 'volume',
    number[]
  >;
  const grid = (price: number): number => Number((Math.round(price / tick) * tick).toFixed(6));
  let price = start;
  for (let index = 0; index < countMax; index++) {
    const path = [price];
    for (let step = 0; step < 6; step++) path.push(path.at(-1)! * (1 + (random.uniform() - 0.5) * 0.004));
    price = path.at(-1)!;
    columns.openAt.push(1_651_363_200_000 + index * BAR_MS);
    columns.open.push(grid(path[0]!));
    columns.high.push(grid(Math.max(...path)));
    columns.low.push(grid(Math.min(...path)));
    columns.close.push(grid(price));
    columns.volume.push(1_000_000 + Math.floor(random.uniform() * 1_000_000));
  }
  return { symbol, barMs: BAR_MS, runBarMs: BAR_MS, ...columns };
}
