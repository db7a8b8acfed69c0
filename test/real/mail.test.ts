import { once } from 'node:events';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { expect, test } from 'vitest';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import { configFrom } from '../config-from.ts';
import { mailServer, post, vouched } from '../fakes/mail-server.ts';
import { startNameServer } from '../fakes/name-server.ts';
import { jumpingClock } from '../jumping-clock.ts';
import { folder } from '../process/cli/isthmus.ts';
import { startDovecot } from './dovecot.ts';
import { startPostfix } from './postfix.ts';
import { describeReal, startProsody, xml, xmppClient } from './servers.ts';
import type { Element, XmppClient } from './xmpp.ts';

const MAIL = 'mail.localhost';
const DOMAIN = 'gw.test';
const SECRET = 'secret';
const NEEDS = ['prosody', 'postfix', 'dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd'] as const;

/** Prosody with alice, Postfix as smarthost and as server of peer.test, Dovecot for its mailboxes, and a gateway between them. */
async function startMailWorld({
  byImap = false,
  verifies = false,
  strangers = verifies ? 'refuse' : 'accept',
}: {
  byImap?: boolean;
  verifies?: boolean;
  strangers?: 'refuse' | 'accept';
} = {}) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const xmpp = stack.use(await startProsody({ domains: { [MAIL]: SECRET }, users: { alice: 'pw' } }));
  const dovecot = stack.use(await startDovecot());
  const far = stack.use(await mailServer());
  const names = stack.use(await startNameServer({}));
  const [lmtp = 0] = await freePorts(1);
  const postfix = stack.use(
    await startPostfix({
      mailboxes: ['bob', 'carol', 'full', ...(byImap ? ['gateway'] : [])],
      lmtp: dovecot.ports.lmtp,
      verifies,
      // All mail of the domain goes to one mailbox, or to the gateway itself.
      relayed: {
        [DOMAIN]: `lmtp:inet:127.0.0.1:${byImap ? dovecot.ports.lmtp : lmtp}`,
        'far.test': `smtp:[127.0.0.1]:${far.port}`,
      },
    }),
  );
  const config = await configFrom({
    xmpp: { host: '127.0.0.1', port: xmpp.ports.component },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    key: { file: join(dir.path, 'isthmus.key') },
    // Nobody has the account of the second.
    access: { register: ['alice@localhost', 'ghost@localhost'] },
    transports: {
      [MAIL]: {
        ...{ bridge: 'email', secret: SECRET, domain: DOMAIN, unverified: 'accept', authserv: ['mx.example'] },
        strangers,
        dns: `127.0.0.1:${names.port}`,
        outgoing: { host: '127.0.0.1', port: postfix.ports.smtp, tls: 'off' },
        incoming: byImap
          ? { imap: { host: '127.0.0.1', port: dovecot.ports.imap, tls: 'off', user: 'gateway', password: 'pw' } }
          : { lmtp: `127.0.0.1:${lmtp}` },
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
    ...{ postfix, dovecot, far, alice },
    /** Writes to somebody, and has what would wait for more go. */
    async write(to: string, id: string, body: string): Promise<void> {
      await alice.send(
        xml(
          'message',
          { to: jid(to), type: 'chat', id },
          xml('body', {}, body),
          xml('request', { xmlns: 'urn:xmpp:receipts' }),
        ),
      );
      await later(alice);
      clock.jump(21_000);
    },
    /** Says something in a room, and has what would wait for more go. */
    async say(room: string, id: string, body: string): Promise<void> {
      await alice.send(xml('message', { to: room, type: 'groupchat', id }, xml('body', {}, body)));
      await later(alice);
      clock.jump(21_000);
    },
    /** Mail of somebody, as their mail program hands it to their server. */
    async mail(from: string, to: string, lines: readonly string[]): Promise<void> {
      const answers = await post(postfix.ports.smtp, { from, to: [to], raw: lines.join('\r\n'), smtp: true });
      expect(answers).toEqual([expect.stringMatching(/^250/)]);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const jid = (address: string): string => `${address.replace('@', '\\40')}@${MAIL}`;

/** What was sent before is kept: the gateway has taken part in two round trips. */
async function later(client: XmppClient): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1)
    await client.ask(
      xml('iq', { type: 'get', to: MAIL }, xml('query', { xmlns: 'http://jabber.org/protocol/disco#info' })),
    );
}

/** The newest mail of a mailbox, once there is one. */
async function inbox(
  port: number,
  user: string,
): Promise<{ source: string; messageId: string; from: string; subject: string }> {
  const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, auth: { user, pass: 'pw' }, logger: false });
  await client.connect();
  try {
    const box = await client.mailboxOpen('INBOX');
    if (box.exists === 0) {
      void client.idle();
      await once(client, 'exists');
    }
    const found = await client.fetchOne('*', { envelope: true, source: true });
    if (!found) throw new Error('there is no mail');
    return {
      source: found.source?.toString('utf8') ?? '',
      messageId: found.envelope?.messageId ?? '',
      from: found.envelope?.from?.[0]?.address ?? '',
      subject: found.envelope?.subject ?? '',
    };
  } finally {
    await client.logout();
  }
}

const chat = (client: XmppClient, from: string, fits: (stanza: Element) => boolean = () => true) =>
  client.next(
    (one) => one.is('message') && one.attrs.from?.startsWith(jid(from)) === true && fits(one),
    `something of ${from}`,
  );

describeReal('mail over Postfix and Dovecot', NEEDS, () => {
  test('a message arrives in the mailbox, and the answer to it as chat', async () => {
    await using world = await startMailWorld();
    await world.write('bob@peer.test', 'm1', 'Good morrow');
    const got = await inbox(world.dovecot.ports.imap, 'bob');
    expect(got.from).toBe(`alice=localhost@${DOMAIN}`);
    expect(got.source).toContain('Good morrow');
    // Dovecot has it: Postfix says so, as it was asked to.
    const receipt = await chat(world.alice, 'bob@peer.test');
    expect(receipt.getChild('received', 'urn:xmpp:receipts')?.attrs.id).toBe('m1');
    await world.mail('bob@peer.test', got.from, [
      'From: Bob <bob@peer.test>',
      `To: <${got.from}>`,
      'Message-ID: <b1@peer.test>',
      `In-Reply-To: ${got.messageId}`,
      `Subject: Re: ${got.subject}`,
      '',
      'And to you.',
      '',
      'On Monday, Alice wrote:',
      '> Good morrow',
    ]);
    const answer = await chat(world.alice, 'bob@peer.test');
    expect(answer.getChildText('body')).toMatch(/(^|\n)And to you\.$/);
    expect(answer.getChild('reply', 'urn:xmpp:reply:0')?.attrs.id).toBe('m1');
  });

  test('who has no address here is refused by Postfix at once, and no bounce goes to whomever a forger has named', async () => {
    await using world = await startMailWorld({ verifies: true });
    const raw = 'From: Bob <bob@peer.test>\r\nMessage-ID: <b1@peer.test>\r\n\r\nHello';
    const { smtp } = world.postfix.ports;
    const ask = (to: string) => post(smtp, { from: 'bob@peer.test', to: [to], raw, smtp: true });
    expect(await ask(`nobody@${DOMAIN}`)).toEqual([expect.stringMatching(/^550 /)]);
    // Whoever is asked for by Postfix is no stranger to be refused: that is decided with the mail.
    await world.write('bob@peer.test', 'm1', 'Good morrow');
    await chat(world.alice, 'bob@peer.test');
    expect(await ask(`alice=localhost@${DOMAIN}`)).toEqual([expect.stringMatching(/^250 /)]);
    expect((await chat(world.alice, 'bob@peer.test')).getChildText('body')).toMatch(/Hello$/);
  });

  test('who writes to somebody whom the XMPP server does not know has a report of it: nobody could be refused before', async () => {
    await using world = await startMailWorld({ verifies: true, strangers: 'accept' });
    await world.mail('bob@peer.test', `ghost=localhost@${DOMAIN}`, [
      vouched('bob@peer.test'),
      ...[
        'From: Bob <bob@peer.test>',
        `To: <ghost=localhost@${DOMAIN}>`,
        'Message-ID: <b1@peer.test>',
        'Subject: Hello',
      ],
      ...['', 'Who is there?'],
    ]);
    const got = await inbox(world.dovecot.ports.imap, 'bob');
    expect([got.from, got.subject]).toEqual([`mailer-daemon@${DOMAIN}`, 'Undelivered: Hello']);
    // RFC 5321 §4.4: by that the last server tells that the envelope names nobody.
    expect(got.source).toMatch(/^Return-Path: <>/m);
    expect(got.source).toMatch(/^In-Reply-To: <b1@peer\.test>/m);
    expect(got.source).toMatch(
      /^Final-Recipient: rfc822; ghost=localhost@gw\.test\r\nAction: failed\r\nStatus: 5\.0\.0/m,
    );
    expect(got.source).toMatch(/^Content-Type: text\/rfc822-headers[\s\S]*^Subject: Hello/m);
    // A report that comes in is no mail of anybody, and nothing goes back for it.
    await world.mail('', `ghost=localhost@${DOMAIN}`, got.source.split('\r\n'));
    await world.mail('bob@peer.test', `alice=localhost@${DOMAIN}`, [
      vouched('bob@peer.test'),
      ...['From: Bob <bob@peer.test>', 'Message-ID: <b2@peer.test>', '', 'And you?'],
    ]);
    expect((await chat(world.alice, 'bob@peer.test')).getChildText('body')).toMatch(/And you\?$/);
    expect((await inbox(world.dovecot.ports.imap, 'bob')).messageId).toBe(got.messageId);
  });

  test('an answer is read from the mailbox of the gateway, where all mail of its domain goes', async () => {
    await using world = await startMailWorld({ byImap: true });
    await world.write('bob@peer.test', 'm1', 'Good morrow');
    const got = await inbox(world.dovecot.ports.imap, 'bob');
    await world.mail('bob@peer.test', `gateway@${DOMAIN}`, [
      'From: Bob <bob@peer.test>',
      `To: <${got.from}>`,
      'Message-ID: <b1@peer.test>',
      `In-Reply-To: ${got.messageId}`,
      '',
      'And to you.',
    ]);
    const answer = await chat(world.alice, 'bob@peer.test', (one) => one.getChild('body') !== undefined);
    expect(answer.getChildText('body')).toMatch(/(^|\n)And to you\.$/);
  });

  test('a thread of three is a room: what is said there is in both mailboxes, answers come into it, and who was not reached is named', async () => {
    await using world = await startMailWorld();
    const { alice, dovecot } = world;
    const mine = `alice=localhost@${DOMAIN}`;
    const mail = (from: string, lines: readonly string[]) =>
      world.mail(from, mine, [vouched(from), `From: <${from}>`, `To: <${mine}>`, ...lines]);
    await mail('bob@peer.test', [
      'Cc: carol@peer.test, nobody@peer.test',
      'Message-ID: <b1@peer.test>',
      'Subject: Dinner',
      '',
      'When?',
    ]);
    const asked = await chat(alice, 'bob@peer.test', (one) => one.getChild('body') !== undefined);
    expect(asked.getChildText('body')).toContain('carol@peer.test, nobody@peer.test');
    await alice.send(xml('message', { to: MAIL, type: 'chat' }, xml('body', {}, 'open bob@peer.test')));
    const opened = await alice.next(
      (one) => one.is('message') && one.attrs.from?.startsWith(`${MAIL}/`) === true,
      'the room',
    );
    const [room = ''] = /thread\.\w+@[\w.]+/.exec(opened.getChildText('body') ?? '') ?? [];
    await alice.send(xml('presence', { to: `${room}/Alice` }, xml('x', { xmlns: 'http://jabber.org/protocol/muc' })));
    await alice.next((one) => one.attrs.from === room && one.getChild('subject') !== undefined, 'the subject');
    const inRoom = (nick: string, words: string) =>
      alice.next(
        (one) => one.attrs.from === room + nick && (one.getChildText('body') ?? '').includes(words),
        `${words} of ${nick}`,
      );
    await world.say(room, 'g1', 'At eight.');
    await inRoom('/Alice', 'At eight.');
    const [bobs, carols] = [await inbox(dovecot.ports.imap, 'bob'), await inbox(dovecot.ports.imap, 'carol')];
    expect([bobs.subject, carols.subject, bobs.messageId]).toEqual(['Re: Dinner', 'Re: Dinner', carols.messageId]);
    expect(carols.source).toMatch(/^Cc: .*nobody@peer\.test/m);
    await inRoom('', 'did not reach nobody@peer.test');
    await mail('carol@peer.test', [
      ...['Cc: bob@peer.test', 'Message-ID: <c1@peer.test>', `In-Reply-To: ${carols.messageId}`, 'Subject: Re: Dinner'],
      ...['', 'Good.', '', 'On Monday, Alice wrote:', '> At eight.'],
    ]);
    await inRoom('', 'Left out of the thread: nobody');
    expect((await inRoom('/carol', 'Good.')).getChildText('body')).toMatch(/(^|\n)Good\.$/);
  });

  test('who is unknown, whose mailbox is full and what another server refuses are told as what they are', async () => {
    await using world = await startMailWorld();
    await world.write('nobody@peer.test', 'm1', 'Good morrow');
    const unknown = await chat(world.alice, 'nobody@peer.test');
    expect(errorOf(unknown)).toEqual(['error', 'm1', 'item-not-found']);

    await world.mail('bob@peer.test', 'full@peer.test', [
      'From: bob@peer.test',
      '',
      ...Array(90).fill('x'.repeat(1000)),
    ]);
    await inbox(world.dovecot.ports.imap, 'full');
    await world.write('full@peer.test', 'm2', 'y'.repeat(20_000));
    expect(errorOf(await chat(world.alice, 'full@peer.test'))).toEqual(['error', 'm2', 'resource-constraint']);

    world.far.faults.push({ at: 'rcpt', code: 550, text: '5.1.1 no such user' });
    await world.write('ghost@far.test', 'm3', 'Good morrow');
    expect(errorOf(await chat(world.alice, 'ghost@far.test'))).toEqual(['error', 'm3', 'item-not-found']);

    world.far.faults.push({ at: 'data', code: 554, text: '5.7.1 Blocked using spamhaus' });
    await world.write('dave@far.test', 'm4', 'Good morrow');
    expect(errorOf(await chat(world.alice, 'dave@far.test'))).toEqual(['error', 'm4', 'internal-server-error']);
  });
});

function errorOf(stanza: Awaited<ReturnType<typeof chat>>): readonly (string | undefined)[] {
  const [condition] = stanza.getChild('error')?.getChildElements() ?? [];
  return [stanza.attrs.type, stanza.attrs.id, condition?.name];
}
