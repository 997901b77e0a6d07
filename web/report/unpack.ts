export const place = document.getElementById('page')!;

/** The report lies in the page itself: compressed, then base64. */
export async function unpack<T>(): Promise<T> {
  const text = document.getElementById('report')?.textContent ?? '';
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return (await new Response(stream).json()) as T;
}

// A file cut short in transit, or a browser older than DecompressionStream: said on the page, not in a console.
export function complain(error: unknown): void {
  const note = document.createElement('p');
  note.className = 'wait';
  const why = error instanceof Error ? error.message : String(error);
  note.textContent = `This report cannot be unpacked here (${why}). It needs the whole file and a browser of 2023 or later.`;
  place.replaceChildren(note);
}
