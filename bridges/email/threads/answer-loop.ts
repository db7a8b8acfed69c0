// Programs that answer each other and say so in no header, as RFC 3834 §2 asks them to, are known by their haste: nobody types that fast.

import { z } from 'zod';

/** The last mail of a peer that has answered one of ours. */
export const answerSchema = z.object({
  /** When it came, in ms since 1970, and what it said, as a hash. */
  at: z.number(),
  hash: z.string(),
  /** So many in a row were written, and answered by our user, faster than anybody does. */
  row: z.number(),
});
export type LastAnswer = z.infer<typeof answerSchema>;

/** What typing a character takes at least, in ms, and what reading takes before: ours shows at once, theirs has a way of several servers. */
const TYPED = 50;
const [READ, READ_THERE] = [3_000, 20_000];
/** Within what time (ms) of our mail, and of the last one, a long text that is said again was not written again. */
const [SOON, REMEMBERED] = [120_000, 3_600_000];
const LONG = 20;

/** A mail of the peer has come; nothing is to be remembered where it answers none of ours. `sentAt`: when that one went. Pure. */
export function lastAnswer(
  before: LastAnswer | undefined,
  { text, hash, at, sentAt }: { readonly text: string; readonly sentAt: number | undefined } & Omit<LastAnswer, 'row'>,
  most: number,
): LastAnswer | undefined {
  if (sentAt === undefined) return undefined;
  const took = at - sentAt;
  const isAgain = before?.hash === hash && text.length >= LONG && took < SOON && at - before.at < REMEMBERED;
  const isHasty = took < READ_THERE + text.length * TYPED;
  return { at, hash, row: isAgain ? most : isHasty ? (before?.row ?? 0) : 0 };
}

/** The same once our user answers it, `at` (ms since 1970), or `loop` where that would be one more than `most` in a row. Pure. */
export function answeredBy(
  last: LastAnswer,
  { text, at }: { readonly text: string; readonly at: number },
  most: number,
): LastAnswer | 'loop' {
  if (at - last.at >= READ + text.length * TYPED) return { ...last, row: 0 };
  return last.row >= most ? 'loop' : { ...last, row: last.row + 1 };
}
