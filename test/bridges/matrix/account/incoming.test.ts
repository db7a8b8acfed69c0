import { describe, expect, it } from 'vitest';
import { openOwnIncoming } from '#bridges/matrix/account/incoming.ts';
import { openLooks } from '#bridges/matrix/account/looks.ts';
import { openOwnRooms } from '#bridges/matrix/account/rooms.ts';
import { nothingOf, type OwnRoomNews, type SyncNews } from '#bridges/matrix/account/sync.ts';
import type { DeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { openCorrections } from '#bridges/matrix/messages/corrections.ts';
import { openOrigins } from '#bridges/matrix/messages/origins.ts';
import { openReactions } from '#bridges/matrix/messages/reactions.ts';
import { openThreads } from '#bridges/matrix/messages/threads.ts';
import { openUnderway } from '#bridges/matrix/messages/underway.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { type TestHost, testHost } from '../../../contract/host.ts';

const ROOM = '!verona:hs.example';
const nothing: Omit<SyncNews, 'since'> = {
  ...{ next: 's2', joined: [], invited: [], left: [], accountData: [], presence: [] },
  keys: { events: [], changed: [], left: [], counts: {} },
};
let count = 0;

/** What an account is told of one room. */
function opened(name = 'romeo', known: TestHost = testHost('matrix.example', {}), more: object = {}) {
  const { host, drafts } = known;
  const account = accountKey(`${name}@a.example` as BareJid, 'matrix.example');
  const user = `@${name}:hs.example`;
  const server = { call: () => Promise.reject(new Failure('not-permitted')), ...more } as unknown as Homeserver;
  const rooms = openOwnRooms({ host, account, user, server });
  const reactions = openReactions(host, account);
  const threads = openThreads(host, account);
  const corrections = openCorrections(server);
  const keys = {
    take: async () => undefined,
    decrypt: () => Promise.reject(new TypeError('a library that stumbles')),
  } as unknown as DeviceKeys;
  const looks = openLooks({ host, account, user, server });
  const parts = {
    host,
    account,
    user,
    server,
    rooms,
    reactions,
    threads,
    corrections,
    origins: openOrigins(server),
    underway: openUnderway(),
    keys,
    looks,
    link: () => undefined,
    stop: host.signal,
    directRooms: 20,
  };
  const incoming = openOwnIncoming(parts);
  const told = (): unknown[] =>
    drafts
      .filter(({ place }) => place.kind !== 'shared' && place.account === account)
      .flatMap((draft) =>
        draft.kind === 'message' ? [draft.text] : draft.kind === 'reaction' ? [draft.emoji.join(' ')] : [],
      );
  async function sync(
    timeline: readonly unknown[],
    news: Partial<OwnRoomNews> = {},
    since: string | undefined = 's1',
  ): Promise<void> {
    await incoming.take({ ...nothing, since, joined: [{ ...nothingOf(ROOM), timeline, ...news }] });
  }
  const leave = (): Promise<void> => incoming.take({ ...nothing, since: 's1', left: [nothingOf(ROOM)] });
  return { ...known, rooms, told, sync, leave };
}

const event = (type: string, content: unknown, more: object = {}) => ({
  ...{ event_id: `$e${++count}`, sender: '@alice:hs.example', type, origin_server_ts: 1, content },
  ...more,
});
const said = (body: string) => event('m.room.message', { msgtype: 'm.text', body });

describe('what an account is told', () => {
  it('is told of all but the event that breaks its reader', async () => {
    const { sync, told } = opened();
    await sync([]);
    const odd = [null, 7, {}, event('m.room.encrypted', {}), event('m.room.redaction', {}, { redacts: '$\ud800' })];
    await sync(odd.flatMap((one, index) => [one, said(`after ${index}`)]));
    expect(told()).toEqual(odd.map((_, index) => `after ${index}`));
  });

  it('is told of a room that is being made for it and a person as of that person, before the invitation is in it', async () => {
    const { sync, rooms, drafts } = opened();
    const made = { sender: '@romeo:hs.example', state_key: '' };
    rooms.making.set('event-1', '@alice:hs.example');
    await sync([
      event('m.room.create', { 'org.isthmus.id': 'event-1' }, made),
      event('m.room.member', { membership: 'join' }, { ...made, state_key: made.sender }),
    ]);
    const of = { kind: 'contact', action: 'subscribed' };
    expect(drafts).toEqual([expect.objectContaining({ ...of, place: expect.objectContaining({ kind: 'contact' }) })]);
  });

  it('is told what comes once the store is there, if it was away at the beginning', async () => {
    const known = testHost('matrix.example', {});
    let away = 1;
    const list = known.host.state.list;
    const state = {
      ...known.host.state,
      list: (at: Parameters<typeof list>[0]) =>
        away-- > 0 ? Promise.reject(new Failure('remote-server-timeout')) : list(at),
    };
    const { sync, told } = opened('benvolio', { ...known, host: { ...known.host, state } });
    await expect(sync([])).rejects.toThrow();
    await sync([]);
    await sync([said('there')]);
    expect(told()).toEqual(['there']);
  });

  it('is told as the past what was said before it came in, also after a kill in the middle of that', async () => {
    const known = testHost('matrix.example', {});
    const { emit } = known.host;
    const dying: typeof emit = (drafts, writes) =>
      drafts.some(({ kind }) => kind === 'message')
        ? Promise.reject(new Failure('remote-server-timeout'))
        : emit(drafts, writes);
    const before = said('before');
    const killed = opened('tybalt', { ...known, host: { ...known.host, emit: dying } });
    await expect(killed.sync([before])).rejects.toThrow();
    const { sync } = opened('tybalt', known);
    await sync([before]);
    await sync([said('after')], {}, 's2');
    const told = known.drafts.flatMap((one) => (one.kind === 'message' ? [[one.text, one.live ?? true]] : []));
    expect(told).toEqual([
      ['before', false],
      ['after', true],
    ]);
  });

  it('is told what follows a gap that the homeserver does not show', async () => {
    const { sync, told } = opened();
    await sync([]);
    await sync([said('after the gap')], { limited: true, before: 'p1' });
    expect(told()).toEqual(['after the gap']);
  });

  it('is told what a gap holds, also where the homeserver does not say where that is', async () => {
    const asked: unknown[] = [];
    const [first, second, third] = [said('first'), said('second'), said('third')];
    const pages: readonly object[] = [{ chunk: [third, second], end: 'p1' }, { chunk: [first] }];
    const call = async ({ query }: { query: { from?: string } }) => {
      asked.push(query.from);
      return pages[asked.length - 1] ?? {};
    };
    const { sync, told } = opened('romeo', undefined, { call });
    await sync([]);
    asked.length = 0;
    await sync([third], { limited: true, before: undefined }, 's2');
    expect(asked).toEqual([undefined, 'p1']);
    // The core drops what it was told before.
    expect([...new Set(told())]).toEqual(['first', 'second', 'third']);
  });

  it('joins a room anew whose end it is just being told', async () => {
    const known = testHost('matrix.example', {});
    const joins: unknown[] = [];
    const own = event(
      'm.room.member',
      { membership: 'join' },
      { sender: '@romeo:hs.example', state_key: '@romeo:hs.example' },
    );
    const call = async ({ method, path }: { method: string; path: readonly string[] }) => {
      if (method === 'POST') joins.push(path.at(-1));
      return path.includes('m.room.member') ? own.content : {};
    };
    const { sync, leave, rooms, drafts } = opened('romeo', known, { call, json: async () => [own] });
    await sync([], { state: [own] });
    const release = known.holdEmits();
    const ended = leave();
    await known.when('the end', () => drafts.some((one) => one.kind === 'room' && one.change === 'left'));
    expect(rooms.isIn(ROOM)).toBe(false);
    await rooms.come(ROOM, []);
    release();
    await ended;
    expect([rooms.isIn(ROOM), joins]).toEqual([true, [ROOM]]);
  });

  it('is told again what could not be kept', async () => {
    const known = testHost('matrix.example', {});
    const emit = known.host.emit;
    let away = false;
    const host = {
      ...known.host,
      emit: ((...of) => (away ? Promise.reject(new Failure('queue-full')) : emit(...of))) as typeof emit,
    };
    const { sync } = opened('romeo', { ...known, host });
    await sync([]);
    away = true;
    await expect(sync([said('one')])).rejects.toMatchObject({ code: 'queue-full' });
  });

  it('is told of each reaction, whoever else of us is in the room', async () => {
    const romeo = opened('romeo');
    const juliet = opened('juliet', romeo);
    const heart = event('m.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$x', key: '❤' } });
    const gone = event('m.room.redaction', {}, { redacts: heart.event_id });
    for (const one of [romeo, juliet]) await one.sync([]);
    for (const one of [heart, gone]) for (const who of [romeo, juliet]) await who.sync([one]);
    expect([romeo.told(), juliet.told()]).toEqual([
      ['❤', ''],
      ['❤', ''],
    ]);
  });
});
