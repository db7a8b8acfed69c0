// XEP-0393: Message Styling, version 1.1.1.
import {
  type Block,
  joinRuns,
  type Mark,
  QUOTE_DEPTH,
  type Run,
  runsText,
  type Styled,
  withAddress,
} from './styling.ts';

const DIRECTIVES: Readonly<Record<string, Mark>> = { '*': 'bold', _: 'italic', '~': 'strike', '`': 'monospace' };
const SIGNS = new Map(Object.entries(DIRECTIVES).map(([sign, mark]) => [mark, sign]));

/** Reads a body. Every text is a styled text; what is no directive is itself. */
export const parseStyling = (body: string): Styled => blocksOf(body.split('\n'), 0);

function blocksOf(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    if (line.startsWith('```')) {
      const { text, end } = fenced(lines, at);
      blocks.push({ kind: 'pre', text });
      at = end;
    } else if (line.startsWith('>') && depth < QUOTE_DEPTH) {
      // XEP-0393 §5.1.3: the sign and the spaces after it do not belong to what is quoted.
      const inside: string[] = [];
      for (; lines[at]?.startsWith('>'); at++) inside.push((lines[at] ?? '').slice(1).trimStart());
      blocks.push({ kind: 'quote', blocks: blocksOf(inside, depth + 1) });
    } else {
      blocks.push({ kind: 'line', runs: joinRuns(spansOf(line, new Set())) });
      at += 1;
    }
  }
  return blocks;
}

/**
 * XEP-0393 §5.1.2: up to a line of three backticks alone, or to the end of the parent. A word after the first ones names
 * a language; more than that is what people write who open and close a block on one line.
 */
function fenced(lines: readonly string[], at: number): { readonly text: string; readonly end: number } {
  const [, first = '', closed] = /^```(.*?)(```)?$/.exec(lines[at] ?? '') ?? [];
  if (closed !== undefined) return { text: first, end: at + 1 };
  const end = lines.indexOf('```', at + 1);
  const inside = lines.slice(at + 1, end < 0 ? undefined : end);
  const text = [...(/\s/.test(first.trim()) ? [first] : []), ...inside].join('\n');
  return { text, end: end < 0 ? lines.length : end + 1 };
}

/** XEP-0393 §5.2: spans are found from the beginning, each as short as it can be, and none reaches out of its parent. */
function spansOf(text: string, marks: ReadonlySet<Mark>): Run[] {
  const runs: Run[] = [];
  const hopeless = new Set<string>();
  let plain = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    const mark = Object.hasOwn(DIRECTIVES, sign) ? DIRECTIVES[sign] : undefined;
    if (!mark || hopeless.has(sign) || !opens(text, at)) continue;
    const end = closing(text, at);
    if (end < 0) {
      hopeless.add(sign);
      continue;
    }
    const inside = text.slice(at + 1, end);
    const inner = new Set([...marks, mark]);
    runs.push({ text: text.slice(plain, at), marks });
    runs.push(...(mark === 'monospace' ? [{ text: inside, marks: inner }] : spansOf(inside, inner)));
    at = end;
    plain = end + 1;
  }
  return [...runs, { text: text.slice(plain), marks }];
}

/** Begins its parent or follows whitespace or a different directive, and no whitespace follows it. */
function opens(text: string, at: number): boolean {
  const before = text.charAt(at - 1);
  const led = at === 0 || /\s/.test(before) || (Object.hasOwn(DIRECTIVES, before) && before !== text.charAt(at));
  return led && /\S/.test(text.charAt(at + 1));
}

function closing(text: string, at: number): number {
  const sign = text.charAt(at);
  let end = text.indexOf(sign, at + 2);
  while (end >= 0 && /\s/.test(text.charAt(end - 1))) end = text.indexOf(sign, end + 1);
  return end;
}

/** Writes a body. A look that the directives cannot express at its place is left out, words never are. */
export function formatStyling(styled: Styled): string {
  return styled.map(formatBlock).join('\n');
}

function formatBlock(block: Block): string {
  if (block.kind === 'line') return formatLine(block.runs);
  if (block.kind === 'quote') return quote(formatStyling(block.blocks));
  // A fence inside would end the block.
  return block.text.split('\n').includes('```') ? block.text : `\`\`\`\n${block.text}\n\`\`\``;
}

const quote = (text: string): string =>
  text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');

/** The line with all directives that are read as they are meant: every one, else those that are beyond doubt, else none. */
function formatLine(runs: readonly Run[]): string {
  const plain = runs.map(withAddress).join('');
  if (runs.every(({ marks }) => marks.size === 0)) return plain;
  const every = runs.map((run) => wrapped(run)).join('');
  const clear = runs.reduce((line, run) => line + (isClear(run, line) ? wrapped(run) : withAddress(run)), '');
  return [every, clear].find((line) => readsAs(line, plain)) ?? plain;
}

function readsAs(line: string, plain: string): boolean {
  const [block, ...more] = parseStyling(line);
  return block?.kind === 'line' && more.length === 0 && runsText(block.runs) === plain;
}

/** A run between its directives, with the spaces around it left outside. */
function wrapped(run: Run): string {
  const text = withAddress(run);
  const words = text.trim();
  if (words === '') return text;
  const start = text.indexOf(words);
  const signs = [...SIGNS].flatMap(([mark, sign]) => (run.marks.has(mark) ? [sign] : []));
  return `${text.slice(0, start)}${signs.join('')}${words}${signs.toReversed().join('')}${text.slice(start + words.length)}`;
}

/** Whether a run begins at a word, after the line so far, and has no sign inside that could end it. */
function isClear(run: Run, before: string): boolean {
  const text = withAddress(run);
  return /(?:^|\s)$/.test(before + (/^\s*/.exec(text)?.[0] ?? '')) && !/[*_~`]/.test(text);
}
