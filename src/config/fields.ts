import { readFileSync } from 'node:fs';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { Sealed } from '#src/model/sealed.ts';
import { fileTrouble } from './source.ts';

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

/** An address of ours as the world has it, without a slash at its end. */
export const publicUrl = z.string().transform((text, ctx): string => {
  const url = URL.parse(text);
  const plain = url?.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (plain && (url.protocol === 'https:' || url.protocol === 'http:')) return url.href.replace(/\/+$/, '');
  ctx.addIssue('must be an address such as https://gw.example.org');
  return z.NEVER;
});

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

const SECRET = 'must be text in quotes, { env: NAME } or { file: PATH }';

/** A secret: as it is, from the environment, or from a file (its last line break does not count). Never shown. */
export const secret = z
  .union([z.string(), z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })], {
    error: (issue) => (issue.input === undefined ? 'is missing' : SECRET),
  })
  .transform((value, ctx) => {
    const found = findSecret(value);
    if (found instanceof Sealed) return found;
    ctx.addIssue(found.trouble);
    return z.NEVER;
  });

function findSecret(value: string | { env: string } | { file: string }): Sealed | { trouble: string } {
  if (typeof value === 'string') return sealed(value, 'must not be empty');
  if ('file' in value) return secretOfFile(value.file);
  const text = process.env[value.env];
  if (text === undefined) return { trouble: `the environment variable ${value.env} is not set` };
  return sealed(text, `the environment variable ${value.env} is empty`);
}

function secretOfFile(path: string): Sealed | { trouble: string } {
  try {
    return sealed(readFileSync(path, 'utf8').replace(/\r?\n$/, ''), `the file ${path} is empty`);
  } catch (error) {
    return { trouble: `the file ${path} cannot be read: ${fileTrouble(error)}` };
  }
}

function sealed(text: string, trouble: string): Sealed | { trouble: string } {
  return text === '' ? { trouble } : new Sealed(text);
}
