import { z } from 'zod';
import type { Outcome } from '#src/bridge.ts';
import type { ForeignId } from '#src/model/ids.ts';
import { failureOf } from './failures.ts';

/** What a provider says of a message, in the words of Twilio's Messages resource. */
export const statusWords = [
  ...(['accepted', 'scheduled', 'queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed'] as const),
  ...(['canceled', 'read', 'partially_delivered', 'receiving', 'received'] as const),
] as const;
export const statusWord = z.enum(statusWords);
export type StatusWord = z.infer<typeof statusWord>;

/** Higher is later. What has arrived or failed stays so, except that what was delivered may be read. */
const RANK: Readonly<Record<StatusWord, number>> = {
  accepted: 1,
  scheduled: 1,
  queued: 1,
  receiving: 1,
  sending: 1,
  sent: 2,
  received: 2,
  partially_delivered: 2,
  canceled: 3,
  undelivered: 3,
  failed: 3,
  delivered: 3,
  read: 4,
};

const FAILED: ReadonlySet<StatusWord> = new Set(['failed', 'undelivered', 'canceled']);

/** What is known of a message of ours, as it is kept. */
export const messageStateSchema = z.object({
  rank: z.number(),
  failed: z.boolean(),
  /** The provider's id, once it is known. */
  sid: z.string().optional(),
});
export type MessageState = z.infer<typeof messageStateSchema>;
export const noMessageState: MessageState = { rank: 0, failed: false };

/** News of a message: by a callback, by the answer to the request that sent it, or by listing. */
export type StatusUpdate = { readonly sid: string; readonly status: StatusWord; readonly code?: string };

/** What the house is told of news, in order. `read` is an event of its own. */
export type StatusChange = {
  readonly messageState: MessageState;
  readonly outcomes: readonly Outcome[];
  readonly read: boolean;
};

/**
 * What news changes: only what is further than all before counts, whatever order and however often it comes. A message
 * is taken once, before anything else is told of it, and delivered or failed once. Pure.
 */
export function advance(before: MessageState, { sid, status, code }: StatusUpdate): StatusChange {
  const rank = RANK[status];
  const messageState = before.sid === undefined ? { ...before, sid } : before;
  const nothing: StatusChange = { messageState, outcomes: [], read: false };
  // Another message under the same reference is none of ours.
  if (before.sid !== undefined && before.sid !== sid) return { ...nothing, messageState: before };
  if (rank <= before.rank || before.failed) return nothing;
  const failed = FAILED.has(status);
  const ids = [sid as ForeignId];
  // Also what has failed was taken: its failure is its end, and no reason to send it again.
  const outcomes: Outcome[] = before.rank === 0 ? [{ ids, state: 'taken' }] : [];
  if (failed) outcomes.push(failureOf(code, status));
  else if (rank >= 3 && before.rank < 3) outcomes.push({ ids, state: 'delivered' });
  return { messageState: { rank, failed, sid }, outcomes, read: status === 'read' };
}
