import { addresses, typed } from '#bridges/matrix/addresses.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { downloadAvatar } from '#bridges/matrix/media/media.ts';
import { bannedIn } from '#bridges/matrix/rooms/banned.ts';
import { nothingListed } from '#bridges/matrix/rooms/directory.ts';
import { type HistoryReader, readHistory } from '#bridges/matrix/rooms/history.ts';
import { roomNow } from '#bridges/matrix/rooms/room-now.ts';
import { type Json, listOf, numberOf, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { localOf, serverOf } from '#bridges/matrix/wire/ids.ts';
import { isSpace, titleOf, traitsOf } from '#bridges/matrix/wire/room.ts';
import { SETTING_TYPES, settingsForm } from '#bridges/matrix/wire/room-settings.ts';
import { cleanName } from '#mappings/names.ts';
import type { Host } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Page } from '#src/model/page.ts';
import type { Party } from '#src/model/party.ts';
import type { Query, Reply, ReplyTo } from '#src/model/query.ts';
import type { Directs } from './directs.ts';
import type { GatewayRooms } from './gateway-rooms.ts';
import type { Ghosts } from './ghosts.ts';

export type AskParts = {
  readonly host: Host;
  readonly server: Homeserver;
  readonly ghosts: Ghosts;
  readonly rooms: GatewayRooms;
  readonly directs: Directs;
  past(values: unknown, room: string, account: AccountKey): readonly Draft[];
};

/** The most that is asked for at a time. */
const MOST = 100;
const MOST_PEOPLE = 300;
/** Nothing follows. */
const LAST = '';

type Answerer<K extends Query['kind']> = (
  query: Extract<Query, { kind: K }>,
  account: AccountKey | undefined,
) => Promise<Extract<Reply, { kind: K }>>;

