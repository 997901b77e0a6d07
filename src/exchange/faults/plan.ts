import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { CHANNELS } from '../protocol/channels.ts';
import { ROUTES } from '../protocol/rest.ts';
import { OPERATIONS } from '../protocol/ws.ts';
import { Random } from '../random.ts';
import { INSTRUMENTS } from '../scenarios/scenario.ts';

/** A plan of faults: what goes wrong, where, and when. `docs/faults.md` explains it with an example. */

const ENDPOINTS: readonly string[] = [
  ...Object.keys(ROUTES),
  ...[...OPERATIONS.keys()].map((operation) => `WS ${operation}`),
];

const BOOKS = ENDPOINTS.filter((one) => one.startsWith('GET market/books'));

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `250ms`, `5s`, `2m`: milliseconds from here on. */
const time = z
  .string()
  .regex(/^-?\d+(\.\d+)?(ms|s|m|h)$/, 'expected a time such as 250ms, 5s or 2m')
  .transform((text) => Number.parseFloat(text) * UNITS[/[a-z]+$/.exec(text)![0] as keyof typeof UNITS]);

const duration = time.refine((value) => value >= 0, 'a time that is not negative is needed');
/** Waited for on the wall's clock, whose timers count no farther. */
const wait = duration.refine((value) => value < 2 ** 31, 'at most 24 days');

/** For what happens at a moment. Market time, as everything here that is not a wait. */
const moment = {
  /** So long after the start of the exchange, once. */
  at: duration.optional(),
  /** Again and again; the mean of gaps that are drawn by the seed. */
  every: duration.refine((value) => value > 0, 'must be longer than nothing').optional(),
  /** Probability that it happens when its time has come. Default 1. */
  chance: z.number().min(0).max(1).optional(),
};
/** For what strikes things that come by. Without `at`, `every` and `nth`: always. */
const when = {
  ...moment,
  /** The n-th thing of each stream, counted from 1, rather than at a time. */
  nth: z.int().min(1).optional(),
  /** How long each time lasts. Without it a time strikes `times` things, however long that takes. */
  for: duration.optional(),
  /** Most things struck each time: 1, or with `for` any number. */
  times: z.int().min(1).optional(),
};

const connection = {
  door: z.enum(['public', 'private', 'business', 'all']).optional(),
  /** 1 is the first connection since the exchange began. */
  connection: z.int().min(1).optional(),
};

const pushes = {
  ...connection,
  channel: z
    .string()
    .refine((name) => CHANNELS.has(name), 'no such channel')
    .optional(),
  instId: z.string().optional(),
};
/** REST by method and path (`POST trade/order`), socket operations as `WS order`; a `*` at the end matches the rest. */
const requests = {
  endpoint: z
    .string()
    .refine(
      (wanted) => ENDPOINTS.some((one) => isEndpoint(wanted, one)),
      'no such endpoint: expected one such as POST trade/order, GET market/* or WS order',
    )
    .optional(),
};
const stage = z.enum(['before', 'after']);

const fault = z.discriminatedUnion('fault', [
  // pushes
  z.strictObject({ fault: z.literal('drop'), ...when, ...pushes }),
  z.strictObject({ fault: z.literal('delay'), by: wait, ...when, ...pushes }),
  z.strictObject({ fault: z.literal('duplicate'), ...when, ...pushes }),
  z.strictObject({ fault: z.literal('reorder'), by: wait, ...when, ...pushes }),
  z.strictObject({ fault: z.literal('gap'), ...when, ...pushes }),
  z.strictObject({ fault: z.literal('checksum'), ...when, ...pushes }),
  z.strictObject({ fault: z.literal('stale-snapshot'), ...when, ...pushes }),
  // connections
  z.strictObject({
    fault: z.literal('disconnect'),
    code: z.int().min(4000).max(4999).optional(),
    of: z.enum(['one', 'all']).optional(),
    ...moment,
    ...connection,
  }),
  z.strictObject({
    fault: z.literal('half-open'),
    of: z.enum(['one', 'all']).optional(),
    ...moment,
    ...connection,
  }),
  z.strictObject({ fault: z.literal('refuse'), ...when, door: connection.door }),
  // requests
  z.strictObject({
    fault: z.literal('error'),
    status: z.int().min(500).max(599).optional(),
    stage: stage.optional(),
    ...when,
    ...requests,
  }),
  z.strictObject({ fault: z.literal('timeout'), stage: stage.optional(), ...when, ...requests }),
  z.strictObject({ fault: z.literal('slow'), by: wait, stage: stage.optional(), ...when, ...requests }),
  z.strictObject({ fault: z.literal('rate-limit'), ...when, ...requests }),
  z.strictObject({ fault: z.literal('stale-book'), ...when, ...requests }),
  z.strictObject({ fault: z.literal('partial-batch'), ...when }),
  // the exchange itself
  z.strictObject({ fault: z.literal('clock-skew'), by: time, ...moment, for: duration.optional() }),
  z.strictObject({ fault: z.literal('stall'), ...moment, for: wait.optional() }),
  z.strictObject({ fault: z.literal('sequence-reset'), ...moment }),
  z.strictObject({
    fault: z.literal('maintenance'),
    /** Between the notice and the end of all connections. OKX gives about a minute. */
    notice: wait.optional(),
    down: wait.optional(),
    ...moment,
  }),
  z.strictObject({ fault: z.literal('crash'), down: wait.optional(), ...moment }),
]);

