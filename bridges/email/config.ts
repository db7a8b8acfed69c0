import { z } from 'zod';
import { endpointSchema } from '#src/lib/endpoint.ts';
import { durationOrOff, durationSchema } from '#src/lib/time/duration.ts';
import { secret } from '#src/model/secret.ts';
import { listed, MOST_FOLDERS, MOST_SENDERS } from './account/listed.ts';
import { accountTexts } from './account/texts.ts';
import { listedSender } from './in/senders.ts';
import { mailDomain } from './mailbox.ts';
import { texts } from './texts.ts';

const domain = z.string().transform((text, context): string => {
  const found = mailDomain(text);
  if (found !== undefined) return found;
  context.addIssue({ code: 'custom', message: 'must be a domain, such as mail.example.org' });
  return z.NEVER;
});

const sender = z.string().transform((text, context): string => {
  const found = listedSender(text);
  if (found !== undefined) return found;
  context.addIssue({ code: 'custom', message: 'must be a mail address or a domain' });
  return z.NEVER;
});

const line = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => !/\p{Cc}/u.test(text), 'must be one line of text');

const dkim = z.strictObject({
  domain: domain.describe('The domain that signs: that of the mail addresses, or one above it'),
  selector: z
    .string()
    .regex(/^[a-z0-9._-]{1,63}$/i, 'must be a name such as isthmus')
    .describe('Where its public key is: SELECTOR._domainkey.DOMAIN'),
  key: secret.describe('Its private key, as PEM'),
  unaligned: z
    .boolean()
    .default(false)
    .describe(
      'Signs with a domain that is neither, too, though receivers do not count that for the sender (RFC 7489 §3.1)',
    ),
});

const outgoing = z
  .strictObject({
    host: z.string().min(1).max(253).describe('The server that takes our mails and sends them on'),
    port: z.number().int().min(1).max(65_535).default(587).describe('Its port'),
    tls: z
      .enum(['starttls', 'implicit', 'off'])
      .default('starttls')
      .describe('starttls, implicit (port 465), or off for a server on this machine'),
    pin: z.array(z.string()).optional().describe('SHA-256 fingerprints of its certificate, in place of authorities'),
    user: line(320).optional().describe('What we log in as; without it nobody logs in'),
    password: secret.optional().describe('The password of that user'),
    name: domain.optional().describe('What we call ourselves; the mail domain if left out'),
    dkim: dkim.optional().describe('Signs mails, where the server does not (domain, selector, key)'),
    connections: z.number().int().min(1).max(50).default(4).describe('How many connections to it at a time'),
    timeout: durationSchema(1000, 600_000).prefault('2m').describe('How long it may say nothing'),
  })
  .superRefine((value, context) => {
    if ((value.user === undefined) !== (value.password === undefined))
      context.addIssue({ code: 'custom', path: ['password'], message: 'goes with user' });
    if (value.tls === 'off' && value.user !== undefined && !/^(?:127\.|::1$|localhost$)/.test(value.host))
      context.addIssue({ code: 'custom', path: ['tls'], message: 'is off, and a password is not sent in the clear' });
  });

const imap = z
  .strictObject({
    host: z.string().min(1).max(253).describe('The server that has the mailbox'),
    port: z.number().int().min(1).max(65_535).default(993).describe('Its port'),
    tls: z
      .enum(['implicit', 'starttls', 'off'])
      .default('implicit')
      .describe('implicit, starttls (port 143), or off for a server on this machine'),
    pin: z.array(z.string()).optional().describe('SHA-256 fingerprints of its certificate, in place of authorities'),
    user: line(320).describe('What we log in as'),
    password: secret.describe('Its password'),
    folder: line(200).default('INBOX').describe('The folder that is read'),
  })
  .superRefine((value, context) => {
    if (value.tls === 'off' && !/^(?:127\.|::1$|localhost$)/.test(value.host))
      context.addIssue({ code: 'custom', path: ['tls'], message: 'is off, and a password is not sent in the clear' });
  });

const LOCAL = /^(?:127\.|::1$|localhost$)/;

