// DomainKeys Identified Mail, RFC 6376: rsa-sha256, both canonicalisations relaxed.

import { createHash, sign } from 'node:crypto';
import { domainToASCII } from 'node:url';

export type DkimKey = { readonly domain: string; readonly selector: string; readonly privateKey: string };

/** Fields that a signature covers, each once more than it is there: so nobody adds one above it (§5.4.2, §8.15). */
const SIGNED = [
  ...['from', 'to', 'cc', 'subject', 'date', 'message-id', 'in-reply-to', 'references', 'reply-to'],
  ...['mime-version', 'content-type', 'content-transfer-encoding', 'content-disposition', 'auto-submitted'],
  ...['list-unsubscribe', 'list-unsubscribe-post', 'disposition-notification-to'],
  ...['chat-version', 'chat-edit', 'chat-delete'],
];

/** The header line with the signature of a mail that has CRLF and one field to each name. Throws for a key that is none. */
export function dkimSignature(mail: Buffer, { domain, selector, privateKey }: DkimKey): string {
  const text = mail.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const fields = new Map(
    text
      .slice(0, end)
      .split(/\r\n(?![ \t])/)
      .map(fieldOf),
  );
  const names = SIGNED.flatMap((name) => (fields.has(name) ? [name, name] : [name]));
  const header = [
    'v=1; a=rsa-sha256; c=relaxed/relaxed; q=dns/txt;',
    `d=${domainToASCII(domain)}; s=${domainToASCII(selector)};`,
    `h=${names.join(':').replace(/(.{50}\S*?:)/g, '$1\r\n ')};`,
    `bh=${createHash('sha256')
      .update(relaxedBody(text.slice(end + 4)), 'latin1')
      .digest('base64')};`,
    'b=',
  ].join('\r\n ');
  const covered = SIGNED.flatMap((name) => {
    const value = fields.get(name);
    return value === undefined ? [] : [`${name}:${value}`];
  });
  // §3.7: its own field comes last, without what it is about to hold and without an end of line.
  const data = [...covered, `dkim-signature:${relaxed(header)}`].join('\r\n');
  const signature = sign('sha256', Buffer.from(data, 'latin1'), privateKey).toString('base64');
  return `DKIM-Signature: ${header}${signature.replace(/.{72}/g, '$&\r\n ')}\r\n`;
}

function fieldOf(line: string): [string, string] {
  const at = line.indexOf(':');
  return [line.slice(0, at).trim().toLowerCase(), relaxed(line.slice(at + 1))];
}

/** §3.4.2 */
const relaxed = (value: string): string =>
  value
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '');

/** §3.4.4 */
function relaxedBody(body: string): string {
  const lines = body
    .replace(/[ \t]+/g, ' ')
    .replace(/ \r\n/g, '\r\n')
    .replace(/ $/, '');
  let end = lines.length;
  while (lines.startsWith('\r\n', end - 2)) end -= 2;
  return end === 0 ? '' : `${lines.slice(0, end)}\r\n`;
}
