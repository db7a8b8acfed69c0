import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Orders } from '../invented/control.ts';
import type { Letter, ToLoft } from '../invented/pigeon/wire.ts';
import { startPigeonWorld } from './pigeon-world.ts';
import { describeReal, xml } from './servers.ts';
import type { XmppClient } from './xmpp.ts';
import { xmppServerKinds } from './xmpp-servers.ts';

const PUBSUB = 'http://jabber.org/protocol/pubsub';

/** Pictures: of one pixel, red and blue. */
const RED = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const BLUE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const sha1 = (base64: string): string => createHash('sha1').update(Buffer.from(base64, 'base64')).digest('hex');

/** The next picture that the loft is told of alice: its hash, or that there is none any more. */
async function told(order: Orders): Promise<string | null> {
  for (;;) {
    const said = JSON.parse(String(await order({ hear: 'alice' }))) as ToLoft;
    const letter: Letter | undefined = 'letter' in said ? said.letter : undefined;
    if (letter?.type !== 'profile' || letter.avatar === undefined) continue;
    const { avatar } = letter;
    if (avatar === null) return null;
    if (!('data' in avatar)) throw new Error('a picture without its bytes');
    expect(sha1(avatar.data)).toBe(avatar.sha1);
    return avatar.sha1;
  }
}

/** XEP-0084 §3.1, §3.2: the picture, then that it is another. */
async function publish(alice: XmppClient, png: string | undefined): Promise<void> {
  const item = async (node: string, id: string, payload: ReturnType<typeof xml>) => {
    const published = xml('publish', { node }, xml('item', { id }, payload));
    const answer = await alice.ask(xml('iq', { type: 'set' }, xml('pubsub', { xmlns: PUBSUB }, published)));
    expect(answer.attrs.type, String(answer)).toBe('result');
  };
  if (png === undefined)
    return item('urn:xmpp:avatar:metadata', 'none', xml('metadata', { xmlns: 'urn:xmpp:avatar:metadata' }));
  const id = sha1(png);
  const bytes = String(Buffer.from(png, 'base64').length);
  await item('urn:xmpp:avatar:data', id, xml('data', { xmlns: 'urn:xmpp:avatar:data' }, png));
  const info = xml('info', { id, type: 'image/png', bytes });
  await item('urn:xmpp:avatar:metadata', id, xml('metadata', { xmlns: 'urn:xmpp:avatar:metadata' }, info));
}

const conversion = { settings: { modules: { mod_avatar: {}, mod_vcard_xupdate: {} } } };
const worlds = [
  { server: 'prosody', how: 'which shows it in cards and presence, too (XEP-0398)', options: {} },
  { server: 'prosody13', how: 'which shows it in cards and presence, too (XEP-0398)', options: {} },
  { server: 'ejabberd', how: 'which shows it in cards, too (XEP-0398)', options: conversion },
  { server: 'ejabberd', how: 'which shows it nowhere else', options: {} },
  { server: 'ejabberd24', how: 'which shows it nowhere else', options: {} },
] as const;

for (const { server, how, options } of worlds)
  describeReal(`the picture of a user of ${server}, ${how}`, [...xmppServerKinds[server].needs], () => {
    test('reaches the network when it is published, when it is another, and when there is none any more', async () => {
      await using world = await startPigeonWorld(server, options);
      await publish(world.alice, RED);
      expect(await told(world.order)).toBe(sha1(RED));
      await publish(world.alice, BLUE);
      expect(await told(world.order)).toBe(sha1(BLUE));
      await publish(world.alice, undefined);
      expect(await told(world.order)).toBe(null);
    });
  });
