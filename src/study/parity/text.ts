import type { Mean, OrderSummary } from './bias.ts';
import type { Quantiles } from './latencies.ts';
import type { MissReport, PairReport, Parity, RunParity, TripReport } from './parity.ts';

/** A parity result for a person: trade by trade, then the sums, then the paper venue alone. */
export function parityText({ session, toleranceMs, runs, explained }: Parity): string {
  return [
    `${session}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}; "there" is the session's venue, "here" the paper venue; amounts: there − here`,
    ...runs.flatMap((run) => ['', ...runText(run, toleranceMs)]),
    '',
    explained ? 'every difference is explained' : 'NOT every difference is explained',
  ].join('\n');
}

function runText(run: RunParity, toleranceMs: number): string[] {
  const { engine, decisions, latencies } = run;
  const lines = [
    `${run.run}: ${run.mode} on ${run.venue}, ${run.marketEvents} market events, ${run.ended === null ? 'its end is not on record' : `ended by ${run.ended}`}`,
  ];
  if (engine.identical === 0 && engine.difference === null && run.marketEvents === 0)
    return [...lines, '  nothing happened in it'];
  if (run.lost !== '') lines.push(`  LOST: ${run.lost}`);
  lines.push(
    engine.difference === null
      ? `  engine, told the same again: all ${engine.identical} commands the same`
      : `  engine, told the same again: DIFFERS: ${engine.difference}`,
    decisions.divergence === null
      ? `  decisions on paper: all ${decisions.same} the same, to the µs`
      : `  decisions on paper: ${decisions.same} the same, to the µs, of ${decisions.venue} there and ${decisions.paper} here; then ${decisions.divergence}`,
  );
  for (const pair of run.pairs) lines.push(...pairText(pair));
  for (const miss of run.missedByPaper) lines.push(...missText(miss, 'missed here'));
  for (const miss of run.missedByVenue) lines.push(...missText(miss, 'missed there'));
  lines.push(
    '',
    `  ${run.pairs.length} trades on both sides (entries decided within ${toleranceMs} ms), ${run.missedByPaper.length} there alone, ${run.missedByVenue.length} here alone`,
    `  net ${short(run.venueNet)} there, ${short(run.paperNet)} here: ${signed(run.difference)}, of which`,
    ...Object.entries(run.totals)
      .filter(([, amount]) => amount !== '0')
      .map(([cause, amount]) => `    ${cause.padEnd(12)} ${signed(amount).padStart(14)}`),
    run.unexplained.length === 0
      ? '    unexplained  nothing'
      : `    UNEXPLAINED: ${run.unexplained.join('; ')}`,
    '',
    '  the paper venue’s bias: the session’s own orders, each alone through it, here − there:',
    ...run.orders.summary.flatMap(orderText),
    '',
    '  what messages took there, ms:',
    latencyText('decided → sent', latencies.decidedToSent),
    latencyText('sent → first word', latencies.sentToAck),
    latencyText('first word → fill', latencies.ackToFill),
  );
  const { settings } = latencies;
  if (settings !== null)
    lines.push(
      '  the same as settings (the round trip is split in the middle):',
      '    paper:',
      `      latency: ${settings.latency}`,
      `      order_latency_ms: ${settings.order_latency_ms}`,
      `      answer_latency_ms: ${settings.answer_latency_ms}`,
      `      latency_quantiles_ms: [${settings.latency_quantiles_ms.join(', ')}]`,
    );
  return lines;
}

function pairText({ symbol, direction, venue, paper, difference, causes }: PairReport): string[] {
  const both = (there: string, here: string): string => (there === here ? there : `${there} | ${here}`);
  return [
    '',
    `  ${time(venue.decidedAt)} ${symbol} ${direction} ${both(venue.size, paper.size)}: ${both(price(venue.entry), price(paper.entry))} → ${both(price(venue.exit), price(paper.exit))}, ${both(venue.exitReason, paper.exitReason)}; net ${both(short(venue.net), short(paper.net))}${difference === '0' ? ', the same to the last digit' : `: ${signed(difference)}`}`,
    ...causes.map(
      ({ part, cause, amount, evidence }) =>
        `    ${part.padEnd(7)} ${cause.padEnd(11)} ${signed(amount).padStart(12)}  ${evidence}`,
    ),
  ];
}

const missText = ({ symbol, direction, trip, words }: MissReport, where: string): string[] => [
  '',
  `  ${time(trip.decidedAt)} ${symbol} ${direction} ${tripText(trip)}; ${where}: ${words}`,
];

const tripText = ({ size, entry, exit, exitReason, net }: TripReport): string =>
  `${size}: ${price(entry)} → ${price(exit)}, ${exitReason}; net ${short(net)}`;

function orderText(summary: OrderSummary): string[] {
  const { name, orders, both, venueOnly, paperOnly, neither, priceBp, laterMs, fillRate, meaning } = summary;
  const lines = [
    `    ${name}: ${orders}; filled on both sides ${both}, there alone ${venueOnly}, here alone ${paperOnly}, nowhere ${neither}`,
  ];
  if (priceBp !== null)
    lines.push(
      `      price here better by ${meanText(priceBp, 1, 3)} bp on average (${rangeText(priceBp, 3)} in all)`,
    );
  if (laterMs !== null)
    lines.push(
      `      told of ${meanText(laterMs, 1, 1)} ms later on average, ${laterMs.p50.toFixed(1)} in the median (${rangeText(laterMs, 1)} in all)`,
    );
  lines.push(
    `      fills here ${meanText(fillRate.difference, 100, 1)} points of 100 more often (${(fillRate.venue * 100).toFixed(1)} there, ${(fillRate.paper * 100).toFixed(1)} here)`,
    `      so ${meaning}`,
  );
  return lines;
}

const meanText = ({ mean, low, high }: Mean, times: number, digits: number): string => {
  const text = (value: number): string => (value * times).toFixed(digits);
  return low === null || high === null ? text(mean) : `${text(mean)} (95 %: ${text(low)} … ${text(high)})`;
};

const rangeText = ({ min, max }: Quantiles, digits: number): string =>
  `${min.toFixed(digits)} … ${max.toFixed(digits)}`;

const latencyText = (name: string, each: Quantiles | null): string =>
  `    ${name.padEnd(18)} ${each === null ? 'nothing to measure' : `${each.count} of them: least ${each.min}, median ${each.p50}, 90 % ${each.p90}, 99 % ${each.p99}, most ${each.max}`}`;

const time = (at: number): string => new Date(at / 1000).toISOString().slice(11, 23);
const price = (value: number): string => `${Number(value.toFixed(4))}`;
/** For reading; `--json` has every digit. */
const short = (amount: string): string => Number(amount).toFixed(6);
const signed = (amount: string): string => (amount.startsWith('-') ? short(amount) : `+${short(amount)}`);
