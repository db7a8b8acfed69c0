import { describe, expect, it } from 'vitest';
import { readMail } from './read-mail.ts';

const report = async (raw: string) => (await readMail(raw)).mail;

/** A report of that type with what programs read, and headers of the mail that it is about. */
const multipart = (
  type: string,
  machine: string,
  returned = 'From: alice@mail.example.org\nMessage-ID: <t1@mail.example.org>\n',
) =>
  `From: MAILER-DAEMON@mx.example.com (Mail Delivery System)\nTo: <b+t1@mail.example.org>\nReturn-Path: <>\nSubject: Report\n` +
  `Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=${type}; boundary="r"\n\n` +
  `--r\nContent-Type: text/plain\n\nIt says so below.\n\n--r\nContent-Type: message/${type}\n\n${machine}\n` +
  `--r\nContent-Type: text/rfc822-headers\n\n${returned}\n--r--\n`;

describe('a delivery status notification (RFC 3464)', () => {
  it.each([
    [
      'of Postfix, failed',
      'Reporting-MTA: dns; mx.example.com\nOriginal-Envelope-Id: e+2B1\n\nFinal-Recipient: rfc822; bob@example.com\nOriginal-Recipient: rfc822;Bob@Example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <bob@example.com>:\n Recipient address rejected: User unknown\n',
      [
        {
          address: 'Bob@example.com',
          action: 'failed',
          status: '5.1.1',
          diagnostic: '550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown',
        },
      ],
    ],
    [
      'of Exchange, whose status says less than its server',
      'Reporting-MTA: dns;x.example.com\n\nFinal-recipient: RFC822;bob@example.com\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp;552 5.2.2 mailbox full\nX-Display-Name: Bob\n',
      [{ address: 'bob@example.com', action: 'failed', status: '5.2.2', diagnostic: '552 5.2.2 mailbox full' }],
    ],
    [
      'that is delayed',
      'Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; bob@example.com\nAction: delayed\nStatus: 4.4.1\nWill-Retry-Until: x\n',
      [{ address: 'bob@example.com', action: 'delayed', status: '4.4.1' }],
    ],
    [
      'of several, relayed, expanded and delivered',
      'Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; a@example.com\nAction: relayed (to a server that tells nothing)\nStatus: 2.0.0\n\n\nFinal-Recipient: rfc822; b@example.com\nAction: Expanded\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; c@example.com\nAction: delivered\n',
      [
        { address: 'a@example.com', action: 'relayed', status: '2.0.0' },
        { address: 'b@example.com', action: 'expanded', status: '2.0.0' },
        { address: 'c@example.com', action: 'delivered', status: '2.0.0' },
      ],
    ],
    [
      'with xtext',
      'Reporting-MTA: dns; a\n\nOriginal-Recipient: rfc822;b+2Bc@example.com\nFinal-Recipient: rfc822; x@example.com\nAction: failed\nStatus: 5.1.1\n',
      [{ address: 'b+c@example.com', action: 'failed', status: '5.1.1' }],
    ],
    [
      'that makes no sense',
      'Action: failed\n\nFinal-Recipient: x400; nobody\nAction: failed\n\nFinal-Recipient: rfc822; a@example.com\nAction: eaten\n',
      [],
    ],
  ])('%s', async (_, machine, recipients) => {
    const mail = await report(multipart('delivery-status', machine));
    expect(mail).toMatchObject({ automation: 'bounce', report: { kind: 'delivery', about: 't1@mail.example.org' } });
    expect(mail.report).toHaveProperty('recipients', recipients);
  });

  it('tells its envelope id, and the mail that came back as a whole', async () => {
    const raw = multipart(
      'delivery-status',
      'Original-Envelope-Id: e+2B1\n\nFinal-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n',
    );
    expect((await report(raw)).report).toMatchObject({ envelopeId: 'e+1' });
    const whole = raw.replace('text/rfc822-headers', 'message/rfc822').replace('\n--r--', '\nthe text\n--r--');
    const { mail, files } = await readMail(whole);
    expect(mail.report).toMatchObject({ about: 't1@mail.example.org' });
    expect(files).toEqual([]);
  });
});

