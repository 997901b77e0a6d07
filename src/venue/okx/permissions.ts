import { VenueError } from '../venue.ts';
import { textOf } from './codec/fields.ts';
import type { Log } from './options.ts';
import { isHedged } from './position-mode.ts';
import type { OkxRest } from './rest.ts';

/**
 * Refuses what would end badly: keys that can withdraw, keys that cannot trade, a spot-only account, hedge mode with
 * something open. Sets net mode where nothing is, and says so. Throws a `VenueError` that says what to do.
 */
export async function checkPermissions(rest: OkxRest, log: Log): Promise<void> {
  const config = await rest.accountConfig();
  const permissions = textOf(config, 'perm').split(',');
  const stop = (problem: string) => new VenueError(problem, '', 'stop');
  if (permissions.includes('withdraw'))
    throw stop(
      'this API key can withdraw funds: make one with "trade" only, bound to this address, and use that',
    );
  if (!permissions.includes('trade'))
    throw stop(`this API key cannot trade (it can: ${permissions.join(', ')}): make one with "trade"`);
  if (textOf(config, 'ip') === '')
    log(
      'warn',
      'the API key is bound to no address: whoever holds it can trade, and OKX lets it lapse after 14 idle days',
    );
  if (textOf(config, 'acctLv') === '1')
    throw stop('the account is in spot mode and cannot trade swaps: switch it to futures mode on OKX');
  if (!isHedged(config)) return;

  const [positions, orders, algos] = await Promise.all([
    rest.positions('SWAP'),
    rest.ordersPending('SWAP'),
    rest.algosPending('SWAP'),
  ]);
  if (positions.length + orders.length + algos.length > 0)
    throw stop(
      `the account is in hedge mode (long_short_mode) with ${positions.length} positions, ${orders.length} orders and ${algos.length} algo orders open, ` +
        'and orders here need net mode: close them and start again (it is put in net mode then), or use keys of a sub-account',
    );
  await rest.setPositionMode('net_mode');
  log(
    'warn',
    'the account was in hedge mode with nothing open: put in net mode. Whatever else trades on it in hedge mode will be refused',
  );
}
