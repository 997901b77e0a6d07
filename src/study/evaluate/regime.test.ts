import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OrderBook } from '../../core/book/order-book.ts';
import type { Brain } from '../../core/brain/brain.ts';
import { RANGE, TREND_DOWN, TREND_UP, VOLATILE } from '../../core/brain/regime/model.ts';
import { Instrument } from '../../core/instrument.ts';
import { frameOf } from '../../core/testing/books.ts';
import { SPECS } from '../../core/testing/specs.ts';
import { us } from '../../core/units.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { gradeRegime } from './regime.ts';
import { balancedFigure, delayFigure, median, type RegimeWords, scoreOf, truthAt } from './regime-truth.ts';
import { AdxAtr } from './rivals/adx-atr.ts';
import type { GradingContext } from './section.ts';

const seed = 20261122;

const label = (name: string, from: number, to: number): Label => ({
  kind: 'regime',
  instrument: 'BTC-USDT-SWAP',
  from,
  to,
  side: null,
  prices: [],
  size: 0,
  participant: '',
  parameters: { name, complete: true },
  orders: [],
  trades: [],
});

/** One word a second. */
function wordsOf(labels: readonly Label[], said: readonly number[]): RegimeWords {
  const at = said.map((_, i) => i * 1000);
  return { tape: 'one', at, said, truth: at.map((time) => truthAt(labels, time)), labels };
}

test('the truth of a moment is its label’s; ordinary has no word, nor has what no label covers', () => {
  const labels = [label('range', 0, 5000), label('ordinary', 5000, 8000), label('volatile', 8000, 9000)];
  assert.deepEqual(
    [-1, 0, 4999, 5000, 8500, 9000].map((at) => truthAt(labels, at)),
    [-1, RANGE, RANGE, -1, VOLATILE, -1],
  );
});

test('a scripted hour: recalls, delays, what was missed, false alarms', () => {
  const labels = [
    label('range', 0, 10_000),
    label('trend_up', 10_000, 20_000),
    label('volatile', 20_000, 30_000),
  ];
  const said = [
    ...[-1, -1, ...new Array<number>(8).fill(RANGE)],
    // three seconds late, then a false alarm of one second
    ...[RANGE, RANGE, RANGE, ...new Array<number>(5).fill(TREND_UP), TREND_DOWN, TREND_UP],
    ...new Array<number>(10).fill(TREND_UP),
  ];
  const { recalls, delays, falseAlarms, balanced, hours } = scoreOf([wordsOf(labels, said)]);
  assert.deepEqual([recalls[RANGE], recalls[TREND_UP], recalls[VOLATILE]], [1, 0.6, 0]);
  assert.ok(Number.isNaN(recalls[TREND_DOWN]));
  assert.ok(Math.abs(balanced - 1.6 / 3) < 1e-12);
  assert.deepEqual(delays, [3, Number.POSITIVE_INFINITY]);
  assert.equal(falseAlarms, 1);
  assert.ok(Math.abs(hours - 27 / 3600) < 1e-9);
  assert.equal(median([3, Number.POSITIVE_INFINITY, 5]), 5);
});

test('one who knows has all, one who always says the same has a quarter of four', () => {
  const labels = ['range', 'trend_up', 'trend_down', 'volatile'].map((name, i) =>
    label(name, i * 10_000, (i + 1) * 10_000),
  );
  const truth = Array.from({ length: 40 }, (_, s) => truthAt(labels, s * 1000));
  const known = scoreOf([wordsOf(labels, truth)]);
  assert.deepEqual([known.balanced, known.falseAlarms, Math.max(...known.delays)], [1, 0, 0]);
  for (let word = 0; word < 4; word++)
    assert.equal(scoreOf([wordsOf(labels, new Array<number>(40).fill(word))]).balanced, 0.25);
});

test('figures with intervals are those of the score; a second market that says the same narrows none of them', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 200, maxLength: 300 }), (words) => {
      const names = ['range', 'trend_up', 'volatile', 'trend_down'];
      // a word each half minute, regimes of nine minutes
      const labels = Array.from({ length: Math.ceil(words.length / 18) }, (_, i) =>
        label(names[i % 4]!, i * 540_000, (i + 1) * 540_000),
      );
      const at = words.map((_, i) => i * 30_000);
      const truth = at.map((time) => truthAt(labels, time));
      const one: RegimeWords = { tape: 'one', at, said: words, truth, labels };
      const { balanced, delays } = scoreOf([one]);
      const [accuracy, delay] = [balancedFigure([one]), delayFigure([one])];
      assert.ok(Math.abs(accuracy.value! - balanced) < 1e-12);
      assert.equal(delay.value ?? Number.POSITIVE_INFINITY, median(delays));
      assert.deepEqual([balancedFigure([one, one]), delayFigure([one, one])], [accuracy, delay]);
    }),
    { seed, numRuns: 20 },
  );
});

