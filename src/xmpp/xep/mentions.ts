// XEP-0372: References, version 0.5.0, as far as people are mentioned (§3.2).
import type { Element } from 'ltx';
import { Failure } from '#src/model/failure.ts';
import { jidOf, resourcePrep, splitJid } from '#src/xmpp/stanza/jid.ts';
import { characterCount } from '#src/xmpp/stanza/text-changes.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { carriedIn, type Extension, type ReadContext, type Reading, type WriteContext } from './extension.ts';

const REFERENCE = 'urn:xmpp:reference:0';

export const mentions: Extension = {
  xep: { number: '0372', title: 'References', version: '0.5.0', part: 'mentions of people' },
  features: (transport) => carriedIn(transport, 'mention', REFERENCE),
  reads: { [`${REFERENCE} reference`]: mentioned },
  writes: {
    message: ({ mentions, text }, context) => mentions?.flatMap((who) => referenceTo(who, text, context)),
  },
};

/** Somebody of the network by their own address or as an occupant of the room; others are nobody whom it knows. */
function mentioned({ attrs: { type, uri = '' } }: Element, reading: Reading, context: ReadContext): Reading {
  if (type !== 'mention' || reading.kind !== 'message') return reading;
  const who = personAt(uri, context);
  if (who === undefined || reading.mentions?.includes(who)) return reading;
  return { ...reading, mentions: [...(reading.mentions ?? []), who] };
}

/** RFC 5122 §2.2 */
function personAt(uri: string, { view, target }: ReadContext): string | undefined {
  const address = /^xmpp:([^?#]+)/i.exec(uri)?.[1];
  if (address === undefined) return undefined;
  try {
    const { domain, local, resource } = splitJid(decodeURIComponent(address));
    if (domain !== view.transport.domain) return undefined;
    const person = view.target(local);
    if (person.kind === 'contact') return person.name;
    const here = person.kind === 'room' && target.kind === 'room' && person.id === target.id;
    return here && resource !== '' ? resource : undefined;
  } catch (error) {
    if (error instanceof Failure || error instanceof URIError) return undefined;
    throw error;
  }
}

/** In a room its occupants are mentioned as such; §3.1: with the place of the name in the text, where it stands there. */
function referenceTo(who: string, text: string, { place, inRoom, addresses, before = 0 }: WriteContext): Xml[] {
  const uri = inRoom ? occupantUri(place, who) : personUri(who, place, addresses);
  if (uri === undefined) return [];
  const at = placeOf(who, text);
  const begin = at < 0 ? undefined : before + characterCount(text.slice(0, at));
  const end = begin === undefined ? undefined : begin + characterCount(who);
  return [xml`<reference xmlns='urn:xmpp:reference:0'${attrs({ type: 'mention', uri, begin, end })}/>`];
}

/** Where a name stands in a text, as a word if it does, else within one, else in another case; -1 where it does not. */
function placeOf(name: string, text: string): number {
  const exact = text.indexOf(name);
  const folded = text.toLowerCase();
  // A letter that grows with its case would move what is behind it.
  if (exact < 0 && folded.length !== text.length) return -1;
  const [within, wanted] = exact < 0 ? [folded, name.toLowerCase()] : [text, name];
  const first = within.indexOf(wanted);
  for (let at = first; at >= 0; at = within.indexOf(wanted, at + 1))
    if (!LETTER.test(within.charAt(at - 1)) && !LETTER.test(within.charAt(at + wanted.length))) return at;
  return first;
}

const LETTER = /[\p{L}\p{N}_]/u;

const encoded = (jid: string): string => encodeURIComponent(jid).replaceAll('%40', '@').replaceAll("'", '%27');
const occupantUri = (room: string, nick: string): string => `xmpp:${encoded(room)}/${encoded(resourcePrep(nick))}`;

function personUri(name: string, place: string, addresses: WriteContext['addresses']): string | undefined {
  const { domain, local } = splitJid(place);
  try {
    const { realm } = addresses.parse(local);
    return `xmpp:${encoded(jidOf(addresses.format({ kind: 'contact', realm, name }), domain))}`;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
