import { expect, it } from 'vitest';
import { openOwnInvitations } from '#bridges/matrix/account/invited.ts';
import { openOwnRooms } from '#bridges/matrix/account/rooms.ts';
import type { Call, Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { testHost } from '../../../contract/host.ts';

const account = accountKey('romeo@a.example' as BareJid, 'matrix.example');
const user = '@romeo:hs.example';
const invite = (sender: string) => [
  { type: 'm.room.member', state_key: user, sender, content: { membership: 'invite', is_direct: true } },
];

/** Invitations of an account at a homeserver that joins as `join` says, and keeps what other clients have kept. */
function opened(join: (room: string) => Promise<object>) {
  const known = testHost('matrix.example', {});
  const kept: unknown[] = [];
  const server = {
    async call({ method, path, body }: Call) {
      if (path[1] === 'join') return join(path[2] ?? '');
      if (method === 'GET') return { '@bob:hs.example': ['!old:hs.example'] };
      kept.push(body);
      return {};
    },
    json: async () => [],
  } as unknown as Homeserver;
  const rooms = openOwnRooms({ host: known.host, account, user, server });
  const invitations = openOwnInvitations({
    ...{ host: known.host, account, user, server, rooms, stop: new AbortController().signal, directRooms: 20 },
  });
  return { ...known, invitations, rooms, kept };
}

it('one into a room that never answers holds up none of the others, and takes nobody from whom is talked with', async () => {
  const { invitations, rooms, kept } = opened((room) =>
    room.startsWith('!far') ? new Promise(() => undefined) : Promise.resolve({}),
  );
  await invitations.take('!far:far.example', invite('@eve:far.example'));
  await invitations.take('!near:hs.example', invite('@alice:hs.example'));
  await invitations.answered('!near:hs.example');
  expect(rooms.between('@alice:hs.example')).toBe('!near:hs.example');
  expect(kept).toEqual([{ '@bob:hs.example': ['!old:hs.example'], '@alice:hs.example': ['!near:hs.example'] }]);
});

it('one that cannot be taken is tried again, and then left to the user', async () => {
  let tries = 0;
  const { invitations, clock, drafts } = opened(() => {
    tries += 1;
    return Promise.reject(new Failure('remote-server-timeout'));
  });
  await invitations.take('!far:far.example', invite('@eve:far.example'));
  const settled = async () => (await invitations.begin()).settled('!far:far.example');
  for (const ms of [0, 30_000, 300_000, 1_800_000, 86_400_000]) {
    clock.advance(ms);
    await settled();
  }
  expect(tries).toBe(4);
  expect(drafts.map(({ kind }) => kind)).toEqual(['invite']);
});

it('who invites into rooms without end is heard a hundred times, and again when one is answered', async () => {
  const { invitations, drafts } = opened(() => Promise.resolve({}));
  const [asked] = invite('@eve:far.example');
  const into = [{ ...asked, content: { membership: 'invite' } }];
  for (let room = 0; room < 150; room++) await invitations.take(`!${room}:far.example`, into);
  expect(drafts).toHaveLength(100);
  await invitations.answered('!7:far.example');
  for (let room = 140; room < 150; room++) await invitations.take(`!${room}:far.example`, into);
  expect(drafts).toHaveLength(101);
});
