#!/usr/bin/env node
// Plain JavaScript on purpose: it must run under whatever Node is there, to find the one that the project needs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const major = Number(process.versions.node.split('.')[0]);

if (major >= 24) await import(main);
else {
  const own = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(own)) {
    console.error(
      `hunter needs Node 24 or later; this is ${process.versions.node}. Run "npm ci" in the project folder: it brings the right one.`,
    );
    process.exit(1);
  }
  // the terminal sends Ctrl-C to both processes: this one only waits for the other's answer
  const ignore = () => undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, ignore);
  const { status, signal, error } = spawnSync(own, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  if (error) {
    console.error(`hunter: ${own} could not be started: ${error.message}`);
    process.exit(1);
  }
  process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}
