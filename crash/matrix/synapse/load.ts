import type { Element } from 'ltx';
import { openOwnClients, submitted } from '../../clients.ts';
import type { Landed } from '../../ledger.ts';
import type { Load, NetworkParts } from '../../network.ts';
import { oneOf } from '../../random.ts';
import { atRate } from '../../rate.ts';
import { USERS } from '../../setting.ts';
import { openUsers, RESENT } from '../../users.ts';
import { DOMAIN } from '../names.ts';
import { openOccupants } from './occupants.ts';
import type { Person, Read } from './people.ts';
import { idOf, LINKED, makePlaces, type Places, type Talk } from './places.ts';
import type { SynapseProxy } from './proxy.ts';

/** Nobody writes on Matrix when so much of a place has not come. */
const UNHEARD = 12;
/** Messages that one has yet to say. */
const UNSAID = 4;

/** Users and people of a real homeserver, who talk alone and in rooms. */
export type SynapseLoad = Load & {
  /** Links the accounts and makes the places. Resolves when everybody is there. */
  register(): Promise<void>;
  /** Whether all accounts are online. */
  online(): boolean;
  /** Says something both ways in each encrypted place. The returned function tells whether all of that has been read. */
  prove(): () => boolean;
  /** Whether nobody may say anything in plain text there. */
  isEncrypted(room: string): boolean;
  /** What must hold besides. */
  audit(): void;
  figures(): object;
};

type Side = { readonly people: readonly [Person, Person]; readonly proxy: SynapseProxy; readonly password: string };