const schema = z
  .strictObject({ seed: z.int().min(0).optional(), faults: z.array(fault) })
  .superRefine((plan, context) => {
    plan.faults.forEach((one, at) => {
      const say = (message: string): void =>
        context.addIssue({ code: 'custom', path: ['faults', at], message });
      const { nth, for: lasting } = one as Fault;
      const always = one.at === undefined && one.every === undefined;
      if (one.at !== undefined && one.every !== undefined) say('"at" and "every" exclude each other');
      if (nth !== undefined && !always) say('"nth" counts things, "at" and "every" time: one of them');
      if (lasting !== undefined && always) say('"for" needs "at" or "every"');
      const lasts = one.fault === 'clock-skew' || one.fault === 'stall';
      if (lasts && !always && lasting === undefined) say(`"${one.fault}" needs "for"`);
      if (always && MOMENTS.has(one.fault) && one.fault !== 'clock-skew')
        say(`"${one.fault}" needs "at" or "every"`);
      if (always && one.fault === 'clock-skew' && one.chance !== undefined)
        say('"chance" needs "at" or "every" here');
      for (const reason of idle(one as Where)) say(reason);
    });
  });

/** Channels with a chain of updates behind a snapshot: what the faults of a book are about. */
const CHAINED: readonly string[] = ['books', 'books-l2-tbt', 'books50-l2-tbt'];
const OF_BOOKS: ReadonlySet<string> = new Set(['gap', 'checksum', 'stale-snapshot']);

interface Where {
  readonly fault: string;
  readonly door?: string | undefined;
  readonly channel?: string | undefined;
  readonly instId?: string | undefined;
  readonly endpoint?: string | undefined;
}

/** Why a line of a plan could never strike anything; each with what would do. */
function* idle({ fault, door, channel, instId, endpoint }: Where): Generator<string> {
  if (fault === 'stale-book' && endpoint !== undefined && !BOOKS.some((one) => isEndpoint(endpoint, one)))
    yield `"stale-book" is about ${BOOKS.join(' and ')}: name one of them, or leave "endpoint" out`;
  if (OF_BOOKS.has(fault) && channel !== undefined && !CHAINED.includes(channel))
    yield `"${fault}" never strikes ${channel}: it is about ${CHAINED.join(', ')}`;
  const home = CHANNELS.get(channel ?? (OF_BOOKS.has(fault) ? 'books' : ''));
  if (home !== undefined && door !== undefined && door !== 'all' && door !== home.door)
    yield `${channel ?? 'no book'} is never told at the door "${door}": expected ${home.door} or all`;
  if (instId === undefined) return;
  const isTold = home === undefined || home.about === 'market' || channel === 'liquidation-orders';
  if (!isTold) {
    yield `${channel} is not told by instrument: leave "instId" out`;
    return;
  }
  const indexes = [...new Set(INSTRUMENTS.map((id) => id.replace('-SWAP', '')))];
  const known =
    home === undefined
      ? [...INSTRUMENTS, ...indexes]
      : channel?.startsWith('index-')
        ? indexes
        : [...INSTRUMENTS];
  if (!known.includes(instId)) yield `nothing is told of instId ${instId}: expected ${known.join(', ')}`;
}

/** What happens at a moment, rather than to whatever comes by. */
export const MOMENTS: ReadonlySet<string> = new Set([
  'disconnect',
  'half-open',
  'sequence-reset',
  'maintenance',
  'crash',
  'stall',
  'clock-skew',
]);

