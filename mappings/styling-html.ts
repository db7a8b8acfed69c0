import { xmlChars } from '#src/model/text.ts';
import { type Block, joinRuns, MARKS, type Mark, QUOTE_DEPTH, type Run, type Styled } from './styling.ts';

/** The elements that mean a look. Everything that is not named in this file is left out, its words stay. */
const LOOKS: Readonly<Record<string, Mark>> = {
  b: 'bold',
  strong: 'bold',
  h1: 'bold',
  h2: 'bold',
  h3: 'bold',
  h4: 'bold',
  h5: 'bold',
  h6: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'italic',
  s: 'strike',
  del: 'strike',
  strike: 'strike',
  code: 'monospace',
  tt: 'monospace',
};
const TAGS: Readonly<Record<Mark, string>> = { bold: 'strong', italic: 'em', strike: 'del', monospace: 'code' };
/** Elements that stand on lines of their own. */
const LINES = new Set('p div h1 h2 h3 h4 h5 h6 ul ol li table tr section article header footer'.split(' '));
/** Elements whose words are not for readers. */
const UNSEEN = new Set('script style head title template iframe object svg math textarea select mx-reply'.split(' '));
/** What a link may lead to: nothing that runs in the reader's client. */
const ADDRESS = /^(?:https?|mailto|xmpp|geo|tel|sms|ircs?|matrix):/i;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Character references (HTML §13.5), as far as the ASCII characters and numbers go; others stay as they are. */
function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{1,8}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? whole) : whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0x10ffff ? '' : xmlChars(String.fromCodePoint(code));
  });
}

