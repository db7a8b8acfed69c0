import { texts } from '#bridges/email/texts.ts';
import type { MailPeer, MailThread } from '#bridges/email/threads/state.ts';
import { isUnread } from '#bridges/email/threads/user-address.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';

/**
 * Throws the `Failure` of a mail that its user may not mean to send: in plain text to somebody whose last one was encrypted, until
 * the user says so, and the first one to an address that nobody reads.
 */
export async function assertMeant(
  { host, state }: Pick<EmailTransport, 'host' | 'state'>,
  account: AccountKey,
  their: string,
  { peer, thread }: { readonly peer: MailPeer; readonly thread: MailThread },
): Promise<void> {
  if (peer.encrypted && !peer.plain)
    throw new Failure('not-allowed', { text: texts.wasEncrypted({ address: their, domain: host.transport }) });
  if (peer.introduced || peer.warned || !isUnread(thread.replyTo ?? their)) return;
  await host.emit([], [state.writePeer(account, their, { ...peer, warned: true })]);
  throw new Failure('not-allowed', { text: texts.nobodyReads(thread.replyTo ?? their) });
}
