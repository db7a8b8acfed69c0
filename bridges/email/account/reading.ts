import type { EmailSettings } from '#bridges/email/config.ts';
import { mailboxOf, mailDomain } from '#bridges/email/mailbox.ts';

/** How a user wants their mailbox to be read. */
export type MailboxReading = {
  readonly folders: readonly string[];
  /** Addresses and domains whose mails are shown; of everybody where there are none. */
  readonly senders: readonly string[];
  readonly seen: boolean;
  /** The folder that mails are moved to, `''` for none. */
  readonly move: string;
  readonly elsewhere: boolean;
  readonly copy: boolean;
};

/** Folders are asked for at each look. */
const MOST_FOLDERS = 5;
const MOST_SENDERS = 50;

const listOf = (text: string, most: number): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .slice(0, most);

export function readingOf({ folders, senders, seen, move, elsewhere, copy }: EmailSettings): MailboxReading {
  return {
    folders: listOf(folders, MOST_FOLDERS),
    senders: listOf(senders, MOST_SENDERS).map((one) => mailboxOf(one) ?? mailDomain(one.replace(/^@/, '')) ?? one),
    ...{ seen, move: move.trim(), elsewhere, copy },
  };
}

/** Whether mails of an address are shown. Pure. */
export const isChosen = ({ senders }: MailboxReading, from: string): boolean =>
  senders.length === 0 || senders.some((one) => one === from || (!one.includes('@') && from.endsWith(`@${one}`)));
