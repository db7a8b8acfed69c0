import type { ConnectionState } from '#bridges/irc/connection/connection-state.ts';
import type { LineWriter } from '#bridges/irc/connection/line-writer.ts';
import { primaryChannel, type Realm } from '#bridges/irc/connection/realm.ts';
import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { line as makeLine } from '#bridges/irc/wire/encode.ts';
import type { Channels } from './channel.ts';

/** RFC 2812 §5.2: what refuses a question for modes: no such channel, not in it, not supported, not for you. */
const REFUSALS: ReadonlySet<string> = new Set(['403', '442', '477', '482']);

type Ground = {
  readonly realm: Realm;
  readonly view: ConnectionState;
  readonly rooms: Channels;
  readonly writer: Pick<LineWriter, 'later'>;
};

/**
 * Sees to it that the connection that feeds a channel (folded name) knows its modes: nobody may change one for days.
 * Called when the connection may have come to feed it, or to be in it beside the one that does. Each channel is asked
 * for once, when nothing else is to be sent; the answer (324) is a step of `rooms`.
 */
export function learnModes(channel: string, { realm, view, rooms, writer }: Ground): void {
  const room = rooms.get(channel);
  if (!room?.joined || room.modes.complete || room.modes.asked) return;
  if (realm.primaries.isPrimary(channel, view)) {
    room.modes.asked = true;
    writer.later(makeLine('MODE', [room.name]));
  } else if (room.modes.set.size === 0) {
    // It may be about to change over there: good enough until this one feeds the channel itself.
    for (const [letter, param] of primaryChannel(realm, channel)?.modes.set ?? []) room.modes.set.set(letter, param);
  }
}

/** Whether a numeric refuses what was asked here. */
export function isModeRefusal({ command, params: [, channel = ''] }: Line, rooms: Channels, view: ServerView): boolean {
  const modes = rooms.get(view.fold(channel))?.modes;
  return REFUSALS.has(command) && modes?.asked === true && !modes.complete;
}
