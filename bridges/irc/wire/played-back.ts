import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import { openRecent, type Recent } from '#src/lib/recent.ts';
import { summaryOf } from './duplicates.ts';

/** Messages by their user, time and words, each with the mark of the connection that has told it. */
export type ToldUnderTime = Recent<object>;

/** How many of the lines of all who are connected to a server are remembered at least. */
const REMEMBERED = 1000;
const TIME = /(?:^@|;)time=([^; ]+)/;

export const openToldUnderTime = (): ToldUnderTime => openRecent(REMEMBERED);

/**
 * Whether a message with a time (IRCv3 server-time) and no msgid was told on an earlier connection of its user: bouncers
 * play it back at each attach. On one connection the same may be said twice at a time.
 */
export function isToldBefore(text: string, told: ToldUnderTime, mark: object, view: ServerView): boolean {
  if (text[0] !== '@') return false;
  const line = summaryOf(text);
  if (!line || line.id !== undefined) return false;
  const [, time] = TIME.exec(text) ?? [];
  if (time === undefined) return false;
  const key = `${view.account} ${time} ${line.key}`;
  const by = told.get(key);
  if (by === undefined) told.set(key, mark);
  return by !== undefined && by !== mark;
}
