import { addressParser } from 'postal-mime';
import { splitMailbox } from '#bridges/email/mailbox.ts';
import { cleanName } from '#mappings/names.ts';
import { decodeWords, repairWords } from './encoded-words.ts';
import type { Mailbox } from './mail.ts';

/** More of them in one header are nobody whom a person has written to. */
const MOST_ADDRESSES = 1000;

/**
 * The address with its domain as `mailDomain` has it. Undefined for what is none or may mean another mailbox than it says: source
 * routes, `%`, `!`, quoted localparts, address literals, XEP-0106 escapes.
 */
export function mailAddress(text: string): string | undefined {
  const found = splitMailbox(text);
  return found && !/[%!]/.test(found.local) ? `${found.local}@${found.domain}` : undefined;
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
