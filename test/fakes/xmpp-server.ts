import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Element } from 'ltx';
import { SaxesParser } from 'saxes';

const HEADER =
  "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept'";
const NS_CONDITIONS = 'urn:ietf:params:xml:ns:xmpp-streams';

/** Things that come one by one, each waited for by `next` and had only once. */
class Inbox<T> {
  #waiting: { wants(item: T): boolean; take(item: T): void }[] = [];
  #items: T[] = [];

  put(item: T): void {
    const taker = this.#waiting.find(({ wants }) => wants(item));
    if (taker) this.#waiting = this.#waiting.filter((other) => other !== taker);
    if (taker) taker.take(item);
    else this.#items.push(item);
  }

  next(wants: (item: T) => boolean = () => true): Promise<T> {
    const at = this.#items.findIndex(wants);
    const [item] = at < 0 ? [] : this.#items.splice(at, 1);
    return item === undefined ? new Promise((take) => this.#waiting.push({ wants, take })) : Promise.resolve(item);
  }

  /** What is there already and has not been taken. */
  get items(): readonly T[] {
    return this.#items;
  }
}

/** The server's end of one component connection whose handshake has been accepted. */
export type FakeConnection = {
  readonly domain: string;
  /**
   * The next stanza that the component sends. Pings are answered by the server itself and do not show up, nor does what
   * goes to the component's own domain: that comes back to it.
   */
  next(): Promise<Element>;
  /** Stanzas that have arrived and have not been taken by `next`. */
  readonly received: readonly Element[];
  /** How often something went back to the component's own domain: the proofs that it had of what it wrote before. */
  readonly proofs: number;
  /** The next stanza that would have gone back to the component, or been answered, while `answerPings` is off. */
  unanswered(): Promise<Element>;
  /** Writes to the component, as it is. */
  send(data: string | Buffer): void;
  /** Sends `</stream:stream>` and closes. */
  end(): void;
  /** Sends a stream error and closes. */
  fail(condition: string): void;
  /** A ping round trip: the component has read all that was sent before, and all that it wrote before is here. */
  sync(): Promise<void>;
  /** Breaks the connection. */
  kill(): void;
  /** Stops reading, and so answering. */
  pause(): void;
  resume(): void;
  /** From now on nothing is said, and nothing of what comes then is ever read; the connection stays open. */
  silence(): void;
  /** Resolves with whether the component closed its stream before the socket was gone. */
  readonly closed: Promise<boolean>;
};

export type FakeServerOptions = {
  readonly port?: number;
  /** The component secret of every domain; `s3cret` if left out. */
  readonly secret?: string;
  /** What every component is told of its rights as it comes (XEP-0356 §4.1): elements `perm`. */
  readonly rights?: string | undefined;
  /** The full JID of a user whose presence it is shown with that. */
  readonly shown?: string | undefined;
};

/** An XMPP server as a component sees it: XEP-0114 over a real socket, and a parser that is not ours. */
export type FakeServer = AsyncDisposable & {
  readonly port: number;
  readonly secret: string;
  /** The next connection that comes online, for a domain or at all. */
  connection(domain?: string): Promise<FakeConnection>;
  /** The condition of the stream error that answers every handshake from now on; undefined accepts again. */
  refuse(condition: string | undefined): void;
  /** Resolves with the domain of the next handshake that was refused. */
  refused(): Promise<string>;
  /** Whether pings (XEP-0199) are answered, and a component's messages to itself go back to it. */
  answerPings: boolean;
  /** Whether IQs of components to hosts and bare JIDs are dropped, as ejabberd 24.12 does while mod_privilege is loaded. */
  dropIqs: boolean;
  /** Hands what a component sends to itself to this connection instead, as `global_routes` of ejabberd does. */
  reroute: FakeConnection | undefined;
  /** Full JIDs that are not online: requests to them are answered with an error. */
  readonly gone: Set<string>;
  /** Domains of other servers: pings to them are not answered by this one. */
  readonly elsewhere: Set<string>;
  close(): Promise<void>;
};

type Shared = {
  readonly secret: string;
  readonly rights: string | undefined;
  readonly shown: string | undefined;
  refusal: string | undefined;
  answerPings: boolean;
  dropIqs: boolean;
  reroute: FakeConnection | undefined;
  readonly gone: Set<string>;
  readonly elsewhere: Set<string>;
  online(connection: FakeConnection): void;
  refused(domain: string): void;
};

const streamError = (condition: string): string =>
  `<stream:error><${condition} xmlns='${NS_CONDITIONS}'/></stream:error></stream:stream>`;

/** Builds elements out of one stream, and reports the children of the root. */
function parse(on: { start(root: Element): void; child(element: Element): void; end(): void }): SaxesParser {
  const parser = new SaxesParser({ xmlns: true });
  let cursor: Element | null = null;
  parser.on('opentag', (tag) => {
    const element = new Element(tag.name);
    for (const [name, { value }] of Object.entries(tag.attributes)) element.attrs[name] = value;
    element.parent = cursor;
    if (!cursor) on.start(element);
    else if (cursor.parent) cursor.children.push(element);
    cursor = element;
  });
  parser.on('text', (text) => cursor?.children.push(text));
  parser.on('closetag', () => {
    const element = cursor;
    cursor = element?.parent ?? null;
    if (!element || !cursor) on.end();
    else if (!cursor.parent) on.child(element);
  });
  return parser;
}

/** Servers close the stream of a component that speaks for others, or of somebody else's domain. */
function speaksFor(domain: string, { attrs: { from = '', to = '' } }: Element): boolean {
  const [bare = ''] = from.split('/');
  return to !== '' && (bare === domain || bare.endsWith(`@${domain}`)) && !from.endsWith('/');
}

function answer(socket: Socket, { attrs: { from, to, id } }: Element, type: 'result' | 'error'): void {
  const error = `<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
  socket.write(`<iq type='${type}' from='${to}' to='${from}' id='${id}'>${type === 'error' ? error : ''}</iq>`);
}

const isRequest = ({ name, attrs: { type } }: Element): boolean => name === 'iq' && (type === 'get' || type === 'set');

const isPing = (stanza: Element): boolean =>
  stanza.name === 'iq' && stanza.attrs.type === 'get' && stanza.getChild('ping', 'urn:xmpp:ping') !== undefined;

function accept(socket: Socket, shared: Shared): void {
  const id = randomUUID();
  const inbox = new Inbox<Element>();
  const unanswered = new Inbox<Element>();
  let domain = '';
  let authenticated = false;
  let ended = false;
  let proofs = 0;
  let silent = false;
  const syncs = new Map<string, () => void>();
  const closed = new Promise<boolean>((resolve) => void socket.once('close', () => resolve(ended)));
  /** Says the last there is to say, unless it has been said. */
  const finish = (text: string): void => void (socket.writable && socket.end(text));
  const fail = (condition: string): void => finish(streamError(condition));

  const connection = (): FakeConnection => ({
    domain,
    next: () => inbox.next(),
    get received() {
      return inbox.items;
    },
    get proofs() {
      return proofs;
    },
    unanswered: () => unanswered.next(),
    send: (data) => void (silent || socket.write(data)),
    end: () => finish('</stream:stream>'),
    fail,
    sync() {
      const id = `sync-${randomUUID()}`;
      socket.write(
        `<iq type='get' id='${id}' from='sync@a.example/x' to='${domain}'><ping xmlns='urn:xmpp:ping'/></iq>`,
      );
      return new Promise((done) => syncs.set(id, done));
    },
    kill: () => void socket.resetAndDestroy(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    silence() {
      silent = true;
      socket.removeAllListeners('data').pause();
    },
    closed,
  });

  function handshake(element: Element): void {
    if (element.name !== 'handshake') return fail('not-authorized');
    const hash = element.getText();
    const right = createHash('sha1').update(`${id}${shared.secret}`, 'utf8').digest('hex');
    const refusal = shared.refusal ?? (hash === right ? undefined : 'not-authorized');
    if (refusal) {
      fail(refusal);
      shared.refused(domain);
      return;
    }
    authenticated = true;
    socket.write('<handshake/>');
    if (shared.rights !== undefined)
      socket.write(
        `<message from='a.example' to='${domain}'><privilege xmlns='urn:xmpp:privilege:2'>${shared.rights}</privilege></message>`,
      );
    if (shared.shown !== undefined) socket.write(`<presence from='${shared.shown}' to='${domain}'/>`);
    shared.online(connection());
  }

  function giveBack(element: Element): void {
    proofs++;
    if (shared.reroute) shared.reroute.send(element.toString());
    else socket.write(element.toString());
  }

  function take(element: Element): void {
    if (!authenticated) return handshake(element);
    if (!speaksFor(domain, element)) return fail('invalid-from');
    const synced = syncs.get(element.attrs.id ?? '');
    if (synced) return synced();
    const { to = '' } = element.attrs;
    if (element.name === 'iq' && shared.dropIqs && !to.includes('/')) return;
    if ((isPing(element) || to === domain) && !shared.answerPings) return unanswered.put(element);
    if (to === domain) return giveBack(element);
    route(element);
  }

  /** To somebody's client, which knows pings, or knows what is said to it by the test. */
  function route(element: Element): void {
    if (isRequest(element) && shared.gone.has(element.attrs.to ?? '')) answer(socket, element, 'error');
    else if (isPing(element) && !shared.elsewhere.has(element.attrs.to ?? '')) answer(socket, element, 'result');
    else inbox.put(element);
  }

  const parser = parse({
    start(root) {
      domain = root.attrs.to ?? '';
      socket.write(`${HEADER} from='${domain}' id='${id}'>`);
    },
    child: take,
    end() {
      ended = true;
      finish('</stream:stream>');
    },
  });
  parser.on('error', () => fail('not-well-formed'));
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => void parser.write(text));
  socket.on('error', () => socket.destroy());
}

/** Starts a fake XMPP server on a free port of the loopback. */
export async function startXmppServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const refusals = new Inbox<string>();
  const connections = new Inbox<FakeConnection>();
  const shared: Shared = {
    secret: options.secret ?? 's3cret',
    rights: options.rights,
    shown: options.shown,
    refusal: undefined,
    answerPings: true,
    dropIqs: false,
    reroute: undefined,
    gone: new Set(),
    elsewhere: new Set(),
    online: (connection) => connections.put(connection),
    refused: (domain) => refusals.put(domain),
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    accept(socket, shared);
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');

  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  }

  return {
    port: (server.address() as AddressInfo).port,
    secret: shared.secret,
    connection: (domain) => connections.next((one) => domain === undefined || one.domain === domain),
    refuse(condition) {
      shared.refusal = condition;
    },
    refused: () => refusals.next(),
    get answerPings() {
      return shared.answerPings;
    },
    set answerPings(on) {
      shared.answerPings = on;
    },
    get dropIqs() {
      return shared.dropIqs;
    },
    set dropIqs(on) {
      shared.dropIqs = on;
    },
    get reroute() {
      return shared.reroute;
    },
    set reroute(connection) {
      shared.reroute = connection;
    },
    gone: shared.gone,
    elsewhere: shared.elsewhere,
    close,
    [Symbol.asyncDispose]: close,
  };
}
