// An IRC server without flood limits, made to cost little: lines are cut at their ends and looked at by their command.
import type { Socket } from 'node:net';
import { type Listening, listen } from './listen.ts';

/** A connection of the gateway. */
export type IrcClient = { nick: string; readonly caps: Set<string>; write(line: string): void; end(): void };

export type IrcLoad = Listening & {
  /** By nick. */
  readonly clients: ReadonlyMap<string, IrcClient>;
  /** Hears of every message from a connection. */
  receive: (client: IrcClient, target: string, text: string) => void;
  /** Called after each piece of any connection's stream. */
  turn: () => void;
  /** Puts nicks without connections into a channel, before anybody joins it. */
  people(channel: string, nicks: readonly string[]): void;
  /** Queues a line for every connection in the channel. */
  tell(channel: string, line: string): void;
  /** Writes all that is queued. */
  flush(): void;
};

type Channel = { readonly members: Set<Peer>; readonly people: readonly string[] };
type Peer = IrcClient & { user: boolean; negotiating: boolean; welcome: boolean };

const NAME = 'irc.bench.example';
const ISUPPORT = 'CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(ov)@+ CHANMODES=b,k,l,imnpst NICKLEN=30 NETWORK=Bench';
/** Nicks in one 353: the line stays under 512 bytes. */
const NAMES_A_LINE = 40;

/** Opens the load's IRC server. `offer` is the list of capabilities that it knows, of which `echo-message` does something. */
export async function openIrcLoad(offer: readonly string[]): Promise<IrcLoad> {
  const clients = new Map<string, Peer>();
  const channels = new Map<string, Channel>();
  const dirty = new Set<() => void>();

  const channelOf = (name: string): Channel => {
    const known = channels.get(name) ?? { members: new Set<Peer>(), people: [] };
    channels.set(name, known);
    return known;
  };
  const say = (peer: Peer, what: string) => peer.write(`:${NAME} ${what}`);
  const from = (peer: Peer) => `:${peer.nick}!~u@host.example`;

  function welcome(peer: Peer): void {
    if (peer.welcome || peer.negotiating || !peer.user || peer.nick === '') return;
    peer.welcome = true;
    clients.set(peer.nick, peer);
    say(peer, `001 ${peer.nick} :Welcome ${peer.nick}!~u@host.example`);
    say(peer, `005 ${peer.nick} ${ISUPPORT} :are supported by this server`);
    say(peer, `422 ${peer.nick} :MOTD File is missing`);
  }

  function capability(peer: Peer, rest: string): void {
    const [verb, ...words] = rest.replace(':', '').trim().split(' ');
    peer.negotiating = verb !== 'END';
    if (verb === 'LS') say(peer, `CAP ${peer.nick || '*'} LS :${offer.join(' ')}`);
    if (verb === 'REQ') {
      const known = words.every((word) => offer.includes(word));
      if (known) for (const word of words) peer.caps.add(word);
      say(peer, `CAP ${peer.nick || '*'} ${known ? 'ACK' : 'NAK'} :${words.join(' ')}`);
    }
    welcome(peer);
  }

  function join(peer: Peer, name: string): void {
    const { members, people } = channelOf(name);
    members.add(peer);
    for (const member of members) member.write(`${from(peer)} JOIN :${name}`);
    const names = [...people, ...[...members].map(({ nick }) => nick)];
    for (let at = 0; at < names.length; at += NAMES_A_LINE)
      say(peer, `353 ${peer.nick} = ${name} :${names.slice(at, at + NAMES_A_LINE).join(' ')}`);
    say(peer, `366 ${peer.nick} ${name} :End of /NAMES list.`);
  }

  function part(peer: Peer, name: string): void {
    const { members } = channelOf(name);
    for (const member of members) member.write(`${from(peer)} PART ${name}`);
    members.delete(peer);
  }

  function message(peer: Peer, rest: string): void {
    const at = rest.indexOf(' :');
    const target = rest.slice(0, at);
    load.receive(peer, target, rest.slice(at + 2));
    const line = `${from(peer)} PRIVMSG ${rest}`;
    for (const member of channels.get(target)?.members ?? []) if (member !== peer) member.write(line);
    if (peer.caps.has('echo-message')) peer.write(line);
  }

  const commands: Readonly<Record<string, (peer: Peer, rest: string) => void>> = {
    PRIVMSG: message,
    PING: (peer, rest) => say(peer, `PONG ${NAME} :${rest.replace(':', '')}`),
    CAP: capability,
    NICK: (peer, rest) => {
      peer.nick ||= rest.replace(':', '');
      welcome(peer);
    },
    USER: (peer) => {
      peer.user = true;
      welcome(peer);
    },
    JOIN: (peer, rest) => join(peer, (rest.split(' ')[0] ?? '').replace(':', '')),
    PART: (peer, rest) => part(peer, rest.split(' ')[0] ?? ''),
    QUIT: (peer) => peer.end(),
  };

  function accept(socket: Socket): void {
    let out = '';
    let rest = '';
    const flush = () => {
      if (socket.writable) socket.write(out, 'latin1');
      out = '';
    };
    const peer: Peer = {
      nick: '',
      user: false,
      negotiating: false,
      welcome: false,
      caps: new Set(),
      write(line) {
        if (out === '') dirty.add(flush);
        out += `${line}\r\n`;
      },
      end: () => void socket.end(`${out}ERROR :Closing link\r\n`),
    };
    socket.setEncoding('latin1').on('data', (text: string) => {
      const all = rest + text;
      let at = 0;
      for (let end = all.indexOf('\r\n'); end >= 0; end = all.indexOf('\r\n', at)) {
        const space = all.indexOf(' ', at);
        const stop = space < 0 || space > end ? end : space;
        commands[all.slice(at, stop)]?.(peer, all.slice(stop + 1, end));
        at = end + 2;
      }
      rest = all.slice(at);
      load.turn();
      load.flush();
    });
    socket.on('close', () => {
      clients.delete(peer.nick);
      dirty.delete(flush);
      for (const { members } of channels.values()) members.delete(peer);
    });
  }

  const load: IrcLoad = {
    ...(await listen(accept)),
    clients,
    receive: () => undefined,
    turn: () => undefined,
    people: (name, nicks) => void channels.set(name, { members: new Set(), people: nicks }),
    tell(name, line) {
      for (const member of channels.get(name)?.members ?? []) member.write(line);
    },
    flush() {
      for (const write of dirty) write();
      dirty.clear();
    },
  };
  return load;
}
