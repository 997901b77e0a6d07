import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Account } from '../accounts/account.ts';
import { CHANNELS, type Channel, INSTRUMENT_TYPES, isAboutSwaps } from './channels.ts';
import { Fields } from './fields.ts';
import { type Gateway, Unsaved } from './gateway.ts';
import type { Key } from './keys.ts';
import { EVERYTHING, REGULAR_MS, regular, topicOf } from './private-feed.ts';
import type { RateLimits } from './rate-limits.ts';
import { type Door, Session, UNREAD_MAX_BYTES } from './session.ts';
import { isSignature, sign } from './signing.ts';
import { micros } from './text.ts';
import {
  amend,
  cancel,
  isRefused,
  type Operation,
  PER_OPERATION,
  place,
  runEach,
  verdict,
} from './trading.ts';

const ROOT = '/ws/v5/';
const DOORS: readonly string[] = ['public', 'private', 'business', 'all'];
const MESSAGE_MAX_BYTES = 64 * 1024;
/** Silence towards a client after which it is let go. */
const IDLE_MS = 30_000;
/** Subscriptions that one request may ask for. */
const ARGS_MAX = 100;
/** Connections of one account that may listen to the same private channel. */
const LISTENERS_MAX = 30;
const CONNECTS_PER_SECOND = 3;
const LOGIN_PATH = '/users/self/verify';

interface Operating {
  readonly name: string;
  readonly operation: Operation;
  readonly most: number;
}

/** Why a channel cannot be had. */
type Obstacle = 'channel' | 'login' | 'unsound' | 'conflict';

const MESSAGE_ID = /^[A-Za-z0-9]{1,32}$/;

export const OPERATIONS: ReadonlyMap<string, Operating> = new Map([
  ['order', { name: 'place', operation: place, most: 1 }],
  ['batch-orders', { name: 'place', operation: place, most: 20 }],
  ['cancel-order', { name: 'cancel', operation: cancel, most: 1 }],
  ['batch-cancel-orders', { name: 'cancel', operation: cancel, most: 20 }],
  ['amend-order', { name: 'amend', operation: amend, most: 1 }],
  ['batch-amend-orders', { name: 'amend', operation: amend, most: 20 }],
]);

