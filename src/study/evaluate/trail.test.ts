import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BID } from '../../core/book/frame.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import type { Brain } from '../../core/brain/brain.ts';
import type { Finding } from '../../core/brain/finding.ts';
import { us } from '../../core/units.ts';
import { parting, Trail } from './trail.ts';

const FINDING: Finding = {
  ...{ kind: 'spoof', id: 1, pattern: 'wall', side: BID, low: 100, high: 100, size: 7 },
  ...{ since: us(1), at: us(2), likelihood: 0.5 },
};
/** What is said in the sixth of ten frames, a second apart. */
interface Said {
  readonly score?: number;
  readonly likelihood?: number;
  readonly figure?: number;
  readonly evidence?: number;
  readonly finding?: Partial<Finding>;
}

function trailOf({ score = 0.1, likelihood = 0.2, figure = 3, evidence = 0.4, finding = {} }: Said): Trail {
  const trail = new Trail();
  for (let i = 0; i < 10; i++) {
    const other = i === 5;
    if (other) trail.finding({ ...FINDING, ...finding });
    const detector = {
      ...{ name: 'one', score: other ? score : 0.1, likelihood: other ? likelihood : 0.2 },
      figures: () => ({ lots: other ? figure : 3 }),
    };
    const signal = { evidence: other ? evidence : 0.4, confidence: 0.5, direction: 'none', lean: 'long' };
    trail.frame({ detectors: [detector], signal } as unknown as Brain, new OrderBook(), us(1e9 + i * 1e6));
  }
  return trail;
}

test('whatever of it is another, another thing was said, and it is known by whom and when', () => {
  const end = Number.POSITIVE_INFINITY;
  const plain = trailOf({});
  assert.deepEqual(parting(plain, trailOf({}), end), { frames: 10, different: 0, first: null });
  const others: readonly [Said, string][] = [
    [{ score: 0.1 + 2e-17 }, 'one'],
    [{ likelihood: 0.3 }, 'one'],
    [{ figure: 4 }, 'one'],
    [{ evidence: 0.5 }, 'signal'],
    [{ finding: { likelihood: 0.6 } }, 'findings'],
    [{ finding: { size: 8 } }, 'findings'],
    [{ finding: { low: 99 } }, 'findings'],
    [{ finding: { pattern: 'layering' } }, 'findings'],
  ];
  for (const [said, voice] of others) {
    const other = trailOf(said);
    const what = JSON.stringify(said);
    assert.deepEqual(parting(plain, other, end).first, { at: 1e9 + 5e6, voice }, what);
  }
});
