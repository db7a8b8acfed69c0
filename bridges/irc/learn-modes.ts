import { line as makeLine } from './encode.ts';
import { foldName } from './names.ts';
import type { Writer } from './queue.ts';
import type { Room, Rooms } from './roster.ts';
import type { Line } from './view.ts';

/** RFC 2812 §5.2: what refuses a question for modes: no such channel, not in it, not supported, not for you. */
const REFUSALS: ReadonlySet<string> = new Set(['403', '442', '477', '482']);

/** Sees to it that the connection that feeds a channel knows its modes: nobody may change one for days. */
export type ModeLearning = {
  /** The connection may have come to feed a channel (folded name), or to be in it beside the one that does. */
  check(channel: string): void;
  /** True for a numeric that refuses what was asked here. */
  refused(line: Line): boolean;
};

type Parts = {
  readonly rooms: Rooms;
  readonly writer: Pick<Writer, 'later'>;
  readonly feeds: (channel: string) => boolean;
  /** What the connection that feeds a channel knows of it. */
  readonly fed: (channel: string) => Room | undefined;
};

/** Each channel is asked for once, when nothing else is to be sent; the answer (324) is a step of `rooms`. */
export function openModeLearning({ rooms, writer, feeds, fed }: Parts): ModeLearning {
  return {
    check(channel) {
      const room = rooms.get(channel);
      if (!room?.joined || room.modes.complete || room.modes.asked) return;
      if (feeds(channel)) {
        room.modes.asked = true;
        writer.later(makeLine('MODE', [room.name]));
      } else if (room.modes.set.size === 0) {
        // It may be about to change over there: good enough until this one feeds the channel itself.
        for (const [letter, param] of fed(channel)?.modes.set ?? []) room.modes.set.set(letter, param);
      }
    },
    refused({ command, params: [, channel = ''] }) {
      const modes = rooms.get(foldName(channel))?.modes;
      return REFUSALS.has(command) && modes?.asked === true && !modes.complete;
    },
  };
}
