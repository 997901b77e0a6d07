import { EventKind, type MarketEvent } from '../../core/events.ts';
import { ms, us } from '../../core/units.ts';

/** How a repeated run is told the same market. */
export interface Telling {
  /** So much after it was received, ms: the exchange's stamps stay. */
  readonly delayMs?: number;
  /** As if all had happened so much later, the exchange's stamps too, ms: the same market at another date. */
  readonly movedMs?: number;
}

/**
 * 28 years: the days of the week, of the month and of the year come back, leap years too, and so do the hours at which
 * funding is charged. A strategy that knows a calendar decides the same there; whoever looks prices up by their time in a
 * table that was made elsewhere finds nothing.
 */
export const ANOTHER_DATE_MS = 10_227 * 86_400_000;

/** Changes what an event says of its times. */
export function retell(event: MarketEvent, { delayMs = 0, movedMs = 0 }: Telling): void {
  event.at = us(event.at + (delayMs + movedMs) * 1000);
  switch (event.kind) {
    case EventKind.book:
      event.frame.exchangeAt = ms(event.frame.exchangeAt + movedMs);
      return;
    case EventKind.trade:
    case EventKind.mark:
      event.exchangeAt = ms(event.exchangeAt + movedMs);
      return;
    case EventKind.candle:
      event.openAt = ms(event.openAt + movedMs);
      return;
    case EventKind.funding:
      // what is due at a time is due later too: else a delayed run would miss what was told in the last moment
      if (event.fundingAt > 0) event.fundingAt = ms(event.fundingAt + delayMs + movedMs);
  }
}
