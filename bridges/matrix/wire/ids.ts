import { createHash } from 'node:crypto';
import { Failure } from '#src/model/failure.ts';

/** Bytes of an id with its sigil and server (Matrix spec, appendices §4.2.1, §4.2.2 and §4.2.3). */
export const LONGEST_ID = 255;

/** What may follow the sigil: no NUL, no line breaks and no surrogates of their own, which no id has. */
const ID = /^[@#!][^\u0000-\u001f\u007f]+$/u;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const hex = (byte: number): string => `=${byte.toString(16).padStart(2, '0')}`;

/** Each byte that `keeps` does not keep as `=` and two hex digits. */
const encode = (text: string, keeps: RegExp): string =>
  [...encoder.encode(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return byte < 0x80 && keeps.test(char) ? char : hex(byte);
    })
    .join('');

/** The reverse. Throws a `TypeError` or a `Failure` where something is encoded that need not be, or not as UTF-8. */
function decode(text: string, keeps: RegExp): string {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char !== '=') bytes.push(...encoder.encode(char));
    else {
      bytes.push(Number.parseInt(text.slice(at + 1, at + 3), 16));
      at += 2;
    }
  }
  const plain = decoder.decode(Uint8Array.from(bytes));
  if (encode(plain, keeps) !== text) throw new Failure('jid-malformed');
  return plain;
}

/** ASCII that stands in a local part as it is: neither a capital, a control character, a space nor `=`. */
const IN_LOCAL = /[!-<>-@[-~]/;

/**
 * The local part of a JID before XEP-0106: each byte that is upper case, not ASCII, not seen or `=` is `=` and two hex
 * digits. A user has no sigil there; a name that begins with one of a room has it encoded. Pure.
 */
export function localOf(id: string): string {
  const local = encode(id.startsWith('@') ? id.slice(1) : id, IN_LOCAL);
  return id.startsWith('@') && /^[#!]/.test(local) ? hex(local.charCodeAt(0)) + local.slice(1) : local;
}

/** The id that a local part means. Throws `Failure('jid-malformed')` for all that `localOf` would not write. */
export function idOf(local: string): string {
  const room = /^[#!]/.test(local);
  const first = !room && /^=2[13]/.test(local) ? String.fromCharCode(Number.parseInt(local.slice(1, 3), 16)) : '';
  const id = first === '' ? plain(local, room ? '' : '@') : `@${first}${plain(local.slice(3), '')}`;
  if (!isId(id) || localOf(id) !== local) throw new Failure('jid-malformed');
  return id;
}

function plain(local: string, sigil: string): string {
  try {
    return sigil + decode(local, IN_LOCAL);
  } catch {
    throw new Failure('jid-malformed');
  }
}

/** Whether a text is the id of a user, a room or an alias. Ids of rooms of version 12 name no server. Pure. */
export const isId = (text: string): boolean =>
  ID.test(text) &&
  text.isWellFormed() &&
  encoder.encode(text).length <= LONGEST_ID &&
  (text.startsWith('!') || (text.indexOf(':') >= 1 && isServerName(serverOf(text))));

/** Appendices §3.1: a host or an address, and perhaps a port. */
export const isServerName = (text: string): boolean =>
  /^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,230})(?::\d{1,5})?$/i.test(text);

/** The server of an id; empty where it names none. Pure. */
export const serverOf = (id: string): string => {
  const colon = id.indexOf(':');
  return colon < 0 ? '' : id.slice(colon + 1);
};

/** The part of an id between its sigil and its server. Pure. */
export const nameOf = (id: string): string => {
  const colon = id.indexOf(':');
  return id.slice(1, colon < 0 ? undefined : colon);
};

/** Appendices §4.2.1: what the local part of a user id may hold, without `=`, which encodes here. */
const IN_GHOST = /[a-z0-9._/+-]/;
/** Follows the prefix of one whose address is too long; no byte is encoded so. */
const HASHED = '=.';

/** The id of the ghost of somebody on XMPP. One that would be too long is a hash, which nobody can take apart. Pure. */
export function ghostId(bare: string, prefix: string, server: string): string {
  const id = `@${prefix}${encode(bare, IN_GHOST)}:${server}`;
  if (encoder.encode(id).length <= LONGEST_ID) return id;
  return `@${prefix}${HASHED}${createHash('sha256').update(bare).digest('hex').slice(0, 40)}:${server}`;
}

/**
 * Whether a text can be a bare JID as it is kept (RFC 7622 §3.3): whoever invites a user with capitals or spaces in it means
 * nobody, and not somebody else of almost that name.
 */
const isPrepared = (bare: string): boolean =>
  /^(?:[^\s\p{Cc}"&'/:<>@]+@)?[^\s\p{Cc}@/]+$/u.test(bare) && bare === bare.toLowerCase();

/** The bare JID of a ghost; nothing for who is none, or whose id is a hash. Pure. */
export function bareOfGhost(id: string, prefix: string, server: string): string | undefined {
  if (!id.startsWith(`@${prefix}`) || serverOf(id) !== server) return undefined;
  try {
    const bare = decode(nameOf(id).slice(prefix.length), IN_GHOST);
    return isPrepared(bare) ? bare : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an id is in the space of our ghosts, whoever it is. Pure. */
export const isGhostId = (id: string, prefix: string, server: string): boolean =>
  id.startsWith(`@${prefix}`) && serverOf(id) === server;
