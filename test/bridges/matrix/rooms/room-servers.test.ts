import { expect, it } from 'vitest';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { openRoomServers } from '#bridges/matrix/rooms/room-servers.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import { memoryState } from '../../../contract/memory-state.ts';

const romeo: AccountKey = accountKey('romeo@a.example' as BareJid, 'matrix.example');
const NAMELESS = `!${'n'.repeat(43)}`;
const server = {
  call: async () => ({ room_id: NAMELESS, servers: ['far.example', 'other.example'] }),
} as unknown as Homeserver;

it.each([undefined, romeo])('keeps who knows a room whose id names no server, for %s', async (account) => {
  const host = memoryState({ now: () => 1 });
  const parts = { host, ...(account !== undefined && { account }) };
  const before = openRoomServers(parts);
  expect(await before.of(NAMELESS)).toEqual([]);
  expect(await before.find(server, '#ball:far.example')).toBe(NAMELESS);

  const after = openRoomServers(parts);
  expect(await after.of(NAMELESS)).toEqual(['far.example', 'other.example']);
  expect(after.origin(NAMELESS)).toBe('far.example');
  expect(await openRoomServers({ host, account: accountKey('juliet@a.example' as BareJid, 'x') }).of(NAMELESS)).toEqual(
    [],
  );
});

it('knows the server that an id names without having asked', async () => {
  const servers = openRoomServers({ host: memoryState({ now: () => 1 }) });
  expect(await servers.of('!ball:far.example')).toEqual(['far.example']);
});
