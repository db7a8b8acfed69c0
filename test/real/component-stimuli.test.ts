import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawComponent } from './component.ts';
import type { IrcClient } from './irc.ts';
import { describeReal, ircClient, xml } from './servers.ts';
import { startWorld } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';
import { xmppServerKinds } from './xmpp-servers.ts';

/*
 * What a server does to a component, and where our reaction to it is shown:
 *
 * a stanza that would end the stream      rooms.test.ts, 'nothing that one user or a channel sends ...'
 * an odd localpart in our `from`          here
 * a second connection for the domain      here; xmpp/stream/link-faults.test.ts has what the operator is told
 * `subscribe` to a full JID               here
 * our `subscribe` while its user is away  here
 * the user approves                       here, and contacts.test.ts
 * the user comes online, a second client  here
 * the contact is taken off the roster     here
 * our probe leads nowhere                 here
 * a message to a bare JID                 here
 * rights of XEP-0356                      snippets.test.ts, sign-of-life.test.ts; xmpp/peers/privileges.test.ts
 * a contact is blocked                    here
 * disco#info of a user's bare JID         none: no bare JID is asked, for the answer says nothing
 * two domains, `global_routes`            gateway-servers.test.ts
 * presence of a bare JID is passed over   here: ours comes from a full one
 * IQs need an address and a payload       xmpp/stream/writer.test.ts
 * an error from an occupant               home-ends.test.ts, far-faults.test.ts; xmpp/edge.test.ts has each condition
 */

const GATEWAY = 'irc.localhost';
const IRENE = `irene%net@${GATEWAY}`;

const bareOf = ({ attrs }: Element): string => (attrs.from ?? '').split('/')[0] ?? '';
const isPresence =
  (from: string, type?: string) =>
  (one: Element): boolean =>
    one.is('presence') && bareOf(one) === from && one.attrs.type === type;
const isText =
  (text: string) =>
  (one: Element): boolean =>
    one.is('message') && one.getChildText('body') === text;

const presence = (client: XmppClient, to: string, type: string): Promise<void> =>
  client.send(xml('presence', { to, type }));

let marks = 0;
/** Nothing of the kind has come, or comes before the gateway has answered all that was sent. */
async function hasNone(client: XmppClient, isIt: (one: Element) => boolean): Promise<void> {
  const id = `mark-${++marks}`;
  await client.send(xml('iq', { type: 'get', to: GATEWAY, id }, xml('ping', { xmlns: 'urn:xmpp:ping' })));
  const first = await client.next((one) => isIt(one) || one.attrs.id === id, 'the mark');
  expect(first.attrs.id ?? first.toString()).toBe(id);
}

/** Takes all that the gateway has sent before it has answered. */
async function drain(client: XmppClient): Promise<void> {
  const id = `mark-${++marks}`;
  await client.send(xml('iq', { type: 'get', to: GATEWAY, id }, xml('ping', { xmlns: 'urn:xmpp:ping' })));
  for (let came: string | undefined; came !== id; ) came = (await client.next(() => true, 'the mark')).attrs.id;
}

/** Asks for the roster, without which nobody hears of it (RFC 6121 §2.1.6), and says how somebody stands on it. */
async function standingOf(client: XmppClient, jid: string): Promise<string | undefined> {
  const answer = await client.ask(xml('iq', { type: 'get' }, xml('query', { xmlns: 'jabber:iq:roster' })));
  const items = answer.getChild('query')?.getChildren('item') ?? [];
  return items.find(({ attrs }) => attrs.jid === jid)?.attrs.subscription;
}

