import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import { texts } from '#bridges/irc/texts.ts';
import { Failure } from '#src/model/failure.ts';
import type { Place } from '#src/model/place.ts';
import { utf8Length } from '#src/model/text.ts';
import { isName, isRoomName, NAME_LIMIT } from './names.ts';

/** RFC 2812 §2.3: a line has 512 bytes, CR LF among them. */
export const LINE_LIMIT = 510;

/** Something that leaves as one line, or as one of several, and how its answer will be recognised. */
export type Wire = {
  readonly line: string;
  /** All of them, where it leaves as several that belong together. */
  readonly lines?: readonly string[];
  readonly kind:
    | 'message'
    | 'join'
    | 'leave'
    | 'nick'
    | 'topic'
    | 'kick'
    | 'mode'
    | 'invite'
    | 'redact'
    | 'tags'
    | 'read'
    | 'raw';
  /** Folded channel or nick; empty for a nick change, the command of a raw line. */
  readonly target: string;
  /** The last parameter as it was sent; for `kick`, `mode` and `invite` whom it is about, folded; for `redact` the message. */
  readonly text: string;
  /** What goes once this one is done. */
  readonly next?: Wire;
};

/**
 * One line without its CR LF. Every middle parameter is a single word, the trailing one is free of line ends.
 * Throws `Failure` for anything else. All lines of this bridge are made here.
 */
export function line(command: string, middle: readonly string[], trailing?: string): string {
  if (!isWord(command) || !middle.every(isWord) || (trailing !== undefined && /[\r\n\0]/.test(trailing))) throw unfit();
  let whole = command;
  for (const word of middle) whole += ` ${word}`;
  if (trailing !== undefined) whole += ` :${trailing}`;
  if (utf8Length(whole) > LINE_LIMIT) throw new Failure('too-large');
  return whole;
}

const isWord = (word: string): boolean => word !== '' && !word.startsWith(':') && !/[\r\n\0 ]/.test(word);

/** What a line cannot carry. */
export const unfit = (): Failure => new Failure('not-acceptable', { text: texts.badCharacters });

/** A text without controls, cut at a character so that it has at most `size` bytes. */
export function shorten(text: string, size: number): string {
  const plain = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  if (utf8Length(plain) <= size) return plain;
  let cut = '';
  let length = 0;
  for (const char of plain) {
    length += utf8Length(char);
    if (length > size) break;
    cut += char;
  }
  return cut;
}

/** The channel or nick of a place as it stands on the wire. Throws `Failure` where the place is no such thing. */
export function target(place: Place, view: ServerView, kind?: 'room' | 'contact'): string {
  if (place.kind === 'realm') throw new Failure('not-supported');
  const address = view.addresses.parse(place.id);
  if (address.kind === 'realm' || (kind && address.kind !== kind)) throw new Failure('not-acceptable');
  if (address.realm !== view.realm && address.realm.toLowerCase() !== view.realm.toLowerCase())
    throw new Failure('bad-request');
  if (!isName(address.name) || utf8Length(address.name) > NAME_LIMIT) throw new Failure('jid-malformed');
  const name = view.spelled(address.name);
  // What an escape stands for is still a name of that kind, and no mask (RFC 2812 §3.3.1).
  if (!isName(name) || isRoomName(name) !== (address.kind === 'room') || /^[$@~%]/.test(name))
    throw new Failure('jid-malformed');
  return name;
}
