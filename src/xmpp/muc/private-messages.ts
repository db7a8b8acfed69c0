// XEP-0045: Multi-User Chat, version 1.34.6, §7.5: private messages between occupants.
import type { Origin, Recipient } from '#src/core/index.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Draft, Event, EventOf } from '#src/model/event.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import { occupantJid, splitJid } from '#src/xmpp/stanza/jid.ts';
import { addressOfName, occupantOf, type RoomTarget, roomPlace, type View } from '#src/xmpp/stanza/target.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';

/** Conversations that are remembered, and messages of them. */
const MOST = 10_000;

/** §7.5: it comes from somebody in a room. Servers send no copies of it (XEP-0280 §6.1). */
export const FROM_OCCUPANT: Xml = xml`<x xmlns='http://jabber.org/protocol/muc#user'/>`;

/** What one client says in private to an occupant, and is answered. `ends`: whose leaving ends it. */
type Conversation = {
  /** The place of the person outside of rooms, as a key. */
  contact: string;
  readonly account: AccountKey;
  readonly target: RoomTarget;
  readonly room: Place;
  readonly seat: string;
  /** The occupant's JID, as it was written to, or is since another nick. */
  occupant: string;
  who: string;
  ends: readonly string[];
  ended: boolean;
};

/**
 * In which conversation a person's private words are: that of the room while one of the user's clients wrote to them there
 * last and both are in it, else that of the contact. What is about an earlier message is where that was. In memory alone.
 */
export function openPrivateMessages() {
  /** Where the user wrote last, by contact. */
  const current = new Map<string, Conversation>();
  /** All that have not ended, the oldest first. */
  const known = new Map<string, Conversation>();
  /** By whose leaving ends them. */
  const ending = new Map<string, Set<Conversation>>();
  /** By contact and id: clients may count alike wherever they write. */
  const messages = openRecent<Conversation>(MOST);
  /** Ids of ours of what was told in a room, which are nobody else's. */
  const told = openRecent<true>(MOST);

  function begin(conversation: Conversation): Conversation {
    const key = `${conversation.contact} ${conversation.seat} ${conversation.occupant}`;
    const same = known.get(key);
    if (same) return same;
    for (const oldest of known.values()) {
      if (known.size < MOST) break;
      end(oldest);
    }
    conversation.ended = false;
    known.set(key, conversation);
    for (const who of conversation.ends) ending.set(who, (ending.get(who) ?? new Set()).add(conversation));
    return conversation;
  }

  function end(conversation: Conversation): void {
    const { contact, seat, occupant, ends } = conversation;
    conversation.ended = true;
    known.delete(`${contact} ${seat} ${occupant}`);
    if (current.get(contact) === conversation) current.delete(contact);
    for (const who of ends) {
      const theirs = ending.get(who);
      theirs?.delete(conversation);
      if (theirs?.size === 0) ending.delete(who);
    }
  }

  /** XEP-0045 §7.6: whoever takes another nick goes on with what was said to them. */
  function follow(conversation: Conversation, event: EventOf<'occupant'>, view: View): void {
    const { contact, account, target, seat, occupant } = conversation;
    const isCurrent = current.get(contact) === conversation;
    end(conversation);
    const { place, who, newId = who.id, nick = who.nick } = event;
    conversation.contact = placeKey({ kind: 'contact', account, id: addressOfName(view, target, newId) });
    conversation.occupant = occupantJid(splitJid(occupant).bare, nick);
    conversation.who = newId;
    conversation.ends = [`${placeKey(place)} ${newId}`, `${placeKey(place)} ${seat}`];
    if (begin(conversation) === conversation && isCurrent) current.set(conversation.contact, conversation);
  }

  return {
    /** A user has written: from now on they are answered where they wrote. */
    wrote({ kind, place }: Draft, { from, to, id }: Origin, view: View): void {
      if (kind !== 'message' || place.kind !== 'contact') return;
      const contact = placeKey(place);
      const { local, bare, resource } = splitJid(to);
      const target = view.target(local);
      if (target.kind !== 'room') return void current.delete(contact);
      const room = roomPlace(view, target, splitJid(from).bare);
      const who = occupantOf(view, { target, place: room }, resource);
      if (!who) return;
      const conversation = begin({
        contact,
        account: place.account,
        target,
        room,
        seat: from,
        occupant: occupantJid(bare, who.nick),
        who: who.id,
        ends: [`${placeKey(room)} ${who.id}`, `${placeKey(room)} ${from}`],
        ended: false,
      });
      current.set(contact, conversation);
      if (id !== undefined) messages.set(`${contact} ${id}`, conversation);
    },

    /** Somebody goes: what was said to them as they were there is over. With another nick it goes on. */
    changed(event: Event, readers: readonly Recipient[], view: View): void {
      if (ending.size === 0 || event.kind !== 'occupant' || event.change === 'join' || event.change === 'role') return;
      const { who, change, place } = event;
      const own = change === 'rename' ? [] : readers.filter(({ nick }) => nick === who.nick);
      for (const one of [who.id, ...own.map(({ jid }) => jid)])
        for (const conversation of [...(ending.get(`${placeKey(place)} ${one}`) ?? [])])
          if (change === 'rename') follow(conversation, event, view);
          else end(conversation);
    },

    /** The conversation in the room that an event belongs to; nothing where that is the contact's. */
    of(event: Event, view: Pick<View, 'occupants'>): Conversation | undefined {
      const { kind, place, from } = event;
      if (known.size === 0 || place.kind !== 'contact' || kind === 'presence' || kind === 'contact') return undefined;
      if (from.kind === 'network' && from.self) return undefined;
      const contact = placeKey(place);
      const about = 'target' in event ? messages.get(`${contact} ${event.target}`) : current.get(contact);
      if (!about || about.ended) return undefined;
      // In a very large room not everybody is seen to go.
      if (!isIn(view, about)) return void end(about);
      messages.set(`${contact} ${event.id}`, about);
      told.set(messageKey(place.account, event.id), true);
      return about;
    },

    /** Whether a message with that id was one of these. */
    has: (account: AccountKey, id: string): boolean => told.get(messageKey(account, id)) === true,
  };
}

function isIn(view: Pick<View, 'occupants'>, { room, who }: Conversation): boolean {
  for (const { id } of view.occupants(room)) if (id === who) return true;
  return false;
}

const messageKey = (account: AccountKey, id: string): string => `${splitAccount(account).user} ${id}`;
