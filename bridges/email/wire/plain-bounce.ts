import { headerOf } from './header-block.ts';
import type { MailReport, ReportedRecipient } from './mail.ts';
import { mailAddress } from './mailbox.ts';
import type { ReadPart } from './media-part.ts';
import { statusOf } from './status.ts';

/** Bounces of mailers that write no RFC 3464 report: qmail (QSBMF), Exim, old Exchange. Only what a mailer has signed is one. */
export function plainBounce(read: readonly ReadPart[], returned: string | undefined): MailReport | undefined {
  const headers = read[0]?.part.headers ?? [];
  const mailer = /(?:^|[<\s"])(?:mailer-daemon|postmaster|mail-daemon)(?:@|[\s>"]|$)/i.test(
    headerOf(headers, 'from') ?? '',
  );
  if (!mailer) return undefined;
  const text = read
    .filter(({ part }) => part.role === 'text')
    .map((found) => found.text)
    .join('\n')
    .slice(0, 65_536);
  const [said = '', copy = ''] = text.split(
    /^-+\s*(?:Below this line is a copy|This is a copy of the message|Original message).*$/im,
    2,
  );
  const recipients = [qmail(said), exim(headerOf(headers, 'x-failed-recipients'), said), exchange(said)].find(
    (found) => found.length > 0,
  );
  if (!recipients) return undefined;
  const about = returned ?? /^\s*Message-ID:\s*<([^<>\s]{3,998})>/im.exec(copy)?.[1];
  return { kind: 'delivery', ...(about && { about }), recipients };
}

/** A paragraph for each recipient that begins `<address>:`, below an opening that names the program. */
function qmail(said: string): ReportedRecipient[] {
  if (!/^Hi\. This is the (?:qmail|deliver)/m.test(said)) return [];
  return said.split(/\n[ \t]*\n/).flatMap((paragraph) => {
    const [, address, reason = ''] = /^<([^<>\s]+)>:\s*\n?([\s\S]*)$/.exec(paragraph.trim()) ?? [];
    return address ? failed(address, reason) : [];
  });
}

/** Exim names the addresses in a header, and again in the text with the reason below each. */
function exim(header: string | undefined, said: string): ReportedRecipient[] {
  if (!header) return [];
  return header.split(',').flatMap((address) => {
    const at = said.indexOf(`\n  ${address.trim()}\n`);
    const reason = at < 0 ? said : (said.slice(at).split(/\n[ \t]*\n/, 1)[0] ?? '').replace(address, '');
    return failed(address.trim(), reason);
  });
}

/** Exchange of old: the address on one line, `#550 5.1.1 RESOLVER...` for administrators below it. */
function exchange(said: string): ReportedRecipient[] {
  const at = said.search(
    /^(?:Diagnostic information for administrators|Diagnoseinformationen für Administratoren|Informations de diagnostic)/im,
  );
  if (at < 0) return [];
  const found = said
    .slice(at)
    .matchAll(/^\s*<?([^\s<>@]+@[^\s<>@]+?)>?\s*\n(?:[^\n#]*\n)?\s*(#?<?[^\n]*\b[45]\d\d\b[^\n]*)/gm);
  return [...found].flatMap(([, address = '', reason = '']) => failed(address, reason));
}

function failed(address: string, reason: string): ReportedRecipient[] {
  const known = mailAddress(address);
  const diagnostic = reason.replace(/\s+/g, ' ').trim().slice(0, 500);
  if (known === undefined) return [];
  const action = /\b4\d\d[ -]4\.\d|will (?:keep|continue) (?:on )?trying|delayed/i.test(diagnostic)
    ? 'delayed'
    : 'failed';
  return [
    { address: known, action, status: statusOf(undefined, diagnostic, action), ...(diagnostic && { diagnostic }) },
  ];
}
