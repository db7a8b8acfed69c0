import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { joinRoom } from '#bridges/matrix/rooms/membership.ts';
import { openRoomServers } from '#bridges/matrix/rooms/room-servers.ts';
import { type Json, listOf, objectOf, type RoomEvent, readEvent, textsOf } from '#bridges/matrix/wire/event.ts';
import { localOf } from '#bridges/matrix/wire/ids.ts';
import { applyState, emptyRoom, joined, type MatrixRoom, nickOf, occupantOf } from '#bridges/matrix/wire/room.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import { membershipIn } from './entered.ts';
import type { OwnRoomNews } from './sync.ts';

/** A room that the account's user is in. */
export type OwnRoom = {
  readonly room: MatrixRoom;
  /** Who types, as far as that was told. */
  typing: ReadonlySet<string>;
  /** All members are known, not only those who have said something. */
  whole: boolean;
  /** The homeserver counts it among those that the user is in: not all members need be known for that. */
  inside: boolean;
  /** The user has marked it as unread. */
  marked: boolean;
  /** The state, by the ids of its events, that the homeserver has answered since a sync has told of the room. */
  entered: ReadonlySet<string> | undefined;
};

export type OwnRooms = ReturnType<typeof openOwnRooms>;

export type OwnRoomParts = {
  readonly host: Pick<Host, 'state'>;
  readonly account: AccountKey;
  readonly user: string;
  readonly server: Homeserver;
};

function nothingKept(error: unknown): Json {
  if (error instanceof Failure && error.code === 'item-not-found') return {};
  throw error;
}

/** The bytes of the members of a very large room. */
const MOST_MEMBERS = 128 * 1024 * 1024;

