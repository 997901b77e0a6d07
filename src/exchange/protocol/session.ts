import type { WebSocket } from 'ws';
import type { Interference } from './interference.ts';
import type { Key } from './keys.ts';

/** Which of OKX's three doors a connection came through; `all` is ours, and lets everything pass. */
export type Door = 'public' | 'private' | 'business' | 'all';

/** What a slow reader may leave unread before it is let go. */
export const UNREAD_MAX_BYTES = 16 * 1024 * 1024;
/** How long a closing handshake may take. */
const HANDSHAKE_MS = 2000;
const HOUR_MS = 3_600_000;
const REQUESTS_PER_HOUR = 480;

/** One WebSocket connection. */
export class Session {
  readonly id: string;
  /** 1 for the first connection since the start. */
  readonly number: number;
  readonly door: Door;
  /** Once logged in. */
  key: Key | null = null;
  /** What it listens to: how to stop, by the channel's argument. */
  readonly subscriptions = new Map<string, () => void>();
  /** Wall clock of the last message to the client. */
  sentAt: number;
  /** Half open: nothing goes out, nothing that comes in is heard. */
  isMute = false;
  private readonly socket: WebSocket;
  private readonly interference: Interference | null;
  private readonly unreadMaxBytes: number;
  private hourFrom: number;
  private requests = 0;

  constructor(
    socket: WebSocket,
    door: Door,
    number: number,
    now: number,
    interference: Interference | null,
    unreadMaxBytes: number,
  ) {
    this.socket = socket;
    this.door = door;
    this.number = number;
    this.id = (0xa0000000 + number).toString(16);
    this.interference = interference;
    this.unreadMaxBytes = unreadMaxBytes;
    this.sentAt = now;
    this.hourFrom = now;
  }

  /** `topic`: what the message is about, as the hub names it; `op|…` for answers to operations, empty for the rest. */
  send(text: string, topic = ''): void {
    if (this.interference === null) this.deliver(text);
    else this.interference.outgoing(this, text, topic);
  }

  deliver(text: string): void {
    if (this.isMute || this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > this.unreadMaxBytes) {
      this.close(4005, 'Receive too slow');
      return;
    }
    this.sentAt = Date.now();
    this.socket.send(text);
  }

  /** A client that does not answer the closing handshake is cut off soon after. */
  close(code: number, reason: string): void {
    if (this.isMute || this.socket.readyState > this.socket.OPEN) return;
    this.socket.close(code, reason);
    const cut = setTimeout(() => this.socket.terminate(), HANDSHAKE_MS);
    this.socket.once('close', () => clearTimeout(cut));
  }

  /** Answers a ping of the WebSocket protocol, which is not the `ping` that OKX's clients send. */
  pong(data: Buffer): void {
    if (!this.isMute && this.socket.readyState === this.socket.OPEN) this.socket.pong(data);
  }

  /** Without a word: the client sees a broken connection. */
  cut(): void {
    this.socket.terminate();
  }

  /** Counts a login, subscribe or unsubscribe; false when there were too many this hour. */
  mayRequest(now: number): boolean {
    if (now - this.hourFrom >= HOUR_MS) {
      this.hourFrom = now;
      this.requests = 0;
    }
    this.requests += 1;
    return this.requests <= REQUESTS_PER_HOUR;
  }
}
