/**
 * A browser for the tests: one installed on this machine, else the one inside the npm package @sparticuz/chromium.
 * Give `executablePath` and `args` to playwright-core's `chromium.launch`.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface Chromium {
  readonly executablePath: string;
  readonly args: readonly string[];
}

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Replaces the npm package's own list, under which runs with several pages hang. No sandbox, because containers run
 * as root; drawing by SwiftShader, because they have no graphics card; nothing that talks to the network by itself.
 */
const ARGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** `CHROMIUM` names another browser. Fails with one line that says what was looked for. */
export async function findChromium(): Promise<Chromium> {
  const named = process.env.CHROMIUM;
  if (named !== undefined && !existsSync(named))
    throw new Error(`no browser: CHROMIUM=${named} does not exist`);
  const installed = named ?? INSTALLED.find((path) => existsSync(path));
  return { executablePath: installed ?? (await unpackedFromNpm()), args: ARGS };
}

/**
 * Unpacks once per version into the temporary folder. Test files run side by side, so the work is done in a folder of
 * its own that is then renamed: nobody ever starts half a browser.
 */
async function unpackedFromNpm(): Promise<string> {
  const require = createRequire(import.meta.url);
  let manifest: string;
  try {
    manifest = join(dirname(require.resolve('@sparticuz/chromium')), '../../package.json');
  } catch {
    throw new Error(
      `no browser: none of ${INSTALLED.join(', ')}, and npm has not installed @sparticuz/chromium`,
    );
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const home = join(tmpdir(), `okx-stream-hunter-${process.getuid?.() ?? 0}`);
  const unpacked = join(home, `chromium-${version}`);
  const executable = join(unpacked, 'chromium');
  if (existsSync(executable)) return executable;

  mkdirSync(home, { recursive: true, mode: 0o700 });
  const work = mkdtempSync(join(home, 'unpacking-'));
  // The package unpacks into the temporary folder and has no setting for it; a process of its own has its own TMPDIR.
  const script = "import chromium from '@sparticuz/chromium'; console.log(await chromium.executablePath());";
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: dirname(manifest),
    env: { ...process.env, TMPDIR: work },
  });
  try {
    renameSync(work, unpacked);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    // Another run was first.
    if (!existsSync(executable)) throw error;
  }
  return executable;
}
