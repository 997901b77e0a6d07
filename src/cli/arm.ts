import { Command } from 'commander';
import { SafetyError } from '../run/instance.ts';
import { operate } from '../run/running.ts';
import { becomes, findInstances, type InstanceFlags, report, withInstanceFlags } from './instances.ts';

const CONFIRM_WITHIN_MS = 5_000;

export function armCommand(): Command {
  return withInstanceFlags(
    new Command('arm').description(
      'lets a killed instance trade again, and counts a drawdown from here on; a person’s decision',
    ),
  ).action((flags: InstanceFlags) => arm(flags));
}

async function arm(flags: InstanceFlags): Promise<void> {
  const { dataDir, instances } = findInstances(flags);
  if (instances.length === 0)
    throw new SafetyError(
      `no instance runs on ${dataDir}: start it, look at it, then arm it. What was killed stays killed until then`,
    );
  const armed: { account: string; pid: number; armed: boolean }[] = [];
  for (const instance of instances) {
    await operate(instance, 'arm');
    const confirmed = await becomes(
      instance,
      ({ engine, risk }) => !engine.killed && !risk.drawdown.reached,
      CONFIRM_WITHIN_MS,
    );
    armed.push({ account: instance.account, pid: instance.pid, armed: confirmed });
  }
  report(
    flags,
    { instances: armed },
    armed.map(
      ({ account, pid, armed: isArmed }) =>
        `${account} (process ${pid}): ${isArmed ? 'armed' : 'took the order but does not say that it is armed: look at it'}`,
    ),
  );
  process.exitCode = armed.every(({ armed: isArmed }) => isArmed) ? 0 : 1;
}
