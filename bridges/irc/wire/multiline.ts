// https://ircv3.net/specs/extensions/multiline

import { utf8Length } from '#src/model/text.ts';
import { line as makeLine } from './line.ts';
import { tagged } from './tags.ts';

/** What one message of several lines may have, in bytes of text and in lines. */
export type Multiline = { readonly bytes: number; readonly lines: number };

/** What is taken in any case: less is no use. */
const LEAST = 512;
const LINES = 100;

/** What a server takes; nothing where it has no such messages. */
export function multilineOf(caps: ReadonlyMap<string, string>): Multiline | undefined {
  const value = caps.get('draft/multiline');
  if (value === undefined || !caps.has('batch')) return undefined;
  const parts = new Map(value.split(',').map((one) => [one.split('=')[0], Number(one.split('=')[1])]));
  const bytes = parts.get('max-bytes') ?? 0;
  const lines = parts.get('max-lines') ?? LINES;
  return Number.isInteger(bytes) && bytes >= LEAST && Number.isInteger(lines) && lines > 1
    ? { bytes, lines }
    : undefined;
}

type Part = { readonly text: string; readonly goesOn: boolean };
type Message = {
  readonly command: string;
  readonly to: string;
  /** Bytes that one line may have. */
  readonly size: number;
  readonly most: Multiline;
  readonly tags: Readonly<Record<string, string>>;
};

/** A text of several lines, or one that no line holds, as batches; `undefined` for one that a line holds. Pure. */
export function multiline(text: string, { command, to, size, most, tags }: Message): string[] | undefined {
  const parts = text.split('\n').flatMap((row) => partsOf(row, size));
  if (parts.length < 2) return undefined;
  const groups: Part[][] = [];
  for (let at = 0; at < parts.length; at += most.lines) groups.push(parts.slice(at, at + most.lines));
  return groups.flatMap((group, index) => {
    const name = `m${index}`;
    const inner = group.map(({ text: part, goesOn }, place) =>
      tagged(makeLine(command, [to], part), {
        batch: name,
        ...(goesOn && place > 0 && { 'draft/multiline-concat': '' }),
      }),
    );
    const head = makeLine('BATCH', [`+${name}`, 'draft/multiline', to]);
    return [index === 0 ? tagged(head, tags) : head, ...inner, makeLine('BATCH', [`-${name}`])];
  });
}

function partsOf(row: string, size: number): Part[] {
  const parts: Part[] = [];
  let text = '';
  let length = 0;
  for (const { segment } of graphemes.segment(row)) {
    const more = utf8Length(segment);
    if (length + more > size && text !== '') {
      parts.push({ text, goesOn: parts.length > 0 });
      [text, length] = ['', 0];
    }
    text += segment;
    length += more;
  }
  return [...parts, { text, goesOn: parts.length > 0 }];
}

const graphemes = new Intl.Segmenter();
