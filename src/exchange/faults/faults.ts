import { type Refusal, refusal } from '../accounts/refusal.ts';
import { type Fate, type Interference, UNTOUCHED } from '../protocol/interference.ts';
import { type Answer, no } from '../protocol/route.ts';
import type { Door, Session } from '../protocol/session.ts';
import { Lanes } from './lanes.ts';
import { checkPlan, type Fault, type FaultInput, type FaultPlan } from './plan.ts';
import { Schedule } from './schedule.ts';

/** What the faults may do to the exchange as a whole. */
export interface House {
  restartSequence(): void;
  /** Announces a service upgrade; gives what ends the announcement. */
  announce(begin: number, end: number): { began(): void; ended(): void };
  /** Ends without saving and comes back after `downMs`. */
  crash(downMs: number): void;
}

interface Rule {
  readonly fault: Fault;
  readonly schedule: Schedule;
}

type Of<K extends Fault['fault']> = Extract<Fault, { fault: K }>;

/** Answers of OKX's gateway when what is behind it fails. */
const FAILURES: Readonly<Record<number, Answer>> = {
  500: no('50026', 'System error. Try again later.', 500),
  504: no(
    '50004',
    'API endpoint request timeout. It does not mean that the request succeeded or failed.',
    504,
  ),
};
const TOO_MANY = no('50011', 'Too Many Requests', 429);
const OPERATIONS: readonly string[] = [
  'order',
  'batch-orders',
  'cancel-order',
  'batch-cancel-orders',
  'amend-order',
  'batch-amend-orders',
];
/** CRC32 of nothing in particular: OKX sends 0 since it gave checksums up. */
const BAD_CHECKSUM = 123456789;
const NOTICE_MS = 60_000;
const DOWN_MS = 2000;

const failure = (status: number): Answer =>
  FAILURES[status] ?? no('50001', 'Service temporarily unavailable. Try again later.', status);

/** Follows a plan of faults between the sockets and the exchange, which knows nothing of it. */
export class Faults implements Interference {
  private readonly rules: Rule[] = [];
  private readonly seed: number;
  private readonly lanes = new Map<Session, Lanes>();
  /** Half open: nothing goes out, nothing comes in. */
  private readonly mute = new Set<Session>();
  /** The first snapshot that was sent of each topic: from its action on. */
  private readonly snapshots = new Map<string, string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly struck = new Map<Fault['fault'], number>();
  private house: House | null = null;
  private downUntil = 0;
  /** What becomes of the answer to the socket operation that is just being handled. */
  private answering: Fate | null = null;
  private batch: readonly boolean[] = [];

  constructor(plan: FaultPlan) {
    this.seed = plan.seed;
    for (const fault of plan.faults) this.add(fault);
  }

  /** How often each fault has struck. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.struck);
  }

  get hasCrashes(): boolean {
    return this.rules.some(({ fault }) => fault.fault === 'crash');
  }

  /** The exchange is there; its plan runs from now. */
  start(house: House): void {
    this.house = house;
    for (const rule of this.rules) this.follow(rule);
  }

  /** One more fault, which begins now rather than by the plan. */
  strike(input: FaultInput): void {
    const [fault] = checkPlan({ faults: [{ at: '0s', ...input }] }).faults;
    const rule = this.add(fault!);
    this.begin(rule);
  }

