import type { Marks, Recipient } from '#src/core/index.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Event, EventKind, EventOf } from '#src/model/event.ts';
import { encodeOccupant, encodeOccupants, encodeTopic, occupantJid } from '#src/xmpp/muc/encode.ts';
import { encodeInvitation } from '#src/xmpp/muc/invite.ts';
import { endedForm } from '#src/xmpp/xep/data-forms.ts';
import { delayElement } from '#src/xmpp/xep/delay.ts';
import { hintElements } from '#src/xmpp/xep/hints.ts';
import { writeBody } from '#src/xmpp/xep/me-command.ts';
import { nickElement } from '#src/xmpp/xep/nick.ts';
import { originIdElement, stanzaIdElement } from '#src/xmpp/xep/stanza-ids.ts';
import { placeJid } from './jid.ts';
import { encodeContact, encodePresence } from './presence.ts';
import { type Xml, xml } from './xml.ts';

/** One stanza and all who get it: it is serialised once, and only the address changes. */
export type Sending = {
  readonly name: 'message' | 'presence';
  readonly from: string;
  readonly to: readonly string[];
  readonly type?: string;
  readonly id?: string;
  readonly children: readonly Xml[];
};

/** What goes with an event. `late`: it happened some time before it is written, and says when. */
export type Written = Marks & { readonly late?: boolean };

type Encoder<K extends EventKind> = (
  event: EventOf<K>,
  to: readonly Recipient[],
  /** The bare JID of the event's place. */
  place: string,
  marks: Written,
) => Sending[];

/** Partial: the kinds that are not here do not cross to XMPP yet, and no table in `mappings/` says that they do. */
const encoders: { readonly [K in EventKind]?: Encoder<K> } = {
  message: encodeMessage,
  occupant: encodeOccupant,
  occupants: encodeOccupants,
  topic: encodeTopic,
  invite: encodeInvitation,
  contact: encodeContact,
  presence: encodePresence,
};

/** What an event is on the wire, in order. Pure. `undefined` where its kind is not carried. */
export function encode(
  event: Event,
  to: readonly Recipient[],
  addresses: Addresses,
  marks: Written = {},
): Sending[] | undefined {
  const encoder = encoders[event.kind] as Encoder<EventKind> | undefined;
  return encoder?.(event, to, placeJid(event.place, addresses), marks);
}

function encodeMessage(event: EventOf<'message'>, to: readonly Recipient[], place: string, marks: Written): Sending[] {
  const inRoom = event.place.kind === 'shared' || event.place.kind === 'room';
  return [
    {
      name: 'message',
      // XEP-0045 §7.4: a reader's own message comes back with the id that it was sent with.
      id: marks.id ?? event.id,
      type: inRoom ? 'groupchat' : 'chat',
      from: inRoom ? occupantJid(place, speaker(event)) : place,
      to: to.map(({ jid }) => jid),
      children: contents(event, place, marks),
    },
  ];
}

/** The nick of whoever wrote a message in a room. */
const speaker = ({ from }: Event): string => (from.kind === 'network' ? (from.name ?? from.id) : '');

function contents(event: EventOf<'message'>, place: string, { originId, stanzaId, late }: Written): Xml[] {
  const children = [xml`<body>${writeBody(event.text, event.style)}</body>`];
  if (event.subject !== undefined) children.unshift(xml`<subject>${event.subject}</subject>`);
  if (event.thread !== undefined) children.push(xml`<thread>${event.thread}</thread>`);
  // In a room the resource says it.
  const nick = event.place.kind === 'contact' ? nickElement(event.from) : undefined;
  if (nick) children.push(nick);
  if (event.form?.ending) children.push(...endedForm(event.form, event.form.ending));
  if (originId !== undefined) children.push(originIdElement(originId));
  if (stanzaId !== undefined) children.push(stanzaIdElement(stanzaId, place));
  if (event.hints) children.push(...hintElements(event.hints));
  // XEP-0203 §2: what is not live happened some time ago, and so did what was kept on its way.
  if (!event.live || late) children.push(delayElement(place, event.at));
  return children;
}
