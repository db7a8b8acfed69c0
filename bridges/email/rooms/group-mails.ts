import type { ReadMail } from '#bridges/email/in/incoming.ts';
import { recipientOf } from '#bridges/email/in/recipients.ts';
import { mailboxOf } from '#bridges/email/mailbox.ts';
import { isMessageId } from '#bridges/email/out/compose.ts';
import { texts } from '#bridges/email/texts.ts';
import { ownAddresses } from '#bridges/email/threads/own-addresses.ts';
import { withReference } from '#bridges/email/threads/state.ts';
import { plainSubject } from '#bridges/email/threads/subject.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import {
  type Addressee,
  addresseesOf,
  changedBy,
  type GroupChange,
  type GroupPerson,
  groupSchema,
  type MailGroup,
  MOST_PEOPLE,
} from './group.ts';
import type { GroupBook, GroupMail } from './group-book.ts';

/**
 * Where a mail to several belongs: into a `room`, or to its sender's conversation with an `offer` to open one. `apart`: it answers
 * what was said in a room, and goes to our user alone.
 */
export type GroupPlacing = {
  readonly kind: 'room' | 'offer' | 'apart';
  /** It has come before, and changes nothing. */
  readonly again?: true;
  readonly id: string;
  readonly group: MailGroup;
  readonly change: GroupChange;
  readonly now: readonly Addressee[];
  /** The mail of the thread that it answers. */
  readonly replyTo?: ForeignId;
  /** What our user had said in the mails that it refers to. */
  readonly sent: readonly string[];
  /** It begins a thread that is this group of Delta Chat. */
  readonly chat?: string;
};

/** How mails to several are read. */
export type GroupMails = {
  /** Nothing for a mail that is for our user alone, or that no person has written. */
  find(mail: ReadMail, account: AccountKey): Promise<GroupPlacing | undefined>;
  /** What is kept of it; `said` is what it says. */
  writes(
    mail: ReadMail,
    account: AccountKey,
    at: GroupPlacing,
    kept: { readonly hash: string; readonly said: string },
  ): readonly StateWrite[];
  /** What happens in the room before the mail's own words, and in whose name those are said. */
  head(mail: ReadMail, account: AccountKey, at: GroupPlacing): { before: Draft[]; place: Place; from: Draft['from'] };
};

/** As Delta Chat makes them. */
const CHAT_GROUP = /^[\w-]{5,100}$/;
const NEW: MailGroup = groupSchema.parse({});
/** Characters of a mail that are kept for the room that may be made of its thread. */
const LONGEST = 10_000;
/** Mails that are looked at for the thread. */
const MOST_ABOUT = 20;

