import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a stanza is read as, an event is written as, a request is answered with (`ask`), or what an extension's own function
 * makes of what it is given (`call`). Files hold them one after another: `# title`, `read` or `ask` with XML, `write` with
 * JSON or `call` with a name and JSON, and `as` with what comes of it; `holds` instead where the answer has more; `with` says in JSON what is known from then on. Lines that are indented go on.
 */
export type Pair = {
  readonly title: string;
  readonly does: (typeof DOES)[number];
  readonly given: string;
  readonly wanted: string;
  /** The answer may have more. */
  readonly part: boolean;
  /** What is known when a request comes. */
  readonly known: Readonly<Record<string, unknown>>;
};

const DOES = ['read', 'write', 'ask', 'call'] as const;

const FOLDER = join(import.meta.dirname, 'pairs');

/** All pairs by the file that they are in. */
export const pairFiles: readonly { readonly file: string; readonly pairs: readonly Pair[] }[] = readdirSync(FOLDER)
  .sort()
  .map((file) => ({ file, pairs: pairsIn(readFileSync(join(FOLDER, file), 'utf8')) }));

function pairsIn(text: string): Pair[] {
  const pairs: Pair[] = [];
  let title = '';
  let known: Pair['known'] = {};
  let open: Omit<Pair, 'wanted' | 'title' | 'known' | 'part'> | undefined;
  for (const part of text.split(/\n(?=\S)/)) {
    const [, word = '', rest = ''] = /^(\S+)\s+([\s\S]*)$/.exec(part.trim().replace(/\n\s*/g, '')) ?? [];
    if (word === '#') title = rest.replace(/\s{2,}/g, '   ');
    else if (word === 'with') known = JSON.parse(rest);
    else if (isDone(word)) open = { does: word, given: rest };
    else if ((word === 'as' || word === 'holds') && open) {
      pairs.push({ ...open, title, known, wanted: rest, part: word === 'holds' });
      open = undefined;
    } else if (word !== '') throw new Error(`no line of a pair: ${part}`);
  }
  if (open) throw new Error(`nothing is said of ${open.given}`);
  return pairs;
}

function isDone(word: string): word is Pair['does'] {
  return DOES.some((one) => one === word);
}
