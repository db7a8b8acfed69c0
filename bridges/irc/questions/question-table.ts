import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { isRoomName } from '#bridges/irc/wire/names.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import {
  type CtcpVersion,
  ctcpRequest,
  ctcpVersion,
  type ListedChannels,
  listedChannels,
  type MaskList,
  MEMBER_FIELDS,
  type MemberRow,
  type Milliseconds,
  maskList,
  memberRows,
  milliseconds,
  type WhoisProfile,
  whoisProfile,
} from './answers.ts';

/** Makes an answer of the lines that answer a question. */
export type Collector<A> = {
  row?(line: Line): void;
  /** What is known once the last line has come. */
  end(line: Line): A;
};

/** What a question is asked about, and by which connection. */
export type QuestionSubject = { readonly name: string; readonly view: ServerView; readonly clock: Clock };

type Answers = {
  /** The answer itself (324) is read by the channel's state. */
  readonly modes: undefined;
  readonly bans: MaskList;
  readonly invites: MaskList;
  readonly exceptions: MaskList;
  readonly quiets: MaskList;
  readonly members: readonly MemberRow[];
  readonly list: ListedChannels;
  readonly whois: WhoisProfile;
  readonly version: CtcpVersion;
  readonly ping: Milliseconds;
  readonly roundtrip: Milliseconds;
};
/** What the gateway itself asks, for its users or its own sake. */
export type AskedKind = keyof Answers;
export type AnswerTo<K extends AskedKind> = Answers[K];

/** By which lines the answer to a question is known. */
export type Numerics = {
  /** What is sent. Some refusals name it instead of what it is about. */
  readonly command: string;
  readonly rows: ReadonlySet<string>;
  readonly ends: ReadonlySet<string>;
  /** What refuses it, naming what it is about. */
  readonly refusals: ReadonlySet<string>;
  /** What may follow once it is answered or refused. */
  readonly after: ReadonlySet<string>;
};

type Spelled = { readonly [K in keyof Numerics]?: string } & { readonly command: string };
const set = (numerics = ''): ReadonlySet<string> => new Set(numerics.split(' ').filter(Boolean));
const numerics = ({ command, rows, ends, refusals, after }: Spelled): Numerics => ({
  command,
  ...{ rows: set(rows), ends: set(ends), refusals: set(refusals), after: set(after) },
});

/** RFC 2812 §3, §5.1 and today's servers (defs.ircdocs.horse): every question that numerics answer. */
export const QUESTIONS = {
  modes: numerics({ command: 'MODE', ends: '324', after: '329', refusals: '403 442 477 482' }),
  bans: numerics({ command: 'MODE', rows: '367', ends: '368', refusals: '403 442 477 482' }),
  invites: numerics({ command: 'MODE', rows: '346', ends: '347', refusals: '403 442 472 477 482' }),
  exceptions: numerics({ command: 'MODE', rows: '348', ends: '349', refusals: '403 442 472 477 482' }),
  // 728 and 729 of the charybdis kind, 344 and 345 of oftc-hybrid.
  quiets: numerics({ command: 'MODE', rows: '344 728', ends: '345 729', refusals: '403 442 472 477 482' }),
  topic: numerics({ command: 'TOPIC', ends: '331 332', after: '333', refusals: '403 442' }),
  names: numerics({ command: 'NAMES', rows: '353 355', ends: '366', refusals: '401 403' }),
  list: numerics({ command: 'LIST', rows: '321 322', ends: '323' }),
  // WHOX
  members: numerics({ command: 'WHO', rows: '354', ends: '315', refusals: '401 403' }),
  who: numerics({ command: 'WHO', rows: '352 354', ends: '315', refusals: '401 403' }),
  // Some servers end a WHOIS that they have refused, too.
  whois: numerics({
    command: 'WHOIS',
    rows: '301 311 312 313 317 319 330 335 671',
    ends: '318',
    refusals: '401 406',
    after: '318',
  }),
  whowas: numerics({ command: 'WHOWAS', rows: '312 314 330', ends: '369', refusals: '406', after: '369' }),
  // CTCP is answered by people, not by numerics.
  version: numerics({ command: 'PRIVMSG', refusals: '401 406' }),
  ping: numerics({ command: 'PRIVMSG', refusals: '401 406' }),
  roundtrip: numerics({ command: 'PING' }),
  invite: numerics({ command: 'INVITE', ends: '341' }),
  away: numerics({ command: 'AWAY', ends: '305 306' }),
  lusers: numerics({ command: 'LUSERS', rows: '250 251 252 253 254 255 265 266' }),
  motd: numerics({ command: 'MOTD', ends: '422' }),
  server: numerics({ command: 'VERSION', rows: '005 351' }),
} satisfies Readonly<Record<string, Numerics>>;
export type QuestionKind = keyof typeof QUESTIONS;

