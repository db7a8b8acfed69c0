import { domainToASCII } from 'node:url';
import MailComposer from 'nodemailer/lib/mail-composer';
import MimeNode from 'nodemailer/lib/mime-node';
import type { OutgoingConfig } from '#bridges/email/config.ts';
import { wireAddress } from '#bridges/email/mailbox.ts';
import { flow } from '#bridges/email/wire/flow.ts';
import type { Mailbox } from '#bridges/email/wire/mail.ts';
import { cleanName } from '#mappings/names.ts';
import { restyle } from '#mappings/restyle.ts';
import type { Language } from '#src/model/language.ts';
import { xmlChars } from '#src/model/text.ts';
import { dkimSignature } from './dkim.ts';

/** A mail before it is written. Texts are styled as XEP-0393 has it; ids stand without angle brackets. */
export type ComposedMail = {
  readonly from: Mailbox;
  readonly to: readonly Mailbox[];
  readonly cc?: readonly Mailbox[];
  /** Where answers go, if not to whom it is from. */
  readonly replyTo?: string;
  readonly messageId: string;
  readonly inReplyTo?: string | undefined;
  readonly references: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** What stands below the text, behind the dashes of a signature (RFC 3676 §4.3). */
  readonly below: readonly string[];
  readonly attachments: readonly MailAttachment[];
  readonly html: boolean;
  readonly date: number;
  readonly language: Language;
  /** Where people and programs (RFC 8058) say that they want no more. */
  readonly unsubscribe?: string | undefined;
  /** Who it is from in the loop header: our domain. */
  readonly domain: string;
  /** No person has written it (RFC 3834 §5). */
  readonly automatic?: boolean;
  /** The peer's program is Delta Chat: the mail whose text this one replaces, or that it takes back. */
  readonly chat?: { readonly edits?: string; readonly deletes?: string; readonly group?: string } | undefined;
  /** Where the peer's program may tell that it was read (RFC 8098 §2.1). */
  readonly readTo?: string | undefined;
  /** The text is emoji alone, by RFC 9078 or in Gmail's form (one emoji), about what the mail answers. */
  readonly reaction?: ReactionForm | undefined;
};

/** How a mail says that it reacts. */
export type ReactionForm = 'standard' | 'gmail';

/** A file of a mail. Name and type are fit for headers. */
export type MailAttachment = { readonly name: string; readonly type: string; readonly content: Buffer };

/** The header by which our own mail is known when it comes back in. */
export const LOOP_HEADER = 'X-Isthmus-Loop';

/** Header text: one line, without what turns the text around it. */
const oneLine = (text: string, most: number): string => cleanName(text, most);

const named = ({ address, name = '' }: Mailbox): { name: string; address: string } => ({
  name: oneLine(name.replace(/@/g, ' '), 64),
  address: wireAddress(address),
});

const angled = (id: string): string => `<${id}>`;

/**
 * The mail as bytes with CRLF (RFC 5322), the only way of ours to one. Addresses are checked here once more, and no header holds a
 * control character: what would is an error that no mail comes of.
 */
