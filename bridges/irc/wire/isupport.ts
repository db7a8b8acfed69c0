import { memo } from '#src/lib/memo.ts';

/** What a server says of itself in 005 (draft-brocklesby-irc-isupport-03), as far as it is used here. */
export type Isupport = {
  /** Mode letters of members, the highest first, with the symbol of each at the same index. */
  readonly prefixModes: string;
  readonly prefixSymbols: string;
  /** The four kinds of channel modes: list, always a parameter, a parameter when set, none. */
  readonly chanmodes: readonly [string, string, string, string];
  /** How many changes with a parameter one MODE may have (MODES). */
  readonly modes: number;
  readonly chantypes: string;
  readonly statusmsg: string;
  readonly nicklen: number | undefined;
  readonly topiclen: number | undefined;
  readonly network: string | undefined;
  /** How names are compared there (CASEMAPPING), in lower case. */
  readonly casemapping: string;
  /** How many people MONITOR watches; `undefined` where the server does not know it. */
  readonly monitor: number | undefined;
  /** How many messages CHATHISTORY gives at a time. */
  readonly chathistory: number | undefined;
  /** Whether it may be asked about messages by their ids. */
  readonly msgids: boolean;
  /** Which tags of clients are taken from nobody (CLIENTTAGDENY): names, `*` for all, `-` before those that are taken. */
  readonly clienttagdeny: string;
  /** What extended masks begin with and their types, and which types mean an account (EXTBAN, ACCOUNTEXTBAN). */
  readonly extban: string;
  readonly accountextban: string;
  /** Whether WHO says what it is asked for (WHOX). */
  readonly whox: boolean;
  /** The flag of bots in WHO (BOT). */
  readonly bot: string | undefined;
};

/** What holds before the first 005: RFC 1459 with the usual lists. */
export const defaultIsupport: Isupport = {
  prefixModes: 'ov',
  prefixSymbols: '@+',
  chanmodes: ['beI', 'k', 'l', 'imnpst'],
  // RFC 2812 §3.2.3
  modes: 3,
  chantypes: '#&',
  statusmsg: '@+',
  nicklen: undefined,
  topiclen: undefined,
  network: undefined,
  casemapping: 'rfc1459',
  monitor: undefined,
  chathistory: undefined,
  msgids: true,
  clienttagdeny: '',
  extban: '',
  accountextban: '',
  whox: false,
  bot: undefined,
};

/** Changes in one line where a server sets no bound. */
const MOST_MODES = 20;

/** Tokens that say something without a value, too. */
const VALUELESS: ReadonlySet<string> = new Set(['WHOX', 'MODES', 'MONITOR', 'PREFIX']);
/** People that are watched where a server sets no bound. */
const MOST_MONITORED = 9999;

