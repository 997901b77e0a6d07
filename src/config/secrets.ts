import { readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from './load.ts';

export interface Credentials {
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
}

const NAMES = ['OKX_API_KEY', 'OKX_SECRET_KEY', 'OKX_PASSPHRASE'] as const;

/**
 * API credentials from the environment, or from a file that nobody but its owner can read. Null when none are set;
 * throws `ConfigError` when some are missing or the file is readable by others.
 */
export function loadCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  file: string,
): Credentials | null {
  const source = file === '' ? environment : readOwnerOnly(file);
  const where = file === '' ? 'environment' : file;
  const present = NAMES.filter((name) => (source[name] ?? '') !== '');
  if (present.length === 0) {
    if (file === '') return null;
    throw new ConfigError([`${file}: none of ${NAMES.join(', ')} found; one NAME=value a line`]);
  }
  const missing = NAMES.filter((name) => !present.includes(name));
  if (missing.length > 0)
    throw new ConfigError([`${where}: ${missing.join(' and ')} missing, ${present.join(' and ')} set`]);
  return { apiKey: source.OKX_API_KEY!, secret: source.OKX_SECRET_KEY!, passphrase: source.OKX_PASSPHRASE! };
}

function readOwnerOnly(file: string): Record<string, string | undefined> {
  let mode: number;
  try {
    mode = statSync(file).mode;
  } catch (error) {
    throw new ConfigError([`okx.secrets_file: ${(error as Error).message}`]);
  }
  if ((mode & 0o077) !== 0)
    throw new ConfigError([
      `${file}: readable by others (mode ${(mode & 0o777).toString(8)}); run: chmod 600 ${file}`,
    ]);
  return parseEnv(readFileSync(file, 'utf8'));
}
