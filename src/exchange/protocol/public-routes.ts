import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { formatMoney, moneyToNumber } from '../../core/instrument.ts';
import { lots, NO_MONEY, ticks } from '../../core/units.ts';
import type { Candle, CandleBook } from '../history/candles.ts';
import type { Market } from '../market/market.ts';
import type { Fields } from './fields.ts';
import { dollarPrice } from './figures.ts';
import {
  candleRow,
  fundingRow,
  indexOf,
  indexRow,
  markRow,
  openInterestRow,
  priceLimitRow,
  referenceRow,
  tickerRow,
  tradeRow,
} from './market-rows.ts';
import {
  type Answer,
  type Call,
  type Limit,
  missing,
  no,
  type PublicRoute,
  page,
  perTwoSeconds,
  type Routes,
  rows,
  wrongParameter,
} from './route.ts';
import { plain } from './text.ts';

const UNKNOWN = "Instrument ID, Instrument ID code, or Spread ID doesn't exist.";

const open = (limit: Limit, answer: PublicRoute['answer']): PublicRoute => ({
  access: 'public',
  limit,
  answer,
});

/** For endpoints of one instrument. */
function ofInstrument(answer: (call: Call, market: Market) => Answer): (call: Call) => Answer {
  return (call) => {
    const id = call.fields.text('instId');
    if (id === '') return missing('instId');
    const market = call.gateway.exchange.market(id);
    return market === undefined ? no('51001', UNKNOWN) : answer(call, market);
  };
}

/** Markets that instType, instId, instFamily or uly select. */
function selected({ gateway, fields }: Call): readonly Market[] {
  const type = fields.text('instType');
  const id = fields.text('instId');
  const family = fields.text('instFamily') || fields.text('uly');
  return gateway.exchange.markets.filter(
    (market) =>
      (type === '' || type === 'SWAP' || type === 'ANY') &&
      (id === '' || id === 'ANY' || market.instrument.id === id) &&
      (family === '' || indexOf(market) === family),
  );
}

const TYPES = ['SPOT', 'MARGIN', 'SWAP', 'FUTURES', 'OPTION', 'EVENTS'];

export function instruments(call: Call): Answer {
  const type = call.fields.text('instType');
  if (type === '') return missing('instType');
  if (!TYPES.includes(type)) return wrongParameter('instType');
  const markets = selected(call);
  if (call.fields.text('instId') !== '' && markets.length === 0) return no('51001', UNKNOWN);
  return rows(...markets.map(({ listing }) => listing.row));
}

/** One row for each market that is selected. */
const each =
  (row: (market: Market) => unknown) =>
  (call: Call): Answer => {
    const markets = selected(call);
    if (call.fields.text('instId') !== '' && markets.length === 0) return no('51001', UNKNOWN);
    return rows(...markets.map(row));
  };

function candles(
  market: Market,
  book: CandleBook,
  fields: Fields,
  building: boolean,
  row = candleRow,
  most = 300,
): Answer {
  const series = book.of(fields.text('bar') || '1m');
  if (series === undefined) return wrongParameter('bar');
  const all: { candle: Candle; closed: boolean }[] = series.closed.map((candle) => ({
    candle,
    closed: true,
  }));
  if (building) all.push({ candle: series.building, closed: false });
  all.reverse();
  return rows(
    ...page(all, fields, ({ candle }) => candle.openAt, most, 100, true).map(({ candle, closed }) =>
      row(market, candle, closed),
    ),
  );
}

/** Bars of index (asked by `BTC-USDT`) or mark. */
const references =
  (of: 'index' | 'mark', building: boolean) =>
  (call: Call): Answer => {
    const id = call.fields.text('instId');
    if (id === '') return missing('instId');
    const feed = call.gateway.feedOf(of === 'index' ? `${id.replace('-SWAP', '')}-SWAP` : id);
    if (feed === undefined) return no('51001', UNKNOWN);
    return candles(feed.market, feed.reference(of), call.fields, building, referenceRow, 100);
  };

/** Every level there is: price, contracts, orders. */
const booksFull = ofInstrument(({ fields }, market) => {
  const depth = Number(fields.text('sz') || 1);
  if (!(depth >= 1 && depth <= 5000)) return wrongParameter('sz');
  const side = (from: BookSide): string[][] => {
    const { book, instrument } = market;
    const levels: string[][] = [];
    for (let at = book.best(from); levels.length < depth && !Number.isNaN(at); at = book.behind(from, at))
      levels.push([
        instrument.formatPrice(ticks(at)),
        instrument.formatSize(lots(book.sizeAt(at))),
        String(book.ordersAt(at)),
      ]);
    return levels;
  };
  return rows({ asks: side(ASK), bids: side(BID), ts: String(market.now) });
});

const books = ofInstrument(({ gateway, fields }, market) => {
  const depth = Number(fields.text('sz') || 1);
  if (!(depth >= 1 && depth <= 400)) return wrongParameter('sz');
  const { books: published } = gateway.feedOf(market.instrument.id)!;
  return rows({
    asks: published.rows(ASK, depth),
    bids: published.rows(BID, depth),
    ts: String(published.at),
    seqId: published.sequence,
  });
});

const trades = ofInstrument(({ fields }, market) => {
  const limit = Math.max(1, Math.min(500, Number(fields.text('limit') || 100)));
  return rows(
    ...market.trades
      .slice(-limit)
      .reverse()
      .map((trade) => tradeRow(market, trade)),
  );
});

/** As far back as trades are kept; `type` 1 pages by trade, 2 by time. */
const historyTrades = ofInstrument(({ fields }, market) => {
  const byTime = fields.text('type') === '2';
  const all = [...market.trades].reverse();
  return rows(
    ...page(all, fields, ({ tradeId, at }) => (byTime ? at : tradeId)).map((trade) => {
      const { seqId: _seqId, ...row } = tradeRow(market, trade);
      return row;
    }),
  );
});

