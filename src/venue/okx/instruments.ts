import { Instrument, type InstrumentSpec, type TierSpec } from '../../core/instrument.ts';
import { VenueError } from '../venue.ts';
import { needText, type Row, textOf, wholeOf } from './codec/fields.ts';
import type { OkxRest } from './rest.ts';

/** One row of `public/instruments`. Spot counts as linear with contract value 1; an option as linear (never traded). */
export function instrumentSpecOf(row: Row): InstrumentSpec {
  const instType = needText(row, 'instType');
  return {
    instId: needText(row, 'instId'),
    instType,
    ctType: textOf(row, 'ctType') === 'inverse' ? 'inverse' : 'linear',
    tickSz: needText(row, 'tickSz'),
    lotSz: needText(row, 'lotSz'),
    minSz: needText(row, 'minSz'),
    ctVal: textOf(row, 'ctVal') || '1',
    ctMult: textOf(row, 'ctMult') || '1',
    settleCcy: textOf(row, 'settleCcy') || textOf(row, 'quoteCcy'),
    lever: textOf(row, 'lever'),
    maxLmtSz: textOf(row, 'maxLmtSz'),
    maxMktSz: textOf(row, 'maxMktSz'),
    instIdCode: wholeOf(row, 'instIdCode', 0),
  };
}

/** The instruments by id, in the order asked. Throws a `VenueError` naming those that are unknown or not tradable. */
export async function fetchInstruments(rest: OkxRest, instIds: readonly string[]): Promise<Instrument[]> {
  return Promise.all(
    instIds.map(async (instId) => {
      const rows = await rowsOf(rest, instId);
      const row = rows.find((candidate) => textOf(candidate, 'instId') === instId);
      if (row === undefined)
        throw new VenueError(`${instId}: OKX knows no such instrument; check the spelling`, '51001', 'stop');
      const state = textOf(row, 'state');
      if (state !== 'live')
        throw new VenueError(`${instId}: not open for trading now (state "${state}")`, '51021', 'stop');
      return new Instrument({ ...instrumentSpecOf(row), ...(await tiersOf(rest, instId)) });
    }),
  );
}

/** Of cross margin, lowest first; nothing for spot. */
async function tiersOf(rest: OkxRest, instId: string): Promise<{ readonly tiers?: readonly TierSpec[] }> {
  if (!instId.endsWith('-SWAP')) return {};
  const rows = await rest.positionTiers(instId.slice(0, -'-SWAP'.length), 'cross');
  const numbered = rows
    .filter((row) => ['', instId].includes(textOf(row, 'instId')))
    .map((row) => ({
      tier: wholeOf(row, 'tier', 0),
      maxSz: needText(row, 'maxSz'),
      mmr: needText(row, 'mmr'),
    }))
    .sort((one, other) => one.tier - other.tier);
  return numbered.length === 0 ? {} : { tiers: numbered.map(({ maxSz, mmr }) => ({ maxSz, mmr })) };
}

/** None where OKX answers that it has no such instrument. */
async function rowsOf(rest: OkxRest, instId: string): Promise<Row[]> {
  try {
    return await rest.instruments(instId.endsWith('-SWAP') ? 'SWAP' : 'SPOT', instId);
  } catch (error) {
    if (error instanceof VenueError && error.code === '51001') return [];
    throw error;
  }
}