/** The rooms of one account: its direct chats, where all with one person are one contact, and the others. */
export function openOwnRooms({ host, account, user, server }: OwnRoomParts) {
  const rooms = new Map<string, OwnRoom>();
  /** With whom somebody talks alone in a room. */
  const partners = new Map<string, string>();
  /** The room with a person in which something was said last, and when. */
  const latest = new Map<string, { readonly id: string; readonly at: number }>();
  /** With whom rooms are to be that are being made, by the events for which they are. */
  const making = new Map<string, string>();
  /** What `m.direct` says, as it is. */
  let direct: Json | undefined;
  /** With whom rooms are by what the homeserver was told last, and may not have told itself yet. */
  const begun = new Map<string, string>();
  let pairing: Promise<unknown> = Promise.resolve();

  /** What syncs tell of rooms while something is asked for of them, in its order, for each who asks. */
  const asking = new Map<string, Set<RoomEvent[]>>();
  /** Rooms that were joined from here. */
  const came = new Set<string>();
  /** Rooms that were left from here, of which no sync has told that yet. */
  const leaving = new Set<string>();

  const servers = openRoomServers({ host, account });

  const ours = (id: string): AccountKey | undefined => (id === user ? account : undefined);

  function place(id: string): Place {
    const partner = partners.get(id);
    return partner === undefined
      ? { kind: 'room', account, id: localOf(id) }
      : { kind: 'contact', account, id: localOf(partner) };
  }

  function open(id: string): OwnRoom {
    const known = rooms.get(id) ?? {
      room: emptyRoom(id),
      typing: new Set(),
      whole: false,
      inside: false,
      marked: false,
      entered: undefined,
    };
    rooms.set(id, known);
    return known;
  }

  /** Asks for something of a room. The answer may be older than what is told meanwhile, which is in the list by then. */
  async function asked<T>(id: string, question: Promise<T>): Promise<{ answer: T; since: readonly RoomEvent[] }> {
    const since: RoomEvent[] = [];
    const all = (asking.get(id) ?? new Set()).add(since);
    asking.set(id, all);
    try {
      return { answer: await question, since };
    } finally {
      all.delete(since);
      if (all.size === 0) asking.delete(id);
    }
  }

  /** Who is in a room, by the homeserver's word; but for those of whom `isKnown` says that they are known better. */
  async function members({ room }: OwnRoom, by: Homeserver, isKnown: (who: string) => boolean): Promise<void> {
    const path = ['v3', 'rooms', room.id, 'members'];
    const { answer, since } = await asked(room.id, by.call({ method: 'GET', path, maxBytes: MOST_MEMBERS }));
    const told = new Set(since.filter(({ type }) => type === 'm.room.member').map(({ stateKey }) => stateKey));
    const events = listOf(answer.chunk).flatMap((one) => readEvent(one, room.id) ?? []);
    // Nicks go to who was there first; those who have one keep it.
    for (const event of events.toSorted((a, b) => a.at - b.at))
      if (!told.has(event.stateKey) && !isKnown(event.stateKey ?? '')) applyState(room, event);
  }

  return {
    open,
    place,
    ours,
    making,
    get: (id: string): OwnRoom | undefined => rooms.get(id),
    /** The user was in it, and has not left it from here. */
    isKnown: (id: string): boolean => !leaving.has(id) && rooms.has(id),
    /** The user is in it no more, but where they have come back from here since. */
    forget(id: string): void {
      if (rooms.get(id)?.inside) return;
      rooms.delete(id);
      leaving.delete(id);
    },
    servers,
    /** Servers that know a room; those who have left another one for it do. */
    via(id: string): Promise<readonly string[]> {
      for (const { room } of rooms.values())
        if (room.successor === id) servers.moved({ room: room.id, sender: room.succeededBy ?? '' }, id);
      return servers.of(id);
    },
    partner: (id: string): string | undefined => partners.get(id),
    ids: (): Iterable<string> => rooms.keys(),
    isIn: (id: string): boolean => !leaving.has(id) && (rooms.get(id)?.inside ?? false),
    /** Whether it was joined from here: what is told of the time before may come later. */
    hasCome: (id: string): boolean => came.has(id),
    nick: (id: string, who: string): string | undefined => {
      const known = rooms.get(id);
      return known && nickOf(known.room, who);
    },
    occupants: ({ room }: OwnRoom): readonly Occupant[] => joined(room).map((member) => occupantOf(room, member, ours)),

    /** What `m.direct` says. What was told in an earlier run is asked for: not every homeserver tells it again. */
    async knowDirect(): Promise<Json> {
      if (direct) return direct;
      const path = ['v3', 'user', user, 'account_data', 'm.direct'];
      const kept = objectOf(await server.call({ method: 'GET', path }).catch(nothingKept));
      if (direct) return direct;
      // What was heard meanwhile.
      const heard = [...partners];
      this.direct(kept);
      for (const [id, who] of heard) partners.set(id, who);
      return kept;
    },

    /** Takes `m.direct` (§11.20.1) in: whole, as it always comes. */
    direct(content: Json): void {
      direct = content;
      partners.clear();
      const named = Object.entries(content).filter(([who]) => who.startsWith('@') && who !== user);
      const pairs = named.flatMap(([who, ids]) => textsOf(ids).map((id) => ({ who, id })));
      const byRoom = Map.groupBy(pairs, ({ id }) => id);
      for (const { who, id } of pairs) {
        // One with several people is a room like others: what one of them says is not said by another.
        if (byRoom.get(id)?.some((one) => one.who !== who)) continue;
        partners.set(id, who);
        if (!latest.has(who)) latest.set(who, { id, at: 0 });
      }
      for (const [id, who] of begun)
        if (partners.get(id) === who) begun.delete(id);
        else partners.set(id, who);
    },

    /** A room is for the two of them, though the homeserver was not told so yet. */
    expect: (id: string, who: string): void => void partners.set(id, who),

    /** Something was said, at that time: a sync tells of one room after the other. */
    active(id: string, at: number): void {
      const partner = partners.get(id);
      if (partner !== undefined && at > (latest.get(partner)?.at ?? 0)) latest.set(partner, { id, at });
    },

    /** How many rooms the account is in with a person alone. */
    count(who: string): number {
      return this.with(who).length;
    },
    /** The rooms that the account is in with a person alone. */
    with(who: string): readonly string[] {
      return [...partners].filter(([id, partner]) => partner === who && this.isIn(id)).map(([id]) => id);
    },
    /** Where the account talks with a person alone, if it is still there. */
    between(who: string): string | undefined {
      const inside = (id: string | undefined): id is string => id !== undefined && this.isIn(id);
      const last = latest.get(who)?.id;
      if (inside(last)) return last;
      return [...partners].find(([id, partner]) => partner === who && inside(id))?.[0];
    },

    /** Where the account talks with a person alone who has not left it. */
    async withBoth(who: string): Promise<string | undefined> {
      for (let id = this.between(who); id !== undefined; id = this.between(who)) {
        if (!rooms.get(id)?.room.members.has(who)) await this.complete(id);
        const { membership } = rooms.get(id)?.room.members.get(who) ?? {};
        if (membership === 'join' || membership === 'invite') return id;
        partners.delete(id);
        latest.delete(who);
      }
      return undefined;
    },

    /** Says that a room is for the two of them, on the homeserver as well. */
    pair(id: string, who: string): Promise<void> {
      partners.set(id, who);
      latest.set(who, { id, at: 0 });
      begun.set(id, who);
      const said = pairing.then(() => this.sayDirect());
      pairing = said.catch(() => undefined);
      return said;
    },

    /** Writes `m.direct`: it is replaced whole, and not every sync tells of it; what one does tell may be from before. */
    async sayDirect(): Promise<void> {
      const body: Record<string, unknown> = { ...(await this.knowDirect()) };
      for (const [id, who] of begun) body[who] = [...textsOf(body[who]).filter((one) => one !== id), id];
      await server.call({ method: 'PUT', path: ['v3', 'user', user, 'account_data', 'm.direct'], body });
    },

    /** Learns who is in a room. A sync tells of those alone who have said something. */
    async complete(id: string, by: Homeserver = server): Promise<OwnRoom> {
      const known = open(id);
      if (known.whole) return known;
      await members(known, by, (who) => known.room.members.has(who));
      known.whole = true;
      return known;
    },

    /** Learns anew who is in a room, where all were known: what has changed there was not told. */
    async renew(known: OwnRoom): Promise<void> {
      if (known.whole) await members(known, server, () => false);
    },

    /** State that a sync has told of a room is what it is like now, also where something is just being asked for. */
    note(event: RoomEvent): void {
      for (const since of asking.get(event.room) ?? []) since.push(event);
    },
    apply({ room }: OwnRoom, event: RoomEvent): void {
      this.note(event);
      applyState(room, event);
    },

    /** Joins a room, and learns all of it. Rejects with a `Failure` where the user is not let in, or is out again. */
    async come(id: string, via: readonly string[], by: Homeserver = server): Promise<void> {
      came.add(id);
      await joinRoom(by, { user, room: id }, via);
      // Of a stay before it may be known who was there then.
      if (leaving.delete(id) || !rooms.get(id)?.inside) rooms.delete(id);
      await this.load(id, by);
    },

    /** The user has left it from here: what is told yet is from before. */
    leave: (id: string): void => void leaving.add(id),
    /** A sync that has the user in a room has told of that as well, where they are back by another client. */
    back({ id, timeline }: OwnRoomNews): void {
      if (leaving.has(id) && timeline.some((one) => membershipIn(one, user) === 'out')) leaving.delete(id);
    },

    /** Learns all of a room that the user is in. Rejects with a `Failure` where that has ended meanwhile. */
    async load(id: string, by: Homeserver = server): Promise<void> {
      const path = ['v3', 'rooms', id, 'state'];
      const { answer, since } = await asked(id, by.json({ method: 'GET', path, maxBytes: MOST_MEMBERS }));
      const events = listOf(answer).flatMap((one) => readEvent(one, id) ?? []);
      const all = [...events.toSorted((a, b) => a.at - b.at), ...since];
      const own = all.findLast(({ type, stateKey }) => type === 'm.room.member' && stateKey === user);
      const out = own && own.content.membership !== 'join';
      if (out) throw new Failure(own.content.membership === 'ban' ? 'banned' : 'not-permitted');
      const known = open(id);
      for (const event of all) applyState(known.room, event);
      known.whole = true;
      known.inside = true;
      known.entered = new Set(events.map((event) => event.id));
    },
  };
}

/** How somebody is called and looks in a room, as far as that is known. */
export const looksIn = (
  { room }: OwnRoom,
  who: string,
): { readonly name?: string | undefined; readonly avatar?: string | undefined } => room.members.get(who) ?? {};
