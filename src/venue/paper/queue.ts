/**
 * Where a resting order stands among the others at its price. The feed shows how many lots there are, not whose: of what
 * goes away without a trade, somebody must decide how much stood before us. From the most pessimistic to the most
 * optimistic (`docs/decisions/0010-queue-model.md` measures them against queues that are known order by order):
 *
 * - `tradesOnly`: none of it. We advance by trades alone, though the displayed size proves that we must be further.
 * - `behindFirst`: none, as long as there is something behind us. `RiskAdverseQueueModel` of hftbacktest.
 * - `power`: of the lots that go, the share behind / (ahead + behind) stood behind us, both to the power `exponent`; 1 =
 *   every lot is as likely to go as any other; larger = more from the longer part. `PowerProbQueueFunc` there.
 * - `log`: the same with ln(1 + lots) in place of the power. `LogProbQueueFunc` there.
 * - `aheadFirst`: all of it, as long as there is somebody before us. Nobody's belief: the other bound.
 *
 * Sources: E. Rigtorp, "Estimating order queue position", 2013; hftbacktest, `models/queue.rs`. Ours differs from it in one
 * point: trades since the last book are taken from the displayed size before what is behind us is reckoned.
 */
export type QueueModel =
  | { readonly kind: 'tradesOnly' }
  | { readonly kind: 'behindFirst' }
  | { readonly kind: 'power'; readonly exponent: number }
  | { readonly kind: 'log' }
  | { readonly kind: 'aheadFirst' };

/** A place in a queue. In lots; fractions where a model splits them. */
export interface QueuePlace {
  /** What stood before us when we came; `UNSEEN` until the book reached so far. */
  atFirst: number;
  /** What still stands before us; `UNSEEN` while the book does not reach so far. */
  ahead: number;
  /** What the last book displayed at our price, ours not in it. */
  shown: number;
  /** What traded at our price since that book. */
  traded: number;
  /** The same three before that book, for a trade that is told after the book that shows it already; null = no such. */
  before: { ahead: number; readonly shown: number; traded: number } | null;
  /** Books seen from our place. */
  books: number;
}

/** More than there ever is: all that will be seen at our price is taken to stand before us. */
const UNSEEN = Number.MAX_SAFE_INTEGER;

/** The place of an order that comes to rest behind all that is displayed; `null` = the book does not reach so far. */
export function joinQueue(shown: number | null): QueuePlace {
  const ahead = shown ?? UNSEEN;
  return { atFirst: ahead, ahead, shown: shown ?? 0, traded: 0, before: null, books: 0 };
}

/** A trade at our price takes from the front; gives how much of it came as far as us. */
export function tradeInQueue(place: QueuePlace, size: number): number {
  const reached = Math.max(0, size - place.ahead);
  place.ahead = Math.max(0, place.ahead - size);
  place.traded += size;
  return reached;
}

/**
 * As `tradeInQueue`, for a trade that the last book shows already: the step to that book is taken again, knowing of it. In
 * the first step of our own nobody can say whether the trade came before us: it takes from the front, and does not reach us.
 */
export function lateTradeInQueue(place: QueuePlace, model: QueueModel, size: number): number {
  const { before, books, shown, traded } = place;
  if (before === null) return 0;
  const reached = books > 1 ? Math.max(0, size - before.ahead) : 0;
  before.ahead = Math.max(0, before.ahead - size);
  before.traded += size;
  place.ahead = Math.max(0, aheadAfter(before, model, shown) - traded);
  return reached;
}

/** The book shows `shown` lots at our price now; `null` = it does not reach so far, and nothing is known. */
export function followQueue(place: QueuePlace, model: QueueModel, shown: number | null): void {
  if (shown === null) return;
  if (place.atFirst === UNSEEN) {
    place.atFirst = shown;
    place.ahead = shown;
  } else {
    place.before = { ahead: place.ahead, shown: place.shown, traded: place.traded };
    place.ahead = aheadAfter(place.before, model, shown);
  }
  place.shown = shown;
  place.traded = 0;
  place.books++;
}

/** What stands before us when the book that follows `from` shows `shown`. */
function aheadAfter(
  from: Readonly<NonNullable<QueuePlace['before']>>,
  model: QueueModel,
  shown: number,
): number {
  // what is left of what was shown, after those who traded
  const left = Math.max(0, from.shown - from.traded);
  const gone = left - shown;
  const ahead = gone > 0 ? afterCancels(model, from.ahead, Math.max(0, left - from.ahead), gone) : from.ahead;
  return model.kind === 'tradesOnly' ? ahead : Math.min(ahead, shown);
}

/** What stands before us after `gone` lots were canceled of `ahead` and `behind`. */
function afterCancels(model: QueueModel, ahead: number, behind: number, gone: number): number {
  switch (model.kind) {
    case 'tradesOnly':
      return ahead;
    case 'aheadFirst':
      return Math.max(0, ahead - gone);
    case 'behindFirst':
      return Math.max(0, ahead - Math.max(0, gone - behind));
    case 'power':
    case 'log': {
      // of the ratio rather than of the lots: a power of many lots would not fit a number
      const share =
        model.kind === 'log'
          ? Math.log1p(behind) / (Math.log1p(ahead) + Math.log1p(behind))
          : 1 / (1 + (ahead / behind) ** model.exponent);
      // both empty: there is nothing to take from
      const fromBehind = Math.min(behind, Number.isNaN(share) ? 0 : share * gone);
      return Math.max(0, ahead - (gone - fromBehind));
    }
  }
}