/** A server of a provider, as the operator names it. */
const server = (port: number) =>
  z
    .strictObject({
      host: z.string().min(1).max(253).describe('Its name'),
      port: z.number().int().min(1).max(65_535).default(port).describe('Its port'),
      tls: z
        .enum(['implicit', 'starttls', 'off'])
        .default('implicit')
        .describe('implicit, starttls, or off for a server on this machine'),
      pin: z.array(z.string()).optional().describe('SHA-256 fingerprints of its certificate, in place of authorities'),
    })
    .refine(({ tls, host }) => tls !== 'off' || LOCAL.test(host), {
      path: ['tls'],
      message: 'is off, and a password is not sent in the clear',
    });

const https = z
  .url({ protocol: /^https?$/, error: 'must be an https address' })
  .refine((text) => /^https:/.test(text) || /^http:\/\/(?:127\.|\[::1\]|localhost[:/])/.test(text), 'must be https');

const provider = z.strictObject({
  domains: z.array(domain).min(1).max(100).describe('The domains of its mail addresses'),
  imap: server(993).describe('Where mail is read (host, port, tls, pin)'),
  submission: server(465).describe('Where mail is handed in (host, port, tls, pin)'),
  authserv: z
    .array(line(253))
    .max(10)
    .default([])
    .describe('Ids of the Authentication-Results headers that it writes, and takes away where they come from outside'),
  copies: z.boolean().default(false).describe('It keeps a copy of what is sent by itself'),
  oauth: z
    .strictObject({
      device: https.describe('Where a code is asked for (RFC 8628)'),
      token: https.describe('Where tokens are asked for'),
      revoke: https
        .optional()
        .describe('Where a token is ended that is not used any more (RFC 7009), where there is that'),
      client: line(320).describe('The id of this gateway there'),
      secret: secret.optional().describe('The secret of this gateway there, where it has one'),
      scope: line(1000).describe('What is asked for, such as https://mail.google.com/'),
    })
    .optional()
    .describe('Its users log in on its page, and no password is kept (device, token, revoke, client, secret, scope)'),
});

const accounts = z.strictObject({
  domains: z
    .array(z.union([z.literal('*'), domain]))
    .max(1000)
    .default([])
    .describe(
      'Whose mailboxes users may link beside those of providers: domains of addresses, "*" for all whose servers are public',
    ),
  providers: z.array(provider).max(100).default([]).describe('Providers whose servers the operator names'),
});

