import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Every source file of ours below a folder, as a path relative to the project. */
const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));

const sources = ['src', 'mappings', 'bridges'].flatMap(filesIn);

type Import = { readonly file: string; readonly target: string; readonly typeOnly: boolean; readonly names: string };

const ALIASES: Readonly<Record<string, string>> = {
  '#src/': 'src/',
  '#mappings/': 'mappings/',
  '#bridges/': 'bridges/',
};

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s+)?(?:([^'"]*?)\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return [...statements].map((found) => {
    const specifier = found[3] ?? found[4] ?? '';
    const alias = Object.keys(ALIASES).find((prefix) => specifier.startsWith(prefix));
    const target = alias
      ? (ALIASES[alias] ?? '') + specifier.slice(alias.length)
      : specifier.startsWith('.')
        ? normalize(join(dirname(file), specifier))
        : specifier;
    return { file, target, typeOnly: found[1] !== undefined, names: found[2] ?? '' };
  });
}

/** Folders that may import everything below them. */
const TOP = new Set(['process', 'gateway', 'config']);

/** The part of the house that a file belongs to: `src/core`, `bridges/<kind>`, `mappings`, `src/bridge.ts`, `top`. */
function partOf(file: string): string {
  const [first, second, third] = file.split('/');
  if (first === 'bridges') return third ? `bridges/${second}` : 'bridges';
  if (first === 'mappings') return 'mappings';
  if (first !== 'src') return 'library';
  if (second === 'bridge.ts') return 'src/bridge.ts';
  return third && !TOP.has(second ?? '') ? `src/${second}` : 'top';
}

/** Which parts each part may import from, beside itself (DESIGN: imports point one way). */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'src/model': [],
  'src/lib': [],
  mappings: ['src/model'],
  'src/bridge.ts': ['src/model', 'src/lib'],
  'src/store': ['src/model', 'src/lib'],
  'src/core': ['src/model', 'src/lib', 'src/bridge.ts', 'src/store', 'mappings'],
  'src/xmpp': ['src/model', 'src/lib', 'src/bridge.ts', 'mappings'],
  'src/web': ['src/model', 'src/lib', 'src/bridge.ts', 'mappings'],
};

const allowedFor = (part: string): readonly string[] | undefined =>
  part.startsWith('bridges/') ? ['src/model', 'src/lib', 'src/bridge.ts', 'mappings'] : ALLOWED[part];

/** `xmpp`, `web` and the commands know the core by its types alone. */
const TYPES_OF_CORE = 'src/core/index.ts';
const MAY_NAME_CORE = new Set(['src/xmpp', 'src/web', 'top']);

