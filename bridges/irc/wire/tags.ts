// https://ircv3.net/specs/extensions/message-tags

/** Bytes of tags that a client may send, with the `@` and the space. */
const LIMIT = 4094;

const ESCAPED: Readonly<Record<string, string>> = { ';': '\\:', ' ': '\\s', '\\': '\\\\', '\r': '\\r', '\n': '\\n' };

/** A line with tags before it. One that would be too long is left without: what they say is never the whole of a message. Pure. */
export function tagged(line: string, tags: Readonly<Record<string, string>>): string {
  const written = Object.entries(tags).map(([name, value]) => (value === '' ? name : `${name}=${escaped(value)}`));
  const head = `@${written.join(';')} `;
  return written.length === 0 || Buffer.byteLength(head) > LIMIT ? line : head + line;
}

/** A line, which may have tags, with the label by which it is answered (https://ircv3.net/specs/extensions/labeled-response). Pure. */
export const withLabel = (line: string, label: string): string =>
  line.startsWith('@') ? `@label=${label};${line.slice(1)}` : `@label=${label} ${line}`;

const escaped = (value: string): string =>
  value.replaceAll('\0', '').replace(/[; \\\r\n]/g, (char) => ESCAPED[char] ?? char);

/** What the tags of clients are called: the names that they are to have, and those that they have meanwhile. */
export const TYPING = ['+typing', '+draft/typing'] as const;
export const REPLY = ['+draft/reply', '+reply'] as const;
export const REACT = ['+draft/react', '+react'] as const;
export const UNREACT = ['+draft/unreact', '+unreact'] as const;

/** The value of a tag under the first of its names that is there. */
export function tag(tags: Readonly<Record<string, string>>, names: readonly string[]): string | undefined {
  for (const name of names) if (Object.hasOwn(tags, name)) return tags[name];
  return undefined;
}
