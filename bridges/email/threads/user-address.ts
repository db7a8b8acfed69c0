import { domainToASCII } from 'node:url';
import { mailDomain } from '#bridges/email/mailbox.ts';
import type { BareJid } from '#src/model/ids.ts';

type Domains = { readonly domain: string; readonly home?: string | undefined };

/** RFC 2142 and what programs write from: they belong to nobody. */
const RESERVED = new Set(
  'postmaster abuse hostmaster webmaster root admin administrator security mailer-daemon noreply no-reply nobody bounces'.split(
    ' ',
  ),
);
/** Whose mail reaches those who run the gateway (RFC 2142 §2). */
const FOR_ADMINS = new Set(['postmaster', 'abuse', 'hostmaster', 'security']);
const PLAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
/** The local part of the envelope sender of one mail of ours. */
const TOKEN = /^b\.([a-z2-7]{26})([a-z2-7]{26})$/;
const MOST_LOCAL = 64;

/** What users choose among: short, plain, and nothing that means something else here. */
const CHOSEN = /^(?=.{2,32}$)[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** Whether a user may have that local part for themselves. Where those of `home` have plain ones, each is somebody's already. Pure. */
export const canBeChosen = (local: string, { home }: Domains): boolean =>
  home === undefined && CHOSEN.test(local) && !RESERVED.has(local) && !/^(?:b|thread)\./.test(local);

/** What a local part of our mail domain means. */
export type LocalPart =
  | { readonly kind: 'user'; readonly user: BareJid }
  | { readonly kind: 'token'; readonly token: string; readonly proof: string }
  | { readonly kind: 'admins' }
  | { readonly kind: 'nobody' };

/**
 * The local part under which mail finds a user: `alice=example.org`, or `alice` for those of `home`. What a local part cannot hold
 * plainly is `=` and two hex digits; undefined where that is longer than a local part may be (RFC 5321 §4.5.3.1.1). Pure.
 */
export function localPartOf(user: BareJid, { home }: Domains): string | undefined {
  const at = user.indexOf('@');
  const local = user.slice(0, at);
  const domain = user.slice(at + 1);
  if (domain === home && PLAIN.test(local) && !RESERVED.has(local) && !TOKEN.test(local) && local.length <= MOST_LOCAL)
    return local;
  const ascii = domainToASCII(domain);
  const found = `${PLAIN.test(local) ? local : escaped(local)}=${ascii}`;
  return mailDomain(domain, 1) === domain && found.length <= MOST_LOCAL ? found : undefined;
}

const escaped = (local: string): string =>
  [...Buffer.from(local)]
    .map((byte) => String.fromCharCode(byte))
    .map((char) => (/[a-z0-9_-]/.test(char) ? char : `=${char.charCodeAt(0).toString(16).padStart(2, '0')}`))
    .join('');

/** The reverse, for anything. What comes behind a `+` (RFC 5233) says nothing. Pure. */
export function readLocalPart(written: string, domains: Domains): LocalPart {
  const local = written.toLowerCase().replace(/\+.*$/s, '');
  const [, token, proof] = TOKEN.exec(local) ?? [];
  if (token !== undefined && proof !== undefined) return { kind: 'token', token, proof };
  if (FOR_ADMINS.has(local)) return { kind: 'admins' };
  const user = userOf(local, domains);
  // RFC 7622 §3.3.1: a bare JID has no capitals.
  return user !== undefined && user === user.toLowerCase() && localPartOf(user, domains) === local
    ? { kind: 'user', user }
    : { kind: 'nobody' };
}

function userOf(local: string, { home }: Domains): BareJid | undefined {
  const at = local.lastIndexOf('=');
  if (at < 0) return home === undefined ? undefined : (`${local}@${home}` as BareJid);
  const domain = mailDomain(local.slice(at + 1), 1);
  if (at < 1 || domain === undefined) return undefined;
  const name = local.slice(0, at);
  if (/=(?![0-9a-f]{2})/.test(name)) return undefined;
  const bytes = name.replace(/=([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return `${Buffer.from(bytes, 'latin1').toString('utf8')}@${domain}` as BareJid;
}

/** The local part of the envelope sender of a mail. The token stands in its Message-ID, too, which many see: `proof` does not. */
export const tokenLocalPart = (token: string, proof: string): string => `b.${token}${proof}`;

/** What goes with the envelope of a mail over a server that is not ours (ENVID), and what it says where it comes back. */
export const envelopeIdOf = (token: string, proof: string): string => `${token}${proof}`;
export function readEnvelopeId(id = ''): { readonly token?: string; readonly proof?: string } {
  const [, token, proof] = TOKEN.exec(`b.${id.toLowerCase()}`) ?? [];
  return token !== undefined && proof !== undefined ? { token, proof } : {};
}

/** Whether an address looks like one that a program writes from, and nobody reads. Pure. */
export const isUnread = (address: string): boolean =>
  /^(?:no-?reply|do-?not-?reply|noreply\+.*|mailer-daemon|bounces?)@/i.test(address);