export function openGroupMails(transport: EmailTransport, book: GroupBook): GroupMails {
  const { host, config, state } = transport;

  /** Which of a mail's addresses are our user's, or nobody's: all are of our own domain. */
  async function mineOf(account: AccountKey, { parsed, envelope }: ReadMail): Promise<ReadonlySet<string>> {
    const { from, to, cc } = parsed;
    const isHere = (address: string): boolean => address.endsWith(`@${config.domain}`);
    const ours = [from, ...to, ...cc].map(({ address }) => mailboxOf(address) ?? '').filter(isHere);
    // Mailboxes of their own, out of which or by which it came.
    const mine = new Set(envelope.to.filter((address) => !isHere(address)));
    for (const address of await ownAddresses(host, account, parsed)) mine.add(address);
    for (const address of new Set(ours)) {
      const found = await recipientOf(transport, address);
      if ('status' in found || found.kind !== 'user' || found.account === account) mine.add(address);
    }
    return mine;
  }

  /** The mails of threads with several that a mail refers to, the next one first. */
  async function about(account: AccountKey, { parsed }: ReadMail): Promise<{ id: string; mail: GroupMail }[]> {
    const ids = [...new Set([...parsed.inReplyTo, ...parsed.references.toReversed()])].slice(0, MOST_ABOUT);
    const found: { id: string; mail: GroupMail }[] = [];
    for (const id of ids) {
      const mail = await book.mail(account, id);
      if (mail) found.push({ id, mail });
    }
    return found;
  }

  /** Only who is who they say gets into a thread, and only where somebody of it is among those who have the mail. */
  async function known(
    account: AccountKey,
    mail: ReadMail,
    now: readonly Addressee[],
  ): Promise<GroupPlacing | undefined> {
    if (mail.verdict.from !== 'verified') return undefined;
    const found = await about(account, mail);
    const [parent] = found;
    if (!parent) return inChat(account, mail, now);
    const group = await book.get(account, parent.mail.group);
    if (!group?.people.some(({ address }) => now.some((one) => one.address === address))) return undefined;
    const { people: before, group: id } = parent.mail;
    const alone = now.length === 1 && before.some((address) => address !== mail.from);
    return {
      kind: alone ? 'apart' : group.open ? 'room' : 'offer',
      ...{ id, group, now, replyTo: parent.id as ForeignId },
      change: group.open ? changedBy(group, now, before) : changedBy({ ...group, people: [] }, now),
      sent: found.flatMap(({ mail: { text } }) => (text === undefined ? [] : [text])).slice(0, 3),
    };
  }

  /** Delta Chat names its groups, and all who are in them: a mail of one need not answer any that is known. */
  async function inChat(
    account: AccountKey,
    { parsed: { chat }, from }: ReadMail,
    now: readonly Addressee[],
  ): Promise<GroupPlacing | undefined> {
    const id = chat?.group && (await book.ofChat(account, chat.group));
    const group = id ? await book.get(account, id) : undefined;
    const before = group?.people.map(({ address }) => address) ?? [];
    if (!id || !group || !before.includes(from)) return undefined;
    const change = group.open ? changedBy(group, now, before) : changedBy({ ...group, people: [] }, now);
    return { kind: group.open ? 'room' : 'offer', id, group, change, now, sent: [] };
  }

  /** The group of Delta Chat that a new thread is, unless another is: nobody takes its place. */
  async function chatOf(account: AccountKey, { parsed: { chat }, verdict }: ReadMail): Promise<{ chat?: string }> {
    const { group = '' } = chat ?? {};
    if (verdict.from !== 'verified' || !CHAT_GROUP.test(group)) return {};
    return (await book.ofChat(account, group)) === undefined ? { chat: group } : {};
  }

  /** A mail that is known stays what it is: one that comes again is where it was, and nobody else takes its place. */
  async function again(
    account: AccountKey,
    { verdict, from }: ReadMail,
    before: GroupMail,
    now: readonly Addressee[],
  ): Promise<GroupPlacing | undefined> {
    if (verdict.from !== 'verified' || before.by !== from) return undefined;
    const group = await book.get(account, before.group);
    const change = { people: group?.people ?? [], came: [], left: [] };
    return (
      group && { kind: group.open ? 'room' : 'offer', id: before.group, group, change, now, sent: [], again: true }
    );
  }

  const told = (account: AccountKey, words: Words): string => wordsIn(words, host.language(account));

  function note(account: AccountKey, place: Place, words: Words): Draft {
    const text = told(account, words);
    return { place, from: { kind: 'network', id: '' }, kind: 'message', style: 'plain', text };
  }

  return {
    async find(mail, account) {
      if (mail.parsed.automation !== undefined) return undefined;
      const [mine, before] = await Promise.all([mineOf(account, mail), book.mail(account, mail.parsed.messageId)]);
      if (mine.has(mail.from)) return undefined;
      const now = addresseesOf(mail.parsed, (address) => mine.has(address));
      if (before) return again(account, mail, before, now);
      const found = await known(account, mail, now);
      if (found) return found;
      if (now.length < 2 || now.length > MOST_PEOPLE || !isMessageId(mail.parsed.messageId)) return undefined;
      const id = `thread.${state.mac('group', account, mail.parsed.messageId)}`;
      const chat = await chatOf(account, mail);
      return { kind: 'offer', id, group: NEW, now, change: changedBy(NEW, now), sent: [], ...chat };
    },
    writes({ parsed, from }, account, { kind, id, group, change, now, chat, again: isRepeat }, { hash, said }) {
      if (kind === 'apart' || isRepeat) return [];
      const subject = plainSubject(parsed.subject) || group.subject;
      const references = isMessageId(parsed.messageId)
        ? withReference(group.references, parsed.messageId)
        : group.references;
      const people = now.map(({ address }) => address);
      return [
        ...book.write(account, id, {
          ...{ ...group, subject, references, people: change.people, encrypted: parsed.encrypted !== undefined },
          ...(chat !== undefined && { chat }),
        }),
        ...(chat === undefined ? [] : [book.writeChat(account, chat, id)]),
        book.writeMail(account, parsed.messageId, {
          ...{ group: id, people, by: from, hash, said: said.slice(0, LONGEST) },
          at: Math.min(parsed.date ?? host.clock.now(), host.clock.now()),
        }),
        book.writeLast(account, from, parsed.messageId),
      ];
    },
    head({ parsed, from }, account, { id, group, change, again: isRepeat }) {
      const place = { kind: 'room', account, id } as const;
      const { nick } = change.people.find(({ address }) => address === from) ?? { nick: from };
      const by = { kind: 'network', id: from, name: nick } as const;
      const subject = plainSubject(parsed.subject);
      const moved = (person: GroupPerson, how: 'join' | 'leave'): Draft => ({
        ...{ place, from: { kind: 'network', id: person.address } },
        ...{ kind: 'occupant', change: how, who: occupantOf(person) },
      });
      const before = [
        ...change.came.map((person) => moved(person, 'join')),
        ...change.left.map((person) => moved(person, 'leave')),
        ...(change.came.length > 0 ? [note(account, place, texts.groupCame(namesOf(change.came)))] : []),
        ...(change.left.length > 0 ? [note(account, place, texts.groupLeft(namesOf(change.left)))] : []),
        ...(subject !== '' && subject !== group.subject && !isRepeat
          ? [{ place, from: by, kind: 'topic', text: subject, by: nick } as const]
          : []),
      ];
      return { before, place, from: by };
    },
  };
}

/** People with their addresses, for who writes to them. */
export const namesOf = (people: readonly Pick<GroupPerson, 'nick' | 'address'>[]): string =>
  people.map(({ nick, address }) => (nick.includes(address) ? nick : `${nick} <${address}>`)).join(', ');

/** Somebody of a thread as a room shows them. */
export const occupantOf = ({ address, nick }: GroupPerson) =>
  ({ id: address, nick, affiliation: 'member', role: 'participant' }) as const;
