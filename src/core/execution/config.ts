import type { FollowConfig } from './entry-follow.ts';
import type { StopsConfig } from './moving-stop.ts';

export interface ExecutionConfig {
  /** Confidence from which an entry is considered. */
  readonly confidenceThreshold: number;
  /** What the other opinion must say of an entry, that of the strategies when the signal proposes and the other way round. */
  readonly confirmation: 'none' | 'notAgainst' | 'agree';
  /** `market`: at once, never worse than `slippageBpMax`; `postOnly`: joins the best price and waits. */
  readonly entry: 'market' | 'postOnly';
  /** Worst price of a market entry, in basis points beyond the touch. */
  readonly slippageBpMax: number;
  /** How long a post-only entry may wait, ms. */
  readonly entryTimeoutMs: number;
  readonly follow: FollowConfig;
  /** Pause between the end of one trade, or a missed entry, and the next entry, ms. */
  readonly cooldownMs: number;
  /** Taker fee as a fraction: 0.0005 = 5 bp. Two of them and the spread are the round-trip cost. */
  readonly takerFee: number;
  /** Pause before a failed exit, or a cancel or a move of the stop that nobody confirmed, is sent again, ms. */
  readonly exitRetryMs: number;
  readonly stops: StopsConfig;
}
