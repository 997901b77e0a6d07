import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  applyRate,
  formatMoney,
  Instrument,
  type InstrumentSpec,
  moneyToNumber,
  parseMoney,
} from './instrument.ts';
import { BTC, BTC_INVERSE, ETH, SHIB, SPECS } from './testing/specs.ts';
import { lots, ticks } from './units.ts';

const seed = 20261122;

/** Exact rational arithmetic, the plain way: [numerator, denominator], denominator positive. */
type Fraction = readonly [bigint, bigint];
const fraction = (text: string): Fraction => {
  const [whole = '', decimals = ''] = text.split('.');
  return [BigInt(whole + decimals), 10n ** BigInt(decimals.length)];
};
const times = (a: Fraction, b: Fraction): Fraction => [a[0] * b[0], a[1] * b[1]];
const over = (a: Fraction, b: Fraction): Fraction => [a[0] * b[1], a[1] * b[0]];
const whole = (n: number): Fraction => [BigInt(n), 1n];
/** Nearest integer number of 1e-18, ties away from zero. */
const toMoney = ([numerator, denominator]: Fraction): bigint => {
  const scaled = numerator * 10n ** 18n;
  const magnitude = scaled < 0n ? -scaled : scaled;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return scaled < 0n ? -rounded : rounded;
};
/** q·K·P or q·K/P straight from the definition. */
const worth = (spec: InstrumentSpec, size: number, price: number): Fraction => {
  const contracts = times(whole(size), fraction(spec.lotSz));
  const units = times(contracts, times(fraction(spec.ctVal), fraction(spec.ctMult)));
  const quote = times(whole(price), fraction(spec.tickSz));
  return spec.ctType === 'inverse' ? over(units, quote) : times(units, quote);
};

const instruments = [BTC, ETH, BTC_INVERSE, SHIB];
const instrument = fc.constantFrom(...instruments);
const size = fc.integer({ min: -(10 ** 10), max: 10 ** 10 }).map(lots);
const price = fc.integer({ min: 1, max: 10 ** 9 }).map(ticks);

test('prices and sizes survive text and back, on the grid of every instrument', () => {
  fc.assert(
    fc.property(instrument, size, price, (each, q, p) => {
      assert.equal(each.parsePrice(each.formatPrice(p)), p);
      assert.equal(each.parseSize(each.formatSize(q)), q);
    }),
    { seed, numRuns: 2000 },
  );
});

test('value is q·K·P or q·K/P by exact fractions; exact for linear, rounded once for inverse', () => {
  fc.assert(
    fc.property(instrument, size, price, (each, q, p) => {
      assert.equal(each.value(q, p), toMoney(worth(each.spec, q, p)));
    }),
    { seed, numRuns: 3000 },
  );
});

test('an inverse contract whose tick divides nothing is still rounded only once', () => {
  const odd = new Instrument({ ...SPECS.btcInverse, tickSz: '0.03', ctVal: '7' });
  fc.assert(
    fc.property(size, price, (q, p) => {
      assert.equal(odd.value(q, p), toMoney(worth(odd.spec, q, p)));
    }),
    { seed, numRuns: 1000 },
  );
});

test('the average price of one fill is its price', () => {
  fc.assert(
    fc.property(
      instrument,
      fc.integer({ min: 1, max: 10 ** 8 }),
      price,
      fc.boolean(),
      (each, n, p, short) => {
        const q = lots(short ? -n : n);
        // an inverse value is rounded at 1e-18, so a tiny one at a huge price knows its price less well
        const value = each.value(q, p);
        const tolerance = each.inverse ? 1e-12 + 1 / Math.abs(Number(value)) : 1e-12;
        assert.ok(Math.abs(each.averagePrice(q, value) / p - 1) <= tolerance);
      },
    ),
    { seed, numRuns: 2000 },
  );
});

test('plain numbers agree with exact money to 12 digits', () => {
  fc.assert(
    fc.property(instrument, fc.integer({ min: 1, max: 10 ** 8 }), price, price, (each, q, entry, exit) => {
      const exact = moneyToNumber(each.value(lots(q), exit));
      assert.ok(Math.abs(each.valueNumber(q, exit) - exact) <= 1e-12 * exact + 1e-15);
      const profit =
        (each.inverse ? -1 : 1) *
        moneyToNumber((each.value(lots(q), exit) - each.value(lots(q), entry)) as never);
      const scale = Math.max(exact, moneyToNumber(each.value(lots(q), entry)));
      assert.ok(Math.abs(each.profitNumber(q, entry, exit) - profit) <= 1e-12 * scale + 1e-15);
    }),
    { seed, numRuns: 1000 },
  );
});

