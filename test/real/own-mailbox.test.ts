import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { expect, test } from 'vitest';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics.ts';
import { configFrom } from '../config-from.ts';
import { post } from '../fakes/mail-server.ts';
import { jumpingClock } from '../jumping-clock.ts';
import { folder } from '../process/cli/isthmus.ts';
import { startDovecot } from './dovecot.ts';
import { startPostfix } from './postfix.ts';
import { describeReal, startProsody, xml, xmppClient } from './servers.ts';
import type { Element, XmppClient } from './xmpp.ts';

const MAIL = 'mail.localhost';
const SECRET = 'secret';
const COMMANDS = 'http://jabber.org/protocol/commands';
const NEEDS = ['prosody', 'postfix', 'dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd'] as const;

/** Prosody with alice, whose mailbox alice@peer.test is on a Dovecot behind a Postfix that takes her mails by her password. */
async function startOwnWorld() {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const xmpp = stack.use(await startProsody({ domains: { [MAIL]: SECRET }, users: { alice: 'pw' } }));
  const dovecot = stack.use(await startDovecot());
  const postfix = stack.use(
    await startPostfix({
      mailboxes: ['alice', 'bob'],
      lmtp: dovecot.ports.lmtp,
      // Nothing goes there.
      relayed: { 'gw.test': 'lmtp:inet:127.0.0.1:9' },
      sasl: dovecot.ports.auth,
    }),
  );
  const local = { host: '127.0.0.1', tls: 'off' };
  const config = await configFrom({
    xmpp: { host: '127.0.0.1', port: xmpp.ports.component },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    key: { file: join(dir.path, 'isthmus.key') },
    access: { register: ['alice@localhost'] },
    transports: {
      [MAIL]: {
        ...{ bridge: 'email', secret: SECRET, domain: 'gw.test', unverified: 'accept' },
        // Nothing goes this way.
        outgoing: { host: '127.0.0.1', port: 9, tls: 'off' },
        incoming: { lmtp: '127.0.0.1:0' },
        accounts: {
          providers: [
            {
              domains: ['peer.test'],
              imap: { ...local, port: dovecot.ports.imap },
              submission: { ...local, port: postfix.ports.smtp },
            },
          ],
        },
      },
    },
  });
  const clock = jumpingClock();
  const gateway = stack.use(await startGateway(config, { log: openLog('silent'), metrics: openMetrics(), clock }));
  await gateway.online();
  const alice = await xmppClient({ port: xmpp.ports.c2s, user: 'alice', password: 'pw', patience: 60_000 });
  await alice.send(xml('presence'));
  const resources = stack.move();
  return {
    ...{ postfix, dovecot, alice, clock },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** One step of the command, with what is filled in. Resolves with the command of the answer. */
async function step(client: XmppClient, session: string | undefined, filled?: Readonly<Record<string, string>>) {
  const fields = Object.entries(filled ?? {}).map(([name, value]) =>
    xml('field', { var: name }, xml('value', {}, value)),
  );
  const form = filled ? [xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...fields)] : [];
  const attrs = { xmlns: COMMANDS, node: 'realm-register', ...(session !== undefined && { sessionid: session }) };
  const answer = await client.ask(xml('iq', { type: 'set', to: MAIL }, xml('command', attrs, ...form)));
  const command = answer.getChild('command', COMMANDS);
  if (!command) throw new Error(`the command was answered: ${answer}`);
  return command;
}

/** Links alice@peer.test as any client does, and waits until the gateway shows that its mailbox is read. */
async function link(client: XmppClient, password: string): Promise<Element> {
  const begun = await step(client, undefined);
  const session = begun.attrs.sessionid;
  await step(client, session, { login: 'Your own mailbox, with a password' });
  await step(client, session, { address: 'alice@peer.test' });
  return step(client, session, { user: 'alice@peer.test', password });
}

const jid = (address: string): string => `${address.replace('@', '\\40')}@${MAIL}`;

/** A mail program of a user, beside the gateway. */
async function program(port: number, user: string): Promise<ImapFlow> {
  const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, auth: { user, pass: 'pw' }, logger: false });
  await client.connect();
  await client.mailboxOpen('INBOX', { readOnly: true });
  return client;
}

/** The newest mail of a mailbox, once there are so many. */
async function newest(client: ImapFlow, count: number) {
  while (client.mailbox && client.mailbox.exists < count) {
    const come = new Promise((done) => client.once('exists', done));
    void client.idle();
    await come;
  }
  const found = await client.fetchOne('*', { envelope: true, source: true, flags: true });
  if (!found) throw new Error('there is no mail');
  return { source: found.source?.toString('utf8') ?? '', envelope: found.envelope, flags: [...(found.flags ?? [])] };
}

describeReal("a mailbox of a user's own", NEEDS, () => {
  test('is linked, written from over its server, and its answers come into the chat while another program marks nothing', async () => {
    await using world = await startOwnWorld();
    const { alice, dovecot } = world;
    expect(String(await link(alice, 'not it'))).toContain('Your mail server refuses the login');
    expect((await link(alice, 'pw')).attrs.status).toBe('completed');
    await alice.next((one) => one.is('presence') && one.attrs.type === 'subscribe', 'the request of the gateway');
    await alice.send(xml('presence', { to: MAIL, type: 'subscribed' }));
    await alice.send(xml('presence', { to: MAIL, type: 'subscribe' }));
    await alice.next(
      (one) => one.is('presence') && (one.getChildText('status') ?? '').includes('alice@peer.test'),
      'that the mailbox is read',
    );

    await alice.send(xml('message', { to: jid('bob@peer.test'), type: 'chat', id: 'm1' }, xml('body', {}, 'Ciao')));
    await alice.ask(xml('iq', { type: 'get', to: MAIL }, xml('ping', { xmlns: 'urn:xmpp:ping' })));
    await alice.ask(xml('iq', { type: 'get', to: MAIL }, xml('ping', { xmlns: 'urn:xmpp:ping' })));
    world.clock.jump(21_000);
    const bob = await program(dovecot.ports.imap, 'bob');
    const got = await newest(bob, 1);
    await bob.logout();
    expect(got.envelope?.from?.[0]?.address).toBe('alice@peer.test');
    expect(got.source).toContain('Ciao');
    expect(got.source).toContain('Authenticated sender: alice');

    const other = await program(dovecot.ports.imap, 'alice');
    const raw = [
      'From: Bob <bob@peer.test>',
      'To: <alice@peer.test>',
      'Message-ID: <b1@peer.test>',
      `In-Reply-To: ${got.envelope?.messageId}`,
      `Subject: Re: ${got.envelope?.subject}`,
      '',
      'And to you.',
    ].join('\r\n');
    const sent = { from: 'bob@peer.test', to: ['alice@peer.test'], raw, smtp: true };
    expect(await post(world.postfix.ports.smtp, sent)).toEqual([expect.stringMatching(/^250/)]);
    const answer = await alice.next(
      (one) => one.is('message') && one.attrs.from?.startsWith(jid('bob@peer.test')) === true && !!one.getChild('body'),
      'the answer',
    );
    expect(answer.getChildText('body')).toMatch(/And to you\.$/);
    expect(answer.getChild('reply', 'urn:xmpp:reply:0')?.attrs.id).toBe('m1');
    expect((await newest(other, 1)).flags).not.toContain('\\Seen');
    // The copy of what was sent.
    const status = await other.status('Sent', { messages: true });
    expect(status ? status.messages : 0).toBe(1);
    await other.logout();
  });
});
