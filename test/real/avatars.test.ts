import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { house } from '#src/config/schema.ts';
import type { Config } from '#src/config.ts';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics.ts';
import { Sealed } from '#src/model/sealed.ts';
import { orders } from '../invented/control.ts';
import { bridge } from '../invented/pigeon/index.ts';
import type { Letter, ToLoft } from '../invented/pigeon/wire.ts';
import { pigeonServer } from '../invented/server.ts';
import { folder } from '../process/cli/isthmus.ts';
import { describeReal, xml, xmppClient } from './servers.ts';
import type { XmppClient } from './xmpp.ts';
import { startXmppServer, type XmppServerName, type XmppServerOptions, xmppServerKinds } from './xmpp-servers.ts';

const DOMAIN = 'pigeon.localhost';
const SECRET = 'secret';
const PUBSUB = 'http://jabber.org/protocol/pubsub';

/** Pictures: of one pixel, red and blue. */
const RED = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const BLUE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const sha1 = (base64: string): string => createHash('sha1').update(Buffer.from(base64, 'base64')).digest('hex');

/** A gateway to the invented network at a real server, where alice has an account that is registered. */
async function startWorld(server: XmppServerName, options: Partial<XmppServerOptions>) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const loft = stack.use(await pigeonServer());
  const order = stack.use(await orders(loft.controlPort));
  const given = { domains: { [DOMAIN]: SECRET }, users: { alice: 'pw' }, ...options };
  const xmpp = stack.use(await startXmppServer(server, given));
  const settings = { port: loft.port };
  const checked = house.parse({
    xmpp: { host: '127.0.0.1', port: xmpp.ports.component },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    key: { file: join(dir.path, 'isthmus.key') },
    access: { register: ['alice@localhost'] },
    transports: { [DOMAIN]: settings },
  });
  const transport: Config['transports'][number] = {
    ...{ domain: DOMAIN, kind: bridge.kind, definition: bridge, secret: new Sealed(SECRET) },
    ...{ history: { record: true, replay: 20 }, receipts: 'confirmed', persistent: false, overrides: {} },
    settings: bridge.config.parse(settings),
  };
  const config = { ...checked, transports: [transport] };
  const gateway = stack.use(await startGateway(config, { log: openLog('silent'), metrics: openMetrics() }));
  await gateway.online();
  await order({ person: 'alice', password: 'rapier' });
  const alice = stack.use(await xmppClient({ port: xmpp.ports.c2s, user: 'alice', password: 'pw' }));
  await alice.ask(xml('iq', { type: 'get' }, xml('query', { xmlns: 'jabber:iq:roster' })));
  await alice.send(xml('presence'));
  await register(alice);
  const resources = stack.move();
  return {
    alice,
    /** The next picture that the loft is told of alice: its hash, or that there is none any more. */
    async told(): Promise<string | null> {
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
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Registers, and lets the gateway see how alice fares. */
async function register(alice: XmppClient): Promise<void> {
  const fields = Object.entries({ name: 'alice', password: 'rapier' });
  const form = fields.map(([name, value]) => xml('field', { var: name }, xml('value', {}, value)));
  const answer = await alice.ask(
    xml(
      'iq',
      { type: 'set', to: DOMAIN },
      xml('query', { xmlns: 'jabber:iq:register' }, xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...form)),
    ),
  );
  expect(answer.attrs.type, String(answer)).toBe('result');
  const subscription = (type: string) =>
    alice.next((one) => one.is('presence') && one.attrs.from === DOMAIN && one.attrs.type === type, type);
  await subscription('subscribe');
  await alice.send(xml('presence', { to: DOMAIN, type: 'subscribed' }));
  await alice.send(xml('presence', { to: DOMAIN, type: 'subscribe' }));
  await subscription('subscribed');
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
      await using world = await startWorld(server, options);
      await publish(world.alice, RED);
      expect(await world.told()).toBe(sha1(RED));
      await publish(world.alice, BLUE);
      expect(await world.told()).toBe(sha1(BLUE));
      await publish(world.alice, undefined);
      expect(await world.told()).toBe(null);
    });
  });