const readers: Readonly<Record<string, (value: string) => Partial<Isupport> | undefined>> = {
  PREFIX: (value) => {
    if (value === '') return { prefixModes: '', prefixSymbols: '' };
    const match = /^\(([A-Za-z]{1,20})\)([^\sA-Za-z0-9]{1,20})$/.exec(value);
    if (!match?.[1] || !match[2] || match[1].length !== match[2].length) return undefined;
    return { prefixModes: match[1], prefixSymbols: match[2] };
  },
  CHANMODES: (value) => {
    const [list, always, set, none] = value.split(',');
    return list === undefined || always === undefined || set === undefined || none === undefined
      ? undefined
      : { chanmodes: [list, always, set, none] };
  },
  CHANTYPES: (value) => (/^[#&+!]{1,4}$/.test(value) ? { chantypes: value } : undefined),
  MODES: (value) => (value === '' ? { modes: MOST_MODES } : length('modes', value)),
  STATUSMSG: (value) => ({ statusmsg: value.slice(0, 20) }),
  CASEMAPPING: (value) => ({ casemapping: value.toLowerCase().slice(0, 30) }),
  // https://ircv3.net/specs/extensions/monitor: without a value there is no bound.
  MONITOR: (value) => (value === '' ? { monitor: MOST_MONITORED } : length('monitor', value)),
  CHATHISTORY: (value) => length('chathistory', value),
  'DRAFT/CHATHISTORY': (value) => length('chathistory', value),
  MSGREFTYPES: (value) => ({ msgids: value.split(',').includes('msgid') }),
  CLIENTTAGDENY: (value) => ({ clienttagdeny: value.slice(0, 400) }),
  EXTBAN: (value) => ({ extban: value.slice(0, 100) }),
  ACCOUNTEXTBAN: (value) => ({ accountextban: value.slice(0, 100) }),
  WHOX: () => ({ whox: true }),
  BOT: (value) => (/^[A-Za-z]$/.test(value) ? { bot: value } : undefined),
  NICKLEN: (value) => length('nicklen', value),
  TOPICLEN: (value) => length('topiclen', value),
  NETWORK: (value) =>
    /^[\x20-\x7e]{1,60}$/.test(value) && value.trim() !== '' ? { network: value.trim() } : undefined,
};

/** What each token is about: it is as before the first 005 once that is taken back. */
const FIELDS: Readonly<Record<string, readonly (keyof Isupport)[]>> = {
  PREFIX: ['prefixModes', 'prefixSymbols'],
  CHANMODES: ['chanmodes'],
  CHANTYPES: ['chantypes'],
  MODES: ['modes'],
  STATUSMSG: ['statusmsg'],
  CASEMAPPING: ['casemapping'],
  MONITOR: ['monitor'],
  CHATHISTORY: ['chathistory'],
  'DRAFT/CHATHISTORY': ['chathistory'],
  MSGREFTYPES: ['msgids'],
  CLIENTTAGDENY: ['clienttagdeny'],
  EXTBAN: ['extban'],
  ACCOUNTEXTBAN: ['accountextban'],
  WHOX: ['whox'],
  BOT: ['bot'],
  NICKLEN: ['nicklen'],
  TOPICLEN: ['topiclen'],
  NETWORK: ['network'],
};

const before = (fields: readonly (keyof Isupport)[] = []): Partial<Isupport> =>
  Object.fromEntries(fields.map((field) => [field, defaultIsupport[field]]));

/** What a token says; nothing where it makes no sense. */
function said(token: string): Partial<Isupport> | undefined {
  // draft-brocklesby-irc-isupport-03 §2: a token behind a hyphen is no longer so, as when a module is unloaded.
  if (token.startsWith('-')) return Object.hasOwn(FIELDS, token.slice(1)) ? before(FIELDS[token.slice(1)]) : undefined;
  const [key = '', ...value] = token.split('=');
  if (!Object.hasOwn(readers, key) || (value.length === 0 && !VALUELESS.has(key))) return undefined;
  return readers[key]?.(unescaped(value.join('=')));
}

/** §2: a value holds what cannot stand in a parameter as `\x20`. */
const unescaped = (value: string): string =>
  value.replace(/\\x([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** The connections to one server are told the same, and share it. */
const shared = memo(50, (json): Isupport => ({ ...defaultIsupport, ...(JSON.parse(json) as Partial<Isupport>) }));

/** Takes the parameters of one 005 in. What makes no sense changes nothing. Pure, never throws. */
export function stepIsupport(state: Isupport, params: readonly string[]): Isupport {
  let next = state;
  // The first parameter is our nick, the last a sentence.
  for (const token of params.slice(1, -1)) {
    const found = said(token);
    if (found) next = { ...next, ...found };
  }
  return next === state ? state : shared(JSON.stringify(next));
}

/** Whether a server takes a tag from nobody (https://ircv3.net/specs/extensions/message-tags#rpl_isupport-tokens). */
export function deniesTag({ clienttagdeny }: Isupport, tag: string): boolean {
  const all = clienttagdeny.split(',');
  return all.includes('*') ? !all.includes(`-${tag}`) : all.includes(tag);
}

function length(
  key: 'nicklen' | 'topiclen' | 'monitor' | 'chathistory' | 'modes',
  value: string,
): Partial<Isupport> | undefined {
  const count = Number(value);
  return Number.isInteger(count) && count > 0 && count < 10_000 ? { [key]: count } : undefined;
}
