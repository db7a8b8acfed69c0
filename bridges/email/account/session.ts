import type { ImapFlow } from 'imapflow';
import { answered, openImapLine } from '#bridges/email/in/imap-line.ts';
import type { OwnIntake } from '#bridges/email/in/listener.ts';
import type { MailFolder } from '#bridges/email/in/mail-folder.ts';
import { openMailboxWatch } from '#bridges/email/in/mailbox-watch.ts';
import { openSubmission, type Smarthost } from '#bridges/email/out/smarthost.ts';
import { type EmailTransport, settingsOf } from '#bridges/email/transport.ts';
import type { Host, Session, SessionKey, Wish } from '#src/bridge.ts';
import type { TokenBucket } from '#src/lib/time/token-bucket.ts';
import { Failure } from '#src/model/failure.ts';
import { failureOf } from './failures.ts';
import { openOwnFolder } from './folder.ts';
import { folderNamed } from './folder-name.ts';
import { loggedIn, openMailAuth } from './mail-auth.ts';
import { serversOf } from './mail-login.ts';
import { type MailboxReading, readingOf } from './reading.ts';
import { checkPermitted, factsOf } from './servers.ts';
import { submissionOf } from './submission.ts';

/** The mailbox of a user, as long as its session lasts. */
export type OwnMailbox = {
  readonly session: Session;
  readonly address: string;
  /** Folders that its user has named, and that there are not. */
  readonly missing: readonly string[];
  readonly submission: Smarthost;
  /** Keeps a copy of a mail that was sent, where its user wants one and the server makes none. Never throws. */
  keep(mail: Buffer): void;
  /** What its user has set has changed: what is read otherwise from now on is read by a new session. */
  changed(): Promise<void>;
  wake(): void;
  /** Resolves once nothing is read any more. */
  readonly read: Promise<unknown>;
};

export type OwnMailboxParts = {
  readonly transport: EmailTransport;
  readonly intake: OwnIntake;
  readonly key: SessionKey;
  readonly wish: Wish;
  readonly signal: AbortSignal;
  paused(): boolean;
  /** Does what reads mails in its turn among all mailboxes. */
  inTurn(work: () => Promise<void>): Promise<void>;
  /** How much the user is told of mails that cannot be read. */
  readonly notices: TokenBucket;
  /** The session has ended. */
  over(): void;
};

/** Logs in, and resolves once it is known from which mail on the mailbox is read. Rejects with a `Failure`, and then nothing is left open. */
export async function openOwnMailbox(parts: OwnMailboxParts): Promise<OwnMailbox> {
  const { transport, key, wish, signal } = parts;
  const { host, config } = transport;
  const { credentials } = wish;
  const auth = openMailAuth({ host, config, key, credentials });
  const { login } = auth;
  checkPermitted(config, login.address);
  const servers = serversOf(config, login);
  const reading = readingOf(await settingsOf(transport, key.account));
  const line = await loggedIn(auth, (given) => openImapLine(host, { server: servers.imap, auth: given }, signal));
  try {
    const found = await foldersOf(line, parts, { login, reading });
    await found.folders[0].select(line);
    return opened(parts, { ...found, line, reading, address: login.address, servers, auth });
  } catch (error) {
    line.close();
    return rejected(error);
  }
}

function rejected(error: unknown): never {
  throw failureOf(error);
}

type Opened = {
  readonly line: ImapFlow;
  readonly folders: readonly [MailFolder, ...MailFolder[]];
  /** The folder of what was sent. */
  readonly sent: string | undefined;
  readonly missing: readonly string[];
  readonly reading: MailboxReading;
  readonly address: string;
  readonly servers: ReturnType<typeof serversOf>;
  readonly auth: ReturnType<typeof openMailAuth>;
};

function opened(parts: OwnMailboxParts, at: Opened): OwnMailbox {
  const { transport, key } = parts;
  const { host, config } = transport;
  const { line, address, sent, missing, reading } = at;
  const submission = openSubmission(submissionOf(config, at.servers.submission, at.auth.current), host);
  const watch = openMailboxWatch({
    ...{ clock: host.clock, line, folders: at.folders },
    paused: parts.paused,
    inTurn: parts.inTurn,
  });
  let ended = false;

  function end(failure?: Failure): void {
    if (ended) return;
    ended = true;
    submission.close();
    parts.over();
    if (failure) host.status(key, { kind: 'lost', failure });
  }

  void watch.over.then((error) => {
    if (error === undefined || ended) return;
    host.log.info({ err: error }, 'the line to a mailbox of a user was lost');
    line.close();
    end(failureOf(error));
  });

  async function close(): Promise<void> {
    end();
    await watch.close();
  }

  host.status(key, { kind: 'online', nick: address });
  return {
    session: { ...key, close },
    ...{ address, missing, submission, wake: watch.wake, read: watch.over },
    keep(mail) {
      if (sent === undefined || factsOf(config, address).copies || !reading.copy) return;
      // It has ended the wait for news.
      answered(host.clock, line, line.append(sent, mail, ['\\Seen'])).then(watch.wake, (error: unknown) => {
        host.log.warn({ err: error }, 'a copy of a mail could not be kept');
        watch.wake();
      });
    },
    async changed() {
      const now = readingOf(await settingsOf(transport, key.account));
      if (ended || JSON.stringify(now) === JSON.stringify(reading)) return;
      await watch.close();
      end(new Failure('recipient-unavailable'));
    },
  };
}

/** The folders that are read, that which is waited in first, and the one of what was sent. One that there is not holds up no other. */
async function foldersOf(
  line: ImapFlow,
  { transport, intake, key, paused, notices }: OwnMailboxParts,
  {
    login,
    reading,
  }: { readonly login: { readonly address: string; readonly link: string }; readonly reading: MailboxReading },
): Promise<Pick<Opened, 'sent' | 'folders' | 'missing'>> {
  const { host } = transport;
  const listed = await answered(host.clock, line, line.list());
  const pathOf = (name: string): string | undefined => folderNamed(listed, name)?.path;
  const named = [...reading.folders, ...(reading.move === '' ? [] : [reading.move])];
  const missing = [...new Set(named)].filter((name) => pathOf(name) === undefined);
  const move = missing.includes(reading.move) ? '' : reading.move;
  const sent = listed.find(({ specialUse }) => specialUse === '\\Sent')?.path;
  const open = (path: string): MailFolder =>
    openOwnFolder({
      ...{ transport, intake, key, login, reading: { ...reading, move }, paused, notices },
      path,
      isSent: path === sent,
    });
  const known = reading.folders.flatMap((name) => pathOf(name) ?? []);
  const [first, ...more] = reading.elsewhere && sent !== undefined ? [...known, sent] : known;
  if (first === undefined) return { sent, missing, folders: [unreadFolder(host, 'INBOX')] };
  return { sent, missing, folders: [open(first), ...[...new Set(more)].filter((one) => one !== first).map(open)] };
}

/** A folder that is waited in where there is none that its user wants to be read. */
const unreadFolder = ({ clock }: Pick<Host, 'clock'>, path: string): MailFolder => ({
  path,
  select: async (line) => void (await answered(clock, line, line.mailboxOpen(path, { readOnly: true }))),
  hasNews: async () => false,
  // A wait for news (IDLE) that nothing ends cannot be begun anew: the watch would go round for ever.
  news: async (line) => void (await answered(clock, line, line.noop())),
  again: async () => undefined,
});
