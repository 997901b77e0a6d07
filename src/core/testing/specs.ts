import { Instrument, type InstrumentSpec } from '../instrument.ts';

const perpetual = (instId: string, settleCcy: string, rest: Partial<InstrumentSpec>): InstrumentSpec => ({
  instId,
  instType: 'SWAP',
  ctType: 'linear',
  tickSz: '0.1',
  lotSz: '0.01',
  minSz: '0.01',
  ctVal: '0.01',
  ctMult: '1',
  settleCcy,
  lever: '100',
  maxLmtSz: '100000000',
  maxMktSz: '35000',
  ...rest,
});

/** Instruments as OKX listed them in September 2026; SHIB stands for the tiny ticks. */
export const SPECS = {
  btc: perpetual('BTC-USDT-SWAP', 'USDT', {}),
  eth: perpetual('ETH-USDT-SWAP', 'USDT', { tickSz: '0.01', ctVal: '0.1', maxMktSz: '90000' }),
  btcInverse: perpetual('BTC-USD-SWAP', 'BTC', {
    ctType: 'inverse',
    ctVal: '100',
    lotSz: '0.1',
    minSz: '0.1',
    maxMktSz: '49000',
  }),
  shib: perpetual('SHIB-USDT-SWAP', 'USDT', {
    tickSz: '0.000000001',
    ctVal: '1000000',
    lotSz: '0.1',
    minSz: '0.1',
  }),
};

export const BTC = new Instrument(SPECS.btc);
export const ETH = new Instrument(SPECS.eth);
export const BTC_INVERSE = new Instrument(SPECS.btcInverse);
export const SHIB = new Instrument(SPECS.shib);
