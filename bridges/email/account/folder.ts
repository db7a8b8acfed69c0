import type { ImapFlow } from 'imapflow';
import { answered } from '#bridges/email/in/imap-line.ts';
import type { MailboxOwner, OwnIntake } from '#bridges/email/in/listener.ts';
import { type MailFolder, openMailFolder } from '#bridges/email/in/mail-folder.ts';
import { headOf, senderIn, taken, valuesOf } from '#bridges/email/in/mailbox-reader.ts';
import { mailboxOf } from '#bridges/email/mailbox.ts';
import { LOOP_HEADER } from '#bridges/email/out/compose.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { decodeWords } from '#bridges/email/wire/encoded-words.ts';
import { mailboxesOf } from '#bridges/email/wire/mailbox.ts';
import { cleanName } from '#mappings/names.ts';
import type { SessionKey } from '#src/bridge.ts';
import type { TokenBucket } from '#src/lib/time/token-bucket.ts';
import { wordsIn } from '#src/model/language.ts';
import { isChosen, type MailboxReading } from './reading.ts';
import { factsOf } from './servers.ts';
import { accountTexts as texts } from './texts.ts';

/** How long a whole mail may take, in milliseconds: others wait for their turn. */
const WHOLE = 300_000;

/** RFC 9051 §2.3.2 */
const UNSENT = ['\\Draft', '\\Deleted'];

type OwnFolderParts = {
  readonly transport: EmailTransport;
  readonly intake: OwnIntake;
  readonly key: SessionKey;
  readonly login: { readonly address: string; readonly link: string };
  readonly reading: MailboxReading;
  readonly path: string;
  /** It is that of what was sent. */
  readonly isSent: boolean;
  paused(): boolean;
  /** How much its user is told of mails that cannot be read. */
  readonly notices: TokenBucket;
};

/** A folder of a user's own mailbox: read from the day on that it was linked, and left as it is unless its user wants it otherwise. */
export function openOwnFolder({
  transport,
  intake,
  key,
  login,
  reading,
  path,
  isSent,
  paused,
  notices,
}: OwnFolderParts): MailFolder {
  const { host, config, state } = transport;
  const owner: MailboxOwner = {
    ...{ account: key.account, address: login.address, elsewhere: reading.elsewhere, fromSent: isSent },
    authserv: factsOf(config, login.address).authserv,
  };
  const marks = reading.seen || reading.move !== '';

  return openMailFolder({
    ...{ host, path, writable: marks, anew },
    of: { account: key.account, name: state.mac('folder', login.link, path) },
    stopped: paused,
    async take(line, uid) {
      const done = await read(line, uid);
      if (done === 'shown') await mark(line, uid);
      return done !== 'later';
    },
  });

  async function read(line: ImapFlow, uid: number): Promise<'shown' | 'none' | 'later'> {
    const head = await headOf(host, line, uid, ['from', 'subject', LOOP_HEADER.toLowerCase()]);
    // Somebody else has removed it, or writes on it yet: a folder with all mails has those, too.
    if (!head || UNSENT.some((flag) => head.flags.has(flag))) return 'none';
    const { fields } = head;
    const [author] = mailboxesOf(valuesOf(fields, ['from']).replace(/^from:/i, ''));
    const from = mailboxOf(author?.address ?? '') ?? '';
    const isOwn = from === login.address;
    if (isOwn ? !reading.elsewhere : !isChosen(reading, from)) return 'none';
    const { content } = await line.download(String(uid), undefined, { uid: true });
    if (!content) return 'none';
    const envelope = { from: senderIn(fields), to: [login.address] };
    let refused: unknown;
    const work = taken(host, line, uid, () =>
      intake.takeOwn(content, envelope, owner).catch((error: unknown) => {
        refused = error;
        throw error;
      }),
    );
    const done = await answered(host.clock, line, work, WHOLE);
    if (!done) return 'later';
    if (refused === undefined) return isOwn ? 'none' : 'shown';
    await tellRefused(from, valuesOf(fields, ['subject']));
    return 'none';
  }

  /** Told by the gateway: nobody has looked at who has written it. Anybody can send many: then it is told that there are more. */
  async function tellRefused(from: string, header: string): Promise<void> {
    const isAmongFew = notices.take(1, 1) === 1;
    if (!isAmongFew && notices.take(1) === 0) return;
    const subject = cleanName(decodeWords(header.replace(/^subject:/i, '').trim()));
    const { account, realm } = key;
    const place = { kind: 'realm', account, realm } as const;
    const text = wordsIn(isAmongFew ? texts.notTaken(from, subject) : texts.moreNotTaken, host.language(account));
    await host.emit([{ place, from: { kind: 'network', id: '' }, kind: 'message', style: 'plain', text }]);
  }

  /** Only behind what is durable. A server that does not let us has the mail as it was. */
  async function mark(line: ImapFlow, uid: number): Promise<void> {
    const which = String(uid);
    if (reading.seen) await answered(host.clock, line, line.messageFlagsAdd(which, ['\\Seen'], { uid: true }));
    if (reading.move !== '' && reading.move !== path)
      await answered(host.clock, line, line.messageMove(which, reading.move, { uid: true }));
  }

  /** What came since the day on which it was read last, which is as near as a server can say it (RFC 9051 §6.4.4): repeats are known. */
  async function anew(line: ImapFlow, uidNext: number, before: number): Promise<number> {
    const found = await answered(host.clock, line, line.search({ since: new Date(before) }, { uid: true }));
    return (found || []).reduce((first, uid) => Math.min(first, uid), uidNext) - 1;
  }
}
