/** JSON with exact money: a bigint is written as `"money:123"`, which no client id or tag can be. */
const MARK = 'money:';

export const write = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${MARK}${item}` : item));

export const read = (text: string): unknown =>
  JSON.parse(text, (_key, item: unknown) =>
    typeof item === 'string' && item.startsWith(MARK) ? BigInt(item.slice(MARK.length)) : item,
  );
