import { mailboxOf, splitMailbox } from '#bridges/email/mailbox.ts';
import { openGroupBook } from '#bridges/email/rooms/group-book.ts';
import { openChosenNames } from '#bridges/email/threads/alias.ts';
import type { SentMail } from '#bridges/email/threads/state.ts';
import { readLocalPart } from '#bridges/email/threads/user-address.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { Admission } from '#src/bridge.ts';
import { type AccountKey, accountKey } from '#src/model/ids.ts';
import { wishFor } from './wanted.ts';

/** What a mail server is answered about one recipient (RFC 5321 §4.2, RFC 3463). */
export type RecipientAnswer = { readonly status: number; readonly enhanced: string; readonly text: string };

/** Where a mail for one recipient goes. */
export type MailRecipient =
  | {
      readonly kind: 'user';
      readonly account: AccountKey;
      /** The mail of ours that is answered or reported on, where its own address was written to. */
      readonly token?: string;
      readonly sent?: SentMail;
    }
  | { readonly kind: 'admins'; readonly address: string };

export const TAKEN: RecipientAnswer = { status: 250, enhanced: '2.0.0', text: 'Taken' };
export const NO_SUCH_USER: RecipientAnswer = { status: 550, enhanced: '5.1.1', text: 'No such user here' };
const NO_RELAY: RecipientAnswer = { status: 550, enhanced: '5.7.1', text: 'This is no relay' };
const NOT_WANTED: RecipientAnswer = {
  status: 550,
  enhanced: '5.7.1',
  text: 'The recipient does not take mail from you',
};
const FULL: RecipientAnswer = { status: 452, enhanced: '4.2.2', text: 'The recipient has too many contacts' };
export const LATER: RecipientAnswer = { status: 451, enhanced: '4.3.0', text: 'Try again later' };

/** Who a recipient is, or what its sender is answered. No relay: only plain addresses of our own domain (SECURITY, mail in). */
export async function recipientOf(
  transport: EmailTransport,
  address: string,
): Promise<MailRecipient | RecipientAnswer> {
  const { host, config, state } = transport;
  const found = splitMailbox(address);
  if (!found || found.domain !== config.domain || /[%!]/.test(found.local)) return NO_RELAY;
  const local = readLocalPart(found.local, config);
  if (local.kind === 'admins') return { kind: 'admins', address: mailboxOf(address) ?? address };
  if (local.kind === 'user') return { kind: 'user', account: accountKey(local.user, host.transport) };
  if (local.kind === 'nobody') {
    // What comes behind a `+` (RFC 5233) says nothing.
    const account = await openChosenNames(transport).of(found.local.toLowerCase().replace(/\+.*$/s, ''));
    if (account !== undefined) return { kind: 'user', account };
  }
  if (local.kind !== 'token' || local.proof !== state.mac('address', local.token)) return NO_SUCH_USER;
  const sent = await state.sent(local.token);
  if (!sent) return NO_SUCH_USER;
  return { kind: 'user', account: sent.account, token: local.token, sent: sent.mail };
}

/** Whether mail of somebody is for an account; undefined where it is. `from` is `''` for the null sender, who is nobody yet. */
export async function admissionOf(
  transport: EmailTransport,
  account: AccountKey,
  from: string,
): Promise<RecipientAnswer | 'yes' | 'first'> {
  const admits = transport.host.admits({ account, contact: from });
  if (from === '') return answerTo(await admits);
  const [admission, wish] = await Promise.all([admits, wishFor(transport, account, from)]);
  if (admission !== 'yes' && admission !== 'first') return answerTo(admission);
  if (wish === 'blocked') return NOT_WANTED;
  if (admission === 'first' && wish === 'refuse')
    // Who is in a room of theirs is no stranger.
    return (await openGroupBook(transport).isKnown(account, from)) ? admission : NOT_WANTED;
  return answerTo(admission);
}

function answerTo(admission: Admission): RecipientAnswer | 'yes' | 'first' {
  switch (admission) {
    case 'yes':
    case 'first':
      return admission;
    case 'nobody':
    case 'not-permitted':
      return NO_SUCH_USER;
    case 'full':
      return FULL;
    default:
      return NOT_WANTED;
  }
}
