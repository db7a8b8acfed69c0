import { domainToASCII, domainToUnicode } from 'node:url';

/** RFC 5322 §3.2.3 and RFC 6531 §3.3: no quoted strings, whatever they hold, and nothing that an address may not end in. */
const LOCAL = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
/** RFC 5321 §4.5.3.1, in bytes. */
const MOST_LOCAL = 64;
const MOST_DOMAIN = 253;

/** A domain that is written the same in ASCII and in Unicode, and is no number (WHATWG URL, ends in a number). */
const PLAIN = /^(?!.*xn--)[a-z0-9.-]*\.[a-z]+$/i;

/** The domain as people write it, in small letters; undefined for what is none, an address literal or one of fewer labels among it. */
export function mailDomain(text: string, labelsAtLeast = 2): string | undefined {
  const isPlain = PLAIN.test(text);
  const ascii = isPlain ? text.toLowerCase() : /^[\p{L}\p{M}\p{N}.-]+$/u.test(text) ? domainToASCII(text) : '';
  const labels = ascii.split('.');
  if (ascii.length > MOST_DOMAIN || labels.length < labelsAtLeast || !labels.every((label) => LABEL.test(label)))
    return undefined;
  if (/^\d+$/.test(labels.at(-1) ?? '')) return undefined;
  if (isPlain) return ascii;
  const written = domainToUnicode(ascii);
  return domainToASCII(written) === ascii && !/[^\p{L}\p{M}\p{N}.-]/u.test(written) ? written : undefined;
}

/**
 * An address by its two halves, the domain as `mailDomain` has it and the local part as it was written. Undefined for what is no plain
 * address: quoted local parts, source routes, groups, and anything with a space or a control character in it. Pure.
 */
export function splitMailbox(address: string): { readonly local: string; readonly domain: string } | undefined {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  if (at < 1 || Buffer.byteLength(local) > MOST_LOCAL || !LOCAL.test(local) || local.normalize('NFC') !== local)
    return undefined;
  const domain = mailDomain(address.slice(at + 1));
  return domain === undefined ? undefined : { local, domain };
}

/** The address as contacts are named: all in small letters. Undefined for what is no plain address. Pure. */
export function mailboxOf(address: string): string | undefined {
  const found = splitMailbox(address);
  if (!found) return undefined;
  const folded = `${found.local.toLowerCase().normalize('NFC')}@${found.domain}`;
  return splitMailbox(folded) ? folded : undefined;
}

/** Whether a name looks like an address, also with a sign that looks like the one in them: who is called so wants to be taken for another. */
export const looksLikeAddress = (name: string): boolean => name.normalize('NFKC').includes('@');

/** As it goes over SMTP: the domain in ASCII (RFC 5890). */
export function wireAddress(mailbox: string): string {
  const found = splitMailbox(mailbox);
  if (!found) throw new Error('this is no mail address');
  return `${found.local}@${domainToASCII(found.domain)}`;
}

/** Whether it can only go where SMTPUTF8 (RFC 6531) is offered. */
export const needsUtf8 = (mailbox: string): boolean => /[^\u0000-\u007f]/.test(mailbox.replace(/@.*$/, ''));
