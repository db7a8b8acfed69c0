import { isMessageId } from '#bridges/email/out/compose.ts';
import type { MailThread } from '#bridges/email/threads/state.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import type { ReadMail } from './incoming.ts';
import type { MailRecipient } from './recipients.ts';

/** A mail that has passed between an account and a peer, under its id and under that by which it was found; of ours with what it said. */
type PassedMail = {
  readonly id: string;
  readonly at: string;
  readonly thread: string;
  readonly text?: string;
  readonly sentAt?: number;
};
/** So many that a mail refers to are made use of, and so many looked for at a time. */
const MOST_KNOWN = 3;
const AT_ONCE = 5;

/** Where a mail belongs. */
export type Placing = {
  readonly thread: string;
  readonly known: MailThread;
  /** The message that it answers. */
  readonly replyTo?: ForeignId | undefined;
  /** What we had said there, and when (ms since 1970) for the last time. */
  readonly sent: readonly string[];
  readonly sentAt: number | undefined;
};

/** The id of a mail, with a hash of what it says; `again` where it has come before. */
export type MailId = { readonly id: string; readonly hash: string; readonly again: boolean };

/** Finds what a mail belongs to. */
export function openPlacing({ config, state }: Pick<EmailTransport, 'config' | 'state'>) {
  /**
   * The thread that a mail belongs to: by the address that it was sent to, then by the mails that it refers to, then a new one.
   * Who is not the peer of that thread does not get into it (SECURITY, mail in).
   */
  async function place(
    mail: ReadMail,
    { account, token, sent }: Extract<MailRecipient, { kind: 'user' }>,
  ): Promise<Placing> {
    const { parsed, from } = mail;
    const answered = sent?.their === from ? `${token}@${config.domain}` : undefined;
    const about = [
      ...new Set([...(answered ? [answered] : []), ...parsed.inReplyTo, ...parsed.references.toReversed()]),
    ];
    // Without a wait where there is nothing to ask: the thread is asked for with all else.
    const known = about.length === 0 ? [] : await knownOf(account, from, about);
    const [first] = known;
    const thread = first?.thread ?? state.mac('thread', account, from, parsed.messageId || bodyOf(state, parsed));
    const replyTo = known.find(({ id, at }) => id === answered || parsed.inReplyTo.includes(at))?.id;
    return {
      thread,
      known: await state.thread(account, from, thread),
      replyTo: replyTo as ForeignId | undefined,
      sent: known.flatMap(({ text }) => (text === undefined ? [] : [text])),
      sentAt: known.reduce<number | undefined>(
        (last, { sentAt = last }) => Math.max(sentAt ?? 0, last ?? 0) || undefined,
        undefined,
      ),
    };
  }

  /** The first of some mails that have passed between an account and a peer. */
  async function knownOf(account: AccountKey, from: string, ids: readonly string[]) {
    const found: PassedMail[] = [];
    for (let first = 0; first < ids.length && found.length < MOST_KNOWN; first += AT_ONCE) {
      const some = ids.slice(first, first + AT_ONCE);
      const passed = await Promise.all(some.map((at) => passedAs(account, from, at)));
      found.push(...passed.flatMap((one) => one ?? []));
    }
    return found.slice(0, MOST_KNOWN);
  }

  async function passedAs(account: AccountKey, from: string, at: string): Promise<PassedMail | undefined> {
    const placed = await state.placed(account, from, at);
    if (!placed) return undefined;
    const id = placed.ours ?? at;
    const ours = id.endsWith(`@${config.domain}`) ? await state.sent(id.replace(/@.*$/, '')) : undefined;
    return {
      id,
      at,
      thread: placed.thread,
      ...(ours?.account === account && { text: ours.mail.text, sentAt: ours.mail.at }),
    };
  }

  /** The id of a mail, another one where the same id comes with other words: nobody takes the place of what was said before. */
  async function idOf(account: AccountKey, { parsed, from }: ReadMail): Promise<MailId> {
    const hash = bodyOf(state, parsed);
    const id = isMessageId(parsed.messageId) ? parsed.messageId : `${hash}@${config.domain}`;
    const known = await state.placed(account, from, id);
    return { id: known && known.hash !== hash ? `${id}#${hash.slice(0, 8)}` : id, hash, again: known?.hash === hash };
  }

  return { place, idOf };
}

const bodyOf = (
  { mac }: EmailTransport['state'],
  { subject = '', text = '', html = '', files }: ReadMail['parsed'],
): string => mac('body', subject, text, html, ...files.map(({ name = '', type }) => `${name} ${type}`));
