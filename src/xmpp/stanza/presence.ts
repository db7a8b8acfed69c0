// RFC 6121 §3 and §4: subscriptions and presence between users and the gateway, its realms and its contacts.

import type { Element } from 'ltx';
import { peopleTexts } from '#mappings/texts/people.ts';
import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import type { Recipient } from '#src/core/index.ts';
import type { Draft, EventOf, Show } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey } from '#src/model/ids.ts';
import { type Language, wordsIn } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import { type CapsOwner, capsElements } from '#src/xmpp/xep/caps.ts';
import { ownText } from '#src/xmpp/xep/elements.ts';
import type { Sending } from '#src/xmpp/xep/extension.ts';
import { idleElements, idleSince } from '#src/xmpp/xep/idle.ts';
import { nickElements, nickElementsBeside } from '#src/xmpp/xep/nick.ts';
import { photoElements, photoIn } from '#src/xmpp/xep/vcard-avatar.ts';
import { speakingJid, splitJid } from './jid.ts';
import { type Envelope, partyOf } from './target.ts';
import { type Xml, xml } from './xml.ts';

const ACTIONS = ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'] as const;

/** What a presence means that is for nobody in a room. */
export function decodeContactPresence(stanza: Element, envelope: Envelope): Draft | undefined {
  const { type } = stanza.attrs;
  const { from } = envelope;
  const action = ACTIONS.find((one) => one === type);
  const place = placeOf(envelope);
  if (!place) {
    if (action === 'subscribe') throw new Failure('not-allowed', { text: texts.joinIt });
    return undefined;
  }
  // RFC 6121 §3.1.2: bare to bare, even where a server leaves a resource in place.
  if (action) return { kind: 'contact', action, place, from: { kind: 'xmpp', bare: from.bare } };
  if (type !== undefined && type !== 'unavailable') return undefined;
  // A server answers for a bare JID of which it says nothing.
  if (from.resource === '') return undefined;
  if (type !== undefined) return { kind: 'presence', show: 'offline', place, from: partyOf(from) };
  const status = ownText(stanza, 'status');
  const idle = idleSince(stanza);
  const photo = photoIn(stanza);
  return {
    kind: 'presence',
    show: showOf(stanza),
    ...(status && { status }),
    ...(photo !== undefined && { photo }),
    ...(idle !== undefined && { idle }),
    // RFC 6121 §4.7.2.3: no message to the bare JID gets to a resource with a negative priority.
    ...(Number(ownText(stanza, 'priority') ?? 0) < 0 && { deaf: true }),
    place,
    from: partyOf(from),
  };
}

/** Whose presence a probe wants to know (RFC 6121 §4.3). */
export function probedPlace({ attrs }: Element, view: Envelope['view']): Place | undefined {
  return placeOf({ from: splitJid(attrs.from ?? ''), to: splitJid(attrs.to ?? ''), view });
}

/** Who cannot be reached is not there (RFC 6121 §4.6): for whom in the roster that is so. */
export function unreachable(envelope: Envelope): Draft | undefined {
  const place = placeOf(envelope);
  return place && { kind: 'presence', show: 'offline', place, from: partyOf(envelope.from) };
}

/** The entry of the user's roster that was written to; the gateway itself is the contact without an address. */
function placeOf({ from, to, view }: Envelope): Place | undefined {
  const target = view.target(to.local);
  const account = accountKey(from.bare, view.transport.domain);
  switch (target.kind) {
    case 'gateway':
      return { kind: 'contact', account, id: '' };
    case 'realm':
      return { kind: 'realm', account, realm: target.realm };
    case 'contact':
      return { kind: 'contact', account, id: target.id };
    default:
      return undefined;
  }
}

/** RFC 6121 §4.7.2.1: what is no known show is simply available. */
export function showOf(stanza: Element): Show {
  const show = ownText(stanza, 'show');
  return show === 'away' || show === 'chat' || show === 'dnd' || show === 'xa' ? show : 'available';
}

const jidsOf = (to: readonly Recipient[]): string[] => to.map(({ jid }) => jid);

/** Whose presence it is: the bare JID, and what the network calls them. */
export type Seen = {
  readonly jid: string;
  readonly nick: string;
  readonly caps?: string | undefined;
  readonly owner?: CapsOwner;
  readonly language?: Language;
};

/** What a request says that gives no reason: clients show words of their own in its place, which are not ours. */
const REQUEST = { gateway: peopleTexts.gatewayAsks, contact: peopleTexts.contactAsks };

/** A subscription of a contact (RFC 6121 §3), with its reason as the status. A request has a name (XEP-0172 §4.1). */
export function encodeContact(
  { action, reason }: EventOf<'contact'>,
  to: readonly Recipient[],
  { jid, nick, language = 'en' }: Seen,
): Sending[] {
  const asks = action === 'subscribe';
  const request = REQUEST[jid.includes('@') ? 'contact' : 'gateway'];
  const status = reason ?? (asks ? wordsIn(request, language) : undefined);
  const children = [...statusElement(status), ...(asks ? nickElements(nick) : [])];
  return [{ name: 'presence', type: action, from: jid, to: jidsOf(to), children }];
}

/** The presence of a contact (RFC 6121 §4). That of occupants comes as a change of theirs. */
export function encodePresence(event: EventOf<'presence'>, to: readonly Recipient[], seen: Seen): Sending[] {
  const { jid, nick, caps, owner } = seen;
  const { place, show, status, idle, name = nick, photo } = event;
  if (place.kind === 'room' || place.kind === 'shared') return [];
  const gone = show === 'offline';
  return [
    {
      name: 'presence',
      ...(gone && { type: 'unavailable' }),
      from: speakingJid(jid),
      to: jidsOf(to),
      children: [
        ...showElements({ show, status }),
        ...(gone ? [] : [...nickElementsBeside(jid, name), ...photoElements(photo)]),
        ...(gone ? [] : [...idleElements(idle), ...capsElements(caps, owner)]),
      ],
    },
  ];
}

/** How somebody fares (RFC 6121 §4.7.2); nothing of who is simply there. */
export function showElements({ show, status }: { readonly show?: Show; readonly status?: string | undefined }): Xml[] {
  const shown = show === undefined || show === 'available' || show === 'offline' ? [] : [xml`<show>${show}</show>`];
  return [...shown, ...statusElement(status)];
}

const statusElement = (text: string | undefined): Xml[] => (text ? [xml`<status>${text}</status>`] : []);
