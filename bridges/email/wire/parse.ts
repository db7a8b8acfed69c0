import { deserialize } from 'node:v8';
import { isBlank, xmlChars } from '#src/model/text.ts';
import { automationOf } from './automation.ts';
import { decodeBytes } from './charset.ts';
import { chatOf, reactionFormOf, reactionOf } from './chat.ts';
import { decodeWords } from './encoded-words.ts';
import { headerOf, type RawHeader, readHeaders } from './header-block.ts';
import { htmlToText } from './html.ts';
import { invitationOf } from './invitation.ts';
import { type Mailbox, MailRefused, type ParsedMail, type SlimMail } from './mail.ts';
import { mailboxesOf } from './mailbox.ts';
import { type MediaPart, mediaPartOf, type ReadPart } from './media-part.ts';
import { reportOf } from './report.ts';
import { isFile, mailFileOf, type SlimParts } from './split.ts';
import { unflow } from './unflow.ts';

const MOST_REFERENCES = 50;
const LONGEST_ID = 998;

/** Reads a mail without its files. Throws `MailRefused` where it has no From, or several. */
export function parseMail(slim: SlimMail): ParsedMail {
  const { cut, parts } = deserialize(slim) as SlimParts;
  const read = readParts(parts);
  const root = read[0]?.part.headers ?? [];
  const from = authorOf(root);
  const address = (name: string) => mailboxesOf(valuesOf(root, name).join(', '));
  const sender = address('sender')[0];
  const dispositionTo = address('disposition-notification-to')[0]?.address;
  const subject = headerOf(root, 'subject');
  const date = dateOf(headerOf(root, 'date'));
  const language = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*/.exec(headerOf(root, 'content-language') ?? '')?.[0];
  const report = reportOf(read);
  const automation = automationOf(root, from, report !== undefined);
  const encrypted = encryptionOf(read);
  const reaction = reactionOf(read);
  const chat = chatOf(root);
  const invitation = invitationOf(read);
  return {
    messageId: idsOf(headerOf(root, 'message-id'))[0] ?? '',
    from,
    ...(sender && { sender }),
    replyTo: address('reply-to'),
    to: address('to'),
    cc: address('cc'),
    inReplyTo: idsOf(headerOf(root, 'in-reply-to')).slice(-MOST_REFERENCES),
    references: idsOf(valuesOf(root, 'references').join(' ')).slice(-MOST_REFERENCES),
    ...(subject !== undefined && { subject: xmlChars(decodeWords(subject)).replace(/\s+/g, ' ').trim() }),
    ...(date !== undefined && { date }),
    ...(language && { language }),
    ...wordsOf(read),
    textCut: cut,
    files: read.filter(({ part }) => isFile(part)).map(({ part }, number) => mailFileOf(part, number)),
    headers: root.map(({ name, value }) => ({ name, value: xmlChars(decodeWords(value)) })),
    ...(automation && { automation }),
    ...(report && { report }),
    ...(encrypted && { encrypted }),
    wantsDisposition: headerOf(root, 'disposition-notification-to') !== undefined,
    ...(dispositionTo && address('disposition-notification-to').length === 1 && { dispositionTo }),
    ...(reaction && { reaction, reactsAs: reactionFormOf(read) }),
    ...(chat && { chat }),
    ...(invitation && { invitation }),
  };
}

function readParts(parts: SlimParts['parts']): ReadPart[] {
  const read: ReadPart[] = [];
  const withChildren = new Set(parts.map(({ parent }) => parent));
  for (const [index, { parent, block, body }] of parts.entries()) {
    const headers = readHeaders(block);
    const described = mediaPartOf(headers, read[parent]?.part);
    // A multipart in which no part begins is a text.
    const part: MediaPart =
      described.role === 'multipart' && !withChildren.has(index) ? { ...described, role: 'text' } : described;
    read.push({ part, text: part.role === 'multipart' || part.role === 'file' ? '' : textOf(part, body) });
  }
  return read;
}

const textOf = ({ params }: MediaPart, body: Uint8Array): string =>
  xmlChars(decodeBytes(body, params.get('charset')).replace(/\r\n?/g, '\n'));

