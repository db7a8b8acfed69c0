import { expect, it } from 'vitest';
import type { RoomKeys } from '#bridges/matrix/crypto/machine.ts';
import type { Json } from '#bridges/matrix/wire/event.ts';
import type { TestDevice } from './device.ts';
import { keysWorld, roomOf, text } from './world.ts';

const [ALICE, BOB, CAROL] = ['@alice:hs.example', '@bob:hs.example', '@carol:hs.example'];
const ROOM = '!room:hs.example';
const all = roomOf(ROOM, [ALICE, BOB, CAROL]);
const without = roomOf(ROOM, [ALICE, BOB]);

async function world() {
  const known = await keysWorld();
  const [alice, bob, carol] = [await known.device(ALICE), await known.device(BOB), await known.device(CAROL)];
  return {
    ...{ ...known, alice, bob, carol },
    say: (body: string, room: RoomKeys = all) => alice.keys.encrypt(room, 'm.room.message', text(body)),
    async reads(device: TestDevice, content: Json, room = ROOM): Promise<unknown> {
      await device.sync();
      const plain = await device.keys.decrypt(room, known.event(ALICE, content));
      return typeof plain === 'object' ? (plain.content as Json).body : plain;
    },
  };
}

it('who has left reads nothing that is said after, and who comes back nothing that was said meanwhile', async () => {
  await using known = await world();
  const { bob, carol, say, reads } = known;
  expect(await reads(carol, await say('before'))).toBe('before');
  const [first, second] = [await say('she is gone', without), await say('still', without)];
  for (const content of [first, second]) {
    expect(await reads(bob, content)).toMatch(/gone|still/);
    expect(await reads(carol, content)).toBe('missing');
  }
  const back = await say('welcome');
  expect(await reads(carol, back)).toBe('welcome');
  for (const content of [first, second]) expect(await reads(carol, content)).toBe('missing');
});

it('a device that somebody has logged in with meanwhile reads what is said from then on, and one that was logged out no more', async () => {
  await using known = await world();
  const { alice, bob, say, reads, device, server } = known;
  const before = await say('before');
  const phone = await device(BOB, 'PHONE');
  await alice.sync([BOB]);
  const after = await say('after');
  expect([await reads(phone, before), await reads(phone, after)]).toEqual(['missing', 'after']);
  server.remove(BOB, 'PHONE');
  await alice.sync([BOB]);
  const last = await say('last');
  expect([await reads(phone, last), await reads(bob, last)]).toEqual(['missing', 'last']);
});

it('a device that is not trusted gets no key from then on, and nobody verified is needed to be one', async () => {
  await using known = await world();
  const { alice, bob, carol, say, reads } = known;
  const { machine, engine } = alice.keys;
  expect(await reads(carol, await say('before'))).toBe('before');
  await alice.keys.alone(async () => {
    const { UserId, DeviceId, LocalTrust } = engine.wasm;
    const found = await machine.getDevice(new UserId(CAROL), new DeviceId('DEVICE'));
    await found?.setLocalTrust(LocalTrust.BlackListed);
  });
  const after = await say('after');
  expect([await reads(carol, after), await reads(bob, after)]).toEqual(['missing', 'after']);
});

it('rotates as the room says, and as is sensible where it says nothing that makes sense', async () => {
  await using known = await world();
  const { say, bob, reads } = known;
  let rooms = 0;
  const sessions = async (encryption: Json): Promise<number> => {
    const found = new Set<unknown>();
    const room = `!room${++rooms}:hs.example`;
    for (let count = 0; count < 4; count++) {
      const content = await say('x', { ...without, room, encryption });
      expect(await reads(bob, content, room)).toBe('x');
      found.add(content.session_id);
    }
    return found.size;
  };
  const odd = [{}, { rotation_period_msgs: 'x', rotation_period_ms: -1 }, { algorithm: 'org.example.none' }];
  for (const encryption of [
    ...odd,
    { rotation_period_msgs: 0 },
    { rotation_period_msgs: 1e300, rotation_period_ms: 0.5 },
  ])
    expect(await sessions(encryption), JSON.stringify(encryption)).toBe(1);
  expect(await sessions({ rotation_period_msgs: 2 })).toBe(2);
});
