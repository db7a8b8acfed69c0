import type { SrvRecord } from 'node:dns';
import type { Resolver } from 'node:dns/promises';
import { domainToASCII } from 'node:url';
import type { EmailConfig } from '#bridges/email/config.ts';
import type { ImapServer } from '#bridges/email/in/imap-line.ts';
import { splitMailbox } from '#bridges/email/mailbox.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { type MailServers, PROVIDERS, type ProviderFacts } from './providers.ts';
import { accountTexts as texts } from './texts.ts';

/** A provider that the operator has written down: its servers are theirs, and no user chooses them. */
export type OperatorProvider = NonNullable<EmailConfig['accounts']>['providers'][number];

const domainOf = (address: string): string => splitMailbox(address)?.domain ?? '';

/** The operator's provider of an address. */
export const operatorProvider = ({ accounts }: EmailConfig, address: string): OperatorProvider | undefined =>
  accounts?.providers.find(({ domains }) => domains.includes(domainOf(address)));

/** What is known of whoever has a mailbox: nothing, for most. */
export function factsOf(config: EmailConfig, address: string): ProviderFacts {
  const known = PROVIDERS.find(({ domains }) => domains.includes(domainOf(address)));
  return operatorProvider(config, address) ?? known ?? { authserv: [], copies: false };
}

/** Throws a `Failure` for mailboxes that may not be linked here. */
export function checkPermitted({ accounts, domain }: EmailConfig, address: string): void {
  const own = domainOf(address);
  if (!accounts) throw new Failure('service-unavailable', { text: texts.notOffered });
  const named = accounts.providers.some(({ domains }) => domains.includes(own));
  const permitted = accounts.domains.some((one) => one === '*' || one === own);
  if (own === domain || !(named || permitted)) throw new Failure('not-allowed', { text: texts.otherDomain });
}

/** What a server is asked for: the services of RFC 6186 §3 and RFC 8314 §5.1, those with TLS from the beginning first. */
const SERVICES = {
  imap: [
    ['_imaps._tcp', 'implicit'],
    ['_imap._tcp', 'starttls'],
  ],
  submission: [
    ['_submissions._tcp', 'implicit'],
    ['_submission._tcp', 'starttls'],
  ],
} as const;

/** Where most have them, in the order in which they are tried. */
const USUAL: Readonly<Record<keyof MailServers, readonly (readonly [string, number, 'implicit' | 'starttls'])[]>> = {
  imap: [
    ['imap', 993, 'implicit'],
    ['mail', 993, 'implicit'],
  ],
  submission: [
    ['smtp', 465, 'implicit'],
    ['mail', 465, 'implicit'],
    ['smtp', 587, 'starttls'],
  ],
};
const CONNECT = 5000;

type Asking = { readonly host: Pick<Host, 'connect' | 'signal'>; readonly dns: Pick<Resolver, 'resolveSrv'> };

/**
 * Where the servers of an address may be: by what is known of its provider, by its SRV records (RFC 6186), or where somebody answers at
 * the usual names. The user has to say that it is so (§6): DNS may lie.
 */
export async function guessServers(address: string, asking: Asking): Promise<MailServers> {
  const domain = domainToASCII(domainOf(address));
  const known = PROVIDERS.find(({ domains }) => domains.includes(domainOf(address)));
  if (known) return known.servers;
  const [imap, submission] = await Promise.all([found('imap', domain, asking), found('submission', domain, asking)]);
  return { imap, submission };
}

async function found(kind: keyof MailServers, domain: string, asking: Asking): Promise<ImapServer> {
  for (const [service, tls] of SERVICES[kind]) {
    const records = await asking.dns.resolveSrv(`${service}.${domain}`).catch((): SrvRecord[] => []);
    const [best] = records.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight);
    // RFC 6186 §3.4: a lone dot says that there is none.
    if (best && best.name !== '' && best.name !== '.') return { host: best.name, port: best.port, tls };
  }
  const [first = USUAL[kind][0]] = USUAL[kind];
  const servers = USUAL[kind].map(([name, port, tls]) => ({ host: `${name}.${domain}`, port, tls }));
  for (const server of servers) if (await answers(server, asking.host)) return server;
  return servers[0] ?? { host: `${first?.[0]}.${domain}`, port: 993, tls: 'implicit' };
}

async function answers({ host: name, port, tls }: ImapServer, host: Asking['host']): Promise<boolean> {
  const target = { host: name, port, timeout: CONNECT, chosenByUser: { ports: [port] } };
  try {
    const secure = tls === 'implicit' ? { tls: { verify: true } } : {};
    (await host.connect({ ...target, ...secure }, host.signal)).destroy();
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** `imap.example.com:993`, as a user writes it: the port says how TLS begins (RFC 8314 §3). Throws a `Failure`. */
export function readServer(kind: keyof MailServers, text: string): ImapServer {
  const [, name = '', given] = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i.exec(text.trim()) ?? [];
  const port = given === undefined ? (kind === 'imap' ? 993 : 465) : Number(given);
  const tls = PORTS[kind].get(port);
  if (name === '' || tls === undefined) throw new Failure('not-acceptable', { text: texts.noServer(text) });
  return { host: name.replace(/^\[|\]$/g, ''), port, tls, chosenByUser: true };
}

const PORTS: Readonly<Record<keyof MailServers, ReadonlyMap<number, 'implicit' | 'starttls'>>> = {
  imap: new Map([
    [993, 'implicit'],
    [143, 'starttls'],
  ]),
  submission: new Map([
    [465, 'implicit'],
    [587, 'starttls'],
  ]),
};
