/** What both load servers read with: text is searched, never parsed, so that it is not the generator that is measured. */

/** The value of an attribute in a start tag, in either kind of quotes, not unescaped; `''` where it is absent. */
export function attribute(stanza: string, name: string): string {
  const at = stanza.indexOf(` ${name}=`);
  if (at < 0) return '';
  const from = at + name.length + 3;
  return stanza.slice(from, stanza.indexOf(stanza.charAt(from - 1), from));
}

/** The number that the text holds from a position on, or -1. */
export function numberAt(text: string, from: number): number {
  let value = -1;
  for (let at = from; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) break;
    value = Math.max(value, 0) * 10 + digit;
  }
  return value;
}

/** The number right behind the first occurrence of a mark, or -1. */
export function numberAfter(text: string, mark: string): number {
  const at = text.indexOf(mark);
  return at < 0 ? -1 : numberAt(text, at + mark.length);
}
