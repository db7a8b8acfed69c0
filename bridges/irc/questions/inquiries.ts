import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { ctcp } from '#bridges/irc/wire/decode.ts';
import { line as makeLine } from '#bridges/irc/wire/encode.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { cleaned, refusal } from '#bridges/irc/wire/numerics.ts';
import type { Clock } from '#src/lib/clock.ts';
import { Failure } from '#src/model/failure.ts';
import type { ReplyTo } from '#src/model/query.ts';

/** Questions about people that one connection has open at most, and milliseconds that an answer may take. */
const LIMIT = 20;
const PATIENCE = 30_000;

type Ping = ReplyTo<{ kind: 'ping'; realm: string }>;
type Version = ReplyTo<{ kind: 'version'; realm: string; who: string }>;
type Profile = ReplyTo<{ kind: 'profile'; realm: string; who: string }>;

/** What can be asked about a person: by CTCP of their client, by WHOIS of the server. All reject with a `Failure`. */
export type Inquiries = {
  ping(nick: string): Promise<Ping>;
  version(nick: string): Promise<Version>;
  profile(nick: string): Promise<Profile>;
  /** Takes a line in; true if it is part of an answer. */
  take(line: Line): boolean;
  fail(failure: Failure): void;
};

type Answers = { readonly PING: Ping; readonly VERSION: Version; readonly WHOIS: Profile };
type Kind = keyof Answers;

type Open = {
  readonly kind: Kind;
  readonly nick: string;
  readonly since: number;
  readonly facts: Record<string, string>;
  readonly answer: Promise<Answers[Kind]>;
  done(text: string): void;
  fail(failure: Failure): void;
};

type InquiryParts = {
  readonly view: Pick<ServerView, 'fold'>;
  readonly clock: Clock;
  readonly send: (line: string) => void;
};

export function openInquiries({ view, clock, send }: InquiryParts): Inquiries {
  const open = new Map<string, Open>();

  /** One question of a kind about a nick at a time, whose answer is for all who ask the same meanwhile. */
  async function ask<K extends Kind>(kind: K, nick: string): Promise<Answers[K]> {
    if (!isName(nick)) throw new Failure('jid-malformed');
    const key = `${kind} ${view.fold(nick)}`;
    const known = open.get(key);
    if (!known && open.size >= LIMIT) throw new Failure('queue-full');
    return (await (known ?? begin(kind, nick, key)).answer) as Answers[K];
  }

  function begin(kind: Kind, nick: string, key: string): Open {
    const { promise, resolve, reject } = Promise.withResolvers<Answers[Kind]>();
    const cancel = clock.after(PATIENCE, () => item.fail(new Failure('remote-server-timeout')));
    const close = (): void => {
      cancel();
      open.delete(key);
    };
    const item: Open = {
      kind,
      nick,
      since: clock.now(),
      facts: {},
      answer: promise,
      done(text) {
        close();
        resolve(ANSWERS[kind](item, text, clock.now()));
      },
      fail(failure) {
        close();
        reject(failure);
      },
    };
    open.set(key, item);
    try {
      send(question(kind, nick));
    } catch (error) {
      item.fail(error instanceof Failure ? error : new Failure('internal', { cause: error }));
    }
    return item;
  }

  const find = (kind: Kind, nick: string): Open | undefined => open.get(`${kind} ${view.fold(nick)}`);

  function replied(line: Line): boolean {
    const reply = ctcp(line.params.at(-1) ?? '');
    const kind = reply?.command;
    const item = kind === 'PING' || kind === 'VERSION' ? find(kind, line.nick) : undefined;
    item?.done(cleaned(reply?.rest ?? ''));
    return item !== undefined;
  }

  // RFC 2812 §3.6.2: 401 refuses, and 318 follows on some servers.
  function missing(line: Line): boolean {
    const nick = line.params[1] ?? '';
    const failure = refusal(line) ?? new Failure('item-not-found');
    const items = (['WHOIS', 'PING', 'VERSION'] as const).flatMap((kind) => find(kind, nick) ?? []);
    for (const item of items) item.fail(failure);
    return items.length > 0;
  }

  function described(line: Line): boolean {
    const item = find('WHOIS', line.params[1] ?? '');
    if (!item) return false;
    if (line.command === '318') item.done('');
    else Object.assign(item.facts, WHOIS[line.command]?.(line.params.slice(2)));
    return true;
  }

  return {
    ping: (nick) => ask('PING', nick),
    version: (nick) => ask('VERSION', nick),
    profile: (nick) => ask('WHOIS', nick),
    take(line) {
      if (open.size === 0) return false;
      if (line.command === 'NOTICE') return replied(line);
      // RFC 2812 §5.2: nobody has the nick.
      if (line.command === '401' || line.command === '406') return missing(line);
      return line.command === '318' || Object.hasOwn(WHOIS, line.command) ? described(line) : false;
    },
    fail(failure) {
      for (const item of [...open.values()]) item.fail(failure);
    },
  };
}

type Answered = { readonly [K in Kind]: (item: Open, text: string, now: number) => Answers[K] };

const ANSWERS: Answered = {
  PING: ({ since }, _text, now) => ({ kind: 'ping', ms: now - since }),
  VERSION: (_item, text) => ({ kind: 'version', ...split(text) }),
  WHOIS: ({ nick, facts }) => ({ kind: 'profile', name: facts.name || nick, facts }),
};

const question = (kind: Kind, nick: string): string =>
  kind === 'WHOIS' ? makeLine('WHOIS', [nick]) : makeLine('PRIVMSG', [nick], `\u0001${kind}${token(kind)}\u0001`);

// https://modern.ircdocs.horse/ctcp: the answer to PING repeats what was sent; who answers is enough for us.
const token = (kind: Kind): string => (kind === 'PING' ? ' isthmus' : '');

/** "HexChat 2.16.1 / Linux" in the two parts that XEP-0092 knows; whatever does not divide is a name. */
function split(text: string): { name: string; version: string } {
  const match = /^(.{1,60}?)[ :/-]+(v?\d[^ ]*.*)$/.exec(text);
  return { name: match?.[1] ?? (text || 'unknown'), version: match?.[2] ?? '' };
}

/** RFC 2812 §5.1 and today's servers: what the lines of a WHOIS tell, by the parameters after the nick. */
const WHOIS: Readonly<Record<string, (params: readonly string[]) => Readonly<Record<string, string>>>> = {
  '311': ([user = '', host = '', , real = '']) => ({ address: `${user}@${host}`, name: cleaned(real) }),
  '312': ([server = '', info = '']) => ({ server: cleaned(`${server} ${info}`) }),
  '313': () => ({ operator: 'yes' }),
  '317': ([idle = '']) => ({ idle: `${cleaned(idle)} s` }),
  '319': (params) => ({ channels: cleaned(params.at(-1) ?? '') }),
  '330': ([account = '']) => ({ account: cleaned(account) }),
  '671': () => ({ secure: 'yes' }),
  '301': (params) => ({ away: cleaned(params.at(-1) ?? '') }),
};
