import { memo } from '#src/lib/memo.ts';
import type { Address, Addresses } from '#src/model/address.ts';
import { Failure } from '#src/model/failure.ts';
import { texts } from './texts.ts';
import { idOf, isId, localOf } from './wire/ids.ts';

function parse(local: string): Address {
  if (local === '') return { kind: 'realm', realm: '', name: '' };
  try {
    const name = idOf(local);
    return { kind: name.startsWith('@') ? 'contact' : 'room', realm: '', name };
  } catch {
    throw new Failure('jid-malformed', { text: texts.address });
  }
}

/** Addresses that are remembered once they are read. */
const REMEMBERED = 5_000;

/**
 * `alice:hs.example`, `#alias:hs.example`, `!id:hs.example` and `!id`: `name` is the id as Matrix writes it. The case of
 * letters counts there, and is kept. The homeserver itself is the empty address.
 */
export const addresses: Addresses = {
  parse: memo(REMEMBERED, parse),
  format: ({ name }) => (name === '' ? '' : localOf(name)),
  isAlternate: ({ name }) => name.startsWith('#'),
  fold: (address) => address,
  // Appendices §4.3.2: `matrix:u/` and the id without its sigil.
  uri: ({ kind, name }) => (kind === 'contact' ? `matrix:u/${encodeURIComponent(name.slice(1))}` : undefined),
};

/** The address that somebody has written by hand: an id, a link to one, or the local part of a JID. */
export function typed(text: string): Address {
  const id = fromLink(text.trim());
  if (isId(id)) return { kind: id.startsWith('@') ? 'contact' : 'room', realm: '', name: id };
  try {
    return addresses.parse(id);
  } catch {
    throw new Failure('jid-malformed', { text: texts.typedAddress });
  }
}

const SIGILS: Readonly<Record<string, string>> = { u: '@', r: '#', roomid: '!' };

/** Appendices §4.3: `https://matrix.to/#/@alice:hs.example` and `matrix:u/alice:hs.example`. */
function fromLink(text: string): string {
  const [, old] = /^https:\/\/matrix\.to\/#\/([^/?]+)/.exec(text) ?? [];
  const [, kind = '', name] = /^matrix:(u|r|roomid)\/([^/?]+)/.exec(text) ?? [];
  try {
    if (old !== undefined) return decodeURIComponent(old);
    return name === undefined ? text : `${SIGILS[kind]}${decodeURIComponent(name)}`;
  } catch {
    return text;
  }
}