/** Answers questions by what the homeserver says. */
export function openAsks({ host, server, ghosts, rooms, directs, past }: AskParts) {
  /** Where the page of the directory begins that follows a room. */
  const pages = openRecent<string>(1000);

  /** A page of the directory, and where the next begins; nothing behind the last. */
  async function directory({ page, match }: { readonly page: Page; readonly match?: string | undefined }, id: string) {
    const since = page.after === undefined ? undefined : pages.get(`${id} ${page.after}`);
    if (page.after !== undefined && since === undefined) throw new Failure('item-not-found');
    if (since === LAST) return { total_room_count_estimate: pages.get(`${id} count`) };
    const body = {
      limit: Math.min(Math.max(page.max, 1), MOST),
      ...(since !== undefined && { since }),
      ...(match !== undefined && match !== '' && { filter: { generic_search_term: match } }),
    };
    const call = { method: 'POST', path: ['v3', 'publicRooms'], body, as: ghosts.bot, repeatable: true } as const;
    return server.call(call).catch(nothingListed);
  }

  const answerers: { readonly [K in Query['kind']]?: Answerer<K> } = {
    async rooms({ page, match, below }) {
      if (below !== undefined) {
        const id = await roomOf({ kind: 'room', id: below });
        const known = rooms.get(id);
        return { kind: 'rooms', list: known && !isSpace(known.room) ? [] : await hierarchy(id) };
      }
      const found = await directory({ page, match }, match ?? '');
      const list = listOf(found.chunk).flatMap((one) => listed(objectOf(one)));
      const last = list.at(-1)?.id;
      if (last !== undefined) pages.set(`${match ?? ''} ${last}`, textOf(found.next_batch) ?? LAST);
      const whole = match === undefined || match === '';
      const total = Number(found.total_room_count_estimate ?? Number.NaN);
      const count = whole && Number.isSafeInteger(total) ? total : undefined;
      if (count !== undefined) pages.set(`${match ?? ''} count`, String(count));
      return { kind: 'rooms', list, ...(count !== undefined && { count }) };
    },

    async people({ match, page }) {
      // The directory has no pages: what follows is in a longer answer.
      const body = { search_term: match, limit: MOST_PEOPLE };
      const path = ['v3', 'user_directory', 'search'];
      const call = { method: 'POST', path, body, as: ghosts.bot, repeatable: true } as const;
      const found = await server.call(call).catch(nothingListed);
      const list = listOf(found.results).flatMap((one) => {
        const { user_id: id, display_name: name } = objectOf(one);
        if (typeof id !== 'string' || ghosts.isOurs(id)) return [];
        return [{ id: localOf(id), name: cleanName(textOf(name) ?? '') || id }];
      });
      const from = page.after === undefined ? 0 : list.findIndex(({ id }) => id === page.after) + 1;
      const count = found.limited === false ? { count: list.length } : {};
      return { kind: 'people', list: list.slice(from, from + page.max), ...count };
    },

    async room({ place }, account) {
      const id = await roomOf(place);
      const inside = rooms.get(id);
      if (inside) {
        const { room } = inside;
        const avatar = room.avatar === undefined ? undefined : await downloadAvatar(server, room.avatar);
        return {
          kind: 'room',
          name: titleOf(room),
          ...(room.topic && { topic: room.topic.text }),
          occupants: rooms.occupants(inside).length,
          traits: traitsOf(room),
          ...(avatar && { avatar }),
        };
      }
      return summary(id, account);
    },

    async occupants({ place, page }) {
      const inside = rooms.get(await roomOf(place));
      if (!inside) throw new Failure('not-joined');
      const all = rooms.occupants(inside);
      const from = page.after === undefined ? 0 : all.findIndex(({ id }) => id === page.after) + 1;
      return { kind: 'occupants', list: all.slice(from, from + page.max), count: all.length };
    },

    async list({ place, affiliation }, account) {
      const inside = rooms.get(await roomOf(place));
      if (!inside || !account) throw new Failure('not-joined');
      const as = ghosts.idOf(account);
      if (affiliation === 'outcast') {
        const banned = await bannedIn(server, { room: inside.room.id, as });
        return { kind: 'list', list: banned.map(({ user, name }) => party(user, name)) };
      }
      const room = await roomNow({ server, as }, inside.room, ['m.room.power_levels']);
      const list = rooms.occupants({ ...inside, room }).filter((one) => one.affiliation === affiliation);
      return { kind: 'list', list: list.map(({ id, nick }) => party(id, nick)) };
    },

    async profile({ who }) {
      const found = await server.call({ method: 'GET', path: ['v3', 'profile', who] });
      const name = cleanName(textOf(found.displayname) ?? '', 128);
      const mxc = textOf(found.avatar_url);
      const avatar = mxc === undefined ? undefined : await downloadAvatar(server, mxc);
      return {
        kind: 'profile',
        ...(name !== '' && { name }),
        ...(avatar && { avatar }),
        facts: { matrix: who },
      };
    },

    async history({ place, page, near }, account) {
      const id =
        place.kind === 'contact'
          ? directs.between(place.account, addresses.parse(place.id).name)?.room
          : await roomOf(place);
      if (id === undefined) return { kind: 'history', events: [], complete: true };
      const [first] = rooms.get(id)?.inside ?? [];
      const by = account ?? (place.kind === 'contact' ? place.account : first);
      if (!by) throw new Failure('not-joined');
      return history(id, by, page, near);
    },

    async config({ place }, account) {
      const inside = rooms.get(await roomOf(place));
      if (!inside || !account) throw new Failure('not-joined');
      const as = ghosts.idOf(account);
      const room = await roomNow({ server, as }, inside.room, SETTING_TYPES);
      const form = settingsForm(room, as);
      const facts = { id: room.id, ...(room.alias !== undefined && { alias: room.alias }) };
      return { kind: 'config', facts, ...(form && { form }) };
    },

    async ping({ who }) {
      const start = host.clock.now();
      if (who === undefined) await server.call({ method: 'GET', path: ['versions'] });
      else await server.call({ method: 'GET', path: ['v3', 'profile', who] });
      return { kind: 'ping', ms: host.clock.now() - start };
    },

    async resolve({ text }) {
      const address = typed(text);
      const name = address.name.startsWith('#') ? await rooms.resolveAlias(address.name) : address.name;
      return { kind: 'resolve', id: addresses.format({ ...address, name }), shown: addresses.format(address) };
    },
  };

  async function roomOf(place: { readonly kind: string; readonly id?: string }): Promise<string> {
    if (place.id === undefined) throw new Failure('not-supported');
    const { kind, name } = addresses.parse(place.id);
    if (kind !== 'room') throw new Failure('item-not-found');
    return name.startsWith('#') ? rooms.resolveAlias(name) : name;
  }

  async function summary(id: string, account: AccountKey | undefined): Promise<Extract<Reply, { kind: 'room' }>> {
    const query = { via: await rooms.servers.of(id) };
    const as = account === undefined ? ghosts.bot : await ghosts.ready(account);
    const found = await server.call({ method: 'GET', path: ['v1', 'room_summary', id], query, as });
    const [topic, users] = [textOf(found.topic), numberOf(found.num_joined_members)];
    return {
      kind: 'room',
      name: cleanName(textOf(found.name) ?? textOf(found.canonical_alias) ?? id, 128),
      ...(topic !== undefined && { topic }),
      ...(users !== undefined && { occupants: users }),
      ...(found.join_rule !== 'public' && { traits: ['members-only'] as const }),
    };
  }

  async function hierarchy(id: string) {
    const path = ['v1', 'rooms', id, 'hierarchy'];
    const found = await server.call({ method: 'GET', path, query: { limit: MOST, max_depth: 1 }, as: ghosts.bot });
    const list = listOf(found.rooms).map(objectOf);
    list.forEach(rooms.servers.below);
    return list.flatMap((one) => (one.room_id === id ? [] : listed(one)));
  }

  /** A page of what was said, as an account may read it. */
  function history(id: string, account: AccountKey, page: Page, near?: number) {
    const as = ghosts.idOf(account);
    const reader: HistoryReader = {
      get: (path, query) => server.call({ method: 'GET', path, query, as }),
      past: (values, room) => past(values, room, account),
    };
    return readHistory(reader, id, page, near);
  }

  return {
    async ask<Q extends Query>(query: Q, account: AccountKey | undefined): Promise<ReplyTo<Q>> {
      const answerer = answerers[query.kind] as Answerer<Query['kind']> | undefined;
      if (!answerer) throw new Failure('not-supported');
      return (await answerer(query, account)) as ReplyTo<Q>;
    },
    history,
  };
}

const party = (id: string, name: string | undefined): Party => ({
  kind: 'network',
  id,
  ...(name !== undefined && { name }),
});

/** A room of a directory: by its alias where it has one, since people know it so. */
function listed(room: Json) {
  const [id, alias] = [textOf(room.room_id), textOf(room.canonical_alias)];
  if (!id?.startsWith('!')) return [];
  const [topic, users] = [textOf(room.topic), numberOf(room.num_joined_members)];
  // One whose server cannot be told from its id is only found by its alias.
  const address = alias?.startsWith('#') && serverOf(alias) !== '' ? alias : id;
  return [
    {
      id: localOf(address),
      name: cleanName(textOf(room.name) ?? alias ?? id, 128),
      ...(topic !== undefined && topic !== '' && { topic }),
      ...(users !== undefined && { users }),
      ...(room.room_type === 'm.space' && { space: true }),
    },
  ];
}
