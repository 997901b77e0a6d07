import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const core = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(core, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !/\.(test|contract)\.ts$/.test(name))
  .map((name) => resolve(core, name));

/** The program without its comments and without the words in its strings. */
const codeOf = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, (match) =>
    match.startsWith('/') ? ' ' : "''",
  );

const FORBIDDEN = [
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'process',
  'console',
  'fetch',
  'Math\\.random',
  'crypto',
  'Intl',
  'globalThis',
  'require',
  'import\\s*\\(',
  'import\\s*\\.\\s*meta',
  'async',
  'await',
  'Promise',
];

/** What the tests share may use their library; nothing that runs imports it. */
const forTests = (file: string, from: string): boolean =>
  file.includes(`${sep}testing${sep}`) && from === 'fast-check';

test('core imports nothing outside itself', () => {
  assert.ok(files.length > 20);
  for (const file of files) {
    const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, ' ');
    for (const [, from] of text.matchAll(/\b(?:from|import)\s+['"]([^'"]+)['"]/g)) {
      if (forTests(file, from!)) continue;
      assert.ok(
        file.includes(`${sep}testing${sep}`) || !from!.includes('/testing/'),
        `${file} imports ${from}`,
      );
      assert.match(from!, /^\.\.?\/.*\.ts$/, `${file} imports ${from}`);
      const target = resolve(dirname(file), from!);
      assert.ok(target.startsWith(core.endsWith(sep) ? core : core + sep), `${file} imports ${from}`);
    }
  }
});

test('core names no clock, no chance, no I/O and no waiting', () => {
  const pattern = new RegExp(`(?<![\\w.$])(?:${FORBIDDEN.join('|')})(?![\\w$])`, 'g');
  for (const file of files) {
    const found = codeOf(readFileSync(file, 'utf8')).match(pattern);
    assert.equal(found, null, `${file}: ${found?.join(', ')}`);
  }
});

test('the search for forbidden words finds them', () => {
  const pattern = new RegExp(`(?<![\\w.$])(?:${FORBIDDEN.join('|')})(?![\\w$])`);
  for (const line of [
    'const t = Date.now();',
    'x = Math.random()',
    'await (0)',
    "const f = import('node:fs')",
    'process.exit()',
  ])
    assert.match(codeOf(line), pattern);
  for (const line of [
    '// Date',
    "const s = 'Date';",
    'interface UpdateDate {}',
    '/* process */',
    'event.process',
  ])
    assert.doesNotMatch(codeOf(line), pattern);
});

test('the engine loads and trades where clock, chance and timers throw', () => {
  // an import hook runs before anything else of the child is loaded
  const prelude = `
    const forbid = (owner, name) => {
      const thrower = () => { throw new Error('core touched ' + name); };
      Object.defineProperty(owner, name, { value: thrower, configurable: true, writable: true });
    };
    globalThis.disarm = () => {
      const RealDate = Date;
      forbid(Math, 'random');
      forbid(performance, 'now');
      for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']) forbid(globalThis, name);
      globalThis.Date = new Proxy(RealDate, {
        get() { throw new Error('core touched Date'); },
        construct() { throw new Error('core touched Date'); },
        apply() { throw new Error('core touched Date'); },
      });
    };`;
  const script = `
    const write = process.stdout.write.bind(process.stdout);
    disarm();
    const { Desk } = await import(${JSON.stringify(new URL('./testing/desk.ts', import.meta.url).href)});
    const desk = new Desk();
    desk.open();
    const place = desk.hold('long');
    desk.fill(place.protectionId, 'sell', place.size, 602000, 'takeProfit');
    desk.enter('short');
    desk.operate('kill');
    desk.timer();
    write(desk.commands.map(({ kind }) => kind).join(' '));`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(prelude)}`,
      '--input-type=module',
      '--eval',
      script,
    ],
    { encoding: 'utf8', timeout: 60_000 },
  );
  assert.equal(status, 0, stderr);
  assert.equal(stdout, 'decision place tradeClosed decision place cancel timer');
});
