import { accountMetrics } from '../metrics/account-metrics.ts';
import { thinned } from './candles.ts';
import { thinnedAccount } from './curves.ts';
import { htmlPage, pageFolder, writePage } from './html-page.ts';
import { packed, type Report } from './pack.ts';
import type { ReportData } from './report-data.ts';
import { sanity } from './sanity.ts';

/** A browser draws as many without a pause; beyond, the page shows a longer bar and says so. */
const CANDLES_MAX = 50_000;
/** Points of a curve: a few for each pixel. */
const POINTS_MAX = 6_000;

/** What the run came to, with what speaks against it: for the page, and for `--json`. */
export const reportOf = (data: ReportData): Report => ({
  data,
  metrics: data.accounts.map((account) => accountMetrics(data, account)),
  findings: sanity(data),
});

/**
 * Writes the run as one HTML file that needs nothing else (`html-page.ts`). Same data, same bytes.
 */
export function writeReport(path: string, data: ReportData): Report {
  const report = reportOf(data);
  writePage(path, pageOf(report));
  return report;
}

/** The whole page as text. Throws `PageNotBuiltError` where its script is missing. */
export function pageOf(report: Report, folder = pageFolder('report')): string {
  const { data } = report;
  const shown = {
    ...report,
    data: {
      ...data,
      accounts: data.accounts.map((account) => thinnedAccount(account, POINTS_MAX)),
      candles: data.candles.map((candles) => thinned(candles, CANDLES_MAX)),
    },
  };
  const names = data.instruments.map(({ symbol }) => symbol.replace(/-SWAP$/, '')).join(', ');
  return htmlPage(`Backtest of ${names}`, packed(shown), folder);
}
