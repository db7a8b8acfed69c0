import { type Homeserver, until } from '#bridges/matrix/homeserver/homeserver.ts';
import { limited } from '#bridges/matrix/homeserver/limit.ts';
import { joinOf, joinRoom, leaveOf, leaveRoom, membershipOf } from '#bridges/matrix/rooms/membership.ts';
import { openRoomServers } from '#bridges/matrix/rooms/room-servers.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { BRIDGE_TYPES, bridgeContent, bridgeKey, jidOfRoom } from '#bridges/matrix/wire/bridge-info.ts';
import { listOf, type RoomEvent, readEvent } from '#bridges/matrix/wire/event.ts';
import { localOf } from '#bridges/matrix/wire/ids.ts';
import { levelOf, neededFor } from '#bridges/matrix/wire/power.ts';
import {
  applyState,
  chooseNick,
  emptyRoom,
  isJoined,
  joined,
  type MatrixRoom,
  nickOf,
  occupantOf,
} from '#bridges/matrix/wire/room.ts';
import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import type { Consents } from './consent.ts';
import type { Ghosts } from './ghosts.ts';
import { type Policies, shutOut } from './policies.ts';

export type GatewayRoomParts = {
  readonly host: Host;
  readonly server: Homeserver;
  readonly ghosts: Ghosts;
  readonly policies: Pick<Policies, 'user' | 'room'>;
  readonly consents: Pick<Consents, 'assertOpen' | 'assertNotRefused'>;
  /** Milliseconds that one request may take. */
  readonly timeout: number;
};

/** A room that accounts of ours are in by their ghosts: one for all of them. */
export type GatewayRoom = {
  readonly room: MatrixRoom;
  /** Who is in it on XMPP. Other ghosts there are left over, and nobody is shown them. */
  readonly inside: Set<AccountKey>;
  /** Those of them who have not been told yet of who is there, and what was said. */
  readonly arriving: Set<AccountKey>;
  /** Who types, as far as that was told. */
  typing: ReadonlySet<string>;
  /** It was said there that it is bridged, or tried. */
  labelled?: boolean;
  /** It was said that what is encrypted cannot be read. */
  warned?: boolean;
};

/** `isForced`: the homeserver has put it there already. `isBack`: it was there before a restart, and stays while the homeserver is away. */
export type Entering = {
  readonly account: AccountKey;
  readonly id: string;
  readonly nick: string;
  readonly isForced?: boolean;
  readonly isBack?: boolean;
};

export type GatewayRooms = ReturnType<typeof openGatewayRooms>;

const [BRIDGE] = BRIDGE_TYPES;
/** The bytes of the state of a very large room. */
const MOST_STATE = 128 * 1024 * 1024;
/** Where ghosts have been put, for a later run to know. */
const INSIDE = 'inside ';
/** Where they may be though they could not come in. */
const COMING = 'coming ';