describe('a bounce in the words of a mailer', () => {
  it('of qmail', async () => {
    const mail = await report(
      'From: MAILER-DAEMON@mx.example.com\nTo: b@mail.example.org\nReturn-Path: <>\nSubject: failure notice\n\n' +
        "Hi. This is the qmail-send program at mx.example.com.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n" +
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<bob@example.net>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\nGiving up on 192.0.2.1.\n\n" +
        '--- Below this line is a copy of the message.\n\nReturn-Path: <b@mail.example.org>\nMessage-ID: <t1@mail.example.org>\nFrom: alice@mail.example.org\n\nhi\n',
    );
    expect(mail.report).toEqual({
      kind: 'delivery',
      about: 't1@mail.example.org',
      recipients: [
        {
          address: 'bob@example.net',
          action: 'failed',
          status: '5.1.1',
          diagnostic:
            '192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 no such user Giving up on 192.0.2.1.',
        },
      ],
    });
    expect(mail.automation).toBe('bounce');
  });

  it('of Exim', async () => {
    const mail = await report(
      'From: Mail Delivery System <Mailer-Daemon@mx.example.com>\nX-Failed-Recipients: bob@example.net\nAuto-Submitted: auto-replied\nSubject: Mail delivery failed\n\n' +
        'This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  bob@example.net\n    SMTP error from remote mail server after RCPT TO:<bob@example.net>:\n    550 5.2.1 mailbox disabled\n\n' +
        '------ This is a copy of the message, including all the headers. ------\n\nMessage-Id: <t1@mail.example.org>\n\nhi\n',
    );
    expect(mail.report).toMatchObject({
      about: 't1@mail.example.org',
      recipients: [{ address: 'bob@example.net', action: 'failed', status: '5.2.1' }],
    });
  });

  it('of Exchange of old', async () => {
    const mail = await report(
      'From: Postmaster <postmaster@example.net>\nReturn-Path: <>\nSubject: Undeliverable: Hello\n\nDelivery has failed to these recipients:\n\nBob\n\n' +
        'Diagnostic information for administrators:\n\nGenerating server: x.example.net\n\nbob@example.net\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nOriginal message headers:\n\nMessage-ID: <t1@mail.example.org>\n',
    );
    expect(mail.report).toMatchObject({
      recipients: [{ address: 'bob@example.net', action: 'failed', status: '5.1.1' }],
    });
  });

  it('counts only of a mailer: a person may say the same', async () => {
    const mail = await report(
      'From: bob@example.com\nX-Failed-Recipients: carol@example.com\n\nHi. This is the qmail-send program at x.\n\n<carol@example.com>:\nno\n',
    );
    expect(mail.report).toBeUndefined();
    expect(mail.automation).toBeUndefined();
  });
});

describe('other reports', () => {
  it('that a mail was shown, or went unread (RFC 8098)', async () => {
    const notification = (disposition: string) =>
      report(
        multipart(
          'disposition-notification',
          `Reporting-UA: x; y\nOriginal-Recipient: rfc822;bob@example.com\nFinal-Recipient: rfc822;b@example.com\nOriginal-Message-ID: <t1@mail.example.org>\nDisposition: ${disposition}\n`,
          '',
        ),
      );
    expect(await notification('manual-action/MDN-sent-manually; displayed')).toMatchObject({
      automation: 'program',
      report: { kind: 'disposition', about: 't1@mail.example.org', recipient: 'bob@example.com', read: true },
    });
    expect((await notification('automatic-action/MDN-sent-automatically; deleted')).report).toMatchObject({
      read: false,
    });
  });

  it('of abuse (RFC 5965)', async () => {
    const raw = multipart(
      'feedback-report',
      'Feedback-Type: abuse\nUser-Agent: x\nVersion: 1\nOriginal-Mail-From: <b+t1@mail.example.org>\nOriginal-Rcpt-To: <bob@example.com>\n',
    );
    expect((await report(raw)).report).toEqual({
      kind: 'complaint',
      type: 'abuse',
      about: 't1@mail.example.org',
      recipient: 'bob@example.com',
    });
  });
});

