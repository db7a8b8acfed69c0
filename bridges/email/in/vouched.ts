import { splitMailbox } from '#bridges/email/mailbox.ts';
import type { Authenticate, Verdict } from '#bridges/email/wire/mail.ts';

const UNKNOWN: Verdict = { from: 'unverified', why: 'nobody vouches' };
const MOST = 262_144;

/** Believes the mail server of the operator alone (RFC 8601): an SPF pass for the domain of From in a header of a configured id. */
export const vouched: Authenticate = async (content, { trusted }) => {
  let head = '';
  for await (const piece of content) if (head.length < MOST) head += Buffer.from(piece).toString('latin1');
  const fields = head
    .replace(/\r\n?/g, '\n')
    .split('\n\n', 1)[0]
    ?.replace(/\n[ \t]+/g, ' ')
    .split('\n');
  const valuesOf = (name: string) =>
    (fields ?? []).flatMap((line) =>
      line.toLowerCase().startsWith(`${name}:`) ? line.slice(name.length + 1).trim() : [],
    );
  const [from, ...more] = valuesOf('from');
  const author = splitMailbox(/<([^<>]+)>\s*$/.exec(from ?? '')?.[1] ?? from ?? '');
  // The newest stands first: those below it may have come with the mail.
  const result = valuesOf('authentication-results')[0] ?? '';
  if (!author || more.length > 0 || !trusted.includes(result.split(';', 1)[0]?.trim() ?? '')) return UNKNOWN;
  const domain = /\bspf=pass\b[^;]*\bsmtp\.mailfrom=(?:[^\s;@]*@)?([^\s;]+)/.exec(result)?.[1]?.toLowerCase();
  return domain === author.domain ? { from: 'verified', why: result } : UNKNOWN;
};
