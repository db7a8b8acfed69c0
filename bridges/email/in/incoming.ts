import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { domainToASCII } from 'node:url';
import type { EmailConfig } from '#bridges/email/config.ts';
import { mailboxOf } from '#bridges/email/mailbox.ts';
import { LOOP_HEADER } from '#bridges/email/out/compose.ts';
import type { HandOver } from '#bridges/email/rooms/reply-all.ts';
import { texts } from '#bridges/email/texts.ts';
import type { ReturnPath } from '#bridges/email/threads/state.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import {
  type Authenticate,
  type MailEnvelope,
  type MailFile,
  type MailParser,
  MailRefused,
  type ParsedMail,
  type SplitMail,
  usualLimits,
  type Verdict,
} from '#bridges/email/wire/mail.ts';
import { tokenBucket } from '#src/lib/time/token-bucket.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { type HeldFiles, openHeldFiles } from './held-files.ts';
import type { MailboxOwner, MailIntake, OwnIntake } from './listener.ts';
import { MOST_ORIGINAL } from './originals.ts';
import type { PersonalMails } from './personal.ts';
import {
  admissionOf,
  LATER,
  type MailRecipient,
  NO_SUCH_USER,
  type RecipientAnswer,
  recipientOf,
  TAKEN,
} from './recipients.ts';
import type { ReportedMails } from './reports.ts';
import { MOST_RETURNED, returnPathAmongOurs, returnPathOf } from './return-path.ts';

/** What reads and judges a mail. */
export type MailReading = {
  readonly parser: MailParser;
  readonly split: SplitMail;
  readonly authenticate: Authenticate;
  resolver(name: string, type: string): Promise<unknown>;
};

/** A file of a mail that is kept by us, or was not. */
export type IncomingFile = { readonly file: MailFile; readonly ref?: FileRef };

/** A mail that was read, judged, and whose files are kept. */
export type ReadMail = {
  readonly parsed: ParsedMail;
  /** Of From, as contacts are named. */
  readonly from: string;
  readonly envelope: MailEnvelope;
  readonly verdict: Verdict;
  readonly files: readonly IncomingFile[];
  /** Its first bytes, as it came, and all of them where it is not too large to be kept so. */
  readonly head: Uint8Array;
  readonly raw?: Uint8Array;
  /** Where it is told if it does not reach whom it was for, where anybody is to be told. */
  readonly returnPath?: ReturnPath;
};

/** What becomes of a mail that came into a mailbox of a user's own, which is theirs whatever it says. */
export type OwnMails = { take(mail: ReadMail, to: MailboxOwner, files: HeldFiles): Promise<RecipientAnswer> };

type Routes = { readonly personal: PersonalMails; readonly reports: ReportedMails; readonly own: OwnMails };

const LOOP: RecipientAnswer = { status: 554, enhanced: '5.4.6', text: 'This mail has come from here' };
const REFUSED: RecipientAnswer = { status: 550, enhanced: '5.7.1', text: 'The sender is not who the mail says' };
const DNS: RecipientAnswer = { status: 451, enhanced: '4.4.3', text: 'DNS does not answer, try again later' };
const NO_FROM: RecipientAnswer = { status: 550, enhanced: '5.1.7', text: 'The sender has no plain address' };

/** Mails to those who run the gateway, from whomever: so many at once, and then one in two minutes. The others come again later. */
const TO_OPERATORS = { burst: 30, per_second: 1 / 120 };

