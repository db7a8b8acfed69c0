// Formatting on IRC as modern.ircdocs.horse/formatting describes it.
import { type Block, joinRuns, MARKS, type Mark, type Run, type Styled, withAddress } from './styling.ts';

const BOLD = '\u0002';
const ITALIC = '\u001d';
const STRIKE = '\u001e';
const MONOSPACE = '\u0011';
const RESET = '\u000f';

/** What a code switches. An underline is shown as emphasis, which is what it is for. */
const SWITCHES: Readonly<Record<string, Mark | 'underline'>> = {
  [BOLD]: 'bold',
  [ITALIC]: 'italic',
  '\u001f': 'underline',
  [STRIKE]: 'strike',
  [MONOSPACE]: 'monospace',
};
const CODES: Readonly<Record<Mark, string>> = { bold: BOLD, italic: ITALIC, strike: STRIKE, monospace: MONOSPACE };

/** Colours with their arguments, reverse and reset, switches, and every other control character but the tab. */
const TOKEN =
  /\u0003(?:\d{1,2}(?:,\d{1,2})?)?|\u0004(?:[0-9a-f]{6}(?:,[0-9a-f]{6})?)?|[\u0000-\u0008\u000a-\u001f\u007f]/gi;

/** Reads a text with codes. Colours and reverse are dropped, a tab becomes a space, no other control is left. */
export const parseCodes = (text: string): Styled =>
  text.split(/\r\n|\r|\n/).map((line): Block => ({ kind: 'line', runs: lineRuns(line) }));

function lineRuns(line: string): readonly Run[] {
  const on = new Set<Mark | 'underline'>();
  const runs: Run[] = [];
  let at = 0;
  const take = (end: number): void => {
    runs.push({ text: line.slice(at, end).replaceAll('\t', ' '), marks: marksOf(on) });
  };
  for (const { 0: code, index } of line.matchAll(TOKEN)) {
    take(index);
    at = index + code.length;
    const mark = Object.hasOwn(SWITCHES, code) ? SWITCHES[code] : undefined;
    if (code === RESET) on.clear();
    else if (mark !== undefined && !on.delete(mark)) on.add(mark);
  }
  take(line.length);
  return joinRuns(runs);
}

const marksOf = (on: ReadonlySet<Mark | 'underline'>): ReadonlySet<Mark> =>
  new Set(MARKS.filter((mark) => on.has(mark) || (mark === 'italic' && on.has('underline'))));

const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f]/g;
const cleared = (text: string): string => text.replaceAll('\t', ' ').replace(CONTROLS, '');

/** Writes a text with codes. Every line begins without any and ends with all of them off. */
export const formatCodes = (styled: Styled): string => styled.flatMap(codeLines).join('\n');

function codeLines(block: Block): string[] {
  if (block.kind === 'line') return [codeLine(block.runs)];
  if (block.kind === 'quote') return block.blocks.flatMap(codeLines).map((line) => `> ${line}`);
  const marks: ReadonlySet<Mark> = new Set(['monospace']);
  return block.text.split('\n').map((text) => codeLine([{ text, marks }]));
}

function codeLine(runs: readonly Run[]): string {
  return runs
    .map((run) => {
      const text = cleared(withAddress(run));
      const codes =
        text === ''
          ? ''
          : MARKS.filter((mark) => run.marks.has(mark))
              .map((mark) => CODES[mark])
              .join('');
      return codes + text + [...codes].toReversed().join('');
    })
    .join('');
}
