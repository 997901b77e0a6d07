import type { Session } from '../protocol/session.ts';

interface Lane {
  readonly waiting: [text: string, topic: string][];
  readonly timer: NodeJS.Timeout;
}

/**
 * The ways out of one connection: one for each topic, which leads into one for everything. What is held back holds back what
 * comes after it on the same lane, so a topic keeps its own order while others overtake it.
 */
export class Lanes {
  private readonly session: Session;
  private whole: Lane | null = null;
  private readonly topics = new Map<string, Lane>();

  constructor(session: Session) {
    this.session = session;
  }

  send(text: string, topic: string): void {
    const lane = this.topics.get(topic) ?? this.whole;
    if (lane === null) this.session.deliver(text);
    else lane.waiting.push([text, topic]);
  }

  /** Everything waits for so long. */
  holdAll(ms: number): void {
    this.whole ??= this.lane(ms, () => {
      this.whole = null;
    });
  }

  /** One topic waits for so long. */
  hold(topic: string, ms: number): void {
    if (this.topics.has(topic)) return;
    this.topics.set(
      topic,
      this.lane(ms, () => this.topics.delete(topic)),
    );
  }

  close(): void {
    for (const lane of [this.whole, ...this.topics.values()]) if (lane !== null) clearTimeout(lane.timer);
  }

  private lane(ms: number, open: () => void): Lane {
    const waiting: Lane['waiting'] = [];
    const timer = setTimeout(() => {
      open();
      // a topic that may go on still waits with everything else while everything waits
      for (const [text, topic] of waiting)
        this.whole === null ? this.session.deliver(text) : this.send(text, topic);
    }, ms);
    return { waiting, timer };
  }
}
