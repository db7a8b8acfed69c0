import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts';

/** A client's connection, seen from the server. */
export type IrcConnection = {
  /** The nick of the last NICK. */
  nick: string;
  /** Whether it has logged in to a server that serves. */
  readonly registered: boolean;
  /** The next line that the client sent. Rejects once the line is closed and read to its end. */
  next(): Promise<string>;
  /** Reads lines away until one matches. */
  until(wanted: RegExp): Promise<string>;
  /** Lines that came and were not asked for yet. */
  readonly unread: readonly string[];
  send(...lines: string[]): void;
  sendBytes(bytes: Uint8Array): void;
  /** A PING round trip: all that was sent before has been read by the client, and all it wrote before is in `unread`. */
  sync(): Promise<void>;
  /** Resets the connection. */
  kill(): void;
  /** Ends it politely. */
  end(): void;
  readonly closed: Promise<void>;
  /** The SHA-256 of the certificate that the client has shown. */
  readonly fingerprint: string | undefined;
};

/** Answers a command instead of the server's own habit; `false` leaves it to that. */
export type Intercept = (params: string[], connection: IrcConnection) => boolean;

export type IrcServer = {
  readonly port: number;
  /** The next connection that came. */
  accept(): Promise<IrcConnection>;
  readonly connections: readonly IrcConnection[];
  /** Sets what is done on a command, for conversations that stray from the usual. */
  on(command: string, run: Intercept): void;
  [Symbol.asyncDispose](): Promise<void>;
};

type Options = {
  /** Behave like a server: log in, join, echo. Otherwise only the test speaks. */
  readonly serve?: boolean;
  /** Capabilities on offer. Without any, CAP is an unknown command. */
  readonly caps?: readonly string[];
  /** What clients say to log in is told as well. */
  readonly loud?: boolean;
  /** Tokens of 005. */
  readonly isupport?: string;
  /** Speaks TLS, and asks clients for a certificate. */
  readonly tls?: boolean;
  /** How lines are read and written; UTF-8 if left out. */
  readonly charset?: 'utf8' | 'latin1';
};

type Peer = IrcConnection & { user: boolean; registered: boolean; negotiating: boolean; readonly caps: Set<string> };

/** Cuts a line into command and parameters; a prefix is not expected from clients. */
export function parseClientLine(whole: string): { command: string; params: string[] } {
  const line = whole.startsWith('@') ? whole.slice(whole.indexOf(' ') + 1) : whole;
  const at = line.startsWith(':') ? -1 : line.indexOf(' :');
  const head = at < 0 ? line : line.slice(0, at);
  const [command = '', ...middle] = head.split(' ').filter((word) => word !== '');
  return { command: command.toUpperCase(), params: at < 0 ? middle : [...middle, line.slice(at + 2)] };
}

const NAME = 'irc.fake';
const QUIET = new Set(['PING', 'PONG', 'CAP', 'USER']);
const LOUD = new Set(['PING', 'PONG']);

/** An ircd for tests on a free port of the loopback. */
export async function ircServer(options: Options = {}): Promise<IrcServer> {
  const peers: Peer[] = [];
  const arrived: Peer[] = [];
  const waiters: ((peer: Peer) => void)[] = [];
  const intercepts = new Map<string, Intercept>();
  const habits = options.serve ? serverHabits(peers, options) : undefined;

  const come = (socket: Socket): void => {
    const peer = openPeer(socket, options.charset ?? 'utf8', (line) => take(line, peer));
    peers.push(peer);
    void peer.closed.then(() => peers.splice(peers.indexOf(peer), 1));
    const waiter = waiters.shift();
    if (waiter) waiter(peer);
    else arrived.push(peer);
  };
  const server = options.tls
    ? createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY, requestCert: true, rejectUnauthorized: false }, come)
    : createServer(come);

  function take(line: string, peer: Peer): boolean {
    const { command, params } = parseClientLine(line);
    // Whoever joins asks once for the modes.
    const asks = command === 'MODE' && params.length === 1 && !intercepts.has('MODE');
    const logsIn = command === 'NICK' && !peer.registered && !options.loud;
    const quiet = habits !== undefined && ((options.loud ? LOUD : QUIET).has(command) || asks || logsIn);
    if (command === 'NICK' && params[0] && !peer.registered) peer.nick = params[0];
    if (!intercepts.get(command)?.(params, peer)) habits?.[command]?.(params, peer);
    return !quiet;
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    accept: () => {
      const ready = arrived.shift();
      return ready ? Promise.resolve(ready) : new Promise((done) => waiters.push(done));
    },
    connections: peers,
    on: (command, run) => void intercepts.set(command, run),
    async [Symbol.asyncDispose]() {
      for (const peer of [...peers]) peer.kill();
      server.close();
      await once(server, 'close');
    },
  };
}

