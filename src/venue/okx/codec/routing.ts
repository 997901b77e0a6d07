/** What one subscription is for: the `arg` that OKX echoes on every push. */
export interface ChannelArg {
  readonly channel: string;
  readonly instId?: string;
  readonly instType?: string;
}

/** One name per subscription, whatever the order of keys; `uid`, which OKX adds on private pushes, is not part of it. */
export function channelKey(arg: ChannelArg): string {
  return `${arg.channel}|${arg.instType ?? ''}|${arg.instId ?? ''}`;
}

/**
 * Finds whom a push is for from its first bytes, without parsing it: OKX writes the `arg` first and as it was
 * subscribed, so a push begins with one of a few known byte strings. Found by hash, then compared. Anything else
 * (acks, notices, unusual spelling) gives `undefined` and goes the `JSON.parse` way.
 */
export class Router<Target> {
  private readonly buckets = new Map<number, { readonly prefix: Uint8Array; readonly target: Target }[]>();

  add(arg: ChannelArg, target: Target): void {
    const prefix = new TextEncoder().encode(`{"arg":${JSON.stringify(arg)}`);
    const hash = hashUntilBrace(prefix);
    const bucket = this.buckets.get(hash) ?? [];
    bucket.push({ prefix, target });
    this.buckets.set(hash, bucket);
  }

  find(bytes: Uint8Array): Target | undefined {
    const bucket = this.buckets.get(hashUntilBrace(bytes));
    if (bucket === undefined) return undefined;
    for (const { prefix, target } of bucket) {
      let index = 0;
      while (index < prefix.length && bytes[index] === prefix[index]) index++;
      if (index === prefix.length) return target;
    }
    return undefined;
  }
}

/** FNV-1a over the bytes up to the first closing brace (of `arg`), at most 200. */
function hashUntilBrace(bytes: Uint8Array): number {
  const end = Math.min(bytes.length, 200);
  let hash = 0x811c9dc5;
  for (let index = 0; index < end; index++) {
    const byte = bytes[index]!;
    if (byte === 0x7d) break;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
