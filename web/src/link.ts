/**
 * The line to the server. It heals itself: whatever ends it, it is tried again with growing pauses. A line that is
 * open but silent counts as broken too, since the server speaks four times a second.
 */
import type { Push } from '../../src/dashboard/view.ts';

export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** `retryAt` is on the page's own monotonic clock; null while an attempt is under way. */
  | {
      readonly kind: 'lost';
      readonly reason: string;
      readonly attempt: number;
      readonly retryAt: number | null;
    }
  | { readonly kind: 'tokenWanted' };

/** The server pushes every 250 ms; this many ms of silence is no longer jitter. */
const SILENCE_MS = 3000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 15_000;
const OPENING_MS = 8000;
const ASKING_MS = 2000;
const PROTOCOL = 'hunter.v1';

export interface LinkListener {
  push(push: Push): void;
  state(state: LinkState): void;
  token(): string;
}

export class Link {
  private readonly listener: LinkListener;
  private socket: WebSocket | null = null;
  private end: (reason: string) => void = () => undefined;
  private attempt = 0;
  private heardAt = 0;
  private retry: number | undefined;
  private watch: number | undefined;

  constructor(listener: LinkListener) {
    this.listener = listener;
    // A laptop that wakes or a network that comes back is no time to sit out a long pause.
    addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.hurry();
    });
  }

  open(): void {
    clearTimeout(this.retry);
    clearInterval(this.watch);
    this.retry = undefined;
    const before = this.socket;
    this.socket = null;
    before?.close();
    const token = this.listener.token();
    const address = new URL('/ws', location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const protocols = token === '' ? [PROTOCOL] : [PROTOCOL, `bearer.${base64Url(token)}`];
    const socket = new WebSocket(address, protocols);
    this.socket = socket;
    this.heardAt = performance.now();
    let isOpen = false;

    const end = (reason: string): void => {
      if (this.socket !== socket) return;
      this.socket = null;
      clearInterval(this.watch);
      socket.close();
      void this.lost(reason, isOpen);
    };
    this.end = end;
    socket.onopen = () => {
      isOpen = true;
      this.heardAt = performance.now();
    };
    socket.onmessage = (message: MessageEvent<string>) => {
      if (this.socket !== socket) return;
      this.heardAt = performance.now();
      const push = JSON.parse(message.data) as Push;
      this.listener.push(push);
      if (push.type === 'hello' && this.socket === socket) {
        this.attempt = 0;
        this.listener.state({ kind: 'live' });
      }
    };
    socket.onclose = (event) => end(event.reason === '' ? 'the server does not answer' : event.reason);
    this.watch = window.setInterval(() => {
      const silence = performance.now() - this.heardAt;
      if (silence > (isOpen ? SILENCE_MS : OPENING_MS))
        end(`nothing heard for ${Math.round(silence / 1000)} s`);
    }, 500);
  }

  /** What came over the line cannot be used: it is ended and, after a pause, tried again. */
  reject(reason: string): void {
    this.end(reason);
  }

  private async lost(reason: string, wasOpen: boolean): Promise<void> {
    this.attempt += 1;
    const attempt = this.attempt;
    this.listener.state({ kind: 'lost', reason, attempt, retryAt: null });
    // A browser does not tell why a WebSocket was refused; a plain request does.
    if (!wasOpen && (await refusedForToken(this.listener.token()))) {
      this.listener.state({ kind: 'tokenWanted' });
      return;
    }
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (attempt - 1));
    // Half fixed, half by chance: many pages must not come back in one instant.
    const pause = ceiling / 2 + (Math.random() * ceiling) / 2;
    this.listener.state({ kind: 'lost', reason, attempt, retryAt: performance.now() + pause });
    this.retry = window.setTimeout(() => {
      this.listener.state({ kind: 'lost', reason, attempt, retryAt: null });
      this.open();
    }, pause);
  }

  private hurry(): void {
    if (this.retry !== undefined) this.open();
  }
}

async function refusedForToken(token: string): Promise<boolean> {
  try {
    const headers: HeadersInit = token === '' ? {} : { authorization: `Bearer ${token}` };
    const request = fetch('/api/view', {
      headers,
      cache: 'no-store',
      signal: AbortSignal.timeout(ASKING_MS),
    });
    return (await request).status === 401;
  } catch {
    // Not reachable at all: no question of a token, and the retry is under way.
    return false;
  }
}

function base64Url(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