function openPeer(socket: Socket, charset: 'utf8' | 'latin1', take: (line: string) => boolean): Peer {
  const unread: string[] = [];
  const readers: { done: (line: string) => void; fail: (error: Error) => void }[] = [];
  const pongs = new Map<string, () => void>();
  const closed = Promise.withResolvers<void>();
  let rest = '';
  let count = 0;

  function arrive(line: string): void {
    const pong = /^PONG :?(sync-\d+)$/.exec(line)?.[1];
    const answered = pong === undefined ? undefined : pongs.get(pong);
    if (answered) return answered();
    if (!take(line)) return;
    const reader = readers.shift();
    if (reader) reader.done(line);
    else unread.push(line);
  }

  socket.setEncoding(charset);
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) arrive(line);
  });
  socket.on('close', () => {
    for (const reader of readers.splice(0)) reader.fail(new Error('the client closed the line'));
    closed.resolve();
  });

  const peer: Peer = {
    nick: '',
    user: false,
    registered: false,
    negotiating: false,
    caps: new Set(),
    unread,
    closed: closed.promise,
    fingerprint: socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : undefined,
    next() {
      const line = unread.shift();
      if (line !== undefined) return Promise.resolve(line);
      if (socket.destroyed) return Promise.reject(new Error('the client closed the line'));
      return new Promise((done, fail) => readers.push({ done, fail }));
    },
    async until(wanted) {
      for (;;) {
        const line = await peer.next();
        if (wanted.test(line)) return line;
      }
    },
    send: (...lines) => void socket.write(lines.map((line) => `${line}\r\n`).join(''), charset),
    sendBytes: (bytes) => void socket.write(bytes),
    sync() {
      const token = `sync-${++count}`;
      peer.send(`PING :${token}`);
      return Promise.race([
        new Promise<void>((done) => pongs.set(token, done)),
        closed.promise.then(() => Promise.reject(new Error('the client closed the line'))),
      ]);
    },
    kill: () => void socket.destroy(),
    end: () => void socket.end(),
  };
  return peer;
}

type Habit = (params: string[], peer: Peer) => void;

