import { createHmac, timingSafeEqual } from 'node:crypto';

/** OKX v5: base64 of HMAC-SHA256 over timestamp, method, path with query as it was sent, and the body's bytes. */
export function sign(secret: string, timestamp: string, method: string, target: string, body = ''): string {
  return createHmac('sha256', secret)
    .update(timestamp + method + target + body)
    .digest('base64');
}

export function isSignature(given: string, expected: string): boolean {
  const one = Buffer.from(given);
  const other = Buffer.from(expected);
  return one.length === other.length && timingSafeEqual(one, other);
}
