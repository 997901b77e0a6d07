import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coverage, MARKET_KINDS } from './known-lambda.ts';

const RUNS = 120;

test('the interval of lambda holds the true one in markets of every kind, played through book and trades', () => {
  for (const kind of MARKET_KINDS) {
    const share = coverage(kind, 0.3, RUNS, 300_000);
    // 120 fair runs have a deviation of 2 %; bench/lambda.ts asks 2000 of each kind
    assert.ok(share > 0.89 && share < 0.995, `${kind.name}: ${share}`);
  }
});
