import { mailboxOf, needsUtf8 } from '#bridges/email/mailbox.ts';
import type { ReturnPath } from '#bridges/email/threads/state.ts';
import { decodeBytes } from '#bridges/email/wire/charset.ts';
import { languageOf } from '#src/model/language.ts';
import { xmlChars } from '#src/model/text.ts';
import type { ReadMail } from './incoming.ts';

/** Bytes of the headers of a mail that go back with the report of it. */
export const MOST_RETURNED = 8192;

/** Programs of lists (RFC 5230 §4.6), which read no reports but those of their own kind. */
const OF_LISTS = /^(?:owner-.*|.*-request|mailer-daemon)@/i;

/**
 * Where, and of what, is told that a mail for `recipient` has not reached them. Nothing where nobody is to be told: whoever is not proven to have
 * sent it may be a forger's victim, and no program, list or report is answered (RFC 5321 §6.1 and §6.2, RFC 3834 §2). Pure.
 */
export function returnPathOf(
  { parsed, envelope, verdict, from, head }: ReadMail,
  recipient: string,
  { domain, now }: { readonly domain: string; readonly now: number },
): ReturnPath | undefined {
  const to = mailboxOf(envelope.from);
  if (to === undefined || verdict.from !== 'verified' || parsed.automation !== undefined || parsed.report)
    return undefined;
  // A signature proves From and not the envelope, which whoever sends an old mail once more writes anew.
  if (to !== from && !verdict.sender) return undefined;
  if (to.endsWith(`@${domain}`) || OF_LISTS.test(to) || needsUtf8(recipient) || refusesReports(parsed))
    return undefined;
  return { ...aboutOf(parsed, head), to: envelope.from, recipient, at: now };
}

/** The same for a mail of one of our users to another, which is surely theirs. Pure. */
export const returnPathAmongOurs = (
  { parsed, envelope, head }: ReadMail,
  recipient: string,
  now: number,
): ReturnPath => ({ ...aboutOf(parsed, head), to: envelope.from, recipient, at: now });

/** What a report tells of a mail. */
function aboutOf(
  { messageId, subject, language: tag = '' }: ReadMail['parsed'],
  head: Uint8Array,
): Omit<ReturnPath, 'to' | 'recipient' | 'at'> {
  const language = languageOf(tag);
  return { headers: headersIn(head), messageId, ...(subject && { subject }), ...(language && { language }) };
}

/** Exchange has a header for it (MS-OXCMAIL §2.1.3.2.20). */
const refusesReports = ({ headers }: ReadMail['parsed']): boolean =>
  headers.some(({ name, value }) => name === 'x-auto-response-suppress' && /\b(?:all|ndr)\b/i.test(value));

/** The headers of a mail by its first bytes, with CRLF: whole ones, as many as there are. */
function headersIn(head: Uint8Array): string {
  const text = decodeBytes(head).replace(/\r?\n/g, '\n');
  const end = text.indexOf('\n\n');
  const block = end >= 0 ? text.slice(0, end) : text.slice(0, Math.max(0, text.search(LAST)));
  return xmlChars(block).replace(/\r/g, ' ').replace(/\n/g, '\r\n');
}

/** The last header, which may be cut. */
const LAST = /\n(?![ \t])[^\n]*(?:\n[ \t][^\n]*)*$/;
