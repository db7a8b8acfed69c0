import { texts } from '#bridges/email/texts.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { Text } from '#src/model/language.ts';

/** What a mail server said: of SMTP (RFC 5321 §4.2) or in a report (RFC 3464). `status` is an enhanced one (RFC 3463). */
export type MailReply = { readonly code?: number; readonly status?: string; readonly text: string };

/** Words by which servers say that we are refused for what we are: lists of senders, reputation, missing authentication. */
const OURS =
  /\b(?:spamhaus|barracuda|sorbs|spamcop|uceprotect|dnsbl|rbl|blocklist|block list|blacklist|black list|reputation|s3140|banned sending ip)\b/i;
/** Words by which they say that the recipient does not want it. */
const BY_RECIPIENT =
  /\b(?:blocked by (?:the )?(?:recipient|user)|recipient (?:has )?(?:blocked|rejected|refuse[sd])|sender (?:is )?blocked by)\b/i;
const NO_USER =
  /\b(?:no such (?:user|mailbox|recipient|address)|(?:user|mailbox|recipient|address|account)(?: is)? (?:unknown|not found|invalid|does(?: not|n't) exist)|unknown (?:user|recipient|mailbox)|invalid (?:recipient|mailbox)|does not exist)\b/i;

type Reason = readonly [FailureCode, Text];

/** By enhanced status, the first that fits; `x` is any. What is permanent is tried no more whatever the code says. */
const BY_STATUS: readonly (readonly [RegExp, Reason])[] = [
  [/^5\.1\.(?:1|3|6)$/, ['item-not-found', texts.noMailbox]],
  [/^5\.1\.(?:2|10)$/, ['remote-server-not-found', texts.noDomain]],
  [/^5\.4\.4$/, ['remote-server-not-found', texts.noDomain]],
  [/^5\.2\.1$/, ['service-unavailable', texts.mailboxOff]],
  [/^[45]\.2\.2$/, ['budget-exhausted', texts.mailboxFull]],
  [/^5\.(?:2\.3|3\.4)$/, ['too-large', texts.tooLarge]],
  [/^5\.7\.(?:2\d|515)$/, ['internal', texts.refusedUs]],
  [/^5\.7\./, ['policy-violation', texts.filtered]],
  [/^[45]\.4\./, ['recipient-unavailable', texts.unreachable]],
];

/** What a final refusal means. Pure. */
function reasonOf({ code, status = '', text }: MailReply): Reason {
  if (OURS.test(text)) return ['internal', texts.refusedUs];
  if (BY_RECIPIENT.test(text)) return ['not-permitted', texts.blockedThere];
  const found = BY_STATUS.find(([pattern]) => pattern.test(status))?.[1];
  if (found) return found;
  if (NO_USER.test(text)) return ['item-not-found', texts.noMailbox];
  if (code === 552) return ['too-large', texts.tooLarge];
  if (code === 535 || code === 530) return ['internal', texts.ourLogin];
  if (code === 550 || code === 551 || code === 553) return ['item-not-found', texts.noMailbox];
  return ['policy-violation', texts.undelivered];
}

/** The code that a program can read: `550 5.1.1`. */
function foreignOf({ code, status }: MailReply): { readonly foreign?: string } {
  const said = [code, status].filter((one) => one !== undefined).join(' ');
  return said === '' ? {} : { foreign: said };
}

/** A mail that is refused for good. Pure. */
export function refusal(reply: MailReply): Failure {
  const [code, text] = reasonOf(reply);
  return new Failure(code, { text, ...foreignOf(reply) });
}

/** What a server says to an attempt of ours: it may be worth another. Pure. */
export function replyFailure(reply: MailReply): Failure {
  if (reply.code !== undefined && reply.code >= 500) return refusal(reply);
  return new Failure('remote-server-timeout', { text: texts.later, ...foreignOf(reply) });
}

/** Whether it says something of us and not of the recipient, so that those who run the gateway have to know. */
export const isOurs = ({ code }: Failure): boolean => code === 'internal';

/** Whether the address itself is no good, so that nothing more is sent there. */
export const isHardBounce = ({ code }: Failure): boolean =>
  code === 'item-not-found' || code === 'remote-server-not-found' || code === 'not-permitted';

/** The parts of a reply as nodemailer has it: `550 5.1.1 <x>: unknown`. */
export function readReply(response: string): MailReply {
  const found = /^(\d{3})(?:[ -](\d\.\d{1,3}\.\d{1,3}))?[ -]?(.*)/s.exec(response.trim());
  const [, code, status, text = response] = found ?? [];
  return { ...(code && { code: Number(code) }), ...(status && { status }), text };
}
