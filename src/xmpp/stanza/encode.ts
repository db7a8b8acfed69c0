import type { Marks, Recipient } from '#src/core/index.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Event, EventKind, Message } from '#src/model/event.ts';
import type { Language } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import type { Extension, Fallback, Sending, WholeContext, WriteContext, Written } from '#src/xmpp/xep/extension.ts';
import { languageIn } from '#src/xmpp/xep/extension.ts';
import { extensions } from '#src/xmpp/xep/index.ts';
import { bodyElement, bodyElements, lengthBefore } from './body.ts';
import { messageJid, occupantJid, placeJid } from './jid.ts';
import { encodeContact, encodePresence, type Seen } from './presence.ts';
import { type Xml, xml } from './xml.ts';

type Writer<Context, Result> = (event: Event, context: Context) => Result | undefined;

/** What the extensions have for the events of one kind, in their order. */
type Writers = {
  readonly sends: readonly Writer<WholeContext, readonly Sending[]>[];
  readonly says: Writer<WriteContext, string> | undefined;
  readonly fallbacks: readonly Writer<WriteContext, Fallback>[];
  readonly writes: readonly Writer<WriteContext, readonly Xml[]>[];
};

const companions = extensions.flatMap(({ accompanies }) => (accompanies ? [accompanies] : []));
const byKind = new Map<EventKind, Writers>();

function writersOf(kind: EventKind): Writers {
  const known = byKind.get(kind);
  if (known) return known;
  const [says] = all<WriteContext, string>(kind, ({ says: own }) => own);
  const writers: Writers = {
    sends: all(kind, ({ sends }) => sends),
    says,
    fallbacks: all(kind, ({ fallbacks }) => fallbacks),
    writes: all(kind, ({ writes }) => writes),
  };
  byKind.set(kind, writers);
  return writers;
}

/** The functions of a kind take events of that kind, and are looked up by it. */
function all<C, R>(kind: EventKind, of: (extension: Extension) => object | undefined): Writer<C, R>[] {
  return extensions.flatMap((extension) => {
    const own = of(extension) as { readonly [K in EventKind]?: Writer<C, R> } | undefined;
    return own?.[kind] ?? [];
  });
}

/** Each field by its name: what every event is written with is of one form then. */
export const markedWith = (
  of: Written,
  marks: Marks = NO_MARKS,
  { late, occupant }: Pick<Written, 'late' | 'occupant'>,
): Written => ({
  network: of.network,
  caps: of.caps,
  wishes: of.wishes,
  logged: of.logged,
  asks: of.asks,
  occupantIds: of.occupantIds,
  speaks: of.speaks,
  late,
  occupant,
  about: marks.about,
  id: marks.id,
  originId: marks.originId,
  stanzaId: marks.stanzaId,
  by: marks.by,
  retracted: marks.retracted,
  statuses: marks.statuses,
  confirm: marks.confirm,
});
const NO_MARKS: Marks = {};

/** What an event is on the wire, in order. Pure. `undefined` where its kind is not carried. */
export function encode(
  event: Event,
  to: readonly Recipient[],
  addresses: Addresses,
  marks: Written = {},
): readonly Sending[] | undefined {
  const place = placeJid(event.place, addresses);
  if (event.kind === 'contact') {
    const language = languageIn(event.place, marks);
    return encodeContact(event, to, { ...seenAs(event.place, place, addresses, marks), language });
  }
  if (event.kind === 'presence') return encodePresence(event, to, seenAs(event.place, place, addresses, marks));
  const writers = writersOf(event.kind);
  const inRoom = event.place.kind === 'shared' || event.place.kind === 'room';
  const context: WholeContext = { place, inRoom, marks, addresses, to };
  for (const send of writers.sends) {
    const sendings = send(event, context);
    if (sendings) return context.inRoom ? sendings.map((one) => accompanied(one, event, context)) : sendings;
  }
  if (!writers.says && writers.writes.length === 0) return undefined;
  const children = childrenOf(event, context, writers);
  return children.length === 0 ? [] : [messageOf(event, context, children)];
}

