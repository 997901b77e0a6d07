/**
 * The engine's states per instrument (row E1) and every transition there is. A transition that is not in the table
 * cannot be written: `next` takes only the events of the state it is given.
 */
const TRANSITIONS = {
  /** Waiting for the reconciled account: nothing is sent. */
  recovering: { flat: 'idle', working: 'entering', positioned: 'open', off: 'halted' },
  /** Flat, looking for an entry. `surprised`: a fill came after its order was given up. */
  idle: { enter: 'entering', surprised: 'open', off: 'halted', reconcile: 'recovering' },
  /** An entry is on its way or working; some of it may have filled. */
  entering: { entered: 'open', missed: 'idle', off: 'halted', reconcile: 'recovering' },
  /** In a position, with its take profit and stop loss at the venue. */
  open: { exit: 'exiting', closed: 'idle', off: 'halted', reconcile: 'recovering' },
  /** A closing order is on its way or working. `failed`: it ended and something is left. */
  exiting: { closed: 'idle', failed: 'open', off: 'halted', reconcile: 'recovering' },
  /** Flat and off until a person re-arms. */
  halted: { arm: 'idle', surprised: 'open', reconcile: 'recovering' },
} as const;

export type State = keyof typeof TRANSITIONS;
export type Transition<S extends State> = keyof (typeof TRANSITIONS)[S];

export function next<S extends State, T extends Transition<S>>(state: S, on: T): (typeof TRANSITIONS)[S][T] {
  return TRANSITIONS[state][on];
}