export async function compose(mail: ComposedMail): Promise<Buffer> {
  const body = xmlChars(mail.text).replace(/\r\n?/g, '\n');
  const below = mail.below.map((line) => xmlChars(line)).join('\n');
  const plain = restyle(body, 'styling', 'plain');
  const headers: Record<string, string> = {
    [LOOP_HEADER]: domainToASCII(mail.domain),
    ...(mail.language !== 'en' && { 'Content-Language': mail.language }),
    ...(mail.automatic && { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' }),
    ...(mail.chat && { 'Chat-Version': '1.0' }),
    ...(mail.chat?.group !== undefined && { 'Chat-Group-ID': oneLine(mail.chat.group, 100) }),
    ...(mail.chat?.edits !== undefined && { 'Chat-Edit': angled(checkedId(mail.chat.edits)) }),
    ...(mail.chat?.deletes !== undefined && { 'Chat-Delete': angled(checkedId(mail.chat.deletes)) }),
    ...(mail.readTo !== undefined && { 'Disposition-Notification-To': angled(wireAddress(mail.readTo)) }),
    ...(mail.readTo !== undefined &&
      mail.chat && { 'Chat-Disposition-Notification-To': angled(wireAddress(mail.readTo)) }),
    ...(mail.reaction === 'standard' && { 'Content-Disposition': 'reaction' }),
    ...(mail.unsubscribe !== undefined && {
      'List-Unsubscribe': angled(checkedUrl(mail.unsubscribe)),
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    }),
  };
  const composer = new MailComposer({
    from: named(mail.from),
    to: mail.to.map(named),
    ...(mail.cc && mail.cc.length > 0 && { cc: mail.cc.map(named) }),
    ...(mail.replyTo !== undefined && { replyTo: wireAddress(mail.replyTo) }),
    messageId: angled(checkedId(mail.messageId)),
    ...(mail.inReplyTo !== undefined && { inReplyTo: angled(checkedId(mail.inReplyTo)) }),
    ...(mail.references.length > 0 && { references: mail.references.map(checkedId).map(angled) }),
    subject: oneLine(mail.subject, 200),
    date: new Date(mail.date),
    headers,
    text: mail.reaction ? `${plain}\n` : flow(below === '' ? `${plain}\n` : `${plain}\n\n-- \n${below}\n`),
    ...(mail.html && !mail.reaction && { html: htmlOf(body, below) }),
    ...(mail.reaction === 'gmail' && { alternatives: gmailReaction(body) }),
    attachments: mail.attachments.map(({ name, type, content }) => ({
      filename: oneLine(name, 200),
      contentType: /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) ? type : 'application/octet-stream',
      content,
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: '\r\n',
  });
  const root = composer.compile();
  if (!mail.reaction) textNode(root)?.setHeader('Content-Type', 'text/plain; charset=utf-8; format=flowed');
  return root.build();
}

/** The part with the text, which stands before all others. */
function textNode(node: MimeNode): MimeNode | undefined {
  if (node.childNodes.length === 0) return node;
  return node.childNodes[0] && textNode(node.childNodes[0]);
}

/** Gmail's form of a reaction stands between the plain text and HTML, of which programs show the first or the last. */
const gmailReaction = (emoji: string): { contentType: string; content: string }[] => [
  { contentType: 'text/vnd.google.email-reaction+json; charset=utf-8', content: JSON.stringify({ emoji, version: 1 }) },
  { contentType: 'text/html; charset=utf-8', content: htmlOf(emoji, '') },
];

/** The Message-ID of the mail that a message was or came in: one of several is called by it and a number, or by more of it. Pure. */
export const messageIdOf = (id: string): string => id.replace(/(@[^@/#]*)(?:#[a-z0-9]+|\/\d+)$/, '$1');

/** RFC 5322 §3.6.4, as far as ours and those that are answered go. */
export const isMessageId = (id: string): boolean =>
  /^[!-;=?-~]{1,250}@[!-;=?-~]{1,250}$/.test(id) && !/[@].*[@]/.test(id);

function checkedId(id: string): string {
  if (!isMessageId(id)) throw new Error('this is no Message-ID');
  return id;
}

function checkedUrl(url: string): string {
  if (!/^https?:\/\/[!-;=?-~]+$/.test(url)) throw new Error('this is no address for a header');
  return url;
}

function htmlOf(body: string, below: string): string {
  const written = restyle(body, 'styling', 'html');
  const foot = below === '' ? '' : `<p>-- <br>${restyle(below, 'plain', 'html')}</p>`;
  return `<!DOCTYPE html>\n<html><body><div>${written}</div>${foot}</body></html>\n`;
}

/** What a report about a mail has in common, of whichever kind. `text` says it to people; `about` is the Message-ID of that mail. */
type ReportMail = Pick<ComposedMail, 'from' | 'messageId' | 'subject' | 'text' | 'date' | 'domain' | 'language'> & {
  readonly to: Mailbox;
  readonly about?: string;
};

/** What a disposition notification tells of: a mail that was displayed. */
export type DisplayedMail = ReportMail & { readonly about: string };

/** A report (RFC 6522 §3) that answers a mail (RFC 3834 §5) with what people read; the rest of it follows. */
function reportOf(type: string, mail: ReportMail, more: Readonly<Record<string, string>> = {}): MimeNode {
  const about = mail.about === undefined ? undefined : angled(checkedId(mail.about));
  const root = new MimeNode(`multipart/report; report-type=${type}`, { newline: '\r\n' });
  root.setHeader({
    from: named(mail.from) as never,
    to: named(mail.to) as never,
    subject: oneLine(mail.subject, 200),
    date: new Date(mail.date).toUTCString().replace(/GMT$/, '+0000'),
    'message-id': angled(checkedId(mail.messageId)),
    ...(about !== undefined && { 'in-reply-to': about, references: about }),
    'Auto-Submitted': 'auto-replied',
    ...more,
    [LOOP_HEADER]: domainToASCII(mail.domain),
    ...(mail.language !== 'en' && { 'Content-Language': mail.language }),
  });
  root.createChild('text/plain; charset=utf-8').setContent(`${xmlChars(mail.text)}\r\n`);
  return root;
}

const fieldsOf = (fields: readonly string[]): string => `${fields.join('\r\n')}\r\n`;

/** A disposition notification (RFC 8098 §3) that its user has chosen to give, as bytes. */
export async function composeDisplayed(mail: DisplayedMail): Promise<Buffer> {
  const root = reportOf('disposition-notification', mail);
  const fields = [
    `Reporting-UA: ${domainToASCII(mail.domain)}; Isthmus`,
    `Final-Recipient: rfc822;${wireAddress(mail.from.address)}`,
    `Original-Message-ID: ${angled(checkedId(mail.about))}`,
    'Disposition: manual-action/MDN-sent-automatically; displayed',
  ];
  root.createChild('message/disposition-notification').setContent(fieldsOf(fields));
  return root.build();
}

/** What a delivery status notification tells of: a mail that came at `arrived`, with these headers, and has not reached its recipient. */
export type ReturnedMail = ReportMail & {
  readonly recipient: string;
  readonly arrived: number;
  readonly headers: string;
  /** RFC 3463. */
  readonly status: string;
  /** The word of XMPP for it (RFC 6120 §8.3.3), or ours. */
  readonly why: string;
};

/** A delivery status notification (RFC 3464 §2), as bytes. */
export async function composeReturned(mail: ReturnedMail): Promise<Buffer> {
  const root = reportOf('delivery-status', mail, { 'X-Auto-Response-Suppress': 'All' });
  const fields = [
    `Reporting-MTA: dns; ${domainToASCII(mail.domain)}`,
    `Arrival-Date: ${new Date(mail.arrived).toUTCString().replace(/GMT$/, '+0000')}`,
    '',
    `Final-Recipient: rfc822; ${wireAddress(mail.recipient)}`,
    'Action: failed',
    `Status: ${mail.status}`,
    `Diagnostic-Code: x-xmpp; ${oneLine(mail.why, 60)}`,
  ];
  root.createChild('message/delivery-status').setContent(fieldsOf(fields));
  root.createChild('text/rfc822-headers; charset=utf-8').setContent(`${mail.headers}\r\n`);
  return root.build();
}

/** The mail with a signature before it (RFC 6376), where the operator has a key. */
export async function signed(mail: Buffer, { dkim }: Pick<OutgoingConfig, 'dkim'>): Promise<Buffer> {
  if (!dkim) return mail;
  const signature = dkimSignature(mail, { ...dkim, privateKey: dkim.key.open() });
  return Buffer.concat([Buffer.from(signature, 'latin1'), mail]);
}
