import { createHash } from 'node:crypto';
import { plainLetters } from '#mappings/names.ts';
import type { BareJid } from '#src/model/ids.ts';
import { utf8Length } from '#src/model/text.ts';
import { escapeName, prepared, unescapeName } from './escape.ts';

/** Longest name that is accepted from anybody, in bytes. */
export const NAME_LIMIT = 200;
/** Longest nick that is asked for. Servers usually allow 30 (ISUPPORT NICKLEN), some 9. */
const NICK_LIMIT = 30;

/** RFC 2812 §2.2 with `~` and `^` as servers do it: the form in which two names are equal under `rfc1459`. */
export function foldName(name: string): string {
  // Most names are folded already, and asked for several times a line.
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if ((code >= 0x41 && code <= 0x5d) || code === 0x7e)
      return name.replace(/[A-Z[\]\\~]/g, (char) => FOLDED[char] ?? char.toLowerCase());
  }
  return name;
}

/** Names as they are equal under each CASEMAPPING (draft-brocklesby-irc-isupport-03 §3.1, ircv3 UTF8ONLY's rfc7613). */
const FOLDINGS: ReadonlyMap<string, (name: string) => string> = new Map([
  ['rfc1459', foldName],
  ['strict-rfc1459', (name: string) => name.replace(/[A-Z[\]\\]/g, (char) => FOLDED[char] ?? char.toLowerCase())],
]);
const asciiFold = (name: string): string => name.replace(/[A-Z]/g, (char) => char.toLowerCase());

/** How a server compares names that calls its way so; what is not known here tells the most apart. */
export const folding = (casemapping: string): ((name: string) => string) =>
  FOLDINGS.get(casemapping) ?? (/^rfc[78]/.test(casemapping) ? prepared : asciiFold);

const FOLDED: Readonly<Record<string, string>> = { '[': '{', ']': '}', '\\': '|', '~': '^' };

/** A name as it stands in addresses: folded as rfc1459, whichever server it is of. An escaped one is that already. */
export const addressName = (name: string): string => foldName(unescapeName(name) === name ? escapeName(name) : name);

/** Whether a name can stand as a middle parameter and a list of one: no space, comma or control, not too long. */
export const isName = (name: string): boolean =>
  name !== '' && !name.startsWith(':') && !/[\u0000-\u0020,\u007f]/.test(name) && utf8Length(name) <= NAME_LIMIT;

/** An account with services as lines name it; `*`, or `0` in WHOX, where there is none. */
export const accountOf = (name = '*'): string | undefined =>
  name === '*' || name === '0' || !isName(name) ? undefined : name;

/** `user@host`, where a server has told both and they can be meant. */
export const maskOf = (user: string, host: string): string | undefined =>
  user !== '' && host !== '' && user.length + host.length <= NAME_LIMIT ? `${user}@${host}` : undefined;

/** Whether the name is one of a channel (RFC 2812 §1.3). */
export const isRoomName = (name: string): boolean => /^[#&+!]/.test(name);

/**
 * The names under which a channel may have been asked for that a server lets in under another one: `!` before the
 * identifier that it has chosen and the short name (RFC 2811 §3.2), `!!` or `!#` where it was made by that.
 */
export const askedFor = (channel: string): readonly string[] =>
  /^!.{5}./s.test(channel) ? ['!', '!!', '!#'].map((prefix) => prefix + channel.slice(6)) : [];

/** The nearest legal nick (RFC 2812 §2.3.1) to a wanted name. Never empty. `limit` in characters. */
export function cleanNick(wanted: string, limit = NICK_LIMIT): string {
  const legal = [...plainLetters(wanted)].map((char) => (/[A-Za-z0-9[\]\\`_^{|}-]/.test(char) ? char : '_')).join('');
  const led = /^[0-9-]/.test(legal) ? `_${legal}` : legal;
  return led.slice(0, Math.min(limit, NICK_LIMIT)) || 'user';
}

/** Tries at a nick before giving up: four underscores, then digits. */
const UNDERSCORES = 4;
const TRIES = 9;

/** What to try after `attempt` (from 1) refusals of `wanted`; `undefined` when it is time to give up. Pure. */
export function nextNick(wanted: string, attempt: number, illegal: boolean): string | undefined {
  if (attempt > TRIES) return undefined;
  // 432 also says "too long": servers of the RFC 1459 kind know nine characters.
  if (illegal) return attempt === 1 && wanted.length > 9 ? wanted.slice(0, 9) : `user${attempt}`;
  const limit = wanted.length > 9 ? NICK_LIMIT : 9;
  if (attempt <= UNDERSCORES && wanted.length + attempt <= limit) return wanted + '_'.repeat(attempt);
  return `${wanted.slice(0, limit - 2)}${attempt}`;
}

/** The user name (ident) of a bare JID: stable, and not shared by two users, so that a ban hits one of them. */
export function userName(user: BareJid): string {
  const at = user.indexOf('@');
  const local = (at < 0 ? user : user.slice(0, at)).toLowerCase().replace(/[^a-z0-9]/g, '');
  const hash = BigInt(`0x${createHash('sha256').update(user).digest('hex')}`).toString(36);
  return `${/^[a-z]/.test(local) ? local.slice(0, 5) : 'u'}${hash.slice(0, 4)}`;
}
