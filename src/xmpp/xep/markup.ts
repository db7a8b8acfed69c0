// XEP-0394: Message Markup, version 0.3.0.
import type { Element } from 'ltx';
import type { TextChange } from '#src/xmpp/stanza/text-changes.ts';
import { elements } from './elements.ts';
import type { Extension } from './extension.ts';

const MARKUP = 'urn:xmpp:markup:0';

/** §4.1 as XEP-0393 §5.2 writes it. */
const DIRECTIVES: Readonly<Record<string, string>> = { strong: '*', emphasis: '_', deleted: '~', code: '`' };

/** Only read: everybody shows the styling of XEP-0393, or its characters. */
export const markup: Extension = {
  xep: { number: '0394', title: 'Message Markup', version: '0.3.0', part: 'read, as message styling' },
  reads: {
    [`${MARKUP} markup`](child, reading, { body, changes }) {
      const characters = [...body];
      for (const one of elements(child)) changes.push(...changesFor(one, characters));
      return reading;
    },
  },
};

function changesFor(element: Element, text: readonly string[]): readonly TextChange[] {
  const start = Number(element.attrs.start);
  const end = Math.min(Number(element.attrs.end), text.length);
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || start >= end) return [];
  switch (element.getName()) {
    case 'span':
      return spanned(element, { start, end }, text);
    // §4.2, §4.4
    case 'bcode':
      return around({ start, end }, '```\n', '\n```');
    case 'bquote':
      return quoted({ start, end }, text);
    default:
      return [];
  }
}

type Range = { readonly start: number; readonly end: number };

const around = ({ start, end }: Range, before: string, after: string): readonly TextChange[] => [
  { start, end: start, text: before },
  { start: end, end, text: after },
];

/** XEP-0393 §5.2: a span begins and ends with a character that is no space, and lies within one line. */
function spanned(element: Element, { start, end }: Range, text: readonly string[]): readonly TextChange[] {
  const inside = text.slice(start, end);
  const [first = '', last = ''] = [inside.at(0), inside.at(-1)];
  if (inside.includes('\n') || first.trim() === '' || last.trim() === '') return [];
  const signs = elements(element).flatMap((one) => DIRECTIVES[one.getName()] ?? []);
  return around({ start, end }, signs.join(''), signs.toReversed().join(''));
}

/** XEP-0393 §5.1.3 */
function quoted({ start, end }: Range, text: readonly string[]): readonly TextChange[] {
  const lines = text.flatMap((character, at) => (character === '\n' && at >= start && at < end - 1 ? [at + 1] : []));
  return [start, ...lines].map((at) => ({ start: at, end: at, text: '> ' }));
}
