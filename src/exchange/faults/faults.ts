import { type Refusal, refusal } from '../accounts/refusal.ts';
import { type Fate, type Interference, UNTOUCHED } from '../protocol/interference.ts';
import { type Answer, no } from '../protocol/route.ts';
import type { Door, Session } from '../protocol/session.ts';
import { OPERATIONS } from '../protocol/ws.ts';
import type { Random } from '../random.ts';
import { Lanes } from './lanes.ts';
import { checkPlan, type Fault, type FaultInput, type FaultPlan, isEndpoint, MOMENTS } from './plan.ts';
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
  /** The first snapshot that was sent of each topic: from its action on. */
  private readonly snapshots = new Map<string, string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly struck = new Map<Fault['fault'], number>();
  private house: House | null = null;
  /** Ms of market time since the start: what the plan's times are measured by. */
  private now = 0;
  /** On the wall's clock, like everything that is waited for: while the market stands still no time passes there. */
  private downUntil = 0;
  private stalledUntil = 0;
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
    for (const { fault } of this.rules)
      if (fault.fault === 'clock-skew' && fault.at === undefined && fault.every === undefined)
        this.count(fault);
  }

  /** Market time passes; what falls due begins, in the order of the plan. */
  pass(ms: number): void {
    if (this.house === null) return;
    this.now += ms;
    for (const rule of this.rules)
      if (rule.schedule.isDue(this.now) && (!MOMENTS.has(rule.fault.fault) || rule.schedule.happens()))
        this.begin(rule);
  }

  /** One more fault, which begins now rather than by the plan. */
  strike(input: FaultInput): void {
    const [fault] = checkPlan({ faults: [{ at: '0s', ...input }] }).faults;
    const rule = this.add(fault!);
    // its time has come, and comes once
    rule.schedule.isDue(this.now);
    this.begin(rule);
  }

  /** Nothing goes wrong any more. */
  stop(): void {
    this.house = null;
    this.stalledUntil = 0;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private add(fault: Fault): Rule {
    const rule = { fault, schedule: new Schedule(fault, this.seed, this.rules.length) };
    this.rules.push(rule);
    return rule;
  }

  private begin({ fault, schedule }: Rule): void {
    schedule.arm(this.now);
    switch (fault.fault) {
      case 'disconnect':
        for (const session of this.chosen(fault, schedule))
          if (fault.code === undefined) session.cut();
          else session.close(fault.code, 'fault');
        return;
      case 'half-open':
        for (const session of this.chosen(fault, schedule)) session.isMute = true;
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
      case 'stall':
        this.count(fault);
        this.stalledUntil = Date.now() + fault.for!;
        return;
      case 'clock-skew':
        this.count(fault);
    }
  }

  private count(fault: Fault): void {
    this.struck.set(fault.fault, (this.struck.get(fault.fault) ?? 0) + 1);
  }

  private chosen(fault: Of<'disconnect' | 'half-open'>, schedule: Schedule): Session[] {
    const all = [...this.lanes.keys()].filter((session) => isOn(fault, session) && !session.isMute);
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

  private strikes(rule: Rule, client: string, what: string): boolean {
    if (this.house === null || !rule.schedule.strikes(this.now, client, what)) return false;
    this.count(rule.fault);
    return true;
  }

  // -- the exchange's clock --------------------------------------------------------------------------------------------

  get clockSkewMs(): number {
    let skew = 0;
    for (const { fault, schedule } of this.rules)
      if (fault.fault === 'clock-skew' && schedule.isArmed(this.now)) skew += fault.by;
    return skew;
  }

  /** Whether the market stands still. */
  get isStalled(): boolean {
    return Date.now() < this.stalledUntil;
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
        this.strikes(rule, '', door),
    );
  }

  opened(session: Session): void {
    this.lanes.set(session, new Lanes(session));
  }

  closed(session: Session): void {
    this.lanes.get(session)?.close();
    this.lanes.delete(session);
    for (const { schedule } of this.rules) schedule.forget(nameOf(session));
  }

  // -- messages out ----------------------------------------------------------------------------------------------------

  outgoing(session: Session, text: string, topic: string): void {
    const lanes = this.lanes.get(session);
    // closed meanwhile
    if (lanes === undefined) return;
    if (topic.startsWith('op|') && this.answering !== null) {
      const { afterwards, delayAfter } = this.answering;
      if (afterwards === 'silence') return;
      const said = afterwards === null ? text : instead(text, afterwards);
      if (delayAfter > 0) {
        this.later(delayAfter, () => lanes.send(said, topic));
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
    const client = nameOf(session);
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
          if (this.strikes(rule, client, topic)) return;
          break;
        case 'gap':
          if (isUpdate && this.strikes(rule, client, topic)) return;
          break;
        case 'duplicate':
          if (this.strikes(rule, client, topic)) copies = 2;
          break;
        case 'checksum':
          if (isBook && out.includes('"checksum":0') && this.strikes(rule, client, topic))
            out = out.replace('"checksum":0', `"checksum":${BAD_CHECKSUM}`);
          break;
        case 'stale-snapshot': {
          const old = this.snapshots.get(topic);
          if (
            snapshotAt >= 0 &&
            old !== undefined &&
            !text.endsWith(old) &&
            this.strikes(rule, client, topic)
          )
            out = text.slice(0, snapshotAt) + old;
          break;
        }
        case 'delay':
          if (this.strikes(rule, client, topic)) lanes.holdAll(fault.by);
          break;
        case 'reorder':
          if (this.strikes(rule, client, topic)) lanes.hold(topic, fault.by);
          break;
      }
    }
    if (snapshotAt >= 0 && !this.snapshots.has(topic)) this.snapshots.set(topic, text.slice(snapshotAt));
    for (let i = 0; i < copies; i++) lanes.send(out, topic);
  }

  // -- messages and requests in ----------------------------------------------------------------------------------------

  incoming(session: Session, text: string, op: string, pass: () => void): void {
    if (!OPERATIONS.has(op)) return pass();
    const fate = this.request(`WS ${op}`, nameOf(session));
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

  request(endpoint: string, client: string): Fate {
    if (this.isDown) return { ...UNTOUCHED, instead: failure(503) };
    let fate = UNTOUCHED;
    for (const rule of this.rules) {
      const { fault } = rule;
      if (!REQUEST_FAULTS.has(fault.fault)) continue;
      const { endpoint: wanted } = fault as Of<'error'>;
      if (wanted !== undefined && !isEndpoint(wanted, endpoint)) continue;
      if (fault.fault === 'stale-book' && !endpoint.startsWith('GET market/books')) continue;
      if (this.strikes(rule, client, endpoint)) fate = { ...fate, ...changeOf(fault) };
    }
    return fate;
  }

  item(operation: string, account: string, index: number, count: number): Refusal | null {
    if (count < 2) return null;
    if (index === 0) {
      const rule = this.rules.find(
        (one) => one.fault.fault === 'partial-batch' && this.strikes(one, account, operation),
      );
      this.batch = rule === undefined ? [] : some(count, rule.schedule.chanceOf(account, operation));
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
function some(count: number, random: Random): boolean[] {
  const lost = new Array<boolean>(count).fill(false).map(() => random.below(2) === 1);
  lost[random.below(count)] = true;
  if (lost.every(Boolean)) lost[random.below(count)] = false;
  return lost;
}

/** How a connection is called among the clients: by its number. */
const nameOf = (session: Session): string => `#${session.number}`;
