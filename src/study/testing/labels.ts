import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A label as it stands in the file. */
export interface Told {
  readonly kind: string;
  readonly instrument: string;
  readonly from: number;
  readonly to: number;
  readonly side: 'buy' | 'sell' | null;
  readonly prices: readonly string[];
  readonly size: string;
  readonly participant: string;
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  readonly orders: readonly ToldOrder[];
  readonly trades: readonly ToldTrade[];
}
export interface ToldOrder {
  readonly id: number;
  readonly role: string;
  readonly side: 'buy' | 'sell';
  readonly price: string;
  readonly size: string;
  readonly from: number;
  readonly to: number;
  readonly traded: string;
  readonly ended: 'filled' | 'canceled' | 'open';
}
/** A market order. */
export interface ToldTrade {
  readonly at: number;
  readonly role: string;
  readonly side: 'buy' | 'sell';
  readonly size: string;
  readonly first: string;
  readonly last: string;
}

/** A label of what was planted over a tape. */
export interface ToldPlant extends Told {
  readonly orders: readonly ToldPlantOrder[];
}
export interface ToldPlantOrder extends ToldOrder {
  readonly fills: readonly { readonly at: number; readonly size: string; readonly place: string }[];
}

export const toldIn = (folder: string): Told[] =>
  readFileSync(join(folder, 'labels.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);

export const plantsToldIn = (folder: string): ToldPlant[] => toldIn(folder) as ToldPlant[];
