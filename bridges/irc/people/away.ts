// https://ircv3.net/specs/extensions/away-notify

import type { Channels } from '#bridges/irc/channels/channel.ts';
import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { roomPlace, sender, stamp } from '#bridges/irc/wire/drafts.ts';
import { cleaned } from '#bridges/irc/wire/numerics.ts';
import type { Draft } from '#src/model/event.ts';

/** Somebody with whom we share channels is away, or back: told in each of them that this connection speaks for. */
export function awayInRooms(rooms: Channels, line: Line, view: ServerView): Draft[] {
  if (isSelf(line.nick, view)) return [];
  const text = line.params[0] ?? '';
  const status = cleaned(text);
  const shown = { show: text === '' ? 'available' : 'away', ...(status !== '' && { status }) } as const;
  const there = [...rooms].filter(
    ([key, room]) => room.joined && room.members.has(view.fold(line.nick)) && view.isPrimary(key),
  );
  return there.map(([, { name }]) => ({
    kind: 'presence',
    place: roomPlace(name, view),
    from: sender(line, view),
    ...stamp(line, view),
    ...shown,
  }));
}

/** The list of a channel that nobody of ours was in a moment ago: what was known of who is away holds no longer. */
export function restoredPresence(
  drafts: readonly Draft[],
  { caps }: { readonly caps: ReadonlyMap<string, string> },
): readonly Draft[] {
  if (!caps.has('away-notify')) return drafts;
  return drafts.map((draft) =>
    draft.kind === 'occupants'
      ? { ...draft, list: draft.list.map((who) => ({ ...who, show: 'available' as const })) }
      : draft,
  );
}
