import { parseEdited, parseTapback, quotes } from '#mappings/tapbacks.ts';
import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import { spoken } from '#src/model/language.ts';
import { isBlank } from '#src/model/text.ts';
import { texts } from './catalogue.ts';

/** A text that this process has seen between our number and a phone. */
export type RecentText = {
  readonly sid: string;
  readonly by: 'us' | 'them';
  readonly text: string;
  readonly at: number;
};

/** What is known where a text comes in. */
export type InboundContext = {
  readonly account: AccountKey;
  /** Address of the sender. */
  readonly their: string;
  /** What the sender calls itself, where that is known. */
  readonly name?: string;
  /** One for each pair of numbers, always the same. */
  readonly thread: string;
  /** The latest texts between the account and the sender, the oldest first. */
  readonly seen: readonly RecentText[];
};

export type ReceivedText = { readonly sid: string; readonly text: string; readonly at: number };

/** Phones let people edit for so long, in milliseconds. */
const EDIT_TIME = 15 * 60_000;

/** What a text from outside says. Phrases about a text that is not known stay texts. Pure. */
export function decode({ sid, text, at }: ReceivedText, view: InboundContext): Draft {
  const base = baseOf(view, sid, at);
  const edited = parseEdited(text);
  const before = view.seen.findLast((one) => one.by === 'them');
  if (edited !== undefined && !isBlank(edited) && before && at - before.at <= EDIT_TIME)
    return { ...base, kind: 'edit', target: before.sid as ForeignId, text: edited };
  const reaction = parseTapback(text);
  const about = reaction && view.seen.findLast((one) => quotes(reaction.quote, one.text));
  if (reaction && about) return { ...base, kind: 'reaction', target: about.sid as ForeignId, emoji: reaction.emoji };
  return { ...base, kind: 'message', style: 'plain', text, thread: view.thread };
}

/** Tells an account how to heed somebody's wish for no more texts. Pure. */
export const hintOf = (
  { account, their, thread }: InboundContext,
  { transport, language }: Pick<Host, 'transport' | 'language'>,
  at: number,
): Draft => ({
  at,
  place: { kind: 'contact', account, id: their },
  from: { kind: 'network', id: their },
  kind: 'message',
  style: 'notice',
  ...spoken(texts.wantsNoMore(their, transport), language(account)),
  thread,
});

/** What every event of a sender has. */
export function baseOf({ account, their, name }: InboundContext, id: string, at: number) {
  return {
    ids: [id as ForeignId],
    at,
    place: { kind: 'contact', account, id: their },
    from: { kind: 'network', id: their, ...(name !== undefined && { name }) },
  } as const satisfies Omit<Draft, 'kind'>;
}