  stop(): void {
    for (const { schedule } of this.rules) schedule.stop();
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private add(fault: Fault): Rule {
    const rule = { fault, schedule: new Schedule(fault, this.seed, this.rules.length) };
    this.rules.push(rule);
    return rule;
  }

  private follow(rule: Rule): void {
    rule.schedule.start(() => this.begin(rule));
  }

  private begin({ fault, schedule }: Rule): void {
    schedule.arm(Date.now());
    switch (fault.fault) {
      case 'disconnect':
        for (const session of this.chosen(fault, schedule))
          if (fault.code === undefined) session.cut();
          else session.close(fault.code, 'fault');
        return;
      case 'half-open':
        for (const session of this.chosen(fault, schedule)) this.mute.add(session);
        return;
      case 'sequence-reset':
        this.count(fault);
        this.house!.restartSequence();
        return;
      case 'maintenance':
        this.count(fault);
        this.maintain(fault.notice ?? NOTICE_MS, fault.down ?? DOWN_MS);
        return;
      case 'crash':
        this.count(fault);
        this.house!.crash(fault.down ?? DOWN_MS);
        return;
      case 'clock-skew':
      case 'stall':
        this.count(fault);
    }
  }

  private count(fault: Fault): void {
    this.struck.set(fault.fault, (this.struck.get(fault.fault) ?? 0) + 1);
  }

  private chosen(fault: Of<'disconnect' | 'half-open'>, schedule: Schedule): Session[] {
    const all = [...this.lanes.keys()].filter((session) => isOn(fault, session) && !this.mute.has(session));
    const chosen = fault.of === 'all' || all.length === 0 ? all : [all[schedule.pick(all.length)]!];
    for (const _ of chosen) this.count(fault);
    return chosen;
  }

  private maintain(noticeMs: number, downMs: number): void {
    const begin = Date.now() + noticeMs;
    const announcement = this.house!.announce(begin, begin + downMs);
    for (const session of this.lanes.keys())
      session.send(
        JSON.stringify({
          event: 'notice',
          code: '64008',
          msg: 'The connection will soon be closed for a service upgrade. Please reconnect.',
          connId: session.id,
        }),
      );
    const old = [...this.lanes.keys()];
    this.later(noticeMs, () => {
      this.downUntil = Date.now() + downMs;
      announcement.began();
      for (const session of old) session.close(1001, 'Service upgrade');
      this.house!.restartSequence();
    });
    this.later(noticeMs + downMs, () => announcement.ended());
  }

  private later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, ms);
    this.timers.add(timer);
  }

  private strikes(rule: Rule): boolean {
    if (!rule.schedule.strikes(Date.now())) return false;
    this.count(rule.fault);
    return true;
  }

  // -- the exchange's clock --------------------------------------------------------------------------------------------

  get clockSkewMs(): number {
    let skew = 0;
    for (const { fault, schedule } of this.rules)
      if (fault.fault === 'clock-skew' && schedule.isArmed(Date.now())) skew += fault.by;
    return skew;
  }

  /** Whether the market stands still. */
  get isStalled(): boolean {
    return this.rules.some(({ fault, schedule }) => fault.fault === 'stall' && schedule.isArmed(Date.now()));
  }

  private get isDown(): boolean {
    return Date.now() < this.downUntil;
  }

  // -- connections -----------------------------------------------------------------------------------------------------

  admits(door: Door): boolean {
    if (this.isDown) return false;
    return !this.rules.some(
      (rule) =>
        rule.fault.fault === 'refuse' &&
        (rule.fault.door === undefined || rule.fault.door === door) &&
        this.strikes(rule),
    );
  }

  opened(session: Session): void {
    this.lanes.set(session, new Lanes(session));
  }

  closed(session: Session): void {
    this.lanes.get(session)?.close();
    this.lanes.delete(session);
    this.mute.delete(session);
  }

  // -- messages out ----------------------------------------------------------------------------------------------------

  outgoing(session: Session, text: string, topic: string): void {
    if (this.mute.has(session)) return;
    const lanes = this.lanes.get(session);
    // closed meanwhile
    if (lanes === undefined) return;
    if (topic.startsWith('op|') && this.answering !== null) {
      const { afterwards, delayAfter } = this.answering;
      if (afterwards === 'silence') return;
      const said = afterwards === null ? text : instead(text, afterwards);
      if (delayAfter > 0) {
        this.later(delayAfter, () => session.deliver(said));
        return;
      }
      lanes.send(said, topic);
      return;
    }
    if (topic === '' || topic.startsWith('op|')) lanes.send(text, topic);
    else this.push(session, lanes, text, topic);
  }

  private push(session: Session, lanes: Lanes, text: string, topic: string): void {
    const [channel = '', instId = ''] = topic.split('|');
    const isBook = channel.startsWith('books');
    const isUpdate = isBook && text.includes('"action":"update"');
    const snapshotAt = isBook ? text.indexOf(',"action":"snapshot"') : -1;
    let out = text;
    let copies = 1;
    for (const rule of this.rules) {
      const { fault } = rule;
      if (!PUSH_FAULTS.has(fault.fault)) continue;
      const { channel: wantedChannel, instId: wantedId, ...where } = fault as Of<'drop'>;
      if (!isOn(where, session)) continue;
      if (wantedChannel !== undefined && wantedChannel !== channel) continue;
      if (wantedId !== undefined && wantedId !== instId) continue;
      switch (fault.fault) {
        case 'drop':
          if (this.strikes(rule)) return;
          break;
        case 'gap':
          if (isUpdate && this.strikes(rule)) return;
          break;
        case 'duplicate':
          if (this.strikes(rule)) copies = 2;
          break;
        case 'checksum':
          if (isBook && out.includes('"checksum":0') && this.strikes(rule))
            out = out.replace('"checksum":0', `"checksum":${BAD_CHECKSUM}`);
          break;
        case 'stale-snapshot': {
          const old = this.snapshots.get(topic);
          if (snapshotAt >= 0 && old !== undefined && this.strikes(rule))
            out = text.slice(0, snapshotAt) + old;
          break;
        }
        case 'delay':
          if (this.strikes(rule)) lanes.holdAll(fault.by);
          break;
        case 'reorder':
          if (this.strikes(rule)) lanes.hold(topic, fault.by);
          break;
      }
    }
    if (snapshotAt >= 0 && !this.snapshots.has(topic)) this.snapshots.set(topic, text.slice(snapshotAt));
    for (let i = 0; i < copies; i++) lanes.send(out, topic);
  }

  // -- messages and requests in ----------------------------------------------------------------------------------------

  incoming(session: Session, text: string, op: string, pass: () => void): void {
    if (this.mute.has(session)) return;
    if (!OPERATIONS.includes(op)) return pass();
    const fate = this.request(`WS ${op}`);
    const run = (): void => {
      this.answering = fate;
      pass();
      this.answering = null;
    };
    if (fate.instead === 'silence') return;
    if (fate.instead !== null) {
      const { id } = JSON.parse(text) as { id?: unknown };
      const at = `${Date.now()}000`;
      session.send(instead(JSON.stringify({ id, op, inTime: at, outTime: at }), fate.instead), `op|${op}`);
    } else if (fate.delayBefore > 0) this.later(fate.delayBefore, run);
    else run();
  }

  request(endpoint: string): Fate {
    if (this.isDown) return { ...UNTOUCHED, instead: failure(503) };
    let fate = UNTOUCHED;
    for (const rule of this.rules) {
      const { fault } = rule;
      if (!REQUEST_FAULTS.has(fault.fault)) continue;
      const { endpoint: wanted } = fault as Of<'error'>;
      if (wanted !== undefined && !isEndpoint(wanted, endpoint)) continue;
      if (fault.fault === 'stale-book' && !endpoint.startsWith('GET market/books')) continue;
      if (this.strikes(rule)) fate = { ...fate, ...changeOf(fault) };
    }
    return fate;
  }

  item(_operation: string, index: number, count: number): Refusal | null {
    if (count < 2) return null;
    if (index === 0) {
      const rule = this.rules.find((one) => one.fault.fault === 'partial-batch' && this.strikes(one));
      this.batch = rule === undefined ? [] : some(count, rule.schedule);
    }
    return this.batch[index] === true ? refusal('50013', 'Systems are busy. Please try again later.') : null;
  }
}

