/** What the page knows: the last view, the line to the server, the clock, and the chosen market. */
import { createMemo, createRoot, createSignal } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import type { MarketView, Push, View } from '../../src/dashboard/view.ts';
import { Link, type LinkState } from './link.ts';

const VERSION: View['version'] = 1;
const TICK_MS = 250;

const [store, setStore] = createStore<{ view: View | null }>({ view: null });
const [linkState, setLinkState] = createSignal<LinkState>({ kind: 'connecting' });
const [chosenSymbol, chooseSymbol] = createSignal('');
const [versionMismatch, setVersionMismatch] = createSignal<number | null>(null);
const [pageTime, setPageTime] = createSignal(performance.now());
const [receivedAt, setReceivedAt] = createSignal(0);

export { chooseSymbol, linkState, pageTime, versionMismatch };

export const view = (): View | null => store.view;

export const { market, serverNow, isConnected, isFresh } = createRoot(() => {
  const market = createMemo<MarketView | null>(() => {
    const markets = store.view?.markets ?? [];
    return markets.find(({ symbol }) => symbol === chosenSymbol()) ?? markets[0] ?? null;
  });
  /** The server's clock, carried on by ours between pushes: the two machines' clocks need not agree. */
  const serverNow = createMemo(() =>
    store.view === null ? 0 : store.view.now + Math.max(0, pageTime() - receivedAt()),
  );
  const isConnected = createMemo(() => linkState().kind === 'live');
  /** True only when what is shown is the market as it is now. */
  const isFresh = createMemo(() => isConnected() && (market()?.live ?? false));
  return { market, serverNow, isConnected, isFresh };
});

/** Charts are drawn on a canvas and fed directly, past the store. They listen before the line is opened. */
type ChartListener = (push: Exclude<Push, { type: 'state' }>) => void;
const chartListeners = new Set<ChartListener>();

export function onChartPush(listener: ChartListener): () => void {
  chartListeners.add(listener);
  return () => chartListeners.delete(listener);
}

const RELOADED_KEY = 'hunter.reloadedFor';
const TOKEN_KEY = 'hunter.token';
export const token = (): string => sessionStorage.getItem(TOKEN_KEY) ?? '';
export function setToken(value: string): void {
  if (value === '') sessionStorage.removeItem(TOKEN_KEY);
  else sessionStorage.setItem(TOKEN_KEY, value);
}

/** A link may carry the token behind the `#`, which browsers never send; it is taken out of the address at once. */
function takeTokenFromAddress(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return;
  setToken(given);
  history.replaceState(null, '', location.pathname + location.search);
}

const link = new Link({ push: receive, state: setLinkState, token });
export const reconnect = (): void => link.open();

export function start(): void {
  takeTokenFromAddress();
  setInterval(() => setPageTime(performance.now()), TICK_MS);
  link.open();
}

function receive(push: Push): void {
  if (push.type === 'hello' || push.type === 'state') {
    if (push.view.version !== VERSION) {
      reloadOnce(push.view.version);
      return;
    }
    if (push.type === 'hello') {
      sessionStorage.removeItem(RELOADED_KEY);
      setVersionMismatch(null);
    }
    const now = performance.now();
    setReceivedAt(now);
    setPageTime(now);
    setStore('view', reconcile(push.view, { key: null, merge: true }));
  }
  if (push.type !== 'state') for (const listener of chartListeners) listener(push);
}

/** A server of another version brings its own page; if after one reload it has not, a person must look. */
function reloadOnce(version: number): void {
  setVersionMismatch(version);
  link.reject(`the server speaks version ${version}`);
  if (sessionStorage.getItem(RELOADED_KEY) === String(version)) return;
  sessionStorage.setItem(RELOADED_KEY, String(version));
  location.reload();
}
