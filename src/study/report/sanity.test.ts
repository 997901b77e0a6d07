/** A run that is clean, and the same run falsified in one way at a time: each is found, and by its own name. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AccountReport, FillReport, ReportData, TradeReport } from './report-data.ts';
import { type FindingCode, type FindingLevel, sanity } from './sanity.ts';
import { sampleReport } from './testing/sample.ts';

const clean = sampleReport({ lookback: 96, candles: 12_000, symbols: 2 });

type Change = Partial<ReportData>;
const codes = (change: Change): FindingCode[] => sanity({ ...clean, ...change }).map(({ code }) => code);
const levelOf = (change: Change, wanted: FindingCode): FindingLevel | undefined =>
  sanity({ ...clean, ...change }).find(({ code }) => code === wanted)?.level;

const withTrades = (change: (trade: TradeReport, index: number) => Partial<TradeReport>): Change => ({
  trades: clean.trades.map((trade, index) => ({ ...trade, ...change(trade, index) })),
});
const withFills = (change: (fill: FillReport, index: number) => Partial<FillReport>): Change => ({
  fills: clean.fills.map((fill, index) => ({ ...fill, ...change(fill, index) })),
});
const withAccount = (change: (account: AccountReport) => Partial<AccountReport>): Change => ({
  accounts: clean.accounts.map((account) => ({ ...account, ...change(account) })),
});
const withEquity = (equity: (value: number, index: number) => number): Change =>
  withAccount((account) => ({
    openPositions: 1,
    equity: { ...account.equity, equity: account.equity.equity.map(equity) },
  }));

describe('the sanity stop', () => {
  test('finds nothing impossible in an honest run', () => {
    assert.deepEqual(
      sanity(clean).filter(({ level }) => level !== 'caution'),
      [],
    );
    assert.ok(clean.trades.length > 100);
  });

  test('growth is judged by the year from a quarter on, before that by what it is', () => {
    const grown = (days: number, growth: number): boolean =>
      codes(
        withAccount(({ equity }) => ({
          equity: {
            ...equity,
            at: equity.at.map((_, i) => clean.from + (i / (equity.at.length - 1)) * days * 86_400_000),
            equity: equity.equity.map((_, i) => 1000 * (1 + (growth * i) / (equity.at.length - 1))),
          },
        })),
      ).includes('growth');
    // four times in a year is 1.463 times in 100 days
    assert.deepEqual([grown(100, 0.44), grown(100, 0.48)], [false, true]);
    assert.deepEqual([grown(60, 0.48), grown(60, 0.52)], [false, true]);
    assert.deepEqual([grown(365, 2.9), grown(365, 3.1)], [false, true]);
  });

  const falsified: readonly (readonly [string, FindingCode, FindingLevel, Change])[] = [
    [
      'look-ahead that was found',
      'lookAhead',
      'impossible',
      { lookAhead: { verdict: 'suspected', detail: '3 decisions changed' } },
    ],
    [
      'a balance a hundredth off',
      'books',
      'impossible',
      withAccount(({ balance }) => ({ balance: `${Number(balance) + 0.01}` })),
    ],
    [
      'a balance a hundredth off, with a position still open',
      'books',
      'impossible',
      withAccount(({ balance }) => ({ balance: `${Number(balance) + 0.01}`, openPositions: 1 })),
    ],
    ['a trade left out', 'books', 'impossible', { trades: clean.trades.slice(1) }],
    [
      'equity that ends elsewhere than the balance',
      'books',
      'impossible',
      withAccount(({ equity }) => ({
        equity: { ...equity, equity: equity.equity.map((value) => value * 1.001) },
      })),
    ],
    [
      'a fill below the low of its bar',
      'fillOutside',
      'impossible',
      withFills(({ price }, index) => (index === 7 ? { price: price * 0.9 } : {})),
    ],
    [
      'a fill outside what the book allowed',
      'fillOutside',
      'impossible',
      withFills(({ price }, index) =>
        index === 7 ? { allowed: { low: price * 1.01, high: price * 1.02, volume: 1e9 } } : {},
      ),
    ],
    [
      'a fill larger than what the book showed',
      'volume',
      'impossible',
      withFills(({ price, size }, index) =>
        index === 7 ? { allowed: { low: price, high: price, volume: size / 2 } } : {},
      ),
    ],
    [
      'a fill larger than the bar',
      'volume',
      'impossible',
      withFills((_, index) => (index === 7 ? { size: 1e12 } : {})),
    ],
    [
      'a fill at a time without a market',
      'fillWithoutMarket',
      'impossible',
      withFills((_, index) => (index === 7 ? { at: clean.from - 86_400_000 } : {})),
    ],
    [
      'a trade before the indicators were warm',
      'beforeWarm',
      'impossible',
      { instruments: clean.instruments.map((spec) => ({ ...spec, warmAt: clean.to })) },
    ],
    [
      'a trade after the end',
      'outsideRun',
      'impossible',
      withTrades((_, index) => (index === 0 ? { closedAt: clean.to + 1 } : {})),
    ],
    [
      'a trade that ends before it begins',
      'outsideRun',
      'impossible',
      withTrades(({ openedAt }, index) => (index === 0 ? { closedAt: openedAt - 1 } : {})),
    ],
    [
      'orders that arrive before they are sent',
      'negativeLatency',
      'impossible',
      { market: { ...clean.market, latencyMsMin: -5 } },
    ],
    ['no latency', 'noLatency', 'caution', { market: { ...clean.market, latencyMsMin: 0 } }],
    ['no spread', 'noSpread', 'caution', { market: { ...clean.market, assumedSpreadBp: 0 } }],
    ['a fee that nobody is given', 'lowFees', 'caution', { market: { ...clean.market, takerFee: 0.00001 } }],
    [
      'twenty times the money in six weeks',
      'growth',
      'suspect',
      withEquity((value, index) => value * (1 + index / 600)),
    ],
    ['equity below zero', 'ruin', 'suspect', withEquity((value, index) => (index === 50 ? -1 : value))],
    [
      'returns as smooth as a savings book',
      'sharpe',
      'suspect',
      withEquity((_, index) => 100_000 * (1 + index * 1e-5) + (index % 288 < 144 ? 3 : 0)),
    ],
    ['nothing but winners', 'allWon', 'suspect', withTrades(() => ({ net: '1' }))],
    ['free trading', 'noCosts', 'suspect', withFills(() => ({ fee: '0' }))],
    ['a taker who is paid', 'noCosts', 'suspect', { market: { ...clean.market, takerFee: -0.0001 } }],
    [
      'one trade that made it all',
      'oneTrade',
      'caution',
      withTrades((_, index) => ({ net: index === 3 ? '1000' : index % 2 === 0 ? '2' : '-1' })),
    ],
    ['a handful of trades', 'fewTrades', 'caution', { trades: clean.trades.slice(0, 12) }],
    ['funding left out', 'noFunding', 'caution', {}],
    ['an account in no known currency', 'unknownCurrency', 'caution', withAccount(() => ({ currency: '' }))],
  ];
  for (const [what, code, level, change] of falsified)
    test(`finds ${what}`, () => {
      assert.ok(codes(change).includes(code), `found ${codes(change).join(', ')} instead of ${code}`);
      assert.equal(levelOf(change, code), level);
    });

  test('a fill from a book may lie beside its candle and be larger than it, but not far away', () => {
    const market = { ...clean.market, from: 'books' };
    const moved = (factor: number): FindingCode[] =>
      codes({
        market,
        ...withFills(({ price }, index) => (index === 7 ? { price: price * factor, size: 1e9 } : {})),
      });
    assert.ok(!moved(0.995).includes('fillOutside'));
    assert.ok(!moved(0.995).includes('volume'));
    assert.ok(moved(0.9).includes('fillOutside'));
  });

  test('an account in a known currency is none in an unknown one', () => {
    assert.ok(!codes({}).includes('unknownCurrency'));
  });

  test('a short run is said once, however many accounts', () => {
    const [account] = clean.accounts;
    const cut = {
      ...account!.equity,
      at: account!.equity.at.slice(0, 50),
      equity: account!.equity.equity.slice(0, 50),
    };
    const accounts = [0, 1].map(() => ({ ...account!, openPositions: 1, equity: cut }));
    assert.equal(codes({ accounts }).filter((code) => code === 'fewDays').length, 1);
  });

  describe('an instrument that never traded', () => {
    const [first, second] = clean.instruments.map(({ symbol }) => symbol) as [string, string];
    const refusal = (symbol: string, reason: string, count: number, example: string) => ({
      symbol,
      reason,
      count,
      example,
    });
    const refused = [
      refusal(first, 'openPositions', 999, '1 positions open, limit 1'),
      refusal(second, 'size', 303, 'size 0 lots, the venue takes at least 1'),
    ];
    const only = {
      trades: clean.trades.filter(({ symbol }) => symbol === first),
      fills: clean.fills.filter(({ symbol }) => symbol === first),
      decisions: { entered: 1, refused },
    };
    const told = (change: Change, wanted: FindingCode) =>
      sanity({ ...clean, ...change }).filter(({ code }) => code === wanted);
    const warmUp = { candles: 7, missing: [{ name: 'trend', candles: 43 }] };

    test('is named, with what was refused and the mend', () => {
      assert.deepEqual(told({ decisions: only.decisions }, 'neverTraded'), []);
      const [finding, ...others] = told(only, 'neverTraded');
      assert.deepEqual(others, []);
      assert.equal(finding!.level, 'caution');
      assert.equal(finding!.title, `${second} was never traded`);
      assert.match(
        finding!.detail,
        /^303 entries refused as size: size 0 lots, the venue takes at least 1 \(position\.base_unit: quote sizes by value\)\./,
      );
      assert.doesNotMatch(finding!.detail, /999/);
    });

    test('or was not warm, or found nothing to do', () => {
      const instruments = clean.instruments.map((spec) => ({ ...spec, warmUp }));
      const quiet = { ...only, decisions: { entered: 1, refused: [] } };
      assert.match(
        told({ ...quiet, instruments }, 'neverTraded')[0]!.detail,
        /^not warm: 7 closed candles seen, trend takes 50\./,
      );
      assert.match(
        told(quiet, 'neverTraded')[0]!.detail,
        /^nothing proposed an entry that filled, after 12000 /,
      );
    });

    test('and a run without a single trade says why of each', () => {
      const none = { ...only, trades: [], fills: [] };
      assert.deepEqual(told(none, 'neverTraded'), []);
      const [finding] = told(none, 'fewTrades');
      assert.equal(finding!.title, 'No trade was closed');
      assert.ok(finding!.detail.includes(`${first}: 999 entries refused as openPositions: 1 positions open`));
      assert.ok(finding!.detail.includes(`${second}: 303 entries refused as size: size 0 lots`));
      const open = told({ ...none, fills: only.fills.slice(0, 1) }, 'fewTrades')[0]!;
      assert.ok(open.detail.includes(`${first}: its position is still open at the end.`));
    });
  });

  test('the worst stands first, and each explains itself in numbers', () => {
    const findings = sanity({ ...clean, ...withFills(() => ({ fee: '0', price: 1 })) });
    const order = ['impossible', 'suspect', 'caution'];
    const ranks = findings.map(({ level }) => order.indexOf(level));
    assert.deepEqual(
      ranks,
      [...ranks].sort((a, b) => a - b),
    );
    for (const { title, detail } of findings) {
      assert.ok(title.length > 8 && title.length < 90, title);
      assert.match(detail, /\d/);
    }
  });

  test('a funding time is held over only when it passes while the trade is open', () => {
    const eight = 8 * 3_600_000;
    const at = (openedAt: number, closedAt: number): boolean =>
      codes({
        trades: [{ ...clean.trades[0]!, openedAt: clean.from + openedAt, closedAt: clean.from + closedAt }],
      }).includes('noFunding');
    assert.equal(at(1, eight - 1), false);
    assert.equal(at(1, eight), true);
    assert.equal(at(eight, 2 * eight - 1), false);
  });
});
