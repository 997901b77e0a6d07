import { paperConfig } from '../../config/paper.ts';
import type { Decision } from '../../core/commands.ts';
import type { FillEvent } from '../../core/events.ts';
import { formatMoney, type Instrument } from '../../core/instrument.ts';
import { type Money, money, type Us } from '../../core/units.ts';
import { encodeEntry } from '../../run/session/format.ts';
import type { PaperConfig } from '../../venue/paper/config.ts';
import { type Attribution, CAUSES, type Cause, PairQuestion } from './attribute.ts';
import { type OrderSummary, summarize } from './bias.ts';
import { sumOf } from './decompose.ts';
import { Evidence } from './evidence.ts';
import { type Latencies, measureLatencies } from './latencies.ts';
import { byEntry, decidedAt, type Miss, match, whyMissing } from './match.ts';
import { type OrderParity, replayOrders } from './orders.ts';
import { Ours } from './ours.ts';
import { replayOnPaper } from './paper.ts';
import { rerun } from './rerun.ts';
import { nameOf, readSession, type SessionRun } from './session.ts';
import type { Story, Trip } from './story.ts';

/** Two entries decided this near to each other are the same trade. */
const TOLERANCE_MS = 1_000;

export interface TripReport {
  readonly decidedAt: Us;
  readonly openedAt: Us;
  readonly closedAt: Us;
  readonly size: string;
  /** Averages, quote currency. */
  readonly entry: number;
  readonly exit: number;
  readonly exitReason: string;
  readonly net: string;
}

export interface PairReport {
  readonly symbol: string;
  readonly direction: 'long' | 'short';
  readonly venue: TripReport;
  readonly paper: TripReport;
  /** Venue − paper; the sum of the amounts in `causes`, to the last digit. */
  readonly difference: string;
  readonly causes: readonly {
    readonly part: string;
    readonly cause: Cause;
    readonly amount: string;
    readonly evidence: string;
  }[];
}

export interface MissReport extends Miss {
  readonly symbol: string;
  readonly direction: 'long' | 'short';
  readonly trip: TripReport;
}

/** What one side has and the other has not, or has otherwise, by cause. */
export type Totals = Readonly<Record<Cause | 'missed' | 'open', string>>;

export interface RunParity {
  readonly run: string;
  readonly mode: string;
  readonly venue: string;
  readonly startedAt: Us;
  readonly marketEvents: number;
  readonly ended: string | null;
  /** What is missing of the recording; empty when nothing is. */
  readonly lost: string;
  /** The session's engine told everything again: how many commands came out the same, and the first that did not. */
  readonly engine: { readonly identical: number; readonly difference: string | null };
  readonly decisions: {
    readonly venue: number;
    readonly paper: number;
    /** So many from the first on are the same. */
    readonly same: number;
    /** The first that is not, and what the venues had told before it; null when all are. */
    readonly divergence: string | null;
    /** It came before any order: nothing that a venue said can have caused it. */
    readonly beforeOrders: boolean;
  };
  readonly pairs: readonly PairReport[];
  readonly missedByPaper: readonly MissReport[];
  readonly missedByVenue: readonly MissReport[];
  /** Change of the account by P&L, fees and funding. */
  readonly venueNet: string;
  readonly paperNet: string;
  readonly difference: string;
  readonly totals: Totals;
  /** What no cause was found for, in words; empty when everything is explained. */
  readonly unexplained: readonly string[];
  readonly latencies: Latencies;
  readonly orders: { readonly summary: readonly OrderSummary[]; readonly all: readonly OrderParity[] };
}

export interface Parity {
  readonly session: string;
  readonly toleranceMs: number;
  readonly runs: readonly RunParity[];
  readonly explained: boolean;
}

export interface ParityOptions {
  readonly toleranceMs?: number;
  /** What the paper venue is to be like, if not as in the run's own settings. */
  readonly paperOf?: (run: SessionRun) => PaperConfig;
}

/** A recorded session against the paper venue: see `docs/parity.md`. Throws a `ConfigError` for what is not a session. */
export function parity(
  session: string,
  { toleranceMs = TOLERANCE_MS, paperOf = ({ settings }) => paperConfig(settings) }: ParityOptions = {},
): Parity {
  const runs = readSession(session).map((run) => runParity(run, toleranceMs, paperOf(run)));
  return { session, toleranceMs, runs, explained: runs.every(({ unexplained }) => unexplained.length === 0) };
}

