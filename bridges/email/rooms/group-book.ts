import { z } from 'zod';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { groupSchema, type MailGroup } from './group.ts';

const DAY = 86_400_000;
/** How long a thread is known that nobody has opened, and a mail of one. */
const KNOWN_TIME = 400 * DAY;

const groupMailSchema = z.object({
  /** The thread that it is in. */
  group: z.string(),
  /** Who is in it, its author first where that is not our user. */
  people: z.array(z.string()),
  /** By its author's address; `''` for our user. */
  by: z.string().default(''),
  hash: z.string().default(''),
  /** What our user said in it. */
  text: z.string().exactOptional(),
  /** What others said in it, and when (ms since 1970), for the room that may be made of the thread. */
  said: z.string().exactOptional(),
  at: z.number().exactOptional(),
});
/** A mail of a thread with several. */
export type GroupMail = z.infer<typeof groupMailSchema>;

/** What is remembered of threads with several. `write...` make writes that are committed together, the others read. */
export type GroupBook = {
  get(account: AccountKey, id: string): Promise<MailGroup | undefined>;
  /** With its people as those whom an open room takes mail of. */
  write(account: AccountKey, id: string, group: MailGroup): readonly StateWrite[];
  mail(account: AccountKey, messageId: string): Promise<GroupMail | undefined>;
  writeMail(account: AccountKey, messageId: string, mail: GroupMail): StateWrite;
  /** The last mail to several that somebody has written, by its Message-ID. */
  lastOf(account: AccountKey, their: string): Promise<string | undefined>;
  writeLast(account: AccountKey, their: string, messageId: string): StateWrite;
  /** The thread that a group of Delta Chat is. */
  ofChat(account: AccountKey, chat: string): Promise<string | undefined>;
  writeChat(account: AccountKey, chat: string, id: string): StateWrite;
  /** Whether somebody is or was in a room of the account, so that they are no stranger. */
  isKnown(account: AccountKey, their: string): Promise<boolean>;
};

/** Opens it. Keys hold keyed hashes, values are sealed, as in all that is remembered of mail. */
export function openGroupBook({ host, state: { mac } }: Pick<EmailTransport, 'host' | 'state'>): GroupBook {
  const { state, clock } = host;
  const kept = () => ({ seal: true, expires: clock.now() + KNOWN_TIME });
  const mailKey = (id: string) => `grouped/${mac('grouped', id)}`;
  const lastKey = (their: string) => `group-with/${mac('group-with', their)}`;
  const chatKey = (chat: string) => `group-chat/${mac('group-chat', chat)}`;
  const memberKey = (their: string) => `group-member/${mac('group-member', their)}`;

  async function read<T>(schema: z.ZodType<T>, account: AccountKey, key: string): Promise<T | undefined> {
    const text = await state.get({ account, key });
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  }

  return {
    get: (account, id) => read(groupSchema, account, `group/${id}`),
    write: (account, id, group) => [
      // A room is its user's until they leave it.
      { account, key: `group/${id}`, value: JSON.stringify(group), ...(group.open ? { seal: true } : kept()) },
      ...(group.open ? group.people : []).map(({ address }) => ({
        ...{ account, key: memberKey(address), value: '1', ...kept() },
      })),
    ],
    mail: (account, messageId) => read(groupMailSchema, account, mailKey(messageId)),
    writeMail: (account, messageId, mail) => ({
      ...{ account, key: mailKey(messageId), value: JSON.stringify(mail), ...kept() },
    }),
    lastOf: (account, their) => state.get({ account, key: lastKey(their) }),
    writeLast: (account, their, messageId) => ({ account, key: lastKey(their), value: messageId, ...kept() }),
    ofChat: (account, chat) => state.get({ account, key: chatKey(chat) }),
    writeChat: (account, chat, id) => ({ account, key: chatKey(chat), value: id, ...kept() }),
    isKnown: async (account, their) => (await state.get({ account, key: memberKey(their) })) !== undefined,
  };
}