export type FaultInput = z.input<typeof fault>;
/** One line of a plan, its times in ms. */
export type Fault = z.output<typeof fault> & {
  readonly nth?: number | undefined;
  readonly for?: number | undefined;
  readonly times?: number | undefined;
};
export interface FaultPlan {
  readonly seed: number;
  readonly faults: readonly Fault[];
}

/** A plan that cannot be followed; says where, and what would do. */
export class FaultPlanError extends Error {
  override readonly name = 'FaultPlanError';
}

export function checkPlan(value: unknown, source = 'fault plan'): FaultPlan {
  const read = schema.safeParse(value);
  if (read.success) return { seed: read.data.seed ?? 0, faults: read.data.faults };
  const lines = read.error.issues.map(
    ({ path, message }) => `  ${path.join('.') || 'top level'}: ${message}`,
  );
  throw new FaultPlanError(`${source}:\n${lines.join('\n')}`);
}

export function isEndpoint(wanted: string, endpoint: string): boolean {
  return wanted.endsWith('*') ? endpoint.startsWith(wanted.slice(0, -1)) : endpoint === wanted;
}

/** `seed:N` for a plan drawn by chance, otherwise a file. */
export function loadPlan(text: string): FaultPlan {
  const seeded = /^seed:(.*)$/.exec(text)?.[1];
  if (seeded !== undefined) {
    if (/^\d{1,9}$/.test(seeded)) return drawPlan(Number(seeded));
    throw new FaultPlanError(
      `${text}: expected seed:N with a whole number N of at most 9 digits, such as seed:7`,
    );
  }
  let value: unknown;
  try {
    value = parse(readFileSync(text, 'utf8'));
  } catch (error) {
    throw new FaultPlanError(`${text}: ${(error as Error).message}`);
  }
  return checkPlan(value, text);
}

/**
 * A bit of everything, more or less of each by the seed: what a client must live through for hours. Pushes, connections and the
 * exchange itself by time, requests by number.
 */
export function drawPlan(seed: number): FaultPlan {
  const random = new Random(seed, 99);
  const more = (): number => 0.5 + random.uniform();
  const about = (seconds: number): string => `${(seconds * more()).toFixed(1)}s`;
  const oneIn = (requests: number): number => Number((1 / (requests * more())).toFixed(4));
  const faults: FaultInput[] = [
    { fault: 'drop', every: about(25) },
    { fault: 'delay', every: about(20), by: '400ms' },
    { fault: 'duplicate', every: about(15) },
    { fault: 'reorder', every: about(15), by: '300ms' },
    { fault: 'gap', every: about(30) },
    { fault: 'checksum', every: about(60) },
    { fault: 'stale-snapshot', every: about(40) },
    { fault: 'disconnect', every: about(40) },
    { fault: 'disconnect', every: about(120), code: 4006 },
    { fault: 'half-open', every: about(90) },
    { fault: 'refuse', every: about(120), for: '2s' },
    { fault: 'error', chance: oneIn(60), status: 503 },
    { fault: 'error', chance: oneIn(25), stage: 'after', endpoint: 'POST trade/*' },
    { fault: 'timeout', chance: oneIn(25), endpoint: 'WS *' },
    { fault: 'timeout', chance: oneIn(25), stage: 'after', endpoint: 'WS *' },
    { fault: 'timeout', chance: oneIn(40), stage: 'after', endpoint: 'POST trade/*' },
    { fault: 'slow', chance: oneIn(60), by: '800ms' },
    { fault: 'slow', chance: oneIn(25), by: '800ms', stage: 'after', endpoint: 'WS *' },
    { fault: 'rate-limit', every: about(45), for: '1s' },
    { fault: 'stale-book', chance: oneIn(10) },
    { fault: 'partial-batch', chance: oneIn(8) },
    {
      fault: 'clock-skew',
      every: about(120),
      for: '10s',
      by: `${Math.round(random.uniform() * 4000 - 2000)}ms`,
    },
    { fault: 'stall', every: about(120), for: '3s' },
    { fault: 'sequence-reset', every: about(90) },
    { fault: 'maintenance', every: about(240), notice: '5s', down: '2s' },
    { fault: 'crash', every: about(300), down: '2s' },
  ];
  return checkPlan({ seed, faults }, `seed:${seed}`);
}
