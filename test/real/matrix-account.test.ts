import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  heardFrom,
  jidOf,
  linkAccount,
  MATRIX,
  type MatrixWorld,
  startMatrixWorld,
  write,
} from './matrix-account-world.ts';
import type { MatrixJsDevice } from './matrix-js.mjs';
import { describeReal } from './servers.ts';
import { HOMESERVER } from './synapse.ts';
import { enter } from './world.ts';

describeReal('an own account on Matrix', ['prosody', 'synapse'], () => {
  let world: MatrixWorld;
  beforeAll(async () => {
    world = await startMatrixWorld({ people: ['alice', 'bob', 'carol', 'dave'] });
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  it('talks in an encrypted chat, both ways, across a restart of the gateway', async () => {
    await using carol = await world.device('carol');
    await using alice = await world.login('alice');
    await linkAccount(alice, 'alice');
    const me = `@alice:${HOMESERVER}`;
    const carolJid = jidOf(carol.user);

    const room = await carol.makeRoom({ encrypted: true, direct: me });
    await carol.joined(room, me);
    await carol.text(room, 'Ciao, Alice!');
    await heardFrom(alice, carolJid, 'Ciao, Alice!');
    await write(alice, carolJid, 'Ciao, Carol!');
    const heard = await carol.next(room, ({ content }) => content.body === 'Ciao, Carol!');
    expect(heard).toMatchObject({ sender: me, encrypted: true });

    await world.stop();
    await carol.text(room, 'Are you asleep?');
    await world.start();
    await heardFrom(alice, carolJid, 'Are you asleep?');
    await write(alice, carolJid, 'Awake again.');
    expect(await carol.next(room, ({ content }) => content.body === 'Awake again.')).toMatchObject({ encrypted: true });
  });

  it('is verified by emoji, and reads old messages with a recovery key', async () => {
    await using phone = await world.device('bob', 'PHONE');
    const recoveryKey = await phone.bootstrap();
    await using dave = await world.device('dave');
    const room = await phone.makeRoom({ encrypted: true, invite: [dave.user] });
    await dave.join(room);
    await phone.joined(room, dave.user);
    await phone.text(room, 'said long ago');
    await phone.backedUp(1);

    await using bob = await world.login('bob');
    await linkAccount(bob, 'bob');
    const shown = Promise.withResolvers<string>();
    const verified = phone.answerVerification(async (symbols) => {
      const text = await shown.promise;
      const at = symbols.map((symbol) => text.indexOf(symbol));
      return at.every((one, index) => one >= 0 && one >= (at[index - 1] ?? 0));
    });
    await write(bob, MATRIX, 'verify');
    const asked = await bob.next((one) => /same order/.test(one.getChildText('body') ?? ''), 'the emoji');
    shown.resolve(asked.getChildText('body') ?? '');
    await write(bob, MATRIX, 'yes');
    await bob.next((one) => /trust this one/.test(one.getChildText('body') ?? ''), 'that it is verified');
    await verified;
    await phone.verified(phone.user, await deviceOf(phone));

    await write(bob, MATRIX, 'recover');
    await bob.next((one) => /Recovery key/.test(one.getChildText('body') ?? ''), 'the question for the key');
    await write(bob, MATRIX, recoveryKey);
    const told = await bob.next((one) => /keys of earlier messages/.test(one.getChildText('body') ?? ''), 'the keys');
    expect(told.getChildText('body')).toMatch(/^1 keys .* trust this one now/);
    await enter(bob, jidOf(room), 'bob');
    await bob.next((one) => one.getChildText('body') === 'said long ago', 'what was said before');
  });
});

/** The device of the gateway, as another one of its user sees it. */
async function deviceOf(phone: MatrixJsDevice): Promise<string> {
  const found = (await phone.devices()).find(({ name }) => name === 'Isthmus (XMPP)');
  if (!found) throw new Error('the gateway has no device');
  return found.id;
}
