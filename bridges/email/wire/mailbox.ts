import { domainToASCII } from 'node:url';
import { addressParser } from 'postal-mime';
import { cleanName } from '#mappings/names.ts';
import { decodeWords, repairWords } from './encoded-words.ts';
import type { Mailbox } from './mail.ts';

/** RFC 5321 §4.5.3.1, in bytes. */
const [LONGEST_LOCAL, LONGEST_DOMAIN, LONGEST] = [64, 255, 254] as const;
/** RFC 5322 §3.2.3, with UTF-8 (RFC 6531 §3.3), without what relays have been fooled by: `%`, `!`, and quoted ones altogether. */
const LOCAL =
  /^[^\0-\x20\x7f-\x9f()<>[\]:;@\\,."%!\p{Z}\p{C}\ud800-\udfff]+(?:\.[^\0-\x20\x7f-\x9f()<>[\]:;@\\,."%!\p{Z}\p{C}\ud800-\udfff]+)*$/u;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
/** More of them in one header are nobody whom a person has written to. */
const MOST_ADDRESSES = 1000;

/**
 * The address as it is compared: the domain in small letters, in Unicode where it is international. Undefined for what is none,
 * or may mean another mailbox than it says: source routes, `%`, `!`, quoted localparts, address literals, XEP-0106 escapes.
 */
export function mailAddress(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || !LOCAL.test(local) || Buffer.byteLength(local) > LONGEST_LOCAL) return undefined;
  const ascii = asciiDomain(domain);
  if (ascii === undefined || Buffer.byteLength(local) + 1 + ascii.length > LONGEST) return undefined;
  const shown = domain.normalize('NFC').toLowerCase();
  return `${local.normalize('NFC')}@${/^[\0-\x7f]*$/.test(shown) ? shown : asciiDomain(shown) === ascii ? shown : ascii}`;
}

/** A domain of at least two labels as DNS has it (RFC 5890), or undefined. */
function asciiDomain(domain: string): string | undefined {
  if (domain === '' || domain.length > LONGEST_DOMAIN || /[\0-\x20%/\\:?#@[\]\x7f]/.test(domain)) return undefined;
  const ascii = domainToASCII(domain.toLowerCase());
  const labels = ascii.split('.');
  const named = labels.length > 1 && labels.every((label) => LABEL.test(label)) && !/^[0-9.]+$/.test(ascii);
  return named && ascii.length <= LONGEST_DOMAIN ? ascii : undefined;
}

/** The mailboxes of an address header (RFC 5322 §3.4), unfolded and not decoded: groups are taken apart, what is no address is left out. */
export function mailboxesOf(value: string | undefined): Mailbox[] {
  if (!value) return [];
  const found = new Map<string, Mailbox>();
  for (const { address, name } of addressParser(repairWords(value), { flatten: true })) {
    const known = address === undefined ? undefined : mailAddress(address);
    if (known === undefined || found.has(known)) continue;
    if (found.size >= MOST_ADDRESSES) break;
    const shown = cleanName(decodeWords(name ?? ''));
    found.set(known, { address: known, ...(shown && { name: shown }) });
  }
  return [...found.values()];
}
