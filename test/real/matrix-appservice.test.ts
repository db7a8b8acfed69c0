import { afterAll, beforeAll, expect, it } from 'vitest';
import { localOf } from '#bridges/matrix/wire/ids.ts';
import { MATRIX, matrixJid, startMatrixWorld } from './matrix-world.ts';
import { describeReal, xml } from './servers.ts';
import { HOMESERVER } from './synapse.ts';
import { enter, heard, say } from './world.ts';

type Client = Awaited<ReturnType<World['login']>>;
type ArchivedText = { readonly id: string; readonly stamp: string; readonly text: string };

const RSM = 'http://jabber.org/protocol/rsm';
let asked = 0;

/** Asks for fifty messages of a room's archive (XEP-0313 §4). */
async function archivePage(client: Client, to: string, { before, start }: { before?: string; start?: string }) {
  const id = `page-${++asked}`;
  const field = (name: string, value: string) => xml('field', { var: name }, xml('value', {}, value));
  const form = [field('FORM_TYPE', 'urn:xmpp:mam:2'), ...(start === undefined ? [] : [field('start', start)])];
  const edge = before === undefined ? [] : [xml('before', {}, before)];
  await client.send(
    xml(
      'iq',
      { type: 'set', id, to },
      xml(
        'query',
        { xmlns: 'urn:xmpp:mam:2' },
        xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...form),
        xml('set', { xmlns: RSM }, xml('max', {}, '50'), ...edge),
      ),
    ),
  );
  const texts: ArchivedText[] = [];
  for (;;) {
    const one = await client.next(
      (stanza) => stanza.attrs.id === id || stanza.getChild('result', 'urn:xmpp:mam:2') !== undefined,
      'a page of the archive',
    );
    const result = one.getChild('result', 'urn:xmpp:mam:2');
    if (!result) return { texts, complete: one.getChild('fin')?.attrs.complete === 'true' };
    const forwarded = result.getChild('forwarded');
    const text = forwarded?.getChild('message')?.getChildText('body') ?? '';
    texts.push({ id: String(result.attrs.id), stamp: String(forwarded?.getChild('delay')?.attrs.stamp), text });
  }
}

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
    expect(said).toMatchObject({ sender: ROMEO, content: { formatted_body: 'But <strong>soft</strong>' } });
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

  it('tells reactions, what is taken back, answers, powers, an invitation and the end of a room', async () => {
    const alice = await world.user('alice');
    const made = await alice('POST', 'createRoom', { preset: 'public_chat', room_alias_name: 'mantua' });
    const id = String(made.room_id);
    const at = `rooms/${encodeURIComponent(id)}`;
    await using romeo = await world.login('romeo');
    const room = matrixJid(`#mantua:${HOMESERVER}`);
    await enter(romeo, room, 'Romeo');
    const message = (what: string, holds: (stanza: Parameters<Parameters<typeof romeo.next>[0]>[0]) => boolean) =>
      romeo.next((one) => one.is('message') && one.attrs.type === 'groupchat' && holds(one), what);
    const sent = async (type: string, transaction: string, content: object) =>
      String((await alice('PUT', `${at}/send/${type}/${transaction}`, content)).event_id);
    const text = { msgtype: 'm.text', body: 'Ay me' };

    const first = await sent('m.room.message', 'a', text);
    await message('the message', (one) => one.getChildText('body') === 'Ay me');
    const relation = { rel_type: 'm.annotation', event_id: first, key: '👍' };
    const reaction = await sent('m.reaction', 'b', { 'm.relates_to': relation });
    const set = (one: { getChild(name: string): unknown; toString(): string }) =>
      one.getChild('reactions') ? one.toString().includes('👍</reaction>') : undefined;
    await message('the reaction', (one) => set(one) === true);
    await alice('PUT', `${at}/redact/${encodeURIComponent(reaction)}/c`, {});
    await message('the end of the reaction', (one) => set(one) === false);
    await sent('m.room.message', 'd', {
      ...text,
      body: 'me',
      'm.relates_to': { 'm.in_reply_to': { event_id: first } },
    });
    await message('the answer', (one) => one.getChild('reply') !== undefined);
    await alice('PUT', `${at}/redact/${encodeURIComponent(first)}/e`, { reason: 'too loud' });
    await message('what is taken back', (one) => one.getChild('retract') !== undefined);

    const levels = await alice('GET', `${at}/state/m.room.power_levels/`);
    const users = { ...(levels.users as object), [ROMEO]: 50 };
    await alice('PUT', `${at}/state/m.room.power_levels/`, { ...levels, users });
    await romeo.next(
      (one) => one.is('presence') && one.toString().includes('role="moderator"') && one.attrs.from === `${room}/Romeo`,
      'the power',
    );
    await romeo.send(xml('message', { to: room, type: 'groupchat', id: 't1' }, xml('subject', {}, 'In exile')));
    await message('the topic', (one) => one.getChildText('subject') === 'In exile');

    const other = await alice('POST', 'createRoom', { preset: 'private_chat', invite: [ROMEO] });
    const invited = await romeo.next(
      (one) => one.is('message') && one.toString().includes('<invite'),
      'the invitation',
    );
    expect(invited.attrs.from).toBe(matrixJid(localOf(String(other.room_id))));

    await alice('POST', `${at}/upgrade`, { new_version: '11' });
    const end = await romeo.next(
      (one) => one.is('presence') && one.toString().includes('<destroy'),
      'the end of the room',
    );
    expect(end.toString()).toMatch(/<destroy jid="!/);
  });

  it('has the whole history of a room behind its archive, in pages, and from a time on', async () => {
    const alice = await world.user('alice');
    const made = await alice('POST', 'createRoom', { preset: 'public_chat', room_alias_name: 'padua' });
    const at = `rooms/${encodeURIComponent(String(made.room_id))}`;
    const said = Array.from({ length: 130 }, (_, index) => `${index}`);
    for (const body of said) await alice('PUT', `${at}/send/m.room.message/p${body}`, { msgtype: 'm.text', body });
    await using romeo = await world.login('romeo');
    const room = matrixJid(`#padua:${HOMESERVER}`);
    await enter(romeo, room, 'Romeo');

    const read: ArchivedText[] = [];
    for (let isComplete = false; !isComplete; ) {
      const page = await archivePage(romeo, room, { before: read[0]?.id ?? '' });
      read.unshift(...page.texts);
      isComplete = page.complete;
    }
    expect(read.map(({ text }) => text)).toEqual(said);

    await using juliet = await world.login('juliet');
    await enter(juliet, room, 'Juliet');
    const { texts } = await archivePage(juliet, room, { start: read[10]?.stamp ?? '' });
    expect(texts.map(({ text }) => text)).toEqual(said.slice(10, 60));
  });

  it('has a user of its own, whom moderators have in their room, with a profile', async () => {
    const bot = `@_xmpp_bot:${HOMESERVER}`;
    const alice = await world.user('alice');
    expect(await alice('GET', `profile/${encodeURIComponent(bot)}`)).toMatchObject({
      displayname: 'XMPP',
      'org.isthmus.contact': 'admin@localhost',
    });
    const found = await alice('GET', 'thirdparty/user/xmpp?jid=romeo%40localhost');
    expect(found).toEqual([{ userid: ROMEO, protocol: 'xmpp', fields: { jid: 'romeo@localhost' } }]);
    await using nio = await world.nio('alice');
    await using romeo = await world.login('romeo');
    const made = await alice('POST', 'createRoom', { preset: 'public_chat', room_alias_name: 'siena' });
    const id = String(made.room_id);
    const at = `rooms/${encodeURIComponent(id)}`;
    const room = matrixJid(`#siena:${HOMESERVER}`);
    await enter(romeo, room, 'Romeo');
    await alice('POST', `${at}/invite`, { user_id: bot });
    const said = (text: string) => nio.next(({ content }) => String(content?.body ?? '').startsWith(text), text);
    await said('People of XMPP may come in.');
    const send = (body: string) =>
      alice('PUT', `${at}/send/m.room.message/${encodeURIComponent(body)}`, { msgtype: 'm.text', body });
    await send('!isthmus who');
    await said('From XMPP: romeo@localhost');
    await alice('POST', `${at}/ban`, { user_id: ROMEO, reason: 'brawling' });
    const out = await romeo.next(
      (one) => one.attrs.type === 'unavailable' && one.attrs.from === `${room}/Romeo`,
      'the ban',
    );
    expect(out.toString()).toMatch(/brawling.*301/);
    await romeo.send(xml('presence', { to: `${room}/Romeo` }, xml('x', { xmlns: 'http://jabber.org/protocol/muc' })));
    const refused = await romeo.next((one) => one.attrs.type === 'error' && one.attrs.from === `${room}/Romeo`, 'no');
    expect(refused.toString()).toContain('<forbidden');
    await using juliet = await world.login('juliet');
    await enter(juliet, room, 'Juliet');
    await send('!isthmus deny');
    const denied = await juliet.next(
      (one) => one.attrs.type === 'unavailable' && one.attrs.from === `${room}/Juliet`,
      'out',
    );
    expect(denied.toString()).toContain('want nobody of XMPP');
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
    const asBob = await world.user('bob');
    const key = encodeURIComponent(`org.isthmus://xmpp/${MATRIX}/juliet@localhost`);
    const bridged = await asBob('GET', `rooms/${encodeURIComponent(String(invited.room))}/state/m.bridge/${key}`);
    expect(bridged).toMatchObject({ channel: { id: 'juliet@localhost' }, protocol: { id: 'xmpp' } });
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
