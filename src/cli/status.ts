import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { StrategiesView, View } from '../dashboard/view.ts';
import { KILL_FILE } from '../run/kill-switch.ts';
import { type RunningInstance, UnreachableError, viewOf } from '../run/running.ts';
import { findInstances, type InstanceFlags, report, withInstanceFlags } from './instances.ts';

export function statusCommand(): Command {
  return withInstanceFlags(
    new Command('status').description(
      'the running instances: state, account, positions, limits, kill switch; exit code 1 when none runs or one does not answer',
    ),
  ).action((flags: InstanceFlags) => status(flags));
}

async function status(flags: InstanceFlags): Promise<void> {
  const { dataDir, instances } = findInstances(flags);
  const killFile = existsSync(join(dataDir, KILL_FILE)) ? join(dataDir, KILL_FILE) : null;
  const told: object[] = [];
  const words: string[] = [];
  let isWhole = instances.length > 0;
  for (const instance of instances) {
    const { account, pid, startedAt, dashboard } = instance;
    const who = { account, pid, startedAt, dashboard };
    try {
      const view = await viewOf(instance);
      told.push({ ...who, ...figuresOf(view) });
      words.push(...wordsOf(instance, view));
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      isWhole = false;
      told.push({ ...who, problem: error.message });
      words.push(`${account}: ${error.message}`);
    }
  }
  if (instances.length === 0) words.push(`no instance runs on ${dataDir}`);
  if (killFile !== null) words.push(`${killFile} is there: whatever starts is killed until somebody arms it`);
  report(flags, { running: instances.length > 0, killFile, instances: told }, words);
  process.exitCode = isWhole ? 0 : 1;
}

const figuresOf = ({ mode, venue, engine, account, risk, markets, heartbeat }: View): object => ({
  mode,
  venue,
  ...engine,
  account,
  risk,
  lastEventAt: heartbeat.lastEventAt,
  strategies: markets.map(({ symbol, strategies }) => ({ symbol, ...strategies })),
  positions: markets.flatMap(({ symbol, position }) => (position === null ? [] : [{ symbol, ...position }])),
  orders: markets.flatMap(({ symbol, orders }) => orders.map((order) => ({ symbol, ...order }))),
});

const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;

function wordsOf({ account, pid, startedAt, dashboard }: RunningInstance, view: View): string[] {
  const { engine, risk, markets } = view;
  const state = engine.killed
    ? `KILLED (${engine.state})`
    : engine.paused
      ? `paused (${engine.state})`
      : engine.state;
  const lines = [
    `${account}: ${state}, process ${pid} since ${new Date(startedAt).toISOString()}, page ${dashboard}`,
    `  equity ${view.account.equity.toFixed(2)} ${view.account.currency}, today ${risk.day.pnl >= 0 ? '+' : ''}${risk.day.pnl.toFixed(2)} (limit −${percent(risk.day.limit)}${risk.day.reached ? ', REACHED' : ''}), drawdown ${percent(risk.drawdown.now)} (limit ${percent(risk.drawdown.limit)}${risk.drawdown.reached ? ', REACHED' : ''})`,
  ];
  if (Number(view.account.liquidations) !== 0)
    lines.push(`  liquidations beyond their loss ${view.account.liquidations} ${view.account.currency}`);
  if (engine.note !== '') lines.push(`  ${engine.note}`);
  for (const pause of risk.pauses)
    lines.push(`  ${pause.reason} until ${new Date(pause.until).toISOString()}`);
  for (const { symbol, live, liveNote, position, strategies } of markets) {
    const held =
      position === null
        ? 'flat'
        : `${position.direction} ${position.size} at ${position.entry}, stop ${position.stopLoss ?? 'none'}, target ${position.takeProfit ?? 'none'}, ${position.unrealizedPnl.toFixed(2)}`;
    lines.push(`  ${symbol}: ${held}${live ? '' : `; market data not live: ${liveNote}`}`);
    lines.push(...strategyWords(strategies));
  }
  return lines;
}

/** Each that finds something with its evidence; the others in half a line. */
function strategyWords({ lead, best, parts }: StrategiesView): string[] {
  const found = parts.filter(({ direction }) => direction !== 'none');
  const filling = parts.filter(({ ready }) => !ready);
  const lines = found.map(
    ({ name, direction, confidence, evidence }) =>
      `    ${name}${name === best && found.length > 1 ? ' (best)' : ''}: ${direction} ${confidence.toFixed(2)}, ${evidence}`,
  );
  if (found.length === 0 && parts.length > 0)
    lines.push(`    strategies: nothing found${lead === 'strategies' ? ', they propose the entries' : ''}`);
  for (const { name, candlesMissing } of filling)
    lines.push(`    ${name}: needs ${candlesMissing} more candles`);
  return lines;
}
