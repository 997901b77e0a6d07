import { assert } from '../assert.ts';

/** What can happen to the life of a trade. */
export type Occasion =
  /** The account was reconciled: nothing of ours stands there, … */
  | 'flat'
  /** … an entry of ours works, … */
  | 'working'
  /** … or there is a position. */
  | 'positioned'
  /** The account is about to be reconciled again. */
  | 'reconcile'
  /** An approved entry leaves. */
  | 'enter'
  /** An approved change of the entry's price or size leaves. */
  | 'amend'
  /** The entry has ended, and there is a position. */
  | 'entered'
  /** The entry has ended without one. */
  | 'missed'
  /** A fill came after its order was given up. */
  | 'surprised'
  /** An approved closing order leaves. */
  | 'exit'
  /** It ended and something of the position is left. */
  | 'failed'
  /** The position is gone, and no order of ours is under way. */
  | 'closed'
  /** The same, and the kill switch is on. */
  | 'off'
  /** A person re-arms. */
  | 'arm';

interface Refused {
  readonly refused: string;
}
const refused = <Reason extends string>(reason: Reason) => ({ refused: reason }) as const;

const NOT_RECONCILED = refused('the account is not reconciled yet');
const RECONCILED = refused('the account was reconciled');
const NO_ENTRY = refused('no entry is under way');
const NO_EXIT = refused('no exit is under way');
const NO_POSITION = refused('there is no position');
const ENTRY_WORKS = refused('an entry is under way');
const IN_POSITION = refused('there is a position already');
const EXIT_WORKS = refused('an exit is under way');
const NOT_HALTED = refused('it was not halted');
const HALTED = refused('halted: a person must re-arm first');

/**
 * The engine's states per instrument (row E1), and what every occasion means in each: another state, or a refusal with its
 * reason. The whole machine is this table; a transition that it refuses does not compile (`next`), and what comes from
 * outside is asked about first (`refusalOf`).
 */
export const TABLE = {
  /** Waiting for the reconciled account: nothing is sent. */
  recovering: {
    flat: 'idle',
    working: 'entering',
    positioned: 'open',
    off: 'halted',
    reconcile: refused('it is being reconciled'),
    enter: NOT_RECONCILED,
    amend: NOT_RECONCILED,
    entered: NOT_RECONCILED,
    missed: NOT_RECONCILED,
    surprised: NOT_RECONCILED,
    exit: NOT_RECONCILED,
    failed: NOT_RECONCILED,
    closed: NOT_RECONCILED,
    arm: NOT_RECONCILED,
  },
  /** Flat, looking for an entry. */
  idle: {
    enter: 'entering',
    surprised: 'open',
    off: 'halted',
    reconcile: 'recovering',
    flat: RECONCILED,
    working: RECONCILED,
    positioned: RECONCILED,
    amend: NO_ENTRY,
    entered: NO_ENTRY,
    missed: NO_ENTRY,
    exit: NO_POSITION,
    failed: NO_EXIT,
    closed: NO_POSITION,
    arm: NOT_HALTED,
  },
  /** An entry is on its way or working; some of it may have filled. */
  entering: {
    amend: 'entering',
    entered: 'open',
    missed: 'idle',
    off: 'halted',
    reconcile: 'recovering',
    flat: RECONCILED,
    working: RECONCILED,
    positioned: RECONCILED,
    enter: ENTRY_WORKS,
    surprised: ENTRY_WORKS,
    exit: refused('the entry must end first'),
    failed: NO_EXIT,
    closed: ENTRY_WORKS,
    arm: NOT_HALTED,
  },
  /** In a position, with its take profit and stop loss at the venue. */
  open: {
    exit: 'exiting',
    closed: 'idle',
    off: 'halted',
    reconcile: 'recovering',
    flat: RECONCILED,
    working: RECONCILED,
    positioned: RECONCILED,
    enter: IN_POSITION,
    amend: NO_ENTRY,
    entered: NO_ENTRY,
    missed: NO_ENTRY,
    surprised: IN_POSITION,
    failed: NO_EXIT,
    arm: NOT_HALTED,
  },
  /** A closing order is on its way or working. */
  exiting: {
    closed: 'idle',
    failed: 'open',
    off: 'halted',
    reconcile: 'recovering',
    flat: RECONCILED,
    working: RECONCILED,
    positioned: RECONCILED,
    enter: IN_POSITION,
    amend: NO_ENTRY,
    entered: NO_ENTRY,
    missed: NO_ENTRY,
    surprised: IN_POSITION,
    exit: EXIT_WORKS,
    arm: NOT_HALTED,
  },
  /** Flat and off until a person re-arms. */
  halted: {
    arm: 'idle',
    surprised: 'open',
    reconcile: 'recovering',
    flat: RECONCILED,
    working: RECONCILED,
    positioned: RECONCILED,
    enter: HALTED,
    amend: NO_ENTRY,
    entered: NO_ENTRY,
    missed: NO_ENTRY,
    exit: NO_POSITION,
    failed: NO_EXIT,
    closed: NO_POSITION,
    off: refused('it is off'),
  },
} as const satisfies Readonly<Record<State, Readonly<Record<Occasion, State | Refused>>>>;

export type State = 'recovering' | 'idle' | 'entering' | 'open' | 'exiting' | 'halted';

/** The occasions that move a state on. */
export type Transition<S extends State> = {
  [O in Occasion]: (typeof TABLE)[S][O] extends State ? O : never;
}[Occasion];

type Next<S extends State, O extends Occasion> = Extract<(typeof TABLE)[S][O], State>;

/** The state after `on`. Only occasions that move the state are taken: another does not compile. */
export function next<S extends State, T extends Transition<S>>(state: S, on: T): Next<S, T> {
  assert(refusalOf(state, on) === '', `${on} in state ${state}`);
  return TABLE[state][on] as Next<S, T>;
}

/** Why `on` means nothing in `state`; empty when it moves it. */
export function refusalOf(state: State, on: Occasion): string {
  const entry: State | Refused = TABLE[state][on];
  return typeof entry === 'string' ? '' : entry.refused;
}
