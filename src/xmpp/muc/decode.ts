// XEP-0045: Multi-User Chat, version 1.34.6: what occupants do by presence, and the subject.

import type { Element } from 'ltx';
import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import type { Draft, HistoryWish, Show } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Place } from '#src/model/place.ts';
import { Sealed } from '#src/model/sealed.ts';
import { type Jid, resourcePrep } from '#src/xmpp/stanza/jid.ts';
import { showOf } from '#src/xmpp/stanza/presence.ts';
import { assertHere, type Envelope, partyOf, roomPlace } from '#src/xmpp/stanza/target.ts';
import { timeOf } from '#src/xmpp/xep/datetime.ts';
import { childOf, own, ownText } from '#src/xmpp/xep/elements.ts';
import type { ReadContext, Reading } from '#src/xmpp/xep/extension.ts';

export const MUC = 'http://jabber.org/protocol/muc';

/** What a presence means for a room: a join, a leave, another nick or another show. */
export function decodePresence(stanza: Element, { from, to, view }: Envelope): Draft | undefined {
  const { type } = stanza.attrs;
  if (type !== undefined && type !== 'unavailable') return undefined;
  const join = type === undefined ? stanza.getChild('x', MUC) : undefined;
  const target = view.target(to.local);
  if (target.kind !== 'room') {
    if (join) throw new Failure('jid-malformed', { text: texts.noRoomAddress });
    return undefined;
  }
  const place = roomPlace(view, target, from.bare);
  if (join) {
    assertHere(target);
    const address = 'id' in place && place.id !== target.id ? { address: target.id } : {};
    return { ...entrance(join, stanza, { place, from, nick: to.resource }), ...address };
  }
  const nick = view.nickOf(place, from.full);
  if (type === undefined) return update(stanza, { place, from, nick, wanted: to.resource });
  // XEP-0045 §7.14. Whoever waits to be let in has no nick yet, but may give up.
  return departure(stanza, { place, from, nick: nick ?? to.resource });
}

type Occupancy = { readonly place: Place; readonly from: Jid; readonly nick: string };

function entrance(x: Element, stanza: Element, { place, from, nick }: Occupancy): Draft {
  // XEP-0045 §7.2.1: a nick is required.
  if (nick === '') throw new Failure('jid-malformed', { text: texts.nickMissing });
  // XEP-0045 §7.2.6
  const password = x.getChild('password', MUC)?.getText();
  return {
    kind: 'occupant',
    change: 'join',
    who: { id: from.bare, nick, affiliation: 'none', role: 'participant', ...absenceIn(stanza) },
    place,
    from: partyOf(from),
    ...(password && { password: new Sealed(password) }),
    ...historyOf(x),
  };
}

/** XEP-0045 §7.2.14: how much of the past is wanted. What is no number is no wish. */
function historyOf(x: Element): { history?: HistoryWish } {
  const attrs = childOf(x, 'history', MUC)?.attrs;
  if (!attrs) return {};
  const stanzas = wholeNumber(attrs.maxstanzas);
  const characters = wholeNumber(attrs.maxchars);
  const seconds = wholeNumber(attrs.seconds);
  const since = timeOf(attrs.since ?? '');
  return {
    history: {
      ...(stanzas !== undefined && { stanzas }),
      ...(characters !== undefined && { characters }),
      ...(seconds !== undefined && { seconds }),
      ...(since !== undefined && { since }),
    },
  };
}

const wholeNumber = (text = ''): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

function departure(stanza: Element, { place, from, nick }: Occupancy): Draft {
  const reason = ownText(stanza, 'status');
  return {
    kind: 'occupant',
    change: 'leave',
    who: { id: from.bare, nick, affiliation: 'none', role: 'none' },
    place,
    from: partyOf(from),
    ...(reason && { reason }),
  };
}

type Update = { readonly place: Place; readonly from: Jid; readonly nick: string | undefined; readonly wanted: string };

function update(stanza: Element, { place, from, nick, wanted }: Update): Draft | undefined {
  // XEP-0045 §7.2.1: without <x/> it is no join.
  if (nick === undefined || wanted === '') return undefined;
  const party = partyOf(from);
  // XEP-0045 §7.6
  if (wanted !== resourcePrep(nick)) return { kind: 'nick', wanted, ...shownIn(stanza), place, from: party };
  return { kind: 'presence', ...shownIn(stanza), place, from: party };
}

/** XEP-0045 §7.2.1: a join may say how its occupant fares; whoever is simply there need not. */
function absenceIn(stanza: Element): { readonly show?: Show; readonly status?: string } {
  const shown = shownIn(stanza);
  return shown.show === 'available' ? {} : shown;
}

function shownIn(stanza: Element): { readonly show: Show; readonly status?: string } {
  const status = ownText(stanza, 'status');
  return { show: showOf(stanza), ...(status && { status }) };
}

/** XEP-0045 §8.1: a subject without a body and without a thread sets the room's subject, an empty one removes it. */
export function decodeTopic(subject: Element, reading: Reading, { stanza, body }: ReadContext): Reading {
  const said = reading.kind !== 'message' || body !== '' || reading.files !== undefined;
  if (stanza.attrs.type !== 'groupchat' || said || own(stanza, 'thread').length > 0) return reading;
  return { kind: 'topic', text: subject.getText() };
}
