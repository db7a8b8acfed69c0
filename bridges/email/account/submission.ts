import type { EmailConfig } from '#bridges/email/config.ts';
import type { ImapServer, MailAuth } from '#bridges/email/in/imap-line.ts';
import type { SubmissionServer } from '#bridges/email/out/smarthost.ts';
import { accountTexts as texts } from './texts.ts';

/** Connections of one user at a time, and how long their server may say nothing, in milliseconds. */
const CONNECTIONS = 1;
const TIMEOUT = 120_000;

/** The server that takes a user's mails (RFC 6409), as what it refuses is told them. */
export const submissionOf = (
  { outgoing, domain }: EmailConfig,
  { host, port, tls, pin, chosenByUser }: ImapServer,
  auth: (refused?: MailAuth) => Promise<MailAuth>,
): SubmissionServer => ({
  ...{ host, port, tls, pin, auth, connections: CONNECTIONS, timeout: TIMEOUT },
  ...(chosenByUser && { chosenByUser }),
  name: outgoing.name ?? domain,
  refusals: {
    login: ['password-required', texts.wrongPassword()],
    sender: ['policy-violation', texts.refusedSender],
  },
});
