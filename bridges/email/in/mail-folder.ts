import type { ImapFlow, MailboxObject } from 'imapflow';
import type { Host } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { answered, isBeyondBounds } from './imap-line.ts';

/** A folder of a mailbox as it is read: from the first look on, by UIDs (RFC 9051 §2.3.1.1). */
export type MailFolder = {
  readonly path: string;
  /** Selects it. Rejects where there is none, and where the line is no good. */
  select(line: ImapFlow): Promise<void>;
  /** Whether something has come since it was read last, as the server says without selecting it. */
  hasNews(line: ImapFlow): Promise<boolean>;
  /** Takes what came behind what was read. It has to be selected. */
  news(line: ImapFlow): Promise<void>;
  /** Tries those again that could not be taken, the ones first that were tried the longest ago. */
  again(line: ImapFlow): Promise<void>;
};

export type MailFolderParts = {
  readonly host: Pick<Host, 'state' | 'clock' | 'log'>;
  readonly path: string;
  /** Whose mailbox it is, and how it is told from others of theirs; the transport's own where left out. */
  readonly of?: { readonly account: AccountKey; readonly name: string };
  /** Whether marks are set, or mails moved. */
  readonly writable?: boolean;
  /** Whether reading stops before the next mail. */
  stopped(): boolean;
  /** Resolves with whether a mail is done with, and durable: else it is tried again. Rejects where the line is no good. */
  take(line: ImapFlow, uid: number): Promise<boolean>;
  /** A folder was made anew: the last of its UIDs that is not read. `before` is when it was read last. */
  anew(line: ImapFlow, uidNext: number, before: number): Promise<number>;
};

/** How long a mail that could not be taken is tried again, and how many of those between two looks, in milliseconds and mails. */
const AGAIN_TIME = 5 * 86_400_000;
const MOST_AGAIN = 10;

/** Where it is kept how far a folder was read, and which of its mails are left. */
type Progress = { readonly validity: string; readonly key: string; readonly left: string; last: number };

/**
 * How far it has read is kept behind each mail: one that is read twice is known by its id. What cannot be taken yet keeps no other
 * from being read. Where nothing is to be marked, the folder is opened so that nothing can be (EXAMINE).
 */
export function openMailFolder(parts: MailFolderParts): MailFolder {
  const { host, path, of } = parts;
  const { state, clock } = host;
  const whose = of ? { account: of.account } : {};
  const name = of ? `${of.name}/` : '';
  let progress: Progress | undefined;

  const now = (uid: number): string => `${uid} ${clock.now()}`;

  /** The folder as it was found is not ours to read. */
  async function begin(line: ImapFlow, box: MailboxObject): Promise<Progress> {
    const validity = String(box.uidValidity);
    const place = { validity, key: `imap/${name}${validity}`, left: `imap-left/${name}${validity}/` };
    const known = await state.get({ ...whose, key: place.key });
    if (known !== undefined) return { ...place, last: numbersOf(known)[0] };
    const before = await state.list({ ...whose, prefix: `imap/${name}` });
    const times = before.map(({ value }) => numbersOf(value)[1]);
    const next = await nextOf(line, box);
    const last = before.length === 0 ? next - 1 : await parts.anew(line, next, Math.max(0, ...times));
    await state.write([
      { ...whose, key: place.key, value: now(last) },
      ...before.map(({ key }) => ({ ...whose, key, value: null })),
    ]);
    return { ...place, last };
  }

  /** The next UID. RFC 3501 §6.3.1 lets servers leave it out. */
  async function nextOf(line: ImapFlow, { uidNext }: Partial<Pick<MailboxObject, 'uidNext'>>): Promise<number> {
    if (uidNext !== undefined) return uidNext;
    const found = await answered(clock, line, line.search({ uid: '*' }, { uid: true }));
    return ((found || []).at(-1) ?? 0) + 1;
  }

  /** A mail that could not be taken: when it was tried, and until when it will be. */
  const leftOf = (key: string, until: number) => ({
    ...whose,
    ...{ key, value: `${clock.now()} ${until}`, expires: until },
  });

  async function taken(line: ImapFlow, uid: number): Promise<boolean> {
    try {
      return await parts.take(line, uid);
    } catch (error) {
      if (!isBeyondBounds(line)) throw error;
      // The line is lost by that, and is not to be lost by it again.
      host.log.warn({ err: error, uid }, 'a mail of a mailbox is beyond all bounds and left out');
      return true;
    }
  }

  return {
    path,
    async select(line) {
      const box = await answered(clock, line, line.mailboxOpen(path, { readOnly: !parts.writable }));
      if (progress?.validity !== String(box.uidValidity)) progress = await begin(line, box);
    },
    async hasNews(line) {
      const found = await answered(clock, line, line.status(path, { uidNext: true, uidValidity: true }));
      if (!found) throw new Error('A folder is not there any more.');
      return progress?.validity !== String(found.uidValidity) || (found.uidNext ?? 0) - 1 > progress.last;
    },
    async news(line) {
      if (!progress) return;
      const { key, left, last: from } = progress;
      const query = { uid: `${from + 1}:*` };
      const found = await answered(clock, line, line.search(query, { uid: true }));
      // It is gone while it is selected (RFC 2180 §3.3), or the like: who begins anew is told which folders there are.
      if (!found) throw new Error('A folder cannot be searched any more.');
      for (const uid of found.filter((one) => one > from).sort((a, b) => a - b)) {
        if (parts.stopped()) return;
        const done = await taken(line, uid);
        const later = leftOf(`${left}${uid}`, clock.now() + AGAIN_TIME);
        await state.write([{ ...whose, key, value: now(uid) }, ...(done ? [] : [later])]);
        progress.last = uid;
      }
    },
    async again(line) {
      if (!progress) return;
      const prefix = progress.left;
      const left = (await state.list({ ...whose, prefix })).map(({ key, value }) => {
        const [tried, until] = numbersOf(value);
        return { key, tried, until };
      });
      for (const { key, until } of left.toSorted((a, b) => a.tried - b.tried).slice(0, MOST_AGAIN)) {
        if (parts.stopped()) return;
        const done = await taken(line, Number(key.slice(prefix.length)));
        await state.write([done ? { ...whose, key, value: null } : leftOf(key, until)]);
      }
    },
  };
}

function numbersOf(value: string): readonly [number, number] {
  const [first = 0, second = 0] = value.split(' ').map(Number);
  return [first, second];
}