/** The one pipeline behind all ways in: limits first, then who it is for, what it is, who has written it, and what becomes of it. */
export function openIncoming(
  transport: EmailTransport,
  reading: MailReading,
  { personal, reports, own }: Routes,
  paused: () => boolean,
): MailIntake & OwnIntake & { readonly handOver: HandOver } {
  const { host, config } = transport;
  const toOperators = tokenBucket(TO_OPERATORS, host.clock);

  async function recipient(address: string, from: string): Promise<RecipientAnswer | undefined> {
    const found = await recipientOf(transport, address);
    if ('status' in found) return found;
    if (found.kind === 'admins' || found.token !== undefined) return undefined;
    const answer = await admissionOf(transport, found.account, mailboxOf(from) ?? '');
    return typeof answer === 'string' ? undefined : answer;
  }

  async function take(mail: AsyncIterable<Uint8Array>, envelope: MailEnvelope): Promise<readonly RecipientAnswer[]> {
    const recipients = await Promise.all(envelope.to.map((address) => recipientOf(transport, address)));
    const files = openHeldFiles(host);
    try {
      return await answersOf(await readMail(mail, envelope, files), recipients, files);
    } finally {
      await files.close();
    }
  }

  async function answersOf(
    read: ReadMail,
    recipients: readonly (MailRecipient | RecipientAnswer)[],
    files: HeldFiles,
  ): Promise<readonly RecipientAnswer[]> {
    const answers: RecipientAnswer[] = [];
    // Each user has it once, and is answered the same under each of their addresses.
    const done = new Map<AccountKey, RecipientAnswer>();
    for (const [index, one] of recipients.entries()) {
      const known = 'kind' in one && one.kind === 'user' ? done.get(one.account) : undefined;
      const recipient = read.envelope.to[index] ?? '';
      const answer = 'status' in one ? one : (known ?? (await become(read, one, { files, recipient })));
      answers.push(answer);
      if ('kind' in one && one.kind === 'user') done.set(one.account, answer);
    }
    return answers;
  }

  async function takeOwn(mail: AsyncIterable<Uint8Array>, envelope: MailEnvelope, to: MailboxOwner) {
    const judge: Authenticate = (content, about) => reading.authenticate(content, { ...about, trusted: to.authserv });
    const files = openHeldFiles(host);
    try {
      return [await own.take(await readMail(mail, envelope, files, judge), to, files)];
    } finally {
      await files.close();
    }
  }

  /** Reads it to its end, whatever it is: an answer comes only then. */
  async function readMail(
    mail: AsyncIterable<Uint8Array>,
    envelope: MailEnvelope,
    files: HeldFiles,
    judge: Authenticate = reading.authenticate,
  ): Promise<ReadMail> {
    const copy = new PassThrough();
    const about = { envelope, trusted: config.authserv, host: domainToASCII(config.domain) };
    const judged = judge(copy, { ...about, resolver: reading.resolver })
      .catch((error: unknown): Verdict => {
        host.log.warn({ err: error }, 'a mail could not be judged');
        return { from: 'unverified', why: 'none' };
      })
      .finally(() => copy.resume());
    try {
      const raw = openRawMail(MOST_ORIGINAL);
      const slim = await reading.split(copied(raw.passing(mail), copy), files.hold, {
        ...usualLimits,
        size: config.max_size,
      });
      const parsed = await reading.parser.parse(slim);
      const from = mailboxOf(parsed.from.address) ?? '';
      return { parsed, from, envelope, verdict: await judged, files: [], ...raw.kept() };
    } finally {
      copy.end();
      await judged;
    }
  }

  async function become(
    mail: ReadMail,
    to: MailRecipient,
    { files, recipient }: { readonly files: HeldFiles; readonly recipient: string },
  ): Promise<RecipientAnswer> {
    const { parsed, envelope } = mail;
    if (parsed.report) return reports.take(mail, parsed.report, to);
    // Some systems send what they have to say from nobody: only where a mail of ours came from is it surely a report (RFC 5321 §4.5.5).
    const isToMail = to.kind === 'user' && to.token !== undefined;
    if (parsed.automation === 'bounce' || (envelope.from === '' && parsed.automation === undefined && isToMail))
      return reports.bounced(mail, to);
    // It would go back to the gateway of its recipient, and come again.
    const home = to.kind === 'user' ? splitAccount(to.account).user.replace(/^.*@/, '') : config.domain;
    if (isOurs(parsed, config) || isOurs(parsed, { domain: home })) return LOOP;
    if (to.kind === 'admins') return toAdmins(mail, to.address);
    const refused = refusedFor(mail);
    if (refused) return refused;
    const admission = await admissionOf(transport, to.account, mail.from);
    if (typeof admission !== 'string') return admission;
    const returnPath = returnPathOf(mail, recipient, { domain: config.domain, now: host.clock.now() });
    const whole = { ...mail, files: await files.of(to.account), ...(returnPath && { returnPath }) };
    return personal.take(whole, to, admission);
  }

  /** What its sender is answered who is not who they say, or nobody. */
  function refusedFor({ verdict, from }: ReadMail): RecipientAnswer | undefined {
    if (verdict.from === 'temporary') return DNS;
    if (verdict.from === 'refused' || (verdict.from === 'unverified' && config.unverified === 'refuse')) return REFUSED;
    return from === '' ? NO_FROM : undefined;
  }

  /** A mail of one of our users to another: it has not left, and is who it says. Rejects with the `Failure` of who does not take it. */
  async function handOver(mail: Buffer, { from, to }: { from: string; to: string }): Promise<void> {
    const one = await recipientOf(transport, to);
    if ('status' in one || one.kind !== 'user') throw new Failure('item-not-found', { text: texts.noMailbox });
    const envelope = { from, to: [to] };
    const files = openHeldFiles(host);
    const read = await readMail(Readable.from([mail]), envelope, files, async () => ({
      from: 'verified',
      why: 'ours',
    }));
    const admission = await admissionOf(transport, one.account, read.from);
    if (typeof admission !== 'string') {
      await files.close();
      throw new Failure('not-permitted', { text: texts.blockedThere });
    }
    // A user of ours is found at their own address: nobody is asked to take them among the contacts of mail.
    const returnPath = returnPathAmongOurs(read, to, host.clock.now());
    const whole = { ...read, files: await files.of(one.account), returnPath };
    const { status, text } = await personal.take(whole, one, 'yes');
    if (status !== 250) throw new Failure('policy-violation', { text });
  }

  function toAdmins({ parsed, from }: ReadMail, address: string): RecipientAnswer {
    if (parsed.automation !== undefined) return TAKEN;
    if (!toOperators.take(1)) return LATER;
    const text = [parsed.subject, parsed.text]
      .filter((one) => one !== undefined)
      .join('\n')
      .slice(0, 4000);
    host.tellAdmins(texts.toAdmins(from, address, text));
    return TAKEN;
  }

  return { recipient, take, takeOwn, handOver, paused };
}

