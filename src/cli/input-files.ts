import { existsSync } from 'node:fs';
import { ConfigError } from '../config/load.ts';

/** That what was named to be read is there, asked first: exit code 2 whatever the command. Throws a `ConfigError`. */
export function requireInputs(paths: readonly string[]): void {
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length > 0)
    throw new ConfigError(missing.map((path) => `${path}: there is no such file; check the name`));
}
