import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';

/** Where `npm run prepare` puts the scripts and styles that pages carry inside themselves, a folder a page. */
const PAGES = fileURLToPath(new URL('../../../web/dist/', import.meta.url));

export const pageFolder = (name: 'report' | 'evaluation'): string => `${PAGES}${name}/`;

export class PageNotBuiltError extends Error {
  override readonly name = 'PageNotBuiltError';
}

/**
 * One HTML file that needs nothing else: no network, no other file. Same content, same bytes (on one build of Node: another
 * zlib may pack the same content differently). Throws `PageNotBuiltError` where its script is missing.
 */
export function htmlPage(title: string, content: unknown, folder: string): string {
  const script = asset(folder, 'report.js').replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const style = asset(folder, 'report.css').replaceAll('</style', '<\\/style');
  const payload = deflateSync(JSON.stringify(content), { level: 6 }).toString('base64');
  // Whatever a name or a reason in the data says, nothing runs but this one script, and nothing leaves the file.
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<div id="page"><p class="wait">Unpacking the report …</p></div>',
    '<noscript><p class="wait">This report unpacks and draws itself: it needs JavaScript.</p></noscript>',
    `<script type="text/plain" id="report">${payload}</script>`,
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** A file that stands there is replaced whole or not at all. */
export function writePage(path: string, page: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, page);
  renameSync(draft, path);
}

/** Throws `PageNotBuiltError` where the page's script is missing: to be asked before hours of work. */
export function requirePage(folder: string): void {
  asset(folder, 'report.js');
}

function asset(folder: string, name: string): string {
  const path = `${folder}/${name}`;
  if (!existsSync(path))
    throw new PageNotBuiltError(
      `the report's page is not built (${name} is missing): run "npm run prepare" in the project folder`,
    );
  return readFileSync(path, 'utf8');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]!);
