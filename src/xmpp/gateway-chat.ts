import type { Element } from 'ltx';
import { dialogueTexts as texts } from '#mappings/texts/dialogues.ts';
import type { Said } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import { joined, type Language, type Words, wordsIn } from '#src/model/language.ts';
import { jidUri, splitJid } from './stanza/jid.ts';
import type { View } from './stanza/target.ts';
import { type Xml, xml } from './stanza/xml.ts';
import { own } from './xep/elements.ts';
import { isEncrypted } from './xep/encryption.ts';
import { hintElements } from './xep/hints.ts';

/** RFC 6121 §5.2.2: what is said to one person. Without a type it is `normal`. */
const TO_ONE: readonly (string | undefined)[] = ['chat', 'normal', undefined];

/** What a message says to the gateway itself, or `undefined` for every other stanza. Pure. */
export function toGateway(stanza: Element, { transport }: View): string | undefined {
  const { to, type } = stanza.attrs;
  if (splitJid(to ?? '').bare !== transport.domain || stanza.name !== 'message' || !TO_ONE.includes(type))
    return undefined;
  const [body] = own(stanza, 'body');
  const text = body?.getText().trim() || undefined;
  return isEncrypted(stanza, text) ? undefined : text;
}

/**
 * The foreign address where a word is one of our JIDs or a link to it (RFC 5122 §2.2), as people copy them. Throws a
 * `Failure` for one that is malformed.
 */
export function foreignAddress(word: string, { transport, target }: View): string | undefined {
  const [, linked] = /^xmpp:([^/?#]+)/i.exec(word) ?? [];
  const { local, domain } = splitJid(linked === undefined ? word : decoded(linked));
  if (local === '' || domain.toLowerCase() !== transport.domain) return undefined;
  const found = target(local);
  if (found.kind === 'realm') return transport.addresses.format({ ...found, name: '' });
  return 'id' in found ? found.id : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new Failure('jid-malformed', { cause: error });
  }
}

/** A piece of what the gateway says as the children of a message: for this client, and not for archives. Pure. */
export function saidElements(said: Said, domain: string, language: Language): Xml[] {
  return [
    xml`<body>${wordsIn(bodyOf(said, domain), language)}</body>`,
    ...hintElements({ store: false, private: true }),
  ];
}

/** Links that clients open. XEP-0147 §3.2.1: `roster` adds a contact; `join` is the action of rooms. */
function bodyOf(said: Said, domain: string): Words {
  if (said.kind === 'text') return said.text;
  const uri = jidUri(said.shown, domain);
  if (said.room) return texts.isHere(said.shown, `${uri}?join`);
  return joined([texts.isHere(said.shown, uri), texts.toAdd(`${uri}?roster`)]);
}
