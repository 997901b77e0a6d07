import type { Account } from '../accounts/account.ts';
import { type Refusal, refusal } from '../accounts/refusal.ts';
import type { Market } from '../market/market.ts';
import type { AlgoType, Trigger, TriggerPrice } from './algo.ts';
import type { AlgoPlacement } from './algo-desk.ts';

/** What speaks against an algo order, in OKX's codes and words. */

/** Of one kind and instrument. */
const MOST: Readonly<Record<AlgoType, number>> = {
  conditional: 100,
  oco: 100,
  trigger: 500,
  move_order_stop: 50,
};
const RATIO_MIN = 0.001;
const RATIO_MAX = 1;

/** Which of a pair of prices it is, and on which side of the market it should be. */
const SIDES = {
  last: { buy: ['51277', '51278'], sell: ['51279', '51280'] },
  mark: { buy: ['51300', '51302'], sell: ['51303', '51304'] },
  index: { buy: ['51305', '51306'], sell: ['51307', '51308'] },
} as const;

/** The price a trigger watches, and how far it went since anybody looked. */
export function reach(market: Market, watches: TriggerPrice): { highest: number; lowest: number } {
  if (watches === 'last') return market;
  const at = watches === 'mark' ? market.mark : market.index;
  return { highest: at, lowest: at };
}

export function checkAlgo(account: Account, placement: AlgoPlacement): Refusal | null {
  const { market, clientId, type, size, trailing } = placement;
  const { instrument } = market;
  const isPair = (one: AlgoType): boolean => one === 'oco' || one === 'conditional';
  let count = 0;
  for (const algo of account.algos.values()) {
    const alike = algo.type === type || (isPair(algo.type) && isPair(type));
    if (algo.instId === instrument.id && alike) count += 1;
    if (clientId !== '' && algo.clientId === clientId) return refusal('51065', 'algoClOrdId already exists.');
    if (placement.size === 0 && isPair(type) && alike && algo.size === 0 && isSamePosition(algo, placement))
      return refusal('51088', 'You can only place 1 TP/SL order to close an entire position');
  }
  if (count >= MOST[type])
    return type === 'move_order_stop'
      ? refusal(
          '51260',
          `Maximum of ${MOST[type]} pending trailing stop orders can be held at the same time.`,
        )
      : refusal('51261', `Each user can hold up to ${MOST[type]} pending stop orders at the same time.`);
  if (size !== 0 && size < instrument.sizeMin)
    return refusal(
      '51020',
      `Your order should meet or exceed the minimum order amount of ${instrument.spec.minSz}.`,
    );
  if (size * instrument.lotSize > Number(market.listing.row.maxTriggerSz))
    return refusal('51252', 'Algo order amount is out of the available range.');
  if (trailing !== null) return checkTrailing(placement);
  return type === 'trigger' ? null : checkLegs(placement);
}

const isSamePosition = (
  one: { instId: string; mode: string; positionSide: string },
  { market, mode, positionSide }: AlgoPlacement,
): boolean => one.instId === market.instrument.id && one.mode === mode && one.positionSide === positionSide;

function checkTrailing({ market, side, trailing }: AlgoPlacement): Refusal | null {
  const { ratio, activeAt } = trailing!;
  if (ratio !== '' && !(Number(ratio) >= RATIO_MIN && Number(ratio) <= RATIO_MAX))
    return refusal(
      '51311',
      `Failed to place trailing stop order. Callback rate should be within ${RATIO_MIN}<x<=${RATIO_MAX}`,
    );
  if (activeAt !== 0 && side === 'sell' && activeAt <= market.last)
    return refusal(
      '51258',
      'Trailing stop order placement failed. The trigger price of a sell order must be higher than the last transaction price.',
    );
  if (activeAt !== 0 && side === 'buy' && activeAt >= market.last)
    return refusal(
      '51259',
      'Trailing stop order placement failed. The trigger price of a buy order must be lower than the last transaction price.',
    );
  return null;
}

/** Selling: take profit above the market, stop loss below; buying mirrored. A limit take profit waits for nothing. */
export function checkLegs(
  placement: Pick<AlgoPlacement, 'market' | 'side' | 'takeProfit' | 'stopLoss'>,
): Refusal | null {
  const { market, side, takeProfit, stopLoss } = placement;
  const isAbove = ({ at, watches }: Trigger): boolean => at > reach(market, watches).highest;
  const isBelow = ({ at, watches }: Trigger): boolean => at < reach(market, watches).lowest;
  const [profitSide, lossSide] = side === 'sell' ? [isAbove, isBelow] : [isBelow, isAbove];
  const [profitWord, lossWord] = side === 'sell' ? ['lower', 'higher'] : ['higher', 'lower'];
  if (takeProfit !== null && !profitSide(takeProfit))
    return refusal(
      SIDES[takeProfit.watches][side][0],
      `TP trigger price cannot be ${profitWord} than the ${takeProfit.watches} price`,
    );
  if (stopLoss !== null && !lossSide(stopLoss))
    return refusal(
      SIDES[stopLoss.watches][side][1],
      `SL trigger price cannot be ${lossWord} than the ${stopLoss.watches} price`,
    );
  return null;
}
