import { refuse as fail } from '../../core/result.ts';

/** Why OKX says no: its code, its words, and the finer code of a few. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly subCode: string;
}

export const refusal = (code: string, message: string, subCode = ''): Refusal => ({ code, message, subCode });

export const refuse = (
  code: string,
  message: string,
  subCode = '',
): { readonly ok: false; readonly error: Refusal } => fail(refusal(code, message, subCode));

export const parameterError = (name: string): Refusal => refusal('51000', `Parameter ${name}  error`);
