/** The part of pino-roll that is used here (it ships no types). Source: its README, version 4. */
declare module 'pino-roll' {
  import type { SonicBoom } from 'sonic-boom';

  interface RollOptions {
    readonly file: string;
    readonly extension?: string;
    readonly size?: string;
    readonly limit?: { readonly count: number };
    readonly mkdir?: boolean;
  }
  export default function roll(options: RollOptions): Promise<SonicBoom>;
}
