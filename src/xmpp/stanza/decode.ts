import type { Element } from 'ltx';
import { levelIn } from '#mappings/parts.ts';
import { messageTexts } from '#mappings/texts/messages.ts';
import { roomTexts } from '#mappings/texts/rooms.ts';
import type { Origin } from '#src/core/index.ts';
import type { Draft, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type XmppId } from '#src/model/ids.ts';
import { languageOf } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import { own, ownText } from '#src/xmpp/xep/elements.ts';
import type { ReadContext, Reading } from '#src/xmpp/xep/extension.ts';
import { extensions } from '#src/xmpp/xep/index.ts';
import { eachMatch, indexed, matches } from './child-index.ts';
import { splitJid } from './jid.ts';
import { decodeContactPresence } from './presence.ts';
import {
  assertHere,
  type Envelope,
  type JidTarget,
  occupantId,
  partyOf,
  type RoomTarget,
  roomPlace,
  type View,
} from './target.ts';
import { changedText } from './text-changes.ts';

/** By the names of elements. */
const guards = Map.groupBy(
  extensions.flatMap(({ refuses = {} }) => Object.entries(refuses)),
  ([name]) => name,
);
const textGuards = extensions.flatMap(({ refusesText }) => (refusesText ? [refusesText] : []));
const readers = indexed(extensions, ({ reads }) => reads);
const textReaders = extensions.flatMap(({ readText }) => (readText ? [readText] : []));
const origins = indexed(extensions, ({ origin }) => origin);
const presences = extensions.flatMap(({ presence }) => (presence ? [presence] : []));

/** What an answer needs of a stanza that has both addresses. */
export function originOf(stanza: Element, from: string, to: string): Origin {
  const { type, id, 'xml:lang': tag } = stanza.attrs;
  // English is what everybody is answered in who asks for nothing else.
  const language = tag === undefined || tag === 'en' ? undefined : languageOf(tag);
  const origin: { -readonly [K in keyof Origin]: Origin[K] } = { stanza: stanza.name as Origin['stanza'], from, to };
  if (type !== undefined) origin.type = type;
  if (id !== undefined) origin.id = id as XmppId;
  if (language !== undefined) origin.language = language;
  if (stanza.name !== 'message') return origin;
  eachMatch(stanza, origins, (child, { value }) => void Object.assign(origin, value(child, stanza)));
  return origin;
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
  if (stanza.name === 'presence') return decodePresence(stanza, { from, to, view });
  return stanza.name === 'message' ? decodeMessage(stanza, { from, to, view }) : undefined;
}

function decodePresence(stanza: Element, envelope: Envelope): Draft | undefined {
  for (const presence of presences) {
    const draft = presence(stanza, envelope);
    if (draft) return draft;
  }
  return decodeContactPresence(stanza, envelope);
}

function decodeMessage(stanza: Element, envelope: Envelope): Draft | undefined {
  const { type } = stanza.attrs;
  const element = inOneLanguage(stanza, 'body');
  const body = element?.getText() ?? '';
  assertReadable(stanza, body);
  const { from, to, view } = envelope;
  const target = view.target(to.local);
  // XEP-0045 §7.4: to the room itself, which multiplies it; never to one of its occupants.
  if (type === 'groupchat' && (target.kind !== 'room' || to.resource !== ''))
    throw new Failure('bad-request', { text: roomTexts.onlyRooms });
  const context: ReadContext = { stanza, from, to, view, target, body, changes: [], understood: [] };
  const reading = read(context);
  const said = reading && heard(reading, context);
  if (!said) return undefined;
  const lang = element?.attrs['xml:lang'] ?? stanza.attrs['xml:lang'];
  const place = said.place ?? placeOf(type === 'groupchat', target, envelope);
  return { ...said, from: partyOf(from), place, ...(lang !== undefined && { lang }) };
}

/** Throws the `Failure` of what only a client could read. */
function assertReadable(stanza: Element, body: string): void {
  for (const child of stanza.children) {
    if (typeof child === 'string') continue;
    const known = guards.get(child.getName());
    if (known) for (const [, refuse] of known) assertNone(refuse(child, body || undefined));
  }
  if (body !== '') for (const refuse of textGuards) assertNone(refuse(body));
}

function assertNone(failure: Failure | undefined): void {
  if (failure) throw failure;
}

