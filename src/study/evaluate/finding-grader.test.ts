import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BID } from '../../core/book/frame.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { us } from '../../core/units.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { findingGrader } from './finding-grader.ts';

const FROM = 1_800_000_000_000;
const label: Label = {
  ...{
    kind: 'spoof_wall',
    instrument: 'X',
    from: FROM + 60_000,
    to: FROM + 63_000,
    side: 'buy',
    prices: [100],
  },
  ...{ size: 1, participant: 'p', parameters: {}, trades: [] },
  orders: [
    {
      ...{ id: 1, role: 'decoy', side: 'buy', price: 100, size: 1, traded: 0, ended: 'canceled' },
      ...{ from: FROM + 60_000, to: FROM + 63_000 },
    },
  ],
};

/** Recall of one finding, told `lateMs` after the label's beginning, with our clock so far ahead of the exchange's. */
function recall(lateMs: number, aheadMs: number): number | null {
  const grader = findingGrader({
    ...{ kind: 'spoof', name: 'x', question: '?', notes: [], rivals: [] },
    rule: {
      ...{ wanted: ['spoof_wall'], innocent: [], toleranceTicks: 1, graceMs: 500, slackMs: 100, mergeMs: 0 },
    },
  })({} as never);
  const [observer] = grader.watch({} as never, new OrderBook());
  const at = us((FROM + 60_000 + lateMs) * 1000);
  observer!.finding!({
    ...{ kind: 'spoof', id: 1, pattern: 'wall', side: BID, low: 100, high: 100, size: 1, likelihood: 0.9 },
    ...{ since: at, at },
  });
  const span = { from: us(FROM * 1000), to: us((FROM + 600_000) * 1000), frames: 1, trades: 0, changes: 1 };
  grader.played({ events: 1, spans: [{ ...span, aheadMs }] }, [[label]]);
  const { figures } = grader.section()!;
  return figures.find(({ name }) => name === 'recall at 2 false alarms an hour')!.figure.value;
}

test('labels are set to a recorder’s clock that was behind: what is told by it at the label’s time is a hit', () => {
  assert.equal(recall(200, 0), 1);
  assert.equal(recall(-1300, 0), 0, 'before the label stood');
  assert.equal(recall(-1300, -1500), 1);
  assert.equal(recall(2500, -1500), 0, 'by our clock it was over a second ago');
  // a feed that is late is no clock that is wrong
  assert.equal(recall(3800, 1500), 0);
});
