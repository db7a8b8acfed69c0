import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a stanza is read as, or an event is written as. Files hold them one after another: `# title`, `read` with XML or
 * `write` with JSON, and `as` with the other; lines that are indented go on.
 */
export type Pair = {
  readonly title: string;
  readonly does: 'read' | 'write';
  readonly given: string;
  readonly wanted: string;
};

const FOLDER = join(import.meta.dirname, 'pairs');

/** All pairs by the file that they are in. */
export const pairFiles: readonly { readonly file: string; readonly pairs: readonly Pair[] }[] = readdirSync(FOLDER)
  .sort()
  .map((file) => ({ file, pairs: pairsIn(readFileSync(join(FOLDER, file), 'utf8')) }));

function pairsIn(text: string): Pair[] {
  const pairs: Pair[] = [];
  let title = '';
  let open: Omit<Pair, 'wanted' | 'title'> | undefined;
  for (const part of text.split(/\n(?=\S)/)) {
    const [, word = '', rest = ''] = /^(\S+)\s+([\s\S]*)$/.exec(part.trim().replace(/\n\s*/g, '')) ?? [];
    if (word === '#') title = rest.replace(/\s{2,}/g, '   ');
    else if (word === 'read' || word === 'write') open = { does: word, given: rest };
    else if (word === 'as' && open) {
      pairs.push({ ...open, title, wanted: rest });
      open = undefined;
    } else if (word !== '') throw new Error(`neither read, write nor as: ${part}`);
  }
  if (open) throw new Error(`nothing is said of ${open.given}`);
  return pairs;
}