/** Keeps the bytes of a mail while they go by, unless they are more than so many; the first of them always. */
function openRawMail(most: number) {
  let pieces: Uint8Array[] | undefined = [];
  let head = Buffer.alloc(0);
  let size = 0;
  return {
    async *passing(mail: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const piece of mail) {
        size += piece.length;
        if (size > most) pieces = undefined;
        if (head.length < MOST_RETURNED) head = Buffer.concat([head, piece.subarray(0, MOST_RETURNED - head.length)]);
        pieces?.push(piece);
        yield piece;
      }
    },
    kept: (): Pick<ReadMail, 'head' | 'raw'> => ({ head, ...(pieces && { raw: Buffer.concat(pieces) }) }),
  };
}

/** Whether a mail has come from here (RFC 3834 §5 leaves the name of the header to us). */
export const isOurs = ({ headers }: ParsedMail, { domain }: Pick<EmailConfig, 'domain'>): boolean =>
  headers.some(({ name, value }) => name === LOOP_HEADER.toLowerCase() && value.trim() === domainToASCII(domain));

/** What goes by, copied to somebody else who reads it as fast. */
async function* copied(mail: AsyncIterable<Uint8Array>, copy: PassThrough): AsyncGenerator<Uint8Array> {
  for await (const piece of mail) {
    if (!copy.write(piece)) await once(copy, 'drain');
    yield piece;
  }
  copy.end();
}

export { LATER, MailRefused, NO_SUCH_USER };
