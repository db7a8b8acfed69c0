import { once } from 'node:events';
import { ImapFlow } from 'imapflow';
import type { EmailConfig, ImapConfig } from '#bridges/email/config.ts';
import { mailboxOf, splitMailbox } from '#bridges/email/mailbox.ts';
import { readLocalPart } from '#bridges/email/threads/user-address.ts';
import { type MailEnvelope, MailRefused } from '#bridges/email/wire/mail.ts';
import type { Host } from '#src/bridge.ts';
import { backoff } from '#src/lib/backoff.ts';
import type { MailIntake } from './listener.ts';

/** Reads a mailbox to which all mail of our domain goes. */
export type MailboxReader = {
  /** Begins anew with what was left while it was paused. */
  resume(): void;
  /** Resolves when the line is closed. */
  close(): Promise<void>;
};

const WAIT = backoff({ min: 1000, max: 300_000, random: Math.random });
/** How long the server may be silent about news before the mailbox is looked at, in milliseconds. */
const LOOK = 300_000;
/** How long a mail that could not be taken is tried again, and how many of those between two looks, in milliseconds and mails. */
const AGAIN_TIME = 5 * 86_400_000;
const MOST_AGAIN = 10;
/** Where servers write whom a mail was for, the surest first; else it is who the mail says. */
const RECIPIENTS = [
  ['delivered-to', 'x-original-to', 'envelope-to'],
  ['to', 'cc'],
] as const;

/** Where it is kept how far a mailbox was read, and which of its mails are left. */
type Progress = { readonly key: string; readonly left: string };
type Parts = { readonly host: Host; readonly config: EmailConfig; readonly intake: MailIntake };

/**
 * Reads what comes into the mailbox from now on (RFC 9051), and what came while we were away; nothing is marked or moved. How far it
 * has read is kept behind each mail: one that is read twice is known by its id. What cannot be taken yet keeps no other from being read:
 * it is tried again at each look.
 */