/** RFC 5322 §3.6: one From. A mailer's own may name no address. */
function authorOf(root: readonly RawHeader[]): Mailbox {
  const values = valuesOf(root, 'from');
  const found = mailboxesOf(values[0]);
  if (values.length !== 1 || found.length > 1)
    throw new MailRefused(554, '5.6.0', 'The mail does not have one author in its From header.');
  return found[0] ?? { address: '' };
}

const valuesOf = (headers: readonly RawHeader[], name: string): string[] =>
  headers.filter((header) => header.name === name).map(({ value }) => value);

/** Message-IDs (RFC 5322 §3.6.4), with or without their brackets. */
export function idsOf(value: string | undefined): string[] {
  if (!value) return [];
  const bracketed = [...value.matchAll(/<([^<>\s]+)>/g)].map((found) => found[1] ?? '');
  const found = bracketed.length > 0 ? bracketed : value.split(/\s+/).filter((word) => /^[^<>"]+@[^<>"]+$/.test(word));
  return [...new Set(found.filter((id) => id.length <= LONGEST_ID).map((id) => xmlChars(id)))];
}

function dateOf(value: string | undefined): number | undefined {
  const time = Date.parse((value ?? '').replace(/\([^()]*\)/g, ' ').trim());
  return Number.isNaN(time) ? undefined : time;
}

/** What was to be a reaction is the text of a mail that has no other: it may be of words, or to nothing that is known here. */
function wordsOf(read: readonly ReadPart[]): ReturnType<typeof bodiesOf> {
  const bodies = bodiesOf(read);
  const said = read.find(({ part }) => part.disposition === 'reaction');
  return said && isBlank(bodies.text ?? '') && bodies.html === undefined ? { ...bodies, text: said.text } : bodies;
}

/**
 * The texts in their order. Of alternatives the plain one, or the HTML where that is all there is; beside other texts HTML that
 * stands for itself is made a text, too, so that nothing is left out.
 */
function bodiesOf(read: readonly ReadPart[]): { text?: string; html?: string } {
  const bodies = new Map<MediaPart, { text: string; html: string }>();
  for (const { part, text } of read) {
    if (part.role !== 'text' && part.role !== 'html') continue;
    const key = alternativeOf(part) ?? part;
    const body = bodies.get(key) ?? { text: '', html: '' };
    const written = part.role === 'text' ? plainOf(part, text) : text;
    bodies.set(key, { ...body, [part.role]: joined(body[part.role], written) });
  }
  const filled = [...bodies.values()].filter(({ text, html }) => text.trim() !== '' || html.trim() !== '');
  const html = filled.map((body) => body.html).filter((body) => body.trim() !== '');
  const plain = filled.some(({ text }) => text.trim() !== '');
  const text = plain
    ? filled.map((body) => (body.text.trim() === '' ? htmlToText(body.html) : body.text)).reduce(joined, '')
    : '';
  return { ...(text && { text }), ...(html.length > 0 && { html: html.join('\n') }) };
}

const joined = (before: string, text: string): string => (before === '' ? text : `${before.trimEnd()}\n\n${text}`);

function alternativeOf(part: MediaPart): MediaPart | undefined {
  for (let parent = part.parent; parent; parent = parent.parent)
    if (parent.type === 'multipart/alternative') return parent;
  return undefined;
}

function plainOf({ type, params }: MediaPart, text: string): string {
  if (type === 'text/enriched') return text.replace(/<\/?[a-z-]{1,60}>/gi, '');
  if (params.get('format')?.trim().toLowerCase() !== 'flowed') return text;
  return unflow(text, params.get('delsp')?.trim().toLowerCase() === 'yes');
}

/** RFC 3156, RFC 8551, and PGP within a text. What is only signed can be read. */
function encryptionOf(read: readonly ReadPart[]): ParsedMail['encrypted'] {
  const root = read[0]?.part;
  if (!root) return undefined;
  if (/^application\/(?:x-)?pkcs7-mime$/.test(root.type))
    return root.params.get('smime-type')?.trim().toLowerCase() === 'signed-data' ? undefined : 'smime';
  const known = ['autocrypt', 'chat-version'].some((name) => headerOf(root.headers, name) !== undefined);
  const sealed =
    root.type === 'multipart/encrypted' ||
    read.some(({ part, text }) => part.role === 'text' && /^-----BEGIN PGP MESSAGE-----\s*$/m.test(text));
  return sealed ? (known ? 'autocrypt' : 'pgp') : undefined;
}