/** These name the command that they refuse. RFC 2812 §5.1: 263 asks to try again later. */
export const NAMING_COMMAND: ReadonlySet<string> = set('263 416 421 461 481');

/** What a numeric says that it is about. */
export function subjectOf({ command, params }: Line): string {
  if (command === '353' || command === '355') return params.at(-2) ?? '';
  return (command === '341' ? params[2] : params[1]) ?? '';
}

/** How the gateway asks. */
export type GatewayQuestion<A> = {
  readonly line: (name: string) => string;
  /** `urgent` goes before all that waits; see `LineWriter`. */
  readonly urgent?: true;
  /** Whether lines name what was asked about. */
  readonly named: boolean;
  /** Questions of a kind that one connection may have open. */
  readonly limit: number;
  /** Milliseconds that a server has for the answer; with `longest` for each line of it, and so many for all. */
  readonly patience: number;
  readonly longest?: number;
  readonly collect: (asking: QuestionSubject) => Collector<A>;
};

const usual = { named: true, limit: 20, patience: 30_000 } as const;

export const ASKED: { readonly [K in AskedKind]: GatewayQuestion<Answers[K]> } = {
  modes: { ...usual, line: (name) => makeLine('MODE', [name]), collect: () => ({ end: () => undefined }) },
  bans: { ...usual, line: (name) => makeLine('MODE', [name, 'b']), collect: maskList },
  invites: { ...usual, line: (name) => makeLine('MODE', [name, 'I']), collect: maskList },
  exceptions: { ...usual, line: (name) => makeLine('MODE', [name, 'e']), collect: maskList },
  quiets: { ...usual, line: (name) => makeLine('MODE', [name, 'q']), collect: maskList },
  members: { ...usual, line: (name) => makeLine('WHO', [name, MEMBER_FIELDS]), collect: memberRows },
  list: { ...usual, line: () => makeLine('LIST', []), named: false, longest: 180_000, collect: listedChannels },
  whois: { ...usual, line: (name) => makeLine('WHOIS', [name]), collect: whoisProfile },
  version: { ...usual, line: (name) => ctcpRequest(name, 'VERSION'), collect: ctcpVersion },
  ping: { ...usual, line: (name) => ctcpRequest(name, 'PING isthmus'), collect: milliseconds },
  roundtrip: { ...usual, line: (token) => makeLine('PING', [], token), urgent: true, collect: milliseconds },
};

type PersonAsks = { readonly kind: QuestionKind; readonly names: readonly string[] };
type Reading = (...params: readonly string[]) => readonly [QuestionKind, (string | undefined)?] | undefined;

/** Lists of masks that a channel may have, by their letter (RFC 2811 §4.3). */
export const LISTED: ReadonlyMap<string, 'bans' | 'quiets' | 'exceptions' | 'invites'> = new Map([
  ['b', 'bans'],
  ['q', 'quiets'],
  ['e', 'exceptions'],
  ['I', 'invites'],
]);

/** The lines by which people ask: what numerics answer them, and what these name, if anything. */
const READINGS: Readonly<Record<string, Reading>> = {
  MODE: (name = '', letters, ...rest) => {
    if (!isRoomName(name) || rest.length > 0) return undefined;
    if (letters === undefined) return ['modes', name];
    const kind = LISTED.get(letters.replace(/^\+/, ''));
    return kind && [kind, name];
  },
  TOPIC: (name, text) => (text === undefined ? ['topic', name] : undefined),
  // ircu: -d asks for those whom a channel does not show yet.
  NAMES: (...params) => ['names', params.find((one) => isRoomName(one)) ?? params[0]],
  LIST: () => ['list'],
  WHO: () => ['who'],
  WHOIS: (...params) => ['whois', params.at(-1)],
  WHOWAS: (names) => ['whowas', names],
  INVITE: (_nick, name) => ['invite', name],
  AWAY: () => ['away'],
  LUSERS: () => ['lusers'],
  MOTD: () => ['motd'],
  VERSION: () => ['server'],
};

/** The question that a person's line is, by the numerics that answer it; `undefined` where none need be known. Pure. */
export function questionOf(text: string): PersonAsks | undefined {
  const [head = '', trailing] = text.split(/ :(.*)/, 2);
  const [command = '', ...middle] = head.split(' ').filter(Boolean);
  const key = command.toUpperCase();
  const params = trailing === undefined ? middle : [...middle, trailing];
  const [kind, names = ''] = (Object.hasOwn(READINGS, key) && READINGS[key]?.(...params)) || [];
  return kind && { kind, names: names.split(',').filter(Boolean) };
}
