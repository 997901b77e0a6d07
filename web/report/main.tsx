import { render } from 'solid-js/web';
import { type PackedReport, unpacked } from '../../src/study/report/pack.ts';
import { Page } from './page.tsx';
import '../src/style/common.css';
import './style.css';

const place = document.getElementById('page')!;

/** The report lies in the page itself: compressed, then base64. */
async function unpack(): Promise<PackedReport> {
  const text = document.getElementById('report')?.textContent ?? '';
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return (await new Response(stream).json()) as PackedReport;
}

// A file cut short in transit, or a browser older than DecompressionStream: said on the page, not in a console.
function complain(error: unknown): void {
  const note = document.createElement('p');
  note.className = 'wait';
  const why = error instanceof Error ? error.message : String(error);
  note.textContent = `This report cannot be unpacked here (${why}). It needs the whole file and a browser of 2023 or later.`;
  place.replaceChildren(note);
}

unpack().then((report) => {
  place.replaceChildren();
  render(() => <Page report={unpacked(report)} />, place);
}, complain);
