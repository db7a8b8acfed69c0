import type { Block, Styled } from './styling.ts';
import { formatStyling, parseStyling } from './styling-xep0393.ts';

/** Reads a text in which every character is itself. */
export const parsePlain = (text: string): Styled =>
  text.split('\n').map((line): Block => ({ kind: 'line', runs: [{ text: line, marks: new Set() }] }));

/**
 * Writes a text for readers to whom no sign means more than itself: asterisks, underscores and tildes around words say
 * what is meant; backticks and the fences of code say nothing, and go.
 */
export const formatPlain = (styled: Styled): string => formatStyling(styled.map(withoutMonospace));

function withoutMonospace(block: Block): Block {
  if (block.kind === 'quote') return { ...block, blocks: block.blocks.map(withoutMonospace) };
  if (block.kind === 'pre') return { kind: 'line', runs: [{ text: block.text, marks: new Set() }] };
  const runs = block.runs.map(({ marks, ...run }) => {
    const left = new Set(marks);
    left.delete('monospace');
    return { ...run, marks: left };
  });
  return { kind: 'line', runs };
}

/** Each line of a fenced block as a span of its own, for networks on which each line is a message. */
export const fencesAsSpans = (body: string): string =>
  body.includes('```') ? formatStyling(parseStyling(body).map(spanned)) : body;

function spanned(block: Block): Block {
  if (block.kind === 'quote') return { ...block, blocks: block.blocks.map(spanned) };
  if (block.kind !== 'pre') return block;
  return { kind: 'line', runs: [{ text: block.text.split('\n').map(asSpan).join('\n'), marks: new Set() }] };
}

function asSpan(line: string): string {
  const code = line.trim();
  return code === '' || code.includes('`') ? line : line.replace(code, () => `\`${code}\``);
}
