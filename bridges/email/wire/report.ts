import { headerOf, type RawHeader, readHeaders } from './header-block.ts';
import type { MailReport, ReportedRecipient } from './mail.ts';
import { mailAddress } from './mailbox.ts';
import type { ReadPart } from './media-part.ts';
import { plainBounce } from './plain-bounce.ts';
import { statusOf } from './status.ts';

const MOST_RECIPIENTS = 1000;
const LONGEST_DIAGNOSTIC = 500;
const ACTIONS = new Set<string>(['failed', 'delayed', 'delivered', 'relayed', 'expanded']);

/** What a mail reports of another: delivery (RFC 3464, or in the words of old mailers), disposition (RFC 8098), abuse (RFC 5965). */
export function reportOf(read: readonly ReadPart[]): MailReport | undefined {
  const text = (type: RegExp) => read.find(({ part }) => type.test(part.type))?.text;
  const about = aboutOf(read);
  const delivery = text(/^message\/(?:global-)?delivery-status$/);
  if (delivery !== undefined) return deliveryOf(delivery, about);
  const disposition = text(/^message\/(?:global-)?disposition-notification$/);
  if (disposition !== undefined) return dispositionOf(disposition, about);
  const feedback = text(/^message\/feedback-report$/);
  if (feedback !== undefined) return complaintOf(feedback, about);
  return plainBounce(read, about);
}

/** The Message-ID of the mail that came back with it, as a whole or as headers. */
function aboutOf(read: readonly ReadPart[]): string | undefined {
  const returned = read.find(({ part }) =>
    /^(?:text\/rfc822-headers|message\/(?:rfc822|global-headers))$/.test(part.type),
  );
  return returned && bareId(headerOf(fieldsOf(returned.text), 'message-id'));
}

const fieldsOf = (text: string): RawHeader[] =>
  readHeaders(Buffer.from(text.trimStart().split(/\n[ \t]*\n/, 1)[0] ?? ''));

const bareId = (value: string | undefined): string | undefined => /<?([^<>\s]{3,998})>?/.exec(value ?? '')?.[1];

/** RFC 3464 §2.1: fields of the message, then for each recipient, in groups between blank lines. */
function deliveryOf(text: string, about: string | undefined): MailReport {
  const groups = text
    .trim()
    .split(/\n[ \t]*\n\s*/)
    .slice(0, MOST_RECIPIENTS + 1)
    .map(fieldsOf);
  const envelopeId = headerOf(groups[0] ?? [], 'original-envelope-id');
  const recipients = groups.map(recipientOf).filter((found) => found !== undefined);
  return {
    kind: 'delivery',
    ...(about && { about }),
    ...(envelopeId && { envelopeId: decodeXtext(envelopeId) }),
    recipients,
  };
}

function recipientOf(fields: readonly RawHeader[]): ReportedRecipient | undefined {
  const action =
    headerOf(fields, 'action')
      ?.toLowerCase()
      .replace(/[\s;(].*$/, '') ?? '';
  const names = ['original-recipient', 'x-actual-recipient', 'final-recipient'];
  const address = names.map((name) => addressOf(headerOf(fields, name))).find((found) => found !== undefined);
  if (address === undefined || !isAction(action)) return undefined;
  const diagnostic = headerOf(fields, 'diagnostic-code')
    ?.replace(/^[\w-]+\s*;\s*/, '')
    .replace(/\s+/g, ' ')
    .trim();
  return {
    address,
    action,
    status: statusOf(headerOf(fields, 'status'), diagnostic, action),
    ...(diagnostic && { diagnostic: diagnostic.slice(0, LONGEST_DIAGNOSTIC) }),
  };
}

const isAction = (action: string): action is ReportedRecipient['action'] => ACTIONS.has(action);

/** `rfc822;a@b`, the address maybe in xtext, in angle brackets or without its type. */
function addressOf(value: string | undefined): string | undefined {
  const [, type = 'rfc822', address = ''] = /^(?:([\w-]+)\s*;)?\s*<?([^<>\s]+)>?/.exec(value ?? '') ?? [];
  return /^(?:rfc822|utf-8)$/i.test(type) ? mailAddress(decodeXtext(address)) : undefined;
}

/** RFC 3461 §4 */
const decodeXtext = (text: string): string =>
  text.replace(/(?:\+[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll('+', ''), 'hex').toString('utf8'));

/** RFC 8098 §3.2.6: `manual-action/MDN-sent-manually; displayed`. */
function dispositionOf(text: string, returned: string | undefined): MailReport {
  const fields = fieldsOf(text);
  const about = bareId(headerOf(fields, 'original-message-id')) ?? returned;
  const recipient = addressOf(headerOf(fields, 'original-recipient')) ?? addressOf(headerOf(fields, 'final-recipient'));
  const read = /;\s*displayed\b/i.test(headerOf(fields, 'disposition') ?? '');
  return { kind: 'disposition', ...(about && { about }), ...(recipient && { recipient }), read };
}

/** RFC 5965 §3.1 */
function complaintOf(text: string, about: string | undefined): MailReport {
  const fields = fieldsOf(text);
  const recipient = addressOf(headerOf(fields, 'original-rcpt-to'));
  const type = headerOf(fields, 'feedback-type')?.toLowerCase().slice(0, 40) || 'other';
  return { kind: 'complaint', ...(about && { about }), ...(recipient && { recipient }), type };
}
