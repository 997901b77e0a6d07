import { basename } from 'node:path';
import type { RejectedLine } from './raw.ts';

/** What every reading reports of lines that it could not use. */
export interface RejectionsReport {
  readonly rejectedLines: number;
  /** The first thousand of them. */
  readonly rejected: readonly { readonly file: string; readonly line: number; readonly reason: string }[];
}

/** More rejected lines than these are counted, not listed: a file of another kind is nothing but rejected lines. */
const LISTED_MAX = 1000;

export class Rejections {
  private count = 0;
  private readonly listed: { file: string; line: number; reason: string }[] = [];

  /** Takes the rejected lines of a file. */
  of(path: string): (rejected: RejectedLine) => void {
    const file = basename(path);
    return ({ line, reason }) => {
      this.count++;
      if (this.listed.length < LISTED_MAX) this.listed.push({ file, line, reason });
    };
  }

  report(): RejectionsReport {
    return { rejectedLines: this.count, rejected: this.listed };
  }
}
