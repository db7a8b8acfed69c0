import type { Channel } from '#bridges/irc/channels/channel.ts';
import type { Draft } from '#src/model/event.ts';

/** What can stand in a nick (RFC 2812 §2.3.1), and letters that some servers take, too. */
const PART = /[\p{L}\p{N}_\-[\]\\`^{}|]/u;

/** What is said in a channel, with the nicks of ours that it names. Pure. */
export function naming(drafts: readonly Draft[], room: Channel): readonly Draft[] {
  const [draft] = drafts;
  if (draft?.kind !== 'message') return drafts;
  const mentions = namedIn(draft.text, nicksOfOurs(room));
  return mentions === undefined ? drafts : [{ ...draft, mentions }];
}

/** Clients look for their nick as a word, in any case, wherever it stands. Each line is looked through, and hardly any names somebody. */
function namedIn(text: string, nicks: readonly string[]): string[] | undefined {
  const folded = text.toLowerCase();
  // Where a letter grows with its case, what is behind it would be looked for at the wrong place.
  if (folded.length !== text.length) return undefined;
  let found: string[] | undefined;
  for (const nick of nicks) if (stands(nick.toLowerCase(), folded)) (found ??= []).push(nick);
  return found;
}

function stands(nick: string, text: string): boolean {
  for (let at = text.indexOf(nick); at >= 0; at = text.indexOf(nick, at + 1))
    if (!PART.test(text.charAt(at - 1)) && !PART.test(text.charAt(at + nick.length))) return true;
  return false;
}

/** The nicks of ours in a channel, found anew only after one has come, gone or changed. */
function nicksOfOurs(room: Channel): readonly string[] {
  room.nicks ??= [...room.members.values()].flatMap(({ account, nick }) => (account === undefined ? [] : nick));
  return room.nicks;
}
