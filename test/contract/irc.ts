import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { bridge } from '#bridges/irc/index.ts';
import { type IrcConnection, type IrcServer, ircServer } from '../fakes/irc-server.ts';
import type { Contract, Wire } from './network.ts';

const REALM = 'net.example';
const CHANNEL = '#verona';
const PERSON = 'mercutio';

/** The contract of the IRC bridge, over a fake server that behaves like one. */
export const ircContract = (name: string, caps: readonly string[]): Contract => ({
  name,
  definition: bridge,
  network: {
    acknowledged: false,
    addresses: [REALM, `${CHANNEL}%${REALM}`, `${PERSON}%${REALM}`, `#a%b%${REALM}`, `[x]\\%${REALM}`],
    open: () => openWire(caps),
  },
});

async function openWire(caps: readonly string[]): Promise<Wire> {
  const server = await ircServer({ serve: true, caps });
  const person = await joinAs(server, PERSON);
  // Whatever it is called later.
  const [mercutio] = server.connections;
  const said = inbox();
  let held: (() => void)[] | undefined;
  let waiting: { count: number; done: () => void } | undefined;

  function keep(answer: () => void): boolean {
    held?.push(answer);
    if (waiting && (held?.length ?? 0) >= waiting.count) waiting.done();
    return held !== undefined;
  }

  server.on('PRIVMSG', ([to = '', text = ''], connection) => {
    if (connection === mercutio) return false;
    said.put(connection.nick, text);
    const echo = caps.includes('echo-message');
    return keep(() => echo && connection.send(`@msgid=m1 :${connection.nick}!u@host.fake PRIVMSG ${to} :${text}`));
  });
  server.on('PING', ([token = ''], connection) => {
    const pong = () => connection.send(`:irc.fake PONG irc.fake :${token}`);
    if (held === undefined || connection === mercutio) return false;
    held.push(pong);
    return true;
  });

  const others = (): IrcConnection[] => server.connections.filter((one) => one !== mercutio);
  const toOthers = async (line: string) => {
    for (const connection of others()) connection.send(line);
  };
  const act = async (line: string) => person.send(line);
  return {
    settings: ({ slow }) => {
      const throttle = slow ? { burst: 1, per_second: 1 } : 'off';
      return { servers: { [REALM]: { host: '127.0.0.1', port: server.port, tls: false, throttle } } };
    },
    realm: REALM,
    credentials: async () => undefined,
    room: `${CHANNEL}%${REALM}`,
    person: `${PERSON}%${REALM}`,
    say: (text) => act(`PRIVMSG ${CHANNEL} :${text}`),
    // By another client of a bouncer, which passes it on.
    sayElsewhere: (name, text) => toOthers(`:${name}!u@host.fake PRIVMSG ${PERSON} :${text}`),
    provoke: {
      message: () => act(`PRIVMSG ${CHANNEL} :hark`),
      occupant: () => act('NICK queen-mab'),
      reaction: () => toOthers(`@+draft/react=👍;+draft/reply=m1 :${PERSON}!u@host.fake TAGMSG ${CHANNEL}`),
      retract: () => toOthers(`:${PERSON}!u@host.fake REDACT ${CHANNEL} m1`),
      typing: () => toOthers(`@+typing=active :${PERSON}!u@host.fake TAGMSG ${CHANNEL}`),
      topic: () => act(`TOPIC ${CHANNEL} :A plague`),
      invite: async (name) => {
        for (const connection of others()) connection.send(`:${PERSON}!u@host.fake INVITE ${name} :#mantua`);
      },
      presence: async () => {
        for (const connection of others()) connection.send(`:${PERSON}!u@host.fake AWAY :asleep`);
      },
      // Operators of a network can put somebody into a channel; whoever joins is told who is there.
      occupants: async (name) => {
        for (const connection of others())
          connection.send(
            `:${name}!u@host.fake JOIN #mantua`,
            `:irc.fake 353 ${name} = #mantua :${name} paris`,
            `:irc.fake 366 ${name} #mantua :End of /NAMES list.`,
          );
      },
    },
    heard: said.next,
    async hold() {
      held = [];
    },
    held: (count) =>
      new Promise((done) => {
        waiting = { count, done };
        if ((held?.length ?? 0) >= count) done();
      }),
    async release() {
      const ready = held ?? [];
      held = undefined;
      for (const answer of ready) answer();
    },
    async refuseMessage() {
      let due = true;
      server.on('PRIVMSG', ([to = ''], connection) => {
        if (!due || connection === mercutio) return false;
        due = false;
        connection.send(`:irc.fake 404 ${connection.nick} ${to} :Cannot send to channel`);
        return true;
      });
    },
    async refuseLogin() {
      server.on('USER', (_params, connection) => {
        connection.send(':irc.fake 465 * :You are banned from this server');
        connection.end();
        return true;
      });
    },
    async break() {
      for (const connection of others()) connection.kill();
    },
    async idle() {
      await Promise.all(others().map(({ closed }) => closed));
    },
    pages: { rooms: 1 },
    async [Symbol.asyncDispose]() {
      person.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Somebody else's client, in the channel. */
async function joinAs(server: IrcServer, nick: string) {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  const lines = createInterface(socket);
  const send = (line: string): void => void socket.write(`${line}\r\n`);
  const inside = new Promise<void>((done) => lines.on('line', (line) => line.includes(' 366 ') && done()));
  await once(socket, 'connect');
  for (const line of [`NICK ${nick}`, 'USER m 0 * :m', `JOIN ${CHANNEL}`]) send(line);
  await inside;
  return { send, close: () => socket.destroy() };
}

/** What each client said, one after the other. */
function inbox() {
  const texts = new Map<string, string[]>();
  const readers = new Map<string, (text: string) => void>();
  return {
    put(name: string, text: string): void {
      const reader = readers.get(name);
      readers.delete(name);
      if (reader) reader(text);
      else texts.set(name, [...(texts.get(name) ?? []), text]);
    },
    next(name: string): Promise<string> {
      const text = texts.get(name)?.shift();
      return text === undefined ? new Promise((done) => readers.set(name, done)) : Promise.resolve(text);
    },
  };
}
