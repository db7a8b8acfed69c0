import { z } from 'zod';

const DAY = 24 * 3_600_000;
/** After so long without a text either way, a user and a phone have nothing to do with each other any more. */
export const PAIR_TIME = 90 * DAY;
/** How long a menu, and what waits for its answer, is kept. */
const MENU_TIME = DAY;
/** At most one automatic text goes to a phone from a number in this time. */
const AUTOMATIC_TIME = DAY;
/** Texts that wait for an answer to a menu. */
export const MOST_HELD = 20;

const speaker = z.object({ account: z.string(), at: z.number() });
const pair = z.object({
  account: z.string(),
  token: z.number(),
  last: z.number(),
  /** What the user was told last that the phone calls itself. */
  name: z.string().exactOptional(),
});
const held = z.object({
  id: z.string(),
  text: z.string(),
  media: z.array(z.string()),
  at: z.number(),
  /** What the sender calls itself. */
  name: z.string().exactOptional(),
});

/** All that is between one of our numbers and one at the other end, as it is kept. Times in milliseconds since 1970. */
export const conversationSchema = z.object({
  /** Our users who are in touch with the phone from this number, each with the number that names them. */
  pairs: z.array(pair),
  /** Who of them wrote last. */
  speaker: speaker.optional(),
  /** Whether the phone was ever told who writes from here. */
  greeted: z.boolean(),
  /** Whom the phone has chosen, where it was asked. */
  chosen: z.string().optional(),
  menu: z.object({ options: z.array(z.string()), until: z.number() }).optional(),
  held: z.array(held),
  /** When the last automatic text went out. */
  automatic: z.number().optional(),
});

/** What a phone was told of who writes, before a text. */
export const prefixStateSchema = z.object({ greeted: z.boolean(), speaker: speaker.optional() });
type PrefixState = z.infer<typeof prefixStateSchema>;

/** A number of ours, and the address at the other end. */
export type NumberPair = { readonly our: string; readonly their: string };
export type HeldText = z.infer<typeof held>;
export type Conversation = z.infer<typeof conversationSchema>;

export const newConversation: Conversation = { pairs: [], greeted: false, held: [] };

/** The conversation without what has ended. Pure. */
export function unexpired(conversation: Conversation, now: number): Conversation {
  const { menu, chosen, ...rest } = conversation;
  const pairs = conversation.pairs.filter(({ last }) => now - last < PAIR_TIME);
  const open = menu !== undefined && menu.until > now;
  return {
    ...rest,
    pairs,
    held: open ? conversation.held : conversation.held.filter(({ at }) => now - at < MENU_TIME),
    ...(open && { menu }),
    ...(chosen !== undefined && pairs.some(({ account }) => account === chosen) && { chosen }),
  };
}

/** A user is in touch with the phone. Nobody else's number changes by it. Pure. */
export function inContact(conversation: Conversation, account: string, now: number): Conversation {
  const known = conversation.pairs.find((one) => one.account === account);
  const taken = new Set(conversation.pairs.map(({ token }) => token));
  let token = 1;
  while (taken.has(token)) token += 1;
  const others = conversation.pairs.filter((one) => one !== known);
  const pairs = [...others, { token, ...known, account, last: now }].sort((a, b) => a.token - b.token);
  return { ...conversation, pairs };
}

/** What a user was told that the phone calls itself. Pure. */
export const nameTold = ({ pairs }: Conversation, account: string): string | undefined =>
  pairs.find((one) => one.account === account)?.name;

/** A user has been told what the phone calls itself. Pure. */
export const withNameTold = (conversation: Conversation, account: string, name: string): Conversation => ({
  ...conversation,
  pairs: conversation.pairs.map((one) => (one.account === account ? { ...one, name } : one)),
});

/** A user's text went to the phone. What the phone has chosen before holds no longer if another was chosen. Pure. */
export function afterSent(conversation: Conversation, account: string, now: number): Conversation {
  const { chosen, ...rest } = inContact(conversation, account, now);
  return {
    ...rest,
    greeted: true,
    speaker: { account, at: now },
    ...(chosen === account && { chosen }),
  };
}

/** What a phone was told of who writes. Pure. */
export const prefixStateOf = ({ greeted, speaker }: Conversation): PrefixState => ({
  greeted,
  ...(speaker && { speaker }),
});

/** The user's text did not go after all: the next one says again what it would have said. Pure. */
export function afterUnsent(conversation: Conversation, account: string, before: PrefixState): Conversation {
  const { speaker, ...rest } = conversation;
  if (speaker?.account !== account) return conversation;
  return { ...rest, greeted: before.greeted, ...(before.speaker && { speaker: before.speaker }) };
}

/** Whether an automatic text may go to the phone. */
export const mayAnswer = ({ automatic }: Conversation, now: number): boolean =>
  automatic === undefined || now - automatic >= AUTOMATIC_TIME;

/** A menu was sent. Pure. */
export const afterMenu = (conversation: Conversation, options: readonly string[], now: number): Conversation => ({
  ...conversation,
  menu: { options: [...options], until: now + MENU_TIME },
  automatic: now,
});

/** A text waits for the phone to say whom it is for. Pure. */
export const withHeld = (conversation: Conversation, text: HeldText): Conversation => ({
  ...conversation,
  held: [...conversation.held, text].slice(-MOST_HELD),
});