describe('what wrote a mail', () => {
  it.each([
    ['a person', '', undefined],
    ['a person whose program says so', 'Auto-Submitted: no', undefined],
    ['a vacation answer', 'Auto-Submitted: auto-replied (vacation)', 'reply'],
    [
      'a vacation answer of Exchange',
      'Auto-Submitted: auto-generated\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent',
      'reply',
    ],
    ['one that only its subject tells', 'Subject: Automatische Antwort: Hello', 'reply'],
    ['one that an encoded subject tells', 'Subject: =?utf-8?Q?R=C3=A9ponse_automatique_:_Hello?=', 'reply'],
    ['an old autoresponder', 'Precedence: auto_reply', 'reply'],
    ['a challenge', 'Return-Path: <>\nIn-Reply-To: <t1@mail.example.org>\nSubject: Please confirm', 'reply'],
    ['a list', 'List-Id: <gardeners.example.com>\nPrecedence: list', 'list'],
    ['a mass mailing', 'List-Unsubscribe: <https://example.com/u>', 'bulk'],
    ['a bulk mail', 'Precedence: bulk', 'bulk'],
    ['a program', 'Auto-Submitted: auto-generated', 'program'],
    ['somebody who writes of holidays', 'Subject: Out of office parties', undefined],
  ])('%s', async (_, headers, automation) => {
    const { mail } = await readMail(`From: bob@example.com\n${headers}${headers && '\n'}\nhi\n`);
    expect(mail.automation).toBe(automation);
  });
  it.each([
    ['MAILER-DAEMON@example.com', 'bounce'],
    ['noreply@example.com', 'program'],
    ['no-reply@example.com', 'program'],
    ['nora@example.com', undefined],
  ])('%s', async (from, automation) => {
    expect((await readMail(`From: ${from}\n\nhi\n`)).mail.automation).toBe(automation);
  });
});

describe('reactions and Delta Chat', () => {
  const reaction = (part: string) =>
    readMail(
      `From: bob@example.com\nIn-Reply-To: <t1@mail.example.org>\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nBob reacted\n\n--b\n${part}\n--b--\n`,
    );
  it.each([
    ['of Gmail', 'Content-Type: text/vnd.google.email-reaction+json\n\n{"version":1,"emoji":"👍"}', ['👍']],
    ['by RFC 9078', 'Content-Type: text/plain; charset=utf-8\nContent-Disposition: reaction\n\n👍 ❤️\n', ['👍', '❤️']],
    ['taken back', 'Content-Type: text/plain\nContent-Disposition: reaction\n\n', []],
    ['in words', 'Content-Type: text/plain\nContent-Disposition: reaction\n\nbuy this\n', undefined],
    ['that is broken', 'Content-Type: text/vnd.google.email-reaction+json\n\n{"emoji":[1', undefined],
  ])('%s', async (_, part, emoji) => {
    const { mail, files } = await reaction(part);
    expect(mail.reaction).toEqual(emoji);
    expect(files).toEqual([]);
  });

  it('edits, deletes and names its group', async () => {
    const { mail } = await readMail(
      'From: bob@example.com\nChat-Version: 1.0\nChat-Edit: <a@example.com>\nChat-Delete: b@example.com\nChat-Group-ID: G1\n\n✏️ better\n',
    );
    expect(mail.chat).toEqual({ version: '1.0', edits: 'a@example.com', deletes: 'b@example.com', group: 'G1' });
    expect((await readMail('From: bob@example.com\nChat-Edit: <a@example.com>\n\nx\n')).mail.chat).toBeUndefined();
  });
});
