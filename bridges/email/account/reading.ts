import type { EmailSettings } from '#bridges/email/config.ts';
import { isListed, listedSender } from '#bridges/email/in/senders.ts';
import { listed, MOST_FOLDERS, MOST_SENDERS } from './listed.ts';

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

export function readingOf({ folders, senders, seen, move, elsewhere, copy }: EmailSettings): MailboxReading {
  return {
    folders: listed(folders).slice(0, MOST_FOLDERS),
    senders: listed(senders)
      .slice(0, MOST_SENDERS)
      .map((one) => listedSender(one) ?? one),
    ...{ seen, move: move.trim(), elsewhere, copy },
  };
}

/** Whether mails of an address are shown. Pure. */
export const isChosen = ({ senders }: MailboxReading, from: string): boolean =>
  senders.length === 0 || isListed(senders, from);
