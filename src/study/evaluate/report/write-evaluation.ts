import { htmlPage, pageFolder, writePage } from '../../report/html-page.ts';
import type { Evaluation } from '../evaluate.ts';

/** Writes the evaluation as one HTML file that needs nothing else (`html-page.ts`). Same evaluation, same bytes. */
export function writeEvaluation(path: string, evaluation: Evaluation): void {
  writePage(path, evaluationPage(evaluation));
}

/** The whole page as text. Throws `PageNotBuiltError` where its script is missing. */
export function evaluationPage(evaluation: Evaluation, folder = pageFolder('evaluation')): string {
  const names = evaluation.symbols.map((symbol) => symbol.replace(/-SWAP$/, '')).join(', ');
  return htmlPage(`Evaluation on ${names}`, evaluation, folder);
}
