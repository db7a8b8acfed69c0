import { createHash } from 'node:crypto';
import { memo } from '#src/lib/memo.ts';
import type { Addresses } from '#src/model/address.ts';
import { aliasOf, isAlias } from '#src/model/alias.ts';
import { Failure } from '#src/model/failure.ts';
import type { BareJid } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { utf8Length } from '#src/model/text.ts';

/** The parts of a JID. `local` and `resource` are `''` where they are absent. */
export type Jid = {
  readonly full: string;
  readonly bare: BareJid;
  readonly local: string;
  readonly domain: string;
  readonly resource: string;
};

/** RFC 7622 §3.3.1, §3.4.1: the most bytes that a local or resource part may have. */
const PART_BYTES = 1023;

/**
 * Takes a JID apart (RFC 7622 §3.2). It is not prepared: the XMPP server has done that. What is used often is remembered, so
 * that its parts are the same strings each time, hashed already wherever something is looked up by them.
 */
export const splitJid = memo(5000, (jid) => split(ownCopy(jid)));

/** A part of a text keeps the whole of it in memory: here, all that was read at once. */
const ownCopy = (part: string): string => ` ${part}`.slice(1);

function split(jid: string): Jid {
  const slash = jid.indexOf('/');
  const bare = slash < 0 ? jid : jid.slice(0, slash);
  const at = bare.indexOf('@');
  return {
    full: jid,
    bare: bare as BareJid,
    local: at < 0 ? '' : bare.slice(0, at),
    domain: at < 0 ? bare : bare.slice(at + 1),
    resource: slash < 0 ? '' : jid.slice(slash + 1),
  };
}

/**
 * XEP-0106 §4.2: the foreign text as a local part, its alias where that would be too long. Throws
 * `Failure('jid-malformed')` for what no local part can hold: a space at either end, control characters.
 */
export function escapeLocal(text: string): string {
  // XEP-0106 §5.1: \20 must be neither the first nor the last character.
  if (text.startsWith(' ') || text.endsWith(' ') || /\p{Cc}/u.test(text)) throw new Failure('jid-malformed');
  // Case is ignored before an escape's digits, since servers lower the case of what we write (RFC 7622 §3.3.1).
  const escaped = text.replace(/[ "&'/:<>@]|\\(?=20|22|26|27|2f|3a|3c|3e|40|5c)/gi, hexEscape);
  return utf8Length(escaped) > PART_BYTES || isAlias(text) ? aliasOf(text) : escaped;
}

const hexEscape = (character: string): string => `\\${character.charCodeAt(0).toString(16)}`;

/** XEP-0106 §4.3: the text that a local part stands for. Throws `Failure('jid-malformed')` for `\20` at either end. */
export function unescapeLocal(local: string): string {
  if (!local.includes('\\')) return local;
  if (local.startsWith('\\20') || local.endsWith('\\20')) throw new Failure('jid-malformed');
  return local.replace(/\\(20|22|26|27|2f|3a|3c|3e|40|5c)/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** What is used often is the same string each time, hashed already wherever something is looked up by it. */
const atDomain = memo(100, (domain) => memo(5000, (id) => `${escapeLocal(id)}@${domain}`));

/** The bare JID of a foreign address on a component's domain; `''` is the domain itself. */
export const jidOf = (id: string, domain: string): string => (id === '' ? domain : atDomain(domain)(id));

/** The bare JID of a place. Realms need the transport's addresses to be written. */
export const placeJid = (place: Place, addresses: Addresses): string =>
  jidOf(
    place.kind === 'realm' ? addresses.format({ kind: 'realm', realm: place.realm, name: '' }) : place.id,
    placeTransport(place),
  );

/**
 * The one full JID from which a contact, a realm or the gateway speaks and is seen: clients take no presence from a bare
 * one (RFC 6121 §4.7.2 speaks of resources). What has a resource keeps it.
 */
export const speakingJid = (jid: string): string => (jid.includes('/') ? jid : `${jid}/gateway`);

/**
 * From where messages of a place come. A realm that has an address of its own is a place for rooms to clients, which take
 * what comes from its full JID for the words of an occupant.
 */
export const messageJid = (jid: string, kind: string): string =>
  kind === 'realm' && jid.includes('@') ? splitJid(jid).bare : speakingJid(jid);

/** The XMPP URI of a foreign address (RFC 5122 §2.2), for `<gone/>`. */
export const jidUri = (id: string, domain: string): string =>
  id === '' ? `xmpp:${domain}` : `xmpp:${encodeURIComponent(escapeLocal(id)).replaceAll("'", '%27')}@${domain}`;

/** What RFC 8264's FreeformClass (§9.9 and following) keeps out: controls, invisible, private and unassigned ones. */
const NOT_FREEFORM = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffd]/gu;

/**
 * A nick as the resource of an occupant's JID (RFC 7622 §3.4, RFC 8265 §4.2: OpaqueString, as far as needed). A nick
 * that cannot be one as it is gets its cleaned form and a mark made from the whole nick, so that nobody can pass for
 * somebody else by adding invisible characters.
 */
export const resourcePrep = memo(5000, (nick: string): string => {
  const composed = nick.normalize('NFC').replace(/\p{Zs}/gu, ' ');
  // What a server would make other characters of is written as those: what was prepared stays as it is.
  const cleaned = (isChanged(nick) ? composed.normalize('NFKC') : composed).replace(NOT_FREEFORM, '').normalize('NFC');
  if (cleaned === composed && !isChanged(nick) && cleaned !== '' && utf8Length(cleaned) <= PART_BYTES) return cleaned;
  const mark = `~${createHash('sha256').update(nick).digest('hex').slice(0, 6)}`;
  return cut(cleaned, PART_BYTES - mark.length) + mark;
});

// RFC 6122 appendix B: servers of that kind make other characters of some, by which one nick would be another's.
const isChanged = (nick: string): boolean =>
  /[^\u0000-\u007f]/.test(nick) && [...nick].some((char) => !/\p{Zs}/u.test(char) && char.normalize('NFKC') !== char);

/** The longest start of the text within `bytes`, never inside a code point. */
function cut(text: string, bytes: number): string {
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += utf8Length(character);
    if (size > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** The JID of an occupant (XEP-0045 §4.2); the room itself where there is no nick. */
export const occupantJid = (room: string, nick: string): string =>
  nick === '' ? room : `${room}/${resourcePrep(nick)}`;