test('where most of the stretches drawn have no change of regime the delay has a figure all the same', () => {
  const labels = [label('range', 0, 7_000_000), label('trend_up', 7_000_000, 7_200_000)];
  const at = Array.from({ length: 7200 }, (_, s) => s * 1000);
  const said = at.map((time) => truthAt(labels, time - 5000));
  const words: RegimeWords = {
    tape: 'one',
    at,
    said,
    truth: at.map((time) => truthAt(labels, time)),
    labels,
  };
  assert.equal(delayFigure([words]).value, 5);
});

test('ADX and ATR: a straight way is a trend, its mirror the other one, wide candles after narrow ones are volatile', () => {
  const play = (mids: readonly number[]): number => {
    const rival = new AdxAtr(null, { period: 5, trendFrom: 30, volatileFrom: 1.5 });
    mids.forEach((mid, second) => {
      rival.see(second, mid);
    });
    return rival.word;
  };
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 10, noNaN: true }), (slope) => {
      const way = Array.from({ length: 1800 }, (_, s) => slope * s);
      assert.equal(play(way), TREND_UP);
      assert.equal(play(way.map((mid) => -mid)), TREND_DOWN);
    }),
    { seed, numRuns: 20 },
  );
  const swing = (width: number, count: number): number[] =>
    Array.from({ length: count }, (_, s) => width * Math.sin((2 * Math.PI * s) / 60));
  assert.equal(play(swing(10, 1800)), RANGE);
  assert.equal(play([...swing(10, 1800), ...swing(60, 900)]), VOLATILE);
  assert.equal(play(swing(10, 300)), -1, 'no word yet');
});

test('where no regime is labelled it says why, and what it said all the same', () => {
  const graded = (labels: readonly (readonly Label[])[] | null, words: readonly (string | null)[]) => {
    const grader = gradeRegime({} as GradingContext);
    const instrument = new Instrument(SPECS.btc);
    const book = new OrderBook();
    book.apply(frameOf(true, [[100, 5]], [[101, 5]]));
    const [, track] = grader.watch(instrument, book);
    words.forEach((regime, second) => {
      const brain = { regime: { regime, probabilities: [0.75, 0.25, 0.75, 0.75], usualFromCandles: false } };
      track!.frame!(brain as unknown as Brain, book, us((second + 1) * 1_000_000));
    });
    const span = { from: us(0), to: us(0), frames: 0, trades: 0, changes: 0, aheadMs: 0 };
    grader.played({ events: 0, spans: [span] }, labels);
    const { figures, notes } = grader.section()!;
    return { notes, of: (name: string) => figures.find((each) => each.name === name)!.figure };
  };
  const said = [null, ...new Array<string>(3).fill('range'), null, ...new Array<string>(3).fill('trend up')];
  const unlabelled = graded(null, said);
  assert.match(unlabelled.notes[0]!, /nobody knows which regime was so/);
  assert.match(unlabelled.of('balanced accuracy').why, /no labels/);
  assert.deepEqual(
    ['time that it had a word', 'of that, range', 'of that, trend up', 'of that, volatile'].map(
      (name) => unlabelled.of(name).value,
    ),
    [0.75, 0.5, 0.5, 0],
  );
  assert.equal(unlabelled.of('changes of the word').value, 600);
  assert.equal(unlabelled.of('mean probability of the word').value, 0.5);
  const ordinary = graded([[label('ordinary', 0, 60_000)]], said);
  assert.match(ordinary.of('median delay').why, /no label names a range/);
  const silent = graded([[label('range', 0, 60_000)]], [null, null, null]);
  assert.match(silent.of('balanced accuracy').why, /not one word was said/);
  assert.match(silent.of('of that, range').why, /no word was said/);
  const known = graded([[label('range', 0, 60_000)]], said);
  assert.equal(known.of('balanced accuracy').value, 0.5);
  assert.equal(known.of('changes of the word').value, 600);
});
