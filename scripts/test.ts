/**
 * Every test there is: lint, types and layers, then all `*.test.ts` under node's own runner.
 * `npm test` runs all of it; `npm test -- PATTERN …` runs only the test files whose path contains a pattern.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const patterns = process.argv.slice(2);
const run = (what: string, command: string, args: string[]): void => {
  const startedAt = Date.now();
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) throw error;
  console.log(
    `${what}: ${status === 0 ? 'ok' : `FAILED (exit ${status})`} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  if (status !== 0) process.exit(1);
};

if (patterns.length === 0) {
  run('lint', 'npx', ['biome', 'check', '.']);
  run('types and layers', 'npx', ['tsc', '-b']);
}
const files = globSync('{src,bench,golden,scripts}/**/*.test.ts')
  .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${patterns.join(' ')}`);
  process.exit(1);
}
run('tests', process.execPath, [
  '--test',
  '--test-concurrency=2',
  '--import',
  new URL('property-seed.ts', import.meta.url).href,
  ...files,
]);
