/**
 * Against truth from outside: closed forms, figures computed once with pandas 3.1.1 and numpy 2.4.6 (each comment is the
 * expression), and a naive twin over a whole run.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { EquityColumns } from '../report/report-data.ts';
import { isRealDataThere, sampleReport } from '../report/testing/sample.ts';
import { accountMetrics } from './account-metrics.ts';
import { annualTurnover, meanExposure, median, openedAtEnd, timeInMarket } from './activity.ts';
import { buyAndHold } from './buy-and-hold.ts';
import { DAY_MS, dailyReturns, monthlyReturns } from './daily.ts';
import { largestDrawdown, longestUnderWater } from './drawdown.ts';
import { estimated } from './figure.ts';
import type { Group } from './groups.ts';
import { histogram } from './histogram.ts';
import {
  annualGrowth,
  annualGrowthOf,
  calmar,
  compounded,
  kurtosis,
  mean,
  rollingSharpe,
  sharpe,
  skewness,
  sortino,
  volatility,
} from './returns.ts';
import { expectancy, longestStreaks, payoff, profitFactor, winRate } from './trades.ts';

const close = (actual: number, expected: number, relative = 1e-12): void => {
  const away = Math.abs(actual - expected);
  assert.ok(away <= relative * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);
};

const curve = (
  equity: readonly number[],
  everyMs = DAY_MS,
  exposure = equity.map(() => 0),
): EquityColumns => {
  let high = 0;
  const drawdown = equity.map((value) => {
    high = Math.max(high, value);
    return 1 - value / high;
  });
  return { everyMs, at: equity.map((_, index) => index * everyMs), equity, drawdown, exposure };
};

const sample = sampleReport({ lookback: 96, candles: 1000, symbols: 1 });

describe('figures of daily returns', () => {
  // r = pd.Series([((i*37)%101-48)/4000 for i in range(60)])
  const returns = Array.from({ length: 60 }, (_, i) => (((i * 37) % 101) - 48) / 4000);
  const equity = [1];
  for (const value of returns) equity.push(equity.at(-1)! * (1 + value));

  test('agree with pandas', () => {
    close(mean(returns), 0.0003791666666666667);
    close(volatility(returns), 0.14039641560032107); // r.std()*365**.5
    close(sharpe(returns), 0.9857504747650897); // r.mean()/r.std()*365**.5
    close(sortino(returns), 1.4723559837059392); // r.mean()/np.sqrt((np.minimum(r,0)**2).mean())*365**.5
    close(skewness(returns), 0.0034180766480093427, 1e-10); // r.skew()
    close(kurtosis(returns), -1.1984056333775932, 1e-10); // r.kurt()
    close(compounded(returns), 0.021379078590570755); // (1+r).prod()-1
    close(annualGrowthOf(returns), 0.13733217712171242); // e.iloc[-1]**(365/60)-1
    const drawdown = largestDrawdown(curve(equity))!;
    close(drawdown.depth, 0.017979256802693744); // (1-e/e.cummax()).max()
    assert.equal(drawdown.troughAt, 5 * DAY_MS); // .idxmax()
    close(calmar(annualGrowthOf(returns), drawdown.depth), 7.638367849617489);
    const rolling = rollingSharpe(returns, 30);
    assert.ok(Number.isNaN(rolling[28]));
    close(rolling[29]!, 0.2151883310351852); // r.rolling(30).mean()/r.rolling(30).std()*365**.5
    close(rolling[59]!, 1.7396849846038325);
  });

  test('have their closed forms', () => {
    // doubling in half a year is quadrupling in one
    close(annualGrowth(100, 200, 182.5), 3);
    assert.equal(annualGrowth(100, 0, 10), -1);
    // +a and −a by turns: mean 0, deviation a·√(n/(n−1))
    const turns = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 0.01 : -0.01));
    close(sharpe(turns), 0);
    close(volatility(turns), 0.01 * Math.sqrt(100 / 99) * Math.sqrt(365));
    // three days up by 2, one down by 1: mean 1.25, downside √(1/4) = 0.5
    close(sortino([0.02, 0.02, 0.02, -0.01]), (0.0125 / 0.005) * Math.sqrt(365));
    // two points have the least kurtosis there is: −2, corrected (n−1)/((n−2)(n−3))·((n+1)(−2)+6)
    close(kurtosis(turns), (99 / (98 * 97)) * (101 * -2 + 6));
  });

  test('do not exist where nothing varies or nothing was lost', () => {
    assert.ok(Number.isNaN(sharpe([0.1, 0.1, 0.1])));
    assert.ok(Number.isNaN(sortino([0.1, 0.2])));
    assert.ok(Number.isNaN(skewness([0.1, 0.1, 0.1, 0.1])));
    assert.ok(Number.isNaN(calmar(0.5, 0)));
  });
});

describe('figures of trades', () => {
  // n = pd.Series([((i*53)%97-40)*1.5 for i in range(70)]); w = n[n>0]; l = n[n<0]
  const nets = Array.from({ length: 70 }, (_, i) => (((i * 53) % 97) - 40) * 1.5);

  test('agree with pandas', () => {
    close(profitFactor(nets), 1.7023255813953488); // w.sum()/-l.sum()
    close(expectancy(nets), 9.707142857142857); // n.mean()
    close(winRate(nets), 0.5571428571428572); // len(w)/len(n), one is zero
    close(payoff(nets), 1.3094812164579608); // w.mean()/-l.mean()
    // s = np.sign(n); runs of equal s
    assert.deepEqual(longestStreaks(nets), { wins: 4, losses: 1 });
  });

  test('a trade that came to nothing ends a streak and is neither win nor loss', () => {
    assert.deepEqual(longestStreaks([1, 1, 0, 1, -1, -1, -1]), { wins: 2, losses: 3 });
    close(winRate([1, 0, -1, 1]), 0.5);
    assert.equal(profitFactor([1, 2]), Number.POSITIVE_INFINITY);
    assert.ok(Number.isNaN(profitFactor([0, 0])));
    assert.ok(Number.isNaN(payoff([1, 2])));
  });

  test('expectancy is win rate × mean win − loss rate × mean loss, whatever the trades', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 50 }),
        (list) => {
          const wins = list.filter((net) => net > 0);
          const losses = list.filter((net) => net < 0);
          fc.pre(wins.length > 0 && losses.length > 0);
          const lossRate = losses.length / list.length;
          const meanLoss = -mean(losses);
          close(expectancy(list), winRate(list) * payoff(list) * meanLoss - lossRate * meanLoss, 1e-9);
          close(profitFactor(list), (payoff(list) * wins.length) / losses.length, 1e-9);
        },
      ),
    );
  });
});

describe('days and months', () => {
  test('a value at midnight belongs to the day that ends, a hole returns nothing, and all of it compounds', () => {
    const hour = DAY_MS / 24;
    const at = [0, 5 * hour, 24 * hour, 24 * hour + 1, 4 * DAY_MS];
    const equity = [100, 90, 110, 121, 60.5];
    const days = dailyReturns({ at, equity });
    assert.deepEqual(
      days.map(({ day }) => day / DAY_MS),
      [0, 1, 2, 3],
    );
    for (const [index, expected] of [0.1, 0.1, 0, -0.5].entries()) close(days[index]!.value, expected);
    close(compounded(days.map(({ value }) => value)), -0.395);
  });

  test('months are the compounded days in them', () => {
    const days = [
      { day: Date.UTC(2024, 0, 30), value: 0.1 },
      { day: Date.UTC(2024, 0, 31), value: 0.1 },
      { day: Date.UTC(2024, 1, 1), value: -0.5 },
    ];
    const [january, february] = monthlyReturns(days);
    close(january!.value, 0.21);
    assert.deepEqual([january!.year, january!.month, january!.days], [2024, 1, 2]);
    assert.deepEqual([february!.month, february!.value], [2, -0.5]);
  });

  test('an account that is gone stays gone', () => {
    const days = dailyReturns({ at: [0, DAY_MS, 2 * DAY_MS], equity: [100, -5, 50] });
    assert.deepEqual(
      days.map(({ value }) => value),
      [-1, 0],
    );
  });
});

describe('drawdown and time under water', () => {
  test('the deepest fall has its dates, the longest its own', () => {
    const path = curve([100, 120, 60, 90, 120, 121, 119, 118, 117, 116, 122, 110]);
    assert.deepEqual(largestDrawdown(path), {
      depth: 0.5,
      peakAt: DAY_MS,
      troughAt: 2 * DAY_MS,
      recoveredAt: 4 * DAY_MS,
    });
    assert.deepEqual(longestUnderWater(path), { from: 5 * DAY_MS, to: 10 * DAY_MS, ended: true });
  });

  test('a high that is touched twice is left the second time', () => {
    assert.equal(largestDrawdown(curve([90, 100, 100, 50]))!.peakAt, 2 * DAY_MS);
    assert.equal(longestUnderWater(curve([90, 100, 100, 50]))!.from, 2 * DAY_MS);
  });

  test('back at 99 % of the high is not recovered', () => {
    assert.equal(largestDrawdown(curve([100, 50, 99, 99.9]))!.recoveredAt, null);
    assert.equal(largestDrawdown(curve([100, 50, 99, 100]))!.recoveredAt, 3 * DAY_MS);
    assert.deepEqual(longestUnderWater(curve([100, 50, 99, 99.9])), {
      from: 0,
      to: 3 * DAY_MS,
      ended: false,
    });
  });

  test('what has not ended counts up to the end', () => {
    const path = curve([100, 101, 99, 98, 97]);
    assert.equal(largestDrawdown(path)!.recoveredAt, null);
    assert.deepEqual(longestUnderWater(path), { from: DAY_MS, to: 4 * DAY_MS, ended: false });
    assert.equal(largestDrawdown(curve([1, 2, 3])), null);
    assert.equal(longestUnderWater(curve([1, 2, 3])), null);
  });
});

describe('activity', () => {
  test('time in the market is a union: what overlaps counts once', () => {
    const path = curve([100, 100, 100, 100, 100], DAY_MS, [0, 0, 0, 1, 1]);
    const held = (from: number, to: number) => ({ openedAt: from * DAY_MS, closedAt: to * DAY_MS });
    close(timeInMarket([held(0, 1), held(0.5, 1.5)], [], path), 1.5 / 4);
    close(timeInMarket([held(0, 1), held(0.5, 1.5)], [3 * DAY_MS], path), (1.5 + 1) / 4);
    close(timeInMarket([held(0, 4), held(1, 2)], [], path), 1);
    // trades stand by their closing: one that was opened first may come last
    close(timeInMarket([held(2, 2.5), held(0, 3)], [], path), 3 / 4);
    close(meanExposure(path), 0.5);
  });

  test('flat between two samples is not in the market, though both saw a position', () => {
    // held at each sample, out of the market for nearly all of the time between
    const path = curve([100, 100, 100, 100, 100], DAY_MS, [0, 1, 1, 1, 1]);
    const trades = [
      { symbol: 'BTC', openedAt: 0.9 * DAY_MS, closedAt: 1.1 * DAY_MS },
      { symbol: 'BTC', openedAt: 1.9 * DAY_MS, closedAt: 2.1 * DAY_MS },
    ];
    const fills = [0.9, 1.1, 1.9, 2.1, 2.9, 3.5].map((day) => ({ symbol: 'BTC', at: day * DAY_MS }));
    assert.deepEqual(openedAtEnd(trades, fills.slice(0, 4)), []);
    assert.deepEqual(openedAtEnd(trades, fills), [2.9 * DAY_MS]);
    assert.deepEqual(openedAtEnd(trades, [...fills, { symbol: 'ETH', at: 5 }]), [2.9 * DAY_MS, 5]);
    close(timeInMarket(trades, openedAtEnd(trades, fills), path), (0.2 + 0.2 + 1.1) / 4);
    const account = {
      ...sample.accounts[0]!,
      symbols: ['BTC'],
      equity: path,
    };
    const share = (openPositions: number): number | null => {
      const data = {
        ...sample,
        trades: trades.map((trade) => ({ ...sample.trades[0]!, ...trade })),
        fills: fills.map((fill) => ({ ...sample.fills[0]!, ...fill })),
      };
      return accountMetrics(data, { ...account, openPositions, benchmark: null }).activity.timeInMarket.value;
    };
    close(share(1)!, 1.5 / 4);
    close(share(0)!, 0.4 / 4);
  });

  test('turning the whole account over once a day is 2 × 365 a year', () => {
    close(annualTurnover(2 * 100 * 10, curve(new Array<number>(11).fill(100))), 730);
  });

  test('the median of even many is between the two', () => {
    assert.equal(median([5, 1, 3]), 3);
    assert.equal(median([5, 1, 3, 4]), 3.5);
  });
});

describe('the histogram', () => {
  test('holds every value once and never mixes gains and losses', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (values) => {
          const { from, width, counts } = histogram(values)!;
          assert.equal(
            counts.reduce((sum, count) => sum + count, 0),
            values.length,
          );
          close(Math.round(from / width), from / width, 1e-6);
          assert.ok(counts.length <= 130, `${counts.length} bins`);
        },
      ),
    );
    assert.equal(histogram([]), null);
  });
});

describe('intervals', () => {
  test('hold the estimate, and widen when there is less to go by', () => {
    const many = Array.from({ length: 900 }, (_, i) => (((i * 37) % 101) - 45) / 100);
    const few = many.slice(0, 40);
    const [wide, narrow] = [estimated(few, mean, ''), estimated(many, mean, '')];
    for (const figure of [wide, narrow])
      assert.ok(figure.low! < figure.value! && figure.value! < figure.high!);
    assert.ok(wide.high! - wide.low! > narrow.high! - narrow.low!);
    assert.deepEqual(estimated(few, mean, ''), wide, 'the same again');
  });
});

describe('a whole run', () => {
  const data = sampleReport({ lookback: 288, candles: 12_000, symbols: 3 });
  const account = data.accounts[0]!;
  const metrics = accountMetrics(data, account);

  test('agrees with a naive twin', () => {
    const { at, equity } = account.equity;
    const lastOfDay = new Map<string, number>();
    for (const [index, time] of at.entries())
      if (index > 0) lastOfDay.set(new Date(time - 1).toISOString().slice(0, 10), equity[index]!);
    const ends = [equity[0]!, ...lastOfDay.values()];
    const returns = ends.slice(1).map((value, index) => value / ends[index]! - 1);
    const average = returns.reduce((a, b) => a + b) / returns.length;
    const spread = Math.sqrt(returns.reduce((a, b) => a + (b - average) ** 2, 0) / (returns.length - 1));
    close(metrics.risk.sharpe.value!, (average / spread) * 365 ** 0.5, 1e-9);
    close(metrics.growth.total, equity.at(-1)! / 100_000 - 1, 1e-9);
    const won = data.trades.filter((trade) => Number(trade.net) > 0);
    const lost = data.trades.filter((trade) => Number(trade.net) < 0);
    const sum = (list: typeof won): number => list.reduce((total, trade) => total + Number(trade.net), 0);
    close(metrics.trades.profitFactor.value!, -sum(won) / sum(lost), 1e-9);
    close(metrics.trades.winRate.value!, won.length / data.trades.length);
    close(metrics.trades.expectancy.value!, sum([...data.trades]) / data.trades.length, 1e-9);
    close(sum([...data.trades]), Number(account.balance) - 100_000, 1e-9);
    for (const groups of Object.values(metrics.groups) as (readonly Group[])[]) {
      assert.equal(
        groups.reduce((count, group) => count + group.trades, 0),
        data.trades.length,
      );
      close(
        groups.reduce((net, group) => net + group.net, 0),
        sum([...data.trades]),
        1e-9,
      );
    }
  });

  test('too short or with too few trades says so instead of a number', () => {
    const short = sampleReport({ lookback: 288, candles: 2_000, symbols: 1 });
    const figures = accountMetrics(short, short.accounts[0]!);
    assert.match(figures.risk.sharpe.why, /^not enough: 7 days, at least 30 needed$/);
    assert.equal(figures.risk.sharpe.value, null);
    assert.match(figures.growth.annual.why, /at least 90 needed/);
    assert.match(figures.trades.winRate.why, /^not enough: \d+ trades?, at least 30 needed$/);
    assert.equal(metrics.risk.sharpe.why, '');
  });

  test('nothing traded is a run like another', () => {
    const idle = { ...data, trades: [], fills: [] };
    const still = {
      ...account,
      equity: {
        ...account.equity,
        equity: account.equity.equity.map(() => 100_000),
        drawdown: account.equity.drawdown.map(() => 0),
        exposure: account.equity.exposure.map(() => 0),
      },
    };
    const figures = accountMetrics(idle, still);
    assert.equal(figures.growth.total, 0);
    assert.equal(figures.risk.sharpe.why, 'daily returns do not vary');
    assert.equal(figures.risk.drawdown, null);
    assert.equal(figures.activity.timeInMarket.value, 0);
    assert.equal(figures.trades.heldMeanMs, null);
  });
});

test('holding BTC from May to September 2022 comes to what pandas makes of the same candles', {
  skip: isRealDataThere ? false : 'the real candles are not there (../shared/data/okx-candles)',
}, () => {
  const { candles, instruments } = sampleReport({ lookback: 43_000, candles: 44_064, symbols: 1 });
  const { openAt, barMs, close: closes } = candles[0]!;
  const at = openAt.map((time) => time + barMs);
  const held = buyAndHold(at, candles, instruments, 1000, 0)!;
  for (const [index, value] of held.value.entries()) close(value, (1000 * closes[index]!) / closes[0]!, 1e-9);
  const path: EquityColumns = { ...curve(held.value), at };
  const days = dailyReturns(path);
  const returns = days.map(({ value }) => value);
  // day = close.resample('1D').last() of bars by the time they end; ret = day.pct_change(), the first from the first close
  assert.equal(returns.length, 153);
  close(compounded(returns), -0.48498113527716424, 1e-9);
  close(volatility(returns), 0.7056363213651601, 1e-9);
  close(sharpe(returns), -1.8805476471250944, 1e-9);
  close(sortino(returns), -2.368553887698562, 1e-9);
  close(skewness(returns), -0.5704442387673899, 1e-9);
  close(kurtosis(returns), 2.5293288135573313, 1e-9);
  const drawdown = largestDrawdown(path)!;
  close(drawdown.depth, 0.5578024180918374, 1e-9);
  assert.deepEqual([drawdown.peakAt, drawdown.troughAt], [1_651_691_700_000, 1_655_585_400_000]);
  close(
    annualGrowth(held.value[0]!, held.value.at(-1)!, (at.at(-1)! - at[0]!) / DAY_MS),
    -0.7946457730727519,
    1e-9,
  );
  // (1+ret).groupby(month).prod()-1
  const months = [-0.15672435232885873, -0.37300227323462753, 0.16840674770329378, -0.13936969686565248];
  for (const [index, expected] of months.entries()) close(monthlyReturns(days)[index]!.value, expected, 1e-9);
});

describe('buying and holding', () => {
  const instruments = (inverse: boolean) => [
    {
      symbol: 'X',
      currency: inverse ? 'X' : 'USDT',
      inverse,
      tickSize: '1',
      priceDecimals: 0,
      contract: '1',
      warmAt: null,
      warmUp: { candles: 0, missing: [] },
    },
  ];
  const candles = [
    {
      symbol: 'X',
      barMs: 1000,
      runBarMs: 1000,
      openAt: [0, 1000],
      open: [100, 100],
      high: [100, 200],
      low: [100, 100],
      close: [100, 200],
      volume: [1, 1],
    },
  ];

  test('linear doubles with the price; inverse gains 1 − P₀ ÷ P in coin; the fee is paid in and out', () => {
    const linear = buyAndHold([0, 1000, 2000], candles, instruments(false), 1000, 0.001)!;
    for (const [index, value] of [1000, 998, 1997].entries()) close(linear.value[index]!, value);
    const inverse = buyAndHold([0, 2000], candles, instruments(true), 10, 0)!;
    assert.deepEqual(inverse.value, [10, 15]);
    assert.equal(buyAndHold([0], [], instruments(false), 1, 0), null);
  });
});
