/**
 * Links to people in HTML, as clients write them for mentions (Appendices §4.3.4). No part of it can be read in two ways, so
 * that whoever writes what nearly is one costs no more time than others.
 */
const PILL =
  /<a\s(?:[^<>]*?\s)?href\s*=\s*["']https:\/\/matrix\.to\/#\/(@|%40)([^"'?<>]+)(?:\?[^"'<>]*)?["'][^<>]*>((?:[^<]|<(?!\/?a\b)){0,1000})<\/a>/gi;

/** HTML in which people stand as those names by which the room knows them. */
export function withoutPills(html: string, nickOf: (user: string) => string | undefined): string {
  return html.replace(PILL, (_whole, _sigil, rest: string, shown: string) => {
    const nick = nickOf(`@${decoded(rest)}`);
    return nick === undefined ? shown : escaped(nick);
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** Somebody who is mentioned: by which words, and who it is. */
export type Mentioned = { readonly nick: string; readonly user: string };

/** Tags, and what stands in links and code: nobody is linked to in there. */
const CLOSED = '<(a|code|pre)\\b[^>]*>.*?</\\1>|<[^>]*>';

/** HTML in which the first time that each nick stands as a word of its own is a link to who has it. */
export function withPills(html: string, mentioned: readonly Mentioned[]): string {
  if (mentioned.length === 0) return html;
  const users = new Map(mentioned.map(({ nick, user }) => [escaped(nick), user]));
  // The longest first: a nick may begin with another.
  const nicks = [...users.keys()].toSorted((a, b) => b.length - a.length).map(RegExp.escape);
  const words = new RegExp(`${CLOSED}|(?<![\\p{L}\\p{N}_])(?:${nicks.join('|')})(?![\\p{L}\\p{N}_])`, 'gsu');
  return html.replace(words, (found) => {
    const user = users.get(found);
    if (user === undefined || !users.delete(found)) return found;
    return `<a href="https://matrix.to/#/${encodeURIComponent(user)}">${found}</a>`;
  });
}
