import type { Fallback } from '#src/xmpp/xep/extension.ts';
import { fallbackElement } from '#src/xmpp/xep/fallback.ts';
import { characterCount } from './text-changes.ts';
import { type Xml, xml } from './xml.ts';

/**
 * The body of a message with the words that stand for some of its elements, and where those are (XEP-0428). Without
 * words of its own all of it stands for an element.
 */
export function bodyElements(text: string | undefined, fallbacks: readonly Fallback[], lang?: string): readonly Xml[] {
  const before = fallbacks.filter(({ at }) => at === 'start');
  const after = fallbacks.filter(({ at }) => at === 'end');
  let body = '';
  let length = 0;
  const marked: Xml[] = [];
  const add = (piece: string): number => {
    body += piece;
    return (length += characterCount(piece));
  };
  const mark = ({ of, text: words }: Fallback): void => {
    const start = length;
    marked.push(fallbackElement(of, { start, end: add(words) }));
  };
  for (const one of before) mark(one);
  if (text) add(text);
  for (const one of after) mark(one);
  if (!text && fallbacks.length === 1)
    return [bodyElement(body, lang), ...fallbacks.map(({ of }) => fallbackElement(of))];
  return [bodyElement(body, lang), ...marked];
}

/** Characters of a body that stand before the text itself. */
export const lengthBefore = (fallbacks: readonly Fallback[]): number =>
  fallbacks.reduce((sum, { at, text }) => (at === 'start' ? sum + characterCount(text) : sum), 0);

/** RFC 6121 §5.2.3 */
export const bodyElement = (text: string, lang?: string): Xml =>
  lang === undefined ? xml`<body>${text}</body>` : xml`<body xml:lang='${lang}'>${text}</body>`;
