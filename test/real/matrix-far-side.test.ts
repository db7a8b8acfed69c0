import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDevice } from './matrix-js.mjs';
import { nioClient } from './matrix-nio.ts';
import { describeReal } from './servers.ts';
import { HOMESERVER, type RunningSynapse, startSynapse } from './synapse.ts';

describeReal('two Matrix clients of others', ['synapse'], () => {
  let synapse: RunningSynapse;
  beforeAll(async () => {
    synapse = await startSynapse();
    for (const user of ['alice', 'bob']) await synapse.register(user, 'pw');
  });
  afterAll(() => synapse?.[Symbol.asyncDispose]());

  it('talk with each other through our Synapse, encrypted', async () => {
    const { url } = synapse;
    await using alice = await openDevice({ url, user: 'alice', password: 'pw' });
    await using bob = await nioClient({ url, user: 'bob', password: 'pw' });
    expect([alice.user, bob.user]).toEqual([`@alice:${HOMESERVER}`, `@bob:${HOMESERVER}`]);

    const room = await alice.makeRoom({ encrypted: true, direct: bob.user });
    await bob.next(({ event }) => event === 'invited', 'the invitation');
    await bob.do('join', room);
    await alice.joined(room, bob.user);

    await alice.text(room, 'Ciao, Bob!');
    const heard = await bob.next(({ content }) => content?.body === 'Ciao, Bob!', 'what Alice says');
    expect(heard).toMatchObject({ sender: alice.user, encrypted: true });
    await bob.do('send', room, JSON.stringify({ msgtype: 'm.text', body: 'Ciao, Alice!' }));
    const answer = await alice.next(room, ({ content }) => content.body === 'Ciao, Alice!', 'what Bob says');
    expect(answer).toMatchObject({ sender: bob.user, encrypted: true });
  });

  it('verify each other by emoji, and read old messages from a backup', async () => {
    const { url } = synapse;
    await using phone = await openDevice({ url, user: 'alice', password: 'pw', device: 'PHONE' });
    const recoveryKey = await phone.bootstrap();
    const room = await phone.makeRoom({ encrypted: true });
    const said = await phone.text(room, 'before the laptop');
    await phone.backedUp(1);

    await using laptop = await openDevice({ url, user: 'alice', password: 'pw', device: 'LAPTOP' });
    const shown: string[][] = [];
    const compare = (symbols: readonly string[]) => shown.push([...symbols]) > 0;
    await Promise.all([phone.answerVerification(compare), laptop.askVerification('PHONE', compare)]);
    expect(shown[0]).toEqual(shown[1]);
    await phone.verified(phone.user, 'LAPTOP');

    expect((await laptop.restoreBackup(recoveryKey)).imported).toBeGreaterThan(0);
    expect(await laptop.next(room, ({ id }) => id === said)).toMatchObject({ content: { body: 'before the laptop' } });

    const mxc = await phone.upload(new TextEncoder().encode('a file'), 'text/plain');
    expect(new TextDecoder().decode(await laptop.download(mxc))).toBe('a file');
  });
});
