import type { Session } from './session.ts';

/** One subscription: the argument is echoed exactly as it came, since clients recognise their stream by it. */
interface Subscriber {
  readonly session: Session;
  /** `{"arg":{…}` without the closing brace. */
  readonly head: string;
}

/** Who listens to what. A message is written once however many listen, and not at all when nobody does. */
export class Hub {
  private readonly topics = new Map<string, Map<Session, Subscriber>>();

  add(topic: string, session: Session, arg: string): void {
    let listeners = this.topics.get(topic);
    if (listeners === undefined) {
      listeners = new Map();
      this.topics.set(topic, listeners);
    }
    listeners.set(session, { session, head: `{"arg":${arg}` });
  }

  remove(topic: string, session: Session): void {
    const listeners = this.topics.get(topic);
    if (listeners === undefined) return;
    listeners.delete(session);
    if (listeners.size === 0) this.topics.delete(topic);
  }

  has(topic: string): boolean {
    return this.topics.has(topic);
  }

  count(topic: string): number {
    return this.topics.get(topic)?.size ?? 0;
  }

  /** `rest` is the message after the argument: `"data":[…]` and what goes before it. */
  send(topic: string, rest: string): void {
    const listeners = this.topics.get(topic);
    if (listeners === undefined) return;
    for (const { session, head } of listeners.values()) session.send(`${head},${rest}}`);
  }
}
