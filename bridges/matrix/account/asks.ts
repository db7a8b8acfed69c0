import { addresses, typed } from '#bridges/matrix/addresses.ts';
import { downloadAvatar } from '#bridges/matrix/media/media.ts';
import { bannedIn } from '#bridges/matrix/rooms/banned.ts';
import { nothingListed } from '#bridges/matrix/rooms/directory.ts';
import { type HistoryReader, readHistory } from '#bridges/matrix/rooms/history.ts';
import { roomNow } from '#bridges/matrix/rooms/room-now.ts';
import { type Json, listOf, numberOf, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { localOf } from '#bridges/matrix/wire/ids.ts';
import { isJoined, isSpace, joined, titleOf, traitsOf } from '#bridges/matrix/wire/room.ts';
import { SETTING_TYPES, settingsForm } from '#bridges/matrix/wire/room-settings.ts';
import { cleanName } from '#mappings/names.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Page } from '#src/model/page.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, Reply, ReplyTo } from '#src/model/query.ts';
import type { OwnAccount } from './session.ts';

/** Entries of one answer. */
const MOST = 100;
const MOST_PEOPLE = 300;

type Answerer<K extends Query['kind']> = (query: Extract<Query, { kind: K }>) => Promise<Extract<Reply, { kind: K }>>;

/** What an account may ask the homeserver, by its own rights. */
export function openOwnAsks(
  host: Pick<Host, 'clock'>,
  { server, rooms, incoming, user, session: { account } }: OwnAccount,
) {
  const nameIn = (place: Place): string => {
    if (place.kind === 'realm') throw new Failure('not-supported');
    return addresses.parse(place.id).name;
  };

  async function idOf(place: Place): Promise<string> {
    const name = nameIn(place);
    if (place.kind !== 'contact') return name.startsWith('#') ? rooms.servers.find(server, name) : name;
    const known = rooms.between(name);
    if (known === undefined) throw new Failure('item-not-found');
    return known;
  }

  const answerers: { readonly [K in Query['kind']]?: Answerer<K> } = {
    /** The rooms that the user is in, and what lies below a space. */
    async rooms({ below, match, page }) {
      const inside = below === undefined ? undefined : await listBelow({ kind: 'room', account, id: below });
      const mine = [...rooms.ids()].filter((id) => rooms.isIn(id) && rooms.partner(id) === undefined);
      const list =
        inside ??
        mine.flatMap((id) => {
          const known = rooms.get(id);
          if (!known) return [];
          const { room } = known;
          return [
            { id: localOf(id), name: titleOf(room, (who) => who === user), ...(isSpace(room) && { space: true }) },
          ];
        });
      const wanted = match?.toLowerCase();
      const found = wanted === undefined ? list : list.filter(({ name }) => name.toLowerCase().includes(wanted));
      return { kind: 'rooms', list: pageOf(found, page), count: found.length };
    },

    async people({ match, page }) {
      const body = { search_term: match, limit: MOST_PEOPLE };
      const call = { method: 'POST', path: ['v3', 'user_directory', 'search'], body, repeatable: true } as const;
      // The directory has no pages: what follows is in a longer answer.
      const { results, limited } = await server.call(call).catch(nothingListed);
      const list = listOf(results).flatMap((one) => {
        const { user_id, display_name } = objectOf(one);
        const id = textOf(user_id);
        return id === undefined ? [] : [{ id: localOf(id), name: cleanName(textOf(display_name) ?? id, 128) }];
      });
      const count = limited === false ? { count: list.length } : {};
      return { kind: 'people', list: pageOf(list, page), ...count };
    },

    async room({ place }) {
      const id = await idOf(place);
      const known = rooms.get(id);
      if (!known || !isJoined(known.room, user)) return summary(id);
      const { room } = await rooms.complete(id);
      const avatar = room.avatar === undefined ? undefined : await downloadAvatar(server, room.avatar);
      return {
        kind: 'room',
        name: titleOf(room, (who) => who === user),
        ...(room.topic && { topic: room.topic.text }),
        occupants: joined(room).length,
        traits: traitsOf(room),
        ...(avatar && { avatar }),
      };
    },

    async occupants({ place, page }) {
      const all = rooms.occupants(await inside(place));
      return { kind: 'occupants', list: pageOf(all, page), count: all.length };
    },

    async list({ place, affiliation }) {
      const own = await inside(place);
      if (affiliation === 'outcast') {
        const banned = await bannedIn(server, { room: own.room.id });
        return { kind: 'list', list: banned.map(({ user: id }) => ({ kind: 'network', id })) };
      }
      const room = await roomNow({ server }, own.room, ['m.room.power_levels']);
      const list = rooms.occupants({ ...own, room }).filter((one) => one.affiliation === affiliation);
      return { kind: 'list', list: list.map(({ id, nick: name }) => ({ kind: 'network', id, name })) };
    },

    async profile({ who }) {
      const id = who.startsWith('@') ? who : addresses.parse(who).name;
      const found = await server.call({ method: 'GET', path: ['v3', 'profile', id] });
      const name = cleanName(textOf(found.displayname) ?? '', 128);
      const mxc = textOf(found.avatar_url);
      const avatar = mxc === undefined ? undefined : await downloadAvatar(server, mxc);
      return { kind: 'profile', ...(name !== '' && { name }), ...(avatar && { avatar }), facts: { matrix: id } };
    },

    async config({ place }) {
      const own = await inside(place);
      const room = await roomNow({ server }, own.room, SETTING_TYPES);
      const form = settingsForm(room, user);
      const facts = { id: room.id, ...(room.alias !== undefined && { alias: room.alias }) };
      return { kind: 'config', facts, ...(form && { form }) };
    },

    history: async ({ place, page, near }) => readHistory(reader, await idOf(place), page, near),

    async ping({ who }) {
      const start = host.clock.now();
      await server.call({ method: 'GET', path: who === undefined ? ['versions'] : ['v3', 'profile', who] });
      return { kind: 'ping', ms: host.clock.now() - start };
    },

    async resolve({ text }) {
      const address = typed(text);
      const name = address.name.startsWith('#') ? await rooms.servers.find(server, address.name) : address.name;
      return { kind: 'resolve', id: addresses.format({ ...address, name }), shown: addresses.format(address) };
    },
  };

  async function inside(place: Place) {
    const id = await idOf(place);
    if (!rooms.isIn(id)) throw new Failure('not-joined');
    return rooms.complete(id);
  }

  async function summary(id: string): Promise<Extract<Reply, { kind: 'room' }>> {
    const query = { via: await rooms.via(id) };
    const found = await server.call({ method: 'GET', path: ['v1', 'room_summary', id], query });
    const [topic, users] = [textOf(found.topic), numberOf(found.num_joined_members)];
    return {
      kind: 'room',
      name: cleanName(textOf(found.name) ?? textOf(found.canonical_alias) ?? id, 128),
      ...(topic !== undefined && { topic }),
      ...(users !== undefined && { occupants: users }),
      ...(found.join_rule !== 'public' && { traits: ['members-only'] as const }),
    };
  }

  /** Of a room that is known to be no space nothing is asked. */
  async function listBelow(place: Place) {
    const id = await idOf(place);
    const known = rooms.get(id);
    return known?.inside && !isSpace(known.room) ? [] : hierarchy(id);
  }

  async function hierarchy(id: string) {
    const query = { limit: MOST, max_depth: 1 };
    const found = await server.call({ method: 'GET', path: ['v1', 'rooms', id, 'hierarchy'], query });
    const list = listOf(found.rooms).map(objectOf);
    list.forEach(rooms.servers.below);
    return list.flatMap((room) => (textOf(room.room_id) === id ? [] : listedRoom(room)));
  }

  const reader: HistoryReader = {
    get: (path, query) => server.call({ method: 'GET', path, query }),
    past: incoming.past,
  };

  return {
    async ask<Q extends Query>(query: Q): Promise<ReplyTo<Q>> {
      const answerer = answerers[query.kind] as Answerer<Query['kind']> | undefined;
      if (!answerer) throw new Failure('not-supported');
      return (await answerer(query)) as ReplyTo<Q>;
    },
  };
}

function pageOf<T extends { readonly id: string }>(all: readonly T[], { after, max }: Page): readonly T[] {
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  return all.slice(from, from + max);
}

function listedRoom(room: Json) {
  const id = textOf(room.room_id);
  if (!id?.startsWith('!')) return [];
  const [topic, users] = [textOf(room.topic), numberOf(room.num_joined_members)];
  return [
    {
      id: localOf(id),
      name: cleanName(textOf(room.name) ?? textOf(room.canonical_alias) ?? id, 128),
      ...(topic !== undefined && topic !== '' && { topic }),
      ...(users !== undefined && { users }),
      ...(room.room_type === 'm.space' && { space: true }),
    },
  ];
}
