import type { HeldFiles } from '#bridges/email/in/held-files.ts';
import { isOurs, type OwnMails, type ReadMail } from '#bridges/email/in/incoming.ts';
import type { MailboxOwner } from '#bridges/email/in/listener.ts';
import type { PersonalMails } from '#bridges/email/in/personal.ts';
import { admissionOf, LATER, TAKEN } from '#bridges/email/in/recipients.ts';
import type { ReportedMails } from '#bridges/email/in/reports.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { MailParser } from '#bridges/email/wire/mail.ts';
import { tellElsewhere } from './elsewhere.ts';

/** What comes into mailboxes of users' own: the same as to their addresses here, but that nobody can be refused any more. */
export function openOwnMails(
  transport: EmailTransport,
  { personal, reports }: { readonly personal: PersonalMails; readonly reports: ReportedMails },
  parser: Pick<MailParser, 'clean'>,
): OwnMails {
  const { config, state } = transport;

  async function written(mail: ReadMail, to: MailboxOwner, files: HeldFiles) {
    // What was sent from here comes back, where it was written to oneself, and lies among what was sent.
    if (isOurs(mail.parsed, config) || !to.elsewhere || (await isSent(mail.parsed.messageId, to))) return TAKEN;
    if (!to.fromSent && mail.verdict.from === 'temporary') return LATER;
    // Anybody may send a mail in whose From its reader stands.
    if (!to.fromSent && mail.verdict.from !== 'verified') return TAKEN;
    await tellElsewhere(transport, parser, { ...mail, files: await files.of(to.account) }, to);
    return TAKEN;
  }

  /** Whether a mail went from here, though its server has taken our mark out of it. */
  async function isSent(messageId: string, { account }: MailboxOwner): Promise<boolean> {
    if (!messageId.endsWith(`@${config.domain}`)) return false;
    return (await state.sent(messageId.replace(/@.*$/, '')))?.account === account;
  }

  return {
    async take(mail, to, files) {
      const { parsed, verdict, from } = mail;
      if (from === to.address) return written(mail, to, files);
      if (parsed.report && (await reports.own(mail, parsed.report, to.account))) return TAKEN;
      if (verdict.from === 'temporary') return LATER;
      if (from === '') return TAKEN;
      const admission = await admissionOf(transport, to.account, from);
      if (typeof admission !== 'string') return admission;
      // Nobody is to decide on each list and each shop whether it becomes a contact.
      const known = parsed.automation === undefined ? admission : 'yes';
      const whole = { ...mail, files: await files.of(to.account) };
      return personal.take(whole, { kind: 'user', account: to.account }, known);
    },
  };
}