function runParity(run: SessionRun, toleranceMs: number, config: PaperConfig): RunParity {
  const venue = rerun(run);
  const paper = replayOnPaper(run, config);
  const tradesOf = ({ trips }: Story): Trip[] => byEntry(trips, run.instruments);
  const { pairs, venueOnly, paperOnly } = match(tradesOf(venue.story), tradesOf(paper.story), toleranceMs);

  const ours = new Ours(venue.story);
  const evidence = new Evidence(run, ours);
  const { fees } = config;
  const asked = pairs.map((pair) => ({
    ...pair,
    question: new PairQuestion(evidence, instrumentOf(run, pair.venue), pair.venue, pair.paper, fees),
  }));
  evidence.answer();
  const explained = asked.map((pair) => ({ ...pair, causes: pair.question.explain() }));

  const cooldownMs = run.settings.execution.cooldown_ms;
  const missed = (trips: readonly Trip[], side: typeof paper): MissReport[] =>
    trips.map((trip) => ({
      symbol: instrumentOf(run, trip).id,
      direction: trip.trade.direction,
      trip: tripReport(run, trip),
      ...whyMissing(trip, side, toleranceMs, cooldownMs),
    }));
  const missedByPaper = missed(venueOnly, paper);
  const missedByVenue = missed(paperOnly, venue);

  const difference = money(venue.story.change - paper.story.change);
  const byCause = new Map<Cause | 'missed' | 'open', bigint>();
  const add = (cause: Cause | 'missed' | 'open', amount: bigint): void => {
    byCause.set(cause, (byCause.get(cause) ?? 0n) + amount);
  };
  for (const { causes } of explained) for (const { cause, amount } of causes) add(cause, amount);
  add('missed', sumOf(venueOnly.map(({ net }) => net)) - sumOf(paperOnly.map(({ net }) => net)));
  add('open', stillOpen(venue.story) - stillOpen(paper.story));

  const decisions = compareDecisions(run, venue.story, paper.story);
  const unexplained = [
    venue.difference === null ? [] : [`the engine, told the same, does not do the same: ${venue.difference}`],
    decisions.beforeOrders ? [`decisions differ before any order: ${decisions.divergence}`] : [],
    explained.flatMap(({ venue: trip, causes }) =>
      causes.filter(isUnexplained).map((each) => unexplainedWords(run, trip, each)),
    ),
    missedByPaper.filter(isUnknown).map((miss) => `${missWords(miss)} is missing on paper: ${miss.words}`),
    missedByVenue
      .filter(isUnknown)
      .map((miss) => `${missWords(miss)} is missing at the venue: ${miss.words}`),
    sumOf(byCause.values()) === difference
      ? []
      : [`the causes sum up to ${formatMoney(sumOf(byCause.values()))}, not to the difference`],
  ].flat();
  const orders = replayOrders(run, venue.story, config);
  return {
    run: nameOf(run),
    mode: run.head.mode,
    venue: run.head.venue,
    startedAt: run.head.startedAt,
    marketEvents: run.marketEvents,
    ended: run.ended,
    lost: run.lost,
    engine: { identical: venue.identical, difference: venue.difference },
    decisions,
    pairs: explained.map(({ venue: there, paper: here, causes }) => ({
      symbol: instrumentOf(run, there).id,
      direction: there.trade.direction,
      venue: tripReport(run, there),
      paper: tripReport(run, here),
      difference: formatMoney(money(there.net - here.net)),
      causes: causes
        .filter(({ amount }) => amount !== 0n)
        .map((each) => ({ ...each, amount: formatMoney(each.amount) })),
    })),
    missedByPaper,
    missedByVenue,
    venueNet: formatMoney(venue.story.change),
    paperNet: formatMoney(paper.story.change),
    difference: formatMoney(difference),
    totals: Object.fromEntries(
      [...CAUSES, 'missed' as const, 'open' as const].map((cause) => [
        cause,
        formatMoney(money(byCause.get(cause) ?? 0n)),
      ]),
    ) as Totals,
    unexplained,
    latencies: measureLatencies(venue.story),
    orders: { summary: summarize(orders), all: orders },
  };
}

const instrumentOf = (run: SessionRun, { trade }: Trip): Instrument => run.instruments[trade.instrument]!;

/** What the account changed by that no closed trip tells: fees and part closes of positions that are open at the end. */
const stillOpen = (story: Story): Money => money(story.change - sumOf(story.trips.map(({ net }) => net)));

