/**
 * Runs `work` with a signal that Ctrl-C (or SIGTERM) aborts, so that it can end cleanly. What it then throws is an
 * `AbortError`, which the command line answers with exit code 130.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const stop = (signal: string): void =>
    abort.abort(Object.assign(new Error(`interrupted by ${signal}`), { name: 'AbortError' }));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await work(abort.signal);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
