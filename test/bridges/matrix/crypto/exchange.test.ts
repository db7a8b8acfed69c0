import { expect, it } from 'vitest';
import { openBreaker } from '#bridges/matrix/homeserver/breaker.ts';
import { Failure } from '#src/model/failure.ts';
import { handClock } from '../../../hand-clock.ts';
import type { TestDevice } from './device.ts';
import { type Befalls, type KeyAsk, keysWorld, roomOf, text } from './world.ts';

const [ALICE, BOB, CAROL] = ['@alice:hs.example', '@bob:hs.example', '@carol:hs.example'];
const CALM = roomOf('!calm:hs.example', [ALICE, BOB]);
const SICK = roomOf('!sick:hs.example', [ALICE, CAROL]);

/** Alice talks with Bob in one room, and is about to with Carol in another. */
async function twoRooms(exchanges = openBreaker(handClock(), { min: 0, max: 0 })) {
  const world = await keysWorld();
  const alice = await world.device(ALICE, 'DEVICE', exchanges);
  const [bob, carol] = [await world.device(BOB), await world.device(CAROL)];
  const say = (room: typeof CALM, body: string) => alice.keys.encrypt(room, 'm.room.message', text(body));
  const read = async (device: TestDevice, room: typeof CALM, content: Awaited<ReturnType<typeof say>>) => {
    await device.sync();
    return device.keys.decrypt(room.room, world.event(ALICE, content));
  };
  await say(CALM, 'first');
  return { ...world, alice, bob, carol, say, read };
}

const away = () => Promise.reject(new Failure('remote-server-timeout'));
const ofCarol =
  (work: () => Promise<unknown>): Befalls =>
  (...args) =>
    JSON.stringify(args).includes(CAROL) ? work() : undefined;

it.each<KeyAsk>(['query', 'claim', 'send'])(
  'a homeserver that fails for ever at a %s for one room fails what is said there, and nothing elsewhere',
  async (ask) => {
    await using world = await twoRooms();
    const { say, read, sick, bob, carol } = world;
    sick.set(ask, ofCarol(away));
    for (let tries = 0; tries < 3; tries++) {
      await expect(say(SICK, 'o Carol')).rejects.toMatchObject({ code: 'remote-server-timeout', certain: true });
      const content = await say(CALM, `calm ${tries}`);
      expect(await read(bob, CALM, content)).toMatchObject({ content: text(`calm ${tries}`) });
    }
    sick.clear();
    const content = await say(SICK, 'o Carol');
    expect(JSON.stringify(content)).not.toContain('o Carol');
    expect(await read(carol, SICK, content)).toMatchObject({ content: text('o Carol') });
  },
);

it.each<KeyAsk>(['query', 'claim', 'send'])(
  'while a %s is not answered, all else is encrypted and read',
  async (ask) => {
    await using world = await twoRooms();
    const { alice, bob, carol, say, read, sick, event } = world;
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const held = (...args: readonly unknown[]) => {
      if (!JSON.stringify(args).includes(CAROL)) return undefined;
      asked.resolve();
      sick.clear();
      return answered.promise.then(() => Reflect.apply(world.server[ask] as never, world.server, [...args]));
    };
    sick.set(ask, held);
    const pending = say(SICK, 'o Carol');
    await asked.promise;
    expect(await read(bob, CALM, await say(CALM, 'meanwhile'))).toMatchObject({ content: text('meanwhile') });
    const answer = await bob.keys.encrypt(CALM, 'm.room.message', text('I hear'));
    await alice.sync();
    expect(await alice.keys.decrypt(CALM.room, event(BOB, answer))).toMatchObject({ content: text('I hear') });
    answered.resolve();
    expect(await read(carol, SICK, await pending)).toMatchObject({ content: text('o Carol') });
  },
);

it('what a homeserver has failed at for a room is left alone for a while, and asked again then', async () => {
  const clock = handClock();
  await using world = await twoRooms(openBreaker(clock, { min: 1_000, max: 4_000 }));
  const { say, sick, asked } = world;
  sick.set('claim', away);
  const claims = (): number => asked.filter((one) => one === 'claim').length;
  const before = claims();
  for (const pause of [1_000, 2_000, 4_000, 4_000]) {
    const count = claims();
    for (let tries = 0; tries < 5; tries++) await expect(say(SICK, 'x')).rejects.toBeInstanceOf(Failure);
    expect(claims()).toBe(count + 1);
    clock.advance(pause);
  }
  expect(claims()).toBe(before + 4);
  sick.clear();
  expect(await say(SICK, 'x')).toMatchObject({ algorithm: 'm.megolm.v1.aes-sha2' });
});

it('what cannot be sent keeps the rest from nothing', async () => {
  await using world = await keysWorld();
  const { sick, asked } = world;
  sick.set('upload', away);
  await expect(world.device(ALICE)).rejects.toMatchObject({ code: 'remote-server-timeout' });
  // The library asks for the devices of its own user at once, whatever became of its keys.
  expect(asked).toEqual(expect.arrayContaining(['upload', 'query']));
});

it('a device of which no key is to be had is no reason to be silent', async () => {
  await using world = await twoRooms();
  const { carol, say, read, sick, server } = world;
  const phone = await world.device(CAROL, 'PHONE');
  sick.set('claim', async (asked) => {
    const { one_time_keys: keys } = server.claim(asked as never);
    return { one_time_keys: { [CAROL]: { ...keys[CAROL], PHONE: {} } }, failures: { 'dead.example': {} } };
  });
  const content = await say(SICK, 'o Carol');
  expect(await read(carol, SICK, content)).toMatchObject({ content: text('o Carol') });
  expect(await read(phone, SICK, content)).toBe('missing');
});
