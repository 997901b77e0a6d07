import { Instrument, type InstrumentSpec } from '../../core/instrument.ts';

/** One listed perpetual swap: what OKX prints of it and what the agents must know to make a market in it. */
export interface Listing {
  readonly instrument: Instrument;
  readonly code: number;
  /** Asset whose latent value it follows. */
  readonly asset: 'BTC' | 'ETH';
  /** Price where a market without a past begins, quote currency. */
  readonly startPrice: number;
  /** Lots of an ordinary order: the agents' sizes are multiples of it. */
  readonly unitLots: number;
  /** Orders and trades per second relative to BTC-USDT-SWAP. */
  readonly activity: number;
  readonly tiers: readonly Tier[];
  /** The object of `public/instruments`. */
  readonly row: Readonly<Record<string, unknown>>;
}

/** Position tier: up to `sizeMax` contracts. Rates as decimal text. */
export interface Tier {
  readonly sizeMax: number;
  readonly maintenance: string;
  readonly initial: string;
  readonly leverageMax: number;
}

/** Tier 1 as OKX prints it for BTC and ETH; the higher ones are a model: each doubles size and rates. */
function tiers(first: number): Tier[] {
  return [
    { sizeMax: first, maintenance: '0.004', initial: '0.01', leverageMax: 100 },
    { sizeMax: first * 5, maintenance: '0.008', initial: '0.02', leverageMax: 50 },
    { sizeMax: first * 20, maintenance: '0.02', initial: '0.05', leverageMax: 20 },
    { sizeMax: first * 100, maintenance: '0.05', initial: '0.1', leverageMax: 10 },
  ];
}

interface Terms {
  readonly instId: string;
  readonly code: number;
  readonly ctType: 'linear' | 'inverse';
  readonly ctVal: string;
  readonly lotSz: string;
  readonly tickSz: string;
  readonly maxMktSz: string;
  readonly asset: 'BTC' | 'ETH';
  readonly startPrice: number;
  readonly unitLots: number;
  readonly activity: number;
  readonly tierOne: number;
  readonly listTime: string;
}

function list(terms: Terms): Listing {
  const family = terms.instId.replace('-SWAP', '');
  const settleCcy = terms.ctType === 'linear' ? 'USDT' : terms.asset;
  const row = {
    instType: 'SWAP',
    instId: terms.instId,
    instIdCode: terms.code,
    uly: family,
    instFamily: family,
    baseCcy: '',
    quoteCcy: '',
    settleCcy,
    ctType: terms.ctType,
    ctVal: terms.ctVal,
    ctMult: '1',
    ctValCcy: terms.ctType === 'linear' ? terms.asset : 'USD',
    lotSz: terms.lotSz,
    minSz: terms.lotSz,
    tickSz: terms.tickSz,
    lever: '100',
    maxLmtSz: '100000000',
    maxMktSz: terms.maxMktSz,
    maxStopSz: terms.maxMktSz,
    maxTriggerSz: '100000000',
    maxTwapSz: '100000000',
    maxIcebergSz: '100000000',
    maxLmtAmt: '20000000',
    maxMktAmt: '',
    state: 'live',
    ruleType: 'normal',
    category: '1',
    instCategory: '1',
    groupId: '4',
    listTime: terms.listTime,
    contTdSwTime: terms.listTime,
    openType: '',
    expTime: '',
    alias: '',
    optType: '',
    stk: '',
    auctionEndTime: '',
    initPxLmtPct: '0.02',
    floatPxLmtPct: '0.005',
    maxPxLmtPct: '0.01',
    futureSettlement: false,
    tradeQuoteCcyList: [],
    upcChg: [],
  };
  return {
    instrument: new Instrument(row as InstrumentSpec),
    code: terms.code,
    asset: terms.asset,
    startPrice: terms.startPrice,
    unitLots: terms.unitLots,
    activity: terms.activity,
    tiers: tiers(terms.tierOne),
    row,
  };
}

/** Terms of 2026-09-25 as OKX published them; the start prices are ours. */
export function listings(): Listing[] {
  return [
    list({
      instId: 'BTC-USDT-SWAP',
      code: 10459,
      ctType: 'linear',
      ctVal: '0.01',
      lotSz: '0.01',
      tickSz: '0.1',
      maxMktSz: '35000',
      asset: 'BTC',
      startPrice: 60_000,
      unitLots: 100,
      activity: 1,
      tierOne: 1000,
      listTime: '1573557408000',
    }),
    list({
      instId: 'ETH-USDT-SWAP',
      code: 10461,
      ctType: 'linear',
      ctVal: '0.1',
      lotSz: '0.01',
      tickSz: '0.01',
      maxMktSz: '90000',
      asset: 'ETH',
      startPrice: 3000,
      unitLots: 120,
      activity: 0.4,
      tierOne: 5000,
      listTime: '1611916828000',
    }),
    list({
      instId: 'BTC-USD-SWAP',
      code: 10458,
      ctType: 'inverse',
      ctVal: '100',
      lotSz: '0.1',
      tickSz: '0.1',
      maxMktSz: '49000',
      asset: 'BTC',
      startPrice: 60_000,
      unitLots: 30,
      activity: 0.2,
      tierOne: 5000,
      listTime: '1544515200000',
    }),
  ];
}