/** The settings of a mail transport (DESIGN §13). */
export const config = z
  .strictObject({
    domain: domain.meta({ examples: ['mail.example.org'] }).describe('The domain of the mail addresses of our users'),
    outgoing: outgoing
      .meta({
        examples: [{ host: 'smtp.example.org', port: 587 }],
      })
      .describe('Who takes our mails: host, port, tls, pin, user, password, name, dkim, connections, timeout'),
    incoming: z
      .strictObject({
        lmtp: endpointSchema.optional().describe('Where a mail server of ours hands mail on by LMTP'),
        smtp: endpointSchema.optional().describe('Where mail servers hand mail on by SMTP'),
        imap: imap
          .optional()
          .describe('A mailbox that gets all mail of the domain (host, port, tls, pin, user, password, folder)'),
      })
      .refine(
        ({ lmtp, smtp, imap: box }) => lmtp !== undefined || smtp !== undefined || box !== undefined,
        'must have lmtp, smtp or imap',
      )
      .meta({ examples: [{ lmtp: '127.0.0.1:2524' }] })
      .describe('How mail comes in: lmtp or smtp, an address and a port each, or imap'),
    accounts: accounts
      .optional()
      .describe('Users may link mailboxes of their own; without it nobody does (domains, providers)'),
    home: domain
      .optional()
      .meta({ examples: ['example.org'] })
      .describe('Users of this XMPP domain have alice@ instead of alice=example.org@'),
    strangers: z
      .enum(['accept', 'refuse'])
      .default('accept')
      .describe('Mail from somebody whom a user has never been in touch with: accept or refuse'),
    allow: z.array(sender).max(1000).default([]).describe('Senders who are no strangers, addresses or domains'),
    block: z.array(sender).max(1000).default([]).describe('Senders from whom nothing is taken, addresses or domains'),
    unverified: z
      .enum(['mark', 'accept', 'refuse'])
      .default('mark')
      .describe('Mail whose sender is not verified: mark, accept or refuse'),
    authserv: z
      .array(line(253))
      .max(10)
      .default([])
      .describe('Ids of Authentication-Results headers of our own mail server, which are believed'),
    dns: endpointSchema
      .optional()
      .meta({ examples: ['127.0.0.1:53'] })
      .describe('The name server that is asked about senders, if not the one of the system'),
    forwarders: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .max(20)
      .default(['127.0.0.1', '::1'])
      .describe('Mail servers of ours, which are believed who has connected to them (XFORWARD, XCLIENT)'),
    answers_in_a_row: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(10)
      .describe(
        'Mails that two may answer each other faster than people write, before it counts as a loop of programs',
      ),
    failure_reports: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .default(20)
      .describe('Reports of mails that did not reach their users that one address is sent in an hour; 0: none'),
    attachments: z
      .number()
      .int()
      .min(0)
      .max(15_000_000)
      .default(10_000_000)
      .describe('The most bytes of a file that is attached; larger ones are links'),
    max_size: z.number().int().min(10_000).max(200_000_000).default(25_000_000).describe('The most bytes of a mail'),
    originals: durationOrOff(3_600_000, 366 * 86_400_000)
      .prefault('30d')
      .describe('How long mails are kept as they came, each behind a link for its user: a duration, or off'),
    subject: line(100).optional().describe('The subject of mails that have none'),
    names: z
      .boolean()
      .default(false)
      .describe('Users may choose the name that others get their mails under, in place of the local part of their JID'),
    reply_to: z
      .enum(['none', 'token'])
      .default('none')
      .describe(
        'Where answers go: to the address of the user (none), or to one of that mail alone (token), which fills address books',
      ),
  })
  .superRefine(({ domain: own, outgoing: { dkim: signing } }, context) => {
    if (signing && !signing.unaligned && own !== signing.domain && !own.endsWith(`.${signing.domain}`))
      context.addIssue({
        code: 'custom',
        path: ['outgoing', 'dkim', 'domain'],
        message: `is neither ${own} nor above it, so that receivers would not count it; unaligned: true signs all the same`,
      });
  });

export type EmailConfig = z.infer<typeof config>;
export type ImapConfig = NonNullable<EmailConfig['incoming']['imap']>;
export type OutgoingConfig = EmailConfig['outgoing'];

const isShort = (text: string): boolean => listed(text).length <= MOST_FOLDERS;
const areSenders = (text: string): boolean =>
  listed(text).length <= MOST_SENDERS && listed(text).every((one) => listedSender(one) !== undefined);

/** What users may set for themselves. */
export const account = z.strictObject({
  name: line(64).default('').meta({ label: texts.name }),
  signature: z.string().max(500).default('').meta({ label: texts.signature }),
  subject: line(100).default('').meta({ label: texts.usualSubject }),
  strangers: z.enum(['usual', 'accept', 'refuse']).default('usual').meta({ label: texts.strangers }),
  html: z.boolean().default(true).meta({ label: texts.html }),
  window: z.number().int().min(0).max(600).default(20).meta({ label: texts.window }),
  read_receipts: z.boolean().default(false).meta({ label: texts.readReceipts }),
  folders: line(500)
    .refine(isShort, 'must be at most five folders')
    .default('INBOX')
    .meta({ label: accountTexts.folders }),
  senders: line(2000)
    .refine(areSenders, 'must be mail addresses or domains, fifty at most')
    .default('')
    .meta({ label: accountTexts.senders }),
  seen: z.boolean().default(false).meta({ label: accountTexts.seen }),
  move: line(100).default('').meta({ label: accountTexts.move }),
  elsewhere: z.boolean().default(false).meta({ label: accountTexts.elsewhere }),
  copy: z.boolean().default(true).meta({ label: accountTexts.copy }),
});
const noMailboxes = account.omit({ folders: true, senders: true, seen: true, move: true, elsewhere: true, copy: true });
const neither = noMailboxes.omit({ name: true });

/** Of these, those that mean anything: some are of mailboxes of their own, and a name is set where that is, or where it may be. */
export const settableBy = ({ names, accounts }: Pick<EmailConfig, 'names' | 'accounts'>) =>
  accounts ? account : names ? noMailboxes : neither;
export type EmailSettings = z.infer<typeof account>;
