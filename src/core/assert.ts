/** A broken invariant: the process ends and recovers, because going on would mean trading on nonsense. */
class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
