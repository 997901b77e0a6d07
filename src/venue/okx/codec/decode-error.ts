/**
 * A message that says something we cannot take at its word. Names the instrument, the field and the text, so that
 * the log line alone is enough to find the cause.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly instrument: string;
  /** The offending text as it came, cut to a readable length. */
  readonly text: string;

  constructor(instrument: string, problem: string, text: string, options?: ErrorOptions) {
    const shown = text.length > 160 ? `${text.slice(0, 160)}…` : text;
    super(`${instrument}: ${problem}: ${shown}`, options);
    this.instrument = instrument;
    this.text = shown;
  }
}