function tripReport(run: SessionRun, trip: Trip): TripReport {
  const { trade, net } = trip;
  const instrument = instrumentOf(run, trip);
  return {
    decidedAt: decidedAt(trip),
    openedAt: trade.openedAt,
    closedAt: trade.closedAt,
    size: instrument.formatSize(trade.size),
    entry: instrument.priceToNumber(trade.entry),
    exit: instrument.priceToNumber(trade.exit),
    exitReason: trade.exitReason,
    net: formatMoney(net),
  };
}

const isUnexplained = ({ cause, amount }: Attribution): boolean => cause === 'unexplained' && amount !== 0n;
const isUnknown = ({ reason }: Miss): boolean => reason === 'unexplained';
const unexplainedWords = (run: SessionRun, trip: Trip, { part, amount, evidence }: Attribution): string =>
  `${part} of the ${trip.trade.direction} of ${clock(decidedAt(trip))} in ${instrumentOf(run, trip).id}: ${formatMoney(amount)}, ${evidence}`;
const missWords = ({ symbol, direction, trip }: MissReport): string =>
  `the ${direction} of ${clock(trip.decidedAt)} in ${symbol}`;

function compareDecisions(run: SessionRun, venue: Story, paper: Story): RunParity['decisions'] {
  const theirs = venue.decisions;
  const ours = paper.decisions;
  let same = 0;
  while (same < theirs.length && same < ours.length && isSame(theirs[same]!, ours[same]!)) same++;
  const counts = { venue: theirs.length, paper: ours.length, same };
  const [there, here] = [theirs[same], ours[same]];
  if (there === undefined && here === undefined) return { ...counts, divergence: null, beforeOrders: false };
  const at = Math.min(there?.at ?? Infinity, here?.at ?? Infinity);
  const ordered = [venue, paper].some((story) =>
    [...story.orders.values()].some((order) => order.decidedAt < at),
  );
  return {
    ...counts,
    divergence: `${decisionWords(there)} there, ${decisionWords(here)} here${fieldWords(there, here)}; ${fillWords(run, fillsOf(venue, at), fillsOf(paper, at))}`,
    beforeOrders: !ordered,
  };
}

const decisionWords = (decision: Decision | undefined): string =>
  decision === undefined
    ? 'no further decision'
    : `${clock(decision.at)} ${decision.direction} ${decision.outcome}${decision.refusal === '' ? '' : ` (${decision.refusal})`}`;

/** The order's id is a count of orders: another number for the same decision says that another order went before. */
const isSame = (there: Decision, here: Decision): boolean =>
  encodeEntry({ ...there, clientOrderId: '' }) === encodeEntry({ ...here, clientOrderId: '' });

/** Of decisions at one time, what is not the same in them. */
function fieldWords(there: Decision | undefined, here: Decision | undefined): string {
  if (there === undefined || here === undefined || there.at !== here.at) return '';
  const keys = Object.keys(there) as (keyof Decision)[];
  return keys
    .filter((key) => key !== 'clientOrderId' && JSON.stringify(there[key]) !== JSON.stringify(here[key]))
    .map((key) => `, ${key}: "${there[key]}" there, "${here[key]}" here`)
    .join('');
}

const fillsOf = (story: Story, before: number): FillEvent[] =>
  [...story.orders.values()]
    .flatMap(({ fills }) => fills)
    .filter((fill) => fill.at <= before)
    .sort((a, b) => a.at - b.at);

/** What the two venues had told by then, where they first told something else. */
function fillWords(run: SessionRun, theirs: readonly FillEvent[], ours: readonly FillEvent[]): string {
  let index = 0;
  const same = (a: FillEvent | undefined, b: FillEvent | undefined): boolean =>
    a !== undefined && b !== undefined && a.side === b.side && a.size === b.size && a.price === b.price;
  while (same(theirs[index], ours[index])) index++;
  const words = (fill: FillEvent | undefined): string =>
    fill === undefined
      ? 'none'
      : `${fill.purpose} ${fill.side} ${run.instruments[fill.instrument]!.formatSize(fill.size)} at ${run.instruments[fill.instrument]!.formatPrice(fill.price)}, heard ${clock(fill.at)}`;
  if (theirs[index] === undefined && ours[index] === undefined) {
    const [there, here] = [theirs.at(-1), ours.at(-1)];
    return there === undefined || here === undefined
      ? 'no fill before it'
      : `the ${index} fills before it are the same but for their times, the last ${((here.at - there.at) / 1000).toFixed(1)} ms later here`;
  }
  return `before it fill ${index + 1} was another: ${words(theirs[index])} there, ${words(ours[index])} here`;
}

const clock = (at: Us): string => new Date(at / 1000).toISOString().slice(11, 23);
