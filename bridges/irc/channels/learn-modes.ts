import type { OwnView } from '#bridges/irc/connection/own-view.ts';
import type { Writer } from '#bridges/irc/connection/queue.ts';
import { fedRoom, type Realm } from '#bridges/irc/connection/realm.ts';
import type { Line, View } from '#bridges/irc/connection/view.ts';
import { line as makeLine } from '#bridges/irc/wire/encode.ts';
import type { Rooms } from './roster.ts';

/** RFC 2812 §5.2: what refuses a question for modes: no such channel, not in it, not supported, not for you. */
const REFUSALS: ReadonlySet<string> = new Set(['403', '442', '477', '482']);

type Ground = {
  readonly realm: Realm;
  readonly view: OwnView;
  readonly rooms: Rooms;
  readonly writer: Pick<Writer, 'later'>;
};

/**
 * Sees to it that the connection that feeds a channel (folded name) knows its modes: nobody may change one for days.
 * Called when the connection may have come to feed it, or to be in it beside the one that does. Each channel is asked
 * for once, when nothing else is to be sent; the answer (324) is a step of `rooms`.
 */
export function learnModes(channel: string, { realm, view, rooms, writer }: Ground): void {
  const room = rooms.get(channel);
  if (!room?.joined || room.modes.complete || room.modes.asked) return;
  if (realm.feed.feeds(channel, view)) {
    room.modes.asked = true;
    writer.later(makeLine('MODE', [room.name]));
  } else if (room.modes.set.size === 0) {
    // It may be about to change over there: good enough until this one feeds the channel itself.
    for (const [letter, param] of fedRoom(realm, channel)?.modes.set ?? []) room.modes.set.set(letter, param);
  }
}

/** Whether a numeric refuses what was asked here. */
export function isModeRefusal({ command, params: [, channel = ''] }: Line, rooms: Rooms, view: View): boolean {
  const modes = rooms.get(view.fold(channel))?.modes;
  return REFUSALS.has(command) && modes?.asked === true && !modes.complete;
}
