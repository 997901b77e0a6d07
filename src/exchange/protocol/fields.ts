/** One JSON object of a request. Numbers and booleans are as good as strings: clients send either. */
export class Fields {
  readonly raw: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    this.raw = typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  }

  static ofQuery(query: string): Fields {
    return new Fields(Object.fromEntries(new URLSearchParams(query)));
  }

  /** Text of a field; empty when it is absent. */
  text(name: string): string {
    const value = this.raw[name];
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
  }

  list(name: string): readonly unknown[] {
    const value = this.raw[name];
    return Array.isArray(value) ? value : [];
  }
}
