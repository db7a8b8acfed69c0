import { bridge } from '#bridges/irc/index.ts';
import { type IrcConnection, type IrcServer, ircServer } from '../../fakes/irc-server.ts';
import type { OpenWire } from '../wire.ts';

/** What the ircd does not do by itself once a client has logged in: conversations write the answers. */
const SCRIPTED = [
  'JOIN',
  'PART',
  'PRIVMSG',
  'NOTICE',
  'TOPIC',
  'MODE',
  'KICK',
  'NICK',
  'INVITE',
  'LIST',
  'TAGMSG',
  'REDACT',
];

/** A scripted ircd, `net`. `irc(nick)` is the newest connection with that nick, `irc` the newest one. */
export const openWire: OpenWire = async (options) => {
  const { caps, isupport, taken, insecure, fixed, loud, settings, throttle, charset } = options;
  const ircd = await ircServer({
    serve: true,
    loud: loud === 'yes',
    ...(caps && { caps: caps.split(' ') }),
    ...(isupport && { isupport }),
    ...(charset === 'latin1' && { charset }),
  });
  const { irc, known, closed, unreadOf, renamed } = arrivals(ircd);
  for (const command of SCRIPTED) ircd.on(command, () => true);
  // A nick that somebody else has when the client logs in.
  let held = taken;
  ircd.on('NICK', ([nick = ''], connection) => {
    if (connection.registered) return true;
    renamed();
    if (nick !== held) return false;
    connection.send(`:irc.fake 433 * ${nick} :Nickname is already in use`);
    connection.nick = '';
    return true;
  });
  // What the server says to whoever comes, before it hangs up: lines with `&&` between them.
  let refusal: string | undefined;
  ircd.on('USER', (_params, connection) => {
    if (refusal === undefined) return false;
    connection.send(...refusal.split(' && '));
    connection.end();
    return true;
  });
  // What it says to whoever leaves, before it hangs up.
  let farewell: string | undefined;
  ircd.on('QUIT', (_params, connection) => {
    if (farewell !== undefined) connection.send(farewell);
    return false;
  });
  let now = Date.now;
  /** `time=now-600` is the time of the gateway less 600 s. */
  const stamped = (text: string): string =>
    text.replace(/\btime=now([+-]\d+)?/, (_, off = 0) => `time=${new Date(now() + Number(off) * 1000).toISOString()}`);
  const pongs = new Map<IrcConnection, string[]>();
  ircd.on('PING', ([token = ''], connection) => {
    pongs.set(connection, [...(pongs.get(connection) ?? []), `:irc.fake PONG irc.fake :${token}`]);
    return true;
  });

  /** A real server answers pings behind what it had to say to the lines before: they wait until that has been said. */
  function answerPings(connection: IrcConnection): void {
    connection.send(...(pongs.get(connection) ?? []));
    pongs.delete(connection);
  }

  return {
    name: 'irc',
    domain: 'irc.example',
    definition: bridge,
    settings: {
      ...(settings && JSON.parse(settings)),
      ...(fixed === 'yes' && { fixed_server: 'net' }),
      servers: {
        net: {
          host: '127.0.0.1',
          port: ircd.port,
          tls: false,
          throttle: throttle ? JSON.parse(throttle) : 'off',
          insecure_login: insecure === 'yes',
        },
      },
    },
    async say(text, nick) {
      const connection = await irc(nick);
      connection.send(stamped(text));
      answerPings(connection);
    },
    time(gateway) {
      now = gateway;
    },
    async hear(nick) {
      for (;;) {
        const connection = unreadOf(nick) ?? (await irc(nick));
        const line = await connection.next().catch(() => undefined);
        if (line !== undefined) return line;
        // It has said its last word: what comes is said on the next one.
        await connection.closed;
      }
    },
    async order(text, nick) {
      const [order, ...rest] = text.split(' ');
      if (order === 'refuse') return void (refusal = rest.join(' '));
      if (order === 'farewell') return void (farewell = rest.join(' '));
      if (order === 'admit') return void (refusal = undefined);
      if (order === 'taken') return void (held = rest[0]);
      const connection = await irc(nick);
      // Said before the pings that wait are answered: the client does not know yet how its lines before fared.
      if (order === 'unproven') return connection.send(rest.join(' '));
      if (text === 'pong') {
        // What the gateway has asked before now has come.
        await connection.sync();
        return answerPings(connection);
      }
      if (text !== 'kill') throw new Error(`irc knows no command ${text}`);
      connection.kill();
      await connection.closed;
    },
    async sync() {
      // A connection that the gateway closed has been read to its end.
      await Promise.allSettled(known.map((connection) => connection.sync()));
    },
    unheard: async () => [...closed, ...known].flatMap(({ nick, unread }) => unread.map((line) => `${nick}: ${line}`)),
    [Symbol.asyncDispose]: () => ircd[Symbol.asyncDispose](),
  };
};

type Arrivals = {
  /** The newest connection with that nick, once it has come and the client has answered on it. */
  irc(nick: string | undefined): Promise<IrcConnection>;
  readonly known: readonly IrcConnection[];
  /** Those that closed, in that order. */
  readonly closed: readonly IrcConnection[];
  /** A closed connection with that nick of which something is still to be read. */
  unreadOf(nick: string | undefined): IrcConnection | undefined;
  /** A connection has another nick. */
  renamed(): void;
};

/** Takes connections as they come, before they say anything, so that they can be asked for by nick. */
function arrivals(ircd: IrcServer): Arrivals {
  const known: IrcConnection[] = [];
  const answered = new Set<IrcConnection>();
  const closed: IrcConnection[] = [];
  const watchers = new Set<() => void>();
  const has = (nick: string | undefined) => (one: IrcConnection) => nick === undefined || one.nick === nick;
  const changed = (): void => {
    for (const watch of [...watchers]) watch();
  };

  function add(fresh: IrcConnection): void {
    known.push(fresh);
    void fresh.closed.then(() => closed.push(...known.splice(known.indexOf(fresh), 1)));
    // Its nick is known once it has logged in, which a round trip proves; one that is turned away does not get so far.
    void fresh.sync().then(
      () => {
        answered.add(fresh);
        changed();
      },
      () => undefined,
    );
  }

  void (async () => {
    for (;;) add(await ircd.accept());
  })();
  return {
    known,
    closed,
    unreadOf: (nick) => closed.find((one) => one.unread.length > 0 && has(nick)(one)),
    renamed: changed,
    irc: (nick) =>
      new Promise((done) => {
        const watch = (): void => {
          const found = known.findLast((one) => answered.has(one) && has(nick)(one));
          if (!found) return;
          watchers.delete(watch);
          done(found);
        };
        watchers.add(watch);
        watch();
      }),
  };
}
