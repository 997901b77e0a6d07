import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config/load.ts';

/** That what was named to be read is there and a file, asked first: exit code 2 whatever the command. Throws a `ConfigError`. */
export function requireInputs(paths: readonly string[]): void {
  const faults = paths.flatMap((path) => {
    if (!existsSync(path)) return [`${path}: there is no such file; check the name`];
    return statSync(path).isDirectory() ? [`${path}: is a folder; ${fileIn(path)}`] : [];
  });
  if (faults.length > 0) throw new ConfigError(faults);
}

function fileIn(folder: string): string {
  const tape = join(folder, 'market.tape');
  return existsSync(tape) ? `did you mean ${tape}?` : 'name a file in it';
}
