import type { Mentioned } from './pills.ts';
import { isJoined, type MatrixRoom, nickOf, userOf } from './room.ts';

/** Mentions of one message, words and letters of a nick that is looked for, and letters of one that counts wherever it stands. */
const MOST = 20;
const WORDS = 5;
const LONGEST = 300;
const SHORTEST = 3;
/** Letters of a text in which somebody is looked for. */
const READ = 5_000;

/** A word, without the marks that it may stand in, and those behind it. */
const WORD = /(?<=^|[\s("'@*_~])[^\s("'@*_~]\S*/gu;
const BEHIND = /(?:['’]s)?[.,:;!?)"'*_~…]*$/u;

/**
 * Those in a room whose nicks stand in what is said, as they are called there (client-server API §11.13): whole, and in the
 * same letters, where they are not called by `Nick:` at the beginning or by `@Nick`. The writer calls nobody by their own. Pure.
 */
export function namedIn(text: string, room: MatrixRoom, writer: string): readonly Mentioned[] {
  const said = withoutQuotes(text.slice(0, READ));
  const found = new Map<string, Mentioned>();
  let read = 0;
  for (const { index } of said.matchAll(WORD)) {
    const nick = index < read ? undefined : nickAt(said, index, room);
    const user = nick === undefined ? undefined : userOf(room, nick);
    if (nick === undefined || user === undefined) continue;
    read = index + nick.length;
    if (user !== writer && isJoined(room, user) && !found.has(user)) found.set(user, { nick, user });
    if (found.size === MOST) break;
  }
  return [...found.values()];
}

/** Lines that quote, blocks of code and code within a line call nobody (XEP-0393 §5.1). As long as it was. */
function withoutQuotes(text: string): string {
  const blank = (part: string): string => ' '.repeat(part.length);
  let isCode = false;
  return text
    .split('\n')
    .map((line) => {
      const isFence = line.startsWith('```');
      if (isFence) isCode = !isCode;
      return isFence || isCode || line.startsWith('>') ? blank(line) : line.replace(/`[^`]+`/g, blank);
    })
    .join('\n');
}

/** The longest nick that a place in a text begins with. */
function nickAt(text: string, at: number, room: MatrixRoom): string | undefined {
  const [line = ''] = text.slice(at, at + LONGEST).split('\n', 1);
  const words = line.split(' ', WORDS);
  for (let count = words.length; count > 0; count--) {
    const whole = words.slice(0, count).join(' ');
    const nick = [whole, whole.replace(BEHIND, '')].find((one) => one !== '' && isCalled(one, text, at, room));
    if (nick !== undefined) return nick;
  }
  return undefined;
}

function isCalled(nick: string, text: string, at: number, room: MatrixRoom): boolean {
  const user = userOf(room, nick);
  if (user === undefined) return false;
  if (nick.length >= SHORTEST && nickOf(room, user) === nick) return true;
  return text[at - 1] === '@' || (at === 0 && /^[:,]/.test(text.slice(nick.length)));
}
