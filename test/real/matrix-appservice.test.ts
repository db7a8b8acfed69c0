import { afterAll, beforeAll, expect, it } from 'vitest';
import { matrixJid, startMatrixWorld } from './matrix-world.ts';
import { describeReal, xml } from './servers.ts';
import { HOMESERVER } from './synapse.ts';
import { enter, heard, say } from './world.ts';

type World = Awaited<ReturnType<typeof startMatrixWorld>>;

const ROMEO = `@_xmpp_romeo=40localhost:${HOMESERVER}`;

describeReal('Matrix as an application service', ['prosody', 'synapse'], () => {
  let world: World;
  beforeAll(async () => {
    world = await startMatrixWorld();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  it('has a public room as a room, with members, roles, history, changes and a kick', async () => {
    const alice = await world.user('alice');
    const made = await alice('POST', 'createRoom', {
      preset: 'public_chat',
      room_alias_name: 'verona',
      topic: 'Two households',
    });
    const id = String(made.room_id);
    const at = `rooms/${encodeURIComponent(id)}`;
    await alice('PUT', `${at}/send/m.room.message/0`, { msgtype: 'm.text', body: 'before he came' });
    await using nio = await world.nio('alice');
    await using romeo = await world.login('romeo');
    const room = matrixJid(`#verona:${HOMESERVER}`);

    const self = await enter(romeo, room, 'Romeo');
    expect(self.attrs.type).toBeUndefined();
    expect(await heard(romeo, room)).toBe('alice: before he came');
    await say(romeo, room, 'But *soft*', 'm1');
    const said = await nio.next(({ content }) => content?.body === 'But *soft*', 'what Romeo says');
    expect(said).toMatchObject({ sender: ROMEO, content: { formatted_body: 'But&nbsp;<strong>soft</strong>' } });
    expect(await heard(romeo, room)).toBe('Romeo: But *soft*');

    await nio.do('send', id, JSON.stringify({ msgtype: 'm.text', body: 'Ay me' }));
    expect(await heard(romeo, room)).toBe('alice: Ay me');

    await romeo.send(
      xml(
        'message',
        { to: room, type: 'groupchat', id: 'm2' },
        xml('body', {}, 'But hark'),
        xml('replace', { xmlns: 'urn:xmpp:message-correct:0', id: 'm1' }),
      ),
    );
    const edited = await nio.next(({ content }) => content?.body === '* But hark', 'the correction');
    expect(edited.content).toMatchObject({ 'm.relates_to': { rel_type: 'm.replace', event_id: said.id } });

    await alice('POST', `${at}/kick`, { user_id: ROMEO, reason: 'too late' });
    const out = await romeo.next(
      (one) => one.is('presence') && one.attrs.type === 'unavailable' && one.attrs.from === `${room}/Romeo`,
      'the kick',
    );
    expect(out.toString()).toContain('too late');
    expect(out.toString()).toContain("code='307'".replaceAll("'", '"'));
  });

  it('lets two talk alone, both ways, over a restart', async () => {
    await using nio = await world.nio('bob');
    await using juliet = await world.login('juliet');
    const bob = matrixJid(`bob:${HOMESERVER}`);
    await juliet.send(
      xml(
        'message',
        { to: bob, type: 'chat', id: 'd1' },
        xml('body', {}, 'Good morrow'),
        xml('request', { xmlns: 'urn:xmpp:receipts' }),
      ),
    );
    const invited = await nio.next(({ event }) => event === 'invited', 'the invitation');
    await juliet.next((one) => one.getChild('received') !== undefined, 'the receipt');
    await nio.do('join', invited.room);
    await nio.do('send', invited.room, JSON.stringify({ msgtype: 'm.text', body: 'Is the day so young?' }));
    const chat = (body: string) => juliet.next((one) => one.is('message') && one.getChildText('body') === body, body);
    expect((await chat('Is the day so young?')).attrs.from).toBe(`${bob}/gateway`);

    await world.gateway[Symbol.asyncDispose]();
    await nio.do('send', invited.room, JSON.stringify({ msgtype: 'm.text', body: 'while it is away' }));
    await using _ = await world.launch();
    await chat('while it is away');
    await juliet.send(xml('message', { to: bob, type: 'chat', id: 'd2' }, xml('body', {}, 'once more')));
    const again = await nio.next(({ content }) => content?.body === 'once more', 'what Juliet says');
    expect(again.room).toBe(invited.room);
  });
});
