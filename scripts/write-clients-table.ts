/** Writes `docs/clients.md` from a run of the real clients against the exchange: `npx node scripts/write-clients-table.ts`. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

// one after the other: both write the same page
const { status, error } = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=1', ...globSync('src/exchange/clients/*.test.ts').sort()],
  { stdio: 'inherit', env: { ...process.env, WRITE_CLIENTS_TABLE: '1' } },
);
if (error) throw error;
process.exitCode = status ?? 1;