for (const server of ['prosody', 'ejabberd24'] as const) {
  describeReal(`what ${server} does to a component`, [...xmppServerKinds[server].needs, 'inspircd'], () => {
    let world: Awaited<ReturnType<typeof startWorld>>;
    let irc: IrcClient;
    let phone: XmppClient;
    beforeAll(async () => {
      world = await startWorld({ ircd: 'inspircd', server });
      irc = await ircClient({ port: world.ircd.ports.plain, nick: 'irene' });
      irc.send('MONITOR + alice');
    }, 60_000);
    afterAll(async () => {
      await irc?.[Symbol.asyncDispose]();
      await world?.[Symbol.asyncDispose]();
    });

    test('a request of ours that its user does not see is no denial: it comes again with the next login', async () => {
      const first = await world.login('alice', 'phone');
      await standingOf(first, GATEWAY);
      const answer = await first.ask(
        xml('iq', { type: 'set', to: GATEWAY }, xml('query', { xmlns: 'jabber:iq:register' })),
      );
      expect(answer.attrs.type).toBe('result');
      await first.next(isPresence(GATEWAY, 'subscribe'), 'the request of the gateway');
      await first[Symbol.asyncDispose]();
      phone = await world.login('alice', 'phone');
      await standingOf(phone, GATEWAY);
      await phone.next(isPresence(GATEWAY, 'subscribe'), 'the same request');
      await presence(phone, GATEWAY, 'subscribed');
      await presence(phone, GATEWAY, 'subscribe');
      const granted = await phone.next(isPresence(GATEWAY, 'subscribed'), 'that it is granted');
      expect(granted.attrs.from).toBe(GATEWAY);
      const here = await phone.next(isPresence(GATEWAY), 'the presence of the gateway');
      expect(here.attrs.from).toBe(`${GATEWAY}/gateway`);
      // The approval brings the presence of each client and a probe: Alice is on IRC.
      await irc.next(({ command }) => command === '730', 'that alice is there');
    });

    test('a request to a full JID is one to the bare one, and is granted from there', async () => {
      await presence(phone, `${IRENE}/anything`, 'subscribe');
      const granted = await phone.next(isPresence(IRENE, 'subscribed'), 'that it is granted');
      expect(granted.attrs.from).toBe(IRENE);
      await phone.next(isPresence(IRENE, 'subscribe'), 'the request in return');
      await presence(phone, IRENE, 'subscribed');
      const here = await phone.next(isPresence(IRENE), 'the presence of irene');
      expect(here.attrs.from).toBe(`${IRENE}/gateway`);
      expect(await standingOf(phone, IRENE)).toBe('both');
    });

    // A probe of a bare JID is answered to that, so that the first may hear it again.
    test('a second client is shown what holds, once', async () => {
      await drain(phone);
      await using desk = await world.login('alice', 'desk');
      await desk.next(isPresence(IRENE), 'the presence of irene');
      await desk.next(isPresence(GATEWAY), 'the presence of the gateway');
      const isAnybody = (one: Element): boolean => isPresence(IRENE)(one) || isPresence(GATEWAY)(one);
      await hasNone(desk, isAnybody);
    });

    test('a message to a bare JID goes where its server wants it, once', async () => {
      await using desk = await world.login('alice', 'desk');
      await desk.send(xml('presence', {}, xml('priority', {}, '-1')));
      await desk.barrier();
      irc.send('PRIVMSG alice :a word');
      await phone.next(isText('a word'), 'the word');
      await hasNone(phone, isText('a word'));
      await hasNone(desk, isText('a word'));
    });

    test('nobody else becomes the domain: the link that is there stays', async () => {
      const second = rawComponent({ port: world.xmpp.ports.component, domain: GATEWAY, secret: 'secret' });
      if (server === 'prosody') await expect(second).rejects.toThrow(/conflict/);
      else await (await second)[Symbol.asyncDispose]();
      const answer = await phone.ask(xml('iq', { type: 'get', to: GATEWAY }, xml('ping', { xmlns: 'urn:xmpp:ping' })));
      expect(answer.attrs.type).toBe('result');
    });

    test('a name that would be read as another address is itself, both ways', async () => {
      await using odd = await ircClient({ port: world.ircd.ports.plain, nick: 'x\\20y' });
      odd.send('PRIVMSG alice :odd');
      const said = await phone.next(isText('odd'), 'the word of the odd one');
      // On IRC the backslash is the lower case of the bar.
      expect(bareOf(said)).toBe(`x|20y%net@${GATEWAY}`);
      await phone.send(xml('message', { to: bareOf(said), type: 'chat' }, xml('body', {}, 'even')));
      expect((await odd.next(({ command }) => command === 'PRIVMSG', 'the answer')).params[1]).toBe('even');
      await using quoted = await ircClient({ port: world.ircd.ports.plain, nick: '[x]^{y}|`_' });
      quoted.send('PRIVMSG alice :quoted');
      const other = await phone.next(isText('quoted'), 'the word of the other one');
      await phone.send(xml('message', { to: bareOf(other), type: 'chat' }, xml('body', {}, 'unquoted')));
      expect((await quoted.next(({ command }) => command === 'PRIVMSG', 'the answer')).params[1]).toBe('unquoted');
    });

    test('who is blocked is not heard, then or later, and is heard again when unblocked', async () => {
      const block = (name: 'block' | 'unblock') =>
        phone.ask(xml('iq', { type: 'set' }, xml(name, { xmlns: 'urn:xmpp:blocking' }, xml('item', { jid: IRENE }))));
      expect((await block('block')).attrs.type).toBe('result');
      await using other = await ircClient({ port: world.ircd.ports.plain, nick: 'iras' });
      const isLost = (one: Element): boolean => ['one', 'two', 'three'].some((text) => isText(text)(one));
      for (const text of ['one', 'two', 'three']) {
        irc.send(`PRIVMSG alice :${text}`);
        await irc.barrier();
        other.send(`PRIVMSG alice :after ${text}`);
        await phone.next(isText(`after ${text}`), 'a word of somebody else');
        await hasNone(phone, isLost);
      }
      expect((await block('unblock')).attrs.type).toBe('result');
      await phone.send(xml('presence'));
      await phone.barrier();
      irc.send('PRIVMSG alice :four');
      await phone.next(isText('four'), 'a word after that');
      await hasNone(phone, isLost);
    });

    test('who is taken off the roster is nobody any more, whatever they do', async () => {
      const removed = await phone.ask(
        xml(
          'iq',
          { type: 'set' },
          xml('query', { xmlns: 'jabber:iq:roster' }, xml('item', { jid: IRENE, subscription: 'remove' })),
        ),
      );
      expect(removed.attrs.type).toBe('result');
      await drain(phone);
      await world.later(31, phone);
      irc.send('AWAY :gone for good');
      await irc.barrier();
      await phone.send(xml('message', { to: IRENE, type: 'chat' }, xml('body', {}, 'knock')));
      await irc.next(({ command, params }) => command === 'PRIVMSG' && params[1] === 'knock', 'the knock');
      await hasNone(phone, isPresence(IRENE));
      expect(await standingOf(phone, IRENE)).toBeUndefined();
    });

    test('whom our probe does not find is not there any more', async () => {
      await world.xmpp.kill();
      phone.destroy();
      await world.xmpp.restart();
      await world.gateway.online();
      await using bob = await world.login('bob');
      await world.later(61, bob);
      await irc.next(({ command }) => command === '731', 'that alice is gone');
    });
  });
}
