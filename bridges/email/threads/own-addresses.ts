import { mailboxOf } from '#bridges/email/mailbox.ts';
import type { ParsedMail } from '#bridges/email/wire/mail.ts';
import type { Host } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** The mailbox that an account has linked: removed with all else of that, by what its key begins with. */
export const OWN_ADDRESS = 'imap-address';

/** Where mailboxes write whose they are that pass a mail on: Gmail, Dovecot's Sieve, Exchange, and who sends it again (RFC 5322 §3.6.6). */
const PASSED_ON = ['x-forwarded-for', 'x-sieve-redirected-from', 'x-ms-exchange-inbox-rules-loop', 'resent-from'];

/**
 * Addresses elsewhere that are a user's own: the mailbox that they have linked, and those that have passed the mail on to here.
 * Nobody gets anything by such a header but that this address is left out of its thread.
 */
export async function ownAddresses(
  { state }: Pick<Host, 'state'>,
  account: AccountKey,
  { headers }: Pick<ParsedMail, 'headers'>,
): Promise<ReadonlySet<string>> {
  const linked = await state.get({ account, key: OWN_ADDRESS });
  const passedOn = headers
    .filter(({ name }) => PASSED_ON.includes(name))
    .flatMap(({ value }) => mailboxOf(/[^\s<>,;:"()]+@[^\s<>,;:"()]+/.exec(value)?.[0] ?? '') ?? []);
  return new Set([...(linked === undefined ? [] : [linked]), ...passedOn]);
}