/** The WebSocket doors: connections, logins, subscriptions, order operations. */
export class Doors {
  private readonly gateway: Gateway;
  private readonly limits: RateLimits;
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_MAX_BYTES,
    autoPong: false,
  });
  private readonly sessions = new Set<Session>();
  private readonly sweeper: NodeJS.Timeout;
  private readonly unreadMaxBytes: number;
  private readonly nextNumber: () => number;

  /** `nextNumber` counts connections. */
  constructor(
    server: Server,
    gateway: Gateway,
    limits: RateLimits,
    nextNumber: () => number,
    unreadMaxBytes = UNREAD_MAX_BYTES,
  ) {
    this.gateway = gateway;
    this.limits = limits;
    this.nextNumber = nextNumber;
    this.unreadMaxBytes = unreadMaxBytes;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const [path = ''] = (request.url ?? '').split('?', 1);
      const door = path.startsWith(ROOT) ? path.slice(ROOT.length) : '';
      const refuse = (status: string): void => {
        // whoever does not hang up then is hung up on: the end of the server must not wait for him
        socket.once('finish', () => socket.destroy());
        socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
      };
      // a client that goes away while it is being refused is nobody's trouble
      socket.on('error', () => socket.destroy());
      if (!DOORS.includes(door)) return refuse('404 Not Found');
      if (!limits.take(`connect|${request.socket.remoteAddress}`, CONNECTS_PER_SECOND, 1000, Date.now()))
        return refuse('429 Too Many Requests');
      if (gateway.interference?.admits(door as Door) === false) return refuse('503 Service Unavailable');
      this.sockets.handleUpgrade(request, socket, head, (webSocket) => this.open(webSocket, door as Door));
    });
    this.sweeper = setInterval(() => this.sweep(), 5000);
    this.sweeper.unref();
  }

  close(): void {
    clearInterval(this.sweeper);
    for (const client of this.sockets.clients) client.terminate();
    this.sockets.close();
  }

  private open(socket: WebSocket, door: Door): void {
    const { interference } = this.gateway;
    const session = new Session(
      socket,
      door,
      this.nextNumber(),
      Date.now(),
      interference,
      this.unreadMaxBytes,
    );
    this.sessions.add(session);
    interference?.opened(session);
    socket.on('message', (data: RawData, isBinary: boolean) => {
      // OKX speaks text alone
      if (isBinary) session.close(4002, 'Invalid request');
      else this.receive(session, String(data));
    });
    socket.on('ping', (data: Buffer) => session.pong(data));
    // the close event follows and cleans up; a broken connection is the client's to notice
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      for (const stop of session.subscriptions.values()) stop();
      session.subscriptions.clear();
      this.sessions.delete(session);
      interference?.closed(session);
    });
  }

  private sweep(): void {
    const now = Date.now();
    for (const session of this.sessions)
      if (now - session.sentAt > IDLE_MS) session.close(4004, 'No data received in 30s.');
  }

  private receive(session: Session, text: string): void {
    if (session.isMute) return;
    const { interference } = this.gateway;
    let message: Fields | null = null;
    try {
      if (text !== 'ping') message = new Fields(JSON.parse(text));
    } catch {
      this.refuse(session, '', '60012', 'Illegal request');
      return;
    }
    const pass = (): void => (message === null ? session.send('pong') : this.handle(session, message, text));
    if (interference === null) pass();
    else interference.incoming(session, text, message === null ? 'ping' : message.text('op'), pass);
  }

  private handle(session: Session, message: Fields, text: string): void {
    const id = message.text('id');
    const op = message.text('op');
    if (id !== '' && !MESSAGE_ID.test(id)) {
      this.refuse(session, '', '60033', 'Parameter id error');
      return;
    }
    const operating = OPERATIONS.get(op);
    if (operating !== undefined) this.operate(session, id, op, operating, message);
    else if (op === 'mass-cancel') this.refuseMassCancel(session, id);
    else if (op === 'login' || op === 'subscribe' || op === 'unsubscribe') {
      if (!session.mayRequest(Date.now())) this.refuse(session, id, '60014', 'Requests too frequent');
      else if (op === 'login') this.login(session, id, new Fields(message.list('args')[0]));
      else this.subscriptions(session, id, op, message.list('args'));
    } else this.refuse(session, id, '60012', `Illegal request: ${text.slice(0, 200)}`);
  }

  private refuse(session: Session, id: string, code: string, msg: string): void {
    const named = id === '' ? {} : { id };
    session.send(JSON.stringify({ ...named, event: 'error', code, msg, connId: session.id }));
  }

  private login(session: Session, id: string, args: Fields): void {
    const key = this.verify(args);
    if ('code' in key) {
      this.refuse(session, id, key.code, key.msg);
      session.close(4001, 'Login failed');
      return;
    }
    session.key = key;
    const named = id === '' ? {} : { id };
    session.send(JSON.stringify({ ...named, event: 'login', code: '0', msg: '', connId: session.id }));
  }

  private verify(args: Fields): Key | { code: string; msg: string } {
    const timestamp = args.text('timestamp');
    const seconds = Number(timestamp);
    const key = this.gateway.keyOf(args.text('apiKey'));
    if (key === undefined) return { code: '60005', msg: 'Invalid apiKey' };
    if (timestamp === '' || !this.gateway.isTimely(seconds * 1000))
      return { code: '60006', msg: 'Timestamp request expired' };
    const { secret, passphrase } = key.credentials;
    if (!isSignature(args.text('sign'), sign(secret, timestamp, 'GET', LOGIN_PATH)))
      return { code: '60007', msg: 'Invalid sign' };
    return args.text('passphrase') === passphrase ? key : { code: '60024', msg: 'Wrong passphrase' };
  }

  private subscriptions(
    session: Session,
    id: string,
    verb: 'subscribe' | 'unsubscribe',
    args: readonly unknown[],
  ): void {
    if (args.length === 0) {
      this.refuse(session, id, '60013', 'Invalid args');
      return;
    }
    if (args.length > ARGS_MAX) {
      session.close(4003, `At most ${ARGS_MAX} subscriptions in one request`);
      return;
    }
    for (const raw of args) {
      const arg = new Fields(raw);
      const channel = CHANNELS.get(arg.text('channel'));
      const wrong = channel === undefined ? 'channel' : this.cannot(session, channel, arg);
      if (channel === undefined || wrong === 'channel')
        this.refuse(
          session,
          id,
          '60018',
          `${verb === 'subscribe' ? 'Subscribe' : 'Unsubscribe'} failed, wrong URL or channel:${arg.text('channel')},instId:${arg.text('instId')} doesn't exist. Please use the correct URL, channel and parameters referring to API document.`,
        );
      else if (wrong === 'login') this.refuse(session, id, '60011', 'Please log in');
      else if (wrong === 'unsound') this.refuse(session, id, '63999', 'Internal system error');
      else if (wrong === 'conflict')
        this.refuse(
          session,
          id,
          '64004',
          'Subscribe to both books-l2-tbt and books of one instrument is not allowed on one connection',
        );
      else this.toggle(session, id, verb, channel, arg);
    }
  }

  private cannot(session: Session, channel: Channel, arg: Fields): Obstacle | null {
    const { gateway } = this;
    if (session.door !== 'all' && session.door !== channel.door) return 'channel';
    if (channel.login && session.key === null) return 'login';
    if (channel.about === 'account' && !gateway.isSound) return 'unsound';
    if (channel.typed && !INSTRUMENT_TYPES.includes(arg.text('instType'))) return 'channel';
    const instId = arg.text('instId');
    if (channel.about === 'market' && gateway.feedOf(marketId(arg)) === undefined) return 'channel';
    if (channel.about === 'account' && instId !== '' && gateway.feedOf(instId) === undefined)
      return 'channel';
    const rival = { books: 'books-l2-tbt', 'books-l2-tbt': 'books' }[arg.text('channel')];
    for (const key of session.subscriptions.keys()) {
      const other = new Fields(JSON.parse(key));
      if (other.text('channel') === rival && other.text('instId') === instId) return 'conflict';
    }
    return null;
  }

  private toggle(
    session: Session,
    id: string,
    verb: 'subscribe' | 'unsubscribe',
    channel: Channel,
    arg: Fields,
  ): void {
    const key = JSON.stringify(arg.raw);
    session.subscriptions.get(key)?.();
    session.subscriptions.delete(key);
    const named = id === '' ? {} : { id };
    session.send(JSON.stringify({ ...named, event: verb, arg: arg.raw, connId: session.id }));
    if (verb === 'unsubscribe') return;
    const stop =
      channel.about === 'market'
        ? this.listenToMarket(session, arg, key)
        : channel.about === 'account'
          ? this.listenToAccount(session, session.key!.account, arg)
          : this.listenToTheHouse(session, arg, key);
    if (stop !== null) session.subscriptions.set(key, stop);
  }

  /** Channels about all instruments, or none. What is listed here never changes: it is told once. */
  private listenToTheHouse(session: Session, arg: Fields, key: string): () => void {
    const { hub, exchange } = this.gateway;
    const name = arg.text('channel');
    const aboutSwaps = isAboutSwaps(arg.text('instType'));
    if (name === 'instruments' && aboutSwaps) {
      const rows = exchange.markets.map(({ listing }) => listing.row);
      session.send(`{"arg":${key},"data":${JSON.stringify(rows)}}`, name);
    }
    const topics =
      name === 'status'
        ? [name]
        : name === 'liquidation-orders' && aboutSwaps
          ? exchange.markets
              .map(({ instrument }) => instrument.id)
              .filter((id) => ['', id].includes(arg.text('instId')))
              .map((id) => `${name}|${id}`)
          : [];
    for (const topic of topics) hub.add(topic, session, key);
    return () => {
      for (const topic of topics) hub.remove(topic, session);
    };
  }

  private listenToMarket(session: Session, arg: Fields, key: string): () => void {
    const { hub } = this.gateway;
    const name = arg.text('channel');
    const topic = `${name}|${arg.text('instId')}`;
    const greeting = this.gateway.feedOf(marketId(arg))!.greeting(name);
    if (greeting !== null) session.send(`{"arg":${key},${greeting}}`, topic);
    hub.add(topic, session, key);
    return () => hub.remove(topic, session);
  }

  private listenToAccount(session: Session, account: Account, arg: Fields): (() => void) | null {
    const { hub, privateFeed } = this.gateway;
    const name = arg.text('channel');
    const family = arg.text('instFamily') || arg.text('uly');
    const type = arg.text('instType');
    // of other types there is never anything: a filter that nothing passes
    const filter = isAboutSwaps(type)
      ? arg.text('instId') || arg.text('ccy') || (family === '' ? '' : `${family}-SWAP`) || EVERYTHING
      : type;
    const head = JSON.stringify({ ...arg.raw, uid: account.uid });
    const topic = topicOf(name, account, filter);
    const interval = updateInterval(arg);
    const topics = interval === 0 ? [topic] : [topic, regular(topic, interval)];
    if (!this.countConnections(session, name, account)) return null;
    const greeting = privateFeed.greeting(name, account, filter);
    if (greeting !== null) session.send(`{"arg":${head},${greeting}}`, topic);
    for (const one of topics) hub.add(one, session, head);
    return () => {
      for (const one of topics) hub.remove(one, session);
    };
  }

  /** Tells how many connections of the account listen to a channel; false when this one is too many. */
  private countConnections(session: Session, channel: string, account: Account): boolean {
    const listens = (one: Session): boolean =>
      one.key?.account === account &&
      [...one.subscriptions.keys()].some((key) => new Fields(JSON.parse(key)).text('channel') === channel);
    let count = 1;
    for (const one of this.sessions) if (one !== session && listens(one)) count += 1;
    const event = count > LISTENERS_MAX ? 'channel-conn-count-error' : 'channel-conn-count';
    session.send(JSON.stringify({ event, channel, connCount: String(count), connId: session.id }));
    return count <= LISTENERS_MAX;
  }

  /** For options under market maker protection alone: OKX refuses it for everything else. */
  private refuseMassCancel(session: Session, id: string): void {
    const at = micros(this.gateway.clock);
    const no = { id, op: 'mass-cancel', code: '51000', msg: 'Parameter instType  error', data: [] };
    session.send(JSON.stringify({ ...no, inTime: at, outTime: at }), 'op|mass-cancel');
  }

  private operate(session: Session, id: string, op: string, operating: Operating, message: Fields): void {
    const inTime = micros(this.gateway.clock);
    const reply = (code: string, msg: string, data: readonly unknown[]): void => {
      const outTime = micros(this.gateway.clock, 1);
      session.send(JSON.stringify({ id, op, code, msg, data, inTime, outTime }), `op|${op}`);
    };
    const { key } = session;
    if (session.door !== 'private' && session.door !== 'all')
      return this.refuse(session, id, '60018', `Wrong URL or channel:${op}`);
    if (key === null) return this.refuse(session, id, '60011', 'Please log in');
    if (!key.permissions.includes('trade'))
      return reply('50120', "This API key doesn't have permission to use this function.", []);
    const args = message.list('args');
    if (args.length === 0 || args.length > operating.most) return reply('60013', 'Invalid args', []);
    const expiry = message.text('expTime');
    if (expiry !== '' && this.gateway.isPast(Number(expiry)))
      return reply('50036', 'The expTime can not be earlier than the current system time.', []);
    if (!this.gateway.isSound) return reply('50001', 'Service temporarily unavailable. Try again later.', []);
    const { name, operation } = operating;
    const limiting = { name, single: PER_OPERATION.single, batch: PER_OPERATION.batch };
    try {
      const done = runEach(this.gateway, this.limits, key.account, operation, args, limiting);
      if (isRefused(done)) return reply(done.code, done.message, []);
      // on the socket the reason stands in the item alone
      reply(verdict(done).code, '', done);
    } catch (error) {
      if (!(error instanceof Unsaved)) throw error;
      reply('50026', 'System error. Try again later.', []);
    }
    this.gateway.tell();
  }
}

/** `BTC-USDT` names the index of `BTC-USDT-SWAP`. */
function marketId(arg: Fields): string {
  const id = arg.text('instId');
  return arg.text('channel').startsWith('index-') ? `${id}-SWAP` : id;
}

/** Ms between pushes of an unchanged state, 0 = none. `extraParams` is JSON within JSON; what is not offered is ignored. */
function updateInterval(arg: Fields): number {
  const interval = Number(/"updateInterval"\s*:\s*"?(\d+)/.exec(arg.text('extraParams'))?.[1] ?? REGULAR_MS);
  return [0, 2000, 3000, 4000].includes(interval) ? interval : REGULAR_MS;
}