/** What a room says itself has what goes with every message, too. */
function accompanied(sending: Sending, event: Event, context: WriteContext): Sending {
  if (sending.name !== 'message') return sending;
  const children = [...sending.children];
  for (const accompany of companions) append(children, accompany(event, context));
  return { ...sending, children };
}

/** What an entry of a roster is called: by its name on the network, the gateway by that of the network. */
function seenAs(place: Place, jid: string, addresses: Addresses, { network = '', caps, wishes }: Written): Seen {
  if (place.kind === 'realm') return { jid, nick: place.realm };
  return place.id === ''
    ? { jid, nick: network, caps: wishes, owner: 'gateway' }
    : { jid, nick: addresses.parse(place.id).name, caps };
}

/** The message of an event (RFC 6121 §5.2, XEP-0045 §7.4). */
export const messageOf = (
  event: Event,
  { place, inRoom, marks, to }: WholeContext,
  children: readonly Xml[],
): Sending => ({
  name: 'message',
  // XEP-0045 §7.4: a reader's own message comes back with the id that it was sent with.
  id: marks.id ?? event.id,
  type: inRoom ? 'groupchat' : 'chat',
  from: inRoom ? occupantJid(place, speaker(event)) : messageJid(marks.occupant ?? place, event.place.kind),
  to: to.map(({ jid }) => jid),
  children,
});

/** The nick of whoever wrote a message in a room. */
const speaker = ({ from }: Event): string => (from.kind === 'network' ? (from.name ?? from.id) : '');

function childrenOf(event: Event, context: WriteContext, { says, fallbacks, writes }: Writers): Xml[] {
  const children: Xml[] = [];
  // RFC 6121 §5.2.4, §5.2.5
  if (event.kind === 'message' && event.subject !== undefined) children.push(xml`<subject>${event.subject}</subject>`);
  const text = says?.(event, context);
  const plain = event.kind === 'message' && isPlain(event, context.marks);
  const inBody = plain ? undefined : fallbacksOf(event, context, fallbacks);
  if (inBody)
    children.push(...bodyElements(text, inBody, text === undefined ? langAt(event.place, context) : event.lang));
  else if (text !== undefined) children.push(bodyElement(text, event.lang));
  if (event.kind === 'message' && event.thread !== undefined) children.push(xml`<thread>${event.thread}</thread>`);
  const within = inBody ? { ...context, before: lengthBefore(inBody) } : context;
  if (!plain) for (const write of writes) append(children, write(event, within));
  if (children.length === 0) return children;
  for (const accompany of companions) append(children, accompany(event, context));
  return children;
}

/** Whether a message is its words alone. Most are, and no extension has anything to write of them. */
const isPlain = (
  { replyTo, files, form, mentions, spoiler, unstyled, markable }: Message,
  { asks, confirm, retracted }: Written,
): boolean =>
  replyTo === undefined &&
  files === undefined &&
  form === undefined &&
  mentions === undefined &&
  spoiler === undefined &&
  unstyled === undefined &&
  markable === undefined &&
  asks === undefined &&
  confirm === undefined &&
  retracted === undefined;

function langAt(place: Place, { marks }: WriteContext): Language | undefined {
  const language = languageIn(place, marks);
  return language === 'en' ? undefined : language;
}

/** Most events have none. */
function fallbacksOf(event: Event, context: WriteContext, writers: Writers['fallbacks']): Fallback[] | undefined {
  let found: Fallback[] | undefined;
  for (const writer of writers) {
    const words = writer(event, context);
    if (words) found = [...(found ?? []), words];
  }
  return found;
}

function append(children: Xml[], more: readonly Xml[] | undefined): void {
  if (more) for (const one of more) children.push(one);
}
