/** Between two lines, ms. */
const EVERY_MS = 200;

export interface ProgressLine {
  /** `words` are made when a line is due. */
  say(words: () => string): void;
  done(): void;
}

/** How far the work is, rewritten in place where a person is looking. */
export function progressLine(): ProgressLine {
  const { stderr } = process;
  let shownAt = 0;
  return {
    say(words) {
      const now = performance.now();
      if (!stderr.isTTY || now - shownAt < EVERY_MS) return;
      shownAt = now;
      stderr.write(`\r\x1b[K${words()}`);
    },
    done() {
      if (stderr.isTTY) stderr.write('\r\x1b[K');
    },
  };
}

/** Of work whose share is known. */
export function shareLine(): { progress: (what: string, done: number) => void; done: () => void } {
  const { say, done } = progressLine();
  return { progress: (what, share) => say(() => `${what}: ${Math.floor(100 * share)} %`), done };
}
