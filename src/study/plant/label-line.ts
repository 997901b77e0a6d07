import type { Instrument } from '../../core/instrument.ts';
import { lots } from '../../core/units.ts';
import { written } from '../simulation-files.ts';
import type { PlannedLabel } from './order.ts';

/** A label as it stands in the file: as `hunter simulate` writes them, and every order says when how much of it traded. */
export function writtenLabel(label: PlannedLabel, instrument: Instrument): Record<string, unknown> {
  const orders = label.orders.map(({ fills, ...order }) => ({ fills, order }));
  const row = written({ ...label, orders: orders.map(({ order }) => order) }, instrument);
  return {
    ...row,
    orders: (row.orders as object[]).map((order, i) => ({
      ...order,
      fills: orders[i]!.fills.map(({ at, size, place }) => ({
        at,
        size: instrument.formatSize(lots(size)),
        place,
      })),
    })),
  };
}
