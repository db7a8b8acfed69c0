import type { Element } from 'ltx';
import { expect, test } from 'vitest';
import type { XmppSide } from '#src/core/index.ts';
import { openLog } from '#src/lib/log.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { openHome } from '#src/xmpp/peers/home.ts';
import { openPrivileges } from '#src/xmpp/peers/privileges.ts';
import { originOf } from '#src/xmpp/stanza/decode.ts';
import { openLink } from '#src/xmpp/stream/link.ts';
import { writerLimits } from '#src/xmpp/stream/writer.ts';
import { transport, view } from '../xmpp/invented.ts';
import { describeReal, xml, xmppClient } from './servers.ts';
import { startXmppServer, type XmppServerName, xmppServerKinds } from './xmpp-servers.ts';

const DOMAIN = 'irc.localhost';
const SECRET = 'hush';
const log = openLog('silent');
const ROMEO = accountKey('alice@localhost' as BareJid, DOMAIN);
const JULIET = { account: ROMEO, id: 'juliet%net', name: 'Juliet C.', groups: ['Verona'] };
const ROOM = { kind: 'room', account: ROMEO, id: '#verona%net' } as const;

/** A link of ours to a real server, with what that lets us do. */
async function privileged(name: XmppServerName, options: { readonly early?: boolean } = {}) {
  await using stack = new AsyncDisposableStack();
  const users = { alice: 'pw' };
  const server = stack.use(await startXmppServer(name, { domains: { [DOMAIN]: SECRET }, users, privileged: [DOMAIN] }));
  const login = () => xmppClient({ port: server.ports.c2s, user: 'alice', password: 'pw' });
  const early = options.early ? stack.use(await login()) : undefined;
  await early?.send(xml('presence', {}, xml('show', {}, 'dnd')));
  await early?.barrier();
  const presences: Element[] = [];
  const heard = Promise.withResolvers<void>();
  const online = Promise.withResolvers<void>();
  const links = new Map<string, ReturnType<typeof openLink>>();
  const privileges = openPrivileges(links);
  const link = openLink({
    ...{ domain: DOMAIN, host: '127.0.0.1', port: server.ports.component, secret: SECRET, clock: systemClock, log },
    readerLimits: { stanza: 262_144, depth: 64, attributes: 64 },
    writerLimits,
    random: Math.random,
    onStanza(stanza) {
      const { from = '', to = '' } = stanza.attrs;
      if (privileges.takes(stanza, originOf(stanza, from, to))) heard.resolve();
      else if (stanza.name === 'presence') presences.push(stanza);
    },
    onOversize: () => undefined,
    onState: (phase) => phase === 'online' && online.resolve(),
    onPressure: () => undefined,
  });
  links.set(DOMAIN, link);
  stack.defer(() => link.close());
  const home = openHome({
    privileges,
    log,
    transport: () => ({ view: view({ transport: { ...transport(), domain: DOMAIN } }), link }),
  });
  await online.promise;
  await heard.promise;
  const resources = stack.move();
  return {
    server,
    home: home as Pick<XmppSide, 'enlist' | 'delist' | 'bookmark' | 'blocked'>,
    presences,
    barrier: () => link.barrier(),
    login,
    early,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** What each server does, as `reference` has it: whether both is kept, and whether requests are made in users' names. */
const servers = [
  { name: 'prosody', roster: 'both', iq: true, early: true },
  { name: 'prosody13', roster: 'both', iq: true, early: true },
  { name: 'ejabberd', roster: 'ask', iq: false, early: false },
  { name: 'ejabberd24', roster: 'ask', iq: true, early: false },
] as const;

for (const { name, roster, iq, early } of servers) {
  describeReal(`privileges on ${name}`, xmppServerKinds[name].needs, () => {
    test('contacts of a network stand in the roster, or are to ask for themselves', async () => {
      await using world = await privileged(name);
      await using alice = await world.login();
      expect(await world.home.enlist(JULIET, [])).toBe(roster);
      const answer = await alice.ask(xml('iq', { type: 'get' }, xml('query', { xmlns: 'jabber:iq:roster' })));
      const items = answer.getChild('query')?.getChildren('item') ?? [];
      if (roster === 'both') expect(items.map(({ attrs }) => attrs.subscription)).toEqual(['both']);
      if (name !== 'ejabberd') {
        expect(items.map(({ attrs }) => attrs.name)).toEqual(['Juliet C.']);
        expect(await world.home.delist(ROMEO, 'juliet%net')).toBe(true);
      }
    });

    test('presence of users comes by itself', async () => {
      await using world = await privileged(name);
      await using alice = await world.login();
      await alice.send(xml('presence', {}, xml('show', {}, 'dnd')));
      await expect.poll(() => world.presences.map((one) => one.getChildText('show'))).toContain('dnd');
      expect(world.presences.find((one) => one.getChild('show'))?.attrs.from).toBe(alice.jid);
    });

    test(`presence of users who were there before the gateway ${early ? 'comes by itself' : 'is to be asked for'}`, async () => {
      await using world = await privileged(name, { early: true });
      await world.barrier();
      const from = world.presences.map((one) => one.attrs.from);
      expect(from).toEqual(early ? [world.early?.jid] : []);
    });

    test(`bookmarks and the list of the blocked are ${iq ? 'the gateway’s to see' : 'out of reach'}`, async () => {
      await using world = await privileged(name);
      await using alice = await world.login();
      const item = xml('item', { jid: `juliet%net@${DOMAIN}` });
      const set = await alice.ask(xml('iq', { type: 'set' }, xml('block', { xmlns: 'urn:xmpp:blocking' }, item)));
      expect(set.attrs.type).toBe('result');
      const as = { account: ROMEO, nick: 'Romeo', name: 'Verona' };
      if (!iq) {
        expect(world.home.bookmark(ROOM, as)).toBe(false);
        await expect(world.home.blocked(DOMAIN, 'alice@localhost' as BareJid)).rejects.toThrow();
        return;
      }
      expect(await world.home.blocked(DOMAIN, 'alice@localhost' as BareJid)).toEqual(['juliet%net']);
      // Made, and found when it is looked for again.
      expect(await world.home.bookmark(ROOM, as)).toBe(true);
      const node = { node: 'urn:xmpp:bookmarks:1' };
      const items = xml('pubsub', { xmlns: 'http://jabber.org/protocol/pubsub' }, xml('items', node));
      const kept = await alice.ask(xml('iq', { type: 'get' }, items));
      expect(kept.toString()).toContain('autojoin="true"');
      expect(await world.home.bookmark(ROOM, as)).toBe(true);
    });
  });
}
