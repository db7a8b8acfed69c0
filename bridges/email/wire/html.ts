import { compile } from 'html-to-text';

/** Deeper nodes of a page are nothing that a person has written. */
const DEEPEST = 300;
const LONGEST_PAGE = 2_000_000;

/** Quotes as programs mark them. Other ones only indent what the writer says. */
const QUOTES = [
  'blockquote[type="cite"]',
  'blockquote[cite]',
  'blockquote.gmail_quote',
  'blockquote.protonmail_quote',
  'blockquote.tutanota_quote',
  'blockquote.zmail_extra',
  'div.yahoo_quoted',
];

const options = {
  wordwrap: false as const,
  limits: { maxDepth: DEEPEST, maxInputLength: LONGEST_PAGE, ellipsis: '…' },
  formatters: {
    /** An emoji that a program has made a picture. */
    picture: (
      elem: { attribs?: Record<string, string> },
      _walk: unknown,
      builder: { addInline(text: string): void },
    ) => {
      const alt = elem.attribs?.alt ?? '';
      if (/^\p{Extended_Pictographic}(?:\p{Emoji}|\u200d|\ufe0f)*$/u.test(alt)) builder.addInline(alt);
    },
    /** Cells of one row are apart. */
    cell: (
      elem: { children: unknown },
      walk: (nodes: unknown, builder: object) => void,
      builder: { addInline(text: string): void },
    ) => {
      walk(elem.children, builder);
      builder.addInline(' ');
    },
    rule: (
      _elem: unknown,
      _walk: unknown,
      builder: { openBlock(o: object): void; addLiteral(t: string): void; closeBlock(o: object): void },
    ) => {
      builder.openBlock({ leadingLineBreaks: 2 });
      builder.addLiteral('_'.repeat(32));
      builder.closeBlock({ trailingLineBreaks: 2 });
    },
  },
  selectors: [
    {
      selector: 'a',
      options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] as [string, string], noAnchorUrl: true },
    },
    { selector: 'a[href^="mailto:"]', format: 'anchor', options: { ignoreHref: true } },
    { selector: 'a[href^="tel:"]', format: 'anchor', options: { ignoreHref: true } },
    { selector: 'img', format: 'picture' },
    { selector: 'hr', format: 'rule' },
    { selector: 'td', format: 'cell' },
    { selector: 'th', format: 'cell' },
    { selector: 'tr', format: 'block', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
    { selector: 'head', format: 'skip' },
    { selector: 'style', format: 'skip' },
    { selector: 'script', format: 'skip' },
    { selector: 'title', format: 'skip' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    { selector: 'p', options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
    // Outlook writes each line as a paragraph of this class, and an empty one between two of them.
    { selector: 'p.MsoNormal', format: 'paragraph', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
    { selector: 'ul', options: { itemPrefix: '- ' } },
    { selector: 'blockquote', format: 'block', options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
    ...QUOTES.map((selector) => ({
      selector,
      format: 'blockquote',
      options: { leadingLineBreaks: 1, trailingLineBreaks: 1 },
    })),
  ],
};

const convert = compile(options);

/** Elements that have no end, or whose end may be left out. */
const OPEN =
  /^(?:area|base|br|col|dd|dt|hr|img|input|li|link|meta|option|p|param|source|tbody|td|tfoot|th|thead|tr|wbr)$/i;

/** A page up to where its elements stand deeper in each other than any reader would follow: to read on costs more and more. */
function shallow(html: string): string {
  let depth = 0;
  for (const { 1: end, 2: name = '', index } of html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)) {
    if (OPEN.test(name)) continue;
    depth = end === '' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > 3 * DEEPEST) return html.slice(0, index);
  }
  return html;
}

/** The text of a page, with what it quotes behind `>`. Never throws. */
export function htmlToText(html: string): string {
  try {
    return convert(shallow(html)).replace(/\u00a0/g, ' ');
  } catch {
    return html.slice(0, LONGEST_PAGE).replace(/<[^<>]{0,10000}>/g, ' ');
  }
}
