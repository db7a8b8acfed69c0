import { mailboxOf, splitMailbox } from '#bridges/email/mailbox.ts';
import { refusal } from '#bridges/email/out/replies.ts';
import type { Suppression } from '#bridges/email/out/suppression.ts';
import { texts } from '#bridges/email/texts.ts';
import type { SentMail } from '#bridges/email/threads/state.ts';
import { readEnvelopeId } from '#bridges/email/threads/user-address.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { MailReport, ReportedRecipient } from '#bridges/email/wire/mail.ts';
import type { Outcome } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId, ForeignId } from '#src/model/ids.ts';
import type { ReadMail } from './incoming.ts';
import { type MailRecipient, type RecipientAnswer, TAKEN } from './recipients.ts';

/** What becomes of mails of ours, as others report it. */
export type ReportedMails = {
  take(mail: ReadMail, report: MailReport, to: MailRecipient): Promise<RecipientAnswer>;
  /** It is a bounce that says no more than that. */
  bounced(mail: ReadMail, to: MailRecipient): Promise<RecipientAnswer>;
  /** A report that came into a mailbox of a user's own: whether it is about a mail of theirs from here, and is no message. */
  own(mail: ReadMail, report: MailReport, account: AccountKey): Promise<boolean>;
};

type Found = { readonly account: AccountKey; readonly token: string; readonly mail: SentMail };
type DeliveryReport = Extract<MailReport, { kind: 'delivery' }>;

/** What one recipient's line says of the mail; nothing where it says nothing that counts. */
function outcomeOf({ action, status, diagnostic = '' }: ReportedRecipient): Outcome | undefined {
  if (action === 'delivered') return { ids: [], state: 'delivered' };
  if (action === 'delayed') return { ids: [], state: 'delayed' };
  // It went where no more is reported from (RFC 3464 §2.3.3): nobody knows whether it arrived.
  if (action !== 'failed') return undefined;
  const code = /\b([45]\d\d)\b/.exec(diagnostic)?.[1];
  return refusal({ status, text: diagnostic, ...(code && { code: Number(code) }) });
}

/** Of several recipients one says nothing of the others, and a room is told only whom something has not reached. */
function saidOf({ room, their: to }: SentMail, outcome: Outcome): Outcome | undefined {
  if (!room) return outcome;
  return outcome instanceof Failure ? { ids: [], state: 'taken', lost: [{ to, failure: outcome }] } : undefined;
}

