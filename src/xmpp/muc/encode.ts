// XEP-0045: Multi-User Chat, version 1.34.6: what occupants are shown.
import type { Recipient } from '#src/core/index.ts';
import type { EventOf } from '#src/model/event.ts';
import type { Occupant } from '#src/model/party.ts';
import { jidOf, occupantJid, resourcePrep } from '#src/xmpp/stanza/jid.ts';
import { showElements } from '#src/xmpp/stanza/presence.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { delayElement } from '#src/xmpp/xep/delay.ts';
import type { Sending, WholeContext } from '#src/xmpp/xep/extension.ts';
import { hatsElements } from '#src/xmpp/xep/hats.ts';
import { identityOf, occupantIdElements } from '#src/xmpp/xep/occupant-id.ts';
import { photoElements } from '#src/xmpp/xep/vcard-avatar.ts';

/** Somebody's place in a room, as the extension of a presence. */
type Standing = {
  readonly who: Occupant;
  /** The nick after a rename. */
  readonly nick?: string | undefined;
  readonly inside?: Xml | undefined;
  /** The full JID of whoever reads of itself. */
  readonly jid?: string | undefined;
  readonly statuses: readonly number[];
};

// XEP-0045 §7.2.3: nobody but oneself and moderators are shown the item's jid, because the room is semi-anonymous. Clients
// find by it which occupant they are.
function extension({ who, nick, inside, jid, statuses }: Standing): Xml {
  const item = attrs({ affiliation: who.affiliation, role: who.role, jid, nick: nick && resourcePrep(nick) });
  const codes = statuses.length === 0 ? [] : codesOf(statuses);
  return xml`<x xmlns='http://jabber.org/protocol/muc#user'><item${item}>${inside}</item>${codes}</x>`;
}

const codesOf = (statuses: readonly number[]): Xml[] =>
  [...new Set(statuses)].sort((a, b) => a - b).map((code) => xml`<status code='${code}'/>`);

/** What somebody has beside the place in the room. */
const besides = (who: Occupant, context: WholeContext): Xml[] => [
  ...hatsElements(who),
  ...occupantIdElements(identityOf(who), context),
];

type Shown = { readonly room: string; readonly children: readonly Xml[] };
/** What occupants are shown as. They do not change but are replaced, and whoever comes in is shown all of them. */
const shown = new WeakMap<Occupant, Shown>();

function shownAs(who: Occupant, context: WholeContext): readonly Xml[] {
  const known = shown.get(who);
  if (known?.room === context.place) return known.children;
  const children = shownTo(who, context);
  shown.set(who, { room: context.place, children });
  return children;
}

const shownTo = (who: Occupant, context: WholeContext, jid?: string): readonly Xml[] => [
  ...looksOf(who),
  extension({ who, jid, statuses: [] }),
  ...besides(who, context),
];

/** How they fare, and the hash of their picture where it is known (XEP-0153 §4.1). */
const looksOf = (who: Occupant): Xml[] => [
  ...showElements(who),
  ...photoElements(who.avatar && 'sha1' in who.avatar ? who.avatar.sha1 : undefined),
];

/** Somebody's own address with where they come from, for moderators, where that is known. */
function realJid(
  { id, host }: Occupant,
  { place }: EventOf<'occupant' | 'occupants'>,
  { addresses, place: room }: WholeContext,
) {
  if (host === undefined || place.kind === 'realm') return undefined;
  const { realm } = addresses.parse(place.id);
  const contact = addresses.format(addresses.fold({ kind: 'contact', realm, name: id }));
  return `${jidOf(contact, room.slice(room.indexOf('@') + 1))}/${resourcePrep(host)}`;
}

/** Readers apart by whether they moderate, where that makes a difference. */
const apart = (to: readonly Recipient[], differs: boolean): readonly (readonly Recipient[])[] =>
  differs
    ? [to.filter(({ moderates }) => moderates), to.filter(({ moderates }) => !moderates)].filter(
        ({ length }) => length > 0,
      )
    : [to];

const jidsOf = (to: readonly Recipient[]): string[] => to.map(({ jid }) => jid);

/** Who is there, for somebody who comes in. Everybody's own presence is left out: it comes last, with 110. */
export function encodeOccupants(event: EventOf<'occupants'>, context: WholeContext): Sending[] {
  const { to, place: room } = context;
  return event.list.flatMap((who) => {
    const readers = to.filter(({ nick }) => nick !== who.nick);
    if (readers.length === 0) return [];
    const from = occupantJid(room, who.nick);
    return apart(readers, who.host !== undefined).map((some) => {
      const jid = some[0]?.moderates ? realJid(who, event, context) : undefined;
      const children = jid === undefined ? shownAs(who, context) : shownTo(who, context, jid);
      return { name: 'presence', from, to: jidsOf(some), children };
    });
  });
}