const fundingHistory = ofInstrument(({ fields }, market) =>
  rows(
    ...page([...market.funding.past].reverse(), fields, ({ at }) => at, 400, 100).map(({ at, rate }) => ({
      instType: 'SWAP',
      instId: market.instrument.id,
      formulaType: 'noRate',
      fundingRate: rate,
      realizedRate: rate,
      fundingTime: String(at),
      method: 'current_period',
    })),
  ),
);

function tiers(call: Call): Answer {
  if (call.fields.text('instType') === '') return missing('instType');
  return rows(
    ...selected(call).flatMap((market) =>
      market.listing.tiers.map((tier, at) => ({
        instType: 'SWAP',
        instId: market.instrument.id,
        instFamily: indexOf(market),
        uly: indexOf(market),
        tier: String(at + 1),
        minSz: at === 0 ? '0' : String(market.listing.tiers[at - 1]!.sizeMax),
        maxSz: String(tier.sizeMax),
        mmr: tier.maintenance,
        imr: tier.initial,
        maxLever: String(tier.leverageMax),
        optMgnFactor: '0',
        quoteMaxLoan: '',
        baseMaxLoan: '',
      })),
    ),
  );
}

const FUND_TYPES = [
  'regular_update',
  'liquidation_balance_deposit',
  'bankruptcy_loss',
  'platform_revenue',
  'adl',
];

/**
 * What the insurance fund has, by the currency that a family settles in. The daily rows are not kept: only what is there
 * now. Less than nothing where liquidations cost more than they brought: nobody is deleveraged for it.
 */
function insuranceFund(call: Call): Answer {
  const { exchange, clock } = call.gateway;
  if (call.fields.text('instType') === '') return missing('instType');
  if (!TYPES.includes(call.fields.text('instType'))) return wrongParameter('instType');
  const family = call.fields.text('instFamily') || call.fields.text('uly');
  if (family === '') return missing('instFamily');
  const type = call.fields.text('type');
  if (type !== '' && !FUND_TYPES.includes(type)) return wrongParameter('type');
  const [market] = selected(call);
  if (market === undefined) return no('51001', UNKNOWN);
  const { markets } = exchange;
  const total = [...exchange.clearing.insurance].reduce(
    (sum, [currency, amount]) => sum + moneyToNumber(amount) * dollarPrice(currency, markets),
    0,
  );
  const ccy = market.instrument.settleCurrency;
  const now = {
    adlType: '',
    amt: '',
    balance: formatMoney(exchange.clearing.insurance.get(ccy) ?? NO_MONEY),
    ccy,
    maxBal: '',
    maxBalTs: '',
    ts: String(clock),
    type: 'regular_update',
  };
  const details = type === '' || type === now.type ? [now] : [];
  return rows({ details, instFamily: family, instType: 'SWAP', total: plain(total) });
}

function indexTickers({ gateway, fields }: Call): Answer {
  const id = fields.text('instId');
  const quote = fields.text('quoteCcy');
  const markets = gateway.exchange.markets.filter((market) =>
    id !== '' ? indexOf(market) === id : indexOf(market).endsWith(`-${quote}`),
  );
  return markets.length === 0 ? no('51001', UNKNOWN) : rows(...markets.map(indexRow));
}

/** Endpoints that anybody may ask, with their limits per address. */
export const publicRoutes: Routes = {
  'GET public/time': open(perTwoSeconds(10), ({ gateway }) => rows({ ts: String(gateway.clock) })),
  'GET public/instruments': open(perTwoSeconds(20), instruments),
  'GET public/funding-rate': open(perTwoSeconds(10), each(fundingRow)),
  'GET public/funding-rate-history': open(perTwoSeconds(10), fundingHistory),
  'GET public/mark-price': open(perTwoSeconds(10), each(markRow)),
  'GET public/price-limit': open(
    perTwoSeconds(20),
    ofInstrument((_call, market) => rows(priceLimitRow(market))),
  ),
  'GET public/open-interest': open(perTwoSeconds(20), each(openInterestRow)),
  'GET public/position-tiers': open(perTwoSeconds(10), tiers),
  'GET public/insurance-fund': open(perTwoSeconds(10), insuranceFund),
  'GET market/books': open(perTwoSeconds(40), books),
  'GET market/candles': open(
    perTwoSeconds(40),
    ofInstrument(({ fields }, market) => candles(market, market.candles, fields, true)),
  ),
  'GET market/history-candles': open(
    perTwoSeconds(20),
    ofInstrument(({ fields }, market) => candles(market, market.candles, fields, false)),
  ),
  'GET market/mark-price-candles': open(perTwoSeconds(20), references('mark', true)),
  'GET market/history-mark-price-candles': open(perTwoSeconds(10), references('mark', false)),
  'GET market/index-candles': open(perTwoSeconds(20), references('index', true)),
  'GET market/history-index-candles': open(perTwoSeconds(10), references('index', false)),
  'GET market/books-full': open(perTwoSeconds(10), booksFull),
  'GET market/trades': open(perTwoSeconds(100), trades),
  'GET market/history-trades': open(perTwoSeconds(20), historyTrades),
  'GET market/ticker': open(
    perTwoSeconds(20),
    ofInstrument((_call, market) => rows(tickerRow(market))),
  ),
  'GET market/tickers': open(perTwoSeconds(20), each(tickerRow)),
  'GET market/index-tickers': open(perTwoSeconds(20), indexTickers),
  'GET system/status': open({ most: 1, window: 5000 }, ({ gateway, fields }) =>
    rows(...gateway.status.rows(fields.text('state'))),
  ),
};
