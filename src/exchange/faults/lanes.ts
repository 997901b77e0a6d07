import type { Session } from '../protocol/session.ts';

interface Lane {
  readonly waiting: string[];
  timer: NodeJS.Timeout;
}

/**
 * The ways out of one connection: one for everything, and one for each topic. What is held back holds back what comes after it
 * on the same lane, so a topic keeps its own order while others overtake it.
 */
export class Lanes {
  private readonly session: Session;
  private whole: Lane | null = null;
  private readonly topics = new Map<string, Lane>();

  constructor(session: Session) {
    this.session = session;
  }

  send(text: string, topic: string): void {
    const lane = this.whole ?? this.topics.get(topic);
    if (lane === undefined) this.session.deliver(text);
    else lane.waiting.push(text);
  }

  /** Everything waits for so long. */
  holdAll(ms: number): void {
    if (this.whole !== null) return;
    this.whole = this.lane(ms, () => {
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
    const waiting: string[] = [];
    const timer = setTimeout(() => {
      open();
      for (const text of waiting) this.session.deliver(text);
    }, ms);
    return { waiting, timer };
  }
}
