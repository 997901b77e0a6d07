import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../config/load.ts';
import { pageFolder, requirePage } from '../study/report/html-page.ts';

/** That a `--report` can be written, asked before the work and not after it. Throws `ConfigError`, `PageNotBuiltError`. */
export function requireReportFile(path: string, page: Parameters<typeof pageFolder>[0]): void {
  requirePage(pageFolder(page));
  const folder = dirname(resolve(path));
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new ConfigError([`--report ${path}: the folder ${folder} is not there, or cannot be written to`]);
  }
}
