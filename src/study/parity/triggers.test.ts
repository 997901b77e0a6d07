/**
 * Stops and targets on recordings of real markets: what paper gives, against the best price of the next book that was published.
 * No recording knows what an order would have got in between; that book is the nearest thing to it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { EventKind } from '../../core/events.ts';
import { ticks } from '../../core/units.ts';
import { importBinance } from '../../tape/import-binance.ts';
import { readTape } from '../../tape/reader.ts';
import { BookLiquidity } from '../../venue/paper/book-liquidity.ts';
import { RECORDINGS_FOLDER, recordingsPresent } from '../facts/recordings.ts';

/** How far from the middle of each book a long's and a short's stop and target are put, for the trades until the next. */
const AWAY_BP = 0.5;

const root = mkdtempSync(join(tmpdir(), 'triggers-'));
after(() => rmSync(root, { recursive: true }));

/** Basis points that paper's price was better by for us. */
function errorsOn(tape: string): { takeProfit: number[]; stopLoss: number[] } {
  const errors = { takeProfit: [] as number[], stopLoss: [] as number[] };
  const book = new OrderBook();
  const liquidity = new BookLiquidity({ queue: { kind: 'behindFirst' }, selfImpact: false });
  let standing: { long: boolean; takeProfit: number; stopLoss: number }[] = [];
  let filled: { long: boolean; hit: 'takeProfit' | 'stopLoss'; price: number; at: number }[] = [];
  readTape(tape).forEach((event) => {
    liquidity.observe(event);
    if (event.kind === EventKind.book) {
      book.apply(event.frame);
      if (!book.twoSided) return;
      const { exchangeAt } = event.frame;
      for (const { long, hit, price } of filled.filter(({ at }) => at < exchangeAt)) {
        const next = long ? book.bids.best : book.asks.best;
        errors[hit].push(((long ? price - next : next - price) / next) * 10_000);
      }
      filled = filled.filter(({ at }) => at >= exchangeAt);
      const away = (book.mid * AWAY_BP) / 10_000;
      const [above, below] = [Math.ceil(book.mid + away), Math.floor(book.mid - away)];
      standing = [
        { long: true, takeProfit: above, stopLoss: below },
        { long: false, takeProfit: below, stopLoss: above },
      ];
    } else if (event.kind === EventKind.trade && event.exchangeAt > book.exchangeAt)
      standing = standing.filter(({ long, takeProfit, stopLoss }) => {
        const levels = { takeProfit: ticks(takeProfit), stopLoss: ticks(stopLoss) };
        const pair = { protectionId: '', instrument: 0, size: 1, ...levels };
        const strike = liquidity.strike(pair, long, event);
        if (strike === null) return true;
        liquidity.walk(long ? 'sell' : 'buy', NO_PRICE, 1, strike.price, (price) => {
          filled.push({ long, hit: strike.hit, price, at: event.exchangeAt });
        });
        return false;
      });
  });
  return errors;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

for (const [name, files] of [
  ['COIN-M perpetual', ['cm_btcusd_perp_20240808', 'cm_btcusd_perp_20240809']],
  ['spot', ['spot_btcusdt_20240808', 'spot_btcusdt_20240809']],
] as const)
  test(`on a recorded ${name}, targets and stops are within half a basis point of the next book on average`, {
    skip: recordingsPresent ? false : 'the recordings are not beside the clone',
  }, async (context) => {
    const tape = join(root, name.replaceAll(' ', '-'));
    await importBinance(
      files.map((file) => join(RECORDINGS_FOLDER, 'binance-l2-raw', `${file}.gz`)),
      tape,
    );
    const { takeProfit, stopLoss } = errorsOn(tape);
    const [target, stop] = [meanOf(takeProfit), meanOf(stopLoss)];
    context.diagnostic(
      `targets ${target.toFixed(3)} bp (${takeProfit.length}), stops ${stop.toFixed(3)} bp (${stopLoss.length})`,
    );
    assert.ok(takeProfit.length > 100 && stopLoss.length > 100);
    assert.ok(Math.abs(target) < 0.5, `targets ${target} bp`);
    assert.ok(Math.abs(stop) < 0.5, `stops ${stop} bp`);
  });
