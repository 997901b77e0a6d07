import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Account } from '../accounts/account.ts';
import { CHANNELS, type Channel } from './channels.ts';
import { Fields } from './fields.ts';
import type { Gateway } from './gateway.ts';
import { EVERYTHING, regular, topicOf } from './private-feed.ts';
import type { RateLimits } from './rate-limits.ts';
import { type Door, Session } from './session.ts';
import { isSignature, sign } from './signing.ts';
import { micros } from './text.ts';
import { amend, cancel, limited, type Operation, PER_OPERATION, place, runEach, verdict } from './trading.ts';

const ROOT = '/ws/v5/';
const DOORS: readonly string[] = ['public', 'private', 'business', 'all'];
const MESSAGE_MAX_BYTES = 64 * 1024;
/** Silence towards a client after which it is let go. */
const IDLE_MS = 30_000;
const LOGIN_PATH = '/users/self/verify';

interface Operating {
  readonly name: string;
  readonly operation: Operation;
  readonly most: number;
}

const OPERATIONS: ReadonlyMap<string, Operating> = new Map([
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
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX_BYTES });
  private readonly sessions = new Set<Session>();
  private readonly sweeper: NodeJS.Timeout;
  private connections = 0;

  constructor(server: Server, gateway: Gateway, limits: RateLimits) {
    this.gateway = gateway;
    this.limits = limits;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const [path = ''] = (request.url ?? '').split('?', 1);
      const door = path.startsWith(ROOT) ? path.slice(ROOT.length) : '';
      if (!DOORS.includes(door)) {
        socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
        return;
      }
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
    this.connections += 1;
    const id = (0xa0000000 + this.connections).toString(16);
    const session = new Session(socket, door, id, Date.now());
    this.sessions.add(session);
    socket.on('message', (data: RawData) => this.receive(session, String(data)));
    // the close event follows and cleans up; a broken connection is the client's to notice
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      for (const stop of session.subscriptions.values()) stop();
      session.subscriptions.clear();
      this.sessions.delete(session);
    });
  }

  private sweep(): void {
    const now = Date.now();
    for (const session of this.sessions)
      if (now - session.sentAt > IDLE_MS) session.close(4004, 'No data received in 30s.');
  }

  private receive(session: Session, text: string): void {
    if (text === 'ping') {
      session.send('pong');
      return;
    }
    let message: Fields;
    try {
      message = new Fields(JSON.parse(text));
    } catch {
      this.refuse(session, '', '60012', 'Illegal request');
      return;
    }
    const id = message.text('id');
    const op = message.text('op');
    const operating = OPERATIONS.get(op);
    if (operating !== undefined) this.operate(session, id, op, operating, message);
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
    const account = this.verify(args);
    if ('code' in account) {
      this.refuse(session, id, account.code, account.msg);
      session.close(4001, 'Login failed');
      return;
    }
    session.account = account;
    const named = id === '' ? {} : { id };
    session.send(JSON.stringify({ ...named, event: 'login', code: '0', msg: '', connId: session.id }));
  }

  private verify(args: Fields): Account | { code: string; msg: string } {
    const timestamp = args.text('timestamp');
    const seconds = Number(timestamp);
    const account = this.gateway.accountOf(args.text('apiKey'));
    if (account === undefined) return { code: '60005', msg: 'Invalid apiKey' };
    if (timestamp === '' || !this.gateway.isTimely(seconds * 1000))
      return { code: '60006', msg: 'Timestamp request expired' };
    const { secret, passphrase } = account.credentials;
    if (!isSignature(args.text('sign'), sign(secret, timestamp, 'GET', LOGIN_PATH)))
      return { code: '60007', msg: 'Invalid sign' };
    return args.text('passphrase') === passphrase ? account : { code: '60024', msg: 'Wrong passphrase' };
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

  private cannot(session: Session, channel: Channel, arg: Fields): 'channel' | 'login' | 'conflict' | null {
    const { gateway } = this;
    if (session.door !== 'all' && session.door !== channel.door) return 'channel';
    if (channel.login && session.account === null) return 'login';
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
          ? this.listenToAccount(session, session.account!, arg)
          : this.greetOnce(session, arg, key);
    session.subscriptions.set(key, stop);
  }

  /** Channels that say what there is and then, here, never change. */
  private greetOnce(session: Session, arg: Fields, key: string): () => void {
    if (arg.text('channel') === 'instruments' && ['SWAP', 'ANY'].includes(arg.text('instType'))) {
      const rows = this.gateway.exchange.markets.map(({ listing }) => listing.row);
      session.send(`{"arg":${key},"data":${JSON.stringify(rows)}}`);
    }
    return () => undefined;
  }

  private listenToMarket(session: Session, arg: Fields, key: string): () => void {
    const { hub } = this.gateway;
    const name = arg.text('channel');
    const topic = `${name}|${arg.text('instId')}`;
    const greeting = this.gateway.feedOf(marketId(arg))!.greeting(name);
    if (greeting !== null) session.send(`{"arg":${key},${greeting}}`);
    hub.add(topic, session, key);
    return () => hub.remove(topic, session);
  }

  private listenToAccount(session: Session, account: Account, arg: Fields): () => void {
    const { hub, privateFeed } = this.gateway;
    const name = arg.text('channel');
    const family = arg.text('instFamily') || arg.text('uly');
    const filter =
      arg.text('instId') || arg.text('ccy') || (family === '' ? '' : `${family}-SWAP`) || EVERYTHING;
    const head = JSON.stringify({ ...arg.raw, uid: account.uid });
    const topic = topicOf(name, account, filter);
    const topics = updateInterval(arg) === '0' ? [topic] : [topic, regular(topic)];
    this.countConnections(session, name, topic);
    const greeting = privateFeed.greeting(name, account, filter);
    if (greeting !== null) session.send(`{"arg":${head},${greeting}}`);
    for (const one of topics) hub.add(one, session, head);
    return () => {
      for (const one of topics) hub.remove(one, session);
    };
  }

  private countConnections(session: Session, channel: string, topic: string): void {
    const connCount = String(this.gateway.hub.count(topic) + 1);
    session.send(JSON.stringify({ event: 'channel-conn-count', channel, connCount, connId: session.id }));
  }

  private operate(session: Session, id: string, op: string, operating: Operating, message: Fields): void {
    const inTime = micros(this.gateway.now);
    const reply = (code: string, msg: string, data: readonly unknown[]): void =>
      session.send(JSON.stringify({ id, op, code, msg, data, inTime, outTime: micros(this.gateway.now, 1) }));
    const { account } = session;
    if (session.door !== 'private' && session.door !== 'all')
      return this.refuse(session, id, '60018', `Wrong URL or channel:${op}`);
    if (account === null) return this.refuse(session, id, '60011', 'Please log in');
    const args = message.list('args');
    if (args.length === 0 || args.length > operating.most) return reply('60013', 'Invalid args', []);
    const expiry = message.text('expTime');
    if (expiry !== '' && Number(expiry) < Math.min(this.gateway.now, Date.now()))
      return reply('50036', 'The expTime can not be earlier than the current system time.', []);
    const { name, operation } = operating;
    const limiting = { name, single: PER_OPERATION.single, batch: PER_OPERATION.batch };
    const done = runEach(this.gateway, this.limits, account, operation, args, limiting);
    if (done === 'limited') return reply(limited().code, limited().message, []);
    // on the socket the reason stands in the item alone
    reply(verdict(done).code, '', done);
    this.gateway.tell();
  }
}

/** `BTC-USDT` names the index of `BTC-USDT-SWAP`. */
function marketId(arg: Fields): string {
  const id = arg.text('instId');
  return arg.text('channel') === 'index-tickers' ? `${id}-SWAP` : id;
}

/** `extraParams` is JSON within JSON; what cannot be read asks for nothing special. */
function updateInterval(arg: Fields): string {
  const text = arg.text('extraParams');
  if (!text.includes('updateInterval')) return '';
  return /"updateInterval"\s*:\s*"?(\d+)/.exec(text)?.[1] ?? '';
}
