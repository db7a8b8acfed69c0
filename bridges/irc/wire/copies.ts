import framework from 'irc-framework';
import type { Feed, Peer } from '#bridges/irc/channels/feed.ts';
import type { View } from '#bridges/irc/connection/view.ts';
import type { Draft } from '#src/model/event.ts';
import { decode } from './decode.ts';
import { glance, type Seen } from './past.ts';

/**
 * Whether a raw line can be dropped unparsed: a message to a channel that another connection of ours tells or has told,
 * or that comes from one of ours and was shown when it was taken. Echoes of our own lines pass.
 */
export function isCopy(text: string, feed: Feed, view: View & Peer): boolean {
  const seen = glance(text);
  if (!seen) return false;
  const channel = view.fold(seen.target);
  // Lines to a part of a channel (STATUSMSG) are not read by all of its members, so they are no part of what is compared.
  if (!view.room(channel)?.joined) return false;
  const nick = view.fold(seen.nick);
  if (view.ours(nick) !== undefined) return nick !== view.fold(view.nick);
  return feed.copied(channel, view, { key: seen.key, id: seen.id, text: seen.text });
}

/** What lines mean that were dropped as copies, and were none. */
export const late = (lines: readonly Seen[], view: View): Draft[] =>
  lines.flatMap(({ text }) => decode(framework.ircLineParser(text), view));
