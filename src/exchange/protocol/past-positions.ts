import { formatMoney, parseMoney } from '../../core/instrument.ts';
import { lots, type Money, money, NO_MONEY, signOf, ticks } from '../../core/units.ts';
import type { Account, Holding } from '../accounts/account.ts';
import type { Fill } from '../accounts/order.ts';
import { averageText, sizeText } from './figures.ts';
import { plain } from './text.ts';

/** A position from its first fill to the last one, which closed it. */
interface Episode {
  readonly fills: Fill[];
  readonly long: boolean;
}

/**
 * What the fills of one holding added up to, from flat to flat, oldest first. What is held now says where they began; an
 * episode whose first fills are no longer kept is left out. A fill that turns the position ends one and begins another.
 */
function episodes(fills: readonly Fill[], held: number): Episode[] {
  const found: Episode[] = [];
  let size = fills.reduce((left, fill) => left - signOf(fill.side) * fill.size, held);
  let current: Fill[] | null = size === 0 ? [] : null;
  for (const fill of fills) {
    const after = size + signOf(fill.side) * fill.size;
    const turns = size * after < 0;
    current?.push(turns ? { ...fill, size: Math.abs(size) } : fill);
    if (after === 0 || turns) {
      if (current !== null) found.push({ fills: current, long: signOf(current[0]!.side) > 0 });
      current = turns ? [{ ...fill, size: Math.abs(after), fee: '0', pnl: '0' }] : [];
    }
    size = after;
  }
  return found;
}

export function pastPositions(
  account: Account,
  holding: Holding,
  fills: readonly Fill[],
): Record<string, unknown>[] {
  const { market } = holding;
  const { instrument } = market;
  return episodes(fills, holding.size).map(({ fills: all, long }) => {
    const first = all[0]!;
    const last = all[all.length - 1]!;
    const opening = all.filter(({ side }) => (side === 'buy') === long);
    const closing = all.filter(({ side }) => (side === 'buy') !== long);
    const total = (of: readonly Fill[]): number => of.reduce((sum, { size }) => sum + size, 0);
    const average = (of: readonly Fill[]): string => {
      const value = of.reduce((sum, fill) => sum + instrument.value(lots(fill.size), ticks(fill.price)), 0n);
      return averageText(market, instrument.averagePrice(lots(total(of)), money(value)));
    };
    const sum = (texts: readonly string[]): Money =>
      texts.reduce((so, text) => money(so + parseMoney(text)), NO_MONEY);
    const pnl = sum(all.map((fill) => fill.pnl));
    const fee = sum(all.map((fill) => fill.fee));
    const charged = account.bills.items.filter(
      ({ type, instId, at }) => instId === instrument.id && type === '8' && at >= first.at && at <= last.at,
    );
    const funding = sum(charged.map(({ change }) => change));
    const liquidated = account.bills.items.some(
      ({ type, tradeId }) => type === '5' && tradeId === String(last.tradeId),
    );
    const realized = money(pnl + fee + funding);
    const margin = opening.reduce(
      (so, fill) => so + instrument.value(lots(fill.size), ticks(fill.price)),
      0n,
    );
    return {
      instType: 'SWAP',
      instId: instrument.id,
      uly: instrument.id.replace('-SWAP', ''),
      posId: holding.id,
      mgnMode: 'cross',
      posSide: 'net',
      direction: long ? 'long' : 'short',
      type: liquidated ? '3' : '2',
      lever: String(holding.leverage),
      ccy: instrument.settleCurrency,
      openAvgPx: average(opening),
      nonSettleAvgPx: '',
      closeAvgPx: average(closing),
      openMaxPos: sizeText(market, total(opening)),
      closeTotalPos: sizeText(market, total(closing)),
      pnl: formatMoney(pnl),
      pnlRatio: margin === 0n ? '' : plain((Number(realized) / Number(margin)) * holding.leverage),
      realizedPnl: formatMoney(realized),
      fee: formatMoney(fee),
      fundingFee: formatMoney(funding),
      liqPenalty: '0',
      settledPnl: '',
      triggerPx: '',
      cTime: String(first.at),
      uTime: String(last.at),
    };
  });
}
