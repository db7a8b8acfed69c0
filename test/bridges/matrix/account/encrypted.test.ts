import { expect, it } from 'vitest';
import { openEncrypted } from '#bridges/matrix/account/encrypted.ts';
import type { Decrypted, DeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import { type Json, type RoomEvent, readEvent } from '#bridges/matrix/wire/event.ts';
import type { EventBody } from '#src/model/event.ts';
import { accountKey, type BareJid, type ForeignId } from '#src/model/ids.ts';
import { testHost } from '../../../contract/host.ts';

const ROOM = '!verona:hs.example';
const MINUTE = 60_000;
const account = accountKey('romeo@a.example' as BareJid, 'matrix.example');

/** An account without the key of what Alice says, until `plain` is given. */
function world(known = testHost('matrix.example', {})) {
  const { host, clock, drafts } = known;
  let plain: Decrypted = 'missing';
  const taken: unknown[] = [];
  const open = () =>
    openEncrypted({
      ...{ host, account, keys: { decrypt: async () => plain } as unknown as DeviceKeys },
      draftsOf: (event: RoomEvent, bodies: readonly EventBody[]) =>
        bodies.map((body) => ({
          ids: [event.id as ForeignId],
          place: { kind: 'room', account, id: event.room },
          from: { kind: 'network', id: event.sender },
          ...body,
        })),
      take: async ({ id, content }) => void taken.push([id, content.body]),
      within: (work) => work(),
    });
  const raw: Json = {
    ...{ event_id: '$1', sender: '@alice:hs.example', type: 'm.room.encrypted', origin_server_ts: 1 },
    content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x' },
  };
  const event = readEvent(raw, ROOM);
  if (!event) throw new Error('this is no event');
  return {
    ...{ host, clock, open, taken, raw, event },
    told: () => drafts.map((draft) => [draft.ids, draft.kind === 'message' ? draft.text : draft.kind]),
    keyComes: () => {
      plain = { type: 'm.room.message', content: { msgtype: 'm.text', body: 'ciao' } };
    },
    /** What is due is done, as far as it waits for nothing outside. */
    async later(ms: number) {
      clock.advance(ms);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    },
  };
}
const UNREADABLE = [undefined, '[An encrypted message, which cannot be read here.]'];

it('a message whose key does not come is told as unreadable once, and as what it says when the key comes', async () => {
  const { open, raw, event, told, taken, keyComes, later } = world();
  const encrypted = open();
  expect(await encrypted.opened(event, raw, 'news')).toBeUndefined();
  await later(MINUTE - 1);
  expect(told()).toEqual([]);
  await later(1);
  await encrypted.retry();
  await later(10 * MINUTE);
  expect(told()).toEqual([UNREADABLE]);
  keyComes();
  await encrypted.retry();
  await encrypted.retry();
  expect(taken).toEqual([['$1', 'ciao']]);
});

it('what was taken back before its key came is told by nobody, at no time', async () => {
  const { open, raw, event, told, taken, keyComes, later } = world();
  const encrypted = open();
  await encrypted.opened(event, raw, 'news');
  await encrypted.forget(ROOM, '$other');
  await encrypted.forget(ROOM, '$1');
  await later(10 * MINUTE);
  keyComes();
  await encrypted.retry();
  expect([told(), taken]).toEqual([[], []]);
});

it('a message that waited for its key as the process was killed is told as unreadable by the next run, once', async () => {
  const known = testHost('matrix.example', {});
  const { raw, event } = world(known);
  // Nobody waits any more in the process that is gone.
  const clock = { ...known.clock, after: () => () => undefined };
  const killed = world({ ...known, host: { ...known.host, clock } });
  await killed.open().opened(event, raw, 'news');
  await killed.open().opened({ ...event, id: '$2' }, { ...raw, event_id: '$2' }, 'news');
  await killed.open().opened({ ...event, id: '$3' }, { ...raw, event_id: '$3' }, 'past');
  const next = world(known);
  await next.open().begin();
  await next.later(MINUTE);
  expect(next.told()).toEqual([UNREADABLE, UNREADABLE]);
  await next.open().begin();
  await next.later(MINUTE);
  expect(next.told()).toHaveLength(2);
});
