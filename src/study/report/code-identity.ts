import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RunIdentity } from './report-data.ts';

/** Which code this is: the package's version and, in a git repository, the commit and whether files differ from it. */
export function codeIdentity(): RunIdentity['code'] {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
  const git = (...words: string[]): string | null => {
    const { status, stdout } = spawnSync('git', ['-C', root, ...words], { encoding: 'utf8' });
    return status === 0 ? stdout.trim() : null;
  };
  const commit = git('rev-parse', 'HEAD');
  // an installed copy inside somebody else's repository is not that repository's code
  const ownsRepository = git('rev-parse', '--show-prefix') === '';
  if (commit === null || !ownsRepository) return { version, commit: null, changed: false };
  return { version, commit, changed: git('status', '--porcelain', '--untracked-files=no') !== '' };
}
