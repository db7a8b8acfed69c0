import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { expect, test } from 'vitest';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { configFrom } from '../config-from.ts';
import { FINGERPRINT } from '../fakes/certificate.ts';
import { post } from '../fakes/mail-server.ts';
import { oauthServer } from '../fakes/oauth-server.ts';
import { jumpingClock } from '../jumping-clock.ts';
import { folder } from '../process/cli/isthmus.ts';
import { startDovecot } from './dovecot.ts';
import { later } from './later.ts';
import { startPostfix } from './postfix.ts';
import { describeReal, startProsody, xml, xmppClient } from './servers.ts';
import { pinged } from './world.ts';
import type { Element, XmppClient } from './xmpp.ts';

const MAIL = 'mail.localhost';
const SECRET = 'secret';
const COMMANDS = 'http://jabber.org/protocol/commands';
const NEEDS = ['prosody', 'postfix', 'dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd'] as const;

type Way = {
  readonly tls: 'off' | 'starttls' | 'implicit';
  /** She logs in on the page of her provider, and her servers know its tokens. */
  readonly oauth?: boolean;
};

/** Prosody with alice, whose mailbox alice@peer.test is on a Dovecot behind a Postfix that takes her mails by her password or token. */
async function startOwnWorld({ tls, oauth = false }: Way) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const xmpp = stack.use(await startProsody({ domains: { [MAIL]: SECRET }, users: { alice: 'pw' } }));
  const provider = stack.use(await oauthServer(() => undefined, 'alice'));
  const isSecret = tls !== 'off';
  const dovecot = stack.use(
    await startDovecot({ tls: isSecret, ...(oauth && { introspection: `${provider.url}/introspect?token=` }) }),
  );
  const postfix = stack.use(
    await startPostfix({
      mailboxes: ['alice', 'bob'],
      lmtp: dovecot.ports.lmtp,
      // Nothing goes there.
      relayed: { 'gw.test': 'lmtp:inet:127.0.0.1:9' },
      sasl: dovecot.ports.auth,
      tls: isSecret,
    }),
  );
  const local = { host: '127.0.0.1', tls, ...(isSecret && { pin: [FINGERPRINT] }) };
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
              imap: { ...local, port: dovecot.ports[tls === 'implicit' ? 'imaps' : 'imap'] },
              submission: { ...local, port: postfix.ports[tls === 'implicit' ? 'smtps' : 'smtp'] },
              ...(oauth && {
                oauth: {
                  ...{
                    device: `${provider.url}/device`,
                    token: `${provider.url}/token`,
                    revoke: `${provider.url}/revoke`,
                  },
                  ...{ client: 'isthmus', scope: 'mail' },
                },
              }),
            },
          ],
        },
      },
    },
  });
  const clock = jumpingClock();
  const gateway = stack.use(await startGateway(config, { log: openLog('silent'), metrics: openMetrics(), clock }));
  await gateway.online();
  const alice = await xmppClient({ port: xmpp.ports.c2s, user: 'alice', password: 'pw' });
  await alice.send(xml('presence'));
  const resources = stack.move();
  return {
    ...{ postfix, dovecot, alice, clock, provider },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

type OwnWorld = Awaited<ReturnType<typeof startOwnWorld>>;

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

/** The same on the page of her provider. */
async function linkByPage({ alice, clock, provider }: OwnWorld): Promise<Element> {
  const begun = await step(alice, undefined);
  const session = begun.attrs.sessionid;
  await step(alice, session, { login: 'Your own mailbox, on your provider’s page and without a password' });
  expect(String(await step(alice, session, { address: 'alice@peer.test' }))).toContain('WDJB-MJHT');
  await step(alice, session);
  provider.approve();
  clock.jump(5000);
  await provider.when(() => provider.asked === 1);
  return step(alice, session);
}

/** Until the gateway shows that her mailbox is read. */
async function isRead(alice: XmppClient): Promise<void> {
  await alice.next((one) => one.is('presence') && one.attrs.type === 'subscribe', 'the request of the gateway');
  await alice.send(xml('presence', { to: MAIL, type: 'subscribed' }));
  await alice.send(xml('presence', { to: MAIL, type: 'subscribe' }));
  await alice.next(
    (one) => one.is('presence') && (one.getChildText('status') ?? '').includes('alice@peer.test'),
    'that the mailbox is read',
  );
}

/** What she writes goes once the time for more of it is over. */
async function write({ alice, clock }: OwnWorld, id: string, text: string): Promise<void> {
  await alice.send(xml('message', { to: jid('bob@peer.test'), type: 'chat', id }, xml('body', {}, text)));
  await pinged(alice, [MAIL, MAIL]);
  clock.jump(21_000);
}

/** Bob writes to her. */
async function answered({ postfix, alice }: OwnWorld, headers: readonly string[], text: string): Promise<Element> {
  const raw = ['From: Bob <bob@peer.test>', 'To: <alice@peer.test>', ...headers, '', text].join('\r\n');
  const sent = { from: 'bob@peer.test', to: ['alice@peer.test'], raw, smtp: true };
  expect(await post(postfix.ports.smtp, sent)).toEqual([expect.stringMatching(/^250/)]);
  return alice.next(
    (one) => one.is('message') && one.attrs.from?.startsWith(jid('bob@peer.test')) === true && !!one.getChild('body'),
    'the answer',
  );
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

/** What lies in Bob's mailbox, as its server has it in a file: nobody but her has a login. */
async function mailOfBob({ dovecot }: OwnWorld): Promise<string> {
  const dir = join(dovecot.dir, 'mail/bob/new');
  for (;;) {
    const [name] = await readdir(dir).catch(() => []);
    if (name !== undefined) return readFile(join(dir, name), 'utf8');
    await setImmediate();
  }
}

describeReal("a mailbox of a user's own", NEEDS, () => {
  test('is linked, written from over its server, and its answers come into the chat while another program marks nothing', async () => {
    await using world = await startOwnWorld({ tls: 'off' });
    const { alice, dovecot } = world;
    expect(String(await link(alice, 'not it'))).toContain('Your mail server refuses the login');
    expect((await link(alice, 'pw')).attrs.status).toBe('completed');
    await isRead(alice);
    await write(world, 'm1', 'Ciao');
    const bob = await program(dovecot.ports.imap, 'bob');
    const got = await newest(bob, 1);
    await bob.logout();
    expect(got.envelope?.from?.[0]?.address).toBe('alice@peer.test');
    expect(got.source).toContain('Ciao');
    expect(got.source).toContain('Authenticated sender: alice');

    const other = await program(dovecot.ports.imap, 'alice');
    const about = [
      'Message-ID: <b1@peer.test>',
      `In-Reply-To: ${got.envelope?.messageId}`,
      `Subject: Re: ${got.envelope?.subject}`,
    ];
    const answer = await answered(world, about, 'And to you.');
    expect(answer.getChildText('body')).toMatch(/And to you\.$/);
    expect(answer.getChild('reply', 'urn:xmpp:reply:0')?.attrs.id).toBe('m1');
    expect((await newest(other, 1)).flags).not.toContain('\\Seen');
    // The copy of what was sent.
    const status = await other.status('Sent', { messages: true });
    expect(status ? status.messages : 0).toBe(1);
    await other.logout();
  });

  test.each(['implicit', 'starttls'] as const)(
    'gets its password only in secret (%s), from a server with the certificate that is pinned',
    async (tls) => {
      await using world = await startOwnWorld({ tls });
      const { alice, dovecot } = world;
      expect((await link(alice, 'pw')).attrs.status).toBe('completed');
      await isRead(alice);
      await write(world, 'm1', 'Ciao');
      const got = await mailOfBob(world);
      expect(got).toMatch(/using TLSv1\.[23][\s\S]*\(Authenticated sender: alice\)/);
      expect(dovecot.output()).toMatch(/imap-login: (?:Info: )?Login: user=<alice>, method=PLAIN, .*\bTLS\b/);
      const answer = await answered(world, ['Message-ID: <b1@peer.test>'], 'And to you.');
      expect(answer.getChildText('body')).toMatch(/And to you\.$/);
    },
  );

  test('is linked on the page of its provider, and its servers are given tokens alone, each as long as it holds', async () => {
    await using world = await startOwnWorld({ tls: 'implicit', oauth: true });
    const { alice, clock, dovecot } = world;
    expect(String(await linkByPage(world))).toContain('You are registered.');
    await isRead(alice);
    await write(world, 'm1', 'Ciao');
    expect(await mailOfBob(world)).toMatch(/using TLSv1\.[23][\s\S]*\(Authenticated sender: alice\)/);
    // The token is over: what is written next goes with another, and so does the line that comes after this one.
    await later(120, {
      jump: (seconds) => clock.jump(seconds * 1000),
      trip: () => pinged(alice, [MAIL]),
    });
    await write(world, 'm2', 'Ciao again');
    const answer = await answered(world, ['Message-ID: <b1@peer.test>'], 'And to you.');
    expect(answer.getChildText('body')).toMatch(/And to you\.$/);
    expect(dovecot.output()).toMatch(
      /imap-login: (?:Info: )?Login: user=<alice>, method=(?:XOAUTH2|OAUTHBEARER), .*\bTLS\b/,
    );
    expect(dovecot.output()).not.toContain('method=PLAIN');
  });
});
