import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  heardFrom,
  jidOf,
  linkAccount,
  MATRIX,
  type MatrixWorld,
  online,
  startMatrixWorld,
  write,
} from './matrix-account-world.ts';
import type { MatrixJsDevice } from './matrix-js.mjs';
import { describeReal, xml } from './servers.ts';
import { HOMESERVER } from './synapse.ts';
import { enter } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';

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
      // An emoji may be among them twice.
      let from = 0;
      return symbols.every((symbol) => {
        const at = text.indexOf(symbol, from);
        from = at + symbol.length;
        return at >= 0;
      });
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

    // From now on new keys go into the backup as well.
    await bob.send(xml('message', { to: jidOf(room), type: 'groupchat', id: 'm1' }, xml('body', {}, 'kept')));
    await dave.next(room, ({ content }) => content.body === 'kept', 'what Bob says');
    await phone.backedUp(2);
  });

  it('lives in rooms that its network keeps: also what changes, what is written elsewhere, and who goes', async () => {
    const me = `@alice:${HOMESERVER}`;
    await using carol = await world.device('carol');
    await using other = await world.device('alice');
    await using alice = await world.login('alice');
    await online(alice);
    const room = await carol.makeRoom({ encrypted: true, invite: [me], name: 'Verona' });
    const jid = jidOf(room);

    // Somebody invites, and coming in by the address takes it.
    await alice.next((one) => one.toString().includes(jid) && one.is('message'), 'the invitation');
    await enter(alice, jid, 'alice');
    await carol.joined(room, me);
    await other.joined(room, me);

    const first = await carol.text(room, 'helo');
    const heard = await groupchat(alice, jid, 'helo');
    await carol.send(room, {
      msgtype: 'm.text',
      body: '* hello',
      'm.new_content': { msgtype: 'm.text', body: 'hello' },
      'm.relates_to': { rel_type: 'm.replace', event_id: first },
    });
    const edit = await groupchat(alice, jid, 'hello');
    expect(edit.getChild('replace', 'urn:xmpp:message-correct:0')?.attrs.id).toBeDefined();

    // What XMPP says is encrypted there; a reaction and a retraction are about what they name.
    await alice.send(xml('message', { to: jid, type: 'groupchat', id: 'm1' }, xml('body', {}, 'a rose')));
    const said = await carol.next(room, ({ content }) => content.body === 'a rose', 'what Alice says');
    expect(said).toMatchObject({ sender: me, encrypted: true });
    await groupchat(alice, jid, 'a rose');
    const id = heard.getChild('stanza-id', 'urn:xmpp:sid:0')?.attrs.id ?? '';
    const reactions = xml('reactions', { xmlns: 'urn:xmpp:reactions:0', id }, xml('reaction', {}, '👍'));
    await alice.send(xml('message', { to: jid, type: 'groupchat', id: 'm2' }, reactions));
    const reaction = await carol.next(room, ({ type }) => type === 'm.reaction', 'the reaction');
    expect(reaction.content['m.relates_to']).toMatchObject({ event_id: first, key: '👍' });

    // Written in another client of the same account, it is the user's own.
    await other.text(room, 'from my other client');
    const own = await groupchat(alice, jid, 'from my other client');
    expect(own.attrs.from).toBe(`${jid}/alice`);

    // A client that goes is still a member: what is said meanwhile is there when it is back.
    await alice.send(xml('presence', { to: `${jid}/alice`, type: 'unavailable' }));
    await alice.next((one) => one.is('presence') && one.attrs.type === 'unavailable', 'that the client is out');
    await carol.text(room, 'while you were out');
    await alice.next((one) => one.is('message') && one.toString().includes('muc#user'), 'that something waits');
    await enter(alice, jid, 'alice');
    await groupchat(alice, jid, 'while you were out');

    await carol.client.kick(room, me, 'enough');
    const out = await alice.next((one) => one.is('presence') && one.attrs.type === 'unavailable', 'the kick');
    expect(out.toString()).toContain('307');
  });

  it('tells all that was said while it was away, in order, also what a sync leaves out', async () => {
    const me = `@alice:${HOMESERVER}`;
    await using dave = await world.device('dave');
    await using alice = await world.login('alice');
    await online(alice);
    const daveJid = jidOf(dave.user);
    const room = await dave.makeRoom({ direct: me });
    await dave.joined(room, me);
    await dave.text(room, 'line 0');
    await heardFrom(alice, daveJid, 'line 0');
    await world.stop();
    const lines = Array.from({ length: 70 }, (_, index) => `line ${index + 1}`);
    for (const line of lines) await dave.text(room, line);
    await world.start();
    const heard: string[] = [];
    while (heard.length < lines.length) {
      const one = await alice.next(
        (stanza) => stanza.attrs.from?.startsWith(daveJid) === true && !!stanza.getChild('body'),
        'a line',
      );
      heard.push(one.getChildText('body') ?? '');
    }
    expect(heard).toEqual(lines);
  });
});

/** The next message of a room with these words. */
const groupchat = (client: XmppClient, room: string, body: string): Promise<Element> =>
  client.next(
    (one) =>
      one.attrs.type === 'groupchat' && !!one.attrs.from?.startsWith(`${room}/`) && one.getChildText('body') === body,
    `"${body}" in ${room}`,
  );

/** The device of the gateway, as another one of its user sees it. */
async function deviceOf(phone: MatrixJsDevice): Promise<string> {
  const found = (await phone.devices()).find(({ name }) => name === 'Isthmus (XMPP)');
  if (!found) throw new Error('the gateway has no device');
  return found.id;
}
