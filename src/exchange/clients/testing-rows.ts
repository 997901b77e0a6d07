import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { CallTable, Row } from './call-table.ts';

/**
 * Runs each row as a subtest, in order, and then holds `docs/clients.md` against what was seen; with
 * `WRITE_CLIENTS_TABLE=1` it writes the page instead.
 */
export async function proveRows(t: TestContext, table: CallTable, rows: readonly Row[]): Promise<void> {
  for (const row of rows)
    await t.test(`${row.call}: ${row.shows}`, async () => {
      try {
        await row.run();
      } catch (error) {
        table.add(row, 'fails');
        throw error;
      }
      table.add(row, row.refusedWith === undefined ? 'passes' : 'refused by OKX itself');
    });
  if (process.env.WRITE_CLIENTS_TABLE === '1') {
    table.write();
    return;
  }
  await t.test('docs/clients.md says what was just seen', () => {
    const { seen, written } = table.compare();
    assert.equal(written, seen, 'the table is old: npx node scripts/write-clients-table.ts writes it anew');
  });
}
