import { open } from 'node:fs/promises';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { fileTrouble } from '#src/model/secret.ts';

export type Path = readonly PropertyKey[];

/** Something that the operator has to put right, in a sentence that follows its path. */
export type Finding = { readonly path: Path; readonly text: string; readonly line?: number };

/** A config file as read: its value, where each key stands, and what YAML alone shows to be wrong. */
export type Source = {
  /** Absent when the file as a whole is unusable. */
  readonly value?: Readonly<Record<string, unknown>>;
  readonly findings: readonly Finding[];
  /** The line of the deepest key on the path that the file has, counted from 1. */
  line(path: Path): number;
};

const MOST_BYTES = 1024 * 1024;
/** A broken bracket makes a parser stumble over all that follows: the first troubles are the telling ones. */
const MOST_SYNTAX = 10;

/** The path of findings about the file as a whole. */
export const WHOLE: Path = ['(file)'];

const TOO_DEEP = 'is nested too deeply';

const NO_SOURCE: Omit<Source, 'findings'> = { line: () => 1 };

/** Reads a YAML file of at most 1 MiB. Never rejects for what the operator can put right. */
export async function readSource(file: string): Promise<Source> {
  try {
    return parseSource(await readText(file));
  } catch (error) {
    if (error instanceof TypeError) return broken('is not valid UTF-8 text');
    return broken(`cannot be read: ${fileTrouble(error)}`);
  }
}

async function readText(file: string): Promise<string> {
  await using handle = await open(file, 'r');
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of handle.createReadStream({ end: MOST_BYTES, autoClose: false })) {
    parts.push(part);
    size += part.length;
  }
  if (size > MOST_BYTES) throw new Error('it is larger than 1 MiB');
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
}

function broken(text: string): Source {
  return { ...NO_SOURCE, findings: [{ path: WHOLE, text, line: 1 }] };
}

/** Reads YAML text. */
export function parseSource(text: string): Source {
  try {
    return sourceOf(text);
  } catch (error) {
    // The parser goes down one call per level of nesting, and so does the conversion.
    if (error instanceof RangeError) return broken(TOO_DEEP);
    throw error;
  }
}

function sourceOf(text: string): Source {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  const lineAt = (offset: number) => lines.linePos(offset).line || 1;
  if (doc.errors.some(({ message }) => /stack/i.test(message))) return broken(TOO_DEEP);
  const syntax = [...doc.errors, ...doc.warnings].slice(0, MOST_SYNTAX);
  if (syntax.length > 0) {
    return {
      ...NO_SOURCE,
      findings: syntax.map((error) => ({ path: WHOLE, text: sentence(error), line: lineAt(error.pos[0]) })),
    };
  }
  if (doc.contents === null) return broken('is empty');
  if (!isMap(doc.contents))
    return broken('must be a mapping of keys to values, such as "transports:" and what belongs to it');
  const value = toValue(doc, lineAt);
  if ('findings' in value) return { ...NO_SOURCE, findings: value.findings };
  return { value: value.value, findings: keyTroubles(doc.contents, lineAt), line: (path) => lineOf(doc, path, lineAt) };
}

const SYNTAX: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab is used for indentation; use spaces',
  BAD_INDENT: 'the indentation does not fit the lines above',
  MULTIPLE_DOCS: 'holds more than one document; "---" may stand once, at the top',
  MISSING_CHAR: 'a character is missing here, such as a closing quote, bracket or colon',
  TAG_RESOLVE_FAILED: 'tags such as "!name" are not known here',
  BLOCK_AS_IMPLICIT_KEY: 'a key and its value do not fit here; is there a colon too many, or are quotes missing?',
};

function sentence(error: YAMLError): string {
  return SYNTAX[error.code] ?? `is not valid YAML: ${error.message.split('\n', 1)[0]}`;
}

type LineAt = (offset: number) => number;
type Node = { range?: readonly [number, number, number] | null | undefined };

function toValue(doc: Document, lineAt: LineAt): { value: Record<string, unknown> } | { findings: Finding[] } {
  try {
    return { value: doc.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    // yaml throws a ReferenceError for an alias without an anchor and for too many of them.
    if (!(error instanceof ReferenceError)) throw error;
    let line = 1;
    visit(doc, {
      Alias(_, alias) {
        line = lineAt(alias.range?.[0] ?? 0);
        return visit.BREAK;
      },
    });
    return {
      findings: [{ path: WHOLE, text: 'uses aliases (*name) that cannot be followed, or far too many of them', line }],
    };
  }
}

/** Keys that are written twice, are no text, or would reach into the prototype of an object. */
function keyTroubles(node: unknown, lineAt: LineAt, path: Path = []): Finding[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => keyTroubles(item, lineAt, [...path, index]));
  if (!isMap(node)) return [];
  const first = new Map<string, number>();
  return node.items.flatMap(({ key, value }) => {
    const [name, line] = [nameOf(key), lineAt((key as Node | null)?.range?.[0] ?? 0)];
    const here = [...path, name];
    const before = first.get(name);
    first.set(name, line);
    const text = before === undefined ? keyTrouble(key, name) : `is written twice, here and in line ${before}`;
    return [...(text ? [{ path: here, text, line }] : []), ...keyTroubles(value, lineAt, here)];
  });
}

function keyTrouble(key: unknown, name: string): string | undefined {
  if (!isScalar(key)) return 'a key must be plain text';
  return name === '__proto__' ? 'this key is not allowed' : undefined;
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '?';
}

function lineOf(doc: Document, path: Path, lineAt: LineAt): number {
  let node: unknown = doc.contents;
  let line = 1;
  for (const part of path) {
    const held = isAlias(node) ? node.resolve(doc) : node;
    if (isSeq(held)) {
      node = held.items[Number(part)];
      if (!node) return line;
      line = lineAt((node as Node).range?.[0] ?? 0);
    } else {
      const pair = isMap(held) ? held.items.findLast(({ key }) => nameOf(key) === String(part)) : undefined;
      if (!pair) return line;
      line = lineAt((pair.key as Node).range?.[0] ?? 0);
      node = pair.value;
    }
  }
  return line;
}
