import { TapeError } from './format.ts';
import { type CaptureOptions, type CaptureReport, OkxCapture } from './okx-capture.ts';
import { TapeWriter } from './writer.ts';

/**
 * Makes a tape of a raw OKX v5 capture: its files, in order. Damaged lines are reported and left out; a book that
 * cannot be believed is announced by a feed event and left out until the next snapshot. Throws a `TapeError` when a
 * file cannot be read or the tape not written; no tape is left behind then.
 */
export async function importOkx(
  files: readonly string[],
  out: string,
  options: CaptureOptions = {},
): Promise<CaptureReport> {
  const capture = await OkxCapture.open(files, options);
  const writer = TapeWriter.create(out, capture.instruments, capture.meta);
  try {
    const report = await capture.replay((event) => writer.write(event));
    if (report.events === 0)
      throw new TapeError(
        files[0] ?? out,
        'has no market events; is it a capture of OKX v5 public channels?',
      );
    writer.close();
    return report;
  } catch (error) {
    writer.discard();
    throw error;
  }
}
