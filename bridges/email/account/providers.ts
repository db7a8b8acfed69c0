import type { ImapServer } from '#bridges/email/in/imap-line.ts';

/** How mails of a domain are read and sent. */
export type MailServers = { readonly imap: ImapServer; readonly submission: ImapServer };

/** What is known of a provider beside its servers. */
export type ProviderFacts = {
  /** Ids of the Authentication-Results headers that it writes itself, and takes away where they come from outside (RFC 8601 §5). */
  readonly authserv: readonly string[];
  /** It puts into the folder of what was sent what goes out over its server. */
  readonly copies: boolean;
  /** How it lets other programs in: by an `app` password alone, once that is `enabled`, or by no password. As usual where left out. */
  readonly passwords?: 'app' | 'enabled' | 'none';
};

type Provider = ProviderFacts & { readonly domains: readonly string[]; readonly servers: MailServers };

const tls = (host: string, port: number): ImapServer => ({ host, port, tls: 'implicit' });
const starttls = (host: string): ImapServer => ({ host, port: 587, tls: 'starttls' });

/** Providers that tell their servers in no DNS record; the operator's own list comes first. */
export const PROVIDERS: readonly Provider[] = [
  {
    domains: ['gmail.com', 'googlemail.com'],
    servers: { imap: tls('imap.gmail.com', 993), submission: tls('smtp.gmail.com', 465) },
    ...{ authserv: ['mx.google.com'], copies: true, passwords: 'app' },
  },
  {
    domains: ['outlook.com', 'hotmail.com', 'live.com', 'msn.com'],
    servers: { imap: tls('outlook.office365.com', 993), submission: starttls('smtp-mail.outlook.com') },
    ...{ authserv: [], copies: true, passwords: 'none' },
  },
  {
    domains: ['icloud.com', 'me.com', 'mac.com'],
    servers: { imap: tls('imap.mail.me.com', 993), submission: starttls('smtp.mail.me.com') },
    ...{ authserv: [], copies: false, passwords: 'app' },
  },
  {
    domains: ['yahoo.com', 'yahoo.de', 'ymail.com'],
    servers: { imap: tls('imap.mail.yahoo.com', 993), submission: tls('smtp.mail.yahoo.com', 465) },
    ...{ authserv: [], copies: true, passwords: 'app' },
  },
  {
    domains: ['gmx.net', 'gmx.de', 'gmx.at', 'gmx.ch'],
    servers: { imap: tls('imap.gmx.net', 993), submission: tls('mail.gmx.net', 465) },
    ...{ authserv: [], copies: false, passwords: 'enabled' },
  },
  {
    domains: ['web.de'],
    servers: { imap: tls('imap.web.de', 993), submission: starttls('smtp.web.de') },
    ...{ authserv: [], copies: false, passwords: 'enabled' },
  },
  {
    domains: ['fastmail.com', 'fastmail.fm'],
    servers: { imap: tls('imap.fastmail.com', 993), submission: tls('smtp.fastmail.com', 465) },
    ...{ authserv: [], copies: false, passwords: 'app' },
  },
  {
    domains: ['aol.com'],
    servers: { imap: tls('imap.aol.com', 993), submission: tls('smtp.aol.com', 465) },
    ...{ authserv: [], copies: true, passwords: 'app' },
  },
];
