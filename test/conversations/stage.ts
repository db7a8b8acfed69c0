import { join } from 'node:path';
import { startGateway } from '#src/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics.ts';
import { folder } from '../cli/isthmus.ts';
import { configFrom } from '../config-from.ts';
import { type IrcConnection, type IrcServer, ircServer } from '../fakes/irc-server.ts';
import { type FakeConnection, startXmppServer } from '../fakes/xmpp-server.ts';

/** What the ircd does not do by itself once a client has logged in: conversations write the answers. */
const SCRIPTED = ['JOIN', 'PART', 'PRIVMSG', 'NOTICE', 'TOPIC', 'MODE', 'KICK', 'NICK'];

/** A gateway between two scripted servers. */
export type Stage = AsyncDisposable & {
  /** Stops the gateway, as a signal does. */
  stop(): Promise<void>;
  readonly xmpp: FakeConnection;
  /** An IRC connection by its nick, the newest one of it; any newest one without a nick. Waits for it to come. */
  irc(nick?: string): Promise<IrcConnection>;
  /**
   * Answers the gateway's pings. A real server answers them behind what it had to say to the lines before; so they are
   * kept until the conversation has said it.
   */
  answerPings(connection: IrcConnection): void;
  readonly ircConnections: readonly IrcConnection[];
};

/** Sets the stage: `irc.example` is the component, `net` the IRC server, users are those of `a.example`. */
export async function openStage(options: Readonly<Record<string, string>>): Promise<Stage> {
  const dir = folder();
  const xmppServer = await startXmppServer();
  const ircd = await ircServer({ serve: true, ...(options.caps && { caps: options.caps.split(' ') }) });
  const net = { host: '127.0.0.1', port: ircd.port, tls: false, throttle: 'off' };
  const config = await configFrom({
    xmpp: { host: '127.0.0.1', port: xmppServer.port },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    access: { register: ['a.example'] },
    transports: { 'irc.example': { bridge: 'irc', secret: xmppServer.secret, servers: { net } } },
  });
  // A second is the least that operators may set; here nobody is waited for.
  const limits = { ...config.limits, reconnect_min: 1, reconnect_max: 2 };
  const gateway = await startGateway({ ...config, limits }, { log: openLog('silent'), metrics: openMetrics() });
  const xmpp = await xmppServer.connection('irc.example');
  const { irc, known } = arrivals(ircd);
  for (const command of SCRIPTED) ircd.on(command, (_params, connection) => known.includes(connection));
  const pongs = new Map<IrcConnection, string[]>();
  ircd.on('PING', ([token = ''], connection) => {
    if (!known.includes(connection)) return false;
    pongs.set(connection, [...(pongs.get(connection) ?? []), `:irc.fake PONG irc.fake :${token}`]);
    return true;
  });
  return {
    xmpp,
    irc,
    stop: gateway.stop,
    answerPings(connection) {
      connection.send(...(pongs.get(connection) ?? []));
      pongs.delete(connection);
    },
    get ircConnections() {
      return known;
    },
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await xmppServer.close();
      await ircd[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

/** Takes connections as they come, so that they can be asked for by nick. */
function arrivals(ircd: IrcServer): Pick<Stage, 'irc'> & { readonly known: IrcConnection[] } {
  const known: IrcConnection[] = [];
  const find = (nick: string | undefined) => known.findLast((one) => nick === undefined || one.nick === nick);
  return {
    known,
    async irc(nick) {
      for (let found = find(nick); ; found = find(nick)) {
        if (found) return found;
        const fresh = await ircd.accept();
        void fresh.closed.then(() => known.splice(known.indexOf(fresh), 1));
        known.push(fresh);
        // Its nick is known once it has logged in, which a round trip proves.
        await fresh.sync();
      }
    },
  };
}
