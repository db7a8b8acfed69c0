import { mailboxOf } from '#bridges/email/mailbox.ts';
import { isMessageId } from '#bridges/email/out/compose.ts';
import type { MailPeer } from '#bridges/email/threads/state.ts';
import type { ReadMail } from './incoming.ts';

/** Mails that may wait for being read, with each peer. */
const MOST = 20;

/**
 * Where a mail asks to be told that it was read. Only of a person who is who they say, at their own address (RFC 8098 §2.1: else its
 * reader would have to be asked): nobody has reports sent to others. Pure.
 */
function readRequestOf({ parsed, from, verdict, envelope }: ReadMail): string | undefined {
  const { dispositionTo = '', automation, messageId } = parsed;
  const to = mailboxOf(dispositionTo);
  const own = to !== undefined && (to === from || to === mailboxOf(envelope.from));
  return own && verdict.from === 'verified' && automation === undefined && isMessageId(messageId) ? to : undefined;
}

/** How a message of it says that. Pure. */
export const markable = (mail: ReadMail): { markable?: true } =>
  readRequestOf(mail) === undefined ? {} : { markable: true };

/** What is between an account and a peer with what a mail asks for. Pure. */
export function askedBy(mail: ReadMail, { id, at }: { id: string; at: number }, peer: MailPeer): MailPeer {
  const to = readRequestOf(mail);
  return to === undefined || peer.asking.some((one) => one.id === id)
    ? peer
    : { ...peer, asking: [...peer.asking, { id, to, at }].slice(-MOST) };
}
