import type { WebSocket } from 'ws';
import type { Account } from '../accounts/account.ts';

/** Which of OKX's three doors a connection came through; `all` is ours, and lets everything pass. */
export type Door = 'public' | 'private' | 'business' | 'all';

/** What a slow reader may leave unread before it is let go. */
const UNREAD_MAX_BYTES = 16 * 1024 * 1024;
const HOUR_MS = 3_600_000;
const REQUESTS_PER_HOUR = 480;

/** One WebSocket connection. */
export class Session {
  readonly id: string;
  readonly door: Door;
  account: Account | null = null;
  /** What it listens to: how to stop, by the channel's argument. */
  readonly subscriptions = new Map<string, () => void>();
  /** Wall clock of the last message to the client. */
  sentAt: number;
  private readonly socket: WebSocket;
  private hourFrom: number;
  private requests = 0;

  constructor(socket: WebSocket, door: Door, id: string, now: number) {
    this.socket = socket;
    this.door = door;
    this.id = id;
    this.sentAt = now;
    this.hourFrom = now;
  }

  send(text: string): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > UNREAD_MAX_BYTES) {
      this.socket.close(4005, 'too slow');
      return;
    }
    this.sentAt = Date.now();
    this.socket.send(text);
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
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
