import { VenueError } from '../venue.ts';

/**
 * Whether the request took effect: `refused` is proof that it did not; `unknown` means it may have, so that a write is
 * asked about (by client id) and never sent again.
 */
export type Outcome = 'refused' | 'unknown';

/** A fault or refusal from OKX, or on the way to it. */
export class OkxError extends VenueError {
  readonly outcome: Outcome;
  constructor(
    message: string,
    code: string,
    action: VenueError['action'],
    outcome: Outcome,
    options?: ErrorOptions,
  ) {
    super(message, code, action, options);
    this.outcome = outcome;
  }
}

/** Refused for now: the same request may pass later. */
const LATER = new Set([
  '50011', // endpoint rate limit
  '50061', // sub-account order rate limit
  '50102', // timestamp off: synchronise the clock first
  '51021', // instrument not open yet, suspended, in settlement … (51021 to 51030)
  '51022',
  '51024',
  '51025',
  '51026',
  '51027',
  '51028',
  '51029',
  '51030',
  '51410', // already being canceled
  '51513', // too many amendments in flight
  '51603', // order not found: true about a second after placing, too
  '60006', // login timestamp expired: synchronise the clock first
  '60014', // too many subscription requests
]);

/** Says nothing about whether the request took effect. */
const UNDECIDED = new Set([
  '50001', // service unavailable
  '50004', // timed out behind the gateway
  '50013', // busy
  '50026', // system error
  '51054',
  '51149',
  '51412', // cancel timed out
  '51011', // order id taken: an earlier try got in
  '51016', // client order id taken: an earlier try got in
  '51065', // the same for algo orders
  '51068',
  '63999', // WebSocket internal error
]);

const RECONNECT = new Set(['60011', '64008']);

/** What an error code of OKX means for a caller. `what` says which request, for the message. */
export function errorOf(what: string, code: string, message: string): OkxError {
  const text = `${what}: OKX says ${code}${message === '' ? '' : ` ${message}`}${hint(code)}`;
  if (UNDECIDED.has(code)) return new OkxError(text, code, 'retry', 'unknown');
  if (RECONNECT.has(code)) return new OkxError(text, code, 'reconnect', 'refused');
  return new OkxError(text, code, LATER.has(code) ? 'retry' : 'stop', 'refused');
}

/** The mend, where the code alone tells it. */
function hint(code: string): string {
  const mends: Readonly<Record<string, string>> = {
    '50101': 'demo keys belong to demo trading, live keys to live: check the mode',
    '50105': 'check the passphrase',
    '50110': "bind this machine's address to the key, or take the binding off",
    '50111': 'check the API key',
    '50113': 'check the secret',
    '50119': 'no such key, or it belongs to another region of OKX: check the host',
    '50120': 'the key lacks the permission',
    '51010': 'switch the account to futures mode',
    '60005': 'check the API key',
    '60007': 'check the secret',
    '60024': 'check the passphrase',
  };
  const mend = mends[code];
  return mend === undefined ? '' : ` (${mend})`;
}

/** An answer without OKX's envelope: the gateway, a proxy, or another server. */
export function httpErrorOf(what: string, status: number, body: string): OkxError {
  const text = `${what}: HTTP ${status} ${body.slice(0, 120)}`;
  const code = `HTTP${status}`;
  if (status === 429) return new OkxError(text, code, 'retry', 'refused');
  if (status >= 400 && status < 500) return new OkxError(text, code, 'stop', 'refused');
  return new OkxError(text, code, 'retry', 'unknown');
}

/** No answer: refused, reset, timed out. Only a connection that was never made proves that nothing was done. */
export function transportErrorOf(what: string, error: unknown): OkxError {
  const code = transportCode(error);
  const neverLeft = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN';
  return new OkxError(`${what}: no answer (${code})`, code, 'retry', neverLeft ? 'refused' : 'unknown', {
    cause: error,
  });
}

function transportCode(error: unknown): string {
  let current: unknown = error;
  while (current instanceof Error) {
    const { code } = current as { code?: unknown };
    if (typeof code === 'string' && code !== '') return code;
    if (current.name === 'AbortError') return 'ETIMEDOUT';
    if (current.cause === undefined) return current.message;
    current = current.cause;
  }
  return String(error);
}
