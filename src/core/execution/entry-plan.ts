import type { Place } from '../commands.ts';
import { exitContextOf } from '../exits/context.ts';
import { describeExitRefusal, type ExitsConfig, farthestEntry, placeExits } from '../exits/exits.ts';
import { bookLevels } from '../exits/levels.ts';
import type { Market } from '../market.ts';
import type { Opinion } from '../opinion.ts';
import { autoLeverage, entrySize, type SizingConfig } from '../position/sizing.ts';
import { ok, type Result, refuse } from '../result.ts';
import type { Risk } from '../risk/risk.ts';
import { type Side, type Ticks, ticks } from '../units.ts';
import type { ExecutionConfig } from './config.ts';

/** What an entry is made from. */
export interface EntryParts {
  readonly market: Market;
  readonly risk: Risk;
  readonly execution: ExecutionConfig;
  readonly sizing: SizingConfig;
  readonly exits: ExitsConfig;
}

export interface EntryPlan {
  /** Not approved yet. */
  readonly order: Place;
  /** The worst price that it was sized for, or would be if it followed the market. */
  readonly worst: Ticks;
  /** How exits and size came about, where they are not the plain ones. */
  readonly note: string;
}

/** Why there is none: in words, and its kind without the numbers. */
export interface NoEntry {
  readonly detail: string;
  readonly reason: string;
}

/** The order that a proposal comes to: where to enter, stop and target, size and leverage. Sends nothing and changes nothing. */
export function planEntry(
  { market, risk, execution, sizing, exits }: EntryParts,
  proposal: Opinion,
  index: number,
  clientOrderId: string,
): Result<EntryPlan, NoEntry> {
  const unconfirmed = whyUnconfirmed(market, execution, proposal);
  if (unconfirmed !== '') return refuse({ detail: unconfirmed, reason: 'confirmation' });
  const sigma = market.volatility.daily;
  if (sigma === null) return refuse({ detail: 'volatility not known yet', reason: 'volatility' });

  const { quote, instrument } = market;
  const { takerFee, slippageBpMax, follow } = execution;
  const { confidence } = proposal;
  const direction = proposal.direction === 'short' ? 'short' : 'long';
  const side: Side = direction === 'long' ? 'buy' : 'sell';
  const waits = execution.entry === 'postOnly';
  const near = side === 'buy' ? quote.bid : quote.ask;
  const far = side === 'buy' ? quote.ask : quote.bid;
  const reference = waits ? near : far;
  const shown = market.book.valid ? bookLevels(market.book, exits) : { supports: [], resistances: [] };
  const context = exitContextOf(market, shown, direction, reference, takerFee);
  const placed = placeExits(exits, instrument, context);
  if (!placed.ok) return refuse({ detail: describeExitRefusal(placed.error), reason: placed.error.reason });
  const { stopLoss, takeProfit } = placed.value;

  // an entry beyond its own target makes no sense, and OKX refuses it (51046)
  const slippage = Math.min(
    Math.floor((reference * slippageBpMax) / 10_000),
    Math.abs(takeProfit - reference) - 1,
  );
  const sign = side === 'buy' ? 1 : -1;
  let worst = ticks(reference + sign * slippage);
  if (waits) {
    // the exits stay where they are: an entry follows no further than they are worth having
    const farthest = sign * (farthestEntry(exits, placed.value, context.roundTripCost) - reference);
    worst = ticks(reference + sign * Math.max(0, Math.min(slippage, farthest)));
  }
  // what waits and is not to follow the market fills at its price or not at all
  const price = waits && follow.ticks === 0 ? reference : worst;
  const leverage = Math.min(
    autoLeverage(sizing, confidence, sigma),
    instrument.leverageMax,
    risk.leverageAllowed(index, side, price, stopLoss),
  );
  const { equity, record } = risk.history;
  const sized = entrySize(sizing, instrument, {
    ...{ side, price, stopLoss, confidence, sigma, equity, record, takerFee },
  });
  const order: Place = {
    kind: 'place',
    instrument: index,
    clientOrderId,
    side,
    type: execution.entry,
    size: sized.size,
    price: waits ? reference : worst,
    reduceOnly: false,
    // every venue takes whole leverage; down, never up
    leverage: Math.max(1, Math.floor(leverage)),
    takeProfit,
    stopLoss,
    protectionId: protectionIdOf(clientOrderId),
    purpose: 'entry',
  };
  const note = [placed.value.note, sized.note].filter((part) => part !== '').join('; ');
  return ok({ order, worst, note });
}

/** An entry's take profit and stop loss pair is known by the entry's id and an `x`. */
export const protectionIdOf = (clientOrderId: string): string => `${clientOrderId}x`;

/** Why the other opinion keeps us out; empty when it does not. */
function whyUnconfirmed(market: Market, { confirmation }: ExecutionConfig, proposal: Opinion): string {
  if (confirmation === 'none') return '';
  const other = market.otherThan(proposal);
  if (other === null || other.direction === 'none')
    return confirmation === 'agree' ? 'nothing confirms it' : '';
  if (other.direction === proposal.direction) return '';
  return `${other.name} is ${other.direction} at ${other.confidence.toFixed(2)}`;
}
