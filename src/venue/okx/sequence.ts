/**
 * - `snapshot`: replaces the book, following starts (again);
 * - `update`: follows on the last message;
 * - `keepalive`: follows, nothing changed (seqId == prevSeqId, about once a minute on a quiet book);
 * - `reset`: follows, but the numbers start again from a smaller one (maintenance);
 * - `gap`: something was lost: the book is worth nothing until the next snapshot;
 * - `waiting`: no snapshot yet, or none since the gap: not to be used.
 */
export type SequenceVerdict = 'snapshot' | 'update' | 'keepalive' | 'reset' | 'gap' | 'waiting';

/**
 * Whether a book message of one instrument follows on the one before. OKX chains them: each update's `prevSeqId` is
 * the `seqId` before it; the numbers jump and, after maintenance, fall. Recordings from before the numbers existed
 * carry zeros: they are taken on trust, their checksum speaks for them.
 */
export class Sequence {
  private state: 'waiting' | 'numbered' | 'unnumbered' = 'waiting';
  private last = 0;

  accept(snapshot: boolean, prevSeqId: number, seqId: number): SequenceVerdict {
    const numbered = prevSeqId !== 0 || seqId !== 0;
    if (snapshot) {
      this.state = numbered ? 'numbered' : 'unnumbered';
      this.last = seqId;
      return 'snapshot';
    }
    if (this.state === 'waiting') return 'waiting';
    if (this.state === 'unnumbered') {
      if (!numbered) return 'update';
      this.lose();
      return 'gap';
    }
    if (prevSeqId !== this.last) {
      this.lose();
      return 'gap';
    }
    this.last = seqId;
    if (seqId === prevSeqId) return 'keepalive';
    return seqId < prevSeqId ? 'reset' : 'update';
  }

  /** The book is lost for another reason (connection, checksum): wait for a snapshot. */
  lose(): void {
    this.state = 'waiting';
  }

  get following(): boolean {
    return this.state !== 'waiting';
  }
}
