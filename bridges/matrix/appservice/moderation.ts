import { addresses } from '#bridges/matrix/addresses.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { isBanned } from '#bridges/matrix/rooms/banned.ts';
import { roomNow } from '#bridges/matrix/rooms/room-now.ts';
import { presenceContent } from '#bridges/matrix/wire/ephemeral.ts';
import { type Json, objectOf } from '#bridges/matrix/wire/event.ts';
import { contentOf, levelFor, withLevel } from '#bridges/matrix/wire/power.ts';
import { chooseNick, nickOf, occupantOf, userOf } from '#bridges/matrix/wire/room.ts';
import type { Delivered, Host } from '#src/bridge.ts';
import { openTurns } from '#src/lib/turns.ts';
import type { EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Affiliation, Role } from '#src/model/party.ts';
import type { GatewayRooms } from './gateway-rooms.ts';
import type { Ghosts } from './ghosts.ts';
import type { Aim } from './outgoing.ts';

export type ModerationParts = {
  readonly host: Host;
  readonly server: Homeserver;
  readonly ghosts: Ghosts;
  readonly rooms: GatewayRooms;
};

/** Who is to have another rank. */
type Raised = { readonly user: string; readonly rank: { readonly affiliation?: Affiliation; readonly role?: Role } };

const TAKEN: Delivered = { ids: [], state: 'taken' };

/** What ghosts do in rooms beside talking: order, names, topics, invitations. The homeserver decides who may. */
export function openModeration({ host, server, ghosts, rooms }: ModerationParts) {
  let silent = false;
  /** Levels are set whole: two who set some at once would take each other's back. */
  const inTurn = openTurns(1);

  const post = (to: Pick<Aim, 'as' | 'room'>, what: string, body: Json): Promise<Json> =>
    server.call({ method: 'POST', path: ['v3', 'rooms', to.room, what], body, as: to.as, repeatable: true });

  const setState = (to: Aim, type: string, content: Json): Promise<Json> =>
    server.call({ method: 'PUT', path: ['v3', 'rooms', to.room, 'state', type, ''], body: content, as: to.as });

  const because = (reason: string | undefined): Json => (reason === undefined || reason === '' ? {} : { reason });

  /** Whom an occupant or an address is. */
  function whom(to: Aim, { id, nick }: { readonly id: string; readonly nick: string }): string {
    if (id.startsWith('@')) return id;
    const inside = rooms.get(to.room);
    const user = inside && nick !== '' ? userOf(inside.room, nick) : undefined;
    if (user === undefined) throw new Failure('item-not-found');
    return user;
  }

  async function raise(to: Aim, users: readonly Raised[]): Promise<Delivered> {
    const inside = rooms.get(to.room);
    if (!inside) throw new Failure('not-joined');
    const { levels, levelContent } = await roomNow({ server, as: to.as }, inside.room, ['m.room.power_levels']);
    let content = contentOf(levels, levelContent);
    for (const { user, rank } of users) {
      const level = levelFor(levels, rank);
      if (level === undefined) throw new Failure('not-supported');
      // Creators of rooms of version 12 stand above all levels, and must not be named in them.
      if (levels.creators.includes(user)) throw new Failure('not-allowed');
      content = withLevel(content, user, level);
    }
    await setState(to, 'm.room.power_levels', objectOf(content));
    return TAKEN;
  }

  return {
    async occupant(to: Aim, event: EventOf<'occupant'>): Promise<Delivered> {
      const user = whom(to, event.who);
      const body = { user_id: user, ...because(event.reason) };
      if (event.change === 'kick' || event.change === 'ban') {
        await post(to, event.change, body);
        return TAKEN;
      }
      if (event.change !== 'role') throw new Failure('not-supported');
      return inTurn(() => raise(to, [{ user, rank: { role: event.who.role } }]));
    },

    async affiliation(to: Aim, { changes }: EventOf<'affiliation'>): Promise<Delivered> {
      const levels: { user: string; rank: { affiliation: Affiliation } }[] = [];
      for (const { id, affiliation, reason } of changes) {
        const user = id.startsWith('@') ? id : whom(to, { id, nick: id });
        if (affiliation === 'outcast') await post(to, 'ban', { user_id: user, ...because(reason) });
        else if (await isBanned(server, { ...to, user }))
          await post(to, 'unban', { user_id: user, ...because(reason) });
        else levels.push({ user, rank: { affiliation } });
      }
      return levels.length === 0 ? TAKEN : inTurn(() => raise(to, levels));
    },

    async topic(to: Aim, { text }: EventOf<'topic'>): Promise<Delivered> {
      await setState(to, 'm.room.topic', { topic: text });
      return TAKEN;
    },

    /** §11.2.4: the picture of a room; without one it has none any more. */
    async picture(to: Aim, url: string | undefined): Promise<Delivered> {
      await setState(to, 'm.room.avatar', url === undefined ? {} : { url });
      return TAKEN;
    },

    /** The place is the person, or where others answer an invitation. */
    async invite(event: EventOf<'invite'>, account: AccountKey, user: string): Promise<Delivered> {
      const room = addresses.parse(event.room).name;
      const as = await ghosts.ready(account);
      const id = room.startsWith('#') ? await rooms.resolveAlias(room) : room;
      if (event.declined) await post({ as, room: id }, 'leave', because(event.reason));
      else await post({ as, room: id }, 'invite', { user_id: user, ...because(event.reason) });
      return TAKEN;
    },

    async nick(account: AccountKey, event: EventOf<'nick'>): Promise<void> {
      if (event.place.kind !== 'shared') return;
      const inside = rooms.get(addresses.parse(event.place.id).name);
      const user = ghosts.idOf(account);
      if (!inside?.inside.has(account)) return;
      const who = occupantOf(inside.room, { user, nick: nickOf(inside.room, user) ?? '' }, ghosts.accountOf);
      const nick = chooseNick(inside.room, user, event.wanted);
      if (nick === undefined || nick === who.nick) return;
      const from = { kind: 'network', id: user, name: who.nick } as const;
      await host.emit([{ place: event.place, from, kind: 'occupant', change: 'rename', who, newId: user, nick }]);
    },

    /** Where the homeserver knows no presence, nobody is told any. */
    async presence(account: AccountKey, { show, status }: EventOf<'presence'>): Promise<Delivered> {
      if (silent) return TAKEN;
      const as = await ghosts.ready(account);
      const body = presenceContent(show, status);
      try {
        await server.call({ method: 'PUT', path: ['v3', 'presence', as, 'status'], body, as });
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'not-permitted') throw error;
        silent = true;
      }
      return TAKEN;
    },
  };
}

export type Moderation = ReturnType<typeof openModeration>;
