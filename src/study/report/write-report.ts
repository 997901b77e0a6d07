import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { accountMetrics } from '../metrics/account-metrics.ts';
import { thinned } from './candles.ts';
import { thinnedAccount } from './curves.ts';
import { packed, type Report } from './pack.ts';
import type { ReportData } from './report-data.ts';
import { sanity } from './sanity.ts';

/** A browser draws as many without a pause; beyond, the page shows a longer bar and says so. */
const CANDLES_MAX = 50_000;
/** Points of a curve: a few for each pixel. */
const POINTS_MAX = 6_000;

/** The page's own script and style, as `npm run prepare` builds them from web/report. */
const PAGE_FOLDER = fileURLToPath(new URL('../../../web/dist/report/', import.meta.url));

export class PageNotBuiltError extends Error {
  override readonly name = 'PageNotBuiltError';
}

/** What the run came to, with what speaks against it: for the page, and for `--json`. */
export const reportOf = (data: ReportData): Report => ({
  data,
  metrics: data.accounts.map((account) => accountMetrics(data, account)),
  findings: sanity(data),
});

/**
 * Writes the run as one HTML file that needs nothing else: no network, no other file. Same data, same bytes (on one build
 * of Node: another zlib may pack the same content differently). A file that stands there is replaced whole or not at all.
 */
export function writeReport(path: string, data: ReportData): Report {
  const report = reportOf(data);
  const page = pageOf(report);
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, page);
  renameSync(draft, path);
  return report;
}

/** The whole page as text. Throws `PageNotBuiltError` where its script is missing. */
export function pageOf(report: Report, folder = PAGE_FOLDER): string {
  const script = asset(folder, 'report.js').replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const style = asset(folder, 'report.css').replaceAll('</style', '<\\/style');
  const { data } = report;
  const shown = {
    ...report,
    data: {
      ...data,
      accounts: data.accounts.map((account) => thinnedAccount(account, POINTS_MAX)),
      candles: data.candles.map((candles) => thinned(candles, CANDLES_MAX)),
    },
  };
  const payload = deflateSync(JSON.stringify(packed(shown)), { level: 6 }).toString('base64');
  const names = data.instruments.map(({ symbol }) => symbol.replace(/-SWAP$/, '')).join(', ');
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
    `<title>Backtest of ${escaped(names)}</title>`,
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

/** Throws `PageNotBuiltError` where the page's script is missing: to be asked before hours of work. */
export function requirePage(folder = PAGE_FOLDER): void {
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
