import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { inbox } from './inbox.ts';

/** One line from an IRC server (RFC 1459 §2.3.1, with IRCv3 message tags). */
export interface IrcLine {
  readonly raw: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The sender: nick!user@host or a server's name; '' where the line has none. */
  readonly prefix: string;
  /** The nick of the sender. */
  readonly nick: string;
  readonly command: string;
  readonly params: readonly string[];
}

export interface IrcClientOptions {
  readonly port: number;
  readonly nick: string;
  readonly host?: string;
  readonly username?: string;
  readonly realname?: string;
  readonly password?: string;
  /** TLS without a check of the certificate. */
  readonly tls?: boolean;
  /** IRCv3 capabilities to ask for before registration. */
  readonly caps?: readonly string[];
  /** How long it waits for what has to come, in ms: 20 s when not given. */
  readonly patience?: number;
  /** Called for each line as it arrives; then nothing is queued for `next`. */
  readonly onLine?: (line: IrcLine, client: IrcClient) => void;
}

/** A registered connection to an IRC server; disposing of it quits. PING is answered by itself. */
export interface IrcClient extends AsyncDisposable {
  send(line: string): void;
  /** The first line, queued or to come, for which `matches` is true; rejects after its patience with what came instead. */
  next(matches: (line: IrcLine) => boolean, what: string): Promise<IrcLine>;
  /** Resolves when the server has read all that was sent before and we have read its answers (a PING with a token). */
  barrier(): Promise<void>;
  /** Breaks the connection without QUIT. */
  destroy(): void;
}

/** Connects and registers, resolves after the welcome (001). For bots and tests: trusts its caller and the server. */
export async function ircClient(options: IrcClientOptions): Promise<IrcClient> {
  const lines = inbox<IrcLine>((line) => line.raw, options.patience);
  const { port, host = '127.0.0.1' } = options;
  const socket = options.tls ? connectTls({ port, host, rejectUnauthorized: false }) : connectPlain({ port, host });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', (error) => lines.close(`the connection failed: ${error.message}`));
  socket.on('close', () => lines.close('the connection was closed'));

  let barriers = 0;
  let registered = false;
  const send = (line: string) => void socket.write(`${line}\r\n`);
  const client: IrcClient = {
    send,
    next: lines.next,
    barrier: async () => {
      const token = `barrier-${++barriers}`;
      send(`PING ${token}`);
      await lines.next((line) => line.command === 'PONG' && line.params.at(-1) === token, `PONG ${token}`);
    },
    destroy: () => socket.destroy(),
    [Symbol.asyncDispose]: async () => {
      if (socket.writable) socket.end('QUIT :leaving\r\n');
      await closed;
    },
  };

  eachLine(socket, (raw) => {
    const line = parseIrcLine(raw);
    if (line.command === 'PING') send(`PONG :${line.params[0] ?? ''}`);
    else if (registered && options.onLine && line.command !== 'PONG') options.onLine(line, client);
    else lines.put(line);
  });
  await register(client, options).catch((error) => {
    socket.destroy();
    throw error;
  });
  registered = true;
  return client;
}

async function register({ send, next }: IrcClient, options: IrcClientOptions): Promise<void> {
  const { nick, username = nick, realname = nick, password, caps = [] } = options;
  if (password !== undefined) send(`PASS :${password}`);
  if (caps.length > 0) {
    send('CAP LS 302');
    send(`CAP REQ :${caps.join(' ')}`);
    send('CAP END');
  }
  send(`NICK ${nick}`);
  send(`USER ${username} 0 * :${realname}`);
  const answers = new Set(['001', '432', '433', '464', 'ERROR']);
  const answer = await next((line) => answers.has(line.command), `the welcome of ${nick} (001)`);
  if (answer.command !== '001') throw new Error(`the IRC server refused ${nick}: ${answer.raw}`);
}

function eachLine(socket: Socket, take: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split(/\r?\n/);
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') take(part);
  });
}

/** Parses one line without its line end. */
export function parseIrcLine(raw: string): IrcLine {
  const [, tagText = '', prefix = '', command = '', rest = ''] =
    /^(?:@(\S*) +)?(?::(\S*) +)?(\S+) *(.*)$/.exec(raw) ?? [];
  const [middle = '', ...trailing] = ` ${rest}`.split(/ :(.*)/s);
  const params = middle.split(' ').filter((word) => word !== '');
  if (trailing.length > 0) params.push(trailing[0] ?? '');
  const tags = Object.fromEntries(tagText.split(';').flatMap((tag) => (tag === '' ? [] : [parseTag(tag)])));
  return { raw, tags, prefix, nick: prefix.split('!')[0] ?? '', command: command.toUpperCase(), params };
}

const escapes: Readonly<Record<string, string>> = { ':': ';', s: ' ', r: '\r', n: '\n' };

// IRCv3 message-tags: a backslash escapes the next character, an unknown escape is the character itself.
function parseTag(tag: string): [string, string] {
  const [, key = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(tag) ?? [];
  return [key, value.replace(/\\(.?)/gs, (_, c: string) => escapes[c] ?? c)];
}
