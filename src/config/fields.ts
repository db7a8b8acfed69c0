import { BlockList, isIP, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { z } from 'zod';

export { secret } from '#src/model/secret.ts';

/** Whether a name can be a host's: RFC 1123 §2.1, with letters of any script (RFC 5890). */
export function isHostName(name: string): boolean {
  const ascii = /^[\p{L}\p{M}\p{N}.-]+$/u.test(name) ? domainToASCII(name) : '';
  return ascii.length <= 253 && ascii.split('.').every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label));
}

/** A host name or an IP address. */
export const host = z
  .string()
  .refine((name) => isIP(name) > 0 || isHostName(name), 'must be a host name or an IP address');

/** zod's own `int` would keep checks across fields from running, this does not. */
export const whole = z.number().multipleOf(1, 'must be a whole number');

export const port = whole.min(1).max(65535);

/** Where a listener waits. Port 0 means any free one. */
export type Listen = { readonly host: string; readonly port: number };

const LISTEN = 'must be an address and a port, such as 127.0.0.1:8480 or [::1]:8480';

/** `127.0.0.1:8480`, `[::1]:8480` or `localhost:8480`. */
export const listen = z
  .string({ error: ({ input }) => (input === undefined ? 'is missing' : LISTEN) })
  .transform((text, ctx): Listen => {
    const found = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
    const [name, number] = [found?.[1] ?? found?.[2] ?? '', Number(found?.[3])];
    const fits = found?.[1] === undefined ? isIP(name) === 4 || isHostName(name) : isIPv6(name);
    if (found && fits && number <= 65535) return { host: name, port: number };
    ctx.addIssue(LISTEN);
    return z.NEVER;
  });

/** A host as addresses of HTTP name it: with its port, where that is not the usual one. In the spelling of `URL.host`. */
export const hostAndPort = z.string().transform((text, ctx): string => {
  const url = URL.parse(`https://${text}`);
  if (url?.host && url.href === `https://${url.host}/` && url.username === '') return url.host;
  ctx.addIssue('must be a host, such as upload.example.org or 127.0.0.1:5281');
  return z.NEVER;
});

/** An address of ours as the world has it, without a slash at its end. */
export const publicUrl = z.string().transform((text, ctx): string => {
  const url = URL.parse(text);
  const plain = url?.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (plain && (url.protocol === 'https:' || url.protocol === 'http:')) return url.href.replace(/\/+$/, '');
  ctx.addIssue('must be an address such as https://gw.example.org');
  return z.NEVER;
});

/** A URI as others follow it (RFC 3986): to a page, a mailbox or a JID. */
export const uri = z
  .string()
  .refine(
    (text) => /^[a-z][a-z0-9+.-]*:[^\s\p{Cc}]{1,1000}$/iu.test(text),
    'must be a URI such as mailto:xmpp@example.org',
  );

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine can reach a listener. */
export function isLoopback(at: Listen): boolean {
  if (isIP(at.host) === 0) return at.host.toLowerCase() === 'localhost';
  return loopback.check(at.host, isIPv6(at.host) ? 'ipv6' : 'ipv4');
}

/** RFC 7622 §3.3: what a localpart may not hold, beside space and control characters. */
const LOCAL = /^[^\s\p{Cc}"&'/:<>@]+$/u;

function isBareJid(text: string): boolean {
  const [local = '', domain, ...more] = text.split('@');
  return domain !== undefined && more.length === 0 && LOCAL.test(local) && isHostName(domain);
}

/** One person, in the lower case in which addresses are compared. */
export const bareJid = z
  .string()
  .refine(isBareJid, 'must be an address such as admin@example.org, without a resource')
  .transform((text) => text.toLowerCase());

/** Whom a rule lets in: a person, everybody of a domain, or everybody. */
export const people = z
  .string()
  .refine(
    (text) => text === '*' || isBareJid(text) || isHostName(text),
    `must be a domain, an address such as friend@other.example, or '*' for everybody`,
  )
  .transform((text) => text.toLowerCase());
