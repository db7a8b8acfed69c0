import { expect, it } from 'vitest';
import { openOwnRooms } from '#bridges/matrix/account/rooms.ts';
import type { Call, Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { testHost } from '../../../contract/host.ts';

const [ALICE, BOB] = ['@alice:hs.example', '@bob:hs.example'];

/** The rooms of an account; what it writes is answered by `answer`. */
function opened() {
  const { host } = testHost('matrix.example', {});
  const written: { readonly body: unknown; answer(): void }[] = [];
  const call = async ({ method, body }: Call) => {
    if (method !== 'PUT') return {};
    const { promise, resolve } = Promise.withResolvers<void>();
    written.push({ body, answer: resolve });
    await promise;
    return {};
  };
  const account = accountKey('romeo@a.example' as BareJid, 'matrix.example');
  const server = { call } as unknown as Homeserver;
  return { written, rooms: openOwnRooms({ host, account, user: '@romeo:hs.example', server }) };
}

/** All that waits for nothing but answers is done. */
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

it('keeps whom the account has begun to talk with alone where the homeserver tells what was before that', async () => {
  const { rooms, written } = opened();
  const first = rooms.pair('!a', ALICE);
  await settled();
  rooms.direct({});
  expect(rooms.partner('!a')).toBe(ALICE);
  written[0]?.answer();
  await first;
  rooms.direct({});
  const second = rooms.pair('!b', BOB);
  await settled();
  expect(written[1]?.body).toEqual({ [ALICE]: ['!a'], [BOB]: ['!b'] });
  written[1]?.answer();
  await second;
  rooms.direct({ [ALICE]: ['!a'], [BOB]: ['!b'] });
  // What another client takes away from now on is gone.
  rooms.direct({ [BOB]: ['!b'] });
  expect(['!a', '!b'].map(rooms.partner)).toEqual([undefined, BOB]);
});

it('says with whom the account talks alone one after the other, for it is written whole', async () => {
  const { rooms, written } = opened();
  const both = [rooms.pair('!a', ALICE), rooms.pair('!b', BOB)];
  await settled();
  expect(written).toHaveLength(1);
  written[0]?.answer();
  await both[0];
  await settled();
  expect(written[1]?.body).toEqual({ [ALICE]: ['!a'], [BOB]: ['!b'] });
  written[1]?.answer();
  await both[1];
});
