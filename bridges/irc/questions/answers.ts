import { ctcp } from '#bridges/irc/wire/decode.ts';
import { addressOf } from '#bridges/irc/wire/drafts.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { accountOf, isName } from '#bridges/irc/wire/names.ts';
import { cleaned } from '#bridges/irc/wire/numerics.ts';
import { stripFormatting } from '#mappings/formatting.ts';
import type { Page } from '#src/model/page.ts';
import type { ReplyTo } from '#src/model/query.ts';
import type { Collector, QuestionSubject } from './question-table.ts';

/** Masks of a list that are read; what is beyond is dropped. */
const MASKS = 1000;

/** A list of a channel's, such as of those who are banned. */
export type MaskList = readonly string[];

/** RFC 2812 §5.1: 346, 348 and 367 "<channel> <mask>", with who set it and when on today's servers; 728 has the letter before the mask. */
export function maskList(): Collector<MaskList> {
  const masks: string[] = [];
  return {
    row({ command, params }) {
      const mask = params[command === '728' ? 3 : 2] ?? '';
      if (masks.length < MASKS && mask !== '') masks.push(mask);
    },
    end: () => masks,
  };
}

/** Somebody in a channel, as WHOX tells: `away` and `bot` by their flags, `login` is their account with services. */
export type MemberRow = {
  readonly nick: string;
  readonly mask: string;
  readonly login: string | undefined;
  readonly away: boolean;
  readonly bot: boolean;
};

/** People of a channel of whom that is read. */
const MEMBERS = 5000;

/** https://ircv3.net/specs/extensions/whox: which fields are asked for; they come in this order. */
export const MEMBER_FIELDS = '%cuhnfa';

export function memberRows({ view }: QuestionSubject): Collector<readonly MemberRow[]> {
  const rows: MemberRow[] = [];
  return {
    row({ params: [, , user = '', host = '', nick = '', flags = '', account] }) {
      if (account === undefined || rows.length >= MEMBERS || ![user, host, nick].every(isName)) return;
      const { bot } = view.isupport;
      const seen = { away: flags.startsWith('G'), bot: bot !== undefined && flags.includes(bot) };
      rows.push({ nick, mask: `${user}@${host}`, login: accountOf(account), ...seen });
    },
    end: () => rows,
  };
}

/** How long an answer took. */
export type Milliseconds = number;
export type CtcpVersion = { readonly name: string; readonly version: string };

/** A CTCP request to a person (https://modern.ircdocs.horse/ctcp). What follows PING comes back; who answers is enough. */
export const ctcpRequest = (nick: string, request: string): string =>
  makeLine('PRIVMSG', [nick], `\u0001${request}\u0001`);

export function milliseconds({ clock }: QuestionSubject): Collector<Milliseconds> {
  const since = clock.now();
  return { end: () => clock.now() - since };
}

/** "HexChat 2.16.1 / Linux" in the two parts that XEP-0092 knows; whatever does not divide is a name. */
export const ctcpVersion = (): Collector<CtcpVersion> => ({
  end({ params }) {
    const text = cleaned(ctcp(params.at(-1) ?? '')?.rest ?? '');
    const match = /^(.{1,60}?)[ :/-]+(v?\d[^ ]*.*)$/.exec(text);
    return { name: match?.[1] ?? (text || 'unknown'), version: match?.[2] ?? '' };
  },
});

export type WhoisProfile = { readonly name: string; readonly facts: Readonly<Record<string, string>> };

/** RFC 2812 §5.1 and today's servers: what the lines of a WHOIS tell, by the parameters after the nick. */
const FACTS: Readonly<Record<string, (params: readonly string[]) => Readonly<Record<string, string>>>> = {
  '311': ([user = '', host = '', , real = '']) => ({ address: `${user}@${host}`, name: cleaned(real) }),
  '312': ([server = '', info = '']) => ({ server: cleaned(`${server} ${info}`) }),
  '313': () => ({ operator: 'yes' }),
  '317': ([idle = '']) => ({ idle: `${cleaned(idle)} s` }),
  '319': (params) => ({ channels: cleaned(params.at(-1) ?? '') }),
  '330': ([account = '']) => ({ account: cleaned(account) }),
  '671': () => ({ secure: 'yes' }),
  '301': (params) => ({ away: cleaned(params.at(-1) ?? '') }),
};

/** The profile of a person, by what WHOIS says. */
export function whoisProfile({ name: nick }: QuestionSubject): Collector<WhoisProfile> {
  const facts: Record<string, string> = {};
  return {
    row: ({ command, params }) => void Object.assign(facts, FACTS[command]?.(params.slice(2))),
    end: () => ({ name: facts.name || nick, facts }),
  };
}

/** Channels that are remembered of a list; a longer one is cut, and its count is not told. */
const CHANNELS = 20_000;
/** Characters of a topic in a list. */
const TOPIC = 100;

export type ListedChannel = ReplyTo<{ kind: 'rooms'; realm: string; page: Page }>['list'][number];
/** The channels that a server lists, by address. */
export type ListedChannels = { readonly entries: readonly ListedChannel[]; readonly complete: boolean };

/** RFC 2812 §5.1: 322 "<channel> <# visible> :<topic>" */
export function listedChannels({ view }: QuestionSubject): Collector<ListedChannels> {
  const rows = new Map<string, ListedChannel>();
  let cut = false;
  return {
    row({ command, params }) {
      const [, name = '', users, topic = ''] = params;
      if (command !== '322' || !isName(name) || !view.isupport.chantypes.includes(name.charAt(0))) return;
      const id = addressOf('room', name, view);
      if (rows.size >= CHANNELS) cut = true;
      else rows.set(id, { id, name, ...about(topic, users) });
    },
    end: () => ({
      entries: [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
      complete: !cut,
    }),
  };
}

function about(topic: string, users: string | undefined): { topic?: string; users?: number } {
  // Some servers put the modes before the topic: "[+nt] text".
  const text = stripFormatting(topic)
    .replace(/^\[\+[^\]]*\] ?/, '')
    .trim()
    .slice(0, TOPIC);
  const count = Number(users);
  return { ...(text !== '' && { topic: text }), ...(Number.isSafeInteger(count) && count >= 0 && { users: count }) };
}
