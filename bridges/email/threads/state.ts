import { createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { texts } from '#bridges/email/texts.ts';
import type { Host, StateWrite } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { LANGUAGES } from '#src/model/language.ts';
import { answerSchema } from './answer-loop.ts';

const DAY = 86_400_000;
/** How long answers to a mail, and reports about it, are recognised. */
const MAIL_TIME = 400 * DAY;
/** How long it may be told that a mail was not delivered: longer than one waits for XMPP, where nothing else is set. */
const RETURN_TIME = 10 * DAY;
/** How long a conversation goes on by itself. */
const CONVERSATION_TIME = 400 * DAY;

/** Hashes that are remembered, for what is looked for is written afterwards, and the longest text of one, in characters. */
const RECENT = 1000;
const LONGEST_RECENT = 400;

const sentSchema = z.object({
  their: z.string(),
  thread: z.string(),
  /** It went to several from a room, whose address the thread is: this is the copy of one of them. */
  room: z.boolean().exactOptional(),
  /** The events that went in it, of which each has an outcome of its own. */
  events: z.array(z.string()),
  at: z.number(),
  /** What it said, by which quotes of it are told from new words. */
  text: z.string().default(''),
  /** The same by event. */
  said: z.array(z.string()).default([]),
  /** How far it came: nothing, waits for one of several, taken by our server, delivered or failed. */
  stage: z.enum(['begun', 'waiting', 'taken', 'delivered', 'failed']).default('begun'),
  /** How often it may have left while it is begun; once where it is left out. */
  left: z.number().exactOptional(),
});
/** A mail of ours. */
export type SentMail = z.infer<typeof sentSchema>;

/** What was in doubt so often does not leave once more (RFC 5321 §4.5.3.2.6). */
const MOST_DOUBTS = 2;

/** A mail that is about to leave. Throws a `Failure` where it may have done so often enough. */
export function leaving(mail: SentMail, before: SentMail | undefined): SentMail {
  const left = before?.stage === 'begun' ? (before.left ?? 1) : 0;
  if (left >= MOST_DOUBTS) throw new Failure('remote-server-timeout', { text: texts.unclear, certain: false });
  return { ...mail, stage: 'begun', left: left + 1 };
}

/** The same, once it is known that it has stayed. */
export const stayed = (mail: SentMail): SentMail => ({ ...mail, left: (mail.left ?? 1) - 1 });

/** Events in a row, in those that go as one mail now and those behind it; `mails` are the ones in which each was before. */
export function splitByMail<E extends { readonly id: string }>(
  events: readonly E[],
  mails: readonly (SentMail | undefined)[],
): readonly [now: readonly E[], behind: readonly E[]] {
  const [before] = mails;
  const end = mails.findIndex((mail) => mail !== undefined);
  const now = before
    ? events.filter(({ id }) => before.events.includes(id))
    : events.slice(0, end < 0 ? undefined : end);
  return [now, events.filter((event) => !now.includes(event))];
}

/** What is known of a mail whose process, or whose line, has ended. */
export const whetherLeft = ({ stage, left = 1 }: SentMail): 'sent' | 'not-sent' | 'unknown' =>
  stage !== 'begun' ? 'sent' : left === 0 ? 'not-sent' : 'unknown';

const threadSchema = z.object({
  subject: z.string().exactOptional(),
  /** Message-IDs of its mails, the oldest first, ours and theirs; at most ten (RFC 5322 §3.6.4). */
  references: z.array(z.string()).default([]),
  /** The peer has written in it, so that its subject gets a `Re:`. */
  answered: z.boolean().default(false),
  /** Where answers go, if not to the peer: its Reply-To. */
  replyTo: z.string().exactOptional(),
});
/** A thread of mails between an account and a peer. */
export type MailThread = z.infer<typeof threadSchema>;

const peerSchema = z.object({
  /** The thread in which something was said last. */
  thread: z.string().exactOptional(),
  /** Our user has written, and so the peer knows who that is; and the peer has. */
  introduced: z.boolean().default(false),
  answered: z.boolean().default(false),
  /** Whoever wrote first was not proven to be the peer, who has asked for nothing yet. */
  unasked: z.boolean().exactOptional(),
  /** Mails of the peer that ask to be told when they are read, and were not, the oldest first. */
  asking: z.array(z.object({ id: z.string(), to: z.string(), at: z.number() })).default([]),
  /** Their last mail was encrypted; our user writes to them in plain text all the same. */
  encrypted: z.boolean().exactOptional(),
  plain: z.boolean().exactOptional(),
  /** Our user was told that nobody reads that address. */
  warned: z.boolean().exactOptional(),
  answer: answerSchema.exactOptional(),
});
/** What is between an account and a peer. */
export type MailPeer = z.infer<typeof peerSchema>;

const returnSchema = z.object({
  /** The envelope's sender, and the recipient as the envelope named it. */
  to: z.string(),
  recipient: z.string(),
  /** When it came, in ms since 1970. */
  at: z.number(),
  headers: z.string(),
  messageId: z.string(),
  subject: z.string().exactOptional(),
  language: z.enum(LANGUAGES).exactOptional(),
});
/** Where it is told that a mail was not delivered, and what is told of it. */
export type ReturnPath = z.infer<typeof returnSchema>;

/** Where a message between an account and a peer is found again by its Message-ID, which others may use as well. */
const placedSchema = z.object({
  thread: z.string(),
  hash: z.string().default(''),
  at: z.number().default(0),
  /** The Message-ID that it had from us, where its server has put another in its place. */
  ours: z.string().exactOptional(),
});
export type PlacedMail = z.infer<typeof placedSchema>;

/**
 * What the bridge remembers over a restart. Keys hold keyed hashes, values are sealed: neither addresses nor words stand in the
 * store in plain. `write...` make writes that are committed together, the others read.
 */
export type MailState = {
  /** Keyed hash of what names something, 26 characters of base 32. */
  mac(...parts: readonly string[]): string;
  /** A mail of ours by its token, and whose it is. */
  sent(token: string): Promise<{ readonly account: AccountKey; readonly mail: SentMail } | undefined>;
  writeSent(account: AccountKey, token: string, mail: SentMail): readonly StateWrite[];
  forgetSent(account: AccountKey, token: string): readonly StateWrite[];
  /** Tokens of an account that were not revoked. */
  tokens(account: AccountKey): Promise<readonly string[]>;
  thread(account: AccountKey, their: string, thread: string): Promise<MailThread>;
  writeThread(account: AccountKey, their: string, thread: string, value: MailThread): StateWrite;
  peer(account: AccountKey, their: string): Promise<MailPeer>;
  writePeer(account: AccountKey, their: string, peer: MailPeer): StateWrite;
  placed(account: AccountKey, their: string, messageId: string): Promise<PlacedMail | undefined>;
  writePlaced(account: AccountKey, their: string, messageId: string, at: PlacedMail): StateWrite;
  /** Of a mail whose sender is to be told if it does not reach the account; `null` once that was done. */
  returnPath(account: AccountKey, their: string, messageId: string): Promise<ReturnPath | undefined>;
  writeReturnPath(account: AccountKey, their: string, messageId: string, path: ReturnPath | null): StateWrite;
  /** With what an account has reacted to a message, where only news of that can be told. */
  reacted(account: AccountKey, their: string, messageId: string): Promise<readonly string[]>;
  writeReacted(account: AccountKey, their: string, messageId: string, emoji: readonly string[]): StateWrite;
  /** Why an account sends nothing to somebody: it bounced for good, or they asked for no more. */
  suppressed(account: AccountKey, their: string): Promise<string | undefined>;
  writeSuppressed(account: AccountKey, their: string, why: string | null): StateWrite;
};

/** Opens it, with the secret of its hashes, which is made at the first time. */
export async function openMailState({ state, clock }: Pick<Host, 'state' | 'clock'>): Promise<MailState> {
  const known = await state.get({ key: 'secret' });
  const secret = known ?? randomBytes(32).toString('hex');
  if (known === undefined) await state.put({ key: 'secret' }, secret, { seal: true });
  const recent = openRecent<string>(RECENT);
  const mac = (...parts: readonly string[]): string => {
    const text = parts.join('\0');
    const found = recent.get(text);
    if (found !== undefined) return found;
    const made = base32(createHmac('sha256', secret).update(text).digest()).slice(0, 26);
    if (text.length <= LONGEST_RECENT) recent.set(text, made);
    return made;
  };
  const at = (kind: string, ...parts: readonly string[]) => `${kind}/${mac(kind, ...parts)}`;
  const kept = (ms: number) => ({ seal: true, expires: clock.now() + ms });

  async function read<T>(schema: z.ZodType<T>, account: AccountKey, key: string): Promise<T | undefined> {
    const text = await state.get({ account, key });
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  }

  return {
    mac,
    async sent(token) {
      const account = (await state.get({ key: at('token', token) })) as AccountKey | undefined;
      const mail = account && (await read(sentSchema, account, `mail/${token}`));
      return mail && { account, mail };
    },
    writeSent: (account, token, mail) => [
      { key: at('token', token), ...kept(MAIL_TIME), value: account },
      { account, key: `mail/${token}`, ...kept(MAIL_TIME), value: JSON.stringify(mail) },
    ],
    forgetSent: (account, token) => [
      { key: at('token', token), value: null },
      { account, key: `mail/${token}`, value: null },
    ],
    async tokens(account) {
      return (await state.list({ account, prefix: 'mail/' })).map(({ key }) => key.slice('mail/'.length));
    },
    thread: async (account, their, thread) =>
      (await read(threadSchema, account, at('thread', their, thread))) ?? { references: [], answered: false },
    writeThread: (account, their, thread, value) => ({
      account,
      key: at('thread', their, thread),
      ...kept(CONVERSATION_TIME),
      value: JSON.stringify(value),
    }),
    peer: async (account, their) => (await read(peerSchema, account, at('peer', their))) ?? peerSchema.parse({}),
    writePeer: (account, their, peer) => ({
      account,
      key: at('peer', their),
      ...kept(CONVERSATION_TIME),
      value: JSON.stringify(peer),
    }),
    placed: (account, their, messageId) => read(placedSchema, account, at('placed', their, messageId)),
    writePlaced: (account, their, messageId, value) => ({
      account,
      key: at('placed', their, messageId),
      ...kept(MAIL_TIME),
      value: JSON.stringify(value),
    }),
    returnPath: (account, their, messageId) => read(returnSchema, account, at('return', their, messageId)),
    writeReturnPath: (account, their, messageId, path) => ({
      account,
      key: at('return', their, messageId),
      ...kept(RETURN_TIME),
      value: path && JSON.stringify(path),
    }),
    reacted: async (account, their, messageId) =>
      (await read(z.array(z.string()), account, at('reacted', their, messageId))) ?? [],
    writeReacted: (account, their, messageId, emoji) => ({
      account,
      key: at('reacted', their, messageId),
      ...kept(MAIL_TIME),
      value: JSON.stringify(emoji),
    }),
    suppressed: (account, their) => state.get({ account, key: at('stop', their) }),
    writeSuppressed: (account, their, value) => ({ account, key: at('stop', their), seal: true, value }),
  };
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 §6, in small letters and without padding. */
function base32(bytes: Uint8Array): string {
  let [bits, value, text] = [0, 0, ''];
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >>> (bits - 5)) & 31];
    value &= (1 << bits) - 1;
  }
  return text;
}

/** The last of a thread's Message-IDs, with one more. */
export const withReference = (references: readonly string[], messageId: string): string[] => {
  const all = [...references.filter((one) => one !== messageId), messageId];
  // The root stays, so that clients keep the thread together.
  return all.length <= 10 ? all : [all[0] ?? '', ...all.slice(-9)];
};
