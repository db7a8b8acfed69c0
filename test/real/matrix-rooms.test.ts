import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Attachment, EncryptedAttachment, initAsync } from '@matrix-org/matrix-sdk-crypto-wasm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jidOf, linkAccount } from './matrix-account-world.ts';
import { openDevice } from './matrix-js.mjs';
import { matrixJid, startMatrixWorld } from './matrix-world.ts';
import { describeReal, xml } from './servers.ts';
import { HOMESERVER } from './synapse.ts';
import { enter, say } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';

type World = Awaited<ReturnType<typeof startMatrixWorld>>;

const ROMEO = `@_xmpp_romeo=40localhost:${HOMESERVER}`;
const OOB = 'jabber:x:oob';

/** Where XMPP users put files: one picture, whatever is asked for. */
async function uploadServer() {
  const bytes = randomBytes(50_000);
  const server = createServer((_, response) => response.writeHead(200, { 'Content-Type': 'image/png' }).end(bytes));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { bytes, server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const message = (client: XmppClient, what: string, holds: (stanza: Element) => boolean): Promise<Element> =>
  client.next((one) => one.is('message') && holds(one), what);
const linkIn = (stanza: Element): string => stanza.getChild('x', OOB)?.getChildText('url') ?? '';
const file = (to: string, type: string, url: string): Element =>
  xml(
    'message',
    { to, type, id: `file-${url.length}` },
    xml('body', {}, url),
    xml('x', { xmlns: OOB }, xml('url', {}, url)),
  );
const bytesAt = async (url: string): Promise<Buffer> => Buffer.from(await (await fetch(url)).arrayBuffer());

describeReal('rooms and files of Matrix', ['prosody', 'synapse'], () => {
  let world: World;
  let uploads: Awaited<ReturnType<typeof uploadServer>>;
  beforeAll(async () => {
    uploads = await uploadServer();
    world = await startMatrixWorld({ uploadHosts: [uploads.host] });
  });
  afterAll(async () => {
    uploads?.server.close();
    await world?.[Symbol.asyncDispose]();
  });

  /** The bytes behind an address of the media repository. */
  async function stored(mxc: string): Promise<Buffer> {
    const login = { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'bob' }, password: 'pw' };
    const answer = await fetch(`${world.synapse.url}/_matrix/client/v3/login`, {
      method: 'POST',
      body: JSON.stringify(login),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const url = `${world.synapse.url}/_matrix/client/v1/media/download/${mxc.replace('mxc://', '')}`;
    return Buffer.from(await (await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).arrayBuffer());
  }

  /** A public room that Alice has made, with Romeo in it. */
  async function enterRoom(romeo: XmppClient, alias: string, more: object = {}) {
    const alice = await world.user('alice');
    const made = await alice('POST', 'createRoom', { preset: 'public_chat', room_alias_name: alias, ...more });
    const id = String(made.room_id);
    const at = `rooms/${encodeURIComponent(id)}`;
    const room = matrixJid(`#${alias}:${HOMESERVER}`);
    await romeo.send(xml('presence', { to: `${room}/Romeo` }, xml('x', { xmlns: 'http://jabber.org/protocol/muc' })));
    const owner = await romeo.next((one) => one.is('presence') && one.attrs.from === `${room}/alice`, 'Alice');
    expect(owner.toString()).toContain('affiliation="owner"');
    await message(romeo, 'the subject', (one) => one.getChild('subject') !== undefined);
    const send = async (transaction: string, content: object): Promise<string> =>
      String((await alice('PUT', `${at}/send/m.room.message/${transaction}`, content)).event_id);
    return { alice, at, room, send };
  }

  it.each(['typing', 'reading'])('tells in each room who types, both ways, and who has read: %s', async (name) => {
    await using nio = await world.nio('alice');
    await using romeo = await world.login('romeo');
    const { alice, at, room } = await enterRoom(romeo, name);
    await alice('PUT', `${at}/typing/${encodeURIComponent(`@alice:${HOMESERVER}`)}`, { typing: true, timeout: 30_000 });
    const typing = await message(romeo, 'that Alice types', (one) => one.getChild('composing') !== undefined);
    expect(typing.attrs.from).toBe(`${room}/alice`);
    const seen = world.ephemeral(alice, 'm.typing', (content) => content.includes(ROMEO));
    const composing = xml('composing', { xmlns: 'http://jabber.org/protocol/chatstates' });
    await romeo.send(xml('message', { to: room, type: 'groupchat' }, composing));
    await seen;

    // Who comes later sees what was said in the other room, too.
    const text = `Read this in ${name}`;
    await say(romeo, room, text, 'r1');
    const said = await nio.next(({ content }) => content?.body === text, 'what Romeo says');
    await message(romeo, 'its reflection', (one) => one.getChildText('body') === text);
    await alice('POST', `${at}/receipt/m.read/${encodeURIComponent(said.id ?? '')}`, {});
    const read = await message(romeo, 'that Alice has read it', (one) => one.getChild('displayed') !== undefined);
    expect(read.attrs.from).toBe(`${room}/alice`);
  });

  it.each(['11', '12'])(
    'a room of version %s has its owner, threads, files both ways, and a successor',
    async (version) => {
      await using nio = await world.nio('alice');
      await using romeo = await world.login('romeo');
      const { alice, at, room, send } = await enterRoom(romeo, `version${version}`, { room_version: version });
      const root = await send('root', { msgtype: 'm.text', body: 'A root' });
      await message(romeo, 'the root', (one) => one.getChildText('body') === 'A root');
      await send('leaf', {
        msgtype: 'm.text',
        body: 'A leaf',
        'm.relates_to': { rel_type: 'm.thread', event_id: root },
      });
      const leaf = await message(romeo, 'the leaf', (one) => one.getChildText('body') === 'A leaf');
      expect(leaf.getChildText('thread')).toBeTruthy();

      const bytes = randomBytes(30_000);
      await using device = await openDevice({ url: world.synapse.url, user: 'alice', password: 'pw' });
      const info = { mimetype: 'image/png', size: bytes.length };
      await send('file', { msgtype: 'm.image', body: 'rose.png', url: await device.upload(bytes, 'image/png'), info });
      const link = linkIn(await message(romeo, 'the picture', (one) => linkIn(one) !== ''));
      expect((await bytesAt(link)).equals(bytes)).toBe(true);
      await romeo.send(file(room, 'groupchat', `http://${uploads.host}/cat${version}.png`));
      const isHis = ({ content, sender }: { content?: { body?: unknown }; sender?: string }) =>
        sender === ROMEO && content?.body === `cat${version}.png`;
      const picture = await nio.next(isHis, 'the picture of Romeo');
      expect(picture.content).toMatchObject({ msgtype: 'm.image', info: { mimetype: 'image/png' } });
      expect((await stored(String(picture.content?.url))).equals(uploads.bytes)).toBe(true);

      // What follows a room is entered by the address that its end names.
      const upgraded = await alice('POST', `${at}/upgrade`, { new_version: version === '11' ? '12' : '11' });
      const end = await romeo.next((one) => one.is('presence') && one.toString().includes('<destroy'), 'the end');
      const next = end.getChild('x', 'http://jabber.org/protocol/muc#user')?.getChild('destroy')?.attrs.jid ?? '';
      expect((await enter(romeo, next, 'Romeo')).attrs.type).toBeUndefined();
      await say(romeo, next, `On from ${version}`, 'j1');
      const gone = await nio.next(({ content }) => content?.body === `On from ${version}`, 'Romeo in the new room');
      expect(gone.room).toBe(upgraded.replacement_room);
    },
  );

  it('files of an encrypted chat are decrypted behind a link, encrypted when they are sent, and open after a restart', async () => {
    await initAsync();
    await using bob = await openDevice({ url: world.synapse.url, user: 'bob', password: 'pw' });
    await using romeo = await world.login('romeo');
    await linkAccount(romeo, 'alice');
    const me = `@alice:${HOMESERVER}`;
    const room = await bob.makeRoom({ encrypted: true, direct: me });
    await bob.joined(room, me);

    const bytes = randomBytes(40_000);
    const sealed = Attachment.encrypt(bytes);
    const key = JSON.parse(sealed.mediaEncryptionInfo ?? '{}') as object;
    const url = await bob.upload(sealed.encryptedData, 'application/octet-stream');
    const info = { mimetype: 'image/png', size: bytes.length };
    await bob.send(room, { msgtype: 'm.image', body: 'letter.png', info, file: { ...key, url } });
    const link = linkIn(await message(romeo, 'the file', (one) => linkIn(one) !== ''));
    expect((await bytesAt(link)).equals(bytes)).toBe(true);

    await romeo.send(file(jidOf(bob.user), 'chat', `http://${uploads.host}/seal.png`));
    const sent = await bob.next(room, ({ sender, content }) => sender === me && content.file !== undefined, 'his file');
    expect(sent).toMatchObject({ encrypted: true, content: { msgtype: 'm.image' } });
    const { url: mxc, ...how } = sent.content.file as { url: string };
    const inside = await stored(mxc);
    expect(inside.equals(uploads.bytes)).toBe(false);
    const opened = Attachment.decrypt(new EncryptedAttachment(inside, JSON.stringify(how)));
    expect(Buffer.from(opened).equals(uploads.bytes)).toBe(true);

    await world.gateway[Symbol.asyncDispose]();
    await using _ = await world.launch();
    await bob.text(room, 'Still there?');
    await message(romeo, 'what is said after it', (one) => one.getChildText('body') === 'Still there?');
    expect((await bytesAt(link)).equals(bytes)).toBe(true);
  });
});
