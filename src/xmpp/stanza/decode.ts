import type { Element } from 'ltx';
import type { Origin } from '#src/core/index.ts';
import type { Draft, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type XmppId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { decodePresence } from '#src/xmpp/muc/decode.ts';
import { decodeInvitation } from '#src/xmpp/muc/invite.ts';
import { replacedBy } from '#src/xmpp/xep/correction.ts';
import { formIn } from '#src/xmpp/xep/data-forms.ts';
import { own, ownText } from '#src/xmpp/xep/elements.ts';
import { isEncrypted } from '#src/xmpp/xep/encryption.ts';
import { hintsOf } from '#src/xmpp/xep/hints.ts';
import { readBody } from '#src/xmpp/xep/me-command.ts';
import { asksReceipt } from '#src/xmpp/xep/receipts.ts';
import { retractedBy } from '#src/xmpp/xep/retraction.ts';
import { originIdOf } from '#src/xmpp/xep/stanza-ids.ts';
import { splitJid } from './jid.ts';
import { decodeContactPresence } from './presence.ts';
import {
  assertHere,
  type Envelope,
  occupantId,
  partyOf,
  type RoomTarget,
  roomPlace,
  type Target,
  type View,
} from './target.ts';

/** What an answer needs of a stanza that has both addresses. */
export function originOf(stanza: Element, from: string, to: string): Origin {
  const { type, id } = stanza.attrs;
  const originId = stanza.name === 'message' ? originIdOf(stanza) : undefined;
  return {
    stanza: stanza.name as Origin['stanza'],
    from,
    to,
    ...(type !== undefined && { type }),
    ...(id !== undefined && { id: id as XmppId }),
    ...(originId !== undefined && { originId }),
    ...(asksReceipt(stanza) && { receipt: true }),
  };
}

/**
 * What a message or a presence means, or `undefined` if it means nothing to us. Pure. Throws a `Failure` for what the
 * sender must be told.
 */
export function decode(stanza: Element, view: View): Draft | undefined {
  const from = splitJid(stanza.attrs.from ?? '');
  const to = splitJid(stanza.attrs.to ?? '');
  // RFC 6120 §8.3.1: an error is never answered; the edge looks at it.
  if (stanza.attrs.type === 'error') return undefined;
  if (stanza.name === 'presence') {
    return decodePresence(stanza, { from, to, view }) ?? decodeContactPresence(stanza, { from, to, view });
  }
  return stanza.name === 'message' ? decodeMessage(stanza, { from, to, view }) : undefined;
}

function decodeMessage(stanza: Element, envelope: Envelope): Draft | undefined {
  const { type } = stanza.attrs;
  const body = bodyOf(stanza);
  const text = body?.getText() || undefined;
  if (isEncrypted(stanza, text)) {
    throw new Failure('not-acceptable', {
      text: 'Encrypted messages cannot cross this gateway. Switch encryption off for this conversation.',
    });
  }
  const target = envelope.view.target(envelope.to.local);
  if (type === 'groupchat') return decodeGroupchat(stanza, text, { ...envelope, target });
  const invite = decodeInvitation(stanza, { ...envelope, target });
  if (invite) return invite;
  const changes = changeOf(stanza, text);
  if (changes) return { ...common(stanza, envelope, body), place: conversation(target, envelope), ...changes };
  const form = formIn(stanza);
  if (text === undefined && !form) return undefined;
  const place = conversation(target, envelope);
  return { ...common(stanza, envelope, body), place, ...messageOf(stanza, text ?? ''), ...(form && { form }) };
}

/** RFC 6121 §5.2.3: several bodies are one text in several languages. */
function bodyOf(stanza: Element): Element | undefined {
  const bodies = own(stanza, 'body');
  return bodies.find(({ attrs }) => attrs['xml:lang'] === undefined) ?? bodies[0];
}

function common(stanza: Element, { from }: Envelope, body?: Element): Pick<Draft, 'from' | 'hints' | 'lang'> {
  const hints = hintsOf(stanza);
  const lang = body?.attrs['xml:lang'] ?? stanza.attrs['xml:lang'];
  return { from: partyOf(from), ...(hints && { hints }), ...(lang !== undefined && { lang }) };
}

function messageOf(stanza: Element, text: string): Message {
  const subject = ownText(stanza, 'subject');
  const thread = ownText(stanza, 'thread');
  return { kind: 'message', ...readBody(text), ...(subject && { subject }), ...(thread && { thread }) };
}

/** What a message changes of an earlier one. */
function changeOf(stanza: Element, text: string | undefined) {
  const retracted = retractedBy(stanza);
  if (retracted !== undefined) return { kind: 'retract', target: retracted } as const;
  const replaced = text === undefined ? undefined : replacedBy(stanza);
  if (replaced === undefined || text === undefined) return undefined;
  return { kind: 'edit', target: replaced, text: readBody(text).text } as const;
}

function decodeGroupchat(
  stanza: Element,
  text: string | undefined,
  envelope: Envelope & { readonly target: Target },
): Draft | undefined {
  const { target, to, from, view } = envelope;
  // XEP-0045 §7.4: to the room itself, which multiplies it; never to one of its occupants.
  if (target.kind !== 'room' || to.resource !== '') {
    throw new Failure('bad-request', { text: 'Only a room itself takes messages of type groupchat.' });
  }
  const place = roomPlace(view, target, from.bare);
  const changes = changeOf(stanza, text);
  if (changes && view.carried?.heard.includes(changes.kind)) {
    assertHere(target);
    return { ...common(stanza, envelope, bodyOf(stanza)), place, ...changes };
  }
  if (text !== undefined) {
    assertHere(target);
    return { ...common(stanza, envelope, bodyOf(stanza)), place, ...messageOf(stanza, text) };
  }
  // XEP-0045 §8.1: a subject without a body and without a thread sets the room's subject, an empty one removes it.
  const subject = ownText(stanza, 'subject');
  if (subject === undefined || own(stanza, 'thread').length > 0) return undefined;
  assertHere(target);
  return { ...common(stanza, envelope), place, kind: 'topic', text: subject };
}

/** Where a message to one person goes. */
function conversation(target: Target, { from, to, view }: Envelope): Place {
  const account = accountKey(from.bare, view.transport);
  switch (target.kind) {
    case 'contact':
      return { kind: 'contact', account, id: target.id };
    case 'room':
      return { kind: 'contact', account, id: privately(target, { from, to, view }) };
    case 'realm':
      if (view.console) return { kind: 'realm', account, realm: target.realm };
  }
  throw nobodyReads();
}

const nobodyReads = (): Failure =>
  new Failure('service-unavailable', {
    text: 'Nobody reads what is written to this address. Write to a person or to a room.',
  });

/** XEP-0045 §7.5: a private message goes to the person who has that nick in the room. */
function privately(target: RoomTarget, { from, to, view }: Envelope): string {
  if (to.resource === '') {
    throw new Failure('bad-request', { text: 'A message to a room has to be of type groupchat.' });
  }
  assertHere(target);
  const place = roomPlace(view, target, from.bare);
  if (view.nickOf(place, from.full) === undefined) throw new Failure('not-joined');
  return occupantId(view, { target, place }, to.resource);
}