const PUSH_FAULTS: ReadonlySet<string> = new Set([
  'drop',
  'delay',
  'duplicate',
  'reorder',
  'gap',
  'checksum',
  'stale-snapshot',
]);
const REQUEST_FAULTS: ReadonlySet<string> = new Set(['error', 'timeout', 'slow', 'rate-limit', 'stale-book']);

/** The answer to a socket operation, saying something else. */
const instead = (text: string, { code, msg }: Answer): string =>
  JSON.stringify({ ...(JSON.parse(text) as object), code, msg, data: [] });

function isOn(
  where: { door?: Door | undefined; connection?: number | undefined },
  session: Session,
): boolean {
  return (
    (where.door === undefined || where.door === session.door) &&
    (where.connection === undefined || where.connection === session.number)
  );
}

function isEndpoint(wanted: string, endpoint: string): boolean {
  return wanted.endsWith('*') ? endpoint.startsWith(wanted.slice(0, -1)) : endpoint === wanted;
}

function changeOf(fault: Fault): Partial<Fate> {
  switch (fault.fault) {
    case 'error':
      return fault.stage === 'after'
        ? { afterwards: failure(fault.status ?? 500) }
        : { instead: failure(fault.status ?? 503) };
    case 'timeout':
      return fault.stage === 'after' ? { afterwards: 'silence' } : { instead: 'silence' };
    case 'slow':
      return fault.stage === 'after' ? { delayAfter: fault.by } : { delayBefore: fault.by };
    case 'rate-limit':
      return { instead: TOO_MANY };
    case 'stale-book':
      return { stale: true };
    default:
      return {};
  }
}

/** Some of a batch: at least one, never all. */
function some(count: number, schedule: Schedule): boolean[] {
  const lost = new Array<boolean>(count).fill(false).map(() => schedule.pick(2) === 1);
  lost[schedule.pick(count)] = true;
  if (lost.every(Boolean)) lost[schedule.pick(count)] = false;
  return lost;
}
