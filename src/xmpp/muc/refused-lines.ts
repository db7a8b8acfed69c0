// XEP-0045: Multi-User Chat, version 1.34.6, §7.4: a line that was not sent to a room.
import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import type { Origin } from '#src/core/index.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';
import type { Text } from '#src/model/language.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import { roomPlace, type View } from '#src/xmpp/stanza/target.ts';

/** Milliseconds in which a client is told the same reason once, and how many are remembered. */
const ONCE = 10_000;
const MOST = 1000;

/** Clients show a line of a room when it is reflected, and an error of one that was not nowhere. */
export type RefusedLines = {
  /** What the room says to the sender alone, if anything. */
  notice(origin: Origin, failure: Failure, view: View): Text | undefined;
};

export function openRefusedLines(now: () => number): RefusedLines {
  const told = openRecent<number>(MOST);
  return {
    notice(origin, { message, words }, view) {
      const { from, to, said } = origin;
      // Whoever is not in the room has none to read it in.
      if (said === undefined || !isSeated(origin, view)) return undefined;
      const key = `${from} ${splitJid(to).bare} ${message}`;
      const before = told.get(key);
      if (before !== undefined && now() - before < ONCE) return undefined;
      told.set(key, now());
      return texts.notSent(said, words);
    },
  };
}

function isSeated({ stanza, type, from, to }: Origin, view: View): boolean {
  if (stanza !== 'message' || type !== 'groupchat') return false;
  try {
    const target = view.target(splitJid(to).local);
    return target.kind === 'room' && view.nickOf(roomPlace(view, target, splitJid(from).bare), from) !== undefined;
  } catch (error) {
    // What is no address is no room.
    if (error instanceof Failure) return false;
    throw error;
  }
}
