import { expect, it } from 'vitest';
import { openConsent } from '#bridges/matrix/appservice/consent.ts';
import { config } from '#bridges/matrix/config.ts';
import type { Call, Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import { testHost } from '../../../contract/host.ts';

const settings = config.parse({
  homeserver: { url: 'http://127.0.0.1:1', name: 'hs.example' },
  appservice: { as_token: 'as', hs_token: 'hs' },
});
const DAY = 24 * 3_600_000;

it('asks a few at a time for each account, and no longer for what nobody has answered in a week', async () => {
  const asked: string[] = [];
  const call = async ({ method, path }: Call) => {
    if (path.includes('m.room.encryption')) throw new Failure('item-not-found', { foreign: 'M_NOT_FOUND' });
    if (method === 'PUT') asked.push(String(path[2]));
    return { event_id: '$q' };
  };
  const { host } = testHost('matrix.example', {});
  let now = 1;
  const clock = { ...host.clock, now: () => now };
  const server: Homeserver = { call, json: call, bytes: () => Promise.reject(), upload: () => Promise.reject() };
  const consents = await openConsent({ host: { ...host, clock }, config: settings, server, bot: '@bot:hs.example' });
  const account: AccountKey = accountKey('romeo@a.example' as BareJid, 'matrix.example');
  const enter = (name: string) =>
    consents
      .assertOpen({ account, id: `!${name}:far.example`, via: [], origin: undefined })
      .catch((error) => error.code);
  for (const name of ['a', 'b', 'c', 'a']) expect(await enter(name)).toBe('members-only');
  expect(await enter('d')).toBe('too-fast');
  expect(asked).toEqual(['!a:far.example', '!b:far.example', '!c:far.example']);
  now += 8 * DAY;
  expect(await enter('d')).toBe('members-only');
  expect(await enter('a')).toBe('members-only');
  expect(asked.slice(3)).toEqual(['!d:far.example', '!a:far.example']);
  await consents.answered('!a:far.example', 'allowed');
  expect(await enter('a')).toBeUndefined();
});

it('takes a room for the successor of one that is allowed only where that says so itself', async () => {
  const [old, next, stranger] = ['!old:far.example', `!${'n'.repeat(43)}`, `!${'s'.repeat(43)}`];
  const asked: string[] = [];
  const call = async ({ method, path }: Call) => {
    if (path.includes('m.room.encryption')) throw new Failure('item-not-found', { foreign: 'M_NOT_FOUND' });
    if (path.includes('m.room.tombstone')) return { replacement_room: next };
    if (path.includes('m.room.create'))
      return {
        ...{ event_id: `$${path[2]?.slice(1)}`, sender: '@eve:evil.example' },
        content: { predecessor: { room_id: old } },
      };
    if (method === 'PUT') asked.push(String(path[2]));
    return { event_id: '$q' };
  };
  const { host } = testHost('matrix.example', {});
  const server: Homeserver = { call, json: call, bytes: () => Promise.reject(), upload: () => Promise.reject() };
  const consents = await openConsent({ host, config: settings, server, bot: '@bot:hs.example' });
  const account: AccountKey = accountKey('romeo@a.example' as BareJid, 'matrix.example');
  const enter = (id: string) =>
    consents.assertOpen({ account, id, via: [], origin: undefined }).catch((error) => error.code);
  await consents.answered(old, 'allowed');
  expect(await enter(stranger)).toBe('members-only');
  expect(await enter(next)).toBeUndefined();
  expect(asked).toEqual([stranger]);
});

it('believes nobody who has made a room whose id is not that of its making', async () => {
  const id = `!${'n'.repeat(43)}`;
  // What a homeserver that does not know `format` answers is what the maker of the room has written.
  const call = async () => ({ type: 'm.room.create', sender: '@alice:hs.example', event_id: '$other' });
  const { host } = testHost('matrix.example', {});
  const server: Homeserver = { call, json: call, bytes: () => Promise.reject(), upload: () => Promise.reject() };
  const consents = await openConsent({ host, config: settings, server, bot: '@bot:hs.example' });
  const account: AccountKey = accountKey('romeo@a.example' as BareJid, 'matrix.example');
  const entering = consents.assertOpen({ account, id, via: [], origin: undefined });
  await expect(entering).rejects.toMatchObject({ code: 'not-supported' });
});

it('asks once for all who come at a time, and not again at once where that fails', async () => {
  let tries = 0;
  let failing = true;
  const call = async ({ method, path }: Call) => {
    if (path.includes('m.room.encryption')) throw new Failure('item-not-found', { foreign: 'M_NOT_FOUND' });
    if (path.includes('join')) tries += 1;
    if (failing) throw new Failure('remote-server-timeout');
    if (method === 'PUT') await new Promise((done) => setImmediate(done));
    return { event_id: '$q' };
  };
  const { host } = testHost('matrix.example', {});
  let now = 1;
  const clock = { after: host.clock.after, now: () => now };
  const server: Homeserver = { call, json: call, bytes: () => Promise.reject(), upload: () => Promise.reject() };
  const consents = await openConsent({ host: { ...host, clock }, config: settings, server, bot: '@bot:hs.example' });
  const enter = (who: string, name = 'a') =>
    consents
      .assertOpen({
        account: accountKey(`${who}@a.example` as BareJid, 'matrix.example'),
        id: `!${name}:far.example`,
        via: [],
        origin: undefined,
      })
      .catch((error) => error.code);
  // All rooms of a server that fails, and of no other.
  expect(await enter('romeo')).toBe('remote-server-timeout');
  expect(await enter('romeo', 'b')).toBe('remote-server-timeout');
  expect(await enter('juliet')).toBe('remote-server-timeout');
  expect(tries).toBe(1);
  failing = false;
  now += 60_000;
  expect(await Promise.all([enter('romeo'), enter('juliet')])).toEqual(['members-only', 'members-only']);
  expect(tries).toBe(2);
  const waiting = await consents.answered('!a:far.example', 'allowed');
  expect(waiting.map((one) => one.split('@')[0])).toEqual(['romeo', 'juliet']);
});
