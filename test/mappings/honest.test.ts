import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// DESIGN: what no code reads leaves the contract and the tables.
const root = join(import.meta.dirname, '../..');

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));

const withoutComments = (source: string): string => source.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');
const sources = new Map(
  ['src', 'mappings', 'bridges']
    .flatMap(filesIn)
    .map((file) => [file, withoutComments(readFileSync(join(root, file), 'utf8'))]),
);

const MODEL = 'src/model/capabilities.ts';

/** The fields of an object type of the model, without those of objects in it. */
function fieldsOf(type: string): string[] {
  const [, body = ''] =
    new RegExp(`export type ${type}\\b[^{]*= \\{\\n([\\s\\S]*?)\\n\\};`).exec(sources.get(MODEL) ?? '') ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].flatMap(([, name]) => name ?? []);
}

/** Where a field is given a value: `field:` or its name alone in an object; `where` says which files count. */
const writers = (field: string, where: (file: string) => boolean): string[] =>
  found(where, new RegExp(`[{,(]\\s*(?:\\.\\.\\.\\([^()]*&&\\s*\\{\\s*)?${field}(?::\\s|\\s*[,}])`));

/** Where a field is looked at: after a dot, or taken out of an object by its name. */
const readers = (field: string, where: (file: string) => boolean): string[] =>
  found(
    where,
    new RegExp(`\\.${field}\\b|\\{[^{}]*\\b${field}\\b[^{}]*\\}[^{}]*\\}?(?:\\s*=[^=]|\\s*:\\s*\\w|\\s*\\)|,)`),
  );

const found = (where: (file: string) => boolean, pattern: RegExp): string[] =>
  [...sources].filter(([file, source]) => file !== MODEL && where(file) && pattern.test(source)).map(([file]) => file);

const isMapping = (file: string): boolean => file.startsWith('mappings/');
/** The tables, with what makes targets of them. */
const isTable = (file: string): boolean => /^mappings\/(?:irc|sms|xmpp|targets)\.ts$/.test(file);
/** The rungs, and the tables that have rungs of their own. */
const isRung = (file: string): boolean => /^mappings\/(?:rungs|irc|sms|xmpp|degrade)\.ts$/.test(file);
/** What interprets tables, and is none. */
const isEngine = (file: string): boolean =>
  isMapping(file) && !/^mappings\/(?:irc|sms|xmpp|targets|features|advertised)\.ts$/.test(file);

describe('what the tables say', () => {
  it('is read from the model as it stands', () => {
    expect(fieldsOf('Context')).toContain('previous');
    expect(fieldsOf('Target')).toContain('reads');
    expect(fieldsOf('Ladder')).toEqual(['default', 'window']);
    expect(fieldsOf('Capabilities')).toContain('rooms');
    expect(fieldsOf('DeliveryFacts')).toContain('pause');
    expect(fieldsOf('TextLimits')).toEqual(['format', 'unit', 'size', 'pieces', 'lines', 'aside']);
  });

  it.each(fieldsOf('Context'))('is decided by `%s`, which the core supplies', (field) => {
    expect(writers(field, (file) => file.startsWith('src/core/'))).not.toEqual([]);
  });

  it.each(fieldsOf('Context'))('has a rung that reads `%s`', (field) => {
    expect(readers(field, isRung)).not.toEqual([]);
  });

  it.each([...fieldsOf('Target'), ...fieldsOf('Ladder'), ...fieldsOf('TextLimits')])(
    'sets `%s`, and the engine reads it',
    (field) => {
      expect(writers(field, isTable)).not.toEqual([]);
      expect(readers(field, isEngine)).not.toEqual([]);
    },
  );

  it.each([...fieldsOf('Capabilities'), ...fieldsOf('DeliveryFacts')])(
    'has no fact `%s` that nobody sets or reads',
    (field) => {
      expect(writers(field, (file) => isMapping(file) || file.startsWith('bridges/'))).not.toEqual([]);
      const used = (file: string): boolean => !isTable(file) || file === 'mappings/targets.ts';
      expect(readers(field, used)).not.toEqual([]);
    },
  );

  it('is made by functions that somebody calls', () => {
    const exported = [...sources]
      .filter(([file]) => isMapping(file))
      .flatMap(([, source]) =>
        [...source.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name = '']) => ({ name })),
      );
    const callers = [...sources, ['docs', readFileSync(join(root, 'build-docs.mjs'), 'utf8')] as const];
    const uses = (name: string): number =>
      callers.reduce((sum, [, source]) => sum + [...source.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length, 0);
    const unused = exported.filter(({ name }) => uses(name) < 2);
    expect(unused.map(({ name }) => name)).toEqual([]);
  });
});