/** A file without its comments and without what its strings say. */
const code = (file: string): string =>
  readFileSync(join(root, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
    .replace(/'[^'\n]*'/g, "''");

describe('the house', () => {
  it('has sources to look at', () => {
    expect(sources.length).toBeGreaterThan(20);
  });

  it.each(sources)('%s imports only what lies below it', (file) => {
    const part = partOf(file);
    const allowed = allowedFor(part);
    const wrong = importsOf(file).filter(({ target, typeOnly }) => {
      const of = partOf(target);
      if (of === 'library' || of === part || allowed === undefined) return false;
      if (target === TYPES_OF_CORE && typeOnly && MAY_NAME_CORE.has(part)) return false;
      return !allowed.includes(of);
    });
    expect(wrong).toEqual([]);
  });

  it.each(sources.filter((file) => file.startsWith('src/process/cli/')))(
    '%s sees no more of the core than its types',
    (file) => {
      const wrong = importsOf(file).filter(
        ({ target, typeOnly }) => target.startsWith('src/core/') && !(target === TYPES_OF_CORE && typeOnly),
      );
      expect(wrong).toEqual([]);
    },
  );

  it.each(sources)('%s uses an alias across folders and a relative path within one', (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const climbing = [...text.matchAll(/from '(\.\.\/[^']+)'/g)].map((found) => found[1]);
    const allowed = climbing.filter(
      (specifier) => partOf(normalize(join(dirname(file), specifier ?? ''))) === partOf(file),
    );
    expect(climbing).toEqual(allowed);
  });

  it.each(sources)('%s has at most 400 lines', (file) => {
    expect(readFileSync(join(root, file), 'utf8').split('\n').length).toBeLessThanOrEqual(400);
  });
});

describe('the core', () => {
  it('is opened from the bottom to the top: nothing is used before it is declared', () => {
    const text = code('src/core/open.ts');
    const body = text.slice(text.indexOf('export function buildCore'));
    const declared = [...body.matchAll(/^ {2}const (?:(\w+)|\{([^}]+)\})/gm)].flatMap((found) =>
      (found[1] ?? found[2] ?? '').split(',').map((name) => ({ name: name.trim(), at: found.index })),
    );
    expect(declared.length).toBeGreaterThan(20);
    const early = declared.filter(({ name, at }) => {
      const first = body.search(new RegExp(`(?<![.\\w])${name}\\b(?!\\s*:)`));
      return first < at;
    });
    expect(early).toEqual([]);
    // Functions are hoisted, and would hide what they use.
    expect(body.match(/^ {2,}(?:async )?function /gm)).toBeNull();
  });
});

describe('the sources', () => {
  /** What a file needs when it is loaded: imports of types alone are not there then. */
  const needs = (file: string): string[] =>
    importsOf(file)
      .filter(({ typeOnly, names }) => !typeOnly && !/^\{\s*(?:type \w+(?: as \w+)?,?\s*)+\}$/.test(names))
      .map(({ target }) => target);

  it('give every exported type a name of its own', () => {
    const names = sources.flatMap((file) =>
      [...code(file).matchAll(/^export (?:type|class|interface) (\w+)/gm)].map((found) => found[1]),
    );
    expect(names.filter((name, at) => names.indexOf(name) < at)).toEqual([]);
  });

  it('are spoken of in the words of the glossary: each names one exported type', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8').split('## Words')[1] ?? '';
    const words = [...page.matchAll(/^\| ([a-z ]+) \| `(\w+)` \|/gm)].map(([, word, type]) => ({ word, type }));
    const exported = new Set(
      sources.flatMap((file) =>
        [...code(file).matchAll(/^export (?:type|class|interface) (\w+)/gm)].map((found) => found[1]),
      ),
    );
    expect(words.length).toBeGreaterThan(20);
    expect(words.length).toBeLessThanOrEqual(30);
    expect(words.filter(({ type }) => !exported.has(type))).toEqual([]);
    expect(new Set(words.map(({ word }) => word)).size).toBe(words.length);
  });

  it('export nothing that nobody names', () => {
    const readers = [...sources, ...['test', 'bench', 'crash'].flatMap(filesIn)].map((file) => ({
      file,
      words: readFileSync(join(root, file), 'utf8').match(/\w+/g) ?? [],
    }));
    const uses = new Map<string, number>();
    for (const { words } of readers) for (const word of words) uses.set(word, (uses.get(word) ?? 0) + 1);
    const exported = sources.flatMap((file) =>
      [...code(file).matchAll(/^export (?:async )?(?:const|function\*?|class|type|interface) (\w+)/gm)].map(
        (found) => found[1] ?? '',
      ),
    );
    expect(exported.length).toBeGreaterThan(1000);
    expect(exported.filter((name) => uses.get(name) === 1)).toEqual([]);
  });

  it('are walked in at most nine files of the core, none of them twice', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    const table = page.slice(page.indexOf('| walk | files |'), page.indexOf('\n## Words'));
    const walks = table
      .split('\n')
      .slice(2)
      .map((line) => [...line.matchAll(/`([\w-]+\/[\w-]+)`/g)].map((found) => `src/core/${found[1]}.ts`))
      .filter(({ length }) => length > 0);
    expect(walks.length).toBe(5);
    for (const files of walks) {
      expect(files.filter((file) => !sources.includes(file))).toEqual([]);
      expect(new Set(files).size).toBe(files.length);
      expect(files.length).toBeLessThanOrEqual(9);
    }
  });

  it('have no circle of imports', () => {
    const known = new Set(sources);
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const target of needs(file)) if (known.has(target)) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of sources) visit(file, []);
    expect(circles).toEqual([]);
  });
});

/** Words that name a network, found as whole words or as parts of camelCase and snake_case identifiers. */
const NETWORKS =
  /(?<![A-Za-z])(?:irc|matrix|sms|twilio|smpp|e?mail|smtp|imap|telegram|signal)(?![a-z])|(?<=[a-z])(?:Irc|Matrix|Sms|Smtp|Email)(?![a-z])/i;

/** Words of the XEPs and of the platform that happen to name a network too. */
const EXCEPTIONS = [/AbortSignal/g, /\bsignal\b/g];

describe('the neutral middle', () => {
  it.each(sources.filter((file) => file.startsWith('src/core/') || file.startsWith('src/xmpp/')))(
    '%s names no network',
    (file) => {
      const code = readFileSync(join(root, file), 'utf8')
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/(^|\s)\/\/.*$/gm, '');
      const text = EXCEPTIONS.reduce((rest, exception) => rest.replace(exception, ''), code);
      const found = text.split('\n').filter((line) => NETWORKS.test(line));
      expect(found).toEqual([]);
    },
  );
});

describe('the tests', () => {
  it('wait as long as `test/patience.ts` says, and not the second that vitest gives', () => {
    const waits = filesIn('test').filter((file) =>
      /\bvi\.wait(?:For|Until)\b/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(waits).toEqual(['test/patience.ts']);
  });
});