const escaped = (text: string): string => xmlChars(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

type Tag = { readonly name: string; readonly closes: boolean; readonly attributes: string };

/** What is open while HTML is read. */
type Reading = {
  readonly quotes: Block[][];
  runs: Run[];
  readonly looks: Map<Mark, number>;
  link: string | undefined;
  unseen: string | undefined;
  pre: string | undefined;
};

/** Reads HTML. Never throws; what is not closed ends with the text. */
export function parseHtml(html: string): Styled {
  const reading: Reading = {
    quotes: [[]],
    runs: [],
    looks: new Map(),
    link: undefined,
    unseen: undefined,
    pre: undefined,
  };
  for (const [token] of html.matchAll(/<!--[\s\S]*?(?:-->|$)|<\/?[a-z][^>]*>?|<|[^<]+/gi)) {
    const tag = /^<(\/?)([a-z][a-z0-9-]*)([^>]*)>?$/i.exec(token);
    if (tag) readTag(reading, { closes: tag[1] === '/', name: (tag[2] ?? '').toLowerCase(), attributes: tag[3] ?? '' });
    else if (!token.startsWith('<!--')) readText(reading, token);
  }
  endPre(reading);
  endLine(reading);
  while (reading.quotes.length > 1) endQuote(reading);
  return reading.quotes[0] ?? [];
}

function readText(reading: Reading, token: string): void {
  if (reading.unseen !== undefined) return;
  if (reading.pre !== undefined) reading.pre += decoded(token);
  else {
    const text = token.replace(/[ \t\r\n\f]+/g, ' ');
    const open = reading.runs.at(-1);
    // Spaces at the beginning of a line and after another space are layout.
    const shown = open === undefined || open.text.endsWith(' ') ? text.replace(/^ /, '') : text;
    const marks = new Set(MARKS.filter((mark) => (reading.looks.get(mark) ?? 0) > 0));
    const { link } = reading;
    // A reference may bring a line break of its own.
    const words = decoded(shown).replace(/[\r\n]+/g, ' ');
    if (words !== '') reading.runs.push(link === undefined ? { text: words, marks } : { text: words, marks, link });
  }
}

function readTag(reading: Reading, tag: Tag): void {
  const { name, closes } = tag;
  if (reading.unseen !== undefined || UNSEEN.has(name)) readUnseen(reading, tag);
  else if (reading.pre !== undefined) readInPre(reading, tag);
  else if (name === 'a') reading.link = closes ? undefined : addressOf(tag.attributes);
  else if (name === 'br') breakLine(reading);
  else if (name === 'pre' || name === 'blockquote') readBlock(reading, tag);
  else readLook(reading, tag);
}

function readUnseen(reading: Reading, { name, closes }: Tag): void {
  if (reading.unseen === undefined) reading.unseen = closes ? undefined : name;
  else if (closes && name === reading.unseen) reading.unseen = undefined;
}

function readInPre(reading: Reading, { name, closes }: Tag): void {
  if (name === 'br') reading.pre += '\n';
  if (name === 'pre' && closes) endPre(reading);
}

function readLook(reading: Reading, { name, closes }: Tag): void {
  if (LINES.has(name)) endLine(reading);
  if (name === 'li' && !closes) reading.runs.push({ text: '• ', marks: new Set() });
  const look = Object.hasOwn(LOOKS, name) ? LOOKS[name] : undefined;
  if (look) reading.looks.set(look, Math.max(0, (reading.looks.get(look) ?? 0) + (closes ? -1 : 1)));
}

function readBlock(reading: Reading, { name, closes }: Tag): void {
  endLine(reading);
  if (name === 'pre') {
    if (!closes) reading.pre = '';
  } else if (closes) endQuote(reading);
  else if (reading.quotes.length <= QUOTE_DEPTH) reading.quotes.push([]);
}

function addressOf(attributes: string): string | undefined {
  const found = /(?:^|\s)href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i.exec(attributes);
  const address = decoded(found?.[1] ?? found?.[2] ?? found?.[3] ?? '').trim();
  return ADDRESS.test(address) && !/[\s\p{Cc}]/u.test(address) ? address : undefined;
}

/** Ends the line even where it is empty. */
function breakLine(reading: Reading): void {
  reading.quotes.at(-1)?.push({ kind: 'line', runs: joinRuns(reading.runs) });
  reading.runs = [];
}

function endLine(reading: Reading): void {
  if (reading.runs.some(({ text }) => text !== '')) breakLine(reading);
  reading.runs = [];
}

function endPre(reading: Reading): void {
  // HTML §13.1.2.5: a line break right after the tag does not count.
  if (reading.pre !== undefined)
    reading.quotes.at(-1)?.push({ kind: 'pre', text: reading.pre.replace(/\r\n?/g, '\n').replace(/^\n|\n$/g, '') });
  reading.pre = undefined;
}

function endQuote(reading: Reading): void {
  endLine(reading);
  if (reading.quotes.length < 2) return;
  const blocks = reading.quotes.pop() ?? [];
  if (blocks.length > 0) reading.quotes.at(-1)?.push({ kind: 'quote', blocks });
}

/** Writes HTML of a few elements without attributes but `href`; everything else is escaped. */
export const formatHtml = (styled: Styled): string => styled.map(htmlBlock).join('');

function htmlBlock(block: Block, index: number, all: Styled): string {
  if (block.kind === 'pre') return `<pre>\n${escaped(block.text)}\n</pre>`;
  if (block.kind === 'quote') return `<blockquote>${formatHtml(block.blocks)}</blockquote>`;
  const next = all[index + 1];
  // An empty line needs the break to be seen at all.
  const ends = next?.kind === 'line' || (block.runs.length === 0 && next !== undefined);
  return `${block.runs.map((run, at) => htmlRun(run, stands(block.runs, at))).join('')}${ends ? '<br>' : ''}`;
}

/** Whether a run stands at the beginning of its line, or behind a space, and whether at its end. */
const stands = (runs: readonly Run[], at: number): { readonly behind: boolean; readonly last: boolean } => ({
  behind: /(?:^| )$/.test(runs[at - 1]?.text ?? ''),
  last: at === runs.length - 1,
});

function htmlRun({ text, marks, link }: Run, { behind, last }: ReturnType<typeof stands>): string {
  // Readers fold spaces: those that count are written so that they stay, and no others, for a line is not broken at them.
  const words = escaped(text)
    .replace(/\t/g, '&#9;')
    .replace(/ (?= )/g, '&nbsp;')
    .replace(behind ? /^ / : /(?!)/, '&nbsp;')
    .replace(last ? / $/ : /(?!)/, '&nbsp;');
  const tags = MARKS.filter((mark) => marks.has(mark)).map((mark) => TAGS[mark]);
  const inside = tags.reduceRight((html, tag) => `<${tag}>${html}</${tag}>`, words);
  return link !== undefined && ADDRESS.test(link) ? `<a href="${escaped(link)}">${inside}</a>` : inside;
}
