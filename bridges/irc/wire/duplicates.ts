import framework from 'irc-framework';
import type { Primaries, PrimaryCandidate } from '#bridges/irc/channels/primary.ts';
import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import type { Draft } from '#src/model/event.ts';
import { decode } from './decode.ts';
import { type MessageLine, summaryOf } from './message-line.ts';

/**
 * Whether a raw line can be dropped unparsed: a message to a channel that another connection of ours tells or has told,
 * or that comes from one of ours and was shown when it was taken. Echoes of our own lines pass.
 */
export function isDuplicate(text: string, primaries: Primaries, view: ServerView & PrimaryCandidate): boolean {
  const seen = summaryOf(text);
  if (!seen) return false;
  const channel = view.fold(seen.target);
  // Lines to a part of a channel (STATUSMSG) are not read by all of its members, so they are no part of what is compared.
  if (!view.room(channel)?.joined) return false;
  const nick = view.fold(seen.nick);
  if (view.ours(nick) !== undefined) return nick !== view.fold(view.nick);
  return primaries.received(channel, view, { key: seen.key, id: seen.id, text: seen.text });
}

/** What lines mean that were dropped as copies, and were none. */
export const late = (lines: readonly MessageLine[], view: ServerView): Draft[] =>
  lines.flatMap(({ text }) => decode(framework.ircLineParser(text), view));
