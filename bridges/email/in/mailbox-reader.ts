import type { ImapFlow } from 'imapflow';
import type { EmailConfig, ImapConfig } from '#bridges/email/config.ts';
import { mailboxOf, splitMailbox } from '#bridges/email/mailbox.ts';
import { readLocalPart } from '#bridges/email/threads/user-address.ts';
import { type MailEnvelope, MailRefused } from '#bridges/email/wire/mail.ts';
import type { Host } from '#src/bridge.ts';
import { backoff } from '#src/lib/time/backoff.ts';
import { Failure } from '#src/model/failure.ts';
import { answered, isBeyondBounds, openImapLine } from './imap-line.ts';
import type { MailIntake } from './listener.ts';
import { openMailFolder } from './mail-folder.ts';
import { type MailboxWatch, openMailboxWatch } from './mailbox-watch.ts';

/** Reads a mailbox to which all mail of our domain goes. */
export type MailboxReader = {
  /** Begins anew with what was left while it was paused. */
  resume(): void;
  /** Resolves when the line is closed. */
  close(): Promise<void>;
};

/** How long a try must have lasted for the waits to begin anew, in milliseconds: a server may close each line at once. */
const STABLE = 180_000;
const WAIT = backoff({ min: 1000, max: 300_000, random: Math.random });
/** Where servers write whom a mail was for, the surest first; else it is who the mail says. */
const RECIPIENTS = [
  ['delivered-to', 'x-original-to', 'envelope-to'],
  ['to', 'cc'],
] as const;

type Parts = { readonly host: Host; readonly config: EmailConfig; readonly intake: MailIntake };

/** Reads what comes into the mailbox from now on (RFC 9051), and what came while we were away; nothing is marked or moved. */
export function openMailboxReader(imap: ImapConfig, { host, config, intake }: Parts): MailboxReader {
  const stopping = new AbortController();
  const { signal } = stopping;
  const server = { host: imap.host, port: imap.port, tls: imap.tls, pin: imap.pin };
  let watch: MailboxWatch | undefined;
  const folder = openMailFolder({
    ...{ host, path: imap.folder, take },
    stopped: () => signal.aborted || intake.paused(),
    // One that was made anew is read whole.
    anew: async () => 0,
  });

  async function run(): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const since = host.clock.now();
      try {
        await readUntilLost();
      } catch (error) {
        if (!signal.aborted) host.log.warn({ err: error }, 'the mailbox cannot be read');
      }
      if (host.clock.now() - since >= STABLE) attempt = 0;
      if (!signal.aborted) await sleep(WAIT(attempt));
    }
  }

  /** Rejects with what went wrong. */
  async function readUntilLost(): Promise<void> {
    const auth = { user: imap.user, password: imap.password.open() };
    const line = await openImapLine(host, { server, auth }, signal);
    await folder.select(line);
    watch = openMailboxWatch({ clock: host.clock, line, folders: [folder], paused: intake.paused });
    if (signal.aborted) await watch.close();
    const lost = await watch.over;
    line.close();
    if (lost !== undefined) throw lost;
  }

  const sleep = (ms: number): Promise<void> =>
    new Promise((done) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        done();
      };
      const cancel = host.clock.after(ms, end);
      signal.addEventListener('abort', end);
    });

  async function take(line: ImapFlow, uid: number): Promise<boolean> {
    const envelope = await envelopeOf(line, uid);
    if (envelope.to.length === 0) return true;
    const { content } = await line.download(String(uid), undefined, { uid: true });
    return !content || taken(host, line, uid, () => intake.take(content, envelope));
  }

  async function envelopeOf(line: ImapFlow, uid: number): Promise<MailEnvelope> {
    const { fields = [] } = (await headOf(host, line, uid, RECIPIENTS.flat())) ?? {};
    // The address of the mailbox itself is nobody's.
    const isOurs = (one: string): boolean => {
      const found = splitMailbox(one);
      return found?.domain === config.domain && readLocalPart(found.local, config).kind !== 'nobody';
    };
    const ours = (wanted: readonly string[]) =>
      (valuesOf(fields, wanted).match(/[^\s<>,;:"()]+@[^\s<>,;:"()]+/g) ?? []).filter(isOurs);
    const to = RECIPIENTS.map(ours).find((list) => list.length > 0) ?? [];
    return { from: senderIn(fields), to: [...new Set(to)].slice(0, 100) };
  }

  const running = run();
  return {
    resume: () => watch?.wake(),
    async close() {
      stopping.abort();
      await watch?.close();
      await running;
    },
  };
}

/** A mail before it is read: the lines of some of its headers, unfolded, that of the envelope's sender among them, and its marks. */
export type MailHead = { readonly fields: readonly string[]; readonly flags: ReadonlySet<string> };

/** Looks at a mail, and marks nothing; at nothing where it is not there any more. */
export async function headOf(
  { clock }: Pick<Host, 'clock'>,
  line: ImapFlow,
  uid: number,
  names: readonly string[],
): Promise<MailHead | undefined> {
  const wanted = { headers: [...names, 'return-path'], flags: true };
  const found = await answered(clock, line, line.fetchOne(String(uid), wanted, { uid: true }));
  if (!found) return undefined;
  const text = found.headers?.toString('utf8') ?? '';
  return { fields: text.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/), flags: found.flags ?? new Set() };
}

/** The lines of headers of these names, in small letters, as one text. */
export const valuesOf = (fields: readonly string[], wanted: readonly string[]): string =>
  fields.filter((one) => wanted.includes(one.split(':', 1)[0]?.toLowerCase() ?? '')).join(' ');

/** The envelope's sender, as the server has written it down (RFC 5321 §4.4). */
export const senderIn = (fields: readonly string[]): string =>
  mailboxOf(/<([^<>]*)>/.exec(valuesOf(fields, ['return-path']))?.[1] ?? '') ?? '';

/** Whether a mail is kept, nobody's or refused for good: else it has to be read again. */
export async function taken(
  { log }: Pick<Host, 'log'>,
  line: ImapFlow,
  uid: number,
  take: () => ReturnType<MailIntake['take']>,
): Promise<boolean> {
  try {
    const answers = await take();
    return !answers.some(({ status }) => status >= 400 && status < 500);
  } catch (error) {
    // What a stop has kept from being taken is read by the next run, in its turn.
    if (isBeyondBounds(line) || (error instanceof Failure && error.code === 'stopping')) throw error;
    const refused = error instanceof MailRefused && error.status >= 500;
    if (refused) log.info({ err: error, uid }, 'a mail of a mailbox was left out');
    else log.error({ err: error, uid }, 'a mail of a mailbox cannot be taken yet');
    return refused;
  }
}
