import type { Channel } from '#bridges/irc/channels/channel.ts';
import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import type { Draft } from '#src/model/event.ts';

/** What can stand in a nick (RFC 2812 §2.3.1), and letters that some servers take, too. */
const PART = /[\p{L}\p{N}_\-[\]\\`^{}|]/u;

/** What is said in a channel, with the nicks of ours that it names. Pure. */
export function naming(drafts: readonly Draft[], room: Channel, view: ServerView): Draft[] {
  return drafts.map((draft) => {
    if (draft.kind !== 'message') return draft;
    const mentions = namedIn(draft.text, room, view);
    return mentions.length === 0 ? draft : { ...draft, mentions };
  });
}

/** Clients look for their nick as a word, in any case, wherever it stands. */
function namedIn(text: string, room: Channel, view: ServerView): string[] {
  const folded = view.fold(text);
  // A nick that grows or shrinks with its case would be looked for at the wrong place.
  if (folded.length !== text.length) return [];
  return nicksOfOurs(room).filter((nick) => stands(view.fold(nick), folded));
}

function stands(nick: string, text: string): boolean {
  for (let at = text.indexOf(nick); at >= 0; at = text.indexOf(nick, at + 1))
    if (!PART.test(text.charAt(at - 1)) && !PART.test(text.charAt(at + nick.length))) return true;
  return false;
}

/** The nicks of ours in a channel, found anew only after one has come, gone or changed: each line asks for them. */
function nicksOfOurs(room: Channel): readonly string[] {
  room.nicks ??= [...room.members.values()].flatMap(({ account, nick }) => (account === undefined ? [] : nick));
  return room.nicks;
}
