import { Random } from '../random.ts';
import type { Fault } from './plan.ts';

/** Things of one kind that come by in order: the pushes of one topic on one connection, one client's requests to one endpoint. */
interface Stream {
  seen: number;
  readonly random: Random;
}

/**
 * When one fault of a plan strikes. Nothing here knows the wall's clock: its times are the plan's, which is the market's time
 * since the start, and its chances belong to the things that come by. The n-th thing of a stream is struck or spared by
 * seed, line of the plan, stream and n alone, whatever else happens meanwhile.
 */
export class Schedule {
  private readonly fault: Fault;
  private readonly seed: number;
  private readonly number: number;
  /** For what happens at its times: gaps between them, and who is chosen. */
  private readonly random: Random;
  private readonly always: boolean;
  private readonly streams = new Map<string, Map<string, Stream>>();
  private nextAt = Number.POSITIVE_INFINITY;
  private until = Number.NEGATIVE_INFINITY;
  private left = 0;

  constructor(fault: Fault, seed: number, number: number) {
    this.fault = fault;
    this.seed = seed;
    this.number = number;
    this.random = new Random(seed, 1000 + number);
    this.always = fault.at === undefined && fault.every === undefined;
    if (this.always && fault.nth === undefined) this.left = fault.times ?? Number.POSITIVE_INFINITY;
    if (fault.at !== undefined) this.nextAt = fault.at;
    else if (fault.every !== undefined) this.nextAt = this.random.exponential(fault.every);
  }

  /** Whether one of its times has come; looked at once a step of the market. */
  isDue(now: number): boolean {
    if (now < this.nextAt) return false;
    const { every } = this.fault;
    this.nextAt =
      every === undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(now, this.nextAt + this.random.exponential(every));
    return true;
  }

  /** It is time. */
  arm(now: number): void {
    const { times, for: lasts } = this.fault;
    this.until = lasts === undefined ? Number.POSITIVE_INFINITY : now + lasts;
    this.left = times ?? (lasts === undefined ? 1 : Number.POSITIVE_INFINITY);
  }

  isArmed(now: number): boolean {
    return this.left > 0 && (this.always || now < this.until);
  }

  /** Whether it strikes the thing that comes by just now; `client` and `what` name its stream. */
  strikes(now: number, client: string, what: string): boolean {
    const { chance, nth, times = 1 } = this.fault;
    if (chance === undefined && nth === undefined) return this.takes(now);
    const stream = this.stream(client, what);
    stream.seen += 1;
    // drawn for each, struck or not, armed or not: the next one's luck does not depend on this one's
    if (chance !== undefined && !stream.random.chance(chance)) return false;
    if (nth !== undefined) return stream.seen >= nth && stream.seen < nth + times;
    return this.takes(now);
  }

  /** The chance of a stream, for what is to be chosen within a thing that was struck. */
  chanceOf(client: string, what: string): Random {
    return this.stream(client, what).random;
  }

  /** Whether it happens at all, at one of its times. */
  happens(): boolean {
    const { chance } = this.fault;
    return chance === undefined || this.random.chance(chance);
  }

  /** A whole number below `bound`: which one of those there are at one of its times. */
  pick(bound: number): number {
    return this.random.below(bound);
  }

  /** A client that will not come back. */
  forget(client: string): void {
    this.streams.delete(client);
  }

  private takes(now: number): boolean {
    if (!this.isArmed(now)) return false;
    this.left -= 1;
    return true;
  }

  private stream(client: string, what: string): Stream {
    const own = this.streams.get(client) ?? new Map<string, Stream>();
    this.streams.set(client, own);
    let stream = own.get(what);
    if (stream === undefined) {
      stream = { seen: 0, random: new Random(this.seed, hash(`${this.number}|${client}|${what}`)) };
      own.set(what, stream);
    }
    return stream;
  }
}

/** FNV-1a, 32 bits: a name as the number of a stream of chance. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