export function openGatewayRooms({ host, server, ghosts, policies, consents, timeout }: GatewayRoomParts) {
  const rooms = new Map<string, GatewayRoom>();
  /** Rooms of which the state is asked for, with what has changed there since. */
  const loading = new Map<string, { readonly answer: Promise<GatewayRoom>; readonly since: RoomEvent[] }>();
  const servers = openRoomServers({ host });

  /** Rooms in which an earlier run has left ghosts, each with one that may look into it. */
  let left: Promise<Map<string, AccountKey>> | undefined;

  /** Accounts that are on their way in, by the room; and whether it was told meanwhile that they are out. */
  const entering = new Map<string, { isOut: boolean }>();
  /** Those on their way out. */
  const leaving = new Set<string>();
  /** Those of whom a failed attempt is being undone: that is given up as long as nothing is done yet. */
  const undoing = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();

  const from = { kind: 'network', id: '' } as const;
  const placeOf = (id: string): Place => ({ kind: 'shared', transport: host.transport, id: localOf(id) });

  async function load(id: string, as: string, since: readonly RoomEvent[], by: Homeserver): Promise<GatewayRoom> {
    const path = ['v3', 'rooms', id, 'state'];
    const state = listOf(await by.json({ method: 'GET', path, as, maxBytes: MOST_STATE }));
    const room = emptyRoom(id);
    const events = state.flatMap((one) => readEvent(one, id) ?? []);
    // Nicks go to who was there first; what a level means depends on who has made the room.
    for (const event of events.toSorted((a, b) => a.at - b.at)) applyState(room, event);
    // Told meanwhile, in its order: the answer may be older.
    for (const event of since) applyState(room, event);
    const loaded: GatewayRoom = { room, inside: new Set(), arriving: new Set(), typing: new Set() };
    rooms.set(id, loaded);
    return loaded;
  }

  function loadOnce(id: string, as: string, by: Homeserver): Promise<GatewayRoom> {
    const known = rooms.get(id);
    if (known) return Promise.resolve(known);
    const begun = loading.get(id);
    // Whoever has begun may be put out before it is there, or give up.
    if (begun) return begun.answer.catch(() => loadOnce(id, as, by));
    const since: RoomEvent[] = [];
    const answer = load(id, as, since, by).finally(() => loading.delete(id));
    loading.set(id, { answer, since });
    return answer;
  }

  /** Where ghosts are that were put into rooms, as the store has it. */
  async function placed(prefix: string): Promise<readonly { account: AccountKey; id: string }[]> {
    return (await host.state.list({ prefix })).map(({ key }) => {
      const [bare = '', transport = '', id = ''] = key.slice(prefix.length).split(' ');
      return { account: accountKey(bare as BareJid, transport), id };
    });
  }

  /** Those who are in the room, without ghosts that nobody is any more. */
  const occupants = ({ room, inside }: GatewayRoom): readonly Occupant[] =>
    joined(room)
      .filter(({ user }) => {
        const account = ghosts.accountOf(user);
        return !ghosts.isHidden(user) && (account === undefined || inside.has(account));
      })
      .map((member) => occupantOf(room, member, ghosts.accountOf));

  /** Takes an account's ghost out of a room. */
  async function leave(account: AccountKey, id: string, reason?: string): Promise<void> {
    const as = ghosts.idOf(account);
    const entered = rooms.get(id);
    const wasIn = entered?.inside.delete(account) ?? false;
    if (entered?.inside.size === 0) rooms.delete(id);
    else if (entered && wasIn) await host.emit([goneFrom(entered.room, as, reason)]);
    const key = `${account} ${id}`;
    leaving.add(key);
    await leaveRoom(server, as, id, reason).finally(() => leaving.delete(key));
    if (entered) applyState(entered.room, leaveOf(as, id));
    await host.state.delete({ key: INSIDE + key });
  }

  /** What others on XMPP see of a ghost that leaves. Its account may be on its way back, and is not what has gone. */
  function goneFrom(room: MatrixRoom, user: string, reason: string | undefined): Draft {
    const who = occupantOf(room, { user, nick: nickOf(room, user) ?? '' }, () => undefined);
    const because = reason === undefined || reason === '' ? {} : { reason };
    return { place: placeOf(room.id), from, kind: 'occupant', change: 'leave', who, ...because };
  }

  /** Says in a room that it is bridged, where somebody of ours may. Never rejects: nobody has asked for it. */
  async function label(id: string): Promise<void> {
    const entered = rooms.get(id);
    if (!entered || entered.labelled) return;
    const may = (user: string): boolean =>
      levelOf(entered.room.levels, user) >= neededFor(entered.room.levels, BRIDGE, true);
    const as = [...entered.inside].map(ghosts.idOf).find(may);
    if (as === undefined) return;
    entered.labelled = true;
    const bridged = { transport: host.transport, bot: ghosts.bot, id: jidOfRoom(id, host.transport) };
    const path = ['v3', 'rooms', id, 'state', BRIDGE, bridgeKey(bridged)];
    await server.call({ method: 'PUT', path, body: bridgeContent(bridged), as }).catch((err: unknown) => {
      host.log.info({ err }, 'a room could not be told that it is bridged');
    });
  }

  function putInto(entered: GatewayRoom, { account, id, nick, isForced, isBack }: Entering): void {
    const as = ghosts.idOf(account);
    if (!isJoined(entered.room, as)) applyState(entered.room, joinOf(as, id));
    chooseNick(entered.room, as, nick);
    entered.inside.add(account);
    if (!isForced && !isBack) entered.arriving.add(account);
    // Others may have left it since it was loaded.
    rooms.set(id, entered);
  }

  function assertWanted({ account, id, isForced }: Entering): void {
    const refusal = shutOut(policies.room(id) ?? policies.user(ghosts.idOf(account)));
    if (refusal) throw refusal;
    if (!isForced) consents.assertNotRefused(id);
  }

  /** Puts an account's ghost into a room by a homeserver that may be given up. Where that fails nothing of it is left. */
  async function come(entry: Entering, by: Homeserver): Promise<void> {
    const { account, id, nick, isForced, isBack } = entry;
    assertWanted(entry);
    const via = await servers.of(id);
    if (!isForced) await consents.assertOpen({ account, id, via, origin: servers.origin(id) });
    const as = await ghosts.ready(account, nick, by);
    const key = `${account} ${id}`;
    undoing.get(key)?.stop.abort(new Failure('recipient-unavailable'));
    await undoing.get(key)?.done;
    const way = { isOut: false };
    entering.set(key, way);
    let isIn = isForced === true;
    const wasKnown = rooms.has(id);
    try {
      // Put out meanwhile, it does not come in by itself.
      if (isBack) await assertThere(account, id, by);
      else await joinRoom(by, { user: as, room: id, as }, via);
      isIn = true;
      const entered = await loadOnce(id, as, by);
      assertNotBridged(entered);
      if (way.isOut) {
        isIn = false;
        await assertThere(account, id, by);
      }
      // What was refused while they were on their way counts as well.
      assertWanted(entry);
      putInto(entered, entry);
      await host.state.put({ key: INSIDE + key }, '');
    } catch (error) {
      if (!wasKnown && rooms.get(id)?.inside.size === 0) rooms.delete(id);
      if (!isBack || !(error instanceof Failure && error.row.retry)) void undo(account, id, isIn);
      throw error;
    } finally {
      entering.delete(key);
    }
    void label(id);
  }

  /** Rejects for who was put out while they came in; it may have been told late that they had gone before. */
  async function assertThere(account: AccountKey, id: string, by: Homeserver): Promise<void> {
    const as = ghosts.idOf(account);
    const membership = await membershipOf(by, { user: as, room: id, as });
    if (membership !== 'join') throw new Failure(membership === 'ban' ? 'banned' : 'not-permitted');
  }

  /** It is told that an account is in a room no more. */
  function noteOut(account: AccountKey, id: string): void {
    const way = entering.get(`${account} ${id}`);
    if (way) way.isOut = true;
  }

  /** Beside all else; whoever comes again waits for it. */
  function undo(account: AccountKey, id: string, isIn: boolean): Promise<void> {
    const key = `${account} ${id}`;
    const stop = new AbortController();
    const done = withdraw(account, id, isIn, stop.signal).finally(() => undoing.delete(key));
    undoing.set(key, { stop, done });
    return done;
  }

  /** An account is not in a room after all: its ghost leaves it, if it is there. Never rejects: it is tried again later. */
  async function withdraw(account: AccountKey, id: string, isIn: boolean, signal: AbortSignal): Promise<void> {
    const as = ghosts.idOf(account);
    const entered = rooms.get(id);
    if (entered?.inside.delete(account) && entered.inside.size === 0) rooms.delete(id);
    const key = `${account} ${id}`;
    try {
      await host.state.put({ key: COMING + key }, '');
      // An invitation stands.
      const isThere = isIn || (await membershipOf(until(server, signal), { user: as, room: id, as })) === 'join';
      if (signal.aborted) return;
      if (isThere) await leaveRoom(server, as, id);
      await host.state.write([INSIDE, COMING].map((prefix) => ({ key: prefix + key, value: null })));
    } catch (err) {
      host.log.info({ err }, 'a ghost could not be taken out of a room');
    }
  }

  /** Refuses a room that another bridge has as one of XMPP, as long as that is there. */
  function assertNotBridged({ room }: GatewayRoom): void {
    for (const { bot, room: other } of room.otherBridges?.values() ?? [])
      if (other !== undefined && isJoined(room, bot)) throw new Failure('gone', { text: texts.alreadyRoom(other) });
  }

  /** Takes an account out of a room whose user has not asked for it, and tells them why. */
  async function expel(id: string, account: AccountKey, reason: Words): Promise<void> {
    const room = rooms.get(id)?.room;
    if (!room) return;
    const user = ghosts.idOf(account);
    const who = occupantOf(room, { user, nick: nickOf(room, user) ?? '' }, ghosts.accountOf);
    const because = wordsIn(reason, host.language(account));
    await host.emit([{ place: placeOf(id), from, kind: 'occupant', change: 'kick', who, reason: because }]);
    await leave(account, id);
  }

  return {
    placeOf,
    get: (id: string): GatewayRoom | undefined => rooms.get(id),
    occupants,
    servers,
    /** Whether an account is on its way in, or out. */
    isPassing: (account: AccountKey, id: string): boolean =>
      [entering, leaving, undoing].some((all) => all.has(`${account} ${id}`)),

    /** Puts an account's ghost into a room. Rejects with a `Failure` where that is refused, or takes too long. */
    enter: (entering: Entering): Promise<void> =>
      limited(host.clock, timeout, (signal) => come(entering, until(server, signal))),

    /** Who is in a room, and its topic, as it is now. */
    shown(id: string): readonly Draft[] {
      const entered = rooms.get(id);
      if (!entered) return [];
      const { room } = entered;
      const { topic } = room;
      const place = placeOf(id);
      const list: Draft = { place, from, kind: 'occupants', list: occupants(entered) };
      if (!topic) return [list];
      const by = nickOf(room, topic.by) ?? topic.by;
      return [list, { place, from, kind: 'topic', text: topic.text, by, setAt: topic.at }];
    },

    /**
     * Knows a room again in which an earlier run has left ghosts, before any of them is back: what is said there is news to
     * those who were in it. Rejects with a `Failure` where the homeserver does not tell.
     */
    async recall(id: string): Promise<void> {
      if (rooms.has(id)) return;
      left ??= placed(INSIDE).then((all) => new Map(all.map((one) => [one.id, one.account])));
      const known = await left;
      const account = known.get(id);
      if (account === undefined) return;
      try {
        await loadOnce(id, ghosts.idOf(account), server);
      } catch (error) {
        if (!(error instanceof Failure) || error.row.retry) throw error;
      }
      known.delete(id);
    },

    /** Whether an earlier run has put an account into a room, and nobody has taken it out. */
    wasInside: async (account: AccountKey, id: string): Promise<boolean> =>
      (await host.state.get({ key: `${INSIDE}${account} ${id}` })) !== undefined,

    /** What has changed in a room of which nothing is known yet, but asked for. */
    changed(event: RoomEvent): void {
      loading.get(event.room)?.since.push(event);
      const account = event.type === 'm.room.member' ? ghosts.accountOf(event.stateKey ?? '') : undefined;
      if (account !== undefined && event.content.membership !== 'join') noteOut(account, event.room);
    },

    leave,
    expel,
    label,

    /** Takes out whom the policies shut out by now, and all of rooms that they do. */
    async obey(): Promise<void> {
      for (const [id, { inside }] of [...rooms]) {
        const all = shutOut(policies.room(id));
        for (const account of [...inside]) {
          const refusal = all ?? shutOut(policies.user(ghosts.idOf(account)));
          if (refusal) await expel(id, account, refusal.words);
        }
      }
    },

    /** A room has ended, as its users were told: its ghosts leave it, and it is known who knows the one that follows. */
    async moved(event: RoomEvent): Promise<void> {
      const { room: id } = event;
      const entered = rooms.get(id);
      const successor = entered?.room.successor;
      if (successor !== undefined && successor !== id) servers.moved(event, successor);
      for (const account of [...(entered?.inside ?? [])]) await leave(account, id);
    },

    /** The ghost of an account has been put out of a room. `tell` comes after that: who hears of it, and is back at once, comes in anew. */
    async removed(account: AccountKey, id: string, tell: () => Promise<void>): Promise<void> {
      noteOut(account, id);
      const entered = rooms.get(id);
      // Whoever is not back yet after a restart finds that out then, and others may be.
      if (!entered?.inside.delete(account)) return tell();
      if (entered.inside.size === 0) rooms.delete(id);
      await Promise.all([host.state.delete({ key: `${INSIDE}${account} ${id}` }), tell()]);
    },

    /** Whether the ghost of an account is in a room now. */
    async isThere(account: AccountKey, id: string): Promise<boolean> {
      const as = ghosts.idOf(account);
      return (await membershipOf(server, { user: as, room: id, as })) === 'join';
    },

    roomsOf: (account: AccountKey): readonly string[] =>
      [...rooms].filter(([, { inside }]) => inside.has(account)).map(([id]) => id),

    /** Takes away the ghosts that an earlier run has left in rooms, and nobody has come back for. Never rejects. */
    async clean(): Promise<void> {
      for (const { account, id } of [...(await placed(INSIDE)), ...(await placed(COMING))]) {
        if (rooms.get(id)?.inside.has(account) || this.isPassing(account, id) || host.signal.aborted) continue;
        await undo(account, id, false);
      }
    },

    /** The servers and the id behind an alias. Rejects with `Failure('item-not-found')` where it leads to none. */
    async resolveAlias(alias: string): Promise<string> {
      const refusal = shutOut(policies.room(alias));
      if (refusal) throw refusal;
      return limited(host.clock, timeout, (signal) => servers.find(server, alias, signal));
    },
  };
}
