import type { Label, PlantedOrder } from '../../exchange/scenarios/label.ts';

/** What of a planted order traded. */
export interface PlannedFill {
  /** Exchange time, ms. */
  readonly at: number;
  /** Lots. */
  readonly size: number;
  /** The real print that it goes with, counted from 0 on its instrument; −1 for a taker of its own. */
  readonly print: number;
  /**
   * `with`: the same taker took more at this price; `before`: on the way to a price beyond; `alone`: a taker of its own.
   */
  readonly place: 'with' | 'before' | 'alone';
}

export type PlannedOrder = { -readonly [Key in keyof PlantedOrder]: PlantedOrder[Key] } & {
  readonly fills: PlannedFill[];
};

/** A label whose orders say when they traded: with it the real tape can be had back from the planted one. */
export interface PlannedLabel extends Label {
  readonly orders: readonly PlannedOrder[];
}

export const leftOf = ({ size, traded }: PlannedOrder): number => size - traded;
