import { mailboxOf, mailDomain } from '#bridges/email/mailbox.ts';

/** An address or a domain as it is listed; undefined for what is neither. Pure. */
export function listedSender(text: string): string | undefined {
  const written = text
    .trim()
    .replace(/^mailto:/i, '')
    .replace(/^\*@/, '@');
  return written.includes('@') && !written.startsWith('@') ? mailboxOf(written) : mailDomain(written.replace(/^@/, ''));
}

/** Whether somebody is on a list. Pure. */
export function isListed(list: readonly string[], from: string): boolean {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return list.some((one) => one === from || (!one.includes('@') && (one === domain || domain.endsWith(`.${one}`))));
}
