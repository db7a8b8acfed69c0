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
const pair = z.object({ account: z.string(), token: z.number(), last: z.number() });
const held = z.object({
  id: z.string(),
  text: z.string(),
  media: z.array(z.string()),
  at: z.number(),
  /** What the sender calls itself. */
  name: z.string().exactOptional(),
});

/** All that is between one of our numbers and one at the other end, as it is kept. Times in milliseconds since 1970. */
export const threadSchema = z.object({
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
export const beforeSchema = z.object({ greeted: z.boolean(), speaker: speaker.optional() });
type Before = z.infer<typeof beforeSchema>;

export type Pair = z.infer<typeof pair>;
export type Held = z.infer<typeof held>;
export type Thread = z.infer<typeof threadSchema>;

export const emptyThread: Thread = { pairs: [], greeted: false, held: [] };

/** The thread without what has ended. Pure. */
export function live(thread: Thread, now: number): Thread {
  const { menu, chosen, ...rest } = thread;
  const pairs = thread.pairs.filter(({ last }) => now - last < PAIR_TIME);
  const open = menu !== undefined && menu.until > now;
  return {
    ...rest,
    pairs,
    held: open ? thread.held : thread.held.filter(({ at }) => now - at < MENU_TIME),
    ...(open && { menu }),
    ...(chosen !== undefined && pairs.some(({ account }) => account === chosen) && { chosen }),
  };
}

/** A user is in touch with the phone. Nobody else's number changes by it. Pure. */
export function touched(thread: Thread, account: string, now: number): Thread {
  const known = thread.pairs.find((one) => one.account === account);
  const taken = new Set(thread.pairs.map(({ token }) => token));
  let token = 1;
  while (taken.has(token)) token += 1;
  const others = thread.pairs.filter((one) => one !== known);
  const pairs = [...others, { account, token: known?.token ?? token, last: now }].sort((a, b) => a.token - b.token);
  return { ...thread, pairs };
}

/** A user's text went to the phone. What the phone has chosen before holds no longer if another was chosen. Pure. */
export function spoken(thread: Thread, account: string, now: number): Thread {
  const { chosen, ...rest } = touched(thread, account, now);
  return {
    ...rest,
    greeted: true,
    speaker: { account, at: now },
    ...(chosen === account && { chosen }),
  };
}

/** What a phone was told of who writes. Pure. */
export const beforeOf = ({ greeted, speaker }: Thread): Before => ({ greeted, ...(speaker && { speaker }) });

/** The user's text did not go after all: the next one says again what it would have said. Pure. */
export function unspoken(thread: Thread, account: string, before: Before): Thread {
  const { speaker, ...rest } = thread;
  if (speaker?.account !== account) return thread;
  return { ...rest, greeted: before.greeted, ...(before.speaker && { speaker: before.speaker }) };
}

/** Whether an automatic text may go to the phone. */
export const mayAnswer = ({ automatic }: Thread, now: number): boolean =>
  automatic === undefined || now - automatic >= AUTOMATIC_TIME;

/** A menu was sent. Pure. */
export const asked = (thread: Thread, options: readonly string[], now: number): Thread => ({
  ...thread,
  menu: { options: [...options], until: now + MENU_TIME },
  automatic: now,
});

/** A text waits for the phone to say whom it is for. Pure. */
export const holding = (thread: Thread, text: Held): Thread => ({
  ...thread,
  held: [...thread.held, text].slice(-MOST_HELD),
});