test('figures known by hand', () => {
  // 0.37 contracts of 0.01 BTC at 65,123.4
  assert.equal(formatMoney(BTC.value(BTC.parseSize('0.37'), BTC.parsePrice('65123.4'))), '240.95658');
  // 5 contracts of 100 USD at 50,000 are 0.01 BTC
  assert.equal(
    formatMoney(BTC_INVERSE.value(BTC_INVERSE.parseSize('5'), BTC_INVERSE.parsePrice('50000'))),
    '0.01',
  );
  // one contract of a million SHIB at 0.000012345
  assert.equal(formatMoney(SHIB.value(SHIB.parseSize('1'), SHIB.parsePrice('0.000012345'))), '12.345');
  assert.equal(BTC.parsePrice('65123.4'), 651_234);
  assert.equal(BTC.formatPrice(ticks(651_230)), '65123');
  assert.equal(BTC.marketSizeMax, 3_500_000);
  assert.equal(BTC.sizeMin, 1);
});

test('a minimum finer than the lot is one lot', () => {
  assert.equal(new Instrument({ ...SPECS.btc, lotSz: '0.0001', minSz: '0.00001' }).sizeMin, 1);
  assert.equal(new Instrument({ ...SPECS.btc, lotSz: '0.01', minSz: '0.1' }).sizeMin, 10);
});

test('rounding a plain price goes the way it is told', () => {
  assert.equal(BTC.priceFromNumber(100.07, -1), 1000);
  assert.equal(BTC.priceFromNumber(100.03, 1), 1001);
  assert.equal(BTC.priceFromNumber(100.07), 1001);
  // on the grid already, whatever binary fractions make of 0.1
  for (let p = 1; p < 5000; p += 7)
    for (const direction of [-1, 0, 1] as const)
      assert.equal(BTC.priceFromNumber(BTC.priceToNumber(p), direction), p);
});

test('a rate is applied exactly', () => {
  assert.equal(formatMoney(applyRate(parseMoney('240.95658'), '0.0005')), '0.12047829');
  assert.equal(applyRate(parseMoney('-0.000000000000000003'), '0.5'), -2n);
});

test('what does not fit the grid is refused with instrument, text and step', () => {
  const names =
    (...words: string[]) =>
    (error: unknown): boolean =>
      error instanceof RangeError && words.every((word) => error.message.includes(word));
  assert.throws(() => BTC.parsePrice('100.05'), names('BTC-USDT-SWAP', '"100.05"', '0.1'));
  assert.throws(() => BTC.parsePrice('abc'), names('BTC-USDT-SWAP', '"abc"', '0.1'));
  assert.throws(() => BTC.parsePrice(''), names('BTC-USDT-SWAP', '""', '0.1'));
  assert.throws(() => BTC.parseSize('0.015'), names('BTC-USDT-SWAP', '"0.015"', '0.01'));
  assert.throws(() => BTC.parseSize('1e20'), names('BTC-USDT-SWAP', '"1e20"', '0.01'));
  const coarse = new Instrument({ ...SPECS.btc, tickSz: '0.5' });
  assert.throws(() => coarse.parsePrice('100.3'), names('BTC-USDT-SWAP', '"100.3"', '0.5'));
});

test('a nonsensical specification is refused by name', () => {
  for (const fault of [
    { tickSz: '0' },
    { tickSz: '' },
    { tickSz: '-0.1' },
    { lotSz: '0' },
    { lotSz: 'x' },
    { ctVal: '' },
    { ctVal: '0' },
    { ctMult: '-1' },
    // finer than money can say: it would silently be worth nothing
    { ctVal: '0.0000000001', ctMult: '0.0000000001', tickSz: '0.000000001' },
  ])
    assert.throws(
      () => new Instrument({ ...SPECS.btc, ...fault }),
      (error) => error instanceof RangeError && error.message.includes('BTC-USDT-SWAP'),
      JSON.stringify(fault),
    );
});

const captures = new URL('../../../shared/data/okx-ws-v5/', import.meta.url);
test('every instrument in the captured lists constructs, tick and lot go round', {
  skip: existsSync(captures) ? false : 'the captures are not on this machine',
}, () => {
  let seen = 0;
  for (const file of readdirSync(captures).filter((name) => name.startsWith('rest-instruments-'))) {
    const text = gunzipSync(readFileSync(new URL(file, captures))).toString();
    const { response } = JSON.parse(text) as { response: { data: Record<string, string>[] } };
    for (const row of response.data) {
      // a contract announced but not open has no grid yet
      if (row.state === 'preopen') continue;
      const each = new Instrument({
        ...(row as unknown as InstrumentSpec),
        ctType: row.ctType === 'inverse' ? 'inverse' : 'linear',
        ctVal: row.ctVal || '1',
        ctMult: row.ctMult || '1',
      });
      assert.equal(each.formatPrice(ticks(1)), row.tickSz!.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, ''));
      assert.equal(each.parsePrice(row.tickSz!), 1);
      assert.equal(each.parseSize(row.lotSz!), 1);
      assert.equal(each.value(lots(3), ticks(7)), toMoney(worth(each.spec, 3, 7)));
      seen++;
    }
  }
  assert.ok(seen > 1000, `only ${seen} instruments seen`);
});
