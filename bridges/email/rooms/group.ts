import { z } from 'zod';
import { looksLikeAddress, mailboxOf } from '#bridges/email/mailbox.ts';
import type { ParsedMail } from '#bridges/email/wire/mail.ts';
import { cleanName } from '#mappings/names.ts';

/** People of a thread; a mail to more is a mailing and no conversation. */
export const MOST_PEOPLE = 50;

/** A local part of ours that names a thread as a room (DESIGN §13). */
export const ROOM_ADDRESS = /^thread\.[a-z2-7]{26}$/;

const personSchema = z.object({
  address: z.string(),
  nick: z.string(),
  /** They are under Cc. */
  copied: z.boolean().default(false),
});
/** Somebody in a thread with several, beside our user. */
export type GroupPerson = z.infer<typeof personSchema>;

export const groupSchema = z.object({
  subject: z.string().default(''),
  /** Message-IDs of its mails, as `MailThread` has them. */
  references: z.array(z.string()).default([]),
  people: z.array(personSchema).default([]),
  /** Its user has opened it as a room, and not left. */
  open: z.boolean().default(false),
  /** Our user has written, and was told who gets that. */
  written: z.boolean().default(false),
  /** The last mail was encrypted; our user answers in plain text all the same. */
  encrypted: z.boolean().default(false),
  plain: z.boolean().default(false),
  /** Its id among users of Delta Chat (`Chat-Group-ID`). */
  chat: z.string().exactOptional(),
  /** Our user's nick. */
  nick: z.string().default(''),
});
/** A thread of mails with several, as one account has it. */
export type MailGroup = z.infer<typeof groupSchema>;

/** Somebody a mail comes from or goes to. */
export type Addressee = { readonly address: string; readonly name?: string; readonly copied: boolean };

/** From whom a mail is and to whom, each once, without those that `isMine` says are our user's. Pure. */
export function addresseesOf(
  { from, to, cc }: Pick<ParsedMail, 'from' | 'to' | 'cc'>,
  isMine: (address: string) => boolean,
): Addressee[] {
  const all = new Map<string, Addressee>();
  const add = (copied: boolean) => (one: ParsedMail['from']) => {
    const address = mailboxOf(one.address);
    if (address === undefined || all.has(address) || isMine(address)) return;
    all.set(address, { address, copied, ...(one.name !== undefined && { name: one.name }) });
  };
  [from, ...to].forEach(add(false));
  cc.forEach(add(true));
  return [...all.values()];
}

const folded = (nick: string): string => nick.normalize('NFKC').toLowerCase();

/** What somebody is called in a room: by their name, else the local part of their address, with all of it where that is taken. Pure. */
export function nickOf({ address, name = '' }: Pick<Addressee, 'address' | 'name'>, taken: readonly string[]): string {
  const known = cleanName(name);
  const local = address.slice(0, address.lastIndexOf('@'));
  const nick = known !== '' && !looksLikeAddress(known) ? known : local;
  return taken.map(folded).includes(folded(nick)) ? `${nick} (${address})` : nick;
}

/** Who is in a thread behind a mail, who has come with it and who was left out by it. */
export type GroupChange = {
  readonly people: GroupPerson[];
  readonly came: GroupPerson[];
  readonly left: GroupPerson[];
};

/**
 * What a mail does to who is in a thread. `before` are those of the mail that it answers, where that is known: who was among them and
 * is not any more has left, and who was left out by another mail meanwhile stays out. Pure.
 */
export function changedBy(
  group: Pick<MailGroup, 'people' | 'nick'>,
  now: readonly Addressee[],
  before?: readonly string[],
): GroupChange {
  const is = (address: string) => (one: { readonly address: string }) => one.address === address;
  const left = group.people.filter(({ address }) => before?.includes(address) && !now.some(is(address)));
  // Under To or Cc they stand as in the last mail.
  const people = group.people
    .filter((one) => !left.includes(one))
    .map((one) => ({ ...one, copied: now.find(is(one.address))?.copied ?? one.copied }));
  const came: GroupPerson[] = [];
  const [author] = now;
  for (const one of now) {
    const isKnown = people.some(is(one.address)) || (one !== author && before?.includes(one.address));
    if (isKnown || people.length >= MOST_PEOPLE) continue;
    const nick = nickOf(one, [group.nick, ...people.map((other) => other.nick)]);
    const person = { address: one.address, nick, copied: one.copied };
    people.push(person);
    came.push(person);
  }
  return { people, came, left };
}