/** Begins when it is told to. */
export function openSynapseLoad(
  { ledger, random, rate }: NetworkParts,
  { people, proxy, password }: Side,
): SynapseLoad {
  const clients = openOwnClients(DOMAIN);
  let places: Places = [];
  const occupants = openOccupants(ledger, () => places);
  const users = openUsers({
    ...{ domain: DOMAIN, ledger, random },
    other(stanza, from, written) {
      if (isOfRoom(stanza)) occupants.take(stanza, written);
      else other(stanza, from, written);
    },
    aside: (stanza) => stanza.attrs.type === 'groupchat' || clients.aside?.(stanza) === true || isInvitation(stanza),
  });
  const online = new Set<string>();
  const told = new Map<string, number>();

  const other: typeof clients.other = (stanza, from, written) => {
    const [user = ''] = `${stanza.attrs.to}`.split('@');
    if (/^Online as/.test(stanza.getChildText('status') ?? '')) online.add(user);
    clients.other(stanza, from, written);
  };

  async function enter(user: string, local: string): Promise<void> {
    const entered = occupants.entered(user, local);
    users.connection?.send(
      `<presence from='${user}@${USERS}/x' to='${local}@${DOMAIN}/${user}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
    );
    await entered;
  }

  /** The lanes of what a person says: one for each who reads it. */
  const lanesOf = ({ kind, local, users: readers }: Talk, { name }: Person): readonly string[] =>
    readers.map((user) => (kind === 'chat' ? `${name} ${user}` : `${name} ${local}/${user}`));

  function say(talk: Talk, person: Person): readonly (readonly [string, number])[] {
    const lanes = lanesOf(talk, person);
    person.say(talk.room, talk.kind === 'chat' ? (lanes[0] ?? '') : `${person.name} ${talk.local}`, lanes);
    return lanes.map((lane) => {
      const number = told.get(lane) ?? 0;
      told.set(lane, number + 1);
      return [lane, number] as const;
    });
  }

  const has = (lane: string, number: number): boolean => (ledger.firsts().get(lane) ?? []).includes(number);
  const missing = (lane: string): number => (told.get(lane) ?? 0) - (ledger.firsts().get(lane) ?? []).length;

  const write = ({ kind, local }: Talk, by: string): number | undefined =>
    users.write(by, local, kind === 'chat' ? 'chat' : 'groupchat');

  const writing = atRate(rate, () => {
    const talk = oneOf(random, places);
    const person = oneOf(random, talk.people);
    if (person.open < UNSAID && lanesOf(talk, person).every((lane) => missing(lane) < UNHEARD)) say(talk, person);
    const other = oneOf(random, places);
    const by = oneOf(random, other.users);
    if (users.unheard(by, other.local) < RESENT) write(other, by);
  });
  let isBegun = false;

  const spoken = new Set(people.map(({ user }) => user));

  /** What the first of a place has read there of its users. */
  const landed = (): readonly Read[] =>
    places.flatMap(({ room, people: [first] }) =>
      [...(first?.read.values() ?? [])].filter((one) => one.room === room && !spoken.has(one.sender)),
    );
  /** The row that a transaction id names. */
  const tagOf = (id: string): string => (proxy.sent.get(id)?.transaction ?? '').replace(/\.\d+$/, '');
  const idsOf = (person: Person, room: string): readonly string[] =>
    [...person.read].flatMap(([id, one]) => (one.room === room ? id : []));

  function unread(): number {
    const open = places.flatMap(({ room, people: readers }) => {
      const sent = [...proxy.sent].filter(([, one]) => one.room === room);
      return readers.map(({ read }) => sent.filter(([id]) => !read.has(id)).length);
    });
    return open.reduce((sum, count) => sum + count, 0);
  }

  /** The last of each lane comes last, and is never given up. */
  const waited = (): number => [...told].filter(([lane, count]) => !has(lane, count - 1)).length;

  return {
    attach(connection) {
      online.clear();
      clients.attach(connection);
      users.attach(connection);
    },
    async register() {
      const form = (user: string): string => submitted({ user: idOf(user), password, encryption: 'true' });
      await Promise.all(
        LINKED.map((user) => clients.ask(user, `<query xmlns='jabber:iq:register'>${form(user)}</query>`)),
      );
      places = await makePlaces(people, enter);
    },
    online: () => LINKED.every((user) => online.has(user)),
    prove() {
      const encrypted = places.filter((talk) => talk.encrypted);
      const said = encrypted.flatMap((talk) => talk.people.flatMap((person) => say(talk, person)));
      const written = encrypted.flatMap((talk) => talk.users.map((by) => ({ talk, by, number: write(talk, by) })));
      return () =>
        said.every(([lane, number]) => has(lane, number)) &&
        written.every(({ talk, by, number }) =>
          talk.people.every(({ read }) =>
            [...read.values()].some((one) => one.lane === `${by} ${talk.local}` && one.number >= (number ?? 0)),
          ),
        );
    },
    begin() {
      isBegun = true;
      writing.begin();
    },
    end() {
      if (!isBegun) return;
      isBegun = false;
      users.rest();
      writing.end();
      for (const talk of places) for (const person of talk.people) say(talk, person);
    },
    // Who is in a room by an account of their own is told by the homeserver what the others say.
    unacknowledged: () =>
      people.reduce((sum, { open }) => sum + open, 0) + waited() + unread() + occupants.unseen(landed()).length,
    progress: () => users.came + proxy.sent.size + people.reduce((sum, { read }) => sum + read.size, 0),
    landed: () => landed().map(({ lane, number, id }): Landed => ({ lane, number, tag: tagOf(id) })),
    isEncrypted: (room) => places.some((one) => one.room === room && one.encrypted),
    audit() {
      for (const one of occupants.unseen(landed())) ledger.violate(one);
      for (const {
        room,
        people: [first, second],
      } of places)
        if (first && second && `${idsOf(first, room)}` !== `${idsOf(second, room)}`)
          ledger.violate(`${first.name} and ${second.name} have not read the same in ${room}`);
      for (const { room, encrypted } of places)
        for (const [id, { type }] of [...proxy.sent].filter(([, one]) => one.room === room))
          if (encrypted !== (type === 'm.room.encrypted')) ledger.violate(`${id} is ${type} in ${room}`);
    },
    figures: () => ({ read: landed().length, repeatsInRooms: occupants.repeats }),
  };
}

/** A room's JID begins as its id or alias does. */
const isOfRoom = ({ attrs }: Element): boolean => /^[#!]/.test(`${attrs.from}`);

/** XEP-0045 §7.8.2, XEP-0249. */
const isInvitation = (stanza: Element): boolean =>
  stanza.getChild('x', 'jabber:x:conference') !== undefined ||
  stanza.getChild('x', 'http://jabber.org/protocol/muc#user')?.getChild('invite') !== undefined;
