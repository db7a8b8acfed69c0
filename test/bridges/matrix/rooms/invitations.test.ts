import { expect, it } from 'vitest';
import { openDirects } from '#bridges/matrix/appservice/directs.ts';
import { entersDirect } from '#bridges/matrix/appservice/enters-direct.ts';
import type { Ghosts } from '#bridges/matrix/appservice/ghosts.ts';
import type { Call, Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { openInvitations } from '#bridges/matrix/rooms/invitations.ts';
import type { RoomEvent } from '#bridges/matrix/wire/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type TestHost, testHost } from '../../../contract/host.ts';

const account = 'romeo@a.example matrix.example' as AccountKey;
const invite = (room: string, sender: string): RoomEvent => ({
  ...{ id: '$i', room, sender, type: 'm.room.member', at: 1, content: { membership: 'invite', is_direct: true } },
});

/** Invitations at a homeserver where rooms are joined as `join` says. Nothing is encrypted. */
async function opened(join: (room: string) => Promise<object>, known: TestHost = testHost('matrix.example', {})) {
  const joins: string[] = [];
  const server = {
    async call({ path }: Call) {
      const room = path[2] ?? '';
      if (path[1] !== 'join') throw new Failure('item-not-found', { foreign: 'M_NOT_FOUND' });
      joins.push(room);
      return join(room);
    },
  } as unknown as Homeserver;
  const { host } = known;
  const ghosts = { ready: async () => '@ghost:hs' } as unknown as Ghosts;
  const directs = await openDirects(host);
  const stop = new AbortController();
  const invitations = await openInvitations({
    host,
    stop: stop.signal,
    enter: entersDirect({ server, ghosts, directs, most: 20 }),
  });
  const kept = async () => (await host.state.list({ prefix: 'invited ' })).length;
  return { known, joins, directs, stop, invitations, kept };
}

const away = () => Promise.reject(new Failure('remote-server-timeout'));

it('those of a server that never answers hold up no others', async () => {
  const { invitations, directs } = await opened((room) =>
    room === '!far' ? new Promise(() => undefined) : Promise.resolve({}),
  );
  await invitations.accept(invite('!far', '@eve:far.example'), account);
  await invitations.accept(invite('!near', '@alice:hs.example'), account);
  await invitations.settled('!near');
  expect(directs.in('!near')).toMatchObject({ user: '@alice:hs.example' });
  expect(directs.in('!far')).toBeUndefined();
});

it('a room that is out of reach is tried again, a few times, and one that is refused is not', async () => {
  const { known, invitations, joins, kept } = await opened(away);
  await invitations.accept(invite('!far', '@eve:far.example'), account);
  for (const ms of [0, 30_000, 300_000, 1_800_000, 86_400_000]) {
    known.clock.advance(ms);
    await invitations.settled('!far');
  }
  expect([joins.length, await kept()]).toEqual([4, 0]);
  const other = await opened(() => Promise.reject(new Failure('not-permitted')));
  await other.invitations.accept(invite('!far', '@eve:far.example'), account);
  await other.invitations.settled('!far');
  expect([other.joins, await other.kept()]).toEqual([['!far'], 0]);
});

it('goes on after a restart, and knows whose room it is that was entered without an answer', async () => {
  const first = await opened(away);
  await first.invitations.accept(invite('!late', '@alice:hs.example'), account);
  await first.invitations.settled('!late');
  first.stop.abort();
  let up = false;
  const again = await opened(() => (up ? Promise.resolve({}) : away()), first.known);
  await again.invitations.settled('!late');
  up = true;
  expect(await again.invitations.came(account, '!late')).toBe(true);
  expect(again.directs.in('!late')).toMatchObject({ account, user: '@alice:hs.example' });
  expect([await again.invitations.came(account, '!late'), await again.kept()]).toEqual([false, 0]);
});