function serverHabits(peers: readonly Peer[], options: Options): Readonly<Record<string, Habit>> {
  const channels = new Map<string, { members: Peer[]; topic: string }>();
  let said = 0;
  const mask = (peer: Peer) => `${peer.nick}!u@host.fake`;
  const say = (peer: Peer, numeric: string, rest: string) =>
    peer.send(`:${NAME} ${numeric} ${peer.nick || '*'} ${rest}`);
  const fold = (name: string) => name.toLowerCase();
  const near = (peer: Peer) =>
    new Set([
      peer,
      ...[...channels.values()].filter(({ members }) => members.includes(peer)).flatMap(({ members }) => members),
    ]);
  const inUse = (nick: string, but: Peer) =>
    peers.some((peer) => peer !== but && peer.registered && fold(peer.nick) === fold(nick));

  function register(peer: Peer): void {
    if (peer.registered || peer.negotiating || !peer.user || peer.nick === '') return;
    if (inUse(peer.nick, peer)) {
      say(peer, '433', `${peer.nick} :Nickname is already in use`);
      peer.nick = '';
      return;
    }
    peer.registered = true;
    say(peer, '001', `:Welcome ${mask(peer)}`);
    say(
      peer,
      '005',
      `${options.isupport ?? 'CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,l,imnpst NETWORK=FakeNet'} :are supported`,
    );
    say(peer, '422', ':No MOTD');
  }

  function leave(peer: Peer, name: string, line: string): void {
    const channel = channels.get(fold(name));
    for (const member of channel?.members ?? []) member.send(line);
    if (channel) channel.members = channel.members.filter((member) => member !== peer);
  }

  function tell(peers: readonly (Peer | undefined)[], line: string): void {
    const id = `fake-${++said}`;
    for (const peer of peers) peer?.send(peer.caps.has('message-tags') ? `@msgid=${id} ${line}` : line);
  }

  function talk(command: string): Habit {
    return ([to = '', text = ''], peer) => {
      const channel = channels.get(fold(to));
      const person = peers.find((other) => fold(other.nick) === fold(to));
      if (channel && !channel.members.includes(peer)) return say(peer, '404', `${to} :Cannot send to channel`);
      if (!channel && !person) return say(peer, '401', `${to} :No such nick/channel`);
      const line = `:${mask(peer)} ${command} ${to}${command === 'TAGMSG' ? '' : ` :${text}`}`;
      tell(
        [...(channel?.members ?? [person])].filter((other) => other !== peer),
        line,
      );
      if (peer.caps.has('echo-message')) tell([peer], line);
    };
  }

  return {
    CAP: ([verb = '', list = ''], peer) => {
      if (!options.caps) return say(peer, '421', 'CAP :Unknown command');
      if (verb !== 'END') peer.negotiating = !peer.registered;
      if (verb === 'LS') say(peer, 'CAP', `LS :${options.caps.join(' ')}`);
      if (verb === 'REQ') {
        for (const name of list.trim().split(' ')) peer.caps.add(name);
        say(peer, 'CAP', `ACK :${list.trim()}`);
      }
      if (verb !== 'END') return;
      peer.negotiating = false;
      register(peer);
    },
    USER: (_params, peer) => {
      peer.user = true;
      register(peer);
    },
    NICK: ([nick = ''], peer) => {
      if (!peer.registered) return register(peer);
      if (inUse(nick, peer)) return say(peer, '433', `${nick} :Nickname is already in use`);
      for (const other of near(peer)) other.send(`:${mask(peer)} NICK :${nick}`);
      peer.nick = nick;
    },
    PING: ([token = ''], peer) => peer.send(`:${NAME} PONG ${NAME} :${token}`),
    JOIN: ([name = ''], peer) => {
      const channel = channels.get(fold(name)) ?? { members: [], topic: '' };
      channels.set(fold(name), channel);
      if (channel.members.includes(peer)) return;
      channel.members.push(peer);
      for (const member of channel.members) member.send(`:${mask(peer)} JOIN :${name}`);
      if (channel.topic !== '') say(peer, '332', `${name} :${channel.topic}`);
      const names = channel.members.map((member, index) => (index === 0 ? `@${member.nick}` : member.nick));
      say(peer, '353', `= ${name} :${names.join(' ')}`);
      say(peer, '366', `${name} :End of /NAMES list.`);
    },
    PART: ([name = '', reason], peer) =>
      leave(peer, name, `:${mask(peer)} PART ${name}${reason === undefined ? '' : ` :${reason}`}`),
    TOPIC: ([name = '', text = ''], peer) => {
      const channel = channels.get(fold(name));
      if (!channel?.members.includes(peer)) return say(peer, '442', `${name} :You're not on that channel`);
      channel.topic = text;
      for (const member of channel.members) member.send(`:${mask(peer)} TOPIC ${name} :${text}`);
    },
    MODE: ([name = '', letters], peer) => {
      if (letters === undefined) say(peer, '324', `${name} +nt`);
    },
    PRIVMSG: talk('PRIVMSG'),
    NOTICE: talk('NOTICE'),
    TAGMSG: talk('TAGMSG'),
    REDACT: ([name = '', id = ''], peer) => {
      for (const member of channels.get(fold(name))?.members ?? [peer])
        member.send(`:${mask(peer)} REDACT ${name} ${id}`);
    },
    LIST: (_params, peer) => {
      for (const [name, { members, topic }] of channels) say(peer, '322', `${name} ${members.length} :${topic}`);
      say(peer, '323', ':End of /LIST');
    },
    QUIT: ([reason = ''], peer) => {
      for (const other of near(peer)) if (other !== peer) other.send(`:${mask(peer)} QUIT :Quit: ${reason}`);
      for (const channel of channels.values()) channel.members = channel.members.filter((member) => member !== peer);
      // The nick is free at once, however long the line takes to end.
      peer.registered = false;
      peer.send(`ERROR :Closing link: (${peer.nick}) [Quit: ${reason}]`);
      peer.end();
    },
  };
}
