// XEP-0045: Multi-User Chat, version 1.34.6: who may do what in a room (§8, §9).

import type { Element } from 'ltx';
import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import type { Draft, EventBody } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Affiliation, Occupant, Role } from '#src/model/party.ts';
import { escapeLocal, resourcePrep, splitJid } from '#src/xmpp/stanza/jid.ts';
import { occupantOf, partyOf } from '#src/xmpp/stanza/target.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension, Request } from '#src/xmpp/xep/extension.ts';
import { type Inside, insideRoom } from './occupancy.ts';

const ADMIN = 'http://jabber.org/protocol/muc#admin';

/** Items of one request: each becomes a line on the network. */
const ITEMS = 50;

const AFFILIATIONS: readonly string[] = ['owner', 'admin', 'member', 'none', 'outcast'] satisfies Affiliation[];
const ROLES: readonly string[] = ['moderator', 'participant', 'visitor', 'none'] satisfies Role[];
const isAffiliation = (text: string | undefined): text is Affiliation => AFFILIATIONS.includes(text ?? '');
const isRole = (text: string | undefined): text is Role => ROLES.includes(text ?? '');

/** The requests about it (§8, §9). */
export const adminRoutes: NonNullable<Extension['iq']> = {
  [`set/${ADMIN} query`]: change,
  [`get/${ADMIN} query`]: list,
};

async function change(request: Request): Promise<undefined> {
  const room = insideRoom(request);
  const items = request.payload.getChildren('item', ADMIN);
  if (items.length === 0 || items.length > ITEMS) throw new Failure('bad-request');
  const from = partyOf(splitJid(request.from));
  const drafts = items.map((item): Draft => ({ ...changeOf(item, request, room), place: room.place, from }));
  await request.core.perform(drafts, request.from);
}

function changeOf(item: Element, request: Request, room: Inside): EventBody {
  const { role, affiliation } = item.attrs;
  const reason = item.getChildText('reason') || undefined;
  const because = reason === undefined ? {} : { reason };
  if (isRole(role)) {
    const who = occupantIn(item, request, room);
    if (!who) throw nobody();
    // XEP-0045 §8.2: no role at all is a kick.
    return role === 'none'
      ? { kind: 'occupant', change: 'kick', who, ...because }
      : { kind: 'occupant', change: 'role', who: { ...who, role }, ...because };
  }
  if (!isAffiliation(affiliation)) throw new Failure('bad-request');
  const who = occupantIn(item, request, room);
  // XEP-0045 §9.1: whoever is there and becomes an outcast is put out.
  if (who && affiliation === 'outcast') return { kind: 'occupant', change: 'ban', who, ...because };
  return { kind: 'affiliation', changes: [{ id: who?.id ?? idOf(item, request), affiliation, ...because }] };
}

/** Whom an item names, by the nick in the room or by the address on the network. */
function occupantIn({ attrs: { nick, jid } }: Element, request: Request, room: Inside): Occupant | undefined {
  if (nick !== undefined) return occupantOf(request.view, room, nick);
  const id = jid === undefined ? undefined : personOf(jid, request);
  for (const one of request.view.occupants(room.place)) if (one.id === id) return one;
  return undefined;
}

const idOf = ({ attrs: { nick, jid } }: Element, request: Request): string => {
  if (jid !== undefined) return personOf(jid, request);
  // Whoever has the name outside the room is not meant, and is named by the address.
  throw nick ? nobody() : new Failure('bad-request');
};

const nobody = (): Failure => new Failure('item-not-found', { text: texts.noSuchNick });

/** What the network calls somebody by an address of ours. The room does not tell who its people are elsewhere. */
function personOf(jid: string, { view, target }: Request): string {
  const { domain, local } = splitJid(jid);
  const person = domain === view.transport.domain ? view.target(local) : undefined;
  if (person?.kind !== 'contact' || target.kind !== 'room' || person.realm !== target.realm)
    throw new Failure('item-not-found', { text: texts.nameByNick });
  return person.name;
}

/** XEP-0045 §8.4, §9.2 to §9.8: who has a role or an affiliation. */
async function list(request: Request): Promise<Xml> {
  const room = insideRoom(request);
  const { role, affiliation } = request.payload.getChild('item', ADMIN)?.attrs ?? {};
  if (!isRole(role) && !isAffiliation(affiliation)) throw new Failure('bad-request');
  const items = isRole(role)
    ? there(request, room, (one) => one.role === role).map((one) => itemOf(one, request))
    : isAffiliation(affiliation)
      ? await affiliated(request, room, affiliation)
      : [];
  return xml`<query xmlns='http://jabber.org/protocol/muc#admin'>${items}</query>`;
}

const there = ({ view }: Request, { place }: Inside, wanted: (who: Occupant) => boolean): Occupant[] =>
  [...view.occupants(place)].filter(wanted);

const itemOf = ({ affiliation, role, nick, id }: Occupant, request: Request): Xml =>
  xml`<item${attrs({ affiliation, role, nick: resourcePrep(nick), jid: addressOf(id, request) })}/>`;

/** Those who are there, and those whom the network names beside them. */
async function affiliated(request: Request, room: Inside, affiliation: Affiliation): Promise<Xml[]> {
  const present = there(request, room, (one) => one.affiliation === affiliation);
  // Nobody asks for everybody who is nothing.
  const named = affiliation === 'none' ? [] : await listed(request, room, affiliation);
  const absent = named.filter((id) => !present.some((one) => one.id === id));
  return [
    ...present.map((one) => itemOf(one, request)),
    ...absent.flatMap((id) => {
      const jid = addressOf(id, request);
      // An entry is lifted by its address: what has none cannot be shown.
      return jid === undefined ? [] : [xml`<item${attrs({ affiliation, jid })}/>`];
    }),
  ];
}

/** Whom the network has in a list. Where it has none, those who are there are all that is known. */
async function listed(request: Request, { place }: Inside, affiliation: Affiliation): Promise<string[]> {
  const { core, view, user } = request;
  try {
    const { list: found } = await core.ask({ kind: 'list', place, affiliation }, view.transport.domain, user);
    return found.flatMap((party) => (party.kind === 'network' ? party.id : []));
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'not-supported' || affiliation === 'outcast') throw error;
    return [];
  }
}

/** The address that leads to somebody on the room's network; `undefined` where none does. */
function addressOf(name: string, { view, target }: Request): string | undefined {
  const realm = target.kind === 'room' ? target.realm : '';
  try {
    const local = escapeLocal(view.transport.addresses.format({ kind: 'contact', realm, name }));
    return view.target(local).kind === 'contact' ? `${local}@${view.transport.domain}` : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