export function openMailboxReader(imap: ImapConfig, { host, config, intake }: Parts): MailboxReader {
  let closing = false;
  let client: ImapFlow | undefined;
  let wake = (): void => undefined;

  /** Resolves when somebody wakes it, or after that time. */
  const sleep = (ms: number): Promise<void> =>
    new Promise((done) => {
      const cancel = host.clock.after(ms, done);
      wake = () => {
        cancel();
        done();
      };
      if (closing) wake();
    });

  async function run(): Promise<void> {
    for (let attempt = 0; !closing; attempt += 1) {
      try {
        await session(() => {
          attempt = 0;
        });
      } catch (error) {
        if (!closing) host.log.warn({ err: error }, 'the mailbox cannot be read');
      }
      client?.close();
      if (!closing) await sleep(WAIT(attempt));
    }
  }

  async function session(online: () => void): Promise<void> {
    const line = new ImapFlow({
      ...{ host: imap.host, port: imap.port, secure: imap.tls === 'implicit', logger: false, disableAutoIdle: true },
      ...(imap.tls === 'starttls' && { doSTARTTLS: true }),
      ...(imap.tls === 'off' && { doSTARTTLS: false }),
      auth: { user: imap.user, pass: imap.password.open() },
    });
    client = line;
    line.on('error', () => wake());
    line.on('close', () => wake());
    line.on('exists', () => wake());
    await line.connect();
    const box = await line.mailboxOpen(imap.folder, { readOnly: true });
    const progress: Progress = { key: `imap/${box.uidValidity}`, left: `imap-left/${box.uidValidity}/` };
    let last = await begin(progress.key, box.uidNext);
    online();
    await again(line, progress);
    let tried = host.clock.now();
    while (!closing && line.usable) {
      if (intake.paused()) {
        await sleep(LOOK);
        continue;
      }
      // What comes from here on wakes it.
      const news = sleep(LOOK);
      last = await takeNew(line, progress, last);
      if (host.clock.now() - tried >= LOOK) {
        tried = host.clock.now();
        await again(line, progress);
      }
      if (closing) return;
      void line.idle().catch(() => wake());
      await news;
    }
  }

  /** Takes what came behind a mail. Resolves with the last that was read. */
  async function takeNew(line: ImapFlow, { key, left }: Progress, from: number): Promise<number> {
    let last = from;
    const found = (await line.search({ uid: `${last + 1}:*` }, { uid: true })) || [];
    for (const uid of found.filter((one) => one > from).sort((a, b) => a - b)) {
      if (closing || intake.paused()) break;
      const done = await take(line, uid);
      const later = leftOf(`${left}${uid}`, host.clock.now() + AGAIN_TIME);
      await host.state.write([{ key, value: String(uid) }, ...(done ? [] : [later])]);
      last = uid;
    }
    return last;
  }

  /** The mailbox as it was found is not ours; one that was made anew is read whole. */
  async function begin(key: string, next: number): Promise<number> {
    const known = await host.state.get({ key });
    if (known !== undefined) return Number(known);
    const before = await host.state.list({ prefix: 'imap/' });
    const last = before.length === 0 ? next - 1 : 0;
    await host.state.put({ key }, String(last));
    return last;
  }

  /** A mail that could not be taken: when it was tried, and until when it will be. */
  const leftOf = (key: string, until: number) => ({ key, value: `${host.clock.now()} ${until}`, expires: until });

  /** Tries those again that could not be taken, the ones first that were tried the longest ago. */
  async function again(line: ImapFlow, { left: prefix }: Progress): Promise<void> {
    const left = (await host.state.list({ prefix })).map(({ key, value }) => {
      const [tried = 0, until = 0] = value.split(' ').map(Number);
      return { key, tried, until };
    });
    for (const { key, until } of left.toSorted((a, b) => a.tried - b.tried).slice(0, MOST_AGAIN)) {
      if (closing || intake.paused()) return;
      const done = await take(line, Number(key.slice(prefix.length)));
      await host.state.write([done ? { key, value: null } : leftOf(key, until)]);
    }
  }

  /** Resolves with whether the mail is kept, nobody's or refused for good: else it has to be read again. Rejects where the line is no good. */
  async function take(line: ImapFlow, uid: number): Promise<boolean> {
    const envelope = await envelopeOf(line, uid);
    if (envelope.to.length === 0) return true;
    const { content } = await line.download(String(uid), undefined, { uid: true });
    if (!content) return true;
    try {
      const answers = await intake.take(content, envelope);
      return !answers.some(({ status }) => status >= 400 && status < 500);
    } catch (error) {
      const refused = error instanceof MailRefused && error.status >= 500;
      if (refused) host.log.info({ err: error, uid }, 'a mail of the mailbox was left out');
      else host.log.error({ err: error, uid }, 'a mail of the mailbox cannot be taken yet');
      return refused;
    }
  }

  async function envelopeOf(line: ImapFlow, uid: number): Promise<MailEnvelope> {
    const names = [...RECIPIENTS.flat(), 'return-path'];
    const found = await line.fetchOne(String(uid), { headers: names }, { uid: true });
    const text = found ? (found.headers?.toString('utf8') ?? '') : '';
    const fields = text.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
    const valuesOf = (wanted: readonly string[]) =>
      fields.filter((one) => wanted.includes(one.split(':', 1)[0]?.toLowerCase() ?? '')).join(' ');
    // The address of the mailbox itself is nobody's.
    const isOurs = (one: string): boolean => {
      const found = splitMailbox(one);
      return found?.domain === config.domain && readLocalPart(found.local, config).kind !== 'nobody';
    };
    const ours = (wanted: readonly string[]) =>
      (valuesOf(wanted).match(/[^\s<>,;:"()]+@[^\s<>,;:"()]+/g) ?? []).filter(isOurs);
    const to = RECIPIENTS.map(ours).find((list) => list.length > 0) ?? [];
    const path = /<([^<>]*)>/.exec(valuesOf(['return-path']))?.[1] ?? '';
    return { from: mailboxOf(path) ?? '', to: [...new Set(to)].slice(0, 100) };
  }

  const running = run();
  return {
    resume: () => wake(),
    async close() {
      closing = true;
      wake();
      const open = client;
      open?.close();
      if (open?.usable) await once(open, 'close').catch(() => undefined);
      await running;
    },
  };
}
