/** Who listens: a connection, or a recorder in virtual time. */
export interface Listener {
  send(text: string, topic: string): void;
}

/** One subscription: the argument is echoed exactly as it came, since clients recognise their stream by it. */
interface Subscriber {
  readonly listener: Listener;
  /** `{"arg":{…}` without the closing brace. */
  readonly head: string;
}

/** Who listens to what. A message is written once however many listen, and not at all when nobody does. */
export class Hub {
  private readonly topics = new Map<string, Map<Listener, Subscriber>>();

  add(topic: string, listener: Listener, arg: string): void {
    let listeners = this.topics.get(topic);
    if (listeners === undefined) {
      listeners = new Map();
      this.topics.set(topic, listeners);
    }
    listeners.set(listener, { listener, head: `{"arg":${arg}` });
  }

  remove(topic: string, listener: Listener): void {
    const listeners = this.topics.get(topic);
    if (listeners === undefined) return;
    listeners.delete(listener);
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
    for (const { listener, head } of listeners.values()) listener.send(`${head},${rest}}`, topic);
  }
}