export function openReports(transport: EmailTransport, suppression: Suppression): ReportedMails {
  const { host, config, state, alone } = transport;

  /** The mail that is spoken of: only our token proves that, which strangers do not know. */
  async function find(to: MailRecipient, ...more: readonly (string | undefined)[]): Promise<Found | undefined> {
    const tokens = [to.kind === 'user' ? to.token : undefined, ...more.map((one) => one?.replace(/@.*$/, ''))];
    for (const token of tokens) {
      const found = token === undefined ? undefined : await state.sent(token);
      // What a room has sent is told of by the copies of its recipients.
      if (found && token !== undefined && found.mail.their !== '') return { ...found, token };
    }
    return undefined;
  }

  /** It comes to where the mail was sent from (RFC 5321 §4.5.5): who has its Message-ID only says nothing of it. */
  async function delivery(report: DeliveryReport, to: MailRecipient): Promise<void> {
    const found = await find(to);
    if (!found) return;
    // Of several lines the one about the peer; one alone is about the peer, whatever an alias made of the address.
    const line =
      report.recipients.find(({ address }) => mailboxOf(address) === found.mail.their) ?? report.recipients[0];
    const outcome = line && outcomeOf(line);
    if (outcome) await tell(found, outcome);
  }

  /** Kept behind it: a report that comes again is told again, and changes nothing. */
  const tell = (found: Found, outcome: Outcome, proven = true): Promise<void> =>
    alone(found.account, found.mail.their, () => toldOnce(found, outcome, proven));

  async function toldOnce({ account, token, mail }: Found, outcome: Outcome, proven: boolean): Promise<void> {
    const known = (await state.sent(token))?.mail ?? mail;
    if (known.stage === 'delivered' || known.stage === 'failed') return;
    const said = saidOf(known, outcome);
    for (const id of said ? known.events : []) await host.settle(id as EventId, said ?? outcome);
    if (proven && outcome instanceof Failure) await suppression.learn(account, known.their, outcome);
    const stage = outcome instanceof Failure ? 'failed' : outcome.state;
    if (stage === 'delivered' || stage === 'failed')
      await host.emit([], state.writeSent(account, token, { ...known, stage }));
  }

  /**
   * A server that is not ours cannot be told a sender of each mail: the mail is known by what went with its envelope (RFC 3461 §4.4),
   * which its recipient does not see. Where that did not come back, who has its Message-ID is believed that it failed, and no more.
   */
  async function ofOwn(report: DeliveryReport, account: AccountKey): Promise<boolean> {
    const { token, proof } = readEnvelopeId(report.envelopeId);
    const proven = token !== undefined && proof === state.mac('address', token);
    const name = proven ? token : report.about?.replace(/@.*$/, '');
    const mail = name === undefined ? undefined : await state.sent(name);
    if (name === undefined || mail?.account !== account) return false;
    const outcome = report.recipients[0] && outcomeOf(report.recipients[0]);
    if (outcome && (proven || outcome instanceof Failure)) await tell({ ...mail, token: name }, outcome, proven);
    return true;
  }

  /** The peer alone can have read it. */
  async function read(
    { about }: MailReport & { kind: 'disposition' },
    { from, verdict }: ReadMail,
    to: MailRecipient,
  ): Promise<void> {
    const found = await find(to, about);
    const proven = to.kind === 'user' && to.token !== undefined;
    if (!found || found.mail.room || !(proven || (verdict.from === 'verified' && from === found.mail.their))) return;
    const { account, mail, token } = found;
    if (to.kind === 'user' && to.account !== account) return;
    // Nobody reads what has not arrived.
    await tell(found, { ids: [], state: 'delivered' });
    await host.emit([
      {
        place: { kind: 'contact', account, id: mail.their },
        from: { kind: 'network', id: mail.their },
        kind: 'receipt',
        target: `${token}@${config.domain}` as ForeignId,
        state: 'displayed',
      },
    ]);
  }

  /** The copy of a room's mail that somebody has had. */
  async function copyOf({
    about = '',
    recipient = '',
  }: MailReport & { kind: 'complaint' }): Promise<Found | undefined> {
    const [event] = (await state.sent(about.replace(/@.*$/, '')))?.mail.events ?? [];
    const their = mailboxOf(recipient);
    const token = event === undefined || their === undefined ? '' : state.mac('mail', event, their);
    const found = await state.sent(token);
    return found && { ...found, token };
  }

  /** Whoever knows a Message-ID may say that its recipient complains: those who run the mail of that one know, and who has our token. */
  async function complaint(
    report: MailReport & { kind: 'complaint' },
    { from, verdict }: ReadMail,
    to: MailRecipient,
  ): Promise<void> {
    const found = (await find(to, report.about)) ?? (await copyOf(report));
    if (!found) return;
    const proven = to.kind === 'user' && to.token !== undefined;
    if (!proven && (verdict.from !== 'verified' || !isAtHome(from, found.mail.their)))
      return host.tellAdmins(texts.complaintUnproven(found.mail.their, from));
    await suppression.stop(found.account, found.mail.their, 'complaint');
    host.tellAdmins(texts.complaint(found.mail.their));
  }

  return {
    async take(mail, report, to) {
      if (report.kind === 'delivery') await delivery(report, to);
      else if (report.kind === 'complaint') await complaint(report, mail, to);
      else if (report.read) await read(report, mail, to);
      return TAKEN;
    },
    async own(mail, report, account) {
      if (report.kind === 'delivery') return ofOwn(report, account);
      if (report.kind === 'complaint') return false;
      const to: MailRecipient = { kind: 'user', account };
      const found = await find(to, report.about);
      if (report.read) await read(report, mail, to);
      return found?.account === account;
    },
    async bounced({ parsed }, to) {
      const found = await find(to);
      if (found) await tell(found, refusal({ text: (parsed.text ?? parsed.subject ?? '').slice(0, 2000) }));
      return TAKEN;
    },
  };
}

/** Whether an address is at the domain of another, below it or above. */
function isAtHome(from: string, their: string): boolean {
  const [one = '', other = ''] = [from, their].map((address) => splitMailbox(address)?.domain);
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}