const KICKS = { moderator: 307, affiliation: 321, 'members-only': 322 } as const;

/** A change of one occupant: the same for everybody, except that one's own presence carries 110. */
export function encodeOccupant(event: EventOf<'occupant'>, context: WholeContext): Sending[] {
  const { to } = context;
  const { statuses = [], logged } = context.marks;
  const own = to.filter(({ nick }) => nick === event.who.nick);
  const others = own.length === 0 ? to : to.filter(({ nick }) => nick !== event.who.nick);
  return [
    ...(others.length > 0 ? toOthers(event, { context, to: others, statuses }) : []),
    // XEP-0045 §7.2.2: 110 marks a presence as the reader's own. §7.2.12: who comes in is told what is kept (170).
    ...own.flatMap(({ jid }) => {
      const codes = logged && event.change === 'join' ? [110, 170] : [110];
      return encodeChange(event, { context, to: [jid], jid, statuses: [...statuses, ...codes] });
    }),
  ];
}

function toOthers(
  event: EventOf<'occupant'>,
  { context, to, statuses }: { context: WholeContext; to: readonly Recipient[]; statuses: readonly number[] },
): Sending[] {
  return apart(to, event.who.host !== undefined).flatMap((some) => {
    const jid = some[0]?.moderates ? realJid(event.who, event, context) : undefined;
    return encodeChange(event, { context, to: jidsOf(some), jid, statuses });
  });
}

type Audience = Pick<Standing, 'jid' | 'statuses'> & { readonly context: WholeContext; readonly to: readonly string[] };

function encodeChange(event: EventOf<'occupant'>, { context, to, jid, statuses }: Audience): Sending[] {
  const room = context.place;
  const { who, change, reason } = event;
  const from = occupantJid(room, who.nick);
  const presence = (standing: Standing, type?: 'unavailable', extra: readonly Xml[] = []): Sending => ({
    name: 'presence',
    from,
    to,
    ...(type && { type }),
    children: [...extra, extension({ ...standing, jid }), ...besides(standing.who, context)],
  });
  // XEP-0045 §5.1: whoever is not in the room has no role.
  const outside: Occupant = { ...who, role: 'none' };
  switch (change) {
    case 'join':
    case 'role':
      return [presence({ who, statuses }, undefined, looksOf(who))];
    case 'leave': {
      // XEP-0045 §7.14: the farewell is the status of the presence.
      const status = reason === undefined ? [] : [xml`<status>${reason}</status>`];
      return [presence({ who: outside, statuses }, 'unavailable', status)];
    }
    case 'kick':
      // XEP-0045 §8.2; §9.4 and §10.2.1 for who may not stay: 321 is for a change of theirs, 322 for one of the room's.
      return [
        presence(
          { who: outside, inside: causeOf(event), statuses: [...statuses, KICKS[event.because ?? 'moderator']] },
          'unavailable',
        ),
      ];
    case 'ban': {
      // XEP-0045 §9.1
      const outcast: Occupant = { ...outside, affiliation: 'outcast' };
      return [presence({ who: outcast, inside: causeOf(event), statuses: [...statuses, 301] }, 'unavailable')];
    }
    case 'rename': {
      // XEP-0045 §7.6: the old nick goes with 303, then the new one comes.
      const nick = event.nick ?? who.nick;
      const self = statuses.filter((code) => code === 110);
      const farewell = presence({ who, nick, statuses: [...self, 303] }, 'unavailable');
      return [
        farewell,
        {
          ...presence({ who: { ...who, id: event.newId ?? who.id }, statuses }, undefined, looksOf(who)),
          from: occupantJid(room, nick),
        },
      ];
    }
  }
}

/** XEP-0045 §8.2: who did it, and why. */
function causeOf({ by, reason }: EventOf<'occupant'>): Xml {
  const actor = by === undefined ? undefined : xml`<actor nick='${by}'/>`;
  return xml`${actor}${reason === undefined ? undefined : xml`<reason>${reason}</reason>`}`;
}

/** XEP-0045 §7.2.15, §8.1: the subject, empty if there is none; with a stamp if it is known when it was set. */
export function encodeTopic(event: EventOf<'topic'>, { to, place: room }: WholeContext): Sending[] {
  const { text, by, setAt } = event;
  return [
    {
      name: 'message',
      type: 'groupchat',
      id: event.id,
      from: occupantJid(room, by ?? ''),
      to: jidsOf(to),
      children: [xml`<subject>${text}</subject>`, ...(setAt === undefined ? [] : [delayElement(room, setAt)])],
    },
  ];
}