/**
 * RFC 6121 §5.2.3, §5.2.4: several of one name are one text in several languages. The one in that of the stanza itself,
 * which needs not be named, else the first.
 */
function inOneLanguage(stanza: Element, name: string): Element | undefined {
  const all = own(stanza, name);
  const first = all[0];
  if (all.length < 2) return first;
  const usual = stanza.attrs['xml:lang'];
  return (
    all.find(({ attrs }) => attrs['xml:lang'] === undefined) ??
    all.find(({ attrs }) => attrs['xml:lang'] === usual) ??
    first
  );
}

/** The message as its extensions read it, in their order; nothing where it is empty. */
function read(context: ReadContext): Reading | undefined {
  let reading: Reading = messageOf(context);
  for (const { child, value } of matches(context.stanza, readers)) reading = value(child, reading, context);
  if ((reading.kind === 'message' || reading.kind === 'edit') && context.changes.length > 0)
    reading = { ...reading, text: changedText(context.body, context.changes) };
  for (const readText of textReaders) reading = readText(reading);
  return isEmpty(reading, context) ? undefined : reading;
}

/** RFC 6121 §5.2.4, §5.2.5 */
function messageOf({ stanza, body }: ReadContext): Message {
  const subject = inOneLanguage(stanza, 'subject')?.getText();
  const thread = ownText(stanza, 'thread');
  return {
    kind: 'message',
    text: body,
    // §5.2.2: a headline is an alert to which nobody answers.
    style: stanza.attrs.type === 'headline' ? 'notice' : 'plain',
    ...(subject && { subject }),
    ...(thread && { thread }),
  };
}

/** RFC 6121 §5.2.4: a subject alone is something to say to a person; in a room it is the room's. */
function isEmpty(reading: Reading, { stanza }: ReadContext): boolean {
  if (reading.kind === 'edit') return reading.text === '';
  if (reading.kind !== 'message' || reading.text !== '' || reading.files || reading.form) return false;
  return stanza.attrs.type === 'groupchat' || !reading.subject?.trim();
}

/** Kinds that nobody is told of, and that nobody waits for. */
const SILENT: Readonly<Partial<Record<Reading['kind'], true>>> = { typing: true, receipt: true };
/** What somebody hears of what was read: the network's table knows what nobody has a use for. */
function heard(reading: Reading, { stanza, target, view }: ReadContext): Reading | undefined {
  const { kind } = reading;
  if (!SILENT[kind]) return reading;
  if (target.kind !== 'contact' && target.kind !== 'room') return undefined;
  const feature = kind === 'receipt' && reading.state === 'displayed' ? 'marker' : kind;
  const { advertised, mapping } = view.transport;
  const known: readonly string[] = advertised[stanza.attrs.type === 'groupchat' ? 'room' : 'contact'];
  // What is carried though it usually is left out, somebody may have chosen.
  return known.includes(feature) || levelIn(mapping.facts.out, feature) !== 'none' ? reading : undefined;
}

/** Where a message goes. */
function placeOf(groupchat: boolean, target: JidTarget, envelope: Envelope): Place {
  const { from, view } = envelope;
  if (groupchat && target.kind === 'room') {
    assertHere(target);
    return roomPlace(view, target, from.bare);
  }
  const account = accountKey(from.bare, view.transport.domain);
  switch (target.kind) {
    case 'contact':
      return { kind: 'contact', account, id: target.id };
    case 'room':
      return { kind: 'contact', account, id: privately(target, envelope) };
    case 'realm':
      if (view.transport.advertised.console) return { kind: 'realm', account, realm: target.realm };
  }
  throw nobodyReads();
}

const nobodyReads = (): Failure =>
  new Failure('service-unavailable', {
    text: messageTexts.nobodyReads,
  });

/** XEP-0045 §7.5: a private message goes to the person who has that nick in the room. */
function privately(target: RoomTarget, { from, to, view }: Envelope): string {
  if (to.resource === '') {
    throw new Failure('bad-request', { text: roomTexts.groupchat });
  }
  assertHere(target);
  const place = roomPlace(view, target, from.bare);
  if (view.nickOf(place, from.full) === undefined) throw new Failure('not-joined');
  return occupantId(view, { target, place }, to.resource);
}
