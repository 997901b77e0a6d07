import { createHmac } from 'node:crypto';
import type { Credentials } from './options.ts';

/** base64(HMAC-SHA256(secret, timestamp + METHOD + path with query + body)). `body` is the exact text sent. */
export function sign(
  secret: string,
  timestamp: string,
  method: 'GET' | 'POST',
  path: string,
  body: string,
): string {
  return createHmac('sha256', secret)
    .update(timestamp)
    .update(method)
    .update(path)
    .update(body)
    .digest('base64');
}

/** Headers of a signed request. `nowMs` is the exchange's time; REST wants it as ISO text with milliseconds. */
export function signedHeaders(
  credentials: Credentials,
  nowMs: number,
  method: 'GET' | 'POST',
  path: string,
  body: string,
): Record<string, string> {
  const timestamp = new Date(nowMs).toISOString();
  return {
    'OK-ACCESS-KEY': credentials.apiKey,
    'OK-ACCESS-SIGN': sign(credentials.secret, timestamp, method, path, body),
    'OK-ACCESS-TIMESTAMP': timestamp,
    'OK-ACCESS-PASSPHRASE': credentials.passphrase,
  };
}

/** The WebSocket login request; there the timestamp is in whole seconds and lives for 30 of them. */
export function loginRequest(credentials: Credentials, nowMs: number): string {
  const timestamp = String(Math.floor(nowMs / 1000));
  return JSON.stringify({
    op: 'login',
    args: [
      {
        apiKey: credentials.apiKey,
        passphrase: credentials.passphrase,
        timestamp,
        sign: sign(credentials.secret, timestamp, 'GET', '/users/self/verify', ''),
      },
    ],
  });
}
